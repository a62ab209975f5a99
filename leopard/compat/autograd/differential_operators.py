"""`autograd.differential_operators`: the same functions, with autograd's complex conjugation."""

import inspect

import numpy as np

from leopard import transforms
from leopard._config import recording
from leopard._core import Variable, gradients
from leopard._pytrees import flatten, map_leaves, unflatten
from leopard.compat.autograd._vspaces import vspace
from leopard.compat.autograd.extend import PrimitiveCall
from leopard.compat.autograd.wrap_util import unary_to_nary  # noqa: F401 (and this)
from leopard.functions.basic.complex import conj
from leopard.transforms._trace import Selection, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import as_given, constant, vectors
from leopard.transforms.gradient import shortly
from leopard.transforms.jacobians import blocks_of
from leopard.transforms.products import pushed_forward

checkpoint = transforms.checkpoint


def _make_vjp(fun, x):
    """``(vjp, value)`` of fun at x: `autograd.core.make_vjp`."""
    return make_vjp(fun)(x)


def _make_jvp(fun, x):
    """A function of the tangent that returns ``(value, tangent)``: `autograd.core.make_jvp`."""
    return make_jvp(fun)(x)


def _trace(name, fun, argnum, args, kwargs, has_aux=False):
    return _traced(Selection(name, argnum), fun, args, kwargs, has_aux)


def _traced(selection, fun, args, kwargs, has_aux=False):
    args, kwargs = selection.put(args, kwargs, map_leaves(_floating, selection.take(args, kwargs)))
    return _of_variables(trace(selection.name, fun, selection, args, kwargs, has_aux))


def _of_variables(t):
    """The trace, with results that are no Variables as constants."""
    t.outputs = [y if isinstance(y, Variable) else constant(np.asarray(y)) for y in t.outputs]
    return t


def _both(name, fun, argnum):
    """A function that returns value and gradient: by leopard's short path, or by autograd's conventions."""
    must_be_callable(name, fun)
    selection = Selection(name, argnum)

    def both(*args, **kwargs):
        found, t = shortly(selection, fun, args, kwargs)
        if found is not None:
            value, g = found
            return value, tuple(map(_number_of_numpys, g)) if type(g) is tuple else _number_of_numpys(g)
        t = _traced(selection, fun, args, kwargs) if t is None else _of_variables(t)
        _must_be_scalar(t, "jacobian, elementwise_grad or holomorphic_grad")
        return t.values(), _pulled(t, _ones(t))

    return both


def _floating(x):
    """An array of integers converted to floats, as in autograd."""
    return x.astype(float) if isinstance(x, np.ndarray) and x.dtype.kind in "iu" else x


def _conjugated(gs):
    return [None if g is None else conj(g) for g in gs]


def _pulled(t, cotangents, connected=None):
    """The gradients of the inputs; cotangents and gradients are in autograd's complex convention."""
    connected = t.connected if connected is None else connected
    pairs = [(y, g) for y, g in zip(t.outputs, cotangents, strict=True) if y.dtype.kind in "fc"]
    found, _ = gradients([y for y, _ in pairs], _conjugated([g for _, g in pairs]), t.inputs, connected)
    return t.returned(_conjugated(found), connected, _handed_back)


def _handed_back(g, x, connected):
    """The gradient of the leaf x as autograd has it: a number of NumPy's where it has no axes."""
    return _number_of_numpys(as_given(g, x, connected))


def _number_of_numpys(g):
    kind = type(g)
    if kind is float:
        return np.float64(g)
    if kind is complex:
        return np.complex128(g)
    return g[()] if kind is np.ndarray and not g.ndim else g


def _ones(t):
    return [constant(np.ones(y.shape, y.dtype)) for y in t.outputs]


def _must_be_scalar(t, others):
    if t.output_form.kind is not None or t.outputs[0].size != 1 or t.outputs[0].dtype.kind != "f":
        y = t.outputs[0] if t.output_form.kind is None else None
        what = f"{y.dtype} of shape {y.shape}" if y is not None else t.output_form
        raise TypeError(
            f"{t.name} only applies to real scalar-output functions, and this returned {what}. Try {others}."
        )


