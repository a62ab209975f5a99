"""Distances between vectors, and between all pairs of vectors: `scipy.spatial.distance`, of Variables.

Each metric is stated once, as a function of vectors in the last axis of two arrays that broadcast; the
functions of two vectors, `cdist` and `pdist` call it. Where two points coincide a distance has a kink, and
the gradient is 0, as that of a norm is. SciPy's own functions raise TypeError when they are given Variables,
and name these.
"""

import numpy as np
import scipy.spatial as ss
import scipy.spatial.distance as sd

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, operand, plain, reshape
from leopard.functions.linalg.norms import vector_norm
from leopard.functions.linalg.solving import inv
from leopard.functions.manipulation.axes import at_least
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.exponentials import log
from leopard.functions.math.powers import sqrt
from leopard.functions.math.sums import sum
from leopard.functions.statistics.averages import mean
from leopard.functions.statistics.covariance import cov
from leopard.functions.statistics.variances import var
from leopard.scipy._parts import axis_of, refuse_array
from leopard.scipy.special.information import rel_entr

__all__ = [
    "braycurtis", "canberra", "cdist", "chebyshev", "cityblock", "correlation", "cosine", "euclidean",
    "jensenshannon", "mahalanobis", "minkowski", "pdist", "seuclidean", "sqeuclidean", "squareform",
]  # fmt: skip


def _root(x):
    """The square root of what is 0 at a kink only: the gradient is 0 there."""
    positive = plain(x) > 0
    if np.all(positive):
        return sqrt(x)
    return where(positive, sqrt(where(positive, x, 1.0)), 0.0 * plain(x))


# -- The metrics, of vectors in the last axis -----------------------------------------------------


def _minkowski(u, v, p=2.0, w=None):
    d = u - v
    if w is not None:
        if isinstance(p, Variable):
            w = w ** (1 / p)
        elif p == 2:
            w = _root(w)
        elif p == np.inf:
            w = (plain(w) != 0).astype(d.dtype)
        elif p != 1:
            w = w ** (1 / p)
        d = w * d
    return _of_order(d, p)


def _of_order(d, p):
    if isinstance(p, Variable):
        a = abs(d)
        largest = plain(a).max(-1, keepdims=True)
        scale = np.where(largest > 0, largest, 1.0)
        # 0**p has the gradient 0 for p: an element of 0 contributes nothing
        nonzero = plain(a) > 0
        total = sum(where(nonzero, where(nonzero, a / scale, 1.0) ** p, 0.0), -1)
        some = plain(total) > 0
        return where(some, where(some, total, 1.0) ** (1 / p), 0.0) * scale[..., 0]
    return vector_norm(d, axis=-1, ord=p)


def _euclidean(u, v, w=None):
    return _minkowski(u, v, 2.0, w)


def _sqeuclidean(u, v, w=None):
    d = u - v
    return sum(d * d if w is None else d * (w * d), -1)


def _cityblock(u, v, w=None):
    d = abs(u - v)
    return sum(d if w is None else w * d, -1)


def _chebyshev(u, v, w=None):
    return _minkowski(u, v, np.inf, None if w is None else np.where(plain(w) > 0, 1.0, 0.0))


def _correlation(u, v, w=None, centered=True):
    if w is not None:
        w = w / sum(w)
    if centered:
        u, v = [
            x - (mean(x, -1, keepdims=True) if w is None else sum(x * w, -1, keepdims=True)) for x in (u, v)
        ]
    uw, vw = (u, v) if w is None else (u * w, v * w)
    cosine = sum(u * vw, -1) / sqrt(sum(u * uw, -1) * sum(v * vw, -1))
    return 1.0 - cosine


def _cosine(u, v, w=None):
    return _correlation(u, v, w, centered=False)


def _canberra(u, v, w=None):
    d, total = abs(u - v), abs(u) + abs(v)
    some = plain(total) != 0
    y = where(some, d / where(some, total, 1.0), 0.0)
    return sum(y if w is None else w * y, -1)


