"""The functions of `numpy.fft` for Variables."""

from leopard.functions import fft as _fft
from leopard.functions.fft import *

__all__ = [*_fft.__all__]
