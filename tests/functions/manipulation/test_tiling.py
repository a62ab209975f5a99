"""What is particular to repeating elements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard
import leopard.functions.manipulation.tiling
from leopard import Variable
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes, shapes
from tests.laws import same

view = np.lib.stride_tricks.sliding_window_view
counts = st.integers(0, 3)


@given(arrays(), st.one_of(counts, st.lists(counts, max_size=5)))
def test_tiles_of_every_form(a, reps):
    assert_moved(lambda x: np.tile(x, reps), a)
    assert_moved(lambda x: np.tile(x, np.array(reps, int)), a)


@given(arrays(proper_shapes), st.data())
def test_elements_are_repeated_the_given_number_of_times(a, data):
    axis, n = data.draw(axes_of(a)), data.draw(counts)
    assert_moved(lambda x: np.repeat(x, n), a)
    assert_moved(lambda x: np.repeat(x, n, axis), a)
    assert_moved(lambda x: x.repeat([n], axis=axis), a)
    each = data.draw(st.lists(counts, min_size=a.shape[axis], max_size=a.shape[axis]))
    assert_moved(lambda x: np.repeat(x, each, axis), a)
    assert_moved(lambda x: x.repeat(np.array(each), axis), a)
    assert_moved(lambda x: np.repeat(x, np.resize(np.array(each), x.size)), a)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("n", [0, 1, 2, [3]])
def test_a_number_is_repeated_along_the_axis_that_numpy_lets_it_have(n, axis):
    assert_moved(lambda x: np.repeat(x, n, axis), np.array(3.0))


@given(arrays(proper_shapes), shapes)
def test_resized_to_any_shape(a, shape):
    assert_moved(lambda x: np.resize(x, shape), a)
    assert_moved(lambda x: np.resize(x, list(shape)), a)
    assert_moved(lambda x: np.resize(x, 5), a)


def test_nothing_is_resized_to_zeros():
    y = np.resize(Variable(np.ones(0)), (2, 2))
    assert same(y.data, np.zeros((2, 2)))


@given(arrays(proper_shapes), st.data())
def test_windows_slide_along_any_axes(a, data):
    axes = data.draw(st.lists(axes_of(a), min_size=1, max_size=2))
    left = list(a.shape)
    window = []
    for axis in axes:
        window.append(data.draw(st.integers(1, left[axis])))
        left[axis] -= window[-1] - 1
    assert_moved(lambda x: view(x, window, axes), a)
    assert_moved(lambda x: view(x, tuple(window), axis=tuple(axes)), a)
    assert_moved(lambda x: view(x, window[0], axis=axes[0]), a)
    whole = tuple(data.draw(st.integers(1, n)) for n in a.shape)
    assert_moved(lambda x: view(x, whole), a)


def test_repetitions_are_copies_but_windows_are_read_only_views():
    v = Variable(np.arange(4.0))
    for y in (
        np.tile(v, 1),
        np.tile(v, (1, 1)),
        np.repeat(v, 1),
        np.repeat(v, [1, 1, 1, 1]),
        np.resize(v, 4),
    ):
        assert not np.shares_memory(y.data, v.data)
        assert y.data.flags.writeable
    y = view(v, 2)
    assert np.shares_memory(y.data, v.data)
    assert not y.data.flags.writeable


def test_lists_that_change_after_the_call_change_nothing():
    x = Variable(np.array([1.0, 2.0]))
    for make in (np.tile, np.repeat, np.resize):
        often = [2, 1]
        y = make(x, often)
        wanted = make(np.eye(2), often, *[0] * (make is np.repeat)) if make is np.repeat else None
        often[:] = [1, 3]
        x.cleargrad()
        y.backward()
        if wanted is not None:
            assert same(x.grad.data, np.array([2.0, 1.0]))
        assert x.grad.data.sum() == y.size


WRONG = {
    "tile by a float": lambda x: np.tile(x, 2.0),
    "tile by minus one": lambda x: np.tile(x, -1),
    "repeat by minus one": lambda x: np.repeat(x, -1),
    "repeat unevenly": lambda x: np.repeat(x, [1, 2], axis=1),
    "repeat beyond": lambda x: np.repeat(x, 2, axis=2),
    "resize by minus one": lambda x: np.resize(x, -1),
    "window too large": lambda x: view(x, (3, 1)),
    "window of minus one": lambda x: view(x, -1, 0),
    "windows uneven": lambda x: view(x, (1, 1), axis=0),
    "windows beyond": lambda x: view(x, 1, axis=2),
    "keyword": lambda x: np.tile(x, 2, axis=0),
    "out": lambda x: x.repeat(2, 0, x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_repeated_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError, IndexError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


def test_a_writeable_view_of_windows_is_refused():
    with pytest.raises(TypeError):
        view(Variable(np.ones(3)), 2, writeable=True)


def test_the_functions_are_leopards_own_too():
    y = leopard.functions.manipulation.tiling.sliding_window_view(np.arange(4.0), 2)
    assert same(y.data, view(np.arange(4.0), 2))


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("repeats", [0, 2, [3]])
def test_a_number_is_repeated_along_the_axis_that_it_gets(axis, repeats):
    x = Variable(np.array(3.0))
    y = np.repeat(x, repeats, axis=axis)
    assert same(y.data, np.repeat(np.array(3.0), repeats, axis=axis))
    y.backward(create_graph=True)
    assert same(x.grad.data, np.array(float(np.sum(repeats))))
    tangent = leopard.jvp(lambda x: np.repeat(x, repeats, axis=axis), (3.0,), (2.0,))[1]
    assert same(tangent, np.repeat(np.array(2.0), repeats, axis=axis))
    j = leopard.jacobian(lambda x: np.repeat(x, repeats, axis=axis))(np.array(3.0))
    assert same(j, np.ones(y.shape))


@pytest.mark.parametrize(("shape", "repeats"), [((2, 2), 2**62), ((4,), [2**62] * 4), ((2, 2), [[2**62]])])
def test_more_repetitions_than_numpy_can_count_are_an_error(shape, repeats):
    """NumPy 2.4 counts modulo 2**64, and writes behind its array."""
    with pytest.raises(ValueError, match="repeat"):
        np.repeat(Variable(np.ones(shape)), repeats)
