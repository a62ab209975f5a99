"""Groups of elementwise calls over blocks: every bit is right, whatever the number of threads."""

import os
import signal
import threading

import numpy as np
import pytest

from leopard._numeric.arrays import sum_to
from leopard._numeric.replay import ReplayProgram
from tests.numeric.plans import FLOAT64, plan, same_bits, values

ALL, LEADING, TRAILING = range(3)
SIZES = [1, 7, 1000, 1024, 1025, 2048, 5000, 70_001, 300_000]
TYPES = {"float64": 0, "float32": 1, "complex128": 2, "complex64": 3}


def group_program(size, dtype=FLOAT64, sums=(), threads=1, calls=None, extra=()):
    """y = tanh(exp(0.1 b)) b and its gradient's factor 1 - t**2, of an array b; `sums` are of these."""
    dtype = np.dtype(dtype)
    c, width = dtype.char, dtype.itemsize
    loops = [(u, f"{c * u.nin}->{c}") for u in (np.multiply, np.exp, np.tanh, np.square, np.subtract)]
    # registers: 0 b; 1 the number 0.1, 2 the number 1; results from 3 on
    calls = calls or [(0, (1, 0)), (1, (3,)), (2, (4,)), (0, (5, 0)), (3, (5,)), (4, (2, 7))]
    outputs = [((size,), dtype)] * 2 + [(shape, dtype) for shape, *_ in sums]
    given = [(register, axes, length, 4 + k, 0) for k, (_, register, axes, length) in enumerate(sums)]
    step = (
        "group",
        TYPES[dtype.name],
        size,
        [(1, 0, width)],
        [0.1, 1.0],
        calls,
        {6: (2, 0), 8: (3, 0)},
        given,
    )
    return ReplayProgram(plan([step], inputs=[np.zeros(size, dtype)], outputs=outputs, loops=loops), threads)


def expected(b):
    one, tenth = b.dtype.type(1), b.dtype.type(0.1)
    t = np.tanh(np.exp(tenth * b))
    return t * b, one - np.square(t)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", list(TYPES))
def test_a_group_computes_what_numpy_computes(dtype, threads, rng):
    for n in SIZES:
        b = rng.standard_normal(n)
        if "complex" in dtype:
            b = b + 1j * rng.standard_normal(n)
        b = b.astype(dtype)
        y, g = values(group_program(n, dtype, threads=threads).run([b]))
        same_bits(y, expected(b)[0])
        same_bits(g, expected(b)[1])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_total_of_an_array_is_numpys(dtype, threads, rng):
    """Segments that are cut at the nodes of NumPy's pairwise tree have its bits."""
    for n in [*SIZES, *rng.integers(1, 40_000, 30).tolist(), 1_000_000]:
        b = rng.standard_normal(n).astype(dtype)
        y, g, total, other = values(
            group_program(n, dtype, [((), 6, "pairwise", n), ((), 8, "pairwise", n)], threads).run([b])
        )
        same_bits(total, np.asarray(np.sum(y)))
        same_bits(other, np.asarray(np.sum(g)))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("length", [2, 5, 8, 100, 256, 257, 1000, 1024, 1500, 3072])
def test_sums_to_a_shape_are_the_walks(length, dtype, threads, rng):
    n_rows = 41 if length > 100 else 3001
    n = n_rows * length
    b = rng.standard_normal(n).astype(dtype)
    cases = [
        [((length,), 6, LEADING, length)],
        [((n_rows,), 6, TRAILING, length)],
        [((), 6, ALL, n)],
        [((), 6, ALL, n), ((n_rows,), 8, TRAILING, length), ((length,), 6, LEADING, length)],
        [((length,), 8, LEADING, length), ((), 6, "pairwise", n), ((), 8, ALL, n)],
    ]
    for sums in cases:
        y, g, *made = values(group_program(n, dtype, sums, threads).run([b]))
        for (_, register, axes, _), total in zip(sums, made, strict=True):
            x = (y if register == 6 else g).reshape(n_rows, length)
            if axes == LEADING:
                same_bits(total, sum_to(x, (length,)))
            elif axes == TRAILING:
                same_bits(total, sum_to(x, (n_rows, 1)).reshape(-1))
            elif axes == ALL:
                same_bits(total, sum_to(x.reshape(-1), ()))
            else:
                same_bits(total, np.asarray(np.sum(x)))


