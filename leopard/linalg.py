"""What NumPy keeps in `numpy.linalg`, for Variables."""

from leopard.functions import decompositions, determinants, eigenvalues, least_squares, norms, solving
from leopard.functions.decompositions import *
from leopard.functions.determinants import *
from leopard.functions.eigenvalues import *
from leopard.functions.least_squares import *
from leopard.functions.norms import *
from leopard.functions.solving import *

__all__ = [
    *decompositions.__all__,
    *determinants.__all__,
    *eigenvalues.__all__,
    *least_squares.__all__,
    *norms.__all__,
    *solving.__all__,
]
