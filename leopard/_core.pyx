# cython: c_api_binop_methods=True
"""Variables, Functions, and how an operation is recorded.

A. A scalar lives inside its Variable as a double; its 0-d ndarray is made when `.data` is read.
B. A Variable owns its creator, a Function owns its inputs; the way from a Function to its outputs
   is a bare pointer which the output clears as it dies. So an ordinary graph has no cycle.
C. Hence the cyclic collector need not know an ordinary graph. It is told of an object, and of all
   that is reachable from it, when a late assignment may close a cycle (`close_graph`), and from
   birth of every subclass that has attributes and of what is computed from it (FOREIGN).
D. Nothing recurses. The dead wait in a list threaded through themselves, and whoever holds the
   outermost dealloc frees them one by one (`drain`): depth costs no stack, and no allocation.
E. No operation is known here by name. Operators ask the table that the upper floors fill.
F. No comprehensions: Cython 3.3 gives an element back twice when their list cannot grow.
"""
import copyreg
import weakref
from operator import attrgetter, index

import numpy as np

cimport numpy as cnp
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject_RichCompare, destructor, inquiry, traverseproc, visitproc
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.string cimport memset

from leopard._loops cimport (
    call_1, call_2, find_loop, leopard_clear_status, leopard_status, usual,
)

cnp.import_array()

cdef extern from *:
    """
    #include "_cells.h"
    #if defined(_MSC_VER)
    #define LEOPARD_THREAD static __declspec(thread)
    #elif defined(__GLIBC__)    /* keeps room for a few bytes of this faster model */
    #define LEOPARD_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
    #else
    #define LEOPARD_THREAD static _Thread_local
    #endif
    LEOPARD_THREAD int leopard_draining = 0;
    LEOPARD_THREAD int leopard_watching = 0, leopard_was_read = 0;

    /* The types own raw pointers and cells, so their slots are finished by hand. */
    static void leopard_finish(PyTypeObject* type, destructor dealloc, traverseproc traverse, inquiry clear) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = traverse;
        type->tp_clear = clear;
        type->tp_free = PyObject_GC_Del;    /* inherited by subclasses; ours use the cells */
        type->tp_dealloc = dealloc;
        type->tp_alloc = leopard_alloc;
        /* Else NumPy takes a Variable for a sequence, and its error for ours in `a[0] = v`. */
        if (type->tp_as_sequence != NULL)
            type->tp_as_sequence->sq_item = NULL;
        PyType_Modified(type);
    }
    /* A subclass without fields of its own: its records are cells too, and freed like them. */
    static void leopard_make_plain(PyTypeObject* type, destructor dealloc) {
        type->tp_dealloc = dealloc;
        type->tp_alloc = leopard_alloc;
        PyType_Modified(type);
    }
    static int leopard_has_weakrefs(PyObject* o, PyTypeObject* base) {
        return *(PyObject**)((char*)o + base->tp_weaklistoffset) != NULL;
    }
    static int leopard_is_heap_type(PyTypeObject* type) {
        return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
    }
    static void leopard_vectorcall(PyTypeObject* type, Py_ssize_t offset) {
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_vectorcall_offset = offset;
        type->tp_call = PyVectorcall_Call;
    }
    """
    int leopard_draining, leopard_watching, leopard_was_read
    void leopard_finish(PyTypeObject*, destructor, traverseproc, inquiry)
    bint leopard_has_weakrefs(PyObject*, PyTypeObject*)
    void leopard_make_plain(PyTypeObject*, destructor)
    bint leopard_is_heap_type(PyTypeObject*)
    PyObject* leopard_cell_new(PyTypeObject*, size_t)
    void leopard_cell_free(PyObject*)
    Py_ssize_t leopard_live
    void leopard_vectorcall(PyTypeObject*, Py_ssize_t)

cdef extern from "Python.h":
    ctypedef struct _typeobject "PyTypeObject":
        destructor tp_dealloc
        Py_ssize_t tp_basicsize
        PyObject* tp_dict
        void (*tp_free)(void*)
    PyTypeObject* _Py_TYPE "Py_TYPE"(PyObject*)
    PyObject* PyObject_Init(PyObject*, PyTypeObject*)
    Py_ssize_t _Py_REFCNT "Py_REFCNT"(PyObject*)
    void PyObject_GC_UnTrack(void*)
    void PyObject_GC_Track(void*)
    void PyObject_ClearWeakRefs(PyObject*)
    bint PyObject_TypeCheck(PyObject*, PyTypeObject*)
    void PyType_Modified(PyTypeObject*)
    int PyDict_SetItem(PyObject*, object, object) except -1
    bint PyFloat_CheckExact(object)
    bint PyFloat_Check(object)
    double PyFloat_AS_DOUBLE(object)
    bint PyLong_CheckExact(object)
    double PyLong_AsDouble(object) except? -1.0
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void Py_DECREF_pointer "Py_DECREF"(PyObject*)
    object PyContextVar_New(const char*, PyObject*)
    int PyContextVar_Get(object, PyObject*, PyObject**) except -1
    object PyContextVar_Set(object, object)
    object PyContext_CopyCurrent()
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1
    PyObject* Py_True
    PyObject* Py_False

cdef enum:
    MOST_GENERATIONS = 0x7FFFFFF0

cdef object float64 = np.float64
cdef object generic = np.generic
cdef PyTypeObject* VARIABLE = <PyTypeObject*>Variable
cdef PyTypeObject* FUNCTION = <PyTypeObject*>Function


# -- Birth ---------------------------------------------------------------------------------------

cdef inline Variable new_variable():
    cdef PyObject* o = leopard_cell_new(VARIABLE, (<_typeobject*>VARIABLE).tp_basicsize)
    if o == NULL:
        raise MemoryError
    cdef Variable v = <Variable>o
    Py_DECREF_pointer(o)            # `v` owns it now
    return v


cdef inline Variable scalar_variable(double value):
    cdef Variable v = new_variable()
    v.value.scalar = value
    return v


cdef inline Function new_function(Operation op):
    """A Function of a plain class, as `op.cls()` would be."""
    cdef PyObject* o = leopard_cell_new(<PyTypeObject*>op.cls, (<_typeobject*>FUNCTION).tp_basicsize)
    if o == NULL:
        raise MemoryError
    cdef Function f = <Function>o
    Py_DECREF_pointer(o)
    f.operation = <PyObject*>op
    return f


cdef Variable wrap(object y):
    """A Variable of what NumPy returned: an array, or a scalar it turned a 0-d array into."""
    cdef Variable v
    if type(y) is float64:
        return scalar_variable(PyFloat_AS_DOUBLE(y))
    if isinstance(y, generic):
        y = np.asarray(y)
    v = new_variable()
    v.flags = EMPTY
    put_data(v, y)
    return v


