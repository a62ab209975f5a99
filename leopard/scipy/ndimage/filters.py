"""Filters of images: weighted sums over neighbours, and neighbours of a rank."""

import warnings

import numpy as np
import scipy.ndimage as sn

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import floating, form_of, of_numbers, plain, reshape
from leopard.functions.linalg.norms import vector_norm
from leopard.functions.manipulation.joining import stack
from leopard.functions.manipulation.padding import pad
from leopard.functions.math.exponentials import exp
from leopard.functions.math.extrema import max, min
from leopard.functions.math.sums import sum
from leopard.functions.sorting import sort
from leopard.scipy._convolution import Convolution, reversed_along
from leopard.scipy._parts import axis_of, column, refuse_array

__all__ = [
    "convolve", "convolve1d", "correlate", "correlate1d", "gaussian_filter", "gaussian_filter1d",
    "gaussian_gradient_magnitude", "gaussian_laplace", "laplace", "maximum_filter", "maximum_filter1d",
    "median_filter", "minimum_filter", "minimum_filter1d", "percentile_filter", "prewitt", "rank_filter",
    "sobel", "uniform_filter", "uniform_filter1d",
]  # fmt: skip

#: NumPy's names for the ways in which an image goes on beyond its border.
_BORDERS = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge",
    "wrap": "wrap", "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant",
}  # fmt: skip


def continued(x, widths, mode, cval):
    """An image with a border, whose width is a pair for each axis."""
    if mode not in _BORDERS:
        raise RuntimeError("boundary mode not supported")
    if not any(map(any, widths)):
        return x
    border = _BORDERS[mode]
    return pad(x, widths, border, **({"constant_values": cval} if border == "constant" else {}))


def returned(y, output, x, function):
    """A result in the type that is wanted, by default that of the image."""
    refuse_array(output, function)
    dtype = form_of(x).dtype if output is None else of_numbers(output)
    if y.dtype.kind == "c" and dtype.kind != "c":
        dtype = np.result_type(dtype, np.complex64)
    return as_variable(y if y.dtype == dtype else y.astype(dtype))


def each(x, n, name):
    """A parameter for each of n axes: a sequence, or one for all."""
    if isinstance(x, str) or not isinstance(x, (list, tuple)) and np.ndim(form_of(x)) == 0:
        return [x] * n
    if len(x) != n:
        raise RuntimeError(f"sequence argument must have length equal to input rank: {name}")
    return list(x)


def axes_of(axes, ndim):
    """The axes, counted from 0; by default all."""
    if axes is None:
        return tuple(range(ndim))
    axes = tuple([axis_of(axis, ndim) for axis in np.atleast_1d(axes)])
    if len(set(axes)) != len(axes):
        raise ValueError("axes must be unique")
    return axes


def _weights_like(x, weights):
    """An image and weights of one type: that of the image, or a complex one."""
    weights = floating(weights)
    dtype = x.dtype if weights.dtype.kind != "c" else np.result_type(x.dtype, np.complex64)
    return [a if a.dtype == dtype else a.astype(dtype) for a in (x, weights)]


