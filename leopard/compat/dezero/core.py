"""`dezero.core`: Variables, Functions, the settings and the functions behind the operators."""

from leopard import (
    Config,
    Function,
    Variable,
    add,
    as_array,
    as_variable,
    div,
    mul,
    neg,
    no_grad,
    pow,
    sub,
    test_mode,
    using_config,
)
from leopard.functions import rdiv, rsub

__all__ = [
    "Config",
    "Function",
    "Parameter",
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
    "test_mode",
    "using_config",
]


class Parameter(Variable):
    """A Variable that a program trains: its class tells it from others. Results of it are no Parameters.

    Examples
    --------
    >>> import numpy as np
    >>> W = Parameter(np.ones((2, 1)))
    >>> isinstance(W, Parameter), isinstance(W * 2, Parameter)
    (True, False)
    """


def setup_variable():
    """Do nothing: a Variable has its operators already."""
