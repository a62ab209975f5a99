"""Derivatives of Mathieu functions in q, and those of characteristic values of Mathieu's and of the
spheroidal wave equation, as values of plain arrays.

The functions are expanded in eigenvectors of tridiagonal matrices (DLMF 28.4.5 to 28.4.8 and 28.24), whose
derivatives follow from those of the matrix by the perturbation theory of eigenvectors.
"""

import numpy as np
import scipy.special as sp

from leopard.scipy.special._values import of_reals


def _matrix(even, m, q):
    """Mathieu's matrix of one symmetry, its derivative in q, the frequencies, and the place of order m."""
    odd = m % 2
    n = 30 + m + int(2 * np.sqrt(abs(q)))
    k = 2 * np.arange(n) + (odd if odd or even else 2)
    slope = np.eye(n, k=1) + np.eye(n, k=-1)
    if odd:
        slope[0, 0] = 1 if even else -1
    elif even:
        slope[0, 1] = slope[1, 0] = np.sqrt(2)
    return np.diag(k**2.0) + q * slope, slope, k, (m - int(k[0])) // 2


def _expansion(even, m, q):
    """The frequencies, the coefficients and their derivative in q, that of the characteristic value."""
    matrix, slope, k, place = _matrix(even, m, q)
    values, vectors = np.linalg.eigh(matrix)
    v = vectors[:, place]
    moved = vectors.T @ (slope @ v)
    gaps = values[place] - values
    gaps[place] = np.inf
    dv = vectors @ (moved / gaps)
    if even and m % 2 == 0:
        v, dv = v.copy(), dv.copy()
        v[0], dv[0] = v[0] / np.sqrt(2), dv[0] / np.sqrt(2)
    return k, v, dv, moved[place]


def _by_pairs(function, *xs):
    """A function of the order m and q, whole numbers apart, called once for each pair of them."""
    xs = np.broadcast_arrays(*xs)
    y = np.full((2, *xs[0].shape), np.nan)
    m, q = xs[0], xs[1]
    for pair in {*zip(m.tolist(), q.tolist(), strict=True)}:
        where = (m == pair[0]) & (q == pair[1])
        if pair[0] >= 0 and pair[0] == int(pair[0]) and np.isfinite(pair[1]):
            y[:, where] = function(int(pair[0]), pair[1], *[x[where] for x in xs[2:]])
    return y


def _slope_of_characteristic(even, m, q):
    if not even and m == 0:
        return np.nan
    return _expansion(even, m, q)[3]


def slope_of_mathieu_characteristic(m, q, even):
    """Derivative of mathieu_a(m, q) (even) or mathieu_b(m, q) in q: that of an eigenvalue."""
    return of_reals(lambda m, q: _by_pairs(lambda m, q: _slope_of_characteristic(even, m, q), m, q)[0], m, q)


def _angular(even, m, q, x):
    """The derivatives in q of the function and of its derivative, at x degrees; with SciPy's sign."""
    if not even and m == 0:
        return np.zeros((2, *x.shape))
    k, v, dv, _ = _expansion(even, m, q)
    t = np.deg2rad(x) * k[:, None]
    c, s = np.cos(t), np.sin(t)
    first, second = (c, -k[:, None] * s) if even else (s, k[:, None] * c)
    known = (sp.mathieu_cem if even else sp.mathieu_sem)(m, q, x)
    side = np.sign((v @ first) * known[0] + (v @ second) * known[1])
    return np.stack([side * (dv @ first), side * (dv @ second)])


def _bessel(kind, order, u):
    """A Bessel function and u times its derivative."""
    f = sp.jv if kind == 1 else sp.yv
    return f(order, u), order * f(order, u) - u * f(order + 1, u)


