"""The memory of a derivative that is computed in batches of rows or columns."""

import tracemalloc

import numpy as np
import pytest

from leopard import Variable, hessian, jacfwd, jacrev, laplacian, sparse_hessian, sparse_jacobian
from leopard._numeric import arrays
from leopard.transforms import _batches

BOUND = 256 << 20


def peak(function, x):
    arrays.empty_pool()
    tracemalloc.start()
    try:
        found = function(x)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        arrays.empty_pool()


def outer(x):
    return np.tanh(x[:, None] * x)


def many_at_a_time(x):
    held = [np.sin(k * np.ones(1000) * x.sum()) for k in range(80)]  # each is read once all are computed
    return sum(held)


def wide(x):
    return np.sum(np.cos(np.linspace(0.0, 1.0, 10_000) * x[:, None]), axis=1)


def through_complex_numbers(x):
    return np.real(np.sum(np.fft.fft(np.exp(1j * x[:, None] * x), axis=0), axis=0))


PROGRAMS = [
    (hessian, lambda x: np.sum(outer(x)), 100),
    (laplacian, lambda x: np.sum(outer(x)), 100),
    (jacrev, lambda x: np.sum(outer(x) * x, axis=0), 130),
    (jacfwd, lambda x: np.sum(outer(x) * x, axis=0), 100),
    (jacfwd, many_at_a_time, 60),
    (jacfwd, wide, 20),
    (jacrev, wide, 20),
    (jacrev, through_complex_numbers, 80),
]


@pytest.mark.parametrize(("transform", "f", "n"), PROGRAMS)
def test_memory_beyond_what_single_rows_take_is_bounded(transform, f, n, monkeypatch):
    """With a sixteenth of the budget and of the bound, so that small programs reach it."""
    x, found = np.linspace(0.1, 1.0, n), {}
    for budget in (0, _batches.BUDGET // 16, 1 << 50):
        with monkeypatch.context() as patch:
            patch.setattr(_batches, "BUDGET", budget)
            found[budget] = peak(transform(f), x)
    (by_row, least), (batches, most), (_, unbounded) = found.values()
    np.testing.assert_allclose(batches, by_row, rtol=1e-12, atol=1e-12)
    assert most - least < BOUND // 16 < unbounded - least


def test_a_hessian_through_large_arrays_takes_less_than_256_mib():
    n = 250  # 31 million elements in all rows of one array
    x = np.linspace(0.1, 1.0, n)
    assert peak(hessian(lambda x: np.sum(outer(x))), x)[1] < BOUND


def dense_by_color(x):
    """Every element depends on sixteen, so that there are as many colours."""
    y = sum([np.sin(k * x) * np.roll(x, k) for k in range(16)])
    held = [np.cos(y * k) for k in range(12)]
    return sum(held)


def test_memory_of_sparse_derivatives_is_bounded_too(monkeypatch):
    x = np.linspace(0.1, 1.0, 500)
    for transform, f in (
        (sparse_jacobian, dense_by_color),
        (sparse_hessian, lambda x: np.sum(dense_by_color(x))),
    ):
        whole = transform(f)(x)
        monkeypatch.setattr(_batches, "BUDGET", 5 * 4000 * 20)
        parts = transform(f)(x)
        monkeypatch.undo()
        assert (whole != parts).nnz == 0 or abs(whole - parts).max() < 1e-12 * abs(whole).max()


@pytest.mark.parametrize("n", [10, 100, 400])
def test_small_programs_are_computed_in_one_batch(n):
    x = Variable(np.linspace(0.1, 1.0, n))
    y = np.tanh(x) * x
    assert _batches.batch_size(n, [y], [x], n) >= n
