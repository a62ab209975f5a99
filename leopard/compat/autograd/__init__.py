"""The names, argument order and conventions of HIPS autograd: only the import lines of its users change.

``import autograd.numpy as np`` becomes ``import leopard.compat.autograd.numpy as np``, and ``from autograd
import grad`` becomes ``from leopard.compat.autograd import grad``. Gradients with respect to complex numbers
are the conjugates of leopard's, as in autograd. `install` does without a change of import lines.
"""

from leopard.compat.autograd import numpy  # noqa: F401 (`import autograd` has it)
from leopard.compat.autograd._install import install, uninstall
from leopard.compat.autograd.builtins import dict, isinstance, list, tuple, type
from leopard.compat.autograd.differential_operators import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_jvp_reversemode,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from leopard.compat.autograd.extend import primitive

__all__ = [
    "checkpoint",
    "deriv",
    "dict",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "install",
    "isinstance",
    "jacobian",
    "list",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "primitive",
    "tensor_jacobian_product",
    "tuple",
    "type",
    "uninstall",
    "value_and_grad",
    "vector_jacobian_product",
]
