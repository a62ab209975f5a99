"""Values of plain arrays that SciPy does not have: densities, and derivatives in parameters.

Integrals over a half line are computed by the double exponential quadrature of Takahasi and Mori (Publ. RIMS
9, 1974, 721): the substitution s = exp(u - exp(-u)), and the trapezoidal rule in u. For an integrand that is
analytic near the line, decays at least exponentially, and has no features narrower than the given scale, the
relative error is a few units in 1e-15.
"""

import numpy as np
import scipy.special as sp

_STEP = 1 / 16
_u = np.arange(-72, 92) * _STEP
NODES = np.exp(_u - np.exp(-_u))
WEIGHTS = NODES * (1 + np.exp(-_u)) * _STEP
_BLOCK = 1024


def of_reals(function, *xs, out=None):
    """A function of float64 arrays of one axis, applied to any real arrays, in SciPy's type of the result."""
    xs = [np.asarray(x) for x in xs]
    single = all(x.dtype in (np.float32, np.float16) for x in xs if x.ndim or x.dtype.kind == "f")
    xs = np.broadcast_arrays(*xs)
    shape, flat = xs[0].shape, [x.astype(float).reshape(-1) for x in xs]
    y = np.empty(flat[0].shape)
    with np.errstate(all="ignore"):
        for i in range(0, y.size, _BLOCK):
            y[i : i + _BLOCK] = function(*[x[i : i + _BLOCK] for x in flat])
    single = single and any(x.dtype.kind == "f" for x in xs)
    return y.reshape(shape).astype(np.float32 if single else float)


def corrected(y, places, function, *xs):
    """y with the values of a function in the places where the formula of y loses digits.

    There are few such places in most arrays, so that the function, which takes longer, is called for them
    alone.
    """
    if not np.any(places):
        return y
    y, *xs = np.broadcast_arrays(y, *xs)
    y = np.array(y)
    with np.errstate(all="ignore"):
        y[places] = function(*[x[places] for x in xs])
    return y


def half_line(log_weight, factor, scale):
    """Integral over s from 0 of factor(s) * exp(log_weight(s)); the functions take a column axis behind."""
    s = scale[:, None] * NODES
    terms = np.exp(log_weight(s)) * factor(s)
    terms = np.where(np.isfinite(terms), terms, 0)  # far out, where the weight is 0
    return np.sum(terms * WEIGHTS, axis=1) * scale


def log1p_minus(x):
    """log(1 + x) - x, with all digits near 0, where its power series is summed."""
    near = np.abs(x) < 0.25
    z = np.where(near, x, 0)
    r = z / (2 + z)  # log(1 + z) = 2 * (r + r**3 / 3 + ...)
    square = r * r
    series = sum(2 * square**k / (2 * k + 3) for k in range(12))
    small = -r * z + r * square * series
    return np.where(near, small, np.log1p(np.where(near, 0, x)) - x)


def log_gamma_star(a):
    """Logarithm of gamma(a) / (sqrt(2 * pi / a) * (a / e)**a) (DLMF 5.11.3), for a > 0."""
    large = np.where(a < 10, 10, a)
    series = sum(b / (2 * k * (2 * k - 1)) * large ** (1 - 2 * k) for k, b in enumerate(_BERNOULLI[2::2], 1))
    small = np.where(a < 10, a, 1)
    exact = sp.gammaln(small) + 0.5 * np.log(small / (2 * np.pi)) - small * (np.log(small) - 1)
    return np.where(a < 10, exact, series)


_BERNOULLI = sp.bernoulli(22)


def _log_ratio_minus(x, a):
    """a * (log(x / a) - x / a + 1), with all digits where x is near a."""
    d = (x - a) / a
    near = np.abs(d) < 0.25
    return np.where(near, a * log1p_minus(np.where(near, d, 0)), a * np.log(x / a) - (x - a))


#: Terms of an exponent below this lose no more digits together than SciPy's functions do.
_EXPONENT = 40.0


