# Part of _core.pyx. Variable: an array that remembers how it was computed.

cdef object SET_CLASS = vars(object)["__class__"].__set__


cdef bint called_from_polynomial():
    """Whether the Python code that runs belongs to numpy.polynomial."""
    cdef PyObject* scope = PyEval_GetGlobals()
    cdef PyObject* name = NULL if scope == NULL else PyDict_GetItem(<object>scope, "__name__")
    return name != NULL and isinstance(<object>name, str) and (<str><object>name).startswith("numpy.polynomial.")


cdef set LIBRARIES = {"leopard", "numpy", "scipy"}


cdef bint called_from_library():
    """Whether the Python code that runs belongs to leopard, or to one of the packages that it follows."""
    cdef PyObject* scope = PyEval_GetGlobals()
    cdef PyObject* name = NULL if scope == NULL else PyDict_GetItem(<object>scope, "__name__")
    return name != NULL and isinstance(<object>name, str) and (<str><object>name).partition(".")[0] in LIBRARIES


cdef object type_where_not_recorded(Variable v):
    """The type of what a followed Variable stands for: an array, or a number of NumPy's or of Python's."""
    form = form_of(current(v))
    if v.flags & WEAK:
        return complex if form.dtype.kind == "c" else float
    return np.ndarray if form.ndim else form.dtype.type


cdef int check_name(object name) except -1:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"a name is a str or None, not {type(name)}")
    return 0


cdef bint truth_of(str name, object value) except -1:
    """The value of an option of `backward`, which must be a bool."""
    if value is True or value is False:
        return value is True
    if isinstance(value, np.bool_):
        return bool(value)
    raise TypeError(
        f"backward: {name} is True or False, not {type(value)}; "
        "to start from another gradient than ones write backward(gradient=...)"
    )


cdef dict slots_of(object v):
    """The attributes of a subclass that stand in its `__slots__`."""
    found = {}
    for slot in copyreg._slotnames(type(v)):
        if hasattr(v, slot):
            found[slot] = getattr(v, slot)
    return found


