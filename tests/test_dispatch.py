"""NumPy's own calls on Variables: the right gradient, or an error that says what to write."""

import math

import numpy as np
import pytest

import leopard
from leopard import Variable, no_grad
from tests import laws
from tests.laws import ELEMENTWISE, same

M = np.array([[True, False, True], [False, True, False]])
A = np.arange(6.0).reshape(2, 3) / 4 + 0.3

CALLS = {
    "np.sum(v)": ([(2, 3)], lambda v: np.sum(v)),
    "np.sum(v, axis=0)": ([(2, 3)], lambda v: np.sum(v, axis=0)),
    "np.sum(v, 0)": ([(2, 3)], lambda v: np.sum(v, 0)),
    "np.sum(v, axis=(0, 1), keepdims=True)": ([(2, 3)], lambda v: np.sum(v, axis=(0, 1), keepdims=True)),
    "np.mean(v)": ([(2, 3)], lambda v: np.mean(v)),
    "np.mean(v, axis=1, keepdims=True)": ([(2, 3)], lambda v: np.mean(v, axis=1, keepdims=True)),
    "np.matmul(A, v)": ([(3, 2)], lambda v: np.matmul(A, v)),
    "np.matmul(v, A)": ([(4, 2)], lambda v: np.matmul(v, A)),
    "A @ v": ([(3,)], lambda v: A @ v),
    "np.concatenate([v, w])": ([(2, 3), (1, 3)], lambda v, w: np.concatenate([v, w])),
    "np.concatenate((v, A), axis=1)": ([(2, 1)], lambda v: np.concatenate((v, A), axis=1)),
    "np.stack([v, A])": ([(2, 3)], lambda v: np.stack([v, A])),
    "np.stack([v, w], axis=-1)": ([(3,), (3,)], lambda v, w: np.stack([v, w], axis=-1)),
    "np.where(M, v, w)": ([(2, 3), (3,)], lambda v, w: np.where(M, v, w)),
    "np.where(M, v, 0.0)": ([(2, 3)], lambda v: np.where(M, v, 0.0)),
    "np.where(v > 0, v, -v)": ([(2, 3)], lambda v: np.where(v > 0, v, -v)),
    "np.reshape(v, (3, 2))": ([(2, 3)], lambda v: np.reshape(v, (3, 2))),
    "np.reshape(v, -1)": ([(2, 3)], lambda v: np.reshape(v, -1)),
    "np.transpose(v)": ([(2, 3)], lambda v: np.transpose(v)),
    "np.transpose(v, (1, 0))": ([(2, 3)], lambda v: np.transpose(v, (1, 0))),
    "np.broadcast_to(v, (2, 3))": ([(3,)], lambda v: np.broadcast_to(v, (2, 3))),
    "np.astype(v, np.float64)": ([(3,)], lambda v: np.astype(v, np.float64)),
    "np.add(A, v)": ([(3,)], lambda v: np.add(A, v)),
    "np.subtract(A, v)": ([(2, 1)], lambda v: np.subtract(A, v)),
    "A - v": ([(2, 1)], lambda v: A - v),
    "A / (3 + v)": ([(2, 1)], lambda v: A / (3 + v)),
    "A ** v": ([(3,)], lambda v: A**v),
    "np.power(v, 2)": ([(3,)], lambda v: np.power(v, 2)),
    "np.power(v, 3.0)": ([(3,)], lambda v: np.power(v, 3.0)),
    "np.absolute(v)": ([(3,)], lambda v: np.absolute(v)),
    "np.maximum(v, 0)": ([(3,)], lambda v: np.maximum(v, 0)),
    "np.float64(2) * v": ([()], lambda v: np.float64(2) * v),
    "[1.0, 2.0, 3.0] * v": ([(2, 3)], lambda v: np.multiply([1.0, 2.0, 3.0], v)),
    "v / [2, 4, 8]": ([(2, 3)], lambda v: v / [2, 4, 8]),
    "v + (1, 2, 3)": ([(3,)], lambda v: v + (1, 2, 3)),
}
each_call = pytest.mark.parametrize("text", CALLS)


@each_call
def test_a_call_of_numpys_has_its_value_and_its_slope(text):
    shapes, call = CALLS[text]
    case = laws.Case("", text, call, call, tuple(shapes), ((-2.0, 2.0),) * len(shapes))
    rng = np.random.default_rng(9)
    laws.value_is_numpys(case, rng)
    for create_graph in (False, True):
        laws.gradient_is_the_slope(case, rng, create_graph)
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


@each_call
def test_a_call_of_numpys_on_variables_is_recorded(text):
    shapes, call = CALLS[text]
    y = call(*[Variable(np.ones(s)) for s in shapes])
    assert type(y) is Variable
    assert y.creator is not None


