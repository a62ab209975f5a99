"""What a page of names says in its `__all__`."""

from types import ModuleType


def public_names(page):
    """The public names that a module has imported by `*`, in their order: all but the modules themselves.

    Parameters
    ----------
    page : dict
        The module's ``globals()``.

    Returns
    -------
    list of str
    """
    return [name for name, x in page.items() if name[0] != "_" and not isinstance(x, ModuleType)]
