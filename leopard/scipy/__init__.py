"""SciPy's functions of Variables, under their names. SciPy is imported when a module is first used."""

from importlib import import_module as _import_module

from leopard.scipy._require import require_scipy as _require_scipy

_require_scipy()

__all__ = [
    "cluster", "fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse",
    "spatial",
    "special", "stats",
]  # fmt: skip


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'leopard.scipy' has no attribute {name!r}")
    return _import_module(f"leopard.scipy.{name}")
