"""Distribution functions, their complements, and their inverses in the argument and in the parameters."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import plain
from leopard.functions.math.exponentials import exp, log, log1p
from leopard.functions.math.powers import sqrt
from leopard.functions.math.rounding import floor
from leopard.scipy.special._derivatives import central, near, of_inverse, products
from leopard.scipy.special._log_ive import below_range, log_ive
from leopard.scipy.special._noncentral import slope_of_chndtr, slope_of_ncfdtr, slope_of_nctdtr
from leopard.scipy.special._values import density_of_t, slope_of_fdtr, slope_of_kolmogorov, slope_of_stdtr
from leopard.scipy.special.bessel import ive
from leopard.scipy.special.beta import DensityOfBeta, SlopeOfBetaInc
from leopard.scipy.special.error import ndtri
from leopard.scipy.special.gamma import DensityOfGamma, SlopeOfGammaInc, digamma

__all__ = [
    "bdtr", "bdtrc", "bdtri", "bdtrik", "bdtrin", "chdtr", "chdtrc", "chdtri", "chdtriv", "chndtr",
    "chndtridf", "chndtrinc", "chndtrix", "fdtr", "fdtrc", "fdtri", "fdtridfd", "gdtr", "gdtrc", "gdtria",
    "gdtrib", "gdtrix", "kolmogi", "kolmogorov", "nbdtr", "nbdtrc", "nbdtri", "nbdtrik", "nbdtrin", "ncfdtr",
    "ncfdtri", "ncfdtridfd", "ncfdtridfn", "ncfdtrinc", "nctdtr", "nctdtridf", "nctdtrinc", "nctdtrit",
    "nrdtrimn", "nrdtrisd", "pdtr", "pdtrc", "pdtri", "pdtrik", "smirnov", "smirnovi", "stdtr", "stdtridf",
    "stdtrit",
]  # fmt: skip

_p, _q = DensityOfGamma.operation, SlopeOfGammaInc.operation
_b, _a = DensityOfBeta.operation, SlopeOfBetaInc.operation


class ChdTr(Elementwise):
    """Distribution function of the chi-square distribution of v degrees of freedom, gammainc(v / 2, x / 2).

    The gradients are half of those of gammainc.
    """

    ufunc = "scipy.special.chdtr"
    domain = [(2.5, 5.0), (0.5, 5.0)]
    order = 1
    exact = False

    def backward(self, gy):
        v, x = self.inputs
        v, x = v / 2, x / 2
        return products(self, gy / 2, [lambda: _q(v, x), lambda: _p(v, x)])


class ChdTrC(Elementwise):
    """Complement of chdtr.

    The gradients are those of chdtr, negated.
    """

    ufunc = "scipy.special.chdtrc"
    domain = [(2.5, 5.0), (0.5, 5.0)]
    order = 1
    exact = False

    def backward(self, gy):
        v, x = self.inputs
        v, x = v / 2, x / 2
        return products(self, gy / -2, [lambda: _q(v, x), lambda: _p(v, x)])


class ChdTrI(Elementwise):
    """The x at which chdtrc(v, x) is p.

    The gradients follow from those of chdtrc by implicit differentiation.
    """

    ufunc = "scipy.special.chdtri"
    domain = [(2.5, 5.0), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        v, _ = self.inputs
        v, x = v / 2, self.output / 2
        return of_inverse(self, gy, _p(v, x) / -2, [lambda: _q(v, x) / -2, None])


class ChdTrIV(Elementwise):
    """The v at which chdtr(v, x) is p; its inputs are p and x.

    The gradients follow from those of chdtr by implicit differentiation.
    """

    ufunc = "scipy.special.chdtriv"
    domain = [(0.2, 0.8), (2.0, 5.0)]
    order = 1
    exact = False

    def backward(self, gy):
        _, x = self.inputs
        v, x = self.output / 2, x / 2
        return of_inverse(self, gy, _q(v, x) / 2, [None, lambda: _p(v, x) / 2])


class GdTr(Elementwise):
    """Distribution function of the gamma distribution of rate a and shape b, gammainc(b, a * x).

    The gradients of a and x are those of gammainc times x and a, that of b is its slope in the shape.
    """

    ufunc = "scipy.special.gdtr"
    domain = [(0.5, 2.0), (1.2, 4.0), (0.5, 3.0)]
    order = 1
    exact = False

    def backward(self, gy):
        a, b, x = self.inputs
        t = a * x
        return products(self, gy, [lambda: x * _p(b, t), lambda: _q(b, t), lambda: a * _p(b, t)])


class GdTrC(Elementwise):
    """Complement of gdtr.

    The gradients are those of gdtr, negated.
    """

    ufunc = "scipy.special.gdtrc"
    domain = [(0.5, 2.0), (1.2, 4.0), (0.5, 3.0)]
    order = 1
    exact = False

    def backward(self, gy):
        a, b, x = self.inputs
        t = a * x
        return products(self, -gy, [lambda: x * _p(b, t), lambda: _q(b, t), lambda: a * _p(b, t)])


class GdTrIA(Elementwise):
    """The a at which gdtr(a, b, x) is p; its inputs are p, b and x.

    The gradients follow from those of gdtr by implicit differentiation.
    """

    ufunc = "scipy.special.gdtria"
    domain = [(0.2, 0.8), (1.2, 4.0), (0.5, 3.0)]
    order = 1
    exact = False

    def backward(self, gy):
        _, b, x = self.inputs
        a = self.output
        t = a * x
        return of_inverse(self, gy, x * _p(b, t), [None, lambda: _q(b, t), lambda: a * _p(b, t)])


class GdTrIB(Elementwise):
    """The b at which gdtr(a, b, x) is p; its inputs are a, p and x.

    The gradients follow from those of gdtr by implicit differentiation.
    """

    ufunc = "scipy.special.gdtrib"
    domain = [(0.5, 2.0), (0.2, 0.8), (0.5, 3.0)]
    order = 1
    exact = False

    def backward(self, gy):
        a, _, x = self.inputs
        b, t = self.output, a * x
        return of_inverse(self, gy, _q(b, t), [lambda: x * _p(b, t), None, lambda: a * _p(b, t)])


class GdTrIX(Elementwise):
    """The x at which gdtr(a, b, x) is p; its inputs are a, b and p.

    The gradients follow from those of gdtr by implicit differentiation.
    """

    ufunc = "scipy.special.gdtrix"
    domain = [(0.5, 2.0), (1.2, 4.0), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        a, b, _ = self.inputs
        x = self.output
        t = a * x
        return of_inverse(self, gy, a * _p(b, t), [lambda: x * _p(b, t), lambda: _q(b, t), None])


class PdTr(Elementwise):
    """Distribution function of the Poisson distribution of mean m, at the whole number k.

    The gradient of m is -gy * e**-m * m**k / k!; k is a whole number.
    """

    ufunc = "scipy.special.pdtr"
    domain = [(2.0, 2.5), (0.5, 4.0)]
    exact = False
    whole = {0: "k"}

    def backward(self, gy):
        k, m = self.inputs
        return None, gy * -_p(floor(k) + 1, m)


class PdTrC(Elementwise):
    """Complement of pdtr.

    The gradient of m is gy * e**-m * m**k / k!; k is a whole number.
    """

    ufunc = "scipy.special.pdtrc"
    domain = [(2.0, 2.5), (0.5, 4.0)]
    exact = False
    whole = {0: "k"}

    def backward(self, gy):
        k, m = self.inputs
        return None, gy * _p(floor(k) + 1, m)


class PdTrI(Elementwise):
    """The m at which pdtr(k, m) is y.

    The gradient of y is -gy / (e**-m * m**k / k!); k is a whole number.
    """

    ufunc = "scipy.special.pdtri"
    domain = [(2.0, 2.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k"}

    def backward(self, gy):
        k, _ = self.inputs
        return None, -gy / _p(k + 1, self.output)


class PdTrIK(Elementwise):
    """The real k at which pdtr(k, m), extended as gammaincc(k + 1, m), is p; its inputs are p and m.

    The gradients follow from the slopes of gammaincc by implicit differentiation.
    """

    ufunc = "scipy.special.pdtrik"
    domain = [(0.2, 0.8), (1.5, 5.0)]
    order = 1
    exact = False

    def backward(self, gy):
        _, m = self.inputs
        k = self.output + 1
        return of_inverse(self, gy, -_q(k, m), [None, lambda: -_p(k, m)])


class FdTr(Elementwise):
    """Distribution function of the F distribution, betainc(dfn / 2, dfd / 2, u) with u = dfn * x / (dfd + dfn
    * x).

    The gradient of x is that of betainc through u; those of dfn and dfd are integrals of the derivative of
    the density.
    """

    ufunc = "scipy.special.fdtr"
    domain = [(2.5, 6.0), (2.5, 6.0), (0.5, 2.0)]
    order = 1
    exact = False

    def backward(self, gy):
        m, n, x = self.inputs
        return products(self, gy, _slopes_of_f(m, n, x))


class FdTrC(Elementwise):
    """Complement of fdtr.

    The gradients are those of fdtr, negated.
    """

    ufunc = "scipy.special.fdtrc"
    domain = [(2.5, 6.0), (2.5, 6.0), (0.5, 2.0)]
    order = 1
    exact = False

    def backward(self, gy):
        m, n, x = self.inputs
        return products(self, -gy, _slopes_of_f(m, n, x))


class FdTrI(Elementwise):
    """The x at which fdtr(dfn, dfd, x) is p.

    The gradients follow from those of fdtr by implicit differentiation.
    """

    ufunc = "scipy.special.fdtri"
    domain = [(2.5, 6.0), (2.5, 6.0), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        m, n, _ = self.inputs
        sm, sn, sx = _slopes_of_f(m, n, self.output)
        return of_inverse(self, gy, sx(), [sm, sn, None])


class FdTriDfd(Elementwise):
    """The dfd at which fdtr(dfn, dfd, x) is p; its inputs are dfn, p and x.

    The gradients follow from those of fdtr by implicit differentiation.
    """

    ufunc = "scipy.special.fdtridfd"
    domain = [(3.0, 3.3), (0.75, 0.78), (1.9, 2.1)]
    order = 1
    exact = False

    def backward(self, gy):
        m, _, x = self.inputs
        sm, sn, sx = _slopes_of_f(m, self.output, x)
        return of_inverse(self, gy, sn(), [sm, None, sx])


class StdTr(Elementwise):
    """Distribution function of Student's t distribution of df degrees of freedom.

    The gradient of t is gy times the density; that of df follows from the slopes of betainc(df / 2, 1/2, df /
    (df + t**2)).

    Examples
    --------
    >>> df = Variable(np.array([4.0]))
    >>> t = Variable(np.array([-2.0, 1.0]))
    >>> stdtr(df, t).sum().backward()
    >>> df.grad
    variable([-0.00223457])
    >>> t.grad
    variable([0.06629126 0.21466253])
    """

    ufunc = "scipy.special.stdtr"
    domain = [(1.5, 5.0), (-2.0, 2.0)]
    order = 1
    exact = False

    def backward(self, gy):
        df, t = self.inputs
        return products(self, gy, _slopes_of_t(df, t))


class StdTrIT(Elementwise):
    """The t at which stdtr(df, t) is p.

    The gradients follow from those of stdtr by implicit differentiation.
    """

    ufunc = "scipy.special.stdtrit"
    domain = [(1.5, 5.0), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        df, _ = self.inputs
        sd, st = _slopes_of_t(df, self.output)
        return of_inverse(self, gy, st(), [sd, None])


class StdTriDf(Elementwise):
    """The df at which stdtr(df, t) is p; its inputs are p and t.

    The gradients follow from those of stdtr by implicit differentiation.
    """

    ufunc = "scipy.special.stdtridf"
    domain = [(0.8, 0.82), (1.0, 1.1)]
    order = 1
    exact = False

    def backward(self, gy):
        _, t = self.inputs
        sd, st = _slopes_of_t(self.output, t)
        return of_inverse(self, gy, sd(), [None, st])


class BdTr(Elementwise):
    """Distribution function of the binomial distribution of n trials of probability p, at the whole number k.

    The gradient of p is minus gy times the density of the beta distribution of n - k and k + 1 at 1 - p; k
    and n are whole numbers.
    """

    ufunc = "scipy.special.bdtr"
    domain = [(2.0, 2.5), (6.0, 6.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, p = self.inputs
        return None, None, -gy * _b(floor(k) + 1, n - floor(k), p)


class BdTrC(Elementwise):
    """Complement of bdtr.

    The gradient of p is that of bdtr, negated; k and n are whole numbers.
    """

    ufunc = "scipy.special.bdtrc"
    domain = [(2.0, 2.5), (6.0, 6.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, p = self.inputs
        return None, None, gy * _b(floor(k) + 1, n - floor(k), p)


class BdTrI(Elementwise):
    """The p at which bdtr(k, n, p) is y.

    The gradient of y follows from that of bdtr; k and n are whole numbers.
    """

    ufunc = "scipy.special.bdtri"
    domain = [(2.0, 2.5), (6.0, 6.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, _ = self.inputs
        k = floor(k)
        return None, None, -gy / _b(k + 1, n - k, self.output)


class BdTrIK(Elementwise):
    """The real k at which bdtr(k, n, p), extended by the beta function, is y; its inputs are y, n and p.

    The gradients follow from the slopes of betainc(n - k, k + 1, 1 - p) by implicit differentiation.
    """

    ufunc = "scipy.special.bdtrik"
    domain = [(0.4, 0.6), (8.0, 10.0), (0.4, 0.6)]
    order = 1
    exact = False

    def backward(self, gy):
        _, n, p = self.inputs
        k = self.output
        a, b, x = n - k, k + 1, 1 - p
        sa, sb = _a(a, b, x), -_a(b, a, p)
        return of_inverse(self, gy, sb - sa, [None, lambda: sa, lambda: -_b(b, a, p)])


class BdTrIN(Elementwise):
    """The real n at which bdtr(k, n, p), extended by the beta function, is y; its inputs are k, y and p.

    The gradients follow from the slopes of betainc(n - k, k + 1, 1 - p) by implicit differentiation.
    """

    ufunc = "scipy.special.bdtrin"
    domain = [(3.0, 5.0), (0.4, 0.6), (0.4, 0.6)]
    order = 1
    exact = False

    def backward(self, gy):
        k, _, p = self.inputs
        n = self.output
        a, b, x = n - k, k + 1, 1 - p
        sa = _a(a, b, x)
        return of_inverse(self, gy, sa, [lambda: -_a(b, a, p) - sa, None, lambda: -_b(b, a, p)])


class NbdTr(Elementwise):
    """Distribution function of the negative binomial distribution: at most k failures before n successes of
    probability p.

    The gradient of p is gy times the density of the beta distribution of n and k + 1 at p; k and n are whole
    numbers.
    """

    ufunc = "scipy.special.nbdtr"
    domain = [(2.0, 2.5), (3.0, 3.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, p = self.inputs
        return None, None, gy * _b(n, k + 1, p)


class NbdTrC(Elementwise):
    """Complement of nbdtr.

    The gradient of p is that of nbdtr, negated; k and n are whole numbers.
    """

    ufunc = "scipy.special.nbdtrc"
    domain = [(2.0, 2.5), (3.0, 3.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, p = self.inputs
        return None, None, -gy * _b(n, k + 1, p)


class NbdTrI(Elementwise):
    """The p at which nbdtr(k, n, p) is y.

    The gradient of y follows from that of nbdtr; k and n are whole numbers.
    """

    ufunc = "scipy.special.nbdtri"
    domain = [(2.0, 2.5), (3.0, 3.5), (0.2, 0.8)]
    exact = False
    whole = {0: "k", 1: "n"}

    def backward(self, gy):
        k, n, _ = self.inputs
        return None, None, gy / _b(n, k + 1, self.output)


class NbdTrIK(Elementwise):
    """The real k at which nbdtr(k, n, p), extended by the beta function, is y; its inputs are y, n and p.

    The gradients follow from the slopes of betainc(n, k + 1, p) by implicit differentiation.
    """

    ufunc = "scipy.special.nbdtrik"
    domain = [(0.4, 0.6), (3.0, 5.0), (0.4, 0.6)]
    order = 1
    exact = False

    def backward(self, gy):
        _, n, p = self.inputs
        k = self.output + 1
        return of_inverse(self, gy, -_a(k, n, 1 - p), [None, lambda: _a(n, k, p), lambda: _b(n, k, p)])


class NbdTrIN(Elementwise):
    """The real n at which nbdtr(k, n, p), extended by the beta function, is y; its inputs are k, y and p.

    The gradients follow from the slopes of betainc(n, k + 1, p) by implicit differentiation.
    """

    ufunc = "scipy.special.nbdtrin"
    domain = [(3.0, 5.0), (0.4, 0.6), (0.4, 0.6)]
    order = 1
    exact = False

    def backward(self, gy):
        k, _, p = self.inputs
        n, k = self.output, k + 1
        return of_inverse(self, gy, _a(n, k, p), [lambda: -_a(k, n, 1 - p), None, lambda: _b(n, k, p)])


class ChnDtr(Elementwise):
    """Distribution function of the noncentral chi-square distribution of df degrees of freedom and
    noncentrality nc.

    The gradients of x and nc are gy times the density, and minus gy times the density of df + 2; that of df
    is half the mixture, by Poisson weights, of the slopes of gammainc(df / 2 + j, x / 2) in their first
    argument.
    """

    ufunc = "scipy.special.chndtr"
    domain = [(1.0, 6.0), (2.5, 4.5), (0.5, 3.0)]
    exact = False

    def backward(self, gy):
        return products(self, gy, _slopes_of_chi(*self.inputs))


class ChnDtriX(Elementwise):
    """The x at which chndtr(x, df, nc) is p; its inputs are p, df and nc.

    The gradients follow from those of chndtr by implicit differentiation.
    """

    ufunc = "scipy.special.chndtrix"
    domain = [(0.2, 0.8), (2.5, 4.5), (0.5, 3.0)]
    exact = False

    def backward(self, gy):
        _, df, nc = self.inputs
        sx, sd, sn = _slopes_of_chi(self.output, df, nc)
        return of_inverse(self, gy, sx(), [None, sd, sn])


class ChnDtrInc(Elementwise):
    """The nc at which chndtr(x, df, nc) is p; its inputs are x, df and p.

    The gradients follow from those of chndtr by implicit differentiation.
    """

    ufunc = "scipy.special.chndtrinc"
    domain = [(4.5, 6.0), (3.5, 4.5), (0.3, 0.4)]
    exact = False

    def backward(self, gy):
        x, df, _ = self.inputs
        sx, sd, sn = _slopes_of_chi(x, df, self.output)
        return of_inverse(self, gy, sn(), [sx, sd, None])


class ChnDtriDf(Elementwise):
    """The df at which chndtr(x, df, nc) is p; its inputs are x, p and nc.

    The gradients follow from those of chndtr by implicit differentiation.
    """

    ufunc = "scipy.special.chndtridf"
    domain = [(4.0, 6.0), (0.3, 0.4), (0.5, 1.0)]
    exact = False

    def backward(self, gy):
        x, _, nc = self.inputs
        sx, sd, sn = _slopes_of_chi(x, self.output, nc)
        return of_inverse(self, gy, sd(), [sx, None, sn])


class NcFdTr(Primitive):
    n_inputs = 4
    broadcasts = True

    def forward(self, dfn, dfd, nc, f):
        return sp.ncfdtr(dfn, dfd, nc, f)

    def backward(self, gy):
        return _products_of_ncf(self, gy, self.inputs)


def _products_of_ncf(function, gy, xs):
    return products(function, gy, [lambda k=k: SlopeOfNcFdTr.operation(*xs, k) for k in range(4)])


class _InverseOfNcF(Primitive, abstract=True):
    """The inverse of ncfdtr in its argument of the number `found`, whose place the probability takes."""

    n_inputs = 4
    broadcasts = True

    def forward(self, *xs):
        return self.function(*xs)

    def backward(self, gy):
        xs = [self.output if i == self.found else x for i, x in enumerate(self.inputs)]
        slopes = [lambda i=i: SlopeOfNcFdTr.operation(*xs, i) for i in range(4)]
        known = slopes[self.found]()
        slopes[self.found] = None
        return of_inverse(self, gy, known, slopes)


class SlopeOfNcFdTr(Primitive):
    """Derivative of ncfdtr in its k-th argument, by `slope_of_ncfdtr`; further ones are central
    differences.
    """

    n_inputs = 4
    options = ("k",)
    broadcasts = True

    def forward(self, dfn, dfd, nc, f):
        return slope_of_ncfdtr(dfn, dfd, nc, f, self.k)

    def backward(self, gy):
        xs = self.inputs

        def second(i):
            def slope(t):
                return SlopeOfNcFdTr.operation(*xs[:i], t, *xs[i + 1 :], self.k)

            return central(slope, xs[i], *xs, step=near(xs[i]))

        return products(self, gy, [lambda i=i: second(i) for i in range(4)])


_dfs = {"low": 2.5, "high": 6.0}


@implements(
    sp.ncfdtr,
    cases=[
        call(drawn(2, **_dfs), drawn(2, **_dfs), drawn(2, low=0.5, high=3.0), drawn(2, low=0.5, high=2.0)),
        call(3.0, 4.5, 1.5, drawn(2, 3, low=0.5, high=2.0)),
    ],
    exact=False,
    order=2,
)
def ncfdtr(dfn, dfd, nc, f):
    """Distribution function of the noncentral F distribution of dfn and dfd degrees of freedom and
    noncentrality nc.

    The gradients are the mixtures, by Poisson weights of mean nc / 2, of those of betainc(dfn / 2 + j, dfd /
    2, u) with u = dfn * f / (dfd + dfn * f); that of nc is minus half the mixture of u**(dfn / 2 + j) * (1 -
    u)**(dfd / 2) / ((dfn / 2 + j) * beta(dfn / 2 + j, dfd / 2)). Derivatives of the gradients are central
    differences.
    """
    return NcFdTr.operation(dfn, dfd, nc, f)


class NcFdTrI(_InverseOfNcF):
    function = sp.ncfdtri
    found = 3


@implements(
    sp.ncfdtri,
    cases=[
        call(drawn(2, **_dfs), drawn(2, **_dfs), drawn(2, low=0.5, high=3.0), drawn(2, low=0.2, high=0.8))
    ],
    exact=False,
    order=1,
)
def ncfdtri(dfn, dfd, nc, p):
    """The f at which ncfdtr(dfn, dfd, nc, f) is p.

    The gradients follow from those of ncfdtr by implicit differentiation.
    """
    return NcFdTrI.operation(dfn, dfd, nc, p)


class NcFdTriDfd(_InverseOfNcF):
    function = sp.ncfdtridfd
    found = 1


@implements(
    sp.ncfdtridfd,
    cases=[
        call(drawn(2, low=3.0, high=3.3), drawn(2, low=0.64, high=0.66), 0.5, drawn(2, low=1.9, high=2.1))
    ],
    exact=False,
    smooth=False,  # SciPy's values have errors of 1e-5, too many for central differences
)
def ncfdtridfd(dfn, p, nc, f):
    """The dfd at which ncfdtr(dfn, dfd, nc, f) is p.

    The gradients follow from those of ncfdtr by implicit differentiation.
    """
    return NcFdTriDfd.operation(dfn, p, nc, f)


class NcFdTriDfn(_InverseOfNcF):
    function = sp.ncfdtridfn
    found = 0


@implements(
    sp.ncfdtridfn,
    cases=[call(drawn(2, low=0.53, high=0.56), 4.5, 1.5, 1.5)],
    exact=False,
    smooth=False,  # SciPy's values have errors of 1e-5, too many for central differences
)
def ncfdtridfn(p, dfd, nc, f):
    """The dfn at which ncfdtr(dfn, dfd, nc, f) is p.

    The gradients follow from those of ncfdtr by implicit differentiation.
    """
    return NcFdTriDfn.operation(p, dfd, nc, f)


class NcFdTriNc(_InverseOfNcF):
    function = sp.ncfdtrinc
    found = 2


@implements(
    sp.ncfdtrinc,
    cases=[
        call(drawn(2, low=3.0, high=4.0), drawn(2, low=4.0, high=5.0), drawn(2, low=0.4, high=0.5),
             drawn(2, low=1.9, high=2.1)),
    ],
    exact=False,
    smooth=False,  # SciPy's values have errors of 1e-5, too many for central differences
)  # fmt: skip
def ncfdtrinc(dfn, dfd, p, f):
    """The nc at which ncfdtr(dfn, dfd, nc, f) is p.

    The gradients follow from those of ncfdtr by implicit differentiation.
    """
    return NcFdTriNc.operation(dfn, dfd, p, f)


class NrdTriMn(Elementwise):
    """The mean at which the normal distribution of deviation std has the share p below x; its inputs are p,
    std and x.

    The gradients are -gy * std times the slope of ndtri(p), -gy * ndtri(p) and gy.
    """

    ufunc = "scipy.special.nrdtrimn"
    domain = [(0.2, 0.8), (0.5, 2.0), (-2.0, 2.0)]
    exact = False

    def backward(self, gy):
        p, std, x = self.inputs
        z = ndtri(p)
        return gy * (-np.sqrt(2 * np.pi) * std * exp(0.5 * z * z)), -gy * z, gy


class NrdTriSd(Elementwise):
    """The deviation at which the normal distribution of the given mean has the share p below x; its inputs
    are mean, p and x.

    With z = ndtri(p), the gradients are -gy / z, -gy * y / z times the slope of ndtri(p), and gy / z.
    """

    ufunc = "scipy.special.nrdtrisd"
    domain = [(-2.0, -1.0), (0.6, 0.9), (0.5, 2.0)]
    exact = False

    def backward(self, gy):
        mean, p, x = self.inputs
        z = ndtri(p)
        g = gy / z
        return -g, -g * self.output * (np.sqrt(2 * np.pi) * exp(0.5 * z * z)), g


class Kolmogorov(Elementwise):
    """Complement of the distribution function of Kolmogorov's limit distribution.

    The gradient is -gy times the density, 8 * y times the sum of (-1)**(k - 1) * k**2 * e**(-2 * k**2 *
    y**2).
    """

    ufunc = "scipy.special.kolmogorov"
    domain = [(0.5, 1.5)]
    order = 1
    exact = False

    def backward(self, gy):
        (y,) = self.inputs
        return gy * KolmogP.operation(y)


class KolmogP(Elementwise):
    """Derivative of kolmogorov, by `slope_of_kolmogorov`; its derivative is a central difference."""

    domain = [(0.5, 1.5)]
    exact = False

    def forward(self, y):
        return slope_of_kolmogorov(y)

    def backward(self, gy):
        (y,) = self.inputs
        return gy * central(KolmogP.operation, y, step=near(y))


class KolmogI(Elementwise):
    """Inverse of kolmogorov.

    The gradient is gy divided by the derivative of kolmogorov.
    """

    ufunc = "scipy.special.kolmogi"
    domain = [(0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        _ = self.inputs
        return gy / KolmogP.operation(self.output)


class Smirnov(Elementwise):
    """Complement of the distribution function of Smirnov's one-sided statistic of n samples.

    The gradient of d is gy times SciPy's derivative of it; n is a whole number.
    """

    ufunc = "scipy.special.smirnov"
    domain = [(5.0, 6.0), (0.25, 0.35)]
    order = 1
    exact = False
    whole = {0: "n"}

    def backward(self, gy):
        n, d = self.inputs
        return None, gy * SmirnovP.operation(floor(n), d)


class SmirnovP(Elementwise):
    """Derivative of smirnov. It has no further derivative.

    There is none.
    """

    ufunc = "scipy.special._ufuncs._smirnovp"
    domain = [(5.0, 6.0), (0.25, 0.35)]
    order = 1
    exact = False
    whole = {0: "n"}
    refused = {1: "d (twice)"}

    def backward(self, gy):
        _, _ = self.inputs
        return None


class SmirnovI(Elementwise):
    """Inverse of smirnov in d.

    The gradient of p is gy divided by SciPy's derivative of smirnov; n is a whole number.
    """

    ufunc = "scipy.special.smirnovi"
    domain = [(5.0, 6.0), (0.2, 0.8)]
    order = 1
    exact = False
    whole = {0: "n"}

    def backward(self, gy):
        n, _ = self.inputs
        return None, gy / SmirnovP.operation(floor(n), self.output)


class NctDtr(Elementwise):
    """Distribution function of the noncentral t distribution of df degrees of freedom and noncentrality nc.

    The distribution function is the average of ndtr(t * u - nc), where df * u**2 is chi-square of df degrees
    of freedom. The gradients are gy times the average of u * e**(-(t * u - nc)**2 / 2) / sqrt(2 * pi) for t,
    minus that of e**(-(t * u - nc)**2 / 2) / sqrt(2 * pi) for nc, and the integral with the density
    differentiated for df; by Gauss's formula over log(u), for df from 0.1 to 1000.
    """

    ufunc = "scipy.special.nctdtr"
    domain = [(2.5, 4.5), (0.5, 1.5), (0.5, 2.0)]
    exact = False

    def backward(self, gy):
        return products(self, gy, _slopes_of_nct(*self.inputs))


class NctDtrIt(Elementwise):
    """The t at which nctdtr(df, nc, t) is p.

    The gradients follow from those of nctdtr by implicit differentiation.
    """

    ufunc = "scipy.special.nctdtrit"
    domain = [(2.5, 4.5), (0.5, 1.5), (0.2, 0.8)]
    exact = False

    def backward(self, gy):
        df, nc, _ = self.inputs
        sd, sn, st = _slopes_of_nct(df, nc, self.output)
        return of_inverse(self, gy, st(), [sd, sn, None])


class NctDtriDf(Elementwise):
    """The df at which nctdtr(df, nc, t) is p; its inputs are p, nc and t.

    The gradients follow from those of nctdtr by implicit differentiation.
    """

    ufunc = "scipy.special.nctdtridf"
    domain = [(0.75, 0.76), (1.0, 1.1), (2.1, 2.2)]
    exact = False
    order = 1

    def backward(self, gy):
        _, nc, t = self.inputs
        sd, sn, st = _slopes_of_nct(self.output, nc, t)
        return of_inverse(self, gy, sd(), [None, sn, st])


class NctDtriNc(Elementwise):
    """The nc at which nctdtr(df, nc, t) is p; its inputs are df, p and t.

    The gradients follow from those of nctdtr by implicit differentiation.
    """

    ufunc = "scipy.special.nctdtrinc"
    domain = [(2.5, 4.5), (0.2, 0.5), (1.0, 2.0)]
    exact = False
    order = 1

    def backward(self, gy):
        df, _, t = self.inputs
        sd, sn, st = _slopes_of_nct(df, self.output, t)
        return of_inverse(self, gy, sn(), [sd, None, st])


def _slopes_of_f(m, n, x):
    """The slopes of fdtr in m, n and x, each as a function of nothing."""
    t = n + m * x
    u, u1, a, b = m * x / t, n / t, m / 2, n / 2

    def density():
        upper = plain(u) > 0.5  # there u1 has the digits
        return _b(where(upper, b, a), where(upper, a, b), where(upper, u1, u)) * u * u1  # times d log(u / u1)

    return (
        lambda: SlopeOfFdTr.operation(m, n, x),
        lambda: -SlopeOfFdTr.operation(n, m, 1 / x),
        lambda: density() / x,
    )


class SlopeOfFdTr(Elementwise):
    """Derivative of fdtr(m, n, x) in m, by `slope_of_fdtr`; its derivatives are central differences."""

    domain = [(2.5, 6.0), (2.5, 6.0), (0.5, 2.0)]
    exact = False
    order = 2

    def forward(self, m, n, x):
        return slope_of_fdtr(m, n, x)

    def backward(self, gy):
        m, n, x = self.inputs
        slope = SlopeOfFdTr.operation
        return products(self, gy, [
            lambda: central(lambda t: slope(t, n, x), m, n, x, step=near(m)),
            lambda: central(lambda t: slope(m, t, x), n, m, x, step=near(n)),
            lambda: central(lambda t: slope(m, n, t), x, m, n, step=near(x)),
        ])  # fmt: skip


class DensityOfT(Elementwise):
    """Density of Student's t distribution. The gradient of t is -gy * y * t * (df + 1) / (df + t**2)."""

    domain = [(1.5, 5.0), (-2.0, 2.0)]
    exact = False
    order = 2

    def forward(self, df, t):
        return density_of_t(df, t)

    def backward(self, gy):
        df, t = self.inputs
        g, square = gy * self.output, t * t
        gdf = None
        if self.wants(0):
            gdf = g * 0.5 * (digamma(0.5 * df + 0.5) - digamma(0.5 * df) - log1p(square / df))
            gdf = gdf + g * 0.5 * (square - 1) / (df + square)
        return gdf, g * (-t * (df + 1) / (df + square))


