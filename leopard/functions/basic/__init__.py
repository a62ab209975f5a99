"""Arithmetic, shapes, indexing and selection: the operations that the other chapters are written with."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.basic.arithmetic import *
from leopard.functions.basic.assignment import *
from leopard.functions.basic.choosing import *
from leopard.functions.basic.complex import *
from leopard.functions.basic.indexing import *
from leopard.functions.basic.shape import *

__all__ = _public_names(globals())
