"""Arrays without elements: values, errors and gradients as NumPy's, and no write outside of them.

NumPy's own `einsum` writes behind the end of some results that have no elements. So what could lead there
runs in a process of its own, and NumPy's function must never be given such an array.
"""

import itertools

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.einsum import einsum
from tests import processes

ALL = """
import itertools
import warnings

import numpy as np

import leopard
from leopard import Variable

def parts(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


def values(f, *xs):
    try:
        return parts(f(*xs))
    except (ValueError, TypeError, IndexError) as error:  # LinAlgError is a ValueError
        return type(error)


def differentiable(f):
    def g(*xs):
        return [y for y in parts(f(*xs)) if isinstance(y, Variable) and y.dtype.kind in "fc"]

    return g


def attempt(name, f, *xs):
    wanted, vs = values(f, *xs), [Variable(x) for x in xs]
    got = values(f, *vs)
    if isinstance(wanted, type) or isinstance(got, type):
        assert isinstance(wanted, type) and isinstance(got, type), (name, xs, wanted, got)
        return 0
    for a, b in zip(got, wanted, strict=True):
        a, b = np.asarray(a.data if isinstance(a, Variable) else a), np.asarray(b)
        assert a.dtype == b.dtype and a.shape == b.shape, (name, xs)
        assert np.array_equal(a, b, equal_nan=True), (name, xs)
    g = differentiable(f)
    ys = [np.sum(np.abs(y)) for y in g(*vs) if y.creator is not None]
    if not ys:
        return 0
    sum(ys).backward(create_graph=True)
    second = [np.sum(np.abs(x.grad) ** 2) for x in vs if x.grad is not None]
    for x in vs:
        assert x.grad is None or x.grad.shape == x.shape
        x.cleargrad()
    second = sum(second, 0.0)
    if isinstance(second, Variable) and second.creator is not None:
        try:
            second.backward()
        except RuntimeError as error:
            assert "singular values are equal" in str(error), (name, xs, error)
    try:
        leopard.jvp(g, tuple(xs), tuple(xs))
    except RuntimeError as error:
        assert "singular values are equal" in str(error), (name, xs, error)
    return 1


def of(name):
    return getattr(np, name, None) or getattr(np.linalg, name)


names = "norm det slogdet inv pinv svd svdvals qr cholesky eig eigh eigvals eigvalsh"
single = {name: of(name) for name in names.split()} | {
    "cond": np.linalg.cond,
    "matrix_norm": np.linalg.matrix_norm,
    "vector_norm": np.linalg.vector_norm,
    "trace": np.trace,
    "power": lambda a: np.linalg.matrix_power(a, 3),
    "power 0": lambda a: np.linalg.matrix_power(a, 0),
    "power -2": lambda a: np.linalg.matrix_power(a, -2),
    "tensorinv": np.linalg.tensorinv,
    "tensorinv 1": lambda a: np.linalg.tensorinv(a, 1),
    "thin svd": lambda a: np.linalg.svd(a, False),
    "svd hermitian": lambda a: np.linalg.svd(a, hermitian=True),
    "complete": lambda a: np.linalg.qr(a, "complete"),
    "r": lambda a: np.linalg.qr(a, "r"),
    "pinv hermitian": lambda a: np.linalg.pinv(a, hermitian=True),
}
for order in (1, 2, -2, np.inf, "nuc", "fro", 3):
    single[f"norm {order}"] = lambda a, order=order: np.linalg.norm(a, order)
for order in (1, 2, 0, np.inf, -np.inf, 3):
    single[f"norm {order} of rows"] = lambda a, order=order: np.linalg.norm(a, order, -1)
for order in (1, "fro", -2):
    single[f"cond {order}"] = lambda a, order=order: np.real(np.linalg.cond(a, order))  # see its entry
names = "dot inner vdot matmul outer kron cross tensordot vecdot solve lstsq tensorsolve"
double = {name: of(name) for name in names.split()} | {
    "tensordot 1": lambda a, b: np.tensordot(a, b, 1),
    "tensordot 0": lambda a, b: np.tensordot(a, b, 0),
    "multi_dot": lambda a, b: np.linalg.multi_dot([a, b, a]),
    "cross of three": np.linalg.cross,
    "outer of vectors": np.linalg.outer,
}
for name in ("matvec", "vecmat"):
    if hasattr(np, name):
        double[name] = of(name)
warnings.simplefilter("ignore")
shapes = [shape for n in range(4) for shape in itertools.product((0, 1, 3), repeat=n)]
done = 0
for dtype in (float, complex):
    for (name, f), shape in itertools.product(single.items(), shapes):
        if 0 in shape:
            done += attempt(name, f, np.ones(shape, dtype))
    for (name, f), s, t in itertools.product(double.items(), shapes, shapes):
        if 0 in s + t and len(s) + len(t) < 6:
            done += attempt(name, f, np.ones(s, dtype), np.ones(t, dtype))
print(done)
"""


