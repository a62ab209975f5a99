"""The other libraries, as the tests use them; who asks for one that is not there is skipped, visibly."""

import contextlib

import pytest


@contextlib.contextmanager
def jax_in_doubles():
    """JAX, with 64-bit floats, and compiled quickly rather than well.

    It compiles every operation by itself, which takes longer than all else in a test: compute in one
    ``jax.jit`` what may be.
    """
    jax = pytest.importorskip("jax")
    wanted = {"jax_enable_x64": True, "jax_disable_most_optimizations": True}
    before = {name: jax.config.read(name) for name in wanted}
    for name, value in wanted.items():
        jax.config.update(name, value)
    try:
        yield jax
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
