"""Programs for HIPS autograd give the same when their import lines are changed, and nothing else."""

import numpy as np
import pytest

import leopard.compat.autograd.numpy as anp
from leopard import Function, Variable
from leopard.compat import autograd
from leopard.compat.autograd import extend, test_util
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
    assert anp.sin is np.sin and anp.random.rand is np.random.rand
    for theirs, ours in ((np, anp), (np.linalg, anp.linalg), (np.fft, anp.fft), (np.random, anp.random)):
        assert all(hasattr(ours, name) for name in theirs.__all__)
        assert theirs is np or ours.__name__ == f"leopard.compat.autograd.{theirs.__name__}"


LISTS = {
    "sum": lambda np, x: np.sum([x[0] ** 2, x[1] ** 3]),
    "sum of rows": lambda np, x: np.sum(np.sum([[x[0], 1.0], [x[1], x[2]]], axis=0) ** 2),
    "mean": lambda np, x: np.mean([x[0] ** 2, x[1] ** 3]),
    "var, std": lambda np, x: np.var([x[0], x[1]]) + np.std((x[0], x[2])),
    "prod": lambda np, x: np.prod([x[0], x[1], 3.0]),
    "max": lambda np, x: np.max([x[0] ** 2, x[1] ** 3]) + np.min([x[0], x[1]]),
    "dot": lambda np, x: np.dot([x[0], x[1]], [1.0, 2.0]) + np.dot(np.ones(2), (x[0], x[2])),
    "norm": lambda np, x: np.linalg.norm([x[0], x[1] * 2]),
    "reshape": lambda np, x: np.sum(np.reshape([x[0], x[1]], (2, 1)) @ np.ones((1, 2))),
    "cumsum": lambda np, x: np.sum(np.cumsum([x[0], x[1]]) ** 2),
    "diag": lambda np, x: np.sum(np.diag(np.array([x[0], x[1]])) @ np.diag(x[:2])),
    "stack": lambda np, x: np.sum(np.stack([x, np.array([x[0], 1.0, 2.0])]) ** 2),
    "stack of a generator": lambda np, x: np.sum(np.stack(x**i for i in range(3))),
    "stack of values": lambda np, x: np.sum(np.stack({"a": x, "b": x**2}.values(), axis=1)),
    "concatenate of values": lambda np, x: np.sum(np.concatenate({"a": x, "b": x**2}.values())),
    "vstack": lambda np, x: np.sum(np.vstack(x**i for i in range(3)) ** 2),
    "hstack": lambda np, x: np.sum(np.hstack(x**i for i in range(3)) ** 2),
    "column_stack": lambda np, x: np.sum(np.column_stack(x**i for i in range(3)) ** 2),
    "make_diagonal": lambda np, x: np.sum(
        np.make_diagonal(np.outer(x, x), offset=0, axis1=-1, axis2=-2) ** 2
    ),
    "floor": lambda np, x: np.sum(np.floor(x) * x + np.ceil(x) + np.sign(x) * x + np.trunc(x)),
    "round": lambda np, x: np.sum(np.round(x, 1) * x + np.rint(x) * x + np.around(x) * x),
    "floor_divide": lambda np, x: np.sum(np.floor_divide(x, 2) * x),
    "cholesky": lambda np, x: np.sum(np.arange(9.0).reshape(3, 3) * np.linalg.cholesky(spd(np, x))),
}


def spd(np, x):
    return np.outer(x, x) + np.diag(x**2) + np.array([[9.0, 1, 0], [1, 8, 0], [0, 0, 7]])


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_plain_values_are_taken_as_autograd_takes_them(name):
    theirs = pytest.importorskip("autograd")
    theirs_numpy = pytest.importorskip("autograd.numpy")
    x = np.array([1.5, -0.7, 2.6])
    f = LISTS[name]
    value, gradient = theirs.value_and_grad(lambda x: f(theirs_numpy, x))(x)
    assert_same(autograd.grad(lambda x: f(anp, x))(x), gradient, rtol=1e-9)
    assert_same(f(anp, x), value)


def test_lists_without_variables_are_numpys():
    assert anp.sum([1, 2]) == 3 and anp.sum(a=[1, 2]) == 3 and anp.dot([1, 2], (3, 4)) == 11
    assert anp.stack([[1, 2], [3, 4]]).shape == (2, 2) and anp.sum([[1], [2]], axis=(0, 1)) == 3
    assert anp.reshape([1, 2], (2, 1)).shape == anp.row_stack(([1.0], [2.0])).shape == (2, 1)
    assert anp.linalg.norm([3, 4]) == 5 and anp.fft.fft([1, 0]).tolist() == [1, 1]
    assert anp.linalg.multi_dot([np.eye(2), np.eye(2)]).shape == (2, 2)
    assert anp.metadata(np.ones(1)) == ((1,), 1, float, False)
    v = Variable(np.array([1.0, 2.0]))
    assert anp.sum(a=[v[0], v[1]]).data == 3 and anp.concatenate(v[None]).shape == (2,)
    with pytest.raises(NotImplementedError, match="offset=1"):
        anp.make_diagonal(np.ones(2), offset=1)


def test_rounded_values_are_plain_arrays():
    x = Variable(np.array([1.5, -0.5]))
    for name in ("floor", "ceil", "round", "rint", "fix", "trunc", "sign"):
        if name != "fix" or np.lib.NumpyVersion(np.__version__) < "2.5.0":
            assert type(getattr(anp, name)(x)) is np.ndarray
    assert anp.floor(x[0]) == 1.0 and type(anp.floor([x[0], 2.5])) is np.ndarray
    assert [0, 1][anp.sign(x)[0].astype(int)] == 1
    assert anp.isscalar(x[0]) and not anp.isscalar(x) and type(anp.floor(x[0])) is np.float64