@transform
def grad(fun, argnum=0):
    """A function that returns the gradient of fun with respect to its positional argument `argnum`.

    Examples
    --------
    >>> from leopard.compat.autograd import grad
    >>> grad(np.tanh)(0.0)
    np.float64(1.0)
    """
    both = _both("grad", fun, argnum)
    return dressed(lambda *args, **kwargs: both(*args, **kwargs)[1], fun, "grad")


@transform
def value_and_grad(fun, argnum=0):
    """A function that returns both the value and the gradient of fun.

    Examples
    --------
    >>> from leopard.compat.autograd import value_and_grad
    >>> value_and_grad(np.square)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """
    return dressed(_both("value_and_grad", fun, argnum), fun, "value_and_grad")


@transform
def grad_and_aux(fun, argnum=0):
    """A function that returns the gradient of fun's first output, and its second output."""

    def both(*args, **kwargs):
        t = _trace("grad_and_aux", fun, argnum, args, kwargs, has_aux=True)
        return _pulled(t, _ones(t)), t.extras()

    must_be_callable("grad_and_aux", fun)
    return dressed(both, fun, "grad_and_aux")


@transform
def elementwise_grad(fun, argnum=0):
    """A function that returns the sums of the columns of the Jacobian of fun."""

    def derivative(*args, **kwargs):
        t = _trace("elementwise_grad", fun, argnum, args, kwargs)
        if any(y.dtype.kind == "c" for y in t.outputs):
            raise TypeError("elementwise_grad only applies to real-output functions.")
        return _pulled(t, _ones(t))

    must_be_callable("elementwise_grad", fun)
    return dressed(derivative, fun, "elementwise_grad")


@transform
def holomorphic_grad(fun, argnum=0):
    """A function that returns the complex derivative of a holomorphic fun."""
    return grad(lambda *args, **kwargs: np.real(fun(*args, **kwargs)), argnum)


@transform
def grad_named(fun, argname):
    """The gradient with respect to the argument of this name."""
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


@transform
def deriv(fun, argnum=0):
    """A function that returns the derivative of fun along ones."""

    def derivative(*args, **kwargs):
        t = _trace("deriv", fun, argnum, args, kwargs)
        ones = [np.ones(x.shape, x.dtype) for x in t.inputs]
        return pushed_forward(t, unflatten(t.form, ones))

    must_be_callable("deriv", fun)
    return dressed(derivative, fun, "deriv")


@transform
def jacobian(fun, argnum=0):
    """A function that returns the Jacobian of fun, of shape ``y.shape + x.shape``."""

    def matrix(*args, **kwargs):
        made = PrimitiveCall.made
        t = _trace("jacobian", fun, argnum, args, kwargs)
        y = t.outputs[0]
        if PrimitiveCall.made > made and t.output_form.kind is None and y.size and y.dtype.kind == "f":
            return _row_by_row(t, y)
        # By rows, as autograd's: a rule may be one for reverse mode alone.
        blocks = blocks_of(t, by=None if any(y.dtype.kind == "c" for y in t.outputs) else "rows")
        leaves, form = flatten(blocks)
        if any(x.dtype.kind == "c" for x in t.inputs):  # the rows are gradients of real values
            leaves = map(np.conj, leaves)
        return unflatten(form, [np.asarray(g) if isinstance(g, np.generic) else g for g in leaves])

    must_be_callable("jacobian", fun)
    return dressed(matrix, fun, "jacobian")


def _row_by_row(t, y):
    """The Jacobian from one gradient at a time, since rules of primitives may compute with its numbers."""
    rows = [flatten(_pulled(t, [constant(unit)])) for unit in vspace(y).standard_basis()]
    columns = zip(*[leaves for leaves, _ in rows], strict=True)
    blocks = [np.reshape(np.stack(column), y.shape + np.shape(column[0])) for column in columns]
    return unflatten(rows[0][1], blocks)


@transform
def hessian(fun, argnum=0):
    """A function that returns the Hessian of fun."""
    return jacobian(jacobian(fun, argnum), argnum)


