"""Methods and attributes of an ndarray that a Variable has without a derivative, under another name, or not.

A) Methods whose results have no derivative: orders, indices, truth values, Python numbers, bytes.
B) Attributes of the memory layout.
C) Parts of complex numbers, and the elements one by one.
D) Attributes that a Variable does not have, because the gradient would be lost: an AttributeError with the
   expression to write instead.
"""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.shape import plain
from leopard.functions.manipulation.layout import ravel

__all__ = []


def _value(x):
    return plain(x) if isinstance(x, (Variable, list)) else x


# -- A, B ----------------------------------------------------------------------------------------


def _from_data(name):
    """A method of Variable that calls the method of the same name of its ndarray."""
    numpys = getattr(np.ndarray, name)

    def method(self, *args, **options):
        return numpys(plain(self), *map(_value, args), **{k: _value(v) for k, v in options.items()})

    method.__name__ = name
    method.__doc__ = f"`numpy.ndarray.{name}` of the data. The result is no Variable and has no gradient."
    return method


def _of_data(name):
    """An attribute of Variable that is the attribute of the same name of its ndarray."""
    return property(lambda self: getattr(plain(self), name), doc=f"`numpy.ndarray.{name}` of the data.")


for _name in (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "item", "nonzero", "searchsorted", "tobytes",
    "tofile", "tolist",
):  # fmt: skip
    _core.add_method(_name, _from_data(_name))

for _name in ("flags", "itemsize", "nbytes", "strides"):
    _core.add_method(_name, _of_data(_name))


def _to_device(self, device, /, *, stream=None):
    """Return x itself, as all arrays of NumPy are on the device "cpu"."""
    if device != "cpu" or stream is not None:
        raise ValueError(f"to_device: NumPy has only the device 'cpu', and no streams; not {device!r}")
    return self


_core.add_method("device", property(lambda self: "cpu", doc="The device of the data: the cpu."))
_core.add_method("to_device", _to_device)


# -- C -------------------------------------------------------------------------------------------


def _conjugate(self):
    """The complex conjugate; for a real x, x itself."""
    return conj(self)


class Flat:
    """The elements in C order, as ``ndarray.flat``: an iterator that can be indexed."""

    def __init__(self, x):
        self.x = x

    def __iter__(self):
        return iter(ravel(self.x))

    def __len__(self):
        return self.x.size

    def __getitem__(self, index):
        return ravel(self.x)[index]

    def __setitem__(self, index, value):
        raise TypeError("x.flat[index] = v would lose the gradient; write x = x.flatten(), and x[index] = v")

    def copy(self):
        return self.x.flatten()

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.x, dtype)  # raises the TypeError of a Variable


_core.add_method("conj", _conjugate)
_core.add_method("conjugate", _conjugate)
_core.add_method("real", property(real, doc="The real part; of a real x, x itself."))
_core.add_method("imag", property(imag, doc="The imaginary part; of a real x, zeros."))
_core.add_method("flat", property(Flat, doc=Flat.__doc__))


# -- D -------------------------------------------------------------------------------------------

INSTEAD = {
    "base": "v.data.base for the array whose memory it is",
    "byteswap": "v.data.byteswap(), which takes no part in the gradient",
    "ctypes": "v.data.ctypes",
    "dump": "pickle.dump(v, file)",
    "dumps": "pickle.dumps(v)",
    "getfield": "v.real, v.imag for the parts of complex numbers",
    "ptp": "np.ptp(v)",
    "setfield": "v.data.setfield(...), which is not differentiated",
    "setflags": "v.data.setflags(...)",
    "view": "v[...] for the same numbers, v.astype(...) for another type, "
    "v.data.view(...) for the same bits, which takes no part in the gradient",
}


def _refusing(name, instead):
    def refuse(self):
        raise AttributeError(f"a Variable has no {name}; write {instead}", name=name, obj=self)

    return property(refuse, doc=f"Not available; write {instead}.")


for _name, _instead in INSTEAD.items():
    _core.add_method(_name, _refusing(_name, _instead))
