"""`autograd.numpy.numpy_vjps`: what programs take from there to state rules of their own."""

import numpy as np

from leopard import functions
from leopard._core import Variable
from leopard.compat.autograd._boxes import ArrayBox
from leopard.compat.autograd._tuples import func
from leopard.compat.autograd.core import make_vjp
from leopard.compat.autograd.extend import (
    SparseObject,
    VJPNode,
    defvjp,
    defvjp_argnum,
    primitive,
    register_notrace,
    vspace,
)
from leopard.compat.autograd.numpy.numpy_wrapper import metadata

__all__ = [
    "ArrayBox",
    "SparseObject",
    "VJPNode",
    "balanced_eq",
    "defvjp",
    "defvjp_argnum",
    "func",
    "match_complex",
    "metadata",
    "primitive",
    "register_notrace",
    "repeat_to_match_shape",
    "replace_zero",
    "reverse_axis",
    "unbroadcast",
    "unbroadcast_einsum",
    "unbroadcast_f",
    "unpermuter",
    "untake",
    "vspace",
]


def unbroadcast(x, target_meta, broadcast_idx=0):
    """A gradient summed to the shape of the array that was broadcast, of this `metadata`.

    The axes that the array had not stand at `broadcast_idx`.
    """
    shape, ndim, _, target_iscomplex = target_meta
    extra = np.ndim(x) - ndim
    if broadcast_idx and extra > 0:
        places = [broadcast_idx + k for k in range(extra)] if broadcast_idx > 0 else range(-extra, 0)
        x = np.sum(x, axis=tuple(places))
    y = x
    if np.shape(x) != shape:
        y = functions.sum_to(x, shape)
        y = y if isinstance(x, Variable) else y.data[()]
    return np.real(y) if np.iscomplexobj(y) and not target_iscomplex else y


def unbroadcast_f(target, f):
    """The function ``g -> unbroadcast(f(g))`` to the shape of a target.

    Examples
    --------
    >>> from leopard.compat.autograd.numpy.numpy_vjps import unbroadcast_f
    >>> unbroadcast_f(np.ones((2, 1)), lambda g: 2 * g)(np.ones((2, 3)))
    array([[6.],
           [6.]])
    """
    meta = metadata(target)
    return lambda g: unbroadcast(f(g), meta)


def unbroadcast_einsum(x, target_meta, subscript):
    """`unbroadcast` along the axes that the ellipsis in a list of subscripts stands for, if there is one."""
    if Ellipsis not in subscript:
        return x
    last = len(subscript) > 1 and subscript[-1] is Ellipsis
    return unbroadcast(x, target_meta, -1 if last else subscript.index(Ellipsis))


def repeat_to_match_shape(g, shape, dtype, axis, keepdims):
    """The gradient of a reduction repeated to the shape of its input, and the number of repetitions."""
    if shape == ():
        return g, 1
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = {k % len(shape) for k in axes}
    kept = [1 if k in axes else n for k, n in enumerate(shape)]
    repeats = np.prod([shape[k] for k in sorted(axes)])
    return np.reshape(g, kept) + np.zeros(shape, dtype), repeats


def balanced_eq(x, z, y):
    """1 where x is z alone, and a half where y is, too: the share of x in the maximum z of x and y."""
    return (x == z) / (1.0 + (x == y))


def replace_zero(x, val):
    """x with `val` in the place of zeros."""
    return np.where(_plain(x) != 0, x, val)


def match_complex(target, x):
    """x, real for a real target and complex for a complex one."""
    if np.iscomplexobj(target) == np.iscomplexobj(x):
        return x
    return x + 0j if np.iscomplexobj(target) else np.real(x)


def reverse_axis(x, axis):
    """x with the order along an axis reversed."""
    return np.flip(x, axis)


def unpermuter(g, permutation):
    """The rows of g moved to where a permutation took them from."""
    return g[np.argsort(_plain(permutation))]


def untake(x, idx, vs):
    """The gradient of an array of a `VSpace`, of which the elements at an index have the gradient x."""

    def mut_add(A):
        if isinstance(x, Variable):
            return A + make_vjp(lambda a: a[idx], vs.zeros())[0](x)
        np.add.at(A, idx, x)
        return A

    return SparseObject(vs, mut_add)


def _plain(x):
    return x.data if isinstance(x, Variable) else x
