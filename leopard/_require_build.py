"""Raises an ImportError with the command to run where the core has not been compiled."""

try:
    from leopard import _core  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "leopard._core":
        raise
    raise ImportError(
        "leopard's compiled core was not found: this is its source tree, not built; "
        "run `pip install -e .` in it, or start Python from another folder"
    ) from error
