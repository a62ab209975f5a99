"""Polynomials as vectors of coefficients, the highest power first: values, arithmetic, calculus."""

import numpy as np

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import composed, operand, sum_to
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.convolution import Convolve

__all__ = ["polyadd", "polyder", "polydiv", "polyint", "polymul", "polysub", "polyval"]


# -- Values --------------------------------------------------------------------------------------


def by_power(g, x, shape):
    """The gradient of the coefficients, of this shape, from g at the points x: sums of g * conj(x)**k."""
    sums = []
    for k in range(shape[0]):
        g = g * conj(x) if k else g
        sums.append(sum_to(g, shape[1:]))
    return stack(sums[::-1]) if sums else None


class Polyval(Primitive):
    n_inputs = 2
    broadcasts = True

    def forward(self, p, x):
        return np.asarray(np.polyval(p, x))

    def backward(self, gy):
        p, x = self.inputs
        gp = by_power(gy, x, p.shape) if self.wanted[0] else None
        if not self.wanted[1] or p.shape[0] < 2:
            return gp, None
        powers = np.arange(p.shape[0] - 1, 0, -1).reshape((-1,) + (1,) * (p.ndim - 1))
        return gp, gy * conj(polyval(p[:-1] * powers, x))


@implements(
    np.polyval,
    cases=[
        call(drawn(4), drawn(2, 3)),
        call(drawn(3, dtype=complex), drawn(2)),
        call(drawn(3), drawn(2, dtype=complex)),
        call([1, -2, 3], drawn()),
        call(drawn(3), 2),
        call(drawn(3), np.array([1, 2])),
        call(drawn(1), drawn(2)),
        call(drawn(2, 3), drawn(3)),
        call(drawn(3, 2, 1), drawn(4)),
        call(np.ones(0), drawn(2)),
        call(drawn(3), drawn(0)),
    ],
)
def polyval(p, x):
    """Value of a polynomial at x: the sum over i of p[i] * x**(n - i), by Horner's rule.

    The gradients are the sum of gy * x**(n - i) over all x for p[i], and gy * p'(x) for x.

    Parameters
    ----------
    p : Variable or ndarray
        Coefficients, the highest power first.
    x : Variable, ndarray or poly1d
        Of any shape. With a poly1d the composition of both polynomials is computed.

    Returns
    -------
    Variable, or poly1d of a Variable

    Examples
    --------
    >>> x = Variable(np.array(2.0))
    >>> y = np.polyval([3.0, 0.0, 1.0], x)
    >>> y
    variable(13.0)
    >>> y.backward()
    >>> x.grad
    variable(12.0)
    """
    if isinstance(x, np.poly1d):
        y = 0
        for c in p:
            y = y * x + c
        return y
    return Polyval.operation(operand(p), operand(x))


# -- Arithmetic ----------------------------------------------------------------------------------


def _like(y, *given):
    """The coefficients y, or a `numpy.poly1d` of them where an argument was one."""
    return np.poly1d(y) if any(isinstance(a, np.poly1d) for a in given) else y


def _aligned(a1, a2):
    """Two polynomials, the shorter padded with leading zeros, so that equal powers have equal indices."""
    a1, a2 = np.atleast_1d(a1), np.atleast_1d(a2)
    n = max(len(a1), len(a2))
    return [
        np.concatenate((np.zeros(n - len(a), a.dtype), a)) if len(a) < n else a
        for a in (a1, a2)
    ]  # fmt: skip


_pairs = [
    call(drawn(3), drawn(3)),
    call(drawn(2), drawn(4)),
    call(drawn(4), drawn(1)),
    call(drawn(2, dtype=complex), drawn(3)),
    call(drawn(2, dtype=complex), drawn(2, dtype=complex)),
    call([1, 2, 3], drawn(2)),
    call(drawn(2), np.array([1.0, 2j, 3.0])),
    call(drawn(3), 2.0),
    call(drawn(), drawn(2)),
]


@implements(np.polyadd, cases=_pairs)
@composed(np.polyadd)
def polyadd(a1, a2):
    """Sum of two polynomials.

    The gradient of each is gy, for the one of lower degree without the first elements.

    Parameters
    ----------
    a1, a2 : Variable, ndarray or poly1d
        Coefficients, the highest power first.

    Returns
    -------
    Variable, or poly1d of one where one was given

    Examples
    --------
    >>> polyadd(Variable(np.array([1.0, 2.0])), [3.0, 4.0, 5.0])
    variable([3. 5. 7.])
    """
    x0, x1 = _aligned(a1, a2)
    return _like(x0 + x1, a1, a2)


@implements(np.polysub, cases=_pairs)
@composed(np.polysub)
def polysub(a1, a2):
    """Difference of two polynomials.

    The gradients are gy and -gy, without their first elements for the one of lower degree.

    Parameters
    ----------
    a1, a2 : Variable, ndarray or poly1d
        Coefficients, the highest power first.

    Returns
    -------
    Variable, or poly1d of one where one was given

    Examples
    --------
    >>> polysub(Variable(np.array([1.0, 2.0])), [3.0, 4.0, 5.0])
    variable([-3. -3. -3.])
    """
    x0, x1 = _aligned(a1, a2)
    return _like(x0 - x1, a1, a2)


