"""What would lose a gradient is refused, in words that name the call, its line and what to write instead."""

import linecache
import math
import sys

import numpy as np
import pytest

import leopard
from leopard import Variable, _refusals, grad, jacobian, value_and_grad
from leopard.testing import check_grads


def v():
    return Variable(np.array([1.0, 2.0, 3.0]))


def s():
    return Variable(np.array(2.0))


def M():
    return Variable(np.array([[2.0, 1.0], [1.0, 3.0]]))


def refused(call, error=TypeError):
    """The text of the error of a call, and of what caused it."""
    with pytest.raises(error) as caught:
        call()
    parts = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    return "; ".join([*parts, str(caught.value.__cause__ or "")])


# -- Each says which function it was, where, and what to write --------------------------------------

NUMPY = {
    "np.array of a table": (
        lambda s, v, M: np.array([[s, s], [s, s]]),
        "numpy.array",
        "leopard.array([[s, s], [s, s]])",
    ),
    "np.asarray": (lambda s, v, M: np.asarray(v), "numpy.asarray", "leopard.asarray(v)"),
    "np.array of objects": (
        lambda s, v, M: np.array([s], dtype=object),
        "numpy.array",
        "leopard.array([s]);",
    ),
    "np.full": (lambda s, v, M: np.full(3, s), "numpy.full", "leopard.full(3, s)"),
    "np.vectorize": (lambda s, v, M: np.vectorize(abs)(v), "numpy.vectorize", "leopard.vectorize"),
    "np.arange": (lambda s, v, M: np.arange(0, s, 0.5), "numpy.arange", "np.linspace"),
    "np.sum of a list": (lambda s, v, M: np.sum([s, s]), "numpy.sum", "np.sum(leopard.array([s, s]))"),
    "np.exp of a list": (lambda s, v, M: np.exp([s, 1]), "numpy.exp", "np.exp(leopard.array([s, 1]))"),
    "np.isnan of a list": (
        lambda s, v, M: np.isnan([s, 1]),
        "numpy.isnan",
        "np.isnan(leopard.array([s, 1]))",
    ),
    "np.add.reduce of a list": (lambda s, v, M: np.add.reduce([s]), "numpy.add.reduce", "leopard.array([s])"),
    "np.linalg.det of a list": (
        lambda s, v, M: np.linalg.det([[s]]),
        "numpy.linalg.det",
        "leopard.array([[s]])",
    ),
    "np.where of a list": (
        lambda s, v, M: np.where(True, [s], 1),
        "numpy.where",
        "np.where(True, leopard.array([s]), 1)",
    ),
    "ndarray.dot": (lambda s, v, M: A.dot(v), "numpy.ndarray.dot", "np.dot(a, ...)"),
    "ndarray.clip": (lambda s, v, M: A.clip(s, 3), "numpy.ndarray.clip", "np.clip(a, ...)"),
    "np.random.normal": (
        lambda s, v, M: np.random.normal(v, 1),  # noqa: NPY002
        "numpy.random.normal",
        "standard_normal",
    ),
    "Generator.normal": (
        lambda s, v, M: RNG.normal(v, 1),
        "numpy.random.Generator.normal",
        "rng.standard_normal",
    ),
    "Generator.permutation": (
        lambda s, v, M: RNG.permutation(v),
        "permutation",
        "v[rng.permutation(len(v))]",
    ),
    "np.require": (lambda s, v, M: np.require(M), "numpy.require", "an array already"),
    "np.ma.array": (lambda s, v, M: np.ma.array(v), "numpy.ma.array", "no masked arrays"),
    "Polynomial": (lambda s, v, M: P(v), "numpy.polynomial.Polynomial", "polyval"),
    "np.testing": (lambda s, v, M: np.testing.assert_allclose(v, A), "assert_allclose", "write v.data"),
    "pytest.approx": (lambda s, v, M: pytest.approx(v), "pytest.approx", "pytest.approx(v.data)"),
    "no rule": (
        lambda s, v, M: np.busday_count("2026-01-01", v),
        "numpy.busday_count",
        "no derivative in leopard yet",
    ),
    "np.put": (lambda s, v, M: np.put(A, [0], s), "numpy.put", "Variable(a)"),
    "np.add.at": (lambda s, v, M: np.add.at(A, [0], s), "numpy.add.at", "Variable(a)"),
}
A = np.ones(3)
RNG = np.random.default_rng(0)
P = np.polynomial.Polynomial([1.0, 2.0])


