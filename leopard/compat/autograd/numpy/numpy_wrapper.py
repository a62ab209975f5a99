"""`autograd.numpy.numpy_wrapper`: the namespace of `autograd.numpy`, and how one is made of a module."""

from types import ModuleType

import numpy as _np
from numpy._core.einsumfunc import _parse_einsum_input

import leopard.compat.autograd.numpy as _names
from leopard._core import Variable, of_function, of_ufunc
from leopard.compat.autograd.extend import notrace_primitive, primitive

globals().update({name: thing for name, thing in vars(_names).items() if not name.startswith("_")})

notrace_functions = [_np.ndim, _np.shape, _np.iscomplexobj, _np.result_type]


def __getattr__(name):
    return getattr(_names, name)


def wrap_namespace(old, new):
    """Put the functions, classes and constants of one namespace into another.

    A function of NumPy's or SciPy's that leopard has a rule for stays itself; any other becomes a
    `primitive`, which has a gradient when `defvjp` sets a rule. Modules and arrays are left out.
    """
    of_object = {}
    for name, thing in old.items():
        if id(thing) not in of_object:
            of_object[id(thing)] = _wrapped(thing)
        if of_object[id(thing)] is not None or thing is None:
            new[name] = of_object[id(thing)]


def _wrapped(thing):
    if isinstance(thing, (type, float, int)):
        return thing
    if not callable(thing) or isinstance(thing, ModuleType):
        return None
    if isinstance(thing, primitive):
        return thing
    numpys = getattr(thing, "numpys", thing)
    if isinstance(numpys, _np.ufunc):
        return primitive(thing) if of_ufunc(numpys) is None else thing
    return primitive(thing) if _rule_of(numpys) is None else thing


def _rule_of(function):
    try:
        return of_function(function)
    except TypeError:  # an object that cannot be a key
        return None


def concatenate_args(axis, *args):
    """`numpy.concatenate` of the arguments behind the axis."""
    return _np.concatenate(args, axis)


def array_from_args(array_args, array_kwargs, *args):
    """`numpy.array` of the list of arguments behind the first two, which are its further arguments."""
    return _names.array(list(args), *array_args, **array_kwargs)


def wrap_if_boxes_inside(raw_array, slow_op_name=None):
    """An array of objects as a Variable, where Variables are among the objects."""
    if raw_array.dtype != object or not any(isinstance(x, Variable) for x in raw_array.ravel()):
        return raw_array
    return _np.reshape(_names.array(list(raw_array.ravel())), raw_array.shape)


@notrace_primitive
def parse_einsum_input(*args):
    """The subscripts of the inputs, those of the output, and the inputs of a call of `numpy.einsum`."""
    return _parse_einsum_input(args)
