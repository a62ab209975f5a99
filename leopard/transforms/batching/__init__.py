"""`vmap`: a function of one example as a function of many, by a batched rule of each operation."""

from leopard.transforms.batching.mapping import *  # noqa: F403
