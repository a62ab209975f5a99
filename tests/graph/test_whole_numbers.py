"""Whole numbers on which no gradient depends become ndarrays, as NumPy's do; what has a gradient does not."""

import warnings

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, grad
from leopard.testing import check_grads

TABLE = np.arange(10.0) ** 2
AT = np.array([1.2, 2.7, 3.1])


def v():
    return Variable(AT.copy())


WHOLE = {
    "cast": lambda v: v.astype(int),
    "rounded down": lambda v: np.floor(v).astype(int),
    "rounded": lambda v: np.round(v).astype(np.int8),
    "counted with them": lambda v: 2 * v.astype(int) + 1,
    "divided": lambda v: v.astype(int) // 2,
    "indexed": lambda v: v.astype(int)[[0, 2]],
    "through floats": lambda v: (v.astype(int) * 1.5).astype(int),
    "summed as integers": lambda v: np.sum(v, dtype=int),
    "the exponent": lambda v: np.frexp(v)[1],
    "a constant": lambda v: leopard.stop_gradient(Variable(np.array([1, 2]))),
}


@pytest.mark.parametrize("case", WHOLE)
def test_they_become_an_array_index_one_and_are_written_into_one(case):
    n = WHOLE[case](v())
    a = np.asarray(n)
    assert type(a) is np.ndarray and a.dtype == n.dtype and (a == n.data).all()
    np.testing.assert_array_equal(TABLE[n], TABLE[n.data])
    np.testing.assert_array_equal(np.array([n, n]), [n.data, n.data])
    np.testing.assert_array_equal(np.take(TABLE, n), TABLE[n.data])
    written = TABLE.copy()
    written[n] = -1.0
    assert (written[n.data] == -1.0).all()
    np.testing.assert_array_equal(np.repeat(TABLE[: n.size], n), np.repeat(TABLE[: n.size], n.data))


def test_truth_values_are_a_mask():
    assert TABLE[:3][v().astype(bool)].tolist() == [0.0, 1.0, 4.0]
    assert np.asarray(v().astype(bool)).dtype == bool


def test_the_array_is_a_copy_of_the_type_that_is_asked_for():
    n = v().astype(int)
    a = np.asarray(n)
    a[0] = 9
    assert n.data[0] == 1
    assert np.array(n, dtype=float).dtype == float
    with pytest.raises(ValueError, match="by a copy alone"):
        np.asarray(n, copy=False)


def test_whole_numbers_count_and_index_lists():
    n = Variable(np.array(2.6)).astype(int)
    assert list(range(n)) == [0, 1] and [5, 6, 7][n] == 7 and int(n) == 2
    assert np.zeros(n).shape == (2,) and np.zeros((n, 3)).shape == (2, 3)


class Rounded(Function):
    def forward(self, x):
        return np.rint(x)

    def backward(self, gy):
        return gy


REFUSED = {
    "floats": lambda v: np.floor(v),
    "floats of whole numbers": lambda v: v.astype(int) * 1.0,
    "a leaf of integers": lambda v: Variable(np.array([1, 2])),
    "computed from a leaf of integers": lambda v: Variable(np.array([1, 2])) + v[:2].astype(int),
    "a leaf of integers, assigned to": lambda v: assigned(Variable(np.array([1, 2, 3])), v),
    "a rule of one's own": lambda v: Rounded()(v),
}


def assigned(n, v):
    n[0] = v[0]
    return n


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_a_gradient_is_refused(case):
    n = REFUSED[case](v())
    for call in (lambda: np.asarray(n), lambda: TABLE[n], lambda: np.array([n, n])):
        with pytest.raises(TypeError, match="would lose the gradient|only integer"):
            call()


def test_a_walk_passes_none_of_what_became_an_array():
    """What may become an array is what a walk gives no gradient to anything by."""
    for case, make in (WHOLE | REFUSED).items():
        x = v()
        n = make(x)
        try:
            np.asarray(n)
        except TypeError:
            continue
        if n.creator is not None:
            (n * 1.5).sum().backward()
        assert x.grad is None, case


def test_where_nothing_is_recorded_they_become_arrays():
    with leopard.no_grad():
        assert TABLE[v().astype(int)].tolist() == [1.0, 4.0, 9.0]
        assert np.asarray(Variable(np.array([1, 2]))).tolist() == [1, 2]
        with pytest.raises(TypeError, match="would lose the gradient"):
            np.asarray(v())


def looked_up(x):
    return np.sum(TABLE[np.floor(x).astype(int)] * x**2)


def test_a_table_in_what_is_differentiated():
    np.testing.assert_allclose(grad(looked_up)(AT), 2 * AT * [1, 4, 9])
    check_grads(looked_up, (AT,), order=2)
    np.testing.assert_allclose(leopard.jacobian(lambda x: TABLE[x.astype(int)] * x)(AT), np.diag([1, 4, 9]))


@pytest.mark.parametrize("f", [looked_up, grad(looked_up)])
def test_a_compiled_function_that_reads_a_table_is_called_as_it_is(f):
    compiled = leopard.compile(f)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for x in (AT, AT, AT + 2, 9 - AT, AT):
            np.testing.assert_array_equal(compiled(x), f(x))
    assert "read as a plain array" in str(said[0].message) and len(said) == 1


def test_a_compiled_function_replays_a_table_that_is_indexed_by_leopard():
    compiled = leopard.compile(lambda x: np.sum(leopard.getitem(TABLE, np.floor(x).astype(int)) * x))
    for x in (AT, AT, AT + 2, 9 - AT):
        assert compiled(x) == np.sum(TABLE[np.floor(x).astype(int)] * x)
    assert compiled.info().hits == 2
