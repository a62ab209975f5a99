"""Integration: functions of `scipy.integrate`, of Variables, under their names.

Integrals of samples and of functions, and initial value problems. SciPy's own functions raise TypeError when
they are given Variables, and name these.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.integrate.odes import *
from leopard.scipy.integrate.quadratures import *
from leopard.scipy.integrate.samples import *

__all__ = _public_names(globals())
