"""SciPy's solvers, with exact derivatives: functions of `scipy.optimize`, under their names.

A function that is written with NumPy is given alone. It is recorded once and replayed, with the derivatives
that the chosen method uses. The unknowns may be a vector, or a structure of arrays. The solutions are plain
arrays.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.optimize.minimizing import *
from leopard.scipy.optimize.residuals import *
from leopard.scipy.optimize.roots import *

__all__ = _public_names(globals())
