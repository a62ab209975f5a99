"""What `leopard` has and imports only for who asks for it: so that to import leopard stays quick."""

import sys
from importlib import import_module

MODULES = ["compat", "testing", "transforms"]
TRANSFORMS = [
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


def __getattr__(name):
    """`leopard.name`, the first time: a transform, or a module."""
    if name in MODULES:
        return import_module(f"leopard.{name}")
    if name not in TRANSFORMS:
        raise AttributeError(f"module 'leopard' has no attribute {name!r}")
    transforms = import_module("leopard.transforms")
    page = vars(sys.modules["leopard"])
    page.update({transform: getattr(transforms, transform) for transform in TRANSFORMS})
    return page[name]


def __dir__():
    page = sys.modules["leopard"]
    return sorted({*vars(page), *page.__all__, *MODULES})
