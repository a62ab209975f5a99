"""Manipulation of arrays: joining, splitting, tiling, rearranging, axes, layout and padding."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.manipulation.axes import *
from leopard.functions.manipulation.joining import *
from leopard.functions.manipulation.layout import *
from leopard.functions.manipulation.padding import *
from leopard.functions.manipulation.rearranging import *
from leopard.functions.manipulation.splitting import *
from leopard.functions.manipulation.tiling import *

__all__ = _public_names(globals())
