"""Rules as loops over arrays: every elementwise operation, type, layout and kind of operand.

The reference is the rule itself, run in Python on Variables, and NumPy's own call for the values: both to
the last bit.
"""

import itertools
import warnings

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, no_grad, using_config
from leopard._numeric.loops import TYPES, Recipe
from tests import laws
from tests.laws import ELEMENTWISE, SPECIAL, same, variables

REAL = [np.float64, np.float32]
BINARY = [c for c in ELEMENTWISE if c.n_inputs == 2]
each_elementwise = pytest.mark.parametrize("cls", ELEMENTWISE, ids=lambda c: c.__name__)
each_binary = pytest.mark.parametrize("cls", BINARY, ids=lambda c: c.__name__)
each_real = pytest.mark.parametrize("dtype", REAL)


def drawn(cls, rng, shapes, dtype=np.float64):
    """One array for each operand, from the domain that the class states."""
    return [
        np.asarray(rng.uniform(low, high, s)).astype(dtype)
        for (low, high), s in zip(cls.domain, shapes, strict=True)
    ]


def put(a, layout):
    """The same numbers, lying otherwise in memory."""
    if layout == "C":
        return np.ascontiguousarray(a)
    if layout == "F":
        return np.asfortranarray(a)
    if layout == "gaps":
        return np.repeat(a, 2, axis=-1)[..., ::2]
    if layout == "backward":
        return np.flip(np.flip(a).copy())
    if layout == "columns":
        wide = np.zeros((*a.shape[:-1], a.shape[-1] + 3), a.dtype)
        wide[..., 1:-2] = a
        return wide[..., 1:-2]
    if layout == "read-only":
        a = a.copy()
        a.flags.writeable = False
        return a
    raise ValueError(layout)


# -- Lists ---------------------------------------------------------------------------------------


@each_elementwise
def test_every_rule_is_read_into_loops_for_every_type_and_choice_of_gradients(cls):
    for name in TYPES:
        if laws.takes(cls, name):
            for wanted in range(1, 1 << cls.n_inputs):
                recipe = cls.operation.recipe(name, wanted)
                assert isinstance(recipe, Recipe), f"{name}, gradients {wanted:b}"
                assert str(recipe).isascii()


@each_elementwise
def test_a_list_says_what_it_reads(cls, rng):
    """Nothing that is not named is read: the gradient is the same when it is not there."""
    recipe = cls.operation.recipe("float64", (1 << cls.n_inputs) - 1)
    assert set(recipe.registers_read) <= {"gy", "y", "x", "x0", "x1"}
    assert all(line.isascii() for line in recipe.lines)


# -- Values --------------------------------------------------------------------------------------

SHAPES = {1: [((2500,),), ((3, 40),), ((2, 1, 70),)], 2: [
    ((2500,), (2500,)),
    ((40, 5), (5,)),
    ((5,), (40, 5)),
    ((40, 5), (40, 1)),
    ((3, 700), (3, 1)),
    ((1, 700), (3, 1)),
    ((3, 700), ()),
    ((3, 700), (1,)),
    ((6, 1, 30), (4, 30)),
    ((2, 3, 4, 5), (3, 1, 5)),
]}  # fmt: skip


@each_real
@each_elementwise
def test_values_of_arrays_are_numpys_to_the_last_bit(cls, dtype, rng):
    for shapes in SHAPES[cls.n_inputs]:
        layouts = itertools.product(["C", "F", "gaps", "columns"], repeat=len(shapes))
        for layout in layouts:
            arrays = [
                put(a, form) if a.ndim else a
                for a, form in zip(drawn(cls, rng, shapes, dtype), layout, strict=True)
            ]
            wanted = np.asarray(laws.value_of(cls)(*arrays))
            got = cls.operation(*variables(arrays)).data
            assert same(got, wanted), f"{cls.__name__} of {shapes}, {layout}"
            assert got.strides == wanted.strides, f"{cls.__name__} of {shapes}, {layout}"


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@each_elementwise
def test_values_of_complex_arrays_are_numpys(cls, dtype, rng):
    shapes = [(1100,)] * cls.n_inputs
    arrays = [a + 1j * b for a, b in zip(drawn(cls, rng, shapes), drawn(cls, rng, shapes), strict=True)]
    arrays = [a.astype(dtype) for a in arrays]
    try:
        wanted = laws.value_of(cls)(*arrays)
    except TypeError:
        pytest.skip("NumPy has none of complex numbers")
    got = cls.operation(*variables(arrays)).data
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@each_elementwise
def test_values_beyond_eight_axes_are_numpys(cls, rng):
    shape = (1, 2) * 5
    arrays = [np.asfortranarray(a) for a in drawn(cls, rng, [shape] * cls.n_inputs)]
    arrays[0] = np.ascontiguousarray(arrays[0])
    assert same(cls.operation(*variables(arrays)).data, laws.value_of(cls)(*arrays))


