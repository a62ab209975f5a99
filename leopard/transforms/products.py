"""Vector-Jacobian, Jacobian-vector, Hessian-vector and Gauss-Newton-vector products."""

from leopard._config import recording
from leopard._core import gradients
from leopard._core import tangents as push
from leopard._pytrees import unflatten
from leopard.transforms._trace import must_be_callable, trace_of_all
from leopard.transforms._values import value_of, vectors, zeros
from leopard.transforms.gradient import gradient_of

__all__ = ["ggnvp", "hvp", "jvp", "linearize", "vjp"]


def vjp(f, *primals, has_aux=False):
    """The value of f, and its vector-Jacobian product as a function of the cotangent.

    Parameters
    ----------
    f : callable
    *primals : structures of floating-point numbers and arrays
        The arguments of f.
    has_aux : bool
        Whether f returns ``(outputs, aux)``, of which only the outputs are differentiated.

    Returns
    -------
    outputs
        What f returns.
    pullback : callable
        For a cotangent, which has the structure, shapes and dtypes of the outputs, it returns a tuple: for
        each argument the gradient of ``sum(conj(cotangent) * outputs)``. It may be called repeatedly.
    aux
        Under `has_aux`.

    Raises
    ------
    TypeError, ValueError
        When an argument does not consist of floating-point numbers, or a cotangent does not have the
        structure and shapes of the outputs.

    Examples
    --------
    >>> y, pullback = vjp(lambda a, x: a @ x, np.array([[1.0, 2.0]]), np.array([3.0, 4.0]))
    >>> y
    array([11.])
    >>> pullback(np.array([1.0]))
    (array([[3., 4.]]), array([1., 2.]))
    """
    must_be_callable("vjp", f)
    t = trace_of_all("vjp", f, primals, has_aux, kept=True)

    def pullback(cotangents):
        return pulled_back(t, cotangents)

    return (t.values(), pullback, t.extras()) if has_aux else (t.values(), pullback)


def pulled_back(t, cotangents):
    """The gradients of a trace's arguments, given the cotangents of its outputs."""
    vs, variable = vectors(t.output_form, cotangents, t.outputs, f"{t.name}: the cotangent")
    connected = t.connected or variable and recording()
    where, outputs = t.variables()
    found, _ = gradients(outputs, [vs[i] for i in where], t.inputs, connected)
    return t.returned(found, connected)


def jvp(f, primals, tangents, has_aux=False):
    """The value of f, and its Jacobian-vector product: the derivative in a direction.

    Parameters
    ----------
    f : callable
    primals : tuple or list
        The arguments of f: structures of floating-point numbers and arrays.
    tangents : tuple or list
        The direction: for each argument a structure of the same shapes and dtypes.
    has_aux : bool
        Whether f returns ``(outputs, aux)``, of which only the outputs are differentiated.

    Returns
    -------
    outputs
        What f returns.
    tangents_out
        The derivative of the outputs, in their structure, shapes and dtypes.
    aux
        Under `has_aux`.

    Raises
    ------
    TypeError, ValueError
        When an argument does not consist of floating-point numbers, or a tangent does not have the structure
        and shapes of its argument.

    Examples
    --------
    >>> jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    must_be_callable("jvp", f)
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"jvp: {what} is a tuple with one element for each argument of f, not {type(given)}"
            )
    if len(primals) != len(tangents):
        raise TypeError(f"jvp: {len(primals)} primals and {len(tangents)} tangents were given")
    t = trace_of_all("jvp", f, tuple(primals), has_aux)
    pushed = pushed_forward(t, tuple(tangents))
    return (t.values(), pushed, t.extras()) if has_aux else (t.values(), pushed)


def pushed_forward(t, tangents):
    """The tangents of a trace's outputs, given those of its arguments."""
    vs, variable = vectors(t.form, tangents, t.given, f"{t.name}: the tangent")
    connected = t.connected or variable and recording()
    where, outputs = t.variables()
    pushed, _ = push(outputs, t.inputs, vs, connected)
    pushed = dict(zip(where, pushed, strict=True))
    found = [zeros(y) if pushed.get(i) is None else pushed[i] for i, y in enumerate(t.outputs)]
    if not (connected or variable or t.has_variables()):
        found = map(value_of, found)
    return unflatten(t.output_form, found)


