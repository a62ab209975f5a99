"""A seal around every test: one that leaks a setting fails, and the setting is put back.

And ``--operation tanh``, which leaves only the tests of one operation; and what the laws were tried on, in
one line at the end of the run.
"""

import collections
import gc

import hypothesis
import numpy as np
import pytest

from leopard import Config
from tests import laws
from tests.laws import Case
from tests.rivals import jax_in_doubles

hypothesis.settings.register_profile("untimed", deadline=None)  # no test depends on the speed of the machine
hypothesis.settings.load_profile("untimed")

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


@pytest.fixture(autouse=True, scope="module")
def _earlier_tests_exempt():
    """Exempt what pytest keeps of its many tests from the cyclic collector, which many tests call."""
    gc.collect()
    gc.freeze()


case_numbers = {}


def pytest_collection_finish(session):
    """Number the cases."""
    for item in session.items:
        case_numbers.setdefault(case_of(item), len(case_numbers))


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
# With pytest-xdist the tests run in other processes than the one that prints the summary, so each report
# carries its case and its kind of law.


def case_of(item):
    """The case that a test is run with, or None."""
    case = item.callspec.params.get("case") if hasattr(item, "callspec") else None
    return case if isinstance(case, Case) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    case = case_of(item)
    if report.when == "call" and report.passed and case:
        kind = "law"
        if item.originalname.startswith("test_value"):
            kind = "value"
        if "slope" in item.originalname:
            kind = f"derivative {item.callspec.params.get('order', 1)}"
        report.user_properties.append(("law", [case_numbers[case], case.name, kind]))
    return report


held = collections.Counter()
cases = set()


def pytest_runtest_logreport(report):
    for name, what in report.user_properties:
        if name == "law" and report.when == "call":
            number, function, kind = what
            cases.add((number, function))
            held[kind] += 1


def pytest_terminal_summary(terminalreporter):
    functions = {function for _, function in cases} - {""}
    if functions:
        terminalreporter.write_line(
            f"laws: {len(cases)} sample calls of {len(functions)} functions; {held['value']} values, "
            f"{held['derivative 1']} first, {held['derivative 2']} second and {held['derivative 3']} third "
            f"derivatives; {held.total()} laws in all"
        )
