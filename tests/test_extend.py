"""Operations that are stated outside of leopard, through the names of `leopard.extend` alone."""

import importlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import leopard
from leopard import Variable, no_grad
from leopard._numeric.loops import Recipe
from leopard.extend import Elementwise, Primitive, call, drawn, implements
from leopard.functions import _registry
from leopard.testing import check_grads
from tests import laws

MODULE = '''
import numpy as np
from leopard.extend import Elementwise, Primitive, call, conj, drawn, implements


class Gaussian(Elementwise):
    """e**-x**2. The gradient is -2 * x * y * gy."""

    exact = False

    def plain(x):
        return np.exp(-np.square(x))

    def forward(self, x):
        return np.exp(-x * x)

    def backward(self, gy):
        (x,) = self.inputs
        return -2 * conj(x * self.output) * gy


gaussian = Gaussian.operation


class Blend(Elementwise):
    """x0 + x2 * (x1 - x0)."""

    def forward(self, x0, x1, x2):
        return x0 + x2 * (x1 - x0)

    def backward(self, gy):
        x0, x1, x2 = map(conj, self.inputs)
        return gy * (1 - x2), gy * x2, gy * (x1 - x0)


blend = Blend.operation


class Bell(Elementwise):
    """A rule that calls another operation without a ufunc: its expression stands in the loops."""

    def forward(self, x):
        return 0.5 * x + np.exp(-x * x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (0.5 - 2 * x * gaussian(x))


class Rotate(Primitive):
    options = ("k",)
    linear = True
    cases = [((2, 3), 1), ((3, 3), -1)]

    def forward(self, x):
        return np.rot90(x, self.k).copy()

    def backward(self, gy):
        return Rotate.operation(gy, -self.k)

    def plain(x, k):
        return np.rot90(x, k)


@implements(
    plain=lambda x, k=1: np.rot90(x, k),
    cases=[call(drawn(2, 3)), call(drawn(2, 3, dtype=complex), k=2)],
)
def rotate(x, k=1):
    """The elements turned by k right angles. The gradient is gy turned back."""
    return Rotate.operation(x, k)
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A module that is not leopard's, out of the register again at the end."""
    kept = dict(_registry.classes), dict(_registry.entries)
    (tmp_path / "far_away.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("far_away")
    sys.modules.pop("far_away", None)
    for register, statements in zip((_registry.classes, _registry.entries), kept, strict=True):
        register.clear()
        register.update(statements)


@pytest.fixture
def rng():
    return np.random.default_rng(13)


def cases_of(package):
    for cls in (package.Gaussian, package.Blend, package.Bell):
        yield from laws.elementwise_cases(cls)
    yield from laws.class_cases(package.Rotate)
    (entry,) = [e for e in _registry.entries.values() if e.function is package.rotate]
    yield from laws.entry_cases(entry)


def test_they_keep_the_laws(package, rng):
    for case in cases_of(package):
        laws.value_is_numpys(case, rng)
        laws.derivatives_are_checked(case, rng)
        for order in (1, 2, 3):
            laws.derivative_is_the_slope_of_the_one_below(case, rng, order)
        if complex not in case.dtypes:
            for dtype in (np.float64, np.float32):
                laws.kernel_and_rule_agree(case, rng, dtype)
    for cls in (package.Gaussian, package.Blend, package.Bell):
        laws.compiled_and_recorded_rules_agree(cls, rng)


def test_they_stand_in_the_register_and_leopards_own_tests_leave_them_out(package):
    assert package.Gaussian in _registry.classes.values()
    assert not _registry.is_own(package.Gaussian)
    assert package.Gaussian not in laws.CLASSES
    assert repr(package.gaussian) == "<function far_away.gaussian>"


def test_a_rule_of_one_to_three_inputs_is_read_into_loops(package, capsys):
    for cls in (package.Gaussian, package.Blend, package.Bell):
        for mask in range(1, 1 << cls.n_inputs):
            assert isinstance(cls.operation.recipe("float64", mask), Recipe)
    leopard.explain(package.Bell)
    said = capsys.readouterr().out
    assert "computed by Bell.forward" in said and "exp(" in said


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.complex128])
@pytest.mark.parametrize("create_graph", [False, True])
def test_numbers_arrays_and_types_are_as_in_an_expression(package, dtype, create_graph):
    x = Variable(np.full(3, 0.5, dtype))
    y = package.blend(2.0, x, 3)
    assert (y.dtype, y.shape) == (dtype, (3,))
    np.testing.assert_array_equal(y.data, 2.0 + 3 * (x.data - 2.0))
    np.sum(np.real(y)).backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, np.full(3, 3, dtype), strict=True)
    with no_grad():
        assert package.blend(x, 1.0, x).creator is None
    assert package.blend(1.0, 2.0, 0.25).data == 1.25
    with pytest.raises(TypeError, match=r"blend\(\) takes 3 operands, not 2"):
        package.blend(x, x)
    with pytest.raises(TypeError, match=r"blend: unsupported operands \(Variable, str, int\)"):
        package.blend(x, "a", 1)


def test_a_variable_that_was_assigned_to_is_taken_as_it_is_now(package):
    x = Variable(np.zeros(3))
    w = Variable(np.ones(3))
    x[1] = w[0] * 2.0
    package.blend(x, x, x).sum().backward()
    np.testing.assert_array_equal(w.grad.data, [2.0, 0, 0])


def test_a_module_that_is_reloaded_states_the_same_again(package):
    before = len(_registry.classes), len(_registry.entries)
    old = package.Gaussian
    importlib.reload(package)
    assert (len(_registry.classes), len(_registry.entries)) == before
    assert package.Gaussian is not old
    assert package.Gaussian in _registry.classes.values() and old not in _registry.classes.values()
    check_grads(old.operation, [np.array([0.5, -1.0])])  # what was made with it goes on


def passes(self, gy):
    return gy


WRONG = {
    "states no value": lambda: type("Wrong", (Elementwise,), {"backward": passes}),
    "states no rule": lambda: type("Wrong", (Elementwise,), {"forward": lambda self, x: x}),
    "Wrong has 1 inputs, and 2 intervals": lambda: type(
        "Wrong", (Elementwise,), {"forward": lambda self, x: x, "backward": passes, "domain": [(0, 1)] * 2}
    ),
    "Wrong.forward names one to 3 inputs": lambda: type(
        "Wrong", (Elementwise,), {"forward": lambda self, a, b, c, d: a, "backward": passes}
    ),
    "tanh means leopard.functions.*Tanh already": lambda: type(
        "Wrong", (Elementwise,), {"ufunc": np.tanh, "backward": passes}
    ),
    "is 1 shapes and 1 options": lambda: type(
        "Wrong", (Primitive,), {"options": ("k",), "cases": [((2,), 1, 2)], "backward": passes}
    ),
    "states no sample calls": lambda: implements(np.sinc)(passes),
    "not all made by call": lambda: implements(np.sinc, cases=[((2,), 1)])(passes),
    "sinc means leopard.functions.*sinc already": lambda: implements(np.sinc, cases=[call(drawn(2))])(passes),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_statement_is_an_error_and_enters_nothing(said):
    before = dict(_registry.classes), dict(_registry.entries)
    with pytest.raises((TypeError, ValueError), match=said):
        WRONG[said]()
    assert (_registry.classes, _registry.entries) == before
    assert type(np.tanh(Variable(np.array(0.5))).creator).__module__.startswith("leopard.")


def test_a_ufunc_is_found_by_its_name_when_it_is_first_used():
    """In a process of its own: what a ufunc means is entered for good."""
    pytest.importorskip("scipy.special")
    program = """
    import sys
    import numpy as np
    from leopard import Variable
    from leopard.extend import Elementwise

    class Gammaln(Elementwise):
        ufunc = "scipy.special.gammaln"
        domain = [(0.5, 3.0)]
        def backward(self, gy):
            (x,) = self.inputs
            return gy * Digamma.operation(x)

    class Digamma(Elementwise):
        ufunc = "scipy.special.digamma"
        domain = [(0.5, 3.0)]
        def backward(self, gy):
            (x,) = self.inputs
            return gy * Polygamma.operation(1, x)

    class Polygamma(Elementwise):
        domain = [(0.5, 3.0), (0.5, 3.0)]
        def forward(self, n, x):
            from scipy.special import polygamma
            return polygamma(n, x)
        def backward(self, gy):
            n, x = self.inputs
            return None, gy * Polygamma.operation(n + 1, x)

    print("scipy" in sys.modules)
    x = Variable(np.array([0.5, 1.0, 2.5]))
    y = Gammaln.operation(x)
    from scipy import special
    for theirs in (special.digamma, lambda x: special.polygamma(1, x), lambda x: special.polygamma(2, x)):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
        print(np.allclose(y.data, theirs(x.data), rtol=1e-14))
    print(type(special.gammaln(x).creator) is Gammaln, type(special.psi(x).creator) is Digamma)
    print(Gammaln.operation.ufunc is special.gammaln, Gammaln.operation.recipe("float64", 1))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "False", "True", "True", "True", "True True",
        "True r1 = psi(x)", "r2 = multiply(gy, r1)", "gradient of x: r2",
    ]  # fmt: skip
