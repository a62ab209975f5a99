"""Vector products of two components and over broadcast axes; Kronecker products; powers."""

import itertools

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.outer import (
    cross,
    kron,
    outer,
)
from tests.laws import same
from tests.matrices import drawn, slopes_at


def skip_where_numpy_has_none(n):
    try:
        np.cross(np.ones(n), np.ones(3))
    except ValueError:
        pytest.skip("from NumPy 2.5 on there is no product of vectors of two components")


each_type = pytest.mark.parametrize("dtype", [float, complex])


@each_type
@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 3), (3, 2), (3, 3)])
def test_vectors_of_two_and_of_three_components(n, m, dtype):
    skip_where_numpy_has_none(min(n, m))
    for a, b, options in [
        ((n,), (m,), {}),
        ((4, n), (m,), {}),
        ((n, 4), (4, m), {"axisa": 0}),
        ((2, 1, n), (4, m), {"axisa": -1, "axisb": 1}),
        ((n, 4), (m, 4), {"axis": 0}),
        ((4, n), (2, m, 4), {"axisb": 1, "axisc": 0}),
    ]:
        x, y = drawn(*a, dtype=dtype), drawn(*b)
        assert same(cross(Variable(x), Variable(y), **options).data, np.asarray(np.cross(x, y, **options)))
        slopes_at(lambda x, y, o=options: np.cross(x, y, **o), x, y, orders=[1, 2])


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
def test_two_components_are_warned_of_as_numpy_does():
    skip_where_numpy_has_none(2)
    with pytest.warns(DeprecationWarning, match="2-dimensional vectors"):
        cross(Variable(np.ones(2)), np.ones(2))


def test_no_other_number_of_components_has_a_vector_product():
    for a, b in [((4,), (3,)), ((), (3,)), ((1,), (3,))]:
        with pytest.raises(ValueError):  # noqa: PT011 (NumPy's)
            cross(Variable(np.ones(a)), np.ones(b))
    with pytest.raises(ValueError, match="three components"):
        np.linalg.cross(Variable(np.ones(2)), np.ones(2))
    for name in ("axisa", "axisb", "axisc", "axis"):
        with pytest.raises(ValueError):  # noqa: PT011 (an AxisError)
            cross(Variable(np.ones(3)), np.ones(3), **{name: 1})


SHAPES = [(), (2,), (3, 2), (1, 2, 2), (0,), (2, 0)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(SHAPES, SHAPES)), ids=str)
def test_kronecker_products_of_every_two_shapes(a, b):
    x, y = drawn(*a), drawn(*b)
    assert same(kron(Variable(x), Variable(y)).data, np.asarray(np.kron(x, y)))
    slopes_at(np.kron, x, y, orders=[1, 2])


@pytest.mark.parametrize(("a", "b"), list(itertools.product(SHAPES, SHAPES)), ids=str)
def test_outer_products_of_every_two_shapes(a, b):
    x, y = drawn(*a), drawn(*b)
    assert same(outer(Variable(x), Variable(y)).data, np.asarray(np.outer(x, y)))
    slopes_at(np.outer, x, y, orders=[1, 2])


def test_the_outer_product_of_the_array_api_is_of_vectors():
    for a, b in [((2, 2), (2,)), ((2,), ())]:
        with pytest.raises(ValueError, match="expected vectors"):
            np.linalg.outer(Variable(np.ones(a)), np.ones(b))


@pytest.mark.parametrize("f", [np.outer, np.kron, np.cross])
def test_no_result_is_written_elsewhere(f):
    with pytest.raises(TypeError):
        f(Variable(np.ones(3)), np.ones(3), out=np.zeros(3))
