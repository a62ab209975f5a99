"""The names of `numpy.random`, for code that imports it from autograd."""

from numpy.random import *
