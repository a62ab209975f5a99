"""Derivatives from elsewhere: differences, complex steps, other libraries."""

import numpy as np

from tests.rivals import jax_in_doubles  # noqa: F401 (for those who import from here)


def slope(f, x, v, h=1e-6):
    """The derivative of f at x along v, by central differences."""
    return (np.asarray(f(x + h * v)) - np.asarray(f(x - h * v))) / (2 * h)


def complex_step(f, x, v):
    """The derivative of a real analytic f at x along v, exact to rounding."""
    return np.imag(f(x + 1e-30j * v)) / 1e-30


def assert_same(ours, theirs, rtol=1e-10):
    """Equal shapes and close values."""
    theirs = np.asarray(theirs)
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12 * (1 + np.max(np.abs(theirs), initial=0)))
