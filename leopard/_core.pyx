# cython: c_api_binop_methods=True
"""The traversal: from a Variable through its graph to the gradients of the leaves, and forward again.

A. A walk has a `Slot` for each Variable that it reaches: the gradient so far, and references to the Variable and its
   creator, so that a rule may tear the graph down while it is walked. A Variable gets one slot: its seen mark is a
   number in the Variable, which one walk at a time may use (the primary); a walk that begins while another goes on, in a
   rule or in another thread, keeps its marks in a table of its own.
B. A Function becomes ready when its first output is reached, and the ready Function of the highest generation is walked
   next (`walk_reached`): every Function that it feeds has then been walked.
C. Gradients are accumulated into NumPy buffers in the slots, in place where the slot's reference is the only one. They
   stay there until the walk has ended well; only then are they written to the Variables (`commit_gradients`). Whatever is
   raised before leaves every gradient as it was.
D. The gradient of a scalar is a double, and so is one that is the same number all over an array (UNIFORM). The rule of an
   elementwise function is a list of inner-loop calls (`Recipe`), run over numbers or, fused with its neighbours, in blocks
   over arrays; some other operations have kernels. Anything else runs the rule in Python, on Variables.
E. A scalar lives inside its Variable as a double; its 0-d ndarray is made when `.data` is read.
F. A Variable owns its creator, a Function owns its inputs; the way from a Function to its outputs is a bare pointer which
   the output clears when it is deallocated. So an ordinary graph has no cycle, and its records need not be tracked by the
   cyclic collector. An object, and all that is reachable from it, is tracked when a late assignment may close a cycle
   (`track_reachable`), and every subclass that has attributes from its creation, with what is computed from it (FOREIGN).
G. Nothing recurses. Deallocation is iterative: nodes without references form an intrusive list that the outermost dealloc drains
   (`drain`), so depth costs no stack, and no allocation.
H. Operators and NumPy's callables are looked up in tables that the upper floors fill. The core knows the operations of
   two lists by name. `StructuralFunctions` are those that a recorded walk applies to gradients itself (it adds them up,
   and brings them to the shape and type of their Variable) and those that record an assignment. The kernels in
   `_kernels/table.pxi` are those that are computed here, as calling their class in Python would cost several times the
   work that it does. What else is called of the upper floors, and is no operation, stands in `Services`.
I. No comprehensions where a call or a walk goes: Cython 3.3 releases an element twice when their list cannot grow.
"""
include "_graph/imports.pxi"            # what all parts take from Python, NumPy and leopard._numeric

# One compilation unit, so that the compiler sees it whole; in parts, so that a reader need not.

# What is recorded
include "_graph/switches.pxi"           # settings that are on or off in a context: recording, guard, anomaly, compiled
include "_graph/lifetime.pxi"           # records are made, borrowed, and deallocated without recursion
include "_graph/tracking.pxi"           # which records the cyclic collector tracks
include "_graph/values.pxi"             # what a Variable holds: its value, which may be computed again, and its gradient
include "_graph/versions.pxi"           # the versions of a Variable that is assigned to
include "_graph/views.pxi"              # views follow their base, and put into it what is assigned to them
include "_graph/cycles.pxi"             # assignments that would close a reference cycle
include "_graph/assign.pxi"             # x[i] = v, x += v, and through views
include "_graph/variable.pxi"           # Variable
include "_graph/function.pxi"           # Function, and how a call of one is recorded
include "_graph/follow.pxi"             # what a recording for replay follows beside the gradients
include "_graph/evaluate.pxi"           # elementwise operations: value and record
include "_graph/connections.pxi"        # what the core calls of the Python modules above it
include "_graph/operation.pxi"          # Operation: a class of Functions as its users call it
include "_graph/dispatch.pxi"           # what operators and NumPy's callables mean
include "_graph/stand_ins.pxi"          # Variables with which a rule is read
include "_graph/overwrite_guard.pxi"    # a fingerprint of what a rule will read
include "_graph/hooks.pxi"              # hooks on gradients, and the search for nan
include "_graph/lines.pxi"              # which of the user's lines has made each Function of a recording
include "_graph/reading.pxi"            # a graph as a list of operations, for replay
include "_graph/inspection.pxi"         # what tests look at

