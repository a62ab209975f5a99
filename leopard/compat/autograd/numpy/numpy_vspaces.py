"""`autograd.numpy.numpy_vspaces`: the vector spaces of arrays."""

from leopard.compat.autograd._vspaces import ArrayVSpace, ComplexArrayVSpace, NamedTupleVSpace, VSpace

__all__ = ["ArrayVSpace", "ComplexArrayVSpace", "NamedTupleVSpace", "VSpace"]
