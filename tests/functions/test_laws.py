"""The laws, over every operation there is. What is particular to one stands in its family's file."""

import builtins
import itertools

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, functions, no_grad
from leopard._numeric.loops import Recipe
from tests import laws
from tests.laws import (
    ARRAY_CASES,
    CASES,
    CLASSES,
    COMPLEX_CASES,
    ELEMENTWISE,
    ELEMENTWISE_CASES,
    EVERY_CASE,
    SPECIAL,
    draw,
    gradients,
    graph,
    same,
    value_of,
    variables,
)

BINARY = [cls for cls in ELEMENTWISE if cls.n_inputs == 2]

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_array_case = pytest.mark.parametrize("case", ARRAY_CASES, ids=str)
each_elementwise = pytest.mark.parametrize("cls", ELEMENTWISE, ids=lambda cls: cls.__name__)
each_binary = pytest.mark.parametrize("cls", BINARY, ids=lambda cls: cls.__name__)


def has_gradient(cls, i):
    """Does its rule return one for input i, or None because it is 0?"""
    return any(line.startswith("gradient") for line in cls.operation.recipe("float64", 1 << i).lines)


# -- Nothing is left out -------------------------------------------------------------------------


def test_every_exported_function_is_entered_by_some_case():
    """Another name of a function, and what is no function, such as `r_` and `vectorize`, needs none."""
    called = [getattr(cls, "operation", None) for cls in CLASSES] + [
        e.function for e in laws.ENTRIES if e.cases
    ]
    own = {name: getattr(functions, name) for name in functions.__all__}
    is_function = {name: callable(f) and not isinstance(f, type) for name, f in own.items()}
    missing = [name for name, f in own.items() if is_function[name] and not any(f is g for g in called)]
    assert not missing, f"no case calls {missing}"


def test_every_class_of_the_registry_is_entered_by_some_case(rng):
    entered = set()
    for case in EVERY_CASE:
        xs = variables(draw(case, rng))
        ys = laws.variables_of(case.call(*xs))
        for y in ys:
            entered |= {type(f) for f in graph(y)}
        y = laws.measure(ys, [np.ones(y.shape) for y in ys])
        y.backward(create_graph=True)
        for x in xs:
            if x.grad is not None:
                entered |= {type(f) for f in graph(x.grad)}
    missing = {cls.__name__ for cls in set(CLASSES) - entered}
    assert not missing, f"no case enters {sorted(missing)}"


def test_every_exported_function_is_a_public_name_of_the_package():
    assert set(functions.__all__) - set(dir(builtins)) <= set(leopard.__all__)
    assert all(getattr(leopard, name) is getattr(functions, name) for name in functions.__all__)


@each_elementwise
def test_a_class_states_a_domain_for_each_operand(cls):
    assert len(cls.domain) == cls.n_inputs
    assert all(low < high for low, high in cls.domain)


@each_elementwise
def test_a_smooth_rule_is_read_into_a_recipe_for_each_choice_of_wanted_gradients(cls, rng):
    for wanted in itertools.product([False, True], repeat=cls.n_inputs):
        if any(wanted):
            numbers = [rng.uniform(*d) for d in cls.domain]
            xs = [Variable(np.array(x)) if w else x for x, w in zip(numbers, wanted, strict=True)]
            cls.operation(*xs).backward()
            mask = sum(w << i for i, w in enumerate(wanted))
            assert isinstance(cls.operation.recipes[mask], Recipe) or not cls.smooth


def must_have_values(case, dtype):
    if not laws.has_values(case, dtype):
        pytest.skip(f"there are no values of {np.dtype(dtype)}")


# -- Values --------------------------------------------------------------------------------------


@each_case
def test_value_is_numpys_to_the_last_bit(case, rng):
    laws.value_is_numpys(case, rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.longdouble, np.int64])
@pytest.mark.parametrize("case", ELEMENTWISE_CASES, ids=str)
def test_value_has_numpys_dtype(case, dtype, rng):
    if np.issubdtype(dtype, np.integer) and case.name in ("pow", "reciprocal"):
        pytest.skip("NumPy refuses negative powers of integers")
    must_have_values(case, dtype)
    with np.errstate(all="ignore"):
        laws.value_is_numpys(case, rng, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.longdouble])
@each_array_case
def test_value_of_arrays_has_numpys_dtype(case, dtype, rng):
    laws.value_is_numpys(case, rng, dtype)