def _braycurtis(u, v, w=None):
    d, total = abs(u - v), abs(u + v)
    return sum(d if w is None else w * d, -1) / sum(total if w is None else w * total, -1)


def _seuclidean(u, v, V):
    return _euclidean(u, v, 1 / V)


def _mahalanobis(u, v, VI):
    d = u - v
    return _root(sum((d @ VI) * d, -1))


def _jensenshannon(p, q, base=None):
    p, q = p / sum(p, -1, keepdims=True), q / sum(q, -1, keepdims=True)
    m = (p + q) / 2.0
    js = sum(rel_entr(p, m), -1) + sum(rel_entr(q, m), -1)
    if base is not None:
        js = js / log(base).astype(js.dtype)
    return _root(js / 2.0)


_METRICS = {
    "braycurtis": _braycurtis, "canberra": _canberra, "chebyshev": _chebyshev, "cityblock": _cityblock,
    "correlation": _correlation, "cosine": _cosine, "euclidean": _euclidean, "jensenshannon": _jensenshannon,
    "mahalanobis": _mahalanobis, "minkowski": _minkowski, "seuclidean": _seuclidean,
    "sqeuclidean": _sqeuclidean,
}  # fmt: skip
_NAMES = tuple(_METRICS)
_METRICS |= {
    alias: _METRICS[name]
    for name, aliases in {
        "chebyshev": "chebychev cheby cheb ch",
        "cityblock": "cblock cb c",
        "correlation": "co",
        "cosine": "cos",
        "euclidean": "euclid eu e",
        "jensenshannon": "js",
        "mahalanobis": "mahal mah",
        "minkowski": "mi m pnorm",
        "seuclidean": "se s",
        "sqeuclidean": "sqe sqeuclid",
    }.items()
    for alias in aliases.split()
}


# -- Of two vectors -------------------------------------------------------------------------------


def _vector(x, name="vectors"):
    x = floating(x)
    if x.ndim != 1:
        raise ValueError(f"Input vector should be 1-D: {name} of shape {x.shape}")
    return x


def _of_two(metric, u, v, w=None, **options):
    u, v = _vector(u), _vector(v)
    if metric in (_canberra, _braycurtis):
        v = v.astype(np.float64)
    if u.dtype.kind == "c" or v.dtype.kind == "c":
        raise TypeError("distances of complex vectors have no derivative in leopard: give their parts")
    return as_variable(metric(u, v, w=_weights(w), **options))


def _weights(w):
    if w is None:
        return None
    w = floating(w).astype(np.float64)
    if np.any(plain(w) < 0):
        raise ValueError("Input weights should be all non-negative")
    return w


_weight = drawn(3, low=0.2)
_pair = [call(drawn(3), drawn(3)), call(drawn(3), drawn(3), _weight), call(drawn(3), np.ones(3))]


@implements(
    plain=sd.minkowski,
    exact=False,
    cases=[
        *[call(drawn(3), drawn(3), p) for p in (1, 2, 3, 1.5, np.inf)],
        *[call(drawn(3), drawn(3), p, _weight) for p in (1, 2, 3.5, np.inf)],
        call(drawn(3), drawn(3), drawn(low=1.5)),
        call(drawn(3), drawn(3), drawn(low=1.5), w=_weight),
    ],
)
def minkowski(u, v, p=2, w=None):
    """Minkowski distance of two vectors, (sum of w * abs(u - v)**p)**(1 / p).

    The gradient of u is gy * w * sign(u - v) * (abs(u - v) / y)**(p - 1), that of v its negative, and 0 where
    the vectors are equal; those of w and p follow from the formula.

    Parameters
    ----------
    u, v : Variable or ndarray
        Vectors of the same length.
    p : Variable or float
        Above 0; infinity for the largest difference.
    w : Variable or ndarray, optional
        Weights, not negative.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When p is not positive, a weight is negative, or there is more than one vector.
    """
    if plain(p) <= 0:
        raise ValueError("p must be greater than 0")
    return _of_two(_minkowski, u, v, w, p=p)