class SlopeOfStdTr(Elementwise):
    """Derivative of stdtr(df, t) in df, by `slope_of_stdtr`; its slope in t is that of the density in df."""

    domain = [(1.5, 5.0), (-2.0, 2.0)]
    refused = {0: "df (twice)"}
    exact = False
    order = 2

    def forward(self, df, t):
        return slope_of_stdtr(df, t)

    def backward(self, gy):
        df, t = self.inputs
        square = t * t
        slope = (
            digamma(0.5 * df + 0.5) - digamma(0.5 * df) - log1p(square / df) + (square - 1) / (df + square)
        )
        return None, gy * (0.5 * DensityOfT.operation(df, t) * slope)


def _slopes_of_t(df, t):
    """The slopes of stdtr in df and t, each as a function of nothing."""
    return lambda: SlopeOfStdTr.operation(df, t), lambda: DensityOfT.operation(df, t)


def _chi_density(x, df, nc):
    """Density of the noncentral chi-square distribution, with a scaled Bessel function."""
    order, root = 0.5 * df - 1, sqrt(x * nc)
    exponent = -0.5 * (sqrt(x) - sqrt(nc)) ** 2 + 0.5 * order * log(x / nc)
    lost = below_range(order, root)
    if not np.any(lost):
        return 0.5 * exp(exponent) * ive(order, root)
    far = 0.5 * exp(where(lost, exponent + log_ive(where(lost, order, 1.0), where(lost, root, 1.0)), 0.0))
    return where(lost, far, 0.5 * exp(where(lost, 0.0, exponent)) * ive(order, root))


