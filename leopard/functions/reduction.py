"""Sums over axes, and what is made of them: means, sums and means without nans."""

import numpy as np

from leopard import _core
from leopard._core import Variable, array_of_any
from leopard.functions._registry import Primitive, call, drawn, implements
from leopard.functions.indexing import where as choose
from leopard.functions.shape import broadcast_to, reshape

__all__ = ["mean", "nanmean", "nansum", "sum"]

NOT_GIVEN = np._NoValue


def axes_of(axis, ndim):
    """The axes that are reduced, each from 0."""
    if axis is None or ndim == 0:
        return tuple(range(ndim))
    axis = axis if isinstance(axis, tuple) else (axis,)
    return tuple([i % ndim for i in axis])


def refuse_out(name, out):
    if out is not None:
        raise TypeError(f"{name}: out= would lose the gradient; take what is returned")


def constant(name, x):
    """An option that takes no gradient, an array of our own where it is one."""
    if isinstance(x, Variable):
        raise TypeError(f"{name}= takes no gradient; give it the .data of the Variable")
    return np.array(x) if isinstance(x, (list, tuple, np.ndarray)) else x


def has_initial(initial):
    """Does a reduction begin with a number of its own? None says no, as if it had not been given."""
    return initial is not NOT_GIVEN and initial is not None


def mask(where):
    """`where` as NumPy takes it: True for all, or an array of our own."""
    if where is True or where is NOT_GIVEN:
        return True
    return np.array(array_of_any(where) if isinstance(where, Variable) else where)


class Reduction(Primitive, abstract=True):
    """A reduction over `axis`; its result has those axes at length 1, or not at all."""

    options = {"axis": None, "keepdims": False}

    def axes(self):
        return axes_of(self.axis, self.inputs[0].ndim)

    def kept(self, y):
        """A result with the reduced axes at length 1, so that it broadcasts with the input."""
        axes = self.axes()
        shape = tuple([1 if i in axes else n for i, n in enumerate(self.inputs[0].shape)])
        return y if y.shape == shape else reshape(y, shape)

    def spread(self, gy):
        """`gy` over the shape of the input: what it says of a result, to each of its terms."""
        return broadcast_to(self.kept(gy), self.inputs[0].shape)

    def over_rows(self, t):
        """A linear reduction of each row."""
        axes = tuple([axis + 1 for axis in self.axes()])
        return type(self).operation(t, axes, keepdims=self.keepdims)


class MaskedReduction(Reduction, abstract=True):
    """A reduction of the elements where `where` holds; of those that are not nan if `skips_nan`."""

    skips_nan = False
    selective = None  # the same that says `chooses`, for a `where`: of all elements none is left out

    @classmethod
    def operation_for(cls, where):
        return (cls if where is True or cls.chooses else cls.selective).operation

    def taken(self):
        """True where an element takes part; plain True where all do."""
        if not self.skips_nan:
            return self.where
        (x, *_) = self.inputs
        return self.among(x == x)

    def among(self, chosen):
        """Those of the chosen where `where` holds."""
        return chosen if self.where is True else chosen & self.where

    def count(self, taken):
        """How many elements make each result: a number, or an array that broadcasts with the input."""
        (x, *_) = self.inputs
        if taken is True:
            n = 1
            for i in self.axes():
                n *= x.shape[i]
            return n
        return np.sum(np.broadcast_to(taken, x.shape), axis=self.axes(), keepdims=True)


_axes = [
    call(drawn(2, 3)),
    call(drawn(2, 3, 4), (0, -1), keepdims=True),
    call(drawn(2, 3, dtype=complex), 1),
    call(drawn(2, 3, 4), axis=1),
    call(drawn(2, 3), axis=()),
    call(drawn()),
    call(drawn(), axis=0),
]
_ROW = np.array([True, False, True])
_further = [
    call(drawn(2, 3), 1, np.float64),
    call(drawn(2, 3), dtype=complex),
    call(drawn(2, 3), axis=-1, keepdims=True, where=_ROW),
]
if not hasattr(_core.Operation, "further"):  # a core that does not hand them on
    _further.clear()
_classes = [
    ((2, 3), None, False),
    ((2, 3), 0, False),
    ((2, 3), (0, 1), True),
    ((2, 3, 4), (0, -1), False),
    ((2, 3, 4), 1, True),
    ((), None, False),
]


class Sum(Reduction):
    """Sum of the elements over axes.

    The gradient is gy, broadcast to the shape of x; 0 where `where` does not hold.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        To sum in, and of the result.
    keepdims : bool
        Keep the summed axes, at length 1.
    initial : scalar, optional
        To start from.
    where : array_like of bool
        Which elements to sum.

    Returns
    -------
    Variable

    Examples
    --------
    >>> sum(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([4. 6.])
    """

    kernel = "sum"
    linear = True
    cases = _classes
    plain = np.sum

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        return self.spread(gy)

    def of_rows(self, t):
        return self.over_rows(t)


sum = implements(np.sum, method="sum", cases=[*_axes, *_further])(Sum.operation)


