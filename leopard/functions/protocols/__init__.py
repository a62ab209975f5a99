"""The methods of ufuncs, the methods of Variables, and functions that change their first argument.

They have no public names: NumPy's dispatch and the methods of Variable call them.
"""

from leopard.functions.protocols import in_place, ufunc_methods, variable_methods  # noqa: F401

__all__ = []
