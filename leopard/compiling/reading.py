"""From the nodes of a recording to terms: native operations, views, and calls of Python."""

import numpy as np

from leopard._core import array_of_any
from leopard.compiling.recording import CAPTURED as CAPTURED_VALUE
from leopard.compiling.recording import INPUT as INPUT_VALUE
from leopard.compiling.recording import Value
from leopard.compiling.terms import (
    ADD_AT,
    CALL,
    CAPTURED,
    CONSTANT,
    COPY,
    FLOAT64,
    INPUT,
    ITEM,
    LOOP,
    MATMUL,
    PYTHON,
    SCALAR_CODE,
    SQRT,
    SUM,
    SUM_TO,
    Terms,
)
from leopard.compiling.views import (
    Form,
    broadcast,
    is_fortran,
    layout_of_result,
    reshaped,
    taken,
    transposed,
)
from leopard.functions.basic.indexing import is_basic

BOOL = np.dtype(bool)
ELEMENTWISE = object()
NATIVE_CHARS = "dfDF"


class Reader:
    """Reads the nodes of a recording, one after another, into terms."""

    def __init__(self, recording):
        self.recording = recording
        self.terms = Terms()
        self.references = {}  # of each Value
        self.captured = []
        self.constants = []

    def read(self):
        """Read everything; the references of the outputs and of the guards' values."""
        for value in self.recording.inputs:
            self.reference(value)
        references, terms = self.references, self.terms
        forms, ways = terms.forms, WAYS
        arithmetic, once, loop = terms.arithmetic, terms.once, terms.loop
        for node in self.recording.nodes:
            way = ways.get(node.cls) or way_of(node.cls)
            out = node.outputs[0]
            if way[0] is ELEMENTWISE and out.shape == () and out.dtype is FLOAT64:
                refs = []
                for value in node.inputs:
                    r = references.get(value)
                    if r is None:
                        r = self.reference(value)
                    if forms[r >> 1] is not None:
                        break
                    refs.append(r)
                else:
                    _, code, ufunc, types = way
                    if code < SQRT:
                        references[out] = arithmetic(code, None, *refs)
                    elif types is not None:
                        refs = map(terms.positive, refs)
                        references[out] = once(
                            (code if code == SQRT else CALL | loop(ufunc, types), *refs), None
                        )
                    else:
                        self.python(node)
                    continue
            self.node(node, way)
        return [self.reference(value) for value in self.recording.outputs]

    def node(self, node, way):
        """Read a node that is no scalar arithmetic."""
        if way[0] is ELEMENTWISE:
            handled = self.elementwise(node, way)
        else:
            method = way[0]
            handled = method is not None and method(self, node)
        if not handled:
            self.python(node)

    # -- Values --------------------------------------------------------------------------------------

    def reference(self, value):
        """The reference of a Value; of an input, a captured array or a constant when it is first met."""
        r = self.references.get(value)
        if r is None:
            r = self.references[value] = self.outside(value)
        return r

    def outside(self, value):
        terms = self.terms
        if value.kind == INPUT_VALUE:
            form = form_of(value.shape, value.dtype, value.strides)
            return terms.add((INPUT,), form, value.number)
        array = value.array
        if value.kind == CAPTURED_VALUE:
            self.captured.append(value)
            form = form_of(array.shape, array.dtype, array.strides)
            return terms.add((CAPTURED,), form, len(self.captured) - 1)
        return self.constant(np.asarray(array))

    def constant(self, array):
        """The reference of a constant: of one number, broadcast, where all elements are the same one."""
        terms = self.terms
        if array.shape == () and array.dtype == FLOAT64:
            return terms.number(array.item())
        if (
            array.size
            and array.ndim
            and not any(n > 1 and stride for n, stride in zip(array.shape, array.strides, strict=True))
        ):
            one = array[(0,) * array.ndim]
            return terms.broadcast(self.constant(np.asarray(one)), array.shape)
        self.constants.append(array)
        r = terms.add((CONSTANT,), Form(array.shape, array.dtype, array.strides), len(self.constants) - 1)
        return r

    # -- Elementwise operations ----------------------------------------------------------------------

    def elementwise(self, node, way):
        """An elementwise operation by one loop of its ufunc; false where Python has to call it."""
        _, code, ufunc, types = way
        out = node.outputs[0]
        refs = list(map(self.reference, node.inputs))
        terms = self.terms
        shape = out.shape
        if ufunc is None or 0 in shape:
            return False
        char = common_type(terms, node.inputs, refs)
        if char is None:
            return False
        signature = char * len(refs) + "->" + out.dtype.char
        if signature not in ufunc.types or first_loop(ufunc, char) != signature:
            return False
        plain = True
        for k, r in enumerate(refs):
            refs[k] = r = self.operand(node.inputs[k], r, char)
            if r is None:
                return False
        refs = without_broadcasts(terms, refs, shape)
        for r in refs:
            form = terms.forms[r >> 1]
            if form is not None and form.shape != () and not (form.contiguous and form.shape == shape):
                plain = False
        form = None if shape == () and out.dtype == FLOAT64 else Form(shape, out.dtype)
        if plain and code <= SQRT and char in "df":
            self.references[out] = terms.arithmetic(code, form, *refs)
            return True
        refs = list(map(terms.positive, refs))
        if not plain:
            forms = [terms.form(r) for r in refs]
            if any(min(f.strides, default=0) < 0 for f in forms) or ufunc in NEEDS_WHOLE_ARRAYS:
                return False
            form = layout_of_result(forms, shape, out.dtype)
        if form is None:
            self.references[out] = terms.once((CALL | terms.loop(ufunc, signature), *refs), None)
        else:
            self.references[out] = terms.once((LOOP | terms.loop(ufunc, signature), *refs), form)
        return True

    def operand(self, value, r, char):
        """The reference of an operand in the type of the loop; None where it would have to be cast."""
        terms = self.terms
        form = terms.form(r)
        if form.dtype.char == char:
            return r
        number = terms.value_of(r)
        if not value.weak or number is None:
            return None
        with np.errstate(all="ignore"):
            cast = np.array(number).astype(form_dtype(char))
        if not np.isfinite(cast) and np.isfinite(number):
            return None
        key = char, cast.tobytes()
        known = terms.seen.get(key)
        if known is None:
            known = terms.seen[key] = self.constant(cast)
            if char == "f":
                terms.numbers[known >> 1] = cast.item()
        return known

    # -- Views ---------------------------------------------------------------------------------------

    def reshape(self, node):
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = reshaped(self.terms.form(r), out.shape)
        if form is None:
            return self.copied(out, r, out.shape)
        return self.viewed(out, r, 0, form)

    def transpose(self, node):
        r = self.reference(node.inputs[0])
        return self.viewed(node.outputs[0], r, 0, transposed(self.terms.form(r), node.option))

    def broadcast(self, node):
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        return self.viewed(out, r, 0, broadcast(self.terms.form(r), out.shape))

    def take(self, node):
        if not is_basic(node.option):
            return False
        r = self.reference(node.inputs[0])
        offset, form = taken(self.terms.form(r), node.option)
        return self.viewed(node.outputs[0], r, offset, form)

    def viewed(self, out, r, offset, form):
        """Let a value be a view of a term; its negative is taken behind the view."""
        self.references[out] = self.terms.view(r & ~1, offset, form) ^ (r & 1)
        return True

    def copied(self, out, r, shape=None):
        """Let a value be a copy in C order, in another shape."""
        terms = self.terms
        r = terms.positive(r)
        form = terms.form(r)
        copy = terms.once((COPY, r), Form(form.shape, form.dtype))
        self.references[out] = copy if shape is None else terms.view(copy, 0, Form(shape, form.dtype))
        return True

    def duplicate(self, node):
        """A copy: what it copies is never written to, so a copy in the same order is the term itself."""
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = self.terms.form(r)
        order = node.option
        if form.contiguous and (order in "CK" or order == "A" and not is_fortran(form)):
            self.references[out] = r
        elif order == "C":
            return self.copied(out, r)
        elif form.dtype.char not in NATIVE_CHARS:
            return False
        else:
            strides = np.empty_like(
                np.lib.stride_tricks.as_strided(np.empty(1, form.dtype), form.shape, form.strides),
                order=order,
            ).strides
            r = self.terms.positive(r)
            self.references[out] = self.terms.once(
                (COPY, r), Form(form.shape, form.dtype, strides), None, strides
            )
        return True

    # -- Sums and products ---------------------------------------------------------------------------

    def sum(self, node):
        axis, keepdims = node.option
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = self.terms.form(r)
        if axis is not None or keepdims or form.dtype.char not in NATIVE_CHARS or form.size == 0:
            return False
        if not form.contiguous and not is_fortran(form):
            return False
        self.references[out] = self.total(r, form)
        return True

    def total(self, r, form):
        """The sum of all elements of a term that fill its memory."""
        made = None if form.dtype == FLOAT64 else Form((), form.dtype)
        return self.terms.once((SUM, self.terms.positive(r)), made)

    def mean(self, node):
        axis, keepdims = node.option
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = self.terms.form(r)
        if axis is not None or keepdims or form.dtype != FLOAT64 or form.size == 0:
            return False
        if not form.contiguous and not is_fortran(form):
            return False
        size = self.terms.number(float(form.size))
        self.references[out] = self.terms.arithmetic(
            SCALAR_CODE[np.true_divide], None, self.total(r, form), size
        )
        return True

    def sum_to(self, node):
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = self.terms.form(r)
        axes = summed_axes(form.shape, out.shape) if form.dtype.char in "df" and form.contiguous else None
        if axes is None or form.size == 0:
            return False
        if form.size == Form(out.shape, form.dtype).size:
            return self.viewed(out, r, 0, Form(out.shape, form.dtype))
        made = None if out.shape == () and form.dtype == FLOAT64 else Form(out.shape, form.dtype)
        self.references[out] = self.terms.once((SUM_TO, self.terms.positive(r)), made, axes, axes)
        return True

    def matmul(self, node):
        terms = self.terms
        refs = [terms.positive(self.reference(value)) for value in node.inputs]
        a, b = [terms.form(r) for r in refs]
        out = node.outputs[0]
        if a.dtype != b.dtype or a.dtype.char not in NATIVE_CHARS or a.size == 0 or b.size == 0:
            return False
        if not (1 <= len(a.shape) <= 2 and 1 <= len(b.shape) <= 2):
            return False
        form = None if out.shape == () and out.dtype == FLOAT64 else Form(out.shape, out.dtype)
        self.references[out] = terms.once((MATMUL, *refs), form)
        return True

    def add_at(self, node):
        index, shape = node.option
        r, out = self.reference(node.inputs[0]), node.outputs[0]
        form = self.terms.form(r)
        if not is_basic(index) or form.dtype.char not in NATIVE_CHARS or form.size == 0:
            return False
        made = Form(shape, form.dtype)
        offset, part = taken(made, index)
        if part.shape != form.shape:
            return False
        r = self.terms.positive(r)
        self.references[out] = self.terms.once(
            (ADD_AT, r), made, (offset, part), (offset, part.strides, shape)
        )
        return True

    # -- Python --------------------------------------------------------------------------------------

    def python(self, node):
        """A node that Python computes at each run, by the class that states it."""
        terms = self.terms
        refs, given = [], []

        def argument(value):
            r = terms.positive(self.reference(value))
            if value.weak and r >> 1 in terms.numbers:
                return (
                    "constant",
                    value.array if not isinstance(value.array, np.ndarray) else value.array.item(),
                )
            refs.append(r)
            return ("weak" if value.weak else "array", len(refs) - 1)

        given = [argument(value) for value in node.inputs]
        option = option_template(node.option, argument)
        function = python_function(node, given, option)
        results = [y for y in node.outputs if y is not None]
        forms = [Form(y.shape, y.dtype, y.strides) for y in results]
        step = terms.add((PYTHON, *refs), forms[0], (function, forms))
        for k, out in enumerate(results):
            scalar = out.shape == () and out.dtype == FLOAT64
            self.references[out] = terms.add((ITEM, step), None if scalar else forms[k], k)


