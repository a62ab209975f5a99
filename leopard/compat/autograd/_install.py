"""`install` and `uninstall`: an import finder by which `autograd` means `leopard.compat.autograd`."""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

from leopard._core import show_class_as

OURS, THEIRS = "leopard.compat.autograd", "autograd"
#: Modules that another finder could take by their file's name, as pytest's does with `test_*.py`.
BEFOREHAND = ("numpy", "test_util")
#: Programs compare ``str(type(x))`` with this class, without an import of it.
BOX = b"autograd.numpy.numpy_boxes.ArrayBox"


def _is_theirs(name):
    return name == THEIRS or name.startswith(f"{THEIRS}.")


def _ours(name):
    """The name of leopard's module in the place of one of autograd's."""
    return OURS + name.removeprefix(THEIRS)


class _Aliases(MetaPathFinder, Loader):
    """Finds leopard's own module objects under autograd's names; no module is executed a second time."""

    said = False
    class_before = None  # what the class of Variables was called before it was a box

    def find_spec(self, name, path=None, target=None):
        if not _is_theirs(name):
            return None
        if find_spec(_ours(name)) is None:
            raise ModuleNotFoundError(
                f"{OURS}, which stands in for autograd here, has no module {_ours(name)!r} (imported as "
                f"{name!r}); docs/autograd_names.md lists what it has",
                name=name,
            )
        return ModuleSpec(
            name, self, is_package=find_spec(_ours(name)).submodule_search_locations is not None
        )

    def create_module(self, spec):
        module = import_module(_ours(spec.name))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        # The machinery of imports has put the alias's spec into the module; the module keeps its own.
        module.__spec__ = module.__spec__.loader_state


_finder = _Aliases()


def _aliases():
    """The names in `sys.modules` that are autograd's, with the modules that they mean."""
    return {name: module for name, module in list(sys.modules.items()) if _is_theirs(name)}


def _is_alias(name, module):
    return module is sys.modules.get(_ours(name))


def install():
    """Make ``import autograd`` mean `leopard.compat.autograd` for everything that is imported afterwards.

    Each module of autograd's, as ``autograd.numpy`` or ``autograd.scipy.stats``, is then the module of that
    name in `leopard.compat.autograd`, the same object. An installed autograd is not loaded. A line on stderr
    says so, once. The class of Variables is then shown as ``autograd.numpy.numpy_boxes.ArrayBox``, since
    programs look for that name, and a Variable cannot be pickled. Called again, it does nothing.

    Raises
    ------
    RuntimeError
        Where a module of autograd's is imported already: its functions would meet leopard's.
    """
    if _finder in sys.meta_path:
        return
    theirs = sorted(name for name, module in _aliases().items() if not _is_alias(name, module))
    if theirs:
        raise RuntimeError(
            f"{OURS}.install: autograd is imported already ({', '.join(theirs[:3])}"
            f"{', ...' if len(theirs) > 3 else ''}), and its functions cannot be mixed with leopard's; call "
            "install() before the first import of autograd or of a package that imports it"
        )
    for name in BEFOREHAND:
        import_module(f"{OURS}.{name}")
    sys.meta_path.insert(0, _finder)
    _finder.class_before = show_class_as(BOX)
    for name, module in list(sys.modules.items()):
        if name == OURS or name.startswith(f"{OURS}."):
            sys.modules[THEIRS + name.removeprefix(OURS)] = module
    if not _finder.said:
        _finder.said = True
        print(f"leopard: 'import autograd' means {OURS} in this process", file=sys.stderr)


def uninstall():
    """Undo `install`: ``import autograd`` means autograd again, for what is imported afterwards.

    Modules that were imported in between keep leopard's functions. Where `install` was not called it does
    nothing.
    """
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    show_class_as(_finder.class_before)
    for name, module in _aliases().items():
        if _is_alias(name, module):
            del sys.modules[name]
