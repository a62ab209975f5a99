"""A table of functions in every transform beside PyTorch, JAX and HIPS autograd; skipped without them."""

import functools

import numpy as np
import pytest

import leopard
from tests.rivals import jax_in_doubles
from tests.transforms.rivals import assert_same

RNG = np.random.default_rng(11)
A, B, X, Y = (RNG.standard_normal(shape) for shape in [(3, 3), (3, 4), 5, 5])
Z, W = (RNG.standard_normal(3) + 1j * RNG.standard_normal(3) for _ in range(2))

TRANSFORMS = ["grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "hvp", "jvp", "vjp"]
RIVALS = ["torch", "jax", "autograd"]


# -- The functions: each of a library that stands for NumPy, and of its arguments ------------------


def goldstein_price(xp, x, y):
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b / 1e4


def perceptron(xp, p, x):
    for w, b in zip(p["W"], p["b"], strict=True):
        x = xp.tanh(x @ w + b)
    return {"y": x, "loss": xp.mean(x * x)}


def recurrence(xp, w):
    h = w[0]
    for _ in range(4):
        h = xp.tanh(h @ w) + 0.1 * h
    return h


def newton(xp, x):
    y = x
    for _ in range(5):
        y = (y + x / y) / 2
    return y


def softmax(xp, x):
    e = xp.exp(x)
    return e / xp.sum(e, 1)[:, None]


def positive(xp, a):
    return a @ a.T + 3 * xp.eye(3)


def products(xp, x, y):
    return xp.outer(xp.cumsum(x, 0), y) ** 2


FUNCTIONS = {
    "a polynomial of a number": (lambda xp, x: x**3 - 2 * x, (1.5,)),
    "Goldstein-Price of two numbers": (goldstein_price, (0.5, -0.25)),
    "Rosenbrock": (lambda xp, x: xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), (X,)),
    "element by element": (lambda xp, x: xp.tanh(x) * xp.exp(-(x**2)) + xp.sin(x) ** 2, (A,)),
    "two arrays that are broadcast": (lambda xp, x, y: xp.cos(x * y) + x / (1 + y**2), (B, X[:4])),
    "softmax": (softmax, (B,)),
    "a choice": (lambda xp, x: xp.where(x > 0, x**2, xp.sin(x)), (X,)),
    "the larger of two": (lambda xp, x, y: xp.maximum(x, y) * xp.minimum(x**2, y), (X, Y)),
    "slices and joining": (lambda xp, x: xp.concatenate([x[1:] * x[:-1], x[::2] ** 3]), (X,)),
    "stacking": (lambda xp, x, y: xp.stack([x * y, xp.exp(x)]).T, (X, Y)),
    "indices": (lambda xp, x: x[np.array([0, 2, 2])] * x[1] ** 2, (X,)),
    "a running sum and an outer product": (products, (X[:3], Y[:2])),
    "a mean and a product": (lambda xp, x: (xp.mean(x) ** 2, xp.prod(x)), (X,)),
    "logarithms": (lambda xp, x, y: xp.logaddexp(x, y) * xp.log(1 + x**2) + xp.arctan2(x, y), (X, Y)),
    "einsum": (lambda xp, a, b: xp.einsum("ij,jk,ij->k", a, b, a), (A, B)),
    "a linear system": (lambda xp, a, b: xp.linalg.solve(positive(xp, a), b), (A, B)),
    "a determinant": (lambda xp, a: xp.log(xp.linalg.det(positive(xp, a))), (A,)),
    "a norm": (lambda xp, x: x / xp.sqrt(xp.sum(x**2)), (X,)),
    "a recurrence": (recurrence, (A,)),
    "an iteration": (newton, (2.0,)),
    "a perceptron in a dict": (perceptron, ({"W": [B * 0.5, B.T * 0.5], "b": (X[:4], X[:3])}, A[:2])),
    "a list of numbers": (lambda xp, p: p[0] * p[1] ** 2 + p[2][0], ([0.5, 1.5, (2.0,)],)),
    "results in a dict": (lambda xp, x: {"b": [xp.sin(x), x[0] ** 2], "a": (x * 3,)}, (X,)),
    "one that does not depend": (lambda xp, x, y: (x**2, xp.sum(x)), (X, Y)),
    "an array of one element": (lambda xp, x: xp.exp(x).reshape(1), (np.ones((1, 1)),)),
    "an array without axes": (lambda xp, x: xp.exp(x) * x, (np.array(0.5),)),
}  # fmt: skip