@pytest.mark.parametrize("cls", [c for c in ELEMENTWISE if c.ufunc], ids=lambda cls: cls.__name__)
def test_each_ufunc_called_on_variables_is_the_function(cls):
    for shape in [(), (3,)]:
        arrays = [np.full(shape, 0.35 * low + 0.65 * high) for low, high in cls.domain]
        y = cls.ufunc(*laws.variables(arrays))
        assert type(y.creator) is cls
        assert same(y.data, np.asarray(cls.ufunc(*arrays)))
        assert type(cls.ufunc(laws.variables(arrays)[0], *arrays[1:]).creator) is cls


COMPARISONS = [np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal]


@pytest.mark.parametrize("ufunc", COMPARISONS, ids=lambda u: u.__name__)
def test_a_comparison_is_numpys_own_on_the_data(ufunc):
    a, b = np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan])
    wanted = ufunc(a, b)
    for got in [ufunc(Variable(a), Variable(b)), ufunc(a, Variable(b)), ufunc(Variable(a), b)]:
        assert same(got, wanted)


def test_a_comparison_with_an_operator_is_an_array_of_bool_on_either_side():
    v, a = Variable(np.array([1.0, 2.0])), np.array([2.0, 1.0])
    for got, wanted in [
        (v < 1.5, [True, False]), (1.5 > v, [True, False]), (a > v, [True, False]), (v >= a, [False, True]),
        (v == v, [True, True]), (v != v, [False, False]), (v <= [2.0, 1.0], [True, False]),
    ]:  # fmt: skip
        assert same(got, np.array(wanted))


def test_a_scalar_comparison_decides_a_branch():
    v = Variable(np.array(1.0))
    assert v > 0
    assert not v < 0
    assert (v if v > 0 else -v) is v


@pytest.mark.parametrize(
    "ufunc", [np.isnan, np.isfinite, np.isinf, np.signbit, np.logical_not], ids=lambda u: u.__name__
)
def test_questions_about_the_values_are_numpys(ufunc):
    a = np.array([1.0, -0.0, np.inf, np.nan])
    assert same(ufunc(Variable(a)), ufunc(a))


@pytest.mark.parametrize(
    "call",
    [
        np.shape,
        np.ndim,
        np.size,
        np.argmax,
        np.argmin,
        np.argsort,
        np.zeros_like,
        np.ones_like,
        np.array_repr,
    ],
    ids=lambda f: f.__name__,
)
def test_methods_without_a_gradient_are_those_of_the_data(call):
    a = np.array([[1.0, 3.0, 2.0]])
    got, wanted = call(Variable(a)), call(a)
    assert type(got) is type(wanted)
    assert np.array_equal(got, wanted)


def test_allclose_and_array_equal_take_variables_on_either_side():
    v, a = Variable(np.ones(2)), np.ones(2)
    for x, y in [(v, a), (a, v), (v, v)]:
        assert np.allclose(x, y)
        assert np.array_equal(x, y)


# -- What has no rule ----------------------------------------------------------------------------

UNKNOWN = {
    "numpy.is_busday": lambda v: np.is_busday(v),
    "numpy.busday_count": lambda v: np.busday_count("2026-01-01", v),
    "numpy.datetime_as_string": lambda v: np.datetime_as_string(v),
    "the ufunc square_of_python (vectorized)": lambda v: np.frompyfunc(square_of_python, 1, 1)(v),
}


def square_of_python(x):
    return x * x


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_has_no_rule_is_a_type_error_that_names_it(name):
    v = Variable(np.array([[1.0, 2.0], [3.0, 5.0]]))
    with pytest.raises(TypeError) as error:
        UNKNOWN[name](v)
    said = str(error.value)
    assert name in said
    assert "has no derivative in leopard" in said
    assert "v.data" in said


# -- Keywords of ufuncs --------------------------------------------------------------------------

KEYWORDS = {
    "dtype": (np.add, {"dtype": np.float32}),
    "dtype as a str": (np.add, {"dtype": "f8"}),
    "signature": (np.multiply, {"signature": "dd->d"}),
    "signature of types": (np.multiply, {"signature": (np.float32,) * 3}),
    "casting": (np.multiply, {"casting": "unsafe"}),
    "casting and dtype": (np.power, {"casting": "unsafe", "dtype": np.float32}),
    "order and subok": (np.subtract, {"order": "K", "subok": True}),
    "of a product of matrices": (np.matmul, {"dtype": np.float32}),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_of_a_ufunc_are_numpys(name):
    ufunc, keywords = KEYWORDS[name]
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3], np.float32)
    numbers = [] if ufunc is np.matmul else [(b, 2.0), (3, a)]
    for x, y in [(a, b), (b, a), (b, b), *numbers]:
        vs = [Variable(z) if isinstance(z, np.ndarray) else z for z in (x, y)]
        got = ufunc(*vs, **keywords)
        assert same(got.data, np.asarray(ufunc(x, y, **keywords)))
        np.sum(got).backward()
        plain = [Variable(v.data.astype(float)) if isinstance(v, Variable) else v for v in vs]
        np.sum(ufunc(*plain)).backward()
        for v, p in zip(vs, plain, strict=True):
            if isinstance(v, Variable):
                assert v.grad.dtype == v.dtype
                np.testing.assert_allclose(v.grad.data, p.grad.data, rtol=1e-5)