def _summed(x, weights, modes, cval, origins):
    """The correlation of an image with weights of as many axes, which are not conjugated."""
    x, weights = _weights_like(x, weights)
    before = [n // 2 + origin for n, origin in zip(weights.shape, origins, strict=True)]
    for n, start in zip(weights.shape, before, strict=True):
        if not 0 <= start < n:
            raise ValueError(
                "Invalid origin; origin must satisfy -(weights.shape[k] // 2) <= origin[k] <= "
                "(weights.shape[k]-1) // 2"
            )
    widths = [(start, n - 1 - start) for n, start in zip(weights.shape, before, strict=True)]
    if len(set(modes)) == 1:
        x = continued(x, widths, modes[0], cval)
    else:
        for axis, (width, mode) in enumerate(zip(widths, modes, strict=True)):
            own = [width if k == axis else (0, 0) for k in range(x.ndim)]
            x = continued(x, own, mode, cval)
    return Convolution.operation(x, reversed_along(weights), "valid", tuple(range(x.ndim)), "direct")


def _along(x, weights, axis, mode, cval, origin=0):
    """The correlation of an image with a vector along one axis."""
    modes, origins = ["constant"] * x.ndim, [0] * x.ndim
    modes[axis], origins[axis] = mode, origin
    return _summed(x, column(weights, axis, x.ndim), modes, cval, origins)


_MODES = ("reflect", "constant", "nearest", "mirror", "wrap", "grid-constant", "grid-mirror", "grid-wrap")
_vectors = [
    *[call(drawn(4), drawn(3), mode=mode) for mode in _MODES],
    call(drawn(3, 4), drawn(2), 0),
    call(drawn(3, 2), np.array([1.0, 2.0, -1.0]), axis=0, mode="constant", cval=1.5),
    call(drawn(5), drawn(4), origin=1),
    call(drawn(3), drawn(7), mode="mirror", origin=-1),
    call(drawn(4, dtype=complex), drawn(3)),
    call(drawn(4), drawn(2, dtype=complex)),
]


def _vector_of(weights):
    weights = floating(weights)
    if weights.ndim != 1 or weights.shape[0] < 1:
        raise RuntimeError("no filter weights given")
    return weights


@implements(plain=sn.correlate1d, exact=False, cases=_vectors)
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Weighted sums of neighbours along an axis, y[i] = sum of conj(weights[j]) * x[i + j - n // 2 - origin].

    The gradient of the image is the convolution of gy with the weights, with what falls into the border added
    to the elements that it continues; that of the weights is the correlation of the image with gy.

    Parameters
    ----------
    input : Variable or ndarray
    weights : Variable or ndarray
        A vector.
    axis : int
    output : dtype, optional
        The type of the result, by default that of the image.
    mode : str
        What is beyond the border: "reflect" (d c b a | a b c d | d c b a), "mirror" (d c b | a b c d | c b
        a), "nearest", "wrap", "constant", and the same with "grid-" in front.
    cval : Variable or float
        Of the mode "constant".
    origin : int
        Where the middle of the weights is.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When the weights are no vector, or the mode is unknown.
    ValueError
        When the origin is outside the weights.
    TypeError
        When `output` is an array.
    """
    x, weights = floating(input), _vector_of(weights)
    y = _along(x, conj(weights), axis_of(axis, x.ndim), mode, cval, origin)
    return returned(y, output, x, "correlate1d")


@implements(plain=sn.convolve1d, exact=False, cases=_vectors)
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Convolution along an axis, y[i] = sum of weights[j] * x[i - j + (n - 1) // 2 - origin].

    The gradients are those of `correlate1d` with the weights reversed. The parameters are those of
    `correlate1d`.
    """
    x, weights = floating(input), _vector_of(weights)
    origin = -origin - (weights.shape[0] % 2 == 0)
    y = _along(x, weights[::-1], axis_of(axis, x.ndim), mode, cval, origin)
    return returned(y, output, x, "convolve1d")


_planes = [
    *[call(drawn(3, 4), drawn(3, 2), mode=mode) for mode in _MODES[:5]],
    call(drawn(4), drawn(3)),
    call(drawn(3, 3), drawn(2, 2), mode="constant", cval=2.0, origin=(0, -1)),
    call(drawn(3, 2, 3), drawn(2, 3), axes=(0, 2)),
    call(drawn(3, 3, dtype=complex), drawn(2, 2, dtype=complex)),
    call(drawn(3, 3), np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])),
]