cdef class Variable:
    """Variable(data, name=None)\n--\n\nAn array that remembers how it was computed.

    Parameters
    ----------
    data : ndarray or None
        The value, which is not copied. A subclass of ndarray is viewed as an ndarray.
    name : str, optional
        Shown in drawings of the graph.

    Attributes
    ----------
    data : ndarray or None
        The value.
    grad : Variable or None
        The gradient that `backward` stored, of the shape and dtype of `data`. It owns its
        memory: changing it changes nothing else.
    creator : Function or None
        The Function that computed this Variable; None for a leaf.
    generation : int
        0 for a leaf, else one more than the creator's.

    Raises
    ------
    TypeError
        When `data` is neither an ndarray nor None. A number is to be wrapped: ``np.array(2.0)``.

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
        if leopard_n_traced:
            self.stamp = -n_traces

    def __init__(self, data, name=None):
        put_data(current(self), data)
        if name is not None or self.label != NULL:
            self.name = name

    @property
    def data(self):
        """The value, an ndarray, or None.

        A graph keeps only the values that its rules read. One that was dropped is computed again when it
        is read, from the values that the graph keeps, as they are then.
        """
        cdef Variable latest = current(self)
        data = data_of(latest)
        note_exit(latest)
        latest.flags &= ~DROPPABLE         # the caller may write into it
        if leopard_detecting_reads and not latest.flags & CONSTANT and data is not None:
            note_read(data)
        return data

    @data.setter
    def data(self, data):
        cdef Variable latest
        data = as_array(data)
        latest = current(self)
        put_data(latest, data)
        latest.flags &= ~(DROPPABLE | VIEW | UNRECORDED_VIEW)
        detach_from_base(self)

    @property
    def name(self):
        """The name, a str, or None."""
        cdef Versions versions = versions_of(<PyObject*>self)
        if versions is not None:
            return versions.name
        if self.label == NULL or self.flags & VERSION:
            return None
        return (<HookedLabel>self.label).name if self.flags & HOOKED else <object>self.label

    @name.setter
    def name(self, name):
        cdef PyObject* old
        cdef Versions versions
        check_name(name)
        if name is not None and type(name) is not str:
            name = "".join(name)        # an exact str has no attributes: no cycle
        if self.flags & (HANDLE | VERSION):
            versions = versions_of(<PyObject*>self)
            if versions is not None:
                versions.name = name
            return
        if self.flags & HOOKED:
            (<HookedLabel>self.label).name = name
            return
        if name is not None:
            Py_INCREF(name)
        old = self.label                # only here: joining may have run Python code that set it
        self.label = NULL if name is None else <PyObject*>name
        Py_XDECREF(old)

    @property
    def grad(self):
        """The gradient, a Variable, or None."""
        return grad_of(unaliased(current(self)))

    @grad.setter
    def grad(self, g):
        cdef Variable v = unaliased(current(self))
        if g is None:
            drop_gradient(v)
            return
        g = as_gradient(g, "a gradient is")
        note_foreign_gradient(v, g)
        hold_gradient(v, g)

    @property
    def creator(self):
        """The Function that computed this Variable, or None."""
        cdef Variable v = unaliased(current(self))
        return None if v.creator == NULL else <object>v.creator

    @creator.setter
    def creator(self, function):
        if function is None:
            self.unchain()
        else:
            self.set_creator(function)

    @property
    def generation(self):
        """0 for a leaf, else one more than the creator's."""
        return unaliased(current(self)).generation

    @property
    def shape(self):
        """Length of each axis."""
        cdef Variable latest = current(self)
        if not latest.flags & (ARRAY | EMPTY | STAND_IN | DROPPED_VALUE):
            return ()
        return form_of(latest).shape

    @shape.setter
    def shape(self, shape):
        raise AttributeError("the shape of a Variable cannot be set; write x = x.reshape(...)", name="shape", obj=self)

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """Number of elements."""
        return form_of(current(self)).size

    @property
    def dtype(self):
        """Type of the elements."""
        if self.flags & STAND_IN:
            return services.read_dtype()
        return form_of(current(self)).dtype

    @dtype.setter
    def dtype(self, dtype):
        raise AttributeError(
            "the dtype of a Variable cannot be set; write x = x.astype(...), which converts the numbers, or "
            "Variable(x.data.view(...)) for the same bytes, which takes no part in the gradient", name="dtype", obj=self
        )

    def __len__(self):
        return len(form_of(current(self)))

    def __repr__(self):
        cdef Variable latest = current(self)
        if latest.flags & EMPTY:
            return "variable(None)"
        note_exit(latest)
        return "variable(" + str(array_of(latest)).replace("\n", "\n" + " " * 9) + ")"

    def __format__(self, str spec not None):
        if not spec:
            return repr(self)
        if self.shape != ():
            raise TypeError(f"only a scalar takes the format {spec!r}, not shape {self.shape}")
        note_exit(self)
        return format(array_of(current(self)).item(), spec)

    def set_creator(self, Function func not None):
        """Set the Function that computed this Variable.

        Raises
        ------
        RuntimeError
            When a Function has already taken this Variable as an input, since a walk would then visit that
            Function in the wrong order.
        """
        cdef PyObject* old = self.creator
        if self.flags & (CONSUMED | HANDLE | VERSION):
            raise RuntimeError(
                "set_creator must be called before a Function takes the Variable, otherwise walks are out of order"
            )
        Py_INCREF(func)
        self.creator = <PyObject*>func
        self.generation = func.generation + 1
        if old != NULL and old != self.creator:
            clear_output(old, <PyObject*>self)
        Py_XDECREF(old)
        track_variable(<PyObject*>self)
        track_reachable(func)

    def unchain(self):
        """Remove the creator: this Variable becomes a leaf, and a view becomes an ordinary Variable."""
        cdef PyObject* old
        cdef Variable v = unaliased(current(self))
        if v.flags & DROPPED_VALUE:
            data_of(v)                  # it cannot be computed again afterwards
        detach_from_base(self)
        old = v.creator
        v.creator = NULL
        v.generation = 0
        if old != NULL:
            clear_output(old, <PyObject*>v)
            Py_XDECREF(old)

    def unchain_backward(self):
        """Remove the creator of this Variable and of every Variable that it was computed from.

        They become leaves, and keep their values. A long recurrence calls this at intervals, to free what it
        has recorded.
        """
        cdef Variable v = unaliased(current(self))
        f = None if v.creator == NULL else <object>v.creator    # held before the list is made
        if f is None:
            return
        waiting = [f]
        while waiting:
            f = waiting.pop()
            for x in f.inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()

    def cleargrad(self):
        """Remove the gradient, as before a second, separate derivative."""
        drop_gradient(unaliased(current(self)))

    def retain_grad(self):
        """Have walks store the gradient of this Variable, as they do that of a leaf.

        Examples
        --------
        >>> x = Variable(np.array(3.0))
        >>> y = x * x
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        variable(18.0)
        """
        cdef Variable v = unaliased(current(self))
        v.flags |= KEEPS_GRADIENT

    def register_hook(self, hook):
        """Register a function that is called in each walk with the complete gradient of this Variable.

        Parameters
        ----------
        hook : callable
            ``hook(g)``, where g is a Variable. It returns None, or another gradient of the same shape and dtype
            that the walk continues with. Several hooks are called in the order in which they were registered:
            those of a Variable before those of the ones that it was computed from, and those of leaves last.

        Returns
        -------
        Hook
            Its method `remove` removes it.

        Examples
        --------
        >>> x = Variable(np.array([3.0, 4.0]))
        >>> y = x * x
        >>> hook = y.register_hook(lambda g: np.clip(g, -5.0, 5.0))
        >>> (y * y).sum().backward()
        >>> x.grad
        variable([30. 40.])
        """
        return add_hook(self, hook)

    def backward(self, retain_grad=False, create_graph=False, *, gradient=None):
        """Walk back through the graph and store the gradient of each leaf in its `grad`.

        The walk starts from `gradient`, or from `grad` if that is set, and from ones otherwise: for a Variable
        that is no scalar the result is then the gradient of the sum of its elements. To a gradient that a leaf
        has already, the new one is added.

        Parameters
        ----------
        retain_grad : bool
            Store the gradients of the Variables that are no leaves, too; otherwise theirs are cleared.
        create_graph : bool
            Record the walk itself, so that the gradients can be differentiated again.
        gradient : Variable, ndarray or number, optional
            The gradient of this Variable, of its shape, that the walk starts from.

        Raises
        ------
        TypeError
            When this Variable holds no numbers, or complex ones and no gradient is given; when an option is no
            bool, or the gradient no number.
        ValueError
            When the gradient has another shape, or `grad` is set and `gradient` is given, too.
        Exception
            Whatever a rule raises, with a note that names its Function. All gradients are then
            as they were before.

        Examples
        --------
        >>> x = Variable(np.array([1.0, 2.0]))
        >>> y = x * x
        >>> y.backward(gradient=np.array([1.0, 10.0]))
        >>> x.grad
        variable([ 2. 40.])
        """
        cdef bint stores_all = truth_of("retain_grad", retain_grad), is_recorded = truth_of("create_graph", create_graph)
        walk_back(unaliased(current(self)), stores_all, is_recorded, gradient)

    # Operators: each looks the function of its name up in a table.
    def __add__(a, b):
        return operate_2(OPERATORS[OF_ADD], a, b)

    def __sub__(a, b):
        return operate_2(OPERATORS[OF_SUB], a, b)

    def __mul__(a, b):
        return operate_2(OPERATORS[OF_MUL], a, b)

    def __truediv__(a, b):
        return operate_2(OPERATORS[OF_DIV], a, b)

    def __neg__(self):
        return operate_1(OPERATORS[OF_NEG], self)

    def __pos__(self):
        return np.positive(self)        # a copy, as NumPy's: either may be assigned to

    def __abs__(self):
        return operate_1(OPERATORS[OF_ABS], self)

    def __pow__(a, b, modulus):
        return operate_pow(a, b, modulus)

    def __floordiv__(a, b):
        return operate_2(OPERATORS[OF_FLOORDIV], a, b)

    def __mod__(a, b):
        return operate_2(OPERATORS[OF_MOD], a, b)

    def __divmod__(a, b):
        return operate_2(OPERATORS[OF_DIVMOD], a, b)

    def __matmul__(a, b):
        return operate_2(OPERATORS[OF_MATMUL], a, b)

    def __getitem__(self, index):
        cdef PyObject* operands[1]
        operands[0] = <PyObject*>self
        return apply(<Operation>OPERATORS[OF_GETITEM], operands, 1, index)

    def __setitem__(self, index, value):
        assign(self, index, value)

    # To an array these are assignments; of a number they make a new one, as in Python.
    def __iadd__(self, b):
        return operate_in_place(OF_ADD, self, b)

    def __isub__(self, b):
        return operate_in_place(OF_SUB, self, b)

    def __imul__(self, b):
        return operate_in_place(OF_MUL, self, b)

    def __itruediv__(self, b):
        return operate_in_place(OF_DIV, self, b)

    def __ifloordiv__(self, b):
        return operate_in_place(OF_FLOORDIV, self, b)

    def __imod__(self, b):
        return operate_in_place(OF_MOD, self, b)

    def __ipow__(self, b):
        return operate_in_place(OF_POW, self, b)

    def __imatmul__(self, b):
        return operate_in_place(OF_MATMUL, self, b)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Variable")
        return map(self.__getitem__, range(len(self)))

    def __richcmp__(a, b, int op):
        # A comparison has no derivative: it is NumPy's own, on the data.
        if (isinstance(a, Variable) and (<Variable>a).flags & STAND_IN
                or isinstance(b, Variable) and (<Variable>b).flags & STAND_IN):
            return compare_stand_ins(COMPARISONS[op], a, b)
        if leopard_following and (is_followed(<PyObject*>a) or is_followed(<PyObject*>b)):
            return services.follow_comparison(op, array_of_sequence(a), array_of_sequence(b))
        return PyObject_RichCompare(plain_value(a), plain_value(b), op)

    # Nor have the operations on the bits of integers and booleans.
    def __and__(a, b):
        if leopard_following:
            return np.bitwise_and(a, b)
        return plain_value(a) & plain_value(b)

    def __or__(a, b):
        if leopard_following:
            return np.bitwise_or(a, b)
        return plain_value(a) | plain_value(b)

    def __xor__(a, b):
        if leopard_following:
            return np.bitwise_xor(a, b)
        return plain_value(a) ^ plain_value(b)

    def __lshift__(a, b):
        if leopard_following:
            return np.left_shift(a, b)
        return plain_value(a) << plain_value(b)

    def __rshift__(a, b):
        if leopard_following:
            return np.right_shift(a, b)
        return plain_value(a) >> plain_value(b)

    def __invert__(self):
        if leopard_following:
            return np.invert(self)
        return ~array_of(current(self))

    def __hash__(self):
        return <Py_hash_t>(<size_t><PyObject*>self >> 4)

    def __bool__(self):
        array = array_of(current(self))
        note_number(self, array, bool)
        return bool(array)

    # A conversion to a Python number works as for an ndarray, and has no gradient. It is refused where the gradient
    # would be lost unseen: inside a transform, and when NumPy stores a Variable in an ndarray.
    def __float__(self):
        return float(number_in(self, float))

    def __int__(self):
        return int(number_in(self, int))

    def __complex__(self):
        return complex(number_in(self, complex))

    def __index__(self):
        array = array_of(current(self))
        note_number(self, array, int)
        return array.__index__()

    def __floor__(self):
        return int(np.floor(number_in(self, int)))

    def __ceil__(self):
        return int(np.ceil(number_in(self, int)))

    def __trunc__(self):
        return int(number_in(self, int))

    def __round__(self, digits=None):
        return int(np.rint(number_in(self, int))) if digits is None else np.round(self, digits)

    def __contains__(self, x):
        note_exit(self)
        return plain_value(x) in array_of(current(self))

    @property
    def __class__(self):
        """The type; ndarray for numpy.polynomial, which broadcasts in another way where x is no ndarray.

        Where a call is recorded for replay, code of a user's sees the type that it would be given otherwise.
        """
        if leopard_following and is_followed(<PyObject*>self) and not called_from_library():
            return type_where_not_recorded(self)
        return np.ndarray if called_from_polynomial() else type(self)

    @__class__.setter
    def __class__(self, cls):
        SET_CLASS(self, cls)

    def __array__(self, dtype=None, copy=None):
        """A copy of the value, where that is of integers or truth values on which no gradient depends."""
        cdef Variable latest = current(self)
        if not is_of_integers_alone(<PyObject*>latest) or recording() and reaches_gradient(latest):
            return services.refuse_array(self)
        note_exit(latest)
        if copy is False:
            raise ValueError("a Variable becomes an ndarray by a copy alone")
        return np.array(array_of(latest), dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        cdef object op
        if leopard_following:
            return strong(services.follow_function(services.array_ufunc, (ufunc, method, inputs, options), ufunc, method))
        if not options and method == "__call__":
            op = OF_UFUNC.get(ufunc)
            if type(op) is Operation:
                if len(inputs) != (<Operation>op).n_inputs:
                    raise TypeError(f"{ufunc.__name__} takes {(<Operation>op).n_inputs} operands, not {len(inputs)}")
                if (<Operation>op).kernel != LOOPS:
                    return op(*inputs)
                if len(inputs) == 2:
                    return evaluate_2(<PyObject*>op, inputs[0], inputs[1])
                if len(inputs) == 1:
                    return evaluate_1(<PyObject*>op, inputs[0])
        return services.array_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function, types, args, options):
        cdef PyObject* ours = PyDict_GetItem(OF_FUNCTION, function)
        if options and isinstance(options.get("out"), Variable):
            options = dict(options)
            out = options.pop("out")
            put_into(out, as_variable(function(*args, **options)))
            return out
        if leopard_following:
            return strong(services.follow_function(
                services.array_function if ours == NULL else <object>ours, (function, args, options), function, None
            ))
        if ours != NULL:
            return (<object>ours)(*args, **options)
        return services.array_function(function, args, options)

    # Copies. Where a transform is calling its function they are recorded, and a pickle, which cannot be, is refused;
    # elsewhere a copy is a leaf. A pickle holds arrays, a str and the attributes of a subclass, so that loading runs no
    # code.
    def __reduce_ex__(self, protocol):
        if recording() and is_being_differentiated(current(self)):
            services.refuse_conversion("a pickle")
        return copyreg.__newobj__, (type(self),), self.__getstate__()

    def __getstate__(self):
        cdef Variable g = self.grad
        note_exit(self)
        return (
            data_of(current(self)), None if g is None else data_of(g), self.name,
            getattr(self, "__dict__", None), slots_of(self),
        )

    def __setstate__(self, state):
        data, grad, name, attributes, slots = state
        put_data(current(self), data)
        self.grad = grad
        self.name = name
        if attributes:
            self.__dict__.update(attributes)
        for slot, value in slots.items():
            setattr(self, slot, value)

    def __copy__(self):
        """Copy it as a new leaf, which shares the array of a leaf; record the copy where a transform differentiates."""
        cdef Variable latest = current(self)
        if recording() and is_being_differentiated(latest):
            return structural.duplicate(self)
        copied = type(self).__new__(type(self))
        data, *state = self.__getstate__()
        copied.__setstate__((data if latest.creator == NULL or data is None else data.copy(), *state))
        return copied

    def __deepcopy__(self, memo):
        """Copy it as a new leaf; record the copy where a transform differentiates."""
        if recording() and is_being_differentiated(current(self)):
            memo[id(self)] = copied = structural.duplicate(self)
            return copied
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        data, grad, name, attributes, slots = self.__getstate__()
        if attributes or slots:
            import copy

            attributes, slots = copy.deepcopy((attributes, slots), memo)
        copied.__setstate__((
            None if data is None else data.copy(), None if grad is None else grad.copy(), name, attributes, slots,
        ))
        return copied
