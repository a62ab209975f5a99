"""`dezero.core_simple`, the library before step 32: the gradient of what a program makes is an ndarray.

Results of operations are leopard's Variables, so a gradient that a walk keeps of them (``retain_grad=True``)
is a Variable.
"""

from leopard.compat.dezero import core
from leopard.compat.dezero.core import (
    Config,
    Function,
    add,
    as_array,
    div,
    mul,
    neg,
    no_grad,
    pow,
    rdiv,
    rsub,
    setup_variable,
    sub,
    using_config,
)

__all__ = [
    "Config",
    "Function",
    "Variable",
    "add",
    "as_array",
    "as_variable",
    "div",
    "mul",
    "neg",
    "no_grad",
    "pow",
    "rdiv",
    "rsub",
    "setup_variable",
    "sub",
    "using_config",
]


class Variable(core.Variable):
    """A Variable whose `grad` is an ndarray, for programs that compute with it as such.

    Examples
    --------
    >>> import numpy as np
    >>> x = Variable(np.array(2.0))
    >>> y = x**2
    >>> y.backward()
    >>> x.data -= 0.25 * x.grad
    >>> x
    variable(1.0)
    """

    __slots__ = ()

    @property
    def grad(self):
        """The gradient, or None before a walk."""
        g = super().grad
        return None if g is None else g.data

    @grad.setter
    def grad(self, g):
        core.Variable.grad.__set__(self, g)


def as_variable(obj):
    """A Variable as it is, and a Variable of an array or a number."""
    return obj if isinstance(obj, core.Variable) else Variable(core.as_array(obj))
