"""Fourier, cosine, sine and Hankel transforms: the functions of `scipy.fft`, of Variables.

The discrete Fourier transforms are NumPy's operations under SciPy's names and parameters. `overwrite_x` and
`workers` are accepted and not used: no argument is overwritten. SciPy's own functions raise TypeError when
they are given Variables, and name these.
"""

import numpy as np
import scipy.fft as sf
from scipy.fft import fftfreq, fhtoffset, next_fast_len, rfftfreq

from leopard._core import as_variable
from leopard.functions import fft as np_fft
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt
from leopard.functions.basic.shape import floating
from leopard.scipy._parts import axis_of, column, constant

__all__ = [
    "dct", "dctn", "dst", "dstn", "fft", "fft2", "fftfreq", "fftn", "fftshift", "fht", "fhtoffset", "hfft",
    "hfft2", "hfftn", "idct", "idctn", "idst", "idstn", "ifft", "ifft2", "ifftn", "ifftshift", "ifht",
    "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "next_fast_len", "rfft", "rfft2", "rfftfreq",
    "rfftn",
]  # fmt: skip


def _no_plan(plan):
    if plan is not None:
        raise NotImplementedError("Passing a precomputed plan is not yet supported by scipy.fft functions")


# -- Discrete Fourier transforms along one axis ----------------------------------------------------

_of_complex = [
    call(drawn(4, dtype=complex)),
    call(drawn(2, 3), 5, -1, "ortho"),
    call(drawn(3, 2, dtype=complex), n=2, axis=0, norm="forward", workers=1),
]
_of_real = [call(drawn(4)), call(drawn(2, 3), 5, -1, "ortho"), call(drawn(3, 2), n=2, axis=0, norm="forward")]
_of_half = [
    call(drawn(3, dtype=complex)),
    call(drawn(2, 3, dtype=complex), 5, -1, "ortho"),
    call(drawn(3, 2), n=4, axis=0, norm="forward"),
]


@implements(plain=sf.fft, exact=False, cases=_of_complex)
def fft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Discrete Fourier transform along an axis, y[k] = sum over j of x[j] * exp(-2j * pi * j * k / n).

    The gradient is n * ifft(gy), cropped or padded with zeros to the length of x; its real part for a real x.

    Parameters
    ----------
    x : Variable or ndarray
    n : int, optional
        The number of points: x is cropped, or padded with zeros. By default the length of x.
    axis : int
    norm : {"backward", "ortho", "forward"}, optional
        Which transform has the factor 1 / n: the inverse ("backward", the default) or this one ("forward").
        With "ortho" both have its square root.
    overwrite_x : bool
        Accepted and not used: no argument is overwritten.
    workers : int, optional
        Accepted and not used.
    plan : None

    Returns
    -------
    Variable

    Raises
    ------
    NotImplementedError
        When a plan is given.
    """
    _no_plan(plan)
    return np_fft.fft(floating(x), n, axis, norm)


@implements(plain=sf.ifft, exact=False, cases=_of_complex)
def ifft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `fft`, y[j] = sum over k of x[k] * exp(2j * pi * j * k / n) / n.

    The gradient is fft(gy) / n, cropped or padded with zeros to the length of x. The parameters are those
    of `fft`.
    """
    _no_plan(plan)
    return np_fft.ifft(floating(x), n, axis, norm)


@implements(plain=sf.rfft, exact=False, cases=_of_real)
def rfft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """The frequencies 0 to n / 2 of `fft` of real numbers.

    The gradient is that of `fft` with zeros for gy at the other frequencies. The parameters are those of
    `fft`.
    """
    _no_plan(plan)
    return np_fft.rfft(floating(x), n, axis, norm)


@implements(plain=sf.irfft, exact=False, cases=_of_half)
def irfft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `rfft`: n real numbers from the frequencies 0 to n / 2.

    The gradient is rfft(gy) / n, and twice that at the frequencies between 0 and n / 2. The parameters are
    those of `fft`.
    """
    _no_plan(plan)
    return np_fft.irfft(floating(x), n, axis, norm)


@implements(plain=sf.hfft, exact=False, cases=_of_half)
def hfft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`fft` of a Hermitian signal, given by its first half: n real numbers.

    The gradient is conj(rfft(gy)), and twice that at elements that represent their conjugates as well. The
    parameters are those of `fft`.
    """
    _no_plan(plan)
    return np_fft.hfft(floating(x), n, axis, norm)


