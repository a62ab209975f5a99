"""The distributions of `scipy.stats`, of Variables: SciPy's names, parameters and values.

Each is called as SciPy's: ``gamma.logpdf(x, a, loc=0, scale=1)``, or with its parameters given first,
``gamma(a, scale=s).logpdf(x)``. All parameters have gradients, `loc` and `scale` among them, but for whole
numbers; the number k of a discrete distribution has none. Outside of the support a gradient is 0.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.scipy.stats.bessels import *
from leopard.scipy.stats.bounded import *
from leopard.scipy.stats.discrete import *
from leopard.scipy.stats.exponential import *
from leopard.scipy.stats.gammas import *
from leopard.scipy.stats.kolmogorov import *
from leopard.scipy.stats.matrices import *
from leopard.scipy.stats.normal import *
from leopard.scipy.stats.powers import *
from leopard.scipy.stats.simplex import *
from leopard.scipy.stats.vectors import *

__all__ = _public_names(globals())

#: The distributions of SciPy's for which there are no formulas: why they are left out.
_LEFT_OUT = dict.fromkeys(
    ("irwinhall", "kstwo", "landau", "levy_stable", "ncf", "nct", "studentized_range"),
    "SciPy computes it by numerical integrals and series that have no derivative here",
) | dict.fromkeys(
    ("nchypergeom_fisher", "nchypergeom_wallenius", "poisson_binom"),
    "SciPy computes it by recurrences that have no derivative here",
)


def __getattr__(name):
    if name in _LEFT_OUT:
        raise AttributeError(f"leopard has no distribution {name}: {_LEFT_OUT[name]}")
    raise AttributeError(f"module 'leopard.scipy.stats' has no attribute {name!r}")
