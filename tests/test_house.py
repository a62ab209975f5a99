"""The floors of the house, read from the import statements: lower ones never import higher ones."""

import ast
import pathlib
import re
import sys

import pytest

import leopard
from leopard import _lazy
from tests.processes import run

HOUSE = pathlib.Path(leopard.__file__).parent

if not (HOUSE / "_core.pyx").exists():
    pytest.skip("the sources are not here: these tests read them in the tree", allow_module_level=True)

# The number of each module's floor; what begins with a name here, with a dot behind, stands there too.
FLOORS = {
    "leopard._core": 0,
    "leopard._numeric": 0,
    "leopard._require_build": 0,
    "leopard._config": 1,
    "leopard._pytrees": 1,
    "leopard._refusals": 1,
    "leopard._transform_names": 1,
    "leopard.functions": 2,
    "leopard._dispatch": 3,
    "leopard._explain": 3,
    "leopard._lazy": 3,
    "leopard._services": 3,
    "leopard.drawing": 3,
    "leopard.emath": 3,
    "leopard.extend": 3,
    "leopard.linalg": 3,
    "leopard.fft": 4,
    "leopard.scipy": 4,
    "leopard.transforms": 4,
    "leopard.compiling": 5,
    "leopard.implicit": 5,
    "leopard.testing": 5,
    "leopard": 6,
    "leopard.compat": 7,
    "leopard._demo": 7,
    "leopard.__main__": 7,
}
# The same of what is in `leopard.functions`: what all use, `basic`, the chapters, and what stands on them.
CHAPTERS = {
    "_registry": 0,
    "_chapter": 0,
    "_read_rule": 0,
    "_followed": 0,
    "_primitives": 0,
    "basic": 1,
    "manipulation": 2,
    "math": 2,
    "creation": 2,
    "linalg": 2,
    "statistics": 2,
    "fft": 2,
    "polynomials": 2,
    "sorting": 2,
    "sets": 2,
    "functional": 3,
    "emath": 3,
    "protocols": 3,
    "_structural": 3,
}
# What may be imported beside the standard library and NumPy, and by which modules.
EXTRAS = {"leopard.transforms._product_patterns": {"scipy"}}
EXTRAS |= {"leopard.scipy": {"scipy"}, "leopard.compat.autograd.scipy": {"scipy"}}  # and the modules in them
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
    """What a compiled module, its declarations and its parts import, by the lines that begin an import."""
    pages, names = [COMPILED[name], COMPILED[name].with_suffix(".pxd")], set()
    for part in re.findall(r'^include "(.*)"', COMPILED[name].read_text(encoding="utf-8"), re.MULTILINE):
        pages.append(COMPILED[name].parent / part)
    for path in pages:
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
    assert "leopard._core" in imported_by("leopard.functions.basic.arithmetic")
    assert "leopard.functions._registry" in imported_by("leopard.functions.basic.shape")
    assert {"leopard._services", "leopard.functions", "leopard._config"} <= imported_by("leopard")
    assert imported_by_compiled("leopard._core") >= {
        "leopard._numeric.loops",
        "leopard._numeric.ready_queue",
        "numpy",
    }
    assert {"weakref", "copyreg", "numpy", "leopard._numeric.loops"} <= imported_by_compiled("leopard._core")


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


def circle_in(edges):
    """The names along a circle in a graph, the first one at the end again; or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            path.append(name)
            for other in sorted(edges[name]):
                if circle := visit(other):
                    return circle
            path.pop()
            done.add(name)

    return next((circle for name in edges if (circle := visit(name))), None)


def test_a_circle_is_found():
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_no_imports_go_round_in_a_circle():
    circle = circle_in({name: ours(others) for name, others in imports().items()})
    assert not circle, " -> ".join(circle)


def chapter_of(name):
    """The chapter of a module of `leopard.functions`; None for its `__init__` and for other modules."""
    return name.split(".")[2] if name.startswith("leopard.functions.") else None


def chapters():
    """The chapters that each chapter imports."""
    edges = {chapter_of(name): set() for name in MODULES if chapter_of(name)}
    for name in MODULES:
        if chapter := chapter_of(name):
            others = {chapter_of(other) for other in ours(imported_by(name))}
            edges[chapter] |= others - {chapter, None}
    return edges


def test_every_chapter_is_spoken_of():
    assert set(chapters()) == set(CHAPTERS)


def test_no_chapter_imports_one_above_it():
    upwards = [
        f"{chapter} imports {other}"
        for chapter, others in chapters().items()
        for other in others
        if CHAPTERS[other] > CHAPTERS[chapter]
    ]
    assert not upwards, "; ".join(upwards)


def test_chapters_do_not_import_each_other_in_a_circle():
    circle = circle_in(chapters())
    assert not circle, " -> ".join(circle)


def test_no_folder_has_the_name_of_a_module_beside_it():
    for path in MODULES.values():
        assert path.name == "__init__.py" or not path.with_suffix("").is_dir(), path


def calls_of(name, function):
    """The calls of a function in a Python module, by its name alone."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        called = getattr(node, "func", None)
        if function in (getattr(called, "id", None), getattr(called, "attr", None)):
            yield node


