"""Terms: what a recording computes, each value once, simplified without changing a bit.

A reference to a term is twice its number, plus one where its negative is meant: the sign of a real number is
kept aside until something reads it that cannot take it in, so that ``a + (-b)`` becomes ``a - b``, and signs
leave products. A term is a tuple of what computes it and the references that it reads. Equal tuples are one
term.
"""

from math import copysign

import numpy as np

from leopard._numeric.replay import OPCODES
from leopard.compiling.views import Form, broadcast, offsets_of

# What computes a term. Scalar code: an opcode, or `CALL` and a loop. Arrays: `LOOP` and a loop.
ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATIVE, SQUARE, SQRT = range(7)
CALL = 1 << 8
GUARD = 1 << 19
PACK = GUARD + 1  # scalars beside each other, in an array
LOOP = 1 << 20
# Anything else:
INPUT, CAPTURED, CONSTANT, NUMBER, VIEW, ITEM = range(-32, -26)  # these take no step
MATMUL, SUM, SUM_TO, REDUCE, COPY, ADD_AT, JOIN, PYTHON, GUARD_BYTES = range(-9, 0)

FLOAT64 = np.dtype(np.float64)
SCALAR = Form((), FLOAT64)

#: The ufuncs that are opcodes, and the comparisons, whose opcodes follow those of calls.
SCALAR_CODE = {
    np.add: ADD, np.subtract: SUBTRACT, np.multiply: MULTIPLY, np.true_divide: DIVIDE, np.negative: NEGATIVE,
    np.square: SQUARE, np.sqrt: SQRT,
}  # fmt: skip
UFUNC_OF_CODE = {code: ufunc for ufunc, code in SCALAR_CODE.items()}
COMPARISONS = {
    ufunc: OPCODES[ufunc.__name__]
    for ufunc in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
}


