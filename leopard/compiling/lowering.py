"""From a recording to a plan: an order of the steps, their memory, and their code."""

from array import array

import numpy as np

from leopard.compiling.memory import Blocks, last_uses
from leopard.compiling.plan import ALL_AXES, LEADING_AXES, OPCODES, TRAILING_AXES, Plan
from leopard.compiling.reading import Reader
from leopard.compiling.terms import (
    ADD_AT,
    CALL,
    CAPTURED,
    CONSTANT,
    COPY,
    INPUT,
    ITEM,
    LOOP,
    MATMUL,
    NUMBER,
    PYTHON,
    SUM,
    SUM_TO,
    VIEW,
)
from leopard.compiling.views import broadcast_strides, c_strides, coalesced

OUTSIDE = INPUT, CAPTURED, CONSTANT
NO_STEP = *OUTSIDE, NUMBER, VIEW, ITEM
AXES = {"all": ALL_AXES, "leading": LEADING_AXES, "trailing": TRAILING_AXES}
TYPE_OF_CHAR = {"d": 0, "f": 1, "D": 2, "F": 3}


def lower(recording, reuse=True):
    """The plan that computes what a recording computes.

    Parameters
    ----------
    recording : Recording
    reuse : bool
        Whether memory is used again once nothing reads what it holds.

    Returns
    -------
    Plan
    """
    reader = Reader(recording)
    outputs = reader.read()
    return Lowering(reader, outputs, reuse).plan()