@pytest.mark.parametrize("keywords", [{"casting": "no"}, {"dtype": np.int64}, {"signature": "ff->f"}])
def test_casts_that_numpy_refuses_are_refused(keywords):
    v = Variable(np.array([1.0, 2.0]))
    if "signature" in keywords:
        keywords = keywords | {"casting": "safe"}
    with pytest.raises(TypeError) as wanted:
        np.add(v.data, np.float32([1.0, 2.0]), **keywords)
    with pytest.raises(TypeError) as got:
        np.add(v, np.float32([1.0, 2.0]), **keywords)
    assert str(got.value) == str(wanted.value)


def test_only_elements_chosen_by_where_are_computed():
    v = Variable(np.array([[0.0, 1.0], [2.0, -1.0]]))
    chosen = v.data > 0
    y = np.log(v, where=chosen)  # no warning for the others
    assert same(y.data, np.array([[0.0, 0.0], [np.log(2.0), 0.0]]))
    y.backward(create_graph=True)
    assert v.grad.data.tolist() == [[0.0, 1.0], [0.5, 0.0]]
    g = v.grad
    v.cleargrad()
    g.backward()
    assert v.grad.data.tolist() == [[0.0, -1.0], [-0.25, 0.0]]
    w = Variable(np.array([3.0, 4.0]))
    y = np.multiply(v, w, where=[[True], [False]])
    assert y.data.tolist() == [[0.0, 4.0], [0.0, 0.0]]
    y.backward()
    assert w.grad.data.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("order", lambda v: np.add(v, 1.0, order="F")),
        ("subok", lambda v: np.add(v, 1.0, subok=False)),
        ("where", lambda v: np.matmul(v, v, where=[True, False])),
        ("axes", lambda v: np.matmul(v, v, axes=[0, 0, ()])),
        ("foo", lambda v: np.add(v, 1.0, foo=3)),
    ],
)
def test_a_keyword_that_is_not_honoured_is_a_type_error_that_names_it(words, call):
    with pytest.raises(TypeError, match=words):
        call(Variable(np.array([1.0, 2.0])))


@pytest.mark.parametrize(
    "call",
    [
        lambda v: np.sum(v, out=np.array(0.0)),
        lambda v: np.sum(v, 0, None, np.array(0.0)),
        lambda v: np.std(v, out=np.array(0.0)),
        lambda v: np.cumsum(v, out=np.zeros(2)),
        lambda v: np.concatenate([v, v], out=np.zeros(4)),
        lambda v: np.broadcast_to(v, (2, 2), subok=True),
        lambda v: np.median(v, overwrite_input=True),
        lambda v: np.take(v, [0], out=np.zeros(1)),
        lambda v: np.clip(v, 0.0, 1.0, out=np.zeros(2)),
        lambda v: np.sum(v, foo=1),
    ],
)
def test_a_keyword_that_would_be_ignored_is_a_type_error(call):
    with pytest.raises(TypeError):
        call(Variable(np.array([1.0, 2.0])))


def test_unusual_forms_are_right():
    v = Variable(np.array([[1.0, 0.0], [3.0, 4.0]]))
    for got, wanted in zip(np.where(v), np.where(v.data), strict=True):
        assert same(got, wanted)
    assert same(np.reshape(v, (4,), "F").data, np.reshape(v.data, (4,), "F"))
    assert same(np.sum(v, 0, np.float32).data, np.sum(v.data, 0, np.float32))
    assert same(np.sum(v, 0, where=v > 0).data, np.sum(v.data, 0, where=v.data > 0))
    assert same(v.sum(initial=3.0).data, np.asarray(v.data.sum(initial=3.0)))


# -- What would swallow the recording ------------------------------------------------------------


def _assign(v):
    a = np.zeros(2)
    a[0] = v


def _assign_slice(v):
    a = np.zeros(2)
    a[:] = v


def _add_in_place(v):
    a = np.zeros(2)
    a += v


def _multiply_in_place(v):
    a = np.ones(2)
    a *= v


