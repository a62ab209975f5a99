# Part of replay.pyx. A plan is read into steps. Everything that an address can reach is checked here, once: a run
# checks nothing.

cdef bint overlap(
    Space* space, Place* a, npy_intp* a_strides, npy_intp a_size, Place* b, npy_intp* b_strides, npy_intp b_size
) noexcept:
    """Whether two operands, of these strides and sizes of an element, share memory of one base but are not the same."""
    cdef npy_intp low_a = a.offset, high_a = a.offset + a_size, low_b = b.offset, high_b = b.offset + b_size, reach
    cdef int axis
    cdef bint same = a.offset == b.offset and a_size == b_size
    if a.base != b.base:
        return False
    for axis in range(space.n_axes):
        same = same and (a_strides[axis] == b_strides[axis] or space.shape[axis] == 1)
        reach = (space.shape[axis] - 1) * a_strides[axis]
        low_a, high_a = low_a + min(reach, <npy_intp>0), high_a + max(reach, <npy_intp>0)
        reach = (space.shape[axis] - 1) * b_strides[axis]
        low_b, high_b = low_b + min(reach, <npy_intp>0), high_b + max(reach, <npy_intp>0)
    return not same and low_a < high_b and low_b < high_a


@cython.final
@cython.internal
cdef class Reader:
    """Reads the steps of a plan into a program."""
    cdef ReplayProgram program
    cdef NamedLoop* loops
    cdef Callee* callees
    cdef int n_loops

    cdef int check_reach(self, int base, npy_intp low, npy_intp high) except -1:
        """Raise unless a base holds the bytes from `low` to `high`, which are offsets from its beginning."""
        cdef External* e
        if not 0 <= base <= self.program.n_externals:
            raise ValueError(f"a step names base {base} of {self.program.n_externals + 1}")
        if base == 0:
            if low < 0 or high > self.program.arena_size:
                raise ValueError(f"a step reaches from {low} to {high} in an arena of {self.program.arena_size} bytes")
            return 0
        e = &self.program.externals[base - 1]
        if low < e.low or high > e.high:
            raise ValueError(f"a step reaches from {low} to {high} of external array {base - 1}, which has from "
                             f"{e.low} to {e.high}")
        return 0

    cdef int check_output(self, int base) except -1:
        """Raise unless a step may write to a base: the arena, or an output."""
        if base and base - 1 < self.program.n_externals - self.program.n_outputs:
            raise ValueError(f"a step writes to external array {base - 1}, which is no output")
        return 0

    cdef int read_place(self, ReplayStep* step, int k, object base, object offset, bint writes) except -1:
        step.at[k].base, step.at[k].offset = base, offset
        if writes:
            self.check_output(step.at[k].base)
        return 0

    cdef int check_span(self, Place* at, int n_axes, npy_intp* shape, npy_intp* strides, npy_intp itemsize) except -1:
        """Raise unless strided elements are inside their base."""
        cdef npy_intp low = 0, high = itemsize
        cdef int axis
        for axis in range(n_axes):
            if shape[axis] == 0:
                return self.check_reach(at.base, 0, 0)
            if strides[axis] < 0:
                low += (shape[axis] - 1) * strides[axis]
            else:
                high += (shape[axis] - 1) * strides[axis]
        return self.check_reach(at.base, at.offset + low, at.offset + high)

    # -- Steps ---------------------------------------------------------------------------------------

    @cython.boundscheck(True)
    cdef int read(self, ReplayStep* step, tuple given) except -1:
        """Read one step."""
        kind = given[0]
        if kind == "scalars":
            self.read_scalars(step, given[1])
        elif kind == "loop":
            self.read_rows(step, given[1], given[2], given[3])
        elif kind == "group":
            read_group(self, step, given)
        elif kind == "matmul":
            self.read_matmul(step, given)
        elif kind == "sum":
            self.read_sum(step, given[1], given[2], given[3], given[4])
        elif kind == "sum_to":
            self.read_sum_to(step, given)
        elif kind == "copy":
            self.read_copy(step, given[1], given[2], given[3], given[4])
        elif kind == "fill":
            self.read_fill(step, given[1], given[2], given[3], given[4])
        elif kind == "guard":
            self.read_guard(step, given[1], given[2], given[3], given[4])
        elif kind == "python":
            step.kind = PYTHON
            step.number = len(self.program.functions)
            self.program.functions.append(read_python(self, given))
        else:
            raise ValueError(f"no kind of step: {kind!r}")
        return 0

    cdef int read_scalars(self, ReplayStep* step, bytes code) except -1:
        cdef ptrdiff_t n = len(code) // sizeof(Instruction), slots
        cdef Instruction* instructions = <Instruction*>self.program.keep(max(<ptrdiff_t>1, n) * sizeof(Instruction))
        cdef Instruction* to
        cdef ptrdiff_t i
        memcpy(instructions, <char*>code, n * sizeof(Instruction))
        for i in range(n):
            self.check_instruction(&instructions[i])
        to = <Instruction*>self.program.keep((2 * n + 1) * sizeof(Instruction))
        slots = leopard_translate(instructions, n, to, self.callees, THREADED)
        if slots < 0:
            raise ValueError("scalar code has an operation that is none")
        step.kind, step.more, step.work = SCALARS, to, n
        self.program.n_instructions += n
        return 0

    cdef int check_instruction(self, Instruction* i) except -1:
        """Raise unless what an instruction reads and writes is inside its base."""
        cdef int op = i.op & 0xFF, callee = i.op >> 8
        cdef npy_intp limit = self.program.arena_size - 8
        if op == LEOPARD_OP_LOAD:
            self.check_reach(i.a, i.b, <npy_intp>i.b + 8)
        elif i.a > limit:
            raise ValueError("scalar code reads outside the arena")
        if op == LEOPARD_OP_STORE:
            self.check_reach(i.y, i.b, <npy_intp>i.b + 8)
            self.check_output(i.y)
        elif i.y > limit:
            raise ValueError("scalar code writes outside the arena")
        if op == LEOPARD_OP_GUARD_TRUE or op == LEOPARD_OP_GUARD_FALSE or op == LEOPARD_OP_GUARD_EQUAL:
            self.check_guard(i.b)
        elif op != LEOPARD_OP_LOAD and op != LEOPARD_OP_STORE and i.b > limit:
            raise ValueError("scalar code reads outside the arena")
        if op == LEOPARD_OP_CALL1 or op == LEOPARD_OP_CALL2:
            if callee >= self.n_loops or not self.loops[callee].is_of_doubles:
                raise ValueError("scalar code calls a loop that is none of doubles")
            if self.loops[callee].n_outputs != 1 or self.loops[callee].n_inputs != op - LEOPARD_OP_CALL1 + 1:
                raise ValueError("scalar code calls a loop of another number of operands")
        return 0

    cdef int check_guard(self, npy_intp place) except -1:
        if not 0 <= place < self.program.n_guards:
            raise ValueError(f"a step names guard {place} of {self.program.n_guards}")
        return 0

    cdef int read_nest(self, ReplayStep* step, tuple shape, list operands, npy_intp* itemsizes, int n_inputs) except -1:
        """Read operands over a shape: as one row, where they are that, or as a nest of rows.

        Returns the number of axes of the nest.
        """
        cdef Space space
        cdef Operand laid[MAX_OPERANDS]
        cdef int axis, k
        cdef Nest* nest
        if len(operands) > MAX_OPERANDS or len(shape) > MAX_AXES:
            raise ValueError("a step of too many operands or axes")
        space.n_axes = len(shape)
        step.n_operands = len(operands)
        step.work = 1
        for axis in range(space.n_axes):
            space.shape[axis] = shape[axis]
            step.work *= space.shape[axis]
        for k, (base, offset, strides) in enumerate(operands):
            self.read_place(step, k, base, offset, k >= n_inputs)
            if len(strides) != space.n_axes:
                raise ValueError("an operand has strides for other axes than those of its step")
            for axis in range(space.n_axes):
                laid[k].strides[axis] = strides[axis]
            self.check_span(&step.at[k], space.n_axes, space.shape, laid[k].strides, itemsizes[k])
        coalesce(&space, laid, step.n_operands)
        step.n = space.shape[space.n_axes - 1]
        for k in range(step.n_operands):
            step.strides[k] = laid[k].strides[space.n_axes - 1]
        if space.n_axes > 1:
            nest = <Nest*>self.program.keep(sizeof(Nest))
            nest.space = space
            for k in range(step.n_operands):
                for axis in range(space.n_axes):
                    nest.strides[k][axis] = laid[k].strides[axis]
            step.more = nest
        return space.n_axes

    cdef int read_rows(self, ReplayStep* step, int loop, tuple shape, operands) except -1:
        cdef NamedLoop* named
        cdef int k
        if not 0 <= loop < self.n_loops:
            raise ValueError(f"a step names loop {loop} of {self.n_loops}")
        named = &self.loops[loop]
        if len(operands) != named.n_inputs + named.n_outputs:
            raise ValueError("a loop with another number of operands")
        step.kind = ROW
        if self.read_nest(step, shape, list(operands), named.itemsizes, named.n_inputs) > 1:
            step.kind = self.kind_of_rows(step, named)
        if step.kind == ROW and step.n == 1:    # as NumPy: with another stride some loops of complex numbers round twice
            for k in range(named.n_inputs, step.n_operands):
                step.strides[k] = named.itemsizes[k]
        step.loop = named.own
        if named.own.call != named.loop.call:
            self.prepare_exact(step, named.itemsizes[0])
        return 0

    cdef StepKind kind_of_rows(self, ReplayStep* step, NamedLoop* named) except *:
        """How the rows of a nest are run.

        Many short rows are run together: copies of them are made where they do not follow each other. No copies are
        made for exact arithmetic, but for those of one row that is used for all.
        """
        cdef Nest* nest = <Nest*>step.more
        cdef int k
        cdef bint together = self.can_run_together(step, named), copied = not together
        for k in range(step.n_operands):
            copied = copied or not nest.in_place[k] and not nest.is_one_row[k]
        if (copied and LEOPARD_ADD <= named.exact <= LEOPARD_DIVIDES and named.type == DOUBLE and step.n > 1
                and has_exact_strides(step, sizeof(double)) and not self.mixes_elements(step, sizeof(double))):
            step.rows_loop = EXACT.rows[named.exact]
            return EXACT_ROWS
        if not together:
            return ROWS
        for k in range(step.n_operands):
            if not nest.in_place[k]:
                step.strides[k] = nest.itemsizes[k]
        self.program.scratch_size = max(self.program.scratch_size, <npy_intp>MAX_OPERANDS * PLANE_PITCH)
        return PLANES

    cdef bint can_run_together(self, ReplayStep* step, NamedLoop* named) except -1:
        """Whether rows are short and many, and written once each."""
        cdef Nest* nest = <Nest*>step.more
        cdef int last = nest.space.n_axes - 1, k, axis
        if step.n > SHORT_ROW or nest.space.shape[last - 1] < MANY_ROWS:
            return False
        nest.n_inputs = named.n_inputs
        for k in range(step.n_operands):
            nest.itemsizes[k] = named.itemsizes[k]
            nest.in_place[k] = nest.strides[k][last - 1] == step.n * nest.strides[k][last]
            nest.is_one_row[k] = True
            for axis in range(last):
                nest.is_one_row[k] = nest.is_one_row[k] and nest.strides[k][axis] == 0
        for k in range(named.n_inputs, step.n_operands):
            if not self.is_written_once(step, nest, k):
                return False
        return True

    cdef bint is_written_once(self, ReplayStep* step, Nest* nest, int k) noexcept:
        """Whether each element of an output is written once (not added to, for each row), and no input is it in part."""
        cdef int i, axis
        for axis in range(nest.space.n_axes):
            if nest.strides[k][axis] == 0:
                return False
        for i in range(nest.n_inputs):
            if overlap(
                &nest.space, &step.at[i], nest.strides[i], nest.itemsizes[i],
                &step.at[k], nest.strides[k], nest.itemsizes[k],
            ):
                return False
        return True

    cdef bint mixes_elements(self, ReplayStep* step, npy_intp itemsize) noexcept:
        """Whether the result shares memory with an operand but is not it: leopard's loops suppose that there is none."""
        cdef Nest* nest = <Nest*>step.more
        cdef Space row
        cdef int k, n = step.n_operands - 1
        row.n_axes, row.shape[0] = 1, step.n
        for k in range(n):
            if nest == NULL:
                if overlap(
                    &row, &step.at[k], &step.strides[k], itemsize, &step.at[n], &step.strides[n], itemsize
                ):
                    return True
            elif overlap(
                &nest.space, &step.at[k], nest.strides[k], itemsize, &step.at[n], nest.strides[n], itemsize
            ):
                return True
        return False

    cdef int prepare_exact(self, ReplayStep* step, npy_intp itemsize) except -1:
        """See whether leopard's own loop runs a step of exact arithmetic, so that it clears no flags."""
        cdef int k, n = step.n_operands - 1
        if self.mixes_elements(step, itemsize):
            step.loop = (<Loop*>step.loop.data)[0]
            return 0
        if step.n == 1:                     # any stride is that of one element; NumPy's is 0
            for k in range(n + 1):
                step.strides[k] = itemsize
        step.keeps_status = has_exact_strides(step, itemsize)
        return 0

    @cython.boundscheck(True)
    cdef int read_matmul(self, ReplayStep* step, tuple given) except -1:
        cdef Matrices* p = <Matrices*>self.program.keep(sizeof(Matrices))
        cdef npy_intp[2] shape, strides
        cdef npy_intp itemsize
        step.kind, step.type, step.more = MATMUL_STEP, type_named(given[1]), p
        itemsize = size_of_type(step.type)
        p.m, p.k, p.n = given[2]
        step.work = p.m * p.k * p.n
        step.n_operands = 3
        if not has_matmul(step.type):
            raise ValueError("no products of this type")
        if p.m < 1 or p.k < 1 or p.n < 1:
            raise ValueError("a product of matrices without elements")
        for k, (base, offset, operand_strides) in enumerate(given[3:6]):
            self.read_place(step, k, base, offset, k == 2)
            strides[0], strides[1] = operand_strides
            shape[0], shape[1] = p.m if k != 1 else p.k, p.n if k != 0 else p.k
            self.check_span(&step.at[k], 2, shape, strides, itemsize)
            if k == 0:
                p.a_strides[0], p.a_strides[1] = strides[0], strides[1]
            elif k == 1:
                p.b_strides[0], p.b_strides[1] = strides[0], strides[1]
            elif p.n > 1 and strides[1] != itemsize or p.m > 1 and strides[0] != p.n * itemsize:
                raise ValueError("a product of matrices is written to contiguous memory")
        step.number = bool(given[6]) if len(given) > 6 else True
        return 0

    @cython.boundscheck(True)
    cdef int read_sum(self, ReplayStep* step, type, npy_intp n, source, target) except -1:
        step.kind, step.type, step.n, step.work, step.n_operands = SUM_ALL, type_named(type), n, n, 2
        step.strides[0] = source[2]
        self.read_place(step, 0, source[0], source[1], False)
        self.read_place(step, 1, target[0], target[1], True)
        self.check_span(&step.at[0], 1, &step.n, &step.strides[0], size_of_type(step.type))
        self.check_span(&step.at[1], 0, NULL, NULL, size_of_type(step.type))
        return 0

    @cython.boundscheck(True)
    cdef int read_sum_to(self, ReplayStep* step, tuple given) except -1:
        cdef npy_intp total, itemsize
        step.kind, step.type, step.number = SUM_TO, type_named(given[1]), given[2]
        step.strides[0], step.n, step.n_operands = given[3], given[4], 2    # the length of a row, all elements
        step.work = step.n
        itemsize = size_of_type(step.type)
        if step.n < 1 or step.strides[0] < 1 or step.n % step.strides[0] or step.type > SINGLE:
            raise ValueError("a sum to a shape of other rows")
        total = 1
        if step.number == LEADING_AXES:
            total = step.strides[0]
        elif step.number == TRAILING_AXES:
            total = step.n // step.strides[0]
        elif step.number != ALL_AXES:
            raise ValueError("a sum over no axes")
        step.strides[1] = total * itemsize
        self.read_place(step, 0, given[5][0], given[5][1], False)
        self.read_place(step, 1, given[6][0], given[6][1], True)
        self.check_span(&step.at[0], 1, &step.n, &itemsize, itemsize)
        self.check_span(&step.at[1], 1, &total, &itemsize, itemsize)
        return 0

    @cython.boundscheck(True)
    cdef int read_copy(self, ReplayStep* step, npy_intp itemsize, tuple shape, source, target) except -1:
        cdef npy_intp[2] itemsizes
        itemsizes[0] = itemsizes[1] = itemsize
        step.kind, step.type = COPY, <int>itemsize
        if itemsize < 1:
            raise ValueError("a copy of no bytes")
        self.read_nest(step, shape, [source, target], itemsizes, 1)
        return 0

    @cython.boundscheck(True)
    cdef int read_fill(self, ReplayStep* step, npy_intp itemsize, npy_intp size, target, bytes element) except -1:
        step.kind, step.type, step.n, step.work, step.n_operands = FILL, <int>itemsize, size, size, 1
        if itemsize < 1 or len(element) != itemsize:
            raise ValueError("an element of another size is filled in")
        self.read_place(step, 0, target[0], target[1], True)
        self.check_span(&step.at[0], 1, &size, &itemsize, itemsize)
        step.more = self.program.keep_bytes(element)
        if element.count(element[:1]) == itemsize:      # as zeros
            step.type, step.n = 1, size * itemsize
        return 0

    cdef int read_guard(self, ReplayStep* step, npy_intp place, base, offset, bytes expected) except -1:
        cdef npy_intp one = 1
        step.kind, step.number, step.n, step.n_operands = GUARD, <int>place, len(expected), 1
        self.check_guard(place)
        self.read_place(step, 0, base, offset, False)
        self.check_span(&step.at[0], 1, &step.n, &one, 1)
        step.more = self.program.keep_bytes(expected)
        return 0


cdef bint has_exact_strides(ReplayStep* step, npy_intp itemsize) noexcept:
    """Whether leopard's own loop of exact arithmetic has code for the strides of a step."""
    cdef int k, n = step.n_operands - 1
    for k in range(n + 1):
        if step.strides[k] != itemsize and (k == n or n == 1 or step.strides[k] != 0):
            return False
    return n == 1 or step.strides[0] != 0 or step.strides[1] != 0
