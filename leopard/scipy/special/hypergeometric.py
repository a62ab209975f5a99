"""Hypergeometric functions, with derivatives in the parameters by their power series."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.scipy.special._derivatives import in_order, real_only
from leopard.scipy.special._values import corrected, of_reals

__all__ = ["hyp0f1", "hyp1f1", "hyp2f1", "hyperu"]


def series_slopes(tops, bottoms, z, k, tolerance=1e-17, most=20000):
    """Derivative of sum over n of prod (a)_n / prod (b)_n * z**n / n! in the k-th parameter (tops first).

    Each term is multiplied by the sum over j < n of 1 / (a + j), or of -1 / (b + j). The series ends where
    its terms are below the tolerance times the sum. nan where it does not converge in `most` terms.
    """
    parameter, side = [*tops, *bottoms][k], 1 if k < len(tops) else -1
    term, slope = np.ones(z.shape), np.zeros(z.shape)
    total = np.zeros(z.shape)
    for n in range(most):
        others = z / (n + 1)
        for i, a in enumerate(tops):
            others = others * (1 if i == k else a + n)
        for b in bottoms:
            others = others / (b + n)
        ratio = others * (parameter + n) if side > 0 else others
        slope = slope * ratio + term * (others if side > 0 else -others / (parameter + n))
        term = term * ratio
        total = total + slope
        small = (np.abs(slope) <= tolerance * np.abs(total)) & (np.abs(ratio) < 1)
        if n > 8 and np.all(small | ~np.isfinite(total)):
            return total
    return np.where(np.abs(slope) <= 1e-12 * np.abs(total), total, np.nan)


class SlopeOfHyp0F1(Elementwise):
    """Derivative of hyp0f1(v, z) in v by its power series, for real numbers."""

    domain = [(0.5, 3.0), (-2.0, 2.0)]
    refused = {0: "v (twice)"}
    order = 2
    exact = False

    def forward(self, v, z):
        return of_reals(lambda v, z: series_slopes([], [v], z, 0), v, z)

    def backward(self, gy):
        v, z = self.inputs
        return None, gy * ((SlopeOfHyp0F1.operation(v + 1, z) - hyp0f1(v + 1, z) / v) / v)


class Hyp0F1(Elementwise):
    """Confluent hypergeometric limit function 0F1.

    The gradient of z is gy * hyp0f1(v + 1, z) / v; that of v, for real z, is the power series differentiated
    term by term, which loses digits for z far below 0.
    """

    ufunc = "scipy.special.hyp0f1"
    domain = [(0.5, 3.0), (-2.0, 2.0)]
    cases = [call(1.5, drawn(2, 3, dtype=complex))]
    order = 1

    def backward(self, gy):
        v, z = self.inputs[0], conj(self.inputs[1])
        gv = in_order(self, gy, z, lambda: SlopeOfHyp0F1.operation(v, z))
        return gv, gy * (hyp0f1(v + 1, z) / v)


def _slope_of_hyp1f1(a, b, z, k):
    """By the power series for z >= 0, and by Kummer's transformation (DLMF 13.2.39) for z < 0; by differences
    of SciPy's values for a far above b and z < 0, where the terms of the series are far above its sum.
    """
    y = _slope_by_series(a, b, z, k)
    lost = (z < 0) & (a > b)
    if np.any(lost):
        # The terms of the slope are at most those of absolute values, times a factor that varies slowly.
        with np.errstate(all="ignore"):
            terms = sp.hyp1f1(np.where(lost, a - b, 1.0), b, np.where(lost, -z, 0.0)) * np.exp(z)
        lost = lost & ~(np.abs(terms) * 1e-16 < 1e-9 * np.abs(y))
    return corrected(y, lost, lambda *xs: _slope_by_differences(*xs, k), a, b, z)


def _slope_by_differences(a, b, z, k):
    """Central differences of hyp1f1, extrapolated twice."""

    def difference(step):
        h = step * (a if k == 0 else b)
        low, high = ((a - h, b), (a + h, b)) if k == 0 else ((a, b - h), (a, b + h))
        return (sp.hyp1f1(*high, z) - sp.hyp1f1(*low, z)) / (2 * h)

    d = [difference(2e-3 / 2**n) for n in range(3)]
    e = [(4 * d[n + 1] - d[n]) / 3 for n in range(2)]
    return (16 * e[1] - e[0]) / 15


def _slope_by_series(a, b, z, k):
    up = np.where(z < 0, -z, z)
    first = np.where(z < 0, b - a, a)
    found = series_slopes([first], [b], up, 0)
    if k == 0:
        return np.where(z < 0, -np.exp(z) * found, found)
    second = series_slopes([first], [b], up, 1)
    return np.where(z < 0, np.exp(z) * (found + second), second)


class SlopeOfHyp1F1(Elementwise):
    """Derivative of hyp1f1(a, b, z) in a by its power series, for real numbers."""

    domain = [(0.5, 3.0), (3.2, 5.0), (-2.0, 2.0)]
    refused = {0: "a (twice)", 1: "b, after a"}
    order = 2
    exact = False

    def forward(self, a, b, z):
        return of_reals(lambda *xs: _slope_of_hyp1f1(*xs, 0), a, b, z)

    def backward(self, gy):
        a, b, z = self.inputs
        return None, None, gy * ((a * SlopeOfHyp1F1.operation(a + 1, b + 1, z) + hyp1f1(a + 1, b + 1, z)) / b)


class SlopeInBOfHyp1F1(Elementwise):
    """Derivative of hyp1f1(a, b, z) in b by its power series, for real numbers."""

    domain = [(0.5, 3.0), (3.2, 5.0), (-2.0, 2.0)]
    refused = {0: "a, after b", 1: "b (twice)"}
    order = 2
    exact = False

    def forward(self, a, b, z):
        return of_reals(lambda *xs: _slope_of_hyp1f1(*xs, 1), a, b, z)

    def backward(self, gy):
        a, b, z = self.inputs
        slope = SlopeInBOfHyp1F1.operation(a + 1, b + 1, z) - hyp1f1(a + 1, b + 1, z) / b
        return None, None, gy * (a / b * slope)


class Hyp1F1(Elementwise):
    """Kummer's confluent hypergeometric function 1F1.

    The gradient of z is gy * a / b * hyp1f1(a + 1, b + 1, z); those of a and b, for real z, are the power
    series differentiated term by term, after Kummer's transformation where z is negative.
    """

    ufunc = "scipy.special.hyp1f1"
    domain = [(0.5, 3.0), (3.2, 5.0), (-2.0, 2.0)]
    cases = [call(1.5, 2.5, drawn(2, 3, dtype=complex))]
    order = 1

    def backward(self, gy):
        a, b, z = *self.inputs[:2], conj(self.inputs[2])
        ga = gb = None
        if self.wants(0) or self.wants(1):
            real_only(self, z, "a or b")
            ga = gy * SlopeOfHyp1F1.operation(a, b, z) if self.wants(0) else None
            gb = gy * SlopeInBOfHyp1F1.operation(a, b, z) if self.wants(1) else None
        return ga, gb, gy * (a / b * hyp1f1(a + 1, b + 1, z)) if self.wants(2) else None


def _slope_of_hyp2f1(a, b, c, z, k):
    """By the power series for z >= 0, and by Pfaff's transformation (DLMF 15.8.1) for z < 0."""
    below = z < 0
    up = np.where(below, z / (z - 1), z)
    up = np.where(up < 1, up, np.nan)
    second = np.where(below, c - b, b)
    scale = np.where(below, (1 - z) ** -a, 1.0)
    slopes = [series_slopes([a, second], [c], up, i) for i in ([0] if k == 0 else [1] if k == 1 else [1, 2])]
    if k == 0:
        return scale * slopes[0] - np.where(below, np.log1p(-z) * scale * sp.hyp2f1(a, second, c, up), 0)
    if k == 1:
        return np.where(below, -scale * slopes[0], slopes[0])
    return scale * (np.where(below, slopes[0], 0) + slopes[1])


