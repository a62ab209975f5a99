"""Small calls give what autograd's give: the class, the type, the shape and the value of each result."""

import importlib
import warnings

import numpy as np
import pytest

V, P = np.array([0.5, -1.2, 2.3]), np.array([0.2, 0.4, 0.8])
C, I, M = np.array([1 + 2j, -0.5 + 0.3j]), np.array([1, 2, 3]), np.array([[2.0, 0.3], [0.3, 1.0]])
GIVEN = {"V": V, "P": P, "C": C, "I": I, "M": M, "array": np.array, "float32": np.float32}
MODULES = ("", "numpy", "core", "scipy.special", "scipy.stats")

POINTS = ("0.3", "np.float64(0.3)", "array(0.3)", "array([0.3])", "array([[0.3]])", "array([0.3, 0.7])")
UNARY = "sin tan arctan tanh exp log log1p sqrt square abs negative reciprocal sinc imag angle".split()
BINARY = "add subtract multiply divide power maximum minimum arctan2 logaddexp hypot mod".split()
LISTED = "add subtract multiply divide power maximum minimum fmax fmin mod matmul".split()
CALLS = [
    *[f"np.{f}({x})" for f in UNARY if f != "imag" for x in POINTS],
    *[f"{g}(np.{f})({x})" for f in UNARY for x in POINTS for g in ("grad", "elementwise_grad", "jacobian")
      if g != "grad" or "," not in x],
    *[f"value_and_grad(np.{f})(np.float64(0.3))" for f in UNARY],
    *[f"grad(lambda x: np.real(np.{f}(x)))(0.3 + 0.2j)" for f in UNARY],
    *[f"grad(lambda x: np.sum(np.abs(np.{f}(x))))(C)" for f in UNARY if f not in ("imag", "reciprocal")],
    *[f"grad(lambda x: np.sum(np.{f}(x)))(I)" for f in ("sin", "exp", "log", "sqrt", "arctan", "log1p")],
    *[f"grad(lambda x, y: np.sum(np.{f}(x, y)), {k})({x})" for f in BINARY for k in (0, 1)
      if f != "mod" for x in ("0.3, 2.0", "P, V[:1]", "P[:, None], P", "2.0, P")],
    *[f"grad(np.{f})(0.3, 2)" for f in BINARY],
    *[f"grad(lambda x: np.sum(np.{f}([x[0], x[1]], V[:2])))(P)" for f in LISTED],
    *[f"grad(lambda x: np.sum(np.{f}((x[0], 2.0), 1.5)))(P)" for f in LISTED if f != "matmul"],
    *[f"grad(lambda x: np.sum(np.{f}([x[0], x[1]])))(P)" for f in "abs negative reciprocal square".split()],
    *[f"grad(lambda x: np.sum([1.0, 2.0] {o} x[:2]))(P)" for o in "+-*/"],
    *[f"grad(lambda x: np.sum(x[:2] {o} (1, 2)))(P)" for o in "+-*/"],
    *[f"grad(lambda x: np.{f}(x))(V)" for f in ("sum", "mean", "prod", "var", "std", "max", "min")],
    *[f"grad(lambda x: {y})({x})" for y, x in [
        ("x**2", "3.0"), ("x**2", "1 + 2j and 2.0"), ("x[0] * x[1]", "[2.0, 3.0]"), ("x[:1] * 2", "V"),
        ("x[None, :1] * 2", "V"), ("np.abs(x)**2", "1 + 2j"), ("np.imag(x**2)", "1 + 2j"), ("2**x", "2.0"),
        ("x * I[0]", "2.0"), ("x**I[1]", "2.0"), ("np.sum(x**I)", "V"), ("np.sum(x[I - 1])", "V"),
        ("np.sum(np.array([x[0], 2.0]))", "V"), ("np.array([x]) * 3", "2.0"),
        ("np.sum(np.linalg.cholesky(x))", "M"), ("grad(lambda y: x * y**2)(3.0)", "2.0"),
    ]],
    "holomorphic_grad(lambda x: np.sum(x**2))(C)", "hessian(lambda x: x**3)(2.0)", "hessian(np.sum)(V)",
    "jacobian(lambda x: np.abs(x))(C)", "jacobian(lambda x: x[0])(V)",
    "grad(lambda x, y: x * y, (0, 1))(2.0, 3.0)",
    "make_vjp(np.sin)(0.3)[0](1.0)", "make_vjp(lambda x: x * C)(V[:2])[0](C)",
    "grad(expit)(0.3)", "grad(gammaln)(2.5)", "grad(lambda x: norm.logpdf(0.3, x, 2))(1.0)",
    "grad(lambda x: multivariate_normal.logpdf(V[:2], 2 * V[:2], x))(M)",
]  # fmt: skip


