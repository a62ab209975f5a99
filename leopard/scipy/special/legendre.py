"""Legendre functions of whole degree and order, and spherical harmonics, which SciPy has from
version 1.15 on.
"""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import operand
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.exponentials import exp
from leopard.functions.math.trigonometry import cos, sin
from leopard.scipy.special.orthogonal import below, eval_gegenbauer, eval_legendre

__all__ = []


def _whole(*ns):
    return [np.asarray(n).astype(np.intp) for n in ns]


def _legendre_second(n, m, z, y, slope):
    rest = 1 - z * z
    return (2 * z * slope - (n * (n + 1) - m * m / rest) * y) / rest


def _spherical_second(n, m, theta, y, slope):
    s = sin(theta)
    return -cos(theta) / s * slope - (n * (n + 1) - m * m / (s * s)) * y


def _orders(y, slope, second, diff_n):
    """The derivatives up to the order diff_n, in SciPy's form: one more axis in front."""
    if diff_n not in (0, 1, 2):
        raise ValueError(f"diff_n is 0, 1 or 2, not {diff_n!r}")
    y = stack([y, slope(), second()][: diff_n + 1]) if diff_n else y[None]
    return y if diff_n or sp.legendre_p(0, 0.5).ndim else y[0]


class AssocLegendre(Primitive):
    """The function and its derivative; that of the derivative follows from Legendre's equation
    (DLMF 14.2.2).
    """

    n_inputs = 3
    options = ("branch_cut", "norm")
    broadcasts = True
    whole = {0: "n", 1: "m"}

    def forward(self, n, m, z):
        y = sp.assoc_legendre_p(*_whole(n, m), z, branch_cut=self.branch_cut, norm=self.norm, diff_n=1)
        return y[0], y[1]

    def backward(self, gy, gslope):
        n, m, z = *self.inputs[:2], conj(self.inputs[2])
        y, slope = AssocLegendre.operation(n, m, z, self.branch_cut, self.norm)
        return None, None, gy * slope + gslope * _legendre_second(n, m, z, y, slope)


class SphericalLegendre(Primitive):
    """The function and its derivative, of the angle; that of the derivative follows from its equation."""

    n_inputs = 3
    broadcasts = True
    whole = {0: "n", 1: "m"}

    def forward(self, n, m, theta):
        y = sp.sph_legendre_p(*_whole(n, m), theta, diff_n=1)
        return y[0], y[1]

    def backward(self, gy, gslope):
        n, m, theta = self.inputs
        y, slope = SphericalLegendre.operation(n, m, theta)
        return None, None, gy * slope + gslope * _spherical_second(n, m, theta, y, slope)


if hasattr(sp, "legendre_p"):
    __all__ += ["assoc_legendre_p", "legendre_p", "sph_harm_y", "sph_legendre_p"]

    @implements(
        plain=sp.legendre_p,
        cases=[
            call(3, drawn(2, 3, low=-0.9, high=0.9)),
            call(np.array([0, 1, 4]), drawn(3, low=-0.9, high=0.9)),
            call(np.array([0, 1, 4]), drawn(3, low=-0.9, high=0.9), diff_n=2),
        ],
        exact=False,
    )
    def legendre_p(n, z, *, diff_n=0):
        """Legendre polynomial of whole degree n, with derivatives up to the order diff_n of at most 2 in
        front.

        The gradient of z is gy * eval_gegenbauer(n - 1, 3/2, z); n is a whole number.
        """
        first, second = (
            lambda: below(n, eval_gegenbauer, 1.5, z),
            lambda: 3 * below(np.maximum(n - 1, 0), eval_gegenbauer, 2.5, z),
        )
        return _orders(eval_legendre(n, z), first, second, diff_n)

    @implements(
        plain=sp.assoc_legendre_p,
        cases=[
            call(3, 1, drawn(2, 3, low=-0.8, high=0.8)),
            call(np.array([2, 3, 4]), -1, drawn(3, low=-0.8, high=0.8), norm=True),
            call(3, 2, drawn(2, low=0.2, high=0.8, dtype=complex)),
            call(3, 1, drawn(2, low=-0.8, high=0.8), diff_n=2),
        ],
        exact=False,
    )
    def assoc_legendre_p(n, m, z, *, branch_cut=2, norm=False, diff_n=0):
        """Associated Legendre function of whole degree n and order m; normalized with norm=True.

        Derivatives up to the order diff_n, of at most 2, are in front.

        The gradient of z is gy times SciPy's derivative of it, which Legendre's equation differentiates
        again; n and m are whole numbers.
        """
        y, slope = AssocLegendre.operation(n, m, z, branch_cut, norm)
        return _orders(y, lambda: slope, lambda: _legendre_second(n, m, operand(z), y, slope), diff_n)

    @implements(
        plain=sp.sph_legendre_p,
        cases=[
            call(3, 1, drawn(2, 3, low=0.5, high=2.5)),
            call(np.array([2, 3, 4]), -1, drawn(3, low=0.5, high=2.5)),
            call(3, 1, drawn(2, low=0.5, high=2.5), diff_n=2),
        ],
        exact=False,
    )
    def sph_legendre_p(n, m, theta, *, diff_n=0):
        """Spherical Legendre function of whole degree n and order m, of the polar angle theta.

        Derivatives up to the order diff_n, of at most 2, are in front.

        The gradient of theta is gy times SciPy's derivative of it, which Legendre's equation differentiates
        again; n and m are whole numbers.
        """
        y, slope = SphericalLegendre.operation(n, m, theta)
        return _orders(y, lambda: slope, lambda: _spherical_second(n, m, operand(theta), y, slope), diff_n)

    @implements(
        plain=sp.sph_harm_y,
        cases=[
            call(3, 1, drawn(2, 3, low=0.5, high=2.5), drawn(3)),
            call(np.array([2, 3, 4]), -1, drawn(3, low=0.5, high=2.5), drawn()),
        ],
        exact=False,
    )
    def sph_harm_y(n, m, theta, phi):
        """Spherical harmonic of whole degree n and order m, sph_legendre_p(n, m, theta) * e**(i * m * phi).

        The gradients are those of the product; n and m are whole numbers. There is no parameter diff_n.
        """
        return SphericalLegendre.operation(n, m, theta)[0] * exp(1j * (np.asarray(m) * phi))
