"""SciPy's functions of Variables, under their names. SciPy is imported when a module is first used."""

from leopard.scipy._require import require_scipy as _require_scipy

_require_scipy()

__all__ = ["special"]


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'leopard.scipy' has no attribute {name!r}")
    import leopard.scipy.special

    return leopard.scipy.special
