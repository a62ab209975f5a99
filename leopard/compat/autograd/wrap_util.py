"""`autograd.wrap_util`: operators of functions of one argument, made operators of any functions."""

import functools

from leopard.compat.autograd._tuples import subvals

__all__ = ["get_doc", "get_name", "unary_to_nary", "wrap_nary_f", "wraps"]


def get_name(f):
    """The name of a function."""
    return getattr(f, "__name__", "[unknown name]")


def get_doc(f):
    """The docstring of a function."""
    return getattr(f, "__doc__", "")


def wraps(fun, namestr="{fun}", docstr="{doc}", **kwargs):
    """A decorator that gives a function the name and docstring of another, in these formats."""

    def named(f):
        try:
            f.__name__ = namestr.format(fun=get_name(fun), **kwargs)
            f.__doc__ = docstr.format(fun=get_name(fun), doc=get_doc(fun), **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass  # a name is a help for the reader only
        return f

    return named


def wrap_nary_f(fun, op, argnum):
    """A decorator that names a function as what an operator makes of fun."""
    return wraps(fun, "{op}_of_{fun}_wrt_argnum_{argnum}", op=get_name(op), argnum=argnum)


def unary_to_nary(unary_operator):
    """An operator ``(fun, argnum=0)`` of functions of any arguments, from one ``(fun, x)`` of one argument.

    Examples
    --------
    >>> from leopard.compat.autograd.core import make_vjp
    >>> from leopard.compat.autograd.wrap_util import unary_to_nary
    >>> @unary_to_nary
    ... def slope(fun, x):
    ...     return make_vjp(fun, x)[0](1.0)
    >>> slope(lambda a, b: a * b, 1)(2.0, 3.0)
    np.float64(2.0)
    """

    @functools.wraps(unary_operator)
    def nary_operator(fun, argnum=0, *op_args, **op_kwargs):
        single = isinstance(argnum, int)
        if not single and type(argnum) not in (tuple, list):
            raise AssertionError(argnum)

        @wrap_nary_f(fun, unary_operator, argnum)
        def nary(*args, **kwargs):
            @wraps(fun)
            def unary(x):
                return fun(*subvals(args, [(argnum, x)] if single else zip(argnum, x, strict=True)), **kwargs)

            x = args[argnum] if single else tuple([args[i] for i in argnum])
            return unary_operator(unary, x, *op_args, **op_kwargs)

        return nary

    return nary_operator
