"""Types of the compiled ufunc; `tests/test_stubs.py` says when this page is stale."""

import numpy as np

choice: np.ufunc
