"""SciPy's sparse matrices and Variables, and sparse arrays of Variables: SciPy's values, and slopes."""

import numpy as np
import pytest

sp = pytest.importorskip("scipy.sparse")

import leopard  # noqa: E402
from leopard import Variable, jacobian, sparse_jacobian  # noqa: E402
from leopard.scipy.sparse import SparseArray, coo_array, csc_array, csr_array  # noqa: E402
from leopard.testing import check_grads  # noqa: E402

ROWS, COLUMNS = np.array([0, 2, 1, 2, 0, 1]), np.array([1, 0, 3, 2, 3, 0])
DENSE = np.zeros((3, 4))
DENSE[ROWS, COLUMNS] = [2.0, -1.0, 0.5, 3.0, 1.5, -2.5]
X3, X4 = np.array([0.4, -1.2, 2.0]), np.array([1.0, -0.5, 0.25, 2.0])
M4 = np.random.default_rng(0).standard_normal((4, 2))
DATA = np.array([2.0, -1.0, 0.5, 3.0, 1.5, -2.5])


def made(data, make=csr_array):
    return make((data, (ROWS, COLUMNS)), shape=(3, 4))


def dense(y):
    return y if isinstance(y, (Variable, np.ndarray, float)) else y.toarray()


WITH_SCIPYS = {
    "A @ v": (lambda A, v: A @ v, X4),
    "A @ matrix": (lambda A, v: A @ v, M4),
    "v @ A": (lambda A, v: v @ A, X3),
    "matrix @ A": (lambda A, v: v.T @ A.T, M4),
    "A.T @ v": (lambda A, v: A.T @ v, X3),
    "A.dot(v)": (lambda A, v: A.dot(v), X4),
    "A * row": (lambda A, v: A * v, X4),
    "column * A": (lambda A, v: v * A, X3[:, None]),
    "A * number": (lambda A, v: A * v[0], X4),
    "number * A": (lambda A, v: v[0] * A, X4),
    "A / number": (lambda A, v: A / v[0], X4),
    "A + dense": (lambda A, v: A + v * np.ones((3, 1)), X4),
    "dense - A": (lambda A, v: v * np.ones((3, 1)) - A, X4),
}


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("name", WITH_SCIPYS)
def test_operators_of_scipys_arrays_take_variables(name, form):
    f, x = WITH_SCIPYS[name]
    if (name, form) == ("A.dot(v)", "coo"):
        pytest.skip("it has a method of its own, which asks for an array")
    A = sp.coo_array(DENSE).asformat(form)
    wanted = dense(f(A, x))
    y = dense(f(A, Variable(x)))
    assert isinstance(y, Variable)
    np.testing.assert_allclose(y.data, wanted, rtol=1e-14, atol=1e-15)
    check_grads(lambda v: dense(f(A, v)), [x], 2)


def test_matrices_as_opposed_to_arrays_multiply_as_matrices():
    A = sp.csr_matrix(DENSE)
    for f, x in ((lambda v: A * v, X4), (lambda v: v * A, X3), (lambda v: A @ v, X4)):
        np.testing.assert_allclose(f(Variable(x)).data, f(x), rtol=1e-14)
        check_grads(f, [x], 2)
    assert isinstance(A * Variable(np.array(2.0)), SparseArray)


OF_VARIABLES = {
    "A @ x": lambda A: A @ X4,
    "A @ matrix": lambda A: A @ M4,
    "x @ A": lambda A: X3 @ A,
    "A.T @ x": lambda A: A.T @ X3,
    "sum": lambda A: A.sum(),
    "sum(axis=0)": lambda A: A.sum(axis=0),
    "sum(axis=1)": lambda A: A.sum(axis=1),
    "mean": lambda A: A.mean(axis=0),
    "diagonal": lambda A: A.diagonal(),
    "diagonal(1)": lambda A: A.diagonal(1),
    "diagonal(-2)": lambda A: A.diagonal(-2),
    "toarray": lambda A: A.toarray(),
    "transpose": lambda A: A.transpose().toarray(),
    "tocsc": lambda A: (A.tocsc() @ X4) * (A.tocsr() @ X4),
    "negative": lambda A: (-A).toarray(),
    "A * number": lambda A: (A * 3.0).toarray(),
    "number * A": lambda A: (3.0 * A).toarray(),
    "A / number": lambda A: (A / 3.0).toarray(),
    "A * dense": lambda A: (A * DENSE).toarray(),
    "A.multiply(row)": lambda A: A.multiply(X4).toarray(),
    "A / column": lambda A: (A / X3[:, None]).toarray(),
    "A * A": lambda A: (A * A).toarray(),
    "A + A": lambda A: (A + A).toarray(),
    "A - other": lambda A: (A - sp.csr_array(DENSE[::-1].copy())).toarray(),
    "other + A": lambda A: (sp.csr_array(DENSE[::-1].copy()) + A).toarray(),
    "A * other": lambda A: (A * sp.csr_array(DENSE[::-1].copy())).toarray(),
    "A + dense": lambda A: A + DENSE,
    "dense - A": lambda A: DENSE - A,
    "A @ A.T": lambda A: (A @ A.T).toarray(),
    "A @ other": lambda A: (A @ sp.csr_array(DENSE.T.copy())).toarray(),
    "other @ A": lambda A: (sp.csr_array(DENSE.T.copy()) @ A).toarray(),
}


