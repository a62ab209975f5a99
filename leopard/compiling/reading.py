"""From the nodes of a recording to terms: native operations, views, and calls of Python."""

import numpy as np

from leopard.compiling.calls import option_template, python_function
from leopard.compiling.elementwise import (
    converted,
    in_order,
    is_weak,
    layout_of_loop,
    layout_of_small,
    types_of_loop,
)
from leopard.compiling.native import way_of
from leopard.compiling.recording import CAPTURED as CAPTURED_VALUE
from leopard.compiling.recording import INPUT as INPUT_VALUE
from leopard.compiling.terms import (
    CAPTURED,
    CONSTANT,
    FLOAT64,
    GUARD,
    GUARD_BYTES,
    INPUT,
    ITEM,
    PYTHON,
    Form,
    NodeReader,
)

SMALL_BYTES = 512  # of constants that stay where they are
LINE = 64  # bytes of a line of the cache, and of the widest vector


def aligned(array):
    """A contiguous array at the beginning of a line of the cache: a copy where it does not begin there."""
    if not array.flags.c_contiguous or array.ctypes.data % LINE == 0:
        return array
    memory = np.empty(array.nbytes + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    made = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    made[...] = array
    return made


class Reader(NodeReader):
    """Reads the nodes of a recording, one after another, into terms; see `NodeReader` for what it holds."""

    way_of = staticmethod(way_of)
    types_of_loop, layout_of_loop = staticmethod(types_of_loop), staticmethod(layout_of_loop)
    layout_of_small, in_order, converted = layout_of_small, in_order, converted

    def read(self):
        """Read everything; the references of the outputs."""
        for value in self.recording.inputs:
            self.reference(value)
        nodes, start = self.recording.nodes, 0
        for place, (guard, stop) in enumerate(self.guards_in_order()):
            if stop > start:
                self.read_nodes(nodes, start, stop)
                start = stop
            self.guard(place, guard)
        self.read_nodes(nodes, start, len(nodes))
        return [self.output(value) for value in self.recording.outputs]

    def guards_in_order(self):
        """Each guard, and the number of nodes that are read before it: as few as its order allows."""
        guards = self.recording.guards
        if not guards:
            return
        place_of = {y: k for k, node in enumerate(self.recording.nodes, 1) for y in node.outputs}
        stop = 0
        for guard in guards:
            stop = max(stop, place_of.get(guard.value, 0))
            yield guard, stop

    def output(self, value):
        """The reference of an output, in its own type: other operands take a Python integer as a float."""
        if value.weak and type(value.array) is int:
            return self.constant(np.asarray(value.array))
        return self.reference(value)

    # -- Values --------------------------------------------------------------------------------------

    def outside(self, value):
        terms, array = self.terms, value.array
        if type(array) is float or type(array) is int and -(2**53) < array < 2**53:
            return terms.number(float(array))
        if value.kind == INPUT_VALUE:
            return terms.add((INPUT,), self.form_of(value.shape, value.dtype, value.strides), value.number)
        if value.kind == CAPTURED_VALUE:
            self.captured.append(value)
            form = self.form_of(array.shape, array.dtype, array.strides)
            return terms.add((CAPTURED,), form, len(self.captured) - 1)
        return self.constant(np.asarray(array))

    def form_of(self, shape, dtype, strides=None):
        """A Form; None for a float64 without axes."""
        if shape == () and dtype == FLOAT64:
            return None
        return self.terms.remembered(Form, shape, dtype, strides)

    def constant(self, array):
        """The reference of a constant: of one number, broadcast, where all elements are the same one."""
        terms = self.terms
        if array.shape == () and array.dtype == FLOAT64:
            return terms.number(array.item())
        form = self.form_of(array.shape, array.dtype, array.strides)
        if form.uniform and array.ndim:
            return terms.broadcast(self.constant(np.asarray(array[(0,) * array.ndim])), array.shape)
        self.constants.append(aligned(array) if array.nbytes > SMALL_BYTES else array)
        r = terms.add((CONSTANT,), form, len(self.constants) - 1)
        if form.size > 1 and form.contiguous and array.dtype.char in "dfDF":
            one = self.repeated_number(array.reshape(-1))
            if one is not None:
                terms.repeated[r >> 1] = self.constant(one)
        if array.shape == () and array.dtype.kind == "f":
            terms.set_value(r, array.item())
        return r

    def repeated_number(self, x):
        """The number that all elements of a vector are, as an array; None where they differ."""
        one = x[:1].view(np.uint8)
        if x[0] != x[-1] or x[0] != x[x.size // 2] or not (x.view(np.uint8).reshape(x.size, -1) == one).all():
            return None
        return np.asarray(x[0])

    # -- Guards --------------------------------------------------------------------------------------

    def guard(self, place, guard):
        """Let a run stop where a value differs from what was recorded."""
        terms, value = self.terms, guard.value
        before = terms.guards[-1:]
        r = self.truths.get(value)
        if r is not None:
            what = "guard_true" if guard.expected else "guard_false"
            made = terms.add((GUARD, r, *before), None, (place, what))
        else:
            r = terms.positive(self.reference(value))
            form = terms.forms[r >> 1]
            if form is None:
                expected = terms.number(float(guard.expected))
                made = terms.add((GUARD, r, expected, *before), None, (place, "guard_equal"))
            else:
                if not form.contiguous:
                    r = terms.copy(r)
                expected = np.asarray(guard.expected, form.dtype).tobytes()
                made = terms.add((GUARD_BYTES, r, *before), form, (place, expected))
        terms.guards.append(made)

    # -- Python --------------------------------------------------------------------------------------

    def python(self, node):
        """A node that Python computes at each run, by the class that states it."""
        terms = self.terms
        refs, dtype = [], next(y.dtype for y in node.outputs if y is not None)

        def argument(value):
            if value.array is not None and is_weak(value, dtype):
                return "constant", value.array if value.weak else value.array.item()
            refs.append(terms.positive(self.reference(value)))
            return "weak" if value.weak else "array", len(refs) - 1

        given = [argument(value) for value in node.inputs]
        function = python_function(node, given, option_template(node.option, argument))
        results = [y for y in node.outputs if y is not None]
        forms = [terms.remembered(Form, y.shape, y.dtype, y.strides) for y in results]
        step = terms.add((PYTHON, *refs, *terms.guards[-1:]), forms[0], (function, forms, len(refs)))
        for k, out in enumerate(results):
            scalar = out.shape == () and out.dtype == FLOAT64
            self.put(out, terms.add((ITEM, step), None if scalar else forms[k], k))
