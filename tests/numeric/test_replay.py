"""Programs written by hand, run and compared with NumPy to the last bit."""

import os
import struct
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

from leopard._numeric import replay
from leopard._numeric.replay import ReplayProgram
from tests.numeric.plans import FLOAT64, code, plan, same_bits, values

ALL, LEADING, TRAILING = range(3)  # the axes of a blockwise sum


# -- Scalar code -----------------------------------------------------------------------------------

NUMBERS = [0.0, -0.0, 1.0, -2.5, 1e300, 1e-310, np.inf, -np.inf, np.nan, 3.0]
ARITHMETIC = ["add", "subtract", "multiply", "divide"]
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


def scalar_program(instructions, n_inputs, result, **more):
    """A program of scalar code: inputs come to 0, 8, ...; the output is what stands at `result`."""
    loads = [("load", 8 * k, 1 + k, 0) for k in range(n_inputs)]
    n = n_inputs + len(more.get("captured", ())) + len(more.get("constants", ()))
    step = code(*loads, *instructions, ("store", 1 + n, result, 0))
    return ReplayProgram(plan([step], inputs=[0.0] * n_inputs, outputs=[((), FLOAT64)], **more))


@pytest.mark.parametrize("name", ARITHMETIC + COMPARISONS)
def test_operations_of_two_numbers_are_numpys(name):
    ufunc = getattr(np, name)
    p = scalar_program([(name, 64, 0, 8)], 2, 64)
    with np.errstate(all="ignore"):
        for a in NUMBERS:
            for b in NUMBERS:
                same_bits(values(p.run([a, b]))[0], np.asarray(ufunc(a, b)).astype(float))


@pytest.mark.parametrize("name", ["negative", "square", "sqrt", "copy"])
def test_operations_of_one_number_are_numpys(name):
    ufunc = getattr(np, {"copy": "positive"}.get(name, name))
    p = scalar_program([(name, 64, 0, 0)], 1, 64)
    with np.errstate(all="ignore"):
        for a in NUMBERS:
            same_bits(values(p.run([a]))[0], ufunc(np.array(a))[()])


@pytest.mark.parametrize("second", ARITHMETIC)
@pytest.mark.parametrize("first", [*ARITHMETIC, "negative", "square", "copy"])
def test_an_operand_may_be_the_last_result_on_either_side(first, second):
    """Every form that takes the last result from a register."""
    with np.errstate(all="ignore"):
        for a, b in [(2.5, -3.0), (-0.0, 0.0), (1e300, 1e-300), (np.nan, 1.0)]:
            unary = first in ("negative", "square", "copy")
            f = getattr(np, {"copy": "positive"}.get(first, first))
            r = f(np.float64(a)) if unary else f(np.float64(a), np.float64(b))
            for x, y, expected in [(64, 8, (r, b)), (8, 64, (b, r)), (64, 64, (r, r))]:
                p = scalar_program([(first, 64, 0, 8), (second, 72, x, y), ("negative", 80, 72, 0)], 2, 80)
                same_bits(values(p.run([a, b]))[0], np.negative(getattr(np, second)(*expected)))


def test_the_last_result_is_taken_from_memory_again_where_a_store_overwrote_it():
    p = scalar_program([("add", 64, 0, 8), ("store", 0, 0, 64), ("negative", 72, 64, 0)], 2, 72)
    assert values(p.run([5.0, 7.0]))[0] == -5.0


def test_select_takes_one_of_two_by_the_condition_that_stood_in_its_place():
    p = scalar_program([("less", 64, 0, 8), ("select", 64, 0, 8)], 2, 64)
    assert values(p.run([1.0, 2.0]))[0] == 1.0
    assert values(p.run([4.0, 2.0]))[0] == 2.0
    same_bits(values(p.run([np.nan, 2.0]))[0], np.float64(2.0))


