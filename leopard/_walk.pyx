"""The walk back: from a Variable through its graph to the gradients of the leaves.

A. A walk has a `Slot` for each Variable that it reaches: the gradient so far, and references to
   the Variable and its creator, so that a rule may tear the graph down while it is walked.
B. Gradients stay in the slots until the walk has ended well; only then are they written to the
   Variables (`commit`). Whatever flies out before leaves every gradient as it was.
C. The gradient of a scalar is a double, and so is one that is the same all over an array (UNIFORM). The
   rule of an elementwise function is a list of inner-loop calls (`Recipe`), run over numbers or in
   blocks over arrays (`_steps.pxi`); some other operations have kernels (`_pulls.pxi`). Anything else
   runs the rule in Python, on Variables.
D. The seen mark is a number in the Variable, which one walk at a time may use (the primary). A
   walk begun while another goes on, in a rule or another thread, keeps its marks in a table.
E. The walk's own buffers are NumPy arrays; the primary's are used again by the next. A gradient is added
   into in place when the slot's reference is the only one there is, to the array and to its memory.
"""
from functools import partial

import contextlib

import numpy as np

cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.math cimport isinf
from libc.string cimport memcpy, memset
from numpy cimport npy_intp

from leopard._arrays cimport (
    BIG, C_ORDER, ELSEWHERE, F_ORDER, IN_C_ORDER, IN_F_ORDER, RawArray, add_at, add_into, broadcast_view,
    broadcasts_to, bytes_of, filled, filled_view, flags_of, give_back, goes_forward, is_basic, is_exclusive, is_quiet, lay_out,
    n_axes_of,    new_array, product, reshaped, same_shape, scaled, shape_of, size_of, strided_view, stride_of_row, strides_of, sum_to_shape,
    takes_gradient, tell_of_addition, type_of, way_to, zeros,
)
from leopard._core cimport (
    ANSWERED, ARRAY, ASKED, BROADCAST, CONSTANT, DROPPABLE, EMPTY, GUARDED, HANDLE, HIDDEN, HOLLOW, HOOKED, KEEPS, LOOPS,
    MATMUL, MEAN, RESHAPE, RULE, SLOPE, SUM, SUM_TO, TAKE, TRANSPOSE, WATCHED, WEAK, Function, Kernel, Operation, Variable,
    apply_again, array_value, begin_watch, behind, call_function_hooks, call_hooks, check_guarded, close_graph,
    connect_walk, current, data_of, drop_gradient, end_watch, enter_context, evaluate_1, evaluate_2, exact_array, form_of,
    forms_of, grad_of, has_gradient, hold_gradient, hooked_before, input_of, inputs_of, inverse_order, is_lent, leave_context,
    look_at_gradients, look_at_tangents, option_of, outputs_of, pinned, plain_value, put_gradient, recipe_of, scalar_value,
    scalar_variable, slots_of, suspect, track_variable, upper, value_of, wrap,
)
from leopard._loops cimport (
    BLOCK, COLUMNS, COMPLEX, DOUBLE, GIVEN, GY, LEOPARD_INVALID, MOST_AXES, MOST_FOLDS, MOST_GIVEN, MOST_INPUTS, MOST_OF_PROGRAM,
    MOST_REGISTERS, NONE, RESULT, TOTAL, X, Y, Number, Program, Recipe, Space, Step, Way, add_choice, add_given, add_number,
    add_recipe, add_sum, begin_fold, begin_program, check_recipe, is_number, plan, real_of, run_program,
    run_recipe, size_of_type, usual,
)
from leopard._queue cimport BucketQueue, MaxQueue, ReadyQueue, SortQueue, pop_bucket, push_bucket

from leopard._core import as_array

cnp.import_array()

cdef extern from "Python.h":
    bint PyObject_TypeCheck(PyObject*, PyTypeObject*)
    object PyContextVar_New(const char*, PyObject*)
    int PyContextVar_Get(object, PyObject*, PyObject**) except -1
    Py_ssize_t _Py_REFCNT "Py_REFCNT"(PyObject*)
    bint PyFloat_Check(object)
    bint PyFloat_CheckExact(object)
    double PyFloat_AS_DOUBLE(object)

