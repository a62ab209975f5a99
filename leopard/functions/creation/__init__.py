"""Array creation: grids, ranges, constant arrays and matrices."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.creation.grids import *
from leopard.functions.creation.matrices import *

__all__ = _public_names(globals())
