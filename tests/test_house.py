"""The floors of the house, read from the import statements: lower ones never import higher ones."""

import ast
import pathlib
import re
import sys

import pytest

import leopard
from tests.processes import run

HOUSE = pathlib.Path(leopard.__file__).parent

# The number of each module's floor; what begins with a name here, with a dot behind, stands there too.
if not (pathlib.Path(leopard.__file__).parent / "_core.pyx").exists():
    pytest.skip("the sources are not here: these tests read them in the tree", allow_module_level=True)

FLOORS = {
    "leopard._loops": 0,
    "leopard._arrays": 0,
    "leopard._queue": 0,
    "leopard._core": 0,
    "leopard._walk": 0,
    "leopard._built": 0,
    "leopard._config": 1,
    "leopard._recipe": 1,
    "leopard._structure": 1,
    "leopard.functions": 1,
    "leopard._dispatch": 2,
    "leopard": 3,
    "leopard.emath": 3,
    "leopard.transforms": 3,
    "leopard.fft": 3,
    "leopard.linalg": 3,
    "leopard.testing": 3,
    "leopard._levels": 3,
    "leopard._slopes": 3,
    "leopard._graph": 3,
    "leopard._explain": 3,
    "leopard.extend": 3,
    "leopard._later": 3,
    "leopard.compat": 4,
    "leopard._tour": 4,
    "leopard.__main__": 4,
}
# What may be imported beside the standard library and NumPy, and by which modules.
EXTRAS = {"leopard.transforms._patterns": {"scipy"}}
HEAVY = set("scipy matplotlib torch jax autograd pandas sklearn networkx hypothesis pytest".split())


def name_of(path):
    parts = [*path.relative_to(HOUSE.parent).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(p): p for p in sorted(HOUSE.rglob("*.py"))}
COMPILED = {name_of(p): p for p in sorted(HOUSE.rglob("*.pyx"))}
EVERYTHING = MODULES | COMPILED


def module_of(name):
    """The longest beginning of a dotted name that is a module of leopard; else its first part."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        if ".".join(parts[:n]) in EVERYTHING:
            return ".".join(parts[:n])
    return parts[0]


def imported_by(name):
    """The modules that a Python module imports, inside functions too."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*start, *([node.module] if node.module else [])])
            names |= {f"{source}.{alias.name}" for alias in node.names}
    return {module_of(n) for n in names} - {name}


IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<source>[\w.]+)[ \t]+c?import[ \t]+\(?(?P<things>[^#\n]*)"
    r"|c?import[ \t]+(?P<plain>[\w., \t]+))",
    re.MULTILINE,
)


def imported_by_compiled(name):
    """The same of a compiled module and its declarations, by the lines that begin an import."""
    names = set()
    for path in (COMPILED[name], COMPILED[name].with_suffix(".pxd")):
        if not path.exists():
            continue
        text = re.sub(r'"""(?:.|\n)*?"""', "", path.read_text(encoding="utf-8"))
        for source, things, plain in IMPORT.findall(text):
            words = [part.split()[0] for part in (things or plain).split(",") if part.strip(" ()")]
            names |= {f"{source}.{word}" for word in words} | {source} if source else set(words)
    return {module_of(n) for n in names} - {name}


def imports():
    return {n: imported_by(n) for n in MODULES} | {n: imported_by_compiled(n) for n in COMPILED}


def ours(names):
    return {n for n in names if n in EVERYTHING}


def floor(name):
    """The floor of a module: its own in the table, or its package's; None for one not spoken of."""
    while name not in FLOORS and name.count(".") > 1:
        name = name.rpartition(".")[0]
    return FLOORS.get(name)


def test_the_reader_of_imports_reads_all_their_forms():
    assert "leopard._core" in imported_by("leopard.functions.elementwise")
    assert "leopard.functions._registry" in imported_by("leopard.functions.shape")
    assert {"leopard._dispatch", "leopard.functions", "leopard._config"} <= imported_by("leopard")
    assert imported_by_compiled("leopard._walk") >= {
        "leopard._core",
        "leopard._loops",
        "leopard._queue",
        "numpy",
    }
    assert {"weakref", "copyreg", "numpy", "leopard._loops"} <= imported_by_compiled("leopard._core")


def test_every_module_stands_on_a_floor():
    homeless = [n for n in EVERYTHING if floor(n) is None]
    assert not homeless, f"say in FLOORS where these stand: {', '.join(homeless)}"


def test_no_module_imports_from_a_higher_floor():
    upwards = [
        f"{name} imports {other}"
        for name, others in imports().items()
        for other in ours(others)
        if (floor(other) or 0) > (floor(name) or 0)
    ]
    assert not upwards, "; ".join(upwards)


def test_no_imports_go_round_in_a_circle():
    edges = {name: ours(others) for name, others in imports().items()}
    done, path = set(), []

    def visit(name):
        if name in path:
            pytest.fail(f"a circle: {' -> '.join([*path[path.index(name) :], name])}")
        if name not in done:
            path.append(name)
            for other in sorted(edges[name]):
                visit(other)
            path.pop()
            done.add(name)

    for name in edges:
        visit(name)


def test_functions_import_only_the_core_their_registry_and_each_other():
    for name in MODULES:
        if name.startswith("leopard.functions."):
            for other in ours(imported_by(name)):
                sibling = other.startswith("leopard.functions.")
                assert sibling or other == "leopard._core", f"{name} imports {other}"


def test_the_registry_imports_no_function():
    assert ours(imported_by("leopard.functions._registry")) <= {"leopard._core"}


def test_the_compiled_core_imports_no_python_module_of_leopard():
    for name in COMPILED:
        others = ours(imported_by_compiled(name))
        assert others <= set(COMPILED), f"{name} imports {sorted(others - set(COMPILED))}"


def test_nothing_that_the_package_imports_asks_the_package_back():
    reached, waiting = set(), ["leopard"]
    table = imports()
    while waiting:
        for other in ours(table[waiting.pop()]) - reached:
            reached.add(other)
            waiting.append(other)
    assert "leopard" not in reached


def test_the_first_page_defines_nothing():
    tree = ast.parse(MODULES["leopard"].read_text(encoding="utf-8"))
    docstring, *body = tree.body
    assert isinstance(docstring, ast.Expr)
    for node in body:
        if isinstance(node, ast.Assign):
            assert [t.id for t in node.targets] in (["__version__"], ["__all__"])
        else:
            assert isinstance(node, (ast.Import, ast.ImportFrom)), ast.unparse(node)


def test_every_public_name_is_there_once():
    for module in (leopard, leopard.functions):
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) and not name.startswith("_") for name in module.__all__)


def test_only_numpy_and_the_standard_library_are_imported():
    for name, others in imports().items():
        allowed = {"leopard", "numpy"} | EXTRAS.get(name, set())
        if name in COMPILED:
            allowed |= {"libc", "cpython", "cython"}
        strange = {other.partition(".")[0] for other in others} - allowed - set(sys.stdlib_module_names)
        assert not strange, f"{name} imports {sorted(strange)}"


def loaded_after(statement):
    return set(run(f"import sys; {statement}; print(*sorted(sys.modules))"))


def test_importing_the_package_loads_none_of_the_heavy_ones():
    loaded = loaded_after("import leopard")
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_importing_the_package_loads_no_floor_above_it():
    loaded = {n for n in loaded_after("import leopard") if n.partition(".")[0] == "leopard"}
    above = {n for n in loaded if (floor(n) or 0) > FLOORS["leopard"]}
    assert not above


def test_each_module_may_be_imported_first():
    """The package is, before any module of it; those that it does not load, each in a fork of its own."""
    names = sorted(n for n in MODULES if not n.endswith("__main__"))
    imported = run(f"""
        import importlib, os, sys, leopard
        for name in {names}:
            if name in sys.modules:
                print(name, flush=True)
                continue
            child = os.fork()
            if not child:
                importlib.import_module(name)
                os._exit(0)
            if os.waitpid(child, 0)[1] == 0:
                print(name, flush=True)
        """)
    assert imported == names
