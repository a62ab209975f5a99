"""Solvers of sparse linear systems, of Variables: SciPy's names and parameters.

The matrix is one of SciPy's sparse matrices or a `SparseArray`, of Variables; derivatives are with respect to
its stored elements and to the right-hand side, by implicit differentiation.
"""

from leopard.scipy.sparse.linalg.direct import *
from leopard.scipy.sparse.linalg.direct import __all__ as _direct
from leopard.scipy.sparse.linalg.exponential import *
from leopard.scipy.sparse.linalg.exponential import __all__ as _exponential
from leopard.scipy.sparse.linalg.iterative import *
from leopard.scipy.sparse.linalg.iterative import __all__ as _iterative

__all__ = [*_direct, *_exponential, *_iterative]
