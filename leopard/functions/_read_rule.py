"""From a rule in Python to a list of inner-loop calls.

The rule of an elementwise function is run once on stand-ins (Variables without values) while leopard records;
the recording is read back as a `Recipe`. A rule that reads the value of a stand-in, or uses anything but
elementwise functions, cannot be read so, and runs as Python.
"""

from contextvars import ContextVar

import numpy as np

from leopard._config import using_config
from leopard._core import Untraceable, count_value_reads, operation_of, stand_ins, weak_number
from leopard._numeric.loops import TYPES, Recipe
from leopard.functions._primitives import being_read

GY, Y, X = range(3)

read_dtype = ContextVar("read_dtype")  # the dtype of the stand-ins, while this thread reads a rule


class _Unreadable(Exception):
    """The recording holds something that is not an inner-loop call."""


def read_rule(operation, wanted, type):
    """The recipe of an elementwise function.

    Parameters
    ----------
    operation : Operation
    wanted : int
        Bit k is set when the gradient of input k is wanted.
    type : int
        The dtype of the arrays: an index into `TYPES`.

    Returns
    -------
    Recipe or False
        False when the rule can only run as Python.
    """
    n = operation.n_inputs
    function, xs, y, gy = stand_ins(operation.cls, n)
    reads = count_value_reads()
    token = read_dtype.set(np.dtype(TYPES[type]))
    wanted_token = being_read.set((function, wanted))
    try:
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            gxs = function.backward(gy)
        if count_value_reads() > reads:
            return False  # the rule has read a value, and caught the exception
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != n:
            return False
        reader = _Reader({gy: GY, y: Y} | {x: X + i for i, x in enumerate(xs)})
        wanted_gxs = [gx if wanted >> i & 1 else None for i, gx in enumerate(gxs)]
        return reader.recipe(n, wanted_gxs, TYPES[type])
    except (Untraceable, _Unreadable):
        return False
    except MemoryError:
        raise
    except Exception:
        return False  # an error in the rule is raised again when it runs as Python
    finally:
        being_read.reset(wanted_token)
        read_dtype.reset(token)


class _Reader:
    """Reads recordings back as recipes; a value that is computed twice gets one register."""

    def __init__(self, registers):
        self.registers = {id(v): r for v, r in registers.items()}
        self.held = list(registers)  # keeps the objects whose ids are used as keys
        self.steps = []  # (operation, the keys of what it reads), in the order recorded
        self.constants = []

    def recipe(self, n_inputs, gxs, type):
        keys = [None if gx is None else self.key(gx) for gx in gxs]
        first = X + n_inputs + len(self.constants)

        def register(key):
            kind, i = key
            return i if kind == "given" else i + (X + n_inputs if kind == "constant" else first)

        steps = [(operation.ufunc, tuple(map(register, ks))) for operation, ks in self.steps]
        results = [-1 if key is None else register(key) for key in keys]
        operations = [operation for operation, _ in self.steps]
        return Recipe(n_inputs, self.constants, steps, results, type, operations)

    def key(self, v):
        """The place of the value of `v` in the recipe: ("given" | "constant" | "step", number)."""
        if id(v) in self.registers:
            return "given", self.registers[id(v)]
        f = v.creator
        if f is None:
            return self.constant(v)
        operation = operation_of(type(f))
        if operation is None or operation.ufunc is None:
            raise _Unreadable
        step = operation, tuple([self.key(x) for x in f.inputs])
        if all(map(self.is_truth, step[1])):
            raise _Unreadable  # NumPy's arithmetic of truth values is not that of 0 and 1
        if step not in self.steps:
            self.steps.append(step)
        return "step", self.steps.index(step)

    def is_truth(self, key):
        kind, i = key
        return kind == "step" and self.steps[i][0].ufunc.types[-1].endswith("?")

    def constant(self, v):
        value = weak_number(v)
        if value is None:
            raise _Unreadable  # a Variable from outside the rule: its value may change
        same = [repr(c) for c in self.constants]  # 0.0 and -0.0 are equal, but have different texts
        if repr(value) not in same:
            self.constants.append(value)
            return "constant", len(same)
        return "constant", same.index(repr(value))
