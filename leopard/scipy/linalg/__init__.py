"""The functions of `scipy.linalg`, of Variables: SciPy's names, parameters and values.

They take the parameters that say what SciPy may overwrite, and overwrite nothing. Batches of matrices are
taken where the installed SciPy takes them. SciPy's own functions raise TypeError when they are given
Variables, and name these.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.linalg.eigenvalues import *
from leopard.scipy.linalg.equations import *
from leopard.scipy.linalg.factorizations import *
from leopard.scipy.linalg.functions import *
from leopard.scipy.linalg.norms import *
from leopard.scipy.linalg.solving import *
from leopard.scipy.linalg.special_matrices import *

__all__ = _public_names(globals())