# -- The ways of classes -------------------------------------------------------------------------

NEEDS_WHOLE_ARRAYS = (np.power, np.float_power)
KERNELS = {
    "take": Reader.take,
    "sum": Reader.sum,
    "mean": Reader.mean,
    "reshape": Reader.reshape,
    "transpose": Reader.transpose,
    "broadcast": Reader.broadcast,
    "sum_to": Reader.sum_to,
    "matmul": Reader.matmul,
}
NAMES = {"AddAt": Reader.add_at, "Duplicate": Reader.duplicate}

#: By class: (ELEMENTWISE, code, ufunc, types of the float64 loop), or (method of Reader or None,).
WAYS = {}


def way_of(cls):
    """How nodes of a class are read."""
    ufunc = getattr(cls, "ufunc", None)
    if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 and ufunc.nin <= 3 and not ufunc.signature:
        types = "d" * ufunc.nin + "->d"
        way = ELEMENTWISE, SCALAR_CODE.get(ufunc, SQRT + 1), ufunc, types if types in ufunc.types else None
    else:
        own = cls.__module__.partition(".")[0] == "leopard"
        way = (KERNELS.get(getattr(cls, "kernel", None)) or own and NAMES.get(cls.__name__) or None,)
    WAYS[cls] = way
    return way


