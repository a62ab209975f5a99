"""The digits of every elementwise rule, beside mpmath, over the whole domain: tails, zeros, poles.

A gradient is within 8 units in its last place, and what its formula magnifies of the rounding of its operands
besides: `docs/conventions.md` lists which rules these are. The references are exact derivatives of the
numbers as they are stored, so a large slope by itself excuses nothing.
"""

import numpy as np
import pytest

import leopard
from leopard import Variable
from tests.laws import ELEMENTWISE, data_of_gradients, variables

mpmath = pytest.importorskip("mpmath")
mp = mpmath.mp.clone()
mp.dps = 60

_TINY = [1e-300, 1e-200, 1e-100, 1e-30, 1e-17, 1e-9, 1e-5, 1e-3, 1e-2]
_LARGE = [8.0, 12.0, 20.0, 40.0, 100.0, 700.0, 1e3, 1e5, 1e9, 1e17, 1e30, 1e100, 1e200, 1e300]
POSITIVE = np.array([*_TINY, 0.03, 0.1, 0.3, 0.5, 0.9, 1.0, 1.1, 2.0, 3.0, 5.0, *_LARGE])
REAL = np.concatenate([-POSITIVE[::-1], POSITIVE])
_TO_1 = np.array(
    [*_TINY, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, *1 - 10.0 ** np.arange(-15, -3), 1 - 2.0**-53]
)
WITHIN_1 = np.concatenate([-_TO_1, _TO_1])
ABOVE_1 = np.concatenate(
    [1 + np.array([2.0**-52, 1e-14, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5]), POSITIVE[POSITIVE > 1.4]]
)
ABOVE_MINUS_1 = np.concatenate([-_TO_1, POSITIVE])
FEW = np.array(
    [
        1e-300,
        1e-200,
        1e-17,
        1e-8,
        1e-3,
        0.3,
        0.9,
        1.0,
        1 + 2.0**-40,
        1.1,
        3.7,
        20.0,
        300.0,
        1e5,
        1e17,
        1e200,
        1e300,
    ]
)
SIGNED = np.concatenate([-FEW[::-1], FEW])
EXPONENTS = SIGNED[np.abs(SIGNED) < 400]
TERMS = SIGNED[np.abs(SIGNED) < 1e4]
STEPS = FEW[(FEW > 0.1) & (FEW < 1e6)]


def of_root(x):
    return 1 / mp.sqrt((1 - x) * (1 + x))


def of_power(x, y):
    return y * x ** (y - 1), x**y * mp.log(x)


def shares(base):
    return lambda x, y: (1 / (1 + base ** (y - x)), 1 / (1 + base ** (x - y)))


def whole(x):
    return mp.floor(x) if x > 0 else mp.ceil(x)


