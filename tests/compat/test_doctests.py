"""The examples in `leopard.compat`, and in what stands behind the transforms, run."""

import doctest
import importlib
import pkgutil

import pytest

import leopard.compat

MODULES = [
    "leopard._pytrees",
    *[m.name for m in pkgutil.walk_packages(leopard.compat.__path__, "leopard.compat.")],
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    if ".scipy" in name:
        pytest.importorskip("scipy")
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    said = []
    for thing in vars(module).values():
        if getattr(thing, "__module__", None) == name and isinstance(getattr(thing, "__doc__", None), str):
            for test in finder.find(thing, getattr(thing, "__name__", name), module=module):
                runner.run(test, out=said.append)
    assert not said, "".join(said)