SWALLOWING = {
    "np.array([v])": (lambda v: np.array([v]), "leopard.array([v])"),
    "np.array([v, v])": (lambda v: np.array([v, v]), "leopard.array([v, v])"),
    "np.array([[v], [v]])": (lambda v: np.array([[v], [v]]), "leopard.array([[v], [v]])"),
    "np.array(v)": (lambda v: np.array(v), "v.data"),
    "np.asarray(v)": (lambda v: np.asarray(v), "v.data"),
    "np.asarray([v], float)": (lambda v: np.asarray([v], float), "leopard.asarray([v], float)"),
    "np.array([v], dtype=object)": (lambda v: np.array([v], dtype=object) + 1.0, None),
    "range(v)": (lambda v: range(v), None),
    "a[0] = v": (_assign, None),
    "a[:] = v": (_assign_slice, None),
    "a += v": (_add_in_place, "a = a + v"),
    "a *= v": (_multiply_in_place, "out"),
    "np.add(v, 1, out=a)": (lambda v: np.add(v, 1.0, out=np.zeros(())), "out"),
    "np.full(2, v)": (lambda v: np.full(2, v), "v.data"),
}


@pytest.mark.parametrize("text", [t for t in SWALLOWING if "object" not in t])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_what_would_swallow_the_recording_is_a_type_error_with_advice(text, shape):
    call, advice = SWALLOWING[text]
    v = Variable(np.full(shape, 1.5))
    with pytest.raises((TypeError, ValueError)) as error:
        call(v)
    if shape == ():
        assert error.type is TypeError
    if advice and shape == ():
        said = "".join(map(str, [error.value, error.value.__cause__]))
        assert advice in said


def test_a_number_is_converted_to_a_number():
    v = Variable(np.array(1.5))
    assert [float(v), int(v), complex(v)] == [1.5, 1, 1.5 + 0j]
    assert [type(f(v)) for f in (float, int, complex)] == [float, int, complex]
    assert math.sin(v) == math.sin(1.5)
    assert np.float64(v) == 1.5
    assert f"{v:.2f}" == "1.50"
    assert list(range(Variable(np.array(3)))) == [0, 1, 2]
    for f in (float, int, complex):
        with pytest.raises(TypeError, match="0-dimensional|size-1|length-1|only"):
            f(Variable(np.ones(2)))


def test_a_constant_may_be_stored_in_an_array():
    a = np.zeros(2)
    a[0] = leopard.stop_gradient(Variable(np.array(3)))
    with no_grad():
        a[1] = Variable(np.array(2.0))
    assert a.tolist() == [3.0, 2.0]


def test_elements_are_looked_for_as_in_an_array():
    v = Variable(np.array([1.0, 2.0]))
    assert 2.0 in v
    assert 3.0 not in v
    assert Variable(np.array(1.0)) in v


def test_assigning_to_an_element_of_an_array_is_an_error_with_what_to_write():
    for assign in (_assign, _assign_slice):
        with pytest.raises(TypeError, match="would lose the gradient") as error:
            assign(Variable(np.array(1.5)))
        assert "v.data" in str(error.value)


def test_a_list_that_holds_variables_is_an_array_beside_a_variable_and_is_refused_beside_others():
    v = Variable(np.array(1.0))
    y = v + [v, 2.0]
    y.backward()
    assert y.data.tolist() == [2.0, 3.0] and v.grad.data == 3.0
    with pytest.raises(TypeError):
        np.add([v, 2.0], 1.0)
    with pytest.raises(TypeError):
        np.sum([v, v])


def test_an_array_of_objects_is_no_way_round():
    v = Variable(np.array(1.0))
    with pytest.raises(TypeError):
        SWALLOWING["np.array([v], dtype=object)"][0](v)
    box = np.empty(1, dtype=object)
    box[0] = v
    with pytest.raises(TypeError):
        v * box


def test_a_list_of_numbers_beside_a_variable_counts_as_an_array():
    v = Variable(np.array([1.0, 2.0]))
    y = [3.0, 4.0] * v
    y.backward()
    assert same(y.data, np.array([3.0, 8.0]))
    assert same(v.grad.data, np.array([3.0, 4.0]))


def test_numpys_shape_questions_have_methods_too():
    v = Variable(np.ones((2, 3)))
    assert (v.shape, v.ndim, v.size, v.dtype, len(v)) == ((2, 3), 2, 6, np.float64, 2)


def test_every_public_function_takes_plain_arrays_too():
    for case in laws.CASES:
        y = case.call(*laws.draw(case, np.random.default_rng(1)))
        assert type(y) is Variable
    assert leopard.add(1.0, 2.0).data == 3.0


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_is_refused_since_its_product_is_another():
    v, m = Variable(np.ones((2, 2))), np.matrix([[1.0, 2.0], [3.0, 4.0]])
    for call in (lambda: v * m, lambda: np.add(v, m), lambda: Variable(m)):
        with pytest.raises(TypeError, match=r"numpy\.matrix"):
            call()