class SlopeOfHyp2F1(Primitive):
    """Derivative of hyp2f1(a, b, c, z) in its k-th parameter by the power series, for real numbers, z < 1."""

    n_inputs = 4
    options = ("k",)
    broadcasts = True
    refused = {0: "a, after a parameter", 1: "b, after a parameter", 2: "c, after a parameter"}

    def forward(self, a, b, c, z):
        return of_reals(lambda *xs: _slope_of_hyp2f1(*xs, self.k), a, b, c, z)

    def backward(self, gy):
        a, b, c, z = self.inputs
        above = SlopeOfHyp2F1.operation(a + 1, b + 1, c + 1, z, self.k)
        outer = hyp2f1(a + 1, b + 1, c + 1, z)
        extra = [b / c, a / c, -a * b / (c * c)][self.k] * outer
        return None, None, None, gy * (a * b / c * above + extra)


class Hyp2F1(Primitive):
    n_inputs = 4
    broadcasts = True

    def forward(self, a, b, c, z):
        return sp.hyp2f1(a, b, c, z)

    def backward(self, gy):
        a, b, c, z = *self.inputs[:3], conj(self.inputs[3])
        gs = [None, None, None]
        if any(self.wanted[:3]):
            real_only(self, z, "a, b or c")
            gs = [gy * SlopeOfHyp2F1.operation(a, b, c, z, k) if self.wanted[k] else None for k in range(3)]
        return *gs, gy * (a * b / c * hyp2f1(a + 1, b + 1, c + 1, z)) if self.wanted[3] else None


