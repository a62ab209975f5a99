"""Sparse Jacobians and Hessians are the dense ones, and their patterns hold everywhere."""

import sys

import numpy as np
import pytest

import leopard
from leopard import (
    Function,
    Variable,
    hessian,
    jacobian,
    no_grad,
    sparse_hessian,
    sparse_jacobian,
)
from leopard.transforms import _batches, sparsity
from leopard.transforms._patterns import Graph, pattern_of
from tests.transforms.rivals import assert_same

scipy_sparse = pytest.importorskip("scipy.sparse")
from leopard.transforms._coloring import (  # noqa: E402
    colors_of,
    number_of,
    places_of_symmetric,
    star_colors_of,
)
from leopard.transforms._compression import plan_of_graph, plan_of_pattern  # noqa: E402

X = np.random.default_rng(5).uniform(0.5, 1.5, 12)
D = np.diff(np.eye(13), axis=0)[:, :12]  # a matrix of differences


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x**2 * gy


class ElementwiseCube(Cube):
    elementwise = True


# Functions, and how many elements may be stored.
FUNCTIONS = {
    "elementwise": (lambda x: np.sin(x) * x, 12),
    "neighbours": (lambda x: x[1:] * x[:-1], 22),
    "a constant factor": (lambda x: D @ np.exp(x), 23),
    "a product from the left": (lambda x: np.exp(x) @ D.T, 23),
    "of matrices": (lambda x: (D @ x.reshape(12, 1)).ravel(), 23),
    "of two variables": (lambda x: x[:6].reshape(2, 3) @ x[6:].reshape(3, 2), 24),
    "sums": (lambda x: np.sum(x.reshape(3, 4), axis=1), 12),
    "sums that keep axes": (lambda x: x.reshape(3, 4) / np.sum(x.reshape(3, 4), 1, keepdims=True), 48),
    "means over pairs of axes": (lambda x: np.mean(x.reshape(2, 3, 2), axis=(0, 2)), 12),
    "maxima": (lambda x: np.max(x.reshape(3, 4), axis=0), 12),
    "running sums": (lambda x: np.cumsum(x.reshape(3, 4), axis=1), 48),
    "all sums": (lambda x: x * np.sum(x), 144),
    "moved": (lambda x: np.roll(np.concatenate([x[::-1], np.tile(x[:2], 2)]), 3), 16),
    "stacked": (lambda x: np.stack([x, x**2], 1).T, 24),
    "repeated": (lambda x: np.repeat(x, 2) * np.ones(24), 24),
    "picked": (lambda x: x[[0, 0, 5]] * x[x > 1][0], 6),
    "a mask": (lambda x: np.where(x > 1, x, x[::-1]), 24),
    "broadcast": (lambda x: x[:3, None] * x[None, 3:6], 18),
    "diagonals": (lambda x: np.diagonal(np.diag(x[:4]) + x[4:8]), 8),
    "clipped": (lambda x: np.clip(x, 0.7, x[0]), 23),
    "assigned": (
        lambda x: leopard.setitem(x, slice(2, 4), x[:2] ** 2) if hasattr(leopard, "setitem") else x,
        14,
    ),
    "transforms": (lambda x: np.real(np.fft.fft(x)), 144),
    "a function of one's own": (lambda x: Cube()(x[:4]) * x[4:8], 20),
    "and one that is elementwise": (lambda x: ElementwiseCube()(x[:4]) * x[4:8], 8),
    "nothing": (lambda x: np.ones(3), 0),
    "integers": (lambda x: np.floor(x).astype(int), 0),
    "many times the same": (lambda x: np.sum(x[0] * np.ones(256) + x[1])[None] * x[1:2], 2),
    "a scalar": (lambda x: np.prod(x), 12),
    "complex values": (lambda x: np.exp(1j * x), 12),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_the_jacobian_and_no_larger_than_need_be(name):
    f, most = FUNCTIONS[name]
    J = sparse_jacobian(f)(X)
    assert isinstance(J, scipy_sparse.csr_array)
    wanted = jacobian(f)(X)
    assert_same(J.toarray(), wanted.reshape(-1, 12))
    assert J.nnz <= most


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_pattern_holds_where_derivatives_are_zero_by_chance(name):
    f, _ = FUNCTIONS[name]
    v = Variable(np.zeros(12))
    try:
        with np.errstate(all="ignore"):
            y = f(v)
    except IndexError:  # the mask is empty there
        return
    if not isinstance(y, Variable) or y.dtype.kind not in "fc":
        return
    pattern = pattern_of(y, v).toarray()
    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal(12)
        if name in ("picked", "a mask", "clipped", "maxima"):
            x = np.zeros(12)
        J = jacobian(f)(x).reshape(-1, 12)
        assert not np.any((J != 0) & (pattern == 0))


def test_hessians_of_rosenbrock_are_banded():
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    H = sparse_hessian(f)(X)
    assert_same(H.toarray(), hessian(f)(X))
    assert H.nnz == 34
    assert colors_of(H).max() == 2
    large = sparse_hessian(f)(np.ones(3000))
    assert large.nnz == 3 * 3000 - 2


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x),
        lambda x: 1.0,
        lambda x: np.sum(np.exp(D @ x)),
        lambda x: np.sum(np.log(np.sum(x.reshape(3, 4) ** 2, axis=1))),
        lambda x: np.prod(x[:3]) + np.sum(np.where(x > 1, x**3, x)),
        lambda x: np.sum(x[:, None] * x) ** 2,
        lambda x: np.max(x) ** 2,
    ],
)
def test_hessians_are_the_dense_ones(f):
    assert_same(sparse_hessian(f)(X).toarray(), hessian(f)(X))


