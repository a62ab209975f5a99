"""The three ways to the highest generation agree with a heap, and with one another."""

import heapq
import random

import pytest

from leopard._numeric.ready_queue import BucketQueue, MaxQueue, ReadyQueue, SortQueue
from tests.processes import run


def queues(top):
    return [SortQueue(), MaxQueue(), BucketQueue(top)]


@pytest.mark.parametrize("spread", [1, 3, 100, 5000, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_each_pops_the_highest_generation_and_of_those_the_latest(seed, spread):
    random.seed(seed)
    top = 2**20
    ours, heap, item, highest = queues(top), [], 0, top
    for _ in range(2000):
        if heap and random.random() < 0.45:
            g, i = heapq.heappop(heap)
            assert [q.pop() for q in ours] == [-i] * 3
            highest = -g
        else:
            g = max(0, highest - random.randrange(spread))
            for q in ours:
                q.push(item, g)
            heapq.heappush(heap, (-g, -item))
            item += 1
        assert [len(q) for q in ours] == [len(heap)] * 3
    while heap:
        assert [q.pop() for q in ours] == [-heapq.heappop(heap)[1]] * 3
    assert [q.pop() for q in ours] == [-1] * 3


def test_generations_far_apart_cost_no_walk_between():
    q = BucketQueue(2**30)
    q.push(0, 0)
    q.push(1, 2**30)
    assert [q.pop(), q.pop(), q.pop()] == [1, 0, -1]


@pytest.mark.parametrize("queue", queues(10))
@pytest.mark.parametrize("item", [-1, 2**40, None, "a"])
def test_an_item_is_a_small_number(queue, item):
    with pytest.raises((ValueError, TypeError, OverflowError)):
        queue.push(item, 1)
    with pytest.raises((ValueError, TypeError, OverflowError)):
        queue.push(1, item if item != 2**40 else -2)
    assert len(queue) == 0


def test_the_bucket_has_a_top():
    with pytest.raises(ValueError, match="above the top"):
        BucketQueue(5).push(0, 6)
    with pytest.raises(ValueError, match="at least 0"):
        BucketQueue(-1)


def test_the_base_is_no_queue():
    with pytest.raises(NotImplementedError):
        ReadyQueue().push(0, 0)
    assert ReadyQueue().pop() == -1


def test_an_item_pushed_again_is_an_error_and_no_crash():
    # The bucket's links hold each item once: a second push would lose what lies below it.
    program = """
    from leopard._numeric.ready_queue import BucketQueue
    q = BucketQueue(5)
    q.push(0, 3)
    q.push(1, 3)
    try:
        q.push(1, 5)
    except ValueError:
        print("an error")
    else:
        print([q.pop() for _ in range(4)] == [1, 1, 0, -1])
    """
    assert run(program) in (["an", "error"], ["True"])


def test_the_largest_item_is_an_error_and_no_crash():
    program = """
    from leopard._numeric.ready_queue import BucketQueue
    try:
        BucketQueue(5).push(2**31 - 1, 0)
    except (ValueError, OverflowError, MemoryError) as error:
        print(type(error).__name__)
    """
    assert len(run(program)) == 1
