"""Every operation in forms of its arguments drawn at random: NumPy's value and one gradient in both modes."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.basic.shape import Transpose
from leopard.functions.math.cumulative import CumSum
from leopard.functions.statistics.quantiles import Quantile
from tests.faults import broken
from tests.gate.argument_forms import KNOWN, fault, forms, subjects

SUBJECTS = list(subjects())
N, PARTS = 80, 12


def faults(subject, seed, n=N):
    """What is wrong with so many forms, and of each kind how many there are."""
    found, kinds = [], []
    for k, (form, rng) in enumerate(forms(subject, seed, n)):
        words, kind = fault(form, rng, differences=k % 4 == 0)
        kinds.append(kind)
        if words:
            found.append(f"{form}: {words}")
    return found, kinds


@pytest.mark.parametrize("part", range(PARTS))
def test_every_form_has_numpys_value_and_one_gradient_or_is_refused_as_numpy_refuses_it(part):
    found, kinds = [], []
    for seed in range(part, len(SUBJECTS), PARTS):
        wrong, of_kinds = faults(SUBJECTS[seed], seed)
        found += wrong
        kinds += of_kinds
    assert not found, "\n".join(found)
    assert kinds.count("gradient") > 0.4 * len(kinds)


def test_what_is_known_to_differ_stays_a_short_list():
    names = {name for name, *_ in SUBJECTS}
    assert {name for name, *_ in KNOWN} <= names
    assert len(KNOWN) <= 20


# -- Faults put in on purpose ----------------------------------------------------------------------------


def subject_of(name):
    return next(s for s in SUBJECTS if s[0] == name and not s[1].__module__.startswith("tests"))


def without_dtype(x, *args, **keywords):
    y = np.mean(x, *args, **keywords)
    return y.astype(np.float64) if isinstance(y, Variable) and y.dtype == np.float32 else y


def wrong_for_negative_axes(x, axis=None, **keywords):
    if isinstance(axis, int) and axis < 0 and isinstance(x, Variable):
        axis = -axis - 1 if -axis - 1 < x.ndim else axis
    return np.mean(x, axis, **keywords)


def without_gradient(x, *args, **keywords):
    return Variable(np.asarray(np.mean(x.data, *args, **keywords)))


def refusing_tuples(x, axis=None, **keywords):
    if isinstance(axis, tuple) and isinstance(x, Variable):
        raise TypeError("unsupported operand type(s)")
    return np.mean(x, axis, **keywords)


def with_another_error(x, *args, **keywords):
    try:
        return np.mean(x, *args, **keywords)
    except ValueError as error:
        raise RuntimeError from error


@pytest.mark.parametrize(
    "wrong",
    [without_dtype, wrong_for_negative_axes, without_gradient, refusing_tuples, with_another_error],
    ids=lambda f: f.__name__,
)
def test_a_function_that_is_wrong_in_one_form_is_found(wrong):
    name, _, plain, samples, facts = subject_of("mean")
    found, _ = faults((name, wrong, plain, samples, facts), 0)
    assert found
    assert not faults((name, np.mean, plain, samples, facts), 0)[0]


def as_if_in_order(f, gy):
    """The rule of a sum that is cumulative along the first axis, whatever axis it is."""
    return np.flip(np.cumsum(np.flip(gy, 0), 0), 0)


def with_list_axes(f, gy):
    """The rule that counts axes by `axis % ndim`, where the axis may be a list."""
    if isinstance(f.axis, list):
        raise TypeError("unsupported operand type(s) for %: 'list' and 'int'")
    return right_for_quantiles(f, gy)


right_for_quantiles = Quantile.__dict__["backward"]
RULES = {
    "cumsum": (CumSum, as_if_in_order),
    "transpose": (Transpose, lambda f, gy: np.reshape(gy, f.inputs[0].shape)),
    "median": (Quantile, with_list_axes),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_wrong_for_some_axes_is_found(name):
    with broken(*RULES[name]):
        assert faults(subject_of(name), 0)[0]
    assert not faults(subject_of(name), 0)[0]
