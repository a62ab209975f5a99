"""The marks `linear` and `multilinear`: a class has one if and only if it is."""

import warnings

import numpy as np
import pytest

from leopard import Elementwise
from leopard.functions import _primitives
from tests import laws


@pytest.fixture(scope="module")
def recorded():
    """Of each class the calls, in the sample calls and in their gradients: the Function and its inputs."""
    found = {}
    rng = np.random.default_rng(5)
    for case in [c for c in laws.EVERY_CASE if c not in laws.ELEMENTWISE_CASES]:
        xs = laws.variables(laws.draw(case, rng))
        ys = laws.variables_of(case.call(*xs))
        total = laws.measure(ys, [rng.uniform(0.5, 1.5, y.shape) for y in ys])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            total.backward(create_graph=True)
        gradients = [x.grad for x in xs if x.grad is not None]
        for f in set().union(*map(laws.graph, [*ys, *gradients])):
            if isinstance(f, _primitives.Primitive) and not isinstance(f, Elementwise):
                found.setdefault(type(f), []).append((f, [x.data for x in f.inputs]))
    return found


def parts(y):
    return list(y) if isinstance(y, tuple) else [y]


def is_linear(f, arrays, varied, rng):
    """Whether F(a x + b z) = a F(x) + b F(z) in the inputs that are varied, the others as they are."""

    def drawn(x):
        y = rng.standard_normal(x.shape)
        y = y + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else y
        return np.asarray(y, x.dtype)

    def at(xs):
        return parts(f.forward(*[xs.get(k, x) for k, x in enumerate(arrays)]))

    x, z, zero = [{k: make(arrays[k]) for k in varied} for make in (drawn, drawn, np.zeros_like)]
    a, b = 1.75, -2.5
    both = {k: np.asarray(a * x[k] + b * z[k]) for k in varied}
    try:
        with np.errstate(all="ignore"):
            sums = zip(at(both), at(x), at(z), at(zero), strict=True)
            return all(
                np.allclose(s, a * y + b * w, rtol=1e-10, atol=1e-10 * (1 + np.max(np.abs(y), initial=0)))
                and not np.any(nothing)
                for s, y, w, nothing in sums
            )
    except (
        ValueError,
        TypeError,
        ArithmeticError,
    ):  # it takes no such numbers, or makes other shapes of them
        return False


def with_tangents(arrays):
    """Which inputs may have a tangent, and an element."""
    return [k for k, x in enumerate(arrays) if x.dtype.kind in "fc" and x.size]


def is_linear_in_all(f, arrays, rng):
    """Together; what has no tangent adds nothing."""
    varied = with_tangents(arrays)
    return is_linear(f, [x if k in varied else np.zeros_like(x) for k, x in enumerate(arrays)], varied, rng)


def is_linear_in_each(f, arrays, rng):
    return all(is_linear(f, arrays, [k], rng) for k in with_tangents(arrays))


def marked(name):
    return [cls for cls in laws.CLASSES if getattr(cls, name)]


@pytest.mark.parametrize("cls", marked("linear"), ids=lambda cls: cls.__name__)
def test_a_class_that_is_marked_is_linear(cls, recorded, rng):
    for f, arrays in recorded[cls]:
        assert is_linear_in_all(f, arrays, rng), (f, [x.shape for x in arrays])


@pytest.mark.parametrize("cls", marked("multilinear"), ids=lambda cls: cls.__name__)
def test_a_class_that_is_marked_is_linear_in_each_input(cls, recorded, rng):
    assert not cls.linear
    for f, arrays in recorded[cls]:
        assert is_linear_in_each(f, arrays, rng), (f, [x.shape for x in arrays])


def test_every_class_that_is_linear_is_marked(recorded, rng):
    missing = []
    for cls, calls in recorded.items():
        calls = [(f, arrays) for f, arrays in calls if any(y.size for y in parts(f.forward(*arrays)))]
        if cls.linear or cls.multilinear or not calls or says_no(cls):
            continue
        if any(all(law(*made, rng) for made in calls) for law in (is_linear_in_all, is_linear_in_each)):
            missing.append(cls.__name__)
    assert not missing, "mark these, or say `linear = False` and why it only seems so"


def says_no(cls):
    return False in (vars(cls).get("linear"), vars(cls).get("multilinear"))
