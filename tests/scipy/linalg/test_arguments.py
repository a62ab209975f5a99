"""Arguments of `leopard.scipy.linalg`: its errors, and what it accepts without using it."""

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy.linalg  # noqa: E402

import leopard.scipy.linalg as sl  # noqa: E402
from leopard import Variable  # noqa: E402

M = np.array([[4.0, 1.0], [1.0, 3.0]])
WIDE = np.ones((2, 3))
NAN = np.array([[np.nan, 0.0], [0.0, 1.0]])
V = np.ones(2)


def m():
    return Variable(M.copy())


def same_error(name, *args, **options):
    """SciPy's class of error, for arrays and for Variables."""
    with pytest.raises(Exception) as theirs:
        getattr(scipy.linalg, name)(*args, **options)
    of_arrays = (ValueError, TypeError, NotImplementedError, np.linalg.LinAlgError)
    kinds = [kind for kind in of_arrays if isinstance(theirs.value, kind)]
    made = [Variable(x.copy()) if isinstance(x, np.ndarray) else x for x in args]
    with pytest.raises(tuple(kinds)):
        getattr(sl, name)(*made, **options)


@pytest.mark.parametrize(
    "name",
    ["inv", "det", "expm", "logm", "sqrtm", "cosm", "sinhm", "tanm", "signm", "cholesky", "cho_factor",
     "eigh", "eig", "eigvals", "eigvalsh", "pinvh"],
)  # fmt: skip
def test_matrices_that_are_not_square_are_refused(name):
    same_error(name, WIDE)


@pytest.mark.parametrize(
    "name", ["inv", "det", "cholesky", "eigh", "eig", "svd", "qr", "rq", "lu", "lu_factor", "pinv", "norm"]
)
def test_what_is_not_finite_is_refused(name):
    same_error(name, NAN)


def test_errors_of_systems():
    same_error("solve", M, np.ones(3))
    same_error("solve", M, V, assume_a="something")
    same_error("solve", np.zeros((2, 2)), V)
    same_error("solve", -M, V, assume_a="pos")
    same_error("solve", M + 0j, V, transposed=True)
    same_error("solve", NAN, V)
    same_error("solve_triangular", np.zeros((2, 2)), V)
    same_error("solve_triangular", M, np.ones(3))
    same_error("cholesky", -M)
    same_error("solve_banded", (1, 1), M, V)
    same_error("solve_banded", (1, 0), M, np.ones(3))
    same_error("solveh_banded", -M, V)
    same_error("solve_toeplitz", V, np.ones(3))
    same_error("polar", M, "above")
    same_error("qr", M, mode="some")
    same_error("eigh", M, subset_by_index=[1, 5])
    same_error("eigh", M, -M)
    same_error("pinv", M, rtol=-1.0)
    same_error("leslie", V, V)
    same_error("companion", np.ones(1))
    same_error("solve_continuous_are", M, M, np.triu(M), M)


def test_modes_without_a_derivative_say_so():
    with pytest.raises(TypeError, match="raw"):
        sl.qr(m(), mode="raw")
    with pytest.raises(TypeError, match="homogeneous"):
        sl.eigvals(m(), homogeneous_eigvals=True)


def test_nothing_is_overwritten():
    a, b = M.copy(), V.copy()
    for options in ({}, {"assume_a": "pos"}):
        sl.solve(Variable(a), Variable(b), overwrite_a=True, overwrite_b=True, **options)
    sl.lu_factor(Variable(a), overwrite_a=True)
    sl.cholesky(Variable(a), overwrite_a=True)
    sl.solve_triangular(Variable(a), Variable(b), overwrite_b=True)
    assert (a == M).all() and (b == V).all()


def test_plain_arrays_and_integers_are_taken():
    np.testing.assert_allclose(sl.expm(np.eye(2)).data, np.e * np.eye(2))
    np.testing.assert_allclose(sl.solve(np.array([[2, 0], [0, 4]]), np.array([2, 4])).data, [1.0, 1.0])
    assert sl.toeplitz(np.array([1, 2, 3])).dtype == int
    assert sl.block_diag(np.ones((1, 2)), 3.0).shape == (2, 3)


