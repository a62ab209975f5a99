"""The law of sparsity patterns: that of a case holds all elements of its derivative that are not zero."""

import numpy as np
import pytest

from leopard import Variable
from leopard._core import constant, gradients
from tests.laws.drawing import draw, variables
from tests.laws.measuring import outputs

#: So many times a case is drawn until all elements that its pattern holds have been other than zero.
MOST_DRAWS = 6


def true_pattern(y, x):
    """The elements of a derivative that are not zero here, nor as small as rounding errors."""
    found = np.zeros((y.size, x.size))
    for unit in (1, 1j) if y.dtype.kind == "c" else (1,):
        for i in range(y.size):
            seed = np.zeros(y.shape, y.dtype)
            seed.flat[i] = unit
            (g,), _ = gradients([y], [constant(seed)], [x])
            if g is not None:
                found[i] += np.abs(np.nan_to_num(g.data.ravel(), nan=1.0, posinf=1.0))
    return found > 1e-14 * found.max(initial=0)


def pattern_is_larger(case):
    """Whether the pattern of a case holds elements that have been zero in all of its draws.

    It fails where the pattern of an output leaves out an element that is not zero.
    """
    pattern_of = pytest.importorskip("leopard.transforms._patterns").pattern_of
    found = {}
    for seed in range(MOST_DRAWS):
        xs = variables(draw(case, np.random.default_rng(seed)))
        with np.errstate(all="ignore"):
            ys = outputs(case.call(*xs))
        for i, y in enumerate(ys):
            for k, x in enumerate(xs) if _is_differentiable(y) else ():
                pattern, truth = pattern_of(y, x).toarray(), true_pattern(y, x)
                assert not (truth & ~pattern).any(), f"output {i} and input {k}"
                key = i, k, pattern.shape
                before = found.get(key, (False, False))
                found[key] = pattern | before[0], truth | before[1]
        if all(np.array_equal(pattern, truth) for pattern, truth in found.values()):
            return False
    return True


def pattern_of_gradient_holds(case):
    """The same for the gradients of a case, which other Functions compute."""
    pattern_of = pytest.importorskip("leopard.transforms._patterns").pattern_of
    xs = variables(draw(case, np.random.default_rng(0)))
    ys = [y for y in outputs(case.call(*xs)) if _is_differentiable(y)]
    weights = [constant(np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)) for y in ys]
    gs, _ = gradients([y * y for y in ys], weights, xs, True) if ys else ([], None)
    for i, g in enumerate(gs):
        for k, x in enumerate(xs) if _is_differentiable(g) else ():
            pattern, truth = pattern_of(g, x).toarray(), true_pattern(g, x)
            assert not (truth & ~pattern).any(), f"gradient of {i} and input {k}"


def _is_differentiable(y):
    return isinstance(y, Variable) and y.dtype.kind in "fc" and y.size > 0