class Polymul(Convolve):
    options = ()
    multilinear = False  # it removes leading zeros

    def forward(self, a, v):
        return np.polymul(a, v)

    def start(self, n, m, length):
        return n + m - 1 - length  # leading zeros are not multiplied


@implements(np.polymul, cases=[*_pairs, call([0.0, 0.0, 1.0], drawn(2)), call([0.0, 0.0], drawn(2))])
def polymul(a1, a2):
    """Product of two polynomials.

    The gradients are those of `convolve`. Leading zeros are removed first, as NumPy does, so that the result
    has no powers that only they would reach; their gradient comes from the powers that remain.

    Parameters
    ----------
    a1, a2 : Variable, ndarray or poly1d
        Coefficients, the highest power first.

    Returns
    -------
    Variable, or poly1d of one where one was given

    Examples
    --------
    >>> polymul(Variable(np.array([1.0, 2.0])), [0.0, 1.0, -1.0])
    variable([ 1.  1. -2.])
    """
    xs = [np.atleast_1d(x) for x in (a1, a2)]
    xs = [x if x.size else np.zeros(1, x.dtype) for x in xs]
    return _like(Polymul.operation(*xs), a1, a2)


@implements(
    np.polydiv,
    cases=[
        call(drawn(5), drawn(3)),
        call(drawn(3), drawn(3)),
        call(drawn(4), drawn(1)),
        call(drawn(2), drawn(4)),
        call(drawn(4, dtype=complex), drawn(2)),
        call(drawn(3), drawn(2, dtype=complex)),
        call([1, 2, 3, 4], drawn(2)),
        call(drawn(4), [2, 1]),
        call(drawn(3), 2.0),
    ],
)
def polydiv(u, v):
    """Quotient and remainder of two polynomials, by long division.

    The gradients are those of the long division: with u = q * v + r they satisfy du = dq * v + q * dv + dr,
    where dr has a lower degree than v. Leading coefficients of the remainder that are 0 to within 1e-8 are
    removed, as NumPy does.

    Parameters
    ----------
    u, v : Variable, ndarray or poly1d
        Coefficients, the highest power first; the first of v is not 0.

    Returns
    -------
    q, r : Variable, or poly1d of one where one was given
        Quotient and remainder: ``polyadd(polymul(q, v), r)`` is u.

    Examples
    --------
    >>> polydiv(Variable(np.array([3.0, 5.0, 2.0])), [2.0, 1.0])
    (variable([1.5  1.75]), variable([0.25]))
    """
    given = u, v
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    if u.ndim > 1 or v.ndim > 1:
        raise ValueError(f"polydiv: expected one axis each, not shapes {u.shape} and {v.shape}")
    n, dtype = len(v), np.result_type(u.dtype, v.dtype)
    scale = 1.0 / v[0]
    q, r = [], u.astype(dtype)
    for k in range(len(u) - n + 1):
        q.append(scale * r[k])
        r = np.concatenate((r[:k], r[k : k + n] - q[-1] * v, r[k + n :]))
    while r.shape[0] > 1 and np.allclose(r[0], 0, rtol=1e-14):
        r = r[1:]
    q = np.stack(q) if q else np.zeros(1, dtype)
    return _like(as_variable(q), *given), _like(as_variable(r), *given)


# -- Derivatives and integrals -------------------------------------------------------------------


@implements(
    np.polyder,
    cases=[
        call(drawn(4)),
        call(drawn(4), 2),
        call(drawn(3), m=0),
        call(drawn(2), m=3),
        call(drawn(3, dtype=complex)),
    ],
)
@composed(np.polyder)
def polyder(p, m=1):
    """The m-th derivative of a polynomial.

    The gradient is gy times the factor of each coefficient, and 0 for the m coefficients that vanish.

    Parameters
    ----------
    p : Variable or ndarray
        Coefficients, the highest power first.
    m : int

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When m is negative.

    Examples
    --------
    >>> polyder(Variable(np.array([1.0, 1.0, 1.0, 1.0])))
    variable([3. 2. 1.])
    """
    m = int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@implements(
    np.polyint,
    cases=[
        call(drawn(3)),
        call(drawn(3), 2),
        call(drawn(3), m=2, k=3),
        call(drawn(2), 2, [1.0, -2.0]),
        call(drawn(2), m=0),
        call(drawn(3, dtype=complex), k=1j),
        call(drawn(1), 3, np.array([1, 2, 3, 4])),
        call(drawn(0)),
    ],
)
@composed(np.polyint)
def polyint(p, m=1, k=None):
    """The m-fold integral of a polynomial.

    The gradients are gy times the factor of each coefficient and each constant of integration.

    Parameters
    ----------
    p : Variable or ndarray
        Coefficients, the highest power first.
    m : int
    k : Variable, ndarray or number, optional
        Constants of integration, in the order of the integrals; one number stands for all. By default 0.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When m is negative, or there are too few constants.

    Examples
    --------
    >>> polyint(Variable(np.array([3.0, 2.0])), k=7.0)
    variable([1.5 2.  7. ])
    """
    m = int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    p, k = operand(p), np.zeros(m) if k is None else np.atleast_1d(k)
    if len(k) == 1 and m > 1:
        k = k[0] * np.ones(m)
    if len(k) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for i in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), k[i : i + 1]))
    return p
