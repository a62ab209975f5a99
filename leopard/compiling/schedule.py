"""The order in which terms are computed: scalars together, long elementwise runs in groups."""

from collections import deque

from leopard.compiling.terms import LOOP, SUM, SUM_TO, broadcast_strides, c_strides
from leopard.compiling.views import laid_out

BLOCK = 1024
GROUP_TYPES = ("d", "f", "D", "F")
ANY = "?"  # of truth values alone
MAX_GROUP = 64  # operations of a group
MAX_WAITING = 32  # terms that are put off while a group is gathered


class Group:
    """Elementwise operations over one space, computed block by block, and sums of their results to rows.

    Attributes
    ----------
    terms : list of int
    sums : list of int
        The totals and the sums to rows that are made of its terms.
    char : str
        Its type.
    inputs : list of int
        The references of what it reads that is none of its terms.
    """

    __slots__ = ("terms", "sums", "inputs", "char")

    def __init__(self, terms, sums, table, char):
        self.terms, self.sums, self.char = terms, sums, char
        own = set(terms)
        reads = [r for t in terms for r in table.operands(t) if r >> 1 not in own]
        self.inputs = list(dict.fromkeys(reads))


def grouped(order, terms, base_of):
    """The terms of one stage with those that can run block by block made groups."""
    forms = terms.forms
    waiting = deque(order)
    made = []
    while waiting:
        t = waiting.popleft()
        if not (forms[t] is not None and forms[t].size > BLOCK and group_type(t, terms, ()) in GROUP_TYPES):
            made.append(t)
            continue
        before, group, later = gathered(t, waiting, terms, base_of)
        made += before
        if len(group.terms) > 1 or group.sums:
            made.append(group)
        else:
            made += group.terms
        waiting.extendleft(reversed(later))
    return made


def gathered(first, waiting, terms, base_of):
    """A group that begins with a term, and takes what it can from those that wait.

    Returns
    -------
    before : list of int
        What was taken from those that wait and does not depend on the group.
    group : Group
    later : list of int
        What was taken and depends on the group, or belongs to another one.
    """
    forms = terms.forms
    before, own, sums, later = [], [first], [], []
    members, late = {first}, set()
    shape, char = forms[first].shape, group_type(first, terms, ())
    while waiting and len(later) < MAX_WAITING and len(own) < MAX_GROUP:
        t = waiting.popleft()
        form = forms[t]
        reads = terms.operands(t)
        sources = [base_of.get(r >> 1, r >> 1) for r in reads]
        depends = not late.isdisjoint(sources)
        type = group_type(t, terms, members) if form is not None and form.size > BLOCK else None
        if type is not None:
            views = any(r >> 1 not in members and base_of.get(r >> 1) in members for r in reads)
            if form.shape == shape and type in (char, ANY) and not depends and not views:
                own.append(t)
                members.add(t)
                continue
        elif not depends and terms.op(t) in (SUM, SUM_TO) and reads[0] >> 1 in members and char in "df":
            sums.append(t)
            late.add(t)
            continue
        elif not depends and members.isdisjoint(sources):
            before.append(t)
            continue
        late.add(t)
        later.append(t)
    return before, Group(own, sums, terms, char), later


def group_type(t, terms, members):
    """The type of the groups that a term can join, as a character; None where it can join none.

    It is an elementwise operation of one type, and of truth values that terms of the group compute. Its
    operands are in C order and of its shape, or numbers, or rows that are repeated.
    """
    forms, op = terms.forms, terms.op(t)
    form = forms[t]
    if op < LOOP or not form.contiguous:
        return None
    types = terms.loops[op - LOOP][1].replace("->", "")
    for r, char in zip(terms.operands(t), types, strict=False):
        operand = forms[r >> 1]
        if char == "?" and r >> 1 not in members:
            return None
        if (
            operand is not None
            and operand.shape != ()
            and terms.remembered(rows_of, operand, form.shape) is None
        ):
            return None
    chars = set(types) - {"?"}
    if len(chars) > 1:
        return None
    return chars.pop() if chars else ANY


def rows_of(form, shape):
    """How an array is laid over a flat space of this shape; None where it is in no rows of one length.

    Returns
    -------
    tuple
        (stride,) where the stride from element to element is one; (stride, length, row stride) for rows: of a
        row that is repeated the row stride is 0, of a number that is repeated along each row the stride.
    """
    size = form.dtype.itemsize
    if form.shape == shape and form.contiguous or form.size == 1:
        return (size if form.size > 1 else 0,)
    if form.goes_backward:
        return None
    axes, (strides, _) = laid_out(shape, [broadcast_strides(form, shape), c_strides(shape, size)])
    if len(axes) == 1:
        return strides
    return (strides[1], axes[1], strides[0]) if len(axes) == 2 else None
