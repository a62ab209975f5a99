"""check_grads passes what is right, and names what is wrong: the place, the order, the mode, both numbers."""

import dataclasses
import itertools
import re
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, custom_jvp, custom_vjp, functions, stop_gradient
from leopard.functions.basic.arithmetic import Mul
from leopard.functions.linalg.matmul import MatMul
from leopard.functions.math.exponentials import Exp
from leopard.functions.math.sums import Sum
from leopard.functions.math.trigonometry import Sin
from leopard.testing import check_grads
from tests.faults import broken
from tests.processes import run

RNG = np.random.default_rng(5)
W, X, Z = (
    RNG.standard_normal((2, 3)),
    RNG.standard_normal(3),
    RNG.standard_normal(3) + 1j * RNG.standard_normal(3),
)

Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Layer:
    W: Any
    b: Any


def said_by(f, *args, **options):
    with pytest.raises(AssertionError) as caught:
        check_grads(f, args, **options)
    return str(caught.value)


def numbers(said):
    """(expected, found) of a message."""
    return [float(re.search(rf"{word}\s+(\S+?),?(\s|$)", said)[1]) for word in ("expected", "found")]


# -- What is right ---------------------------------------------------------------------------------

RIGHT = {
    "a number": (lambda x: x**3, (1.5,)),
    "an array": (lambda x: np.tanh(x) * x[0], (X,)),
    "two arrays": (lambda w, x: np.exp(w @ x), (W, X)),
    "an array without axes": (np.sin, (np.array(0.5),)),
    "a scalar of NumPy's": (np.sin, (np.float64(0.5),)),
    "a Variable": (lambda x: np.sin(x) * x.sum(), (Variable(X),)),
    "no elements": (lambda x: np.sum(x) + x, (np.zeros((0, 2)),)),
    "structures": (lambda p, q: {"y": p["w"] @ q[0], "z": (q[0] ** 2, q[1])}, ({"w": W}, [X, 2.0])),
    "structures of one leaf": (lambda p: (np.sin(p["x"][0]),), ({"x": [X]},)),
    "named tuples and dataclasses": (
        lambda a, b: Point(a.W @ b.x, a.b * b.y),
        (Layer(W, 2.0), Point(X, 0.5)),
    ),
    "an exponent that is an integer": (lambda x, n: x**n, (1.5, 3)),
    "words besides": (lambda x, how: np.linalg.norm(x, how), (W, "fro")),
    "indices beside a value": (lambda x: (np.sort(x), np.argsort(x)), (X,)),
    "what does not depend": (lambda x, y: (np.ones(2), x), (X, 1.0)),
    "a holomorphic function": (lambda z: np.exp(z) * z, (Z,)),
    "a function of complex numbers": (lambda z: z * np.abs(z) ** 2, (Z,)),
    "a complex number": (lambda z: (np.real(z) ** 2, np.conj(z)), (1 + 2j,)),
    "real to complex": (np.fft.fft, (X,)),
    "complex to real": (lambda z: np.angle(z) * np.abs(z), (Z,)),
    "real and complex": (lambda x, z: x * z, (X, Z)),
    "float32": (lambda x: np.exp(x) * x.sum(), (X.astype(np.float32),)),
    "float16": (lambda x: np.sin(x) * x, (X.astype(np.float16),)),
    "longdouble": (lambda x: np.sin(x) * x, (X.astype(np.longdouble),)),
    "complex64": (lambda z: np.sin(z) * z, (Z.astype(np.complex64),)),
    "two types": (lambda x, y: x * y, (X.astype(np.float32), X)),
    "large numbers": (lambda x: np.sin(x[:2]) + np.log(x[1:]), (np.array([1e3, 1e6, 1e10]),)),
    "small numbers": (lambda x: 1 / x, (np.array([1e-3, -1.0]),)),
    "small values": (lambda x: 1e-9 * np.sin(x), (X,)),
    "the edge of a domain": (np.arccosh, (np.array([1 + 1e-5]),)),
    "a staircase": (lambda x: np.round(x, 2) + x, (X,)),
    "next to a kink": (np.abs, (np.array([1e-3, -1e-6]),)),
    "a function that writes": (lambda x: x.__setitem__(0, 1.0) or x * x, (X,)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_pass(name):
    f, args = RIGHT[name]
    check_grads(f, args, order=3 if "writes" not in name else 2)
    for mode, order in itertools.product(["fwd", "rev"], [1, 2]):
        check_grads(f, args, order, mode)


def test_keywords_are_passed_on():
    check_grads(lambda x, *, power, w: np.sum(w * x**power), (X**2,), kwargs={"power": 3, "w": X})


def test_a_function_may_close_over_variables():
    w = Variable(X)
    check_grads(lambda x: np.sum(w * x**2), (X,))
    assert w.grad is None


def test_nothing_is_changed_and_the_directions_are_the_seeds():
    x, seen = X.copy(), []
    x.flags.writeable = False
    for seed in (0, 0, 1):
        seen.append([])

        def f(x):
            if isinstance(x, np.ndarray):
                seen[-1].append(x.copy())
            return np.sin(x)

        check_grads(f, (x,), seed=seed)
    assert np.array_equal(x, X)
    assert np.array_equal(seen[0], seen[1]) and not np.array_equal(seen[1][2], seen[2][2])


def test_a_step_may_be_chosen():
    steps = []

    def f(x):
        steps.append(float(np.max(abs(x - 0.5))) if isinstance(x, float) else 0.0)
        return np.floor(x * 10) + x**2  # its jumps are farther than the step

    check_grads(f, (0.55,), order=1, eps=1e-3, rtol=1e-5)
    assert max(steps) < 0.06


# -- What is wrong ---------------------------------------------------------------------------------


def with_gradient(f, backward):
    """f, with this gradient of one argument."""
    wrong = custom_vjp(f)
    wrong.defvjp(lambda *args: (wrong(*args), args), lambda args, g: backward(g, *args))
    return wrong


def with_tangent(f, forward):
    wrong = custom_jvp(f)
    wrong.defjvp(lambda primals, tangents: (wrong(*primals), forward(*primals, *tangents)))
    return wrong


def test_a_wrong_sign_is_found():
    f = with_gradient(lambda x: np.sin(x), lambda g, x: (-g * np.cos(x),))
    said = said_by(f, 0.5)
    assert said.startswith("check_grads: a derivative of order 1 is wrong, in forward mode:")
    assert "of the result\n    with respect to argument 0\n" in said
    assert "by a complex step" in said
    expected, found = numbers(said)
    assert expected == pytest.approx(np.cos(0.5)) and found == -expected
    assert "order 1 is wrong, in reverse mode" in said_by(f, 0.5, modes=("rev", "fwd"))


def test_a_wrong_factor_is_found():
    f = with_gradient(lambda x: x**2, lambda g, x: (g * x,))
    expected, found = numbers(said_by(lambda x: np.sum(f(x)), X, modes="rev"))
    assert found == pytest.approx(expected / 2)


def test_a_missing_sum_is_found():
    f = with_gradient(lambda b: b * np.ones((2, 3)), lambda g, b: (g[0],))
    said = said_by(lambda d: {"y": f(d["b"])}, {"b": X}, modes="rev")
    assert "with respect to argument 0 at ['b'], element [" in said
    assert re.search(r"of the result at \['y'\], element \[1, \d\]", said)
    assert numbers(said) == pytest.approx([1.0, 0.0])


def test_one_wrong_element_is_named():
    mask = np.ones((4, 5))
    mask[2, 3] = 1.25
    f = with_gradient(lambda w: w**2, lambda g, w: (2 * g * w * mask,))
    w = RNG.uniform(1, 2, (4, 5))
    for mode, name in [("fwd", "forward"), ("rev", "reverse")]:
        said = said_by(lambda n, p: [n, f(p["w"][0])], 3, {"w": [w], "b": X}, modes=mode)
        assert "of the result at [1], element [2, 3]\n" in said
        assert "with respect to argument 1 at ['w'][0], element [2, 3]\n" in said
        assert f"in {name} mode:" in said
        assert numbers(said) == pytest.approx([2 * w[2, 3], 2.5 * w[2, 3]])


def test_a_wrong_partial_names_its_argument_and_its_result():
    f = with_tangent(lambda x, y: (x * y, x + y), lambda x, y, s, t: (x * t + y * s, s - t))
    said = said_by(lambda *xs: Point(*f(*xs)), 2.0, 3.0)
    assert "of the result at .y\n    with respect to argument 1\n" in said
    assert numbers(said) == [1.0, -1.0]


def test_a_second_derivative_that_is_wrong_alone_is_found():
    f = with_tangent(lambda x: x**3, lambda x, t: 3 * stop_gradient(x) ** 2 * t)
    check_grads(f, (X,), order=1)
    said = said_by(f, X)
    assert "a derivative of order 2 is wrong, in forward mode over forward mode:" in said
    assert re.search(r"of the tangent of the result, element \[(\d)\]\n.*argument 0, element \[\1\]\n", said)
    assert "reverse mode over reverse mode" in said_by(f, X, modes="rev")
    assert "of the gradient of argument 0, element [" in said_by(f, X, modes="rev")
    expected, found = numbers(said)
    assert abs(expected) > 0.1 and found == 0


def test_a_third_derivative_that_is_wrong_alone_is_found():
    f = with_tangent(lambda x: x**3, lambda x, t: (6 * x - 3 * stop_gradient(x)) * stop_gradient(x) * t)
    check_grads(f, (1.5,), order=2)
    said = said_by(f, 1.5, order=3)
    assert "a derivative of order 3 is wrong, in forward mode over forward mode over forward mode" in said


def test_a_gradient_without_its_cotangent_is_found_at_the_second_order():
    f = with_gradient(lambda x: x**2, lambda g, x: (2 * x * stop_gradient(g),))
    check_grads(f, (1.5,), order=1, modes="rev")
    assert "with respect to the cotangent of the result" in said_by(f, 1.5, modes="rev")


class WrongTangent(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0] * gy

    def tangent(self, tx):
        return 3 * self.inputs[0] * tx


def test_a_tangent_that_is_wrong_alone_is_found_by_forward_mode():
    check_grads(lambda x: WrongTangent()(x), (1.5,), modes="rev", order=1)
    said = said_by(lambda x: WrongTangent()(x), 1.5)
    assert "in forward mode" in said
    assert numbers(said) == pytest.approx([3.0, 4.5])
    assert "forward mode over" not in said_by(lambda x: WrongTangent()(x), 1.5, modes=("rev", "fwd"))


def test_a_gradient_without_its_conjugate_is_found():
    f = with_gradient(lambda z: z**2, lambda g, z: (2 * g * z,))
    said = said_by(f, Z, modes="rev")
    assert re.search(r"of the result, element \[(\d)\] \((real|imaginary) part\)\n", said)
    assert re.search(r"with respect to argument 0, element \[(\d)\] \((real|imaginary) part\)\n", said)
    check_grads(with_gradient(lambda z: z**2, lambda g, z: (2 * g * np.conj(z),)), (Z,))


def test_a_wrong_gradient_of_float32_is_found():
    f = with_gradient(lambda x: x**2, lambda g, x: (2.02 * g * x,))
    assert "order 1" in said_by(f, X.astype(np.float32))


def test_a_digit_that_differences_miss_is_found_by_the_complex_step():
    f = with_gradient(lambda x: x**2, lambda g, x: ((2 + 4e-8) * g * x,))
    assert "by a complex step" in said_by(f, 1.5)
    check_grads(f, (1.5,), rtol=1e-6)
    assert "by central differences" in said_by(
        lambda x: abs(f(x)) * 1.001 - abs(x**2) * 0.001, 1.5, rtol=1e-12, atol=0
    )


def test_tolerances_are_those_given():
    f = with_gradient(lambda x: x**2, lambda g, x: (2.02 * g * x,))
    check_grads(f, (1.5,), rtol=0.02)
    check_grads(f, (1.5,), rtol=0, atol=0.5)
    assert said_by(f, 1.5, rtol=1e-3)


def test_wrong_derivatives_of_tiny_functions_are_found():
    f = with_gradient(lambda x: 1e-9 * x**2, lambda g, x: (-2e-9 * g * x,))
    assert said_by(f, 1.5)


WRONG = {
    "Sin with the wrong sign": (Sin, lambda f, gy: -gy * functions.cos(f.inputs[0]), np.sin, (X,)),
    "Exp without its upstream gradient": (
        Exp,
        lambda f, gy: f.output + 0 * gy,
        lambda x: np.exp(x) * 2,
        (X,),
    ),
    "Mul with its partials swapped": (
        Mul,
        lambda f, gy: (gy * f.inputs[0], gy * f.inputs[1]),
        np.multiply,
        (X, Z.real),
    ),
    "Sum that divides": (Sum, lambda f, gy: f.spread(gy / 2), np.sum, (X,)),
    "MatMul with half of it": (MatMul, lambda f, gy: (gy @ f.inputs[1].T, None), np.matmul, (W, W.T)),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_rule_of_leopards_own_is_found(fault):
    cls, rule, f, args = WRONG[fault]
    check_grads(f, args)
    with broken(cls, rule):
        assert "in reverse mode" in said_by(f, *args, modes="rev")
    check_grads(f, args)


# -- Where there is no derivative ------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, x, order, told",
    [
        (
            lambda x: with_gradient(abs, lambda g, x: (g,))(x),
            0.0,
            1,
            "it has a kink here: its slope is -1 on one",
        ),
        (np.floor, 2.0, 1, "it jumps here"),
        (np.abs, 0.0, 2, "it jumps here"),
        (np.sqrt, -1.0, 1, "the result is nan at this point"),
        (lambda x: [x, np.divide(1.0, x)], 0.0, 1, r"the result at \[1\] is inf at this point"),
        (
            lambda x: np.log(np.ones(3) * x) - np.array([0, 0, np.inf]),
            1.0,
            1,
            r"the result, element \[2\] is -inf",
        ),
        (np.sqrt, 0.0, 1, "the result is not finite beside this point"),
        (lambda x: x * RNG.random(), 1.0, 1, "other values each time it is called"),
        (lambda x: with_gradient(np.sin, lambda g, x: (g * np.nan,))(x), 1.0, 1, r"found +nan"),
    ],
)
def test_a_point_without_a_derivative_is_reported_as_one(f, x, order, told):
    assert re.search(told, said_by(f, x, order=order))


@pytest.mark.parametrize(
    "call, error, told",
    [
        (lambda: check_grads(1.0, (1.0,)), TypeError, "check_grads: expected a function"),
        (lambda: check_grads(np.sin, 1.0), TypeError, "args is a tuple with one element for each argument"),
        (lambda: check_grads(np.sin, ()), TypeError, "no arguments to differentiate"),
        (lambda: check_grads(np.sin, (3,)), TypeError, "argument 0 is 3, an int; write 3.0"),
        (lambda: check_grads(len, ([],)), TypeError, "no arguments to differentiate"),
        (lambda: check_grads(np.sum, (np.arange(3),)), TypeError, "argument 0 is int64, which has no deriv"),
        (lambda: check_grads(lambda x: x > 0, (1.0,)), TypeError, "the function returned bool, which has no"),
        (lambda: check_grads(lambda x: None, (1.0,)), TypeError, "the function returned None"),
        (lambda: check_grads(lambda x: [x, "a"], (1.0,)), TypeError, r"returned a str at \[1\], no number"),
        (lambda: check_grads(np.sin, (1.0,), order=0), ValueError, "order is 1 or more, not 0"),
        (
            lambda: check_grads(np.sin, (1.0,), modes=("forward",)),
            ValueError,
            'modes are "fwd", "rev" or both',
        ),
        (lambda: check_grads(np.sin, (1.0,), modes=()), ValueError, 'modes are "fwd", "rev" or both'),
        (
            lambda: check_grads(lambda x: x[x > 0.5], (np.array([0.5, 1.0]),)),
            ValueError,
            r"shape \(1,\), and besi",
        ),
    ],
)
def test_errors_name_the_argument(call, error, told):
    with pytest.raises(error, match=told):
        call()


class Reads(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def test_an_error_in_a_rule_has_a_note_with_the_order_and_the_mode():
    check_grads(lambda x: Reads()(x), (X,), order=1, modes="rev")
    with pytest.raises(RuntimeError, match="read .data") as caught:
        check_grads(lambda x: Reads()(x), (X,), modes="rev")
    assert "check_grads: at order 2, reverse mode over reverse mode" in caught.value.__notes__


def test_pytest_shows_the_line_that_called_it_last():
    with pytest.raises(AssertionError) as caught:
        check_grads(lambda x: WrongTangent()(x), (1.5,), order=1)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert str(shown[-1].path) == __file__
    with pytest.raises(ZeroDivisionError) as caught:
        check_grads(lambda x: 1 / 0, (1.5,))
    assert [str(e.path) for e in caught.traceback if not e.ishidden(caught)] == [__file__, __file__]


def test_it_is_imported_when_it_is_first_used():
    assert "testing" not in leopard.__all__ and "check_grads" not in leopard.__all__
    loaded = run("import leopard, sys; print(*sys.modules)")
    assert "leopard.functions" in loaded and "leopard.testing" not in loaded