def _weighted(input, weights, output, mode, cval, origin, axes, function, turned):
    x, weights = floating(input), floating(weights)
    axes = axes_of(axes, x.ndim)
    if weights.ndim != len(axes):
        raise RuntimeError(f"weights.ndim ({weights.ndim}) must match len(axes) ({len(axes)})")
    if not isinstance(mode, str):
        raise RuntimeError("A sequence of modes is not supported")
    origins = [0] * x.ndim
    for axis, n, own in zip(axes, weights.shape, each(origin, len(axes), "origin"), strict=True):
        origins[axis] = -own - (n % 2 == 0) if turned else own
    weights = reversed_along(weights) if turned else conj(weights)
    order = np.argsort(axes)
    shape = [1] * x.ndim
    for axis, n in zip(axes, weights.shape, strict=True):
        shape[axis] = n
    weights = reshape(weights.transpose(order) if list(order) != sorted(order) else weights, tuple(shape))
    return returned(_summed(x, weights, [mode] * x.ndim, cval, origins), output, x, function)


@implements(plain=sn.correlate, exact=False, cases=_planes)
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Weighted sums of the neighbours of each element of an image.

    The gradients are those of `correlate1d`, of several axes.

    Parameters
    ----------
    input : Variable or ndarray
    weights : Variable or ndarray
        With as many axes as the image, or as there are axes.
    output, mode, cval
        As for `correlate1d`.
    origin : int or sequence of int
    axes : int or sequence of int, optional
        The axes of the image that the weights belong to; by default all.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When the weights have another number of axes, or the mode is unknown.
    """
    return _weighted(input, weights, output, mode, cval, origin, axes, "correlate", False)


@implements(plain=sn.convolve, exact=False, cases=_planes)
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Convolution of an image with weights.

    The gradients are those of `correlate` with the weights reversed. The parameters are those of `correlate`.
    """
    return _weighted(input, weights, output, mode, cval, origin, axes, "convolve", True)


# -- Gaussian filters -----------------------------------------------------------------------------


def _gaussian(sigma, order, radius):
    """The weights of a Gaussian or of one of its derivatives, of the places -radius to radius."""
    if order < 0:
        raise ValueError("order must be non-negative")
    x = np.arange(-radius, radius + 1)
    variance = sigma * sigma
    weights = exp(-0.5 / variance * x**2)
    weights = weights / sum(weights)
    q = [1.0]  # the polynomial that the derivative has as a factor
    for _ in range(order):
        slope = [k * c for k, c in enumerate(q)][1:] + [0.0, 0.0]
        q = [a - b / variance for a, b in zip(slope, [0.0, *q], strict=True)]
    factor = 0.0
    for c in q[::-1]:
        factor = factor * x + c
    return factor * weights if order else weights


def _smoothed(x, sigma, axis, order, mode, cval, truncate, radius):
    if isinstance(sigma, Variable) and sigma.size > 1:
        raise TypeError("the standard deviation along an axis is a number")
    sd = float(np.asarray(plain(sigma)).item())
    radius = int(truncate * sd + 0.5) if radius is None else radius
    if radius != int(radius) or radius < 0:
        raise ValueError("Radius must be a nonnegative integer.")
    sigma = reshape(sigma, ()) if isinstance(sigma, Variable) else sd
    return _along(x, _gaussian(sigma, order, int(radius))[::-1], axis, mode, cval)


_PLANE = drawn(4, 3)
_SIGMA = drawn(low=0.6, high=0.8)


@implements(
    plain=sn.gaussian_filter1d,
    exact=False,
    cases=[
        *[call(drawn(5), _SIGMA, order=order) for order in range(4)],
        call(_PLANE, 0.7, 0, mode="wrap"),
        call(_PLANE, 1.0, radius=1, mode="constant", cval=1.0),
        call(drawn(4, dtype=complex), 0.5),
    ],
)
def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None
):
    """An image smoothed along an axis by a Gaussian, or the derivative of the smoothed image.

    The gradient of the image is that of `correlate1d`; that of sigma is through the weights, which are
    proportional to exp(-x**2 / (2 * sigma**2)). The number of weights is constant.

    Parameters
    ----------
    input : Variable or ndarray
    sigma : Variable or float
        The standard deviation.
    axis : int
    order : int
        Of the derivative.
    output, mode, cval
        As for `correlate1d`.
    truncate : float
        At how many standard deviations the weights end.
    radius : int, optional
        At how many elements, instead.

    Returns
    -------
    Variable
    """
    x = floating(input)
    y = _smoothed(x, sigma, axis_of(axis, x.ndim), order, mode, cval, truncate, radius)
    return returned(y, output, x, "gaussian_filter1d")