# -- Gradients -----------------------------------------------------------------------------------


@each_real
@each_elementwise
def test_loops_and_rule_agree_in_every_layout(cls, dtype, rng):
    for layout in ["C", "F", "gaps", "columns", "backward", "read-only"]:
        for shape in [(7,), (1024,), (1025,), (2500,), (6, 50)]:
            arrays = [put(a, layout) for a in drawn(cls, rng, [shape] * cls.n_inputs, dtype)]
            start = put(rng.standard_normal(shape), rng.choice(["C", "F", "gaps"]))
            laws.loops_and_rule_agree(cls, arrays, start)


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@each_elementwise
def test_list_and_rule_agree_over_complex_numbers(cls, dtype, rng):
    """A recorded walk makes the calls of the list; real and complex operands may stand side by side."""
    if not laws.takes(cls, dtype):
        pytest.skip("NumPy has none of complex numbers")
    real = drawn(cls, rng, [(50,)] * cls.n_inputs, np.zeros(1, dtype).real.dtype)
    whole = [(a + 1j * b[::-1]).astype(dtype) for a, b in zip(real, reversed(real), strict=True)]
    mixtures = [whole] if cls.n_inputs == 1 else [whole, [whole[0], real[1]], [real[0], whole[1]]]
    for arrays in mixtures:
        results = []
        start = rng.standard_normal(50) + 1j * rng.standard_normal(50)
        for compiled in (True, False):
            xs = variables(arrays)
            y = cls.operation(*xs)
            y.grad = (start if y.dtype.kind == "c" else start.real).astype(y.dtype)
            with using_config("compiled", compiled):
                y.backward(create_graph=True)
            results.append(laws.data_of_gradients(xs))
        for a, b in zip(*results, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)


@each_real
@each_binary
def test_loops_and_rule_agree_over_broadcast_operands(cls, dtype, rng):
    for shapes in SHAPES[2]:
        arrays = drawn(cls, rng, shapes, dtype)
        start = rng.standard_normal(np.broadcast_shapes(*shapes))
        laws.loops_and_rule_agree(cls, arrays, start)


@each_real
@each_binary
def test_loops_and_rule_agree_beside_numbers(cls, dtype, rng):
    (low, high), (low1, high1) = cls.domain
    for number in [rng.uniform(low1, high1), 1.0, 0.1, 2, 1, 0.5]:
        (x,) = drawn(cls, rng, [(1030,), (1030,)], dtype)[:1]
        start = rng.standard_normal(1030)
        laws.loops_and_rule_agree(cls, [x, number], start)
        laws.loops_and_rule_agree(cls, [number, np.abs(x) + dtype(0.1)], start)


@each_elementwise
def test_loops_and_rule_agree_at_special_values(cls):
    grid = np.array(list(itertools.product(SPECIAL, repeat=cls.n_inputs))).T
    with np.errstate(all="ignore"):
        for dtype in REAL:
            arrays = [np.ascontiguousarray(row).astype(dtype) for row in grid]
            for start in [1.0, -2.5, 0.0, np.inf]:
                laws.loops_and_rule_agree(cls, arrays, np.full(arrays[0].shape, start))


@each_elementwise
def test_a_gradient_that_is_one_number_is_that_of_an_array(cls, rng):
    """Behind a sum every upstream gradient is 1, and never written out."""
    shapes = [(1030,)] * cls.n_inputs
    arrays = drawn(cls, rng, shapes)
    xs = variables(arrays)
    leopard.sum(cls.operation(*xs) * 0.75).backward()
    walked = laws.data_of_gradients(xs)
    ruled = laws.three_ways(cls, arrays, np.full(1030, 0.75))[1]
    for a, b in zip(walked, ruled, strict=True):
        assert same(a, b)


