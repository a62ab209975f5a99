"""What is particular to the order of axes, and to axes of length 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.manipulation.axes
from leopard import Variable
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes

proper = arrays(proper_shapes)


@given(proper, st.data())
def test_axes_are_moved_as_numpy_moves_them(a, data):
    n = data.draw(st.integers(0, a.ndim))
    source = data.draw(st.permutations(range(a.ndim)))[:n]
    destination = data.draw(st.permutations(range(-a.ndim, 0)))[:n]
    assert_moved(lambda x: np.moveaxis(x, source, destination), a)
    i, j = data.draw(axes_of(a)), data.draw(axes_of(a))
    assert_moved(lambda x: np.moveaxis(x, i, j), a)
    assert_moved(lambda x: np.swapaxes(x, i, j), a)
    assert_moved(lambda x: x.swapaxes(i, j), a)
    start = data.draw(st.integers(-a.ndim, a.ndim))
    assert_moved(lambda x: np.rollaxis(x, i, start), a)
    order = data.draw(st.permutations(range(a.ndim)))
    assert_moved(lambda x: np.permute_dims(x, order), a)
    assert_moved(lambda x: np.transpose(x, axes=tuple(order)), a)
    assert_moved(lambda x: x.transpose(*order), a)


@given(arrays(), st.data())
def test_axes_of_length_1_come_and_go(a, data):
    n = data.draw(st.integers(1, 3))
    axis = data.draw(st.permutations(range(-a.ndim - n, 0)))[:n]
    assert_moved(lambda x: np.expand_dims(x, tuple(axis)), a)
    one = data.draw(st.integers(-a.ndim - 1, a.ndim))
    assert_moved(lambda x: np.expand_dims(x, one), a)
    assert_moved(lambda x: np.squeeze(np.expand_dims(x, tuple(axis)), tuple(axis)), a)
    assert_moved(lambda x: np.expand_dims(x, tuple(axis)).squeeze(), a)
    for at_least in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        assert_moved(at_least, a)
        assert_moved(lambda x, f=at_least: f(x, x), a)


@pytest.mark.parametrize("axis", [None, 0, -1, ()])
def test_squeezing_a_number_along_the_axis_that_numpy_lets_it_have(axis):
    assert_moved(lambda x: np.squeeze(x, axis), np.array(3.0))


@given(proper)
def test_matrices_are_transposed_in_their_last_two_axes(a):
    if a.ndim > 1:
        assert_moved(np.matrix_transpose, a)
        assert_moved(np.linalg.matrix_transpose, a)
        assert_moved(lambda x: x.mT, a)


def test_several_arrays_come_back_in_a_tuple_and_one_alone():
    x, y = Variable(np.array(1.0)), Variable(np.ones((2, 2)))
    assert type(np.atleast_1d(x, y)) is tuple
    assert np.atleast_2d(x, y)[1] is y
    assert np.atleast_3d(y).shape == (2, 2, 1)
    assert leopard.functions.manipulation.axes.atleast_1d() == ()
    assert leopard.functions.manipulation.axes.atleast_1d(y, 3.0)[1].data == np.array([3.0])


WRONG = {
    "moveaxis twice": lambda x: np.moveaxis(x, (0, 0), (0, 1)),
    "moveaxis uneven": lambda x: np.moveaxis(x, (0, 1), (0,)),
    "moveaxis beyond": lambda x: np.moveaxis(x, 2, 0),
    "swapaxes beyond": lambda x: np.swapaxes(x, 0, 2),
    "rollaxis beyond": lambda x: np.rollaxis(x, 2),
    "rollaxis start": lambda x: np.rollaxis(x, 1, 4),
    "expand_dims beyond": lambda x: np.expand_dims(x, 4),
    "expand_dims twice": lambda x: np.expand_dims(x, (0, 0)),
    "squeeze long": lambda x: np.squeeze(x, 0),
    "squeeze beyond": lambda x: np.squeeze(x, 3),
    "mT of a vector": lambda x: x[0].mT,
    "matrix_transpose of a vector": lambda x: np.matrix_transpose(x[0]),
    "moveaxis of a float": lambda x: np.moveaxis(x, 0.5, 0),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_axis_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


def test_unknown_keywords_are_type_errors():
    v = Variable(np.ones((2, 3)))
    for call in (
        lambda: np.moveaxis(v, 0, 1, out=v),
        lambda: np.squeeze(v, axis=0, out=v),
        lambda: leopard.functions.manipulation.axes.expand_dims(v, 0, copy=True),
        lambda: v.squeeze(out=v),
    ):
        with pytest.raises(TypeError):
            call()
