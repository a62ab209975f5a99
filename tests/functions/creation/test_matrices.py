"""Diagonals and triangles: every offset and pair of axes, what is not taken, and the errors."""

import itertools

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.creation.matrices import (
    diag,
    diagflat,
    diagonal,
    trace,
    tril,
    triu,
    vander,
)
from tests.laws import same
from tests.matrices import drawn, slopes_at


@pytest.mark.parametrize("offset", range(-4, 5))
@pytest.mark.parametrize("axes", list(itertools.permutations([0, 1, -1], 2)), ids=str)
def test_every_offset_and_pair_of_axes(offset, axes):
    x = drawn(2, 3, 4)
    for f, numpys in [(diagonal, np.diagonal), (trace, np.trace)]:
        y = f(Variable(x), offset, *axes)
        assert same(y.data, np.asarray(numpys(x, offset, *axes)))
        slopes_at(lambda x, f=numpys: f(x, offset=offset, axis1=axes[0], axis2=axes[1]), x, orders=[1, 2])


@pytest.mark.parametrize("k", range(-4, 5))
def test_every_diagonal_and_triangle(k):
    for shape in [(3,), (3, 3), (2, 4), (4, 2), (0,), (0, 3)]:
        for f, numpys in [(diag, np.diag), (diagflat, np.diagflat), (tril, np.tril), (triu, np.triu)]:
            x = drawn(*shape)
            assert same(f(Variable(x), k).data, np.asarray(numpys(x, k)))
            slopes_at(lambda x, f=numpys: f(x, k=k), x, orders=[1, 2])


def test_they_are_methods():
    x = drawn(2, 3, 4)
    for name in ("diagonal", "trace"):
        for args in [(), (1,), (-1, 2, 0)]:
            assert same(getattr(Variable(x), name)(*args).data, getattr(x, name)(*args))


def test_the_array_api_takes_the_last_two_axes():
    x = drawn(2, 3, 4)
    for numpys in (np.linalg.diagonal, np.linalg.trace):
        assert same(numpys(Variable(x), offset=1).data, numpys(x, offset=1))


def test_a_trace_in_another_type():
    x = Variable(np.full((3, 3), 0.1, np.float32))
    y = np.trace(x, dtype=np.float64)
    assert same(y.data, np.asarray(np.trace(x.data, dtype=np.float64)))
    y.backward()
    assert same(x.grad.data, np.eye(3, dtype=np.float32))


@pytest.mark.parametrize("f", [np.tril, np.triu])
def test_what_is_not_taken_contributes_nothing(f):
    """Not even where it is nan."""
    x = Variable(np.array([[1.0, np.nan], [np.nan, 2.0]]))
    y = f(x)
    y.grad = np.full((2, 2), 3.0)
    y.backward()
    assert same(x.grad.data, f(np.full((2, 2), 3.0)))


def test_the_diagonal_is_a_view_and_its_gradient_is_not():
    x = Variable(drawn(3, 3))
    y = diagonal(x)
    assert np.may_share_memory(y.data, x.data)
    y.sum().backward()
    assert x.grad.data.flags.owndata and x.grad.data.flags.writeable


def test_what_numpy_refuses_is_refused():
    x = Variable(drawn(2, 3, 4))
    for f in [
        lambda: np.diag(x),
        lambda: np.diag(Variable(np.array(1.0))),
        lambda: np.diagonal(x, axis1=0, axis2=0),
        lambda: np.diagonal(x, axis1=3),
        lambda: np.trace(Variable(np.ones(3))),
    ]:
        with pytest.raises(ValueError):  # noqa: PT011 (NumPy's)
            f()
    with pytest.raises(TypeError):
        np.trace(x, out=np.zeros(4))
    with pytest.raises(TypeError):
        np.tril(x, other=1)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("increasing", [False, True])
def test_powers_at_0(increasing, dtype):
    x = np.array([0.0, 1.0, -2.0], dtype)
    slopes_at(lambda x: vander(x, 5, increasing), x)


def test_powers_of_a_matrix_are_an_error():
    with pytest.raises(ValueError, match="one-dimensional"):
        np.vander(Variable(np.ones((2, 2))))