def linearize(f, *primals, has_aux=False):
    """The value of f, and its derivative at this point as a function of the direction.

    f is called once, and its record is kept: each call of the derivative pushes a tangent through it.

    Parameters
    ----------
    f : callable
    *primals : structures of floating-point numbers and arrays
        The arguments of f.
    has_aux : bool
        Whether f returns ``(outputs, aux)``, of which only the outputs are differentiated.

    Returns
    -------
    outputs
        What f returns.
    f_jvp : callable
        Given one tangent for each argument, it returns the tangent of the outputs.
    aux
        Under `has_aux`.

    Raises
    ------
    TypeError, ValueError
        As `jvp`.

    Examples
    --------
    >>> y, f_jvp = linearize(np.sin, 0.0)
    >>> f_jvp(1.0), f_jvp(3.0)
    (np.float64(1.0), np.float64(3.0))
    """
    must_be_callable("linearize", f)
    t = trace_of_all("linearize", f, primals, has_aux, kept=True)

    def f_jvp(*tangents):
        if len(tangents) != len(primals):
            raise TypeError(f"linearize: {len(primals)} primals, and {len(tangents)} tangents were given")
        return pushed_forward(t, tangents)

    return (t.values(), f_jvp, t.extras()) if has_aux else (t.values(), f_jvp)


def hvp(f, x, v):
    """The product of f's Hessian with a vector.

    Parameters
    ----------
    f : callable
        A function of one argument that returns a real scalar.
    x : structure of floating-point numbers and arrays
        The argument of f.
    v : structure
        The vector, with the structure and shapes of x.

    Returns
    -------
    structure
        H @ v: the derivative of the gradient of f at x in direction v, with the shapes and dtypes of x.

    Raises
    ------
    TypeError, ValueError
        As `grad` and `jvp`.

    Examples
    --------
    >>> hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    must_be_callable("hvp", f)
    t = trace_of_all("hvp", f, (x,))
    vs, variable = vectors(t.form, (v,), t.given, "hvp: the vector")
    slopes = gradient_of(t, recorded=True)
    connected = t.connected or variable and recording()
    where = [i for i, g in enumerate(slopes) if g is not None]
    pushed, _ = push([slopes[i] for i in where], t.inputs, vs, connected)
    found = dict(zip(where, pushed, strict=True))
    return t.returned([found.get(i) for i in range(len(slopes))], connected)[0]


def ggnvp(f, x, v, loss=None):
    """The product of a generalized Gauss-Newton matrix with a vector.

    Parameters
    ----------
    f : callable
        A function of one argument.
    x : structure of floating-point numbers and arrays
        The argument of f.
    v : structure
        The vector, with the structure and shapes of x.
    loss : callable, optional
        A function from the result of f to a real scalar; by default half the sum of squares.

    Returns
    -------
    structure
        J.T @ (H @ (J @ v)), with the Jacobian J of f at x and the Hessian H of the loss at f(x), with the
        shapes and dtypes of x.

    Raises
    ------
    TypeError, ValueError
        As `hvp`.

    Notes
    -----
    N. N. Schraudolph, Fast curvature matrix-vector products for second-order gradient descent, Neural
    Computation 14 (2002).

    Examples
    --------
    >>> ggnvp(lambda x: x**2, np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 4., 16.])
    """
    must_be_callable("ggnvp", f)
    t = trace_of_all("ggnvp", f, (x,))
    y, tangent = t.values(), pushed_forward(t, (v,))
    return pulled_back(t, tangent if loss is None else hvp(loss, y, tangent))[0]