@implements(
    plain=sn.gaussian_filter,
    exact=False,
    cases=[
        call(_PLANE, 0.7),
        call(_PLANE, _SIGMA, (0, 1), mode="nearest"),
        call(_PLANE, (0.5, 0.0), mode=("mirror", "wrap")),
        call(drawn(2, 3, 2), 0.4, axes=(0, 1), radius=(1, 2)),
        call(_PLANE, drawn(2, low=0.6, high=0.8)),
    ],
)
def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):
    """An image smoothed by a Gaussian, along one axis after another.

    The gradient is that of `gaussian_filter1d` along each axis; sigma, order, mode and radius may be a
    sequence of one for each axis. A standard deviation of 0 leaves its axis out.
    """
    x = y = floating(input)
    axes = axes_of(axes, x.ndim)
    names = {"sigma": sigma, "order": order, "mode": mode, "radius": radius}
    for axis, sd, order, mode, radius in zip(
        axes, *[each(v, len(axes), name) for name, v in names.items()], strict=True
    ):
        if plain(sd) > 1e-15:
            y = _smoothed(y, sd, axis, order, mode, cval, truncate, radius)
    return returned(y, output, x, "gaussian_filter")


def _modes_along(mode, axes):
    return each(mode, len(axes), "mode")


@implements(
    plain=sn.gaussian_laplace,
    exact=False,
    cases=[call(_PLANE, 0.7), call(_PLANE, _SIGMA, mode="wrap"), call(drawn(2, 3), (0.5,), axes=(1,))],
)
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):
    """Sum of the second derivatives of an image that is smoothed by a Gaussian.

    The gradients are the sums of those of `gaussian_filter` of each axis, whose parameters are taken as well.
    """
    x = floating(input)
    axes = axes_of(axes, x.ndim)
    sigmas = [0.0] * x.ndim
    for axis, sd in zip(axes, each(sigma, len(axes), "sigma"), strict=True):
        sigmas[axis] = sd
    y = x if not axes else 0.0
    for axis, own in zip(axes, _modes_along(mode, axes), strict=True):
        order = [2 if k == axis else 0 for k in range(x.ndim)]
        y = y + gaussian_filter(x, sigmas, order, None, own, cval, **kwargs)
    return returned(y, output, x, "gaussian_laplace")


@implements(
    plain=sn.gaussian_gradient_magnitude,
    exact=False,
    cases=[call(_PLANE, 0.7), call(_PLANE, _SIGMA, mode="wrap"), call(drawn(2, 3), 0.5, axes=(1,))],
)
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):
    """Length of the vector of derivatives of an image that is smoothed by a Gaussian.

    The gradient is that of the Euclidean norm of the results of `gaussian_filter`: 0 where the length is 0.
    """
    x = floating(input)
    axes = axes_of(axes, x.ndim)
    slopes = [
        gaussian_filter(x, sigma, [1 if k == axis else 0 for k in range(x.ndim)], None, own, cval, **kwargs)
        for axis, own in zip(axes, _modes_along(mode, axes), strict=True)
    ]
    return returned(
        vector_norm(stack(slopes), axis=0) if slopes else x, output, x, "gaussian_gradient_magnitude"
    )


# -- Differences and means ------------------------------------------------------------------------


def _slopes(input, axis, output, mode, cval, across, function):
    x = y = floating(input)
    axis = axis_of(axis, x.ndim)
    modes = each(mode, x.ndim, "mode")
    y = _along(y, np.array([-1.0, 0.0, 1.0]), axis, modes[axis], cval)
    for k in range(x.ndim):
        if k != axis:
            y = _along(y, np.array(across), k, modes[k], cval)
    return returned(y, output, x, function)


