"""Methods and attributes of an ndarray that a Variable has without a derivative, under another name, or not.

A) Methods whose results have no derivative: orders, indices, truth values, Python numbers, bytes.
B) Attributes of the memory layout.
C) Parts of complex numbers, and the elements one by one.
D) Attributes that a Variable does not have, because the gradient would be lost: an AttributeError with the
   expression to write instead.
"""

import numpy as np

from leopard import _core
from leopard._core import Variable, put_into
from leopard.functions._primitives import Primitive
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.shape import operand, plain
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

    def refuse(self, value):
        raise AttributeError(f"x.{name} cannot be set; write x.data.{name}", name=name, obj=self)

    return property(
        lambda self: getattr(plain(self), name), refuse, doc=f"`numpy.ndarray.{name}` of the data."
    )


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


class SetPart(Primitive, listed=False):
    """A copy of z in which the real or the imaginary part is v.

    The gradient of z is gy without that part, and the gradient of v is that part.
    """

    n_inputs = 2
    options = ("part",)
    broadcasts = True
    linear = True

    def forward(self, z, v):
        y = z.copy("K")
        setattr(y, self.part, v)
        return y

    def backward(self, gy):
        of_part = real if self.part == "real" else imag
        return SetPart.operation(gy, np.zeros((), gy.dtype.type(0).real.dtype), self.part), of_part(gy)


def _set_part(self, value, part):
    value = operand(value)
    if value.dtype.kind == "c":
        raise TypeError(f"x.{part} = v: v is complex; write x.{part} = v.real")
    put_into(self, SetPart.operation(self, value, part))


def _set_real(self, value):
    if self.dtype.kind == "c":
        _set_part(self, value, "real")
    else:
        self[...] = value


def _set_imag(self, value):
    if self.dtype.kind != "c":
        raise TypeError("x.imag = v: a real array has no imaginary part; write z = x + 1j * v")
    _set_part(self, value, "imag")


def _set_flat(self, value):
    np.put(self, np.arange(self.size), value)


_core.add_method("real", property(real, _set_real, doc="The real part; of a real x, x itself."))
_core.add_method("imag", property(imag, _set_imag, doc="The imaginary part; of a real x, zeros."))
_core.add_method("flat", property(Flat, _set_flat, doc=Flat.__doc__))


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
