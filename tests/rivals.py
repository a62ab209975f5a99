"""The other libraries, as the tests use them; a test of one that is not installed is skipped, visibly."""

import contextlib

import pytest

#: NumPy's functions that HIPS autograd, MyGrad, DeZero or JAX differentiates, as tried in 2026, and some that
#: none of them does.
DIFFERENTIATED = """
cos exp log negative sin tanh abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin
asinh atan atanh cosh exp2 expm1 log10 log1p log2 reciprocal sinc sinh sqrt square tan angle around ceil
conj conjugate deg2rad degrees fabs floor imag nan_to_num rad2deg radians real rint round sign trunc cbrt
positive fix real_if_close frexp i0 modf add divide multiply power subtract true_divide arctan2 atan2
logaddexp logaddexp2 maximum minimum pow fmax fmin hypot mod remainder copysign divmod float_power
floor_divide fmod heaviside ldexp max mean min sum amax amin cumsum prod std var diff gradient average
cumprod convolve corrcoef correlate cov cumulative_prod cumulative_sum ediff1d interp median nancumprod
nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar percentile
ptp quantile trapezoid unwrap matmul dot einsum cross diag diagonal inner kron outer tensordot trace tril
triu diagflat matvec vander vdot vecdot vecmat linalg.norm linalg.cholesky linalg.det linalg.eigh linalg.inv
linalg.multi_dot linalg.pinv linalg.slogdet linalg.solve linalg.svd linalg.eig linalg.cond linalg.eigvals
linalg.eigvalsh linalg.lstsq linalg.matrix_norm linalg.matrix_power linalg.matrix_transpose linalg.qr
linalg.svdvals linalg.tensorinv linalg.tensorsolve linalg.vector_norm broadcast_to expand_dims reshape
transpose atleast_1d atleast_2d atleast_3d concat concatenate moveaxis permute_dims ravel repeat roll
squeeze stack swapaxes append array_split astype block column_stack dsplit dstack fliplr flipud hsplit
hstack linspace pad rollaxis rot90 split tile vsplit vstack broadcast_arrays copy delete flip full_like
geomspace insert logspace matrix_transpose meshgrid resize trim_zeros unstack
lib.stride_tricks.sliding_window_view clip where choose partition select sort apply_along_axis
apply_over_axes bincount compress extract piecewise polyder polyfit polyint polymul polyval roots take
take_along_axis unique union1d intersect1d setdiff1d setxor1d histogram2d histogramdd
fft.fft fft.fft2 fft.fftn fft.fftshift fft.ifft fft.ifft2 fft.ifftn fft.ifftshift
fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn fft.hfft fft.ihfft
emath.arccos emath.arcsin emath.arctanh emath.log emath.log10 emath.log2 emath.logn emath.power emath.sqrt
""".split()
#: Functions without a derivative that some of them computes from the values.
FROM_VALUES = "argsort lexsort digitize searchsorted argmax argmin nonzero".split()


@contextlib.contextmanager
def jax_in_doubles():
    """JAX, with 64-bit floats, and compiled quickly rather than well.

    It compiles every operation by itself, which takes longer than all else in a test: compute in one
    ``jax.jit`` what may be.
    """
    jax = pytest.importorskip("jax")
    wanted = {"jax_enable_x64": True, "jax_disable_most_optimizations": True}
    before = {name: jax.config.read(name) for name in wanted}
    for name, value in wanted.items():
        jax.config.update(name, value)
    try:
        yield jax
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