@implements(plain=sf.ihfft, exact=False, cases=_of_real)
def ihfft(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `hfft`: the first half of the Hermitian signal whose `fft` is x.

    The gradient is that of `ifft` with zeros for gy in the other half. The parameters are those of `fft`.
    """
    _no_plan(plan)
    return np_fft.ihfft(floating(x), n, axis, norm)


# -- Along several axes ---------------------------------------------------------------------------


def _axes_of(x, s, axes, plan=None):
    """An operand, the lengths of the transforms, or None for its own, and the axes."""
    _no_plan(plan)
    x = floating(x)
    if axes is not None:
        axes = [axis_of(axis, x.ndim) for axis in np.atleast_1d(axes)]
        if len(set(axes)) != len(axes):
            raise ValueError("all axes must be unique")
    if s is not None:
        s = [int(n) for n in np.atleast_1d(s)]
        if axes is not None and len(axes) != len(s):
            raise ValueError("when given, axes and shape arguments have to be of the same length")
        if len(s) > x.ndim:
            raise ValueError("shape requires more axes than are present")
        axes = list(range(x.ndim - len(s), x.ndim)) if axes is None else axes
    axes = list(range(x.ndim)) if axes is None else axes
    lengths = [x.shape[axis] for axis in axes] if s is None else s
    if any(n < 1 and n != -1 for n in lengths):
        raise ValueError(f"invalid number of data points ({lengths}) specified")
    return x, s, axes


def _some(axes):
    if not axes:
        raise ValueError("at least 1 axis must be transformed")
    return axes


_turned = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _calls(dtype):
    return [
        call(drawn(2, 3, dtype=dtype)),
        call(drawn(2, 3, 2, dtype=dtype), (4, 3)),
        call(drawn(3, 2, 2, dtype=dtype), s=(2, 5), axes=(1, 0), norm="ortho"),
        call(drawn(2, 3), axes=(-1,), norm="forward"),
    ]


_planes = {
    dtype: [call(drawn(3, 2, dtype=dtype)), call(drawn(2, 3, 2, dtype=dtype), (2, 4), (0, 1), "ortho")]
    for dtype in (float, complex)
}


@implements(plain=sf.fftn, exact=False, cases=_calls(complex))
def fftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Discrete Fourier transform along several axes: `fft` along one after another.

    The gradient is that of `fft` along each axis.

    Parameters
    ----------
    x : Variable or ndarray
    s : sequence of int, optional
        The number of points along each of the axes; -1 for the length of x. Without axes, along the last
        ones.
    axes : sequence of int, optional
        By default all; none twice.
    norm, overwrite_x, workers, plan
        As for `fft`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When s and axes have different lengths, or an axis is named twice.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return np_fft.fftn(x, s, axes, norm) if axes else as_variable(x)


@implements(plain=sf.ifftn, exact=False, cases=_calls(complex))
def ifftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `fftn`.

    The gradient is that of `ifft` along each axis. The parameters are those of `fftn`.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return np_fft.ifftn(x, s, axes, norm) if axes else as_variable(x)


@implements(plain=sf.rfftn, exact=False, cases=_calls(float))
def rfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`rfft` along the last of several axes, then `fft` along the others.

    The gradient is that of `fft` along the others, then that of `rfft` along the last. The parameters are
    those of `fftn`.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return np_fft.rfftn(x, s, _some(axes), norm)


@implements(plain=sf.irfftn, exact=False, cases=_calls(complex))
def irfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `rfftn`: `ifft` along all but the last of several axes, then `irfft` along the last.

    The gradient is that of `irfft` along the last, then that of `ifft` along the others. The parameters are
    those of `fftn`.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return np_fft.irfftn(x, s, _some(axes), norm)


@implements(plain=sf.hfftn, exact=False, cases=_calls(complex))
def hfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`fftn` of a Hermitian signal, given by its first half along the last of the axes.

    The gradient is the conjugate of that of `irfftn` with the other normalization. The parameters are those
    of `fftn`.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return np_fft.irfftn(conj(x), s, _some(axes), _turned[norm])


@implements(plain=sf.ihfftn, exact=False, cases=_calls(float))
def ihfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """Inverse of `hfftn`: the first half along the last of the axes of the signal whose `fftn` is x.

    The gradient is that of `rfftn` of conj(gy) with the other normalization. The parameters are those of
    `fftn`.
    """
    x, s, axes = _axes_of(x, s, axes, plan)
    return conj(np_fft.rfftn(x, s, _some(axes), _turned[norm]))


@implements(plain=sf.fft2, exact=False, cases=_planes[complex])
def fft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`fftn` along two axes, by default the last two.

    The gradient and the parameters are those of `fftn`.
    """
    return fftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.ifft2, exact=False, cases=_planes[complex])
