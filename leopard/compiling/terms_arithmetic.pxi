# Part of terms.pyx. Terms simplified: signs, exact arithmetic, sums of parts, views.

@cython.final
cdef class Terms(Table):
    """The terms of a recording; see `Table` for what it holds."""

    # -- Signs -----------------------------------------------------------------------------------

    cpdef int positive(self, int r) except -1:
        """A reference without a sign aside: that of a term which holds the negative."""
        if not r & 1:
            return r
        known = self.negatives.get(r >> 1)
        if known is None:
            known = self.negatives[r >> 1] = self.negative(<int>self.checked(r >> 1))
        return known

    cdef int negative(self, int t) except -1:
        """A term that holds the negative of another."""
        cdef Form form = <Form>self.forms[t]
        cdef int k, c, a, b
        cdef int operand = t << 1
        if form is not None:
            a = self.negative_factor(t, form)
            if a >= 0:
                return a
            if not form.contiguous:
                if self.ops[t] == C_VIEW and self.form(self.refs[self.first[t]]).size <= form.size:
                    return self.view(self.positive(self.refs[self.first[t]] ^ 1), self.info[t], form)
                if not form.fills_memory:
                    form = <Form>self.remembered(Form, form.shape, form.dtype, None)
            types = form.dtype.char + "->" + form.dtype.char
            return self.share(C_LOOP | self.loop(np.negative, types), &operand, 1, form)
        if self.is_constant_number[t]:
            return self.number(-self.values[t])
        if self.ops[t] == C_MULTIPLY:       # by a constant: by the opposite constant
            for k in range(2):
                c = self.refs[self.first[t] + k] >> 1
                if self.is_constant_number[c]:
                    a, b = self.refs[self.first[t] + 1 - k], self.number(-self.values[c])
                    return self.share_pair(C_MULTIPLY, min(a, b), max(a, b), None)
        return self.share(C_NEGATIVE, &operand, 1, None)

    cdef int negative_factor(self, int t, Form form) except -2:
        """A product or quotient of arrays with the sign in an operand that is shorter; -1 for any other term."""
        cdef int k, c
        cdef int[2] refs
        if not (form.is_double or form.dtype.char == "f"):
            return -1
        if self.ops[t] != self.exact_loop(C_MULTIPLY, form, 2) and self.ops[t] != self.exact_loop(C_DIVIDE, form, 2):
            return -1
        for k in range(2):
            refs[0], refs[1] = self.refs[self.first[t]], self.refs[self.first[t] + 1]
            c = refs[k] >> 1
            if self.forms[c] is not None and (<Form>self.forms[c]).size < form.size:
                refs[k] = self.positive(refs[k] ^ 1)
            elif self.is_constant_number[c]:
                refs[k] = self.number(-self.values[c])
            else:
                continue
            return self.share(self.ops[t], refs, 2, form)
        return -1

    # -- Arithmetic ------------------------------------------------------------------------------

    def arithmetic(self, int code, Form form, int a, int b=0):
        """A sum, difference, product, quotient, negative, square or root of real numbers, simplified.

        Arrays are in C order, and each has the shape of the result or is a number.
        """
        self.checked(a >> 1)
        if 0 <= code <= C_DIVIDE:
            self.checked(b >> 1)
        elif not 0 <= code <= C_SQRT:
            raise ValueError(f"no exact arithmetic: {code}")
        return self.simplified(code, form, a, b)

    cdef int simplified(self, int code, Form form, int a, int b, bint plain=True) except -1:
        if code == C_MULTIPLY:
            return self.product(form, a, b, plain)
        if code == C_ADD:
            return self.sum(form, a, b, plain)
        if code == C_SUBTRACT:
            return self.sum(form, a, b ^ 1, plain)
        if code == C_DIVIDE:
            return self.quotient(form, a, b, plain)
        if code == C_NEGATIVE:
            return a ^ 1
        return self.exact(code, form, a & ~1 if code == C_SQUARE else self.positive(a))

    cdef inline int share_pair(self, int op, int a, int b, Form form) except -1:
        cdef int[2] refs
        refs[0], refs[1] = a, b
        return self.share(op, refs, 2, form)

    cdef inline int exact(self, int code, Form form, int a) except -1:
        """The term of exact arithmetic with one operand."""
        if form is not None:
            code = self.exact_loop(code, form, 1)
        return self.share(code, &a, 1, form)

    cdef inline int exact_pair(self, int code, Form form, int a, int b) except -1:
        """The term of exact arithmetic with two operands."""
        if form is not None:
            code = self.exact_loop(code, form, 2)
        return self.share_pair(code, a, b, form)

    cdef int exact_loop(self, int code, Form form, int n) except -1:
        """What computes exact arithmetic of arrays: the loop of an opcode."""
        cdef str char = "d" if form.is_double else form.dtype.char
        key = code, char
        number = self.memo.get(key)
        if number is None:
            number = self.memo[key] = C_LOOP | self.loop(UFUNC_OF_CODE[code], f"{char * n}->{char}")
        return number

    cdef bint has_form(self, int r, Form form) except -1:
        """Whether a term is the result of an operation on it and numbers, if that changes nothing."""
        return is_alike(self.form_of(r), form)

    cdef int product(self, Form form, int a, int b, bint plain=True) except -1:
        cdef int sign = (a ^ b) & 1, c, other, k, folded
        cdef double value
        a, b = a & ~1, b & ~1
        if a > b:
            a, b = b, a
        if a == b:
            return self.exact(C_SQUARE, form, a) | sign
        if self.is_constant_number[a >> 1] or self.is_constant_number[b >> 1]:
            for k in range(2):
                c, other = (b, a) if k else (a, b)
                if not self.is_constant_number[c >> 1]:
                    continue
                value = self.values[c >> 1]
                if plain and (value == 1 or value == -1) and self.has_form(other, form):
                    return other ^ sign ^ (value < 0)
                if self.is_constant_number[other >> 1] and form is None:
                    folded = self.folded(C_MULTIPLY, value, self.values[other >> 1])
                    if folded >= 0:
                        return folded ^ sign
        return self.exact_pair(C_MULTIPLY, form, a, b) ^ sign

    cdef int sum(self, Form form, int a, int b, bint plain=True) except -1:
        cdef int folded
        if plain and form is not None and (self.ops[a >> 1] == C_ADD_AT or self.ops[b >> 1] == C_ADD_AT):
            placed = self.sum_of_placed(form, a, b)
            if placed is not None:
                return placed
        if a & 1 and b & 1:
            a = self.positive(a)            # -(a + b) has another zero
        if a & 1:
            a, b = b, a
        if form is None and self.is_constant_number[a >> 1] and self.is_constant_number[b >> 1]:
            folded = self.folded(C_ADD, self.values[a >> 1], -self.values[b >> 1] if b & 1 else self.values[b >> 1])
            if folded >= 0:
                return folded
        if b & 1:
            return self.exact_pair(C_SUBTRACT, form, a, b & ~1)
        return self.exact_pair(C_ADD, form, min(a, b), max(a, b))

    cdef int quotient(self, Form form, int a, int b, bint plain=True) except -1:
        cdef int sign = (a ^ b) & 1, folded
        cdef double value
        a, b = a & ~1, b & ~1
        if self.is_constant_number[b >> 1]:
            value = self.values[b >> 1]
            if plain and (value == 1 or value == -1) and self.has_form(a, form):
                return a ^ sign ^ (value < 0)
            if form is None and self.is_constant_number[a >> 1]:
                folded = self.folded(C_DIVIDE, self.values[a >> 1], value)
                if folded >= 0:
                    return folded ^ sign
        return self.exact_pair(C_DIVIDE, form, a, b) ^ sign

    cdef int folded(self, int code, double x, double y) except -2:
        """A constant computed now; -1 where that raises a floating-point flag, as each run has to."""
        cdef double value
        leopard_clear_status()
        value = leopard_fold(code, x, y)
        if leopard_status():
            leopard_clear_status()
            return -1
        return self.number(value)

    def negative_sum(self, Form form, int total):
        """The sum of the negatives of float64, from their sum: no sum is -0.0, since it begins with 0."""
        self.checked(total >> 1)
        return self.sum(form, self.number(0.0), total ^ 1)

    # -- Sums of parts ---------------------------------------------------------------------------

    def placed(self, tuple entries not None, Form form not None, base=None):
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
        return self.once((C_ADD_AT, *refs), form, (entries, base is not None), entries)

    cdef object sum_of_placed(self, Form form, int a, int b):
        """A sum with what `placed` makes, made by `placed` again; None for any other."""
        cdef int k, x, y, sign, added
        for k in range(2):
            x, y = (b, a) if k else (a, b)
            if self.ops[y >> 1] != C_ADD_AT or self.form_of(y).shape != form.shape:
                continue
            entries, has_base = self.info[y >> 1]
            if len(entries) > 1 or has_base or x & 1:
                continue
            added, offset, part = entries[0]
            added ^= y & 1
            if self.ops[x >> 1] == C_ADD_AT:
                before, before_has_base = self.info[x >> 1]
                base = self.refs[self.first[(x >> 1) + 1] - 1] if before_has_base else None
                if len(before) == 1 and base is None and before[0][1:] == (offset, part):
                    own = self.form_of(added)
                    if self.form_of(before[0][0]) is own and (own is None or own.contiguous):
                        sign = before[0][0] & added & 1     # -(a + b): the sign of a zero is lost in the sum with 0
                        total = self.sum(own, before[0][0] ^ sign, added ^ sign) ^ sign
                        return self.placed(((total, offset, part),), form)
                return self.placed((*before, (added, offset, part)), form, base)
            if not y & 1 and form.is_double and self.has_form(x, form):
                return self.placed(entries, form, x)
        return None

    # -- Memory ----------------------------------------------------------------------------------

    cpdef int view(self, int r, Py_ssize_t offset, Form form) except -1:
        """A view: an offset in bytes from the first element of a term, and a form."""
        cdef int t = <int>self.checked(r >> 1)
        cdef Form own
        cdef bint scalar
        cdef Py_ssize_t place
        if form is None:
            raise TypeError("a view has a form")
        if self.ops[t] == C_VIEW:
            offset += <Py_ssize_t>self.info[t]
            r = self.refs[self.first[t]]
            t = r >> 1
        own = self.form(r)
        if offset == 0 and own.shape == form.shape and own.strides == form.strides and own.dtype == form.dtype:
            return r
        scalar = form.is_double and len(form.shape) == 0
        if scalar and self.ops[t] == C_PACK:
            place = self.first[t] + <Py_ssize_t>self.remembered(offsets_of, own).index(offset)
            if place >= self.first[t + 1]:
                raise IndexError(offset)
            return self.refs[place]
        key = C_VIEW, r, offset, form.shape, form.strides, form.dtype
        made = self.keyed.get(key)
        if made is None:
            made = self.keyed[key] = self.append(C_VIEW, &r, 1, None if scalar else form)
            self.info[made >> 1] = offset
        return made

    def copy(self, int r, tuple strides=None):
        """A copy of a term, in C order or with given strides."""
        cdef Form form = self.form(r)
        return self.once((C_COPY, r), self.remembered(Form, form.shape, form.dtype, strides), None, strides)

    def number_of_view(self, int r):
        """The scalar term that a view broadcasts."""
        cdef int base
        if self.ops[self.checked(r >> 1)] != C_VIEW:
            raise ValueError("this term is no view")
        base = self.refs[self.first[r >> 1]]
        if self.form_of(base) is None:
            return base
        return self.view(base, self.info[r >> 1], self.remembered(Form, (), self.form(r).dtype))

    def broadcast(self, int r, shape):
        """A term that is broadcast to a shape."""
        return self.view(r, 0, self.remembered(broadcast, self.form(r), shape))
