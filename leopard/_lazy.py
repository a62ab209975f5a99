"""What `leopard` imports when it is first used, so that importing leopard stays quick."""

import sys
from importlib import import_module

from leopard._transform_names import TRANSFORMS

MODULES = ["compat", "fft", "testing", "transforms"]

#: Chapters of operations for modules that NumPy itself imports when they are first used.
CHAPTERS = {"numpy.fft": "leopard.functions.fft"}


def import_chapter_of(module):
    """Import the chapter of operations for a lazily imported module of NumPy's.

    Returns False where the module has no such chapter, or the chapter has been imported before.
    """
    if module not in CHAPTERS or CHAPTERS[module] in sys.modules:
        return False
    import_module(CHAPTERS[module])
    return True


def __getattr__(name):
    """The attribute `name` of `leopard`, imported at its first use: a transform, or a module."""
    if name in MODULES:
        return import_module(f"leopard.{name}")
    if name not in TRANSFORMS:
        raise AttributeError(f"module 'leopard' has no attribute {name!r}")
    transforms = import_module("leopard.transforms")
    page = vars(sys.modules["leopard"])
    page.update({transform: getattr(transforms, transform) for transform in TRANSFORMS})
    return page[name]


def __dir__():
    page = sys.modules["leopard"]
    return sorted({*vars(page), *page.__all__, *MODULES})
