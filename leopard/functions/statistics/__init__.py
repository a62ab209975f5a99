"""Statistics: averages, variances, quantiles, histograms and covariances."""

from leopard.functions._chapter import public_names as _public_names
from leopard.functions.statistics.averages import *
from leopard.functions.statistics.covariance import *
from leopard.functions.statistics.histograms import *
from leopard.functions.statistics.quantiles import *
from leopard.functions.statistics.variances import *

__all__ = _public_names(globals())
