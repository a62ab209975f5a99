"""The functions of `numpy.emath` for Variables."""

from leopard.functions import emath as _emath
from leopard.functions.emath import *

__all__ = [*_emath.__all__]
