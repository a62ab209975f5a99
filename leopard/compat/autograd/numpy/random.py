"""The names of `numpy.random`, for code that imports it from autograd."""

import numpy.random as _random

globals().update({name: thing for name, thing in vars(_random).items() if not name.startswith("_")})
