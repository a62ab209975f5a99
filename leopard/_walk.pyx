"""The walk back: from a Variable through its graph to the gradients of the leaves.

A. A walk has a `Slot` for each Variable that it reaches: the gradient so far, and references to
   the Variable and its creator, so that a rule may tear the graph down while it is walked.
B. Gradients stay in the slots until the walk has ended well; only then are they written to the
   Variables (`commit`). Whatever flies out before leaves every gradient as it was.
C. A scalar's gradient is a double and its rule a list of inner-loop calls (`Recipe`). Anything else
   runs the rule in Python, on Variables.
D. The seen mark is a number in the Variable, which one walk at a time may use (the primary). A
   walk begun while another goes on, in a rule or another thread, keeps its marks in a table.
E. The buffers are NumPy arrays owned by the walk; the primary's are used again by the next.
"""
from functools import partial

import numpy as np

cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.string cimport memset

from leopard._core cimport (
    ARRAY, CONSTANT, EMPTY, SLOPE, Function, Operation, Variable, array_value, begin_watch,
    close_graph, data_of, end_watch, exact_array, suspect,
    drop_gradient, enter_context, forms_of, has_gradient, inputs_of, leave_context, outputs_of, put_gradient,
    scalar_value, scalar_variable, track_variable, upper, wrap,
)
from leopard._loops cimport GY, MOST_REGISTERS, X, Y, Recipe, check_recipe, run_recipe, usual
from leopard._queue cimport BucketQueue, MaxQueue, ReadyQueue, SortQueue

from leopard._core import as_array, connect

cnp.import_array()

cdef extern from "Python.h":
    bint PyObject_TypeCheck(PyObject*, PyTypeObject*)
    object PyContextVar_New(const char*, PyObject*)
    int PyContextVar_Get(object, PyObject*, PyObject**) except -1
    Py_ssize_t _Py_REFCNT "Py_REFCNT"(PyObject*)
    bint PyFloat_Check(object)
    double PyFloat_AS_DOUBLE(object)

cdef enum:
    # of a slot
    SCALAR = 1      # the gradient is `value`; else it is `grad`
    OWNED = 2       # `grad` is a buffer of ours that may be added into
    WALKED = 4      # the gradient has been handed to the rule: too late for more
    KEEP = 131072   # slots that a primary walk leaves to the next

cdef struct Slot:
    PyObject* node      # owned: the Variable
    PyObject* maker     # owned: its creator, or NULL for a leaf
    PyObject* grad      # owned: an ndarray, or a Variable in a recorded walk, or NULL (not if SCALAR)
    double value        # if SCALAR
    int state
    int position        # among the creator's outputs
    int sibling         # the next slot that has the same creator, or -1

selection_switch = PyContextVar_New("selection", NULL)
cdef object selection = selection_switch
cdef object selection_default = "bucket"
cdef PyTypeObject* VARIABLE = <PyTypeObject*>Variable

# Without memory NumPy may return NULL and no error; a partial has Python check what it returns.
cdef object add_arrays = partial(np.add)

cdef Walk spare = None          # the primary walk while it rests
cdef bint primary_busy = False
cdef long long n_walks = 0


def set_selection_default(name):
    """What holds where no `using_config` says otherwise: "bucket", "max" or "sort"."""
    global selection_default
    selection_default = name


cdef ReadyQueue chosen_queue():
    cdef PyObject* value = NULL
    PyContextVar_Get(selection, NULL, &value)
    name = selection_default
    if value != NULL:
        name = <object>value or selection_default
        Py_XDECREF(value)
    if name == "bucket":
        return None
    return SortQueue() if name == "sort" else MaxQueue()


cdef inline double total(double a, double b) except? -1.0:
    cdef double c = a + b
    if not usual(c) and c != 0:
        return np.add(a, b)         # an overflow is NumPy's to report
    return c


def shape_text(x):
    return "(no data)" if x.data is None else str(x.shape)