def test_loops_of_one_and_two_numbers_are_called():
    loops = [(np.exp, "d->d"), (np.arctan2, "dd->d"), (np.power, "dd->d")]
    p = scalar_program(
        [(("call1", 0), 64, 0, 0), (("call2", 1), 72, 64, 8), (("call2", 2), 80, 64, 72)], 2, 80, loops=loops
    )
    for a, b in [(0.3, -2.0), (-5.0, 1e3)]:
        e = np.exp(a)
        same_bits(values(p.run([a, b]))[0], np.power(e, np.arctan2(e, b)))


def test_constants_of_the_image_are_there_at_each_run():
    p = scalar_program([("multiply", 64, 0, 128)], 1, 64, image=[(128, 0.1)])
    for x in (3.0, 7.0):
        assert values(p.run([x]))[0] == x * 0.1


def test_a_guard_that_fails_is_reported_by_its_place():
    loads = [("load", 0, 1, 0), ("load", 8, 2, 0)]
    step = code(
        *loads,
        ("less", 64, 0, 8),
        ("guard_true", 0, 64, 1),
        ("equal", 64, 0, 8),
        ("guard_false", 0, 64, 0),
        ("guard_equal", 8, 128, 2),
        ("store", 3, 0, 0),
    )
    p = ReplayProgram(
        plan([step], inputs=[0.0, 0.0], outputs=[((), FLOAT64)], guards="abc", image=[(128, 4.0)])
    )
    assert p.run([1.0, 4.0])[0] == 0
    assert p.run([4.0, 4.0]) == (2, None)
    assert p.run([5.0, 4.0]) == (2, None)
    assert p.run([1.0, 3.0]) == (3, None)
    assert p.run([np.nan, 4.0]) == (2, None)


def test_a_guard_takes_nan_for_equal_to_nan():
    p = scalar_program([("guard_equal", 0, 8, 0)], 2, 0, guards=[None])
    assert p.run([np.nan, np.nan])[0] == 0
    assert p.run([np.nan, 1.0])[0] == 1
    assert p.run([0.0, -0.0])[0] == 0


# -- Rows ------------------------------------------------------------------------------------------

EXACT = [np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.sqrt]
LENGTHS = [1, 2, 3, 7, 8, 9, 15, 31, 64, 100, 1023, 1024, 1025, 5000]


def numbers(rng, n, dtype):
    """Numbers of many sizes, zeros of both signs, infinities and nans among them."""
    x = (rng.standard_normal(n) * 10.0 ** rng.integers(-30, 30, n)).astype(dtype)
    x[rng.random(n) < 0.05] = 0.0
    x[rng.random(n) < 0.05] = -0.0
    x[rng.random(n) < 0.02] = np.inf
    x[rng.random(n) < 0.02] = np.nan
    return x


def row_program(ufunc, dtype, n, kinds):
    """y = ufunc(x...), where each operand is a row ("row") or one number ("number")."""
    size, letter = dtype.itemsize, dtype.char
    operands = [(1 + k, 0, (size if kind == "row" else 0,)) for k, kind in enumerate(kinds)]
    operands.append((1 + len(kinds), 0, (size,)))
    return ReplayProgram(
        plan(
            [("loop", 0, (n,), operands)],
            inputs=[np.zeros(n if kind == "row" else (), dtype) for kind in kinds],
            outputs=[((n,), dtype)],
            loops=[(ufunc, letter * len(kinds) + "->" + letter)],
        )
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda d: d.__name__)
@pytest.mark.parametrize("ufunc", EXACT, ids=lambda u: u.__name__)
def test_own_loops_have_numpys_bits(ufunc, dtype, rng):
    dtype = np.dtype(dtype)
    kinds = [("row",)] if ufunc.nin == 1 else [("row", "row"), ("number", "row"), ("row", "number")]
    with np.errstate(all="ignore"):
        for n in LENGTHS:
            for kind in kinds:
                p = row_program(ufunc, dtype, n, kind)
                x = [numbers(rng, n if k == "row" else 1, dtype) for k in kind]
                x = [a if k == "row" else a[0].reshape(()) for a, k in zip(x, kind, strict=True)]
                x = [np.array(a) for a in x]
                same_bits(values(p.run(x))[0], ufunc(*x) if n > 1 else np.atleast_1d(ufunc(*x)))