class Terms:
    """The terms of a recording.

    Attributes
    ----------
    records : list of tuple
        What computes each term, and the references that it reads.
    forms : list of Form or None
        None for a float64 without axes.
    info : dict
        By the number of a term, what it is computed with besides: the offset of a view, ...
    numbers : dict
        The values of terms that are constant numbers.
    loops : list of (ufunc, str)
    """

    def __init__(self):
        self.records, self.forms, self.info, self.numbers, self.loops = [], [], {}, {}, []
        self.seen = {}
        self.loop_numbers, self.number_of_code = {}, {}
        self.number_terms = {}
        self.negatives = {}
        self.memo = {}
        self.guards = []  # their references
        self.repeated = {}  # by constants all of whose elements are one number: the reference of that

    # -- Terms ---------------------------------------------------------------------------------------

    def add(self, record, form, info=None):
        """A new term; its reference."""
        t = len(self.records)
        self.records.append(record)
        self.forms.append(form)
        if info is not None:
            self.info[t] = info
        return t << 1

    def once(self, record, form, info=None, key=None):
        """The reference of a term that may exist already."""
        key = record if key is None else (*record, key)
        r = self.seen.get(key)
        if r is None:
            r = self.seen[key] = self.add(record, form, info)
        return r

    def number(self, value):
        """The reference of a constant float64."""
        if value != value:
            return self.add_number(value)
        key = value if value != 0 else ("zero", copysign(1, value))
        r = self.number_terms.get(key)
        if r is None:
            r = self.number_terms[key] = self.add_number(value)
        return r

    def add_number(self, value):
        r = self.add((NUMBER,), None)
        self.numbers[r >> 1] = value
        return r

    def loop(self, ufunc, types):
        """The number of a loop."""
        key = ufunc, types
        k = self.loop_numbers.get(key)
        if k is None:
            k = self.loop_numbers[key] = len(self.loops)
            self.loops.append(key)
        return k

    def form(self, r):
        return self.forms[r >> 1] or SCALAR

    def remembered(self, function, *arguments):
        """What a function makes of forms: so that equal layouts share one Form."""
        key = function, *arguments
        made = self.memo.get(key, self)
        if made is self:
            made = function(*arguments)
            if type(made) is Form:
                made = self.memo.setdefault((made.shape, made.dtype, made.strides), made)
            self.memo[key] = made
        return made

    # -- Signs ---------------------------------------------------------------------------------------

    def positive(self, r):
        """A reference without a sign aside: that of a term which holds the negative."""
        if not r & 1:
            return r
        t = r >> 1
        known = self.negatives.get(t)
        if known is None:
            known = self.negatives[t] = self.negative(t)
        return known

    def negative(self, t):
        """A term that holds the negative of another."""
        form, record = self.forms[t], self.records[t]
        if t in self.numbers:
            return self.number(-self.numbers[t])
        if form is None:
            if record[0] == MULTIPLY:  # by a constant: by the opposite constant
                for k in (1, 2):
                    c = self.numbers.get(record[k] >> 1)
                    if c is not None:
                        a, b = sorted((record[3 - k], self.number(-c)))
                        return self.once((MULTIPLY, a, b), None)
            return self.once((NEGATIVE, t << 1), None)
        return self.once(
            (LOOP | self.loop(np.negative, form.dtype.char + "->" + form.dtype.char), t << 1), form
        )

    # -- Arithmetic ----------------------------------------------------------------------------------

    def arithmetic(self, code, form, *refs):
        """A sum, difference, product, quotient, negative or square of real numbers, simplified.

        Arrays are in C order, and each has the shape of the result or is a number.
        """
        if code == NEGATIVE:
            return refs[0] ^ 1
        if code == MULTIPLY:
            return self.product(form, *refs)
        if code == ADD:
            return self.sum(form, *refs)
        if code == SUBTRACT:
            return self.sum(form, refs[0], refs[1] ^ 1)
        if code == DIVIDE:
            return self.quotient(form, *refs)
        if code == SQUARE:
            return self.arithmetic_term(SQUARE, form, refs[0] & ~1)
        return self.arithmetic_term(code, form, *map(self.positive, refs))

    def arithmetic_term(self, code, form, *refs):
        if form is not None:
            char = form.dtype.char
            number = self.number_of_code.get((code, char))
            if number is None:
                number = LOOP | self.loop(UFUNC_OF_CODE[code], f"{char * len(refs)}->{char}")
                self.number_of_code[code, char] = number
            code = number
        record = (code, *refs)
        r = self.seen.get(record)
        if r is None:
            r = self.seen[record] = self.add(record, form)
        return r

    def value_of(self, r):
        """The value of a constant number, with its sign; or None."""
        value = self.numbers.get(r >> 1)
        return -value if value is not None and r & 1 else value

    def has_form(self, r, form):
        """Whether a term is the result of an operation on it and numbers, if that changes nothing."""
        own = self.forms[r >> 1]
        return (
            own is form
            or own is not None
            and form is not None
            and own.shape == form.shape
            and own.dtype == form.dtype
        )

    def is_plain(self, form, r):
        """Whether a term has a form, in C order."""
        other = self.forms[r >> 1]
        return other is form and (form is None or form.contiguous)

    def product(self, form, a, b):
        sign = (a ^ b) & 1
        a, b = a & ~1, b & ~1
        if a > b:
            a, b = b, a
        if a == b:
            return self.arithmetic_term(SQUARE, form, a) | sign
        numbers = self.numbers
        for c, other in ((a, b), (b, a)):
            value = numbers.get(c >> 1)
            if value is not None:
                if (value == 1 or value == -1) and self.has_form(other, form):
                    return other ^ sign ^ (value < 0)
                if other >> 1 in numbers and form is None:
                    folded = self.folded(np.multiply, value, numbers[other >> 1])
                    if folded is not None:
                        return folded ^ sign
        return self.arithmetic_term(MULTIPLY, form, a, b) ^ sign

    def sum(self, form, a, b):
        if form is not None and (self.records[a >> 1][0] == ADD_AT or self.records[b >> 1][0] == ADD_AT):
            placed = self.sum_of_placed(form, a, b)
            if placed is not None:
                return placed
        if a & 1 and b & 1:
            a = self.positive(a)  # -(a + b) has another zero
        if a & 1:
            a, b = b, a
        if form is None and a >> 1 in self.numbers and b >> 1 in self.numbers:
            folded = self.folded(np.add, self.value_of(a), self.value_of(b))
            if folded is not None:
                return folded
        if b & 1:
            return self.arithmetic_term(SUBTRACT, form, a, b & ~1)
        return self.arithmetic_term(ADD, form, *((a, b) if a <= b else (b, a)))

    def placed(self, entries, form, base=None):
        """An array of zeros, or a copy of another, to which arrays are added at basic indices, in order.

        Parameters
        ----------
        entries : tuple of (int, int, Form)
            The reference of each array, and the offset and the form of the elements that it is added to. A
            reference with a sign is subtracted: no element of the result is ever -0.0, so this is the same.
        """
        refs = [*[r & -2 for r, _, _ in entries], self.number(0.0)]
        if base is not None:
            refs.append(base)
        key = (ADD_AT, *refs), entries
        r = self.seen.get(key)
        if r is None:
            r = self.seen[key] = self.add(key[0], form, (entries, base is not None))
        return r

    def sum_of_placed(self, form, a, b):
        """A sum with what `placed` makes, made by `placed` again; None for any other."""
        for x, y in ((a, b), (b, a)):
            if self.records[y >> 1][0] != ADD_AT or self.forms[y >> 1].shape != form.shape:
                continue
            entries, has_base = self.info[y >> 1]
            if len(entries) > 1 or has_base or x & 1:
                continue
            ((added, offset, part),) = entries
            added ^= y & 1
            if self.records[x >> 1][0] == ADD_AT:
                before, before_has_base = self.info[x >> 1]
                base = self.records[x >> 1][-1] if before_has_base else None
                own = self.forms[added >> 1]
                alone = len(before) == 1 and base is None and before[0][1:] == (offset, part)
                if alone and self.is_plain(own, before[0][0]):
                    sign = before[0][0] & added & 1  # -(a + b): the sign of a zero is lost in the sum with 0
                    total = self.sum(own, before[0][0] ^ sign, added ^ sign) ^ sign
                    return self.placed(((total, offset, part),), form)
                return self.placed((*before, (added, offset, part)), form, base)
            if not y & 1 and form.dtype == FLOAT64 and self.has_form(x, form):
                return self.placed(entries, form, x)
        return None

    def quotient(self, form, a, b):
        sign = (a ^ b) & 1
        a, b = a & ~1, b & ~1
        value = self.numbers.get(b >> 1)
        if value is not None:
            if (value == 1 or value == -1) and self.has_form(a, form):
                return a ^ sign ^ (value < 0)
            if form is None and a >> 1 in self.numbers:
                folded = self.folded(np.true_divide, self.numbers[a >> 1], value)
                if folded is not None:
                    return folded ^ sign
        return self.arithmetic_term(DIVIDE, form, a, b) ^ sign

    def folded(self, ufunc, *values):
        """A constant computed now; None where that raises a floating-point flag, as each run has to."""
        try:
            with np.errstate(all="raise"):
                return self.number(float(ufunc(*values)))
        except FloatingPointError:
            return None

    def negative_sum(self, form, total):
        """The sum of the negatives of float64, from their sum: no sum is -0.0, since it begins with 0."""
        return self.sum(form, self.number(0.0), total ^ 1)

    # -- Memory --------------------------------------------------------------------------------------

    def view(self, r, offset, form):
        """A view: an offset in bytes from the first element of a term, and a form."""
        t = r >> 1
        if self.records[t][0] == VIEW:
            base_offset = self.info[t]
            r, offset = self.records[t][1], offset + base_offset
            t = r >> 1
        own = self.form(r)
        if (
            offset == 0
            and own.shape == form.shape
            and own.strides == form.strides
            and own.dtype == form.dtype
        ):
            return r
        scalar = form.shape == () and form.dtype == FLOAT64
        if scalar and self.records[t][0] == PACK:
            return self.records[t][1 + self.remembered(offsets_of, own).index(offset)]
        key = offset, form.shape, form.strides, form.dtype
        return self.once((VIEW, r), None if scalar else form, offset, key)

    def copy(self, r, strides=None):
        """A copy of a term, in C order or with given strides."""
        form = self.form(r)
        return self.once((COPY, r), self.remembered(Form, form.shape, form.dtype, strides), None, strides)

    def number_of_view(self, r):
        """The scalar term that a view broadcasts."""
        base, form = self.records[r >> 1][1], self.forms[r >> 1]
        if self.forms[base >> 1] is None:
            return base
        return self.view(base, self.info[r >> 1], self.remembered(Form, (), form.dtype))

    def broadcast(self, r, shape):
        return self.view(r, 0, self.remembered(broadcast, self.form(r), shape))
