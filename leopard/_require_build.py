"""Is the compiled core here? If not, say what to do instead of naming a module nobody knows."""

try:
    from leopard import _core  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "leopard._core":
        raise
    raise ImportError(
        "leopard's compiled core is not here: this is its source tree, not built; "
        "run `pip install -e .` in it, or start Python from another folder"
    ) from error
