"""The patterns of all operations: none is smaller than the true one, and those that are larger stand here."""

import numpy as np
import pytest

pytest.importorskip("scipy.sparse")

from tests import laws  # noqa: E402
from tests.laws.patterns import pattern_is_larger, pattern_of_gradient_holds  # noqa: E402

#: Whose derivative depends on the values of the arguments, or is zero everywhere but at single points.
BY_VALUES = set(
    """angle ceil clip copysign cumprod divmod eig fix floor floor_divide fmax_accumulate fmax_reduce
    fmin_accumulate fmin_reduce geomspace heaviside histogram_bin_edges imag interp intersect1d logsumexp
    matrix_norm max maximum_accumulate maximum_reduce maximum_reduceat median min minimum_accumulate
    minimum_reduce modf nan_to_num nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod
    nanquantile nanstd nansum nanvar nextafter norm pad partition percentile pow prod ptp quantile rint round
    setdiff1d setxor1d sign slogdet softmax sort sort_complex trunc union1d unique unique_all unique_counts
    unique_inverse unique_values vander vector_norm where""".split()
)
#: Whose pattern could be made smaller by a rule of their own.
COULD_BE_SMALLER = set(
    """average cholesky corrcoef cov eigh eigvalsh fft2 fftn histogram histogram2d ifft2 ifftn irfft2 irfftn
    lstsq pinv poly polydiv polyfit polymul polyval qr rfft2 rfftn roots subtract_reduce svd trapezoid tril
    triu var""".split()
)
#: Those of the register's benchmarks of sparse derivatives: local, with the exact pattern.
LOCAL = set(
    "cross einsum matmul solve inv convolve cumsum sum tensordot vecdot matvec vecmat dot outer".split()
)


def test_patterns_hold_every_element_and_those_that_hold_more_are_listed():
    larger = {case.operation for case in laws.EVERY_CASE if case.shapes and pattern_is_larger(case)}
    operations = {case.operation for case in laws.EVERY_CASE}
    assert larger == (BY_VALUES | COULD_BE_SMALLER) & operations
    assert not larger & LOCAL


@pytest.mark.parametrize("case", laws.few(laws.EVERY_CASE, 2), ids=str)
def test_patterns_of_gradients_hold_every_element(case):
    with np.errstate(all="ignore"):
        pattern_of_gradient_holds(case)
