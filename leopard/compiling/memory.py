"""Memory by liveness: where in the arena each term lives, and from when on its place is free again."""

from leopard.compiling.schedule import Group
from leopard.compiling.terms import GUARD, LOOP

ALIGNMENT = 64


class Blocks:
    """Blocks of the arena for arrays, used again once nothing reads what they hold.

    Parameters
    ----------
    reuse : bool
        Whether a block that is released may be given away again.
    start : int
        Where they begin.
    """

    def __init__(self, reuse, start):
        self.reuse = reuse
        self.free = {}  # by size: the offsets of free blocks of this size
        self.end = rounded(start)

    def take(self, size):
        """The offset of a new block: a free one of this size, or a part of a larger one, or behind all."""
        size = rounded(size)
        exact = self.free.get(size)
        if exact:
            return exact.pop()
        larger = min([room for room, places in self.free.items() if room > size and places], default=None)
        if larger is None:
            self.end += size
            return self.end - size
        offset = self.free[larger].pop()
        self.free.setdefault(larger - size, []).append(offset + size)
        return offset

    def release(self, offset, size):
        """Give a block back."""
        if self.reuse and size:
            self.free.setdefault(rounded(size), []).append(offset)


def rounded(size):
    """The bytes of a block that holds so many."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def read_by(item, records):
    """The references that a term or a group reads."""
    return item.inputs if isinstance(item, Group) else records[item][1:]


def last_uses(order, records, base_of, outputs):
    """The place in the order at which each term is read last; -1 where nothing reads it.

    A view is read where its base is; what is read at the end has the place behind the last one.
    """
    last = [-1] * len(records)
    for place, item in enumerate(order):
        for r in records[item][1:] if type(item) is int else item.inputs:
            last[r >> 1] = place
    end = len(order)
    for r in outputs:
        last[r >> 1] = end
    for t, base in base_of.items():
        if last[t] > last[base]:
            last[base] = last[t]
    return last


def place_arrays(order, last, forms, offsets, results, reuse, start):
    """Give each array that has no place yet a block of the arena behind `start`; the end of all blocks.

    Parameters
    ----------
    results : callable
        From an item of the order to the terms that it writes to memory.
    """
    blocks = Blocks(reuse, start)
    ending = {}
    for place, item in enumerate(order):
        for t in results(item):
            form = forms[t]
            if form is not None and offsets[t] < 0:
                before, after = form.span
                block = blocks.take(before + after)
                offsets[t] = block + before
                ending.setdefault(max(last[t], place), []).append((block, before + after))
        for block, size in ending.pop(place, ()):
            blocks.release(block, size)
    return blocks.end


def place_scalars(order, last, records, forms, offsets, results, reuse, start):
    """Give each scalar that is computed a place of 8 bytes behind `start`; the end of all places."""
    free, end = [], start
    own = bytearray(len(records))  # the terms whose place can be used again
    for place, item in enumerate(order):
        if type(item) is int and 0 <= records[item][0] < LOOP:
            if reuse:
                for r in records[item][1:]:
                    t = r >> 1
                    if own[t] and last[t] == place:
                        own[t] = 0
                        free.append(offsets[t])
            if records[item][0] >= GUARD:
                continue
            if free:
                offsets[item] = free.pop()
            else:
                offsets[item] = end
                end += 8
            own[item] = 1
            continue
        for t in results(item):  # a step for arrays reads while it writes
            if forms[t] is None and offsets[t] < 0:
                if free:
                    offsets[t] = free.pop()
                else:
                    offsets[t] = end
                    end += 8
                own[t] = 1
        if reuse:
            for r in read_by(item, records):
                t = r >> 1
                if own[t] and last[t] == place:
                    own[t] = 0
                    free.append(offsets[t])
    return end