_of_images = [
    call(_PLANE),
    call(_PLANE, 0, mode="nearest"),
    call(drawn(4)),
    call(_PLANE, mode=("wrap", "mirror")),
]


@implements(plain=sn.prewitt, exact=False, cases=_of_images)
def prewitt(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences along an axis, summed over the neighbours along the others.

    The gradient is that of `correlate1d` with the weights -1, 0, 1, and 1, 1, 1 along the others.
    """
    return _slopes(input, axis, output, mode, cval, [1.0, 1.0, 1.0], "prewitt")


@implements(plain=sn.sobel, exact=False, cases=_of_images)
def sobel(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences along an axis, summed over the neighbours along the others with the weights 1, 2, 1.

    The gradient is that of `correlate1d` with the weights -1, 0, 1, and 1, 2, 1 along the others.
    """
    return _slopes(input, axis, output, mode, cval, [1.0, 2.0, 1.0], "sobel")


@implements(
    plain=sn.laplace,
    exact=False,
    cases=[call(_PLANE), call(_PLANE, mode=("wrap", "mirror")), call(_PLANE, mode="constant", axes=(0,))],
)
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):
    """Sum of the second differences of an image along its axes.

    The gradient is that of `correlate1d` with the weights 1, -2, 1, summed over the axes.
    """
    x = floating(input)
    axes = axes_of(axes, x.ndim)
    y = x if not axes else 0.0
    for axis, own in zip(axes, _modes_along(mode, axes), strict=True):
        y = y + _along(x, np.array([1.0, -2.0, 1.0]), axis, own, cval)
    return returned(y, output, x, "laplace")


def _ones_over(size):
    return np.full(size, 1.0 / size)


@implements(
    plain=sn.uniform_filter1d,
    exact=False,
    cases=[call(drawn(5), 3), call(_PLANE, 2, 0, mode="wrap"), call(drawn(4), 4, origin=-1, mode="constant")],
)
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Means of neighbours along an axis.

    The gradient is the mean of gy over the neighbours, with what falls into the border added to the elements
    that it continues.
    """
    x = floating(input)
    if size < 1:
        raise RuntimeError("incorrect filter size")
    y = _along(x, _ones_over(int(size)), axis_of(axis, x.ndim), mode, cval, origin)
    return returned(y, output, x, "uniform_filter1d")


@implements(
    plain=sn.uniform_filter,
    exact=False,
    cases=[
        call(_PLANE),
        call(_PLANE, (2, 1), mode=("wrap", "mirror")),
        call(drawn(2, 3, 2), 2, axes=(0, 1), origin=-1),
    ],
)
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Means of neighbours, along one axis after another.

    The gradient is that of `uniform_filter1d` along each axis; size, mode and origin may be sequences.
    """
    x = y = floating(input)
    axes = axes_of(axes, x.ndim)
    names = {"size": size, "mode": mode, "origin": origin}
    for axis, size, mode, origin in zip(
        axes, *[each(v, len(axes), name) for name, v in names.items()], strict=True
    ):
        if size > 1:
            y = _along(y, _ones_over(int(size)), axis, mode, cval, origin)
    return returned(y, output, x, "uniform_filter")


# -- Neighbours of a rank -------------------------------------------------------------------------


def _real(input):
    x = floating(input)
    if x.dtype.kind == "c":
        raise TypeError("Complex type not supported")
    return x


def _neighbours(x, footprint, mode, cval, origins):
    """For each element of an image its neighbours within a footprint, in a last axis."""
    widths = []
    for n, origin in zip(footprint.shape, origins, strict=True):
        before = n // 2 + origin
        if not 0 <= before < n:
            raise ValueError("invalid origin")
        widths.append((before, n - 1 - before))
    wide = continued(x, widths, mode, cval)
    parts = []
    for start in np.argwhere(footprint):
        parts.append(wide[tuple([slice(i, i + n) for i, n in zip(start, x.shape, strict=True)])])
    return stack(parts, -1)


