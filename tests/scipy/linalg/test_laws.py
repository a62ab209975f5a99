"""The laws, over the operations of `leopard.scipy.linalg`."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy.linalg  # noqa: E402

import leopard.scipy.linalg  # noqa: E402
from tests import laws  # noqa: E402
from tests.laws import draw, gradients, variables  # noqa: E402
from tests.scipy.linalg.cases import CASES, ENTRIES  # noqa: E402

REAL = [case for case in CASES if complex not in case.dtypes]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_is_scipys(case, rng):
    laws.value_is_numpys(replace(case, call=with_arrays(case.call), plain=with_arrays(case.plain)), rng)


def with_arrays(f):
    """A function whose truth values are arrays, as the law has them: `cho_factor` returns one."""

    def call(*xs):
        return tuple([np.asarray(y) if type(y) is bool else y for y in laws.outputs(f(*xs))])

    return call


@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivatives_are_right_in_both_modes_and_at_the_second_order(case, rng):
    laws.derivatives_are_checked(case, rng)


@pytest.mark.parametrize("case", laws.few([c for c in CASES if c.order > 2], 1), ids=str)
def test_third_derivatives_are_slopes(case, rng):
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 3)


@pytest.mark.parametrize("case", laws.few(REAL, 2), ids=str)
def test_gradients_have_the_dtype_and_the_memory_of_their_own(case, rng):
    for dtype in (np.float32, np.float64):
        if not laws.has_values(case, dtype):
            continue
        arrays = draw(case, rng, dtype)
        for a in arrays:
            a.flags.writeable = False
        for recorded in (False, True):
            gxs = gradients(lambda *xs: first(case.call(*xs)), variables(arrays), create_graph=recorded)
            for g, a in zip(gxs, arrays, strict=True):
                assert (g.dtype, g.shape) == (a.dtype, a.shape)
                assert g.flags.owndata and g.flags.writeable


def first(y):
    """The first result of numbers with fractions; the real part of a complex one."""
    (y, *_) = [v for v in laws.variables_of(y) if v.dtype.kind in "fc"]
    return np.real(y) if y.dtype.kind == "c" else y


def test_every_public_function_has_cases_and_scipys_parameters():
    entered = {e.function for e in ENTRIES}
    for name in leopard.scipy.linalg.__all__:
        function = getattr(leopard.scipy.linalg, name)
        if not hasattr(scipy.linalg, name):
            assert name == "kron"  # NumPy's, which SciPy had
            continue
        assert function in entered, name
        theirs = inspect.signature(getattr(scipy.linalg, name)).parameters
        ours = inspect.signature(function).parameters
        deprecated = {"disp", "blocksize"} - set(ours)
        assert [*ours] == [p for p in theirs if p not in deprecated], name
        for p in ours:
            assert (ours[p].default, ours[p].kind) == (theirs[p].default, theirs[p].kind), (name, p)
