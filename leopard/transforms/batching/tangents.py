"""Many tangents of a linear or multilinear Function at once, by its batched rule, for Jacobians."""

import numpy as np

from leopard.transforms.batching import rules  # noqa: F401 (it enters them)
from leopard.transforms.batching._steps import Node, NotBatched, Step, rule_of


def tangent_of_rows(f, output, ts):
    """The tangents of the output of a Function with one output.

    Parameters
    ----------
    f : Function
        Of a class that is linear or multilinear.
    output : ndarray
        Of its shape and type.
    ts : list of Variable or None
        The tangents of the inputs, with one more axis in front; None for zeros.

    Returns
    -------
    Variable or NotImplemented
        Where there is no batched rule.
    """
    cls, inputs = type(f), list(f.inputs)
    rule = rule_of(cls)
    if rule is None:
        return NotImplemented
    n = next(len(t) for t in ts if t is not None)
    node = Node(cls, inputs, [output])
    if cls.linear:
        xs = [np.zeros(x.shape, x.dtype) if t is None else t for x, t in zip(inputs, ts, strict=True)]
        return _applied(rule, node, n, xs, [t is not None for t in ts], f.option)
    total = None
    for k, t in enumerate(ts):
        if t is not None:
            xs = [t if i == k else x for i, x in enumerate(inputs)]
            term = _applied(rule, node, n, xs, [i == k for i in range(len(xs))], f.option)
            if term is NotImplemented:
                return NotImplemented
            total = term if total is None else total + term
    return total


def _applied(rule, node, n, xs, mapped, option):
    try:
        y = rule(Step(node, n, xs, mapped, option))
    except NotBatched:
        return NotImplemented
    (out,) = node.outputs
    return y if y is not NotImplemented and y.shape == (n, *out.shape) else NotImplemented
