"""Types of the compiled ufuncs; `tests/test_stubs.py` compares them with the module."""

import numpy as np

choice: np.ufunc
where: np.ufunc
convert: np.ufunc
