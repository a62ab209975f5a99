"""Functions of functions: gradients, products with derivatives, Jacobians, rules of one's own."""

from leopard.transforms.checkpointing import checkpoint
from leopard.transforms.gradient import elementwise_grad, grad, grad_and_aux, holomorphic_grad, value_and_grad
from leopard.transforms.hessians import hessian, laplacian
from leopard.transforms.jacobians import jacfwd, jacobian, jacrev
from leopard.transforms.products import ggnvp, hvp, jvp, linearize, vjp
from leopard.transforms.rules import custom_jvp, custom_vjp
from leopard.transforms.sparsity import sparse_hessian, sparse_jacobian
from leopard.transforms.stopping import detach, stop_gradient

__all__ = [
    "grad",
    "value_and_grad",
    "grad_and_aux",
    "holomorphic_grad",
    "elementwise_grad",
    "vjp",
    "jvp",
    "linearize",
    "hvp",
    "ggnvp",
    "jacobian",
    "jacrev",
    "jacfwd",
    "hessian",
    "laplacian",
    "sparse_jacobian",
    "sparse_hessian",
    "stop_gradient",
    "detach",
    "checkpoint",
    "custom_vjp",
    "custom_jvp",
]
