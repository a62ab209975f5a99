"""Images at places between their elements, by splines of the orders 0 to 5."""

import numpy as np
import scipy.ndimage as sn
from scipy.special import cosdg, sindg

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, form_of, plain, reshape
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.sums import sum
from leopard.functions.math.trigonometry import cos, sin
from leopard.scipy._parts import axis_of, column, constant, refuse_array
from leopard.scipy.ndimage.filters import continued, each, returned

__all__ = [
    "affine_transform", "map_coordinates", "rotate", "shift", "spline_filter", "spline_filter1d", "zoom",
]  # fmt: skip

_MODES = ("reflect", "grid-mirror", "constant", "grid-constant", "nearest", "mirror", "grid-wrap", "wrap")


# -- The coefficients of splines ------------------------------------------------------------------


class SplineFilter(Primitive):
    """The coefficients of a spline through given values: the inverse of a banded matrix.

    It is symmetric, but where the image is mirrored at its first and last elements: there the columns of the
    ends count half, W @ B is symmetric for W = diag(1/2, 1, ..., 1, 1/2), and so is B @ inv(W). SciPy's
    recursion begins with an approximation where the image is reflected, which a long axis does not show:
    the matrix of a short one is computed.
    """

    options = ("order", "axis", "mode")
    linear = True

    def forward(self, x):
        return sn.spline_filter1d(x, self.order, self.axis, x.dtype, self.mode)

    def backward(self, gy):
        n = gy.shape[self.axis]
        if self.mode in ("reflect", "grid-mirror", "nearest", "grid-wrap") and 1 < n < 100:
            matrix = sn.spline_filter1d(np.eye(n), self.order, 0, float, self.mode)
            return moveaxis(moveaxis(gy, self.axis, -1) @ matrix, -1, self.axis)
        if self.mode in ("reflect", "grid-mirror", "nearest", "grid-wrap") or n == 1:
            return SplineFilter.operation(gy, *self.option)
        half = np.ones(gy.shape[self.axis], form_of(gy).real.dtype)
        half[0] = half[-1] = 0.5
        half = column(half, self.axis, gy.ndim)
        return SplineFilter.operation(gy / half, *self.option) * half


def _checked(order, mode):
    if order < 0 or order > 5:
        raise RuntimeError("spline order not supported")
    if mode not in _MODES:
        raise RuntimeError("boundary mode not supported")
    return int(order)


def _in_doubles(x):
    """An image in the type in which splines are computed."""
    dtype = np.complex128 if x.dtype.kind == "c" else np.float64
    return x if x.dtype == dtype else x.astype(dtype)


def _coefficients(x, order, mode, cval, axes):
    """The coefficients along some axes, with what the image is continued by, and the width of that."""
    x = _in_doubles(x)
    if order < 2:
        return x, 0
    n = 12 if mode in ("nearest", "grid-constant") else 0
    if n:
        widths = [(n, n) if axis in axes else (0, 0) for axis in range(x.ndim)]
        x = continued(x, widths, mode, cval)
    for axis in axes:
        x = SplineFilter.operation(x, order, axis, mode)
    return x, n


_filters = [
    call(drawn(5), order, mode=mode) for order in (2, 3, 4, 5) for mode in ("mirror", "reflect", "grid-wrap")
]


@implements(
    plain=sn.spline_filter1d,
    exact=False,
    cases=[
        *_filters,
        call(drawn(4, 2), 3, 0),
        call(drawn(3, dtype=complex), output=complex),
        call(drawn(4), 1),
    ],
)
def spline_filter1d(input, order=3, axis=-1, output=np.float64, mode="mirror"):
    """Coefficients of the spline of an order through the elements of an image along an axis.

    The gradient is the filter of gy, with weights at the ends before and after it: the map is the inverse
    of a banded matrix that is symmetric up to these weights.

    Parameters
    ----------
    input : Variable or ndarray
    order : int
        From 0 to 5.
    axis : int
    output : dtype
    mode : str
        How the image is continued: "mirror", "reflect", "grid-wrap" and the others of `correlate1d`.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When the order or the mode is unknown.
    """
    x = floating(input)
    order = _checked(order, mode)
    y = (
        _in_doubles(x)
        if order < 2
        else SplineFilter.operation(_in_doubles(x), order, axis_of(axis, x.ndim), mode)
    )
    return returned(y, output, x, "spline_filter1d")