@implements(plain=sd.euclidean, exact=False, cases=_pair)
def euclidean(u, v, w=None):
    """Euclidean distance of two vectors, sqrt(sum(w * (u - v)**2)).

    The gradient of u is gy * w * (u - v) / y, that of v its negative, and 0 where the vectors are equal.
    """
    return _of_two(_euclidean, u, v, w)


@implements(plain=sd.sqeuclidean, exact=False, cases=_pair)
def sqeuclidean(u, v, w=None):
    """Squared Euclidean distance of two vectors, sum(w * (u - v)**2).

    The gradient of u is 2 * gy * w * (u - v), that of v its negative.
    """
    return _of_two(_sqeuclidean, u, v, w)


@implements(plain=sd.cityblock, exact=False, cases=_pair)
def cityblock(u, v, w=None):
    """Sum of the absolute differences of two vectors, times weights.

    The gradient of u is gy * w * sign(u - v), that of v its negative.
    """
    return _of_two(_cityblock, u, v, w)


@implements(
    plain=sd.chebyshev,
    exact=False,
    cases=[call(drawn(3), drawn(3)), call(drawn(3), drawn(3), np.array([1.0, 0.0, 2.0]))],
)
def chebyshev(u, v, w=None):
    """Largest absolute difference of two vectors, among the elements of positive weight.

    The gradient of u is gy * sign(u - v) at that element, in equal shares where there are several, that of v
    its negative. The weights have none: they choose the elements.
    """
    return _of_two(_chebyshev, u, v, w)


@implements(
    plain=sd.correlation,
    exact=False,
    cases=[*_pair[:2], call(drawn(3), drawn(3), centered=False), call(drawn(4), np.arange(4.0) ** 2)],
)
def correlation(u, v, w=None, centered=True):
    """Correlation distance of two vectors, 1 minus their correlation.

    The gradient of u is -gy * (v / |v| - u * (u . v) / (|u|**2 |v|)) / |u|, of the vectors without their
    means; that of v has them exchanged.
    """
    return _of_two(_correlation, u, v, w, centered=centered)


@implements(plain=sd.cosine, exact=False, cases=_pair)
def cosine(u, v, w=None):
    """Cosine distance of two vectors, 1 - (u . v) / (|u| |v|).

    The gradient of u is -gy * (v / |v| - u * (u . v) / (|u|**2 |v|)) / |u|, that of v has them exchanged.
    """
    return _of_two(_cosine, u, v, w)


@implements(plain=sd.canberra, exact=False, cases=_pair)
def canberra(u, v, w=None):
    """Canberra distance of two vectors, the sum of w * abs(u - v) / (abs(u) + abs(v)); 0 / 0 counts as 0.

    The gradient of u is gy * w * (sign(u - v) - sign(u) * q) / (abs(u) + abs(v)), where q is the quotient.
    """
    return _of_two(_canberra, u, v, w)


@implements(plain=sd.braycurtis, exact=False, cases=_pair)
def braycurtis(u, v, w=None):
    """Bray-Curtis distance of two vectors, sum(w * abs(u - v)) / sum(w * abs(u + v)).

    The gradient of u is gy * w * (sign(u - v) - sign(u + v) * y) / sum(w * abs(u + v)).
    """
    return _of_two(_braycurtis, u, v, w)


@implements(plain=sd.seuclidean, exact=False, cases=[call(drawn(3), drawn(3), drawn(3, low=0.5))])
def seuclidean(u, v, V):
    """Euclidean distance of two vectors whose components are divided by their standard deviations.

    The gradient of u is gy * (u - v) / (V * y), that of v its negative, and that of the variances V is
    -gy * ((u - v) / V)**2 / (2 * y).
    """
    V = _vector(V).astype(np.float64)
    if not V.shape == np.shape(u) == np.shape(v):
        raise TypeError("V must be a 1-D array of the same dimension as u and v.")
    return as_variable(_seuclidean(_vector(u), _vector(v), V))


def _definite(a):
    return a @ np.swapaxes(a, -1, -2) + 3 * np.eye(a.shape[-1])


