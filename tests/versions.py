"""Where NumPy itself has changed since the oldest version that is claimed."""

import numpy as np

BEFORE_2_4 = np.lib.NumpyVersion(np.__version__) < "2.4.0"
