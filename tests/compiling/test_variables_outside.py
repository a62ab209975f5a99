"""Variables that a compiled function reads beside its arguments: read at each call, and given gradients."""

import numpy as np
import pytest

import leopard
from leopard import Variable, compile, grad, no_grad, value_and_grad
from leopard._core import constant, reaches_others
from leopard._pytrees import flatten
from tests.compiling.test_lowering import bits

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


class Model:
    """Two layers in the book's style, whose parameters are Variables."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.w, self.b = Variable(rng.normal(size=(3, 4))), Variable(np.zeros(4))
        self.layers = [Variable(rng.normal(size=(4, 1)))]

    def params(self):
        return [self.w, self.b, *self.layers]

    def __call__(self, x):
        return np.tanh(x @ self.w + self.b) @ self.layers[0]


def assert_equal(found, wanted):
    """The same structure, types, bits; and each leaf has a graph, or none, as the other."""
    ours, theirs = flatten(found), flatten(wanted)
    assert list(ours[1].places()) == list(theirs[1].places())
    for a, b in zip(ours[0], theirs[0], strict=True):
        assert type(a) is type(b)
        if isinstance(b, Variable):
            assert reaches_others([a], []) == reaches_others([b], [])
            a, b = a.data, b.data
        assert bits(np.asarray(a)) == bits(np.asarray(b))


def assert_follows(make, calls=6, between=None, hits=3, differentiate=True):
    """A compiled function and the function itself, of two sets of Variables, are the same at each call.

    `make` returns a function and its Variables; `between` changes these before call k.
    """
    (f, ours), (h, theirs) = make(), make()
    g = compile(f)
    for k in range(calls):
        found, wanted = [], []
        for function, variables, seen in ((g, ours, found), (h, theirs, wanted)):
            if between:
                between(k, variables)
            for v in variables:
                v.cleargrad()
            y = function(X * (k + 1))
            seen.append(y)
            if differentiate:
                for leaf in flatten(y)[0]:
                    if isinstance(leaf, Variable) and leaf.creator is not None:
                        np.sum(leaf * leaf).backward()
            seen.append([v.grad for v in variables])
        assert_equal(found, wanted)
    assert g.info().hits >= hits, g.info()
    return g


def model():
    m = Model()
    return lambda x: np.sum(m(x) ** 2), m.params()


def descend(k, variables):
    for v in variables:
        if v.grad is not None:
            v.data = v.data - 0.001 * v.grad.data


def descend_in_place(k, variables):
    for v in variables:
        if v.grad is not None:
            v.data -= 0.001 * v.grad.data


@pytest.mark.parametrize("between", [None, descend, descend_in_place])
def test_the_parameters_of_a_model(between):
    g = assert_follows(model, between=between, hits=4)
    assert g.info().recorded == 2 and not g.info().fallbacks


def test_a_parameter_of_another_form_is_recorded_again():
    def between(k, variables):
        variables[0].data = np.ones(3) if k < 4 else np.full((2, 3), 2.0)

    def make():
        w = Variable(np.ones(3))
        return (lambda x: x * w), [w]

    assert_follows(make, calls=8, between=between, hits=4)


def test_another_variable_under_a_global_name(monkeypatch):
    def between(k, variables):
        if k == 3:
            variables[:] = [Variable(np.full(3, 5.0))]
        monkeypatch.setitem(globals(), "PARAMETER", variables[0])

    def make():
        return (lambda x: x * PARAMETER), [Variable(np.ones(3))]  # noqa: F821

    assert_follows(make, calls=8, between=between, hits=3)


def test_what_is_computed_from_a_variable_outside_is_read_as_it_is():
    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        h = w * w
        return (lambda x: np.sum(x * h * w)), [w, h]

    (f, (w, _)), g = make(), None
    g = compile(f)
    for k in range(5):
        w.cleargrad()
        g(X * k).backward(retain_grad=False)
        np.testing.assert_array_equal(w.grad.data, 3 * np.sum(X * k, 0) * w.data**2)
    assert g.info().hits >= 3


def test_a_variable_that_was_assigned_to():
    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        w[0] = 7.0
        return (lambda x: np.sum(x * w**2)), [w]

    assert_follows(make)


def test_results_of_every_kind():
    def make():
        w, fixed = Variable(np.array([1.0, 2.0, 3.0])), constant(np.array([4.0, 5.0, 6.0]))

        def f(x):
            with no_grad():
                still = x * w
            return {
                "graph": x * w, "plain": x * 2.0, "still": still, "itself": w, "argument": x,
                "constant": x * fixed, "of the parameter": np.exp(w), "number": 3, "scalar": np.sum(x),
                "sum": np.sum(x * w),
            }  # fmt: skip

        return f, [w]

    assert_follows(make)


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_inside_a_transform_of_the_argument(transform):
    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        return transform(lambda x: np.sum(np.tanh(x * w) ** 2)), [w]

    assert_follows(make)


def test_without_recording_there_is_no_graph():
    f, (w, *_) = model()
    h, _ = model()
    g = compile(f)
    for k in range(6):
        with no_grad():
            assert_equal(g(X * k), h(X * k))
        assert_equal(g(X * k), h(X * k))
    assert g.info().hits == 8
    with no_grad():
        found = value_and_grad(lambda x: np.sum(x * w[:, 0]))
        c = compile(found)
        for k in range(4):
            assert_equal(c(X * k), found(X * k))
    assert c.info().hits == 2


def test_a_branch_on_a_parameter_is_guarded():
    def between(k, variables):
        variables[0].data[0] = (-1) ** k

    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        return (lambda x: x * 2.0 if w[0] > 0 else x * w), [w]

    assert_follows(make, calls=9, between=between, hits=4)

    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        return (lambda x: x * float(w[0])), [w]

    assert_follows(make, calls=9, between=between, hits=4)


def test_the_array_of_a_variable_is_an_array_from_outside():
    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))
        return (lambda x: np.sum(x * w.data * np.exp(w.data))), [w]

    def between(k, variables):
        if k == 4:
            variables[0].data[1] = 5.0
        if k == 7:
            variables[0].data = np.ones(3)

    assert_follows(make, calls=12, between=between, hits=4)


def sum_of_cubes():
    """A function of x with a parameter, and the parameter."""
    w = Variable(np.array([1.0, 2.0, 3.0]))
    return (lambda x: np.sum(np.tanh(x * w) ** 3)), w


def test_second_derivatives():
    (f, w), (h, v) = sum_of_cubes(), sum_of_cubes()
    g = compile(f)
    for k in range(6):
        second = []
        for function, p in ((g, w), (h, v)):
            p.cleargrad()
            function(X * (k + 1)).backward(create_graph=True)
            slope = p.grad
            p.cleargrad()
            np.sum(slope * slope).backward()
            second.append((slope.data, p.grad.data))
        for a, b in zip(*second, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
    assert g.info().hits == 4


def test_variables_among_the_arguments_too():
    (f, w), (h, v) = sum_of_cubes(), sum_of_cubes()
    g = compile(f)
    for k in range(6):
        found = []
        for function, p in ((g, w), (h, v)):
            p.cleargrad()
            x = Variable(X * (k + 1))
            y = function(x)
            y.backward()
            found.append([y, x.grad, p.grad])
        assert_equal(*found)
    assert g.info().hits >= 3
    slopes = [grad(function) for function in (g, h)]
    for k in range(3):
        assert_equal(*[slope(X * k) for slope in slopes])


def test_a_transform_of_the_parameter_itself():
    x = np.array([1.0, 2.0])

    def total(w, wrap):
        f = wrap(lambda x: np.sum(w * x * w))
        return f(x) + f(2.0 * x) + f(3.0 * x) + f(4.0 * x)

    with pytest.warns(leopard.ReplayWarning, match="a Variable of a transform"):
        assert grad(lambda w: total(w, compile))(3.0) == grad(lambda w: total(w, lambda f: f))(3.0)
    with pytest.warns(leopard.ReplayWarning, match="a Variable of a transform"):
        found = grad(grad(lambda w: total(w, compile)))(3.0)
    assert found == grad(grad(lambda w: total(w, lambda f: f)))(3.0)


def test_perturbations_are_not_confused():
    """d/dw of w * d/dx (x + w) is 1, not 2."""

    def slope(w):
        inner = compile(grad(lambda x: x + w))
        return w * sum([inner(float(k)) for k in range(3)])

    assert grad(slope)(2.0) == 3.0


@pytest.mark.parametrize("style", ["sets", "writes", "rebinds"])
def test_what_is_done_to_a_parameter_is_done_once(style):
    def make():
        w = Variable(np.array([1.0, 2.0, 3.0]))

        def step(x):
            loss = np.sum((x * w) ** 2)
            w.cleargrad()
            loss.backward()
            if style == "writes":
                w.data -= 0.01 * w.grad.data
            elif style == "rebinds":
                w.data = w.data - 0.01 * w.grad.data
            return loss

        return step, w

    (f, w), (h, v) = make(), make()
    g = compile(f)
    with pytest.warns(leopard.ReplayWarning, match="Variable|array from outside"):
        for k in range(5):
            np.testing.assert_array_equal(g(X * k).data, h(X * k).data)
            np.testing.assert_array_equal(w.data, v.data)
            np.testing.assert_array_equal(w.grad.data, v.grad.data)


def test_a_method_of_a_model():
    class Net(Model):
        loss = compile(lambda self, x: np.sum(self(x) ** 2))

    net, other = Net(), Net()
    for k in range(6):
        for p in (*net.params(), *other.params()):
            p.cleargrad()
        found = net.loss(X * k)
        wanted = Net.loss.__wrapped__(other, X * k)
        found.backward()
        wanted.backward()
        assert_equal([found, *[p.grad for p in net.params()]], [wanted, *[p.grad for p in other.params()]])
        descend(k, net.params())
        descend(k, other.params())
    assert Net.loss.info().hits == 4


def test_a_shape_that_is_read_belongs_to_the_recording():
    def make():
        w = Variable(np.ones(3))
        return (lambda x: x * float(len(w))), [w]

    def between(k, variables):
        variables[0].data = np.ones(3 if k < 4 else 5)

    assert_follows(make, calls=8, between=between)


def test_in_forward_mode():
    w = Variable(np.array([1.0, 2.0, 3.0]))
    f = lambda x: np.sum(np.tanh(x * w) ** 3)  # noqa: E731
    g = compile(f)
    for k in range(5):
        x = X * (k + 1)
        found, wanted = [leopard.jvp(h, (x,), (np.ones_like(x),)) for h in (g, f)]
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-12)
