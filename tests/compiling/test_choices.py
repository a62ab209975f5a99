"""Derivatives of what chooses elements by their values: a replay chooses by those that it is given."""

import numpy as np
import pytest

import leopard
from leopard import grad, hessian, hvp, jacfwd, jacrev, jvp, linearize
from tests.compiling.following import Quiet, outcome
from tests.compiling.test_laws import close

POINTS = [
    [1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [1.5, 3.0, 4.5], [1.0, 2.0, 5.0], [3.0, 2.0, 1.0], [2.0, -3.0, 1.0],
    [2.0, 2.0, 2.0], [-1.0, 2.0, -3.0], [0.0, -0.0, 0.0], [1.0, np.nan, 3.0],
]  # fmt: skip
DIRECTION = np.array([1.0, 10.0, 100.0])


def masked(x):
    y = x * 1.0
    y[y > 1.8] = 0.5
    return y


def added(x):
    y = x * 1.0
    np.add.at(y, np.argsort(x), x)
    return y


def of_zeros(x):
    y = np.zeros_like(x)
    y[x > 1.8] = 1.0
    return y * x


FUNCTIONS = {
    "max": np.max,
    "min of an outer product": lambda x: np.min(np.outer(x, x), axis=1),
    "ptp": np.ptp,
    "nanmax": np.nanmax,
    "where": lambda x: np.where(x > 1.8, x * 2.0, x * 3.0),
    "where of constants": lambda x: x * np.where(x > 1.8, 1.0, 2.0),
    "where of a constant sum": lambda x: np.sum(np.where(x > 1.8, np.ones(3), np.zeros(3))) * x,
    "a mask": lambda x: np.sum(x[x > 1.8]),
    "the largest": lambda x: x[np.argmax(x)],
    "the order": lambda x: x[np.argsort(x)],
    "sort": np.sort,
    "take along": lambda x: np.take_along_axis(x, np.argsort(x), 0),
    "compress": lambda x: np.sum(np.compress(x > 1.8, x)),
    "unique": lambda x: np.sum(np.unique(x) ** 2),
    "clip": lambda x: np.clip(x, 1.5, 2.5),
    "median": np.median,
    "select": lambda x: np.select([x > 2.5, x > 1.5], [x * 2.0, x * 3.0], x),
    "piecewise": lambda x: np.piecewise(x, [x > 1.8], [lambda v: v * 2.0, lambda v: v * 3.0]),
    "assigned by a mask": masked,
    "zeros assigned by a mask": of_zeros,
    "added at the order": added,
    "maximum": lambda x: np.maximum(x, x[::-1]),
}
WAYS = {
    "value": lambda f, n: f,
    "jvp": lambda f, n: lambda x: jvp(f, (x,), (DIRECTION,)),
    "grad": lambda f, n: grad(n),
    "jacfwd": lambda f, n: jacfwd(f),
    "jacrev": lambda f, n: jacrev(f),
    "linearize": lambda f, n: lambda x: linearize(f, x)[1](DIRECTION),
    "hvp": lambda f, n: lambda x: hvp(n, x, DIRECTION),
    "jvp of grad": lambda f, n: lambda x: jvp(grad(n), (x,), (DIRECTION,)),
    "hessian": lambda f, n: hessian(n),
}

SPARSE = ("jacfwd", "hvp", "jvp of grad", "hessian")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_elements_that_are_chosen_are_those_of_the_call(name, way):
    f = FUNCTIONS[name]

    def number(x):
        y = f(x)
        return np.sum(np.sin(y) * np.arange(1.0, 1.0 + np.size(y)))

    eager = WAYS[way](f, number)
    compiled = leopard.compile(eager)
    with np.errstate(all="ignore"), Quiet() as quiet:
        # (in some derivatives eager code leaves out products of 0 and nan that a replay computes)
        for x in (POINTS if way not in SPARSE else POINTS[:-1]) * 2:
            found, wanted = (outcome(g, (np.array(x),), {}) for g in (compiled, eager))
            assert found[0] == wanted[0]
            if found[0] == "value":
                found, wanted = (y[1] if isinstance(y[1], tuple) else (y[1],) for y in (found, wanted))
                for a, b in zip(found, wanted, strict=True):
                    assert type(a) is type(b)
                    assert close(np.asarray(a), np.asarray(b)), (x, a, b)
    assert not [words for words in quiet.said if "differed" in words or "looks at a type" in words]