# -- Death ---------------------------------------------------------------------------------------
# The dead are linked through a field that they need no longer, and nothing is allocated. An object
# of a Python subclass keeps its type alive until its own memory is gone.

cdef PyObject* dead_variables = NULL
cdef PyObject* dead_functions = NULL


cdef void forget_output(PyObject* maker, PyObject* output) noexcept:
    """`maker` must not reach this output any more: it dies, or gets another creator."""
    cdef int i
    cdef PyObject** outputs = outputs_of(maker)
    for i in range((<Function>maker).n_outputs):
        if outputs[i] == output:
            outputs[i] = NULL


cdef inline bint is_plain(PyTypeObject* type) noexcept:
    """Objects of this class have no more fields than we gave them, and are cells."""
    return type == VARIABLE or (<_typeobject*>type).tp_dealloc == <destructor>function_dealloc


cdef inline void drop_function(PyObject* o) noexcept:
    """Let go of a Function; what `Py_DECREF` does, without the way through the type."""
    global dead_functions
    if (_Py_REFCNT(o) == 1 and not (<Function>o).flags & TRACKED and is_plain(_Py_TYPE(o))
            and not leopard_has_weakrefs(o, FUNCTION)):
        (<Function>o).operation = dead_functions
        dead_functions = o
    else:
        Py_DECREF_pointer(o)


cdef inline void drop_variable(PyObject* o) noexcept:
    """The same of an input that is a Variable, or not."""
    global dead_variables
    if (_Py_REFCNT(o) == 1 and _Py_TYPE(o) == VARIABLE and not (<Variable>o).flags & TRACKED
            and not leopard_has_weakrefs(o, VARIABLE)):
        if (<Variable>o).maker != NULL:
            forget_output((<Variable>o).maker, o)
        (<Variable>o).stamp = <long long>dead_variables
        dead_variables = o
    else:
        Py_DECREF_pointer(o)


cdef void variable_dealloc(PyObject* o) noexcept:
    # A reference taken here would bring the dead back, so fields are read through the bare cast.
    global dead_variables
    cdef bint plain = is_plain(_Py_TYPE(o))
    if (<Variable>o).flags & TRACKED or not plain:      # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if (<Variable>o).maker != NULL:
        forget_output((<Variable>o).maker, o)
    if leopard_has_weakrefs(o, VARIABLE):
        PyObject_ClearWeakRefs(o)
    if not plain:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
    (<Variable>o).stamp = <long long>dead_variables
    dead_variables = o
    if not leopard_draining:
        drain()


cdef void function_dealloc(PyObject* o) noexcept:
    global dead_functions
    cdef bint plain = is_plain(_Py_TYPE(o))
    if (<Function>o).flags & TRACKED or not plain:      # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if leopard_has_weakrefs(o, FUNCTION):
        PyObject_ClearWeakRefs(o)
    if not plain:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
    (<Function>o).operation = dead_functions
    dead_functions = o
    if not leopard_draining:
        drain()


cdef inline void bury(PyObject* o) noexcept:
    """Give the memory back, then the reference to the type."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if is_plain(type):
        leopard_cell_free(o)
    else:
        (<_typeobject*>type).tp_free(o)
    if leopard_is_heap_type(type):
        Py_DECREF_pointer(<PyObject*>type)


cdef void drop_inputs(PyObject* o) noexcept:
    """Let go of the inputs; their number is 0 before anything else can run."""
    cdef PyObject** inputs = inputs_of(o)
    cdef PyObject* pair[2]
    cdef int i, n = (<Function>o).n_inputs
    cdef bint many = (<Function>o).flags & MANY_INPUTS
    if not many:
        pair[0], pair[1] = inputs[0], inputs[1]
        inputs = pair
    (<Function>o).n_inputs = 0
    (<Function>o).flags = (<Function>o).flags & ~MANY_INPUTS      # `&=` would take a reference
    (<Function>o).pair[0] = NULL
    for i in range(n):
        if inputs[i] != NULL:
            if leopard_draining:
                drop_variable(inputs[i])
            else:
                Py_DECREF_pointer(inputs[i])
    if many:
        PyMem_Free(inputs)


cdef void drop_outputs(PyObject* o) noexcept:
    cdef PyObject** many = <PyObject**>(<Function>o).single
    if (<Function>o).flags & MANY_OUTPUTS:
        Py_XDECREF(many[(<Function>o).n_outputs])
        PyMem_Free(many)


cdef void drain() noexcept:
    global leopard_draining, dead_variables, dead_functions
    cdef PyObject* o
    leopard_draining = 1
    while True:
        if dead_variables != NULL:
            o = dead_variables
            dead_variables = <PyObject*>(<Variable>o).stamp
            if (<Variable>o).flags & ARRAY:
                Py_XDECREF((<Variable>o).value.array)
            if not (<Variable>o).flags & SLOPE:
                Py_XDECREF((<Variable>o).gradient.variable)
            if (<Variable>o).maker != NULL:
                drop_function((<Variable>o).maker)
            Py_XDECREF((<Variable>o).label)
            bury(o)
        elif dead_functions != NULL:
            o = dead_functions
            dead_functions = (<Function>o).operation
            drop_inputs(o)
            drop_outputs(o)
            bury(o)
        else:
            break
    leopard_draining = 0


# -- The cyclic collector ------------------------------------------------------------------------

cdef int visit_variable(PyObject* o, visitproc visit, void* arg) noexcept:
    cdef int status = 0
    if (<Variable>o).flags & ARRAY:
        status = visit((<Variable>o).value.array, arg)
    if status == 0 and (<Variable>o).maker != NULL:
        status = visit((<Variable>o).maker, arg)
    if status == 0 and not (<Variable>o).flags & SLOPE and (<Variable>o).gradient.variable != NULL:
        status = visit((<Variable>o).gradient.variable, arg)
    return status


cdef int clear_variable(PyObject* o) noexcept:
    cdef PyObject* maker = (<Variable>o).maker
    if maker != NULL:
        forget_output(maker, o)
    (<Variable>o).maker = NULL
    Py_XDECREF(maker)
    drop_gradient(<Variable>o)
    return 0


cdef int visit_function(PyObject* o, visitproc visit, void* arg) noexcept:
    cdef int i, status
    cdef PyObject** inputs = inputs_of(o)
    for i in range((<Function>o).n_inputs):
        if inputs[i] != NULL:
            status = visit(inputs[i], arg)
            if status:
                return status
    return 0


cdef int clear_function(PyObject* o) noexcept:
    drop_inputs(o)
    return 0


leopard_finish(VARIABLE, <destructor>variable_dealloc, <traverseproc>visit_variable, <inquiry>clear_variable)
leopard_finish(FUNCTION, <destructor>function_dealloc, <traverseproc>visit_function, <inquiry>clear_function)

# Classes of ours whose instances hold nothing that could lead back to them: no need to track them.
cdef set innocent = {Variable, Function}


cdef inline void track(PyObject* o, unsigned int* flags) noexcept:
    if not flags[0] & TRACKED:
        flags[0] |= TRACKED
        PyObject_GC_Track(o)


cdef int close_graph(object start) except -1:
    """Let the collector know everything reachable from `start`: an edge to it may close a cycle."""
    cdef Py_ssize_t n = 1, room = 64
    cdef PyObject** stack = <PyObject**>PyMem_Malloc(room * sizeof(PyObject*))
    cdef PyObject** longer
    cdef PyObject* o
    cdef unsigned int* flags
    cdef PyObject** children
    cdef PyObject* two[2]
    cdef int i, n_children
    if stack == NULL:
        raise MemoryError
    stack[0] = <PyObject*>start
    while n:
        n -= 1
        o = stack[n]
        if PyObject_TypeCheck(o, VARIABLE):
            flags = &(<Variable>o).flags
            two[0] = (<Variable>o).maker
            two[1] = NULL if flags[0] & SLOPE else (<Variable>o).gradient.variable
            children, n_children = two, 2
        elif PyObject_TypeCheck(o, FUNCTION):
            flags = &(<Function>o).flags
            children, n_children = inputs_of(o), (<Function>o).n_inputs
        else:
            continue
        if flags[0] & CLOSED:
            continue
        if n + n_children > room:
            room = 2 * room + n_children
            longer = <PyObject**>PyMem_Realloc(stack, room * sizeof(PyObject*))
            if longer == NULL:
                PyMem_Free(stack)
                raise MemoryError
            stack = longer
        track(o, flags)
        flags[0] |= CLOSED
        for i in range(n_children):
            if children[i] != NULL:
                stack[n] = children[i]
                n += 1
    PyMem_Free(stack)
    return 0


# -- The recording switch ------------------------------------------------------------------------

backprop_switch = PyContextVar_New("enable_backprop", NULL)
cdef object switch = backprop_switch
cdef bint switch_default = True


cdef inline bint recording() except -1:
    cdef PyObject* value = NULL
    cdef bint on
    PyContextVar_Get(switch, NULL, &value)
    if value == NULL:
        return switch_default
    on = value == Py_True or value != Py_False and switch_default      # None: back to the default
    Py_DECREF_pointer(value)
    return on


def set_backprop_default(bint on):
    """What holds where no `using_config` says otherwise."""
    global switch_default
    switch_default = on


cdef object enter_context(bint on):
    """A context in which the switch is `on`, entered; `leave_context` ends it, and needs no memory.

    Setting the switch back in the old context could fail, when the walk is done.
    """
    context = PyContext_CopyCurrent()
    PyContext_Enter(context)
    try:
        PyContextVar_Set(switch, on)
    except BaseException:
        PyContext_Exit(context)
        raise
    return context


cdef int leave_context(object context) except -1:
    return PyContext_Exit(context)


# -- Data ----------------------------------------------------------------------------------------

class Untraceable(Exception):
    """A rule asked a stand-in for its value: it can only run as Python."""


cdef PyObject* taken_array(Variable v) noexcept:
    """The array of `v`, now the caller's, or NULL; `v` is empty."""
    cdef PyObject* old = v.value.array if v.flags & ARRAY else NULL
    v.flags = v.flags & ~ARRAY | EMPTY
    return old