# How it is traversed
include "_walk/slots.pxi"               # Walk, its slots, and the table of marks of a nested walk
include "_walk/signals.pxi"             # signals are handled while a walk goes on
include "_walk/opening.pxi"             # a walk begins, by which queue it goes, and how it ends
include "_walk/accumulate.pxi"          # gradients of other forms are brought to those that `add_object` takes
include "_walk/step.pxi"                # the vjp of one Function: which way it is computed
include "_walk/vjp_rules.pxi"           # the vjp of one Function by its rule, on Variables
include "_walk/fuse.pxi"                # recipes of neighbours become one program
include "_walk/operands.pxi"            # arrays and numbers become registers of the program
include "_walk/flush.pxi"               # the program is run, and its gradients go to their slots
include "_walk/commit.pxi"              # gradients are written to the Variables
include "_walk/gradients.pxi"           # gradients between given Variables, whose `grad` is left alone
include "_walk/reachability.pxi"        # which leaves a graph depends on
include "_walk/tangents.pxi"            # forward mode: a sweep from the tangents of inputs to those of outputs
include "_walk/jvp_rules.pxi"           # the jvp of one Function, on Variables
include "_walk/jvp_transposed.pxi"      # the jvp of one Function as the transpose of its vjp
include "_walk/jvp_fused.pxi"           # the jvp of one Function, without Python
include "_walk/batching.pxi"            # many tangents or cotangents at once

# Kernels: operations that are no ufunc, computed and differentiated without Python
include "_kernels/table.pxi"            # a row each: name, value, vjp, jvp, what they read
include "_kernels/apply.pxi"            # such an operation called: options, value and record
include "_kernels/derivatives.pxi"      # what their derivatives share
include "_kernels/take.pxi"             # x[index]
include "_kernels/sum.pxi"              # sum and mean
include "_kernels/reshape.pxi"
include "_kernels/transpose.pxi"
include "_kernels/broadcast.pxi"        # broadcast and sum_to
include "_kernels/matmul.pxi"


# -- From a Variable back --------------------------------------------------------------------------

cdef int walk_back(Variable root, bint retain_grad, bint create_graph, object given) except -1:
    """Accumulate the gradients of `root` into the leaves: what ``root.backward`` does; `given` is its `gradient`."""
    cdef Variable start = None if given is None else as_start(root, given)
    check_root(root, start)
    if root.creator == NULL:
        if start is not None:
            root.grad = fitted_start(root, start, create_graph)
        elif not has_gradient(root):
            start = ones_like(root)
            if not has_gradient(root):      # another thread may have stored one
                hold_gradient(root, start)
        return 0
    try:
        return walk_and_commit(root, start, retain_grad, create_graph, False)
    except NotRecorded:
        if create_graph:
            raise
    return walk_and_commit(root, start, retain_grad, False, True)


cdef int walk_and_commit(Variable root, Variable start, bint retain_grad, bint create_graph, bint repeated) except -1:
    """One walk from `root`; one that is repeated is recorded, and what it recorded is dropped before the commit."""
    cdef Walk walk = begin_walk()
    try:
        configure_walk(walk, retain_grad, create_graph or repeated)
        if root.creator == NULL:          # another thread has unchained it since
            return 0
        restart_queue(walk, (<Function>root.creator).generation)
        seed_root(walk, root, start)
        walk_reached(walk)
        if n_hooked:
            call_hooks_of_leaves(walk)
        if repeated:
            drop_record(walk)
        write_gradients(walk, root, retain_grad)
    finally:
        end_walk(walk)
    return 0


