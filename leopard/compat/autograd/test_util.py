"""`autograd.test_util`: derivatives compared with differences of the values, in a random direction.

The steps and tolerances are autograd's. `leopard.testing.check_grads` is the stricter check.
"""

from itertools import product

import numpy as np

from leopard._pytrees import flatten, flatten_as, unflatten
from leopard.compat.autograd._vspaces import normal
from leopard.compat.autograd.differential_operators import make_jvp, make_vjp
from leopard.compat.autograd.tracer import getval
from leopard.compat.autograd.wrap_util import get_name, unary_to_nary

__all__ = [
    "check_equivalent",
    "check_grads",
    "check_jvp",
    "check_vjp",
    "combo_check",
    "make_numerical_jvp",
    "scalar_close",
]

TOL = RTOL = 1e-6
EPS = 1e-6


def scalar_close(a, b):
    """Whether two numbers differ by less than 1e-6, or by less than that part of their sum."""
    return abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL


def _flatten(x):
    """The leaves of a structure, as plain values, and its form."""
    leaves, form = flatten(x)
    return [getval(leaf) for leaf in leaves], form


def _drawn_like(x):
    """A structure of x's form with normally distributed numbers in it."""
    leaves, form = _flatten(x)
    return unflatten(form, map(_drawn, leaves))


def _drawn(x):
    shape, is_complex = np.shape(x), np.iscomplexobj(x)
    real = np.array(normal(shape))
    return real + 1j * np.array(normal(shape)) if is_complex else real


def _covector(x):
    """A cotangent in autograd's complex convention, from one in leopard's, or the other way round."""
    leaves, form = _flatten(x)
    return unflatten(form, map(np.conj, leaves))


def _inner(x, y):
    """The real inner product of two structures of the same form."""
    leaves, form = _flatten(x)
    others = flatten_as(form, y, "the second operand of an inner product")
    return sum(np.real(np.vdot(a, b)) for a, b in zip(leaves, others, strict=True))


def _description(x, dtypes=True):
    """The form of a structure and the shapes and types of its leaves, to be compared and shown."""
    leaves, form = _flatten(x)
    arrays = map(np.asarray, leaves)
    kinds = [(a.shape, a.dtype.name if dtypes else a.dtype.kind == "c") for a in arrays]
    return sorted(zip(form.places(), kinds, strict=True))


def make_numerical_jvp(f, x):
    """A function of a direction v that returns the slope of f at x along it, by a difference of values."""
    x_leaves, form = _flatten(x)

    def moved(v, step):
        vs = flatten_as(form, v, "the direction")
        return f(unflatten(form, [a + step * b for a, b in zip(x_leaves, vs, strict=True)]))

    def jvp(v):
        above, y_form = _flatten(moved(v, EPS / 2))
        below = flatten_as(y_form, moved(v, -EPS / 2), "the value at the other side")
        return unflatten(y_form, [(a - getval(b)) / EPS for a, b in zip(above, below, strict=True)])

    return jvp


def check_vjp(f, x):
    """Raise an AssertionError if the gradient of f at x, for a random cotangent, is wrong.

    Parameters
    ----------
    f : callable
        A function of one argument.
    x : array, number, or list, tuple or dict of them
    """
    vjp, y = make_vjp(f)(x)
    x_v, y_v = _drawn_like(x), _drawn_like(y)
    found = _covector(vjp(_covector(y_v)))
    assert _description(found, False) == _description(x, False), (
        f"Derivative (VJP) check of {get_name(f)}: the gradient is built of {_description(found)}, "
        f"and its argument of {_description(x)}"
    )
    exact, numeric = _inner(x_v, found), _inner(y_v, make_numerical_jvp(f, x)(x_v))
    assert scalar_close(numeric, exact), (
        f"Derivative (VJP) check of {get_name(f)} failed with arg {x}:\n"
        f"analytic: {exact}\nnumeric:  {numeric}"
    )


def check_jvp(f, x):
    """Raise an AssertionError if the tangent of f at x, in a random direction, is wrong.

    Parameters
    ----------
    f : callable
        A function of one argument.
    x : array, number, or list, tuple or dict of them
    """
    v = _drawn_like(x)
    _check_same(make_jvp(f)(x)(v)[1], make_numerical_jvp(f, x)(v), dtypes=False)


def check_equivalent(x, y):
    """Raise an AssertionError unless x and y are built alike, with close values in a random direction."""
    _check_same(x, y, dtypes=True)


def _check_same(x, y, dtypes):
    ours, theirs = _description(x, dtypes), _description(y, dtypes)
    assert ours == theirs, f"VSpace mismatch:\nx: {ours}\ny: {theirs}"
    v = _drawn_like(x)
    assert scalar_close(_inner(x, v), _inner(y, v)), f"Value mismatch:\nx: {x}\ny: {y}"


def _check(f, x, modes, order):
    """The checks of a function of one argument, and of its derivatives up to an order."""
    if "fwd" in modes:
        check_jvp(f, x)
        if order > 1:
            jvp = _named("jvp", f, lambda xv: make_jvp(f)(xv[0])(xv[1])[1])
            _check(jvp, (x, _drawn_like(x)), modes, order - 1)
    if "rev" in modes:
        check_vjp(f, x)
        if order > 1:
            v = _drawn_like(f(x))
            vjp = _named("vjp", f, lambda xv: make_vjp(f)(xv[0])[0](xv[1]))
            _check(vjp, (x, v), modes, order - 1)


def _named(what, f, derivative):
    """The derivative of f, with a name for messages."""
    derivative.__name__ = f"{what}_{get_name(f)}"
    return derivative


def check_grads(f, argnum=0, modes=("fwd", "rev"), order=2):
    """A function of f's arguments that raises an AssertionError if a derivative of f is wrong there.

    Parameters
    ----------
    f : callable
    argnum : int or sequence of int, optional
        The arguments with respect to which derivatives are taken, by default the first.
    modes : sequence of str, optional
        "fwd" for tangents, "rev" for gradients; by default both.
    order : int, optional
        The highest order of the derivatives, by default 2.

    Examples
    --------
    >>> from leopard.compat.autograd.test_util import check_grads
    >>> check_grads(lambda x, y: np.sin(x) * y, argnum=(0, 1))(np.array([0.5, 1.0]), 2.0)
    """
    assert type(argnum) in (int, tuple, list), argnum
    assert all(mode in ("fwd", "rev") for mode in modes), modes
    return unary_to_nary(_check)(f, argnum, modes, order)


def combo_check(fun, *args, **kwargs):
    """A function of lists, one for each argument, that checks `fun` with each combination of elements.

    Further arguments are those of `check_grads`.
    """

    def checked(*arguments, **keywords):
        for chosen in product(*arguments):
            for values in product(*keywords.values()):
                check_grads(fun, *args, **kwargs)(*chosen, **dict(zip(keywords, values, strict=True)))

    return checked
