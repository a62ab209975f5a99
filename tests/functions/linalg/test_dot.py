"""Products in every shape, the order of a chain, and the errors."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.linalg.dot import (
    add_sequence,
    dot,
    inner,
    multi_dot,
    multi_matmul,
    multiply_sequence,
    tensordot,
    vdot,
)
from tests.laws import same
from tests.matrices import drawn, slopes_at

each_type = pytest.mark.parametrize("dtype", [float, complex])
shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@settings(max_examples=60, deadline=None)
@given(shapes, shapes, st.integers(0, 3), st.booleans())
def test_dot_and_inner_of_any_number_of_axes(a, b, n, complexes):
    x, y = drawn(*a, n), drawn(*b[:-1], n, *b[-1:], dtype=complex if complexes else float)
    assert same(dot(Variable(x), Variable(y)).data, np.asarray(np.dot(x, y)))
    slopes_at(dot, x, y, orders=[1, 2])
    y = drawn(*b, n, dtype=complex if complexes else float)
    assert same(inner(Variable(x), Variable(y)).data, np.asarray(np.inner(x, y)))
    slopes_at(inner, x, y, orders=[1, 2])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tensordot_of_any_pairs_of_axes(data):
    n, m = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    a = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    b = data.draw(st.lists(st.integers(1, 3), min_size=m, max_size=m))
    k = data.draw(st.integers(0, min(n, m)))
    axes = [data.draw(st.permutations(range(i)))[:k] for i in (n, m)]
    for i, j in zip(*axes, strict=True):
        b[j] = a[i]
    axes = [
        [i - size * data.draw(st.booleans()) for i in some] for some, size in zip(axes, (n, m), strict=True)
    ]
    x, y = drawn(*a), drawn(*b, seed=1)
    assert same(tensordot(Variable(x), Variable(y), axes).data, np.asarray(np.tensordot(x, y, axes)))
    slopes_at(lambda x, y: np.tensordot(x, y, axes=axes), x, y, orders=[1, 2])


@pytest.mark.parametrize(
    "axes", [0, 1, 2, np.int64(1), (0, 1), [1, 0], ([0], (1,)), (np.array([0, 1]), [1, 0])]
)
def test_every_form_of_tensordots_axes(axes):
    x, y = drawn(3, 3), drawn(3, 3, seed=1)
    assert same(tensordot(x, Variable(y), axes).data, np.asarray(np.tensordot(x, y, axes)))
    slopes_at(lambda x, y: tensordot(x, y, axes), x, y, orders=[1, 2])


def test_dot_is_a_method():
    a, b = drawn(2, 3), drawn(3, 4)
    assert same(Variable(a).dot(b).data, a.dot(b))
    assert same(Variable(a).dot(2.0).data, a.dot(2.0))


@each_type
def test_vdot_conjugates_its_first(dtype):
    x, y = drawn(2, 3, dtype=dtype), drawn(3, 2, dtype=complex)
    assert same(vdot(Variable(x), Variable(y)).data, np.asarray(np.vdot(x, y)))
    slopes_at(vdot, x, y)


@pytest.mark.parametrize("f", [np.dot, np.inner, np.vdot, np.tensordot])
def test_shapes_that_do_not_fit_are_numpys_error(f):
    for a, b in [((2, 3), (4, 5)), ((3,), (4,))]:
        with pytest.raises((ValueError, IndexError)):
            f(Variable(np.ones(a)), np.ones(b))


def test_axes_that_tensordot_cannot_pair_are_numpys_error():
    x, y = Variable(np.ones((2, 3))), np.ones((3, 2))
    for axes in [([0, 0], [1, 1]), ([0, 1], [1]), (0, 0), (2, 0)]:
        with pytest.raises((ValueError, IndexError)):
            tensordot(x, y, axes)


@pytest.mark.parametrize("f", [np.dot, np.linalg.multi_dot])
def test_no_result_is_written_elsewhere(f):
    a = Variable(np.eye(2))
    args = ([a, a, a],) if f is np.linalg.multi_dot else (a, a)
    with pytest.raises(TypeError, match="out"):
        f(*args, out=np.zeros((2, 2)))


# -- Chains --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [*itertools.permutations([1, 2, 3, 5, 8, 13])][::37], ids=str)
def test_a_chain_is_multiplied_in_numpys_order(sizes):
    arrays = [drawn(*pair, seed=i) for i, pair in enumerate(itertools.pairwise(sizes))]
    assert same(multi_dot([Variable(a) for a in arrays]).data, np.linalg.multi_dot(arrays))
    for n in (2, 3, 4):
        assert same(multi_dot([*map(Variable, arrays[:n])]).data, np.linalg.multi_dot(arrays[:n]))


def test_the_cheapest_order_is_found_where_two_cost_the_same():
    arrays = [drawn(2, 2, seed=i) for i in range(5)]
    for n in (3, 4, 5):
        assert same(multi_dot([*map(Variable, arrays[:n])]).data, np.linalg.multi_dot(arrays[:n]))


def test_a_chain_of_something_else_is_an_error():
    a = Variable(np.eye(2))
    with pytest.raises(ValueError, match="at least two"):
        np.linalg.multi_dot([a])
    with pytest.raises(np.linalg.LinAlgError, match="3-dimensional"):
        multi_dot([a, np.ones((2, 2, 2)), a])
    with pytest.raises(np.linalg.LinAlgError, match="1-dimensional"):
        multi_dot([a, np.ones(2), a])
    with pytest.raises(ValueError, match="aligned"):
        multi_dot([a, np.ones((3, 2)), a])


def test_mygrads_names():
    a, b, c = drawn(2, 3), drawn(3, 1), drawn(1, 4)
    assert same(multi_matmul([Variable(a), b, Variable(c)]).data, np.linalg.multi_dot([a, b, c]))
    slopes_at(lambda a, b, c: multi_matmul((a, b, c)), a, b, c)
    x, y, z = drawn(2, 3), drawn(3), drawn(2, 1)
    assert same(add_sequence(Variable(x), y, Variable(z)).data, x + y + z)
    assert same(multiply_sequence(Variable(x), y, Variable(z)).data, x * y * z)
    slopes_at(lambda *xs: add_sequence(*xs, 2.0), x, y, z)
    slopes_at(lambda *xs: multiply_sequence(*xs, 2.0), x, y, z)
    for f, name in [(add_sequence, "add"), (multiply_sequence, "mul")]:
        with pytest.raises(ValueError, match=f"{name}.*two arrays or more"):
            f(Variable(x))