@implements(plain=sd.mahalanobis, exact=False, cases=[call(drawn(3), drawn(3), drawn(3, 3, made=_definite))])
def mahalanobis(u, v, VI):
    """Mahalanobis distance of two vectors, sqrt((u - v) @ VI @ (u - v)).

    The gradient of u is gy * (VI + VI.T) @ (u - v) / (2 * y), that of v its negative, and that of VI is
    gy * outer(u - v, u - v) / (2 * y).
    """
    return as_variable(_mahalanobis(_vector(u), _vector(v), at_least(2, floating(VI))))


@implements(
    plain=sd.jensenshannon,
    exact=False,
    cases=[
        call(drawn(3, low=0.2), drawn(3, low=0.2)),
        call(drawn(3, 2, low=0.2), drawn(3, 2, low=0.2), 2.0),
        call(drawn(2, 3, low=0.2), drawn(2, 3, low=0.2), drawn(low=1.5), axis=-1, keepdims=True),
    ],
)
def jensenshannon(p, q, base=None, *, axis=0, keepdims=False):
    """Jensen-Shannon distance of two distributions, the square root of their divergence.

    The gradient of p is that of the formula, and 0 where the distributions are equal.

    Parameters
    ----------
    p, q : Variable or ndarray
        Probabilities, which are divided by their sums.
    base : Variable or float, optional
        The base of the logarithm, by default e.
    axis : int
    keepdims : bool

    Returns
    -------
    Variable
    """
    p, q = floating(p), floating(q)
    if p.ndim == 0 or q.ndim == 0:
        raise ValueError("the distributions are arrays of at least one axis")
    p, q = np.broadcast_arrays(p, q)
    axis = axis_of(axis, p.ndim)
    y = _jensenshannon(np.moveaxis(p, axis, -1), np.moveaxis(q, axis, -1), base)
    return as_variable(np.expand_dims(y, axis) if keepdims else y)


# -- Of all pairs of vectors ----------------------------------------------------------------------


def _points(x, name):
    x = operand(x)
    if x.ndim != 2:
        raise ValueError(f"{name} must be a 2-dimensional array.")
    if x.dtype.kind == "c":
        raise ValueError(f"{name} must be real")
    return x if x.dtype in (np.float64, np.longdouble) else x.astype(np.float64)


def _metric(metric, n, points, options):
    """The function of a metric, and its options; what they are computed from, if they are not given."""
    if callable(metric):
        name = getattr(metric, "__name__", "")
        if metric not in (getattr(sd, name, None), globals().get(name)):
            return metric, options
        metric = name
    if not isinstance(metric, str):
        raise TypeError("2nd argument metric must be a string identifier or a function.")
    function = _METRICS.get(metric.lower())
    if function is None:
        raise ValueError(
            f"Unknown Distance Metric: {metric}; leopard has those with a derivative: " + ", ".join(_NAMES)
        )
    options = dict(options)
    if "w" in options:
        w = options["w"] = _weights(options["w"])
        if w is not None and w.shape != (n,):
            raise ValueError(f"Weights must have same size as input vector. {w.shape[0]} vs. {n}")
    if function is _minkowski and plain(options.get("p", 2)) <= 0:
        raise ValueError("p must be greater than 0")
    if function is _seuclidean:
        V = options.get("V")
        options["V"] = var(points(), axis=0, ddof=1) if V is None else floating(V)
        if options["V"].ndim != 1 or options["V"].shape[0] != n:
            raise ValueError("Variance vector V must be one-dimensional, with a number for each column.")
    if function is _mahalanobis:
        VI = options.get("VI")
        if VI is None:
            every = points()
            if every.shape[0] <= n:
                raise ValueError(
                    f"The number of observations ({every.shape[0]}) is too small; the covariance matrix is "
                    f"singular. For observations with {n} dimensions, at least {n + 1} observations are "
                    "required."
                )
            VI = inv(at_least(2, cov(every.T))).T
        options["VI"] = floating(VI)
    return function, options