def total(xp, y):
    """A real number that all parts of a result take part in, each in its own way."""
    return sum((k + 1) * xp.sum(leaf**2 + leaf) for k, leaf in enumerate(leaves(y)))


def leaves(x):
    """The arrays in a structure; dicts in the order of their keys, as JAX has it."""
    if isinstance(x, dict):
        x = [x[key] for key in sorted(x)]
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (list, tuple)) else [x]


def like(x, leaf):
    """The structure of x, with each leaf put through a function."""
    if isinstance(x, dict):
        return {key: like(part, leaf) for key, part in x.items()}
    return type(x)([like(part, leaf) for part in x]) if isinstance(x, (list, tuple)) else leaf(x)


def direction(x, seed):
    rng = np.random.default_rng(seed)
    return like(x, lambda a: rng.standard_normal(np.shape(a)) if np.ndim(a) else float(rng.standard_normal()))


def results(name, module, xp, array):
    """All transforms of a function, by a library that has them under JAX's names."""
    f, args = FUNCTIONS[name]
    us, w = direction(args, 1), direction(f(np, *args), 2)
    args, us, w = like(args, array), like(us, array), like(w, array)
    every = tuple(range(len(args)))

    def function(*xs):
        return f(xp, *xs)

    def scalar(*xs):
        return total(xp, f(xp, *xs))

    def packed(xs):
        return scalar(*xs)

    if module is leopard:
        product = module.hvp(packed, args, us)
    else:
        product = module.jvp(module.grad(packed), (args,), (us,))[1]
    return {
        "grad": module.grad(scalar, every)(*args),
        "value_and_grad": module.value_and_grad(scalar, every)(*args),
        "jacfwd": module.jacfwd(function, every)(*args),
        "jacrev": module.jacrev(function, every)(*args),
        "hessian": module.hessian(scalar, every)(*args),
        "hvp": product,
        "jvp": module.jvp(function, args, us),
        "vjp": module.vjp(function, *args)[1](w),
    }


@functools.cache
def by_leopard(name):
    return results(name, leopard, np, lambda x: x)


@functools.cache
def by_jax(name):
    with jax_in_doubles() as jax:
        return jax.jit(lambda: results(name, jax, jax.numpy, jax.numpy.asarray))()


@functools.cache
def by_torch(name):
    torch = pytest.importorskip("torch")

    class Func:
        jacfwd, jacrev, hessian = torch.func.jacfwd, torch.func.jacrev, torch.func.hessian
        grad, jvp, vjp = torch.func.grad, torch.func.jvp, torch.func.vjp

        @staticmethod
        def value_and_grad(f, argnums):
            return lambda *xs: torch.func.grad_and_value(f, argnums)(*xs)[::-1]

    return results(name, Func, torch, lambda x: torch.as_tensor(x, dtype=torch.float64))


@functools.cache
def by_autograd(name):
    """HIPS autograd differentiates one array by one array: the blocks are put together here."""
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    f, args = FUNCTIONS[name]
    xs, us = leaves(args), leaves(direction(args, 1))
    w = leaves(direction(f(np, *args), 2))
    n, m = range(len(xs)), range(len(w))

    def function(*xs):
        filled = iter(xs)
        return f(anp, *like_sorted(args, filled))

    def scalar(*xs):
        return total(anp, function(*xs))

    def part(j):
        return lambda *xs: leaves(function(*xs))[j] * 1.0

    def slope(*xs):
        return sum([anp.sum(g * u) for g, u in zip(gradient(*xs), us, strict=True)])

    gradient = autograd.grad(scalar, tuple(n))
    jacobian = [[autograd.jacobian(part(j), i)(*xs) for i in n] for j in m]
    pulled = [
        sum([np.tensordot(w[j], jacobian[j][i], np.ndim(w[j])) for j in m])
        for i in n
    ]  # fmt: skip
    pushed = [
        sum([np.tensordot(jacobian[j][i], us[i], np.ndim(us[i])) for i in n])
        for j in m
    ]  # fmt: skip
    return {
        "grad": gradient(*xs),
        "value_and_grad": (scalar(*xs), gradient(*xs)),
        "jacfwd": jacobian,
        "jacrev": jacobian,
        "hessian": [[autograd.jacobian(autograd.grad(scalar, i), k)(*xs) for k in n] for i in n],
        "hvp": autograd.grad(slope, tuple(n))(*xs),
        "jvp": (function(*xs), pushed),
        "vjp": pulled,
    }