def test_every_operation_on_every_shape_without_elements():
    (done,) = processes.run(ALL)
    assert int(done) > 4000


SUMS = [
    "ab,ab->ab",
    "a,ab->ab",
    "ab,a",
    "ab,bc",
    "ab,bc->abc",
    "a,b",
    "aab,b->a",
    "aa,ab",
    "ab,b->ba",
    "ab->ba",
]
SUMS += [
    "ab->a",
    "aa",
    "aa->a",
    "ab->",
    "...a,...a",
    "...a,...b->...ab",
    "...a->a...",
    "a...,a",
    "ab,ab,ab->b",
]


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("subscripts", SUMS)
def test_numpys_einsum_is_never_given_an_array_without_elements(subscripts, optimize, dtype, monkeypatch):
    numpys, forms = np.einsum, []

    def checked(subscripts, *xs, **keywords):
        assert all(np.size(x) for x in xs)
        forms.append(subscripts)
        return numpys(subscripts, *xs, **keywords)

    monkeypatch.setattr(np, "einsum", checked)
    labels = subscripts.split("->")[0].split(",")
    for lengths in itertools.product((0, 1, 3), repeat=3):
        size = dict(zip("abc", lengths, strict=True))
        shapes = [[size.get(i, 2) for i in term.replace("...", ".")] for term in labels]
        if all(0 not in shape for shape in shapes):
            continue
        xs = [Variable(np.ones(shape, dtype)) for shape in shapes]
        y = einsum(subscripts, *xs, optimize=optimize)
        left, _, right = subscripts.partition("->")
        if right:
            assert y.shape == tuple([size.get(i, 2) for i in right.replace("...", ".")])
        assert y.dtype == dtype
        assert not y.data.any()
        np.sum(np.abs(y)).backward(create_graph=True)
        for x, shape in zip(xs, shapes, strict=True):
            assert x.grad.shape == tuple(shape)
            assert not x.grad.data.any()
    assert forms


def test_the_form_of_a_sum_of_nothing_is_numpys():
    for options in (
        {"order": "F"},
        {"order": "C"},
        {"dtype": complex},
        {"dtype": np.float32, "casting": "unsafe"},
    ):
        y = einsum("ab,bc->ac", Variable(np.ones((4, 0))), np.ones((0, 5)), **options).data
        wanted = np.einsum("ab,bc->ac", np.ones((4, 1)), np.ones((1, 5)), **options)
        assert (y.shape, y.dtype, y.flags.c_contiguous) == (
            wanted.shape,
            wanted.dtype,
            wanted.flags.c_contiguous,
        )
        assert not y.any()


def test_labels_that_do_not_fit_name_the_true_shapes():
    with pytest.raises(ValueError, match=r"'ab,bc->ac' does not fit arrays of the shapes \(4, 0\), \(7, 5\)"):
        einsum("ab,bc->ac", Variable(np.ones((4, 0))), np.ones((7, 5)))


def test_higher_derivatives_of_determinants_of_no_matrices():
    for shape in ((0, 2, 2), (0, 3, 3), (3, 0, 0)):
        x = Variable(np.ones(shape))
        y = np.linalg.det(x)
        for _ in range(3):
            x.cleargrad()
            np.sum(y * y).backward(create_graph=True)
            y = x.grad
            assert y.shape == shape