def test_arguments_aux_and_shapes():
    J, aux = sparse_jacobian(lambda a, x: (a * x, "aux"), "x", has_aux=True)(2.0, x=X.reshape(3, 4))
    assert_same(J.toarray(), 2 * np.eye(12))
    assert aux == "aux"
    H, aux = sparse_hessian(lambda x, a: (np.sum(a * x**2), "aux"), has_aux=True)(X, 2.0)
    assert_same(H.toarray(), 4 * np.eye(12))
    assert sparse_jacobian(lambda x: x**2)(3.0).toarray() == [[6.0]]
    assert sparse_jacobian(lambda x: x * 2)(np.float32([1, 2])).dtype == np.float32


def test_a_pattern_may_be_given():
    f, _ = FUNCTIONS["neighbours"]
    J = sparse_jacobian(f)(X)
    again = sparse_jacobian(f, sparsity=J)
    assert_same(again(2 * X).toarray(), jacobian(f)(2 * X))
    assert_same(sparse_jacobian(f, sparsity=np.ones((11, 12)))(X).toarray(), jacobian(f)(X))
    with pytest.raises(ValueError, match="sparsity leaves out elements that are not zero"):
        sparse_jacobian(f, sparsity=np.eye(11, 12))(X)
    with pytest.raises(ValueError, match=r"sparsity has shape \(3, 3\), the matrix \(11, 12\)"):
        sparse_jacobian(f, sparsity=np.eye(3))(X)


def test_columns_of_one_colour_meet_in_no_row():
    pattern = scipy_sparse.csr_array(np.random.default_rng(0).random((60, 40)) < 0.05)
    colors = colors_of(pattern)
    for c in range(colors.max() + 1):
        assert (pattern[:, colors == c] != 0).sum(axis=1).max() <= 1
    assert colors.min() == 0


