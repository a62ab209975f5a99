"""What is particular to sums of shifted products: all lengths in all modes, and the errors."""

import itertools

import numpy as np
import pytest

from leopard import Variable
from tests.laws import same

MODES = ["full", "same", "valid"]
FUNCTIONS = [np.convolve, np.correlate]


def numbers(rng, n, dtype):
    x = rng.standard_normal(n)
    return x + 1j * rng.standard_normal(n) if dtype is complex else x


def conjugate_transpose(function, n, dtype, y):
    """What a linear function of real numbers makes of y, turned round: by its columns."""
    columns = [function(e) for e in np.eye(n, dtype=dtype)]
    if dtype is complex:
        columns = [
            np.real(np.vdot(y, c)) + 1j * np.real(np.vdot(y, d))
            for c, d in zip(columns, [function(1j * e) for e in np.eye(n, dtype=dtype)], strict=True)
        ]
        return np.array(columns)
    return np.array([np.real(np.vdot(y, c)) for c in columns])


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("mode", [*MODES, 0, 1, 2])
@pytest.mark.parametrize("dtypes", list(itertools.product([float, complex], repeat=2)), ids=str)
def test_every_pair_of_lengths_has_its_value_and_its_gradients(function, mode, dtypes):
    rng = np.random.default_rng(1)
    for n, m in itertools.product(range(1, 7), repeat=2):
        a, v = numbers(rng, n, dtypes[0]), numbers(rng, m, dtypes[1])
        for create_graph in (False, True):
            x0, x1 = Variable(a), Variable(v)
            y = function(x0, x1, mode)
            plain = function(a, v, mode)
            assert same(y.data, plain)
            w = numbers(rng, len(plain), complex if plain.dtype.kind == "c" else float)
            loss = np.sum(np.real(y) * w.real)
            if plain.dtype.kind == "c":
                loss = loss + np.sum(np.imag(y) * w.imag)
            loss.backward(create_graph=create_graph)
            wanted = conjugate_transpose(lambda e, v=v: function(e, v, mode), n, dtypes[0], w)
            np.testing.assert_allclose(x0.grad.data, wanted, rtol=1e-10, atol=1e-12)
            wanted = conjugate_transpose(lambda e, a=a: function(a, e, mode), m, dtypes[1], w)
            np.testing.assert_allclose(x1.grad.data, wanted, rtol=1e-10, atol=1e-12)


def test_no_gradient_is_computed_for_a_constant_operand():
    x = Variable(np.array([1.0, 2.0, 3.0]))
    for y in [
        np.convolve(x, [1, 2]),
        np.correlate(x, [1, 2]),
        np.convolve(x, 2),
        np.convolve(x, np.array(2)),
    ]:
        assert y.creator.wanted == (True, False)
    for y in [np.convolve([1, 2], x), np.correlate(np.array([1, 2]), x), np.convolve(3.0, x)]:
        assert y.creator.wanted == (False, True)


def test_one_array_in_both_places_has_both_gradients():
    x = Variable(np.array([1.0, 2.0, 3.0]))
    np.convolve(x, x).sum().backward()
    np.testing.assert_allclose(x.grad.data, np.full(3, 12.0))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("shapes", "mode"),
    [(((0,), (2,)), "full"), (((2,), (0,)), "full"), (((2, 2), (2,)), "full"), (((3,), (2,)), "around")],
    ids=str,
)
def test_an_error_is_numpys(function, shapes, mode):
    a, v = map(np.ones, shapes)
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 (the whole message is compared)
        function(a, v, mode)
    with pytest.raises(ValueError) as ours:  # noqa: PT011
        function(Variable(a), Variable(v), mode)
    assert str(ours.value) == str(theirs.value)


def test_a_number_is_a_sequence_to_convolve_alone():
    x = Variable(np.array(2.0))
    with pytest.raises(ValueError, match="depth"):
        np.correlate(x, x)
    np.convolve(x, x).backward()
    assert same(x.grad.data, np.array(4.0))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unknown_keyword_is_an_error(function):
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(Variable(np.ones(3)), np.ones(2), out=None)


# -- Beside the others ---------------------------------------------------------------------------


@pytest.mark.parametrize("stride", ["valid", "full"])
def test_first_and_second_derivatives_are_those_of_torchs_conv1d(stride):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    a, v = rng.standard_normal(9), rng.standard_normal(4)
    x0, x1 = Variable(a), Variable(v)
    np.sum(np.correlate(x0, x1, stride) ** 3).backward(create_graph=True)
    g0, g1 = x0.grad, x1.grad
    x0.cleargrad()
    x1.cleargrad()
    (np.sum(g0**2) + np.sum(g0[:4] * g1)).backward()

    t0, t1 = [torch.tensor(x, requires_grad=True) for x in (a, v)]
    padding = 3 if stride == "full" else 0
    y = torch.nn.functional.conv1d(t0.reshape(1, 1, -1), t1.reshape(1, 1, -1), padding=padding)
    h0, h1 = torch.autograd.grad((y**3).sum(), (t0, t1), create_graph=True)
    np.testing.assert_allclose(g0.data, h0.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(g1.data, h1.detach().numpy(), rtol=1e-10)
    for ours, theirs in zip(
        (x0, x1), torch.autograd.grad((h0**2).sum() + (h0[:4] * h1).sum(), (t0, t1)), strict=True
    ):
        np.testing.assert_allclose(ours.grad.data, theirs.numpy(), rtol=1e-9)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (3, 6), (4, 4)])
def test_complex_gradients_are_jaxs_conjugated(name, mode, n, m, jax):
    rng = np.random.default_rng(3)
    a, v = numbers(rng, n, complex), numbers(rng, m, complex)

    def loss(xp, a, v):
        y = getattr(xp, name)(a, v, mode)
        return xp.sum(xp.abs(y) ** 2 + xp.imag(y) ** 3)

    x0, x1 = Variable(a), Variable(v)
    loss(np, x0, x1).backward()
    g0, g1 = jax.jit(jax.grad(lambda a, v: loss(jax.numpy, a, v), (0, 1)))(a, v)
    np.testing.assert_allclose(x0.grad.data, np.conj(g0), rtol=1e-9)
    np.testing.assert_allclose(x1.grad.data, np.conj(g1), rtol=1e-9)
