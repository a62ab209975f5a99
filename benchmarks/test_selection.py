"""The choice of the next Function: sort, max and bucket, over ready lists and through whole walks."""

import random

import numpy as np
import pytest
from programs import GOLDSTEIN_PRICE, branches_of, chain_of

from leopard import Variable, using_config
from leopard._numeric.ready_queue import BucketQueue, MaxQueue, SortQueue

SELECTIONS = ["sort", "max", "bucket"]
STEPS = 200


def queue_of(selection, top):
    return {"sort": SortQueue, "max": MaxQueue}[selection]() if selection != "bucket" else BucketQueue(top)


def steady_generations(n):
    """First `n` generations, then one for each step: always below the one just popped."""
    rng = random.Random(0)
    top = 100 * STEPS
    return top, [top - rng.randrange(100) for _ in range(n)], [
        top - 100 - 50 * i - rng.randrange(50) for i in range(STEPS)
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 3, 10, 100, 1000, 10_000])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_ready_list(benchmark, selection, n):
    top, first, later = steady_generations(n)

    def filled():
        queue = queue_of(selection, top)
        for item, generation in enumerate(first):
            queue.push(item, generation)
        return (queue,), {}

    def steps(queue):
        item = n
        for generation in later:
            queue.pop()
            queue.push(item, generation)
            item += 1

    benchmark.group = f"ready list of {n}"
    benchmark.extra_info.update(selection=selection, n=n, steps=STEPS)
    benchmark.pedantic(steps, setup=filled, rounds=20 if n < 10_000 else 3)


@pytest.mark.parametrize(
    "program", [chain_of(1000), branches_of(1000), GOLDSTEIN_PRICE], ids=lambda p: p.name
)
@pytest.mark.parametrize("selection", SELECTIONS)
def test_whole_walk(benchmark, selection, program):
    xs = [Variable(np.array(x)) for x in program.point]
    y = program.call(__import__("leopard"), *xs)
    benchmark.group = f"walk of {program.name}"
    benchmark.extra_info.update(selection=selection, program=program.name)
    with using_config("selection", selection):
        benchmark(y.backward)
