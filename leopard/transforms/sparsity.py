"""Sparse Jacobians and Hessians: only elements that can be nonzero are computed and stored."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._core import tangents as push
from leopard._numeric.replay import Front
from leopard._pytrees import flatten
from leopard.transforms._compression import plan_of_graph, plan_of_pattern
from leopard.transforms._patterns import Graph, sparse
from leopard.transforms._trace import Selection, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import constant, dtype_of, plain
from leopard.transforms.gradient import gradient_of

__all__ = ["sparse_hessian", "sparse_jacobian"]

#: So many plans are kept: one for each structure of the graph.
MOST_PLANS = 16


@transform
def sparse_jacobian(f, argnums=0, has_aux=False, sparsity=None):
    """A function that returns the Jacobian of f as a sparse matrix.

    The sparsity pattern is found from the graph that f records. Columns that have no row in common are
    computed together, or rows that have no column in common, whichever products are fewer; rows are compared
    in the elements of the argument that f selects before it computes with them.

    Pattern and colours are kept by the function that is returned, and hold for graphs of the same structure:
    each call compares the operations that f has recorded, their shapes, indices and other options, and which
    constants in products are zero. Where these differ, pattern and colours are found again. The elements are
    computed by a replay where f is a compiled function: ``sparse_jacobian(leopard.compile(f))``.

    Parameters
    ----------
    f : callable
        It returns one array.
    argnums : int or str
        The argument to differentiate with respect to, one array.
    has_aux : bool
        Whether f returns ``(value, aux)``, of which only the value is differentiated.
    sparsity : sparse matrix or ndarray, optional
        A known pattern, nonzero where the Jacobian may be, such as a Jacobian computed before. It saves the
        search.

    Returns
    -------
    callable
        With the arguments of f it returns a ``scipy.sparse.csr_array`` of shape ``(y.size, x.size)``, or
        ``(jacobian, aux)``. Elements that can be nonzero are stored, even where they are zero.

    Raises
    ------
    ImportError
        When SciPy is not installed.
    TypeError
        When the argument or the value is not one array of floating-point numbers; or when they depend on
        Variables, which a sparse matrix cannot hold (call it under `no_grad`, or use `jacobian`).
    ValueError
        When `sparsity` leaves out an element that is not zero, or has another shape.

    Examples
    --------
    >>> sparse_jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    return _transformed("sparse_jacobian", f, argnums, has_aux, sparsity, _input_and_value)


@transform
def sparse_hessian(f, argnums=0, has_aux=False, sparsity=None):
    """A function that returns the Hessian of f as a sparse matrix.

    As for `sparse_jacobian` pattern and colours are kept. Columns are computed together by a star colouring,
    with which each element can be read off one of two columns, or where they have no row in common, whichever
    are fewer. (A. H. Gebremedhin, F. Manne, A. Pothen, What color is your Jacobian?, SIAM Review 47, 2005.)

    Parameters
    ----------
    f : callable
        It returns a real scalar.
    argnums, has_aux, sparsity
        As for `sparse_jacobian`.

    Returns
    -------
    callable
        With the arguments of f it returns a ``scipy.sparse.csr_array`` of shape ``(x.size, x.size)``, or
        ``(hessian, aux)``.

    Raises
    ------
    ImportError, TypeError, ValueError
        As `sparse_jacobian` and `grad`.

    Examples
    --------
    >>> sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2))(np.array([1.0, 2.0, 3.0])).toarray()
    array([[4., 2., 0.],
           [2., 6., 4.],
           [0., 4., 0.]])
    """
    return _transformed("sparse_hessian", f, argnums, has_aux, sparsity, _input_and_gradient)


def _transformed(name, f, argnums, has_aux, sparsity, ends):
    """The function that returns a sparse matrix: the derivative between the ends of a recorded call."""
    must_be_callable(name, f)
    selection = _single(name, argnums)
    sparse()
    plans = _Plans(name, sparsity, by_rows=ends is _input_and_value)
    if isinstance(f, Front) and not has_aux and sparsity is None:
        return _replayed(name, f, selection, plans, ends)
    recorded = f.__wrapped__ if isinstance(f, Front) else f  # a compiled one would be one operation

    def matrix(*args, **kwargs):
        t = trace(name, recorded, selection, args, kwargs, has_aux)
        x, y = ends(t)
        found = plans.matrix(y, x)
        return (found, t.extras()) if has_aux else found

    return dressed(matrix, f, name)


def _input_and_value(t, may_be_connected=False):
    x, y = _one_array(t, may_be_connected)
    return x, y if isinstance(y, Variable) else constant(np.asarray(y))


def _input_and_gradient(t, may_be_connected=False):
    (g,) = gradient_of(t, recorded=True)
    x, _ = _one_array(t, may_be_connected)
    return x, constant(np.zeros(x.shape, x.dtype)) if g is None else g