cdef class Walk:
    cdef cnp.ndarray buffer         # of the slots
    cdef Slot* slots
    cdef int n, room
    cdef BucketQueue bucket
    cdef ReadyQueue queue
    cdef long long number           # the stamp of this walk
    cdef bint primary, create_graph
    cdef object context             # in which rules run in Python, or None before the first
    cdef cnp.ndarray key_buffer, value_buffer      # the table of seen marks, when not primary
    cdef size_t* keys
    cdef int* values
    cdef size_t mask

    def __cinit__(self):
        self.room = 64
        self.buffer = np.empty(self.room * sizeof(Slot), np.uint8)
        self.slots = <Slot*>cnp.PyArray_DATA(self.buffer)
        self.bucket = BucketQueue()

    def __dealloc__(self):
        self.release()

    # -- Seen marks --

    cdef int make_table(self, size_t room) except -1:
        self.key_buffer = np.zeros(room, np.uintp)
        self.value_buffer = np.empty(room, np.int32)
        self.keys = <size_t*>cnp.PyArray_DATA(self.key_buffer)
        self.values = <int*>cnp.PyArray_DATA(self.value_buffer)
        self.mask = room - 1
        return 0

    cdef size_t place(self, PyObject* o) noexcept:
        cdef size_t i = ((<size_t>o >> 4) * <size_t>0x9E3779B97F4A7C15ULL >> 20) & self.mask
        while self.keys[i] != 0 and self.keys[i] != <size_t>o:
            i = (i + 1) & self.mask
        return i

    cdef inline int find(self, PyObject* o) noexcept:
        """The slot of a Variable, or -1."""
        cdef size_t i
        if self.primary:
            return (<Variable>o).slot if (<Variable>o).stamp == self.number else -1
        i = self.place(o)
        return self.values[i] if self.keys[i] else -1

    cdef inline int mark(self, PyObject* o, int slot) except -1:
        cdef size_t i
        cdef int k
        if self.primary:
            (<Variable>o).stamp = self.number
            (<Variable>o).slot = slot
            return 0
        if 2 * <size_t>slot >= self.mask:
            self.make_table(4 * (self.mask + 1))
            for k in range(slot):
                i = self.place(self.slots[k].node)
                self.keys[i] = <size_t>self.slots[k].node
                self.values[i] = k
        i = self.place(o)
        self.keys[i] = <size_t>o
        self.values[i] = slot
        return 0

    # -- Slots --

    cdef inline int reach(self, Variable v) except -1:
        """The slot of `v`; made, and its creator set to be walked, when this is the first time."""
        cdef int i = self.find(<PyObject*>v), k, j
        cdef Slot* s
        cdef Function f
        if i >= 0:
            if self.slots[i].state & WALKED:
                self.out_of_order(i)
            return i
        i = self.n
        if i == self.room:
            self.grow()
        self.mark(<PyObject*>v, i)
        s = &self.slots[i]
        s.node, s.maker, s.grad = <PyObject*>v, v.maker, NULL
        s.state, s.position, s.sibling = 0, 0, -1
        Py_INCREF(v)
        Py_XINCREF(v.maker)
        self.n += 1
        if v.maker == NULL:
            return i
        f = <Function>v.maker
        if f.n_outputs > 1:
            for k in range(f.n_outputs):
                if outputs_of(<PyObject*>f)[k] == <PyObject*>v:
                    s.position = k
            for k in range(f.n_outputs):
                if outputs_of(<PyObject*>f)[k] != NULL and k != s.position:
                    j = self.find(outputs_of(<PyObject*>f)[k])
                    if j >= 0:
                        if self.slots[j].state & WALKED:
                            self.out_of_order(j)
                        s.sibling = self.slots[j].sibling
                        self.slots[j].sibling = i
                        return i
        self.queue.push(i, f.generation)
        return i

    cdef int out_of_order(self, int i) except -1:
        raise RuntimeError(
            f"{type(<object>self.slots[i].maker).__name__} was walked before all that it feeds; "
            "a generation has been set out of order"
        )

    cdef int grow(self) except -1:
        cdef cnp.ndarray larger = np.empty(2 * self.room * sizeof(Slot), np.uint8)
        larger[: self.room * sizeof(Slot)] = self.buffer
        self.buffer = larger
        self.slots = <Slot*>cnp.PyArray_DATA(larger)
        self.room *= 2
        return 0

    cdef void release(self) noexcept:
        """Let go of everything. What that runs cannot reach the slots any more."""
        cdef Slot* s
        while self.n:
            self.n -= 1
            s = &self.slots[self.n]
            Py_XDECREF(s.grad)
            Py_XDECREF(s.maker)
            Py_XDECREF(s.node)

    # -- Gradients --

    cdef inline int add_scalar(self, Variable v, double g) except -1:
        cdef int i = self.reach(v)
        cdef Slot* s = &self.slots[i]
        if s.state & SCALAR:
            s.value = total(s.value, g)
        elif s.grad == NULL:
            s.value = g
            s.state = SCALAR
        else:
            self.add_object(i, np.array(g))
        return 0

    cdef int add_object(self, int i, object g) except -1:
        """Add an ndarray, or in a recorded walk a Variable, to a slot."""
        cdef Slot* s = &self.slots[i]
        cdef double value
        if s.state & SCALAR:
            self.add_scalar(<Variable>s.node, g)
            return 0
        if s.grad == NULL:
            Py_INCREF(g)
            s.grad = <PyObject*>g
            return 0
        old = <object>s.grad
        if self.create_graph:
            g = upper.add(old, g)
        elif s.state & OWNED:
            add_arrays(old, g, out=old)
            return 0
        else:
            g = as_array(add_arrays(old, g))
        s = &self.slots[i]
        Py_INCREF(g)
        s.grad = <PyObject*>g
        s.state |= OWNED
        Py_XDECREF(<PyObject*>old)
        return 0

    cdef object gradient_of(self, int i):
        """The gradient in a slot as a Variable."""
        cdef Slot* s = &self.slots[i]
        if s.state & SCALAR:
            return scalar_variable(s.value)
        if self.create_graph:
            return <object>s.grad
        return wrap(<object>s.grad)

    # -- One function --

    cdef bint scalar_step(self, Function f, int i) except -1:
        """Run the recipe of an elementwise function of scalars; false if it is no such case."""
        cdef double r[MOST_REGISTERS]
        cdef int k, mask = 0
        cdef PyObject* p
        cdef Operation op = <Operation>f.operation
        cdef Recipe recipe
        for k in range(f.n_inputs):
            p = inputs_of(<PyObject*>f)[k]
            if p == NULL:
                r[X + k] = f.number
            elif PyObject_TypeCheck(p, VARIABLE):
                if not scalar_value(p, &r[X + k]):
                    return False
                if not (<Variable>p).flags & CONSTANT:
                    mask |= 1 << k
            elif PyFloat_Check(<object>p):
                r[X + k] = PyFloat_AS_DOUBLE(<object>p)
            elif not (cnp.PyArray_CheckExact(<object>p) and array_value(p, &r[X + k])):
                return False
        if not scalar_value(self.slots[i].node, &r[Y]):
            return False
        r[GY] = self.slots[i].value
        if mask >= len(op.recipes):
            return False
        known = op.recipes[mask]
        if known is None:
            known = op.recipes[mask] = upper.read_rule(op, mask)
        if not isinstance(known, Recipe):
            return False
        recipe = <Recipe>known
        if not run_recipe(recipe, r) and not check_recipe(recipe, r):
            return False                # something to report: NumPy does, in the rule
        for k in range(f.n_inputs):
            if mask & (1 << k) and recipe.results[k] >= 0:
                self.add_scalar(<Variable>inputs_of(<PyObject*>f)[k], r[recipe.results[k]])
        return True

    cdef int rule_step(self, Function f, int i) except -1:
        """Run the rule itself, in Python on Variables."""
        cdef int k, head = i
        cdef PyObject* p
        cdef bint lent = False, was_read
        cdef int before
        if f.n_outputs == 0:
            raise RuntimeError(f"{type(f).__name__} was set as a creator but has computed nothing")
        if self.context is None:
            self.context = enter_context(self.create_graph)
        gys = [None] * f.n_outputs
        while i >= 0:
            gys[self.slots[i].position] = self.gradient_of(i)
            self.slots[i].state |= WALKED
            i = self.slots[i].sibling
        if f.n_outputs > 1:
            for k in range(f.n_outputs):
                if gys[k] is None:
                    gys[k] = wrap(np.zeros(*forms_of(<PyObject*>f)[k]))
        elif f.single == NULL:          # a rule has unchained it: lend it back for this one
            f.single = self.slots[head].node
            lent = True
        try:
            before = begin_watch()
            try:
                gxs = f.backward(*gys)
            finally:
                was_read = end_watch(before)
            if not isinstance(gxs, (tuple, list)):
                gxs = (gxs,)
            if len(gxs) != f.n_inputs:
                raise ValueError(f"it returned {len(gxs)} gradients for {f.n_inputs} inputs")
            for k in range(f.n_inputs):
                p = inputs_of(<PyObject*>f)[k]
                if gxs[k] is None or p == NULL or not PyObject_TypeCheck(p, VARIABLE):
                    continue
                if not (<Variable>p).flags & CONSTANT:
                    gx = gxs[k]
                    if was_read and self.create_graph and isinstance(gx, (Variable, cnp.ndarray)):
                        gx = upper.once(f, gx)
                    self.contribute(f, k, <Variable>p, gx, head)
        except Exception as error:
            shapes = ", ".join(map(shape_text, (<object>f).inputs))
            error.add_note(f"in {type(f).__name__}.backward, inputs of shape {shapes}")
            raise
        finally:
            if lent:
                f.single = NULL
        return 0

    cdef int contribute(self, Function f, int k, Variable v, object g, int head) except -1:
        """Check what a rule returned for input `k` and add it up."""
        cdef double x
        cdef Variable gv
        if isinstance(g, Variable):
            gv = g
            if (not self.create_graph and not gv.flags & (ARRAY | EMPTY) and scalar_value(<PyObject*>v, &x)):
                self.add_scalar(v, gv.value.scalar)
                return 0
            array = data_of(gv)
        else:
            array = as_array(g)
            if isinstance(array, cnp.ndarray) and not cnp.PyArray_CheckExact(array):
                array = exact_array(array)
        if not isinstance(array, cnp.ndarray):
            raise TypeError(
                f"it returned {type(g)} for input {k}; a gradient is a Variable, an ndarray or None"
            )
        data = data_of(v)
        kind = data.dtype.kind
        if kind in "biu":
            return 0                    # an integer takes no gradient
        if kind != "f" or array.dtype.kind not in "fiub":
            raise TypeError(f"input {k} is of dtype {data.dtype}, its gradient of {array.dtype}; both must be real")
        if array.shape != data.shape and not self.may_sum(f, array.shape, data.shape, head):
            raise ValueError(f"it returned a gradient of shape {array.shape} for input {k} of shape {data.shape}")
        if self.create_graph:
            g = g if isinstance(g, Variable) else wrap(array)
            if array.shape != data.shape:
                g = upper.sum_to(g, data.shape)
            if array.dtype != data.dtype:
                g = upper.astype(g, data.dtype)
        else:
            if array.shape != data.shape:
                array = data_of(upper.sum_to(wrap(array), data.shape))
            g = array.astype(data.dtype, copy=False)
            if array_value(<PyObject*>g, &x):
                self.add_scalar(v, x)
                return 0
        self.add_object(self.reach(v), g)
        return 0

    cdef bint may_sum(self, Function f, tuple shape, tuple target, int head) except -1:
        """Did the forward pass broadcast `target` to `shape`? Then its gradient is a sum."""
        if f.operation == NULL and not getattr(type(f), "broadcasts", False):
            if f.n_outputs > 1:
                for known, _ in forms_of(<PyObject*>f):
                    if shape == known:
                        break
                else:
                    return False
            elif shape != (<Variable>self.slots[head].node).shape:
                return False
        try:
            return np.broadcast_shapes(shape, target) == shape
        except ValueError:
            return False

    # -- The whole --

    cdef int run(self, Variable root, bint retain_grad, bint create_graph) except -1:
        cdef int i
        cdef unsigned int steps = 0
        cdef Function f
        self.create_graph = create_graph
        self.queue = chosen_queue()
        if self.queue is None:
            self.queue = self.bucket
        self.queue.restart((<Function>root.maker).generation)
        self.start(root)
        while True:
            i = self.queue.pop()
            if i < 0:
                break
            f = <Function>self.slots[i].maker
            if (f.operation == NULL or create_graph or not self.slots[i].state & SCALAR
                    or not self.scalar_step(f, i)):
                self.rule_step(f, i)
            self.slots[i].state |= WALKED
            if not retain_grad:
                self.let_go(i)
            steps += 1
            if steps & 1023 == 0:
                PyErr_CheckSignals()
                if steps & 65535 == 0:
                    with nogil:         # let other threads have a turn
                        pass
        self.prepare(root, retain_grad)
        self.commit(root, retain_grad)
        return 0

    cdef int start(self, Variable root) except -1:
        """The gradient of the root: what it has, or ones."""
        cdef double value = 1.0, x
        cdef bint unset = not has_gradient(root)
        if self.create_graph or not unset or not scalar_value(<PyObject*>root, &x):
            data = data_of(root)
            given = root.grad
            if given is None:
                given = wrap(np.ones_like(data))
            if given.shape != data.shape:
                raise ValueError(f"grad has shape {given.shape}, the Variable {data.shape}")
            if given.dtype != data.dtype:
                given = wrap(as_array(given.data.astype(data.dtype)))
            if self.create_graph:
                self.add_object(self.reach(root), given)
                return 0
            if not scalar_value(<PyObject*>given, &value):
                self.add_object(self.reach(root), given.data)
                return 0
        self.add_scalar(root, value)
        return 0

    cdef inline void let_go(self, int i) noexcept:
        """Nothing needs the gradient of this function's outputs any more."""
        cdef PyObject* old
        while i >= 0:
            old = self.slots[i].grad
            self.slots[i].grad = NULL
            Py_XDECREF(old)
            i = self.slots[i].sibling

    cdef int prepare(self, Variable root, bint retain_grad) except -1:
        """Make all that `commit` will store: whatever can fail, fails here."""
        cdef int i
        cdef Variable v, old
        cdef double x
        for i in range(self.n):
            v = <Variable>self.slots[i].node
            if self.slots[i].maker != NULL:
                if not retain_grad or v is root and v.grad is not None:
                    continue
                old = None
            else:
                old = None if v.flags & SLOPE else v.grad
            if self.slots[i].state & SCALAR:
                if old is not None:
                    if old.shape != ():
                        raise ValueError(f"grad has shape {old.shape}, the new gradient is a scalar; cleargrad() first")
                    if not scalar_value(<PyObject*>old, &x):
                        x = data_of(old).astype(np.float64).item()
                    self.slots[i].value = total(x, self.slots[i].value)
                elif self.slots[i].maker == NULL and v.flags & SLOPE:
                    self.slots[i].value = total(v.gradient.scalar, self.slots[i].value)
                continue
            if self.slots[i].grad == NULL:
                continue
            g = <object>self.slots[i].grad
            if old is None and self.slots[i].maker == NULL:
                old = v.grad            # a slope, made a Variable by this look
            if old is not None and old.shape != v.shape:
                raise ValueError(f"grad has shape {old.shape}, the Variable {v.shape}; cleargrad() first")
            if self.create_graph:
                g = upper.duplicate(g) if old is None else upper.add(old, g)
                if old is not None and old.dtype != v.dtype:
                    g = upper.astype(g, v.dtype)
                close_graph(g)
                suspect(v, g)
            else:
                if old is not None:
                    g = as_array(add_arrays(data_of(old), g)).astype(g.dtype, copy=False)
                elif not self.is_ours(i, g):
                    g = g.copy()
                g = wrap(g)
            Py_INCREF(g)
            Py_XDECREF(self.slots[i].grad)
            self.slots[i].grad = <PyObject*>g
        return 0

    cdef bint is_ours(self, int i, cnp.ndarray g):
        """Nobody else holds this array or its memory: two references are the slot's and our caller's."""
        return _Py_REFCNT(<PyObject*>g) <= 2 and cnp.PyArray_CHKFLAGS(
            g, cnp.NPY_ARRAY_OWNDATA | cnp.NPY_ARRAY_WRITEABLE
        )

    cdef void commit(self, Variable root, bint retain_grad) noexcept:
        """Write the gradients to the Variables. Nothing here can fail."""
        cdef int i
        cdef Variable v
        for i in range(self.n):
            v = <Variable>self.slots[i].node
            if self.slots[i].maker != NULL and not retain_grad:
                if has_gradient(v):
                    drop_gradient(v)
            elif v is root and self.slots[i].maker != NULL and has_gradient(v):
                pass                    # it was set beforehand
            elif self.slots[i].state & SCALAR:
                drop_gradient(v)
                v.gradient.scalar = self.slots[i].value
                v.flags |= SLOPE
            elif self.slots[i].grad != NULL:
                if self.create_graph:
                    track_variable(v)
                put_gradient(v, <object>self.slots[i].grad)

    cdef int finish(self) except -1:
        self.release()
        self.queue = None
        if self.context is not None:
            context, self.context = self.context, None
            leave_context(context)
        return 0


def walk_back(Variable root not None, bint retain_grad, bint create_graph):
    """Walk back from `root`: what ``root.backward`` does."""
    global spare, primary_busy, n_walks
    cdef Walk walk
    cdef bint primary
    cdef double value
    if not scalar_value(<PyObject*>root, &value):
        data = data_of(root)
        if data is None:
            raise ValueError("backward of a Variable that holds no data: variable(None)")
        if data.dtype.kind != "f":
            raise TypeError(f"backward starts from real floating-point data, not {data.dtype}")
    if root.maker == NULL:
        if root.grad is None:
            root.grad = np.ones_like(data_of(root))
        return
    primary = not primary_busy
    if primary and spare is not None:
        walk, spare = spare, None
    else:
        walk = Walk()
    walk.primary = primary
    if primary:
        primary_busy = True
        n_walks += 1
        walk.number = n_walks
    else:
        walk.make_table(256)
    try:
        walk.run(root, retain_grad, create_graph)
    finally:
        try:
            walk.finish()
        finally:
            if primary:
                primary_busy = False
                if walk.room <= KEEP:
                    spare = walk


connect(walk=walk_back)