def test_operands_may_be_numbers_of_the_arena_broadcast_or_strided(rng):
    n = 3000
    x, s = rng.standard_normal(2 * n)[::2], np.array(1.7)
    step = (
        "group", 0, n, [(1, 0, 16), (2, 0, 0)], [("arena", 64)],
        [(0, (0, 1)), (0, (3, 2)), (1, (2, 4))], {5: (3, 0)}, [],
    )  # fmt: skip
    p = ReplayProgram(
        plan(
            [step],
            inputs=[x, s],
            outputs=[((n,), FLOAT64)],
            loops=[(np.multiply, "dd->d"), (np.subtract, "dd->d")],
            image=[(64, 0.3)],
        )
    )
    same_bits(values(p.run([x, s]))[0], 0.3 - (x * s) * 0.3)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize(
    "shape", [(1000, 5), (300, 64), (40, 256), (40, 257), (7, 3000), (2000, 1), (1, 3000)], ids=str
)
def test_operands_may_be_rows_columns_or_matrices_with_gaps(shape, dtype, threads, rng):
    """((x - row) / column) * gaps, with all sums."""
    m, n = shape
    row, column = rng.standard_normal((1, n)).astype(dtype), rng.uniform(1, 2, (m, 1)).astype(dtype)
    x, gaps = rng.standard_normal((2, m, n)).astype(dtype)
    gaps = np.repeat(gaps, 2, axis=1)[:, ::2]
    size, c = x.itemsize, x.dtype.char
    arrays = [
        (1, 0, size),
        (2, 0, size, n, 0),
        (3, 0, 0, n, size),
        (4, 0, gaps.strides[1], n, gaps.strides[0]),
    ]
    loops = [(u, f"{c}{c}->{c}") for u in (np.subtract, np.divide, np.multiply)]
    calls = [(0, (0, 1)), (1, (4, 2)), (2, (5, 3))]
    y = ((x - row) / column) * gaps
    cases = [[]]
    if "complex" not in dtype:
        whole = [((), "pairwise", m * n), ((n,), LEADING, n), ((m,), TRAILING, n), ((), ALL, m * n)]
        cases += [[s] for s in whole] + [whole, whole[::-1]]
    for sums in cases:
        given = [(6, axes, length, 6 + k, 0) for k, (_, axes, length) in enumerate(sums)]
        step = ("group", TYPES[dtype], m * n, arrays, [], calls, {6: (5, 0)}, given)
        outputs = [(shape, x.dtype)] + [(s, x.dtype) for s, *_ in sums]
        p = ReplayProgram(plan([step], inputs=[x, row, column, gaps], outputs=outputs, loops=loops), threads)
        result, *made = values(p.run([x, row, column, gaps]))
        same_bits(result, y)
        for (_, axes, _), total in zip(sums, made, strict=True):
            if axes == "pairwise":
                same_bits(total, np.asarray(np.sum(y)))
            elif axes == ALL:
                same_bits(total, sum_to(y.reshape(-1), ()))
            elif axes == LEADING and 1 < n and 1 < m:
                same_bits(total, sum_to(y, (n,)))
            elif axes == TRAILING and 1 < n and 1 < m:
                same_bits(total, sum_to(y, (m, 1)).reshape(-1))


