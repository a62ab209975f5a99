"""What is particular to grids: ends and steps, types, broadcasting, and one value everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leopard import Variable, grad
from leopard.functions.creation import grids
from tests import laws
from tests.functions.moving import arrays, assert_moved, proper_shapes
from tests.laws import same, variables


@st.composite
def broadcasting(draw):
    """A few arrays that broadcast together."""
    whole = draw(proper_shapes)
    found = []
    for _ in range(draw(st.integers(1, 3))):
        shape = tuple([n if draw(st.booleans()) else 1 for n in whole])[draw(st.integers(0, len(whole))) :]
        found.append(draw(arrays(shape)))
    return found


def test_an_open_grid_of_places_has_a_derivative_and_one_of_indices_none():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0, 7.0])

    def f(a, b):
        x, y = np.ix_(a, b)
        return np.sum(x * x * y)

    np.testing.assert_array_equal(grad(f)(a, b), 2 * a * np.sum(b))
    np.testing.assert_array_equal(grad(f, 1)(a, b), np.full(3, np.sum(a * a)))
    places = np.ix_(Variable(np.array([1, 0])), Variable(np.array([True, False, True])))
    assert all(type(i) is np.ndarray for i in places)
    assert same(np.arange(6).reshape(2, 3)[places], np.array([[3, 5], [0, 2]]))
    for bad in (Variable(np.ones((2, 2))), Variable(np.array(1.0))):
        with pytest.raises(ValueError, match="1 dimensional"):
            np.ix_(bad)


@given(broadcasting())
def test_arrays_are_broadcast_together(xs):
    assert_moved(lambda *xs: np.broadcast_arrays(*xs), *xs, views=False)


def test_what_has_the_shape_already_is_not_touched():
    x, y = variables([np.ones((2, 3)), np.ones(3)])
    a, b = np.broadcast_arrays(x, y)
    assert a is x
    assert np.shares_memory(b.data, y.data)
    assert not b.data.flags.writeable
    assert grids.broadcast_arrays() == ()
    with pytest.raises(ValueError, match="broadcast"):
        np.broadcast_arrays(x, Variable(np.ones(2)))
    with pytest.raises(TypeError):
        np.broadcast_arrays(x, y, subok=True)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["xy", "ij"]),
    st.booleans(),
)
def test_grids_of_every_kind(lengths, sparse, indexing, copied):
    xs = [np.arange(n) + 0.5 + 10 * i for i, n in enumerate(lengths)]
    options = {"sparse": sparse, "indexing": indexing, "copy": copied}
    assert_moved(lambda *xs: np.meshgrid(*xs, **options), *xs, views=copied)


def test_a_grid_is_a_tuple_whose_parts_are_their_own():
    x = Variable(np.arange(2.0))
    parts = np.meshgrid(x, x)
    assert type(parts) is tuple
    assert not any(np.shares_memory(part.data, x.data) for part in parts)
    assert grids.meshgrid() == ()
    for wrong in ({"indexing": "yx"}, {"indexing": "XY"}):
        with pytest.raises(ValueError, match="indexing"):
            np.meshgrid(x, x, **wrong)
    with pytest.raises(TypeError):
        np.meshgrid(x, x, order="F")


# -- linspace, geomspace, logspace ---------------------------------------------------------------

SPACES = {"linspace": np.linspace, "geomspace": np.geomspace, "logspace": np.logspace}


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("num", [0, 1, 2, 5])
@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize(
    "shapes_axis", [((), (), 0), ((2,), (), -1), ((2, 1), (3,), 1), ((3,), (2, 3), -3)], ids=str
)
def test_steps_of_every_form(name, num, endpoint, shapes_axis):
    *shapes, axis = shapes_axis

    def call(start, stop):
        return SPACES[name](start, stop, num, endpoint, axis=axis)

    case = laws.own_case(f"{name} n={num}", shapes, call, domain=(0.5, 2.0))
    rng = np.random.default_rng(4)
    laws.value_is_numpys(case, rng)
    for create_graph in (False, True):
        if name == "linspace":
            laws.gradient_is_the_slope(case, rng, create_graph)
        laws.derivative_is_the_slope_of_the_one_below(case, rng, 1 + create_graph)


MIXED = [
    (0, "f4"),
    ("f4", 1),
    ("f4", 2.5),
    ("f2", 2),
    ("f4", np.float64(2.5)),
    ("f4", "f8"),
    ("f8", [2.0, 3.0]),
    ("f4", 2 + 1j),
    ("i4", 2.5),
    ("u1", 3),
    ("c8", 2.0),
    ("g", 2.0),
]


@pytest.mark.parametrize("ends", MIXED, ids=str)
@pytest.mark.parametrize("dtype", [None, "f4", "c16", int])
@pytest.mark.parametrize("name", SPACES)
def test_steps_have_numpys_types(name, ends, dtype):
    plain = [np.array([1, 5], x) if isinstance(x, str) else x for x in ends]
    plain[0] = plain[0] + (name == "geomspace")
    given = [Variable(x) if isinstance(x, np.ndarray) else x for x in plain]
    with np.errstate(all="ignore"):
        try:
            wanted = SPACES[name](*plain, 4, dtype=dtype)
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            with pytest.raises(type(error)):
                SPACES[name](*given, 4, dtype=dtype)
            return
        y = SPACES[name](*given, 4, dtype=dtype)
    assert same(y.data, wanted)
    if y.dtype.kind in "fc" and y.creator is not None:
        y.grad = np.ones_like(y.data)
        with np.errstate(all="ignore"):
            y.backward()
        for x in given:
            if isinstance(x, Variable) and x.dtype.kind in "fc":
                assert x.grad.dtype == x.dtype


@pytest.mark.parametrize("ends", [(0.0, "f8"), ("u1", 3), ("f4", 2)], ids=str)
@pytest.mark.parametrize("num", [0, 1, 4])
def test_the_step_is_returned_too(ends, num):
    plain = [np.array(5, x) if isinstance(x, str) else x for x in ends]
    given = [Variable(x) if isinstance(x, np.ndarray) else x for x in plain]
    y, step = np.linspace(*given, num, retstep=True)
    wanted_y, wanted = np.linspace(*plain, num, retstep=True)
    assert same(y.data, wanted_y)
    assert type(step) is Variable
    np.testing.assert_equal(step.data, wanted)


def test_the_gradient_of_a_step():
    a, b = variables([np.array(1.0), np.array(3.0)])
    _, step = np.linspace(a, b, 5, retstep=True)
    step.backward()
    assert (a.grad.data, b.grad.data) == (-0.25, 0.25)


def test_a_geometric_sequence_from_one_sign_to_the_same():
    for start, stop in [(1.0, 8.0), (-1.0, -8.0), (1j, -8.0), (2.0, 1 + 1j)]:
        a, b = variables([np.array(start), np.array(stop)])
        y = np.geomspace(a, b, 4)
        t = np.arange(4) / 3
        y.grad = np.ones_like(y.data)
        y.backward()
        slope = np.sum((1 - t) * y.data / start)
        assert np.allclose(a.grad.data, np.conj(slope) if np.iscomplexobj(a.data) else slope.real)
    with pytest.raises(ValueError, match="zero"):
        np.geomspace(Variable(np.array(0.0)), 1.0)


def test_wrong_steps_are_numpys_errors():
    v = Variable(np.array(1.0))
    for f in SPACES.values():
        with pytest.raises(ValueError, match="non-negative"):
            f(v, 2.0, -1)
        with pytest.raises(TypeError):
            f(v, 2.0, 2.5)
        with pytest.raises(np.exceptions.AxisError):
            f(v, 2.0, axis=1)
        with pytest.raises(TypeError):
            f(v, 2.0, out=v)


# -- full, full_like -----------------------------------------------------------------------------


@given(broadcasting(), st.sampled_from("CF"), st.sampled_from("CFAK"))
def test_one_value_everywhere(xs, order, like):
    *_, x = xs
    shape = np.broadcast_shapes(*[x.shape for x in xs])

    def full(x):
        return (grids.full if isinstance(x, Variable) else np.full)(shape, x, order=order)

    assert_moved(full, x)
    form = np.zeros(shape[::-1]).transpose() if order == "F" else np.zeros(shape)

    def full_like(x):
        make = grids.full_like if isinstance(x, Variable) else np.full_like
        return make(form, x, dtype=x.dtype, order=like)

    assert_moved(full_like, x)


def test_a_value_is_cast_as_numpy_casts_it():
    v = Variable(np.array(2.75))
    for dtype in (np.float32, int, complex, bool):
        assert same(grids.full(2, v, dtype).data, np.full(2, 2.75, dtype))
        assert same(np.full_like(v, v, dtype).data, np.full_like(v.data, 2.75, dtype))
    y = grids.full((2, 2), v, np.float32)
    y.backward()
    assert v.grad.data == 4.0
    assert v.grad.dtype == float


def test_a_number_makes_a_plain_array():
    v = Variable(np.ones((2, 3)))
    assert same(np.full_like(v, 3.0), np.full((2, 3), 3.0))
    assert same(grids.full(2, 3), np.full(2, 3))
    assert same(np.full_like(v, [1, 2, 3], int, shape=(1, 3)), np.array([[1, 2, 3]]))


def test_numpys_own_full_dispatches_by_like():
    v = Variable(np.array(2.0))
    assert same(np.full(2, v, like=v).data, np.full(2, 2.0))
    with pytest.raises(TypeError, match="v.data"):
        np.full(2, v)
    with pytest.raises(TypeError):
        np.full_like(np.ones(2), v)


def test_each_has_memory_of_its_own():
    v = Variable(np.ones(3))
    for y in (grids.full(3, v), np.full_like(v, v), grids.full((2, 3), v)):
        assert y.data.flags.writeable
        assert not np.shares_memory(y.data, v.data)
