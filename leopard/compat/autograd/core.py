"""`autograd.core`: products with the Jacobian at a point, the rules of primitives, and vector spaces.

Here `primitive` has the methods of autograd 1.1, too: `defvjp`, `defvjp_is_zero` and `defgrad`.
"""

import warnings

from leopard.compat.autograd import extend
from leopard.compat.autograd._boxes import Box, getval, isbox
from leopard.compat.autograd._nodes import VJPNode, backward_pass
from leopard.compat.autograd._tuples import func, subval, toposort
from leopard.compat.autograd._vspaces import VSpace, vspace
from leopard.compat.autograd.differential_operators import _make_jvp as make_jvp
from leopard.compat.autograd.differential_operators import _make_vjp as make_vjp
from leopard.compat.autograd.extend import (
    SparseObject,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive_jvps,
    primitive_vjps,
)

__all__ = [
    "Box",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "backward_pass",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "func",
    "getval",
    "isbox",
    "make_jvp",
    "make_vjp",
    "primitive",
    "primitive_jvps",
    "primitive_vjps",
    "subval",
    "toposort",
    "vspace",
]


class primitive(extend.primitive):  # noqa: N801 (autograd's name)
    """A decorator for functions whose rules are set by `defvjp` or by the methods of autograd 1.1.

    Examples
    --------
    >>> import warnings
    >>> from leopard.compat.autograd import grad
    >>> from leopard.compat.autograd.core import primitive
    >>> cube = primitive(lambda x: x**3)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     cube.defvjp(lambda g, ans, vs, gvs, x: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """

    def __init__(self, fun, ours=None):
        super().__init__(fun, ours)
        self._makers = {}

    def defvjp(self, vjpmaker, argnum=0):
        """Set ``vjpmaker(g, ans, vs, gvs, *args, **kwargs)``, which returns the gradient of one argument."""

        def staged(ans, *args, **kwargs):
            return lambda g: vjpmaker(g, ans, vspace(args[argnum]), vspace(g), *args, **kwargs)

        self._state("defvjp", {argnum: staged})

    def defvjp_is_zero(self, argnums=(0,)):
        """Let the gradients of these arguments be 0."""
        self._state("defvjp_is_zero", dict.fromkeys(argnums))

    def defgrad(self, gradfun, argnum=0):
        """Set ``gradfun(ans, *args, **kwargs)``, which returns g -> gradient of one argument."""
        self._state("defgrad", {argnum: gradfun})

    def _state(self, name, makers):
        warnings.warn(f"The {name} method is deprecated: state rules by extend.defvjp", stacklevel=3)
        self._makers |= makers
        extend.defvjp(self, *self._makers.values(), argnums=tuple(self._makers))