_half = {"low": -0.8, "high": 0.8}


@implements(
    sp.hyp2f1,
    cases=[
        call(1.5, 0.5, 2.5, drawn(2, 3, **_half)),
        call(1.5, 0.5, 2.5, drawn(**_half)),
        call(1.5, 0.5, 2.5, drawn(2, 3, low=-0.5, high=0.5, dtype=complex)),
    ],
)
def hyp2f1(a, b, c, z):
    """Gauss's hypergeometric function 2F1.

    The gradient of z is gy * a * b / c * hyp2f1(a + 1, b + 1, c + 1, z); those of a, b and c, for real z < 1,
    are the power series differentiated term by term, after Pfaff's transformation where z is negative.
    """
    return Hyp2F1.operation(a, b, c, z)


class HyperU(Elementwise):
    """Tricomi's confluent hypergeometric function U.

    The gradient of x is -gy * a * hyperu(a + 1, b + 1, x). Those of a and b, for a > 0, are integrals of
    e**(-x * t) * t**(a - 1) * (1 + t)**(b - a - 1) / gamma(a) times log(t / (1 + t)) - digamma(a), and times
    log(1 + t) (DLMF 13.4.4).
    """

    ufunc = "scipy.special.hyperu"
    domain = [(0.5, 3.0), (0.5, 3.0), (0.5, 4.0)]
    order = 1

    def backward(self, gy):
        a, b, x = self.inputs
        ga = gy * SlopeOfHyperU.operation(a, b, x) if self.wants(0) else None
        gb = gy * SlopeInBOfHyperU.operation(a, b, x) if self.wants(1) else None
        return ga, gb, gy * (-a * hyperu(a + 1, b + 1, x)) if self.wants(2) else None


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_PANELS = 24
_u = ((np.arange(_PANELS)[:, None] + (_NODES + 1) / 2) / _PANELS).reshape(-1)
_w = np.tile(_WEIGHTS / (2 * _PANELS), _PANELS)


def _slope_of_hyperu(a, b, x, k):
    """The integral over u = log(t), by Gauss's formula in panels; below, where only t**a counts, by
    its formula.
    """
    a, b, x = a[:, None], b[:, None], x[:, None]
    low, high = -42 - np.log1p(x) - np.log1p(np.abs(b - a - 1)), np.log(60 / x + 60)
    u = low + (high - low) * _u
    t = np.exp(u)
    psi, scale = sp.digamma(a), sp.rgamma(a)
    weight = np.exp(-x * t + a * u + (b - a - 1) * np.log1p(t)) * scale
    factor = u - np.log1p(t) - psi if k == 0 else np.log1p(t)
    found = np.sum(weight * factor * _w, axis=1) * (high - low)[:, 0]
    if k == 0:
        found = found + (np.exp(a * low) * scale * (low - 1 / a - psi) / a)[:, 0]
    return np.where((a > 0) & (x > 0), found[:, None], np.nan)[:, 0]


class SlopeOfHyperU(Elementwise):
    """Derivative of hyperu(a, b, x) in a, for a > 0 and x > 0."""

    domain = [(0.5, 3.0), (0.5, 3.0), (0.5, 4.0)]
    refused = {0: "a (twice)", 1: "b, after a"}
    order = 2
    exact = False

    def forward(self, a, b, x):
        return of_reals(lambda *xs: _slope_of_hyperu(*xs, 0), a, b, x)

    def backward(self, gy):
        a, b, x = self.inputs
        return None, None, gy * (-a * SlopeOfHyperU.operation(a + 1, b + 1, x) - hyperu(a + 1, b + 1, x))


class SlopeInBOfHyperU(Elementwise):
    """Derivative of hyperu(a, b, x) in b, for a > 0 and x > 0."""

    domain = [(0.5, 3.0), (0.5, 3.0), (0.5, 4.0)]
    refused = {0: "a, after b", 1: "b (twice)"}
    order = 2
    exact = False

    def forward(self, a, b, x):
        return of_reals(lambda *xs: _slope_of_hyperu(*xs, 1), a, b, x)

    def backward(self, gy):
        a, b, x = self.inputs
        return None, None, gy * (-a * SlopeInBOfHyperU.operation(a + 1, b + 1, x))


hyp0f1 = Hyp0F1.operation
hyp1f1 = Hyp1F1.operation
hyperu = HyperU.operation