def ifft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`ifftn` along two axes, by default the last two.

    The gradient and the parameters are those of `ifftn`.
    """
    return ifftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.rfft2, exact=False, cases=_planes[float])
def rfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`rfftn` along two axes, by default the last two.

    The gradient and the parameters are those of `rfftn`.
    """
    return rfftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.irfft2, exact=False, cases=_planes[complex])
def irfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`irfftn` along two axes, by default the last two.

    The gradient and the parameters are those of `irfftn`.
    """
    return irfftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.hfft2, exact=False, cases=_planes[complex])
def hfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`hfftn` along two axes, by default the last two.

    The gradient and the parameters are those of `hfftn`.
    """
    return hfftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.ihfft2, exact=False, cases=_planes[float])
def ihfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """`ihfftn` along two axes, by default the last two.

    The gradient and the parameters are those of `ihfftn`.
    """
    return ihfftn(x, s, axes, norm, plan=plan)


@implements(plain=sf.fftshift, cases=[call(drawn(5)), call(drawn(3, 4), axes=0)])
def fftshift(x, axes=None):
    """Move the frequency 0 from the start of an axis to its middle.

    The gradient is ifftshift(gy).
    """
    return np_fft.fftshift(floating(x), axes)


@implements(plain=sf.ifftshift, cases=[call(drawn(5)), call(drawn(3, 4), axes=0)])
def ifftshift(x, axes=None):
    """Inverse of `fftshift`: move the frequency 0 from the middle of an axis back to its start.

    The gradient is fftshift(gy).
    """
    return np_fft.ifftshift(floating(x), axes)


# -- Cosine and sine transforms -------------------------------------------------------------------


def _weighted(x, axis, end, value):
    """x times a value at the first or the last place of an axis, or at both."""
    w = np.ones(x.shape[axis], np.empty(0, x.dtype).real.dtype)
    if end != "last":
        w[0] = value
    if end != "first":
        w[-1] = value
    return x * column(w, axis, x.ndim)


#: Of each family and type: the type whose matrix is the transpose, up to weights at the ends: the places,
#: and the weights of gy before, and of the gradient after that transform.
_TRANSPOSES = {
    ("dct", 1): (1, "both", 2.0, 0.5),
    ("dct", 2): (3, "first", 2.0, 1.0),
    ("dct", 3): (2, "first", 1.0, 0.5),
    ("dct", 4): (4, None, 1.0, 1.0),
    ("dst", 1): (1, None, 1.0, 1.0),
    ("dst", 2): (3, "last", 2.0, 1.0),
    ("dst", 3): (2, "last", 1.0, 0.5),
    ("dst", 4): (4, None, 1.0, 1.0),
}


class Trigonometric(Primitive):
    """A cosine or sine transform without normalization, along one axis."""

    options = ("family", "type", "axis")
    linear = True

    def forward(self, x):
        return getattr(sf, self.family)(x, self.type, axis=self.axis)

    def backward(self, gy):
        type, end, before, after = _TRANSPOSES[self.family, self.type]
        if before != 1:
            gy = _weighted(gy, self.axis, end, before)
        gx = Trigonometric.operation(gy, self.family, type, self.axis)
        return gx if after == 1 else _weighted(gx, self.axis, end, after)


def _transformed(x, s, axes, family, type, norm, orthogonalize):
    """Along several axes: weights at the ends, the transform, and the factor of its normalization."""
    if type not in (1, 2, 3, 4):
        raise ValueError(f"invalid type {type}: 1, 2, 3 or 4 is wanted")
    if norm not in _turned:
        raise ValueError(f'Invalid norm value {norm!r}, should be "backward", "ortho" or "forward"')
    orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
    ends = {
        ("dct", 1): "both",
        ("dct", 2): "first",
        ("dct", 3): "first",
        ("dst", 2): "last",
        ("dst", 3): "last",
    }
    end = ends.get((family, type)) if orthogonal else None
    for k, axis in enumerate(axes):
        if s is not None and s[k] not in (-1, x.shape[axis]):
            x = _of_length(x, s[k], axis)
        n = x.shape[axis]
        if n < 1:
            raise ValueError(f"invalid number of data points ({n}) specified")
        if (family, type) == ("dct", 1) and n < 2:
            raise RuntimeError("a cosine transform of type 1 takes at least 2 points")
        if end and type in (1, 3):
            x = _weighted(x, axis, end, 2**0.5)
        x = Trigonometric.operation(x, family, int(type), axis)
        if end and type in (1, 2):
            x = _weighted(x, axis, end, 0.5**0.5)
        points = 2 * (n + {("dct", 1): -1, ("dst", 1): 1}.get((family, type), 0))
        if norm == "forward":
            x = x * (1 / points)
        elif norm == "ortho":
            x = x * (1 / points) ** 0.5
    return as_variable(x)


