"""`autograd.numpy.numpy_boxes`: the box of an array, which is a Variable."""

from leopard.compat.autograd._boxes import ArrayBox, Box, SequenceBox

__all__ = ["ArrayBox", "Box", "SequenceBox"]
