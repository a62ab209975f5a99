"""The error where SciPy is not installed."""


def require_scipy():
    """Import SciPy, or raise ImportError with what to install."""
    try:
        import scipy  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "leopard.scipy needs SciPy, which is not installed: pip install leopard-autodiff[scipy]"
        ) from error
