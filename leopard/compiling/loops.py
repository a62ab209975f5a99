"""Loops whose steps carry a state from one to the next: `fori_loop`, `scan` and `while_loop`."""

import operator

import numpy as np

from leopard import _core
from leopard._config import no_grad
from leopard._core import Variable
from leopard._pytrees import flatten, flatten_as, unflatten
from leopard.transforms import checkpointing
from leopard.transforms._values import dtype_of

__all__ = ["fori_loop", "scan", "while_loop"]

RESULT_OF_SCAN = "scan: the y that the step returned"
_WEAK = bool, int, float, complex
_NUMBERS = Variable, np.ndarray, np.generic, *_WEAK


def fori_loop(*args, checkpoint=False):
    """The carry after steps that are counted: ``fori_loop(n, step, carry)``.

    ``fori_loop(lower, upper, step, carry)`` counts from `lower`; the two are told apart by the number of
    arguments, as those of `range` are. It computes ``for i in range(lower, upper): carry = step(i, carry)``.
    With arrays it is that loop. With Variables each step is recorded, so derivatives of every order are those
    of the loop, those with respect to Variables that `step` closes over, too.

    Parameters
    ----------
    n, or lower and upper : int
        There is no step where `upper` is at most `lower`.
    step : callable
        ``step(i, carry) -> carry``, with an int i. It may change arrays of its carry in place.
    carry : structure of numbers, arrays and Variables
        It is not changed. Its structure, shapes and dtypes stay the same, but a Python number takes the
        dtype that the first step gives it, if that can hold it.
    checkpoint : bool
        Whether each step is a `leopard.checkpoint`: the carries alone are kept, and a step is recorded again
        when a walk reaches it. It is then called more than once, and must compute the same each time.

    Returns
    -------
    structure
        The last carry, built like the first.

    Raises
    ------
    TypeError
        When a step returns a carry of another structure, shape or dtype; it names the place.

    Examples
    --------
    >>> fori_loop(3, lambda i, x: 2.0 * x + i, 1.0)
    12.0
    >>> grad(lambda x: fori_loop(3, lambda i, x: x * x, x))(1.5)
    136.6875
    """
    if len(args) not in (3, 4):
        raise TypeError(
            "fori_loop: it is called as fori_loop(n, step, carry) or fori_loop(lower, upper, step, carry), "
            f"not with {len(args)} arguments"
        )
    *bounds, given, carry = args
    step = _step("fori_loop", given, checkpoint)
    counted = range(*[operator.index(bound) for bound in bounds])
    state = _Carry("fori_loop", carry)
    for i in counted:
        state.take(step(i, state.built()))
        if i == counted[0] and _core.following() and _goes_on_alike(state, given, counted[1:]):
            break
    return state.built()


def _goes_on_alike(state, step, counted):
    """Take all the steps that are left at once, where a recording for replay can."""
    from leopard.compiling.rolling import ignores_its_first_argument, rolled

    if not ignores_its_first_argument(step):
        return False

    def one(leaves, _):
        return state.next(step(counted[0], unflatten(state.form, leaves))), []

    found = rolled(one, state.leaves, n=len(counted))
    if found is not None:
        state.leaves = found[0]
    return found is not None


def scan(step, carry, xs=None, length=None, *, reverse=False, checkpoint=False):
    """The carry after one step for each row of xs, and what the steps return, stacked.

    It computes ``for x in xs: carry, y = step(carry, x)``, and stacks each y along a new first axis. With
    arrays it is that loop. With Variables each step is recorded, so derivatives of every order are those of
    the loop, those with respect to Variables that `step` closes over, too.

    Parameters
    ----------
    step : callable
        ``step(carry, x) -> (carry, y)``. It may change arrays of its carry in place, but not those of x,
        which are read-only.
    carry : structure of numbers, arrays and Variables
        It is not changed. Its structure, shapes and dtypes stay the same, but a Python number takes the
        dtype that the first step gives it, if that can hold it.
    xs : structure of arrays and Variables, optional
        Each has the rows along its first axis; a list is a structure. x has the structure of xs.
    length : int, optional
        The number of steps; needed where xs has no array, x is then built like xs.
    reverse : bool
        Whether to begin with the last row. The first of the stacked y is that of the first row in any case.
    checkpoint : bool
        Whether each step is a `leopard.checkpoint`: the carries alone are kept, and a step is recorded again
        when a walk reaches it. It is then called more than once, and must compute the same each time.

    Returns
    -------
    carry : structure
        The last one, built like the first.
    ys : structure
        Built like y. Where there is no row, `step` is called once, with zeros, for the shapes and dtypes.

    Raises
    ------
    TypeError
        When a step returns no pair, or a carry or y of another structure, shape or dtype; it names the place.
    ValueError
        When the arrays in xs do not have the same number of rows, or this is not `length`.

    Examples
    --------
    >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 1., 3.]))
    >>> grad(lambda a: scan(lambda c, x: (a * c + x, None), 0.0, np.array([1.0, 2.0, 3.0]))[0])(0.5)
    3.0
    """
    given, step = step, _step("scan", step, checkpoint)
    row, n = _rows(xs, length)
    state, results = _Carry("scan", carry), _Results()
    order = range(n - 1, -1, -1) if reverse else range(n)
    for k in order:
        new, y = _pair(step(state.built(), row(k)))
        state.take(new)
        results.append(y)
        if k == order[0] and _core.following() and _scans_on(state, results, given, xs, n, reverse):
            break
    if n == 0:
        with no_grad(), np.errstate(all="ignore"):
            results.append(_pair(step(_Carry("scan", carry).built(), row(None)))[1])
    return state.built(), results.stacked(n, reverse)