_metrics = [
    "braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "euclidean", "seuclidean",
    "sqeuclidean", "mahalanobis",
]  # fmt: skip
_OPTIONS = [
    {"metric": "minkowski", "p": 3},
    {"metric": "minkowski", "p": drawn(low=1.5), "w": drawn(3, low=0.2)},
    {"metric": "euclidean", "w": drawn(3, low=0.2)},
    {"metric": "seuclidean", "V": drawn(3, low=0.5)},
    {"metric": "mahalanobis", "VI": drawn(3, 3, made=_definite)},
]


def _plain_of(function):
    """SciPy's, which takes a number for p, not an array of one."""

    def plain(*args, **options):
        if "p" in options:
            options["p"] = float(options["p"])
        return function(*args, **options)

    return plain


@implements(
    plain=_plain_of(sd.cdist),
    exact=False,
    cases=[
        *[call(drawn(4, 3), drawn(2, 3), metric) for metric in _metrics],
        *[call(drawn(2, 3), drawn(3, 3), **options) for options in _OPTIONS],
        call(drawn(2, 3, low=0.2), drawn(2, 3, low=0.2), "jensenshannon"),
        call(drawn(2, 3), np.ones((1, 3)), lambda u, v: np.sum((u - v) ** 4)),
    ],
)
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    """Distances of all vectors of one matrix from all of another: element i, j is that of XA[i] and XB[j].

    The gradient of XA[i] is the sum over j of gy[i, j] times the gradient of the metric, that of XB[j] the
    sum over i.

    Parameters
    ----------
    XA, XB : Variable or ndarray
        Matrices whose rows are the vectors.
    metric : str or callable
        The name of a metric that has a derivative, or a function of two vectors.
    out : None
        An array for the result would lose the gradient.
    **kwargs
        Of the metric: w, p, V, VI, base. Where they are not given V and VI are the variances, and the inverse
        of the covariances, of all vectors, through which the gradient goes, too.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or the metric is unknown, or one of truth values, without a derivative.
    TypeError
        When `out` is an array.
    """
    refuse_array(out, "cdist", "out")
    XA, XB = _points(XA, "XA"), _points(XB, "XB")
    n = XA.shape[1]
    if XB.shape[1] != n:
        raise ValueError("XA and XB must have the same number of columns (i.e. feature dimension.)")
    function, options = _metric(metric, n, lambda: concatenate([XA, XB]), kwargs)
    if function is metric:
        rows = [stack([operand(metric(u, v, **options)) for v in XB]) for u in XA]
        return as_variable(stack(rows))
    return as_variable(function(reshape(XA, (-1, 1, n)), reshape(XB, (1, -1, n)), **options))


@implements(
    plain=_plain_of(sd.pdist),
    exact=False,
    cases=[
        *[call(drawn(7, 3), metric) for metric in _metrics],
        call(drawn(3, 3), sd.cosine),
        *[call(drawn(3, 3), **options) for options in _OPTIONS],
        call(drawn(3, 3, low=0.2), "jensenshannon"),
        call(drawn(3, 2), lambda u, v: np.sum((u - v) ** 4)),
    ],
)
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    """Distances of all pairs of rows of a matrix: a vector, the pairs i < j in order.

    The gradient of X[i] is the sum over all other rows of gy times the gradient of the metric. The parameters
    are those of `cdist`.
    """
    refuse_array(out, "pdist", "out")
    X = _points(X, "X")
    function, options = _metric(metric, X.shape[1], lambda: X, kwargs)
    first, second = np.triu_indices(X.shape[0], 1)
    if function is metric:
        rows = list(X)
        pairs = zip(first, second, strict=True)
        return as_variable(stack([operand(metric(rows[i], rows[j], **options)) for i, j in pairs]))
    return as_variable(function(X[first], X[second], **options))


def _symmetric(a):
    return (a + np.swapaxes(a, -1, -2)) * (1 - np.eye(a.shape[-1]))


