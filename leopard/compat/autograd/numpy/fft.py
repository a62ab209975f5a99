"""`numpy.fft`, whose functions take Variables themselves."""

from numpy.fft import *
