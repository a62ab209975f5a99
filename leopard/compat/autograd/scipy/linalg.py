"""`autograd.scipy.linalg`: the functions of SciPy's, differentiated where leopard has a rule.

The others are primitives, which have a gradient when `defvjp` sets a rule.
"""

import scipy.linalg as _sl
from scipy.linalg import LinAlgError, LinAlgWarning  # noqa: F401 (autograd's program may catch them)

from leopard.compat.autograd.extend import primitive as _primitive
from leopard.compat.autograd.scipy._either import either as _either
from leopard.compat.autograd.scipy._either import of_symmetric as _of_symmetric
from leopard.scipy import linalg as _ours


def _named(name):
    scipys, ours = getattr(_sl, name), getattr(_ours, name, None)
    return _primitive(scipys) if ours is None else _either(scipys, ours)


def _is_function(thing):
    return callable(thing) and not isinstance(thing, type) and not hasattr(thing, "__path__")


__all__ = [name for name in _sl.__all__ if _is_function(getattr(_sl, name))]
globals().update({name: _named(name) for name in __all__})


def _sqrtm(A, disp=True, blocksize=64):
    if not disp:
        raise NotImplementedError(
            "sqrtm of a Variable with disp=False: its estimate of the error has no gradient"
        )
    return _ours.sqrtm(A)


sqrtm = _either(_sl.sqrtm, _sqrtm)
cholesky = _either(_sl.cholesky, _of_symmetric(_ours.cholesky, 0, "a"))