def _of_length(x, n, axis):
    """x cropped to n elements along an axis, or padded with zeros to n."""
    m = x.shape[axis]
    index = (*[slice(None)] * axis, slice(min(m, n)))
    if n <= m:
        return x[index]
    return AddAt.operation(x, index, (*x.shape[:axis], n, *x.shape[axis + 1 :]))


def _axis_of(x, n, axis):
    """An operand, the number of points and the axis, as `_transformed` has them of several axes."""
    x = floating(x)
    return x, None if n is None else [n], [axis_of(axis, x.ndim)]


def _inverted(type, norm):
    """The type and the normalization of the inverse of a cosine or sine transform."""
    return {2: 3, 3: 2}.get(type, type), _turned.get(norm, norm)


_one_axis = [
    *[call(drawn(4), type) for type in (1, 2, 3, 4)],
    *[call(drawn(3), type, norm="ortho") for type in (1, 2, 3, 4)],
    call(drawn(3, 2), 2, 4, 0, "forward"),
    call(drawn(2, 3), 3, n=2, orthogonalize=True),
    call(drawn(2, 3), 2, norm="ortho", orthogonalize=False),
    call(drawn(3, dtype=complex), 1),
]
_axes = [
    call(drawn(3, 2)),
    call(drawn(3, 2), 3, norm="ortho"),
    call(drawn(2, 3, 2), 1, (3, 4), norm="forward"),
    call(drawn(2, 3, 2), 4, s=(2, 3), axes=(2, 0)),
    call(drawn(2, 2, 3), 2, axes=(1, 2), orthogonalize=True),
]