cdef int put_array(Variable v, object array) except -1:
    cdef PyObject* old = taken_array(v)
    Py_INCREF(array)
    v.value.array = <PyObject*>array
    v.flags = v.flags & ~EMPTY | ARRAY
    Py_XDECREF(old)
    return 0


cdef object exact_array(object data):
    """An ndarray subclass as the ndarray it is: the same memory, ndarray's own operators."""
    if hasattr(data, "mask"):
        raise TypeError(
            f"{type(data)} is not supported: its mask would be lost; fill it first (`data.filled(...)`)"
        )
    return data.view(np.ndarray)


cdef int put_data(Variable v, object data) except -1:
    if cnp.PyArray_CheckExact(data):
        put_array(v, data)
    elif data is None:
        Py_XDECREF(taken_array(v))
    elif isinstance(data, cnp.ndarray):
        put_array(v, exact_array(data))
    else:
        raise TypeError(f"{type(data)} is not supported")
    return 0


cdef object data_of(Variable v):
    """The ndarray of a Variable, made now if the value was inside; None if it holds nothing."""
    if v.flags & ARRAY:
        return <object>v.value.array
    if v.flags & EMPTY:
        return None
    if v.flags & STAND_IN:
        raise Untraceable
    array = cnp.PyArray_SimpleNew(0, NULL, cnp.NPY_DOUBLE)
    (<double*>cnp.PyArray_DATA(array))[0] = v.value.scalar
    put_array(v, array)
    return array


cdef object array_of(Variable v):
    """`data_of`, or an error when there is none."""
    data = data_of(v)
    if data is None:
        raise ValueError("this Variable holds no data: variable(None)")
    return data


cdef bint array_value(PyObject* o, double* x) noexcept:
    cdef cnp.ndarray array = <cnp.ndarray>o
    if (cnp.PyArray_NDIM(array) == 0 and cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE
            and cnp.PyArray_ISBEHAVED_RO(array)):
        x[0] = (<double*>cnp.PyArray_DATA(array))[0]
        return True
    return False


# While a rule is recorded, whether it reads `.data`: what it makes of that is a constant in the
# recording, and a further derivative would miss it.

cdef int begin_watch() noexcept:
    """What comes back goes to `end_watch`."""
    global leopard_watching, leopard_was_read
    cdef int before = leopard_watching | leopard_was_read << 1
    leopard_watching, leopard_was_read = 1, 0
    return before


cdef bint end_watch(int before) noexcept:
    """Was the value of a real Variable read since `begin_watch`?"""
    global leopard_watching, leopard_was_read
    cdef bint was_read = leopard_was_read
    leopard_watching, leopard_was_read = before & 1, before >> 1
    return was_read


cdef void note_read(cnp.ndarray data) noexcept:
    global leopard_was_read
    if cnp.PyArray_ISFLOAT(data):
        leopard_was_read = 1


def as_array(x):
    """A scalar as a 0-d ndarray; anything else as it is.

    NumPy turns a 0-d result into a scalar (``np.array(2.0) ** 2`` is no ndarray); this turns it
    back.

    Parameters
    ----------
    x : object
        A Python or NumPy scalar, or anything else.

    Returns
    -------
    object
        ``np.array(x)`` for a scalar, else `x` itself.

    Examples
    --------
    >>> as_array(2.0)
    array(2.)
    """
    if isinstance(x, (int, float, complex, generic)):
        return np.array(x)
    return x