cdef Variable as_start(Variable root, object given):
    """The gradient that a walk from `root` is to start from, as a Variable; `root` must have none already."""
    cdef Variable start = as_gradient(given, "backward: gradient is")
    if has_gradient(root):
        raise ValueError("backward: gradient is given, and grad is set, too; call cleargrad() first")
    return current(start)


cdef int check_root(Variable root, Variable start) except -1:
    """Raise unless a walk can start from `root`: from real numbers, or complex ones that have a gradient."""
    cdef double value
    if scalar_value(<PyObject*>root, &value):
        return 0
    data = data_of(root)
    if data is None:
        raise ValueError("backward of a Variable that holds no data: variable(None)")
    if data.dtype.kind not in "fciub":
        raise TypeError(f"backward starts from numbers, not {data.dtype}")
    if data.dtype.kind == "c" and start is None and not has_gradient(root):
        raise TypeError(
            f"backward starts from a real value, and this one is {data.dtype}; take its np.real or np.abs, "
            "or give its gradient: backward(gradient=...)"
        )
    return 0


cdef int seed_root(Walk walk, Variable root, Variable start) except -1:
    """Begin with the gradient of `root`: the one given, or the one it has, or ones."""
    cdef double value
    if start is None and has_gradient(root):
        start = current(grad_of(root))      # a user may have assigned to it
    if start is not None:
        start = fitted_start(root, start, walk.create_graph)
    elif walk.create_graph:
        start = ones_like(root)
    elif scalar_value(<PyObject*>root, &value):
        return add_scalar(walk, root, 1.0)
    else:
        data = data_of(root)
        if 0 <= type_of(<PyObject*>data) < COMPLEX:
            return add_uniform(walk, reach(walk, root), 1.0, type_of(<PyObject*>data))
        start = ones_like(root)
    if walk.create_graph:
        return add_object(walk, reach(walk, root), start)
    if scalar_value(<PyObject*>start, &value):
        return add_scalar(walk, root, value)
    return add_object(walk, reach(walk, root), start.data)


cdef Variable ones_like(Variable root):
    """The gradient that a walk starts from where none is given."""
    form = form_of(root)
    return wrap(np.ones(form.shape, gradient_dtype(form.dtype)))


cdef Variable fitted_start(Variable root, Variable start, bint create_graph):
    """A gradient to start from, in the type that gradients of `root` have; it must have its shape."""
    form, given = form_of(root), form_of(start)
    if given.shape != form.shape:
        raise ValueError(f"grad has shape {given.shape}, the Variable {form.shape}")
    if given.dtype.kind not in "fciub":
        raise TypeError(f"grad is {given.dtype}; a gradient is of numbers")
    if given.dtype.kind == "c" and form.dtype.kind != "c":
        raise TypeError(f"grad is {given.dtype}, the Variable {form.dtype}")
    dtype = gradient_dtype(form.dtype)
    if given.dtype == dtype:
        return start
    if create_graph and not start.flags & CONSTANT:
        return structural.astype(start, dtype)
    return wrap(as_array(data_of(start).astype(dtype)))


cdef int walk_reached(Walk walk) except -1:
    """Walk the ready Function of the highest generation, again and again, until none is ready.

    To walk a Function is to accumulate its vjp into the slots of its inputs. This reaches the inputs, and so makes
    their creators ready in turn.
    """
    cdef int i
    cdef bint is_done
    cdef Function f
    cdef size_t walked_before, frame_before
    begin_walk_of_lines(&walked_before, &frame_before)
    walk.checks_each_step = n_hooked != 0 or walk.n_rows >= 0 or leopard_lines != NULL
    while True:
        i = pop_ready(walk)
        if i < 0:
            break
        f = <Function>walk.slots[i].creator
        if walk.slots[i].state & AWAITS_CONTRIBUTIONS:
            flush(walk)
        is_done = (walk.checks_each_step or f.flags & (GUARDED | WATCHED)) and vjp_step_with_checks(walk, f, i)
        if not is_done and not vjp_step(walk, f, i):
            flush(walk)
            vjp_by_rule(walk, f, i)
        walk.slots[i].state |= WALKED
        if f.operation != NULL and (<Operation>f.operation).selects_elements:
            walk.elements_left_out = walk.elements_left_out or leaves_elements_out(f)
        if not walk.retain_grad:
            drop_output_gradients(walk, i)
        count_step(walk)
    flush(walk)
    end_walk_of_lines(walked_before, frame_before)      # after an exception, the end of the recording does so
    return 0


