"""Interpolation: functions and classes of `scipy.interpolate`, of Variables.

The interpolants have gradients in the places and in the values of the data, and in the places at which they
are called. SciPy's own raise TypeError when they are given Variables, and name these.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.interpolate.grids import *
from leopard.scipy.interpolate.lines import *
from leopard.scipy.interpolate.piecewise import *
from leopard.scipy.interpolate.radial import *
from leopard.scipy.interpolate.splines import *

__all__ = _public_names(globals())
