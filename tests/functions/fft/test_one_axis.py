"""What is particular to Fourier transforms: every form of their arguments, and the errors."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from tests.laws import same

NORMS = [None, "backward", "ortho", "forward"]
TAKES_REAL = {"rfft", "ihfft", "rfft2", "rfftn"}
SINGLE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL = ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"]


def numbers(rng, shape, real=False):
    x = rng.standard_normal(shape)
    return x if real else x + 1j * rng.standard_normal(shape)


def product(u, v):
    """The real inner product, in which a gradient is one."""
    return np.sum(np.real(np.conj(u) * v))


def assert_adjoint(function, x, *args, **options):
    """<y, F x> is <F* y, x>, and the values are NumPy's."""
    rng = np.random.default_rng(3)
    for create_graph in (False, True):
        v = Variable(x)
        z = function(v, *args, **options)
        plain = function(x, *args, **options)
        assert same(z.data, plain)
        y = numbers(rng, plain.shape, plain.dtype.kind == "f").astype(plain.dtype)
        loss = np.sum(np.real(z) * y.real)
        if plain.dtype.kind == "c":
            loss = loss + np.sum(np.imag(z) * y.imag)
        loss.backward(create_graph=create_graph)
        assert (v.grad.shape, v.grad.dtype) == (x.shape, x.dtype)
        dx = numbers(rng, x.shape, x.dtype.kind == "f")
        got, wanted = product(v.grad.data, dx), product(y, function(dx, *args, **options))
        assert got == pytest.approx(wanted, rel=1e-10, abs=1e-10)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_along_one_axis_every_form_has_its_conjugate_transpose(data):
    name = data.draw(st.sampled_from(SINGLE))
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    least = 2 if name in ("irfft", "hfft") else 1
    n = data.draw(st.one_of(st.none() if shape[axis] >= least else st.nothing(), st.integers(1, 9)))
    real = name in TAKES_REAL or data.draw(st.booleans())
    x = numbers(np.random.default_rng(data.draw(st.integers(0, 99))), shape, real)
    assert_adjoint(getattr(np.fft, name), x, n=n, axis=axis, norm=data.draw(st.sampled_from(NORMS)))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_along_several_axes_every_form_has_its_conjugate_transpose(data):
    name = data.draw(st.sampled_from(SEVERAL))
    shape = data.draw(st.lists(st.integers(2, 4), min_size=2, max_size=3))
    axis = st.integers(-len(shape), len(shape) - 1)
    axes = data.draw(st.one_of(st.none(), st.lists(axis, min_size=1, max_size=4)))
    length = st.one_of(st.just(-1), st.none(), st.integers(1, 6))
    n_axes = len(shape) if axes is None else len(axes)
    s = data.draw(st.one_of(st.none(), st.lists(length, min_size=n_axes, max_size=n_axes)))
    real = name in TAKES_REAL or data.draw(st.booleans())
    x = numbers(np.random.default_rng(data.draw(st.integers(0, 99))), shape, real)
    function, options = (
        getattr(np.fft, name),
        {"s": s, "axes": axes, "norm": data.draw(st.sampled_from(NORMS))},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, of None in s and of s alone
        try:
            function(x, **options)
        except ValueError as error:
            with pytest.raises(ValueError) as ours:  # noqa: PT011 (the whole message is compared)
                function(Variable(x), **options)
            assert str(ours.value) == str(error)
        else:
            assert_adjoint(function, x, **options)


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
@pytest.mark.parametrize("axes", [None, 0, -1, (0, 2), [1, 1], np.array([2])], ids=str)
def test_shifts_have_their_inverse_for_every_form_of_axes(name, axes):
    x = numbers(np.random.default_rng(0), (3, 4, 5), True)
    assert_adjoint(getattr(np.fft, name), x, axes)


def test_no_axes_are_no_transform():
    x = Variable(np.ones((2, 3)))
    y = np.fft.fftn(x, axes=())
    y.backward()
    assert same(y.data, np.fft.fftn(np.ones((2, 3)), axes=()))
    assert same(x.grad.data, np.ones((2, 3)))


@pytest.mark.parametrize(("n", "unread"), [(8, [0, 4]), (7, [0])])
@pytest.mark.parametrize("name", ["irfft", "hfft"])
def test_imaginary_parts_that_are_not_read_have_no_gradient(name, n, unread):
    x = Variable(numbers(np.random.default_rng(1), 6))
    (getattr(np.fft, name)(x, n) * np.arange(1.0, n + 1)).sum().backward()
    g = x.grad.data
    used = n // 2 + 1
    assert np.all(g[unread].imag == 0)
    assert np.all(g[unread].real != 0)
    assert np.all(np.delete(g[:used], unread).imag != 0)
    assert np.all(g[used:] == 0)


def test_what_a_caller_changes_later_makes_no_difference():
    s, axes = [2, 5], [0, 1]
    x = Variable(np.ones((3, 4)))
    y = np.fft.fftn(x, s, axes)
    s[:], axes[:] = [1, 1], [1, 0]
    np.real(y).sum().backward()
    kept = x.grad.data
    x.cleargrad()
    np.real(np.fft.fftn(x, (2, 5), (0, 1))).sum().backward()
    assert same(kept, x.grad.data)


@pytest.mark.parametrize("name", [*SINGLE, *SEVERAL, "fftshift", "ifftshift"])
def test_a_keyword_that_is_not_honoured_is_an_error(name):
    x = Variable(np.ones((2, 4)))
    for options in ({"out": np.zeros((2, 4), complex)}, {"out": None}, {"axi": 0}):
        with pytest.raises(TypeError, match="unexpected keyword"):
            getattr(np.fft, name)(x, **options)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("fft", (4, 2)),
        ("fft", (None, 2)),
        ("fft", (0,)),
        ("ifft", (4, 0, "sideways")),
        ("hfft", (4, 0, "sideways")),
        ("rfft", (-1,)),
        ("irfft", (None, -3)),
        ("fftn", ((2, 3, 4), (0, 1))),
        ("rfftn", (None, ())),
        ("fftn", (None, (0, 2))),
        ("fftshift", (2,)),
        ("fftshift", ((0, -3),)),
    ],
    ids=str,
)
def test_an_error_is_numpys(name, args):
    function, x = getattr(np.fft, name), np.ones((2, 4))
    with pytest.raises(Exception) as theirs:  # noqa: B017, PT011 (whatever NumPy raises)
        function(x, *args)
    with pytest.raises(theirs.type) as ours:
        function(Variable(x), *args)
    assert str(ours.value) == str(theirs.value)