class SlopeOfChnDtr(Elementwise):
    """Derivative of chndtr(x, df, nc) in df, by `slope_of_chndtr`; its derivatives are central differences in
    df.
    """

    domain = [(1.0, 6.0), (2.5, 4.5), (0.5, 3.0)]
    exact = False
    order = 2

    def forward(self, x, df, nc):
        return slope_of_chndtr(x, df, nc)

    def backward(self, gy):
        x, df, nc = self.inputs

        def second(function):
            return central(function, df, x, nc)

        return products(self, gy, [
            lambda: second(lambda t: _chi_density(x, t, nc)),
            lambda: central(lambda t: SlopeOfChnDtr.operation(x, t, nc), df, x, nc, step=near(df)),
            lambda: -second(lambda t: _chi_density(x, t + 2, nc)),
        ])  # fmt: skip


def _slopes_of_chi(x, df, nc):
    """The slopes of chndtr in x, df and nc, each as a function of nothing."""
    return (
        lambda: _chi_density(x, df, nc),
        lambda: SlopeOfChnDtr.operation(x, df, nc),
        lambda: -_chi_density(x, df + 2, nc),
    )


class SlopeOfNctDtr(Primitive):
    """Derivative of nctdtr in its k-th argument, by `slope_of_nctdtr`; further ones are central
    differences.
    """

    n_inputs = 3
    options = ("k",)
    broadcasts = True

    def forward(self, df, nc, t):
        return slope_of_nctdtr(df, nc, t, self.k)

    def backward(self, gy):
        df, nc, t = self.inputs
        slope = SlopeOfNctDtr.operation
        return products(self, gy, [
            lambda: central(lambda v: slope(v, nc, t, self.k), df, nc, t, step=near(df)),
            lambda: central(lambda v: slope(df, v, t, self.k), nc, df, t),
            lambda: central(lambda v: slope(df, nc, v, self.k), t, df, nc),
        ])  # fmt: skip


