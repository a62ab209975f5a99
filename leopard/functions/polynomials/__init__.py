"""Polynomials, represented by their coefficients: arithmetic, roots and fits."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.polynomials.arithmetic import *
from leopard.functions.polynomials.fitting import *
from leopard.functions.polynomials.roots import *

__all__ = _public_names(globals())
