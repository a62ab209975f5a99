"""From a rule in Python to a list of inner-loop calls.

The rule of an elementwise function is run once on stand-ins while leopard records; the recording is
read back as a `Recipe`. A rule that asks a stand-in for its value, or that uses anything but
elementwise functions, cannot be read so and goes on running as Python.
"""

from contextvars import ContextVar

import numpy as np

from leopard._config import using_config
from leopard._core import Untraceable, count_value_reads, operation_of, stand_ins, weak_number
from leopard._numeric.loops import TYPES, Recipe

GY, Y, X = range(3)

read_dtype = ContextVar("read_dtype")  # of the stand-ins of the rule that this thread is reading


class _Unreadable(Exception):
    """The recording holds something that is no inner-loop call."""


def read_rule(operation, wanted, type):
    """The recipe of an elementwise function.

    Parameters
    ----------
    operation : Operation
    wanted : int
        Bit k is set when the gradient of input k is wanted.
    type : int
        Of the arrays: an index into `TYPES`.

    Returns
    -------
    Recipe or False
        False when the rule can only run as Python.
    """
    n = operation.n_inputs
    function, xs, y, gy = stand_ins(operation.cls, n)
    asked = count_value_reads()
    token = read_dtype.set(np.dtype(TYPES[type]))
    try:
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            gxs = function.backward(gy)
        if count_value_reads() > asked:
            return False  # and has caught the answer
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
        return False  # a fault of the rule's shows again, in its own words, when it runs as Python
    finally:
        read_dtype.reset(token)


class _Reader:
    """Reads recordings back; what is computed twice gets one register."""

    def __init__(self, registers):
        self.registers = {id(v): r for v, r in registers.items()}
        self.alive = list(registers)  # an id is good for as long as its object lives
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
        """Where the value of `v` will be: ("given" | "constant" | "step", number)."""
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
            raise _Unreadable  # somebody's Variable: it may change
        same = [repr(c) for c in self.constants]  # repr tells 0.0 from -0.0
        if repr(value) not in same:
            self.constants.append(value)
            return "constant", len(same)
        return "constant", same.index(repr(value))
