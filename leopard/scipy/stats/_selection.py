"""Functions of several pieces, and functions of which a part is stated by their values alone."""

import numpy as np

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions.basic.shape import broadcast_to, form_of, operand, plain
from leopard.transforms.checkpointing import checkpoint


def real(x):
    """A Variable of float64, or a number or an array of them, as SciPy's distributions compute with."""
    if type(x) in (float, int):
        return float(x)
    x = operand(x)
    if x.dtype.kind == "c":
        raise TypeError("a distribution takes real numbers, not complex ones")
    return x if x.dtype == np.float64 else x.astype(np.float64)


def is_number(x, number):
    """Whether a real is this plain number, for which nothing need be computed."""
    return type(x) is float and x == number


def select(condition, f, g, *xs):
    """f(*xs) where the condition holds and g(*xs) elsewhere, each computed at its own places alone.

    At the others it is computed with the numbers of one of its own places, so that neither its values nor
    its slopes there are infinite.
    """
    condition = np.asarray(condition)
    if not condition.any():
        return g(*xs)
    if condition.all():
        return f(*xs)
    values = np.broadcast_arrays(condition, *map(plain, xs))
    return np.where(
        values[0], f(*_within(values[0], xs, values[1:])), g(*_within(~values[0], xs, values[1:]))
    )


def _within(places, xs, values):
    """The arguments, with those of the first of the places in all others."""
    first = np.unravel_index(np.argmax(places), places.shape)
    return [np.where(places, x, value[first]) for x, value in zip(xs, values, strict=True)]


class Constant(Primitive, listed=False):
    """Values that are the same for all inputs near these, so that each gradient is 0."""

    n_inputs = -1
    options = ("value",)

    def forward(self, *xs):
        return np.array(self.value)

    def backward(self, gy):
        return tuple([np.zeros(x.shape, x.dtype) for x in self.inputs])


def constant(value, *xs):
    """Values with gradients of 0 in each of the Variables among xs."""
    variables = [x for x in xs if isinstance(x, Variable)]
    return Constant(value)(*variables) if variables else as_variable(np.asarray(value))


class Refused(Primitive, listed=False):
    """An argument in which there is no derivative: where its gradient is wanted, TypeError names it."""

    options = ("message",)

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        raise TypeError(self.message)


def refused(x, name, function, reason=""):
    """The argument x of a function that has no derivative in it."""
    if not isinstance(x, Variable):
        return x
    return Refused(
        f"{function} has no derivative in leopard with respect to {name}{reason}; pass {name} as a plain "
        f"number or array"
    )(x)


def only(condition, f, otherwise, *xs):
    """f(*xs) where the condition holds and a number, with gradients of 0, elsewhere."""

    def other(*xs):
        return constant(np.full(np.broadcast_shapes(*map(np.shape, map(plain, xs))), otherwise), *xs)

    return select(condition, f, other, *xs)


#: How many numbers a sum or a quadrature holds at once in each array of its intermediate results.
AT_ONCE = 2**19


def in_blocks(f, terms, *xs):
    """f(*xs), a function of each element that takes so many terms for each of them.

    Where the terms of all elements are many, it is computed for blocks of elements, whose terms are computed
    again for the gradients, so that the memory is that of one block.
    """
    shape = np.broadcast_shapes(*[np.shape(form_of(x)) for x in xs])
    size, length = int(np.prod(shape)), max(1, AT_ONCE // terms)
    if size <= length:
        return f(*xs)
    flat = [x if np.ndim(form_of(x)) == 0 else np.reshape(broadcast_to(x, shape), -1) for x in xs]
    of_block = checkpoint(f)
    blocks = [
        of_block(*[x if np.ndim(form_of(x)) == 0 else x[i : i + length] for x in flat])
        for i in range(0, size, length)
    ]
    return np.reshape(np.concatenate(blocks), shape)
