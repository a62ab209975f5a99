"""Discrete distributions: probabilities and their sums."""

import numpy as np
import scipy.special as sp

from leopard._core import Variable, as_variable
from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.stats._distributions import Distribution
from leopard.scipy.stats._selection import constant, in_blocks, is_number, only, real, refused, select


class Discrete(Distribution):
    """The base class of discrete distributions.

    A distribution states `_logpmf` or `_pmf`, and what there are formulas for of `_cdf`, `_sf`, `_logcdf`,
    `_logsf`, `_mean`, `_var` and `_entropy`: functions of the whole number k and of the shape parameters.
    """

    has_scale = False

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
        """The sum of -pmf * log(pmf) over all numbers whose probability counts."""
        ends = self._ends_of_sum(*map(plain, shapes))
        if ends is None:
            return self._by_scipy("entropy", *shapes)

        def entropy(*shapes):
            first, last = self._ends_of_sum(*map(plain, shapes))
            ks = np.arange(first, last + 1)
            wide = [x if np.ndim(form_of(x)) == 0 else x[..., None] for x in shapes]
            low, high = self._support(*map(plain, wide))
            inside = (low <= ks) & (ks <= high)
            with np.errstate(all="ignore"):
                pmf = only(inside, self._pmf, 0.0, ks, *map(plain, wide))
            counts = plain(pmf) > 1e-300  # a probability of 0 has no logarithm

            def term(k, *shapes):
                return sp.entr(self._pmf(k, *shapes))

            return np.sum(only(counts, term, 0.0, np.broadcast_to(ks, counts.shape), *wide), axis=-1)

        return in_blocks(entropy, int(ends[1] - ends[0] + 1), *shapes)

    def _ends_of_sum(self, *shapes):
        """The numbers around the mean beyond which there is about 1e-17 of the probability; None where there
        are more than 1e5 of them. Plain arrays.
        """
        low, high = self._support(*shapes)
        mean = plain(self._mean(*shapes))
        for n in 2.0 ** np.arange(3, 17):
            first, last = np.maximum(low, np.floor(mean - n)), np.minimum(high, np.ceil(mean + n))
            with np.errstate(all="ignore"):
                left = [
                    n * plain(self._pmf(k, *shapes)) * (k != end) for k, end in ((first, low), (last, high))
                ]
            if np.all(np.maximum(*left) < 1e-17):
                return np.min(first), np.max(last)
        return None

    def _sum_of_pmf(self, method, k, *shapes):
        """The sum of the probabilities up to k, which are all finite in number."""
        first = np.min(self._support(*map(plain, shapes))[0])
        ks = np.arange(first, np.max(plain(k)) + 1)

        def total(k, *shapes):
            shape = np.broadcast_shapes(*[np.shape(form_of(x)) for x in (k, *shapes)])
            wide = [x if np.ndim(form_of(x)) == 0 else x[..., None] for x in shapes]
            kept = ks <= np.broadcast_to(plain(k), shape)[..., None]
            low, high = self._support(*map(plain, wide))
            kept = kept & (low <= ks) & (ks <= high)
            return np.sum(only(kept, self._pmf, 0.0, np.broadcast_to(ks, kept.shape), *wide), axis=-1)

        return in_blocks(total, ks.size, k, *shapes)

    def _at(self, method, k, args, kwds):
        shapes, loc, scale = self._read(method, args, kwds)
        name = f"{self.name}.{method}"
        k, loc = refused(real(k), "k", name), refused(real(loc), "loc", name)
        n = plain(k) if is_number(loc, 0) else plain(k) - plain(loc)
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
        if (
            np.size(inside)
            and np.all(inside)
            and not isinstance(k, Variable)
            and not isinstance(loc, Variable)
        ):
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
