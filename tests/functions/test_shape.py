"""What is particular to moving elements about: the forms of the arguments, views, errors."""

import copy

import numpy as np
import pytest

import leopard
from leopard import Variable, functions
from tests.laws import gradients, same, variables


@pytest.fixture
def x():
    return Variable(np.arange(6.0).reshape(2, 3))


# -- reshape, transpose --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 2), (6,), (-1,), (1, 6, 1), (3, -1)])
def test_reshape_is_a_method_with_the_shape_spread_or_as_one(x, shape):
    for y in [x.reshape(shape), x.reshape(*shape), x.reshape(list(shape)), np.reshape(x, shape)]:
        assert same(y.data, x.data.reshape(shape))


def test_reshape_to_one_number_makes_a_row(x):
    assert x.reshape(6).shape == (6,)
    assert x.reshape(-1).shape == (6,)
    assert x.reshape(np.int64(6)).shape == (6,)


def test_a_wrong_size_is_numpys_error(x):
    with pytest.raises(ValueError, match="cannot reshape array of size 6"):
        x.reshape(4)


def test_transpose_in_all_its_forms(x):
    forms = [x.T, x.transpose(), x.transpose(1, 0), x.transpose((1, 0)), x.transpose([1, 0]), np.transpose(x)]
    forms += [x.transpose(None), x.transpose(-1, -2), functions.transpose(x, (1, 0))]
    for y in forms:
        assert same(y.data, x.data.T)
        x.cleargrad()
        y.grad = np.arange(6.0).reshape(3, 2)
        y.backward()
        assert same(x.grad.data, np.arange(6.0).reshape(3, 2).T.copy())


def test_transpose_of_a_vector_or_a_scalar_is_itself():
    assert Variable(np.ones(3)).T.shape == (3,)
    assert Variable(np.array(1.0)).T.shape == ()
    assert Variable(np.array(1.0)).transpose(()).shape == ()


def test_axes_that_are_no_permutation_are_numpys_error(x):
    for axes in [(0, 0), (0,), (0, 1, 2), (0, 5)]:
        with pytest.raises(ValueError, match="axes|axis"):
            x.transpose(axes)


def test_a_view_in_numpy_is_a_view_here(x):
    assert np.shares_memory(x.T.data, x.data)
    assert np.shares_memory(x.reshape(6).data, x.data)
    assert np.shares_memory(x[0].data, x.data)
    assert not np.shares_memory(functions.duplicate(x).data, x.data)


# -- broadcasting and its sums -------------------------------------------------------------------


def test_broadcast_to_and_sum_to_are_adjoint():
    rng = np.random.default_rng(1)
    for small, large in [
        ((3,), (2, 3)),
        ((), (2, 3)),
        ((2, 1), (2, 3)),
        ((1, 1), (4, 2, 3)),
        ((2, 3), (2, 3)),
    ]:
        a, b = rng.standard_normal(small), rng.standard_normal(large)
        up = np.vdot(functions.broadcast_to(Variable(a), large).data, b)
        down = np.vdot(a, functions.sum_to(Variable(b), small).data)
        assert up == pytest.approx(down)


def test_broadcast_data_is_read_only_and_its_gradient_is_not():
    x = Variable(np.ones(3))
    y = functions.broadcast_to(x, (2, 3))
    assert not y.data.flags.writeable
    y.backward()
    assert same(x.grad.data, np.full(3, 2.0))
    assert x.grad.data.flags.writeable


def test_what_does_not_broadcast_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        functions.broadcast_to(Variable(np.ones(3)), (2, 4))
    for shape in [(2,), (2, 2), (1, 1, 3), (6,)]:
        with pytest.raises(ValueError, match="sum_to"):
            functions.sum_to(Variable(np.ones((2, 3))), shape)


def test_sum_to_of_the_same_shape_is_the_same_value(x):
    assert same(functions.sum_to(x, (2, 3)).data, x.data)


# -- astype, copies ------------------------------------------------------------------------------