def test_an_operand_of_a_row_may_be_the_result():
    x, y = np.arange(100.0), np.linspace(1, 2, 100)
    p = ReplayProgram(
        plan(
            [
                ("copy", 8, (100,), (1, 0, (8,)), (0, 0, (8,))),
                ("loop", 0, (100,), [(0, 0, (8,)), (2, 0, (8,)), (0, 0, (8,))]),
                ("loop", 0, (100,), [(0, 0, (8,)), (0, 0, (8,)), (0, 0, (8,))]),
                ("copy", 8, (100,), (0, 0, (8,)), (3, 0, (8,))),
            ],
            inputs=[x, y],
            outputs=[((100,), FLOAT64)],
            loops=[(np.multiply, "dd->d")],
        )
    )
    same_bits(values(p.run([x, y]))[0], (x * y) * (x * y))


def test_a_loop_runs_over_outer_axes_broadcasts_and_gaps(rng):
    x, w = rng.standard_normal((4, 3, 10))[:, :, ::2], rng.standard_normal((3, 1))
    p = ReplayProgram(
        plan(
            [("loop", 0, (4, 3, 5), [(1, 0, x.strides), (2, 0, (0, 8, 0)), (3, 0, (120, 40, 8))])],
            inputs=[x, w],
            outputs=[((4, 3, 5), FLOAT64)],
            loops=[(np.subtract, "dd->d")],
        )
    )
    same_bits(values(p.run([x, w]))[0], x - w)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128], ids=lambda d: d.__name__)
@pytest.mark.parametrize("layout", ["row", "column", "one", "gaps", "transposed", "planes", "backward"])
def test_short_rows_are_run_together(layout, dtype, rng):
    for shape in [(1000, 5), (4, 64), (700, 1), (5, 3), (3, 400, 3), (2, 2, 500, 2)]:
        x = rng.standard_normal(shape).astype(dtype)
        other = {
            "row": x[..., :1, :].copy(),
            "column": x[..., :1].copy(),
            "one": x.reshape(-1)[:1].reshape((1,) * len(shape)),
            "gaps": np.repeat(x, 2, axis=-1)[..., ::2],
            "transposed": np.asfortranarray(x),
            "planes": x[:1].copy(),
            "backward": x[..., ::-1],
        }[layout]
        w = np.broadcast_to(other, shape)
        for out in (np.empty(shape, dtype), np.empty((*shape, 2), dtype)[..., 0]):
            size = int(np.prod(shape)) * 2 * x.itemsize
            p = ReplayProgram(
                plan(
                    [
                        ("loop", 0, shape, [(1, 0, x.strides), (2, 0, w.strides), (0, 0, out.strides)]),
                        ("copy", x.itemsize, shape, (0, 0, out.strides), (3, 0, x.strides)),
                    ],
                    inputs=[x, w],
                    outputs=[(shape, x.dtype)],
                    loops=[(np.multiply, f"{x.dtype.char * 2}->{x.dtype.char}")],
                    arena=size,
                )
            )
            same_bits(values(p.run([x, w]))[0], x * w)


