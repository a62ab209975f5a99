"""The names of `numpy.linalg`, whose functions dispatch on Variables."""

from numpy.linalg import *
