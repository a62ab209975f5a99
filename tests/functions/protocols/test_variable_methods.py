"""The methods, attributes and operators of an ndarray, on a Variable."""

import operator

import numpy as np
import pytest

import leopard
from leopard import Variable
from leopard.functions.protocols.variable_methods import INSTEAD
from tests.laws import same

SQUARE = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5], [1.5, -2.0, 0.75]])
WHOLE = np.array([[3, 1, 2], [0, 2, 1]])

# What gives Variables: calls of the method, on SQUARE.
RECORDED = {
    "astype": [(("f4",), {}), ((complex,), {"copy": False})],
    "choose": [],
    "clip": [((-1, 1), {}), ((0.0,), {}), ((), {"max": 1.0}), ((None, 1.0), {})],
    "compress": [(([True, False, True], 1), {}), (([0, 1, 1],), {"axis": 0})],
    "conj": [((), {})],
    "conjugate": [((), {})],
    "copy": [((), {}), (("F",), {}), ((), {"order": "K"})],
    "cumprod": [((), {}), ((1,), {}), ((), {"axis": 0, "dtype": np.float64})],
    "cumsum": [((), {}), ((1,), {}), ((), {"axis": 0, "dtype": np.float64})],
    "diagonal": [((), {}), ((1,), {}), ((0, 1, 0), {}), ((), {"offset": -1, "axis1": 1, "axis2": 0})],
    "dot": [((SQUARE,), {}), ((SQUARE[0],), {}), ((2.0,), {})],
    "flatten": [((), {}), (("F",), {})],
    "max": [((), {}), ((0,), {}), ((), {"axis": (0, 1), "keepdims": True, "initial": -9.0})],
    "mean": [((), {}), ((0,), {}), ((), {"axis": -1, "keepdims": True, "where": SQUARE < 2})],
    "min": [((), {}), ((0,), {}), ((), {"axis": (0, 1), "keepdims": True, "initial": 9.0})],
    "prod": [((), {}), ((0,), {}), ((), {"axis": -1, "keepdims": True, "where": SQUARE < 2})],
    "ravel": [((), {}), (("F",), {}), ((), {"order": "K"})],
    "repeat": [((2,), {}), (([1, 0, 2], 1), {})],
    "reshape": [((9,), {}), ((1, -1), {}), (((9, 1),), {"order": "F"})],
    "round": [((), {}), ((1,), {}), ((), {"decimals": -1})],
    "squeeze": [((), {}), (((),), {})],
    "std": [((), {}), ((0,), {}), ((), {"axis": 1, "ddof": 1, "keepdims": True})],
    "sum": [((), {}), ((0,), {}), ((), {"axis": -1, "keepdims": True, "where": SQUARE < 2, "initial": 1.0})],
    "swapaxes": [((0, 1), {})],
    "take": [(([0, 4],), {}), (([2, 0], 1), {}), (([3],), {"mode": "wrap", "axis": 0})],
    "trace": [((), {}), ((1,), {}), ((), {"offset": -1, "axis1": 1, "axis2": 0})],
    "transpose": [((), {}), ((1, 0), {}), (((0, 1),), {}), ((None,), {})],
    "var": [((), {}), ((0,), {}), ((), {"axis": 1, "ddof": 1, "keepdims": True})],
}
# What is answered in plain arrays, numbers and bytes.
FROM_DATA = {
    "all": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True, "where": SQUARE > 0})],
    "any": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True, "where": SQUARE > 0})],
    "argmax": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True})],
    "argmin": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True})],
    "argpartition": [((1,), {}), ((0, None), {}), (([1, 0],), {"axis": 0})],
    "argsort": [((), {}), ((0,), {}), ((None,), {"kind": "stable"})],
    "item": [((4,), {}), ((1, 2), {}), (((0, 1),), {})],
    "nonzero": [((), {})],
    "searchsorted": [],
    "tobytes": [((), {}), (("F",), {})],
    "tofile": [],
    "tolist": [((), {})],
}
RECORDED_ATTRIBUTES = {"T", "mT", "real", "imag", "flat"}
ATTRIBUTES = {"data", "device", "dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides"}
IN_PLACE = {"fill", "partition", "put", "resize", "sort"}
ELSEWHERE = {"to_device"}