def form_of(shape, dtype, strides=None):
    """A Form; None for a float64 without axes."""
    return None if shape == () and dtype == FLOAT64 else Form(shape, dtype, strides)


def form_dtype(char):
    return np.dtype(char)


def first_loop(ufunc, char):
    """The types of the first loop of a ufunc whose inputs all have a type; None where there is none."""
    inputs = char * ufunc.nin + "->"
    for types in ufunc.types:
        if types.startswith(inputs):
            return types
    return None


def common_type(terms, values, refs):
    """The type of all operands that are no Python numbers, as a character; None where they differ."""
    char = None
    for value, r in zip(values, refs, strict=True):
        if not value.weak:
            of_this = terms.form(r).dtype.char
            if of_this != char and char is not None:
                return None
            char = of_this
    return char if char is not None and char in NATIVE_CHARS else None


def without_broadcasts(terms, refs, shape):
    """The operands, with numbers in the place of broadcast numbers, where the shape stays what it is."""
    found = [terms.number_of_view(r) for r in refs]
    if not any(x is not None for x in found):
        return refs
    if not any(x is None and terms.form(r).shape == shape for x, r in zip(found, refs, strict=True)):
        return refs
    return [r if x is None else x ^ (r & 1) for x, r in zip(found, refs, strict=True)]


