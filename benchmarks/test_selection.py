"""Sort, max or bucket: which way to find the function of the highest generation is fastest?

The ready list alone, at lengths from 1 to 10^4, then whole walks. Every benchmark says in its
`extra_info` what was measured and how many selections (or walks) one call makes.
"""

import heapq
import random

import numpy as np
import programs
import pytest

import leopard
from leopard import Variable, using_config
from leopard._queue import BucketQueue, MaxQueue, SortQueue

TOP = 10**6
FALL = 8  # a function's inputs lie 1 to 8 generations below it
WAYS = {"sort": SortQueue, "max": MaxQueue, "bucket": lambda: BucketQueue(TOP)}
LENGTHS = (1, 3, 10, 100, 1000, 10_000)
WALKS = {  # program, walks a sample
    "deep": (programs.chain_of(1000), 2),
    "wide": (programs.branches_of(1000), 1),
    "the book's": (programs.GOLDSTEIN_PRICE, 50),
}


def generations_of(length, steps, seed=0):
    """The generations that fill a list, and those that follow, each below the one just taken out."""
    rng = random.Random(seed)
    start = [TOP - rng.randrange(FALL) for _ in range(length)]
    ready = [(-generation, -item) for item, generation in enumerate(start)]
    heapq.heapify(ready)
    then = []
    for item in range(length, length + steps):
        then.append(-ready[0][0] - rng.randint(1, FALL))
        heapq.heapreplace(ready, (-then[-1], -item))
    return start, then


def filled(way, start):
    queue = WAYS[way]()
    for item, generation in enumerate(start):
        queue.push(item, generation)
    return queue


def select(queue, generations, item):
    """One pop and one push for every generation: the list keeps its length."""
    pop, push = queue.pop, queue.push
    for generation in generations:
        pop()
        push(item, generation)
        item += 1


def graphs(program, count):
    """Recorded results of the program, and their inputs, kept alive for a walk each."""
    inputs = [[Variable(np.array(value)) for value in program.point] for _ in range(count)]
    return [program.call(leopard, *pair) for pair in inputs], inputs


def walk(outputs):
    for output in outputs:
        output.backward()


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("way", WAYS)
def test_ready_list(benchmark, way, length):
    steps = 1000 if length <= 100 else 100
    start, then = generations_of(length, steps + 1)
    benchmark.group = f"ready list of {length}"
    benchmark.extra_info.update(kind="selection", way=way, length=length, per=steps)

    def fresh():
        queue = filled(way, start)
        select(queue, then[:1], length)  # the first sort has the whole list to do
        return (queue, then[1:], length + 1), {}

    benchmark.pedantic(select, setup=fresh, rounds=25, warmup_rounds=1)


@pytest.mark.parametrize("graph", WALKS)
@pytest.mark.parametrize("way", WAYS)
def test_walk(benchmark, way, graph):
    program, count = WALKS[graph]
    benchmark.group = f"walk, {graph}"
    benchmark.extra_info.update(kind="walk", way=way, graph=graph, program=program.name, per=count)
    kept = []

    def fresh():
        outputs, kept[:] = graphs(program, count)
        return (outputs,), {}

    with using_config("selection", way):
        benchmark.pedantic(walk, setup=fresh, rounds=25, warmup_rounds=1)