def as_variable(obj, name=None):
    """A Variable of `obj`; a Variable comes back as it is.

    Parameters
    ----------
    obj : Variable, ndarray or scalar
    name : str, optional
        For a Variable made here.

    Raises
    ------
    TypeError
        When `obj` is none of these.

    Examples
    --------
    >>> as_variable(np.array([1.0, 2.0]))
    variable([1. 2.])
    """
    if isinstance(obj, Variable):
        return obj
    return Variable(as_array(obj), name)


# -- Variable ------------------------------------------------------------------------------------

cdef object plain_operand(object x):
    """What NumPy is given for an operand that is no Variable; NotImplemented for a stranger."""
    if cnp.PyArray_CheckExact(x):
        if cnp.PyArray_TYPE(x) == cnp.NPY_OBJECT:
            raise TypeError(
                "an array of objects would lose the gradient; join Variables with leopard.stack"
            )
        return x
    if isinstance(x, (int, float, complex, generic)):
        return x
    if isinstance(x, cnp.ndarray):
        return exact_array(x)
    if isinstance(x, (list, tuple)):
        return plain_operand(np.asarray(x))
    return NotImplemented


cdef int must_be_exact_str(object name) except -1:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a name is a str or None, not {type(name)}")
    return 0


cdef class Variable:
    """An array, or nothing yet, that remembers how it was computed.

    Parameters
    ----------
    data : ndarray or None
        Held as it is, not copied. A subclass of ndarray is held as the ndarray it is.
    name : str, optional
        Shown in graphs.

    Attributes
    ----------
    data : ndarray or None
        The value.
    grad : Variable or None
        The gradient that `backward` left here, of the shape and dtype of `data`. It owns its
        memory: changing it changes nothing else.
    creator : Function or None
        The Function that computed this Variable; None for a leaf.
    generation : int
        0 for a leaf, else one more than the creator's.

    Raises
    ------
    TypeError
        When `data` is neither an ndarray nor None. Wrap a number: ``np.array(2.0)``.

    Examples
    --------
    >>> x = Variable(np.array(2.0))
    >>> y = x ** 2 + 3 * x
    >>> y.backward()
    >>> x.grad
    variable(7.0)
    """

    __array_priority__ = 200

    def __cinit__(self):
        self.flags = EMPTY
        if type(self) is not Variable:
            self.flags |= FOREIGN | TRACKED     # it came from Python's allocator, tracked

    def __init__(self, data, name=None):
        put_data(self, data)
        self.name = name

    @property
    def data(self):
        """The value, an ndarray, or None."""
        data = data_of(self)
        if leopard_watching and not self.flags & CONSTANT and data is not None:
            note_read(data)
        return data

    @data.setter
    def data(self, data):
        put_data(self, as_array(data))

    @property
    def name(self):
        """A str for people to read, or None."""
        return None if self.label == NULL else <object>self.label

    @name.setter
    def name(self, name):
        cdef PyObject* old = self.label
        must_be_exact_str(name)
        if name is None:
            self.label = NULL
        else:
            if type(name) is not str:
                name = "".join(name)    # an exact str has no attributes, so it closes no cycle
            Py_INCREF(name)
            self.label = <PyObject*>name
        Py_XDECREF(old)

    @property
    def grad(self):
        """The gradient, a Variable, or None."""
        if self.flags & SLOPE:
            put_gradient(self, scalar_variable(self.gradient.scalar))
        return None if self.gradient.variable == NULL else <object>self.gradient.variable

    @grad.setter
    def grad(self, g):
        cdef Variable same
        if g is None:
            drop_gradient(self)
            return
        if not isinstance(g, Variable):
            g = as_array(g)
            if not isinstance(g, cnp.ndarray):
                raise TypeError(f"a gradient is a Variable, an ndarray or None, not {type(g)}")
            g = wrap(g)
        elif (<Variable>g).flags & FOREIGN and self.flags & CONSUMED and type(g) is not Variable:
            # What was computed from `self` is not tracked, and the attributes of `g` could lead there.
            same = new_variable()
            same.flags = EMPTY
            put_data(same, data_of(g))
            g = same
        hold_gradient(self, g)

    @property
    def creator(self):
        """The Function that computed this Variable, or None."""
        return None if self.maker == NULL else <object>self.maker

    @creator.setter
    def creator(self, function):
        if function is None:
            self.unchain()
        else:
            self.set_creator(function)

    @property
    def generation(self):
        """0 for a leaf, else one more than the creator's."""
        return self.generation

    @property
    def shape(self):
        """Length of each axis."""
        if not self.flags & (ARRAY | EMPTY | STAND_IN):
            return ()
        return array_of(self).shape

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """Number of elements."""
        return array_of(self).size

    @property
    def dtype(self):
        """Type of the elements."""
        return array_of(self).dtype

    def __len__(self):
        return len(array_of(self))

    def __repr__(self):
        if self.flags & EMPTY:
            return "variable(None)"
        return "variable(" + str(array_of(self)).replace("\n", "\n" + " " * 9) + ")"

    def __format__(self, str spec not None):
        if not spec:
            return repr(self)
        if self.shape != ():
            raise TypeError(f"only a scalar takes the format {spec!r}, not shape {self.shape}")
        return format(array_of(self).item(), spec)

    def set_creator(self, Function func not None):
        """Remember the Function that made this Variable.

        Raises
        ------
        RuntimeError
            When a Function has already taken this Variable as an input: that Function would be
            walked in the wrong order.
        """
        cdef PyObject* old = self.maker
        if self.flags & CONSUMED:
            raise RuntimeError("set_creator comes before the Variable is used, or the walk is out of order")
        Py_INCREF(func)
        self.maker = <PyObject*>func
        self.generation = func.generation + 1
        if old != NULL and old != self.maker:
            forget_output(old, <PyObject*>self)
        Py_XDECREF(old)
        track(<PyObject*>self, &self.flags)
        close_graph(func)

    def unchain(self):
        """Forget the creator: this Variable becomes a leaf."""
        cdef PyObject* old = self.maker
        self.maker = NULL
        self.generation = 0
        if old != NULL:
            forget_output(old, <PyObject*>self)
            Py_XDECREF(old)

    def unchain_backward(self):
        """Cut every link of the graph behind this Variable.

        The Variables that it was computed from become leaves; their values stay. What a long
        recurrence has recorded is given up so, after each stretch of it.
        """
        if self.maker == NULL:
            return
        waiting = [<object>self.maker]
        while waiting:
            f = waiting.pop()
            for x in f.inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()

    def cleargrad(self):
        """Forget the gradient, as before a second, separate derivative."""
        drop_gradient(self)

    def backward(self, bint retain_grad=False, bint create_graph=False):
        """Walk back through the graph and leave each leaf its gradient in `grad`.

        Starts from `grad` if that is set, else from ones: for a Variable that is no scalar the
        result is the gradient of the sum of its elements. A leaf that has a gradient already gets
        the sum of both.

        Parameters
        ----------
        retain_grad : bool
            Keep the gradients of the Variables between, too; else theirs are cleared.
        create_graph : bool
            Record the walk itself, so that the gradients can be differentiated again.

        Raises
        ------
        TypeError
            When this Variable is not of real floating type.
        Exception
            Whatever a rule raises, with a note that names its Function. All gradients are then
            what they were before.
        """
        upper.walk(self, retain_grad, create_graph)

    # Operators: each asks the table for the function of that name.
    def __add__(a, b):
        return operate_2(OPERATORS[ADD], a, b)

    def __sub__(a, b):
        return operate_2(OPERATORS[SUB], a, b)

    def __mul__(a, b):
        return operate_2(OPERATORS[MUL], a, b)

    def __truediv__(a, b):
        return operate_2(OPERATORS[DIV], a, b)

    def __neg__(self):
        return operate_1(OPERATORS[NEG], self)

    def __pos__(self):
        return self

    def __abs__(self):
        return operate_1(OPERATORS[ABS], self)

    def __pow__(a, b, modulus):
        return operate_pow(a, b, modulus)

    def __matmul__(a, b):
        return operate_2(OPERATORS[MATMUL], a, b)

    def __getitem__(self, index):
        return (<object>OPERATORS[GETITEM])(self, index)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Variable")
        return map(self.__getitem__, range(len(self)))

    def __richcmp__(a, b, int op):
        # A comparison has no derivative: it is NumPy's own, on the data.
        x = array_of(a) if isinstance(a, Variable) else a
        y = array_of(b) if isinstance(b, Variable) else b
        return PyObject_RichCompare(x, y, op)

    def __hash__(self):
        return <Py_hash_t>(<size_t><PyObject*>self >> 4)

    def __bool__(self):
        return bool(array_of(self))

    def __float__(self):
        raise TypeError(
            "float() of a Variable would lose the gradient without a word; "
            "write v.data.item() for the number, or leopard.stack to put Variables into an array"
        )

    def __int__(self):
        raise TypeError("int() of a Variable would lose the gradient; write v.data.item()")

    def __complex__(self):
        raise TypeError("complex() of a Variable would lose the gradient; write v.data.item()")

    def __index__(self):
        raise TypeError("a Variable is no index; write v.data")

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "a Variable in an ndarray would lose the gradient; "
            "write v.data for its value, or leopard.stack([...]) to join Variables"
        )

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        cdef object op
        if not options and method == "__call__":
            op = OF_UFUNC.get(ufunc)
            if type(op) is Operation:
                if len(inputs) == 2:
                    return evaluate_2(<PyObject*>op, inputs[0], inputs[1])
                if len(inputs) == 1:
                    return evaluate_1(<PyObject*>op, inputs[0])
        return upper.array_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function, types, args, options):
        return upper.array_function(function, args, options)

    # Copies. A pickle holds arrays, a str and the attributes of a subclass: loading runs nothing.
    def __reduce_ex__(self, protocol):
        return copyreg.__newobj__, (type(self),), self.__getstate__()

    def __getstate__(self):
        cdef Variable g = self.grad
        return (
            data_of(self), None if g is None else data_of(g), self.name,
            getattr(self, "__dict__", None),
        )

    def __setstate__(self, state):
        data, grad, name, attributes = state
        put_data(self, data)
        self.grad = grad
        self.name = name
        if attributes:
            self.__dict__.update(attributes)

    def __copy__(self):
        if self.maker != NULL:
            return upper.duplicate(self)
        copied = type(self).__new__(type(self))
        copied.__setstate__(self.__getstate__())
        return copied

    def __deepcopy__(self, memo):
        """A leaf of its own; or, for a Variable with history, one more step of that history."""
        if self.maker != NULL:
            memo[id(self)] = copied = upper.duplicate(self)
            return copied
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        data, grad, name, attributes = self.__getstate__()
        if attributes:
            import copy

            attributes = copy.deepcopy(attributes, memo)
        copied.__setstate__((
            None if data is None else data.copy(), None if grad is None else grad.copy(), name, attributes,
        ))
        return copied


