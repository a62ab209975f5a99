"""What the tests of analytic functions share: slopes in the complex plane, on cuts too, and PyTorch's."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.basic.complex import real
from tests import laws
from tests.laws import variables


def slope_of(f, z, create_graph=False):
    """f'(z) from the gradient of the real part, as a scalar and in an array."""
    found = []
    for shape in [(), (3,)]:
        x = Variable(np.full(shape, z))
        real(f(x)).backward(create_graph=create_graph)
        found.append(np.conj(x.grad.data).reshape(-1)[0])
    assert found[0] == found[1]
    return found[0]


def along_the_cut(f, z, direction, h=1e-5):
    """The slope of f where it may jump, from values on z's own side: a zero part keeps its sign."""

    def at(k):
        parts = (z.real + k * h, z.imag) if direction == 1 else (z.real, z.imag + k * h)
        return f(np.array(complex(*parts)))

    return (at(1) - at(-1)) / (2 * h * direction)


def domain_of(ufunc):
    """Of each operand; anywhere for a function that is no ufunc."""
    found = [c.domain for c in laws.ELEMENTWISE if c.ufunc is ufunc]
    return found[0] if found else [laws.anywhere]


def assert_derivatives_are_torchs(name, rng, dtype=float):
    """First and second, of a function that both have under one name."""
    torch = pytest.importorskip("torch")
    f, theirs = getattr(np, name), getattr(torch, name)
    arrays = [rng.uniform(low, high, (3, 4)) for low, high in domain_of(f)]
    if dtype is complex:
        arrays = [a + 1j * rng.permuted(a) for a in arrays]
    xs, ts = variables(arrays), [torch.tensor(a, requires_grad=True) for a in arrays]
    z = np.sum(real(f(*xs) ** 2))
    z.backward(create_graph=True)
    ours = [x.grad for x in xs]
    t = theirs(*ts)
    theirs = torch.autograd.grad((t**2).real.sum(), ts, create_graph=True)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-11, atol=1e-12)
    for x in xs:
        x.cleargrad()
    total = 0.0
    for g in ours:
        total = total + np.sum(real(g**2))
    total.backward()
    theirs = torch.autograd.grad(sum((g**2).real.sum() for g in theirs), ts)
    for x, b in zip(xs, theirs, strict=True):
        np.testing.assert_allclose(x.grad.data, b.numpy(), rtol=1e-9, atol=1e-9)
