"""What distributions have in common: SciPy's parameters, `loc` and `scale`, supports, inverses and draws.

A distribution states its formulas on the standardized variable z, with `loc` 0 and `scale` 1, in a class of
`Continuous` or `Discrete`; its instance is public under SciPy's name. The formulas are computed inside the
support alone. Elsewhere, and where a parameter is outside of its domain, the values are SciPy's own and the
gradients are 0.
"""

from functools import cached_property

import numpy as np
import scipy.special as sp
import scipy.stats

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions.basic.shape import broadcast_to, copy, plain
from leopard.scipy.stats._integrals import mean_by_density, mean_by_quantiles
from leopard.scipy.stats._selection import constant, only, real, refused, select
from leopard.transforms.products import vjp

#: The methods of one argument beside the parameters.
POINTS = ("logpdf", "pdf", "logpmf", "pmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")

#: The methods of the parameters alone.
SUMMARIES = ("mean", "var", "std", "median", "entropy")


class Distribution:
    """The base class of distributions.

    Attributes
    ----------
    name : str
        SciPy's name; by default that of the class in small letters.
    shapes : tuple of str
        The names of the shape parameters.
    whole : tuple of str
        Those among them that are whole numbers, and have no derivative.
    """

    whole = ()

    def __init_subclass__(cls):
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()

    def __repr__(self):
        return f"<leopard.scipy.stats.{self.name}>"

    @cached_property
    def scipys(self):
        """SciPy's distribution, which has the parameters, the domains and the draws."""
        found = getattr(scipy.stats, self.name, None)
        if found is None:
            raise AttributeError(f"SciPy {scipy.__version__} has no distribution {self.name}")
        return found

    @cached_property
    def shapes(self):
        return tuple((self.scipys.shapes or "").replace(",", " ").split())

    def __call__(self, *args, **kwds):
        """The distribution with these parameters, whose methods are called without them."""
        return Frozen(self, *args, **kwds)

    freeze = __call__

    def __getattr__(self, name):
        if not name.startswith("_") and hasattr(getattr(scipy.stats, self.name, None), name):
            raise AttributeError(
                f"leopard has no {self.name}.{name}; call scipy.stats.{self.name}.{name} with plain arrays"
            )
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def _read(self, method, args, kwds):
        """The shape parameters, loc and scale of a call, as real numbers."""
        shapes, loc, scale = self.scipys._parse_args(*args, **kwds)
        return self._real_shapes(method, shapes), real(loc), real(scale)

    def _real_shapes(self, method, shapes):
        if not self.whole:
            return tuple(map(real, shapes))
        return tuple(
            [
                refused(real(x), name, f"{self.name}.{method}") if name in self.whole else real(x)
                for name, x in zip(self.shapes, shapes, strict=True)
            ]
        )

    def _support(self, *shapes):
        """The ends of the support on the standardized variable."""
        return self.scipys.a, self.scipys.b

    def _valid(self, shapes, loc, scale):
        """Where the parameters are in their domains."""
        valid = np.asarray(self.scipys._argcheck(*map(plain, shapes)), bool) & (plain(scale) > 0)
        return valid & (plain(loc) == plain(loc))

    def _of_scipy(self, method, *args):
        """SciPy's values of a method, of plain arrays."""
        with np.errstate(all="ignore"):
            return getattr(self.scipys, method)(*map(plain, args))

    # -- The parameters alone ----------------------------------------------------------------------

    def _summary(self, method, args, kwds, formula):
        """A function of the parameters alone: the formula in their domain, SciPy's values outside of it."""
        shapes, loc, scale = self._read(method, args, kwds)
        parameters = (loc, scale, *shapes)
        valid = self._valid(shapes, loc, scale)
        valid = np.broadcast_to(valid, np.broadcast_shapes(*[np.shape(plain(x)) for x in parameters]))

        def inside(loc, scale, *shapes):
            return formula(shapes, loc, scale)

        def outside(loc, scale, *shapes):
            return constant(np.full(valid.shape, np.nan), loc, scale, *shapes)

        y = as_variable(
            np.asarray(y) if not isinstance(y := select(valid, inside, outside, *parameters), Variable) else y
        )
        return y if y.shape == valid.shape else broadcast_to(y, valid.shape)

    def _by_scipy(self, method, *shapes):
        """A value of the parameters for which there is no formula: SciPy's, without a derivative."""
        shapes = [
            refused(x, name, f"{self.name}.{method}", ", as there is no formula")
            for name, x in zip(self.shapes, shapes, strict=True)
        ]
        return constant(self._of_scipy(method, *shapes), *shapes) if shapes else self._of_scipy(method)

    def _mean(self, *shapes):
        return self._by_scipy("mean", *shapes)

    def _var(self, *shapes):
        return self._by_scipy("var", *shapes)

    def _entropy(self, *shapes):
        return self._by_scipy("entropy", *shapes)

    def without_formula(self):
        """The names of the functions of the parameters that have no formula, and no derivative."""
        found = {m for m in ("mean", "var", "entropy") if self.shapes and self._is_scipys(f"_{m}")}
        return found | ({"std"} if "var" in found else set())

    def _is_scipys(self, method):
        return getattr(type(self), method) is getattr(Distribution, method)

    def mean(self, *args, **kwds):
        """Mean, loc + scale * the mean of the standardized variable; its parameters have gradients."""
        return self._summary("mean", args, kwds, lambda shapes, loc, scale: loc + scale * self._mean(*shapes))

    def var(self, *args, **kwds):
        """Variance, scale**2 * that of the standardized variable; its parameters have gradients."""
        return self._summary("var", args, kwds, lambda shapes, loc, scale: scale * scale * self._var(*shapes))

    def std(self, *args, **kwds):
        """Standard deviation, the square root of the variance; its parameters have gradients."""
        return self._summary(
            "std", args, kwds, lambda shapes, loc, scale: scale * np.sqrt(self._var(*shapes))
        )

    def median(self, *args, **kwds):
        """Median, the value of ppf at 1/2, with the gradients of ppf."""
        return self.ppf(0.5, *args, **kwds)

    def stats(self, *args, **kwds):
        """Mean and variance, those of them that `moments` names by "m" and "v"; a tuple of several."""
        shapes, loc, scale, moments = self.scipys._parse_args_stats(*args, **kwds)
        if not set(moments) <= set("mv"):
            raise TypeError(f"leopard has the moments 'm' and 'v' of {self.name}, not {moments!r}")
        keywords = {"loc": loc} if isinstance(self, Discrete) else {"loc": loc, "scale": scale}
        found = [(self.mean if m == "m" else self.var)(*shapes, **keywords) for m in "mv" if m in moments]
        return found[0] if len(found) == 1 else tuple(found)

    def moment(self, order, *args, **kwds):
        """Mean of the power 1 or 2: the mean, or the variance added to its square."""
        if order not in (1, 2):
            raise TypeError(f"leopard has the moments of orders 1 and 2 of {self.name}, not of {order!r}")
        mean = self.mean(*args, **kwds)
        return mean if order == 1 else self.var(*args, **kwds) + mean * mean

    def interval(self, confidence, *args, **kwds):
        """The ends of the interval around the median that has this probability."""
        confidence = real(confidence)
        if np.any((plain(confidence) > 1) | (plain(confidence) < 0)):
            raise ValueError("alpha must be between 0 and 1 inclusive")
        return self.ppf((1 - confidence) / 2, *args, **kwds), self.ppf((1 + confidence) / 2, *args, **kwds)

    def support(self, *args, **kwds):
        """The ends of the support, as plain arrays."""
        shapes, loc, scale = self._read("support", args, kwds)
        scale = {} if isinstance(self, Discrete) else {"scale": plain(scale)}
        return self.scipys.support(*map(plain, shapes), loc=plain(loc), **scale)


