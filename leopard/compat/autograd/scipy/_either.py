"""Functions of SciPy's that are leopard's where a Variable is among their arguments."""

import functools

import numpy as np

from leopard._core import Function, Variable
from leopard.compat.autograd.extend import primitive

__all__ = ["either", "methods", "of_symmetric"]


def either(scipys, ours):
    """A function that calls leopard's with Variables and SciPy's without; `defvjp` gives it another rule."""
    return primitive(scipys, ours)


def methods(scipys, ours, *names):
    """The methods of a distribution, each by `either`."""
    return [either(getattr(scipys, name), getattr(ours, name)) for name in names]


def of_symmetric(ours, position, name):
    """A function of a symmetric matrix whose gradient is symmetric, too, as autograd's is.

    Leopard's own reads one triangle, and its gradient is that triangle's.
    """

    @functools.wraps(ours)
    def call(*args, **kwargs):
        if len(args) > position:
            args = (*args[:position], _symmetric(args[position]), *args[position + 1 :])
        elif name in kwargs:
            kwargs = kwargs | {name: _symmetric(kwargs[name])}
        return ours(*args, **kwargs)

    return call


class Symmetric(Function):
    """The elements of a; their gradient is the mean of the two triangles'."""

    def forward(self, a):
        return a.copy()

    def backward(self, gy):
        return 0.5 * (gy + np.conj(np.swapaxes(gy, -1, -2)))


def _symmetric(a):
    return Symmetric()(a) if isinstance(a, Variable) and a.ndim > 1 else a
