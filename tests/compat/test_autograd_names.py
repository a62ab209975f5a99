"""Every name of autograd's is there, or stands in the table with the reason."""

import importlib.util
import pathlib

import pytest

SOURCE = pathlib.Path(__file__).parents[2] / "docs" / "autograd_names.py"


@pytest.fixture(scope="module")
def names():
    pytest.importorskip("autograd")
    pytest.importorskip("scipy")
    if not SOURCE.exists():
        pytest.skip("the page is not here: these tests run outside the tree")
    spec = importlib.util.spec_from_file_location("autograd_names", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(names):
    return names.table()


def test_the_page_is_up_to_date(names, table):
    text = names.PAGE.read_text()
    if "autograd {} and NumPy {}.".format(*names.versions()) not in text:
        pytest.skip("the page is of other versions of autograd and NumPy")
    assert text == names.page(), "run python docs/autograd_names.py"


def test_what_is_missing_or_differs_has_its_reason(table):
    silent = [(place, name) for place, rows in table.items() for name, status, why in rows if why == ""
              and status != "there"]  # fmt: skip
    assert not silent


def test_no_derivative_of_autograds_is_lost(names, table):
    assert not [(place, name) for place, rows in table.items() for name, _, why in rows if why == names.LOST]


def test_each_reason_is_of_a_name_that_autograd_has(names, table):
    for place, reasons in names.REASONS.items():
        if place != "*":
            assert set(reasons) - {"*"} <= {name for name, _, _ in table[place]}, place


def test_the_namespaces_of_programs_are_whole(table):
    for place in ("autograd", "autograd.test_util", "autograd.misc", "autograd.misc.optimizers",
                  "autograd.numpy.random", "autograd.misc.flatten"):  # fmt: skip
        missing = [row for row in table[place] if row[1] == "missing" and "module" not in row[2]]
        assert not missing, place