cdef enum:
    # of a slot
    SCALAR = 1      # the gradient, of one float64, is `value`; else it is `grad`
    UNIFORM = 2     # of an array, every element is `value`
    PENDING = 8     # it is what `register` of the program will be
    SHARED = 16     # more will be added to it when the program has run
    WALKED = 4      # the gradient has been handed to the rule: too late for more
    LEADS = 64      # of a map: something behind it is a goal
    GOAL = 32       # the walk stops here, and the gradient is what is asked for
    KEEP = 131072   # slots that a primary walk leaves to the next

cdef struct Slot:
    PyObject* node      # owned: the Variable
    PyObject* maker     # owned: its creator, or NULL for a leaf
    PyObject* grad      # owned: an ndarray, or a Variable in a recorded walk, or NULL
    double value        # if SCALAR or UNIFORM; then `grad` is NULL
    int state
    int position        # among the creator's outputs
    int sibling         # the next slot that has the same creator, or -1
    int register        # if PENDING

cdef struct Writer:     # a function whose recipe stands in the program
    PyObject* recipe    # owned
    int slot            # of its output
    int upstream        # the register of its gradient

cdef struct Share:      # a register that is added to a gradient when the program has run
    int register
    int input, slot     # it is that of this input of the function of this slot
    int target          # whose own slot is this
    PyObject* sum       # owned, or NULL: what the program has summed it to

cdef struct Turn:       # a function that is pushed through
    int slot            # of an output of it
    int first           # from here on slots are needed no longer when it has been

cdef enum:
    MOST_SHARES = 32

selection_switch = PyContextVar_New("selection", NULL)
compiled_switch = PyContextVar_New("compiled", NULL)
cdef object selection = selection_switch
cdef object compiled = compiled_switch
cdef object selection_default = "bucket"
cdef bint compiled_default = True
cdef PyTypeObject* VARIABLE = <PyTypeObject*>Variable

# Without memory NumPy may return NULL and no error; a partial has Python check what it returns.
cdef object add_arrays = partial(np.add)
cdef object float64 = np.float64

cdef Walk spare = None          # the primary walk while it rests
cdef bint primary_busy = False
cdef long long n_walks = 0


def set_selection_default(name):
    """What holds where no `using_config` says otherwise: "bucket", "max" or "sort"."""
    global selection_default
    selection_default = name


def set_compiled_default(bint on):
    """What holds where no `using_config` says otherwise."""
    global compiled_default
    compiled_default = on


cdef bint is_compiled() except -1:
    cdef PyObject* value = NULL
    cdef bint on
    PyContextVar_Get(compiled, NULL, &value)
    on = compiled_default if value == NULL or <object>value is None else <object>value is True
    Py_XDECREF(value)
    return on


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


cdef inline double single_total(float a, float b) except? -1.0:
    cdef float c = a + b
    if isinf(c) and not isinf(a) and not isinf(b):
        return np.add(np.float32(a), np.float32(b))     # NumPy says it
    return c


cdef inline double total(double a, double b) except? -1.0:
    cdef double c = a + b
    if not usual(c) and c != 0:
        return np.add(a, b)         # an overflow is NumPy's to report
    return c


cdef str shape_text(Variable x):
    return "(no data)" if x.flags & EMPTY else str(form_of(x).shape)


cdef int note_function(error, Function f, str rule="backward") except -1:
    cdef int k
    texts = []
    for k in range(f.n_inputs):         # not `f.inputs`, which may be somebody's own
        texts.append(shape_text(input_of(f, k)))
    error.add_note(f"in {type(f).__name__}.{rule}, inputs of shape {', '.join(texts)}")
    return 0


cdef inline bint is_wanted(PyObject* o) noexcept:
    """Is an input a Variable that takes a gradient?"""
    return o != NULL and PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & CONSTANT


cdef PyObject* alias_of_node(PyObject* v, PyObject* node) noexcept:
    """Of the aliases of a node the one that `v` leads to it by."""
    while inputs_of((<Variable>v).maker)[0] != node:
        v = inputs_of((<Variable>v).maker)[0]
    return v


cdef inline PyObject* form_array(PyObject* v) noexcept:
    """The array, or the ghost of one, that has the shape and type of a Variable; NULL for a double."""
    return (<Variable>v).value.array if (<Variable>v).flags & (ARRAY | HOLLOW) else NULL