def _modified(even, kind, m, q, x):
    """The derivatives in q of a modified function and of its derivative: sums of products (DLMF 28.24.2 to
    28.24.5).
    """
    if (not even and m == 0) or q <= 0:
        return np.full((2, *x.shape), np.nan)
    k, a, da, _ = _expansion(even, m, q)
    s = int(np.argmax(np.abs(a)))
    ratio, slope = a / a[s], (da * a[s] - a * da[s]) / a[s] ** 2
    h = np.sqrt(q)
    u1, u2 = h * np.exp(-x), h * np.exp(x)
    shift = int(k[0])
    sign = 1 if even else -1
    total = np.zeros((2, *x.shape))
    for i in range(k.size):
        if abs(ratio[i]) + abs(slope[i]) < 1e-22:
            continue
        for p, r, way in ((i - s, i + s + shift, 1), (i + s + shift, i - s, sign)):
            j, dj = _bessel(1, p, u1)
            c, dc = _bessel(kind, r, u2)
            value, change = j * c, dj * c + j * dc  # change: 2 * q times the derivative in q
            moved = -dj * c + j * dc  # the derivative in x
            turned = (r * r - u2 * u2 - p * p + u1 * u1) * value  # 2 * q times the derivative of that in q
            way = way * (-1.0) ** i
            total[0] += way * (slope[i] * value + ratio[i] * change / (2 * q))
            total[1] += way * (slope[i] * moved + ratio[i] * turned / (2 * q))
    half = 0.5 if shift == 0 and s == 0 else 1.0
    return total * half * (-1.0) ** (m // 2 - (0 if even or m % 2 else 1))


def slope_of_mathieu(m, q, x, k, even, kind):
    """Derivative in q of the function (k = 0) or of its derivative (k = 1); kind 0 is angular, 1 and 2 are
    the modified.

    For the modified functions q > 0.
    """

    def of_pair(m, q, x):
        return _modified(even, kind, m, q, x) if kind else _angular(even, m, q, x)

    return of_reals(lambda m, q, x: _by_pairs(of_pair, m, q, x)[k], m, q, x)


def _spheroidal(m, n, c, sign):
    """The derivative in c of the characteristic value, and the expansion in orthonormal Legendre functions.

    The operator is l * (l + 1) + sign * c**2 * x**2, where x is tridiagonal.
    """
    size = 40 + n - m + int(2 * abs(c))
    size += size % 2
    degree = np.arange(m, m + size + 1.0)
    off = np.sqrt((degree[1:] ** 2 - m * m) / (4 * degree[1:] ** 2 - 1))
    x = np.diag(off, 1) + np.diag(off, -1)
    kept = np.arange((n - m) % 2, size, 2)
    square = (x @ x)[np.ix_(kept, kept)]
    values, vectors = np.linalg.eigh(np.diag(degree[kept] * (degree[kept] + 1)) + sign * c * c * square)
    place = (n - m) // 2
    v = vectors[:, place]
    moved = 2 * sign * c * (vectors.T @ (square @ v))
    gaps = values[place] - values
    gaps[place] = np.inf
    return moved[place], degree[kept], v, vectors @ (moved / gaps)


def _by_triples(function, m, n, c, *xs):
    m, n, c, *xs = np.broadcast_arrays(m, n, c, *xs)
    y = np.full((2, *m.shape), np.nan)
    for triple in {*zip(m.tolist(), n.tolist(), c.tolist(), strict=True)}:
        where = (m == triple[0]) & (n == triple[1]) & (c == triple[2])
        if triple[1] >= triple[0] >= 0 and all(t == int(t) for t in triple[:2]) and np.isfinite(triple[2]):
            y[:, where] = function(int(triple[0]), int(triple[1]), triple[2], *[x[where] for x in xs])
    return y


def slope_of_spheroidal_characteristic(m, n, c, sign):
    """Derivative of pro_cv(m, n, c) (sign 1) or obl_cv (sign -1) in c: 2 * sign * c times the mean
    of x**2.
    """
    return of_reals(lambda *xs: _by_triples(lambda m, n, c: _spheroidal(m, n, c, sign)[0], *xs)[0], m, n, c)


def _legendre(m, degrees, x):
    """Orthonormal Legendre functions of order m and these degrees, and their derivatives."""
    top = int(degrees[-1]) + 1
    p = {m - 1: np.zeros(x.shape), m: np.ones(x.shape)}
    scale = 0.5
    for i in range(1, m + 1):
        scale = scale * (2 * i + 1) / (2 * i)
    p[m] = np.sqrt(scale) * (1 - x * x) ** (m / 2)

    def off(i):
        return np.sqrt((i * i - m * m) / (4.0 * i * i - 1))

    for i in range(m, top):
        p[i + 1] = (x * p[i] - (off(i) * p[i - 1] if i > m else 0)) / off(i + 1)
    found = np.stack([p[int(i)] for i in degrees])
    slopes = []
    for i in map(int, degrees):  # (1 - x**2) * P' = (i + 1) * off(i) * P(i - 1) - i * off(i + 1) * P(i + 1)
        below = (i + 1) * off(i) * p[i - 1] if i > m else 0
        slopes.append((below - i * off(i + 1) * p[i + 1]) / (1 - x * x))
    return found, np.stack(slopes)


def _angle(m, n, c, sign, x):
    """Derivatives in c, with the normalization by the value or the slope at 0, which does not depend on c."""
    _, degree, v, dv = _spheroidal(m, n, c, sign)
    p, dp = _legendre(m, degree, x)
    at_0 = _legendre(m, degree, np.zeros(1))[(n - m) % 2][:, 0]
    norm, change = v @ at_0, dv @ at_0
    known = (sp.pro_ang1 if sign > 0 else sp.obl_ang1)(m, n, c, x)
    y, slope = (v @ p) / norm, (v @ dp) / norm
    k = (known[0] * y + known[1] * slope) / (y * y + slope * slope)
    return np.stack([k * (dv @ p - change * y) / norm, k * (dv @ dp - change * slope) / norm])


def slope_of_spheroidal_angular(m, n, c, x, k, sign):
    """Derivative in c of pro_ang1 or obl_ang1 (k = 0), or of its derivative (k = 1)."""
    return of_reals(lambda *xs: _by_triples(lambda m, n, c, x: _angle(m, n, c, sign, x), *xs)[k], m, n, c, x)


def _radial(m, n, c, sign, x):
    """The derivatives in c of the radial function of kind 1 and of its derivative.

    The function is ((x**2 - sign) / x**2)**(m / 2) times sum(e * j(c * x)) / sum(e) over the degrees of the
    expansion, of spherical Bessel functions and e = d * (l + m)! / (l - m)! (DLMF 30.11.3), where every
    second term is negative.
    """
    _, degree, v, dv = _spheroidal(m, n, c, sign)
    scale = np.exp(0.5 * (np.log(degree + 0.5) + sp.gammaln(degree + m + 1) - sp.gammaln(degree - m + 1)))
    scale = scale / scale[(n - m) // 2]
    e, de = (scale * v)[:, None], (scale * dv)[:, None]
    turn = (-1.0) ** ((degree - n) // 2)[:, None]
    u, l = c * x, degree[:, None].astype(int)
    f, df = sp.spherical_jn(l, u), sp.spherical_jn(l, u, derivative=True)
    ddf = -2 / u * df + (l * (l + 1) / (u * u) - 1) * f
    norm, dnorm = np.sum(e), np.sum(de)
    t, t_x = np.sum(turn * e * f, axis=0), np.sum(turn * e * c * df, axis=0)
    t_c = np.sum(turn * (de * f + e * x * df), axis=0)
    t_xc = np.sum(turn * (de * c * df + e * (df + c * x * ddf)), axis=0)
    y_c, slope_c = (t_c - t * dnorm / norm) / norm, (t_xc - t_x * dnorm / norm) / norm
    outer = ((x * x - sign) / (x * x)) ** (m / 2)
    log_slope = m * sign / (x * (x * x - sign))
    return np.stack([outer * y_c, outer * (slope_c + log_slope * y_c)])


def slope_of_spheroidal_radial(m, n, c, x, k, sign):
    """Derivative in c of pro_rad1 or obl_rad1 (k = 0), or of its derivative (k = 1), for c > 0."""
    return of_reals(lambda *xs: _by_triples(lambda m, n, c, x: _radial(m, n, c, sign, x), *xs)[k], m, n, c, x)