def test_rows_that_are_added_to_one_another_are_not_run_together(rng):
    """An output of stride 0 is added to; one that is shifted against an input is read as it is written."""
    x = rng.standard_normal((500, 3))
    target = (2, 0, (0, 8))
    p = ReplayProgram(
        plan(
            [("fill", 8, 3, (2, 0), bytes(8)), ("loop", 0, (500, 3), [target, (1, 0, (24, 8)), target])],
            inputs=[x],
            outputs=[((3,), FLOAT64)],
            loops=[(np.add, "dd->d")],
        )
    )
    same_bits(values(p.run([x]))[0], np.add.accumulate(x)[-1])
    p = ReplayProgram(
        plan(
            [
                ("copy", 8, (501, 3), (2, 0, (24, 8)), (0, 0, (24, 8))),
                ("loop", 0, (500, 3), [(0, 0, (24, 8)), (1, 0, (0, 8)), (0, 24, (24, 8))]),
                ("copy", 8, (501, 3), (0, 0, (24, 8)), (3, 0, (24, 8))),
            ],
            inputs=[np.zeros(3), np.zeros((501, 3))],
            outputs=[((501, 3), FLOAT64)],
            loops=[(np.add, "dd->d")],
            arena=20_000,
        )
    )
    same_bits(
        values(p.run([np.ones(3), np.zeros((501, 3))]))[0], np.repeat(np.arange(501.0), 3).reshape(501, 3)
    )


def test_comparisons_write_truth_values():
    x, y = np.array([1.0, 2.0, np.nan]), np.array([2.0, 2.0, 2.0])
    p = ReplayProgram(
        plan(
            [("loop", 0, (3,), [(1, 0, (8,)), (2, 0, (8,)), (3, 0, (1,))])],
            inputs=[x, y],
            outputs=[((3,), np.dtype(bool))],
            loops=[(np.less, "dd->?")],
        )
    )
    same_bits(values(p.run([x, y]))[0], x < y)


def test_no_elements_are_no_work():
    x = np.zeros((0, 3))
    p = ReplayProgram(
        plan(
            [("loop", 0, (0, 3), [(1, 0, (24, 8)), (2, 0, (24, 8))])],
            inputs=[x],
            outputs=[((0, 3), FLOAT64)],
            loops=[(np.exp, "d->d")],
        )
    )
    assert values(p.run([x]))[0].shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64, np.float32], ids=lambda d: d.__name__)
def test_other_types_run_by_numpys_loops(dtype, rng):
    x = (
        rng.standard_normal(50) + (1j * rng.standard_normal(50) if np.dtype(dtype).kind == "c" else 0)
    ).astype(dtype)
    size, letter = x.itemsize, x.dtype.char
    p = ReplayProgram(
        plan(
            [
                ("loop", 0, (50,), [(1, 0, (size,)), (1, 0, (size,)), (0, 0, (size,))]),
                ("loop", 1, (50,), [(0, 0, (size,)), (2, 0, (size,))]),
            ],
            inputs=[x],
            outputs=[((50,), x.dtype)],
            loops=[(np.multiply, f"{letter}{letter}->{letter}"), (np.exp, f"{letter}->{letter}")],
        )
    )
    same_bits(values(p.run([x]))[0], np.exp(x * x))


# -- Products, sums, memory ------------------------------------------------------------------------


@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_numpys(transposed, rng):
    a, b = rng.standard_normal((6, 5)), rng.standard_normal((5, 4))
    given = np.asfortranarray(b) if transposed else b
    p = ReplayProgram(
        plan(
            [("matmul", 0, (6, 5, 4), (1, 0, a.strides), (2, 0, given.strides), (3, 0, (32, 8)))],
            inputs=[a, given],
            outputs=[((6, 4), FLOAT64)],
        )
    )
    same_bits(values(p.run([a, given]))[0], a @ given)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128], ids=lambda d: d.__name__)
def test_an_outer_product_has_the_signs_of_zeros_that_are_wanted(dtype, rng):
    """A product of matrices adds each product to 0; a column times a row does not."""
    for m, n in [(2, 3), (16, 16), (33, 100), (1, 5), (5, 1)]:
        a, b = (
            numbers(rng, m, np.float64).astype(dtype).reshape(m, 1),
            numbers(rng, n, np.float64).reshape(1, n),
        )
        for row in (b.astype(dtype), np.repeat(b.astype(dtype), 2, axis=1)[:, ::2]):
            for column in (a, np.repeat(a, 3, axis=0)[::3]):
                with np.errstate(all="ignore"):
                    for signed, expected in [(False, column * row), (True, column @ row)]:
                        x, y = (1, 0, column.strides), (2, 0, row.strides)
                        to = (3, 0, (n * a.itemsize, a.itemsize))
                        step = ("matmul", np.dtype(dtype), (m, 1, n), x, y, to, signed)
                        p = ReplayProgram(plan([step], inputs=[column, row], outputs=[((m, n), a.dtype)]))
                        same_bits(values(p.run([column, row]))[0], expected)