def test_every_method_and_attribute_of_an_array_is_spoken_of():
    # Some names that are gone lead to an error before NumPy 2.4.
    names = {name for name in dir(np.ndarray) if not name.startswith("_") and hasattr(np.empty((1, 1)), name)}
    spoken = {*RECORDED, *FROM_DATA, *INSTEAD, *RECORDED_ATTRIBUTES, *ATTRIBUTES, *IN_PLACE, *ELSEWHERE}
    assert names <= spoken
    assert spoken - IN_PLACE - set(INSTEAD) <= set(dir(Variable))


@pytest.mark.parametrize(
    ("name", "args", "options"), [(name, *c) for name, calls in RECORDED.items() for c in calls]
)
def test_a_method_has_an_arrays_value_and_is_recorded(name, args, options):
    x = Variable(SQUARE.copy())
    y = getattr(x, name)(*args, **options)
    assert same(y.data, np.asarray(getattr(SQUARE, name)(*args, **options)))
    assert y.creator is not None or y is x


@pytest.mark.parametrize(
    ("name", "args", "options"), [(name, *c) for name, calls in FROM_DATA.items() for c in calls]
)
def test_a_method_of_the_data(name, args, options):
    got = getattr(Variable(SQUARE), name)(*args, **options)
    wanted = getattr(SQUARE, name)(*args, **options)
    assert type(got) is type(wanted)
    assert np.array_equal(np.asarray(got), np.asarray(wanted))


def test_choose_and_searchsorted_take_variables_as_arguments():
    choices = [Variable(np.array([1.0, 2.0])), Variable(np.array([3.0, 4.0]))]
    assert same(Variable(np.array([1, 0])).choose(choices).data, np.array([3.0, 2.0]))
    a = np.array([1.0, 3.0, 2.0])
    order = np.argsort(a)
    for v in (2.0, np.array([0.0, 2.5]), Variable(np.array([0.0, 2.5]))):
        plain = v.data if isinstance(v, Variable) else v
        got = Variable(a).searchsorted(v, "right", sorter=Variable(order))
        assert np.array_equal(got, a.searchsorted(plain, "right", order))
    assert np.array_equal(
        np.sort(a).searchsorted(choices[0].data), Variable(np.sort(a)).searchsorted(choices[0])
    )


def test_numbers_go_into_a_file(tmp_path):
    Variable(SQUARE).tofile(tmp_path / "square")
    assert np.array_equal(np.fromfile(tmp_path / "square").reshape(3, 3), SQUARE)


def test_an_argument_that_an_array_does_not_know_is_its_error():
    x = Variable(SQUARE)
    for call in (
        lambda a: a.item(),
        lambda a: a.item(9),
        lambda a: a.argsort(2),
        lambda a: a.all(where_=True),
        lambda a: a.argmax(5),
        lambda a: a.tolist(1),
    ):
        with pytest.raises((TypeError, ValueError, IndexError)) as wanted:
            call(SQUARE)
        with pytest.raises(wanted.type):
            call(x)


@pytest.mark.parametrize("dtype", [float, np.float32, complex, int, bool])
@pytest.mark.parametrize("name", sorted(ATTRIBUTES - {"data", "flags", "device"}))
def test_an_attribute_is_that_of_the_data(name, dtype):
    a = SQUARE.astype(dtype)[:, ::2]
    assert getattr(Variable(a), name) == getattr(a, name)


def test_flags_are_those_of_the_data():
    for a in (SQUARE, SQUARE.T, SQUARE[::2]):
        assert Variable(a).flags.c_contiguous == a.flags.c_contiguous


def test_it_is_on_the_cpu():
    x = Variable(SQUARE)
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="only the device 'cpu'"):
        x.to_device("cuda")


