"""The same computations beside PyTorch, JAX and HIPS autograd; each is skipped where it is absent."""

import numpy as np
import pytest

import leopard
from leopard import Variable

UNARY = ["exp", "log", "sqrt", "sin", "cos", "tanh", "square", "abs", "neg"]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]
SHAPES = [(), (3,), (2, 1), (2, 3)]


def program(seed):
    """A seeded straight-line program: lines of (operation, the earlier values it reads), and leaves.

    Values stay of moderate size, so that they can be compared, and bases and arguments of `log` and
    `sqrt` positive.
    """
    rng = np.random.default_rng(seed)
    leaves = [rng.uniform(0.5, 1.5, SHAPES[rng.integers(len(SHAPES))]) for _ in range(rng.integers(2, 5))]
    lines, n = [], len(leaves)
    for _ in range(rng.integers(10, 41)):
        if rng.random() < 0.45:
            name, reads = str(rng.choice(UNARY)), [rng.integers(n)]
        else:
            name, reads = str(rng.choice(BINARY)), list(rng.integers(n, size=2))
        lines.append((name, [int(i) for i in reads], float(rng.uniform(0.6, 1.4))))
        n += 1
    return leaves, lines


def line(xp, name, c, x, other):
    """One value of the program from one or two before it."""
    positive = xp.tanh(x) ** 2 + c
    return {
        "exp": lambda: xp.exp(xp.tanh(x)),
        "log": lambda: xp.log(positive),
        "sqrt": lambda: xp.sqrt(positive),
        "sin": lambda: xp.sin(x * c),
        "cos": lambda: xp.cos(c - x),
        "tanh": lambda: xp.tanh(x / c),
        "square": lambda: xp.tanh(x) ** 2,
        "abs": lambda: xp.abs(x - 0.3 * c),
        "neg": lambda: -x,
        "add": lambda: (x + other) * 0.5,
        "sub": lambda: c * x - other,
        "mul": lambda: xp.tanh(x) * other,
        "div": lambda: other / positive,
        "pow": lambda: positive ** xp.sin(other),
        "maximum": lambda: xp.maximum(x, other * c),
        "minimum": lambda: xp.minimum(x * c, other),
    }[name]()


def run(xp, lines, leaves):
    """The program in a library: the last five values, made moderate by `tanh` and summed."""
    values = list(leaves)
    for name, reads, c in lines:
        values.append(line(xp, name, c, values[reads[0]], values[reads[-1]]))
    total = 0.0
    for v in values[-5:]:
        total = total + xp.sum(xp.tanh(v) * v)
    return total


def first(seed):
    leaves, lines = program(seed)
    xs = [Variable(a) for a in leaves]
    z = run(leopard, lines, xs)
    z.backward()
    return z.data.item(), [np.zeros(x.shape) if x.grad is None else x.grad.data for x in xs]


def second(seed):
    """The gradient of the sum of squares of all first derivatives."""
    leaves, lines = program(seed)
    xs = [Variable(a) for a in leaves]
    run(leopard, lines, xs).backward(create_graph=True)
    total = Variable(np.array(0.0)) + 0.0
    for x in xs:
        if x.grad is not None:
            total = total + leopard.sum(x.grad**2)
    for x in xs:
        x.cleargrad()
    if total.creator is not None:
        total.backward()
    return [np.zeros(x.shape) if x.grad is None else x.grad.data for x in xs]


def assert_close(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        b = np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * (1 + np.max(np.abs(b), initial=0)))


def test_the_programs_are_of_all_operations_and_their_values_are_numpys():
    names = set()
    for seed in range(60):
        leaves, lines = program(seed)
        names |= {name for name, _, _ in lines}
        assert 10 <= len(lines) <= 40
        assert first(seed)[0] == float(run(np, lines, leaves))
    assert names == {*UNARY, *BINARY}


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(before)


@pytest.mark.parametrize("seed", range(60))
def test_first_and_second_derivatives_are_torchs(seed, torch):
    leaves, lines = program(seed)
    xs = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in leaves]
    z = run(torch, lines, xs)
    value, gxs = first(seed)
    assert value == pytest.approx(z.item(), rel=1e-12)
    theirs = torch.autograd.grad(z, xs, create_graph=True, allow_unused=True, materialize_grads=True)
    assert_close(gxs, [g.detach().numpy() for g in theirs])
    total = sum((g**2).sum() for g in theirs)
    theirs = torch.autograd.grad(total, xs, allow_unused=True, materialize_grads=True)
    assert_close(second(seed), [g.numpy() for g in theirs])


@pytest.mark.parametrize("seed", range(100, 130))
def test_first_and_second_derivatives_are_those_of_hips_autograd(seed):
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    leaves, lines = program(seed)
    which = list(range(len(leaves)))

    def f(*xs):
        return run(anp, lines, xs)

    def squares(*xs):
        return sum(anp.sum(g**2) for g in autograd.grad(f, which)(*xs))

    value, gxs = first(seed)
    assert value == float(f(*leaves))
    assert_close(gxs, autograd.grad(f, which)(*leaves))
    assert_close(second(seed), autograd.grad(squares, which)(*leaves))


@pytest.mark.parametrize("seed", range(200, 206))
def test_first_derivatives_are_those_of_jax(seed, jax):
    leaves, lines = program(seed)
    f = jax.jit(jax.grad(lambda xs: run(jax.numpy, lines, xs)))
    assert_close(first(seed)[1], f([jax.numpy.asarray(a) for a in leaves]))


def test_a_perceptron_has_the_gradients_of_torch(torch):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) * 0.3 for s in [(8, 5), (5, 16), (16,), (16, 3), (3,)]]

    def loss(xp, x, W1, b1, W2, b2):
        y = xp.matmul(xp.tanh(xp.matmul(x, W1) + b1), W2) + b2
        return xp.mean((y - xp.sin(y)) ** 2)

    xs = [Variable(a) for a in arrays]
    loss(leopard, *xs).backward()
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss(torch, *ts).backward()
    assert_close([x.grad.data for x in xs], [t.grad.numpy() for t in ts])


def test_a_recurrence_over_slices_has_the_gradients_of_torch(torch):
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(s) * 0.4 for s in [(12, 4), (4, 6), (6, 6)]]

    def energy(xp, x, U, W):
        h, kept = xp.matmul(x[0], U), []
        for t in range(1, 12):
            h = xp.tanh(xp.matmul(x[t], U) + xp.matmul(h, W))
            kept.append(h[::2])
        return xp.sum(xp.stack(kept) ** 2)

    xs = [Variable(a) for a in arrays]
    energy(leopard, *xs).backward()
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    energy(torch, *ts).backward()
    assert_close([x.grad.data for x in xs], [t.grad.numpy() for t in ts])