cdef void drop_gradient(Variable v) noexcept:
    cdef PyObject* old = NULL if v.flags & SLOPE else v.gradient.variable
    v.gradient.variable = NULL
    v.flags &= ~SLOPE
    Py_XDECREF(old)


cdef int hold_gradient(Variable v, object g) except -1:
    """Store a gradient that is the user's own or has a graph: it may close a cycle."""
    close_graph(g)
    track(<PyObject*>v, &v.flags)
    put_gradient(v, g)
    return 0


cdef void put_gradient(Variable v, object g) noexcept:
    """Store a gradient that leads nowhere, or whose graph is closed and `v` tracked."""
    cdef PyObject* old = NULL if v.flags & SLOPE else v.gradient.variable
    Py_INCREF(g)
    v.gradient.variable = <PyObject*>g
    v.flags &= ~SLOPE
    Py_XDECREF(old)


cdef void track_variable(Variable v) noexcept:
    track(<PyObject*>v, &v.flags)


# -- Function ------------------------------------------------------------------------------------

cdef class Function:
    """One application of an operation: the node of the graph.

    Subclass it with `forward` and `backward`; make an instance for each application and call it
    with Variables.

    Attributes
    ----------
    inputs : tuple of Variable
        What it was called with. Empty under `no_grad`.
    outputs : list of weakref.ref
        What it computed: ``self.outputs[0]()`` is the first output, or None if that is gone.
    output : Variable
        The first output, alive: the short way for a rule that uses it.
    wanted : tuple of bool
        Which inputs take a gradient: a rule need not compute the others.
    generation : int
        The highest generation of the inputs. It orders the walk, and may be set.

    Notes
    -----
    `forward` receives ndarrays and returns one or a tuple of them; `backward` receives a Variable
    for each output (zeros for one that is gone or got no gradient) and returns the gradient of
    each input, None where there is none. A rule that reads ``self.inputs[0].data`` is right to
    first order; written with the Variables themselves it can be differentiated again.

    Examples
    --------
    >>> class Square(Function):
    ...     def forward(self, x):
    ...         return x ** 2
    ...     def backward(self, gy):
    ...         x, = self.inputs
    ...         return 2 * x * gy
    >>> x = Variable(np.array(3.0))
    >>> y = Square()(x)
    >>> y.backward()
    >>> x.grad
    variable(6.0)
    """

    def __cinit__(self):
        if type(self) not in innocent:
            self.flags = FOREIGN | TRACKED
        elif not is_plain(_Py_TYPE(<PyObject*>self)):
            PyObject_GC_UnTrack(<PyObject*>self)

    def __call__(self, *inputs):
        return call_function(self, inputs)

    def forward(self, *xs):
        """The outputs, from ndarrays."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, *gys):
        """The gradients of the inputs, from those of the outputs."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    @property
    def inputs(self):
        """The Variables it was called with."""
        cdef int i
        inputs = [None] * self.n_inputs
        for i in range(self.n_inputs):
            inputs[i] = input_of(self, i)
        return tuple(inputs)

    @property
    def wanted(self):
        """For each input whether it takes a gradient; a rule need not compute the others."""
        cdef int i
        cdef PyObject* x
        wanted = [False] * self.n_inputs
        for i in range(self.n_inputs):
            x = inputs_of(<PyObject*>self)[i]
            if x != NULL and PyObject_TypeCheck(x, VARIABLE):
                wanted[i] = not (<Variable>x).flags & CONSTANT
        return tuple(wanted)

    @property
    def outputs(self):
        """Weak references to its outputs."""
        cdef int i
        cdef PyObject* y
        outputs = [None] * self.n_outputs
        for i in range(self.n_outputs):
            y = outputs_of(<PyObject*>self)[i]
            outputs[i] = dead_reference() if y == NULL else weakref.ref(<object>y)
        return outputs

    @property
    def output(self):
        """The first output."""
        if self.n_outputs == 0 or outputs_of(<PyObject*>self)[0] == NULL:
            raise ReferenceError(f"the output of {type(self).__name__} is gone")
        return <object>outputs_of(<PyObject*>self)[0]

    @property
    def generation(self):
        """The highest generation of the inputs."""
        return self.generation

    @generation.setter
    def generation(self, generation):
        generation = index(generation)
        if not 0 <= generation <= MOST_GENERATIONS:
            raise ValueError(f"a generation lies between 0 and {MOST_GENERATIONS}, not at {generation}")
        self.generation = generation

    def __reduce_ex__(self, protocol):
        raise TypeError(f"{type(self).__name__} belongs to its graph and cannot be copied or pickled")