def test_the_gradient_of_cholesky_is_symmetric_at_every_order():
    a = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
    f = lambda a: anp.sum(np.arange(9.0).reshape(3, 3) * anp.linalg.cholesky(a))  # noqa: E731
    g, h = autograd.grad(f)(a), autograd.hessian(f)(a)
    assert_same(g, g.T)
    assert_same(h, h.swapaxes(0, 1))
    assert_same(h, h.swapaxes(2, 3))
    symmetric = lambda a: f((a + a.T) / 2)  # noqa: E731
    assert_same(h, autograd.hessian(symmetric)(a))
    assert_same(autograd.make_jvp(f)(a)(a)[1], np.sum(g * a))
    assert_same(anp.linalg.cholesky(np.tril(a)), np.linalg.cholesky(a))
    z = a + 1j * (np.triu(a, 1) - np.tril(a, -1))
    g = autograd.grad(lambda z: anp.sum(anp.real(anp.linalg.cholesky(z) * (1 + 2j))))(z)
    assert_same(g, g.conj().T)
    assert type(anp.linalg.cholesky(Variable(a), upper=True)) is Variable


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


def test_optimizers_take_their_options_by_position_and_structures():
    from leopard.compat.autograd.misc import const_graph
    from leopard.compat.autograd.misc.optimizers import adam, sgd, unflatten_optimizer

    g, seen = lambda p, i: {"a": 2 * p["a"], "b": 2 * p["b"]}, []
    start = {"a": X, "b": 1.0}
    by_place = adam(g, start, lambda p, i, g: seen.append((p["b"], i, g["b"])), 3, 0.1)
    assert by_place["b"] == adam(g, start, num_iters=3, step_size=0.1)["b"] and len(seen) == 3
    assert sgd(g, start, None, 0)["b"] == 1.0

    @unflatten_optimizer
    def down(grad, x, callback=None, steps=1):
        for i in range(steps):
            step = grad(x, i)
            if callback:
                callback(x, i, step)
            x = x - 0.25 * step
        return x

    assert down(g, start, lambda p, i, g: seen.append(p["b"]), 2)["b"] == down(g, start, steps=2)["b"] == 0.25
    assert seen[3:] == [1.0, 0.5]
    assert autograd.grad(const_graph(lambda n, x: x**n, 3))(2.0) == 12.0


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


# -- Checks ---------------------------------------------------------------------------------------


class Wrong(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return self.inputs[0] * gy


class WrongAtTheSecond(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return gy * 3 * Wrong()(x)


def test_the_checks_are_called_as_autograds_are():
    check_grads = test_util.check_grads
    f = lambda x, y: anp.sum(anp.sin(x) * y)  # noqa: E731
    check_grads(f)(X, 2.0)
    check_grads(f, modes=["fwd", "rev"], order=2)(X, 2.0)
    check_grads(f, 1)(X, 2.0)
    check_grads(f, argnum=(0, 1), order=3)(X, 2.0)
    check_grads(f, argnum=[1, 0], modes=["rev"])(X, 2.0)
    check_grads(lambda p: p["a"] * p["b"][0], modes=["rev"])({"a": X, "b": [X[1], 2.0]})
    check_grads(lambda z: anp.exp(z) * (1 + 2j))(X + 1j)
    check_grads(lambda x: anp.real(anp.fft.fft(x)))(X)
    check_grads(lambda x: (x, [x**2, anp.sum(x)]))(X)
    check_grads(lambda x, n=2: x**n, order=1)(X, n=3)
    check_grads(lambda x: anp.linalg.cholesky(anp.dot(x, x.T) + anp.eye(3)))(np.outer(X, X) + np.eye(3))
    test_util.combo_check(anp.sum, [0], order=1)([X, X[:2]], axis=[None, 0])
    test_util.combo_check(lambda x, y: x * y, (0, 1), modes=["fwd"])([X, X[0]], [X, 2.0])


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_the_checks_find_what_is_wrong(mode):
    test_util.check_grads(lambda x: WrongAtTheSecond()(x), modes=[mode], order=1)(X)
    for f, order in ((Wrong, 1), (WrongAtTheSecond, 2)):
        with pytest.raises(AssertionError, match="check of|mismatch"):
            test_util.check_grads(lambda x, f=f: f()(x), modes=[mode], order=order)(X)
    with pytest.raises(AssertionError):
        test_util.check_grads(lambda x, y: x * Wrong()(y), 1, modes=[mode], order=1)(X, X)
    test_util.check_grads(lambda x, y: x * Wrong()(y), modes=[mode], order=1)(X, X)
    with pytest.raises(AssertionError):
        test_util.check_grads(anp.sin, modes=["forward"])(X)


def test_the_parts_of_the_checks():
    test_util.check_vjp(anp.sin, X)
    test_util.check_jvp(anp.sin, X)
    test_util.check_equivalent({"a": X, "b": 1.0}, {"b": 1.0, "a": X + 1e-8})
    for other in ({"a": X}, {"a": X, "b": [1.0]}, {"a": X, "b": 2.0}, {"a": X[:2], "b": 1.0}):
        with pytest.raises(AssertionError, match="ismatch"):
            test_util.check_equivalent({"a": X, "b": 1.0}, other)
    with pytest.raises(AssertionError, match="VSpace mismatch"):
        test_util.check_equivalent(X, X.astype(np.float32))
    with pytest.raises(AssertionError, match="VJP"):
        test_util.check_vjp(lambda x: Wrong()(x), X)
    assert test_util.scalar_close(1.0, 1 + 1e-7) and not test_util.scalar_close(1.0, 1.001)
    assert_same(test_util.make_numerical_jvp(np.sin, X)(np.ones(3)), np.cos(X), rtol=1e-8)
