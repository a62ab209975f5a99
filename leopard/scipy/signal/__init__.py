"""Signal processing: functions of `scipy.signal`, of Variables: SciPy's names, parameters and values.

Windows and the design of filters are SciPy's, of plain arrays: `windows`, `get_window`. SciPy's own functions
raise TypeError when they are given Variables, and name these.
"""

from scipy.signal import windows

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.signal.convolution import *
from leopard.scipy.signal.filtering import *
from leopard.scipy.signal.resampling import *
from leopard.scipy.signal.responses import *
from leopard.scipy.signal.smoothing import *
from leopard.scipy.signal.spectra import *

__all__ = [*_public_names(globals()), "windows"]
