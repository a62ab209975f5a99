"""Faults that tests introduce on purpose, and the error of a law that notices one."""

import contextlib

NOTICED = (AssertionError, ValueError, TypeError, RuntimeError, IndexError)


@contextlib.contextmanager
def broken(cls, rule):
    """The class with another rule, and its recipes read anew; all as before afterwards."""
    own = cls.__dict__.get("backward")
    cls.backward = rule
    cls.operation.forget_recipes()
    try:
        yield
    finally:
        if own is None:
            del cls.backward  # it is inherited
        else:
            cls.backward = own
        cls.operation.forget_recipes()


@contextlib.contextmanager
def stale(operation, recipes):
    """The operation with recipes that are not its own; all as before afterwards."""
    kept = list(operation.recipes)
    operation.recipes[:] = recipes
    try:
        yield
    finally:
        operation.recipes[:] = kept