def _density_of_gamma(a, x):
    scaled = np.sqrt(a / (2 * np.pi)) * np.exp(_log_ratio_minus(x, a) - log_gamma_star(a)) / x
    plain = np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))
    y = np.where((a > 1) & (x > 0), scaled, plain)
    return np.where(x == 0, np.where(a > 1, 0, np.where(a < 1, np.inf, 1)), y)


def density_of_gamma(a, x):
    """x**(a - 1) * e**-x / gamma(a), relative to the mode where digits would be lost."""
    a, x = np.asarray(a), np.asarray(x)
    if np.result_type(a, x).char != "d":
        return of_reals(_density_of_gamma, a, x)
    with np.errstate(all="ignore"):
        power, size = sp.xlogy(a - 1, x), sp.gammaln(a)
        y = np.exp(power - x - size)
        lost = ~(np.abs(power) + np.abs(x) + np.abs(size) < _EXPONENT) | (x <= 0)
    return corrected(y, lost, _density_of_gamma, a, x)


def _series_of_gammainc(a, x):
    """Sum of x**(a + k) * e**-x / gamma(a + k + 1) (DLMF 8.11.4), differentiated in a, for a < 1
    and x < 1/2.
    """
    k = np.arange(24)[:, None]
    terms = np.exp(k * np.log(x)) * sp.rgamma(a + k + 1) * (np.log(x) - sp.digamma(a + k + 1))
    return np.exp(a * np.log(x) - x) * np.sum(terms, axis=0)


def _slope_of_gammainc(a, x):
    psi, column = sp.digamma(a), (slice(None), None)
    below = np.log(x) <= psi
    # Below: t = x * exp(-s).
    xb = np.where(below & (x > 0), x, np.exp(psi))
    density = _density_of_gamma(a, xb) * xb
    lower = half_line(
        lambda s: -a[column] * s - xb[column] * np.expm1(-s),
        lambda s: np.log(xb)[column] - s - psi[column],
        1 / np.maximum(a - xb, np.sqrt(a)),
    )
    # Above: t = x + s.
    xa = np.where(below | ~np.isfinite(x), np.exp(psi), x)
    upper = half_line(
        lambda s: (a - 1)[column] * np.log1p(s / xa[column]) - s,
        lambda s: np.log(xa)[column] + np.log1p(s / xa[column]) - psi[column],
        # Where a < 1 the power of t / x decays slowly, and e**-s ends the integral.
        1 / np.maximum(np.abs(1 - np.maximum(a - 1, 0) / xa), 1 / np.maximum(np.sqrt(a), 1)),
    )
    y = np.where(below, density * lower, -_density_of_gamma(a, xa) * upper)
    y = np.where((a < 1) & (x < 0.5), _series_of_gammainc(a, np.where(x > 0, x, 0.25)), y)
    y = np.where((x == 0) | (x == np.inf), 0, y)
    return np.where((a > 0) & (x >= 0), y, np.nan)


def slope_of_gammainc(a, x):
    """Derivative in a of the regularized incomplete gamma function, for a > 0 and x >= 0.

    It is the integral of (log(t) - digamma(a)) * density(t) from 0 to x, or minus that from x on, whichever
    has an integrand of one sign. The relative error is some 1e-14 for a from 0.01 to 1e5.
    """
    return of_reals(_slope_of_gammainc, a, x)


def _density_of_beta(a, b, x, x1=None):
    """The density at x = 1 - x1."""
    x1 = 1 - x if x1 is None else x1
    n = a + b
    large = (a > 1) & (b > 1) & (n > 60)
    a_, b_, n_ = np.where(large, a, 3), np.where(large, b, 3), np.where(large, n, 6)
    exponent = _log_ratio_minus(n_ * x, a_) + _log_ratio_minus(n_ * x1, b_)  # the linear terms cancel
    star = log_gamma_star(n_) - log_gamma_star(a_) - log_gamma_star(b_)
    scaled = np.sqrt(a_ * b_ / (2 * np.pi * n_)) * np.exp(exponent + star) / (x * x1)
    plain = x ** (a - 1) * x1 ** (b - 1) / sp.beta(a, b)
    return np.where(large & (x > 0) & (x1 > 0), scaled, plain)