# NumPy's name: the points of each operand, and the derivatives by each.
ONE = {
    "logit": (_TO_1, lambda x: 1 / (x * (1 - x))),
    "softplus": (REAL, lambda x: 1 / (1 + mp.exp(-x))),
    "negative": (REAL, lambda x: -1),
    "positive": (REAL, lambda x: 1),
    "conjugate": (REAL, lambda x: 1),
    "absolute": (REAL, mp.sign),
    "fabs": (REAL, mp.sign),
    "square": (REAL, lambda x: 2 * x),
    "sqrt": (POSITIVE, lambda x: 1 / (2 * mp.sqrt(x))),
    "cbrt": (REAL, lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2)),
    "reciprocal": (REAL, lambda x: -1 / x**2),
    "exp": (REAL, mp.exp),
    "exp2": (REAL, lambda x: mp.mpf(2) ** x * mp.log(2)),
    "expm1": (REAL, mp.exp),
    "log": (POSITIVE, lambda x: 1 / x),
    "log2": (POSITIVE, lambda x: 1 / (x * mp.log(2))),
    "log10": (POSITIVE, lambda x: 1 / (x * mp.log(10))),
    "log1p": (ABOVE_MINUS_1, lambda x: 1 / (1 + x)),
    "sin": (REAL, mp.cos),
    "cos": (REAL, lambda x: -mp.sin(x)),
    "tan": (REAL, lambda x: 1 / mp.cos(x) ** 2),
    "arcsin": (WITHIN_1, of_root),
    "arccos": (WITHIN_1, lambda x: -of_root(x)),
    "arctan": (REAL, lambda x: 1 / (1 + x * x)),
    "sinh": (REAL, mp.cosh),
    "cosh": (REAL, mp.sinh),
    "tanh": (REAL, lambda x: 1 / mp.cosh(x) ** 2),
    "arcsinh": (REAL, lambda x: 1 / mp.sqrt(1 + x * x)),
    "arccosh": (ABOVE_1, lambda x: 1 / mp.sqrt((x - 1) * (x + 1))),
    "arctanh": (WITHIN_1, lambda x: 1 / ((1 - x) * (1 + x))),
    "deg2rad": (REAL, lambda x: mp.pi / 180),
    "rad2deg": (REAL, lambda x: 180 / mp.pi),
}
TWO = {
    "add": (SIGNED, SIGNED, lambda x, y: (1, 1)),
    "subtract": (SIGNED, SIGNED, lambda x, y: (1, -1)),
    "multiply": (SIGNED, SIGNED, lambda x, y: (y, x)),
    "divide": (SIGNED, SIGNED, lambda x, y: (1 / y, -x / y**2)),
    "copysign": (SIGNED, SIGNED, lambda x, y: (mp.sign(x) * mp.sign(y), 0)),
    "maximum": (SIGNED, SIGNED, lambda x, y: ((1 + mp.sign(x - y)) / 2, (1 - mp.sign(x - y)) / 2)),
    "minimum": (SIGNED, SIGNED, lambda x, y: ((1 - mp.sign(x - y)) / 2, (1 + mp.sign(x - y)) / 2)),
    "fmax": (SIGNED, SIGNED, lambda x, y: ((1 + mp.sign(x - y)) / 2, (1 - mp.sign(x - y)) / 2)),
    "fmin": (SIGNED, SIGNED, lambda x, y: ((1 - mp.sign(x - y)) / 2, (1 + mp.sign(x - y)) / 2)),
    "heaviside": (SIGNED, SIGNED, lambda x, y: (0, 0)),
    "hypot": (SIGNED, SIGNED, lambda x, y: (x / mp.hypot(x, y), y / mp.hypot(x, y))),
    "arctan2": (SIGNED, SIGNED, lambda x, y: (y / (x * x + y * y), -x / (x * x + y * y))),
    "power": (FEW, EXPONENTS, of_power),
    "float_power": (FEW, EXPONENTS, of_power),
    "logaddexp": (TERMS, TERMS, shares(mp.e)),
    "logaddexp2": (TERMS, TERMS, shares(mp.mpf(2))),
    "remainder": (TERMS, STEPS, lambda x, y: (1, -mp.floor(x / y))),
    "fmod": (TERMS, STEPS, lambda x, y: (1, -whole(x / y))),
}
STEPWISE = {"sign", "floor", "ceil", "trunc", "rint", "floor_divide"}  # no gradient
MADE_OF_OTHERS = {
    "sinc": (
        REAL[(np.abs(REAL) > 1e-9) & (np.abs(REAL) < 1e17)],
        lambda x: (mp.cos(mp.pi * x) - mp.sin(mp.pi * x) / (mp.pi * x)) / x,
    ),
    "i0": (REAL[np.abs(REAL) <= 700], lambda x: mp.besseli(1, x)),
    "sec": (REAL, lambda x: mp.tan(x) / mp.cos(x)),
    "csc": (REAL, lambda x: -1 / (mp.tan(x) * mp.sin(x))),
    "cot": (REAL, lambda x: -1 / mp.sin(x) ** 2),
    "arccot": (REAL, lambda x: -1 / (1 + x * x)),
    "arcsec": (ABOVE_1, lambda x: 1 / (x * mp.sqrt((x - 1) * (x + 1)))),
    "arccsc": (ABOVE_1, lambda x: -1 / (x * mp.sqrt((x - 1) * (x + 1)))),
    "sech": (REAL, lambda x: -mp.tanh(x) / mp.cosh(x)),
    "csch": (REAL, lambda x: -1 / (mp.tanh(x) * mp.sinh(x))),
    "coth": (REAL, lambda x: -1 / mp.sinh(x) ** 2),
    "arccoth": (ABOVE_1, lambda x: -1 / ((x - 1) * (x + 1))),
    "arccsch": (REAL, lambda x: -1 / (abs(x) * mp.sqrt(1 + x * x))),
}


