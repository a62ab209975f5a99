"""Memory by liveness: where in the arena each term lives, and from when on its place is free again."""

from bisect import insort

ALIGNMENT = 64


class Blocks:
    """Blocks of the arena for arrays, used again once nothing reads what they hold.

    Parameters
    ----------
    reuse : bool
        Whether a block that is released may be given away again.
    """

    def __init__(self, reuse=True):
        self.reuse = reuse
        self.free = []  # (offset, size), by offset; no two of them touch
        self.end = 0

    def take(self, size):
        """The offset of a new block."""
        size = (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        best = None
        for k, (_, room) in enumerate(self.free):
            if room >= size and (best is None or room < self.free[best][1]):
                best = k
        if best is None:
            offset = self.end
            if self.free and sum(self.free[-1]) == self.end:
                offset = self.free.pop()[0]
            self.end = offset + size
            return offset
        offset, room = self.free.pop(best)
        if room > size:
            insort(self.free, (offset + size, room - size))
        return offset

    def release(self, offset, size):
        """Give a block back."""
        if not self.reuse:
            return
        size = (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        insort(self.free, (offset, size))
        joined = []
        for block in self.free:
            if joined and sum(joined[-1]) == block[0]:
                joined[-1] = joined[-1][0], joined[-1][1] + block[1]
            else:
                joined.append(block)
        self.free = joined


def last_uses(order, records, base_of, kept):
    """The place in the order at which each term is read last.

    Parameters
    ----------
    order : list of int
        The terms in the order in which they are computed.
    records : list of tuple
    base_of : dict
        For a view the term in whose memory it is.
    kept : iterable of int
        Terms that are read at the end.

    Returns
    -------
    list of int
        -1 for a term that nothing reads.
    """
    last = [-1] * len(records)
    for place, t in enumerate(order):
        for r in records[t][1:]:
            last[r >> 1] = place
            if r >> 1 in base_of:
                last[base_of[r >> 1]] = place
    for t in kept:
        last[t] = last[base_of.get(t, t)] = len(order)
    return last