def density_of_beta(a, b, x):
    """x**(a - 1) * (1 - x)**(b - 1) / beta(a, b), relative to the mean where digits would be lost."""
    a, b, x = np.asarray(a), np.asarray(b), np.asarray(x)
    if np.result_type(a, b, x).char != "d":
        return of_reals(_density_of_beta, a, b, x)
    with np.errstate(all="ignore"):
        power, rest, size = sp.xlogy(a - 1, x), sp.xlog1py(b - 1, -x), sp.betaln(a, b)
        y = np.exp(power + rest - size)
        lost = ~(np.abs(power) + np.abs(rest) + np.abs(size) < _EXPONENT)
    return corrected(y, lost, _density_of_beta, a, b, x)


def _lower_of_beta(a, b, x, x1, center):
    """Integral of (log(t) - center) times the density from 0 to x; by t = x * exp(-s). x1 is 1 - x."""
    column = (slice(None), None)
    density = _density_of_beta(a, b, x, x1) * x
    rate = a - np.maximum(b - 1, 0) * x / x1
    spread = np.sqrt(a * np.maximum(b, 1) / (a + np.maximum(b, 1)))
    return density * half_line(
        lambda s: -a[column] * s + (b - 1)[column] * np.log1p(-(x / x1)[column] * np.expm1(-s)),
        lambda s: np.where(x > 0.5, np.log1p(-x1), np.log(x))[column] - s - center[column],
        1 / np.maximum(np.abs(rate), spread),
    )


def _slope_of_betainc(a, b, x, x1):
    center = -_digamma_step(a, b)
    below = np.log(x) <= center
    xb = np.where(below, np.clip(x, 1e-300, None), 0.5)
    lower = _lower_of_beta(a, b, xb, np.where(below, x1, 0.5), np.where(below, center, 0))
    # Above: by u = 1 - t, with weight log(1 - u) - center.
    x1a = np.where(below, 0.5, np.clip(x1, 1e-300, None))
    column = (slice(None), None)
    xa = np.where(below, 0.5, x)
    density = _density_of_beta(a, b, xa, x1a) * x1a
    rate = b - np.maximum(a - 1, 0) * x1a / xa
    spread = np.sqrt(b * np.maximum(a, 1) / (b + np.maximum(a, 1)))
    upper = density * half_line(
        lambda s: -b[column] * s + (a - 1)[column] * np.log1p(-(x1a / xa)[column] * np.expm1(-s)),
        lambda s: np.log1p(-x1a[column] * np.exp(-s)) - center[column],
        1 / np.maximum(np.abs(rate), spread),
    )
    y = np.where(below, lower, -upper)
    y = np.where((x == 0) | (x1 == 0), 0, y)
    return np.where((a > 0) & (b > 0) & (x >= 0) & (x <= 1), y, np.nan)


def slope_of_betainc(a, b, x, x1):
    """Derivative in a of the regularized incomplete beta function at x = 1 - x1, for a, b > 0.

    It is the integral of (log(t) - digamma(a) + digamma(a + b)) * density(t) from 0 to x, or minus that from
    x on, whichever has an integrand of one sign. The relative error is some 1e-13 for a and b from 0.05 to
    1e3.
    """
    return of_reals(_slope_of_betainc, a, b, x, x1)


def _log_minus_digamma(h):
    """log(h) - digamma(h) (DLMF 5.11.2)."""
    large = np.where(h < 10, 10, h)
    series = 0.5 / large + sum(b / (2 * k) * large ** (-2.0 * k) for k, b in enumerate(_BERNOULLI[2::2], 1))
    return np.where(h < 10, np.log(h) - sp.digamma(h), series)