def magnified(name, *xs):
    """What a rule may lose besides, in units: the rows of the table in `docs/conventions.md`."""
    if name in ("power", "float_power"):
        x, y = xs
        return (1 + abs(y)) * abs(mp.log(x))
    if name in ("logaddexp", "logaddexp2"):
        return abs(xs[0]) + abs(xs[1])
    if name == "softplus":
        return abs(xs[0])
    if name in ("arcsec", "arccsc", "arccoth"):
        return 2 / (xs[0] - 1)
    return 0


def assert_digits(name, points, gradients, derivatives, dtype):
    info = np.finfo(dtype)
    largest, smallest = mp.mpf(float(info.max)), mp.mpf(float(info.smallest_subnormal))
    for i, numbers in enumerate(zip(*points, strict=True)):
        xs = [mp.mpf(float(x)) for x in numbers]
        wanted = derivatives(*xs)
        for got, w in zip(gradients, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
            g, w = float(got[i]), mp.mpf(w)
            bound = 8 + magnified(name, *xs)
            if name in ("tanh", "coth") and abs(w) < 1:
                unit = mp.mpf(2) ** -info.nmant  # absolutely
            else:
                unit = max(mp.mpf(2) ** (mp.floor(mp.log(abs(w), 2)) - info.nmant) if w else 0, smallest)
            if np.isinf(g):
                assert abs(w) + bound * unit > largest, f"{name} at {numbers}: {g}, not {mp.nstr(w, 17)}"
                continue
            off = abs(mp.mpf(g) - w) / unit
            assert off <= bound, f"{name} at {numbers}: {g}, not {mp.nstr(w, 17)}, by {mp.nstr(off, 3)} units"


DOMAINS = [(-1, 1), (1, np.inf), (-1, np.inf), (-np.inf, np.inf)]


def stored(points, dtype, keep=lambda a: a == a):
    """The points in a type, without those that it does not hold."""
    with np.errstate(all="ignore"):
        a = np.unique(points.astype(dtype))
    return a[np.isfinite(a) & (a != 0) & keep(a)]


def test_every_elementwise_class_has_its_points():
    public = [cls for cls in ELEMENTWISE if cls.ufunc or hasattr(leopard, cls.name)]
    names = {cls.name if cls.ufunc is None else cls.ufunc.__name__ for cls in public}
    assert names == {*ONE, *TWO, *STEPWISE}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", [*ONE, *MADE_OF_OTHERS])
def test_digits_of_one_operand(name, dtype):
    points, derivative = (ONE | MADE_OF_OTHERS)[name]
    low, high = next(ends for ends in DOMAINS if ends[0] < points.min() and points.max() < ends[1])
    a = stored(points, dtype, lambda a: (low < a) & (a < high))  # none is rounded to the end of its domain
    f = getattr(np, name, None) or getattr(leopard, name)
    x = Variable(a)
    with np.errstate(all="ignore"):
        f(x).backward()
    assert x.grad.dtype == dtype
    assert_digits(name, [a], [x.grad.data], derivative, dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", TWO)
def test_digits_of_two_operands(name, dtype):
    *points, derivatives = TWO[name]
    grid = np.meshgrid(*[stored(p, dtype) for p in points])
    xs = variables([a.ravel() for a in grid])
    with np.errstate(all="ignore"):
        getattr(np, name)(*xs).backward()
    assert_digits(name, [x.data for x in xs], data_of_gradients(xs), derivatives, dtype)