def test_complex_numbers_are_no_real_signal():
    for name in sorted(TAKES_REAL):
        with pytest.raises(TypeError):
            getattr(np.fft, name)(Variable(np.ones((2, 2), complex)))


@pytest.mark.parametrize("options", [{"s": (2, 2)}, {"s": (2, None), "axes": (0, 1)}], ids=str)
def test_numpys_warnings_are_passed_on_once(options):
    with pytest.warns(DeprecationWarning) as theirs:
        np.fft.irfftn(np.ones((3, 3)), **options)
    with pytest.warns(DeprecationWarning) as ours:
        np.fft.irfftn(Variable(np.ones((3, 3))), **options).sum().backward()
    assert [str(w.message) for w in ours] == [str(w.message) for w in theirs]


def test_single_precision_stays():
    x = Variable(np.ones(5, np.float32))
    y = np.fft.rfft(x)
    assert y.dtype == np.complex64
    z = np.fft.irfft(y, 5)
    z.backward(create_graph=True)
    assert (z.dtype, x.grad.dtype) == (np.float32, np.float32)


# -- Beside the others ---------------------------------------------------------------------------


def energy(xp, y):
    """A real function of an array that reads all of it."""
    w = np.linspace(0.5, 1.5, int(np.prod(y.shape))).reshape(tuple(y.shape))
    if xp is not np:
        w = xp.tensor(w)
    return (abs(y) ** 2 * w).sum() + (xp.real(y) * w).sum()


