"""Eight threads that walk for long, with exceptions and signals: gradients stay right, memory stays flat.

    python -m tests.gate.soak --minutes 10

Each thread walks random programs to leaves of its own, whose gradients are known, and to a leaf that all
of them share; rules raise in some of the walks, and these leave every gradient as it was. The main
thread does the same while a timer sends it signals whose handler raises. The threads end and begin anew
every few seconds; between two rounds the blocks of memory that Python has given
(`sys.getallocatedblocks`), the records that exist and the memory of the process are noted.
"""

import argparse
import contextlib
import gc
import os
import random
import signal
import sys
import threading
import time

import numpy as np

from leopard import Function, Variable, _core, functions, using_config
from leopard._numeric import arrays
from leopard.functions.math.trigonometry import Sin
from tests.faults import broken
from tests.gate.random_programs import Program, leaves_of, number_of

THREADS, PROGRAMS = 8, 24
SHARED = np.array([1.0, -2.0, 3.0])
MOST_BLOCKS, MOST_RECORDS, MOST_BYTES = 3000, 50, 24 << 20  # that a soak may leave behind, however long it is


class Interrupted(Exception):
    """What the handler of the signal raises."""


class Raises(Function):
    def forward(self, x):
        return x * 1.0

    def backward(self, gy):
        raise ZeroDivisionError("on purpose")


class Soak:
    """What all threads share: programs with the gradients that they have, one leaf, and what went wrong."""

    def __init__(self):
        self.programs = []
        for seed in range(3000, 3000 + PROGRAMS):
            program = Program(seed)
            leaves = self.walk(program, leaves_of(program))
            self.programs.append((program, [None if v.grad is None else v.grad.data.copy() for v in leaves]))
        self.faults, self.kept = [], None
        self.walks = self.raised = self.interrupted = 0
        self.lock = threading.Lock()
        self.stopping = False

    def walk(self, program, leaves, **options):
        """Walk a program back to leaves, which are returned."""
        number_of(program.run(*[v * 1.0 for v in leaves[:3]], leaves[3] * 1)).backward(**options)
        return leaves

    def one_walk(self, choose, count):
        """A walk of some kind; `count` has how often the shared leaf was walked to."""
        program, wanted = choose.choice(self.programs)
        kind = choose.randrange(5)
        leaves = leaves_of(program)
        if kind == 0:
            leaf = Variable(SHARED.copy())
            leaf.grad = np.ones(3)
            try:
                np.sum(np.sin(Raises()(leaf * 2.0)) * self.shared).backward()
            except ZeroDivisionError:
                count["raised"] += 1
            assert (leaf.grad.data == 1.0).all(), "a walk that failed has left a gradient"
            return
        if kind == 1:
            y = np.sum(self.shared * 2.0)
            y.backward()
            count["shared"] += 1
        with using_config("compiled", kind != 2):
            self.walk(program, leaves, create_graph=kind == 3)
        for v, g in zip(leaves, wanted, strict=True):
            if g is None:
                assert v.grad is None
            else:
                np.testing.assert_allclose(v.grad.data, g, rtol=1e-9, atol=1e-9)
            if kind == 3:
                v.cleargrad()  # it refers to the graph, and the graph to the leaf
        if self.kept is not None:
            self.kept.append(leaves[0])

    def work(self, k, number, counts):
        choose = random.Random(1000 * number + k)
        count = {"shared": 0, "raised": 0, "walks": 0}
        try:
            while not self.stopping:
                self.one_walk(choose, count)
                count["walks"] += 1
        except BaseException as error:
            self.faults.append(f"thread {k}: {type(error).__name__}: {error}")
        counts.append(count)

    def work_of_main_thread(self, until):
        """Walks that signals interrupt: a gradient is then as before, or that of the whole walk."""
        x = Variable(SHARED.copy())
        choose = random.Random(0)
        signal.signal(signal.SIGALRM, interrupt)
        while time.monotonic() < until and not self.faults:
            y = np.sum(np.sin(x) * x)
            for _ in range(30):
                y = y * 1.0 + np.sum(np.tanh(x) * 0.0)
            right = np.cos(SHARED) * SHARED + np.sin(SHARED)
            x.cleargrad()
            try:
                signal.setitimer(signal.ITIMER_REAL, choose.uniform(1e-5, 3e-3))
                y.backward()
                time.sleep(0.005)
            except Interrupted:
                self.interrupted += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            try:
                time.sleep(0)  # a signal that has arrived is handled here
            except Interrupted:
                pass
            if x.grad is not None and not np.allclose(x.grad.data, right, rtol=1e-12):
                self.faults.append(f"main thread: {x.grad.data}, not {right}")

    def round(self, number, seconds):
        """Let all threads work for some seconds; what there is of memory afterwards."""
        self.shared, self.stopping, counts = Variable(SHARED.copy()), False, []
        threads = [threading.Thread(target=self.work, args=(k, number, counts)) for k in range(THREADS)]
        for thread in threads:
            thread.start()
        self.work_of_main_thread(time.monotonic() + seconds)
        self.stopping = True
        for thread in threads:
            thread.join()
        times = sum(c["shared"] for c in counts)
        found = 0.0 if self.shared.grad is None else self.shared.grad.data
        if not np.all(found == 2.0 * times):
            self.faults.append(f"the shared leaf has {found} after {times} walks")
        self.walks += sum(c["walks"] for c in counts)
        self.raised += sum(c["raised"] for c in counts)
        self.shared = None
        del counts, threads, found
        gc.collect()
        arrays.empty_pool()
        return sys.getallocatedblocks(), _core.count_records(), resident()


def interrupt(*_):
    raise Interrupted


def resident():
    """The bytes of this process that are in memory; 0 where the system does not say."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def soak(minutes, plant=None):
    """What went wrong, and the line of figures."""
    it = Soak()
    seconds = min(10.0, max(1.0, minutes * 60 / 8))
    rounds = max(4, round(minutes * 60 / seconds))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        if plant == "leak":
            it.kept = []
        fault = broken(Sin, lambda f, gy: -gy * functions.cos(f.inputs[0])) if plant == "gradient" else None
        with fault or contextlib.nullcontext():
            left = []
            for number in range(rounds):
                left.append(it.round(number, seconds))
                if it.faults:
                    break
    finally:
        sys.setswitchinterval(before)
    settled = left[len(left) // 3]
    grown = [last - first for first, last in zip(settled, left[-1], strict=True)]
    for most, found, what in zip(
        (MOST_BLOCKS, MOST_RECORDS, MOST_BYTES), grown, ("blocks", "records", "bytes"), strict=True
    ):
        if found > most:
            it.faults.append(f"{found} {what} more than after a third of the time")
    figures = (
        f"soak: {minutes:g} minutes, {THREADS} threads, {it.walks} walks, {it.raised} raised, "
        f"{it.interrupted} interrupted; "
        f"grown by {grown[0]} blocks, {grown[1]} records, {grown[2] / 2**20:.1f} MiB; {len(it.faults)} faults"
    )
    return it.faults, figures


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Threads that walk for a long time, with exceptions and signals."
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--plant", choices=["leak", "gradient"], help="a fault that must be found")
    given = parser.parse_args(arguments)
    faults, figures = soak(given.minutes, given.plant)
    for fault in faults[:10]:
        print(fault)
    print(figures, flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
