"""NumPy's functions that some library differentiates: each has a rule here, or has none for a reason."""

import functools
import importlib.util
import pathlib

import numpy as np
import pytest

from leopard import Variable
from leopard._core import of_function, of_ufunc
from leopard._dispatch import _of_data, _without_gradient
from leopard.functions.protocols import ufunc_methods
from tests.rivals import DIFFERENTIATED, FROM_VALUES

# NumPy's further functions: those that write into an array, those of dates, and removed ones.
NEITHER = set(
    """
    copyto fill_diagonal place put put_along_axis putmask busday_count busday_offset datetime_as_string
    is_busday in1d trapz
    """.split()
)
OF_REAL_NUMBERS = [(ufunc, method) for ufunc, method in ufunc_methods.METHODS if "dd->d" in ufunc.types]


def numpys(name):
    try:
        return functools.reduce(getattr, name.split("."), np)
    except AttributeError:
        pytest.skip(f"NumPy {np.__version__} has none")


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_it_has_a_rule(name):
    f = numpys(name)
    assert (of_ufunc(f) if isinstance(f, np.ufunc) else of_function(f)) is not None


def test_every_function_that_numpy_hands_over_is_spoken_of():
    for module in (np, np.linalg, np.fft, np.emath, np.lib.stride_tricks):
        handed_over = {
            name
            for name, f in vars(module).items()
            if hasattr(f, "_implementation") and of_function(f) is None and f not in _of_data
        }
        assert handed_over <= NEITHER


def test_every_ufunc_is_spoken_of():
    ufuncs = {f for f in vars(np).values() if isinstance(f, np.ufunc)}
    assert not [f for f in ufuncs if of_ufunc(f) is None and f not in _without_gradient]


@pytest.mark.parametrize(("ufunc", "method"), OF_REAL_NUMBERS, ids=lambda x: getattr(x, "__name__", x))
def test_it_has_a_rule_for_a_method(ufunc, method):
    x = Variable(np.array([1.0, 2.0, 3.0]))
    further = {"reduceat": [[0, 1]], "outer": [x]}.get(method, [])
    y = getattr(ufunc, method)(x, *further)
    assert y.creator is not None
    if ufunc is np.arctan2 and method == "reduce":
        return  # NumPy's own is wrong of a vector
    np.testing.assert_array_equal(y.data, getattr(ufunc, method)(x.data, *further[:0], *[
        z.data if isinstance(z, Variable) else z for z in further
    ]))  # fmt: skip


@pytest.mark.parametrize("name", FROM_VALUES)
def test_it_is_that_of_the_data(name):
    assert numpys(name) in _of_data | _without_gradient


def test_the_page_of_operations_is_the_register():
    source = pathlib.Path(__file__).parent.parent.parent / "docs" / "operations.py"
    if not source.exists():
        pytest.skip("the page is not here: these tests run outside the tree")
    pytest.importorskip("scipy.special")  # the page has its functions, too
    spec = importlib.util.spec_from_file_location("operations", source)
    operations = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(operations)
    assert operations.PAGE.read_text() == operations.page(), "run python docs/operations.py"
