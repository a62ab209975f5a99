"""`autograd.test_util`: `leopard.testing.check_grads` with autograd's parameters."""

from itertools import product

from leopard.testing import check_grads as _check

__all__ = ["check_grads", "combo_check"]


def check_grads(f, modes=("fwd", "rev"), order=2):
    """A function of the arguments of f that raises an AssertionError if a derivative of f is wrong there."""

    def checked(*args, **kwargs):
        _check(f, args, order=order, modes=tuple(modes), kwargs=kwargs)

    return checked


def combo_check(fun, *args, **kwargs):
    """A function of lists, one for each argument, that checks `fun` with each combination of elements."""

    def checked(*arguments, **keywords):
        for chosen in product(*arguments):
            for values in product(*keywords.values()):
                check_grads(fun, *args, **kwargs)(*chosen, **dict(zip(keywords, values, strict=True)))

    return checked
