"""Linear algebra. This module has the products of vectors and matrices, which are in NumPy's main namespace.

The other modules have the functions of `numpy.linalg`; `leopard.linalg` collects their names.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.linalg.dot import *
from leopard.functions.linalg.einsum import *
from leopard.functions.linalg.matmul import *
from leopard.functions.linalg.outer import *

__all__ = _public_names(globals())
