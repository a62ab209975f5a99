"""The common parts of reductions over axes: base classes, axes, options, masks, and sample calls."""

import numpy as np

from leopard._core import Variable
from leopard.functions._followed import as_option
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn
from leopard.functions.basic.indexing import where as choose
from leopard.functions.basic.shape import broadcast_to, operand

NOT_GIVEN = np._NoValue


def axes_of(axis, ndim):
    """The axes that `axis` names, as a tuple of numbers from 0 to ndim - 1."""
    if axis is None or ndim == 0:
        return tuple(range(ndim))
    if isinstance(axis, (list, np.ndarray)):
        axis = np.ravel(axis).tolist()  # where NumPy takes one
    elif not isinstance(axis, tuple):
        axis = (axis,)
    return tuple([i % ndim for i in axis])


def refuse_out(name, out):
    if out is not None:
        raise TypeError(f"{name}: out= would lose the gradient; take what is returned")


def constant(name, x):
    """An option that takes no gradient; where it is an array, a copy."""
    if isinstance(x, Variable):
        raise TypeError(
            f"{name}= takes no gradient, and here it is a Variable; compute what it does with other "
            "functions, or write v.data where no derivative is wanted"
        )
    return np.array(x) if isinstance(x, (list, tuple, np.ndarray)) else x


def has_initial(initial):
    """Whether `initial` was given; None counts as not given."""
    return initial is not NOT_GIVEN and initial is not None


def mask(where):
    """`where` as NumPy takes it: True for all elements, or a copy of the array."""
    if where is True or where is NOT_GIVEN:
        return True
    return as_option(where)


class Reduction(Primitive, abstract=True):
    """A reduction over `axis`; with `keepdims` its result has those axes at length 1, else without them."""

    options = {"axis": None, "keepdims": False}

    def axes(self):
        return axes_of(self.axis, self.inputs[0].ndim)

    def kept(self, y):
        """A result with the reduced axes at length 1, so that it broadcasts with the input."""
        axes = self.axes()
        shape = tuple([1 if i in axes else n for i, n in enumerate(self.inputs[0].shape)])
        return y if y.shape == shape else y.reshape(shape)

    def spread(self, gy):
        """`gy` broadcast to the shape of the input, so that each term has the gradient of its result."""
        return broadcast_to(self.kept(gy), self.inputs[0].shape)

    def over_rows(self, t):
        """This reduction, which is linear, of each row of a batch."""
        axes = tuple([axis + 1 for axis in self.axes()])
        return type(self).operation(t, axes, keepdims=self.keepdims)


class MaskedReduction(Reduction, abstract=True):
    """A reduction of the elements where `where` holds; of those that are not nan if `skips_nan`."""

    skips_nan = False
    selective = None  # the subclass with `selects_elements`, which is used where there is a `where`

    @classmethod
    def operation_for(cls, where):
        return (cls if where is True or cls.selects_elements else cls.selective).operation

    def taken(self):
        """A mask of the elements that take part; True where all do."""
        if not self.skips_nan:
            return self.where
        (x, *_) = self.inputs
        return self.among(x == x)

    def among(self, chosen):
        """The mask `chosen`, restricted to where `where` holds."""
        return chosen if self.where is True else chosen & self.where

    def count(self, taken):
        """The number of terms of each result: a number, or an array that broadcasts with the input."""
        (x, *_) = self.inputs
        if taken is True:
            n = 1
            for i in self.axes():
                n *= x.shape[i]
            return n
        return np.sum(np.broadcast_to(taken, x.shape), axis=self.axes(), keepdims=True)


cases_of_axes = [
    call(drawn(2, 3)),
    call(drawn(2, 3, 4), (0, -1), keepdims=True),
    call(drawn(2, 3, dtype=complex), 1),
    call(drawn(2, 3, 4), axis=1),
    call(drawn(2, 3), axis=()),
    call(drawn()),
    call(drawn(), axis=0),
]
_ROW = np.array([True, False, True])
cases_of_more = [
    call(drawn(2, 3), 1, np.float64),
    call(drawn(2, 3), dtype=complex),
    call(drawn(2, 3), axis=-1, keepdims=True, where=_ROW),
]
cases_of_classes = [
    ((2, 3), None, False),
    ((2, 3), 0, False),
    ((2, 3), (0, 1), True),
    ((2, 3, 4), (0, -1), False),
    ((2, 3, 4), 1, True),
    ((), None, False),
]


_GAPS = np.array([[False, True, False], [False, False, True]])


def gaps(a):
    """The sample array with nans in it."""
    return np.where(_GAPS, np.nan, a)


nan_cases = [
    call(drawn(2, 3, made=gaps)),
    call(drawn(2, 3, made=gaps), 0),
    call(drawn(2, 3, made=gaps), axis=(1, 0), keepdims=True),
    call(drawn(2, 3, made=gaps), axis=-1, where=[[True, True, True], [False, True, False]]),
    call(drawn(2, 3, made=gaps, dtype=complex), axis=1),
    call(drawn(2, 3, 4), axis=(0, 2)),
    call(drawn()),
]


class WithoutNan(Primitive):
    """x with a number in the place of each nan."""

    options = ("number",)
    selects_elements = True
    linear = False  # it is linear only where there is no nan

    def forward(self, x):
        y = x.copy(order="K")
        np.copyto(y, self.number, where=np.isnan(x))
        return y

    def backward(self, gy):
        (x,) = self.inputs
        return choose(x == x, gy, 0.0)


def without_nan(x, number):
    """x with a number in the place of each nan; its gradient is 0 there."""
    x = operand(x)
    return WithoutNan.operation(x, number) if x.dtype.kind in "fc" else x
