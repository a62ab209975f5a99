"""The laws notice whatever is broken in the register: a class's rule, its loops, its kernel."""

import collections
import dataclasses
import functools

import numpy as np
import pytest

from leopard.functions.basic.indexing import GetItem
from leopard.functions.basic.shape import BroadcastTo, Reshape, SumTo, Transpose
from leopard.functions.linalg.matmul import MatMul
from leopard.functions.math.rounding import Heaviside
from leopard.functions.math.sums import Sum
from leopard.functions.statistics.averages import Mean
from tests import laws
from tests.faults import NOTICED, broken, stale

MOST = 40  # cases of one class

each_class = pytest.mark.parametrize("cls", laws.CLASSES, ids=lambda c: f"{c.__module__}.{c.__name__}"[18:])
each_elementwise = pytest.mark.parametrize("cls", laws.ELEMENTWISE, ids=lambda c: c.__name__)


def rng():
    return np.random.default_rng(13)


# -- Rules ---------------------------------------------------------------------------------------
# A fault is what becomes of the gradients that a rule returns.


def scaled(f, gxs, gy):
    return [g if g is None else g * 1.01 for g in gxs]


def negated(f, gxs, gy):
    return [g if g is None else -g for g in gxs]


def invented(f, gxs, gy):
    return [gy * 0.01 if g is None else g for g in gxs]


def first_dropped(f, gxs, gy):
    return [None, *gxs[1:]]


def last_dropped(f, gxs, gy):
    return [*gxs[:-1], None]


def swapped(f, gxs, gy):
    return gxs[::-1]


def one_row_for_the_sum(f, gxs, gy):
    """What is summed over the axes that were broadcast is the first of its terms."""

    def row(g, x):
        shape = x.data.shape  # this cannot be read into loops
        if g is None or g.shape == shape:
            return g
        lead = g.ndim - len(shape)
        return g[(0,) * lead + tuple([slice(0, n) for n in shape])]

    return [row(g, x) for g, x in zip(gxs, f.inputs, strict=True)]


def faults_of(cls):
    faults = [scaled, negated, invented, first_dropped]
    if cls.n_inputs != 1:
        faults += [last_dropped, swapped]
        if cls.broadcasts:
            faults.append(one_row_for_the_sum)
    return faults


def spoiled(cls, fault):
    right = cls.backward

    def backward(self, *gys):
        gxs = right(self, *gys)
        several = isinstance(gxs, tuple)
        gxs = fault(self, list(gxs) if several else [gxs], gys[0])
        return tuple(gxs) if several else gxs[0]

    return backward


@functools.cache
def entering():
    """For each class the cases that it takes part in: their values, or only their gradients."""
    found = collections.defaultdict(lambda: {1: [], 2: []})
    for case in laws.EVERY_CASE + laws.COMPLEX_CASES:
        xs = laws.variables(laws.draw(case, rng()))
        ys = laws.variables_of(case.call(*xs))
        values = {type(f) for y in ys for f in laws.graph(y)}
        laws.measure(ys, [np.ones(y.shape) for y in ys]).backward(create_graph=True)
        slopes = {type(f) for x in xs if x.grad is not None for f in laws.graph(x.grad)}
        for cls in values:
            found[cls][1].append(case)
        for cls in slopes - values:
            found[cls][2].append(case)
    return found


@functools.cache
def of_sample_calls():
    return set(laws.COMPOSED_CASES + laws.COMPLEX_CASES)


def keep_the_laws(case, order):
    """The laws of derivatives that tests/functions tries on this case."""
    if case in of_sample_calls():
        if case.smooth and order <= case.order:
            laws.derivative_is_the_slope_of_the_one_below(case, rng(), order)
    elif order > 1:
        laws.derivative_is_the_slope_of_the_one_below(case, rng(), order)
    else:
        laws.gradient_is_the_slope(case, rng(), create_graph=False)
        laws.gradient_is_the_slope(case, rng(), create_graph=True)
        laws.kernel_and_rule_agree(case, rng())


def derivative(case, order):
    arrays = laws.draw(case, rng())
    weights = laws.weights_for(case, arrays, rng())
    floors = laws.tower(case, weights, [laws.directions(arrays, rng())] * (order - 1))
    return laws.gradients(floors[-1], laws.variables(arrays))