@pytest.mark.parametrize("seed", range(12))
def test_random_groups(seed):
    """Calls of exact operations on arrays, rows, columns and numbers, with sums of any results."""
    rng = np.random.default_rng(seed)
    ufuncs = [np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.sqrt, np.exp]
    dtype = np.dtype(rng.choice(["float64", "float32"]))
    c, width = dtype.char, dtype.itemsize
    for _ in range(15):
        m, n = int(rng.integers(1, 600)), int(rng.choice([1, 2, 5, 17, 256, 300, 1500]))
        size = m * n
        arrays, inputs, registers = [], [], []
        for kind in rng.choice(["whole", "row", "column", "one"], rng.integers(1, 5)):
            shape = {"whole": (m, n), "row": (1, n), "column": (m, 1), "one": (1, 1)}[kind]
            x = rng.standard_normal(shape).astype(dtype)
            tail = {"whole": (width,), "row": (width, n, 0), "column": (0, n, width), "one": (0,)}[kind]
            arrays.append((1 + len(inputs), 0, *tail))
            inputs.append(x)
            registers.append(np.broadcast_to(x, (m, n)))
        numbers = rng.standard_normal(rng.integers(0, 3)).tolist()
        registers += [np.full((m, n), x, dtype) for x in numbers]
        first = len(registers)
        calls = []
        with np.errstate(all="ignore"):
            for _ in range(rng.integers(1, 12)):
                k = int(rng.integers(len(ufuncs)))
                xs = tuple(rng.integers(0, len(registers), ufuncs[k].nin).tolist())
                calls.append((k, xs))
                registers.append(ufuncs[k](*[np.ascontiguousarray(registers[x]) for x in xs]))
        results = range(first, len(registers))
        wanted = sorted(set(rng.choice(results, 3).tolist()))
        at = 1 + len(inputs)
        outputs = [((m, n), dtype)] * len(wanted)
        sums = []
        for kind in rng.choice(["pairwise", "all", "leading", "trailing"], rng.integers(0, 4)):
            axes, length, shape = {
                "pairwise": ("pairwise", size, ()),
                "all": (ALL, size, ()),
                "leading": (LEADING, n, (n,)),
                "trailing": (TRAILING, n, (m, 1)),
            }[kind]
            sums.append((int(rng.choice(results)), axes, length, at + len(outputs), 0))
            outputs.append((shape, dtype))
        step = (
            "group", TYPES[dtype.name], size, arrays, numbers, calls,
            {y: (at + k, 0) for k, y in enumerate(wanted)}, sums,
        )  # fmt: skip
        loops = [(u, f"{c * u.nin}->{c}") for u in ufuncs]
        p = ReplayProgram(plan([step], inputs=inputs, outputs=outputs, loops=loops), int(rng.integers(1, 4)))
        with np.errstate(all="ignore"):
            made = values(p.run(inputs))
            for y, result in zip(wanted, made, strict=False):
                same_bits(result, registers[y])
            for (y, axes, _, _, _), total in zip(sums, made[len(wanted) :], strict=True):
                x = registers[y]
                if axes == "pairwise":
                    same_bits(total, np.asarray(np.sum(x)))
                elif axes == ALL or m > 1 and n > 1:
                    same_bits(total, sum_to(x if axes != ALL else x.reshape(-1), total.shape))


def test_a_target_may_be_an_array_that_is_not_read_any_more():
    n = 3000
    p = ReplayProgram(
        plan(
            [
                ("copy", 8, (n,), (1, 0, (8,)), (0, 0, (8,))),
                ("group", 0, n, [(0, 0, 8)], [3.0], [(0, (0, 1)), (0, (2, 2))], {2: (0, 0), 3: (2, 0)}, []),
                ("copy", 8, (n,), (0, 0, (8,)), (3, 0, (8,))),
            ],
            inputs=[np.zeros(n)],
            outputs=[((n,), FLOAT64)] * 2,
            loops=[(np.multiply, "dd->d")],
            arena=8 * n,
        )
    )
    x = np.arange(float(n))
    square, triple = values(p.run([x]))
    same_bits(triple, 3 * x)
    same_bits(square, triple * triple)


def test_truth_values_are_registers_of_their_own_size(rng):
    from leopard._numeric.choice import choice

    n = 5000
    x, y = rng.standard_normal((2, n))
    loops = [(np.less, "dd->?"), (np.logical_not, "?->?"), (choice, "dd->d"), (np.add, "dd->d")]
    step = (
        "group",
        0,
        n,
        [(1, 0, 8), (2, 0, 8)],
        [],
        [(3, (0, 1)), (0, (0, 2)), (1, (3,))],
        {2: (3, 0), 4: (4, 0)},
        [],
    )
    p = ReplayProgram(
        plan([step], inputs=[x, y], outputs=[((n,), FLOAT64), ((n,), np.dtype(bool))], loops=loops)
    )
    total, mask = values(p.run([x, y]))
    same_bits(total, x + y)
    same_bits(mask, ~(x < x + y))