class Lowering:
    """One recording on its way to a plan."""

    def __init__(self, reader, outputs, reuse):
        self.reader, self.reuse = reader, reuse
        self.terms = reader.terms
        self.outputs = list(map(self.terms.positive, outputs))
        self.records, self.forms, self.info = self.terms.records, self.terms.forms, self.terms.info
        self.n_inputs, self.n_captured = len(reader.recording.inputs), len(reader.captured)
        self.first_output = 1 + self.n_inputs + self.n_captured + len(reader.constants)
        self.guards = []
        self.steps = []

    def plan(self):
        self.find_order()
        self.find_memory()
        self.write_steps()
        reader, plan = self.reader, Plan()
        plan.arena = self.arena
        plan.inputs = [self.described(value) for value in reader.recording.inputs]
        plan.captured = [(v.array.shape, v.array.dtype, v.array.strides) for v in reader.captured]
        plan.captured_arrays = [v.array for v in reader.captured]
        plan.constants = reader.constants
        plan.outputs = [
            (f.shape, f.dtype, c_strides(f.shape, f.dtype.itemsize))
            for f in map(self.terms.form, self.outputs)
        ]
        plan.image = self.image
        plan.loops, plan.guards, plan.steps = self.terms.loops, self.guards, self.steps
        return plan

    def described(self, value):
        form = self.terms.form(self.reader.reference(value))
        return form.shape, form.dtype, form.strides

    # -- Order ---------------------------------------------------------------------------------------

    def find_order(self):
        """What is computed, in order: scalars together, as far as they do not wait for arrays."""
        records = self.records
        alive = [False] * len(records)
        for r in self.outputs:
            alive[r >> 1] = True
        for t in range(len(records) - 1, -1, -1):
            if alive[t]:
                for r in records[t][1:]:
                    alive[r >> 1] = True
        for t, record in enumerate(records):
            if record[0] == ITEM:  # all results of a step have a place
                alive[t] = alive[record[1] >> 1]
        self.alive = alive
        self.base_of = {}
        order, mixed = [], False
        for t, record in enumerate(records):
            if alive[t]:
                op = record[0]
                if op == VIEW:
                    self.base_of[t] = record[1] >> 1
                elif op >= 0 or op not in NO_STEP:
                    order.append(t)
                    mixed = mixed or not 0 <= op < LOOP
        self.order = self.staged(order) if mixed else order

    def staged(self, order):
        """The order in which scalar code is in few pieces: even stages are scalar, odd ones are not."""
        records, stages = self.records, [0] * len(self.records)
        for t, record in enumerate(records):
            if self.alive[t]:
                op = record[0]
                odd = 0 if 0 <= op < LOOP else 1
                stage = odd
                for r in record[1:]:
                    before = stages[r >> 1]
                    if before > stage:
                        stage = before
                if op == VIEW or op == ITEM:
                    stage = stages[record[1] >> 1]
                elif stage & 1 != odd:
                    stage += 1
                stages[t] = stage
        return sorted(order, key=stages.__getitem__)

    # -- Memory --------------------------------------------------------------------------------------

    def find_memory(self):
        """Where each term lives: `bases` and `offsets`, by its number."""
        n = len(self.records)
        self.bases, self.offsets = [0] * n, [-1] * n
        kept = [r >> 1 for r in self.outputs]
        self.last = last_uses(self.order, self.records, self.base_of, kept)
        self.items_extend_their_step()
        for t, record in enumerate(self.records):
            op = record[0]
            if op in OUTSIDE and self.alive[t]:
                before = {
                    INPUT: 1,
                    CAPTURED: 1 + self.n_inputs,
                    CONSTANT: 1 + self.n_inputs + self.n_captured,
                }[op]
                self.bases[t], self.offsets[t] = before + self.info[t], 0
        self.place_outputs()
        self.place_arrays()
        self.place_scalars()

    def items_extend_their_step(self):
        """The results of a Python step: those of each step, by its number."""
        self.items = {}
        for t, record in enumerate(self.records):
            if record[0] == ITEM and self.alive[t]:
                self.items.setdefault(record[1] >> 1, []).append(t)

    def place_outputs(self):
        """Let outputs be computed in their own memory, where they are arrays that a step writes."""
        self.written = {}  # the output that a term is written to
        for k, r in enumerate(self.outputs):
            t = r >> 1
            op, form = self.records[t][0], self.forms[t]
            if form is not None and form.contiguous and t not in self.written and op not in (*OUTSIDE, VIEW):
                self.written[t] = k
                self.bases[t], self.offsets[t] = self.first_output + k, 0

    def results_of(self, t):
        """The terms that a step writes."""
        return self.items.get(t, []) if self.records[t][0] == PYTHON else [t]

    def place_arrays(self):
        """Blocks of the arena for all arrays, along the order."""
        blocks = Blocks(self.reuse)
        forms, offsets, last = self.forms, self.offsets, self.last
        ending = {}
        for place, t in enumerate(self.order):
            for y in self.results_of(t):
                form = forms[y]
                if form is not None and offsets[y] < 0:
                    before, after = form.span
                    start = blocks.take(before + after)
                    offsets[y] = start + before
                    ending.setdefault(max(last[y], place), []).append((start, before + after))
            for start, size in ending.pop(place, ()):
                blocks.release(start, size)
        self.arena = blocks.end

    def place_scalars(self):
        """Places of 8 bytes for scalars, behind the arrays: constants first, then what is computed."""
        records, forms, offsets, last, reuse = self.records, self.forms, self.offsets, self.last, self.reuse
        end = self.arena
        self.image = []
        for t, value in self.terms.numbers.items():
            if self.alive[t] and forms[t] is None:
                offsets[t] = end
                self.image.append((end, value))
                end += 8
        self.loaded = {}  # the place of a scalar that scalar code reads from other memory
        self.load_externals()
        for t in self.loaded:
            self.loaded[t] = end
            end += 8
        free = []
        computed = bytearray(len(records))  # whose place can be used again
        for place, t in enumerate(self.order):
            record = records[t]
            released = free if 0 <= record[0] < LOOP else []  # an array step reads while it writes
            if reuse:
                for r in record[1:]:
                    a = r >> 1
                    if last[a] == place and computed[a]:
                        computed[a] = 0
                        released.append(offsets[a])
            for y in (t,) if record[0] >= 0 else self.results_of(t):
                if forms[y] is None and offsets[y] < 0:
                    if free:
                        offsets[y] = free.pop()
                    else:
                        offsets[y] = end
                        end += 8
                    computed[y] = 1
            if released is not free:
                free += released
        self.arena = end

    def load_externals(self):
        """Find the scalars outside of the arena that scalar code reads."""
        records = self.records
        for t in self.order:
            record = records[t]
            if 0 <= record[0] < LOOP:
                for r in record[1:]:
                    a = r >> 1
                    if records[a][0] < 0:
                        self.find_scalar(a)
        for r in self.outputs:
            if self.forms[r >> 1] is None:
                self.find_scalar(r >> 1)

    def find_scalar(self, a):
        """Note that scalar code reads a term."""
        op = self.records[a][0]
        base = self.base_of.get(a, a)
        if (op == VIEW or op in OUTSIDE) and self.bases[base] != 0:
            self.loaded[a] = -1

    def place_of(self, r):
        """The base and the offset of the first element of a term."""
        t = r >> 1
        if self.records[t][0] == VIEW:
            base = self.records[t][1] >> 1
            return self.bases[base], self.offsets[base] + self.info[t]
        return self.bases[t], self.offsets[t]

    def scalar_place(self, r):
        """The offset in the arena at which scalar code reads a term."""
        known = self.loaded.get(r >> 1)
        return self.place_of(r)[1] if known is None else known

    # -- Steps ---------------------------------------------------------------------------------------

    def write_steps(self):
        records, steps = self.records, self.steps
        run, loads = [], set()
        for t in self.order:
            record = records[t]
            if 0 <= record[0] < LOOP:
                run.append(t)
                continue
            if run:
                steps.append(("scalars", self.scalar_code(run, loads)))
                run = []
            WRITERS[LOOP if record[0] >= LOOP else record[0]](self, t, record)
        stores = self.copy_outputs()
        if run or stores:
            steps.append(("scalars", self.scalar_code(run, loads, stores)))

    def scalar_code(self, run, loads, stores=()):
        """The code of a run of scalars: what it reads elsewhere is loaded first, results are stored last."""
        records, offsets, loaded = self.records, self.offsets, self.loaded
        code = []
        wanted = loaded.keys() - loads
        if wanted:
            for t in run:
                for r in records[t][1:]:
                    self.load(r, loads, code)
            for r, _ in stores:
                self.load(r, loads, code)
        call1, call2 = OPCODES["call1"], OPCODES["call2"]
        for t in run:
            record = records[t]
            op = record[0]
            if op >= CALL:
                op = (call1 if len(record) == 2 else call2) | (op - CALL) << 8
            code.append(op)
            code.append(offsets[t])
            for r in record[1:]:
                a = offsets[r >> 1]
                code.append(a if a >= 0 and r >> 1 not in loaded else self.scalar_place(r))
            if len(record) == 2:
                code.append(0)
        for r, k in stores:
            code += OPCODES["store"], self.first_output + k, self.scalar_place(r), 0
        return array("I", code).tobytes()

    def load(self, r, loads, code):
        """Append the loading of a scalar from external memory, if it has not been loaded."""
        t = r >> 1
        if t in self.loaded and t not in loads:
            loads.add(t)
            base, offset = self.place_of(r)
            code += OPCODES["load"], self.loaded[t], base, offset

    def copy_outputs(self):
        """Copy the arrays among the outputs that live elsewhere; the scalars are returned, to be stored."""
        stores = []
        for k, r in enumerate(self.outputs):
            form = self.forms[r >> 1]
            if form is None:
                stores.append((r, k))
            elif self.written.get(r >> 1) != k:
                target = (self.first_output + k, 0, c_strides(form.shape, form.dtype.itemsize))
                self.steps.append(
                    ("copy", form.dtype.itemsize, form.shape, (*self.place_of(r), form.strides), target)
                )
        return stores

    def operand(self, r, shape):
        return *self.place_of(r), broadcast_strides(self.terms.form(r), shape)

    def write_loop(self, t, record):
        form = self.terms.form(t << 1)
        operands = [self.operand(r, form.shape) for r in (*record[1:], t << 1)]
        shape, strides = coalesced(form.shape, [o[2] for o in operands])
        operands = [(base, offset, s) for (base, offset, _), s in zip(operands, strides, strict=True)]
        self.steps.append(("loop", record[0] - LOOP, shape, operands))

    def write_copy(self, t, record):
        form = self.terms.form(t << 1)
        source = self.operand(record[1], form.shape)
        self.steps.append(("copy", form.dtype.itemsize, form.shape, source, self.operand(t << 1, form.shape)))

    def write_matmul(self, t, record):
        a, b = map(self.terms.form, record[1:])
        m, k = a.shape if len(a.shape) == 2 else (1, *a.shape)
        n = b.shape[1] if len(b.shape) == 2 else 1
        strides_a = a.strides if len(a.shape) == 2 else (0, *a.strides)
        strides_b = b.strides if len(b.shape) == 2 else (*b.strides, 0)
        form = self.terms.form(t << 1)
        size = form.dtype.itemsize
        self.steps.append(
            (
                "matmul",
                TYPE_OF_CHAR[form.dtype.char],
                (m, k, n),
                (*self.place_of(record[1]), strides_a),
                (*self.place_of(record[2]), strides_b),
                (*self.place_of(t << 1), (n * size, size)),
                True,
            )
        )

    def write_sum(self, t, record):
        form = self.terms.form(record[1])
        size = form.dtype.itemsize
        source = (*self.place_of(record[1]), size)
        self.steps.append(("sum", TYPE_OF_CHAR[form.dtype.char], form.size, source, self.place_of(t << 1)))

    def write_sum_to(self, t, record):
        form = self.terms.form(record[1])
        axes, length = self.info[t]
        self.steps.append(
            (
                "sum_to",
                TYPE_OF_CHAR[form.dtype.char],
                AXES[axes],
                length,
                form.size,
                self.place_of(record[1]),
                self.place_of(t << 1),
            )
        )

    def write_add_at(self, t, record):
        form = self.terms.form(t << 1)
        offset, part = self.info[t]
        base, start = self.place_of(t << 1)
        size = form.dtype.itemsize
        self.steps.append(("fill", size, form.size, (base, start), bytes(size)))
        add = self.terms.loop(np.add, form.dtype.char * 2 + "->" + form.dtype.char)
        target = base, start + offset, part.strides
        self.steps.append(("loop", add, part.shape, [target, self.operand(record[1], part.shape), target]))

    def write_python(self, t, record):
        function, forms = self.info[t]
        inputs = [self.array(r) for r in record[1:]]
        outputs = []
        for y, form in zip(self.results_of(t), forms, strict=True):
            outputs.append((*self.place_of(y << 1), form.shape, form.strides, form.dtype))
        self.steps.append(("python", function, inputs, outputs))

    def array(self, r):
        form = self.terms.form(r)
        return *self.place_of(r), form.shape, form.strides, form.dtype


WRITERS = {
    LOOP: Lowering.write_loop,
    COPY: Lowering.write_copy,
    MATMUL: Lowering.write_matmul,
    SUM: Lowering.write_sum,
    SUM_TO: Lowering.write_sum_to,
    ADD_AT: Lowering.write_add_at,
    PYTHON: Lowering.write_python,
}