def like_sorted(x, values):
    """The structure of x with these leaves, in the order of `leaves`."""
    if isinstance(x, dict):
        return {key: like_sorted(x[key], values) for key in sorted(x)}
    return (
        type(x)([like_sorted(part, values) for part in x]) if isinstance(x, (list, tuple)) else next(values)
    )


THEIRS = {"torch": by_torch, "jax": by_jax, "autograd": by_autograd}


@pytest.mark.filterwarnings("ignore:Output seems independent of input:UserWarning")  # of autograd's
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # its own affair
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_transform_gives_what_the_rival_gives(name, rival, transform):
    theirs = THEIRS[rival](name)[transform]
    ours = by_leopard(name)[transform]
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        assert isinstance(a, (np.ndarray, np.float64, float))
        assert_same(a, b, rtol=1e-9)


# -- Complex numbers -------------------------------------------------------------------------------

OF_COMPLEX = {
    "holomorphic": (lambda xp, z: xp.sin(z) * z[0], (Z,)),
    "of the modulus": (lambda xp, z: z * xp.abs(z) ** 2, (Z,)),
    "to real numbers": (lambda xp, z: xp.abs(z) * xp.real(z), (Z,)),
    "of two arrays": (lambda xp, z, w: z * xp.conj(w), (Z, W)),
    "of real and complex ones": (lambda xp, x, z: xp.exp(x * z), (X[:3], Z)),
    "of a number": (lambda xp, z: z**2 * 1j, (1 + 2j,)),
}


def of_complex(name, module, xp, array, conjugated):
    """As `results`; where the rival's gradients are conjugates of leopard's they are conjugated."""
    f, args = OF_COMPLEX[name]
    turned = np.conj if conjugated else lambda x: x
    w = np.asarray(f(np, *args)) * (0.5 - 1j) if np.iscomplexobj(f(np, *args)) else np.ones(3)
    us = [array(np.asarray(x) * (0.5 if np.isrealobj(x) else 1 - 0.5j)) for x in args]
    args = [array(x) for x in args]

    def scalar(*xs):
        y = f(xp, *xs)
        return xp.sum(xp.abs(y - 1) ** 2 * xp.abs(y))

    gradient = module.grad(scalar, tuple(range(len(args))))(*args)
    return {
        "grad": list(map(turned, gradient)),
        "jvp": module.jvp(lambda *xs: f(xp, *xs), tuple(args), tuple(us)),
        "vjp": list(map(turned, module.vjp(lambda *xs: f(xp, *xs), *args)[1](array(turned(w))))),
    }


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("rival", ["torch", "jax"])
@pytest.mark.parametrize("name", OF_COMPLEX)
def test_transforms_at_complex_numbers_give_what_the_rival_gives(name, rival):
    ours = of_complex(name, leopard, np, np.asarray, False)
    if rival == "jax":
        with jax_in_doubles() as jax:
            theirs = of_complex(name, jax, jax.numpy, jax.numpy.asarray, True)
    else:
        torch = pytest.importorskip("torch")
        theirs = of_complex(name, torch.func, torch, lambda x: torch.as_tensor(np.asarray(x)), False)
    for transform in ours:
        for a, b in zip(leaves(ours[transform]), leaves(theirs[transform]), strict=True):
            assert_same(a, b.resolve_conj().numpy() if rival == "torch" else b)


def test_gradients_at_complex_numbers_are_conjugates_of_autograds():
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    for f, args in OF_COMPLEX.values():
        every = tuple(range(len(args)))
        theirs = autograd.grad(lambda *xs, f=f: anp.sum(anp.abs(f(anp, *xs)) ** 3), every)(*args)
        ours = leopard.grad(lambda *xs, f=f: np.sum(np.abs(f(np, *xs)) ** 3), every)(*args)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, np.conj(b))


@pytest.mark.parametrize("transform", ["jacfwd", "jacrev", "jacobian", "hessian"])
def test_holomorphic_derivatives_are_those_of_jax(transform):
    def f(xp):
        return (lambda z: xp.sum(xp.sin(z) * z[0])) if transform == "hessian" else lambda z: xp.sin(z) * z[0]

    with jax_in_doubles() as jax:
        theirs = jax.jit(getattr(jax, transform)(f(jax.numpy), holomorphic=True))(Z)
    assert_same(getattr(leopard, transform)(f(np), holomorphic=True)(Z), theirs)
