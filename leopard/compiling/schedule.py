"""The order in which terms are computed: scalars together, long elementwise runs in groups."""

from collections import deque

from leopard.compiling.terms import SUM, SUM_TO, group_type

BLOCK = 1024
GROUP_TYPES = ("d", "f", "D", "F")
ANY = "?"  # what `group_type` returns for truth values alone
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
