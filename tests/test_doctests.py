"""The examples in the docstrings run, those of compiled objects too."""

import doctest

import numpy as np
import pytest

import leopard
from leopard import _core, extend
from leopard._numeric import loops, ready_queue
from leopard.testing import _check

OPTIONS = doctest.NORMALIZE_WHITESPACE
PUBLIC = [
    *dict.fromkeys([*leopard.__all__, *leopard.functions.__all__])
]  # `leopard.sum` is in the second alone
NAMES = {"np": np} | {name: getattr(leopard, name) for name in PUBLIC}


def found(name, thing):
    """The examples of an object, and of a class's methods."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    things = {name: thing}
    if isinstance(thing, type):
        things |= {f"{name}.{n}": getattr(thing, n) for n in vars(thing) if not n.startswith("__")}
    for full, one in things.items():
        doc = getattr(one, "__doc__", None)
        if isinstance(doc, str):
            yield from finder.find(doc, full, module=False, globs=dict(NAMES))


def public_things():
    for name in PUBLIC:
        yield f"leopard.{name}", getattr(leopard, name)
    yield "leopard.extend", extend
    for name in extend.__all__:
        yield f"leopard.extend.{name}", getattr(extend, name)
    for module in (_core, loops, ready_queue, _check):
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", None) == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", thing


THINGS = dict(public_things())
TESTS = {test.name: test for name, thing in THINGS.items() for test in found(name, thing) if test.examples}


def run(test):
    said = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(test, out=said.append, clear_globs=False)
    return "".join(said)


@pytest.mark.parametrize("name", TESTS)
def test_an_example_prints_what_it_shows(name):
    if "sparse" in name:
        pytest.importorskip("scipy.sparse")
    assert not run(TESTS[name])


def test_a_wrong_example_would_be_noticed():
    (test,) = doctest.DocTestFinder().find(
        ">>> tanh(0.0)\nvariable(1.0)\n", "wrong", module=False, globs=dict(NAMES)
    )
    assert "variable(0.0)" in run(test)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_docstring(name):
    doc = getattr(leopard, name).__doc__
    assert isinstance(doc, str)
    lines = [line for line in doc.strip().splitlines() if line]
    assert lines[0].endswith(".")


@pytest.mark.parametrize("name", leopard.functions.__all__)
def test_every_function_has_an_example_and_its_gradient(name):
    doc = getattr(leopard, name).__doc__
    assert ">>>" in doc
    if name not in ("rsub", "rdiv"):  # they say whose rule they take
        assert "gradient" in doc


@pytest.mark.parametrize(
    "name", ["Variable", "Function", "as_array", "as_variable", "tanh", "add", "no_grad"]
)
def test_the_examples_of_compiled_objects_are_found(name):
    assert f"leopard.{name}" in TESTS


def test_the_page_of_the_package_has_an_example():
    (test,) = doctest.DocTestFinder(recurse=False).find(leopard.__doc__, "leopard", module=False, globs={})
    assert test.examples
    assert not run(test)


def test_every_docstring_keeps_within_forty_lines_or_so():
    for name, thing in THINGS.items():
        doc = getattr(thing, "__doc__", None) or ""
        assert doc.count("\n") <= 50, f"{name}: {doc.count(chr(10))} lines"
