"""Continuous distributions: densities, the functions of their tails, inverses and draws."""

import numpy as np

from leopard import _core
from leopard._core import Variable, as_variable
from leopard.functions._followed import looked_at
from leopard.functions._primitives import Primitive
from leopard.functions.basic.shape import broadcast_to, copy, form_of, plain
from leopard.scipy.stats._distributions import Distribution
from leopard.scipy.stats._integrals import TERMS, mean_by_density, mean_by_quantiles
from leopard.scipy.stats._selection import constant, in_blocks, is_number, only, real, select
from leopard.transforms.products import vjp


class ByPdf(Primitive, listed=False):
    """SciPy's value of cdf or sf where there is no formula. The gradient of z is gy * pdf, or -gy * pdf."""

    n_inputs = -1
    options = ("distribution", "method")
    broadcasts = True

    def forward(self, z, *shapes):
        return np.asarray(self.distribution._of_scipy(self.method, z, *shapes))

    def backward(self, gy):
        z, *shapes = self.inputs
        for k, name in enumerate(self.distribution.shapes, 1):
            if self.wants(k):
                raise TypeError(
                    f"{self.distribution.name}.{self.method} has no derivative in leopard with respect to "
                    f"{name}; pass {name} as a plain number or array"
                )
        slope = gy * self.distribution._pdf(z, *shapes)
        return (slope if self.method == "cdf" else -slope, *[None] * len(shapes))


class Inverse(Primitive, listed=False):
    """The z at which cdf or sf is q. With its slopes F_k in the parameters, the gradients are gy / pdf and
    -gy * F_k / pdf, or those of sf with -pdf. Draws have a plain q.
    """

    n_inputs = -1
    options = ("distribution", "tail", "value")
    broadcasts = True

    def forward(self, q, *shapes):
        if self.value is not None:
            return np.array(self.value)
        method = "ppf" if self.tail == "cdf" else "isf"
        return np.asarray(self.distribution._of_scipy(method, q, *shapes))

    def backward(self, gy):
        _, *shapes = self.inputs
        d, z = self.distribution, self.output
        g = gy / (d._pdf(z, *shapes) if self.tail == "cdf" else -d._pdf(z, *shapes))
        gs = [None] * len(shapes)
        wanted = [k for k in range(len(shapes)) if self.wants(k + 1)]
        if wanted:
            F = getattr(d, "_" + self.tail)

            def of_wanted(z, *xs):
                given = list(shapes)
                for k, x in zip(wanted, xs, strict=True):
                    given[k] = x
                return F(z, *given)

            # z is an argument, too, because it leads back to the parameters
            _, pullback = vjp(of_wanted, copy(z), *[copy(shapes[k]) for k in wanted])
            for k, gx in zip(wanted, pullback(broadcast_to(-g, z.shape))[1:], strict=True):
                gs[k] = gx
        return (g if self.wants(0) else None, *gs)