def _slopes_of_nct(df, nc, t):
    """The slopes of nctdtr in df, nc and t, each as a function of nothing."""
    return [lambda k=k: SlopeOfNctDtr.operation(df, nc, t, k) for k in range(3)]


bdtr = BdTr.operation
bdtrc = BdTrC.operation
bdtri = BdTrI.operation
bdtrik = BdTrIK.operation
bdtrin = BdTrIN.operation
chdtr = ChdTr.operation
chdtrc = ChdTrC.operation
chdtri = ChdTrI.operation
chdtriv = ChdTrIV.operation
chndtr = ChnDtr.operation
chndtridf = ChnDtriDf.operation
chndtrinc = ChnDtrInc.operation
chndtrix = ChnDtriX.operation
fdtr = FdTr.operation
fdtrc = FdTrC.operation
fdtri = FdTrI.operation
fdtridfd = FdTriDfd.operation
gdtr = GdTr.operation
gdtrc = GdTrC.operation
gdtria = GdTrIA.operation
gdtrib = GdTrIB.operation
gdtrix = GdTrIX.operation
kolmogi = KolmogI.operation
kolmogorov = Kolmogorov.operation
nbdtr = NbdTr.operation
nbdtrc = NbdTrC.operation
nbdtri = NbdTrI.operation
nbdtrik = NbdTrIK.operation
nbdtrin = NbdTrIN.operation
nctdtr = NctDtr.operation
nctdtridf = NctDtriDf.operation
nctdtrinc = NctDtriNc.operation
nctdtrit = NctDtrIt.operation
nrdtrimn = NrdTriMn.operation
nrdtrisd = NrdTriSd.operation
pdtr = PdTr.operation
pdtrc = PdTrC.operation
pdtri = PdTrI.operation
pdtrik = PdTrIK.operation
smirnov = Smirnov.operation
smirnovi = SmirnovI.operation
stdtr = StdTr.operation
stdtridf = StdTriDf.operation
stdtrit = StdTrIT.operation
