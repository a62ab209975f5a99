"""What is particular to elements mirrored, turned, shifted, put in and left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.manipulation.rearranging
from leopard import Variable
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes
from tests.laws import same
from tests.versions import BEFORE_2_4

proper = arrays(proper_shapes)


@given(proper, st.data())
def test_mirrored_and_turned_any_way(a, data):
    axes = data.draw(st.permutations(range(-a.ndim, 0)))
    some = tuple(axes[: data.draw(st.integers(0, a.ndim))])
    assert_moved(np.flip, a)
    assert_moved(np.flipud, a)
    assert_moved(lambda x: np.flip(x, axes[0]), a)
    assert_moved(lambda x: np.flip(x, axis=some), a)
    if a.ndim > 1:
        assert_moved(np.fliplr, a)
        k = data.draw(st.integers(-5, 5))
        assert_moved(lambda x: np.rot90(x, k, axes[:2]), a)
        assert_moved(lambda x: np.rot90(x), a)


@given(arrays(), st.data())
def test_shifted_along_any_axes(a, data):
    shift = data.draw(st.integers(-9, 9))
    assert_moved(lambda x: np.roll(x, shift), a)
    if a.ndim:
        axis = data.draw(st.lists(axes_of(a), min_size=1, max_size=4))
        shifts = data.draw(st.lists(st.integers(-9, 9), min_size=len(axis), max_size=len(axis)))
        assert_moved(lambda x: np.roll(x, shift, axis[0]), a)
        assert_moved(lambda x: np.roll(x, shift, axis), a)
        assert_moved(lambda x: np.roll(x, shifts, tuple(axis)), a)
        assert_moved(lambda x: np.roll(x, np.array(shifts), axis[0]), a)


def test_a_shift_without_a_sign_is_shifted_back_all_the_same():
    a = np.arange(5.0)
    for shift in (np.uint8(1), np.array(3, np.uint16), np.array([1, 2], np.uint8), 2**70):
        assert_moved(lambda x, shift=shift: np.roll(x, shift), a)


@given(proper, st.data())
def test_put_in_and_left_out_anywhere(a, data):
    axis = data.draw(axes_of(a))
    n = a.shape[axis]
    places = data.draw(st.lists(st.integers(-n, n), min_size=1, max_size=4))
    shape = list(a.shape)
    shape[axis] = len(places)
    values = data.draw(arrays(tuple(shape)))
    assert_moved(lambda x, v: np.insert(x, places, v, axis), a, values)
    assert_moved(lambda x, v: np.insert(x, places, v), a, data.draw(arrays((len(places),))) + 100)
    one = data.draw(arrays(tuple(m for i, m in enumerate(a.shape) if i != axis % a.ndim)))
    assert_moved(lambda x, v: np.insert(x, places[0], v, axis=axis), a, one)
    inside = [place for place in places if place < n]
    assert_moved(lambda x: np.delete(x, inside, axis), a)
    assert_moved(lambda x: np.delete(x, np.array(inside, int), axis=axis), a)
    part = slice(
        *[data.draw(st.none() | st.integers(-5, 5)) for _ in range(2)], data.draw(st.sampled_from([1, 2, -1]))
    )
    assert_moved(lambda x: np.delete(x, part, axis), a)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    assert_moved(lambda x: np.delete(x, mask, axis), a)
    assert_moved(lambda x: np.delete(x, 0), a)


def test_what_is_put_in_is_cast_as_numpy_casts_it():
    for dtype, value in [(np.float32, 0.1), (np.float16, 0.1), (float, 3)]:
        a, v = np.ones(3, dtype), Variable(np.array(value))
        y = np.insert(Variable(a), 1, v)
        assert same(y.data, np.insert(a, 1, value))
        y.backward()
        if v.dtype == float:
            assert v.grad.data == 1.0
            assert v.grad.dtype == float


def test_lists_and_masks_that_change_after_the_call_change_nothing():
    x = Variable(np.arange(3.0))
    for change in (np.delete, np.insert):
        for places in ([0, 1], np.array([0, 1])):
            rest = () if change is np.delete else (0.0,)
            y = change(x, places, *rest)
            places[0] = 2
            x.cleargrad()
            y.backward()
            assert same(x.grad.data, np.array([0.0, 0.0, 1.0]) if change is np.delete else np.ones(3))


# -- trim_zeros ----------------------------------------------------------------------------------

SPARSE = [
    np.array([0.0, 0.0, 1.0, 0.0, 2.0, 0.0]),
    np.array([1.0, 2.0]),
    np.zeros(3),
    np.zeros(0),
    np.array([0.0, -0.0, np.nan, 0.0]),
    np.array([0.0, 1j, 0.0]),
    np.pad(np.arange(6.0).reshape(2, 3), ((1, 2), (0, 1))),
    np.zeros((2, 3)),
]


@pytest.mark.parametrize("a", SPARSE, ids=str)
@pytest.mark.parametrize("trim", ["fb", "bf", "f", "b", "FB", "F"])
def test_zeros_are_trimmed_as_numpy_trims_them(a, trim):
    axes = [None, 0, -1, (), (0,)] if a.ndim == 1 else [None, 0, -1, (), (1, 0), (-2,)]
    if BEFORE_2_4:
        axes = [axis for axis in axes if not isinstance(axis, tuple)]
    for axis in axes:
        wanted = np.trim_zeros(a, trim, axis)
        x = Variable(a)
        y = np.trim_zeros(x, trim, axis)
        assert same(y.data, wanted)
        if y.size:
            assert np.shares_memory(y.data, a)
        y.grad = np.ones_like(y.data)
        y.backward()
        if x.grad is not None:
            assert np.sum(x.grad.data) == y.size


def test_the_gradient_of_trimmed_zeros_is_zero():
    x = Variable(np.array([0.0, 1.0, 0.0, 2.0, 0.0]))
    np.trim_zeros(x).backward()
    assert same(x.grad.data, np.array([0.0, 1.0, 1.0, 1.0, 0.0]))


WRONG = {
    "flip beyond": lambda x: np.flip(x, 2),
    "flip twice": lambda x: np.flip(x, (0, 0)),
    "fliplr": lambda x: np.fliplr(x[0]),
    "flipud": lambda x: np.flipud(np.sum(x)),
    "rot90 one axis": lambda x: np.rot90(x, 1, (0,)),
    "rot90 same": lambda x: np.rot90(x, 1, (1, -1)),
    "rot90 beyond": lambda x: np.rot90(x, 1, (0, 2)),
    "rot90 vector": lambda x: np.rot90(x[0]),
    "roll beyond": lambda x: np.roll(x, 1, 2),
    "roll uneven": lambda x: np.roll(x, (1, 2, 3), (0, 1)),
    "insert beyond": lambda x: np.insert(x, 9, 1.0),
    "insert shape": lambda x: np.insert(x, 1, [1.0, 2.0, 3.0, 4.0], axis=0),
    "insert axis": lambda x: np.insert(x, 1, 1.0, axis=2),
    "delete beyond": lambda x: np.delete(x, 9),
    "delete mask": lambda x: np.delete(x, np.array([True]), 1),
    "delete axis": lambda x: np.delete(x, 0, 2),
    "trim": lambda x: np.trim_zeros(x[0], "x"),
    "keyword": lambda x: np.roll(x, 1, out=x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_arranged_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError, IndexError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


def test_views_in_numpy_are_the_cores_views():
    v = Variable(np.ones((2, 3)))
    for y in (np.flip(v), np.fliplr(v), np.flipud(v), np.trim_zeros(v[0])):
        assert type(y.creator) is leopard.functions.basic.indexing.GetItem
