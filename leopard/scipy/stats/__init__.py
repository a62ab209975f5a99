"""The distributions of `scipy.stats`, of Variables: SciPy's names, parameters and values."""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.stats.matrices import *
from leopard.scipy.stats.simplex import *
from leopard.scipy.stats.vectors import *

__all__ = _public_names(globals())