def _scans_on(state, results, step, xs, n, reverse):
    """Take all the steps of a scan that are left at once, where a recording for replay can."""
    from leopard.compiling.rolling import rolled

    tables, form = flatten(xs)

    def one(leaves, rows):
        new, y = _pair(step(unflatten(state.form, leaves), unflatten(form, rows)))
        return state.next(new), flatten_as(results.form, y, RESULT_OF_SCAN)

    before = [column[0] for column in results.columns]
    found = rolled(one, state.leaves, tables, n - 1, before, 0 if reverse else 1, reverse)
    if found is None or any(x.dtype != dtype for x, (_, dtype) in zip(found[1], results.like, strict=True)):
        return False
    state.leaves, results.whole = found
    return True


def while_loop(cond, step, carry, *, checkpoint=False):
    """The carry after as many steps as a condition holds.

    It computes ``while cond(carry): carry = step(carry)``. With arrays it is that loop. With Variables each
    step is recorded, so derivatives of every order are those of the loop, those with respect to Variables
    that `step` closes over, too; in reverse mode as well. The number of steps has no derivative.

    Parameters
    ----------
    cond : callable
        ``cond(carry)``, whose truth value decides whether there is one more step.
    step : callable
        ``step(carry) -> carry``. It may change arrays of its carry in place.
    carry, checkpoint
        As for `fori_loop`.

    Returns
    -------
    structure
        The last carry, built like the first.

    Raises
    ------
    TypeError
        As for `fori_loop`.

    Examples
    --------
    >>> while_loop(lambda x: x < 100.0, lambda x: x * x, 3.0)
    6561.0
    >>> grad(lambda x: while_loop(lambda x: x < 100.0, lambda x: x * x, x))(3.0)
    17496.0
    """
    if not callable(cond):
        raise TypeError(f"while_loop: expected a function for the condition, not a {type(cond).__name__}")
    given, step = step, _step("while_loop", step, checkpoint)
    state, is_first = _Carry("while_loop", carry), True
    while cond(state.built()):
        state.take(step(state.built()))
        if is_first and _core.following() and _goes_on_while(state, cond, given):
            break
        is_first = False
    return state.built()


def _goes_on_while(state, cond, step):
    """Take all the steps that are left at once, where a recording for replay can."""
    from leopard.compiling.rolling import rolled

    goes_on = cond(state.built())
    if not _is_followed_truth_value(goes_on):
        return False

    def one(leaves, _):
        new = state.next(step(unflatten(state.form, leaves)))
        return new, [cond(unflatten(state.form, new))]

    found = rolled(one, state.leaves, goes_on=goes_on)
    if found is not None:
        state.leaves = found[0]
    return found is not None


def _is_followed_truth_value(x):
    """Whether x is a truth value that a recording for replay follows, and true now."""
    if not _core.follows(x) or x.shape != () or x.dtype != bool:
        return False
    return bool(_core.call_unfollowed(_core.array_of_any, x))


def _step(name, step, checkpoint):
    if not callable(step):
        raise TypeError(f"{name}: expected a function for the step, not a {type(step).__name__}")
    return checkpointing.checkpoint(step) if checkpoint else step


def _pair(returned):
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        got = f"a {type(returned).__name__}"
        if isinstance(returned, (tuple, list)):
            got += f" of {len(returned)}"
        raise TypeError(f"scan: the step returns (carry, y), not {got}")
    return returned


def _numbers(what, leaves, form):
    """The shape and the dtype of each leaf; the dtype of a Python number is its type."""
    for leaf, place in zip(leaves, form.places(), strict=True):
        if not isinstance(leaf, _NUMBERS):
            raise TypeError(
                f"{what}{place and ' at '}{place} is a {type(leaf).__name__}, which is no number or array"
            )
    return [(np.shape(x), type(x) if type(x) in _WEAK else x.dtype) for x in leaves]