class Continuous(Distribution):
    """The base class of continuous distributions.

    A distribution states `_logpdf` or `_pdf`, and what there are formulas for of `_cdf`, `_sf`, `_logcdf`,
    `_logsf`, `_ppf` and `_isf`, `_mean`, `_var` and `_entropy`: functions of the standardized variable and of
    the shape parameters, written with NumPy's and SciPy's functions.

    Attributes
    ----------
    symmetric : bool
        Whether the density of -z is that of z, so that a function of the upper tail is that of the lower one.
    bare_centre : bool
        Whether the density at z = 0, within the support, may be 0.
    """

    symmetric = False
    bare_centre = False

    def _logpdf(self, z, *shapes):
        return np.log(self._pdf(z, *shapes))

    def _pdf(self, z, *shapes):
        return np.exp(self._logpdf(z, *shapes))

    def _states(self, method):
        return getattr(type(self), method) is not getattr(Continuous, method)

    def _cdf(self, z, *shapes):
        if self._states("_sf"):
            return 1 - self._sf(z, *shapes)
        if self._states("_logcdf"):
            return np.exp(self._logcdf(z, *shapes))
        if self._states("_logsf"):
            return -np.expm1(self._logsf(z, *shapes))
        return ByPdf(self, "cdf")(z, *shapes)

    def _sf(self, z, *shapes):
        if self.symmetric:
            return self._cdf(-z, *shapes)
        if self._states("_logsf"):
            return np.exp(self._logsf(z, *shapes))
        if self._states("_logcdf"):
            return -np.expm1(self._logcdf(z, *shapes))
        if self._states("_cdf"):
            return 1 - self._cdf(z, *shapes)
        return ByPdf(self, "sf")(z, *shapes)

    def _logcdf(self, z, *shapes):
        def low(z, *shapes):
            return np.log(self._cdf(z, *shapes))

        def high(z, *shapes):
            return np.log1p(-self._sf(z, *shapes))

        return select(plain(self._cdf(*map(plain, (z, *shapes)))) < 0.5, low, high, z, *shapes)

    def _logsf(self, z, *shapes):
        if self.symmetric:
            return self._logcdf(-z, *shapes)

        def low(z, *shapes):
            return np.log1p(-self._cdf(z, *shapes))

        def high(z, *shapes):
            return np.log(self._sf(z, *shapes))

        return select(plain(self._cdf(*map(plain, (z, *shapes)))) < 0.5, low, high, z, *shapes)

    def _ppf(self, q, *shapes):
        return Inverse(self, "cdf", None)(q, *shapes)

    def _isf(self, q, *shapes):
        if self.symmetric:
            return -self._ppf(q, *shapes)
        return Inverse(self, "sf", None)(q, *shapes)

    # -- Without a formula -------------------------------------------------------------------------

    def _mean_of(self, g, *shapes):
        """The mean of a function g(x, *shapes), by quadrature."""
        by_quantiles = self._states("_ppf") and (self._states("_isf") or self.symmetric)
        return (mean_by_quantiles if by_quantiles else mean_by_density)(self, g, shapes)

    def _moment_exists(self, n, *shapes):
        """Where the mean of the n-th power exists, if that is not everywhere."""
        return True

    #: The value of a moment that does not exist.
    no_moment = np.inf

    def _mean(self, *shapes):
        def mean(*shapes):
            return in_blocks(lambda *shapes: self._mean_of(lambda x, *_: x, *shapes), TERMS, *shapes)

        return only(self._moment_exists(1, *map(plain, shapes)), mean, self.no_moment, *shapes)

    def _var(self, *shapes):
        def of_block(*shapes):
            mean = self._mean(*shapes)
            centre = mean if np.ndim(form_of(mean)) == 0 else mean[..., None]
            return self._mean_of(lambda x, *shapes: (x - centre) ** 2, *shapes)

        def var(*shapes):
            return in_blocks(of_block, TERMS, *shapes)

        return only(self._moment_exists(2, *map(plain, shapes)), var, self.no_moment, *shapes)

    def _entropy(self, *shapes):
        def entropy(*shapes):
            return self._mean_of(lambda x, *shapes: -self._logpdf(x, *shapes), *shapes)

        return in_blocks(entropy, TERMS, *shapes)

    # -- At a point --------------------------------------------------------------------------------

    def _at(self, method, x, args, kwds):
        shapes, loc, scale = self._read(method, args, kwds)
        x = real(x)
        formula = getattr(self, "_" + method)

        def value(x, loc, scale, *shapes):
            y = formula(_standardized(x, loc, scale), *shapes)
            if method == "logpdf":
                return y if is_number(scale, 1) else y - np.log(scale)
            return y / scale if method == "pdf" and not is_number(scale, 1) else y

        if _core.following():
            if looked_at(self._is_inside, x, loc, scale, *shapes):
                return as_variable(value(x, loc, scale, *shapes))
        inside = self._inside(plain(x), plain(loc), plain(scale), tuple(map(plain, shapes)))
        if inside is True:
            return as_variable(value(x, loc, scale, *shapes))

        def outside(x, loc, scale, *shapes):
            return constant(fill, x, loc, scale, *shapes)

        fill = np.asarray(self._of_scipy(method, x, *shapes, loc, scale))
        inside = np.broadcast_to(inside, fill.shape)
        return as_variable(select(inside, value, outside, x, loc, scale, *shapes))

    def _is_inside(self, x, loc, scale, *shapes):
        """Whether the formulas are computed everywhere."""
        return self._inside(x, loc, scale, shapes) is True

    def _inside(self, x, loc, scale, shapes):
        """Where the formulas are computed, which is not where the density is 0 at an end of the support; True
        where that is everywhere. Plain arrays.
        """
        with np.errstate(all="ignore"):
            valid = self._valid(shapes, loc, scale)
            z = _standardized(x, loc, np.float64(0) if is_number(scale, 0) else scale)
            low, high = self._support(*shapes)
            within = (low < z) & (z < high)
            if self.bare_centre:
                within = within & (z != 0)
            if valid.all() and np.all(within):
                return True
            inside = valid & np.isfinite(z) & self.scipys._support_mask(z, *map(np.asarray, shapes))
            edge = inside & ~within
            if np.any(edge):  # there the slopes of a density of 0 are 0, or do not exist
                inside = inside & ~(edge & (self._of_scipy("pdf", x, *shapes, loc, scale) == 0))
            return inside

    def logpdf(self, x, *args, **kwds):
        """Logarithm of the density at x. x, the shapes, `loc` and `scale` have gradients, 0 outside."""
        return self._at("logpdf", x, args, kwds)

    def pdf(self, x, *args, **kwds):
        """Density at x. x, the shapes, `loc` and `scale` have gradients, 0 outside of the support."""
        return self._at("pdf", x, args, kwds)

    def cdf(self, x, *args, **kwds):
        """Probability of at most x. The gradient of x is gy * pdf(x); the parameters have theirs."""
        return self._at("cdf", x, args, kwds)

    def logcdf(self, x, *args, **kwds):
        """Logarithm of cdf. The gradient of x is gy * pdf(x) / cdf(x); the parameters have theirs."""
        return self._at("logcdf", x, args, kwds)

    def sf(self, x, *args, **kwds):
        """Probability of more than x. The gradient of x is -gy * pdf(x); the parameters have theirs."""
        return self._at("sf", x, args, kwds)

    def logsf(self, x, *args, **kwds):
        """Logarithm of sf. The gradient of x is -gy * pdf(x) / sf(x); the parameters have theirs."""
        return self._at("logsf", x, args, kwds)

    def _inverse(self, method, q, args, kwds):
        shapes, loc, scale = self._read(method, args, kwds)
        q = real(q)
        formula = getattr(self, "_" + method)

        def value(q, loc, scale, *shapes):
            return _placed(formula(q, *shapes), loc, scale)

        if _core.following() and looked_at(self._is_between, q, loc, scale, *shapes):
            return as_variable(value(q, loc, scale, *shapes))
        p = plain(q)
        valid = self._valid(shapes, loc, scale)
        inside = valid & (p > 0) & (p < 1)
        if inside.all():
            return as_variable(value(q, loc, scale, *shapes))
        fill = np.asarray(self._of_scipy(method, q, *shapes, loc, scale))
        with np.errstate(all="ignore"):
            ends = self._support(*map(plain, shapes))
        first, last = (0, 1) if method == "ppf" else (1, 0)

        def low(q, loc, scale, *shapes):
            return _placed(self._support(*shapes)[0], loc, scale)

        def high(q, loc, scale, *shapes):
            return _placed(self._support(*shapes)[1], loc, scale)

        def outside(q, loc, scale, *shapes):
            return constant(fill, q, loc, scale, *shapes)

        # The pieces at the ends of the support, which move with the parameters, where they are finite
        for f, at, end in ((low, first, ends[0]), (high, last, ends[1])):
            places = np.broadcast_to(valid & (p == at) & np.isfinite(end), fill.shape)
            outside = _piece(places, f, outside)
        inside = np.broadcast_to(inside, fill.shape)
        return as_variable(select(inside, value, outside, q, loc, scale, *shapes))

    def _is_between(self, q, loc, scale, *shapes):
        """Whether the formulas of quantiles are computed everywhere."""
        return np.all(self._valid(shapes, loc, scale) & (q > 0) & (q < 1))

    def ppf(self, q, *args, **kwds):
        """The x at which cdf is q. The gradient of q is gy / pdf(x), and that of a parameter -gy / pdf(x)
        times the slope of cdf in it.
        """
        return self._inverse("ppf", q, args, kwds)

    def isf(self, q, *args, **kwds):
        """The x at which sf is q. The gradient of q is -gy / pdf(x), and that of a parameter gy / pdf(x)
        times the slope of sf in it.
        """
        return self._inverse("isf", q, args, kwds)

    def entropy(self, *args, **kwds):
        """Differential entropy, the mean of -logpdf, in nats; the parameters have gradients."""

        def entropy(shapes, loc, scale):
            y = self._entropy(*shapes)
            return y if is_number(scale, 1) else y + np.log(scale)

        return self._summary("entropy", args, kwds, entropy)

    def rvs(self, *args, **kwds):
        """Numbers drawn at random: those that SciPy draws for the same `random_state`.

        With the standardized z, which is drawn, x is loc + scale * z. The gradient of a shape parameter is
        that of the quantile at the probability of z, -gy * scale / pdf(z) times the slope of cdf in it
        (implicit reparameterization).
        """
        random_state = kwds.pop("random_state", None)
        shapes, loc, scale, size = self.scipys._parse_args_rvs(*args, **kwds)
        shapes, loc, scale = self._real_shapes("rvs", shapes), real(loc), real(scale)
        if np.any(plain(scale) < 0):
            raise ValueError("Domain error in arguments.")
        zero, one = np.zeros(np.shape(form_of(loc))), np.ones(np.shape(form_of(scale)))
        z = self.scipys.rvs(*map(plain, shapes), loc=zero, scale=one, size=size, random_state=random_state)
        if any(isinstance(s, Variable) for s in shapes):
            z = Inverse(self, "cdf", z)(0.5, *shapes)
        return as_variable(np.asarray(z) * scale + loc if not isinstance(z, Variable) else z * scale + loc)


def _piece(places, f, g):
    def piece(*xs):
        return select(places, f, g, *xs)

    return piece


def _standardized(x, loc, scale):
    z = x if is_number(loc, 0) else x - loc
    return z if is_number(scale, 1) else z / scale


def _placed(z, loc, scale):
    z = z if is_number(scale, 1) else z * scale
    return z if is_number(loc, 0) else z + loc
