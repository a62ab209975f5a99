"""What is particular to putting arrays together: which get what, the forms of the arguments, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.manipulation.joining
from leopard import Variable
from leopard.functions.manipulation.joining import c_, r_
from tests.functions.moving import arrays, assert_moved, proper_shapes, seeds
from tests.laws import gradients, same, variables

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


def test_parts_that_cannot_be_joined_are_errors():
    with pytest.raises(ValueError, match=r"stack: the shapes differ, \(2,\), \(3,\)"):
        leopard.stack([Variable(np.ones(3)), np.ones(2)])
    with pytest.raises(ValueError, match="need at least one array to stack"):
        leopard.stack([])
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        leopard.stack([Variable(np.ones(3))], axis=2)
    with pytest.raises(ValueError, match="dimension"):
        leopard.concatenate([Variable(np.ones((2, 3))), np.ones((3, 2))])
    with pytest.raises(ValueError, match="need at least one array"):
        leopard.concatenate([])
    with pytest.raises(np.exceptions.AxisError):
        leopard.concatenate([Variable(np.ones(2))], axis=1)


def test_joining_different_dtypes_gives_each_gradient_its_own():
    a, b = Variable(np.ones(2, np.float32)), Variable(np.ones(2))
    leopard.concatenate([a, b]).backward()
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


# -- all of them ---------------------------------------------------------------------------------


@st.composite
def alike(draw, vary=True):
    """Arrays that differ in their length along one axis at most, and this axis."""
    shape = draw(proper_shapes)
    axis = draw(st.integers(0, len(shape) - 1))
    xs = []
    for _ in range(draw(st.integers(1, 4))):
        n = draw(st.integers(0, 3)) if vary else shape[axis]
        xs.append(draw(arrays((*shape[:axis], n, *shape[axis + 1 :]))))
    return xs, axis


@given(alike(), st.booleans())
def test_arrays_are_concatenated_along_any_axis(xs_axis, from_the_end):
    xs, axis = xs_axis
    axis = axis - xs[0].ndim if from_the_end else axis
    assert_moved(lambda *xs: np.concatenate(xs, axis), *xs)
    assert_moved(lambda *xs: np.concat(list(xs), axis=axis), *xs)
    assert_moved(lambda *xs: np.concatenate(xs, None), *xs)
    assert_moved(lambda *xs: np.append(xs[0], xs[-1], axis), *xs)
    assert_moved(lambda *xs: np.append(xs[0], xs[-1]), *xs)


@given(alike(vary=False), st.data())
def test_arrays_are_stacked_along_any_axis(xs_axis, data):
    xs, _ = xs_axis
    axis = data.draw(st.integers(-xs[0].ndim - 1, xs[0].ndim))
    assert_moved(lambda *xs: np.stack(xs, axis), *xs)
    assert_moved(lambda *xs: np.stack(xs, axis=axis, dtype=float, casting="same_kind"), *xs)
    for join in (np.hstack, np.vstack, np.dstack):
        assert_moved(lambda *xs, join=join: join(xs), *xs)
    if xs[0].ndim < 3:
        assert_moved(lambda *xs: np.column_stack(xs), *xs)


@given(seeds)
def test_scalars_and_vectors_become_rows_columns_and_layers(seed):
    rng = np.random.default_rng(seed)
    numbers, vectors = [np.array(x) for x in rng.random(3)], list(rng.random((3, 2)))
    for join in (np.hstack, np.vstack, np.dstack, np.column_stack):
        assert_moved(lambda *xs, join=join: join(xs), *numbers)
        assert_moved(lambda *xs, join=join: join(list(xs)), *vectors)


def test_a_variable_alone_is_a_sequence_of_its_rows():
    a = np.arange(6.0).reshape(2, 3)
    for join in (np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack):
        assert_moved(join, a)


def test_lists_with_variables_in_them_are_joined_too():
    x = Variable(np.array(2.0))
    y = np.concatenate([Variable(np.ones(1)), [x, 1.0, x * x]])
    assert same(y.data, np.array([1.0, 2.0, 1.0, 4.0]))
    y.backward()
    assert x.grad.data == 5.0
    z = np.stack([Variable(np.zeros(2)), (x, 3.0)])
    assert same(z.data, np.array([[0.0, 0.0], [2.0, 3.0]]))


@pytest.mark.parametrize("join", [np.concatenate, np.stack, np.hstack, np.vstack], ids=lambda f: f.__name__)
def test_joining_into_another_type_is_numpys(join):
    a, b = np.ones(2), np.ones(2, np.float32)
    for options in (
        {"dtype": np.float32},
        {"dtype": complex},
        {"dtype": np.float32, "casting": "unsafe"},
        {},
    ):
        x, y = Variable(a), Variable(b)
        z = join([x, y], **options)
        assert same(z.data, join([a, b], **options))
        np.sum(np.real(z)).backward()
        assert (x.grad.dtype, y.grad.dtype) == (np.float64, np.float32)
    with pytest.raises(TypeError, match="Cannot cast"):
        join([Variable(a)], dtype=np.float32, casting="safe")
    with pytest.raises(TypeError):
        join([Variable(a)], out=np.zeros(2))


def test_joined_integers_take_a_gradient_of_floats():
    i, x = Variable(np.arange(2)), Variable(np.ones(2))
    np.concatenate([i, x]).backward()
    assert same(i.grad.data, np.ones(2))
    assert same(x.grad.data, np.ones(2))


# -- block ---------------------------------------------------------------------------------------


def test_blocks_of_every_depth():
    a, b, c, d = [
        np.arange(k, k + n * m, 1.0).reshape(n, m) for k, n, m in [(0, 2, 2), (4, 2, 1), (6, 1, 2), (8, 1, 1)]
    ]
    assert_moved(lambda a, b, c, d: np.block([[a, b], [c, d]]), a, b, c, d)
    assert_moved(lambda a, b: np.block([a, b]), a, b)
    assert_moved(lambda a, c: np.block([[[a, a]], [[c, c], [c, c]]]), a, c)
    assert_moved(lambda a: np.block([a[0], a[1], a[0]]), a)
    assert_moved(np.block, a, views=False)
    assert_moved(lambda d: np.block([[d[0, 0]]]), d)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: [[x], x],
        lambda x: [[x], []],
        lambda x: [(x, x)],
        lambda x: [[x, x[:1]]],
        lambda x: [[x], [x, x]],
        lambda x: [[x], (x,)],
    ],
)
def test_blocks_that_do_not_fit_are_numpys_error(wrong):
    a = np.ones((2, 2))
    with pytest.raises((ValueError, TypeError)) as numpys:
        np.block(wrong(a))
    with pytest.raises(numpys.type):
        np.block(wrong(Variable(a)))


def test_no_block_at_all_is_numpys_error():
    for nothing in ([], [[]]):
        with pytest.raises(ValueError, match="empty"):
            leopard.functions.manipulation.joining.block(nothing)


# -- r_ and c_ -----------------------------------------------------------------------------------

KEYS = [
    lambda a, b, m: a,
    lambda a, b, m: (a, b),
    lambda a, b, m: (a, 0, 5.5, b),
    lambda a, b, m: (slice(0, 4), a),
    lambda a, b, m: (slice(0, 1, 5j), b, slice(3, None, -1)),
    lambda a, b, m: ("0", m, m),
    lambda a, b, m: ("-1", m, m),
    lambda a, b, m: ("0,2", a, b),
    lambda a, b, m: ("0,3,1", slice(0, 3), a),
    lambda a, b, m: ("1,2,0", a, b, m),
    lambda a, b, m: ([1.0, 2.0], a, np.float32(2)),
]


@pytest.mark.parametrize("n", range(len(KEYS)))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["r_", "c_"])
def test_brackets_join_as_numpys_do(name, n, dtype):
    ours, numpys = {"r_": (r_, np.r_), "c_": (c_, np.c_)}[name]
    given = [np.arange(3).astype(dtype), np.arange(3).astype(dtype) + 7, np.ones((3, 1), dtype)]
    try:
        wanted = numpys[KEYS[n](*given)]
    except ValueError as error:
        with pytest.raises(type(error)):
            ours[KEYS[n](*variables(given))]
        return
    xs = variables(given)
    y = ours[KEYS[n](*xs)]
    assert same(y.data, wanted)
    start = np.random.default_rng(1).standard_normal(y.shape)
    np.sum(start * y).backward()
    for k, x in enumerate(xs):
        marked = [np.zeros_like(a) for a in given]
        expected = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            marked[k][place] = np.nan
            expected[place] = start[np.isnan(numpys[KEYS[n](*marked)])].sum()
            marked[k][place] = 0
        assert np.allclose(0.0 if x.grad is None else x.grad.data, expected, rtol=1e-5)


def test_brackets_refuse_matrices_and_nothing():
    v = Variable(np.ones(2))
    for key in (("r", v), ("c", v), "1 2; 3 4", (v, "r"), ()):
        with pytest.raises(ValueError, match="matrix|need at least one"):
            r_[key]


def test_numpys_own_brackets_refuse_variables():
    with pytest.raises(TypeError, match="lose the gradient"):
        np.r_[Variable(np.ones(2)), 1.0]