def test_many_functions_are_one_program_and_give_the_bits_of_their_rules(rng):
    """A chain through every elementwise operation, twice as long as a program has registers."""
    x = Variable(rng.uniform(0.5, 1.5, 3000))
    y, values = x, []
    moving = [c for c in ELEMENTWISE if c.operation.recipe("float64", 1).lines]
    for k in range(max(80, len(moving))):
        cls = moving[k % len(moving)]
        low, high = cls.domain[0]
        y = leopard.tanh(y) * ((high - low) * 0.4) + (high + low) / 2
        values.append(y)
        y = cls.operation(y) if cls.n_inputs == 1 else cls.operation(y, x)
    z = y * x
    z.backward()
    looped = x.grad.data
    for options in ({"retain_grad": True}, {"create_graph": True}):
        x.cleargrad()
        z.backward(**options)
        assert same(x.grad.data, looped)
    x.cleargrad()
    with using_config("compiled", False):
        z.backward()
    assert same(x.grad.data, looped)


# -- Trouble -------------------------------------------------------------------------------------


def told(call, *args):
    """What a call warns of, raises or tells an error callback."""
    heard = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        before = np.seterrcall(lambda kind, flag: heard.append((kind, flag)))
        try:
            call(*args)
        except FloatingPointError as error:
            return "raised", str(error)
        finally:
            np.seterrcall(before)
    return [str(w.message) for w in said], heard


@pytest.mark.parametrize("mode", ["warn", "raise", "ignore", "call"])
@each_elementwise
def test_trouble_in_arrays_is_told_as_numpy_tells_it(cls, mode):
    with np.errstate(all=mode):
        for numbers in itertools.product(SPECIAL, repeat=cls.n_inputs):
            arrays = [np.array([0.5, x, 1.5]) for x in numbers]
            assert told(cls.operation, *variables(arrays)) == told(laws.value_of(cls), *arrays), numbers


@pytest.mark.parametrize("mode", ["warn", "raise", "call"])
@each_elementwise
def test_trouble_in_loops_is_told_as_by_the_rule(cls, mode):
    for numbers in itertools.product(SPECIAL[::2], repeat=cls.n_inputs):
        arrays = [np.array([0.5, x, 1.5]) for x in numbers]
        with np.errstate(all="ignore"):
            xs = variables(arrays)
            y = cls.operation(*xs)
        with np.errstate(all=mode):
            walked = told(y.backward)
            with no_grad():
                ruled = told(y.creator.backward, Variable(np.ones(3)))
        assert walked == ruled, f"{cls.__name__}{numbers}"
        if walked[0] == "raised":
            assert all(x.grad is None for x in xs)


def test_trouble_in_the_middle_of_a_program_names_its_function_and_leaves_no_gradient(rng):
    x = Variable(np.array([1.0, 4.0, 0.0]))
    with np.errstate(all="ignore"):
        y = leopard.sum(leopard.exp(-leopard.sqrt(x * 2.0)) * 3.0)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError) as error:
        y.backward()
    assert any("Sqrt.backward" in note for note in error.value.__notes__)
    assert x.grad is None
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        y.backward()
    wanted = -3 * np.exp(-np.sqrt([2.0, 8.0])) * 2 / (2 * np.sqrt([2.0, 8.0]))
    np.testing.assert_allclose(x.grad.data[:2], wanted, rtol=1e-14)
    assert x.grad.data[2] == -np.inf


def test_an_overflow_in_a_sum_of_gradients_of_arrays_is_told():
    x = Variable(np.ones(5))
    y = x * 1.0
    z = y * 1.5 + y * 1.2
    z.grad = np.full(5, 1e308)
    with pytest.warns(RuntimeWarning, match="overflow encountered in add"):
        z.backward()
    assert np.all(np.isinf(x.grad.data))


# -- Functions of one's own -----------------------------------------------------------------------


class Softplus(Function):
    elementwise = True

    def forward(self, x):
        return np.log1p(np.exp(x))

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + leopard.exp(-x))


class Blend(Function):
    elementwise = True

    def forward(self, a, b):
        return a * np.tanh(b)

    def backward(self, gy):
        a, b = self.inputs
        t = leopard.tanh(b)
        return gy * t, gy * a * (1 - t * t)


