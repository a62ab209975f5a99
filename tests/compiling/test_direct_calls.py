"""Functions of leopard's own, called in a compiled function: all are replayed, and have eager bits."""

import os
import warnings

import numpy as np
import pytest

from leopard import Variable, compile, value_and_grad
from leopard._pytrees import flatten
from tests.compiling.test_laws import close
from tests.compiling.test_lowering import bits
from tests.laws.cases import ENTRIES, entry_cases
from tests.laws.drawing import draw

#: What is called as it is at each call: iterations on sparse matrices of Variables.
FALLS_BACK = ("cg(", "gmres(", "expm_multiply(")
#: Whose results have another type or shape, or branches taken another way, from draw to draw.
NEVER_THE_SAME = ("roots(", "fractional_matrix_power(", "histogram_bin_edges(", "poly(", "eig(")
#: Numbers of NumPy's multiply complex numbers in another way than its arrays.
OF_COMPLEX_NUMBERS = ("polydiv(", "fractional_matrix_power(")


def cases():
    """One sample call of each function in turn; with LEOPARD_LAWS=all every one."""
    found = [case for e in ENTRIES for case in entry_cases(e)]
    try:
        from tests.scipy.special.cases import CASES as OF_SPECIAL
        from tests.scipy.test_laws import CASES as OF_SCIPY
    except pytest.skip.Exception:
        pass
    else:
        found += OF_SPECIAL + OF_SCIPY
    if os.environ.get("LEOPARD_LAWS") == "all":
        return found
    first = {}
    for case in found:
        first.setdefault(case.operation, []).append(case)
    return [group[k % len(group)] for k, group in enumerate(first.values())]


def numbers(y):
    return [np.asarray(leaf.data if isinstance(leaf, Variable) else leaf) for leaf in flatten(y)[0]]


def assert_replayed(case, f, rng, same):
    g = compile(f)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(4):
            xs = draw(case, rng)
            for a, b in zip(numbers(g(*xs)), numbers(f(*xs)), strict=True):
                assert same(a, b)
    info = g.info()
    assert bool(info.fallbacks) == case.label.startswith(FALLS_BACK)
    assert info.hits or info.fallbacks or case.label.startswith(NEVER_THE_SAME)


def same_bits(a, b):
    return bits(a) == bits(b)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_direct_call_is_replayed(case, rng):
    same = close if case.label.startswith(OF_COMPLEX_NUMBERS) else same_bits
    assert_replayed(case, lambda *xs: case.call(*xs), rng, same)


@pytest.mark.parametrize("case", [c for c in cases() if c.smooth and c.shapes], ids=str)
def test_the_gradient_of_a_direct_call_is_replayed(case, rng):
    """Eager code adds gradients up in another order than a recorded walk: they agree to a few last places."""

    def total(*xs):
        parts = [y for y in flatten(case.call(*xs))[0] if hasattr(y, "dtype") and y.dtype.kind in "fc"]
        return sum([np.sum(np.real(y * y)) + np.sum(np.imag(y)) for y in parts], 0.0)

    f = value_and_grad(total, argnums=tuple(range(len(case.shapes))))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            f(*draw(case, rng))
        except TypeError as error:
            pytest.skip(f"{error}")
    assert_replayed(case, f, rng, close)
