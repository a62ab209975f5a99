"""Programs for HIPS autograd give the same when their import lines are changed, and nothing else."""

import numpy as np
import pytest

import leopard.compat.autograd.numpy as anp
from leopard import Function, Variable
from leopard.compat import autograd
from leopard.compat.autograd import extend
from leopard.compat.autograd.builtins import type as type_of
from leopard.compat.autograd.tracer import getval, isbox
from tests.compat.programs import ALL
from tests.transforms.rivals import assert_same


def results(text):
    names = {"__name__": "a program"}
    exec(text, names)
    return names["result"]


def moved(text):
    """The program with its import lines changed; no other line."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("import autograd"):
            lines[i] = line.replace("import autograd", "import leopard.compat.autograd")
        elif line.startswith("from autograd"):
            lines[i] = line.replace("from autograd", "from leopard.compat.autograd")
    return "\n".join(lines)


@pytest.mark.parametrize("name", ALL)
def test_a_program_moves_by_its_import_lines(name):
    pytest.importorskip("autograd")
    theirs, ours = results(ALL[name]), results(moved(ALL[name]))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert not isinstance(a, Variable)
        assert_same(a, b, rtol=1e-9)


def test_every_name_of_autograd_is_there():
    theirs = pytest.importorskip("autograd")
    missing = [n for n in dir(theirs) if callable(getattr(theirs, n)) and not hasattr(autograd, n)]
    assert not missing
    assert all(hasattr(autograd, name) for name in autograd.__all__)


def test_numpy_is_there_whole():
    assert anp.sin is np.sin and anp.linalg.solve is np.linalg.solve and anp.random.rand is np.random.rand
    assert all(hasattr(anp, name) for name in np.__all__)


def test_arrays_are_made_of_lists_of_variables():
    v = Variable(np.array(2.0))
    a = anp.array([[v, 1.0], [v * v, 3]])
    assert isinstance(a, Variable) and a.shape == (2, 2)
    np.sum(a).backward()
    assert v.grad.data == 5.0
    assert anp.array(v, ndmin=2).shape == (1, 1)
    assert anp.array([v], dtype=np.float32).dtype == np.float32
    assert anp.asarray(v) is v
    assert anp.array(v) is not v
    assert type(anp.array([1, 2])) is np.ndarray and anp.asarray((1, 2), float).dtype == float
    assert anp.full(2, v).shape == anp.full_like(np.ones(2), v).shape == anp.r_[v, 1.0].shape == (2,)
    assert type(anp.full(2, 1.0)) is type(anp.r_[1.0, 2.0]) is type(anp.c_[np.ones(2)]) is np.ndarray


def test_gradients_by_the_names_of_arguments():
    found = autograd.multigrad_dict(lambda x, y=2.0, *rest, **more: x**2 * y * rest[0] * more["z"])(
        3.0, 2.0, 5.0, z=7.0
    )
    assert found == {"x": 420.0, "y": 315.0, "rest": (126.0,), "more": {"z": 90.0}}
    assert autograd.multigrad_dict(lambda x, y=2.0: x * y)(3.0) == {"x": 2.0, "y": 3.0}


# -- Primitives -----------------------------------------------------------------------------------


def both_rules(np, extend):
    @extend.primitive
    def f(x, y, n=1):
        assert type(x) is not Variable and type(y) is not Variable
        return np.sin(x) * y**n

    extend.defvjp(
        f,
        lambda ans, x, y, n=1: lambda g: g * np.cos(x) * y**n,
        lambda ans, x, y, n=1: lambda g: g * n * ans / y,
    )
    extend.defjvp(
        f,
        lambda g, ans, x, y, n=1: g * np.cos(x) * y**n,
        lambda g, ans, x, y, n=1: g * n * ans / y,
    )
    return f


def backward_only(np, extend):
    f = extend.primitive(lambda x, y, n=1: np.sin(x) * y**n)
    extend.defvjp_argnums(
        f,
        lambda argnums, ans, args, kwargs: (
            lambda g: tuple(
                [g * np.cos(args[0]) * args[1] ** kwargs.get("n", 1), g * kwargs.get("n", 1) * ans / args[1]][
                    i
                ]
                for i in argnums
            )
        ),
    )
    return f


def forward_only(np, extend):
    f = extend.primitive(lambda x, y, n=1: np.sin(x) * y**n)
    extend.defjvp_argnum(
        f,
        lambda argnum, g, ans, args, kwargs: (
            g * [np.cos(args[0]) * args[1] ** kwargs.get("n", 1), kwargs.get("n", 1) * ans / args[1]][argnum]
        ),
    )
    return f


X = np.array([0.5, -1.0, 2.0])


@pytest.mark.parametrize("made", [both_rules, backward_only, forward_only])
def test_a_primitive_works_in_every_transform(made):
    f = made(anp, extend)
    plain = lambda x, y, n=1: np.sin(x) * y**n  # noqa: E731
    for transform in (
        lambda f: autograd.grad(lambda x: anp.sum(f(x, X, n=3)))(X),
        lambda f: autograd.jacobian(f, 1)(X, X, n=2),
        lambda f: autograd.make_jvp(f, (0, 1))(X, X, n=2)((X, X))[1],
        lambda f: autograd.hessian(lambda x: anp.sum(f(x, x, n=3)))(X),
        lambda f: autograd.jacobian(autograd.hessian(lambda x: anp.sum(f(x, x, n=3))))(X),
        lambda f: autograd.hessian_vector_product(lambda x: anp.sum(f(x, x)))(X, X),
    ):
        assert_same(transform(f), transform(plain))


def test_linear_primitives_and_missing_rules():
    double = extend.primitive(lambda x: 2 * x)
    extend.def_linear(double)
    assert autograd.make_jvp(double)(3.0)(1.0) == (6.0, 2.0)
    with pytest.raises(NotImplementedError, match="VJP of primitive <lambda> not defined"):
        autograd.grad(double)(3.0)
    extend.defvjp(double, lambda ans, x: lambda g: double(g))
    assert autograd.grad(double)(3.0) == 2.0
    same = extend.primitive(lambda x, y: x * y)
    extend.defjvp(same, "same", "same")
    assert autograd.make_jvp(same, (0, 1))(3.0, 4.0)((1.0, 1.0)) == (12.0, 7.0)
    with pytest.raises(NotImplementedError, match="VJP"):
        autograd.grad(same)(3.0, 4.0)
    half = extend.primitive(lambda x, y: x * y)
    extend.defvjp(half, lambda ans, x, y: lambda g: g * y)
    assert autograd.grad(half)(3.0, 4.0) == 4.0
    with pytest.raises(NotImplementedError, match="wrt argnum 1 not defined"):
        autograd.grad(half, 1)(3.0, 4.0)
    with pytest.raises(NotImplementedError, match="VJP of .* not defined"):
        autograd.grad(extend.primitive(lambda x: x))(1.0)
    with pytest.raises(NotImplementedError, match="JVP of .* not defined"):
        autograd.make_jvp(extend.primitive(lambda x: x))(1.0)(1.0)
    none = extend.primitive(lambda x, y: x * y)
    extend.defvjp(none, lambda ans, x, y: lambda g: g * y, None)
    assert autograd.grad(none, (0, 1))(3.0, 4.0) == (4.0, 0.0)
    with pytest.raises(TypeError, match="defvjp_argnums: expected a function"):
        extend.defvjp(1.0, None)
    by_number = extend.primitive(lambda n, x: x**n)
    extend.defvjp(by_number, lambda ans, n, x: lambda g: g * n * x ** (n - 1), argnums=[1])
    assert autograd.grad(by_number, 1)(3, 2.0) == 12.0


def test_complex_primitives_have_autograds_convention():
    theirs = pytest.importorskip("autograd")
    theirs_numpy = pytest.importorskip("autograd.numpy")
    theirs_extend = pytest.importorskip("autograd.extend")

    def made(np, extend):
        f = extend.primitive(lambda z: np.exp(1j * z))
        extend.defvjp(f, lambda ans, z: lambda g: g * 1j * ans)
        return f

    z = np.array([1 + 2j, 0.5j])
    ours, theirs_f = made(anp, extend), made(theirs_numpy, theirs_extend)
    v = np.array([2.0 - 1j, 1j])
    assert_same(autograd.make_vjp(ours)(z)[0](v), theirs.make_vjp(theirs_f)(z)[0](v))


def test_values_of_variables():
    v = Variable(np.array(2.0))
    assert getval(v) == 2.0 and getval(3.0) == 3.0 and isbox(v) and not isbox(1.0)
    assert autograd.isinstance(v, np.ndarray) and autograd.isinstance(v, float) and type_of(v) is np.float64
    space = extend.vspace(v)
    assert space == extend.vspace(np.array(1.0)) and hash(space) == hash(extend.vspace(1.0))
    assert (space.shape, space.size, space.iscomplex, space.zeros(), space.ones()) == ((), 1, False, 0.0, 1.0)
    assert extend.notrace_primitive(np.shape)([v]) == (1,)


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda: autograd.grad(np.sin)(X),
            r"only applies to real scalar-output functions, .*shape \(3,\).* Try jacobian",
        ),
        (lambda: autograd.grad(lambda x: (x, x))(1.0), "returned a tuple of 2"),
        (lambda: autograd.grad(lambda z: z)(1j), "complex128"),
        (lambda: autograd.value_and_grad(np.sin)(X), "value_and_grad only applies"),
        (lambda: autograd.elementwise_grad(lambda x: x * 1j)(X), "only applies to real-output"),
        (lambda: autograd.grad(np.sin)(3), "is 3, an int"),
        (lambda: autograd.grad(1.0), "expected a function"),
        (lambda: extend.primitive(1.0), "primitive: expected a function"),
    ],
)
def test_errors_name_the_argument(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_the_checks_are_called_as_autograds_are():
    from leopard.compat.autograd.test_util import check_grads, combo_check

    check_grads(lambda x, y: np.sum(np.sin(x) * y), modes=["fwd", "rev"], order=2)(X, 2.0)
    combo_check(np.sum, order=1)([X, X[:2]], axis=[None, 0])

    class Wrong(Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            return self.inputs[0] * gy

    with pytest.raises(AssertionError):
        check_grads(lambda x: Wrong()(x), modes=["rev"], order=1)(X)
