"""The laws of batched rules, over the register: each operation's cases, mapped, against single calls."""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from leopard import Variable, vmap
from tests.laws import EVERY_CASE, data_of_gradients, draw, measure, outputs

ROWS = 3


@cache
def by_operation():
    """The cases of each operation that has arrays."""
    found = defaultdict(list)
    for case in EVERY_CASE:
        if case.shapes:
            found[case.operation].append(case)
    return dict(found)


def rows_of(case, seed):
    """For each array of a case one with a row for each example, and the rows."""
    rows = [draw(case, np.random.default_rng(seed + r)) for r in range(ROWS)]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def choices(n):
    """Which arrays are mapped: all, and each alone."""
    yield (True,) * n
    if n > 1:
        for k in range(n):
            yield tuple(i == k for i in range(n))


def value(y):
    return y.data if isinstance(y, Variable) else np.asarray(y)


def stacked(case, arrays, mapped):
    """The outputs of single calls, stacked."""
    rows = []
    for r in range(ROWS):
        xs = [x[r] if m else x[0] for x, m in zip(arrays, mapped, strict=True)]
        rows.append(outputs(case.call(*xs)))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def together(case, arrays, mapped):
    axes = tuple(0 if m else None for m in mapped)
    return outputs(vmap(case.call, axes)(*[x if m else x[0] for x, m in zip(arrays, mapped, strict=True)]))


def agree(found, wanted, tolerance=1e-9):
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    size = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=1.0) if wanted.size else 1.0
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * size)


def check(case, mapped, seed=0):
    """A mapped case has the values of single calls, and their gradients."""
    arrays = rows_of(case, seed)
    for y, wanted in zip(together(case, arrays, mapped), stacked(case, arrays, mapped), strict=True):
        agree(value(y), value(wanted))
    found, wanted = [], []
    for results, way in ((found, together), (wanted, stacked)):
        xs = [Variable(a.copy()) for a in arrays]
        ys = way(case, xs, mapped)
        weights = [np.random.default_rng(1).uniform(0.5, 1.5, y.shape) for y in ys]
        total = measure(ys, weights)
        if isinstance(total, Variable) and total.creator is not None:
            total.backward()
        results += data_of_gradients(xs)
    for g, w in zip(found, wanted, strict=True):
        agree(g, w, 1e-7)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("operation", sorted(by_operation()))
def test_rows_are_single_calls(operation):
    for case in by_operation()[operation]:
        for mapped in choices(len(case.shapes)):
            try:
                check(case, mapped)
            except Exception as error:
                error.add_note(f"{case}, mapped: {mapped}")
                raise