@implements(
    plain=sn.spline_filter,
    exact=False,
    cases=[call(drawn(4, 3)), call(drawn(3, 4), 5, mode="grid-wrap"), call(drawn(3), 2, mode="reflect")],
)
def spline_filter(input, order=3, output=np.float64, mode="mirror"):
    """Coefficients of the spline of an order, 2 to 5, through the elements of an image.

    The gradient is that of `spline_filter1d` along each axis.
    """
    x = floating(input)
    if order < 2:
        raise RuntimeError("spline order not supported")
    order, y = _checked(order, mode), _in_doubles(x)
    for axis in range(x.ndim):
        y = SplineFilter.operation(y, order, axis, mode)
    return returned(y, output, x, "spline_filter")


# -- The values of splines ------------------------------------------------------------------------


def _folded_places(places, n, mode):
    """The numbers of coefficients that stand for those beyond the ends; and whether there is one."""
    inside = (places >= 0) & (places < n)
    if mode in ("reflect", "grid-mirror"):
        places = places % (2 * n)
        places = np.where(places < n, places, 2 * n - 1 - places)
    elif mode in ("mirror", "constant", "wrap"):
        places = places % max(2 * n - 2, 1)
        places = np.where(places < n, places, 2 * n - 2 - places)
    elif mode == "grid-wrap":
        places = places % n
    else:
        places = np.clip(places, 0, n - 1)
    return places, inside


def _within(t, n, mode):
    """Coordinates moved into an image of n elements; and which of them are in it."""
    values = plain(t)
    if mode == "wrap":
        period = n - 1
        if period < 1:
            return 0.0 * t, None
        turns = np.where(values > n - 1, -np.floor(values / period), 0.0)
        turns = np.where(values < 0, np.floor(-values / period) + 1, turns)
        return (t + period * turns if turns.any() else t), None
    if mode == "constant":
        inside = (values >= 0) & (values <= n - 1)
        return (t if inside.all() else where(inside, t, 0.0)), inside
    return t, None


def _basis(t, order):
    """For coordinates the number of the first coefficient, and the weights of all, from the first on."""
    values = plain(t)
    if order == 0:
        return np.floor(values + 0.5).astype(int), [np.ones(values.shape)]
    shift = 0.0 if order % 2 else 0.5
    first = np.floor(values + shift)
    u = t - (first - shift)
    weights = [1.0]
    for k in range(1, order + 1):
        below = [0.0, *weights, 0.0]
        weights = [((u + (k - j)) * below[j] + ((1 + j) - u) * below[j + 1]) / k for j in range(k + 1)]
    return first.astype(int) - order // 2, weights


def _taps(t, n, order, mode):
    """The numbers of the coefficients for each coordinate, their weights, and which are in the image."""
    t, inside = _within(t, n, mode)
    first, weights = _basis(t, order)
    places = first + np.arange(order + 1).reshape(-1, *[1] * first.ndim)
    places, known = _folded_places(places, n, mode)
    weights = stack(weights)
    if mode == "grid-constant" and not known.all():
        weights = where(known, weights, 0.0)
    return places, weights, inside


def sampled(c, coordinates, order, mode, cval, n):
    """The spline at coordinates, one array for each of the first axes of its coefficients.

    With n elements before the image. The other axes of the coefficients are the last of the result.
    """
    offset = cval if mode == "grid-constant" else 0.0
    if mode == "grid-constant":
        c = c - offset
    d, places, weights, outside = len(coordinates), [], [], False
    for axis, t in enumerate(coordinates):
        own, w, inside = _taps(t + n if n else t, c.shape[axis], order, mode)
        shape = [1] * d
        shape[axis] = order + 1
        places.append(own.reshape(*shape, *own.shape[1:]))
        weights.append(w)
        if inside is not None:
            outside = outside | ~inside
    y = c[tuple(places)]
    rest = (1,) * (c.ndim - d)
    for w in weights[::-1]:
        ndim = w.ndim - 1
        axis = y.ndim - len(rest) - ndim - 1
        y = sum(y * reshape(w, (*w.shape, *rest)), axis)
    if np.any(outside):
        y = where(outside.reshape(*outside.shape, *rest), cval, y)
    return y + offset if mode == "grid-constant" else y


