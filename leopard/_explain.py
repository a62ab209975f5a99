"""`explain`: the rule of an operation and the list of inner loops that it was read into."""

import sys
import textwrap

import numpy as np

from leopard import _core
from leopard._numeric.loops import TYPES, Recipe


def explain(function):
    """Print the rule of an operation, the inner loops that run in its place, and for which dtypes they do.

    Parameters
    ----------
    function : callable or type
        A function of leopard's, the NumPy function that it implements, or a subclass of Function. Of a
        function that `leopard.compile` returned the recordings are printed.

    Raises
    ------
    TypeError
        When it is not an operation.

    Examples
    --------
    >>> explain(np.tanh)
    tanh: numpy.tanh, element by element
    the rule:
        def backward(self, gy):
            y = conj(self.output)
            return gy * (1 - y * y)
    runs as loops over float64, float32:
        r1 = multiply(y, y)
        r2 = subtract(1, r1)
        r3 = multiply(gy, r2)
        gradient of x: r3
    kept for it: y
    runs as loops over complex128, complex64:
        r1 = conjugate(y)
        r2 = multiply(r1, r1)
        r3 = subtract(1, r2)
        r4 = multiply(gy, r3)
        gradient of x: r4
    kept for it: y
    """
    compiling = sys.modules.get("leopard.compiling")
    if compiling is not None and isinstance(function, compiling.CompiledFunction):
        print("\n".join(compiling.lines_of(function)))
        return
    print("\n".join(_lines(_operation(function))))


def _operation(function):
    found = function
    if isinstance(function, np.ufunc):
        found = _core.of_ufunc(function)
    elif isinstance(function, type):
        found = _core.operation_of(function)
    elif not isinstance(function, _core.Operation):
        found = _core.of_function(function)
    if not isinstance(found, _core.Operation):
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"explain: {name} is not an operation; give a function like leopard.tanh, or a class")
    return found


def _lines(operation):
    cls = operation.cls
    ufunc = operation.ufunc
    if ufunc is not None:  # a ufunc has no attribute that names its package
        package = "numpy." if getattr(np, ufunc.__name__, None) is ufunc else ""
        yield f"{operation.name}: {package}{ufunc.__name__}, element by element"
    else:
        yield f"{operation.name}: computed by {cls.__name__}.forward"
    yield "the rule:"
    import inspect  # slow to import

    try:
        yield _indented(inspect.getsource(cls.backward))
    except (OSError, TypeError):
        yield "    (its source was not found)"
    if not operation.recipes:
        kernel = getattr(cls, "kernel", None)
        yield f"runs as the core's kernel {kernel!r}" if kernel else "runs as Python"
        return
    everything = (1 << operation.n_inputs) - 1
    recipes = {type: operation.recipe(type, everything) for type in TYPES}
    lists = {}  # dtypes with the same list share one entry
    for type in TYPES:
        if isinstance(recipes[type], Recipe):
            lists.setdefault(str(recipes[type]), []).append(type)
    if not lists:
        yield "cannot be read as loops, and runs as Python"
    for types in lists.values():
        recipe = recipes[types[0]]
        yield f"runs as loops over {', '.join(types)}:"
        yield _indented(str(recipe))
        yield f"kept for it: {', '.join(name for name in recipe.registers_read if name != 'gy') or 'nothing'}"


def _indented(text):
    return textwrap.indent(textwrap.dedent(text).rstrip(), "    ")
