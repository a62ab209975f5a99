"""What is particular to cutting arrays into parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.manipulation.splitting
from leopard import Variable
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes


@given(arrays(proper_shapes), st.data())
def test_an_array_is_split_anywhere(a, data):
    axis = data.draw(axes_of(a))
    n = a.shape[axis]
    places = data.draw(st.lists(st.integers(-n - 1, n + 2), max_size=4))
    assert_moved(lambda x: np.split(x, places, axis), a)
    assert_moved(lambda x: np.split(x, np.array(places, int), axis=axis), a)
    assert_moved(lambda x: np.array_split(x, tuple(places), axis), a)
    sections = data.draw(st.integers(1, n + 2))
    assert_moved(lambda x: np.array_split(x, sections, axis), a)
    for k in range(1, n + 1):
        if n % k == 0:
            assert_moved(lambda x, k=k: np.split(x, k, axis), a)
    if hasattr(np, "unstack"):
        assert_moved(lambda x: np.unstack(x, axis=axis), a)


@given(arrays(proper_shapes), st.lists(st.integers(-2, 5), max_size=3))
def test_an_array_is_split_along_named_axes(a, places):
    assert_moved(lambda x: np.hsplit(x, places), a)
    if a.ndim > 1:
        assert_moved(lambda x: np.vsplit(x, places), a)
    if a.ndim > 2:
        assert_moved(lambda x: np.dsplit(x, places), a)


def test_the_parts_come_in_numpys_containers():
    v = Variable(np.ones((2, 4)))
    for parts in (np.split(v, 2), np.array_split(v, 3), np.hsplit(v, 2), np.vsplit(v, 2)):
        assert type(parts) is list
        assert all(type(part) is Variable for part in parts)
    assert type(leopard.functions.manipulation.splitting.unstack(v)) is tuple


WRONG = {
    "unequal": lambda x: np.split(x, 3),
    "none": lambda x: np.array_split(x, 0),
    "beyond": lambda x: np.split(x, 1, axis=2),
    "before": lambda x: np.split(x, 1, axis=-3),
    "vsplit": lambda x: np.vsplit(x[0], 1),
    "dsplit": lambda x: np.dsplit(x, 1),
    "hsplit": lambda x: np.hsplit(np.sum(x), 1),
    "unstack": lambda x: np.unstack(np.sum(x)),
    "keyword": lambda x: np.split(x, 1, out=x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_split_is_numpys_error(name):
    a = np.ones((2, 4))
    with pytest.raises((ValueError, IndexError, TypeError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))
