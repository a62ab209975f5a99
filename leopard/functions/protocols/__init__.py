"""The methods of ufuncs, the methods of Variables, and the functions that change their first argument.

They have no names of their own: they are connected to what NumPy and Variables call.
"""

from leopard.functions.protocols import in_place, ufunc_methods, variable_methods  # noqa: F401

__all__ = []