class Mean(Reduction):
    """Arithmetic mean of the elements over axes.

    The gradient is gy / n, broadcast to the shape of x, where n elements make one mean; 0 where
    `where` does not hold.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        To compute in, and of the result.
    keepdims : bool
        Keep the averaged axes, at length 1.
    where : array_like of bool
        Which elements to average.

    Returns
    -------
    Variable

    Examples
    --------
    >>> mean(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([2. 3.])
    """

    kernel = "mean"
    linear = True
    cases = _classes
    plain = np.mean

    def forward(self, x):
        return x.mean(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        n = 1
        for i in self.axes():
            n *= x.shape[i]
        return self.spread(gy * (1 / max(n, 1)))  # n itself may be too large for a float16

    def of_rows(self, t):
        return self.over_rows(t)


mean = implements(np.mean, method="mean", cases=[*_axes[:-1], *_further])(Mean.operation)


class FullSum(MaskedReduction):
    """A sum with all that NumPy can be told of it."""

    chooses = True
    numpy = staticmethod(np.sum)
    options = {"axis": None, "dtype": None, "keepdims": False, "initial": NOT_GIVEN, "where": True}

    def forward(self, x):
        return self.numpy(
            x,
            axis=self.axis,
            dtype=self.dtype,
            keepdims=self.keepdims,
            initial=self.initial,
            where=self.where,
        )

    def backward(self, gy):
        taken = self.taken()
        gx = self.spread(gy)
        return gx if taken is True else choose(taken, gx, 0.0)


class NanSum(FullSum):
    numpy = staticmethod(np.nansum)
    skips_nan = True


class FullMean(MaskedReduction):
    """A mean with all that NumPy can be told of it."""

    chooses = True
    numpy = staticmethod(np.mean)
    options = {"axis": None, "dtype": None, "keepdims": False, "where": True}
    linear = True

    def forward(self, x):
        return self.numpy(x, axis=self.axis, dtype=self.dtype, keepdims=self.keepdims, where=self.where)

    def backward(self, gy):
        taken = self.taken()
        gx = broadcast_to(self.kept(gy) / np.maximum(self.count(taken), 1), self.inputs[0].shape)
        return gx if taken is True else choose(taken, gx, 0.0)


class NanMean(FullMean):
    numpy = staticmethod(np.nanmean)
    skips_nan = True
    linear = False  # it is, but for nan


def full_sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """What `sum` is where it is told more than axes; the core calls it then."""
    refuse_out("sum", out)
    return FullSum.operation(a, axis, dtype, keepdims, constant("initial", initial), mask(where))


def full_mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """What `mean` is where it is told more than axes; the core calls it then."""
    refuse_out("mean", out)
    return FullMean.operation(a, axis, dtype, keepdims, mask(where))


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


@implements(
    np.nansum,
    cases=[*nan_cases, call(drawn(2, 3, made=gaps), 1, initial=2.5, dtype=np.float64)],
)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Sum of the elements over axes, nans taken as 0.

    The gradient is gy, broadcast to the shape of a, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, keepdims, initial, where
        As for `sum`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nansum(Variable(np.array([1.0, np.nan, 3.0])))
    variable(4.0)
    """
    refuse_out("nansum", out)
    return NanSum.operation(a, axis, dtype, keepdims, constant("initial", initial), mask(where))


@implements(np.nanmean, cases=[*nan_cases, call(drawn(2, 3, made=gaps), 1, np.float64)])
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """Arithmetic mean over axes of the elements that are not nan.

    The gradient is gy / n, where n elements make one mean, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, keepdims, where
        As for `mean`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanmean(Variable(np.array([1.0, np.nan, 3.0])))
    variable(2.0)
    """
    refuse_out("nanmean", out)
    return NanMean.operation(a, axis, dtype, keepdims, mask(where))


class WithoutNan(Primitive):
    """x with a number in the place of each nan."""

    options = ("number",)
    chooses = True
    linear = False  # it is, but for nan

    def forward(self, x):
        y = x.copy(order="K")
        np.copyto(y, self.number, where=np.isnan(x))
        return y

    def backward(self, gy):
        (x,) = self.inputs
        return choose(x == x, gy, 0.0)


def without_nan(x, number):
    """x with a number in the place of each nan; its gradient is 0 there."""
    x = x if isinstance(x, Variable) else np.asarray(x)
    return WithoutNan.operation(x, number) if x.dtype.kind in "fc" else x


class SparseMap(Primitive):
    """Sums at indices along the last axis: y[..., i] adds up w * x[..., j] over given (i, j, w).

    It is the linear map whose matrix has the few entries w; its adjoint is the one with i and j exchanged.
    """

    options = ("rows", "columns", "weights", "n")
    linear = True

    def forward(self, x):
        y = np.zeros((*x.shape[:-1], self.n), np.result_type(x, self.weights))
        np.add.at(y, (..., self.rows), self.weights * x[..., self.columns])
        return y.astype(x.dtype, copy=False)

    def backward(self, gy):
        (x,) = self.inputs
        return SparseMap.operation(gy, self.columns, self.rows, self.weights, x.shape[-1])


if hasattr(_core.Operation, "further"):
    Sum.operation.further, Mean.operation.further = full_sum, full_mean