def sample_numbers(cls, rng):
    """2000 random ones of all magnitudes, for each operand, and all combinations of the special."""
    n = cls.n_inputs
    yield from itertools.product(SPECIAL, repeat=n)
    yield from zip(*(rng.uniform(*d, 500).tolist() for d in cls.domain), strict=True)
    for size in (1.0, 30.0, 1e5):
        yield from (rng.standard_normal((500, n)) * size).tolist()


@each_elementwise
def test_value_of_a_scalar_inside_is_that_of_a_0d_array(cls, rng):
    zero = Variable(np.array(0.0))
    with np.errstate(all="ignore"):
        for numbers in sample_numbers(cls, rng):
            wanted = np.asarray(value_of(cls)(*[np.array(x) for x in numbers]))
            outside = cls.operation(*[Variable(np.array(x)) for x in numbers])
            inside = cls.operation(*[x + zero for x in numbers])
            assert same(outside.data, wanted), f"{cls.__name__}{numbers}"
            with_zero = np.asarray(value_of(cls)(*[np.array(x) + 0.0 for x in numbers]))
            assert same(inside.data, with_zero), f"{cls.__name__}{numbers}"


@each_binary
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "number", [2.0, 3, 0.5, True, np.float64(2.5), np.float32(2.5), np.int64(3)], ids=repr
)
def test_a_number_beside_a_variable_counts_as_beside_an_array(cls, dtype, number, rng):
    for shape in [(), (3,)]:
        x = rng.uniform(0.5, 2.0, shape).astype(dtype)
        assert same(cls.operation(Variable(x), number).data, np.asarray(value_of(cls)(x, number)))
        assert same(cls.operation(number, Variable(x)).data, np.asarray(value_of(cls)(number, x)))


@each_elementwise
@pytest.mark.parametrize("mode", ["warn", "raise", "ignore"])
def test_floating_point_errors_of_both_are_numpys(cls, mode):
    with np.errstate(all=mode):
        for numbers in itertools.product(SPECIAL, repeat=cls.n_inputs):
            arrays = [np.array(x) for x in numbers]
            wanted = laws.outcome(value_of(cls), *arrays)
            got = laws.outcome(cls.operation, *variables(arrays))
            if wanted[0] != "raised":
                assert same(got[0].data, np.asarray(wanted[0])), f"{cls.__name__}{numbers}"
                assert got[1] == wanted[1], f"{cls.__name__}{numbers}"
            else:
                assert got == wanted, f"{cls.__name__}{numbers}"


@each_elementwise
def test_one_kind_of_trouble_may_raise_while_others_pass(cls):
    for kind in ["divide", "over", "under", "invalid"]:
        with np.errstate(all="ignore", **{kind: "raise"}):
            for numbers in itertools.product(SPECIAL, repeat=cls.n_inputs):
                arrays = [np.array(x) for x in numbers]
                wanted = laws.outcome(value_of(cls), *arrays)
                got = laws.outcome(cls.operation, *variables(arrays))
                assert (got[0] == "raised") == (wanted[0] == "raised"), f"{cls.__name__}{numbers}, {kind}"


# -- Gradients -----------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True], ids=["plain walk", "recorded walk"])
@each_case
def test_gradient_is_the_slope(case, create_graph, rng):
    laws.gradient_is_the_slope(case, rng, create_graph)


@pytest.mark.parametrize("order", [2, 3])
@each_case
def test_each_further_derivative_is_the_slope_of_the_one_below(case, order, rng):
    laws.derivative_is_the_slope_of_the_one_below(case, rng, order)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("case", COMPLEX_CASES, ids=str)
def test_derivatives_at_complex_numbers_are_slopes(case, order, rng):
    laws.derivative_is_the_slope_of_the_one_below(case, rng, order)


@each_elementwise
def test_compiled_and_recorded_rules_agree_to_the_last_bit(cls, rng):
    laws.compiled_and_recorded_rules_agree(cls, rng)


@each_elementwise
def test_compiled_and_recorded_rules_agree_at_special_values(cls):
    with np.errstate(all="ignore"):
        for numbers in itertools.product(SPECIAL, repeat=cls.n_inputs):
            for start in [1.0, -2.5, 0.0]:
                laws.loops_and_rule_agree(cls, [np.array(x) for x in numbers], start)