def test_a_part_of_the_eigenvalues_by_value():
    w = sl.eigvalsh(m(), subset_by_value=[0.0, 3.0])
    np.testing.assert_allclose(w.data, scipy.linalg.eigvalsh(M, subset_by_value=[0.0, 3.0]))
    x = m()
    w, v = sl.eigh(x, subset_by_value=[3.0, np.inf])
    np.sum(w + (v**2).sum()).backward()
    assert x.grad.shape == (2, 2)


def test_the_elements_that_are_not_read_take_no_gradient():
    for structure, read in [
        ("diagonal", np.eye(2)),
        ("upper triangular", np.triu(np.ones((2, 2)))),
        ("pos", np.triu(np.ones((2, 2)))),
        ("sym", np.triu(np.ones((2, 2)))),
    ]:
        a = m()
        np.sum(sl.solve(a, np.array([1.0, 2.0]), assume_a=structure)).backward()
        assert ((a.grad.data != 0) == (read != 0)).all(), structure


def test_left_eigenvectors_and_generalized_problems():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 3)), rng.standard_normal((3, 3)) + 3 * np.eye(3)
    w, left, right = [y.data for y in sl.eig(Variable(a), Variable(b), left=True)]
    np.testing.assert_allclose(a @ right, b @ right * w, atol=1e-12)
    np.testing.assert_allclose(left.conj().T @ a, w[:, None] * (left.conj().T @ b), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(left, axis=0), 1)
    x, z = Variable(a), Variable(b)
    w = sl.eigvals(x, z)
    np.sum(np.real(w * w)).backward()  # the trace of the square of inv(b) a
    y, t = Variable(a), Variable(b)
    c = np.linalg.solve(t, y)
    np.trace(c @ c).backward()
    np.testing.assert_allclose(x.grad.data, y.grad.data, 1e-8, 1e-10)
    np.testing.assert_allclose(z.grad.data, t.grad.data, 1e-8, 1e-10)


def test_the_complex_schur_form_has_the_derivatives_of_what_no_phase_changes():
    a = np.array([[1.0, 5.0, 0.3], [-4.0, 1.5, 0.2], [0.7, -0.4, -3.0]])

    def f(a):
        t, z = sl.schur(a, output="complex")
        size = np.real(t * np.conj(t)) * np.arange(1.0, 10.0).reshape(3, 3)
        return np.sum(size) + np.sum(np.real(z * np.conj(z)) * np.arange(9.0).reshape(3, 3) ** 0.5)

    rng = np.random.default_rng(0)
    u, e = rng.standard_normal((3, 3)), 1e-5 * rng.standard_normal((3, 3))
    first, second = [], []
    for b in (a, a + e, a - e):
        x = Variable(b)
        y = f(x)
        y.backward(create_graph=True)
        g, x.grad = x.grad, None
        np.sum(g * u).backward()
        first.append((y.data, g.data))
        second.append((np.sum(g.data * u), x.grad.data))
    for values in (first, second):
        np.testing.assert_allclose(np.sum(values[0][1] * e), (values[1][0] - values[2][0]) / 2, 1e-6)


def test_schur_forms_without_a_derivative_say_why():
    for a, options, kind, said in [
        ([[0.0, 1.0], [-1.0, 0.0]], {}, TypeError, "complex"),
        ([[1.0, 1.0], [0.0, 1.0]], {}, np.linalg.LinAlgError, "equal"),
        ([[0.0, 1.0], [-1.0, 0.5]], {"output": "complex"}, RuntimeError, "phases"),
    ]:
        t, z = sl.schur(Variable(np.array(a)), **options)
        with pytest.raises(kind, match=said):
            np.sum(np.real(z) + np.imag(z) + np.real(t)).backward()


def test_funm_takes_functions_of_variables():
    x, y = m(), m()
    a, error = sl.funm(x, np.exp, disp=False)
    assert a.dtype == float and error < 1e-14
    np.sum(np.sin(a)).backward()
    np.sum(np.sin(sl.expm(y))).backward()
    np.testing.assert_allclose(x.grad.data, y.grad.data, 1e-10)


def test_solutions_of_real_and_complex_sylvester_equations_are_right():
    a, q = np.array([[-3.0, 5.0], [-5.0, -2.8]]), np.array([[1.0, 2j], [3.0, 4.0]])
    x = sl.solve_sylvester(Variable(a), Variable(a), Variable(q)).data
    np.testing.assert_allclose(a @ x + x @ a, q, atol=1e-13)