def _largest_along(x, size, axis, mode, cval, origin, choose):
    shape, origins = [1] * x.ndim, [0] * x.ndim
    shape[axis], origins[axis] = int(size), origin
    if size < 1:
        raise RuntimeError("incorrect filter size")
    return choose(_neighbours(x, np.ones(shape, bool), mode, cval, origins), -1)


_sizes = [
    call(drawn(5), 3),
    call(_PLANE, 2, 0, mode="nearest"),
    call(drawn(4), 3, origin=1, mode="constant", cval=-0.1),
]


@implements(plain=sn.maximum_filter1d, cases=_sizes)
def maximum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Largest of the neighbours along an axis.

    The gradient of an element is the sum of gy where it is the largest, in equal shares among equal ones.
    """
    x = _real(input)
    y = _largest_along(x, size, axis_of(axis, x.ndim), mode, cval, origin, max)
    return returned(y, output, x, "maximum_filter1d")


@implements(plain=sn.minimum_filter1d, cases=_sizes)
def minimum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Smallest of the neighbours along an axis.

    The gradient of an element is the sum of gy where it is the smallest, in equal shares among equal ones.
    """
    x = _real(input)
    y = _largest_along(x, size, axis_of(axis, x.ndim), mode, cval, origin, min)
    return returned(y, output, x, "minimum_filter1d")


def _footprint(x, size, footprint, axes):
    """The footprint of all axes of an image."""
    if footprint is None:
        if size is None:
            raise RuntimeError("no footprint provided")
        footprint = np.ones([int(n) for n in each(size, len(axes), "size")], bool)
    else:
        if size is not None:
            warnings.warn("ignoring size because footprint is set", UserWarning, stacklevel=4)
        footprint = np.asarray(footprint, bool)
    if footprint.ndim != len(axes):
        raise RuntimeError(f"footprint.ndim ({footprint.ndim}) must match len(axes) ({len(axes)})")
    if not footprint.any():
        raise ValueError("All-zero footprint is not supported.")
    others = tuple([axis for axis in range(x.ndim) if axis not in axes])
    return np.expand_dims(footprint, others)


def _extreme(input, size, footprint, output, mode, cval, origin, axes, choose, function):
    x = y = _real(input)
    axes = axes_of(axes, x.ndim)
    whole = _footprint(x, size, footprint, axes)
    if whole.all():
        names = {"mode": mode, "origin": origin}
        for axis, own, start in zip(
            axes, *[each(v, len(axes), name) for name, v in names.items()], strict=True
        ):
            if whole.shape[axis] > 1:
                y = _largest_along(y, whole.shape[axis], axis, own, cval, start, choose)
        return returned(y, output, x, function)
    if not isinstance(mode, str):
        raise RuntimeError("A sequence of modes is not supported for non-separable footprints")
    origins = _origins(x, origin, axes)
    return returned(choose(_neighbours(x, whole, mode, cval, origins), -1), output, x, function)


def _origins(x, origin, axes):
    origins = [0] * x.ndim
    for axis, start in zip(axes, each(origin, len(axes), "origin"), strict=True):
        origins[axis] = start
    return origins


_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
_footprints = [
    call(_PLANE, 2),
    call(_PLANE, footprint=_CROSS, mode="mirror"),
    call(_PLANE, (1, 3), mode=("wrap", "constant")),
    call(_PLANE, 3, axes=0),
]


@implements(plain=sn.maximum_filter, cases=_footprints)
def maximum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None
):
    """Largest of the neighbours of each element of an image.

    The gradient of an element is the sum of gy where it is the largest, in equal shares among equal ones.

    Parameters
    ----------
    input : Variable or ndarray
        Real.
    size : int or sequence of int, optional
        The size of the neighbourhood, along each axis.
    footprint : array of bool, optional
        The neighbourhood, instead.
    output, mode, cval
        As for `correlate1d`; one mode for each axis, where the neighbourhood is a box.
    origin : int or sequence of int
    axes : int or sequence of int, optional
        By default all.

    Returns
    -------
    Variable

    Raises
    ------
    RuntimeError
        When there is neither a size nor a footprint.
    """
    return _extreme(input, size, footprint, output, mode, cval, origin, axes, max, "maximum_filter")