def separately(c, coordinates, order, mode, cval, n):
    """The spline at a grid: a vector of coordinates for each axis."""
    offset = cval if mode == "grid-constant" else 0.0
    if mode == "grid-constant":
        c = c - offset
    outside = False
    for axis, t in enumerate(coordinates):
        places, w, inside = _taps(t + n if n else t, c.shape[axis], order, mode)
        shape = (1,) * axis + w.shape + (1,) * (c.ndim - 1 - axis)
        c = sum(c[(*[slice(None)] * axis, places)] * reshape(w, shape), axis)
        if inside is not None:
            outside = outside | column(~inside, axis, c.ndim)
    if np.any(outside):
        c = where(np.broadcast_to(outside, c.shape), cval, c)
    return c + offset if mode == "grid-constant" else c


def _at(*shape, low, high):
    def made(x):
        y = 0.05 * x + np.round(np.linspace(low, high, int(np.prod(shape)))).reshape(shape)
        return y + 0.3

    return drawn(*shape, made=made)


def _image(input):
    x = floating(input)
    if x.ndim < 1:
        raise RuntimeError("input and output rank must be > 0")
    return x


@implements(
    plain=sn.map_coordinates,
    exact=False,
    cases=[
        *[call(drawn(5), _at(1, 6, low=-3, high=6), order=k, mode=m) for m in _MODES for k in (1, 3)],
        *[call(drawn(4, 3), _at(2, 3, low=0, high=1), order=order) for order in (1, 2, 3, 4, 5)],
        call(drawn(4, 3), _at(2, 2, 2, low=-1, high=3), order=2, mode="nearest"),
        call(drawn(4, 3), _at(2, 4, low=-1, high=3), mode="constant", cval=2.0, prefilter=False),
        call(drawn(3, 3), _at(2, 3, low=-1, high=3), order=2, mode="grid-constant", cval=1.5),
        call(drawn(3, 3), np.array([[0.5, 1.2], [1.0, 0.3]])),
        call(drawn(3, 3), np.array([[0.5, 1.2], [1.0, 0.3]]), order=0),
        call(drawn(4, dtype=complex), np.array([[0.5, 1.2]])),
    ],
)
def map_coordinates(
    input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True
):  # fmt: skip
    """An image at given coordinates, by the spline of an order through its elements.

    The gradient of the coordinates is gy times the slope of the spline; that of the image is gy times the
    weights with which the coefficients contribute, through the adjoint of `spline_filter`.

    Parameters
    ----------
    input : Variable or ndarray
    coordinates : Variable or ndarray
        Its first axis has a coordinate for each axis of the image.
    output : dtype, optional
        The type of the result, by default that of the image.
    order : int
        From 0 to 5; the order 0 has a slope of 0.
    mode : str
        What is beyond the border: as for `correlate1d`; with "constant" only what is in the image is
        interpolated, with "grid-constant" also with the number around it; "wrap" lets the first and the last
        element coincide, "grid-wrap" does not.
    cval : Variable or float
        Of "constant" and "grid-constant".
    prefilter : bool
        Whether the coefficients are to be computed: otherwise the image has them.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When the shapes do not fit, or the order or the mode is unknown.
    TypeError
        When the coordinates are complex, or `output` is an array.
    """
    x, t = _image(input), floating(coordinates)
    order = _checked(order, mode)
    if t.dtype.kind == "c":
        raise TypeError("Complex type not supported")
    if t.ndim < 2:
        raise RuntimeError("input and output rank must be > 0")
    if t.shape[0] != x.ndim:
        raise RuntimeError("invalid shape for coordinate array")
    t = _in_doubles(t)
    c, n = _coefficients(x, order if prefilter else 0, mode, cval, range(x.ndim))
    y = sampled(c, [t[k] for k in range(x.ndim)], order, mode, cval, n)
    return returned(y, output, x, "map_coordinates")


def _on_grid(x, coordinates, output, order, mode, cval, prefilter, function):
    c, n = _coefficients(x, order if prefilter else 0, mode, cval, range(x.ndim))
    return returned(separately(c, coordinates, order, mode, cval, n), output, x, function)


