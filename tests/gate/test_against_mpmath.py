"""Values and first derivatives of every elementwise operation beside mpmath, over the whole of its domain.

The grid has numbers of every size that there is: subnormal, tiny, ordinary, large, the last ones before an
end of the domain, on both sides of 0. One bound holds for all: `VALUE` units in the last place, 8 for a
derivative. What exceeds it stands in the table of `docs/conventions.md` ("Digits"), which `magnified` of
`tests/functions/test_digits.py` states as formulas, and in `OTHER_VALUES` and `OUTSIDE` below. The derivative
is asked for in reverse mode, in a recorded walk, and in forward mode.
"""

import numpy as np
import pytest

pytest.importorskip("mpmath")

import leopard
from leopard import Variable, _core
from leopard.functions.math.exponentials import Exp
from leopard.functions.math.trigonometry import Arctan2, Sin
from tests.faults import broken
from tests.functions import test_digits as digits
from tests.functions.test_digits import DOMAINS, MADE_OF_OTHERS, ONE, STEPWISE, TWO, mp
from tests.laws import data_of_gradients, gradients, variables

VALUE = 4
TYPES = [np.float64, np.float32]
WAYS = ["reverse", "recorded", "forward"]

ROOT = {"arcsin": mp.asin, "arccos": mp.acos, "arccosh": mp.acosh, "arctanh": mp.atanh}
VALUES = ROOT | {
    "logit": lambda x: mp.log(x / (1 - x)),
    "softplus": lambda x: mp.log1p(mp.exp(-abs(x))) + max(x, 0),
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "absolute": abs,
    "fabs": abs,
    "square": lambda x: x * x,
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "reciprocal": lambda x: 1 / x,
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": mp.log10,
    "log1p": mp.log1p,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arctan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "arcsinh": lambda x: mp.sign(x) * mp.asinh(abs(x)),
    "deg2rad": lambda x: x * mp.pi / 180,
    "rad2deg": lambda x: x * 180 / mp.pi,
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "copysign": lambda x, y: abs(x) * mp.sign(y),
    "maximum": max,
    "minimum": min,
    "fmax": max,
    "fmin": min,
    "heaviside": lambda x, y: mp.mpf(x > 0),
    "hypot": mp.hypot,
    "arctan2": mp.atan2,
    "power": lambda x, y: x**y,
    "float_power": lambda x, y: x**y,
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + mp.log1p(mp.mpf(2) ** -abs(x - y)) / mp.log(2),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "fmod": lambda x, y: x - y * digits.whole(x / y),
}
#: Operations whose value may be off by more than `VALUE` units: the bound in units, and why.
OTHER_VALUES = {
    "logit": lambda x: (
        4 / abs(VALUES["logit"](x)) if x != 0.5 else mp.inf
    ),  # a rounding of the ratio, beside a logarithm near 0
    "logaddexp": lambda x, y: cancelled("logaddexp", x, y),
    "logaddexp2": lambda x, y: cancelled("logaddexp2", x, y),
}


def cancelled(name, x, y):
    """Where a negative number and a logarithm cancel, the rounding of the larger of the two."""
    value = abs(VALUES[name](x, y))
    return 4 * max(abs(x), abs(y)) / value if value else mp.inf


#: Numbers at which a rule cannot have all digits: those of which (value, w, *operands) this holds, and why.
#: `small` is the smallest normal number.
OUTSIDE = {
    "exp2": lambda small, y, *xs: not np.isfinite(y),  # the rule multiplies the value
    "hypot": lambda small, y, *xs: not small <= y < np.inf,  # it divides by the value
    "arccsch": lambda small, y, x: (
        abs(float(x)) < small**0.5
    ),  # 1 / x**2 is infinite, which forward mode meets
}


