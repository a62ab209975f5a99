"""The batched rules of all operations, which are entered with the first call of `vmap`."""

from leopard.transforms.batching import (  # noqa: F401
    elementwise,
    functions,
    matrices,
    moving,
    products,
    reductions,
    statistics,
)
