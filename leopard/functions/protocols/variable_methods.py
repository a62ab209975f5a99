"""What an ndarray can be asked for and has no derivative, or another name here: methods of Variable.

A) What is answered from the data: orders, indices, truths, Python's numbers, bytes.
B) How the data lie in memory.
C) Parts of complex numbers, and the elements one by one.
D) What a Variable has not, because a gradient would be lost: an AttributeError that says what to write.
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
    """A method that is the ndarray's own, of the data."""
    numpys = getattr(np.ndarray, name)

    def method(self, *args, **options):
        return numpys(plain(self), *map(_value, args), **{k: _value(v) for k, v in options.items()})

    method.__name__ = name
    method.__doc__ = (
        f"`numpy.ndarray.{name}` of the data: a plain answer, which takes no part in the gradient."
    )
    return method


def _of_data(name):
    """An attribute that is the ndarray's own, of the data."""
    return property(lambda self: getattr(plain(self), name), doc=f"`numpy.ndarray.{name}` of the data.")


for _name in (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "item", "nonzero", "searchsorted", "tobytes",
    "tofile", "tolist",
):  # fmt: skip
    _core.add_method(_name, _from_data(_name))

for _name in ("flags", "itemsize", "nbytes", "strides"):
    _core.add_method(_name, _of_data(_name))


def _to_device(self, device, /, *, stream=None):
    """x itself: all of NumPy's arrays are on the "cpu"."""
    if device != "cpu" or stream is not None:
        raise ValueError(f"to_device: NumPy has the device 'cpu' alone, and no streams; not {device!r}")
    return self


_core.add_method("device", property(lambda self: "cpu", doc="Where the data are: on the cpu."))
_core.add_method("to_device", _to_device)


# -- C -------------------------------------------------------------------------------------------


def _conjugate(self):
    """The conjugate; a real array itself."""
    return conj(self)


class Flat:
    """The elements in a row, the last index fastest: to go through, to count, and to index."""

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
        return np.asarray(self.x, dtype)  # which says why not


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
    "setfield": "v.data.setfield(...), which no gradient knows of",
    "setflags": "v.data.setflags(...)",
    "view": "v[...] for the same numbers, v.astype(...) for another type, "
    "v.data.view(...) for the same bits, which takes no part in the gradient",
}


def _refusing(name, instead):
    def refuse(self):
        raise AttributeError(f"a Variable has no {name}; write {instead}", name=name, obj=self)

    return property(refuse, doc=f"Not here: write {instead}.")


for _name, _instead in INSTEAD.items():
    _core.add_method(_name, _refusing(_name, _instead))