class Scaled(Function):
    elementwise = True
    factor = 2.0

    def __init__(self, factor=None):
        if factor is not None:
            self.factor = factor

    def forward(self, x):
        return self.factor * x

    def backward(self, gy):
        return self.factor * gy


def test_a_function_of_ones_own_is_read_into_loops_by_one_word(rng):
    calls = []
    rule = Softplus.backward
    Softplus.backward = lambda self, gy: (calls.append(1), rule(self, gy))[1]
    leopard._core.operation_of(Softplus).forget_recipes()
    try:
        for shape in [(), (5,), (40, 50)]:
            for _ in range(3):
                x = Variable(rng.standard_normal(shape))
                Softplus()(x).backward()
                np.testing.assert_allclose(x.grad.data, 1 / (1 + np.exp(-x.data)), rtol=1e-14)
    finally:
        Softplus.backward = rule
    assert len(calls) == 1


def test_a_function_of_ones_own_broadcasts_and_goes_to_every_order(rng):
    a, b = Variable(rng.standard_normal((40, 5))), Variable(rng.standard_normal(5))
    Blend()(a, b).backward()
    with using_config("compiled", False):
        c, d = Variable(a.data), Variable(b.data)
        Blend()(c, d).backward()
    assert same(a.grad.data, c.grad.data)
    assert same(b.grad.data, d.grad.data)
    x = Variable(np.array([0.3, -0.2]))
    Softplus()(x).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.backward()
    s = 1 / (1 + np.exp(-x.data))
    np.testing.assert_allclose(x.grad.data, s * (1 - s), rtol=1e-13)


def test_an_instance_with_attributes_runs_its_own_rule():
    for f, slope in [(Scaled(), 2.0), (Scaled(5.0), 5.0), (Scaled(), 2.0), (Scaled(-1.0), -1.0)]:
        x = Variable(np.ones(3))
        f(x).backward()
        assert np.all(x.grad.data == slope)


def test_one_that_is_not_elementwise_after_all_is_right_or_an_error():
    class Wrong(Function):
        elementwise = True

        def forward(self, x):
            return x.sum(axis=0)

        def backward(self, gy):
            return leopard.broadcast_to(gy, self.inputs[0].shape)

    x = Variable(np.ones((3, 2)))
    Wrong()(x).backward()
    assert same(x.grad.data, np.ones((3, 2)))


def test_inputs_are_named():
    with pytest.raises(TypeError, match="names one to 3 inputs"):

        class Any(Function):
            elementwise = True

            def forward(self, *xs):
                return xs[0]


def test_a_rule_that_asks_for_values_runs_as_python():
    class Branching(Function):
        elementwise = True

        def forward(self, x):
            return np.abs(x)

        def backward(self, gy):
            (x,) = self.inputs
            return gy * np.sign(x.data) if np.any(x.data < 0) else gy

    for value in (-2.0, 2.0):
        x = Variable(np.array([value, 1.0]))
        Branching()(x).backward()
        assert same(x.grad.data, np.array([np.sign(value), 1.0]))
    assert leopard._core.operation_of(Branching).recipe("float64", 1) is None


# -- Seen -----------------------------------------------------------------------------------------


def test_explain_shows_rule_loops_and_types(capsys):
    leopard.explain(leopard.tanh)
    shown = capsys.readouterr().out
    for part in ["numpy.tanh", "return gy * (1 - y * y)", "multiply(y, y)", "float32", "kept for it: y"]:
        assert part in shown
    leopard.explain(np.sum)
    assert "kernel 'sum'" in capsys.readouterr().out
    leopard.explain(Blend)
    assert "tanh(x1)" in capsys.readouterr().out
    leopard.explain(leopard.functions.manipulation.joining.Concatenate)
    assert "runs as Python" in capsys.readouterr().out


def test_explain_of_no_operation_is_an_error():
    for wrong in (np.linspace, 3, Function, None):
        with pytest.raises(TypeError, match="explain"):
            leopard.explain(wrong)


def test_what_a_rule_does_not_read_is_not_kept():
    assert leopard.add.recipe("float64", 3).registers_read == ("gy",)
    assert leopard.mul.recipe("float64", 1).registers_read == ("gy", "x1")
    assert leopard.exp.recipe("float32", 1).registers_read == ("gy", "y")
