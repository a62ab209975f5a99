"""From a recording to a plan: what is computed, in which order, where in memory, by which steps."""

from array import array

from leopard._numeric.replay import OPCODES
from leopard.compiling.memory import last_uses, place_arrays, place_scalars
from leopard.compiling.plan import Plan
from leopard.compiling.reading import Reader
from leopard.compiling.schedule import grouped, living, staged
from leopard.compiling.steps import WRITERS, append_copy, write_group
from leopard.compiling.terms import (
    CALL,
    CAPTURED,
    CONSTANT,
    GUARD,
    INPUT,
    ITEM,
    LOOP,
    NUMBER,
    PACK,
    PYTHON,
    VIEW,
)
from leopard.compiling.views import c_strides, offsets_of

OUTSIDE = INPUT, CAPTURED, CONSTANT


def lower(recording, reuse=True, groups=True):
    """The plan that computes what a recording computes.

    Parameters
    ----------
    recording : Recording
    reuse : bool
        Whether memory is used again once nothing reads what it holds.
    groups : bool
        Whether elementwise operations of long arrays are computed together, block by block.

    Returns
    -------
    Plan
    """
    reader = Reader(recording)
    return Lowering(reader, reader.read(), reuse, groups).plan()


class Lowering:
    """One recording on its way to a plan.

    Attributes
    ----------
    bases, offsets : list of int
        Where each term is in memory, by its number; an offset of -1 for one that has no place of its own.
    order : list of int or Group
        What is computed, in this order.
    """

    def __init__(self, reader, outputs, reuse, groups):
        self.reader, self.reuse, self.groups, self.terms = reader, reuse, groups, reader.terms
        self.outputs = list(map(self.terms.positive, outputs))
        self.records, self.forms, self.info = self.terms.records, self.terms.forms, self.terms.info
        n_inputs, n_captured = len(reader.recording.inputs), len(reader.captured)
        self.first_base = {INPUT: 1, CAPTURED: 1 + n_inputs, CONSTANT: 1 + n_inputs + n_captured}
        self.first_output = 1 + n_inputs + n_captured + len(reader.constants)
        self.steps = []

    def plan(self):
        self.find_order()
        self.find_memory()
        self.write_steps()
        reader, plan = self.reader, Plan()
        plan.arena = self.arena
        plan.inputs = [self.described(reader.reference(value)) for value in reader.recording.inputs]
        plan.captured = [(v.array.shape, v.array.dtype, v.array.strides) for v in reader.captured]
        plan.captured_arrays = [v.array for v in reader.captured]
        plan.captured_variables = [v.variable for v in reader.captured]
        plan.constants = reader.constants
        forms = map(self.terms.form, self.outputs)
        plan.outputs = [(f.shape, f.dtype) for f in forms]
        plan.image = self.image
        plan.loops, plan.guards, plan.steps = self.terms.loops, reader.recording.guards, self.steps
        return plan

    def described(self, r):
        form = self.terms.form(r)
        return form.shape, form.dtype, form.strides

    # -- Order ---------------------------------------------------------------------------------------

    def find_order(self):
        """What is computed, in order; which terms are views, and which results each call of Python has."""
        records = self.records
        alive = living(records, [*self.outputs, *self.terms.guards])
        self.base_of, self.items, self.outside = {}, {}, []
        order, mixed = [], False
        for t, record in enumerate(records):
            op = record[0]
            if op >= 0:
                if alive[t]:
                    order.append(t)
                    mixed = mixed or op >= PACK
            elif op == ITEM:  # all results of a call have a place
                if alive[record[1] >> 1]:
                    self.items.setdefault(record[1] >> 1, []).append(t)
            elif alive[t]:
                if op == VIEW:
                    self.base_of[t] = record[1] >> 1
                elif op in OUTSIDE:
                    self.outside.append(t)
                elif op != NUMBER:
                    order.append(t)
                    mixed = True
        self.alive = alive
        if mixed:
            sources = self.base_of | {y: t for t, ys in self.items.items() for y in ys}
            for view, base in self.base_of.items():
                sources[view] = sources.get(base, base)
            stages = staged(order, records, sources)
            order = []
            for stage in stages:
                scalar = 0 <= records[stage[0]][0] < LOOP
                order += stage if scalar or not self.groups else grouped(stage, self.terms, sources)
        self.order, self.mixed = order, mixed

    # -- Memory --------------------------------------------------------------------------------------

    def find_memory(self):
        """Find the place of each term."""
        records, forms, info = self.records, self.forms, self.info
        bases, offsets = self.bases, self.offsets = [0] * len(records), [-1] * len(records)
        last = self.last = last_uses(self.order, records, self.base_of, self.outputs)
        for t in self.outside:
            bases[t], offsets[t] = self.first_base[records[t][0]] + info[t], 0
        self.place_outputs()
        self.image, end = [], 0
        for t, value in self.terms.numbers.items():
            if self.alive[t] and forms[t] is None:
                offsets[t] = end
                self.image.append((end, value))
                end += 8
        self.loaded = []
        for t in [*self.outside, *self.base_of]:
            if forms[t] is None and bases[self.base_of.get(t, t)]:
                self.loaded.append((t, end))
                end += 8
        end = place_scalars(self.order, last, records, forms, offsets, self.results_of, self.reuse, end)
        if self.mixed:  # behind the scalars, which are reached with offsets of 32 bits
            end = place_arrays(self.order, last, forms, offsets, self.results_of, self.reuse, end)
        self.arena = end
        for t, base in self.base_of.items():
            bases[t], offsets[t] = bases[base], offsets[base] + info[t]
        slots = self.slots = offsets[:]  # where scalar code finds a term
        for t, slot in self.loaded:
            slots[t] = slot

    def place_outputs(self):
        """Let outputs be computed in their own memory, where they are arrays that a step writes."""
        self.written = {}  # the output that a term is written to
        for k, r in enumerate(self.outputs):
            t = r >> 1
            form = self.forms[t]
            if form is None or not form.contiguous:
                continue
            if self.records[t][0] == VIEW:  # of all elements of a term, in the same order
                t = self.records[t][1] >> 1
                base = self.forms[t]
                if base is None or not base.contiguous or base.size != form.size or base.dtype != form.dtype:
                    continue
            if t not in self.written and self.records[t][0] not in OUTSIDE:
                self.written[t] = k
                self.bases[t], self.offsets[t] = self.first_output + k, 0

    def results_of(self, item):
        """The terms that a step writes to memory."""
        if type(item) is not int:
            return self.targets_of(item) + item.sums
        if self.records[item][0] == PYTHON:
            return self.items.get(item, ())
        return (item,)

    def targets_of(self, group):
        """The terms of a group that something outside of it reads."""
        return [t for t in group.terms if self.last[t] >= 0]

    def place_of(self, r):
        """The base and the offset of the first element of a term."""
        t = r >> 1
        return self.bases[t], self.offsets[t]

    # -- Steps ---------------------------------------------------------------------------------------

    def write_steps(self):
        records, steps = self.records, self.steps
        run, self.pending, self.computed = [], self.loaded, set()
        for item in self.order:
            if type(item) is not int:
                op = None
            else:
                op = records[item][0]
                if 0 <= op < LOOP:
                    run.append(item)
                    continue
            if run:
                steps.append(("scalars", self.scalar_code(run)))
                run = []
            if op is None:
                write_group(self, item)
            else:
                WRITERS[LOOP if op >= LOOP else op](self, item, records[item])
            self.computed.update(self.results_of(item))
        stores = [(r, k) for k, r in enumerate(self.outputs) if self.forms[r >> 1] is None]
        if run or stores:
            steps.append(("scalars", self.scalar_code(run, stores)))
        self.copy_outputs()

    def scalar_code(self, run, stores=()):
        """The code of a run of scalars: what it reads elsewhere is loaded first, results are stored last."""
        records, slots = self.records, self.slots
        code = self.loads()
        call1, call2 = OPCODES["call1"], OPCODES["call2"]
        for t in run:
            record = records[t]
            op = record[0]
            if op >= CALL:
                if op >= GUARD:
                    (self.write_pack if op == PACK else self.write_guard)(t, record, code)
                    continue
                op = (call1 if len(record) == 2 else call2) | (op - CALL) << 8
            if len(record) == 3:
                code += op, slots[t], slots[record[1] >> 1], slots[record[2] >> 1]
            else:
                code += op, slots[t], slots[record[1] >> 1], 0
        for r, k in stores:
            code += OPCODES["store"], self.first_output + k, slots[r >> 1], 0
        return array("I", code).tobytes()

    def loads(self):
        """The loading of scalars from external memory, when what is there has been computed."""
        code, waiting = [], []
        for t, slot in self.pending:
            base = self.base_of.get(t, t)
            if base in self.written and base not in self.computed:
                waiting.append((t, slot))
            else:
                place, offset = self.place_of(t << 1)
                if 0 <= offset < 2**32:
                    code += OPCODES["load"], slot, place, offset
                else:  # of an array that goes backward
                    self.steps.append(("copy", 8, (1,), (place, offset, (0,)), (0, slot, (0,))))
        self.pending = waiting
        return code

    def write_pack(self, t, record, code):
        """Append the copies of elements to their places in an array."""
        base, slots = self.bases[t], self.slots
        places = self.terms.remembered(offsets_of, self.forms[t])
        for r, offset in zip(record[1:], places, strict=True):
            if base:
                code += OPCODES["store"], base, slots[r >> 1], self.offsets[t] + offset
            else:
                code += OPCODES["copy"], self.offsets[t] + offset, slots[r >> 1], 0

    def write_guard(self, t, record, code):
        """Append a guard of a scalar."""
        place, what = self.info[t]
        expected = self.slots[record[2] >> 1] if what == "guard_equal" else 0
        code += OPCODES[what], expected, self.slots[record[1] >> 1], place

    def copy_outputs(self):
        """Copy the arrays among the outputs that are elsewhere."""
        for k, r in enumerate(self.outputs):
            form, base = self.forms[r >> 1], self.base_of.get(r >> 1, r >> 1)
            if form is not None and self.written.get(base) != k:
                target = (self.first_output + k, 0, c_strides(form.shape, form.dtype.itemsize))
                append_copy(self, form, (*self.place_of(r), form.strides), target)
