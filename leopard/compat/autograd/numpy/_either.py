"""Functions that call leopard's where a Variable is among the arguments (lists included), else NumPy's."""

from functools import wraps

from leopard._core import Variable


def has_variable(xs):
    return any(has_variable(x) if isinstance(x, (list, tuple)) else isinstance(x, Variable) for x in xs)


def either(numpys, ours):
    @wraps(numpys)
    def call(*args, **options):
        return (ours if has_variable([*args, *options.values()]) else numpys)(*args, **options)

    return call


class Joining:
    """`r_` or `c_`, which call leopard's where a Variable is in the brackets, else NumPy's."""

    def __init__(self, numpys, ours):
        self.numpys, self.ours = numpys, ours

    def __getitem__(self, parts):
        return (self.ours if has_variable([parts]) else self.numpys)[parts]
