"""The examples in the docstrings of `leopard.scipy` run."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

pytest.importorskip("scipy")

import leopard.scipy  # noqa: E402
from leopard import Variable  # noqa: E402

MODULES = [m.name for m in pkgutil.walk_packages(leopard.scipy.__path__, "leopard.scipy.")]


def examples(name):
    """Of the functions and classes that a module states; an operation has the docstring of its class."""
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for thing in list(vars(module).values()):
        if getattr(thing, "__module__", None) == name and isinstance(getattr(thing, "__doc__", None), str):
            names = {"np": np, "Variable": Variable} | vars(module)
            yield from finder.find(thing, getattr(thing, "__name__", name), module=module, globs=names)


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    said = []
    for test in examples(name):
        runner.run(test, out=said.append)
    assert not said, "".join(said)


def test_the_most_used_special_functions_have_examples():
    found = {test.name for name in MODULES if ".special." in name for test in examples(name) if test.examples}
    assert len(found) >= 12
