"""`dezero.functions`, of the book's steps 11 to 43: they take Variables and ndarrays and return Variables."""

import leopard
from leopard import (
    as_variable,
    broadcast_to,
    cos,
    exp,
    expand_dims,
    log,
    matmul,
    sin,
    sum_to,
    tanh,
    transpose,
)
from leopard.compat.dezero.core import add, div, mul, neg, pow, rdiv, rsub, sub
from leopard.functions import getitem as get_item

__all__ = [
    "add",
    "broadcast_to",
    "cos",
    "div",
    "exp",
    "expand_dims",
    "flatten",
    "get_item",
    "linear",
    "linear_simple",
    "log",
    "matmul",
    "mean_squared_error",
    "mean_squared_error_simple",
    "mul",
    "neg",
    "pow",
    "rdiv",
    "reshape",
    "rsub",
    "sigmoid",
    "sigmoid_simple",
    "sin",
    "sub",
    "sum",
    "sum_to",
    "tanh",
    "transpose",
]


def __getattr__(name):
    raise AttributeError(
        f"leopard.compat.dezero.functions has the functions of the book's steps 11 to 43, and {name!r} is "
        "none of them; NumPy's own functions take Variables"
    )


def reshape(x, shape):
    """The elements of x in another shape."""
    return leopard.reshape(x, shape)


def flatten(x):
    """The elements of each x[i] in one axis."""
    x = as_variable(x)
    return leopard.reshape(x, (x.shape[0], -1))


def sum(x, axis=None, keepdims=False):
    """The sum over some axes; the book's order of arguments, in which `keepdims` is the third.

    Examples
    --------
    >>> import numpy as np
    >>> sum(np.ones((2, 3)), 0, True)
    variable([[2. 2. 2.]])
    """
    return leopard.sum(x, axis=axis, keepdims=keepdims)


def linear(x, W, b=None):
    """``x @ W + b``, or ``x @ W`` without b.

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.ones((1, 2)), np.ones((2, 3)), np.array([1.0, 2.0, 3.0]))
    variable([[3. 4. 5.]])
    """
    y = matmul(x, W)
    return y if b is None else y + b


def sigmoid(x):
    """``1 / (1 + exp(-x))``, computed by `tanh`, which does not overflow."""
    return tanh(as_variable(x) * 0.5) * 0.5 + 0.5


def mean_squared_error(x0, x1):
    """The sum of the squared differences, divided by the length of the first axis."""
    difference = as_variable(x0) - x1
    return sum(difference**2) / len(difference)


linear_simple, sigmoid_simple, mean_squared_error_simple = linear, sigmoid, mean_squared_error