@pytest.mark.parametrize("threads", [1, 2])
def test_flags_of_all_threads_are_seen(threads):
    n = 300_000
    p = group_program(n, threads=threads)
    for place in (0, n // 2 + 1, n - 1):
        b = np.zeros(n)
        b[place] = 1e5
        with np.errstate(over="raise"):
            assert p.run([b]) == (-1, None)
            assert p.run([np.zeros(n)])[0] == 0
        with np.errstate(all="ignore"):
            same_bits(values(p.run([b]))[0], expected(b)[0])


def test_python_threads_share_the_pool():
    n = 200_000
    p = group_program(n, sums=[((), 6, "pairwise", n)], threads=2)
    b = np.linspace(-2, 2, n)
    with np.errstate(all="ignore"):
        total = np.sum(expected(b)[0])
    wrong = []

    def work():
        for _ in range(20):
            if values(p.run([b]))[2] != total:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, where another test has imported it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_child_that_was_forked_starts_threads_of_its_own():
    n = 300_000
    p = group_program(n, threads=2)
    b = np.linspace(-2, 2, n)
    first = values(p.run([b]))[0]
    child = os.fork()
    if child == 0:
        ok = np.array_equal(values(p.run([b]))[0], first)
        os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_ends_a_long_run(threads):
    n = 2_000_000
    p = group_program(n, threads=threads, calls=[(0, (1, 0)), (1, (3,)), *[(2, (4,))] * 8])
    b = np.linspace(-2, 2, n)

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(Stop):
            for _ in range(100):
                p.run([b])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert p.run([np.zeros(n)])[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"size": 0}, {"size": -5}, {"size": 1001}, {"type": 7}, {"arrays": [(1, 0, 16)]},
        {"arrays": [(9, 0, 8)]}, {"numbers": [("arena", 8060)]}, {"numbers": [("arena", -8)]},
        {"calls": [(5, (0,))]}, {"calls": [(0, (0,))]}, {"calls": [(0, (0, 2))]}, {"calls": [(0, (0, -1))]},
        {"calls": [(1, (0, 0))]}, {"targets": {0: (2, 0)}}, {"targets": {9: (2, 0)}},
        {"targets": {2: (2, 8)}}, {"targets": {2: (1, 0)}}, {"sums": [(2, 5, 10, 0, 0)]},
        {"sums": [(2, LEADING, 7, 0, 0)]}, {"sums": [(2, LEADING, 0, 0, 0)]},
        {"sums": [(1, ALL, 1000, 0, 0)]}, {"sums": [(2, LEADING, 1000, 0, 128)]},
        {"sums": [(2, ALL, 1000, 1, 0)]}, {"sums": [(99, ALL, 1000, 0, 0)]}, {"sums": [(2,)]},
        {"calls": None}, {"arrays": [None]},
        {"arrays": [(0, 0, 8)], "targets": {2: (0, 8)}}, {"arrays": [(0, 0, 0)], "targets": {2: (0, 0)}},
        {"arrays": [(0, 0, 8)], "targets": {2: (0, 0)}, "calls": [(0, (0, 1)), (0, (0, 2))]},
        {"targets": {2: (0, 0), 3: (0, 0)}, "calls": [(0, (0, 1)), (0, (0, 2))]},
    ],
    ids=str,
)  # fmt: skip
def test_a_group_that_reaches_outside_its_memory_is_refused(change):
    given = {
        "type": 0, "size": 1000, "arrays": [(1, 0, 8)], "numbers": [2.0], "calls": [(0, (0, 1))],
        "targets": {2: (2, 0)}, "sums": [],
    } | change  # fmt: skip
    with pytest.raises((ValueError, TypeError)):
        ReplayProgram(
            plan(
                [("group", *given.values())],
                inputs=[np.zeros(1000)],
                outputs=[((1000,), FLOAT64)],
                loops=[(np.multiply, "dd->d"), (np.multiply, "ff->f")],
                arena=8064,
            )
        )


def test_the_number_of_threads_is_checked():
    for threads in (0, -1, 1000):
        with pytest.raises(ValueError, match="threads"):
            ReplayProgram(plan([]), threads)
