"""f and its derivatives, which `check_grads` compares, as functions of vectors of real numbers."""

from typing import NamedTuple

import numpy as np

from leopard._pytrees import flatten, unflatten
from leopard.transforms import jvp, vjp
from leopard.transforms._trace import check_outputs
from leopard.transforms._values import refuse, value_of

__tracebackhide__ = True  # in pytest's reports


class Space:
    """Arrays and numbers as one vector of real numbers: for each the real parts, then the imaginary parts.

    Attributes
    ----------
    names : list of str
        The name of each array in error messages.
    size : int
    """

    def __init__(self, leaves, names):
        self.names = list(names)
        self.kinds = [type(x) for x in leaves]
        self.shapes = [np.shape(x) for x in leaves]
        self.dtypes = [np.asarray(x).dtype for x in leaves]
        self.wide = np.result_type(np.float64, *[np.empty(0, t).real.dtype for t in self.dtypes])
        self.sizes = [
            int(np.prod(shape)) * (1 + (t.kind == "c"))
            for shape, t in zip(self.shapes, self.dtypes, strict=True)
        ]
        self.size = sum(self.sizes)

    def __add__(self, other):
        both = Space([], self.names + other.names)
        for name in ("kinds", "shapes", "dtypes", "sizes"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        both.wide, both.size = np.result_type(self.wide, other.wide), self.size + other.size
        return both

    def named(self, names):
        """The same arrays by other names."""
        other = self + Space([], [])
        other.names = names
        return other

    def vector(self, leaves):
        """The vector of arrays of these shapes; complex where a real one has complex numbers instead."""
        parts = [np.zeros(0, self.wide)]
        for x, name, shape, dtype in zip(leaves, self.names, self.shapes, self.dtypes, strict=True):
            x = np.asarray(value_of(x))
            if x.shape != shape:
                raise ValueError(f"check_grads: {name} has shape {shape}, and beside the point {x.shape}")
            parts += [x.real.ravel(), x.imag.ravel()] if dtype.kind == "c" else [x.ravel()]
        return np.concatenate(parts)

    def leaves(self, vector, wide=False):
        """The arrays of a vector, in their own dtypes, or (`wide`) in those that slopes are computed in."""
        found = []
        for x, shape, dtype, kind in zip(
            self._parts(vector), self.shapes, self.dtypes, self.kinds, strict=True
        ):
            if dtype.kind == "c":
                real, imaginary = x.reshape(2, *shape)
                x = real + 1j * imaginary
            x = np.array(x.reshape(shape) if wide else x.reshape(shape).astype(dtype))
            if not issubclass(kind, np.ndarray):
                x = kind(x) if kind in (float, complex) else x[()]
            found.append(x)
        return found

    def _parts(self, vector):
        return np.split(vector, np.cumsum(self.sizes)[:-1])

    def direction(self, rng, x):
        """A direction drawn at random, its elements scaled as those of x."""
        return self.rounded(rng.standard_normal(self.size) * np.maximum(1, abs(x)))

    def rounded(self, vector):
        """The vector rounded to the dtypes of its arrays."""
        return self.vector(self.leaves(vector)).astype(self.wide)

    def place(self, k):
        """The name of the k-th number of a vector in error messages."""
        for name, shape, dtype, size in zip(self.names, self.shapes, self.dtypes, self.sizes, strict=True):
            if k < size:
                part = ""
                if dtype.kind == "c":
                    n = size // 2
                    part, k = (" (imaginary part)" if k >= n else " (real part)"), k % n
                index = ", ".join([str(int(i)) for i in np.unravel_index(k, shape)]) if shape else ""
                return f"{name}{index and f', element [{index}]'}{part}"
            k -= size
        raise IndexError(k)


class Level(NamedTuple):
    """A function of arrays whose derivatives are checked, at a point.

    Attributes
    ----------
    f : callable
        It takes the leaves of the arguments and returns a tuple of arrays.
    x : ndarray
        The point.
    before, after : Space
        The spaces of the arguments and of the results.
    modes : tuple of str
        The modes by which it was derived, the last one first.
    bytes : int
        The size of the shortest real number in it.
    """

    f: object
    x: np.ndarray
    before: Space
    after: Space
    modes: tuple
    bytes: int

    def values(self, x):
        """The results at another point."""
        space = self.before
        if x.dtype.kind == "c":
            leaves = [v.reshape(s)[()] for v, s in zip(space._parts(x), space.shapes, strict=True)]
        else:
            leaves = space.leaves(x, wide=True)
        with np.errstate(all="ignore"):
            return self.after.vector(self.f(*leaves))

    def forward(self, u):
        leaves = self.before.leaves
        return self.after.vector(jvp(self.f, leaves(self.x), leaves(u))[1])

    def reverse(self, w):
        _, pull = vjp(self.f, *self.before.leaves(self.x))
        return self.before.vector(pull(tuple(self.after.leaves(w))))

    def derived(self, mode, v):
        """The level above: the tangent along v, or the gradient of the results weighed by v."""
        f, n = self.f, len(self.before.names)
        if mode == "fwd":
            vs, after, of = self.before, self.after, "the tangent of"

            def above(*leaves):
                return tuple(jvp(f, leaves[:n], leaves[n:])[1])
        else:
            vs, after, of = self.after, self.before, "the gradient of"

            def above(*leaves):
                return tuple(vjp(f, *leaves[:n])[1](tuple(leaves[n:])))

        vector = "the tangent of" if mode == "fwd" else "the cotangent of"
        before = self.before + vs.named([f"{vector} {name}" for name in vs.names])
        after = after.named([f"{of} {name}" for name in after.names])
        x = np.concatenate([self.x, v])
        return self._replace(f=above, x=x, before=before, after=after, modes=(mode, *self.modes))


def level_of(f, args, kwargs):
    """The level 0: f as a function of those arguments that have derivatives."""
    leaves, form = flatten(args)
    leaves = [value_of(x) for x in leaves]
    names = list(map(_argument, form.places()))
    floating = [k for k, x in enumerate(leaves) if _is_floating(x)]
    if not floating:
        if leaves:
            refuse("check_grads", leaves[0], names[0])
        raise TypeError("check_grads: there are no arguments to differentiate with respect to")

    def call(*xs):
        filled = list(leaves)
        for k, x in zip(floating, xs, strict=True):
            filled[k] = x
        y = f(*unflatten(form, filled), **kwargs)
        found, form_of_y = flatten(y)
        check_outputs("check_grads", y, found, form_of_y)
        return found, form_of_y

    before = Space([leaves[k] for k in floating], [names[k] for k in floating])
    x = before.vector([leaves[k] for k in floating]).astype(before.wide)
    with np.errstate(all="ignore"):
        ys, form_of_y = call(*before.leaves(x))
    ys = [np.asarray(value_of(y)) for y in ys]
    given = [k for k, y in enumerate(ys) if y.dtype.kind in "fc"]
    if not given:
        types = ", ".join(sorted({str(y.dtype) for y in ys})) or "nothing"
        raise TypeError(f"check_grads: the function returned {types}, which has no derivative")
    places = list(form_of_y.places())
    after = Space([ys[k] for k in given], [f"the result{places[k] and ' at '}{places[k]}" for k in given])

    def floating_results(*xs):
        found, _ = call(*xs)
        if len(found) != len(ys):
            raise ValueError(
                f"check_grads: the function returned {len(ys)} arrays, and {len(found)} when called again"
            )
        return tuple([found[k] for k in given])

    shortest = min([np.empty(0, t).real.itemsize for t in before.dtypes + after.dtypes])
    return Level(floating_results, x, before, after, (), shortest)


def _argument(place):
    first, _, rest = place[1:].partition("]")
    return f"argument {first}{rest and ' at '}{rest}"


def _is_floating(x):
    return isinstance(x, (float, complex, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fc"
