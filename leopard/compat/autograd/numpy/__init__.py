"""`autograd.numpy`: the names of NumPy, whose functions dispatch on Variables.

A few functions of NumPy's do not dispatch (`array`, `full`, ...); here they call leopard's where a Variable
is among the arguments.
"""

import numpy as _np

from leopard import functions as _functions
from leopard.compat.autograd.numpy import fft, linalg, random
from leopard.compat.autograd.numpy._either import Joining as _Joining
from leopard.compat.autograd.numpy._either import either as _either

globals().update({name: thing for name, thing in vars(_np).items() if not name.startswith("_")})
__all__ = [*_np.__all__, "fft", "linalg", "random"]


def __getattr__(name):  # modules that NumPy imports when they are first used
    return getattr(_np, name)


array = _either(_np.array, _functions.array)
asarray = asanyarray = _either(_np.asarray, _functions.asarray)
ascontiguousarray = _either(_np.ascontiguousarray, _functions.ascontiguousarray)
asfortranarray = _either(_np.asfortranarray, _functions.asfortranarray)
full = _either(_np.full, _functions.full)
full_like = _either(_np.full_like, _functions.full_like)
r_, c_ = _Joining(_np.r_, _functions.r_), _Joining(_np.c_, _functions.c_)
