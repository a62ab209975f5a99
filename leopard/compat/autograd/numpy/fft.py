"""The names of `numpy.fft`, whose functions dispatch on Variables."""

from numpy.fft import *
