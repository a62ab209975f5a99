"""Sort or max? The time to find the next Function of a walk, by each of three queues."""

import heapq
import random
from time import perf_counter
from typing import NamedTuple

from leopard._numeric.ready_queue import BucketQueue, MaxQueue, SortQueue

names = ("sort", "max", "bucket")
#: How many selections are timed, by the length of the ready list: fewer where sorting takes long.
repetitions = {1: 20_000, 10: 20_000, 100: 10_000, 1000: 1000, 10_000: 100}


class Walk(NamedTuple):
    """What is pushed before the clock starts, then what is popped and pushed, and the highest generation."""

    first: list
    popped: list
    pushed: list
    top: int


def random_walk(length, steps, seed=0):
    """Selections from a list that stays at `length`; each generation pushed is below the popped.

    The expected items are found by `heapq`, which is none of the three that are timed.
    """
    rng = random.Random(seed)
    spread = 2 * length
    ready = [(rng.randrange(spread), item) for item in range(length)]  # (depth, item)
    pushes, popped = list(ready), []
    heap = [(depth, -item) for depth, item in ready]  # at a tie the latest comes first
    heapq.heapify(heap)
    for item in range(length, length + steps):
        depth, latest = heap[0]
        popped.append(-latest)
        depth += rng.randint(1, spread)
        pushes.append((depth, item))
        heapq.heapreplace(heap, (depth, -item))
    top = max(pushes)[0]
    events = [(item, top - depth) for depth, item in pushes]
    return Walk(events[:length], popped, events[length:], top)


def make_queues(top):
    return dict(zip(names, (SortQueue(), MaxQueue(), BucketQueue(top)), strict=True))


def time_queue(queue, walk):
    """Seconds for each selection, and the items popped."""
    for item, generation in walk.first:
        queue.push(item, generation)
    push, pop, popped = queue.push, queue.pop, []
    start = perf_counter()
    for item, generation in walk.pushed:
        popped.append(pop())
        push(item, generation)
    return (perf_counter() - start) / len(walk.pushed), popped


def measure(length, steps, rounds=3):
    """The shortest time per selection for each way, and whether all popped what they should."""
    walk = random_walk(length, steps)
    times = dict.fromkeys(names, float("inf"))
    right = True
    for _ in range(rounds):
        for name, queue in make_queues(walk.top).items():
            seconds, popped = time_queue(queue, walk)
            times[name] = min(times[name], seconds)
            right = right and popped == walk.popped
    return times, right
