"""`numpy.linalg`, whose functions take Variables themselves."""

from numpy.linalg import *