FORMS = [
    ("fft", {"n": 6, "norm": "ortho"}),
    ("ifft", {"n": 3}),
    ("rfft", {"n": 5, "norm": "forward"}),
    ("rfft", {"n": 8}),
    ("irfft", {"n": 5}),
    ("irfft", {"n": 6, "norm": "ortho"}),
    ("hfft", {"n": 7}),
    ("hfft", {"n": 4, "norm": "forward"}),
    ("ihfft", {"n": 6}),
    ("ihfft", {"n": 5, "norm": "ortho"}),
    ("fftn", {"s": (2, 5), "axes": (0, 1)}),
    ("ifftn", {"axes": (1, 0)}),
    ("rfftn", {"s": (4, 3), "axes": (1, 0)}),
    ("irfftn", {"s": (3, 5), "axes": (0, 1)}),
    ("fft2", {}),
    ("irfft2", {"norm": "forward"}),
]


HALVES = ("hfft", "irfft", "irfftn", "irfft2")  # PyTorch has half a spectrum of complex numbers only


@pytest.mark.parametrize(
    ("name", "options", "real"),
    [(name, options, name in TAKES_REAL) for name, options in FORMS]
    + [(name, options, True) for name, options in FORMS if name not in HALVES and name not in TAKES_REAL],
    ids=str,
)
def test_first_and_second_derivatives_are_torchs(name, options, real):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    a, u = numbers(rng, (3, 4), real), numbers(rng, (3, 4), real)
    theirs = {{"axis": "dim", "axes": "dim"}.get(k, k): v for k, v in options.items()}

    x = Variable(a)
    energy(np, getattr(np.fft, name)(x, **options)).backward(create_graph=True)
    t = torch.tensor(a, requires_grad=True)
    loss = energy(torch, getattr(torch.fft, name)(t, **theirs))
    (g,) = torch.autograd.grad(loss, t, create_graph=True)
    np.testing.assert_allclose(x.grad.data, g.detach().resolve_conj().numpy(), rtol=1e-10, atol=1e-10)

    gx = x.grad
    x.cleargrad()
    np.sum(np.real(gx) ** 2 * u.real + np.imag(gx) ** 2 * u.imag).backward()
    imaginary = g.imag if g.is_complex() else torch.zeros(())
    loss = (g.real**2 * torch.tensor(u.real) + imaginary**2 * torch.tensor(u.imag)).sum()
    (gg,) = torch.autograd.grad(loss, t)
    np.testing.assert_allclose(x.grad.data, gg.resolve_conj().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft"])
def test_the_gradients_of_real_signals_are_those_of_hips_autograd(name):
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    a = np.random.default_rng(6).standard_normal((2, 6))

    def loss(xp, x):
        y = getattr(xp.fft, name)(x)
        return xp.sum(xp.real(y) ** 2 * xp.imag(y) + xp.real(y))

    x = Variable(a)
    loss(np, x).backward()
    np.testing.assert_allclose(x.grad.data, autograd.grad(lambda x: loss(anp, x))(a), rtol=1e-10)


@pytest.mark.parametrize("name", ["hfft", "irfft"])
@pytest.mark.parametrize("n", [5, 6, None])
def test_the_gradients_of_half_spectra_are_jaxs_conjugated(name, n):
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        a = numbers(np.random.default_rng(7), 4)
        x = Variable(a)
        (getattr(np.fft, name)(x, n) ** 3).sum().backward()
        theirs = jax.grad(lambda x: (getattr(jax.numpy.fft, name)(x, n) ** 3).sum())(a)
        np.testing.assert_allclose(x.grad.data, np.conj(theirs), rtol=1e-9, atol=1e-12)
    finally:
        jax.config.update("jax_enable_x64", before)