@transform
def make_vjp(fun, argnum=0):
    """A function that returns ``(vjp, value)`` at a point: ``vjp(g)`` is the gradient for a cotangent g.

    Examples
    --------
    >>> from leopard.compat.autograd import make_vjp
    >>> vjp, value = make_vjp(np.sin)(0.0)
    >>> vjp(2.0)
    np.float64(2.0)
    """

    def vjp_maker(*args, **kwargs):
        t = _trace("make_vjp", fun, argnum, args, kwargs)

        def vjp(g):
            gs, variable = vectors(t.output_form, g, t.outputs, "make_vjp: the cotangent")
            return _pulled(t, gs, t.connected or variable and recording())

        return vjp, t.values()

    must_be_callable("make_vjp", fun)
    return dressed(vjp_maker, fun, "make_vjp")


@transform
def make_jvp(fun, argnum=0):
    """A function that returns ``jvp`` at a point, where ``jvp(v)`` is ``(value, tangent)``.

    Examples
    --------
    >>> from leopard.compat.autograd import make_jvp
    >>> make_jvp(np.sin)(0.0)(2.0)
    (np.float64(0.0), np.float64(2.0))
    """

    def jvp_maker(*args, **kwargs):
        t = _trace("make_jvp", fun, argnum, args, kwargs)
        return lambda tangent: (t.values(), pushed_forward(t, tangent))

    must_be_callable("make_jvp", fun)
    return dressed(jvp_maker, fun, "make_jvp")


@transform
def make_jvp_reversemode(fun, argnum=0):
    """A function that returns ``jvp`` at a point, where ``jvp(v)`` is the tangent of the value."""
    maker = make_jvp(fun, argnum)

    def jvp_maker(*args, **kwargs):
        jvp = maker(*args, **kwargs)
        return lambda tangent: jvp(tangent)[1]

    return dressed(jvp_maker, fun, "make_jvp_reversemode")


@transform
def make_hvp(fun, argnum=0):
    """A function that returns ``(hvp, gradient)`` at a point: `hvp` multiplies by the Hessian."""
    return make_vjp(grad(fun, argnum), argnum)


def _half_sum_of_squares(x):
    return 0.5 * np.sum(x**2, axis=-1)


@transform
def make_ggnvp(f, g=_half_sum_of_squares, f_argnum=0):
    """A function that returns the product with the Gauss-Newton matrix of ``g(f(x))`` at a point."""

    def ggnvp_maker(*args, **kwargs):
        t = _trace("make_ggnvp", f, f_argnum, args, kwargs)

        def ggnvp(v):
            hv = make_hvp(g)(t.values())[0](pushed_forward(t, v))
            gs, _ = vectors(t.output_form, hv, t.outputs, "make_ggnvp: the cotangent")
            return _pulled(t, gs)

        return ggnvp

    must_be_callable("make_ggnvp", f)
    return dressed(ggnvp_maker, f, "make_ggnvp")


@transform
def hessian_tensor_product(fun, argnum=0):
    """A function of ``(*args, tensor)`` that returns the product of the Hessian of fun with a tensor.

    Examples
    --------
    >>> from leopard.compat.autograd import hessian_vector_product
    >>> hessian_vector_product(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    gradient = grad(fun, argnum)

    def product(*args, **kwargs):
        *args, tensor = args
        return make_jvp(gradient, argnum)(*args, **kwargs)(tensor)[1]

    return dressed(product, fun, "hessian_tensor_product")


@transform
def tensor_jacobian_product(fun, argnum=0):
    """A function of ``(*args, tensor)`` that returns the product of a tensor with the Jacobian of fun."""

    def contracted(*args, **kwargs):
        *args, tensor = args
        return np.tensordot(tensor, fun(*args, **kwargs), axes=np.ndim(tensor))

    return jacobian(contracted, argnum)


hessian_vector_product = hessian_tensor_product
vector_jacobian_product = tensor_jacobian_product


@transform
def multigrad_dict(fun):
    """A function that returns the gradients with respect to all arguments, by name.

    Examples
    --------
    >>> from leopard.compat.autograd import multigrad_dict
    >>> multigrad_dict(lambda x, y: x * y**2)(2.0, y=3.0)
    {'x': np.float64(9.0), 'y': np.float64(12.0)}
    """
    must_be_callable("multigrad_dict", fun)
    signature = inspect.signature(fun)

    def gradients_by_name(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def of_all(arguments):
            bound.arguments.update(arguments)
            return fun(*bound.args, **bound.kwargs)

        return grad(of_all)(dict(bound.arguments))

    return dressed(gradients_by_name, fun, "multigrad_dict")