@pytest.mark.parametrize("case", NUMPY)
def test_a_function_of_numpy_is_named_with_its_line_and_what_to_write(case):
    call, name, instead = NUMPY[case]
    said = refused(lambda: call(s(), v(), M()))
    line = call.__code__.co_firstlineno
    assert f"{name} " in said
    assert f"test_refusals.py, line {line}: {linecache.getline(__file__, line).strip()}" in said
    assert instead in said.replace(linecache.getline(__file__, line).strip(), "")
    assert "numpy._" not in said and "._" not in said.replace(__file__, "").split(", in ")[0]


def test_what_is_written_instead_works():
    a, b = s(), s()
    y = leopard.array([[a, b], [b, 1.0]])
    (y * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert (a.grad.data, b.grad.data) == (1.0, 5.0)
    a = s()
    leopard.full((2, 3), a).sum().backward()
    assert a.grad.data == 6.0


def test_scipys_functions_are_named_and_what_to_write():
    pytest.importorskip("scipy")
    import scipy.fft
    import scipy.integrate
    import scipy.interpolate
    import scipy.linalg as sl
    import scipy.signal
    import scipy.sparse
    import scipy.special
    import scipy.stats
    from scipy.linalg import cholesky as factor

    spline = scipy.interpolate.CubicSpline([1.0, 2.0, 3.0], A)
    cases = [
        (lambda: sl.cholesky(M()), "scipy.linalg.cholesky", "leopard.scipy.linalg.cholesky(M())"),
        (lambda: factor(M()), "scipy.linalg.cholesky", "leopard.scipy.linalg.cholesky(M())"),
        (lambda: sl.inv(M()), "scipy.linalg.inv", "leopard.scipy.linalg.inv(M())"),
        (
            lambda: sl.solve_triangular(M(), A[:2]),
            "scipy.linalg.solve_triangular",
            "leopard.scipy.linalg.solve_triangular(M(), A[:2])",
        ),
        (lambda: sl.ldl(M()), "scipy.linalg.ldl", "no derivative in leopard yet"),
        (lambda: sl.expm(M()), "scipy.linalg.expm", "leopard.scipy.linalg.expm(M())"),
        (
            lambda: scipy.special.logsumexp(v()),
            "scipy.special.logsumexp",
            "leopard.scipy.special.logsumexp(v())",
        ),
        (lambda: scipy.special.comb(v(), 2), "scipy.special.comb", "leopard.scipy.special.comb(v(), 2)"),
        (
            lambda: scipy.special.factorial(v()),
            "scipy.special.factorial",
            "leopard.scipy.special.factorial(v())",
        ),
        (lambda: scipy.special.stirling2(v(), 2), "scipy.special.stirling2", "no derivative in leopard yet"),
        (
            lambda: scipy.stats.norm.logpdf(v()),
            "scipy.stats.norm.logpdf",
            "leopard.scipy.stats.norm.logpdf(v())",
        ),
        (
            lambda: scipy.stats.norm(0, s()).logpdf(1.0),
            "scipy.stats.norm(...)",
            "leopard.scipy.stats.norm(...).logpdf(1.0)",
        ),
        (lambda: scipy.fft.fft(v()), "scipy.fft.fft", "leopard.scipy.fft.fft(v())"),
        (
            lambda: scipy.integrate.trapezoid(v()),
            "scipy.integrate.trapezoid",
            "leopard.scipy.integrate.trapezoid",
        ),
        (lambda: spline(v()), "scipy.interpolate.CubicSpline", "leopard.scipy.interpolate.CubicSpline"),
        (lambda: scipy.signal.lfilter([1], [1], v()), "scipy.signal.lfilter", "leopard.scipy.signal.lfilter"),
        (
            lambda: scipy.sparse.csr_array(np.eye(3)).multiply(v()),
            "scipy.sparse.csr_array",
            "leopard.scipy.sparse",
        ),
    ]
    for call, name, instead in cases:
        said = refused(call)
        assert f"{name} " in said or f"{name}." in said, said
        assert instead in said and "test_refusals.py, line" in said, said


def test_pictures_are_of_data():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    axes = pyplot.subplots()[1]
    assert "matplotlib.pyplot.plot of a Variable" in refused(lambda: pyplot.plot(v()))
    said = refused(lambda: axes.plot(v()))
    assert "matplotlib.axes.Axes.plot of a Variable" in said and "write v.data" in said
    axes.plot(v().data)
    pyplot.close("all")


# -- Functions that call the user's ----------------------------------------------------------------

TARGET = np.array([1.0, 2.0, 3.0])


def test_an_objective_that_returns_a_variable_to_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    integrate = pytest.importorskip("scipy.integrate")
    w, x0 = v(), np.zeros(3)

    def square(x):
        return np.sum((x - w) ** 2)

    def difference(x):
        return x - w

    cases = [
        (lambda: optimize.minimize(square, x0), "write leopard.scipy.optimize.minimize(square, x0)"),
        (lambda: optimize.minimize(square, x0, method="CG"), "leopard.scipy.optimize.minimize"),
        (lambda: optimize.minimize(lambda x: np.sum(x**2), x0, jac=difference), "leopard.scipy.optimize"),
        (lambda: optimize.minimize(square, w), "write x0=v.data"),
        (lambda: optimize.basinhopping(square, x0, niter=1), 'minimizer_kwargs={"jac": True}'),
        (lambda: optimize.minimize_scalar(lambda x: (x - w[0]) ** 2), "return y.data"),
        (lambda: optimize.least_squares(difference, x0), "leopard.scipy.optimize.least_squares"),
        (lambda: optimize.least_squares(difference, w), "write x0=v.data"),
        (lambda: optimize.leastsq(difference, x0), "Dfun=leopard.jacobian(f)"),
        (lambda: optimize.root(difference, x0), "leopard.scipy.optimize.root(difference, x0)"),
        (lambda: optimize.fsolve(difference, x0), "fprime=leopard.jacobian(f)"),
        (lambda: optimize.curve_fit(lambda x, p: p * x * w, A, A), "leopard.scipy.optimize.curve_fit"),
        (lambda: optimize.approx_fprime(x0, square), "leopard.grad(f)(x)"),
        (lambda: integrate.quad(lambda x: x * w[0], 0, 1), "leopard.scipy.integrate.quad"),
        (lambda: integrate.quad(lambda x: x, 0, w[0]), "write b=v.data"),
        (
            lambda: integrate.solve_ivp(lambda t, y: -w[0] * y, (0, 1), [1.0]),
            "leopard.scipy.integrate.solve_ivp",
        ),
    ]
    for call, instead in cases:
        said = refused(call, (TypeError, ValueError))
        assert instead in said and "test_refusals.py, line" in said, said
    # The C of `brentq` goes on after an error of the function at times, and then raises one of its own.
    said = refused(lambda: optimize.brentq(lambda x: x - w[0], 0.0, 3.0), (TypeError, ValueError))
    assert "return y.data" in said or "must have different signs" in said, said


def test_what_an_objective_is_to_be_works():
    optimize = pytest.importorskip("scipy.optimize")
    integrate = pytest.importorskip("scipy.integrate")
    w = v()

    def square(x):
        return np.sum((x - w.data) ** 2)

    found = optimize.minimize(value_and_grad(square), np.zeros(3), jac=True)
    np.testing.assert_allclose(found.x, TARGET, rtol=1e-6)
    found = optimize.root(lambda x: x - w.data, np.zeros(3), jac=jacobian(lambda x: x - w.data))
    np.testing.assert_allclose(found.x, TARGET)
    with leopard.no_grad():
        assert optimize.brentq(lambda x: x - w[0], 0.0, 3.0) == 1.0
        assert integrate.quad(lambda x: x * w[0], 0, 2)[0] == pytest.approx(2.0)
    assert integrate.quad(lambda x: float(x * w[0]), 0, 2)[0] == pytest.approx(
        2.0
    )  # the user's own conversion


# -- Where there is no source, and where names mislead ----------------------------------------------


def test_without_source_the_line_and_what_to_write_remain():
    said = refused(lambda: exec("import numpy as np\nnp.array([x, x])", {"x": s()}))
    assert "in <string>, line 2;" in said and "leopard.array([...])" in said
    pytest.importorskip("scipy.linalg")
    said = refused(lambda: exec("from scipy.linalg import inv\ninv(x)", {"x": M()}))
    assert "scipy.linalg.inv of a Variable" in said and "leopard.scipy.linalg.inv" in said


class Hostile:
    """Says something wherever it is asked."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")

    def __call__(self, x):
        return np.asarray(x)

    def __eq__(self, other):
        raise AssertionError("it was compared")


def test_no_code_of_the_users_runs_to_find_a_name():
    class Attribute(Hostile):
        convert = staticmethod(np.asarray)

    thing = Attribute()
    assert "would lose the gradient" in refused(lambda: thing.convert(s()))

    class Lazy(type(sys)):
        def __getattribute__(self, name):
            if name == "asked":
                return np.asarray
            raise AssertionError(f"{name} was asked for")

    module = Lazy("module")
    assert "would lose the gradient" in refused(lambda: module.asked(s()))

    class Names(dict):
        def get(self, *_):
            raise AssertionError("the names were asked")

    assert "would lose" in refused(lambda: exec("f([x])", {"f": np.array, "x": s()}, Names()))


def test_a_call_over_several_lines():
    def call():
        return np.array(
            [
                s(),
                s(),
            ]
        )

    said = refused(call)
    assert "numpy.array of a Variable" in said and "leopard.array([s(), s()])" in said

    def chained():
        # fmt: off
        return (np
            .array([s()]))
        # fmt: on

    assert "would lose the gradient" in refused(chained)


def test_a_source_that_has_changed_is_no_other_error(tmp_path):
    file = tmp_path / "program.py"
    file.write_text("def f(np, x):\n    return np.array([x, x])\n")
    names = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    file.write_text("é = (\n'''\n")
    linecache.checkcache(str(file))
    assert "would lose the gradient" in refused(lambda: names["f"](np, s()))


def test_every_replacement_in_the_tables_exists():
    for name in _refusals.SAME.values():
        thing = {"leopard": leopard, "np": np}[name.partition(".")[0]]
        for part in name.split(".")[1:]:
            thing = getattr(thing, part)
        assert callable(thing)


def test_every_function_in_the_tables_exists():
    pytest.importorskip("scipy")
    import importlib

    packages = {"numpy", "scipy"}
    for name in [*_refusals.SAME, *_refusals.WRITE]:
        if name.partition(".")[0] not in packages or name == "scipy.special.softplus":  # of SciPy 1.17
            continue
        parts, thing = name.split("."), None
        for n in range(len(parts), 0, -1):
            try:
                thing = importlib.import_module(".".join(parts[:n]))
            except ImportError:
                continue
            break
        for part in parts[n:]:
            thing = getattr(thing, part)


# -- A number, a step of gradient descent -----------------------------------------------------------


def test_a_number_is_no_data_and_a_note_says_what_to_write():
    for data, instead in [
        (2.0, "write Variable(np.array(2.0))"),
        (2, "write Variable(np.array(2))"),
        ([1.0, 2.0], "write Variable(np.array([1.0, 2.0]))"),
        ([s(), 1.0], "leopard.array([...])"),
        (s(), "v.data"),
        (np.float64(2.0), "np.asarray(x)"),
        ("two", "array of numbers"),
    ]:
        with pytest.raises(TypeError) as caught:
            Variable(data)
        assert str(caught.value) == f"{type(data)} is not supported"
        assert instead in "".join(caught.value.__notes__)


def test_a_step_of_gradient_descent_says_what_works():
    x, lr = s(), 0.5
    (x * x).backward()

    def step():
        x.data -= lr * x.grad

    said = refused(step)
    assert "write x.data -= lr * x.grad.data" in said and "test_refusals.py, line" in said
    x.data -= lr * x.grad.data
    assert x.data == 0.0

    def other():
        x.data = x.data - lr * x.grad

    assert "x.data = x.data - rate * x.grad.data" in refused(other)

    def of_a_product():
        x.data += lr * x

    assert "write x.data += (lr * x).data" in refused(of_a_product)
    a = np.ones(())

    def into_an_array():
        nonlocal a
        a *= x

    assert "write a = a * x" in refused(into_an_array)


# -- Assignments to attributes ----------------------------------------------------------------------


def test_parts_of_complex_numbers_are_assigned_to_and_recorded():
    def f(z, w):
        y = z * 1.0
        y.real = w * w
        y.imag = y.imag * w
        return np.sum(np.abs(y) ** 2 * np.array([1.0, 3.0]))

    z, w = np.array([1 + 2j, 3 - 1j]), np.array([0.5, 2.0])
    check_grads(f, (z, w), order=2)
    numpys = z.copy()
    numpys.real = w
    numpys.imag = 7.0
    x = Variable(z.copy())
    x.real = w
    x.imag = 7.0
    np.testing.assert_array_equal(x.data, numpys)
    x = Variable(w.copy())
    x.real = 4.0
    assert x.data.tolist() == [4.0, 4.0]
    with pytest.raises(TypeError, match="1j"):
        x.imag = 1.0
    with pytest.raises(TypeError, match="complex"):
        Variable(z).real = z
    with pytest.raises(ValueError):
        Variable(z).real = np.ones(3)


def test_a_part_that_is_not_finite_is_assigned_as_it_is():
    z = np.array([1 + 2j])
    for part in ("real", "imag"):
        numpys, x = z.copy(), Variable(z.copy())
        setattr(numpys, part, np.inf)
        setattr(x, part, np.inf)
        np.testing.assert_array_equal(x.data, numpys)


def test_all_elements_are_assigned_to_by_flat():
    x, w = Variable(np.zeros((2, 2))), v()
    x.flat = w[:2]
    assert x.data.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    x.sum().backward()
    assert w.grad.data.tolist() == [2.0, 2.0, 0.0]


@pytest.mark.parametrize("name, instead", [("shape", "reshape"), ("dtype", "astype"), ("strides", "x.data")])
def test_the_form_is_not_assigned_to(name, instead):
    with pytest.raises(AttributeError, match=instead):
        setattr(v(), name, (3, 1))


# -- Hostile keywords -------------------------------------------------------------------------------

ODD = [None, 3, 1.5, object(), ["L"], np.array("L"), len]


@pytest.mark.parametrize("value", ODD, ids=lambda x: type(x).__name__)
def test_a_word_that_is_none_is_a_type_error_that_says_which_there_are(value):
    for call, words in [
        (lambda: np.linalg.eigh(M(), UPLO=value), '"L" or "U"'),
        (lambda: np.linalg.eigvalsh(M(), UPLO=value), '"L" or "U"'),
        (lambda: np.trim_zeros(v(), trim=value), '"f", "b"'),
    ]:
        assert words in refused(call)


def test_lists_and_objects_in_the_place_of_arrays_are_type_errors():
    for call, instead in [
        (lambda: leopard.linalg.cond([v()]), "leopard.array([v()])"),
        (lambda: leopard.linalg.matrix_power([v()], 2), "leopard.array([v()])"),
        (lambda: leopard.linalg.tensorinv([v()]), "leopard.array([v()])"),
        (lambda: leopard.cumulative_sum([v()]), "leopard.array([v()])"),
        (lambda: np.hypot.reduce(v(), dtype=object), "type of numbers"),
        (lambda: np.cov(v(), dtype=object), "type of numbers"),
        (lambda: v().astype(object), "type of numbers"),
        (lambda: v() + np.array([1, None, 2]), "a.astype(float)"),
        (lambda: leopard.corrcoef(2**70), "numbers"),
        (lambda: np.insert(v(), True, 1.0), "write 1"),
        (lambda: leopard.apply_over_axes(np.sum, None, 0), "objects"),
    ]:
        said = refused(call)
        assert instead in said, said


def test_conversions_in_a_transform_name_numpys_function():
    assert "write np.sin, or" in refused(lambda: grad(lambda x: math.sin(x))(1.0))
    assert "write np.arctan2, or" in refused(lambda: grad(lambda x: math.atan2(x, 1.0))(1.0))


# -- `from leopard import *` ------------------------------------------------------------------------


def test_a_star_import_leaves_pythons_names_alone():
    import builtins

    assert not set(leopard.__all__) & set(dir(builtins))
    for name in ("abs", "max", "min", "pow", "sum", "divmod", "round"):
        assert getattr(leopard, name) is getattr(leopard.functions, name)
        assert name in dir(leopard)
    names = {}
    exec("from leopard import *", names)
    assert eval("max(1, 2), sum([1, 2]), round(2.5), abs(-1), pow(2, 3, 5)", names) == (2, 3, 2, 1, 3)
    assert "grad" in names and "tanh" in names
