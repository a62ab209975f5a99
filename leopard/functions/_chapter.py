"""The `__all__` of a module that collects the names of others."""

from types import ModuleType


def public_names(page):
    """The public names that a module has imported by `*`, in their order, without submodules.

    Parameters
    ----------
    page : dict
        The module's ``globals()``.

    Returns
    -------
    list of str
    """
    return [name for name, x in page.items() if name[0] != "_" and not isinstance(x, ModuleType)]