def is_noticed(cls, fault):
    """Does a law fail in one of the class's cases? None if the fault changes nothing in any of them."""
    silent = None
    for order, cases in entering()[cls].items():
        for case in cases[:MOST]:
            with broken(cls, spoiled(cls, fault)):
                try:
                    keep_the_laws(case, order)
                except NOTICED:
                    return True
                wrong = derivative(case, order)
            right = derivative(case, order)
            if not all(map(np.array_equal, wrong, right)):
                silent = False
    return silent


@each_class
def test_every_fault_of_a_rule_is_noticed(cls):
    noticed = {fault.__name__: is_noticed(cls, fault) for fault in faults_of(cls)}
    assert False not in noticed.values(), noticed
    assert True in noticed.values()


@each_class
def test_a_rule_that_is_a_little_off_is_noticed_by_check_grads(cls):
    found = entering()[cls]
    cases = [c for c in found[1] + found[2] if c.smooth and c.order][:MOST]
    noticed = any(is_found(cls, fault, case) for fault in (scaled, invented) for case in cases)
    assert noticed or not cases


def is_found(cls, fault, case):
    with broken(cls, spoiled(cls, fault)):
        try:
            laws.derivatives_are_checked(case, rng())
        except NOTICED:
            return True
    return False


# -- Loops ---------------------------------------------------------------------------------------


@each_elementwise
def test_stale_loops_are_noticed(cls):
    """Loops read from a rule as it was once: other numbers, or a gradient where there is none now."""
    masks = range(1, 1 << cls.n_inputs)
    for mask in masks:
        now = str(cls.operation.recipe("float64", mask))
        for fault in (scaled, invented):
            with broken(cls, spoiled(cls, fault)):
                old = cls.operation.recipe("float64", mask)
            if str(old) == now:
                continue
            operands = [np.array(0.3 * low + 0.7 * high) for low, high in cls.domain]
            operands = [x if mask >> k & 1 else x.item() for k, x in enumerate(operands)]
            if cls is Heaviside:
                operands[0] *= 0  # elsewhere there is no slope that might change
            rows = [np.full(3, x) if isinstance(x, np.ndarray) else x for x in operands]
            laws.loops_and_rule_agree(cls, operands, 0.75)
            laws.loops_and_rule_agree(cls, rows, np.full(3, 0.75))
            with stale(cls.operation, [None] * mask + [old]):
                with pytest.raises(AssertionError, match="walked"):
                    laws.loops_and_rule_agree(cls, operands, 0.75)
                with pytest.raises(AssertionError, match="walked"):
                    laws.loops_and_rule_agree(cls, rows, np.full(3, 0.75))


# -- Kernels -------------------------------------------------------------------------------------

KERNELS = [c for c in laws.CLASSES if c.kernel and c not in laws.ELEMENTWISE]


@pytest.mark.parametrize("cls", KERNELS, ids=lambda c: c.kernel)
def test_a_kernel_that_differs_from_the_rule_is_noticed(cls):
    """In an unrecorded walk only the kernel runs, and its gradient is the slope, whatever the rule is."""
    unseen = 0
    with broken(cls, spoiled(cls, scaled)):
        for case in laws.class_cases(cls):
            if case.plain(*laws.draw(case, rng())).size == 0:
                continue
            try:
                laws.gradient_is_the_slope(case, rng(), create_graph=False)
            except AssertionError:
                continue  # the kernel has nothing of its own here
            unseen += 1
            with pytest.raises(AssertionError):
                laws.kernel_and_rule_agree(case, rng())
            with pytest.raises(AssertionError):
                laws.gradient_is_the_slope(case, rng(), create_graph=True)
    assert unseen, "no case is walked by the kernel"


OTHERS = {  # faults: the kernel of another class, which takes the same options
    Reshape: "transpose", Transpose: "take", BroadcastTo: "take", SumTo: "sum", GetItem: "broadcast",
    Sum: "mean", Mean: "sum", MatMul: "transpose",
}  # fmt: skip


@pytest.mark.parametrize("cls", KERNELS, ids=lambda c: c.kernel)
def test_the_kernel_of_another_class_is_noticed(cls):
    class Wrong(cls, listed=False):
        kernel = OTHERS[cls]

    noticed = 0
    for case, sample in zip(laws.class_cases(cls), cls.cases, strict=True):
        options = sample[len(case.shapes) :]
        wrong = dataclasses.replace(case, call=lambda *xs, options=options: Wrong.operation(*xs, *options))
        try:
            laws.value_is_numpys(wrong, rng())
            laws.gradient_is_the_slope(wrong, rng())
        except NOTICED:
            noticed += 1
    assert noticed
