"""Batched rules of operations that act element by element: operands are aligned at their last axes."""

import numpy as np

from leopard.functions._followed import PlainCall
from leopard.functions._primitives import Elementwise
from leopard.functions.basic.assignment import Alias
from leopard.functions.basic.choosing import Clip
from leopard.functions.basic.complex import Imag, Real
from leopard.functions.basic.indexing import Where
from leopard.functions.basic.reductions import WithoutNan
from leopard.functions.basic.shape import Astype, Duplicate, aligned
from leopard.functions.math.floating import FrExp, LdExp, ModF, NanToNum, NextAfter
from leopard.functions.math.rounding import DivMod, Round
from leopard.functions.math.special import I0, Sinc
from leopard.functions.statistics.covariance import Clipped
from leopard.transforms.batching._steps import OfRows, batched, computed, depends


@batched(
    Elementwise, Alias, Astype, Clip, Clipped, DivMod, Duplicate, FrExp, I0, Imag, LdExp, ModF, NanToNum,
    NextAfter, Real, Round, Sinc, WithoutNan,
)  # fmt: skip
def elementwise(step):
    """Each operand that is mapped gets as many axes as one result has, behind the one of the rows."""
    if depends(step.option):
        return NotImplemented
    return step.call(*step.aligned(_most_axes(step)))


def _most_axes(step):
    return max(x.ndim for x in step.inputs)


@batched(Where)
def where(step):
    condition = step.option
    if type(condition) is OfRows:
        condition = aligned(condition.rows, step.output.ndim)
    return np.where(condition, *step.aligned(step.output.ndim))


#: Functions of NumPy's without a derivative that act element by element.
_ELEMENTWISE = {np.isclose, np.iscomplex, np.isreal, np.isposinf, np.isneginf}


@batched(PlainCall)
def plain_call(step):
    """A function of NumPy's that has no derivative."""
    applied = step.option
    rule = _rule_of_function(getattr(applied, "function", None))
    return NotImplemented if rule is None else rule(step, applied)


def _rule_of_function(function):
    if isinstance(function, np.ufunc) and function.signature is None or function in _ELEMENTWISE:
        return _elementwise_function
    return None


def _elementwise_function(step, applied):
    if any(np.size(x) != 1 for x in applied.arguments.leaves if isinstance(x, (list, tuple, np.ndarray))):
        return NotImplemented
    return computed(step.node, step.aligned(_most_axes(step)), applied)