cdef object dead_reference():
    return weakref.ref(Variable(None))


cdef object input_of(Function f, int i):
    """Input `i` as a Variable; one is made for a constant."""
    cdef Variable v
    cdef PyObject* x = inputs_of(<PyObject*>f)[i]
    if x == NULL:
        v = scalar_variable(f.number)
        v.flags = WEAK | CONSTANT
        return v
    if PyObject_TypeCheck(x, VARIABLE):
        return <object>x
    v = wrap(as_array(<object>x))
    v.flags |= CONSTANT
    return v


cdef int make_room(Function f, int n_inputs, int n_outputs) except -1:
    """Room for more inputs or outputs than fit inside; the rest of the record is as it was."""
    cdef void* inputs = NULL
    cdef void* outputs = NULL
    if n_inputs > 2:
        inputs = PyMem_Malloc(n_inputs * sizeof(PyObject*))
        if inputs == NULL:
            raise MemoryError
    if n_outputs > 1:
        outputs = PyMem_Malloc((n_outputs + 1) * sizeof(PyObject*))
        if outputs == NULL:
            PyMem_Free(inputs)
            raise MemoryError
        memset(outputs, 0, (n_outputs + 1) * sizeof(PyObject*))
        f.single = <PyObject*>outputs
        f.flags |= MANY_OUTPUTS
    if n_inputs > 2:
        f.pair[0] = <PyObject*>inputs
        f.flags |= MANY_INPUTS
    return 0


cdef inline int take_variable(Function f, int i, Variable v) except -1:
    """Input `i` of `f` is `v`. The caller counts `n_inputs` up."""
    Py_INCREF(v)
    inputs_of(<PyObject*>f)[i] = <PyObject*>v
    v.flags |= CONSUMED
    f.flags |= v.flags & (FOREIGN | STAND_IN)
    if v.generation > f.generation:
        f.generation = v.generation
    return 0


cdef inline int take_output(Function f, int i, Variable y) except -1:
    Py_INCREF(f)
    y.maker = <PyObject*>f
    y.generation = f.generation + 1
    outputs_of(<PyObject*>f)[i] = <PyObject*>y
    if f.flags & (FOREIGN | STAND_IN):
        y.flags |= f.flags & (FOREIGN | STAND_IN)
        if f.flags & FOREIGN:
            track(<PyObject*>f, &f.flags)
            track(<PyObject*>y, &y.flags)
    return 0


cdef int too_deep() except -1:
    raise OverflowError("more generations than an int32 holds; cut the graph with unchain_backward")


def array_of_any(Variable v not None):
    return array_of(v)


def form_of(y):
    """What zeros for this output are made of."""
    return y.shape, y.dtype


cdef object call_function(Function f, tuple inputs):
    """Run `forward` and record it."""
    cdef int n = len(inputs), i, n_outputs, n_recorded = 0
    cdef Variable v
    if n == 0:
        raise TypeError(f"{type(f).__name__} was called with no input")
    if f.n_outputs:
        raise RuntimeError(
            f"this {type(f).__name__} already stands in a graph; make a new instance for each call"
        )
    variables = []
    for x in inputs:
        if not isinstance(x, Variable):
            x = as_array(plain_operand(x))
            if x is NotImplemented:
                raise TypeError(f"{type(f).__name__}: {type(x)} is not supported")
            x = wrap(x)
            (<Variable>x).flags |= CONSTANT
        elif (<Variable>x).flags & CONSTANT == 0:
            n_recorded += 1
        variables.append(x)
    ys = f.forward(*map(array_of_any, variables))
    if not isinstance(ys, tuple):
        ys = (ys,)
    n_outputs = len(ys)
    if n_outputs == 0:
        raise TypeError(f"{type(f).__name__}.forward returned no output")
    outputs = []
    for y in ys:
        y = as_array(y)
        if not isinstance(y, cnp.ndarray):
            raise TypeError(f"{type(y)} is not supported: {type(f).__name__}.forward returns ndarrays")
        outputs.append(wrap(y))
    if n_recorded and recording():
        if f.n_inputs:
            raise RuntimeError(f"{type(f).__name__} was called again by its own forward")
        forms = tuple(map(form_of, outputs)) if n_outputs > 1 else None
        make_room(f, n, n_outputs)
        f.generation = 0
        for i in range(n):
            take_variable(f, i, variables[i])
            f.n_inputs += 1
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        for i in range(n_outputs):
            take_output(f, i, outputs[i])
        f.n_outputs = n_outputs
        if forms is not None:
            Py_INCREF(forms)
            outputs_of(<PyObject*>f)[n_outputs] = <PyObject*>forms
    return outputs if n_outputs > 1 else outputs[0]


