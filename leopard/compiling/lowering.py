"""From a recording to a plan: what is computed, in which order, where in memory, by which steps."""

from array import array

from leopard.compiling.plan import Plan
from leopard.compiling.reading import Reader
from leopard.compiling.schedule import grouped
from leopard.compiling.steps import WRITERS, append_copy, over, write_group
from leopard.compiling.terms import (
    CAPTURED,
    CONSTANT,
    INPUT,
    LOOP,
    PYTHON,
    VIEW,
    ScalarCode,
    append_loops,
    c_strides,
    last_uses,
    living,
    parted,
    place_arrays,
    place_scalars,
    staged,
)

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


def strides_of_output(form):
    """How a result lies in memory: as the recorded one where that fills its memory, else in C order."""
    return form.strides if form.fills_memory else c_strides(form.shape, form.dtype.itemsize)


class Lowering:
    """One recording on its way to a plan.

    Attributes
    ----------
    bases, offsets : array
        Where each term is in memory, by its number; an offset of -1 for one that has no place of its own.
    order : list of int or Group
        What is computed, in this order.
    sources : list or None
        For each step what it computes, one of `order` or None; a list where that is wanted, and then what
        could be one step of scalar code is several.
    """

    def __init__(self, reader, outputs, reuse, groups, sources=None):
        self.reader, self.reuse, self.groups, self.terms = reader, reuse, groups, reader.terms
        self.outputs = list(map(self.terms.positive, outputs))
        self.forms, self.info = self.terms.forms, self.terms.info
        n_inputs, n_captured = len(reader.recording.inputs), len(reader.captured)
        self.first_base = {INPUT: 1, CAPTURED: 1 + n_inputs, CONSTANT: 1 + n_inputs + n_captured}
        self.first_output = 1 + n_inputs + n_captured + len(reader.constants)
        self.steps, self.sources = [], sources

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
        plan.outputs = [(f.shape, f.dtype, strides_of_output(f)) for f in forms]
        plan.image = self.image
        plan.loops, plan.guards, plan.steps = self.terms.loops, reader.recording.guards, self.steps
        return plan

    def described(self, r):
        form = self.terms.form(r)
        return form.shape, form.dtype, form.strides

    # -- Order ---------------------------------------------------------------------------------------

    def find_order(self):
        """What is computed, in order; which terms are views, and which results each call of Python has."""
        terms = self.terms
        alive = self.alive = living(terms, [*self.outputs, *terms.guards])
        order, self.base_of, self.items, self.outside, mixed = parted(terms, alive)
        if mixed:
            sources = self.base_of | {y: t for t, ys in self.items.items() for y in ys}
            for view, base in self.base_of.items():
                sources[view] = sources.get(base, base)
            stages = staged(order, terms, sources)
            order = []
            for stage in stages:
                scalar = 0 <= terms.op(stage[0]) < LOOP
                order += stage if scalar or not self.groups else grouped(stage, terms, sources)
        self.order, self.mixed = order, mixed

    # -- Memory --------------------------------------------------------------------------------------

    def find_memory(self):
        """Find the place of each term."""
        terms, forms, info = self.terms, self.forms, self.info
        n = len(terms)
        bases, offsets = self.bases, self.offsets = array("i", [0]) * n, array("q", [-1]) * n
        last = self.last = last_uses(self.order, terms, self.base_of, self.outputs)
        for t in self.outside:
            bases[t], offsets[t] = self.first_base[terms.op(t)] + info[t], 0
        self.place_outputs()
        self.image, end = terms.image(self.alive, offsets)
        self.loaded = []
        for t in [*self.outside, *self.base_of]:
            if forms[t] is None and bases[self.base_of.get(t, t)]:
                self.loaded.append((t, end))
                end += 8
        end = place_scalars(self.order, last, terms, offsets, self.results_of, self.reuse, end)
        if self.mixed:  # behind the scalars, which are reached with offsets of 32 bits
            end = place_arrays(self.order, last, terms, offsets, self.results_of, self.reuse, end)
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
            if form is None or not form.fills_memory:
                continue
            if self.terms.op(t) == VIEW:  # of all elements of a term
                t = self.terms.operands(t)[0] >> 1
                base = self.forms[t]
                if (
                    base is None
                    or not base.fills_memory
                    or base.size != form.size
                    or base.dtype != form.dtype
                ):
                    continue
            if t not in self.written and self.terms.op(t) not in OUTSIDE:
                self.written[t] = k
                self.bases[t], self.offsets[t] = self.first_output + k, 0

    def results_of(self, item):
        """The terms that a step writes to memory."""
        if type(item) is not int:
            return self.targets_of(item) + item.sums
        if self.terms.op(item) == PYTHON:
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
        terms, steps, order = self.terms, self.steps, self.order
        code = ScalarCode(terms, self.bases, self.offsets, self.slots)
        self.pending, self.computed = self.loaded, set()
        place, n, runs = 0, len(order), False
        while place < n:
            item = self.order[place]
            if self.sources is not None:
                order = self.order[: place + 1]
            op = terms.op(item) if type(item) is int else None
            if op is not None and 0 <= op < LOOP:
                self.load(code)
                place = code.append(order, place)
                runs = place == n  # what is stored at the end belongs to this run
                if not runs or self.sources is not None:
                    steps.append(("scalars", code.take()))
                self.note(item)
                continue
            before = place
            if op is not None and op >= LOOP:
                place = append_loops(steps, order, place, terms, self.bases, self.offsets, over)
            else:
                place += 1
                if op is None:
                    write_group(self, item)
                else:
                    WRITERS[op](self, item, terms.record(item))
            if self.pending:
                for computed in order[before:place]:
                    self.computed.update(self.results_of(computed))
            self.note(item)
        stores = [(r, k) for k, r in enumerate(self.outputs) if self.forms[r >> 1] is None]
        if runs or stores:
            self.load(code)
            for r, k in stores:
                code.store(self.first_output + k, r)
            steps.append(("scalars", code.take()))
        self.copy_outputs()
        self.note(None)

    def note(self, item):
        """Note that the latest steps compute this, where that is wanted."""
        if self.sources is not None:
            self.sources += [item] * (len(self.steps) - len(self.sources))

    def load(self, code):
        """Append the loading of scalars from external memory, when what is there has been computed."""
        waiting = []
        for t, slot in self.pending:
            base = self.base_of.get(t, t)
            if base in self.written and base not in self.computed:
                waiting.append((t, slot))
            else:
                place, offset = self.place_of(t << 1)
                if 0 <= offset < 2**32:
                    code.load(slot, place, offset)
                else:  # of an array that goes backward
                    self.steps.append(("copy", 8, (1,), (place, offset, (0,)), (0, slot, (0,))))
        self.pending = waiting

    def copy_outputs(self):
        """Copy the arrays among the outputs that are elsewhere."""
        for k, r in enumerate(self.outputs):
            form, base = self.forms[r >> 1], self.base_of.get(r >> 1, r >> 1)
            if form is not None and self.written.get(base) != k:
                target = (self.first_output + k, 0, strides_of_output(form))
                append_copy(self, form, (*self.place_of(r), form.strides), target)
