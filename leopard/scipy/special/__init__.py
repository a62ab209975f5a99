"""The functions of `scipy.special`, of Variables: SciPy's names, parameters and values.

SciPy's own ufuncs call these operations, too, when they are given Variables. Orders and degrees that have no
derivative are plain numbers or arrays; where a gradient of one is wanted, a TypeError names it.
"""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions._primitives import find_ufuncs_of as _find_ufuncs_of
from leopard.scipy.special.airy import *
from leopard.scipy.special.arrays import *
from leopard.scipy.special.bessel import *
from leopard.scipy.special.beta import *
from leopard.scipy.special.convenience import *
from leopard.scipy.special.elliptic import *
from leopard.scipy.special.error import *
from leopard.scipy.special.gamma import *
from leopard.scipy.special.hypergeometric import *
from leopard.scipy.special.information import *
from leopard.scipy.special.integrals import *
from leopard.scipy.special.legendre import *
from leopard.scipy.special.orthogonal import *
from leopard.scipy.special.statistical import *
from leopard.scipy.special.waves import *

_find_ufuncs_of("scipy")

__all__ = _public_names(globals())