@pytest.mark.parametrize("n", [1, 5, 8, 100, 129, 1000, 4097])
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda d: d.__name__)
def test_a_sum_is_numpys(n, dtype, rng):
    x = rng.standard_normal(n).astype(dtype)
    p = ReplayProgram(
        plan(
            [("sum", np.dtype(dtype), n, (1, 0, x.itemsize), (2, 0))],
            inputs=[x],
            outputs=[((), x.dtype)],
        )
    )
    same_bits(values(p.run([x]))[0], np.asarray(np.sum(x)))


@pytest.mark.parametrize("shape", [(), (7,), (300, 1)], ids=str)
def test_a_sum_to_a_shape_is_the_walks(shape, rng):
    from leopard._numeric.arrays import sum_to

    x = rng.standard_normal((300, 7))
    axes, length = {(): (ALL, 2100), (7,): (LEADING, 7), (300, 1): (TRAILING, 7)}[shape]
    p = ReplayProgram(
        plan([("sum_to", 0, axes, length, 2100, (1, 0), (2, 0))], inputs=[x], outputs=[(shape, FLOAT64)])
    )
    same_bits(values(p.run([x]))[0], sum_to(x, shape))


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.complex128, bool], ids=lambda d: np.dtype(d).name
)
def test_copies_take_any_strides(dtype, rng):
    x = (rng.standard_normal((5, 6)) * 3).astype(dtype)
    for view in (x, x.T, x[::-1, ::2], np.broadcast_to(x[:, :1], (5, 4))):
        strides = np.empty(view.shape, dtype).strides
        p = ReplayProgram(
            plan(
                [("copy", view.itemsize, view.shape, (1, 0, view.strides), (2, 0, strides))],
                inputs=[view],
                outputs=[(view.shape, view.dtype)],
            )
        )
        same_bits(values(p.run([view]))[0], view)


@pytest.mark.parametrize(
    "value", [np.float64(0), np.float64(-2.5), np.float32(1.5), np.complex128(1 + 2j), np.True_]
)
def test_fills_repeat_one_element(value):
    value = np.asarray(value)
    p = ReplayProgram(
        plan([("fill", value.itemsize, 9, (1, 0), value.tobytes())], outputs=[((9,), value.dtype)])
    )
    same_bits(values(p.run([]))[0], np.full(9, value))


def test_a_guard_of_memory_compares_bytes():
    x = np.array([1.0, 2.0])
    p = ReplayProgram(plan([("guard", 0, 1, 0, x.tobytes())], inputs=[x], guards=["x"]))
    assert p.run([x.copy()])[0] == 0
    assert p.run([np.array([1.0, 3.0])])[0] == 1


# -- Floating-point status -------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [False, True], ids=["last", "before a loop that may clear the flags"])
@pytest.mark.parametrize(
    ("name", "a", "b"), [("divide", 1.0, 0.0), ("multiply", 1e300, 1e300), ("subtract", np.inf, np.inf)]
)
def test_what_errstate_does_not_ignore_is_reported(name, a, b, behind):
    more = [(("call1", 0), 72, 8, 0)] if behind else []
    p = scalar_program([(name, 64, 0, 8), *more], 2, 64, loops=[(np.exp, "d->d")])
    n = 20
    row = ReplayProgram(
        plan(
            [("loop", 0, (n,), [(1, 0, (8,)), (2, 0, (8,)), (3, 0, (8,))])]
            + [("loop", 1, (n,), [(1, 0, (8,)), (0, 0, (8,))])] * behind,
            inputs=[np.zeros(n)] * 2,
            outputs=[((n,), FLOAT64)],
            loops=[(getattr(np, name), "dd->d"), (np.tanh, "d->d")],
        )
    )
    arrays = [np.full(n, a), np.full(n, b)]
    with np.errstate(all="warn"):
        assert p.run([a, b]) == (-1, None)
        assert row.run(arrays) == (-1, None)
        assert p.run([1.0, 2.0])[0] == 0  # nothing is left over from the last run
        assert row.run([np.ones(n)] * 2)[0] == 0
    with np.errstate(all="ignore"):
        assert p.run([a, b])[0] == 0
        assert row.run(arrays)[0] == 0


