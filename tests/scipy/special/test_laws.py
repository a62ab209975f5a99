"""The laws, over the operations of `leopard.scipy.special`."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from leopard import Variable  # noqa: E402
from tests import laws  # noqa: E402
from tests.scipy.special.cases import CASES, CLASSES, ELEMENTWISE, ENTRIES, constant_of  # noqa: E402

each_case = pytest.mark.parametrize("case", CASES, ids=str)
REAL = [case for case in CASES if complex not in case.dtypes]
COMPLEX = [case for case in CASES if complex in case.dtypes]
SMOOTH = [case for case in laws.few(REAL, 2) + laws.few(COMPLEX, 2) if case.smooth]


@each_case
def test_value_is_scipys(case, rng):
    laws.value_is_numpys(case, rng)


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_derivatives_are_right_in_both_modes_and_at_the_second_order(case, rng):
    laws.derivatives_are_checked(case, rng)


@pytest.mark.parametrize("case", laws.few([c for c in CASES if c.smooth and c.order > 2], 1), ids=str)
def test_third_derivatives_are_slopes(case, rng):
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 3)


@pytest.mark.parametrize("case", laws.few(REAL, 2), ids=str)
def test_gradients_have_the_dtype_and_the_memory_of_their_own(case, rng):
    spheroidal = case.name.startswith(("pro_", "obl_"))  # SciPy's do not return for numbers of 32 bits
    dtypes = (np.float64,) if spheroidal else (np.float32, np.float64)
    laws.gradients_have_the_dtype_and_the_memory_of_their_own(case, rng, dtypes)


@pytest.mark.parametrize(
    "cls",
    [c for c in ELEMENTWISE if not c.refused and c.smooth and not c.__name__.startswith(("Hankel", "WofZ"))],
    ids=lambda cls: cls.__name__,
)
def test_compiled_and_recorded_rules_agree_to_the_last_bit(cls, rng):
    laws.compiled_and_recorded_rules_agree(cls, rng, 5)


@pytest.mark.parametrize("cls", [c for c in CLASSES if c.refused], ids=lambda cls: cls.__name__)
def test_an_argument_without_a_derivative_is_named(cls, rng):
    """The gradient of each other argument exists all the same."""
    if not issubclass(cls, tuple(ELEMENTWISE)):
        return
    xs = [np.asarray(constant_of(domain)) for domain in cls.domain]
    for k, name in cls.refused.items():
        with np.errstate(all="ignore"):
            y = laws.first_real(cls.operation(*[Variable(x) if i == k else x for i, x in enumerate(xs)]))
        with pytest.raises(TypeError, match=name.split()[0].rstrip(",")):
            y.backward()


def test_every_class_and_function_has_a_case():
    called = {case.operation for case in CASES}
    differentiated = {c.name for c in ELEMENTWISE if len(c.refused) < c.n_inputs}
    assert differentiated <= called
    assert {e.function.__name__ for e in ENTRIES} <= called