def test_parts_of_complex_numbers_are_recorded():
    z = Variable(np.array([1 + 2j, 3 - 1j]))
    (z.real * z.imag + z.conj().imag + z.conjugate().real).backward()
    np.testing.assert_array_equal(z.grad.data, [2 + 1 + (1 - 1) * 1j, -1 + 1 + (3 - 1) * 1j])
    for name in ("real", "imag"):
        assert same(getattr(z, name).data, getattr(z.data, name).copy())
        assert same(getattr(z, name).data, getattr(np, name)(z).data)


def test_a_real_array_is_its_own_real_part_and_conjugate():
    x = Variable(SQUARE)
    assert x.real is x
    assert x.conj() is x
    assert x.conjugate() is x
    assert same(x.imag.data, np.zeros((3, 3)))
    x = Variable(SQUARE.copy())
    x.real = 1.0
    assert same(x.data, np.ones((3, 3)))


def test_flat_goes_through_the_elements():
    x = Variable(SQUARE.T)
    assert len(x.flat) == 9
    assert [float(v) for v in x.flat] == list(SQUARE.T.flat)
    y = x.flat[[0, 3, 3]] @ [1.0, 10.0, 100.0] + x.flat[1]
    assert float(y) == SQUARE.T.flat[[0, 3, 3]] @ [1.0, 10.0, 100.0] + SQUARE.T.flat[1]
    y.backward()
    gx = np.zeros((3, 3))
    gx.flat[[0, 1, 3]] = 1.0, 1.0, 110.0
    assert same(x.grad.data, gx)
    assert same(x.flat.copy().data, SQUARE.T.flatten())
    assert list(Variable(np.array(2.0)).flat)[0].shape == ()


def test_flat_loses_no_gradient():
    x = Variable(SQUARE.copy())
    with pytest.raises(TypeError, match="x.flatten"):
        x.flat[0] = 1.0
    with pytest.raises(TypeError, match="lose the gradient"):
        np.asarray(x.flat)


@pytest.mark.parametrize("name", INSTEAD)
def test_missing_attributes_have_errors_with_what_to_write(name):
    x = Variable(SQUARE)
    with pytest.raises(AttributeError) as error:
        getattr(x, name)
    assert f"a Variable has no {name}; write " in str(error.value)
    assert not hasattr(x, name)


def test_no_buffer_of_it_is_given_away():
    x = Variable(SQUARE)
    for name in ("__array_interface__", "__array_struct__", "__dlpack__", "__buffer__"):
        assert not hasattr(x, name)
    with pytest.raises(TypeError):
        memoryview(x)


BITS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]


@pytest.mark.parametrize("op", BITS, ids=lambda op: op.__name__)
def test_operations_on_bits_are_numpys_own(op):
    v, w = Variable(WHOLE), Variable(np.array([1, 2, 0]))
    for x, y in [(v, w), (v, w.data), (WHOLE, w), (v, 1), (2, w), (v, [1, 0, 2])]:
        plain = [z.data if isinstance(z, Variable) else z for z in (x, y)]
        assert same(op(x, y), op(*plain))
    assert op(Variable(np.array(5)), 1) == op(5, 1)


def test_truths_are_combined():
    v, w = Variable(np.array([True, True, False])), np.array([True, False, False])
    assert same(v & w, v.data & w)
    assert same(v | w, v.data | w)
    assert same(w ^ v, v.data ^ w)
    assert same(~v, ~v.data)
    assert same(~Variable(WHOLE), ~WHOLE)


def test_real_numbers_have_no_bits():
    x = Variable(SQUARE)
    for call in (
        lambda: x & x,
        lambda: x | 1,
        lambda: 1 ^ x,
        lambda: ~x,
        lambda: x << 1,
        lambda: SQUARE >> x,
    ):
        with pytest.raises(TypeError, match="not supported"):
            call()
    with pytest.raises(TypeError):
        Variable(WHOLE) & "a"
    with pytest.raises(ValueError, match="holds no data"):
        ~Variable(None)


def test_the_truth_of_several_elements_is_numpys_error():
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Variable(SQUARE))
    assert bool(Variable(np.array(2.0)))
    assert Variable(np.array(3)).__index__() == 3
    assert 0.25 in Variable(SQUARE)
    assert leopard.asarray(0.25) in Variable(SQUARE)
