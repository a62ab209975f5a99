"""The names that `leopard` imports lazily: those of `leopard.transforms` and of `leopard.compiling`."""

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
    "vmap",
    "sparse_jacobian",
    "sparse_hessian",
    "stop_gradient",
    "detach",
    "checkpoint",
    "custom_vjp",
    "custom_jvp",
]

COMPILING = [
    "compile",
    "jit",
    "ReplayWarning",
    "NotReplayable",
    "fori_loop",
    "scan",
    "while_loop",
]
