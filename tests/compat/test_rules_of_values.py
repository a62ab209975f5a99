"""Rules that take the value of their argument by `getval`, as some packages state them for the last order."""

import numpy as np
import pytest

from leopard.compat.autograd import grad, hessian, jacobian, make_jvp
from leopard.compat.autograd.extend import defjvp, defvjp, primitive
from leopard.compat.autograd.tracer import getval


@primitive
def product(a, x):
    return a**2 * x**3


@primitive
def slope(a, x):
    return 3 * a**2 * x**2


@primitive
def slope_by_a(a, x):
    return 2 * a * x**3


def times(second):
    """A rule of numbers for an argument: a gradient times a second derivative."""
    return lambda ans, a, x: lambda g: getval(g) * second(getval(a), getval(x))


defvjp(
    product,
    lambda ans, a, x: lambda g: g * slope_by_a(a, x),
    lambda ans, a, x: lambda g: g * slope(a, x),
)
defvjp(slope, times(lambda a, x: 6 * a * x**2), times(lambda a, x: 6 * a**2 * x))
defvjp(slope_by_a, times(lambda a, x: 2 * x**3), times(lambda a, x: 6 * a * x**2))


def test_second_derivatives_are_those_of_the_rules():
    a, x = 2.0, 3.0
    expected = [[2 * x**3, 6 * a * x**2], [6 * a * x**2, 6 * a**2 * x]]
    np.testing.assert_allclose(hessian(lambda p: product(p[0], p[1]))(np.array([a, x])), expected)
    np.testing.assert_allclose(jacobian(grad(lambda p: product(p[0], p[1])))(np.array([a, x])), expected)
    assert grad(grad(product, 1), 1)(a, x) == expected[1][1]
    assert grad(grad(product, 1), 0)(a, x) == expected[1][0]


def test_second_derivatives_with_respect_to_an_array():
    x = np.array([3.0, 1.0, 2.0])
    found = hessian(lambda x: np.sum(product(2.0, x) * x))(x)
    np.testing.assert_allclose(found, np.diag(48 * x**2))


def test_what_such_a_rule_has_computed_is_constant_for_further_derivatives():
    assert grad(grad(grad(product, 1), 1), 1)(2.0, 3.0) == 0.0


def test_no_derivative_of_the_other_mode_follows_from_such_a_rule():
    with pytest.raises(NotImplementedError, match="JVP of primitive slope not defined.*state one by defjvp"):
        make_jvp(slope, 1)(2.0, 3.0)(1.0)

    @primitive
    def square(x):
        return x**2

    defjvp(square, lambda g, ans, x: getval(g) * 2 * x)
    assert make_jvp(square)(3.0)(1.0)[1] == 6.0
    with pytest.raises(NotImplementedError, match="VJP of primitive square not defined.*state one by defvjp"):
        grad(square)(3.0)
