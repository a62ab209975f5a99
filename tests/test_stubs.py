"""The stubs of the compiled modules name what is there, all of it, and nothing else."""

import ast
import importlib
import inspect
import pathlib
import types

import pytest

import leopard
from leopard.functions.protocols.variable_methods import INSTEAD  # what a Variable refuses

MODULES = [
    "_core",
    "_numeric.arrays",
    "_numeric.choice",
    "_numeric.loops",
    "_numeric.ready_queue",
    "_numeric.replay",
    "compiling.terms",
]
FOLDER = pathlib.Path(leopard.__file__).parent
GIVEN_BY_PYTHON = set(dir(object)) | {
    "__array_priority__",
    "__module__",
    "__pyx_vtable__",
    "__weakref__",
    "__name__",
    "__signature__",
}


def stub_of(name):
    tree = ast.parse((FOLDER / f"{name.replace('.', '/')}.pyi").read_text())
    names, classes = set(), {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            classes[node.name] = node
            names.add(node.name)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and node.target.id != "Operand":
            names.add(node.target.id)
    return names, classes


def members(node):
    found = set()
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            found.add(item.name)
        elif isinstance(item, ast.AnnAssign):
            found.add(item.target.id)
    return found


def own_names(module):
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", module.__name__) in (module.__name__, None)
    }


#: What `leopard.compat.autograd` gives to Variables once it is imported, and what its tests register.
ADDED_BY_COMPAT = "_value", "_trace", "_node", "doubled"


@pytest.mark.parametrize("name", MODULES)
def test_stub_names_what_the_module_has(name):
    module = importlib.import_module(f"leopard.{name}")
    names, _ = stub_of(name)
    assert names == own_names(module)


@pytest.mark.parametrize("name", MODULES)
def test_stub_names_the_members_of_each_class(name):
    module = importlib.import_module(f"leopard.{name}")
    _, classes = stub_of(name)
    for cls, node in classes.items():
        others = {*INSTEAD, *ADDED_BY_COMPAT} if cls == "Variable" else set()
        real = set(vars(getattr(module, cls))) - GIVEN_BY_PYTHON - others
        stated = members(node) - GIVEN_BY_PYTHON
        assert stated == real, f"{cls}: missing {real - stated}, too many {stated - real}"


@pytest.mark.parametrize("name", MODULES)
def test_stub_gives_functions_their_parameters(name):
    module = importlib.import_module(f"leopard.{name}")
    tree = ast.parse((FOLDER / f"{name.replace('.', '/')}.pyi").read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            try:
                signature = inspect.signature(getattr(module, node.name))
            except ValueError:
                continue
            real = [p for p in signature.parameters if p not in ("args", "kwargs")]
            stated = [a.arg for a in node.args.args]
            if node.args.kwarg is None:
                assert stated == real, node.name
