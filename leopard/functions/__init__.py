"""The operations, in the chapters of NumPy's reference. Each is stated once, in its class.

The other chapters are written with the operations of `basic`. The functions of `numpy.linalg`, `numpy.fft`
and `numpy.emath` have their names in `leopard.linalg`, `leopard.fft` and `leopard.emath`. The chapter `fft`
is imported when it is first used, as NumPy imports `numpy.fft`.
"""

from leopard.functions import _structural, emath, protocols  # these connect themselves
from leopard.functions._chapter import public_names as _public_names
from leopard.functions.basic import *
from leopard.functions.creation import *
from leopard.functions.functional import *
from leopard.functions.linalg import *
from leopard.functions.manipulation import *
from leopard.functions.math import *
from leopard.functions.polynomials import *
from leopard.functions.sets import *
from leopard.functions.sorting import *
from leopard.functions.statistics import *

__all__ = _public_names(globals())
