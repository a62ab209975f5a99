"""What a lowered recording is made of: a plan, plain data that the engine compiles once."""

import numpy as np

from leopard._numeric.loops import TYPES
from leopard._numeric.replay import OPCODES

ALL_AXES, LEADING_AXES, TRAILING_AXES = range(3)


class Plan:
    """The steps that compute what a recording computes, and the memory in which they do.

    Attributes
    ----------
    arena : int
        Bytes of the arena, which is base 0 of all operands. Base 1 + k is external array k: the inputs, the
        captured arrays, the constants, the outputs, in this order.
    inputs, captured : list of (shape, dtype, strides)
    outputs : list of (shape, dtype) or (shape, dtype, strides)
        The elements follow each other in memory, without strides in C order.
    captured_arrays : list of ndarray
        The arrays that are read at each call.
    captured_variables : list of Variable or None
        Of each of them: the Variable, if there is one, whose array it is.
    constants : list of ndarray
        The arrays that the plan keeps.
    image : list of (int, float)
        Numbers, and where in the arena they are.
    loops : list of (ufunc, str)
    guards : list of Guard
    steps : list of tuple
    """

    __slots__ = (
        "arena", "inputs", "captured", "captured_arrays", "captured_variables", "constants", "outputs",
        "image", "loops", "guards", "steps",
    )  # fmt: skip

    @property
    def externals(self):
        """The number of external arrays."""
        return len(self.inputs) + len(self.captured) + len(self.constants) + len(self.outputs)

    def __repr__(self):
        return f"<Plan of {len(self.steps)} steps in {self.arena} bytes>"


# -- The reference --------------------------------------------------------------------------------


def reference_run(plan, arrays):
    """Run a plan step by step in NumPy: slow, for tests.

    Parameters
    ----------
    plan : Plan
    arrays : sequence of array_like
        The inputs, then the captured arrays, where they are not those that were recorded.

    Returns
    -------
    outcome : int
        0, or 1 + the place of the guard that failed.
    outputs : list of ndarray
    """
    return _Run(plan, arrays).run()


class _Memory:
    """Memory that NumPy takes an array of."""

    def __init__(self, address, shape, strides, dtype):
        self.__array_interface__ = {
            "data": (address, False), "shape": shape, "strides": strides, "typestr": dtype.str, "version": 3,
        }  # fmt: skip


