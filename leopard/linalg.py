"""The functions of `numpy.linalg` for Variables."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.linalg.decompositions import *
from leopard.functions.linalg.determinants import *
from leopard.functions.linalg.eigenvalues import *
from leopard.functions.linalg.least_squares import *
from leopard.functions.linalg.norms import *
from leopard.functions.linalg.solving import *

__all__ = _public_names(globals())
