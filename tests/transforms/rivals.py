"""Derivatives from elsewhere: differences, complex steps, other libraries."""

import contextlib

import numpy as np
import pytest


def slope(f, x, v, h=1e-6):
    """The derivative of f at x along v, by central differences."""
    return (np.asarray(f(x + h * v)) - np.asarray(f(x - h * v))) / (2 * h)


def complex_step(f, x, v):
    """The derivative of a real analytic f at x along v, exact to rounding."""
    return np.imag(f(x + 1e-30j * v)) / 1e-30


@contextlib.contextmanager
def jax_in_doubles():
    """JAX, with 64-bit floats; the test is skipped where it is absent."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield jax
    finally:
        jax.config.update("jax_enable_x64", before)


def assert_same(ours, theirs, rtol=1e-10):
    """Equal shapes and close values."""
    theirs = np.asarray(theirs)
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12 * (1 + np.max(np.abs(theirs), initial=0)))
