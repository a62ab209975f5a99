"""Batched rules of operations that act element by element: operands are aligned at their last axes."""

import numpy as np

from leopard.functions._primitives import Elementwise
from leopard.functions.basic.arithmetic import _Chosen
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
from leopard.transforms.batching._steps import OfRows, batched, elementwise

batched(
    _Chosen, Elementwise, Alias, Astype, Clip, Clipped, DivMod, Duplicate, FrExp, I0, Imag, LdExp, ModF,
    NanToNum, NextAfter, Real, Round, Sinc, WithoutNan,
)(elementwise)  # fmt: skip


@batched(Where)
def where(step):
    condition = step.option
    if type(condition) is OfRows:
        condition = aligned(condition.rows, step.output.ndim)
    return np.where(condition, *step.aligned(step.output.ndim))