def _replayed(name, f, selection, plans, ends):
    """The sparse derivative of a compiled function: its elements are those of a replay.

    A recording holds for one plan. What depends on arguments has guards; and arrays outside are compared at
    each call, since the results hold constants: the places of the elements.
    """

    def elements(*args, **kwargs):
        t = trace(name, f.__wrapped__, selection, args, kwargs)
        is_followed = _core.following()
        x, y = ends(t, is_followed)
        if not is_followed:
            graph, plan = plans.of_graph(y, x)
            found = plan.matrix(y, x, graph)
            return found.data, found.indices, found.indptr, found.shape
        graph, plan = _core.call_unfollowed(plans.of_graph, y, x)
        graph.guard()
        return plan.followed_elements(y, x, graph), plan.indices.copy(), plan.indptr.copy(), plan.shape

    replayed = type(f)(elements, f._options | {"strict": False})

    def matrix(*args, **kwargs):
        if any(isinstance(x, Variable) for x in flatten((args, kwargs))[0]) or _core.following():
            data, indices, indptr, shape = elements(*args, **kwargs)
        else:
            data, indices, indptr, shape = replayed(*args, **kwargs)
            data = data.copy()  # of a linear function it is a constant of the recording
        return sparse().csr_array((data, indices, indptr), shape=shape)

    return dressed(matrix, f, name)


def _single(name, argnums):
    selection = Selection(name, argnums)
    if not selection.single:
        raise TypeError(f"{name}: argnums is one argument, not {argnums!r}; join the arguments in one array")
    return selection


def _one_array(t, may_be_connected=False):
    """The input and the output, one of each."""
    for what, form in (("argument", t.form), ("value", t.output_form)):
        if form.kind is not None:
            raise TypeError(f"{t.name}: the {what} is one array, not {form}")
    if t.connected and not may_be_connected:
        raise TypeError(
            f"{t.name}: a scipy.sparse matrix cannot hold Variables, and this one would depend on some; "
            "call it under no_grad, or use jacobian or hessian"
        )
    (x,), (y,) = t.inputs, t.outputs
    if x.dtype.kind == "c":
        raise TypeError(f"{t.name}: the argument is {x.dtype}; it must be real")
    if dtype_of(y).kind not in "fc":
        return x, constant(np.zeros(np.shape(y)))
    return x, y


class _Plans:
    """The plans of a sparse derivative: one for each structure of the graph, or one for a pattern given."""

    def __init__(self, name, sparsity, by_rows):
        self.name, self.by_rows = name, by_rows
        self.given = None if sparsity is None else _given(sparsity)
        self.held = {}

    def matrix(self, y, x):
        """The derivative of y with respect to x."""
        if self.given is not None:
            return self._of_given(y, x)
        graph, plan = self.of_graph(y, x)
        return plan.matrix(y, x, graph)

    def of_graph(self, y, x):
        """The graph between two Variables, and the plan for its structure."""
        graph = Graph(y, x)
        key = graph.structure()
        plan = self.held.get(key)
        if plan is None:
            plan = self._hold(key, plan_of_graph(graph, self.by_rows))
        return graph, plan

    def _of_given(self, y, x):
        shape = y.size, x.size
        if self.given.shape != shape:
            raise ValueError(f"{self.name}: sparsity has shape {self.given.shape}, the matrix {shape}")
        is_real = y.dtype.kind == "f"
        plan = self.held.get(is_real)
        if plan is None:
            plan = self._hold(is_real, plan_of_pattern(self.given, self.by_rows, is_real))
        return _checked(self.name, plan.matrix(y, x), y, x)

    def _hold(self, key, plan):
        self.held[key] = plan
        while len(self.held) > MOST_PLANS:
            self.held.pop(next(iter(self.held)), None)
        return plan


def _given(sparsity):
    pattern = sparse().csr_array(sparsity).copy()
    pattern.sum_duplicates()
    pattern.data = np.ones(len(pattern.data), bool)
    return pattern


def _checked(name, found, y, x):
    """The matrix `found`, after a check of its product with a random direction."""
    v = np.random.default_rng(0).standard_normal(x.shape).astype(x.dtype)
    (pushed,), _ = push([y], [x], [constant(v)])
    wanted = np.zeros(y.size) if pushed is None else plain(pushed).ravel()
    size = abs(found) @ abs(v.ravel())
    wrong = abs(found @ v.ravel() - wanted) > 1e3 * np.finfo(x.dtype).eps * (1 + size + abs(wanted))
    if wrong.any():
        raise ValueError(
            f"{name}: sparsity leaves out elements that are not zero, in row {int(np.argmax(wrong))}"
        )
    return found