@implements(plain=sf.dct, exact=False, cases=_one_axis)
def dct(
    x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """Discrete cosine transform along an axis.

    The unnormalized transforms, for k from 0 to n - 1, are

    - type 1: x[0] + (-1)**k * x[n-1] + 2 * sum over 0 < j < n - 1 of x[j] * cos(pi * k * j / (n - 1)),
    - type 2: 2 * sum of x[j] * cos(pi * k * (2 * j + 1) / (2 * n)),
    - type 3: x[0] + 2 * sum over j > 0 of x[j] * cos(pi * (2 * k + 1) * j / (2 * n)),
    - type 4: 2 * sum of x[j] * cos(pi * (2 * k + 1) * (2 * j + 1) / (4 * n)).

    The gradient is the transposed transform of gy: of type 1, 3, 2 or 4 for the types 1 to 4.

    Parameters
    ----------
    x : Variable or ndarray
    type : {1, 2, 3, 4}
    n : int, optional
        The number of points: x is cropped, or padded with zeros.
    axis : int
    norm : {"backward", "ortho", "forward"}, optional
        As for `fft`, with 2 * n points (type 1: 2 * (n - 1)).
    overwrite_x : bool
        Accepted and not used: no argument is overwritten.
    workers : int, optional
        Accepted and not used.
    orthogonalize : bool, optional
        Whether the ends are weighted so that with "ortho" the matrix is orthogonal. By default with "ortho".

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the type or the norm is unknown, or there are no points.
    """
    return _transformed(*_axis_of(x, n, axis), "dct", type, norm, orthogonalize)


@implements(plain=sf.idct, exact=False, cases=_one_axis)
def idct(
    x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """Inverse of `dct`, the transform of type 1, 3, 2 or 4 for the types 1 to 4.

    The gradient is the transposed transform of gy. The parameters are those of `dct`.
    """
    return _transformed(*_axis_of(x, n, axis), "dct", *_inverted(type, norm), orthogonalize)


@implements(plain=sf.dst, exact=False, cases=_one_axis)
def dst(
    x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """Discrete sine transform along an axis.

    The unnormalized transforms, for k from 0 to n - 1, are

    - type 1: 2 * sum of x[j] * sin(pi * (k + 1) * (j + 1) / (n + 1)),
    - type 2: 2 * sum of x[j] * sin(pi * (k + 1) * (2 * j + 1) / (2 * n)),
    - type 3: (-1)**k * x[n-1] + 2 * sum over j < n - 1 of x[j] * sin(pi * (2 * k + 1) * (j + 1) / (2 * n)),
    - type 4: 2 * sum of x[j] * sin(pi * (2 * k + 1) * (2 * j + 1) / (4 * n)).

    The gradient is the transposed transform of gy: of type 1, 3, 2 or 4 for the types 1 to 4.

    Parameters
    ----------
    x : Variable or ndarray
    type : {1, 2, 3, 4}
    n : int, optional
        The number of points: x is cropped, or padded with zeros.
    axis : int
    norm : {"backward", "ortho", "forward"}, optional
        As for `fft`, with 2 * n points (type 1: 2 * (n + 1)).
    overwrite_x : bool
        Accepted and not used: no argument is overwritten.
    workers : int, optional
        Accepted and not used.
    orthogonalize : bool, optional
        Whether the ends are weighted so that with "ortho" the matrix is orthogonal. By default with "ortho".

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the type or the norm is unknown, or there are no points.
    """
    return _transformed(*_axis_of(x, n, axis), "dst", type, norm, orthogonalize)


@implements(plain=sf.idst, exact=False, cases=_one_axis)
def idst(
    x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """Inverse of `dst`, the transform of type 1, 3, 2 or 4 for the types 1 to 4.

    The gradient is the transposed transform of gy. The parameters are those of `dst`.
    """
    return _transformed(*_axis_of(x, n, axis), "dst", *_inverted(type, norm), orthogonalize)


@implements(plain=sf.dctn, exact=False, cases=_axes)
def dctn(
    x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None
):  # fmt: skip
    """`dct` along several axes, by default all.

    The gradient is that of `dct` along each axis; the parameters are those of `dct` and `fftn`.
    """
    return _transformed(*_axes_of(x, s, axes), "dct", type, norm, orthogonalize)


@implements(plain=sf.idctn, exact=False, cases=_axes)
def idctn(
    x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """`idct` along several axes, by default all.

    The gradient is that of `idct` along each axis; the parameters are those of `idct` and `fftn`.
    """
    return _transformed(*_axes_of(x, s, axes), "dct", *_inverted(type, norm), orthogonalize)


@implements(plain=sf.dstn, exact=False, cases=_axes)
def dstn(
    x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """`dst` along several axes, by default all.

    The gradient is that of `dst` along each axis; the parameters are those of `dst` and `fftn`.
    """
    return _transformed(*_axes_of(x, s, axes), "dst", type, norm, orthogonalize)


@implements(plain=sf.idstn, exact=False, cases=_axes)
def idstn(
    x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None
):  # fmt: skip
    """`idst` along several axes, by default all.

    The gradient is that of `idst` along each axis; the parameters are those of `idst` and `fftn`.
    """
    return _transformed(*_axes_of(x, s, axes), "dst", *_inverted(type, norm), orthogonalize)


# -- Hankel transforms ----------------------------------------------------------------------------


class Hankel(Primitive):
    """The fast Hankel transform or its inverse: a real symmetric matrix in the last axis."""

    options = ("name", "dln", "mu", "offset", "bias")
    linear = True

    def forward(self, a):
        return getattr(sf, self.name)(a, self.dln, self.mu, self.offset, self.bias)

    def backward(self, gy):
        return Hankel.operation(gy, *self.option)


def _hankel(name, a, dln, mu, offset, bias):
    numbers = {"dln": dln, "mu": mu, "offset": offset, "bias": bias}
    for parameter, x in numbers.items():
        constant(x, name, parameter)
    return Hankel.operation(floating(a), name, *numbers.values())


_hankel_calls = [call(drawn(5), 0.1, 0.5), call(drawn(2, 6), 0.2, 1.0, offset=0.1, bias=-0.3)]


@implements(plain=sf.fht, exact=False, cases=_hankel_calls)
def fht(a, dln, mu, offset=0.0, bias=0.0):
    """Hankel transform of order mu of samples at logarithmic distances dln.

    The gradient is fht(gy), since the matrix of the transform is symmetric.

    Parameters
    ----------
    a : Variable or ndarray
        Real samples in the last axis.
    dln, mu, offset, bias : float
        They take no gradient.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When another parameter than a is a Variable.
    """
    return _hankel("fht", a, dln, mu, offset, bias)


@implements(plain=sf.ifht, exact=False, cases=_hankel_calls)
def ifht(A, dln, mu, offset=0.0, bias=0.0):
    """Inverse of `fht`.

    The gradient is ifht(gy), since the matrix of the transform is symmetric. The parameters are those of
    `fht`.
    """
    return _hankel("ifht", A, dln, mu, offset, bias)
