"""Types of the compiled ufunc; `tests/test_stubs.py` compares them with the module."""

import numpy as np

choice: np.ufunc