def test_a_gradient_comes_back_in_the_type_it_set_out_from():
    x = Variable(np.array([1.0, 2.0], np.float32))
    y = x.astype(np.float64) * 3
    assert y.dtype == np.float64
    y.backward()
    assert x.grad.dtype == np.float32
    assert same(x.grad.data, np.full(2, 3, np.float32))


def test_astype_to_integers_passes_no_gradient_on(x):
    y = x.astype(np.int64)
    assert y.dtype == np.int64
    (y * 0.5 + x).backward()
    assert same(x.grad.data, np.ones((2, 3)))


def test_a_copy_of_a_result_leads_back(x):
    y = copy.copy(x * 2)
    y.backward()
    assert same(x.grad.data, np.full((2, 3), 2.0))


# -- concatenate, stack --------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, -2, None])
def test_concatenate_gives_each_its_part(axis):
    rng = np.random.default_rng(2)
    arrays = [rng.standard_normal((2, 2)) for _ in range(3)]
    joined = np.concatenate(arrays, axis)
    start = rng.standard_normal(joined.shape)
    parts = [start[i : i + 4].reshape(2, 2) for i in (0, 4, 8)] if axis is None else np.split(start, 3, axis)
    for join in (leopard.concatenate, np.concatenate):
        for create_graph in (False, True):
            gxs = gradients(
                lambda *xs, join=join: join(xs, axis),
                variables(arrays),
                start.copy(),
                create_graph=create_graph,
            )
            assert all(np.array_equal(g, p) for g, p in zip(gxs, parts, strict=True))


def test_one_variable_joined_to_itself_gets_both_parts():
    x = Variable(np.array([1.0, 2.0]))
    y = leopard.concatenate([x, x, np.zeros(2), x])
    y.grad = np.arange(8.0)
    y.backward()
    assert same(x.grad.data, np.array([0.0 + 2 + 6, 1.0 + 3 + 7]))


def test_unequal_parts_and_empty_ones_are_joined():
    xs = variables([np.ones(2), np.ones(0), np.ones(3)])
    y = leopard.concatenate(xs)
    y.grad = np.arange(5.0)
    y.backward()
    assert [x.grad.data.tolist() for x in xs] == [[0.0, 1.0], [], [2.0, 3.0, 4.0]]


def test_stack_makes_an_axis_anywhere():
    arrays = [np.full((2, 3), float(k)) for k in range(4)]
    for axis in range(-3, 3):
        for join in (leopard.stack, np.stack):
            assert same(join(variables(arrays), axis=axis).data, np.stack(arrays, axis=axis))


def test_stack_of_scalars_and_numbers_is_a_vector():
    x = Variable(np.array(2.0))
    y = leopard.stack([x, 1.0, x * x, 3])
    assert same(y.data, np.array([2.0, 1.0, 4.0, 3.0]))
    y.backward()
    assert x.grad.data == 5.0


def test_what_cannot_be_joined_is_refused_with_a_word():
    with pytest.raises(ValueError, match=r"stack: the shapes differ, \(2,\), \(3,\)"):
        leopard.stack([Variable(np.ones(3)), np.ones(2)])
    with pytest.raises(ValueError, match="stack: nothing to join"):
        leopard.stack([])
    with pytest.raises(ValueError, match="stack: no axis 2 in a result of 2 axes"):
        leopard.stack([Variable(np.ones(3))], axis=2)
    with pytest.raises(ValueError, match="dimension"):
        leopard.concatenate([Variable(np.ones((2, 3))), np.ones((3, 2))])
    with pytest.raises((ValueError, TypeError)):
        leopard.concatenate([])
    with pytest.raises(np.exceptions.AxisError):
        leopard.concatenate([Variable(np.ones(2))], axis=1)


def test_joining_different_dtypes_gives_each_gradient_its_own():
    a, b = Variable(np.ones(2, np.float32)), Variable(np.ones(2))
    leopard.concatenate([a, b]).backward()
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)