cdef inline PyObject* matrix_of(PyObject* input) noexcept:
    """The array, or the ghost of one, of an operand of a product; NULL for what is none."""
    if input == NULL:
        return NULL
    if PyObject_TypeCheck(input, VARIABLE):
        return form_array(input)
    return input if cnp.PyArray_CheckExact(<object>input) else NULL


cdef inline bint holds_value(PyObject* input) noexcept:
    return not PyObject_TypeCheck(input, VARIABLE) or (<Variable>input).flags & ARRAY


cdef object asked(Operation op, object a, object b):
    """A comparison, which is a constant in what is recorded."""
    cdef Variable truth
    if b is None:
        truth = wrap(op.ufunc(plain_value(a)))
    else:
        truth = wrap(op.ufunc(plain_value(a), plain_value(b)))
    truth.flags |= CONSTANT
    return truth


cdef cnp.ndarray bytes_array(size_t n):
    """A buffer that NumPy owns."""
    cdef npy_intp size = n
    return cnp.PyArray_SimpleNew(1, &size, cnp.NPY_UINT8)


cdef class Walk:
    cdef cnp.ndarray buffer         # of the slots
    cdef Slot* slots
    cdef int n, room
    cdef BucketQueue bucket
    cdef ReadyQueue queue           # another one that was chosen, or None
    cdef long long number           # the stamp of this walk
    cdef bint primary, create_graph, compiled
    cdef Py_ssize_t n_rows          # of every gradient, in a walk of many; else -1
    cdef Walk map                   # what it keeps to, the slots that LEAD to its goals; None: it goes everywhere
    cdef bint careful               # `step_with_care` is asked
    cdef bint chosen                # a function was walked that does not take all its elements
    cdef object context             # in which rules run in Python, or None before the first
    cdef char* scratch              # for the blocks of recipes
    cdef size_t scratch_room
    cdef unsigned int steps
    cdef bint retain_grad
    cdef Program program            # what is being written, if `form` is not NULL; see `_steps.pxi`
    cdef PyObject* form             # owned: an array, or a ghost, of its type and shape
    cdef PyObject* arrays[MOST_GIVEN]           # owned: those given to it
    cdef PyObject* results[MOST_OF_PROGRAM]     # owned: those it writes, by register
    cdef int wanted[MOST_OF_PROGRAM]            # these registers
    cdef int pending[MOST_OF_PROGRAM]           # slots
    cdef Writer writers[MOST_OF_PROGRAM]
    cdef Share shares[MOST_SHARES]
    cdef int n_wanted, n_pending, n_writers, n_shares
    cdef int order                              # in which its results lie
    cdef bint in_a_row                          # all arrays given are whole and in C order
    cdef bint alone                             # it is laid out already, and takes no further arrays
    cdef cnp.ndarray turn_buffer                # in a push
    cdef Turn* turns
    cdef int n_turns, room_turns
    cdef int n_needed, n_kept                   # slots that may be read yet, and that hold a tangent yet
    cdef object quiet                           # np.errstate, entered
    cdef cnp.ndarray key_buffer, value_buffer      # the table of seen marks, when not primary
    cdef size_t* keys
    cdef int* values
    cdef size_t mask

    def __cinit__(self):
        self.room = 64
        self.order = IN_C_ORDER
        memset(self.results, 0, sizeof(self.results))
        self.buffer = bytes_array(self.room * sizeof(Slot))
        self.slots = <Slot*>cnp.PyArray_DATA(self.buffer)
        self.bucket = BucketQueue()

    def __dealloc__(self):
        self.close()
        self.release()
        PyMem_RawFree(self.scratch)

    # -- Seen marks --

    cdef int make_table(self, size_t room) except -1:
        self.key_buffer = bytes_array(room * sizeof(size_t))
        self.value_buffer = bytes_array(room * sizeof(int))
        memset(cnp.PyArray_DATA(self.key_buffer), 0, room * sizeof(size_t))
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
        return self.find_node(behind(o) if (<Variable>o).flags & HIDDEN else o)

    cdef inline int find_node(self, PyObject* o) noexcept:
        """The same of one that is no alias of another."""
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

    cdef inline bint wants(self, PyObject* o) noexcept:
        """Is an input a Variable that takes a gradient, and does it lead where this walk is to go?"""
        return is_wanted(o) and (self.map is None or self.leads(o))

    cdef bint leads(self, PyObject* o) noexcept:
        cdef int i = self.map.find(o)
        return i >= 0 and self.map.slots[i].state & LEADS

    # -- Slots --

    cdef inline int new_slot(self, Variable v, PyObject* maker) except -1:
        cdef int i = self.n
        cdef Slot* s
        if i == self.room:
            self.grow()
        self.mark(<PyObject*>v, i)
        s = &self.slots[i]
        s.node, s.maker, s.grad = <PyObject*>v, maker, NULL
        s.state, s.position, s.sibling = 0, 0, -1
        Py_INCREF(v)
        Py_XINCREF(maker)
        self.n += 1
        return i

    cdef inline int reach(self, Variable v) except -1:
        """The slot of `v`; made, and its creator set to be walked, when this is the first time."""
        cdef int i, k, j
        cdef Slot* s
        cdef Function f
        if v.flags & HIDDEN and behind(<PyObject*>v) != <PyObject*>v:
            return self.reach_behind(v)
        i = self.find_node(<PyObject*>v)
        if i >= 0:
            if self.slots[i].state & WALKED:
                self.out_of_order(i)
            return i
        i = self.new_slot(v, v.maker)
        s = &self.slots[i]
        if s.maker == NULL:
            return i
        f = <Function>s.maker
        if f.n_outputs > 1:
            for k in range(f.n_outputs):
                if outputs_of(<PyObject*>f)[k] == <PyObject*>v:
                    s.position = k
            for k in range(f.n_outputs):
                if outputs_of(<PyObject*>f)[k] != NULL and k != s.position:
                    j = self.find(outputs_of(<PyObject*>f)[k])
                    if j >= 0 and self.slots[j].maker != NULL:      # else the walk stops at it
                        if self.slots[j].state & WALKED:
                            self.out_of_order(j)
                        s.sibling = self.slots[j].sibling
                        self.slots[j].sibling = i
                        return i
        if self.queue is None:
            push_bucket(self.bucket, i, f.generation)
        else:
            self.queue.push(i, f.generation)
        return i

    cdef int reach_behind(self, Variable v) except -1:
        return self.reach(<Variable>behind(<PyObject*>v))

    cdef int out_of_order(self, int i) except -1:
        raise RuntimeError(
            f"{type(<object>self.slots[i].maker).__name__} was walked before all that it feeds; "
            "a generation has been set out of order"
        )

    cdef int grow(self) except -1:
        # Nothing here runs Python, or lets another thread run: who reaches a Variable holds bare pointers.
        cdef cnp.ndarray larger = bytes_array(2 * self.room * sizeof(Slot))
        memcpy(cnp.PyArray_DATA(larger), self.slots, self.room * sizeof(Slot))
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

    cdef void close(self) noexcept:
        """Let go of the program."""
        cdef int k
        cdef PyObject* o
        cdef PyObject* form = self.form
        self.form = NULL
        for k in range(self.program.n_given if form != NULL else 0):
            give_back(self.arrays[k])
        for k in range(self.n_wanted):
            o = self.results[self.wanted[k]]
            self.results[self.wanted[k]] = NULL
            give_back(o)
        for k in range(self.n_writers):
            Py_XDECREF(self.writers[k].recipe)
        for k in range(self.n_shares):
            Py_XDECREF(self.shares[k].sum)
        self.n_wanted = self.n_pending = self.n_writers = self.n_shares = 0
        self.order = IN_C_ORDER
        Py_XDECREF(form)

    # -- Gradients --

    cdef inline int add_scalar(self, Variable v, double g) except -1:
        cdef int i
        cdef Slot* s
        if v.flags & EMPTY:
            raise ValueError("the data of a Variable was taken away while its graph was walked")
        i = self.reach(v)
        s = &self.slots[i]
        if s.state & (SHARED | PENDING):
            flush(self)                 # what waits for the program came before
            s = &self.slots[i]
        if s.state & SCALAR:
            s.value = total(s.value, g)
        elif s.grad == NULL and not s.state & UNIFORM:
            s.value = g
            s.state |= SCALAR
        else:
            self.add_object(i, np.array(g))
        return 0

    cdef int add_object(self, int i, object g) except -1:
        """Add an ndarray, or in a recorded walk a Variable, to a slot."""
        cdef Slot* s = &self.slots[i]
        if s.state & SCALAR:
            self.add_scalar(<Variable>s.node, g)
            return 0
        if s.state & UNIFORM:
            self.write_out(i)
        if s.grad == NULL:
            Py_INCREF(g)
            s.grad = <PyObject*>g
            return 0
        if not self.create_graph and is_exclusive(s.grad, 1):
            if not add_into(s.grad, <PyObject*>g):
                add_arrays(<object>s.grad, g, out=<object>s.grad)
            return 0
        old = <object>s.grad
        self.put(i, upper.add(old, g) if self.create_graph else as_array(add_arrays(old, g)))
        return 0

    cdef int add_uniform(self, int i, double g, int type) except -1:
        """Add a number to every element of a slot's gradient."""
        cdef Slot* s = &self.slots[i]
        if s.state & UNIFORM:
            s.value = total(s.value, g) if type == DOUBLE else single_total(s.value, g)
        elif s.grad == NULL:
            s.value = g
            s.state |= UNIFORM
        else:
            self.add_object(i, filled_view(g, self.form_of_slot(i)))
        return 0

    cdef PyObject* form_of_slot(self, int i) except NULL:
        """What has the shape and type of a uniform gradient."""
        cdef PyObject* form = form_array(self.slots[i].node)
        if form == NULL or not 0 <= type_of(form) < COMPLEX:
            raise RuntimeError("the data of a Variable was replaced by another kind while its graph was walked")
        return form

    cdef int put(self, int i, object g) except -1:
        """Let this be the gradient in a slot."""
        cdef PyObject* old = self.slots[i].grad
        Py_INCREF(g)
        self.slots[i].grad = <PyObject*>g
        self.slots[i].state &= ~UNIFORM
        Py_XDECREF(old)
        return 0

    cdef int write_out(self, int i) except -1:
        """A uniform gradient as an array of its own."""
        self.put(i, filled(self.slots[i].value, self.form_of_slot(i)))
        return 0

    cdef object gradient_of(self, int i):
        """The gradient in a slot as a Variable."""
        cdef Slot* s = &self.slots[i]
        if s.state & SCALAR:
            return scalar_variable(s.value)
        if self.create_graph and s.grad != NULL:
            return <object>s.grad
        if s.state & UNIFORM:
            return wrap(filled_view(s.value, self.form_of_slot(i)))
        if s.grad == NULL:
            raise RuntimeError("a Function is walked for a Variable that has got no gradient")
        return wrap(<object>s.grad)

    # -- The whole --

    cdef int run(self, Variable root, bint retain_grad, bint create_graph) except -1:
        self.open(retain_grad, create_graph)
        if root.maker == NULL:
            return 0                    # another thread has cut it off
        self.restart((<Function>root.maker).generation)
        self.start(root)
        self.go()
        if hooked_before:
            call_hooks_of_leaves(self)
        self.prepare(root, retain_grad)
        self.commit(root, retain_grad)
        return 0

    cdef int open(self, bint retain_grad, bint create_graph) except -1:
        self.create_graph = create_graph
        self.retain_grad = retain_grad
        self.compiled = is_compiled()
        self.chosen = False
        self.n_rows = -1
        self.queue = chosen_queue()
        return 0

    cdef int restart(self, int generation) except -1:
        """Nothing of a higher generation will be walked."""
        if self.queue is None:
            self.bucket.restart(generation)
        else:
            self.queue.restart(generation)
        return 0

    cdef int go(self) except -1:
        """Walk all that has been reached, and what that reaches."""
        cdef int i
        cdef bint is_done
        cdef unsigned int steps = 0
        cdef Function f
        self.steps = 0
        self.careful = hooked_before or self.n_rows >= 0
        while True:
            if self.queue is None:
                i = pop_bucket(self.bucket)
            else:
                i = self.queue.pop()
            if i < 0:
                break
            steps = self.steps
            f = <Function>self.slots[i].maker
            if self.slots[i].state & SHARED:
                flush(self)
            is_done = (self.careful or f.flags & (GUARDED | WATCHED)) and step_with_care(self, f, i)
            if not is_done and not fast_step(self, f, i):
                flush(self)
                rule_step(self, f, i)
            self.slots[i].state |= WALKED
            if f.operation != NULL and (<Operation>f.operation).chooses:
                self.chosen = self.chosen or left_some_out(f)
            if not self.retain_grad:
                self.let_go(i)
            self.steps += 1
            if (steps ^ self.steps) >> 10:
                flush(self)
                PyErr_CheckSignals()
                if (steps ^ self.steps) >> 16:
                    with nogil:         # let other threads have a turn
                        pass
        flush(self)
        return 0

    cdef int start(self, Variable root) except -1:
        """The gradient of the root: what it has, or ones."""
        cdef double value = 1.0, x
        cdef bint unset = not has_gradient(root)
        if self.create_graph or not unset or not scalar_value(<PyObject*>root, &x):
            data = data_of(root)
            given = grad_of(root)
            if given is not None:
                given = current(given)      # a user may have assigned to it
            if unset and not self.create_graph and 0 <= type_of(<PyObject*>data) < COMPLEX:
                self.add_uniform(self.reach(root), 1.0, type_of(<PyObject*>data))
                return 0
            if given is None:
                given = wrap(np.ones_like(data))
            if given.shape != data.shape:
                raise ValueError(f"grad has shape {given.shape}, the Variable {data.shape}")
            if given.dtype.kind == "c" and data.dtype.kind == "f":
                raise TypeError(f"grad is {given.dtype}, the Variable {data.dtype}")
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
            if (<Variable>self.slots[i].node).flags & KEEPS:
                old = NULL
            else:
                self.slots[i].grad = NULL
            if old != NULL:
                if self.create_graph:
                    Py_XDECREF(old)
                else:
                    give_back(old)
            i = self.slots[i].sibling

    cdef inline bint keeps(self, int i) noexcept:
        """Is it the slot of a leaf, or of what a leaf has become by assignment?"""
        return self.slots[i].maker == NULL or (<Variable>self.slots[i].node).flags & KEEPS

    cdef int prepare(self, Variable root, bint retain_grad) except -1:
        """Make all that `commit` will store: whatever can fail, fails here."""
        cdef int i
        cdef Variable v, old
        cdef double x
        for i in range(self.n):
            v = <Variable>self.slots[i].node
            if not self.keeps(i):
                if not retain_grad or v is root and has_gradient(v):
                    continue
                old = None
            else:
                old = None if v.flags & SLOPE else grad_of(v)
            if self.slots[i].state & SCALAR:
                if old is not None:
                    old = current(old)
                    if old.shape != ():
                        raise ValueError(f"grad has shape {old.shape}, the new gradient is a scalar; cleargrad() first")
                    if not scalar_value(<PyObject*>old, &x):
                        x = data_of(old).astype(np.float64).item()
                    self.slots[i].value = total(x, self.slots[i].value)
                elif self.keeps(i) and v.flags & SLOPE:
                    self.slots[i].value = total(v.gradient.scalar, self.slots[i].value)
                continue
            if self.slots[i].state & UNIFORM:
                self.write_out(i)
            if self.slots[i].grad == NULL:
                continue
            g = <object>self.slots[i].grad
            if old is None and self.keeps(i):
                old = grad_of(v)        # a slope, made a Variable by this look
            if old is not None:
                old = current(old)
            if old is not None and old.shape != form_of(v).shape:
                raise ValueError(f"grad has shape {old.shape}, the Variable {form_of(v).shape}; cleargrad() first")
            if self.create_graph:
                g = upper.duplicate(g) if old is None else upper.add(old, g)
                if old is not None and old.dtype != form_of(v).dtype:
                    g = upper.astype(g, form_of(v).dtype)
                close_graph(g)
                if v.flags & HANDLE:
                    close_graph(v)
                suspect(v, g)
            else:
                if old is not None:
                    g = as_array(add_arrays(data_of(old), g)).astype(g.dtype, copy=False)
                    g = wrap(g)
                else:
                    g = owned(g)
            Py_INCREF(g)
            Py_XDECREF(self.slots[i].grad)
            self.slots[i].grad = <PyObject*>g
        return 0

    cdef void commit(self, Variable root, bint retain_grad) noexcept:
        """Write the gradients to the Variables. Nothing here can fail."""
        cdef int i
        cdef Variable v
        for i in range(self.n):
            v = <Variable>self.slots[i].node
            if not self.keeps(i) and not retain_grad:
                if has_gradient(v):
                    drop_gradient(v)
            elif v is root and not self.keeps(i) and has_gradient(v):
                pass                    # it was set beforehand
            elif self.slots[i].state & SCALAR:
                drop_gradient(v)
                v.gradient.scalar = self.slots[i].value
                v.flags |= SLOPE
            elif self.slots[i].grad != NULL:
                if self.create_graph:
                    track_variable(<PyObject*>v)
                put_gradient(v, <object>self.slots[i].grad)

    # -- Between given Variables --

    cdef tuple run_between(self, list outputs, list cotangents, list inputs):
        """What `gradients` returns."""
        cdef int k, top = 0
        cdef Variable v
        cdef list slots = self.goals(inputs)
        for v in outputs:
            if v.maker != NULL:
                top = max(top, (<Function>v.maker).generation)
        self.restart(top)
        for k in range(len(outputs)):
            v = outputs[k]
            if cotangents[k] is not None and self.wants(<PyObject*>v):
                self.add(v, cotangents[k])
        self.go()
        if hooked_before and self.n_rows < 0:
            call_hooks_of_leaves(self)
        return [self.taken(k) for k in slots], self.has_reached_others()

    cdef int add(self, Variable v, object g) except -1:
        """Add a gradient of the shape and type of `v`: a Variable, or a float where it is one."""
        cdef double value
        if self.create_graph:
            return self.add_object(self.reach(v), as_constant(g))
        if self.n_rows >= 0:
            return self.add_object(self.reach(v), data_of(<Variable>g))
        if PyFloat_CheckExact(g):
            return self.add_scalar(v, PyFloat_AS_DOUBLE(g))
        if is_one_double(v) and scalar_value(<PyObject*>g, &value):
            return self.add_scalar(v, value)
        return self.add_object(self.reach(v), data_of(<Variable>g))

    cdef list goals(self, list inputs):
        """The slots of Variables at which the walk stops."""
        cdef int k
        cdef Variable v
        cdef list slots = []
        for v in inputs:
            k = self.find(<PyObject*>v)
            if k < 0:
                k = self.new_slot(v, NULL)
                self.slots[k].state = GOAL
            slots.append(k)
        return slots

    cdef object taken_plain(self, int i):
        """The gradient in a slot of a walk that is not recorded: a float, an array of the caller's own, or None."""
        if self.slots[i].state & SCALAR:
            return self.slots[i].value
        if self.slots[i].state & UNIFORM:
            self.write_out(i)
        if self.slots[i].grad == NULL:
            return None
        array = <object>self.slots[i].grad
        return array if is_exclusive(<PyObject*>array, 2) else array.copy()

    cdef Variable taken(self, int i):
        """The gradient in a slot as a Variable of the caller's own, or None."""
        cdef Variable g
        if self.slots[i].state & SCALAR:
            return scalar_variable(self.slots[i].value)
        if self.slots[i].state & UNIFORM:
            self.write_out(i)
        if self.slots[i].grad == NULL:
            return None
        if not self.create_graph:
            array = <object>self.slots[i].grad
            return owned(array)
        g = <object>self.slots[i].grad
        if (_Py_REFCNT(<PyObject*>g) > 2 or g.n_lent
                or g.flags & ARRAY and not is_exclusive(g.value.array, 1)):
            g = upper.duplicate(g)
        return g

    cdef bint has_reached_others(self) except -1:
        """Was a leaf reached that is no goal, and that more than the graph hold?"""
        cdef int i, k, j
        cdef unsigned int flags
        cdef PyObject* f
        cdef PyObject** inputs
        cdef PyObject* v
        cdef set aliases = set()
        cdef dict held = {}             # slot of a leaf: how often the graph holds it
        for i in range(self.n):
            flags = (<Variable>self.slots[i].node).flags
            if self.slots[i].state & GOAL:
                continue
            if flags & ASKED:
                return True
            if self.slots[i].maker == NULL and not flags & ANSWERED:
                held[i] = 1             # the slot itself
        if not held:
            return False
        for i in range(self.n):
            f = self.slots[i].maker
            if f == NULL or not self.is_first(i):
                continue
            inputs = inputs_of(f)
            for k in range((<Function>f).n_inputs):
                if is_wanted(inputs[k]):
                    j = self.find(inputs[k])
                    if j not in held:
                        continue
                    if inputs[k] == self.slots[j].node:
                        held[j] += 1
                        continue
                    v = alias_of_node(inputs[k], self.slots[j].node)    # counted once: it may be taken often
                    if <size_t>v not in aliases:
                        aliases.add(<size_t>v)
                        held[j] += not is_lent((<Variable>v).maker, 0)
        for i, k in held.items():
            if _Py_REFCNT(self.slots[i].node) > k:
                return True
        return False

    cdef bint is_first(self, int i) noexcept:
        """Was this slot the first that was made for an output of its Function?"""
        cdef int k, j
        cdef PyObject* f = self.slots[i].maker
        cdef PyObject* y
        if (<Function>f).n_outputs > 1:
            for k in range((<Function>f).n_outputs):
                y = outputs_of(f)[k]
                j = -1 if y == NULL else self.find(y)
                if 0 <= j < i and self.slots[j].maker == f:
                    return False
        return True

    cdef int finish(self) except -1:
        self.close()
        self.release()
        self.queue = self.map = None
        self.n_turns = 0
        if self.quiet is not None:
            quiet, self.quiet = self.quiet, None
            quiet.__exit__(None, None, None)
        if self.context is not None:
            context, self.context = self.context, None
            leave_context(context)
        return 0