class _Run:
    def __init__(self, plan, arrays):
        self.plan = plan
        self.arena = np.full(plan.arena // 8 + 9, np.nan)
        given = [np.asarray(x) for x in arrays]
        given += plan.captured_arrays[len(given) - len(plan.inputs) :]
        for x, (shape, dtype, strides) in zip(given, [*plan.inputs, *plan.captured], strict=True):
            assert x.shape == shape and x.dtype == dtype and (x.strides == strides or x.size < 2), (
                x.strides,
                strides,
            )
        self.outputs = [np.ndarray(x[0], x[1], None, 0, *x[2:]) for x in plan.outputs]
        self.externals = [*given, *plan.constants, *self.outputs]
        start = self.arena.ctypes.data
        self.bases = [(start + 63) // 64 * 64, *[x.__array_interface__["data"][0] for x in self.externals]]
        for offset, value in plan.image:
            self.double(0, offset)[...] = value

    def array(self, base, offset, shape, strides, dtype):
        return np.asarray(_Memory(self.bases[base] + offset, tuple(shape), tuple(strides), np.dtype(dtype)))

    def double(self, base, offset):
        return self.array(base, offset, (), (), np.float64)

    def run(self):
        for step in self.plan.steps:
            failed = getattr(self, step[0])(*step[1:])
            if failed is not None:
                return 1 + failed, self.outputs
        return 0, self.outputs

    def scalars(self, code):
        names = list(OPCODES)
        at = lambda offset: self.double(0, offset)  # noqa: E731
        for op, y, a, b in np.frombuffer(code, np.uint32).reshape(-1, 4).tolist():
            name = names[op & 255]
            if name == "load":
                at(y)[...] = self.double(a, b)
            elif name == "store":
                self.double(y, b)[...] = at(a)
            elif name == "copy":
                at(y)[...] = at(a)
            elif name == "call1":
                at(y)[...] = self.plan.loops[op >> 8][0](at(a))
            elif name == "call2":
                at(y)[...] = self.plan.loops[op >> 8][0](at(a), at(b))
            elif name == "select":
                at(y)[...] = at(a) if at(y) != 0 else at(b)
            elif name in ("guard_true", "guard_false"):
                if (at(a) != 0) != (name == "guard_true"):
                    return b
            elif name == "guard_equal":
                if not np.array_equal(at(a), at(y), equal_nan=True):
                    return b
            elif name in ("negative", "square", "sqrt"):
                at(y)[...] = getattr(np, name)(at(a))
            else:
                at(y)[...] = getattr(np, name)(at(a), at(b))
        return None

    def loop(self, number, shape, operands):
        ufunc, types = self.plan.loops[number]
        dtypes = [np.dtype(char) for char in types.replace("->", "")]
        lead, n = shape[:-1], shape[-1:]
        for index in np.ndindex(*lead):
            rows = []
            for (base, offset, strides), dtype in zip(operands, dtypes, strict=True):
                start = offset + sum([i * s for i, s in zip(index, strides, strict=False)])
                rows.append(self.array(base, start, n, strides[len(lead) :], dtype))
            *xs, y = rows
            if n and n[0] > 1 and y.strides == (0,):
                y[:1] = ufunc.reduce(xs[1], initial=y[0])
            else:
                y[...] = ufunc(*xs, signature=types)

    def matmul(self, type, sizes, a, b, y, signed_zeros):
        m, k, n = sizes
        x0 = self.array(*a[:2], (m, k), a[2], TYPES[type])
        x1 = self.array(*b[:2], (k, n), b[2], TYPES[type])
        self.array(*y[:2], (m, n), y[2], TYPES[type])[...] = np.matmul(x0, x1)

    def sum(self, type, n, source, target):
        x = self.array(*source[:2], (n,), source[2:], TYPES[type])
        self.array(*target, (), (), TYPES[type])[...] = np.add.reduce(x)

    def sum_to(self, type, axes, length, n, source, target):
        from leopard._numeric.arrays import sum_to

        x = self.array(
            *source,
            (n // length, length),
            (length * np.dtype(TYPES[type]).itemsize, np.dtype(TYPES[type]).itemsize),
            TYPES[type],
        )
        shape = {ALL_AXES: (), LEADING_AXES: (length,), TRAILING_AXES: (n // length, 1)}[axes]
        y = np.array(sum_to(x if axes != ALL_AXES else x.reshape(-1), shape)).reshape(-1)
        self.array(*target, y.shape, y.strides, TYPES[type])[...] = y

    def group(self, type, size, arrays, numbers, calls, targets, sums):
        dtype = np.dtype(TYPES[type])
        registers = []
        for base, offset, stride, *rows in arrays:
            if rows:
                length, row_stride = rows
                x = self.array(base, offset, (size // length, length), (row_stride, stride), dtype)
                registers.append(np.ascontiguousarray(x).reshape(size))
            else:
                registers.append(self.array(base, offset, (size,), (stride,), dtype))
        for number in numbers:
            given = self.double(0, number[1]) if isinstance(number, tuple) else number
            registers.append(np.asarray(given, dtype))
        for loop, xs in calls:
            ufunc, types = self.plan.loops[loop]
            registers.append(np.broadcast_to(ufunc(*[registers[x] for x in xs], signature=types), (size,)))
        for register, (base, offset) in targets.items():
            made = registers[register]
            self.array(base, offset, (size,), (made.itemsize,), made.dtype)[...] = made
        for register, axes, length, base, offset in sums:
            if axes == "pairwise":
                self.array(base, offset, (), (), dtype)[...] = np.add.reduce(registers[register])
                continue
            made = np.ascontiguousarray(registers[register])
            self.externals.append(made)
            self.bases.append(made.ctypes.data)
            self.sum_to(type, axes, length, size, (len(self.bases) - 1, 0), (base, offset))

    def copy(self, itemsize, shape, source, target):
        dtype = np.dtype(f"V{itemsize}")
        self.array(*target[:2], shape, target[2], dtype)[...] = self.array(
            *source[:2], shape, source[2], dtype
        )

    def fill(self, itemsize, size, target, value):
        dtype = np.dtype(f"V{itemsize}")
        self.array(*target, (size,), (itemsize,), dtype)[...] = np.frombuffer(value, dtype)[0]

    def python(self, function, inputs, outputs):
        made = function(*[self.array(*x) for x in inputs])
        made = made if isinstance(made, tuple) else (made,)
        for y, place in zip(made, outputs, strict=True):
            assert y.shape == place[2] and y.dtype == place[4], (y.shape, y.dtype, place)
            self.array(*place)[...] = y

    def guard(self, place, base, offset, expected):
        if self.array(base, offset, (len(expected),), (1,), np.uint8).tobytes() != expected:
            return place
        return None
