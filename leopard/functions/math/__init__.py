"""Mathematical functions, sums, products, differences and extrema."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.math.convolution import *
from leopard.functions.math.cumulative import *
from leopard.functions.math.differences import *
from leopard.functions.math.exponentials import *
from leopard.functions.math.extrema import *
from leopard.functions.math.floating import *
from leopard.functions.math.hyperbolic import *
from leopard.functions.math.interpolation import *
from leopard.functions.math.logistic import *
from leopard.functions.math.powers import *
from leopard.functions.math.products import *
from leopard.functions.math.rounding import *
from leopard.functions.math.special import *
from leopard.functions.math.sums import *
from leopard.functions.math.trigonometry import *

__all__ = _public_names(globals())