def test_fewer_rows_than_columns_are_pulled_back():
    f = lambda x: np.sum(x.reshape(2, 6), axis=1)  # noqa: E731
    assert colors_of(sparse_jacobian(f)(X)).max() == 5
    assert_same(sparse_jacobian(f)(X).toarray(), jacobian(f)(X))


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: sparse_jacobian(1.0), "expected a function"),
        (lambda: sparse_jacobian(np.sin, (0, 1)), "argnums is one argument"),
        (lambda: sparse_jacobian(np.sin)(3), "is 3, an int"),
        (lambda: sparse_jacobian(lambda x: x[0])([X]), "the argument is one array, not a list of 1"),
        (lambda: sparse_jacobian(lambda x: (x, x))(X), "the value is one array, not a tuple of 2"),
        (lambda: sparse_jacobian(np.sin)(Variable(X)), "cannot hold Variables.*no_grad"),
        (lambda: sparse_jacobian(np.sin)(X + 0j), "it must be real"),
        (lambda: sparse_hessian(np.sin)(X), "sparse_hessian: the function returned shape"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_under_no_grad_variables_are_values():
    with no_grad():
        assert_same(sparse_jacobian(np.sin)(Variable(X)).toarray(), np.diag(np.cos(X)))


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ImportError, match=r"pip install 'leopard-autodiff\[scipy\]'"):
        sparse_jacobian(np.sin)


def plans_of(f, monkeypatch):
    """A sparse Jacobian, and a list that a number is appended to for each plan that is made."""
    made = []

    def counted(graph, by_rows):
        made.append(len(graph.functions))
        return plan_of_graph(graph, by_rows)

    monkeypatch.setattr(sparsity, "plan_of_graph", counted)
    return sparse_jacobian(f), made


def assert_is_jacobian(J, f, *args):
    assert_same(J(*args).toarray(), jacobian(f)(*args).reshape(J(*args).shape))


def test_a_plan_is_made_once_for_a_structure(monkeypatch):
    f = lambda x, a: np.sin(a * x[1:]) * x[:-1]  # noqa: E731
    J, made = plans_of(f, monkeypatch)
    for scale in (1.0, 2.0, 3.0):
        assert_is_jacobian(J, f, scale * X, scale)
    assert len(made) == 1
    assert_is_jacobian(J, f, X[:5], 1.0)
    assert len(made) == 2
    assert_is_jacobian(J, f, X, np.ones(11))  # of another shape
    assert len(made) == 3
    assert_is_jacobian(J, f, X, 4.0)
    assert len(made) == 3


INDEX, MATRIX, MASK = np.array([0, 3, 5]), D.copy(), np.arange(12) < 4


CHANGES = [
    (lambda x: x[INDEX] * x[6:9], lambda: INDEX.__setitem__(0, 11)),
    (lambda x: np.take(x, INDEX) * x[6:9], lambda: INDEX.__setitem__(1, 7)),
    (lambda x: x[MASK] ** 2, lambda: MASK.__setitem__(slice(2, 6), [False, False, True, True])),
    (lambda x: MATRIX @ np.exp(x), lambda: MATRIX.__setitem__((0, 7), 2.0)),
    (lambda x: np.exp(x) @ MATRIX.T, lambda: MATRIX.__setitem__((1, 8), 2.0)),
    (lambda x: np.einsum("ij,j->i", MATRIX, x**2), lambda: MATRIX.__setitem__((2, 9), 2.0)),
    (lambda x: np.convolve(x**2, MATRIX[0, 5:9]), lambda: MATRIX.__setitem__((0, 6), 2.0)),
    (
        lambda x: np.interp(MATRIX[3, :4] + 6, np.arange(12), x**2),
        lambda: MATRIX.__setitem__((3, 1), 4.5),
    ),
    (lambda x: np.roll(x**2, INDEX[0]) * x, lambda: INDEX.__setitem__(0, 2)),
    (lambda x: x[:6] * x[6:] if INDEX[2] < 6 else x[::2] ** 2, lambda: INDEX.__setitem__(2, 9)),
]


@pytest.mark.parametrize("f, change", CHANGES)
def test_a_plan_is_made_again_where_what_the_pattern_depends_on_changes(f, change, monkeypatch):
    kept = INDEX.copy(), MATRIX.copy(), MASK.copy()
    J, made = plans_of(f, monkeypatch)
    try:
        assert_is_jacobian(J, f, X)
        assert len(made) == 1
        change()
        assert_is_jacobian(J, f, X)
        assert len(made) == 2
    finally:
        INDEX[:], MATRIX[:], MASK[:] = kept