def _slope_of_fdtr(m, n, x):
    a, b, column = m / 2, n / 2, (slice(None), None)
    u, u1 = m * x / (n + m * x), n / (n + m * x)
    mean = (_log_minus_digamma(a) - _log_minus_digamma(a + b))[column]
    a_, b_ = a[column], b[column]

    def integral(a, b, t, t1, factor):
        """Of the density of beta times a factor of s, where t * exp(-s) goes to 0."""
        rate, spread = (
            a - np.maximum(b - 1, 0) * t / t1,
            np.sqrt(a * np.maximum(b, 1) / (a + np.maximum(b, 1))),
        )
        return _density_of_beta(a, b, t, t1) * t * half_line(
            lambda s: -a[column] * s + (b - 1)[column] * np.log1p(-(t / t1)[column] * np.expm1(-s)),
            factor,
            1 / np.maximum(np.abs(rate), spread),
        )  # fmt: skip

    def bent(y, r, s):
        """log(r * exp(-s)) - y, which is y + 1."""
        return np.where(y < -0.2, np.log(r) - s - y, log1p_minus(np.maximum(y, -0.2)))

    # The derivative of the density is the density times (mean + log(r) - r + 1) / 2, r = t * (a + b) / a.
    below = u * (a + b) < a
    t, t1 = np.where(below, u, 0.3), np.where(below, u1, 0.7)
    lower = integral(
        a,
        b,
        t,
        t1,
        lambda s: mean + bent(((a_ + b_) * t[column] * np.exp(-s) - a_) / a_, (a_ + b_) / a_ * t[column], s),
    )
    t, t1 = np.where(below, 0.3, u1), np.where(below, 0.7, u)
    upper = integral(
        b, a, t, t1, lambda s: mean + log1p_minus((b_ - (a_ + b_) * t[column] * np.exp(-s)) / a_)
    )
    y = np.where(x == 0, 0, np.where(below, lower, -upper) / 2)
    return np.where((m > 0) & (n > 0) & (x >= 0), y, np.nan)


def slope_of_fdtr(m, n, x):
    """Derivative in m of the F distribution function of m and n degrees of freedom.

    It is the integral of the derivative of the density from 0 to x, or minus that from x on.
    """
    return of_reals(_slope_of_fdtr, m, n, x)


def _half_step_of_digamma(h):
    """digamma(h + 1/2) - digamma(h) - 1 / (2 * h), by its recurrence and asymptotic series."""
    total = np.zeros(h.shape)
    for _ in range(20):
        small = h < 20
        g = np.where(small, h, 1)
        total = total + np.where(small, 0.25 / (g * (g + 0.5) * (g + 1)), 0)
        h = np.where(small, h + 1, h)
    w = 1 / (h * h)
    return total + w * (
        1 / 8 + w * (-1 / 64 + w * (1 / 128 + w * (-17 / 2048 + w * (31 / 2048 - w * 691 / 16384))))
    )


def _density_of_t(df, t):
    h = df / 2
    ratio = np.exp(log_gamma_star(h + 0.5) - log_gamma_star(h) + h * np.log1p(0.5 / h) - 0.5) / np.sqrt(
        2 * np.pi
    )
    return ratio * np.exp(-(h + 0.5) * np.log1p(t * t / df))


def density_of_t(df, t):
    """Density of Student's t distribution, whose ratio of gamma functions has all digits for large df."""
    df, t = np.asarray(df), np.asarray(t)
    if np.result_type(df, t).char != "d":
        return of_reals(_density_of_t, df, t)
    with np.errstate(all="ignore"):
        return _density_of_t(df, t)


def _log_slope_of_t(df, s):
    """Derivative in df of the logarithm of the density of Student's t distribution."""
    q = s * s / df
    near = np.where(q < 1, q, 0)
    tail = log1p_minus(near) + near * near / (1 + near)  # log(1 + q) - q / (1 + q)
    tail = np.where(q < 1, tail, np.log1p(q) - q / (1 + q))
    return 0.5 * (_half_step_of_digamma(df / 2) - tail + q / ((1 + q) * df))


_GAUSS = np.polynomial.legendre.leggauss(40)


