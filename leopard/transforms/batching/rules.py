"""The batched rules of all operations, which are entered when they are imported, with the first call of `vmap`."""

from leopard.transforms.batching import elementwise, matrices, moving, products, reductions  # noqa: F401
