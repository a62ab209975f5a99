"""What NumPy keeps in `numpy.fft`, for Variables."""

from leopard.functions import fft as _along_one_axis
from leopard.functions import fftn as _along_several
from leopard.functions.fft import *
from leopard.functions.fftn import *

__all__ = [*_along_one_axis.__all__, *_along_several.__all__]