def names(package):
    importlib.import_module(f"{package}.scipy")
    modules = [importlib.import_module(f"{package}.{m}".rstrip(".")) for m in MODULES]
    top, anp, _, special, stats = modules
    given = {"np": anp, "expit": special.expit, "gammaln": special.gammaln, "norm": stats.norm}
    return {**vars(top), **given, "multivariate_normal": stats.multivariate_normal, **GIVEN}


@pytest.fixture(scope="module")
def both():
    pytest.importorskip("autograd")
    pytest.importorskip("scipy")
    return names("autograd"), names("leopard.compat.autograd")


def described(x):
    """Classes, types and shapes; a number of NumPy's and an array without axes are one."""
    if isinstance(x, (tuple, list)):
        return type(x), [described(part) for part in x]
    if isinstance(x, dict):
        return [(key, described(part)) for key, part in x.items()]
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype, x.shape
    return type(x)


def leaves(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [y for part in x for y in leaves(part)] if isinstance(x, (tuple, list)) else [x]


#: Python's numbers in autograd, which computes these slopes from them alone; here all are NumPy's.
NUMBERS = {float: (np.dtype(float), ()), complex: (np.dtype(complex), ())}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_gives_what_autograds_gives(both, call):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        theirs, ours = [eval(call, scope) for scope in both]
    expected = described(theirs)
    assert described(ours) == (NUMBERS.get(expected, expected) if isinstance(expected, type) else expected)
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_gradients_of_numbers_are_numbers_of_numpys():
    from leopard.compat.autograd import grad, hessian, jacobian, make_vjp

    assert type(grad(np.sin)(0.3)) is np.float64
    assert type(grad(np.sin)(np.array(0.3))) is np.float64
    assert type(grad(np.sin)(np.float32(0.3))) is np.float32
    assert type(grad(np.abs)(0.3 + 1j)) is np.complex128
    assert type(make_vjp(np.sin)(0.3)[0](1.0)) is np.float64
    assert [type(g) for g in grad(lambda x: x[0] * x[1])([2.0, 3.0])] == [np.float64] * 2
    assert type(jacobian(np.sin)(0.3)) is np.ndarray and type(hessian(np.sin)(0.3)) is np.ndarray


def test_the_values_in_a_list_keep_their_gradient():
    """autograd loses it where a traced array stands beside the list."""
    from leopard.compat.autograd import grad

    x = np.array([0.2, 0.4])
    assert grad(lambda x: np.sum([x[0], 2.0] + x))(x).tolist() == [2.0, 1.0]
    np.testing.assert_allclose(grad(lambda x: np.sum([x[0], 2.0] * x))(x), [0.4, 2.0])


def test_ufuncs_that_take_lists_have_their_attributes():
    import leopard.compat.autograd.numpy as anp

    assert (
        anp.add.reduce([1, 2]) == 3 and anp.add.nin == 2 and anp.multiply.outer([1, 2], [3]).shape == (2, 1)
    )
    assert anp.add(1, 2) == 3 and anp.add.__name__ == "add" and anp.abs([-1.0]).tolist() == [1.0]
