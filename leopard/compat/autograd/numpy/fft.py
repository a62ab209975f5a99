"""`numpy.fft`, whose functions dispatch on Variables, and take lists in which Variables are."""

import numpy.fft as _fft
from numpy.fft import *

from leopard.compat.autograd.numpy import _either

globals().update(_either.lists_taken(_fft))
