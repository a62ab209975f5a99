"""The library of the book "Deep Learning from Scratch 3", as far as its steps 11 to 43 go.

``from dezero import Variable`` becomes ``from leopard.compat.dezero import Variable``, and ``import
dezero.functions as F`` becomes ``import leopard.compat.dezero.functions as F``. leopard's own names are the
book's, so this package has them as they are, and beside them what leopard spells as NumPy does.
"""

from leopard.compat.dezero import core_simple, functions, utils
from leopard.compat.dezero.core import (
    Config,
    Function,
    Parameter,
    Variable,
    as_array,
    as_variable,
    no_grad,
    setup_variable,
    test_mode,
    using_config,
)

__all__ = [
    "Config",
    "Function",
    "Parameter",
    "Variable",
    "as_array",
    "as_variable",
    "core_simple",
    "functions",
    "no_grad",
    "setup_variable",
    "test_mode",
    "using_config",
    "utils",
]