def test_branches_have_plans_of_their_own(monkeypatch):
    f = lambda x: x[1:] * x[:-1] if x[0] > 1 else np.cumsum(x)  # noqa: E731
    J, made = plans_of(f, monkeypatch)
    for scale in (10.0, 0.1, 20.0, 0.2):
        assert_is_jacobian(J, f, scale * X)
    assert len(made) == 2


def test_no_more_plans_are_kept_than_the_most(monkeypatch):
    f = lambda x, k: x * x[k]  # noqa: E731
    J, made = plans_of(f, monkeypatch)
    monkeypatch.setattr(sparsity, "MOST_PLANS", 2)
    for k in (0, 1, 2, 2, 0):
        assert_same(J(X, k).toarray(), jacobian(f)(X, k))
    assert len(made) == 4


def test_what_is_done_to_a_result_does_not_reach_the_plan():
    J = sparse_jacobian(lambda x: x[1:] * x[:-1])
    first = J(X)
    first.data[::2] = 0
    first.eliminate_zeros()
    assert_same(J(X).toarray(), jacobian(lambda x: x[1:] * x[:-1])(X))


def test_a_given_pattern_is_coloured_once(monkeypatch):
    f, _ = FUNCTIONS["neighbours"]
    calls = []
    monkeypatch.setattr(
        sparsity, "plan_of_pattern", lambda *args: calls.append(args) or plan_of_pattern(*args)
    )
    given = sparse_jacobian(f)(X)
    J = sparse_jacobian(f, sparsity=given)
    given.data[:] = 0  # the pattern is that of the call
    for scale in (1.0, 2.0):
        assert_same(J(scale * X).toarray(), jacobian(f)(scale * X))
    assert len(calls) == 1


def residuals(x, rows, points):
    """Distances along two axes of points that are turned by the camera which sees each."""
    cameras, places = x[:12].reshape(3, 4), x[12:].reshape(-1, 3)
    c, p = cameras[rows], places[points]
    turned = np.cross(c[:, :3], p) * np.sin(np.linalg.norm(c[:, :3], axis=1))[:, None] + p
    return (turned[:, :2] / turned[:, 2:] * c[:, 3:]).ravel()


def test_rows_are_taken_in_the_elements_that_have_been_selected():
    rows, points = np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3)
    x = np.random.default_rng(3).uniform(1, 2, 12 + 15)
    J = sparse_jacobian(residuals)
    found = J(x, rows, points)
    assert_same(found.toarray(), jacobian(residuals)(x, rows, points))
    assert found.nnz == 30 * 7
    graph = Graph(residuals(v := Variable(x), rows, points), v)
    plan = plan_of_graph(graph, True)
    assert plan.by == "rows" and plan.n_colors == 2
    f = lambda x: x[[0, 1, 1, 2]] * x[[0, 0, 1, 1]] + x[[0, 0, 0, 3]]  # noqa: E731
    assert_same(sparse_jacobian(f)(X).toarray(), jacobian(f)(X))


def test_an_arrow_needs_fewer_colours_as_stars():
    def f(x):
        return np.sum(x[0] * x**2)

    H = sparse_hessian(f)(X)
    assert_same(H.toarray(), hessian(f)(X))
    assert number_of(star_colors_of(H)) == 2
    assert number_of(colors_of(H)) == 12


@pytest.mark.parametrize("seed", range(20))
def test_star_colourings_recover_symmetric_matrices(seed):
    rng = np.random.default_rng(seed)
    n = 30
    a = np.where(rng.random((n, n)) < rng.uniform(0.02, 0.2), rng.standard_normal((n, n)), 0)
    a = a + a.T
    pattern = scipy_sparse.csr_array(a != 0)
    colors = star_colors_of(pattern)
    sums = a @ np.eye(number_of(colors))[colors]
    coo = pattern.tocoo()
    row, color = places_of_symmetric(coo, colors)
    assert_same(sums[row, color], a[coo.row, coo.col])


