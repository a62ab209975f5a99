"""What all distributions have in common: SciPy's parameters, `loc` and `scale`, and functions of these alone.

A distribution states its formulas on the standardized variable z, with `loc` 0 and `scale` 1, in a class of
`Continuous` or `Discrete`; its instance is public under SciPy's name. The formulas are computed inside the
support alone. Elsewhere, and where a parameter is outside of its domain, the values are SciPy's own and the
gradients are 0.
"""

from functools import cached_property

import numpy as np
import scipy.stats

from leopard._core import Variable, as_variable
from leopard.functions._registry import replayed_as_one
from leopard.functions.basic.shape import broadcast_to, form_of, plain
from leopard.scipy.stats._selection import constant, real, refused, select

#: The methods of one argument beside the parameters.
POINTS = ("logpdf", "pdf", "logpmf", "pmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")

_NAMES_OF_POINTS = {"x", "k", "q", "order", "confidence"}

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
    without_slopes : tuple of str
        Those in which cdf, sf, their logarithms and their inverses have no derivative.
    has_scale : bool
        Whether it has the parameter `scale`.
    """

    has_scale = True
    whole = ()
    without_slopes = ()

    def __init_subclass__(cls):
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()
        for name in {*POINTS, *SUMMARIES} & vars(cls).keys():
            setattr(cls, name, replayed_as_one(vars(cls)[name]))

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
        valid = np.broadcast_to(valid, np.broadcast_shapes(*[np.shape(form_of(x)) for x in parameters]))

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

    @replayed_as_one
    def mean(self, *args, **kwds):
        """Mean, loc + scale * the mean of the standardized variable; its parameters have gradients."""
        return self._summary("mean", args, kwds, lambda shapes, loc, scale: loc + scale * self._mean(*shapes))

    @replayed_as_one
    def var(self, *args, **kwds):
        """Variance, scale**2 * that of the standardized variable; its parameters have gradients."""
        return self._summary("var", args, kwds, lambda shapes, loc, scale: scale * scale * self._var(*shapes))

    @replayed_as_one
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
        keywords = {"loc": loc} if not self.has_scale else {"loc": loc, "scale": scale}
        found = [(self.mean if m == "m" else self.var)(*shapes, **keywords) for m in "mv" if m in moments]
        return found[0] if len(found) == 1 else tuple(found)

    @replayed_as_one
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

    @replayed_as_one
    def support(self, *args, **kwds):
        """The ends of the support, as plain arrays."""
        shapes, loc, scale = self._read("support", args, kwds)
        scale = {} if not self.has_scale else {"scale": plain(scale)}
        return self.scipys.support(*map(plain, shapes), loc=plain(loc), **scale)


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

            def at(*point, **named):
                # of one argument, whatever SciPy's frozen and unfrozen methods call it
                if len(point) + len(named) != 1 or not named.keys() <= _NAMES_OF_POINTS:
                    raise TypeError(f"{self.dist.name}.{name} with its parameters given takes one argument")
                return method(*point, *named.values(), *self.args, **self.kwds)

            return at
        if name in SUMMARIES or name == "support":
            return lambda: method(*self.args, **self.kwds)
        if name == "stats":
            return lambda moments="mv": method(*self.args, moments=moments, **self.kwds)
        if name == "rvs":
            return lambda size=None, random_state=None: method(
                *self.args, size=size, random_state=random_state, **self.kwds
            )
        raise AttributeError(f"{self!r} has no attribute {name!r}")
