"""The operations, in the chapters of NumPy's reference. Each is stated once, in its class.

`basic` is what the others are written with. What NumPy keeps in `numpy.linalg`, `numpy.fft` and
`numpy.emath` is in `leopard.linalg`, `leopard.fft` and `leopard.emath`. The chapter
`fft` is imported when it is first used, since NumPy imports `numpy.fft` then, too.
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
