"""Images of any number of axes: functions of `scipy.ndimage`, of Variables: SciPy's names and values.

``output=`` takes a type; an array would lose the gradient. Integers are taken as numbers with fractions.
SciPy's own functions raise TypeError when they are given Variables, and name these.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.ndimage.filters import *
from leopard.scipy.ndimage.interpolation import *
from leopard.scipy.ndimage.measurements import *

__all__ = _public_names(globals())