def summed_axes(shape, target):
    """The axes over which a contiguous array is summed to a shape, as `sum_to` of the core sums it; or None.

    Returns
    -------
    (str, int) or None
        "all", "leading" or "trailing", and the length of a row.
    """
    lead = len(shape) - len(target)
    size = Form(shape, FLOAT64).size
    kept = Form(target, FLOAT64).size
    if lead < 0 or any(n not in (1, m) for n, m in zip(target, shape[lead:], strict=True)):
        return None
    if kept == 1:
        return "all", size
    first = next(k for k, n in enumerate(target) if n != 1)
    if target[first:] == shape[lead + first :]:
        return "leading", kept
    if lead == 0:
        n = 0
        while n < len(target) and target[n] == shape[n]:
            n += 1
        if all(m == 1 for m in target[n:]):
            return "trailing", size // kept
    return None


# -- Operations called in Python -----------------------------------------------------------------


def option_template(option, argument):
    """An option with Values in it as a function of the arrays of a run; None if it is constant."""
    if isinstance(option, Value):
        kind, k = argument(option)
        return lambda arrays: arrays[k] if kind == "array" else arrays[k].item()
    if isinstance(option, (tuple, list)):
        parts = [option_template(part, argument) for part in option]
        if any(parts):
            made = type(option)
            return lambda arrays: made(
                [part(arrays) if part else item for part, item in zip(parts, option, strict=True)]
            )
    if isinstance(option, slice):
        bounds = option.start, option.stop, option.step
        parts = option_template(bounds, argument)
        return parts and (lambda arrays: slice(*parts(arrays)))
    return None


def python_function(node, given, template):
    """The function that a step calls: the operation, as eager code calls it, of arrays."""
    operation, cls, option, several = node.operation, node.cls, node.option, len(node.outputs) > 1
    kept = [k for k, y in enumerate(node.outputs) if y is not None]
    names = tuple(getattr(cls, "options", ()))

    def call(*arrays):
        xs = [
            x if kind == "constant" else arrays[x] if kind == "array" else arrays[x].item()
            for kind, x in given
        ]
        chosen = template(arrays) if template else option
        if operation is None or several:
            f = cls.__new__(cls)
            if chosen is not None:
                f.option = chosen
            y = f(*xs)
        elif not names:
            y = operation(*xs)
        elif cls.n_inputs < 0:  # the options come behind any number of inputs
            y = operation(*xs, *(chosen if len(names) > 1 else (chosen,)))
        elif len(names) == 1:
            y = operation(*xs, **{names[0]: chosen})
        else:
            y = operation(*xs, **dict(zip(names, chosen, strict=True)))
        return tuple([array_of_any(y[k]) for k in kept]) if isinstance(y, (tuple, list)) else array_of_any(y)

    call.__name__ = cls.__name__
    return call
