# Part of _core.pyx. What the core calls of the Python modules above it: two groups, each connected in one place.

cdef class StructuralFunctions:
    """The array functions that the traversal calls; `functions/_structural.py` connects them."""


cdef class Services:
    """What else the core calls of the modules above it; `_services.py` connects them."""


cdef StructuralFunctions structural = StructuralFunctions()
cdef Services services = Services()


def connect_structural(**functions):
    """Connect the array functions that the traversal calls.

    Parameters
    ----------
    **functions : callable
        One for each field of `StructuralFunctions`.

    Raises
    ------
    TypeError
        When a name is no field, or a field has no function.
    RuntimeError
        When they are connected already.
    """
    connect(structural, functions)


def connect_services(**functions):
    """Connect the other functions that the core calls; as `connect_structural`, by the fields of `Services`."""
    connect(services, functions)


def unconnected():
    """The names that the core calls and no module has connected. (For tests.)"""
    names = []
    for group in (structural, services):
        for name in names_in(group):
            if getattr(group, name) is None:
                names.append(name)
    return names


cdef list names_in(group):
    """The names of the fields of a group."""
    names = []
    for name in vars(type(group)):
        if not name.startswith("_"):
            names.append(name)
    return names


cdef int connect(group, dict functions) except -1:
    """Fill all fields of a group, once."""
    names = names_in(group)
    unknown, missing = set(functions).difference(names), set(names).difference(functions)
    if unknown or missing:
        raise TypeError(
            f"the {type(group).__name__} of the core: {', '.join(sorted(unknown)) or 'none'} unknown, "
            f"{', '.join(sorted(missing)) or 'none'} missing"
        )
    for name in names:
        if getattr(group, name) is not None:
            raise RuntimeError(f"the {type(group).__name__} of the core are connected already")
    for name, function in functions.items():
        setattr(group, name, function)
    return 0
