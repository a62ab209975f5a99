"""The vector spaces of arrays, numbers and structures of them: `autograd.core.VSpace` and what it has.

Sums and products are ordinary functions of NumPy, so that Variables are added and multiplied with a gradient.
"""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import LEAF, Form, unflatten

__all__ = ["ArrayVSpace", "ComplexArrayVSpace", "ContainerVSpace", "VSpace", "vspace"]


class VSpace:
    """A vector space; subclasses state `zeros`, `ones`, `standard_basis`, `randn` and the `_` methods.

    Examples
    --------
    >>> from leopard.compat.autograd.core import vspace
    >>> space = vspace({"a": 2.0, "b": [3.0, np.ones(2)]})
    >>> space.size
    4
    >>> space.add(space.ones(), space.ones())
    {'a': np.float64(2.0), 'b': [np.float64(2.0), array([2., 2.])]}
    """

    mappings = {}
    iscomplex = False

    def __init__(self, value):
        pass

    def _not_stated(self, *_):
        raise NotImplementedError(f"{type(self).__name__} does not state this method")

    zeros = ones = standard_basis = randn = _inner_prod = _not_stated

    def add(self, x_prev, x_new):
        """The sum."""
        return self._add(x_prev, x_new)

    def mut_add(self, x_prev, x_new):
        """The sum, in the memory of `x_prev` where that is an array; None counts as zeros."""
        return self._mut_add(self.zeros() if x_prev is None else x_prev, x_new)

    def scalar_mul(self, x, a):
        """The product with a number."""
        return self._scalar_mul(x, a)

    def inner_prod(self, x, y):
        """The inner product, a real number."""
        return self._inner_prod(x, y)

    def covector(self, x):
        """The conjugate."""
        return self._covector(x)

    def _add(self, x, y):
        return x + y

    def _mut_add(self, x, y):
        if isinstance(x, Variable) or isinstance(y, Variable):
            return self._add(x, y)
        x += y
        return x

    def _scalar_mul(self, x, a):
        return x * a

    def _covector(self, x):
        return x

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), str(vars(self))))

    def __repr__(self):
        return f"{type(self).__name__}_{vars(self)}"

    @classmethod
    def register(cls, value_type, vspace_maker=None):
        """Let `vspace` of a value of this type be ``vspace_maker(value)``, or ``cls(value)``."""
        VSpace.mappings[value_type] = vspace_maker or cls


class ArrayVSpace(VSpace):
    """The real arrays of one shape and dtype."""

    def __init__(self, value):
        value = value if isinstance(value, Variable) else np.asarray(value)
        self.shape, self.dtype = value.shape, value.dtype

    @property
    def size(self):
        return int(np.prod(self.shape))

    @property
    def ndim(self):
        return len(self.shape)

    def zeros(self):
        return np.zeros(self.shape, self.dtype)

    def ones(self):
        return np.ones(self.shape, self.dtype)

    def standard_basis(self):
        for place in np.ndindex(*self.shape):
            yield self._unit(place, 1)

    def randn(self):
        return np.asarray(normal(self.shape)).astype(self.dtype)

    def _unit(self, place, value):
        x = self.zeros()
        x[place] = value
        return x

    def _inner_prod(self, x, y):
        return np.dot(np.ravel(x), np.ravel(y))


class ComplexArrayVSpace(ArrayVSpace):
    """The complex arrays of one shape and dtype, as a real vector space of twice as many dimensions."""

    iscomplex = True

    @property
    def size(self):
        return 2 * super().size

    def ones(self):
        return super().ones() * (1 + 1j)

    def standard_basis(self):
        for place in np.ndindex(*self.shape):
            yield self._unit(place, 1)
            yield self._unit(place, 1j)

    def randn(self):
        return super().zeros() + (normal(self.shape) + 1j * normal(self.shape))

    def _inner_prod(self, x, y):
        return np.real(np.dot(np.conj(np.ravel(x)), np.ravel(y)))

    def _covector(self, x):
        return np.conj(x)


