"""`autograd.scipy`: functions of SciPy's, differentiated by leopard's."""

import leopard.scipy  # noqa: F401 (it says what to install where SciPy is missing)