@implements(
    plain=sd.squareform,
    cases=[
        call(drawn(3)),
        call(drawn(6), "tomatrix"),
        call(drawn(3, 3, made=_symmetric)),
        call(drawn(3, 3), "tovector", checks=False),
    ],
)
def squareform(X, force="no", checks=True):
    """The symmetric matrix of a vector of distances, or the vector of such a matrix.

    The gradient of a vector is the sum of gy at both places of each distance; that of a matrix is gy above
    the diagonal, from where the vector is read.

    Parameters
    ----------
    X : Variable or ndarray
    force : {"no", "tomatrix", "tovector"}
        What is returned; by default what X is not.
    checks : bool
        Whether a matrix must be symmetric with zeros on the diagonal.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When X has another shape, or is no matrix of distances.
    """
    X = operand(X)
    if force.lower() == "tomatrix" and X.ndim != 1:
        raise ValueError("Forcing 'tomatrix' but input X is not a distance vector.")
    if force.lower() == "tovector" and X.ndim != 2:
        raise ValueError("Forcing 'tovector' but input X is not a distance matrix.")
    if X.ndim == 1:
        places = sd.squareform(np.arange(1, X.shape[0] + 1))  # raises SciPy's error
        return as_variable(concatenate([np.zeros(1, X.dtype), X])[places])
    if X.ndim != 2 or X.shape[0] != X.shape[1]:
        raise ValueError(f"a vector or a square matrix is wanted, not an array of shape {X.shape}")
    if checks:
        sd.is_valid_dm(plain(X), throw=True, name="X")
    return as_variable(X[np.triu_indices(X.shape[0], 1)])


# -- Of `scipy.spatial` ---------------------------------------------------------------------------

_orders = [
    call(drawn(2, 3), drawn(3)),
    call(drawn(3), drawn(3), 1),
    call(drawn(2, 3), drawn(2, 3), np.inf),
    call(drawn(3), drawn(3), drawn(low=1.5)),
]


@implements(
    plain=ss.minkowski_distance_p,
    exact=False,
    cases=_orders,
)
def minkowski_distance_p(x, y, p=2.0):
    """The p-th power of the Minkowski distance, sum of abs(y - x)**p over the last axis; the largest for inf.

    The gradient of y is gy * p * abs(y - x)**(p - 1) * sign(y - x), that of x its negative.
    """
    d = abs(floating(y).astype(np.float64) - floating(x).astype(np.float64))
    if np.ndim(p) == 0 and plain(p) == np.inf:
        return as_variable(np.max(d, -1))
    if np.ndim(p) == 0 and plain(p) == 1 and not isinstance(p, Variable):
        return as_variable(sum(d, -1))
    return as_variable(sum(d**p, -1))


@implements(
    plain=ss.minkowski_distance,
    exact=False,
    cases=_orders,
)
def minkowski_distance(x, y, p=2.0):
    """Minkowski distance of vectors in the last axis, (sum of abs(y - x)**p)**(1 / p).

    The gradient of y is gy * sign(y - x) * (abs(y - x) / d)**(p - 1), that of x its negative, and 0 where
    they are equal.
    """
    return as_variable(_of_order(floating(y).astype(np.float64) - floating(x).astype(np.float64), p))


@implements(
    plain=ss.distance_matrix,
    exact=False,
    cases=[
        call(drawn(2, 3), drawn(4, 3)),
        call(drawn(2, 3), drawn(2, 3), 3),
        call(drawn(2, 2), np.ones((1, 2)), 1),
    ],
)
def distance_matrix(x, y, p=2.0, threshold=1000000):
    """Minkowski distances of all rows of x from all rows of y.

    The gradient of x[i] is the sum over j of gy[i, j] times that of `minkowski_distance`.

    Parameters
    ----------
    x, y : Variable or ndarray
        Matrices of rows of the same length.
    p : float
    threshold : int
        Accepted and not used: the differences are computed at once.

    Returns
    -------
    Variable
    """
    x, y = operand(x), operand(y)
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"x contains {x.shape[-1]}-dimensional vectors but y contains {y.shape[-1]}-dimensional vectors"
        )
    return minkowski_distance(x[:, None, :], y[None], p)