# -- Elementwise operations ----------------------------------------------------------------------

cdef enum Kind:
    OTHER
    NUMBER      # a constant
    VALUE       # a Variable that takes a gradient


cdef inline Kind operand(PyObject* o, double* x) except? OTHER:
    """Is `o` one float64, or a Python number? Then its value is in `x`."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if type != VARIABLE:
        if PyFloat_CheckExact(<object>o):
            x[0] = PyFloat_AS_DOUBLE(<object>o)
            return NUMBER
        if PyLong_CheckExact(<object>o):
            return whole_number(o, x)
        if not PyObject_TypeCheck(o, VARIABLE):
            if PyFloat_Check(<object>o):
                x[0] = PyFloat_AS_DOUBLE(<object>o)
                return NUMBER
            return OTHER
    if scalar_value(o, x):
        return NUMBER if (<Variable>o).flags & CONSTANT else VALUE
    return OTHER


cdef inline Kind whole_number(PyObject* o, double* x) except? OTHER:
    """An int that is a double exactly."""
    try:
        x[0] = PyLong_AsDouble(<object>o)
    except OverflowError:
        return OTHER
    return NUMBER if -9007199254740992.0 < x[0] < 9007199254740992.0 else OTHER


cdef inline int take(Function f, int i, PyObject* o, Kind kind, double x) except -1:
    if kind == VALUE:
        take_variable(f, i, <Variable>o)
    elif PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & WEAK:
        Py_XINCREF(o)
        f.pair[i] = o
    else:
        f.number = x
    f.n_inputs += 1
    return 0


cdef unsigned int constancy(PyObject* o) noexcept:
    """CONSTANT for a Variable made of a constant, WEAK for a Python number or what is made of one."""
    if PyObject_TypeCheck(o, VARIABLE):
        return (<Variable>o).flags & (CONSTANT | WEAK)
    return WEAK if PyFloat_CheckExact(<object>o) or PyLong_CheckExact(<object>o) else 0


cdef unsigned int constancies(PyObject* a, PyObject* b) noexcept:
    """What the result of two constants is: a number of a rule stays one, of numbers alone a leaf."""
    cdef unsigned int fa = constancy(a), fb = constancy(b)
    if (fa | fb) & CONSTANT:
        return CONSTANT | (fa & fb & WEAK)
    return 0


cdef object evaluate_1(PyObject* operation, object a):
    cdef Operation op = <Operation>operation
    cdef double x, y
    cdef Kind kind = OTHER
    cdef Variable out
    cdef Function f
    if op.loop.call != NULL:
        kind = operand(<PyObject*>a, &x)
    if kind == OTHER:
        return evaluate(op, (a,))
    y = call_1(&op.loop, x)
    if not usual(y):
        leopard_clear_status()
        y = call_1(&op.loop, x)
        if leopard_status():
            y = op.ufunc(x)             # NumPy says it in its own way
    out = scalar_variable(y)
    if kind == NUMBER:
        out.flags |= constancies(<PyObject*>a, <PyObject*>a)
    elif recording():
        f = new_function(op)
        take(f, 0, <PyObject*>a, kind, x)
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef object evaluate_2(PyObject* operation, object a, object b):
    cdef Operation op = <Operation>operation
    cdef double x0, x1, y
    cdef Kind k0 = OTHER, k1 = OTHER
    cdef Variable out
    cdef Function f
    if op.loop.call != NULL:
        k0 = operand(<PyObject*>a, &x0)
        if k0 != OTHER:
            k1 = operand(<PyObject*>b, &x1)
    if k1 == OTHER:
        return evaluate(op, (a, b))
    y = call_2(&op.loop, x0, x1)
    if not usual(y) and not (y == 0 and (x0 == 0 or x1 == 0)):
        leopard_clear_status()
        y = call_2(&op.loop, x0, x1)
        if leopard_status():
            y = op.ufunc(x0, x1)
    out = scalar_variable(y)
    if k0 == NUMBER and k1 == NUMBER:
        out.flags |= constancies(<PyObject*>a, <PyObject*>b)
    elif recording():
        f = new_function(op)
        take(f, 0, <PyObject*>a, k0, x0)
        take(f, 1, <PyObject*>b, k1, x1)
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef object evaluate(Operation op, tuple operands):
    """The general way: NumPy's ufunc on whatever the operands hold."""
    cdef int i, n = len(operands)
    cdef bint record = False, constant = False
    cdef Variable v, out
    cdef Function f
    cdef double number
    cdef Kind kind
    xs = []
    for x in operands:
        if isinstance(x, Variable):
            v = x
            if v.flags & WEAK:
                x = v.value.scalar
            else:
                x = array_of(v)
            if v.flags & CONSTANT:
                constant = True
            else:
                record = True
        else:
            x = plain_operand(x)
            if x is NotImplemented:
                return NotImplemented
        xs.append(x)
    y = op.ufunc(*xs)
    out = wrap(y)
    if not record:
        out.flags |= CONSTANT if constant else 0
    elif recording():
        f = new_function(op)
        make_room(f, n, 1)
        for i in range(n):
            x = operands[i]
            if isinstance(x, Variable) and not (<Variable>x).flags & CONSTANT:
                take_variable(f, i, x)
                f.n_inputs += 1
                continue
            kind = operand(<PyObject*>x, &number)
            if kind == NUMBER and n <= 2 and type(x) in (int, float):
                f.number = number
            else:
                x = x if isinstance(x, Variable) else xs[i]
                Py_INCREF(x)
                inputs_of(<PyObject*>f)[i] = <PyObject*>x
            f.n_inputs += 1
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef class Operation:
    """An elementwise function as its users call it: ``tanh(x)``.

    Parameters
    ----------
    cls : type
        The subclass of Function that states it, with its ``ufunc``.
    """

    def __cinit__(self):
        leopard_vectorcall(<PyTypeObject*>Operation, <char*>&self.vectorcall - <char*><PyObject*>self)
        self.vectorcall = <void*>call_operation

    def __init__(self, cls):
        if not isinstance(cls, type) or not issubclass(cls, Function):
            raise TypeError(f"{cls!r} is no subclass of Function")
        if not isinstance(cls.ufunc, np.ufunc) or cls.ufunc.nin > 2 or cls.ufunc.nout != 1:
            raise TypeError(f"{cls.__name__}.ufunc is no ufunc of one or two inputs and one output")
        if self.cls is not None:
            raise TypeError(f"this Operation is {self.name} already")
        if (cls.__dictoffset__ != 0
                or (<_typeobject*><PyTypeObject*>cls).tp_basicsize != (<_typeobject*>FUNCTION).tp_basicsize):
            raise TypeError(f"{cls.__name__} has fields of its own, an elementwise Function has none")
        leopard_make_plain(<PyTypeObject*>cls, <destructor>function_dealloc)
        self.cls = cls
        self.ufunc = cls.ufunc
        self.name = cls.name
        self.n_inputs = cls.ufunc.nin
        self.loop = find_loop(cls.ufunc, b"d")
        self.recipes = [None] * (1 << self.n_inputs)
        special = getattr(cls, "special", {})
        self.special = tuple(map(attrgetter("operation"), special.values()))
        if len(special) > 4:
            raise ValueError("room for four special operands")
        for x1 in special:
            self.special_x1[self.n_special] = x1
            self.n_special += 1

    def __call__(self, *operands):
        # Only reached as `op.__call__`; a call of the object goes by `call_operation` directly.
        return self(*operands)

    def __repr__(self):
        return f"<function leopard.{self.name}>"

    @property
    def __name__(self):
        return self.name

    @property
    def __module__(self):
        return "leopard"

    @property
    def __doc__(self):
        return self.cls.__doc__

    @property
    def __signature__(self):
        import inspect

        given = inspect.Parameter.POSITIONAL_ONLY
        if self.n_inputs == 1:
            return inspect.Signature([inspect.Parameter("x", given)])
        return inspect.Signature([inspect.Parameter("x0", given), inspect.Parameter("x1", given)])

    def __reduce__(self):
        return self.name