# -- Functions of the distribution and of one argument -------------------------------------------------


class ByPdf(Primitive, listed=False):
    """SciPy's value of cdf or sf where there is no formula. The gradient of z is gy * pdf, or -gy * pdf."""

    n_inputs = -1
    options = ("distribution", "method")

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

    broadcasts = True


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
    without_slopes : tuple of str
        The shape parameters in which cdf, sf, their logarithms and their inverses have no derivative.
    """

    symmetric = False
    without_slopes = ()

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
            return self._mean_of(lambda x, *shapes: x, *shapes)

        return only(self._moment_exists(1, *map(plain, shapes)), mean, self.no_moment, *shapes)

    def _var(self, *shapes):
        def var(*shapes):
            mean = self._mean(*shapes)
            centre = mean if np.ndim(plain(mean)) == 0 else mean[..., None]
            return self._mean_of(lambda x, *shapes: (x - centre) ** 2, *shapes)

        return only(self._moment_exists(2, *map(plain, shapes)), var, self.no_moment, *shapes)

    def _entropy(self, *shapes):
        return self._mean_of(lambda x, *shapes: -self._logpdf(x, *shapes), *shapes)

    # -- At a point --------------------------------------------------------------------------------

    def _at(self, method, x, args, kwds):
        shapes, loc, scale = self._read(method, args, kwds)
        x = real(x)
        formula = getattr(self, "_" + method)

        def value(x, loc, scale, *shapes):
            y = formula(_standardized(x, loc, scale), *shapes)
            if method == "logpdf":
                return y if _is(scale, 1) else y - np.log(scale)
            return y / scale if method == "pdf" and not _is(scale, 1) else y

        inside = self._inside(plain(x), plain(loc), plain(scale), tuple(map(plain, shapes)))
        if inside is True:
            return as_variable(value(x, loc, scale, *shapes))

        def outside(x, loc, scale, *shapes):
            return constant(fill, x, loc, scale, *shapes)

        fill = np.asarray(self._of_scipy(method, x, *shapes, loc, scale))
        inside = np.broadcast_to(inside, fill.shape)
        return as_variable(select(inside, value, outside, x, loc, scale, *shapes))

    def _inside(self, x, loc, scale, shapes):
        """Where the formulas are computed; True where that is everywhere. Plain arrays."""
        with np.errstate(all="ignore"):
            valid = self._valid(shapes, loc, scale)
            z = _standardized(x, loc, scale)
            low, high = self._support(*shapes)
            if valid.all() and np.all((low < z) & (z < high)):
                return True
            return valid & np.isfinite(z) & self.scipys._support_mask(z, *map(np.asarray, shapes))

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
        return self._summary(
            "entropy",
            args,
            kwds,
            lambda shapes, loc, scale: self._entropy(*shapes) + (0.0 if _is(scale, 1) else np.log(scale)),
        )

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
        zero, one = np.zeros(np.shape(plain(loc))), np.ones(np.shape(plain(scale)))
        z = self.scipys.rvs(*map(plain, shapes), loc=zero, scale=one, size=size, random_state=random_state)
        if any(isinstance(s, Variable) for s in shapes):
            z = Inverse(self, "cdf", z)(0.5, *shapes)
        return as_variable(np.asarray(z) * scale + loc if not isinstance(z, Variable) else z * scale + loc)


def _piece(places, f, g):
    def piece(*xs):
        return select(places, f, g, *xs)

    return piece


def _is(x, number):
    return type(x) is float and x == number


def _standardized(x, loc, scale):
    z = x if _is(loc, 0) else x - loc
    return z if _is(scale, 1) else z / scale


def _placed(z, loc, scale):
    z = z if _is(scale, 1) else z * scale
    return z if _is(loc, 0) else z + loc


# -- Discrete ------------------------------------------------------------------------------------------


class Discrete(Distribution):
    """The base class of discrete distributions.

    A distribution states `_logpmf` or `_pmf`, and what there are formulas for of `_cdf`, `_sf`, `_logcdf`,
    `_logsf`, `_mean`, `_var` and `_entropy`: functions of the whole number k and of the shape parameters.
    """

    def _logpmf(self, k, *shapes):
        return np.log(self._pmf(k, *shapes))

    def _pmf(self, k, *shapes):
        return np.exp(self._logpmf(k, *shapes))

    def _cdf(self, k, *shapes):
        return self._sum_of_pmf("cdf", k, *shapes)

    def _sf(self, k, *shapes):
        return 1 - self._cdf(k, *shapes)

    def _logcdf(self, k, *shapes):
        return np.log(self._cdf(k, *shapes))

    def _logsf(self, k, *shapes):
        return np.log(self._sf(k, *shapes))

    def _entropy(self, *shapes):
        """The sum of -pmf * log(pmf) over the numbers that hold all but 1e-17 of the probability."""
        values = tuple(map(plain, shapes))
        first = np.min(self._support(*values)[0])
        if not np.isfinite(first):
            first = np.min(self._of_scipy("ppf", 1e-17, *shapes))
        if np.any(self._of_scipy("sf", first + 1e5, *shapes) > 1e-17):
            return self._by_scipy("entropy", *shapes)  # too many terms
        last = np.max(self._of_scipy("isf", 1e-17, *shapes))
        ks = np.arange(first, last + 1)
        wide = [x if np.ndim(plain(x)) == 0 else x[..., None] for x in shapes]
        low, high = self._support(*map(plain, wide))
        inside = (low <= ks) & (ks <= high)

        def term(ks, *shapes):
            return sp.entr(self._pmf(ks, *shapes))

        return np.sum(only(inside, term, 0.0, ks, *wide), axis=-1)

    def _sum_of_pmf(self, method, k, *shapes):
        """The sum of the probabilities up to k, which are all finite in number."""
        first = np.min(self._support(*map(plain, shapes))[0])
        ks = np.arange(first, np.max(plain(k)) + 1)
        shape = np.broadcast_shapes(*[np.shape(plain(x)) for x in (k, *shapes)])
        wide = [x if np.ndim(plain(x)) == 0 else x[..., None] for x in shapes]
        kept = ks <= np.broadcast_to(plain(k), shape)[..., None]
        low, high = self._support(*map(plain, wide))
        kept = kept & (low <= ks) & (ks <= high)

        return np.sum(only(kept, self._pmf, 0.0, ks, *wide), axis=-1)

    def _at(self, method, k, args, kwds):
        shapes, loc, scale = self._read(method, args, kwds)
        name = f"{self.name}.{method}"
        k, loc = refused(real(k), "k", name), refused(real(loc), "loc", name)
        n = plain(k) if _is(loc, 0) else plain(k) - plain(loc)
        formula = getattr(self, "_" + method)
        valid = self._valid(shapes, loc, 1.0)
        with np.errstate(all="ignore"):
            whole = np.floor(n)
            low, high = self._support(*map(plain, shapes))
            inside = valid & (low <= whole) & (whole <= high) & np.isfinite(n)
            if method.endswith("pmf"):
                inside &= n == whole
            elif method.endswith("cdf") or method.endswith("sf"):
                inside &= whole < high
        if np.all(inside) and not isinstance(k, Variable) and not isinstance(loc, Variable):
            return as_variable(formula(whole, *shapes))
        fill = np.asarray(self._of_scipy(method, k, *shapes, loc))

        def value(k, loc, n, *shapes):
            return formula(n, *shapes) + constant(np.zeros(fill.shape), k, loc)

        def outside(k, loc, n, *shapes):
            return constant(fill, k, loc, *shapes)

        inside = np.broadcast_to(inside, fill.shape)
        return as_variable(select(inside, value, outside, k, loc, whole, *shapes))

    def logpmf(self, k, *args, **kwds):
        """Logarithm of the probability of k. The parameters have gradients; k and `loc` have none."""
        return self._at("logpmf", k, args, kwds)

    def pmf(self, k, *args, **kwds):
        """Probability of k. The parameters have gradients; k and `loc` have none."""
        return self._at("pmf", k, args, kwds)

    def cdf(self, k, *args, **kwds):
        """Probability of at most k. The parameters have gradients; k and `loc` have none."""
        return self._at("cdf", k, args, kwds)

    def logcdf(self, k, *args, **kwds):
        """Logarithm of cdf. The parameters have gradients; k and `loc` have none."""
        return self._at("logcdf", k, args, kwds)

    def sf(self, k, *args, **kwds):
        """Probability of more than k. The parameters have gradients; k and `loc` have none."""
        return self._at("sf", k, args, kwds)

    def logsf(self, k, *args, **kwds):
        """Logarithm of sf. The parameters have gradients; k and `loc` have none."""
        return self._at("logsf", k, args, kwds)

    def _step(self, method, q, args, kwds):
        shapes, loc, _ = self._read(method, args, kwds)
        q, loc = real(q), refused(real(loc), "loc", f"{self.name}.{method}")
        return constant(self._of_scipy(method, q, *shapes, loc), q, loc, *shapes)

    def ppf(self, q, *args, **kwds):
        """The smallest whole number at which cdf is at least q: a step function, whose gradients are 0."""
        return self._step("ppf", q, args, kwds)

    def isf(self, q, *args, **kwds):
        """The smallest whole number at which sf is at most q: a step function, whose gradients are 0."""
        return self._step("isf", q, args, kwds)

    def entropy(self, *args, **kwds):
        """Entropy, the mean of -logpmf, in nats; the parameters have gradients."""
        return self._summary("entropy", args, kwds, lambda shapes, loc, scale: self._entropy(*shapes))

    def rvs(self, *args, **kwds):
        """Whole numbers drawn at random, those that SciPy draws; no derivative exists in a parameter."""
        given = dict(zip((*self.shapes, "loc"), args, strict=False)) | kwds
        for name, x in given.items():
            if isinstance(x, Variable):
                raise TypeError(
                    f"draws of the discrete distribution {self.name} have no derivative with respect to "
                    f"{name}; pass {name} as a plain number or array"
                )
        return as_variable(np.asarray(self.scipys.rvs(*args, **kwds)))


class Frozen:
    """A distribution with its parameters given: its methods are called without them."""

    def __init__(self, dist, *args, **kwds):
        dist.scipys._parse_args(*args, **kwds)  # raises for parameters that it does not have
        self.dist, self.args, self.kwds = dist, args, kwds

    def __repr__(self):
        return f"<leopard.scipy.stats.{self.dist.name} with its parameters>"

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.dist, name)
        if name in POINTS or name in ("moment", "interval"):
            return lambda x, /: method(x, *self.args, **self.kwds)
        if name in SUMMARIES or name == "support":
            return lambda: method(*self.args, **self.kwds)
        if name == "stats":
            return lambda moments="mv": method(*self.args, moments=moments, **self.kwds)
        if name == "rvs":
            return lambda size=None, random_state=None: method(
                *self.args, size=size, random_state=random_state, **self.kwds
            )
        raise AttributeError(f"{self!r} has no attribute {name!r}")
