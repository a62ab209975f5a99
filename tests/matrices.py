"""Slopes at a given point, and of functions that leave no choice open: for the tests of decompositions."""

import numpy as np

from leopard import Variable
from tests import laws


def slopes_at(call, *arrays, orders=(1, 2, 3), seed=0):
    """The derivatives of `call`, a function of Variables, at these arrays are slopes."""
    rng = np.random.default_rng(seed)
    case = laws.own_case("any", [a.shape for a in arrays], call)
    y = [v.data for v in laws.outputs(call(*map(Variable, arrays)))]
    weights = [rng.uniform(0.5, 1.5, a.shape) for a in y]
    for order in orders:
        floors = laws.tower(case, weights, [laws.directions(arrays, rng) for _ in range(order - 1)])
        us = laws.directions(arrays, rng)
        gxs = laws.gradients(floors[-1], laws.variables(arrays))
        laws.assert_slope(gxs, arrays, us, lambda *xs, f=floors[-1]: f(*laws.variables(xs)).data, 1e-8)


def drawn(*shape, dtype=float, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(shape)
    return np.asarray(a + 1j * rng.standard_normal(shape) if dtype is complex else a)


def unitary(n, dtype=float, seed=0):
    return np.linalg.qr(drawn(n, n, dtype=dtype, seed=seed))[0]


def of_rank(rank, n, m=None, dtype=float, seed=0):
    """A matrix of this rank; its other singular values are 0 to within rounding."""
    m = m or n
    return drawn(n, rank, dtype=dtype, seed=seed) @ drawn(rank, m, dtype=dtype, seed=seed + 1)


def adjoint(x):
    """Of a Variable."""
    return np.conj(x.T)
