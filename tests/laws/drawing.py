"""The arrays that a case is tried on."""

from dataclasses import replace

import numpy as np

from leopard import Variable
from tests.laws.measuring import outputs

#: Numbers at which a rule may go wrong, or raise a floating-point flag.
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 5e-324, -1e-310, 1e-200, 1e200, -1e308, 710.0, -745.5]
SPECIAL += [np.inf, -np.inf, np.nan]


def draw(case, rng, dtype=np.float64):
    """Arrays of the case's shapes. No two of their elements are close, and none is close to 0."""
    if complex in case.dtypes:
        parts = replace(case, dtypes=())
        pairs = zip(draw(parts, rng), draw(parts, rng), case.dtypes, strict=True)
        return [np.asarray(x + 1j * y) if dtype is complex else x for x, y, dtype in pairs]
    sizes = [int(np.prod(shape)) for shape in case.shapes]
    n = sum(sizes) + sum(sizes) % 2
    places = (rng.permutation(n) + 0.25 + 0.5 * rng.random(n)) / max(n, 1)
    arrays, start = [], 0
    for (low, high), size, shape in zip(case.domain, sizes, case.shapes, strict=True):
        arrays.append((low + (high - low) * places[start : start + size]).reshape(shape).astype(dtype))
        start += size
    return arrays


def variables(arrays):
    return [Variable(a) for a in arrays]


def weights_for(case, arrays, rng):
    """For each output of a case an array of its shape: the weights that `measure` takes."""
    return [rng.uniform(0.5, 1.5, np.shape(y)) for y in outputs(case.plain(*arrays))]


def directions(arrays, rng):
    """Steps in a random direction, of length 1 together."""
    us = [rng.standard_normal(a.shape) for a in arrays]
    us = [
        u + 1j * rng.standard_normal(a.shape) if a.dtype.kind == "c" else u
        for u, a in zip(us, arrays, strict=True)
    ]
    norm = np.sqrt(sum(np.sum(np.abs(u) ** 2) for u in us))
    return [u / norm for u in us]
