"""Sparse arrays of Variables, and products of SciPy's with Variables.

The operators ``A @ v``, ``v @ A``, ``A * v``, ``A + v`` and ``A / v`` take one of SciPy's sparse matrices
and a Variable as they are. `linalg` has solvers of sparse systems.
"""

from leopard.scipy.sparse import linalg
from leopard.scipy.sparse.arrays import *
from leopard.scipy.sparse.arrays import __all__ as _arrays
from leopard.scipy.sparse.arrays import operate

__all__ = ["linalg", *_arrays]
