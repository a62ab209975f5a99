"""The forms that arguments take, drawn at random: shapes that broadcast, axes, indices.

Moving elements about (`reshape`, `transpose`, `moveaxis`, ...) is drawn in the files of its families.
"""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leopard import Variable, functions
from leopard.functions import _registry
from leopard.functions.basic.shape import SumTo
from tests import laws
from tests.functions.moving import arrays, assert_moved, seeds
from tests.laws import ELEMENTWISE, draw, gradients, variables

(PLAIN_SETITEM,) = [e.plain for e in _registry.entries.values() if e.function is functions.setitem]
BINARY = [cls for cls in ELEMENTWISE if cls.n_inputs == 2]


def some(n):
    """So many examples, the same in every run."""
    return settings(derandomize=True, deadline=None, database=None, max_examples=n)


# -- Broadcasting --------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BINARY, ids=lambda cls: cls.__name__)
@some(12)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0), seed=seeds)
def test_broadcasting_is_numpys_and_sums_back(cls, shapes, seed):
    rng = np.random.default_rng(seed)
    case = laws.Case("", "", cls.operation, laws.value_of(cls), shapes.input_shapes, tuple(cls.domain))
    laws.value_is_numpys(case, rng)
    operands = draw(case, rng)
    start = rng.standard_normal(shapes.result_shape)
    full = [np.broadcast_to(a, shapes.result_shape).copy() for a in operands]
    wide = gradients(cls.operation, variables(full), start.copy())
    for recorded in (False, True):
        gxs = gradients(cls.operation, variables(operands), start.copy(), create_graph=recorded)
        for g, w, a in zip(gxs, wide, operands, strict=True):
            assert g.shape == a.shape
            np.testing.assert_allclose(g, SumTo.plain(w, a.shape), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", [np.matmul, np.vecdot, np.matvec, np.vecmat], ids=lambda f: f.__name__)
@some(40)
@given(data=st.data(), seed=seeds)
def test_products_over_stacks_are_numpys_and_sum_back(f, data, seed):
    signature = "(m?,n),(n,p?)->(m?,p?)" if f is np.matmul else f.signature
    shapes = data.draw(hnp.mutually_broadcastable_shapes(signature=signature, max_dims=2, max_side=3))
    case = laws.Case(
        f.__name__, "", f, f, shapes.input_shapes, (laws.anywhere,) * 2, dtypes=data.draw(some_complex(2))
    )
    laws.value_is_numpys(case, np.random.default_rng(seed))
    laws.derivative_is_the_slope_of_the_one_below(case, np.random.default_rng(seed), data.draw(orders))


def some_complex(n):
    return st.tuples(*[st.sampled_from([float, complex])] * n)


orders = st.sampled_from([1, 2])


# -- Axes ----------------------------------------------------------------------------------------


def parameters(entry):
    """The names of NumPy's parameters, which its compiled callables do not have."""
    try:
        return set(inspect.signature(entry.plain).parameters)
    except ValueError:
        return set(inspect.signature(entry.function).parameters)


REDUCTIONS = [e for e in laws.ENTRIES if {"axis", "keepdims"} <= parameters(e) and "x2" not in parameters(e)]
FURTHER = {"quantile": (0.3,), "nanquantile": (0.3,), "percentile": (30,), "nanpercentile": (30,)}


@st.composite
def calls(draw, entry, shape, longest):
    """Keywords of a reduction, as far as it has them."""
    names = parameters(entry)
    n = len(shape)
    one = st.integers(-n, n - 1) if n else st.none()
    several = st.lists(st.integers(0, n - 1), unique=True, max_size=n) if n else st.just([])
    sign = draw(st.sampled_from([0, n]))
    keywords = {"axis": draw(st.none() | one | several.map(lambda axes: tuple([k - sign for k in axes])))}
    if draw(st.booleans()):
        keywords["keepdims"] = draw(st.booleans())
    if "where" in names and draw(st.booleans()):
        mask = np.random.default_rng(draw(seeds)).random(shape) < 0.7
        keywords["where"] = mask if not n or draw(st.booleans()) else mask[..., :1]
    if "initial" in names and draw(st.booleans()):
        keywords["initial"] = draw(st.sampled_from([0.5, 1.25, 3]))
    if "dtype" in names and draw(st.booleans()):
        keywords["dtype"] = draw(st.sampled_from([None, longest]))
    if "ddof" in names and draw(st.booleans()):
        keywords["ddof"] = draw(st.sampled_from([1, 0.5]))
    return keywords


def outcome(call, *xs):
    """The value, or the type of the exception."""
    try:
        return call(*xs)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("entry", REDUCTIONS, ids=lambda e: f"{e.function.__name__}")
@some(40)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=0, max_dims=4, max_side=3), seed=seeds)
def test_reductions_take_any_axes_as_numpy_does(entry, data, shape, seed):
    f, further = entry.plain, FURTHER.get(entry.function.__name__, ())
    dtypes = data.draw(some_complex(1))
    keywords = data.draw(calls(entry, shape, np.clongdouble if complex in dtypes else np.longdouble))

    def call(x):
        return f(x, *further, **keywords)

    case = laws.Case(
        "", f"{keywords}", call, call, (shape,), (laws.positive,), exact=entry.exact, dtypes=dtypes
    )
    (x,) = draw(case, np.random.default_rng(seed))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of slices that are empty
        wanted = outcome(call, x)
        got = outcome(call, Variable(x))
        if isinstance(wanted, type):
            assert got is wanted
            return
        laws.value_is_numpys(case, np.random.default_rng(seed))
        if np.all(np.isfinite(wanted)):
            laws.derivative_is_the_slope_of_the_one_below(
                case, np.random.default_rng(seed), data.draw(orders)
            )