@implements(
    plain=sn.shift,
    exact=False,
    cases=[
        *[call(drawn(5), drawn(low=0.2, high=0.8), mode=mode) for mode in _MODES],
        call(drawn(3, 4), drawn(2, low=0.2, high=0.8), order=2),
        call(drawn(3, 4), (0.5, -1.2), order=1, mode="nearest"),
        call(drawn(4), 1.3, cval=2.0, order=5, mode="grid-constant"),
        call(drawn(4), 0.3, order=0),
        call(drawn(4), 0.3, prefilter=False),
    ],
)
def shift(input, shift, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    """An image that is moved along its axes: y[i] is the image at i - shift.

    The gradient of the shift is the sum of -gy times the slope of the spline; that of the image is the one of
    `map_coordinates`. The parameters are those of `map_coordinates`.
    """
    x, order = _image(input), _checked(order, mode)
    shifts = each(shift, x.ndim, "shift")
    coordinates = [np.arange(n) - s for n, s in zip(x.shape, shifts, strict=True)]
    return _on_grid(x, coordinates, output, order, mode, cval, prefilter, "shift")


@implements(
    plain=sn.zoom,
    exact=False,
    cases=[
        call(drawn(4), 1.6),
        call(drawn(3, 4), (2.0, 0.5), order=1),
        call(drawn(3, 3), 1.4, order=2, mode="nearest"),
        call(drawn(4), 2.0, mode="grid-wrap", grid_mode=True),
        call(drawn(4), 1.7, order=3, mode="reflect", grid_mode=True),
        call(drawn(3), 1),
    ],
)
def zoom(input, zoom, output=None, order=3, mode="constant", cval=0.0, prefilter=True, *, grid_mode=False):
    """An image with more or fewer elements, of which the first and the last stay at the ends.

    The gradient of the image is that of `map_coordinates`. The zoom has none: it determines the number of
    elements.

    Parameters
    ----------
    input : Variable or ndarray
    zoom : float or sequence of float
        The factor, along each axis.
    output, order, mode, cval, prefilter
        As for `map_coordinates`.
    grid_mode : bool
        Whether elements are cells, whose outer borders stay at the ends.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When the zoom is a Variable.
    """
    x, order = _image(input), _checked(order, mode)
    zooms = each(constant(zoom, "zoom", "zoom"), x.ndim, "zoom")
    shape = [int(round(n * z)) for n, z in zip(x.shape, zooms, strict=True)]
    if all(z == 1 for z in zooms) and prefilter:
        return returned(x * 1, output, x, "zoom")
    coordinates = []
    for n, m in zip(x.shape, shape, strict=True):
        if grid_mode:
            coordinates.append((np.arange(m) + 0.5) * (n / m if m else 1.0) - 0.5)
        else:
            coordinates.append(np.arange(m) * ((n - 1) / (m - 1) if m != 1 else 1.0))
    return _on_grid(x, coordinates, output, order, mode, cval, prefilter, "zoom")


def _near(matrix):
    def made(x):
        return np.array(matrix) + 0.05 * x

    return made


_TURN = [[0.9, 0.3], [-0.2, 1.1]]


@implements(
    plain=sn.affine_transform,
    exact=False,
    cases=[
        call(drawn(4, 3), drawn(2, 2, made=_near(_TURN)), drawn(2, low=0.2, high=0.25)),
        call(drawn(4, 3), drawn(2, 2, made=_near(_TURN)), order=1, mode="nearest", offset=0.31),
        call(drawn(3, 4), drawn(2, made=_near([0.7, 0.8])), 0.1, order=2, mode="mirror"),
        call(drawn(3, 4), drawn(2, 3, made=_near([[0.9, 0.3, 0.2], [-0.2, 1.1, 0.3]])), mode="reflect"),
        call(drawn(3, 3), np.array([[1.0, 0.2, 0.1], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]]), output_shape=(2, 4)),
        call(drawn(4), np.array([[0.6]]), 0.2),
    ],
)  # fmt: skip
def affine_transform(
    input, matrix, offset=0.0, output_shape=None, output=None, order=3, mode="constant", cval=0.0,
    prefilter=True,
):  # fmt: skip
    """An image at coordinates that are an affine map of the places: y[o] is the image at matrix @ o + offset.

    The gradients of the matrix and of the offset are those of the coordinates, times the places; that of the
    image is the one of `map_coordinates`.

    Parameters
    ----------
    input : Variable or ndarray
    matrix : Variable or ndarray
        A matrix, its diagonal, or one with the offset as a last column, and a row (0, ..., 0, 1) below it.
    offset : Variable, float or sequence
    output_shape : tuple of int, optional
        By default that of the image.
    output, order, mode, cval, prefilter
        As for `map_coordinates`.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When the matrix or the offset has another shape.
    ValueError
        When the last row of a homogeneous matrix is another.
    """
    x, order = _image(input), _checked(order, mode)
    refuse_array(output, "affine_transform")
    d = x.ndim
    shape = x.shape if output_shape is None else tuple(output_shape)
    matrix = _in_doubles(floating(matrix))
    if matrix.ndim not in (1, 2) or matrix.shape[0] < 1:
        raise RuntimeError("no proper affine matrix provided")
    if matrix.ndim == 2 and matrix.shape[1] == d + 1 and matrix.shape[0] in (d, d + 1):
        if matrix.shape[0] == d + 1 and not np.all(plain(matrix)[d] == [0] * d + [1]):
            raise ValueError(
                "Expected homogeneous transformation matrix: its bottom row is not (0, ..., 0, 1)"
            )
        offset, matrix = matrix[:d, d], matrix[:d, :d]
    if matrix.shape[0] != d:
        raise RuntimeError("affine matrix has wrong number of rows")
    if matrix.ndim == 2 and matrix.shape[1] != len(shape):
        raise RuntimeError("affine matrix has wrong number of columns")
    offset = _in_doubles(floating(offset))
    if offset.ndim == 0:
        offset = np.broadcast_to(offset, (d,))
    if offset.shape != (d,):
        raise RuntimeError("no proper offset provided")
    if matrix.ndim == 1:
        coordinates = [np.arange(n) * matrix[k] + offset[k] for k, n in enumerate(shape)]
        return _on_grid(x, coordinates, output, order, mode, cval, prefilter, "affine_transform")
    c, n = _coefficients(x, order if prefilter else 0, mode, cval, range(d))
    y = sampled(c, _mapped(matrix, offset, shape), order, mode, cval, n)
    return returned(y, output, x, "affine_transform")


