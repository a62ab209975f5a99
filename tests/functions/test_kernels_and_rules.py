"""The core's kernels and the rules in Python agree: a law of its own, which `.ci/memcheck` runs."""

import numpy as np
import pytest

from tests import laws


@pytest.mark.parametrize("case", laws.CASES, ids=str)
def test_kernel_and_rule_agree(case, rng):
    for dtype in (np.float64, np.float32, np.float16):
        laws.kernel_and_rule_agree(case, rng, dtype)
