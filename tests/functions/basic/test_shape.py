"""What is particular to moving elements about: the forms of the arguments, views, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.basic.shape
from leopard import Variable, functions
from tests.functions.moving import arrays, assert_moved
from tests.laws import same


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


@given(arrays(), st.data())
def test_reshape_reads_and_places_in_any_order(a, data):
    order = data.draw(st.sampled_from(["C", "F", "A", "c", "f", "a"]))
    n = a.size
    new = data.draw(st.sampled_from([n, (n,), (n, 1), [1, -1] if n else [0, 3], a.shape[::-1], a.shape]))
    assert_moved(lambda x: np.reshape(x, new, order), a)
    assert_moved(lambda x: x.reshape(new, order=order), a)
    assert_moved(lambda x: np.reshape(x, new, order=order, copy=True), a)


@given(arrays(), st.sampled_from("CFA"), st.data())
def test_reshape_that_may_not_copy_is_a_view_or_an_error(a, order, data):
    new = data.draw(st.sampled_from([(a.size,), a.shape[::-1]]))
    try:
        np.reshape(a, new, order, copy=False)
    except ValueError:
        with pytest.raises(ValueError, match="copy"):
            np.reshape(Variable(a), new, order, copy=False)
    else:
        assert_moved(lambda x: np.reshape(x, new, order, copy=False), a)


def test_reshape_has_no_other_order(x):
    for order in ("K", "B", ""):
        with pytest.raises((ValueError, TypeError)):
            np.reshape(x.data, 6, order)
        with pytest.raises((ValueError, TypeError)):
            np.reshape(x, 6, order)


def test_reshape_keeps_to_the_kernel_of_the_core(x):
    for y in (x.reshape(6), x.reshape(3, 2), np.reshape(x, 6), np.reshape(x, (3, 2)), x.T, np.transpose(x)):
        assert type(y.creator) in (
            leopard.functions.basic.shape.Reshape,
            leopard.functions.basic.shape.Transpose,
        )
        assert y.creator.inputs == (x,)


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


@given(arrays(), st.sampled_from("CFAK"), st.booleans())
def test_astype_lays_out_what_it_makes(a, order, copied):
    for dtype in (np.float64, np.longdouble):
        assert_moved(lambda x, dtype=dtype: x.astype(dtype, order=order, copy=copied).astype(float), a)
        y, plain = [x.astype(dtype, order=order, copy=copied) for x in (Variable(a), a)]
        assert same(y.data, plain)
        assert y.data.flags.c_contiguous == plain.flags.c_contiguous
        assert y.data.flags.f_contiguous == plain.flags.f_contiguous


def test_astype_copies_by_default(x):
    assert x.astype(float, copy=False) is x
    assert np.astype(x, float, copy=False) is x
    assert not np.shares_memory(x.astype(float).data, x.data)
    assert not np.shares_memory(np.astype(x, float).data, x.data)


def test_a_cast_that_the_rule_forbids_is_numpys_error(x):
    for casting, dtype in [("safe", np.float32), ("no", np.float32), ("same_kind", int), ("equiv", ">f4")]:
        with pytest.raises(TypeError, match="Cannot cast"):
            x.astype(dtype, casting=casting)
    assert x.astype(np.longdouble, casting="safe").dtype == np.longdouble


def test_the_gradient_of_complex_numbers_stays_complex():
    x = Variable(np.array([1 + 2j, 3 - 1j]))
    y = x.astype(np.complex64)
    y.grad = np.array([1j, 2.0], np.complex64)
    y.backward()
    assert same(x.grad.data, np.array([1j, 2.0]))


def test_complex_numbers_lose_their_imaginary_parts_with_numpys_warning():
    x = Variable(np.array([1 + 2j, 3 - 1j]))
    with pytest.warns(np.exceptions.ComplexWarning):
        y = x.astype(float)
    y.backward()
    assert same(x.grad.data, np.array([1 + 0j, 1 + 0j]))


def test_numpys_copy_of_a_result_leads_back(x):
    y = np.copy(x * 2)
    y.backward()
    assert same(x.grad.data, np.full((2, 3), 2.0))