def _slope_of_stdtr(df, t):
    s, column = np.abs(t), (slice(None), None)
    inside = s * s < 2.4
    nodes = np.where(inside, s, 1)[column] * (_GAUSS[0] + 1) / 2
    wide = np.broadcast_to(df[column], nodes.shape)
    inner = np.sum(_density_of_t(wide, nodes) * _log_slope_of_t(wide, nodes) * _GAUSS[1], axis=1) * s / 2
    far = np.where(inside, 2.0, s)
    rate = (df + 1) * far**2 / (df + far**2) - 1
    d = df[column]

    # Squares are beyond the largest number for large w, which count for small df; there the logarithms do.
    def factor(w):
        wide = np.broadcast_to(d, w.shape)
        log_square = 2 * (np.log(far[column]) + w) - np.log(d)
        beyond = 0.5 * (_half_step_of_digamma(d / 2) - log_square + 1 + 1 / d)
        return np.where(w < 150, _log_slope_of_t(wide, far[column] * np.exp(np.minimum(w, 150))), beyond)

    def log_weight(w):
        u = far[column] * np.exp(np.minimum(w, 150))
        near = np.log1p((u * u - far[column] ** 2) / (d + far[column] ** 2))
        beyond = 2 * w + np.log(far[column] ** 2 / (d + far[column] ** 2))
        return w - (d + 1) / 2 * np.where(w < 150, near, beyond)

    outer = -_density_of_t(df, far) * far * half_line(log_weight, factor, 1 / np.maximum(rate, 0.05))
    return np.sign(t) * np.where(inside, inner, outer)


def slope_of_stdtr(df, t):
    """Derivative in df of the distribution function of Student's t distribution.

    It is the integral of the derivative of the density from 0 to t, by Gauss's formula, for t**2 < 2.4, and
    minus that from t on for larger t, by the double exponential quadrature.
    """
    return of_reals(_slope_of_stdtr, df, t)


def _digamma_step(a, b):
    """digamma(a + b) - digamma(a)."""
    near = (np.abs(b) < 0.2 * a) & (a > 0)
    return corrected(sp.digamma(a + b) - sp.digamma(a), near, _small_digamma_step, a, b)


def _small_digamma_step(x, h):
    """digamma(x + h) - digamma(x), by its asymptotic expansion, for h that is small beside x."""
    total = np.zeros(x.shape)
    while np.any(small := x < 20):
        total = total + np.where(small, h / (x * (x + h)), 0)
        x = np.where(small, x + 1, x)
    y = x + h
    # log(x) - 1 / (2 * x) - 1 / (12 * x**2) + ... (DLMF 5.11.2), each term as a difference
    total = total + np.log1p(h / x) + h / (2 * x * y)
    for k, c in enumerate(_BERNOULLI[2::2], 1):
        total = total + c / (2 * k) * -np.expm1(-2 * k * np.log1p(h / x)) * x ** (-2.0 * k)
    return total


def digamma_step(a, b):
    """digamma(a + b) - digamma(a), with all digits where b is small beside a."""
    return of_reals(_digamma_step, a, b)


def _slope_of_kolmogorov(y):
    k = np.arange(1.0, 12)[:, None]
    large = np.where(y > 0.8, y, 1)
    above = 8 * large * np.sum((-1) ** k * k * k * np.exp(-2 * k * k * large * large), axis=0)
    small = np.where(y > 0.8, 0.5, np.maximum(y, 1e-3))
    t = ((2 * k - 1) * np.pi / (2 * small)) ** 2
    below = np.sqrt(2 * np.pi) / small**2 * np.sum((1 - t) * np.exp(-t / 2), axis=0)
    return np.where(y > 0, np.where(y > 0.8, above, below), np.where(y <= 0, 0, np.nan))


def slope_of_kolmogorov(y):
    """Derivative of kolmogorov: its alternating series for y > 0.8, and by Jacobi's identity that of positive
    terms below.
    """
    return of_reals(_slope_of_kolmogorov, y)