def within_range(name, points, values, found, derivatives):
    """The gradients, with the exact ones where a gradient may be wrong: `OUTSIDE`, and 0 below `small`."""
    small = float(np.finfo(found[0].dtype).smallest_normal)
    found = [g.copy() for g in found]
    for i, numbers in enumerate(zip(*points, strict=True)):
        outside = name in OUTSIDE and OUTSIDE[name](small, values[i], *numbers)
        if not outside and all(g[i] for g in found):
            continue
        wanted = derivatives(*[mp.mpf(float(x)) for x in numbers])
        for g, w in zip(found, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
            if outside or g[i] == 0 and abs(w) < small:
                with np.errstate(over="ignore"):
                    g[i] = float(w)
    return found


# -- The grid --------------------------------------------------------------------------------------------


def grid(name, dtype, points, n=160):
    """Numbers of every size within the domain, those of `test_digits` among them."""
    low, high = next(ends for ends in DOMAINS if ends[0] < points.min() and points.max() < ends[1])
    if points.min() > 0 and low < 0:
        low = 0.0
    info = np.finfo(dtype)
    rng = np.random.default_rng(sum(map(ord, name)))
    bits = rng.uniform(np.log2(float(info.smallest_subnormal)), np.log2(float(info.max)), n)
    sizes = np.concatenate([2.0**bits, 2.0 ** rng.uniform(-8, 8, n)])
    edges = [float(info.smallest_subnormal), float(info.smallest_normal), float(info.max)]
    ends = [end for end in (low, high) if np.isfinite(end) and end]
    near = [end * (1 + s * k * float(info.eps)) for end in ends for s in (-1, 1) for k in (1, 2, 3, 1e3, 1e6)]
    a = np.concatenate([points, sizes, -sizes, edges, np.negative(edges), near])
    if name == "sinc":
        a = points  # elsewhere pi * x is rounded, in NumPy's values too
    a = a[np.abs(a) <= (700 if name == "i0" else np.inf)]
    return digits.stored(a, dtype, lambda a: (low < a) & (a < high))


def points_of(name, dtype):
    if name not in TWO:
        return [grid(name, dtype, (ONE | MADE_OF_OTHERS)[name][0])]
    few = [digits.stored(p, dtype) for p in TWO[name][:-1]]
    info = np.finfo(dtype)
    if name not in ("power", "float_power", "logaddexp", "logaddexp2", "remainder", "fmod"):
        edges = np.array([info.smallest_subnormal, info.smallest_normal, info.max], dtype)
        few = [np.concatenate([p, edges, -edges]) for p in few]
    return [a.ravel() for a in np.meshgrid(*few)]


def function_of(name):
    return getattr(np, name, None) or getattr(leopard, name)


def differentiated(name, points, way):
    f = function_of(name)
    xs = variables(points)
    with np.errstate(all="ignore"):
        if way == "forward":
            y = f(*xs)
            ones = [np.ones_like(p) for p in points]
            found = [_core.tangents([y], [x], [one])[0][0] for x, one in zip(xs, ones, strict=True)]
            return [np.zeros_like(p) if t is None else t.data for t, p in zip(found, points, strict=True)]
        gradients(f, xs, create_graph=way == "recorded")
        return data_of_gradients(xs)


def assert_values(name, points, got):
    """The value of the operation within so many units in the last place."""
    info = np.finfo(got.dtype)
    largest, smallest = mp.mpf(float(info.max)), mp.mpf(float(info.smallest_subnormal))
    for i, numbers in enumerate(zip(*points, strict=True)):
        xs = [mp.mpf(float(x)) for x in numbers]
        w = mp.mpf(VALUES[name](*xs))
        unit = max(mp.mpf(2) ** (mp.floor(mp.log(abs(w), 2)) - info.nmant) if w else 0, smallest)
        bound = VALUE + (OTHER_VALUES[name](*xs) if name in OTHER_VALUES else 0)
        if np.isinf(got[i]):
            assert abs(w) + bound * unit > largest, f"{name} of {numbers}: {got[i]}, not {mp.nstr(w, 17)}"
            continue
        off = abs(mp.mpf(float(got[i])) - w) / unit
        assert off <= bound, (
            f"{name} of {numbers}: {got[i]}, not {mp.nstr(w, 17)}, by {mp.nstr(off, 3)} units"
        )


# -- Everything ------------------------------------------------------------------------------------------


def test_every_elementwise_operation_has_a_value_here():
    assert set(VALUES) == {*ONE, *TWO}  # that these are all stands in test_digits
    assert not STEPWISE & set(VALUES)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", VALUES)
def test_values(name, dtype):
    points = points_of(name, dtype)
    f = function_of(name)
    with np.errstate(all="ignore"):
        y = f(*variables(points))
    assert y.dtype == (np.float64 if name == "float_power" else dtype)
    assert_values(name, points, y.data)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", [*ONE, *TWO, *MADE_OF_OTHERS])
def test_first_derivatives_in_every_mode(name, dtype):
    points = points_of(name, dtype)
    *_, derivatives = (ONE | TWO | MADE_OF_OTHERS)[name]
    wanted = differentiated(name, points, WAYS[0])
    with np.errstate(all="ignore"):
        values = function_of(name)(*points)
        held = within_range(name, points, values, wanted, derivatives)
    digits.assert_digits(name, points, held, derivatives, dtype)
    for way in WAYS[1:]:
        with np.errstate(all="ignore"):  # float_power has tangents of float64
            found = [g.astype(dtype) for g in differentiated(name, points, way)]
        if not all(map(_within, found, wanted)):
            held = within_range(name, points, values, found, derivatives)
            digits.assert_digits(name, points, held, derivatives, dtype)


def _within(g, w):
    """Whether two ways differ by rounding alone, so that one need not be compared with mpmath again."""
    with np.errstate(all="ignore"):
        return np.all((g == w) | (np.abs(g - w) <= 2 * np.spacing(np.abs(w))))


# -- Faults put in on purpose ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "name", "rule"),
    [
        (Exp, "exp", lambda f, gy: gy * f.output * (1 + 2.0**-48)),
        (Sin, "sin", lambda f, gy: gy * np.sqrt(1 - np.sin(f.inputs[0]) ** 2)),
        (
            Arctan2,
            "arctan2",
            lambda f, gy: (
                gy * f.inputs[1] / (f.inputs[0] ** 2 + f.inputs[1] ** 2),
                -gy * f.inputs[0] / (f.inputs[0] ** 2 + f.inputs[1] ** 2),
            ),
        ),
    ],
    ids=["16 units too many", "the sign of a cosine", "a square that overflows"],
)
def test_a_rule_that_loses_digits_somewhere_is_found(cls, name, rule):
    with broken(cls, rule), pytest.raises(AssertionError):
        test_first_derivatives_in_every_mode(name, np.float64)


def test_a_value_that_loses_digits_somewhere_is_found():
    points = points_of("log1p", np.float64)
    with pytest.raises(AssertionError), np.errstate(all="ignore"):
        assert_values("log1p", points, np.log(1 + Variable(points[0])).data)