@pytest.mark.parametrize("make", [csr_array, csc_array, coo_array])
@pytest.mark.parametrize("name", OF_VARIABLES)
def test_arrays_of_variables_have_scipys_values_and_the_slopes(name, make):
    f = OF_VARIABLES[name]
    wanted = f(made(DATA, make))
    y = f(made(Variable(DATA), make))
    assert isinstance(y, Variable)
    np.testing.assert_allclose(y.data, wanted, rtol=1e-14, atol=1e-15)
    assert y.shape == np.shape(wanted)
    check_grads(lambda data: f(made(data, make)), [DATA], 2)


def test_complex_numbers_have_adjoints():
    data, x = DATA * (1 + 0.5j), X4 - 1j
    check_grads(lambda d, v: made(d) @ v, [data, x], 2)
    check_grads(lambda d, v: made(d) @ v, [DATA, x], 2)
    check_grads(lambda d: made(d).conj().T @ X3, [data], 2)


def test_matrix_and_vector_together():
    check_grads(lambda d, v: made(d) @ np.sin(v) * (made(d * d) @ v), [DATA, X4], 2)


@pytest.mark.parametrize("make", [csr_array, csc_array])
def test_arrays_are_made_of_their_compressed_parts(make):
    t = made(DATA, make)
    a = make((Variable(t.data), t.indices, t.indptr))
    np.testing.assert_array_equal(a.toarray().data, make((t.data, t.indices, t.indptr)).toarray())
    assert (a.format, a.nnz, a.dtype, a.ndim) == (t.format, t.nnz, t.dtype, 2)
    assert make(a) is a
    assert (csr_array(a).format, csc_array(a).format) == ("csr", "csc")
    assert isinstance(make((t.data, t.indices, t.indptr)), sp.sparray)


@pytest.mark.parametrize("make", [csr_array, csc_array, coo_array])
def test_elements_at_the_same_place_are_added(make):
    f = lambda d: make((d, ([0, 1, 0, 1], [1, 0, 1, 1])), shape=(2, 2)).toarray()  # noqa: E731
    np.testing.assert_array_equal(f(Variable(DATA[:4])).data, f(DATA[:4]))
    check_grads(f, [DATA[:4]], 2)


def test_it_is_right_under_transforms():
    A = sp.csr_array(DENSE)
    np.testing.assert_allclose(jacobian(lambda v: A @ v)(X4), DENSE, rtol=1e-14)
    J = sparse_jacobian(lambda v: A @ np.exp(v))
    for x in (X4, 2 * X4):
        np.testing.assert_allclose(J(x).toarray(), DENSE * np.exp(x), rtol=1e-14)
        assert J(x).nnz == 6
    J = sparse_jacobian(lambda d: made(d) @ X4)
    np.testing.assert_allclose(J(DATA).toarray(), jacobian(lambda d: made(d) @ X4)(DATA), rtol=1e-14)
    assert J(DATA).nnz == 6
    f = leopard.compile(leopard.value_and_grad(lambda v: np.sum((A @ np.sin(v)) ** 2)))
    for scale in (1.0, 2.0, 3.0, 4.0):
        value, gradient = f(scale * X4)
        wanted = leopard.value_and_grad(lambda v: np.sum((A @ np.sin(v)) ** 2))(scale * X4)
        np.testing.assert_allclose(value, wanted[0], rtol=1e-13)
        np.testing.assert_allclose(gradient, wanted[1], rtol=1e-13)


def test_a_matrix_that_is_changed_in_place_is_seen():
    A = sp.csr_array(DENSE)
    f = lambda v: A @ v  # noqa: E731
    J = sparse_jacobian(f)
    J(X4)
    A.data[:] = -A.data
    np.testing.assert_array_equal(J(X4).toarray(), -DENSE)
    np.testing.assert_array_equal(jacobian(f)(X4), -DENSE)


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: csr_array(Variable(DENSE)), TypeError, "of a dense Variable"),
        (lambda: made(Variable(DATA)) @ X3, ValueError, "dimension mismatch"),
        (lambda: X4 @ made(Variable(DATA)), ValueError, "dimension mismatch"),
        (lambda: sp.csr_array(DENSE) @ Variable(X3), ValueError, "dimension mismatch"),
        (lambda: made(Variable(DATA)) @ made(Variable(DATA)), ValueError, "dimension mismatch"),
        (lambda: made(Variable(DATA)) + made(Variable(DATA)).T, ValueError, "inconsistent shapes"),
        (lambda: made(Variable(DATA)) * np.ones((3, 3)), ValueError, "broadcast|not multiplied"),
        (lambda: made(Variable(DATA)) + 1.0, NotImplementedError, "gives a dense one"),
        (lambda: made(Variable(DATA)).sum(axis=2), ValueError, "has the axes 0 and 1"),
        (lambda: np.asarray(made(Variable(DATA))), TypeError, "would lose the gradient"),
        (lambda: sp.csr_array(made(Variable(DATA))), ValueError, "unrecognized csr_array"),
        (lambda: sp.csr_array(DENSE).multiply(Variable(X4)), TypeError, "would lose the gradient"),
        (lambda: csr_array((Variable(DENSE), [0], [0, 1])), ValueError, "are a vector"),
        (lambda: Variable(X4) / sp.csr_array(DENSE), TypeError, "unsupported|would lose"),
    ],
)
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()