cdef inline int pop_ready(Walk walk) noexcept:
    """The slot by which the ready Function of the highest generation was reached, or -1."""
    return pop_bucket(walk.bucket) if walk.queue is None else walk.queue.pop()


cdef inline void drop_output_gradients(Walk walk, int i) noexcept:
    """Let go of the gradients of a walked Function's outputs, of which slot `i` is the first."""
    cdef PyObject* old
    while i >= 0:
        old = walk.slots[i].grad
        if (<Variable>walk.slots[i].node).flags & KEEPS_GRADIENT:
            old = NULL
        else:
            walk.slots[i].grad = NULL
        if old != NULL:
            if walk.create_graph:
                Py_XDECREF(old)
            else:
                release_to_pool(old)
        i = walk.slots[i].sibling


# -- What has been seen ----------------------------------------------------------------------------

cdef inline int reach(Walk walk, Variable v) except -1:
    """The slot of `v`. When `v` is reached for the first time it is made, and the creator of `v` becomes ready."""
    cdef int i
    cdef Function f
    if v.flags & (HANDLE | VERSION) and aliased_node(<PyObject*>v) != <PyObject*>v:
        return reach_aliased_node(walk, v)
    i = find_slot_of_node(walk, <PyObject*>v)
    if i >= 0:
        if walk.slots[i].state & WALKED:
            raise_out_of_order(walk, i)
        return i
    if v.creator == NULL:
        return reach_leaf(walk, v)
    i = new_slot(walk, v, v.creator)
    f = <Function>walk.slots[i].creator
    if f.n_outputs > 1 and join_siblings(walk, f, i):
        return i
    if walk.queue is None:
        push_bucket(walk.bucket, i, f.generation)
    else:
        walk.queue.push(i, f.generation)
    return i


cdef int reach_leaf(Walk walk, Variable v) except -1:
    cdef int state = MADE_IN_TRACE if v.stamp < 0 and -v.stamp >= leopard_last_trace else 0
    cdef int i = new_slot(walk, v, NULL)
    walk.slots[i].state = state
    return i


cdef int reach_aliased_node(Walk walk, Variable v) except -1:
    return reach(walk, <Variable>aliased_node(<PyObject*>v))


cdef bint join_siblings(Walk walk, Function f, int i) except -1:
    """Link slot `i` to the slots of other outputs of `f`; false if it is the first, so that `f` becomes ready."""
    cdef PyObject** outputs = outputs_of(<PyObject*>f)
    cdef Slot* s = &walk.slots[i]
    cdef int k, j
    for k in range(f.n_outputs):
        if outputs[k] == s.node:
            s.position = k
    for k in range(f.n_outputs):
        if outputs[k] == NULL or k == s.position:
            continue
        j = find_slot(walk, outputs[k])
        if j < 0 or walk.slots[j].creator == NULL:        # without a creator the walk ends at it
            continue
        if walk.slots[j].state & WALKED:
            raise_out_of_order(walk, j)
        s.sibling = walk.slots[j].sibling
        walk.slots[j].sibling = i
        return True
    return False


cdef int raise_out_of_order(Walk walk, int i) except -1:
    raise RuntimeError(
        f"{type(<object>walk.slots[i].creator).__name__} was walked before all that it feeds; "
        "a generation has been set out of order"
    )


