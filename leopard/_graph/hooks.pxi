# Part of _core.pyx. Hooks on Variables and Functions, and the search for the first nan.
#
# Flags mark the records that have hooks or are searched, so that no others are looked up. A WATCHED Function is walked
# by its rule in Python, not by loops, so that each of its gradients can be inspected.

# -- Hooks ---------------------------------------------------------------------------------------

cdef Py_ssize_t n_hooked = 0            # `Hooks` that hold a hook: while there are none, no walk looks for any
cdef dict hooks_of_functions = {}       # address of a WATCHED Function: its `Hooks`; see `forget_inspection`


class Hook:
    """A registered hook; `remove` ends it.

    Attributes
    ----------
    call : callable or None
        The function that is called; None when the hook has been removed.
    """

    __slots__ = ("_hooks", "call")

    def __init__(self, call):
        if not callable(call):
            raise TypeError(f"a hook is called with gradients; {type(call)} cannot be")
        self.call = call
        self._hooks = None              # a weak reference to the `Hooks` that it belongs to

    def remove(self):
        """Remove the hook: it is not called any more."""
        reference, self._hooks, self.call = self._hooks, None, None
        hooks = None if reference is None else reference()
        if hooks is not None:
            remove_hook(hooks, self)


@cython.final
@cython.no_gc_clear             # a cycle leads through a Variable or a `Versions`; these fields are never None
cdef class Hooks:
    """The hooks on a Variable or on a Function, in the order of registration."""
    cdef dict registered        # each `Hook`: None. A dict, so that removing one of many takes no longer
    cdef bint counted           # in `n_hooked`
    cdef size_t function        # the address of the Function whose hooks these are, or 0
    cdef object reference       # a weakref to this
    cdef object __weakref__

    def __cinit__(self):
        self.registered = {}
        self.reference = weakref.ref(self)

    def __dealloc__(self):
        set_counted(self, False)


cdef void set_counted(Hooks hooks, bint counted) noexcept:
    global n_hooked
    n_hooked += counted - hooks.counted
    hooks.counted = counted


cdef int append_hook(Hooks hooks, object hook) except -1:
    """Add a `Hook`. No Python runs, and no other thread."""
    hooks.registered[hook] = None
    set_counted(hooks, True)
    hook._hooks = hooks.reference
    return 0


cdef int remove_hook(Hooks hooks, object hook) except -1:
    """Remove a `Hook`; a Function without any is walked as any other again, unless it is searched for nan."""
    hooks.registered.pop(hook, None)
    if len(hooks.registered):
        return 0
    set_counted(hooks, False)
    if hooks.function and hooks_of_functions.get(hooks.function) is hooks:  # so the Function exists yet
        if hooks.function not in lines:
            (<Function><PyObject*>hooks.function).flags &= ~WATCHED
        del hooks_of_functions[hooks.function]
    return 0


cdef class HookedLabel:
    """The label of a Variable that has hooks, or had some."""
    cdef str name
    cdef Hooks hooks


cdef Hooks hooks_of(PyObject* v):
    """The hooks on a Variable, which is HOOKED, or None."""
    cdef Versions versions
    if (<Variable>v).flags & (HANDLE | VERSION):
        versions = versions_of(v)
        return None if versions is None else <Hooks>versions.hooks
    return (<HookedLabel>(<Variable>v).label).hooks


cdef bint has_hooks(PyObject* v) except -1:
    """Whether there are hooks on a Variable, which is HOOKED, that have not been removed."""
    cdef Hooks hooks = hooks_of(v)
    return hooks is not None and hooks.counted


cdef object add_hook(Variable v, object call):
    """`Variable.register_hook`."""
    cdef HookedLabel label = HookedLabel()
    cdef Versions versions
    cdef PyObject* old
    hook = Hook(call)
    label.hooks = Hooks()
    while True:
        v = unaliased(current(v))
        versions = versions_of(<PyObject*>v)
        if versions is not None or not v.flags & VERSION:
            break
        versions_for(v)                 # a version of a Variable that no longer exists becomes one of its own
    # What may run Python, and let another thread in, has been done: what `label` is does not change any more.
    if versions is not None:
        if versions.hooks is None:
            versions.hooks = label.hooks
        append_hook(<Hooks>versions.hooks, hook)
    elif v.flags & HOOKED:
        append_hook((<HookedLabel>v.label).hooks, hook)
    else:
        append_hook(label.hooks, hook)
        old = v.label
        label.name = None if old == NULL else <object>old
        Py_INCREF(label)
        v.label = <PyObject*>label
        Py_XDECREF(old)
    v.flags |= HOOKED
    track_variable(<PyObject*>v)        # what a hook refers to may lead back to the Variable
    track_reachable(v)
    return hook


