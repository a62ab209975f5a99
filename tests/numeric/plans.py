"""Plans that are written by hand, for tests of the engine."""

import struct
import types

import numpy as np

from leopard._numeric.replay import OPCODES

FLOAT64 = np.dtype(float)


def form(x):
    """What a plan says of an input array."""
    x = np.asarray(x)
    return x.shape, x.dtype, x.strides


def plan(steps, inputs=(), captured=(), constants=(), outputs=(), arena=4096, image=(), loops=(), guards=()):
    """A plan; inputs and captured arrays are given by example."""
    return types.SimpleNamespace(
        arena=arena,
        externals=len(inputs) + len(captured) + len(constants) + len(outputs),
        inputs=[form(x) for x in inputs],
        captured=[form(x) for x in captured],
        constants=list(constants),
        outputs=list(outputs),
        image=list(image),
        loops=list(loops),
        guards=list(guards),
        steps=list(steps),
    )


def code(*instructions):
    """Scalar code; an operation is given by its name, or as a name and a loop."""
    packed = []
    for op, y, a, b in instructions:
        number = OPCODES[op] if isinstance(op, str) else OPCODES[op[0]] | op[1] << 8
        packed.append(struct.pack("IIII", number, y, a, b))
    return ("scalars", b"".join(packed))


def values(outcome_and_outputs):
    """The outputs of a run that was valid."""
    outcome, outputs = outcome_and_outputs
    assert outcome == 0
    return outputs


def same_bits(a, b):
    """Equal to the last bit, but for signs and payloads of nans."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype and a.shape == b.shape
    assert np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if a.dtype.kind in "fc":
        assert np.array_equal(np.signbit(a.real[a == 0]), np.signbit(b.real[b == 0]))