cdef object call_operation(PyObject* operation, PyObject** args, size_t nargsf, PyObject* names):
    cdef Operation op = <Operation>operation
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    if names != NULL:
        raise TypeError(f"{op.name}() takes no keyword: {', '.join(<object>names)}")
    if n != op.n_inputs or n == 0:
        raise TypeError(f"{op.name}() takes {op.n_inputs} operand{'s' * (op.n_inputs > 1)}, not {n}")
    if n == 1:
        y = evaluate_1(operation, <object>args[0])
    else:
        y = operate_2(operation, <object>args[0], <object>args[1])
    if y is NotImplemented:
        bad = type(<object>args[0]).__name__
        if n == 2:
            bad += ", " + type(<object>args[1]).__name__
        raise TypeError(f"{op.name}: unsupported operands ({bad})")
    return y


# -- The tables that the upper floors fill -------------------------------------------------------

cdef enum:
    ADD, SUB, MUL, DIV, NEG, ABS, POW, MATMUL, GETITEM, N_OPERATORS

cdef PyObject* OPERATORS[N_OPERATORS]       # borrowed from `operators`
cdef dict operators = {}
cdef dict OF_UFUNC = {}
cdef tuple OPERATOR_NAMES = ("add", "sub", "mul", "div", "neg", "abs", "pow", "matmul", "getitem")
memset(OPERATORS, 0, sizeof(OPERATORS))


cdef object operate_1(PyObject* function, object a):
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation:
        return evaluate_1(function, a)
    return (<object>function)(a)


cdef object evaluate_special(PyObject* function, object a, object b):
    """`evaluate_2`, or what NumPy's operator does instead for certain numbers on the right."""
    cdef Operation op = <Operation>function
    cdef double x1
    cdef int i
    if PyFloat_CheckExact(b) or PyLong_CheckExact(b):
        if operand(<PyObject*>b, &x1) == NUMBER:
            for i in range(op.n_special):
                if op.special_x1[i] == x1:
                    return evaluate_1(<PyObject*>op.special[i], a)
    return evaluate_2(function, a, b)


cdef object operate_2(PyObject* function, object a, object b):
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation:
        if (<Operation>function).n_special:
            return evaluate_special(function, a, b)
        return evaluate_2(function, a, b)
    for x in (a, b):
        if not isinstance(x, Variable) and plain_operand(x) is NotImplemented:
            return NotImplemented
    return (<object>function)(a, b)


cdef object operate_pow(object a, object b, object modulus):
    if modulus is not None:
        raise TypeError("pow() of a Variable takes no modulus")
    return operate_2(OPERATORS[POW], a, b)


cdef class Upper:
    """What the core asks of the floors above: each is a callable, set by the floor that has it."""


cdef Upper upper = Upper()


def connect(**functions):
    """Give the core a function of an upper floor, by its field of `Upper`."""
    for name, function in functions.items():
        setattr(upper, name, function)


def set_operator(name, function):
    """Let an operator of Variable mean `function`."""
    cdef int i = OPERATOR_NAMES.index(name)
    if not callable(function):
        raise TypeError(f"an operator means a function, not {function!r}")
    old = operators.get(name)           # kept until nothing points to it
    operators[name] = function
    OPERATORS[i] = <PyObject*>function


def set_ufunc(ufunc, operation):
    """Let a NumPy ufunc called on Variables mean `operation`."""
    OF_UFUNC[ufunc] = operation


def of_ufunc(ufunc):
    """What a NumPy ufunc means for Variables, or None."""
    return OF_UFUNC.get(ufunc)


def add_method(name, function):
    """Make `function` a method, or a property, of Variable."""
    PyDict_SetItem((<_typeobject*>VARIABLE).tp_dict, name, function)
    PyType_Modified(VARIABLE)


def mark_innocent(cls):
    """Instances of this class of ours hold no reference that could lead back to them."""
    innocent.add(cls)


def stand_ins(cls, int n_inputs):
    """A Function of class `cls` with stand-ins for everything, to read its rule with.

    Returns
    -------
    tuple
        The Function, its inputs, its output and the upstream gradient. Asked for its value, each of
        the Variables raises `Untraceable`.
    """
    cdef Function f = new_function(cls.operation)
    cdef int i
    cdef Variable v
    variables = []
    for i in range(n_inputs + 2):
        v = scalar_variable(0.5)
        v.flags = STAND_IN
        variables.append(v)
    make_room(f, n_inputs, 1)
    for i in range(n_inputs):
        take_variable(f, i, variables[i])
        f.n_inputs += 1
    take_output(f, 0, variables[n_inputs])
    f.n_outputs = 1
    return f, variables[:n_inputs], variables[n_inputs], variables[n_inputs + 1]


def count_alive():
    """Variables and Functions of plain type that are alive. (For tests: a lost one shows.)"""
    return leopard_live


def is_tracked(o):
    """Does the cyclic collector know this Variable or Function? (For tests.)"""
    if isinstance(o, Variable):
        return bool((<Variable>o).flags & TRACKED)
    return bool((<Function>o).flags & TRACKED)