cdef inline int find_slot(Walk walk, PyObject* o) noexcept:
    """The slot of a Variable, or -1 if it has not been seen."""
    return find_slot_of_node(walk, aliased_node(o) if (<Variable>o).flags & (HANDLE | VERSION) else o)


cdef inline int find_slot_of_node(Walk walk, PyObject* o) noexcept:
    """The slot of a Variable that is no alias of another, or -1 if it has not been seen."""
    if walk.primary:
        return (<Variable>o).slot if (<Variable>o).stamp == walk.number else -1
    return find_in_table(walk, o)


cdef inline int new_slot(Walk walk, Variable v, PyObject* creator) except -1:
    """Mark `v` as seen and give it a slot; without `creator` the walk ends at it."""
    cdef int i = walk.n
    cdef Slot* s
    if i == walk.capacity:
        grow_slots(walk)
    if walk.primary:
        v.stamp = walk.number
        v.slot = i
    else:
        mark_in_table(walk, <PyObject*>v, i)
    s = &walk.slots[i]
    s.node, s.creator, s.grad = <PyObject*>v, creator, NULL
    s.state, s.position, s.sibling = 0, 0, -1
    Py_INCREF(v)
    Py_XINCREF(creator)
    walk.n += 1
    return i


# -- Gradients are accumulated ---------------------------------------------------------------------

cdef inline int add_scalar(Walk walk, Variable v, double g) except -1:
    """Accumulate a double into the gradient of `v`, a scalar."""
    cdef int i
    cdef Slot* s
    if v.flags & EMPTY:
        raise ValueError("the data of a Variable was taken away while its graph was walked")
    i = reach(walk, v)
    s = &walk.slots[i]
    if s.state & (AWAITS_CONTRIBUTIONS | PENDING):
        flush(walk)                     # what the program holds for this slot is added first
        s = &walk.slots[i]
    if s.state & SCALAR:
        s.value = add_doubles(s.value, g)
    elif s.grad == NULL and not s.state & UNIFORM:
        s.value = g
        s.state |= SCALAR
    else:
        add_object(walk, i, np.array(g))
    return 0


cdef int add_object(Walk walk, int i, object g) except -1:
    """Accumulate an ndarray, or in a recorded walk a Variable, into the buffer of slot `i`.

    The first array becomes the buffer. The next is added in place if no other reference to the buffer exists.
    """
    cdef Slot* s = &walk.slots[i]
    if s.state & SCALAR:
        return add_scalar(walk, <Variable>s.node, g)
    if s.state & UNIFORM:
        materialise_uniform(walk, i)
    if s.grad == NULL:
        Py_INCREF(g)
        s.grad = <PyObject*>g
        return 0
    if not walk.create_graph and is_exclusive(s.grad, 1):
        if not add_into(s.grad, <PyObject*>g):
            add_arrays(<object>s.grad, g, out=<object>s.grad)
        return 0
    old = <object>s.grad
    return set_slot(walk, i, structural.add(old, g) if walk.create_graph else as_array(add_arrays(old, g)))


cdef int add_uniform(Walk walk, int i, double g, int type) except -1:
    """Accumulate an array, every element of which is `g`, into the gradient of slot `i`."""
    cdef Slot* s = &walk.slots[i]
    if s.state & UNIFORM:
        s.value = add_doubles(s.value, g) if type == DOUBLE else add_singles(s.value, g)
    elif s.grad == NULL:
        s.value = g
        s.state |= UNIFORM
    else:
        add_object(walk, i, filled_view(g, form_of_slot(walk, i)))
    return 0


cdef inline double add_doubles(double a, double b) except? -1.0:
    cdef double c = a + b
    if not is_normal(c) and c != 0:
        return np.add(a, b)             # NumPy reports an overflow as `np.errstate` has it
    return c


cdef inline double add_singles(float a, float b) except? -1.0:
    cdef float c = a + b
    if isinf(c) and not isinf(a) and not isinf(b):
        return np.add(np.float32(a), np.float32(b))
    return c
