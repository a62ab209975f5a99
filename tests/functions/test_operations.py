"""The laws, over the sample calls of functions that are made of several operations, or of complex numbers."""

import numpy as np
import pytest

from leopard import no_grad
from tests import laws
from tests.laws import COMPOSED_CASES, draw, outputs, variables

each_case = pytest.mark.parametrize("case", COMPOSED_CASES, ids=str)


@each_case
def test_value_is_numpys(case, rng):
    laws.value_is_numpys(case, rng)


@pytest.mark.parametrize("case", [c for c in COMPOSED_CASES if complex not in c.dtypes], ids=str)
def test_value_has_numpys_dtype(case, rng):
    for dtype in (np.float32, np.float16, np.longdouble):
        if laws.has_values(case, dtype):
            laws.value_is_numpys(case, rng, dtype)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("case", [c for c in COMPOSED_CASES if c.smooth], ids=str)
def test_derivatives_are_slopes(case, order, rng):
    if order > case.order:
        pytest.skip(f"stated to order {case.order}")
    laws.derivative_is_the_slope_of_the_one_below(case, rng, order)


@each_case
def test_inputs_are_not_touched_and_nothing_is_aliased(case, rng):
    arrays = draw(case, rng)
    kept = [a.copy() for a in arrays]
    for a in arrays:
        a.setflags(write=False)
    xs = variables(arrays)
    f = laws.tower(case, laws.weights_for(case, arrays, rng), [])[0]
    f(*xs).backward()
    for a, k in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(a, k, strict=True)
    gradients = [x.grad.data for x in xs if x.grad is not None]
    for i, g in enumerate(gradients):
        assert g.flags.owndata and g.flags.writeable
        assert not any(np.may_share_memory(g, other) for other in arrays + gradients[:i])


def is_constant(y):
    """Variables that nothing was recorded for; in a tuple of several results there may be plain arrays."""
    ours = laws.variables_of(y)
    return (isinstance(y, tuple) or len(ours) == len(outputs(y))) and all(v.creator is None for v in ours)


@each_case
def test_nothing_is_recorded_under_no_grad(case, rng):
    with no_grad():
        y = case.call(*variables(draw(case, rng)))
    assert is_constant(y)


@each_case
def test_arrays_alone_are_constants(case, rng):
    assert is_constant(case.call(*draw(case, rng)))


@pytest.mark.parametrize("case", [c for c in COMPOSED_CASES if complex not in c.dtypes], ids=str)
def test_layout_in_memory_makes_no_difference(case, rng):
    """Fortran order, and every other element of a reversed array."""
    arrays = draw(case, rng)
    start = None
    results = []
    for lay in (
        lambda a: a,
        lambda a: np.asfortranarray(a) if a.ndim else a,
        lambda a: np.repeat(a[::-1], 2, axis=0)[::-2] if a.ndim else a,
    ):
        xs = variables([lay(a) for a in arrays])
        f = laws.tower(case, start or laws.weights_for(case, arrays, np.random.default_rng(1)), [])[0]
        f(*xs).backward()
        results.append(laws.data_of_gradients(xs))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)
