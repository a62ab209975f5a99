"""Two operations of exact arithmetic in one loop, and rows of arrays that have gaps, have NumPy's bits."""

import operator
import warnings

import numpy as np
import pytest

import leopard
from leopard.compiling.reading import SMALL_BYTES, aligned

SIZE = 2 * 1024 + 11  # blocks, and what is left of a vector
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e308]
OPERATIONS = operator.add, operator.sub, operator.mul, operator.truediv


def reflected(operation):
    return lambda t, x: operation(x, t)


FIRST = [*OPERATIONS, lambda a, b: a**2]
SECOND = [*OPERATIONS, *map(reflected, OPERATIONS), lambda t, x: t**2]


def operands(kinds):
    """An array for each "a", a number for each "n"."""
    rng = np.random.default_rng(3)
    made = []
    for kind in kinds:
        x = rng.standard_normal(SIZE)
        x[::97] = rng.choice(SPECIAL, len(x[::97]))
        made.append(x if kind == "a" else np.array(rng.standard_normal()))
    return made


def assert_same_bits(f, *args):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        g = leopard.compile(f)
        for _ in range(3):
            y = g(*args)
        right = f(*args)
    assert g.info().hits >= 1
    assert y.shape == right.shape and bits(y) == bits(right)


def bits(x):
    """The bytes of an array, with one NaN for all: operands that change places give another."""
    return np.where(np.isnan(x), np.nan, x).tobytes()


@pytest.mark.parametrize("kinds", ["aaa", "aan", "ana", "naa", "ann", "nan"])
@pytest.mark.parametrize("second", range(len(SECOND)))
@pytest.mark.parametrize("first", range(len(FIRST)))
def test_pairs(first, second, kinds):
    def f(a, b, c):
        return SECOND[second](FIRST[first](a, b), c)

    assert_same_bits(f, *operands(kinds))


def test_a_result_that_is_read_twice_is_no_pair():
    assert_same_bits(lambda a, b: (a - b) / (a - b) + (a - b), *operands("aa"))


def test_a_result_that_is_summed_is_no_pair():
    def f(a, b):
        t = a * b
        return t / b + np.sum(t)

    a, b = np.random.default_rng(5).standard_normal((2, SIZE))
    assert_same_bits(f, a, b)


def test_rows_that_are_repeated():
    rng = np.random.default_rng(7)
    a, b, c = rng.standard_normal((300, 5)), rng.standard_normal(5), rng.standard_normal((300, 1))
    assert_same_bits(lambda a, b, c: ((a - b) / c) * b - c, a, b, c)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("n", [2, 7, 49, 200])
def test_rows_with_gaps(operation, n):
    x, y = np.random.default_rng(n).standard_normal((2, 30, n + 1))
    assert_same_bits(lambda x, y: operation(x[:, 1:], y[:, :-1]), x, y)
    assert_same_bits(lambda x, y: operation(x[:, 1:], y[:, :1]), x, y)
    assert_same_bits(lambda x, y: operation(x[:, 1:], y[0, 1:]), x, y)


def test_the_hessian_of_a_function_of_slices_has_the_bits_of_eager_code():
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    h = leopard.hessian(f)
    g = leopard.compile(h)
    for seed in range(4):
        x = np.random.default_rng(seed).standard_normal(50)
        assert g(x).tobytes() == h(x).tobytes()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, bool])
def test_constants_begin_at_a_line_of_the_cache(dtype):
    for start in range(3):
        x = np.arange(SMALL_BYTES + start).astype(dtype)[start:]
        made = aligned(x)
        assert made.ctypes.data % 64 == 0 and made.dtype == x.dtype
        np.testing.assert_array_equal(made, x)


def test_a_sign_is_taken_out_of_a_product_with_a_row():
    def f(a, b):
        return -(a[:, None] * b) - (-a)[:, None] * b / 3

    a, b = np.random.default_rng(9).standard_normal((2, 40))
    assert_same_bits(f, a, np.outer(b, a))