def test_modules_are_imported_by_name_in_five_places():
    places = {
        "leopard.compat.autograd._install",
        "leopard.compat.autograd.scipy",
        "leopard._lazy",
        "leopard.functions._primitives",  # packages that are not leopard's
        "leopard.scipy",
    }
    for function in ("import_module", "_import_module", "__import__"):
        assert {name for name in MODULES if any(calls_of(name, function))} <= places


def test_what_is_imported_when_it_is_first_used_stands_above_all_that_the_package_imports():
    lazy = {f"leopard.{name}" for name in _lazy.MODULES}
    assert lazy <= set(MODULES)
    assert min(map(floor, lazy)) > max(map(floor, reached_from("leopard")))


def connected_in(name, function):
    """The names that a module gives to a `connect_...` of the core, in each of its calls."""
    return [keyword.arg for call in calls_of(name, function) for keyword in call.keywords]


@pytest.mark.parametrize(
    "group, place", [("structural", "leopard.functions._structural"), ("services", "leopard._services")]
)
def test_what_the_core_calls_is_connected_in_one_place(group, place):
    connected = {name: given for name in MODULES if (given := connected_in(name, f"connect_{group}"))}
    assert set(connected) == {place}
    sources = [path.read_text(encoding="utf-8") for path in HOUSE.rglob("*.p[yx][xi]")]
    called = {name for source in sources for name in re.findall(rf"\b{group}\.(\w+)", source)}
    assert sorted(connected[place]) == sorted(called)


def test_functions_import_only_lower_floors_and_each_other():
    for name in MODULES:
        if chapter_of(name):
            for other in ours(imported_by(name)):
                assert chapter_of(other) or floor(other) < FLOORS["leopard.functions"], (
                    f"{name} imports {other}"
                )


def test_the_registry_and_the_base_classes_import_no_function():
    assert ours(imported_by("leopard.functions._registry")) <= {"leopard._core"}
    assert ours(imported_by("leopard.functions._primitives")) <= {
        "leopard._core",
        "leopard.functions._registry",
    }


def test_the_compiled_core_imports_no_python_module_of_leopard():
    for name in COMPILED:
        others = ours(imported_by_compiled(name))
        assert others <= set(COMPILED), f"{name} imports {sorted(others - set(COMPILED))}"


def reached_from(name):
    """All that a module imports, and what that imports, and so on; the packages that these stand in, too."""
    reached, waiting = set(), [name]
    table = imports()
    while waiting:
        others = ours(table[waiting.pop()])
        packages = {other.rpartition(".")[0] for other in others} - {"", "leopard"}
        for other in (others | packages) - reached:
            reached.add(other)
            waiting.append(other)
    return reached


def test_compiled_code_has_no_with_but_that_of_the_lock():
    # Cython passes the traceback to `__exit__`, which is NULL where there was no memory for it: a crash.
    sources = [path for pattern in ("*.pyx", "*.pxi") for path in HOUSE.rglob(pattern)]
    assert len(sources) > 40
    for path in sources:
        code = re.sub(r'"""(.|\n)*?"""', "", path.read_text())
        found = re.findall(r"^ *with (?!nogil:|gil:).*:", code, re.MULTILINE)
        assert not found, (path.name, found)


def test_nothing_that_the_package_imports_imports_the_package():
    assert "leopard" not in reached_from("leopard")


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
        package = next((package for package in EXTRAS if name.startswith(f"{package}.")), name)
        allowed = {"leopard", "numpy"} | EXTRAS.get(package, set())
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


def test_importing_the_package_loads_what_it_imports_and_nothing_else():
    loaded = {n for n in loaded_after("import leopard") if n.partition(".")[0] == "leopard"}
    assert {n for n in loaded if n in EVERYTHING} == reached_from("leopard") | {"leopard"}


def test_each_module_may_be_imported_first():
    """The package is, before any module of it; those that it does not load, each in a fork of its own.

    SciPy, which takes long to import, is there before.
    """
    names = sorted(n for n in MODULES if not n.endswith("__main__"))
    imported = run(f"""
        import contextlib, importlib, os, sys
        with contextlib.suppress(ImportError):
            import scipy.cluster.vq, scipy.signal, scipy.stats
        import leopard
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
