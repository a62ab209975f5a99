"""The laws of batched rules, over the register: each operation's cases, mapped, against single calls."""

from functools import partial

import numpy as np
import pytest

from leopard import Variable, grad, vmap
from tests.laws import data_of_gradients, measure, outputs
from tests.transforms import row_by_row
from tests.transforms.row_by_row import ROWS, by_operation, choices, rows_of, together


def value(y):
    return y.data if isinstance(y, Variable) else np.asarray(y)


def stacked(case, arrays, mapped):
    """The outputs of single calls, stacked."""
    rows = []
    for r in range(ROWS):
        xs = [x[r] if m else x[0] for x, m in zip(arrays, mapped, strict=True)]
        rows.append(outputs(case.call(*xs)))
    return [np.stack(column) for column in zip(*rows, strict=True)]


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


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("operation", sorted(by_operation()))
def test_mapped_gradients_are_those_of_single_calls(operation):
    for case in by_operation()[operation]:
        n = len(case.shapes)
        slope = grad(partial(weighted, case), tuple(range(n)))
        for mapped in list(choices(n))[:2]:
            arrays = rows_of(case, 0)
            xs = [x if m else x[0] for x, m in zip(arrays, mapped, strict=True)]
            rows = [[x[r] if m else x[0] for x, m in zip(arrays, mapped, strict=True)] for r in range(ROWS)]
            try:
                wanted = [slope(*row) for row in rows]
            except (RuntimeError, TypeError):  # there is no derivative, or none of the first argument
                continue
            found = vmap(slope, tuple(0 if m else None for m in mapped))(*xs)
            for k in range(n):
                agree(value(found[k]), np.stack([np.asarray(g[k]) for g in wanted]), 1e-7)


def weighted(case, *xs):
    ys = outputs(case.call(*xs))
    return measure(ys, [np.linspace(0.5, 1.5, y.size).reshape(y.shape) for y in ys])


def test_no_more_than_a_tenth_goes_row_by_row():
    found = row_by_row.measured()
    rows = [name for name, ways in found.items() if "rule" not in ways]
    assert 0 < len(rows) <= len(found) / 10


@pytest.mark.skipif(not row_by_row.PAGE.exists(), reason="the pages are not here")
def test_the_page_says_what_goes_row_by_row():
    assert row_by_row.on_page() == row_by_row.listed(row_by_row.measured())