def _mapped(matrix, offset, shape):
    """The coordinates of all places of an array, mapped by a matrix and an offset."""
    places = np.indices(shape, float).reshape(len(shape), -1)
    t = matrix @ places + reshape(offset, (-1, 1))
    return [reshape(t[k], shape) for k in range(matrix.shape[0])]


@implements(
    plain=sn.rotate,
    exact=False,
    cases=[
        call(drawn(3, 4), 30.0),
        call(drawn(3, 4), drawn(low=20.0, high=21.0), reshape=False, order=1, mode="nearest"),
        call(drawn(3, 2, 3), 25.0, (0, 2), order=2, mode="reflect"),
        call(drawn(3, 3), 15.0, mode="grid-constant", cval=1.0),
    ],
)
def rotate(
    input, angle, axes=(1, 0), reshape=True, output=None, order=3, mode="constant", cval=0.0, prefilter=True
):
    """An image that is rotated in the plane of two axes, by an angle in degrees.

    The gradient of the angle is that of the coordinates, times their derivatives; that of the image is the
    one of `map_coordinates`. The size of the result is constant.

    Parameters
    ----------
    input : Variable or ndarray
    angle : Variable or float
    axes : pair of int
    reshape : bool
        Whether the result is so large that all of the image is in it.
    output, order, mode, cval, prefilter
        As for `map_coordinates`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the axes are no plane of the image.
    """
    refuse_array(output, "rotate")
    x, order = _image(input), _checked(order, mode)
    if x.ndim < 2:
        raise ValueError("input array should be at least 2D")
    axes = sorted([axis_of(axis, x.ndim) for axis in axes])
    if len(set(axes)) != 2:
        raise ValueError("axes should contain exactly two values")
    matrix = _turning(angle)
    size = np.array([x.shape[axis] for axis in axes])
    shape = size
    if reshape:
        iy, ix = size
        corners = plain(matrix) @ np.array([[0, 0, iy, iy], [0, ix, 0, ix]])
        shape = (np.ptp(corners, axis=1) + 0.5).astype(int)
    offset = (size - 1) / 2 - matrix @ ((shape - 1) / 2)
    moved = moveaxis(x, axes, (0, 1))
    c, n = _coefficients(moved, order if prefilter else 0, mode, cval, (0, 1))
    y = sampled(c, _mapped(matrix, offset, tuple(shape.tolist())), order, mode, cval, n)
    return returned(moveaxis(y, (0, 1), axes), output, x, "rotate")


def _turning(angle):
    if isinstance(angle, Variable):
        c, s = [f(reshape(angle, ()) * (np.pi / 180)) for f in (cos, sin)]
    else:
        c, s = cosdg(angle), sindg(angle)
    return (
        stack([stack([c, s]), stack([-1.0 * s, c])])
        if isinstance(c, Variable)
        else np.array([[c, s], [-s, c]])
    )
