"""Over the register: what a compiled function returns has the bits of what the function itself returns."""

import os
import warnings

import numpy as np
import pytest

import leopard
from leopard import Variable, compile, grad, value_and_grad
from leopard._pytrees import flatten
from tests.compiling.test_lowering import bits
from tests.laws.cases import CASES, ENTRIES, entry_cases
from tests.laws.drawing import draw
from tests.laws.measuring import outputs, variables_of

#: The gradient at a 0 is a 0 whose sign depends on the order in which zeros are added up, which is not one in
#: eager code.
SIGN_OF_ZERO_IS_FREE = ("angle(<>", "average(<>")


def value(case):
    def f(*xs):
        return tuple(variables_of(outputs(case.call(*[leopard.as_variable(x) for x in xs]))))

    return f


def scalar(case):
    def f(*xs):
        total = 0.0
        for y in variables_of(outputs(case.call(*xs))):
            if y.dtype.kind in "fc":
                total = total + np.sum(np.real(y * y)) + np.sum(np.imag(y))
        return total

    return f


def of_order(case, order):
    if order == 0:
        return value(case)
    f, which = scalar(case), tuple(range(len(case.shapes)))
    if order == 1:
        return value_and_grad(f, argnums=which)
    slope = grad(f, argnums=which)
    return grad(lambda *xs: sum([np.sum(np.real(g * g)) for g in slope(*xs)], 0.0), argnums=which)


def close(a, b):
    """Within a few last places: the second derivatives of eager code are added up in more than one order."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    scale = np.max(np.abs(b[finite]), initial=1.0)
    return np.array_equal(np.isfinite(a), finite) and np.all(np.abs(a - b)[finite] <= 1e-11 * scale)


def pairs(cases):
    """Each case with one order, in turn; with LEOPARD_LAWS=all (`.ci/nightly`) with every order."""
    orders = [0, 1, 2]
    return [
        pytest.param(c, order, id=f"{k}-{order}-{c}")
        for k, c in enumerate(cases)
        for order in (orders if os.environ.get("LEOPARD_LAWS") == "all" else [orders[k % 3]])
    ]


@pytest.mark.parametrize(("case", "order"), pairs(CASES + [c for e in ENTRIES for c in entry_cases(e)]))
def test_replayed_equals_eager(case, order, rng):
    assert_replayed(case, order, rng)


def assert_replayed(case, order, rng):
    f = of_order(case, order)
    g = compile(f)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(4):
            xs = draw(case, rng)
            try:
                wanted = flatten(f(*xs))[0]
            except Exception as error:
                with pytest.raises(type(error)):
                    g(*xs)
                return
            found = flatten(g(*xs))[0]
            for pair in zip(found, wanted, strict=True):
                a, b = [np.asarray(y.data if isinstance(y, Variable) else y) for y in pair]
                if order == 2:
                    assert close(a, b)
                else:
                    if case.label.startswith(SIGN_OF_ZERO_IS_FREE):
                        a, b = a + 0.0, b + 0.0
                    assert bits(a) == bits(b)