def test_a_run_does_not_see_flags_from_before_it():
    p = scalar_program([("add", 64, 0, 8)], 2, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.array(1e300) * np.array(1e300)
    with np.errstate(all="raise"):
        assert p.run([1.0, 2.0])[0] == 0


# -- Python steps ----------------------------------------------------------------------------------


def python_program(function, shape=(3,), dtype=FLOAT64):
    """y = function(2 x) + 1, where the call is of Python."""
    n = int(np.prod(shape))
    return ReplayProgram(
        plan(
            [
                ("loop", 0, (n,), [(1, 0, (8,)), (1, 0, (8,)), (0, 0, (8,))]),
                ("python", function, [(0, 0, shape, (8,), dtype)], [(0, 512, shape, (8,), dtype)]),
                ("loop", 1, (n,), [(0, 512, (8,)), (0, 1024, (0,)), (2, 0, (8,))]),
            ],
            inputs=[np.zeros(shape)],
            outputs=[(shape, dtype)],
            loops=[(np.add, "dd->d"), (np.add, "dd->d")],
            image=[(1024, 1.0)],
        )
    )


def test_a_step_may_call_python():
    x = np.array([1.0, 2.0, 3.0])
    p = python_program(lambda y: y[::-1])
    same_bits(values(p.run([x]))[0], (2 * x)[::-1] + 1)


def test_a_function_may_keep_what_it_is_given():
    kept = []
    p = python_program(lambda y: kept.append(y) or y)
    for x in (1.0, 2.0):
        p.run([np.full(3, x)])
    same_bits(kept[0], np.full(3, 2.0))
    same_bits(kept[1], np.full(3, 4.0))
    assert not kept[0].flags.writeable


def test_an_exception_of_python_comes_through_and_the_program_still_runs():
    fails = [True]

    def sometimes(y):
        if fails[0]:
            raise ZeroDivisionError("here")
        return y

    p = python_program(sometimes)
    with pytest.raises(ZeroDivisionError, match="here"):
        p.run([np.ones(3)])
    fails[0] = False
    same_bits(values(p.run([np.ones(3)]))[0], np.full(3, 3.0))


@pytest.mark.parametrize(
    "result", [np.ones(4), np.ones(3, np.float32), None, (np.ones(3), np.ones(3)), "text"], ids=repr
)
def test_a_result_of_another_form_is_reported(result):
    p = python_program(lambda y: result)
    assert p.run([np.ones(3)]) == (-2, None)


def test_a_function_may_run_the_same_program():
    depth = [0]

    def again(y):
        depth[0] += 1
        if depth[0] < 4:
            values(p.run([y]))
        return y

    p = python_program(again)
    same_bits(values(p.run([np.ones(3)]))[0], np.full(3, 3.0))


def test_flags_of_a_call_of_python_are_its_own():
    def overflows(y):
        with np.errstate(all="ignore"):
            np.array(1e300) * np.array([1e300])
        return y

    p = python_program(overflows)
    with np.errstate(all="raise"):
        assert p.run([np.ones(3)])[0] == 0


# -- Arrays in and out -----------------------------------------------------------------------------


def double_of(x):
    """y = x + x"""
    n = x.size
    return ReplayProgram(
        plan(
            [("loop", 0, (n,), [(1, 0, (8,)), (1, 0, (8,)), (2, 0, (8,))])],
            inputs=[x],
            outputs=[(x.shape, FLOAT64)],
            loops=[(np.add, "dd->d")],
        )
    )


def test_outputs_are_new_arrays_unless_they_are_given():
    x = np.arange(5.0)
    p = double_of(x)
    first, second = values(p.run([x]))[0], values(p.run([x + 1]))[0]
    same_bits(first, 2 * x)
    same_bits(second, 2 * x + 2)
    given = np.empty(5)
    assert values(p.run([x], [given]))[0] is given
    same_bits(given, 2 * x)


@pytest.mark.parametrize(
    "x",
    [None, "x", [1.0] * 5, np.zeros(4), np.zeros((5, 1)), np.zeros(5, np.float32), np.zeros(5, ">f8"),
     np.zeros(10)[::2], np.ma.zeros(5), 1.0, np.frombuffer(bytes(41), np.uint8)[1:].view(float)],
    ids=repr,
)  # fmt: skip
def test_an_input_of_another_form_is_refused(x):
    p = double_of(np.zeros(5))
    with pytest.raises((TypeError, ValueError), match="array 0 is float64 of shape"):
        p.run([x])
    same_bits(values(p.run([np.ones(5)]))[0], np.full(5, 2.0))


@pytest.mark.parametrize(
    "out", [None, np.zeros(4), np.zeros(5, np.float32), np.zeros(10)[::2], np.broadcast_to(0.0, 5)]
)
def test_an_array_that_cannot_be_written_to_is_refused(out):
    with pytest.raises((TypeError, ValueError), match="out: output 0"):
        double_of(np.zeros(5)).run([np.zeros(5)], [out])


def test_the_doors_refuse_what_is_none_of_their_kind():
    with pytest.raises(AttributeError):
        ReplayProgram(None)
    p = double_of(np.zeros(5))
    with pytest.raises(TypeError):
        p.run(None)
    with pytest.raises(TypeError):
        p.run()
    for given in ([], [np.zeros(5)] * 2):
        with pytest.raises(ValueError, match="1 arrays are wanted"):
            p.run(given)
    with pytest.raises(ValueError, match="out has 2 arrays"):
        p.run([np.zeros(5)], [np.zeros(5)] * 2)
    with pytest.raises(TypeError, match="already"):
        p.__init__(plan([]))
    empty = ReplayProgram.__new__(ReplayProgram)
    assert empty.run([]) == (0, ())


@pytest.mark.parametrize(
    "step",
    [
        ("loop", 0, (5,), [(0, 4090, (8,)), (0, 0, (8,)), (0, 0, (8,))]),
        ("loop", 0, (5,), [(0, -8, (8,)), (0, 0, (8,)), (0, 0, (8,))]),
        ("loop", 0, (5,), [(0, 0, (-8,)), (0, 0, (8,)), (0, 0, (8,))]),
        ("loop", 0, (6,), [(1, 0, (8,)), (0, 0, (8,)), (0, 0, (8,))]),
        ("loop", 0, (5,), [(0, 0, (8,)), (0, 0, (8,)), (1, 0, (8,))]),
        ("loop", 0, (5,), [(0, 0, (8,)), (0, 0, (8,)), (3, 0, (8,))]),
        ("loop", 1, (5,), [(0, 0, (8,)), (0, 0, (8,)), (0, 0, (8,))]),
        ("loop", 0, (5,), [(0, 0, (8,)), (0, 0, (8,))]),
        code(("add", 4092, 0, 0)),
        code(("add", 0, 4092, 0)),
        code(("add", 0, 0, 4092)),
        code(("load", 0, 1, 40)),
        code(("store", 1, 0, 0)),
        code(("guard_true", 0, 0, 0)),
        code((("call1", 0), 0, 0, 0)),
        code((("call2", 9), 0, 0, 0)),
        ("scalars", struct.pack("IIII", 200, 0, 0, 0)),
        ("copy", 8, (6,), (1, 0, (8,)), (0, 0, (8,))),
        ("fill", 8, 600, (0, 0), bytes(8)),
        ("fill", 8, 6, (0, 0), bytes(7)),
        ("sum", 0, 6, (1, 0, 8), (0, 0)),
        ("sum_to", 0, LEADING, 2, 5, (1, 0), (0, 0)),
        ("matmul", 0, (2, 3, 2), (1, 0, (24, 8)), (0, 0, (16, 8)), (0, 64, (16, 8))),
        ("guard", 0, 0, 0, b"x"),
        ("python", abs, [(1, 0, (6,), (8,), FLOAT64)], []),
        ("unknown",),
    ],
    ids=repr,
)
def test_a_step_that_reaches_outside_its_memory_is_refused(step):
    with pytest.raises(ValueError):
        ReplayProgram(
            plan([step], inputs=[np.zeros(5)], outputs=[((5,), FLOAT64)], loops=[(np.add, "dd->d")])
        )


@pytest.mark.parametrize(
    "step",
    [
        (),
        ("loop",),
        ("loop", 0, (5,)),
        ("sum", 0, 1, (0,), (0, 0)),
        ("matmul", 0),
        ("scalars",),
        None,
        ("copy", 1),
    ],
)
def test_a_step_that_is_cut_short_is_refused(step):
    with pytest.raises((TypeError, ValueError, IndexError)):
        ReplayProgram(plan([step], loops=[(np.add, "dd->d")]))


def test_nothing_is_kept_of_what_a_run_was_given():
    x, out = np.zeros(5), np.zeros(5)
    p = double_of(x)
    before = sys.getrefcount(x), sys.getrefcount(out)
    for _ in range(100):
        p.run([x], [out])
    assert (sys.getrefcount(x), sys.getrefcount(out)) == before
    result = values(p.run([x]))[0]
    assert sys.getrefcount(result) == 2
    assert result.flags.owndata


def test_threads_run_one_program_at_once():
    n = 50_000
    x = np.linspace(0, 1, n)
    p = ReplayProgram(
        plan(
            [
                ("loop", 0, (n,), [(1, 0, (8,)), (0, 0, (8,))]),
                ("loop", 1, (n,), [(0, 0, (8,)), (0, 0, (8,)), (2, 0, (8,))]),
            ],
            inputs=[x],
            outputs=[((n,), FLOAT64)],
            loops=[(np.exp, "d->d"), (np.multiply, "dd->d")],
            arena=8 * n,
        )
    )
    wrong = []

    def work(scale):
        expected = np.exp(x * scale) ** 2
        given = x * scale
        for _ in range(30):
            y = p.run([given])[1][0]
            if not np.array_equal(y, expected):
                wrong.append(scale)

    threads = [threading.Thread(target=work, args=(s,)) for s in (1.0, 2.0, 3.0)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


# -- Builds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [{"LEOPARD_DISPATCH": "switch"}, {"LEOPARD_INSTRUCTIONS": "sse2"}, {"LEOPARD_INSTRUCTIONS": "avx2"}],
    ids=lambda e: "".join(e.values()),
)
def test_every_build_gives_the_same_bits(environment):
    """These tests once more, by the `switch`, and by other instruction sets."""
    if os.environ.get("LEOPARD_INNER"):
        pytest.skip("this is the inner run")
    tests = (
        "own_loops or numbers or last_result or loops_of or status or errstate or guard or may_be_the_result"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", tests, __file__]
    command.append(__file__.replace("test_replay", "test_groups"))
    done = subprocess.run(
        command,
        env=os.environ | environment | {"LEOPARD_INNER": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_build_says_what_it_is():
    assert replay.INSTRUCTIONS in ("base", "avx2", "avx512")
    assert replay.DISPATCH in ("goto", "switch")
    assert double_of(np.zeros(5)).info()["kinds"] == {"loop": 1}
