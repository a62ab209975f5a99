"""Exact derivatives of ordinary NumPy code, at C speed.

The program is the graph: write NumPy with Variables, call `backward`, read the gradients.

>>> import numpy as np
>>> from leopard import Variable
>>> x = Variable(np.array(1.0))
>>> y = (x + 3) ** 2
>>> y.backward()
>>> x.grad
variable(8.0)
"""

import builtins as _builtins  # noqa: I001 (the next is first: it raises a clear error where nothing is compiled)

from leopard import _require_build  # noqa: F401
from leopard import _services, functions  # noqa: F401 (they connect themselves to the core)
from leopard import emath, linalg
from leopard._config import Config, anomaly, guard, no_grad, test_mode, using_config
from leopard._core import Function, Variable, as_array, as_variable
from leopard._explain import explain
from leopard._lazy import __dir__, __getattr__  # noqa: F401 (of this module)
from leopard._transform_names import COMPILING, TRANSFORMS
from leopard.functions import *  # noqa: F403
from leopard.functions._primitives import Elementwise

__version__ = "0.1.0"

__all__ = [
    "Variable",
    "Function",
    "Elementwise",
    "Config",
    "using_config",
    "no_grad",
    "guard",
    "anomaly",
    "test_mode",
    "as_array",
    "as_variable",
    "explain",
    *TRANSFORMS,
    *[name for name in COMPILING if not hasattr(_builtins, name)],
    *[
        name for name in functions.__all__ if not hasattr(_builtins, name)
    ],  # `from leopard import *` keeps Python's
    "emath",
    "fft",  # noqa: F405 (by `__getattr__`)
    "linalg",
]
