"""Tuples with some entries replaced, and the order of a walk: what `autograd.util` has."""

from operator import attrgetter

__all__ = ["func", "subval", "subvals", "toposort"]


def subvals(x, ivs):
    """The tuple of x with the values v at the places i, for ``(i, v)`` in `ivs`.

    Examples
    --------
    >>> from leopard.compat.autograd._tuples import subvals
    >>> subvals((1, 2, 3), [(0, "a"), (2, "b")])
    ('a', 2, 'b')
    """
    replaced = dict(ivs)
    if any(i < 0 for i in replaced):
        replaced = {i % len(x): v for i, v in replaced.items()}
    return tuple([replaced.get(i, v) for i, v in enumerate(x)])


def subval(x, i, v):
    """The tuple of x with the value v at place i."""
    return subvals(x, [(i, v)])


def func(f):
    """The function f."""
    return f


def toposort(end_node, parents=attrgetter("parents")):
    """The nodes before a node, and it, each after all those that it is a parent of."""
    children, found = {end_node: 0}, [end_node]
    for node in found:
        for parent in parents(node):
            if parent not in children:
                children[parent] = 0
                found.append(parent)
            children[parent] += 1
    ready = [end_node]
    while ready:
        node = ready.pop()
        yield node
        for parent in parents(node):
            children[parent] -= 1
            if not children[parent]:
                ready.append(parent)
