"""`numpy.fft`, whose functions dispatch on Variables, and take lists in which Variables are."""

import numpy.fft as _fft

from leopard.compat.autograd.numpy import _either

globals().update({name: thing for name, thing in vars(_fft).items() if not name.startswith("_")})
globals().update(_either.lists_taken(_fft))
