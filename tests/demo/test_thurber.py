"""NIST's Thurber: the fit agrees with what is certified, and a wrong one would be noticed."""

import numpy as np
import pytest

from leopard._demo import _thurber as thurber


@pytest.fixture(params=thurber.starts, ids=["start 1", "start 2"])
def fit(request):
    return thurber.fit(request.param)


def test_the_data_are_those_of_the_file():
    assert thurber.x.shape == thurber.y.shape == (37,)
    assert [thurber.x.sum(), thurber.y.sum()] == pytest.approx([-31.932, 28978.774], abs=1e-9)


def test_the_certified_parameters_leave_the_certified_residue():
    r, _ = thurber.residuals(thurber.certified_parameters)
    assert thurber.agreeing_digits(r @ r, thurber.certified_residue) > 10


def test_parameters_and_their_errors_agree_to_nine_digits(fit):
    assert thurber.agreeing_digits(fit.parameters, thurber.certified_parameters).min() >= 9
    assert thurber.agreeing_digits(fit.errors, thurber.certified_errors).min() >= 9
    assert thurber.agreeing_digits(fit.residue, thurber.certified_residue) >= 9


def test_the_jacobian_is_that_of_the_formula():
    b = np.array(thurber.starts[0])
    _, jacobian = thurber.residuals(b)
    x = thurber.x
    below = 1 + b[4] * x + b[5] * x**2 + b[6] * x**3
    y = (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / below
    powers = [np.ones_like(x), x, x**2, x**3]
    columns = [p / below for p in powers] + [-y * p / below for p in powers[1:]]
    np.testing.assert_allclose(jacobian, np.stack(columns, axis=1), rtol=1e-12)


def test_a_fit_that_does_not_settle_is_an_error():
    with pytest.raises(ArithmeticError, match="no minimum after 3 steps"):
        thurber.fit(thurber.starts[0], most_steps=3)


@pytest.mark.parametrize(
    "computed, certified, digits",
    [(1.0, 1.0, 11), (1.001, 1.0, 3), (-1.0, 1.0, 0), (np.nan, 1.0, np.nan)],
)
def test_agreeing_digits_are_the_log_relative_error(computed, certified, digits):
    np.testing.assert_allclose(thurber.agreeing_digits(computed, certified), digits, atol=1e-9)