@implements(plain=sn.minimum_filter, cases=_footprints)
def minimum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None
):
    """Smallest of the neighbours of each element of an image.

    The gradient of an element is the sum of gy where it is the smallest, in equal shares among equal ones.
    The parameters are those of `maximum_filter`.
    """
    return _extreme(input, size, footprint, output, mode, cval, origin, axes, min, "minimum_filter")


def ranked(input, rank_of, size, footprint, output, mode, cval, origin, axes, function):
    """The neighbours whose rank is ``rank_of(number of neighbours)``."""
    x = _real(input)
    axes = axes_of(axes, x.ndim)
    whole = _footprint(x, size, footprint, axes)
    n = int(whole.sum())
    rank = rank_of(n)
    rank = rank + n if rank < 0 else rank
    if not 0 <= rank < n:
        raise RuntimeError("rank not within filter footprint size")
    if rank in (0, n - 1):
        choose = max if rank else min
        return _extreme(
            input, None, whole, output, mode, cval, _origins(x, origin, axes), None, choose, function
        )
    if not isinstance(mode, str):
        raise RuntimeError("A sequence of modes is not supported by non-separable rank filters")
    near = _neighbours(x, whole, mode, cval, _origins(x, origin, axes))
    return returned(sort(near, -1)[..., rank], output, x, function)


def _percentile_rank(percentile):
    if percentile < 0:
        percentile += 100.0
    if not 0 <= percentile <= 100:
        raise RuntimeError("invalid percentile")
    return lambda n: n - 1 if percentile == 100 else int(float(n) * percentile / 100.0)


@implements(
    plain=sn.rank_filter,
    cases=[
        call(_PLANE, 1, 2),
        call(_PLANE, -2, footprint=_CROSS, mode="mirror"),
        call(drawn(4), 0, 3),
        call(drawn(5), -1, 3),
        call(_PLANE, 1, 3, axes=1),
    ],
)
def rank_filter(
    input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None
):
    """Neighbours of each element of an image that have a rank among all neighbours.

    The gradient of an element is the sum of gy where it has this rank, in equal shares among equal ones. The
    parameters are those of `maximum_filter`; a negative rank counts from the largest.
    """
    rank = int(rank)
    return ranked(input, lambda n: rank, size, footprint, output, mode, cval, origin, axes, "rank_filter")


@implements(
    plain=sn.percentile_filter,
    cases=[
        call(_PLANE, 30, 2),
        call(_PLANE, -20, footprint=_CROSS),
        call(drawn(4), 100, 3),
        call(drawn(5), 40, 3),
    ],
)
def percentile_filter(
    input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *,
    axes=None
):  # fmt: skip
    """Neighbours of each element of an image at a percentile of all neighbours.

    The gradient of an element is the sum of gy where it is at this place, in equal shares among equal ones.
    The parameters are those of `maximum_filter`.
    """
    rank_of = _percentile_rank(percentile)
    return ranked(input, rank_of, size, footprint, output, mode, cval, origin, axes, "percentile_filter")


@implements(
    plain=sn.median_filter,
    cases=[
        call(_PLANE, 3),
        call(_PLANE, 2, mode="nearest"),
        call(_PLANE, footprint=_CROSS),
        call(drawn(5), 3),
    ],
)
def median_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None
):
    """Medians of the neighbours of each element of an image: the upper one of an even number.

    The gradient of an element is the sum of gy where it is the median, in equal shares among equal ones. The
    parameters are those of `maximum_filter`.
    """
    return ranked(input, lambda n: n // 2, size, footprint, output, mode, cval, origin, axes, "median_filter")