# -- Indices -------------------------------------------------------------------------------------


@st.composite
def indices(draw, shape):
    """Basic, of arrays, of truth values, and mixtures."""
    kind = draw(st.sampled_from(["basic", "arrays", "mask", "mixture"]))
    rng = np.random.default_rng(draw(seeds))
    if kind == "basic" or not shape:
        return draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "arrays":
        return draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    if kind == "mask":
        return rng.random(shape[: draw(st.integers(1, len(shape)))]) < 0.6
    common = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    index = []
    for n in shape:
        form = draw(st.sampled_from(["whole", "slice", "number", "numbers", "new"]))
        if form == "new":
            index.append(None)
        if form == "number":
            index.append(int(rng.integers(-n, n)))
        elif form == "numbers":
            index.append(rng.integers(-n, n, [m if draw(st.booleans()) else 1 for m in common]))
        else:
            index.append(slice(None) if form == "whole" else draw(st.slices(n)))
    if draw(st.booleans()):
        k = draw(st.integers(0, len(index)))
        index[k : draw(st.integers(k, len(index)))] = [Ellipsis]
    return tuple(index)


full_shapes = hnp.array_shapes(min_dims=0, max_dims=4, max_side=4)


@some(300)
@given(x=arrays(full_shapes), data=st.data())
def test_elements_are_taken_by_any_index(x, data):
    index = data.draw(indices(x.shape))
    assert_moved(lambda x: x[index], x, views=False)


@some(300)
@given(x=arrays(full_shapes), data=st.data())
def test_elements_are_put_at_any_index(x, data):
    """Where an index names an element twice, the last one stays, in NumPy's order."""
    index = data.draw(indices(x.shape))
    whole = np.shape(x[index])
    shape = tuple([n if data.draw(st.booleans()) else 1 for n in whole])
    shape = data.draw(st.sampled_from([whole, shape, (1, *shape), ()]))
    v = data.draw(arrays(shape))

    def put(x, v):
        return (functions.setitem if isinstance(x, Variable) else PLAIN_SETITEM)(x, index, v)

    refused = outcome(put, x, v)
    if isinstance(refused, type):
        assert outcome(put, *variables([x, v])) is refused
    else:
        assert_moved(put, x, v, views=False)
