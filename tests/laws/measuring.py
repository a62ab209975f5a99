"""What is measured of a call: its outputs, its gradients, and slopes by differences."""

import warnings

import numpy as np

from leopard import Variable, functions


def outputs(y):
    """All arrays of a result, which may be a list, a tuple or a dict of them."""
    if isinstance(y, (list, tuple)):
        return [part for item in y for part in outputs(item)]
    return [y]


def variables_of(y):
    """Those of a result that are Variables: there may be plain arrays besides."""
    return [part for part in outputs(y) if isinstance(part, Variable)]


def graph(y):
    """Every Function behind a Variable."""
    seen, waiting = set(), [y.creator]
    while waiting:
        f = waiting.pop()
        if f is not None and f not in seen:
            seen.add(f)
            waiting.extend(x.creator for x in f.inputs)
    return seen


def same(a, b):
    """Equal to the last bit, in dtype and shape too; nan is nan, and -0.0 is not 0.0."""
    return (
        type(a) is type(b) is np.ndarray
        and a.dtype == b.dtype
        and a.shape == b.shape
        and bool(np.all((a == b) | (a != a) & (b != b)))
        and (a.dtype.kind != "f" or bool(np.all((np.signbit(a) == np.signbit(b)) | (a != a))))
    )


def data_of_gradients(xs):
    return [np.zeros_like(x.data) if x.grad is None else x.grad.data for x in xs]


def gradients(call, xs, start=None, **options):
    """The gradients of `call` at Variables, as ndarrays; of a sum of its elements without `start`."""
    y = call(*xs)
    if start is not None:
        y.grad = start
    y.backward(**options)
    return data_of_gradients(xs)


def measure(y, weights):
    """A real number that every part of a result, also of a complex one, has its own share in.

    What comes in a plain array besides has no derivative, and no share.
    """
    total = 0.0
    for array, w in zip(outputs(y), weights, strict=True):
        if not isinstance(array, Variable):
            continue
        parts = [(array, w)]
        if array.dtype.kind == "c":
            parts = [(np.real(array), w), (np.imag(array), w[::-1] if w.ndim else w + 0.5)]
        for part, share in parts:
            total = total + functions.sum(share * part * part) + functions.sum(share * part)
    return total


def tower(case, weights, directions):
    """For each order a scalar function of Variables: the one below's slope in its direction.

    The lowest is the weighted sum of squares of the case's outputs, so that the upstream gradient,
    too, depends on the inputs.
    """

    def lowest(*xs):
        return measure(case.call(*xs), weights)

    def above(f, direction):
        def slope(*xs):
            for x in xs:
                x.cleargrad()
            f(*xs).backward(create_graph=True)
            terms = [
                functions.sum(inner(u, x.grad))
                for u, x in zip(direction, xs, strict=True)
                if x.grad is not None
            ]
            for x in xs:
                x.cleargrad()
            total = Variable(np.array(0.0)) * 1.0
            for term in terms:
                total = total + term
            return total

        return slope

    floors = [lowest]
    for direction in directions:
        floors.append(above(floors[-1], direction))
    return floors


def inner(u, g):
    """What a step along u adds, to first order, where the gradient is g: of each element."""
    if g.dtype.kind != "c":
        return u * g
    return np.real(u) * np.real(g) + np.imag(u) * np.imag(g)


def differences(f, arrays, us, h=1e-4):
    """Slope of `f` at the arrays along `us` by five points, and how large `f` is there."""

    def at(k):
        return f(*[np.asarray(a + k * h * u) for a, u in zip(arrays, us, strict=True)])

    low, lower, upper, high = map(at, (-2, -1, 1, 2))
    return (8 * (upper - lower) - (high - low)) / (12 * h), max(np.abs([low, lower, upper, high]))


def assert_slope(gxs, arrays, us, f, tolerance):
    """The gradients, put together along `us`, are the slope of `f`."""
    for gx, a in zip(gxs, arrays, strict=True):
        assert gx.shape == a.shape
        assert gx.dtype == a.dtype
    got = sum(np.sum(inner(u, g)) for g, u in zip(gxs, us, strict=True))
    size = sum(np.sum(np.abs(g * u)) for g, u in zip(gxs, us, strict=True))
    wanted, value = differences(f, arrays, us)
    assert abs(got - wanted) <= tolerance * (size + value + 1e-3), f"{got} is not the slope, {wanted}"


def outcome(call, *args):
    """The value or exception of a call, and its warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            value = call(*args)
        except FloatingPointError as error:
            return "raised", str(error)
    return value, [(w.category, str(w.message)) for w in said]