class ContainerVSpace(VSpace):
    """The structures built alike; `shape` is one that holds the spaces of the parts."""

    def __init__(self, value):
        names, parts = _taken_apart(value)
        self._kind, self._names = type(value), tuple(names)
        self.shape = self._built([vspace(part) for part in parts])

    def _built(self, parts):
        return unflatten(Form(self._kind, self._names, (LEAF,) * len(self._names)), parts)

    def _parts(self, x):
        if isinstance(x, dict):
            return [x[name] for name in self._names]
        return list(x)

    def _map(self, f, *xs):
        return self._built([f(*parts) for parts in zip(*map(self._parts, (self.shape, *xs)), strict=True)])

    @property
    def size(self):
        return sum(space.size for space in self._parts(self.shape))

    def zeros(self):
        return self._map(lambda space: space.zeros())

    def ones(self):
        return self._map(lambda space: space.ones())

    def randn(self):
        return self._map(lambda space: space.randn())

    def standard_basis(self):
        for i, space in enumerate(self._parts(self.shape)):
            for x in space.standard_basis():
                parts = self._parts(self.zeros())
                parts[i] = x
                yield self._built(parts)

    def _add(self, x, y):
        return self._map(lambda space, x, y: space._add(x, y), x, y)

    def _mut_add(self, x, y):
        return self._map(lambda space, x, y: space._mut_add(x, y), x, y)

    def _scalar_mul(self, x, a):
        return self._map(lambda space, x: space._scalar_mul(x, a), x)

    def _inner_prod(self, x, y):
        products = self._map(lambda space, x, y: space._inner_prod(x, y), x, y)
        return sum(self._parts(products))

    def _covector(self, x):
        return self._map(lambda space, x: space._covector(x), x)


class SequenceVSpace(ContainerVSpace):
    """The sequences of one length and kind."""


class ListVSpace(SequenceVSpace):
    """The lists of one length."""


class TupleVSpace(SequenceVSpace):
    """The tuples of one length."""


class NamedTupleVSpace(SequenceVSpace):
    """The named tuples of one type."""


class DictVSpace(ContainerVSpace):
    """The dicts of the same keys."""


def normal(shape):
    """Standard normal numbers of the generator that ``np.random.seed`` seeds, as autograd's are."""
    return np.random.standard_normal(shape)  # noqa: NPY002


def _taken_apart(value):
    if isinstance(value, dict):
        return value.keys(), value.values()
    return getattr(value, "_fields", None) or range(len(value)), value


def _of_array(value):
    return (ComplexArrayVSpace if value.dtype.kind == "c" else ArrayVSpace)(value)


VSpace.register(np.ndarray, _of_array)
VSpace.register(Variable, _of_array)
for _kind in (float, np.float16, np.float32, np.float64, np.longdouble):
    ArrayVSpace.register(_kind)
for _kind in (complex, np.complex64, np.complex128, np.clongdouble):
    ComplexArrayVSpace.register(_kind)
ListVSpace.register(list)
TupleVSpace.register(tuple)
DictVSpace.register(dict)


def vspace(value):
    """The `VSpace` of an array, a floating number, a Variable, or a list, tuple, named tuple or dict of such.

    Raises
    ------
    TypeError
        When the value is of none of these types, nor of one given to `VSpace.register`.
    """
    maker = VSpace.mappings.get(type(value))
    if maker is None:
        if hasattr(value, "_fields") and isinstance(value, tuple):
            maker = NamedTupleVSpace
        elif isinstance(value, Variable):
            maker = _of_array
        else:
            raise TypeError(
                f"Can't find vector space for value {value!r} of type {type(value)}. Valid types are "
                f"{', '.join(kind.__name__ for kind in VSpace.mappings)}"
            )
    return maker(value)
