"""Gradients of functions that return a scalar, and elementwise derivatives."""

import numpy as np

from leopard._core import Variable, call_traced, gradients, leaf, records_graph, value_and_gradients
from leopard._pytrees import flatten
from leopard.functions.basic.complex import conjugate
from leopard.transforms._trace import Selection, Trace, finish, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import constant

__all__ = ["elementwise_grad", "grad", "grad_and_aux", "holomorphic_grad", "value_and_grad"]

_DOUBLE = np.dtype(float)


@transform
def value_and_grad(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the value of f and its gradient.

    Parameters
    ----------
    f : callable
        It returns a scalar: a Variable, array or number of shape ().
    argnums : int, str or tuple of these
        Which arguments to differentiate with respect to: positions, or names of keyword arguments.
        Each may be a nested structure of lists, tuples, dicts, named tuples and dataclasses.
    has_aux : bool
        Whether f returns ``(value, aux)``, of which only the value is differentiated.
    holomorphic : bool
        Whether f is holomorphic, with complex arguments and value; the complex derivative is returned then.

    Returns
    -------
    callable
        With the arguments of f it returns ``(value, gradient)``, or ``((value, aux), gradient)``. The
        gradient has the structure, shapes and dtypes of the argument; it is a tuple of such where `argnums`
        is a tuple. Gradients with respect to arrays and numbers are arrays and numbers. Where f is given
        Variables, or closes over some, value and gradient are Variables that can be differentiated with
        respect to them.

    Raises
    ------
    TypeError
        When the arguments are not floating-point numbers, or the value is not a floating-point scalar.

    Examples
    --------
    >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    must_be_callable("value_and_grad", f)
    return dressed(_both("value_and_grad", f, argnums, has_aux, holomorphic), f, "value_and_grad")


def _both(name, f, argnums, has_aux, holomorphic):
    selection = Selection(name, argnums)
    simple = not has_aux and not holomorphic

    def value_and_gradient(*args, **kwargs):
        found, t = shortly(selection, f, args, kwargs) if simple else (None, None)
        if found is not None:
            return found
        t = t or trace(name, f, selection, args, kwargs, has_aux)
        g = gradient_of(t, holomorphic)
        y = t.values()
        return ((y, t.extras()) if has_aux else y), t.returned(g)

    return value_and_gradient


def shortly(selection, f, args, kwargs):
    """Differentiate f by a short path, for arguments that are floats or arrays of doubles.

    Returns
    -------
    found : tuple or None
        The value and the gradient, where the value is a real scalar and depends on these arguments alone.
    t : Trace or None
        The recorded call, where the value is another. With other arguments f is not called, and both are
        None.
    """
    vs = _leaves(selection.argnums, args) if records_graph() else None
    if vs is None:
        return None, None
    if selection.first and len(vs) == len(args) and not kwargs:
        y = call_traced(vs, f, *vs)
    else:
        args_ = list(args)
        for i, v in zip(selection.argnums, vs, strict=True):
            args_[i] = v
        y = call_traced(vs, f, *args_, **kwargs)
    found = value_and_gradients(y, vs) if type(y) is Variable else None
    if found is None:
        t = Trace()
        t.name, t.inputs, t.kept = selection.name, vs, False
        t.given, t.form = flatten(selection.take(args, {}))
        finish(t, y, True)
        return None, t
    value, gs = found
    return (value, _as_arguments(selection, gs, args)), None


def _leaves(where, args):
    """Leaf Variables for the arguments where these are all floats or arrays of doubles, else None."""
    n = len(args)
    vs = []
    for i in where:
        if type(i) is not int or not -n <= i < n:
            return None
        x = args[i]
        if type(x) is not float and not (type(x) is np.ndarray and x.dtype is _DOUBLE):
            return None
        vs.append(leaf(x))
    return vs


def _as_arguments(selection, gs, args):
    """Gradients of the types of the arguments, in the structure of the selection."""
    for k, i in enumerate(selection.argnums):
        x = args[i]
        if type(x) is not float:
            if type(gs[k]) is float or gs[k] is None:  # a 0-d array; no dependence
                gs[k] = np.full(x.shape, gs[k] or 0.0)
        elif gs[k] is None:
            gs[k] = 0.0
    return gs[0] if selection.single else tuple(gs)


def gradient_of(t, holomorphic=False, recorded=False):
    """The gradients of a trace's inputs, where its value is a scalar."""
    if t.output_form.kind is not None:
        raise TypeError(
            f"{t.name}: the function returned {t.output_form}, not a scalar; use vjp or jacobian, "
            "or has_aux=True where it returns (value, aux)"
        )
    (y,) = t.outputs
    if not isinstance(y, Variable):
        y = constant(np.asarray(y))
    if y.shape != ():
        raise TypeError(
            f"{t.name}: the function returned shape {y.shape}, not a scalar; use jacobian, "
            "elementwise_grad or vjp"
        )
    check_kind(t, y, holomorphic)
    if y.dtype.kind not in "fc":
        return [None] * len(t.inputs)
    one = constant(np.ones((), y.dtype))
    found, _ = gradients([y], [one], t.inputs, t.connected or recorded)
    return [g if g is None else conjugate(g) for g in found] if holomorphic else found


def check_kind(t, y, holomorphic):
    """Raise unless the value is real, or, with `holomorphic`, value and arguments are complex."""
    if not holomorphic:
        if y.dtype.kind == "c":
            raise TypeError(
                f"{t.name}: the function returned {y.dtype}; take its np.real, np.imag or np.abs, or pass "
                "holomorphic=True where it is holomorphic"
            )
        return
    for x in t.inputs:
        if x.dtype.kind != "c":
            raise TypeError(f"{t.name}: holomorphic=True needs complex arguments, not {x.dtype}")
    if y.dtype.kind != "c":
        raise TypeError(f"{t.name}: holomorphic=True needs a complex value, not {y.dtype}")


@transform
def grad(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the gradient of f.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for `value_and_grad`.

    Returns
    -------
    callable
        With the arguments of f it returns the gradient, or ``(gradient, aux)``.

    Raises
    ------
    TypeError
        As `value_and_grad`.

    Examples
    --------
    >>> grad(np.tanh)(0.0)
    1.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    must_be_callable("grad", f)
    both = _both("grad", f, argnums, has_aux, holomorphic)
    if has_aux:

        def gradient(*args, **kwargs):
            (_, aux), g = both(*args, **kwargs)
            return g, aux
    else:

        def gradient(*args, **kwargs):
            return both(*args, **kwargs)[1]

    return dressed(gradient, f, "grad")


@transform
def grad_and_aux(f, argnums=0):
    """A function that returns the gradient of f's first output, and its second output unchanged.

    Parameters
    ----------
    f : callable
        It returns ``(value, aux)``.
    argnums : int, str or tuple of these

    Returns
    -------
    callable
        With the arguments of f it returns ``(gradient, aux)``: ``grad(f, argnums, has_aux=True)``.

    Examples
    --------
    >>> grad_and_aux(lambda x: (x**2, "squared"))(3.0)
    (6.0, 'squared')
    """
    return grad(f, argnums, has_aux=True)


@transform
def holomorphic_grad(f, argnums=0):
    """A function that returns the complex derivative of a holomorphic f.

    Parameters
    ----------
    f : callable
        A holomorphic function with complex arguments and a complex value.
    argnums : int, str or tuple of these

    Returns
    -------
    callable
        ``grad(f, argnums, holomorphic=True)``.

    Examples
    --------
    >>> holomorphic_grad(lambda z: z**2)(1 + 2j)
    (2+4j)
    """
    return grad(f, argnums, holomorphic=True)


@transform
def elementwise_grad(f, argnums=0, has_aux=False):
    """A function that returns the derivative of f element by element.

    It is the gradient of the sum of f's elements. Where each element of f depends only on the element of x at
    the same place, this is the derivative of each element.

    Parameters
    ----------
    f : callable
        It returns an array, or a structure of arrays, of real numbers.
    argnums : int, str or tuple of these
    has_aux : bool
        Whether f returns ``(value, aux)``, of which only the value is differentiated.

    Returns
    -------
    callable
        With the arguments of f it returns the derivatives, or ``(derivatives, aux)``.

    Raises
    ------
    TypeError
        When f returns complex numbers.

    Examples
    --------
    >>> elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """
    name = "elementwise_grad"
    must_be_callable(name, f)
    selection = Selection(name, argnums)

    def derivative(*args, **kwargs):
        t = trace(name, f, selection, args, kwargs, has_aux)
        _, outputs = t.variables()
        for y in outputs:
            check_kind(t, y, False)
        outputs = [y for y in outputs if y.dtype.kind == "f"]
        ones = [constant(np.ones(y.shape, y.dtype)) for y in outputs]
        g = t.returned(gradients(outputs, ones, t.inputs, t.connected)[0])
        return (g, t.extras()) if has_aux else g

    return dressed(derivative, f, name)
