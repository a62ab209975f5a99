"""What `leopard` imports when it is first used, so that importing leopard stays quick."""

import sys
from importlib import import_module

from leopard._core import Variable
from leopard._transform_names import COMPILING, TRANSFORMS

MODULES = ["compat", "fft", "implicit", "scipy", "testing", "transforms"]

#: The packages whose names `leopard` shows, and these names.
PAGES = {"leopard.transforms": TRANSFORMS, "leopard.compiling": COMPILING}

#: Chapters of operations for modules that NumPy itself imports when they are first used.
CHAPTERS = {"numpy.fft": "leopard.functions.fft"}

#: Modules of operations for packages whose ufuncs are known by their place alone.
PACKAGES = {"scipy.special": "leopard.scipy.special"}


def import_chapter_of(module):
    """Import the chapter of operations for a lazily imported module of NumPy's.

    Returns False where the module has no such chapter, or the chapter has been imported before.
    """
    if module not in CHAPTERS or CHAPTERS[module] in sys.modules:
        return False
    import_module(CHAPTERS[module])
    return True


def import_package_of(ufunc):
    """Import the operations for the package that has a ufunc, if there are any and it is not done.

    Returns False where nothing was imported.
    """
    for package, chapter in PACKAGES.items():
        ours = chapter not in sys.modules and package in sys.modules
        if ours and any(x is ufunc for x in _ufuncs_of(package)):
            import_module(chapter)
            return True
    return False


def tangent_of_rows(*args):
    """Many tangents of a Function, by the batched rules of `vmap`, imported when they are first used."""
    return import_module("leopard.transforms.batching.tangents").tangent_of_rows(*args)


def _ufuncs_of(package):
    """What a package has under its public names, and in the extension module `_ufuncs` that SciPy's has."""
    for module in (package, f"{package}._ufuncs"):
        yield from list(vars(sys.modules[module]).values()) if module in sys.modules else ()


def operate_sparse(operation, a, b):
    """The value of an operation of a Variable and what NumPy does not know; NotImplemented for most things.

    A sparse matrix of SciPy's on either side is taken by `leopard.scipy.sparse`.
    """
    other = b if isinstance(a, Variable) else a
    if not type(other).__module__.startswith("scipy.sparse."):
        return NotImplemented
    return import_module("leopard.scipy.sparse").operate(operation, a, b)


def __getattr__(name):
    """The attribute `name` of `leopard`, imported at its first use: a transform, a loop, or a module."""
    if name in MODULES:
        return import_module(f"leopard.{name}")
    package = next((package for package, names in PAGES.items() if name in names), None)
    if package is None:
        raise AttributeError(f"module 'leopard' has no attribute {name!r}")
    found = import_module(package)
    page = vars(sys.modules["leopard"])
    page.update({name: getattr(found, name) for name in PAGES[package]})
    return page[name]


def __dir__():
    page = sys.modules["leopard"]
    return sorted({*vars(page), *page.__all__, *MODULES})