def test_large_arrays_are_computed_in_parts(monkeypatch):
    monkeypatch.setattr(_batches, "MOST", 40)
    for name in ("neighbours", "sums", "all sums", "broadcast"):
        f, _ = FUNCTIONS[name]
        assert_same(sparse_jacobian(f)(X).toarray(), jacobian(f)(X).reshape(-1, 12))


def compiled_jacobian(f, monkeypatch, transform=sparse_jacobian):
    """A sparse derivative of a compiled function, and the compiled function of its elements."""
    made, kind = [], type(leopard.compile(f))
    prepare = kind.__init__
    with monkeypatch.context() as patch:
        patch.setattr(kind, "__init__", lambda self, *args: made.append(self) or prepare(self, *args))
        J = transform(leopard.compile(f))
    return J, made[1]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sparse_jacobians_of_compiled_functions_are_replayed(name, monkeypatch):
    f, most = FUNCTIONS[name]
    J, elements = compiled_jacobian(f, monkeypatch)
    for scale in (1.0, 1.01, 1.02, 1.0):
        found = J(scale * X)
        wanted = jacobian(f)(scale * X).reshape(-1, 12)
        assert_same(found.toarray(), wanted)
        assert found.nnz <= most
        found.data[:] = 0
        found.indices[:] = 0
    assert elements.info().hits > 0


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_replay_sees_what_the_pattern_depends_on(number, monkeypatch):
    f, change = CHANGES[number]
    kept = INDEX.copy(), MATRIX.copy(), MASK.copy()
    J, elements = compiled_jacobian(f, monkeypatch)
    try:
        for _ in range(4):
            assert_is_jacobian(J, f, X)
        change()
        for _ in range(4):
            assert_is_jacobian(J, f, X)
        assert elements.info().hits > 4
    finally:
        INDEX[:], MATRIX[:], MASK[:] = kept


@pytest.mark.parametrize(
    "f, before, after",
    [
        (lambda x, a: a @ np.exp(x), D, D[::-1].copy()),
        (lambda x, a: np.exp(x) @ a, D.T.copy(), D[::-1].T.copy()),
        (lambda x, a: np.sin(a @ (a.T @ x)), np.eye(12), np.tri(12)),
        (lambda x, a: x[a] * x[:3], np.array([0, 1, 2]), np.array([5, 5, 7])),
        (lambda x, a: x[1:] * x[:-1] if a > 0 else np.cumsum(x), 1.0, -1.0),
        (lambda x, a: np.convolve(x, a), np.array([1.0, 0.0, 2.0]), np.array([1.0, 3.0, 2.0])),
        (lambda x, a: np.interp(a, np.arange(12.0), x**2), np.array([0.5, 3.5]), np.array([4.5, 7.5])),
        (lambda x, a: np.where(a > 0, x, x[::-1]), X - 1, 1 - X),
        (lambda x, a: x[a > 1] ** 2, X, np.roll(X, 1)),
    ],
)
def test_a_replay_sees_what_the_pattern_depends_on_among_the_arguments(f, before, after, monkeypatch):
    J, elements = compiled_jacobian(f, monkeypatch)
    for a in (before, before, before, before, after, after, after, after, before):
        assert_is_jacobian(J, f, X, a)
    assert elements.info().hits > 10


def test_a_compiled_function_may_be_given_variables():
    J = sparse_jacobian(leopard.compile(FUNCTIONS["neighbours"][0]))
    with pytest.raises(TypeError, match="cannot hold Variables"):
        J(Variable(X))
    with no_grad():
        assert J(Variable(X)).nnz == 22


def test_sparse_hessians_of_compiled_functions_are_replayed(monkeypatch):
    f = lambda x, a: np.sum(a * (x[1:] - x[:-1] ** 2) ** 2 + np.sin(x[:-1]))  # noqa: E731
    H, elements = compiled_jacobian(f, monkeypatch, sparse_hessian)
    for scale in (1.0, 2.0, 3.0, 4.0):
        found = H(scale * X, scale)
        assert_same(found.toarray(), hessian(f)(scale * X, scale))
        assert found.nnz == 34
    assert elements.info().hits == 2
