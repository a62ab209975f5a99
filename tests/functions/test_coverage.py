"""NumPy's functions that some library differentiates: each has a rule here, or answers from the data."""

import functools
import importlib.util
import pathlib

import numpy as np
import pytest

import leopard
from leopard import Variable
from leopard._core import of_function, of_ufunc
from leopard._dispatch import _of_data, _without_gradient

# Of HIPS autograd, MyGrad, DeZero and JAX, as tried in 2026, and some that none of them has.
RULES = """
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
take_along_axis unique fft.fft fft.fft2 fft.fftn fft.fftshift fft.ifft fft.ifft2 fft.ifftn fft.ifftshift
fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn fft.hfft fft.ihfft
emath.arccos emath.arcsin emath.arctanh emath.log emath.log10 emath.log2 emath.logn emath.power emath.sqrt
""".split()
FROM_DATA = "argsort lexsort digitize searchsorted argmax argmin nonzero".split()
METHODS = [
    (np.add, "reduce"), (np.multiply, "reduce"), (np.maximum, "reduce"), (np.minimum, "reduce"),
    (np.add, "accumulate"), (np.multiply, "accumulate"), (np.add, "reduceat"), (np.multiply, "outer"),
]  # fmt: skip
# leopard's own, for what NumPy does not hand over, or has not.
OWN = """
array full r_ c_ vectorize arccot arccoth arccsc arccsch arcsec cot coth csc csch sec sech add_sequence
multi_matmul multiply_sequence
""".split()


def numpys(name):
    try:
        return functools.reduce(getattr, name.split("."), np)
    except AttributeError:
        pytest.skip(f"NumPy {np.__version__} has none")


@pytest.mark.parametrize("name", RULES)
def test_it_has_a_rule(name):
    f = numpys(name)
    assert (of_ufunc(f) if isinstance(f, np.ufunc) else of_function(f)) is not None


@pytest.mark.parametrize(("ufunc", "method"), METHODS, ids=lambda x: getattr(x, "__name__", x))
def test_it_has_a_rule_for_a_method(ufunc, method):
    x = Variable(np.array([1.0, 2.0, 3.0]))
    further = {"reduceat": [[0, 1]], "outer": [x]}.get(method, [])
    y = getattr(ufunc, method)(x, *further)
    assert y.creator is not None
    np.testing.assert_array_equal(y.data, getattr(ufunc, method)(x.data, *further[:0], *[
        z.data if isinstance(z, Variable) else z for z in further
    ]))  # fmt: skip


@pytest.mark.parametrize("name", FROM_DATA)
def test_it_is_answered_from_the_data(name):
    assert numpys(name) in _of_data | _without_gradient


@pytest.mark.parametrize("name", OWN)
def test_leopard_has_it(name):
    assert name in leopard.__all__
    assert callable(getattr(leopard, name)) or hasattr(getattr(leopard, name), "__getitem__")


def test_the_page_of_operations_is_the_register():
    source = pathlib.Path(__file__).parent.parent.parent / "docs" / "operations.py"
    if not source.exists():
        pytest.skip("the page is not here: these tests run outside the tree")
    spec = importlib.util.spec_from_file_location("operations", source)
    operations = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(operations)
    assert operations.PAGE.read_text() == operations.page(), "run python docs/operations.py"
