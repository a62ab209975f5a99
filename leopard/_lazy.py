"""What `leopard` imports when it is first used, so that importing leopard stays quick."""

import sys
from importlib import import_module

from leopard._transform_names import TRANSFORMS

MODULES = ["compat", "fft", "testing", "transforms"]

#: Chapters of operations that stand for a module which NumPy, too, imports when it is first used.
CHAPTERS = {"numpy.fft": "leopard.functions.fft"}


def import_chapter_of(module):
    """Import the operations that stand for a module of NumPy's; False where there are no more of them."""
    if module not in CHAPTERS or CHAPTERS[module] in sys.modules:
        return False
    import_module(CHAPTERS[module])
    return True


def __getattr__(name):
    """`leopard.name`, the first time: a transform, or a module."""
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
