"""`autograd.misc.tracers`: `const_graph`, which here calls the function each time."""

import functools

__all__ = ["const_graph"]


def const_graph(fun, *args, **kwargs):
    """A function of the remaining arguments of fun.

    autograd's records the operations of the first call and repeats them. This one calls `fun` each time, so
    that it gives the same for a function whose operations do not depend on values, and the right result for
    one whose operations do; `leopard.compile` saves the time.

    Examples
    --------
    >>> from leopard.compat.autograd.misc.tracers import const_graph
    >>> const_graph(lambda n, x: n * x, 2)(3.0)
    6.0
    """
    partial = functools.partial(fun, *args, **kwargs)
    return functools.wraps(fun)(lambda *rest: partial(*rest))
