"""Random programs (`tests/compiling/programs.py`), mapped: each row is what a single call returns."""

import warnings

import numpy as np
import pytest

from leopard import Variable, compile, grad, vmap
from leopard._pytrees import flatten
from tests.compiling.programs import MODES, Program, plain_inner
from tests.compiling.random_programs import is_close, names_of_ways, number_of, ways

ROWS = 3


def columns(program):
    """Arguments with a row for each example, and which are mapped."""
    rng = np.random.default_rng(program.seed)
    rows = [program.arrays(rng, MODES[0]) for _ in range(ROWS)]
    mapped = [True, program.seed % 3 != 1, program.seed % 3 != 2]
    return [np.stack(column) for column in zip(*rows, strict=True)], mapped


def single(f, arrays, mapped):
    """The leaves of single calls, stacked; None where one raises, or they differ in shape."""
    rows = []
    for r in range(ROWS):
        given = [x[r].copy() if m else x[0].copy() for x, m in zip(arrays, mapped, strict=True)]
        try:
            rows.append(flatten(f(*given))[0])
        except Exception:
            return None
    columns = list(zip(*rows, strict=True))
    if any(len({np.shape(y) for y in column}) > 1 for column in columns):
        return None
    return [np.stack(column) for column in columns]


def check(program):
    f, _ = program.made(program.statements, sorted(program.left_after(program.statements)), plain_inner)
    arrays, mapped = columns(program)
    for k, name in enumerate(names_of_ways(program)):
        if k and (k + program.seed) % 3:
            continue
        g = ways(f)[name][0]
        wanted = single(g, arrays, mapped)
        if wanted is None:
            continue
        axes = tuple(0 if m else None for m in mapped)
        given = [x if m else x[0] for x, m in zip(arrays, mapped, strict=True)]
        h = vmap(g, axes)
        for call in (h, compile(h)) if program.seed % 4 == 0 else (h,):
            for _ in range(3 if call is not h else 1):
                try:
                    found = flatten(call(*[x.copy() for x in given]))[0]
                except ValueError as error:
                    if "read-only" in str(error):  # it writes into an argument that is not mapped
                        return
                    raise
                agree(found, wanted, name)
        if name == "value" and program.dtype != np.complex128:
            check_gradient(f, given, mapped, axes)


def check_gradient(f, given, mapped, axes):
    """The gradient through the mapped program."""

    def one(*row):
        return number_of(f(*row))

    def total(*xs):
        return sum(one(*row) for row in rows_of(xs, mapped))

    def together(*xs):
        return np.sum(vmap(one, axes)(*xs))

    try:
        slopes = grad(total, (0, 1, 2))(*[x.copy() for x in given])
    except Exception:
        return
    agree(grad(together, (0, 1, 2))(*[x.copy() for x in given]), slopes, "grad of vmap")


def rows_of(xs, mapped):
    return [[x[r] * 1.0 if m else x * 1.0 for x, m in zip(xs, mapped, strict=True)] for r in range(ROWS)]


def agree(found, wanted, name):
    for y, z in zip(found, wanted, strict=True):
        y, z = [np.asarray(v.data if isinstance(v, Variable) else v) for v in (y, z)]
        assert is_close(y, z) or np.allclose(y, z, 1e-7, 1e-7, equal_nan=True), f"{name}: {y} is not {z}"
        assert y.dtype == z.dtype, name


@pytest.mark.parametrize("seed", range(60))
def test_rows_of_random_programs_are_single_calls(seed):
    program = Program(seed)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check(program)
        except Exception as error:
            error.add_note("\n".join(program.statements))
            raise
