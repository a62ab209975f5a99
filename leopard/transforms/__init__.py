"""Function transforms: gradients, vector-Jacobian products, Jacobians, Hessians, user-defined rules."""

from leopard._transform_names import TRANSFORMS
from leopard.transforms.batching import *  # noqa: F403
from leopard.transforms.checkpointing import *  # noqa: F403
from leopard.transforms.gradient import *  # noqa: F403
from leopard.transforms.hessians import *  # noqa: F403
from leopard.transforms.jacobians import *  # noqa: F403
from leopard.transforms.products import *  # noqa: F403
from leopard.transforms.rules import *  # noqa: F403
from leopard.transforms.sparsity import *  # noqa: F403
from leopard.transforms.stopping import *  # noqa: F403

__all__ = list(TRANSFORMS)
