"""Discrete Fourier transforms: the functions of `numpy.fft`; `leopard.fft` has their names."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.fft.one_axis import *
from leopard.functions.fft.several_axes import *

__all__ = _public_names(globals())
