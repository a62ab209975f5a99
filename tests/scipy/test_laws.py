"""The laws, over the functions of SciPy's packages but `special`, which has elementwise ones."""

import importlib
import inspect
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy")

from tests import laws  # noqa: E402
from tests.laws.cases import entries_of  # noqa: E402
from tests.laws.patterns import pattern_is_larger, pattern_of_gradient_holds  # noqa: E402

PACKAGES = [
    "cluster.vq",
    "fft",
    "integrate",
    "interpolate",
    "linalg",
    "ndimage",
    "signal",
    "sparse.linalg",
    "spatial.distance",
    "spatial",
]
OURS = {name: importlib.import_module(f"leopard.scipy.{name}") for name in PACKAGES}
PLACES = tuple({name.partition(".")[0] for name in PACKAGES})
#: What calls SciPy's solvers has no entries, and tests of its own: `test_ivp.py`, `test_quadratures.py`.
SOLVERS = {"odeint", "quad", "quad_vec", "solve_ivp"}
ENTRIES = [e for e in entries_of("leopard.scipy") if e.function.__module__.split(".")[2] in PLACES]
CASES = [case for e in ENTRIES for case in laws.entry_cases(e)]
REAL = [case for case in CASES if complex not in case.dtypes]
SMOOTH = [case for case in CASES if case.smooth]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_is_scipys(case, rng):
    laws.value_is_numpys(replace(case, call=with_arrays(case.call), plain=with_arrays(case.plain)), rng)


def with_arrays(f):
    """A function whose truth values are arrays, as the law has them: `cho_factor` returns one."""

    def call(*xs):
        return tuple(
            [np.asarray(y) if type(y) in (bool, int) else y for y in laws.outputs(f(*xs)) if y is not None]
        )

    return call


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_derivatives_are_right_in_both_modes_and_at_the_second_order(case, rng):
    f = {name: with_arrays(getattr(case, name)) for name in ("call", "plain")}
    laws.derivatives_are_checked(replace(case, **f), rng)


@pytest.mark.parametrize("case", laws.few([c for c in SMOOTH if c.order > 2], 1), ids=str)
def test_third_derivatives_are_slopes(case, rng):
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 3)


@pytest.mark.parametrize("case", laws.few(REAL, 2), ids=str)
def test_gradients_have_the_dtype_and_the_memory_of_their_own(case, rng):
    laws.gradients_have_the_dtype_and_the_memory_of_their_own(case, rng)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_has_cases_and_scipys_parameters(package):
    scipys = importlib.import_module(f"scipy.{package}")
    entered = {inspect.unwrap(e.function) for e in ENTRIES}
    for name in OURS[package].__all__:
        ours = getattr(OURS[package], name)
        if inspect.ismodule(ours) or ours is getattr(scipys, name, None):  # SciPy's, of plain arrays
            continue
        if not hasattr(scipys, name):
            assert name in ("kron", "freqz_sos")  # which SciPy had, or has by now
            continue
        if not ours.__module__.startswith("leopard.scipy."):  # NumPy's, with SciPy's parameters
            continue
        if name in ("splu", "factorized"):  # they return objects: see tests/scipy/sparse
            continue
        theirs = inspect.signature(getattr(scipys, name)).parameters
        ours = dict(inspect.signature(ours).parameters)
        if name in SOLVERS:  # with an option of leopard's
            ours.pop("gradient", None)
        else:
            assert inspect.unwrap(getattr(OURS[package], name)) in entered, name
        deprecated = {"disp", "blocksize"} - set(ours)
        assert [*ours] == [p for p in theirs if p not in deprecated], name
        for p in ours:
            assert (ours[p].default, ours[p].kind) == (theirs[p].default, theirs[p].kind), (name, p)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_patterns_hold_every_element_of_the_derivative(case):
    pattern_is_larger(case)


@pytest.mark.parametrize("case", laws.few(SMOOTH, 2), ids=str)
def test_patterns_of_gradients_hold_every_element(case):
    pattern_of_gradient_holds(case)
