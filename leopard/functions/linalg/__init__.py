"""Linear algebra: the products of vectors and matrices, which NumPy has among its own names.

The other modules hold what NumPy keeps in `numpy.linalg`; `leopard.linalg` collects them.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.linalg.dot import *
from leopard.functions.linalg.einsum import *
from leopard.functions.linalg.matmul import *
from leopard.functions.linalg.outer import *

__all__ = _public_names(globals())