cdef Variable owned(object g):
    """A Variable of an array, which may be the slot's and the caller's; of a copy if anybody else has it."""
    return wrap(g if is_exclusive(<PyObject*>g, 2) else g.copy())


include "_steps.pxi"
include "_writing.pxi"
include "_running.pxi"
include "_pulls.pxi"


cdef Walk begin_walk():
    """A walk that nobody else uses; the primary one may be the one before. `end_walk` ends it."""
    global spare, primary_busy, n_walks
    cdef Walk walk = None
    cdef bint primary = not primary_busy
    primary_busy = True                 # at once: what follows may let another thread run
    try:
        if primary:
            walk, spare = spare, None
        if walk is None:
            walk = Walk()
        walk.primary = primary
        if primary:
            n_walks += 1
            walk.number = n_walks
        else:
            walk.make_table(256)
    except BaseException:
        if primary:
            primary_busy = False
        raise
    return walk


cdef int end_walk(Walk walk) except -1:
    global spare, primary_busy
    try:
        walk.finish()
    finally:
        if walk.primary:
            primary_busy = False
            if walk.room <= KEEP:
                spare = walk
    return 0


cdef int walk_back(Variable root, bint retain_grad, bint create_graph) except -1:
    """Walk back from `root`: what ``root.backward`` does."""
    cdef Walk walk
    cdef double value
    if not scalar_value(<PyObject*>root, &value):
        data = data_of(root)
        if data is None:
            raise ValueError("backward of a Variable that holds no data: variable(None)")
        if data.dtype.kind not in "fc":
            raise TypeError(f"backward starts from floating-point data, not {data.dtype}")
        if data.dtype.kind == "c" and not has_gradient(root):
            raise TypeError(
                f"backward starts from a real value, and this one is {data.dtype}; take its np.real or np.abs, "
                "or set its grad before"
            )
    if root.maker == NULL:
        if not has_gradient(root):
            hold_gradient(root, wrap(np.ones_like(data_of(root))))
        return 0
    walk = begin_walk()
    try:
        walk.run(root, retain_grad, create_graph)
    finally:
        end_walk(walk)
    return 0


connect_walk(walk_back)

include "_gradients.pxi"
include "_pushing.pxi"
include "_tangents.pxi"
include "_forward.pxi"
include "_batched.pxi"
include "_reach.pxi"