def _own(x):
    """A copy of an array or Variable, so that a step which writes into it changes no other value."""
    if isinstance(x, Variable) and _core.is_python_number(x):
        return x
    return x.copy() if isinstance(x, (Variable, np.ndarray)) else x


class _Carry:
    """The state of a loop, whose structure, shapes and dtypes stay the same.

    Attributes
    ----------
    leaves : list
        Those of the state now.
    form : Form
    like : list of (shape, dtype)
        Of each leaf; the dtype of a Python number is its type.
    """

    __slots__ = ("name", "leaves", "form", "like")

    def __init__(self, name, carry):
        self.name = name
        leaves, self.form = flatten(carry)
        self.like = _numbers(f"{name}: the carry", leaves, self.form)
        self.leaves = [_own(x) for x in leaves]

    def built(self):
        return unflatten(self.form, self.leaves)

    def take(self, carry):
        """Go on with what a step has returned."""
        self.leaves = self.next(carry)

    def next(self, carry):
        """The leaves of what a step has returned."""
        what = f"{self.name}: the carry that the step returned"
        leaves = flatten_as(self.form, carry, what)
        like = _numbers(what, leaves, self.form)
        if like != self.like:
            for k, (old, new) in enumerate(zip(self.like, like, strict=True)):
                if not _goes_on(self.leaves[k], old, new):
                    place = list(self.form.places())[k]
                    raise TypeError(
                        f"{what}{place and ' at '}{place} has {_said(*new)}, and the one before {_said(*old)}"
                    )
            self.like = like
        return leaves


def _goes_on(x, old, new):
    """Whether a leaf x of one shape and dtype may be followed by one of another."""
    (shape, before), (wanted, after) = old, new
    if shape != wanted:
        return False
    if isinstance(before, type):  # a Python number takes a dtype that can hold it
        return np.result_type(x, after) == np.dtype(after)
    return np.dtype(before) == np.dtype(after)


def _said(shape, dtype):
    return f"shape {shape} and dtype {np.dtype(dtype)}"


class _Results:
    """What the steps of a scan return beside their carries.

    Attributes
    ----------
    form : Form
        Of the first; the others are built like it.
    columns : list of list
        For each leaf the ones of all steps.
    whole : list of Variable or None
        For each leaf those of all steps, stacked, where they are computed at once.
    """

    __slots__ = ("form", "like", "columns", "whole")

    def __init__(self):
        self.form = self.whole = None

    def append(self, y):
        what = RESULT_OF_SCAN
        if self.form is None:
            leaves, self.form = flatten(y)
            self.like = _numbers(what, leaves, self.form)
            self.columns = [[] for _ in leaves]
        else:
            leaves = flatten_as(self.form, y, what)
            for k, (old, new) in enumerate(zip(self.like, _numbers(what, leaves, self.form), strict=True)):
                if old != new and (old[0] != new[0] or np.dtype(old[1]) != np.dtype(new[1])):
                    place = list(self.form.places())[k]
                    raise TypeError(
                        f"{what}{place and ' at '}{place} has {_said(*new)}, and the first {_said(*old)}"
                    )
        for column, leaf in zip(self.columns, leaves, strict=True):
            column.append(_own(leaf))

    def stacked(self, n, reverse):
        if self.whole is not None:
            return unflatten(self.form, self.whole)
        columns = [column[::-1] if reverse else column for column in self.columns]
        return unflatten(
            self.form, [np.stack(column)[:n] if n == 0 else np.stack(column) for column in columns]
        )


def _rows(xs, length):
    """The row k of xs as a function of k, zeros for None; and the number of rows."""
    leaves, form = flatten(xs)
    places = list(form.places())
    n = None if length is None else operator.index(length)
    counted = "length"
    if n is not None and n < 0:
        raise ValueError(f"scan: length is {n}")
    for k, (leaf, place) in enumerate(zip(leaves, places, strict=True)):
        if not isinstance(leaf, (Variable, np.ndarray)) or leaf.ndim == 0:
            raise TypeError(
                f"scan: xs{place and ' at '}{place} is a {type(leaf).__name__} without a first axis; "
                "each x is one row of an array"
            )
        if n is None:
            n, counted = len(leaf), f"xs{place and ' at '}{place}"
        if len(leaf) != n:
            raise ValueError(
                f"scan: xs{place and ' at '}{place} has {len(leaf)} rows, and {counted} is of {n}"
            )
        if isinstance(leaf, np.ndarray):
            leaves[k] = leaf.view()
            leaves[k].flags.writeable = False
    if n is None:
        raise TypeError("scan: without an array in xs it needs length, the number of steps")

    def row(k):
        if k is None:
            return unflatten(form, [np.zeros(x.shape[1:], dtype_of(x))[()] for x in leaves])
        return unflatten(form, [x[k] for x in leaves])

    return row, n
