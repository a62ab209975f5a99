"""`autograd.scipy`: functions of SciPy's, differentiated by leopard's. Its modules are imported when used."""

from importlib import import_module

import leopard.scipy  # noqa: F401 (it says what to install where SciPy is missing)


def __getattr__(name):
    if name in ("integrate", "linalg", "misc", "signal", "special", "stats"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
