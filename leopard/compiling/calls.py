"""Operations that a plan calls in Python: the function of a step, of the arrays of a run."""

from leopard._core import array_of_any
from leopard.compiling.recording import Value
from leopard.functions._followed import FormChanged


def python_function(node, given, template):
    """The function that a step calls: the operation, as eager code calls it, of arrays.

    Parameters
    ----------
    node : Node
    given : list of (str, object)
        How each input is found: ("array", k), ("weak", k) for a Python number, or ("constant", number).
    template : callable or None
        The option, as a function of the arrays.
    """
    operation, cls, option, several = node.operation, node.cls, node.option, len(node.outputs) > 1
    kept = [k for k, y in enumerate(node.outputs) if y is not None]
    names = tuple(getattr(cls, "options", ()))

    def result(*arrays):
        xs = [x if kind == "constant" else found(kind, arrays[x]) for kind, x in given]
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

    def call(*arrays):
        try:
            return result(*arrays)
        except FormChanged:
            return ()  # no result of the form that was recorded: the run reports it

    call.__name__ = cls.__name__
    return call


def found(kind, array):
    return array if kind == "array" else array.item()


def option_template(option, argument):
    """An option with Values in it as a function of the arrays of a run; None if it is constant.

    Parameters
    ----------
    option : object
    argument : callable
        Of a Value; returns how it is found, as in `python_function`.
    """
    if isinstance(option, Value):
        kind, k = argument(option)
        return lambda arrays: k if kind == "constant" else found(kind, arrays[k])
    if isinstance(option, (tuple, list)):
        parts = [option_template(part, argument) for part in option]
        if any(parts):
            made = type(option)
            return lambda arrays: made(
                [part(arrays) if part else item for part, item in zip(parts, option, strict=True)]
            )
    if isinstance(option, slice):
        bounds = option_template((option.start, option.stop, option.step), argument)
        return bounds and (lambda arrays: slice(*bounds(arrays)))
    return None
