"""A seal around every test: one that leaks a setting fails, and the setting is put back.

And ``--operation tanh``, which leaves only the tests of one operation; and what the laws were tried on, in
one line at the end of the run.
"""

import collections
import gc

import numpy as np
import pytest

from leopard import Config
from tests import laws
from tests.laws import Case
from tests.rivals import jax_in_doubles

SETTINGS = ("enable_backprop", "train", "selection", "compiled")


def settings():
    return {name: getattr(Config, name) for name in SETTINGS} | {"np.geterr": np.geterr()}


def restore(before):
    for name in SETTINGS:
        setattr(Config, name, before[name])
    np.seterr(**before["np.geterr"])


@pytest.fixture(autouse=True)
def _seal():
    before = settings()
    yield
    after = settings()
    restore(before)
    leaked = [f"{name}: {before[name]} -> {after[name]}" for name in before if after[name] != before[name]]
    assert not leaked, f"the test leaks {'; '.join(leaked)}"


def pytest_collection_finish():
    """The collector need not look at what pytest keeps of its many tests, again and again."""
    gc.collect()
    gc.freeze()


# -- One operation ---------------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption("--operation", help="only the tests of this operation, by its name in the register")


def pytest_configure(config):
    name = config.getoption("operation")
    if name:
        try:
            laws.select(name)
        except LookupError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config, items):
    name = config.getoption("operation")
    if not name:
        return
    own = [item for item in items if is_of(item, name)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(own)])
    items[:] = own


def is_of(item, name):
    """Whether a case, a class or a function of the operation is a parameter of a test, or in its name."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    known = [laws.CLASSES, laws.ENTRIES, *laws.CASE_LISTS]
    for parameter in parameters:
        if any(parameter is one for ones in known for one in ones):
            return True
        called = parameter if isinstance(parameter, str) else getattr(parameter, "__name__", None)
        if called == name:
            return True
    return name in item.originalname.split("_")


@pytest.fixture
def rng():
    """Random numbers for a test: drawn anew for each, and the same each time."""
    return np.random.default_rng(13)


@pytest.fixture
def jax():
    with jax_in_doubles() as jax:
        yield jax


# -- The laws that have held -----------------------------------------------------------------------

kept = collections.Counter()
cases = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    case = parameters.get("case")
    if report.when == "call" and report.passed and isinstance(case, Case):
        cases.add(case)
        kept["laws"] += 1
        if item.originalname.startswith("test_value"):
            kept["values"] += 1
        if "slope" in item.originalname:
            kept[parameters.get("order", 1)] += 1
    return report


def pytest_terminal_summary(terminalreporter):
    functions = {case.name for case in cases} - {""}
    if functions:
        terminalreporter.write_line(
            f"laws: {len(cases)} sample calls of {len(functions)} functions; {kept['values']} values, "
            f"{kept[1]} first, {kept[2]} second and {kept[3]} third derivatives; {kept['laws']} laws in all"
        )