cdef void drop_hooks(PyObject* v) noexcept:
    """Release the hooks of a Variable in a cycle, which they may lead back to; the collector calls this."""
    cdef PyObject* label = (<Variable>v).label
    (<Variable>v).label = NULL
    (<Variable>v).flags = (<Variable>v).flags & ~HOOKED
    Py_DECREF_pointer(label)


cdef object call_hooks(PyObject* v, object g):
    """Call the hooks of a Variable with its gradient, in the order of registration, and return what results."""
    cdef Hooks hooks = hooks_of(v)
    for hook in [] if hooks is None else list(hooks.registered):
        call = hook.call                # None where one before it, or another thread, has removed it meanwhile
        new = None if call is None else call(g)
        if new is not None:
            new = current(as_gradient(new, "a hook returns"))
            form = form_of(<Variable>v)
            if new.shape != form.shape or new.dtype != gradient_dtype(form.dtype):
                raise ValueError(
                    f"a hook returned a gradient of {new.dtype} {new.shape} for a Variable of {form.dtype} {form.shape}"
                )
            g = new
    return g


cdef object add_function_hook(Function f, object call):
    """`Function.register_hook`."""
    cdef Hooks hooks = Hooks()
    hook = Hook(call)
    hooks.function = <size_t><PyObject*>f
    hooks = hooks_of_functions.setdefault(hooks.function, hooks)
    append_hook(hooks, hook)
    f.flags |= WATCHED
    return hook


cdef tuple call_function_hooks(Function f, gxs, tuple gys):
    """Call the hooks of a Function with the gradients of its inputs and outputs, and return those of the inputs."""
    cdef Hooks hooks = hooks_of_functions.get(<size_t><PyObject*>f)
    gxs = tuple(gxs)
    for hook in [] if hooks is None else list(hooks.registered):
        call = hook.call                # as above
        new = None if call is None else call(gxs, gys)
        if new is not None:
            if not isinstance(new, tuple) or len(new) != len(gxs):
                raise TypeError(f"a hook of a Function returns a tuple of {len(gxs)} gradients, or None")
            gxs = new
    return gxs


# -- The first nan -------------------------------------------------------------------------------

cdef dict lines = {}                    # address of a WATCHED Function: the user's line that called it


cdef int check_forward_finite(Function f) except -1:
    """Raise FloatingPointError if an output of `f` is not finite, and remember the user's line, where anomaly is on."""
    cdef int k
    if not is_on(anomaly_switch):
        return 0
    lines[<size_t><PyObject*>f] = services.users_line()
    f.flags |= WATCHED
    for k in range(f.n_outputs):
        if outputs_of(<PyObject*>f)[k] != NULL:
            check_finite(f, <object>outputs_of(<PyObject*>f)[k], f"{type(f).__name__} computed")
    return 0


cdef int check_finite(Function f, object g, str what) except -1:
    """Raise FloatingPointError if `g` is not finite; `what` begins the message."""
    if not isinstance(g, (Variable, cnp.ndarray)):
        return 0
    data = data_of(current(<Variable>g)) if isinstance(g, Variable) else g
    if data is None or data.dtype.kind not in "fc" or np.isfinite(data).all():
        return 0
    place = tuple([i[0].item() for i in np.nonzero(~np.isfinite(data))] if data.ndim else [])
    raise FloatingPointError(
        f"{what} {data[place]}" + (f" at {place if len(place) > 1 else place[0]}" if place else "")
        + f"; it was called in {lines.get(<size_t><PyObject*>f)}"
    )


cdef int check_gradients_finite(Function f, gxs) except -1:
    """Raise FloatingPointError if a gradient that the rule of a WATCHED Function returned is not finite."""
    cdef int k
    if <size_t><PyObject*>f in lines:
        for k in range(len(gxs)):
            check_finite(f, gxs[k], f"the gradient of input {k} of {type(f).__name__} is")
    return 0


cdef int check_tangents_finite(Function f, tys) except -1:
    """Raise FloatingPointError if a tangent that the rule of a WATCHED Function returned is not finite."""
    if <size_t><PyObject*>f in lines:
        for ty in tys if isinstance(tys, (tuple, list)) else (tys,):
            check_finite(f, ty, f"the tangent of {type(f).__name__} is")
    return 0


cdef void forget_inspection(PyObject* f) noexcept:
    """Remove the hooks and the line of a Function that is deallocated."""
    cdef Hooks hooks
    try:
        hooks = hooks_of_functions.pop(<size_t>f, None)     # released at the end, when both tables have been updated
        lines.pop(<size_t>f, None)
        if hooks is not None:
            for hook in list(hooks.registered):
                hook.remove()
    except Exception:
        pass