@each_elementwise
def test_floating_point_errors_of_compiled_rules_are_those_of_python(cls):
    def walk(xs):
        with np.errstate(all="ignore"):
            y = cls.operation(*xs)
        y.backward()

    def rule(xs):
        with np.errstate(all="ignore"):
            y = cls.operation(*xs)
        with no_grad():
            y.creator.backward(Variable(np.array(1.0)))

    with np.errstate(all="raise"):
        for numbers in itertools.product(SPECIAL, repeat=cls.n_inputs):
            arrays = [np.array(x) for x in numbers]
            walked = laws.outcome(walk, variables(arrays))
            ruled = laws.outcome(rule, variables(arrays))
            assert walked == ruled, f"{cls.__name__}{numbers}"


@each_elementwise
def test_one_element_has_the_same_gradient_as_a_scalar(cls, rng):
    for _ in range(20):
        numbers = [rng.uniform(*d) for d in cls.domain]
        flat = gradients(cls.operation, variables([np.array([x]) for x in numbers]))
        inside = gradients(cls.operation, variables([np.array(x) for x in numbers]))
        for a, b in zip(flat, inside, strict=True):
            assert a.shape == (1,)
            assert same(a.reshape(()), b)


@each_binary
def test_a_variable_used_as_both_operands_gets_both_shares(cls, rng):
    for shape in [(), (3,)]:
        x = rng.uniform(0.5, 1.5, shape)
        twice = Variable(x)
        cls.operation(twice, twice).sum().backward()
        apart = gradients(lambda a, b: cls.operation(a, b).sum(), variables([x, x.copy()]))
        assert same(laws.data_of_gradients([twice])[0], np.asarray(apart[0] + apart[1]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@each_case
def test_gradient_has_the_dtype_and_shape_of_its_input(case, dtype, rng):
    must_have_values(case, dtype)
    arrays = draw(case, rng, dtype)
    for create_graph in (False, True):
        gxs = gradients(case.call, variables(arrays), create_graph=create_graph)
        for g, a in zip(gxs, arrays, strict=True):
            assert (g.dtype, g.shape) == (a.dtype, a.shape), f"create_graph={create_graph}"


@each_binary
def test_gradients_of_mixed_dtypes_are_each_of_its_own(cls):
    x0, x1 = Variable(np.full(3, 1.5, np.float32)), Variable(np.full(3, 0.75))
    y = cls.operation(x0, x1)
    assert y.dtype == np.float64
    y.backward()
    for x in (x0, x1):
        assert x.grad is None or x.grad.dtype == x.dtype


@each_binary
def test_float32_beside_a_python_number_stays_float32(cls):
    for shape in [(), (2,)]:
        x = Variable(np.full(shape, 1.5, np.float32))
        y = cls.operation(x, 2.0)
        assert y.dtype == value_of(cls)(x.data, 2.0).dtype
        assert y.dtype == np.float32 or cls.ufunc is np.float_power
        y.backward()
        assert x.grad is None or x.grad.dtype == np.float32


@each_binary
def test_an_integer_beside_a_float_takes_the_gradient_of_a_float(cls):
    found = []
    for second in (np.array([2, 3]), np.array([2.0, 3.0])):
        x, y = Variable(np.array([1.5, 2.5])), Variable(second)
        cls.operation(x, y).backward()
        found.append([None if v.grad is None else v.grad.data for v in (x, y)])
        assert [g is not None for g in found[-1]] == [has_gradient(cls, 0), has_gradient(cls, 1)]
    for ours, wanted in zip(*found, strict=True):
        assert ours is wanted is None or same(ours, wanted)


# -- Memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
@each_case
def test_inputs_are_untouched_and_may_be_read_only(case, create_graph, rng):
    arrays = draw(case, rng)
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    gradients(case.call, variables(arrays), create_graph=create_graph)
    assert all(same(a, b) for a, b in zip(arrays, before, strict=True))


@each_case
def test_no_grad_records_nothing(case, rng):
    xs = variables(draw(case, rng))
    with no_grad():
        y = case.call(*xs)
    assert y.creator is None
    assert y.generation == 0
    assert same(y.data, case.call(*xs).data)


@each_case
def test_constants_alone_record_nothing(case, rng):
    y = case.call(*draw(case, rng))
    assert y.creator is None


@each_case
def test_a_gradient_owns_its_memory(case, rng):
    for how in itertools.product([False, True], repeat=2):
        gradients_own_their_memory(case, rng, *how)


def gradients_own_their_memory(case, rng, retain_grad, create_graph):
    arrays = draw(case, rng)
    xs = variables(arrays)
    y = case.call(*xs)
    start = rng.standard_normal(y.shape)
    y.grad = start
    y.backward(retain_grad=retain_grad, create_graph=create_graph)
    gxs = [x.grad.data for x in xs if x.grad is not None]
    for g in gxs:
        assert g.flags.owndata
        assert g.flags.writeable
        assert not g.size or 0 not in [s for s, n in zip(g.strides, g.shape, strict=True) if n > 1]
    others = [*arrays, y.data, start]
    for i, g in enumerate(gxs):
        assert not any(np.shares_memory(g, other) for other in [*gxs[:i], *others])


@pytest.mark.parametrize("case", [c for c in CASES if len(c.shapes) == 2], ids=str)
def test_changing_a_gradient_changes_nothing_else(case, rng):
    xs = variables(draw(case, rng))
    y = case.call(*xs)
    start = np.full(y.shape, 1.25)
    y.grad = start
    y.backward()
    if xs[0].grad is None or xs[1].grad is None:
        pytest.skip("one has no gradient")
    other, value = xs[1].grad.data.copy(), y.data.copy()
    xs[0].grad.data[...] *= 2
    assert same(xs[1].grad.data, other)
    assert same(y.data, value)
    assert np.all(start == 1.25)


@each_case
def test_a_second_walk_adds_to_the_first(case, rng):
    xs = variables(draw(case, rng))
    y = case.call(*xs)
    y.backward()
    once = [None if x.grad is None else x.grad.data.copy() for x in xs]
    y.backward()
    for x, g in zip(xs, once, strict=True):
        assert x.grad is None if g is None else same(x.grad.data, np.asarray(g + g))


LAYOUTS = {
    "Fortran order": lambda a: np.asfortranarray(a) if a.ndim else a,
    "negative strides": lambda a: np.flip(np.flip(a).copy()) if a.ndim else a,
    "every second element": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "unaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "big-endian": lambda a: a.astype(">f8"),
}


@each_case
def test_layout_in_memory_makes_no_difference(case, rng):
    arrays = draw(case, rng)
    wanted_value = np.asarray(case.plain(*arrays))
    wanted = gradients(case.call, variables(arrays))
    for name, layout in LAYOUTS.items():
        laid = [layout(a) for a in arrays]
        value = case.call(*variables(laid))
        np.testing.assert_allclose(value.data, wanted_value, rtol=1e-14, atol=1e-15, err_msg=name)
        for recorded in (False, True):
            got = gradients(case.call, variables(laid), create_graph=recorded)
            for g, w in zip(got, wanted, strict=True):
                assert g.shape == w.shape, name
                np.testing.assert_allclose(g, w, rtol=1e-13, atol=1e-15, err_msg=name)


@each_elementwise
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_an_empty_array_has_an_empty_gradient(cls, shape):
    xs = variables([np.zeros(shape)] * cls.n_inputs)
    y = cls.operation(*xs)
    assert y.shape == shape
    for create_graph in (False, True):
        assert all(g.shape == shape for g in gradients(cls.operation, xs, create_graph=create_graph))


@each_case
def test_an_operation_is_a_function_with_its_inputs_and_output(case, rng):
    y = case.call(*variables(draw(case, rng)))
    assert isinstance(y.creator, Function)
    assert y.creator.outputs[0]() is y
    assert y.generation == y.creator.generation + 1
    assert y.creator.generation == max(x.generation for x in y.creator.inputs)


# -- Integers ------------------------------------------------------------------------------------

#: By the beginning of a label: where integers and floats of the same values are no arguments of one formula.
OTHER_FORMULAS = {
    "ix_(": "integers are indices",
    "unique_values(<2 3>)": "NumPy returns integers in another order",
    "piecewise(<3>, [<bool (3,)>, <bool (3,)>], [<>, <lambda>], 3.0, k=1.0)": "floats become integers",
    "pad(<2>, 1, constant_values=[<>, 1.0])": "floats become integers",
}

REAL_CASES = [
    case
    for case in EVERY_CASE
    if complex not in case.dtypes and not case.label.startswith(tuple(OTHER_FORMULAS))
]


@pytest.mark.parametrize("case", REAL_CASES, ids=str)
def test_integers_have_the_gradients_of_floats(case, rng):
    for create_graph in (False, True):
        laws.integers_have_the_gradients_of_floats(case, rng, create_graph)
