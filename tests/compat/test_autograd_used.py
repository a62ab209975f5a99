"""What packages that use autograd, and autograd's own tests, rely on beside derivatives."""

import numpy as np
import pytest

import leopard.compat.autograd.numpy as anp
from leopard import Variable
from leopard.compat.autograd import core, elementwise_grad, grad, jacobian
from leopard.compat.autograd.extend import defvjp, primitive
from leopard.compat.autograd.misc import const_graph
from leopard.compat.autograd.misc.tracers import full_graph
from leopard.compat.autograd.test_util import check_grads


def test_a_constant_graph_calls_the_function_once():
    calls = []

    def f(x, y):
        calls.append(1)
        return grad(lambda x: anp.sin(x) + x * 2)(x * y)

    repeated = const_graph(f)
    for x, y in [(0.3, 1.0), (1.0, 0.5), (-2.0, 0.7)]:
        assert repeated(x, y) == pytest.approx(np.cos(x * y) + 2)
    assert len(calls) == 1


def test_a_constant_graph_follows_shapes_and_derivatives():
    f = const_graph(lambda x, n: anp.sum(x**n))
    for x in (np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0])):
        assert f(x, 2.0) == pytest.approx(np.sum(x**2))
    np.testing.assert_allclose(grad(f)(np.array([1.0, 2.0]), 2.0), [2.0, 4.0])
    with pytest.warns(UserWarning, match="independent of input"):
        assert const_graph(lambda x: 3.0)(1.0) == 3.0


def test_the_graph_of_several_arguments_ends_at_their_node():
    node = full_graph(lambda x, y: anp.exp(x) * y, 0.0, 2.0)
    assert node.value == 2.0
    _, _, _, parents = node.recipe
    taken = parents[1][1]
    assert taken.value == 2.0 and taken.recipe[0](*taken.recipe[1]) is not None


def test_nodes_have_numpys_names():
    assert full_graph(lambda x: x / 2.0, 1.0).recipe[0].__name__ == "divide"


def test_stated_rules_are_listed_and_can_be_taken_out():
    twice = primitive(lambda x: 2.0 * x)
    defvjp(twice, lambda ans, x: lambda g: 2.0 * g)
    maker = core.primitive_vjps.pop(twice)
    assert twice not in core.primitive_vjps
    with pytest.raises(NotImplementedError):
        grad(twice)(1.0)
    core.primitive_vjps[twice] = maker
    assert grad(twice)(1.0) == 2.0 and list(core.primitive_vjps).count(twice) == 1
    assert core.primitive_vjps.pop(anp.iscomplex, None) is None and len(core.primitive_jvps) >= 0


def test_a_truth_value_has_no_gradient():
    with pytest.raises(TypeError, match="real scalar-output"):
        grad(lambda x: np.allclose(x, x))(np.array([1.0, 2.0]))


def test_where_of_plain_values_is_plain():
    assert type(anp.where(True, 1, 2)) is int
    assert anp.where([True, False], [1, 2], [3, 4]) == [1, 4]
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for found in (anp.where(condition=[True, False], x=x, y=y), anp.where([True, False], x, y=y)):
        np.testing.assert_array_equal(found, [1.0, 4.0])
    assert anp.where([True, False, True])[0].tolist() == [0, 2]
    with pytest.raises(ValueError, match="both or neither"):
        anp.where(True, 1)
    np.testing.assert_array_equal(grad(lambda x: anp.sum(anp.where(x > 1.5, x, 0.0)))(x), [0.0, 1.0])


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "int_"])
def test_classes_of_integers_take_variables(name):
    kind, numpys = getattr(anp, name), getattr(np, name)
    found = kind(Variable(np.array([1.0, 3.0])))
    assert found.dtype == numpys and found.tolist() == [1, 3]
    assert isinstance(numpys(3), kind) and issubclass(numpys, kind) and np.issubdtype(numpys, kind)
    assert kind == numpys and hash(kind) == hash(numpys) and np.dtype(kind) == numpys
    assert np.array([1.5]).astype(kind).dtype == numpys and type(kind(3)) is numpys


def test_an_array_of_objects_holds_numbers():
    def f(x):
        return anp.sum(anp.array([x[0], 2.0 * x[1]], dtype=object) ** 2)

    np.testing.assert_allclose(grad(f)(np.array([1.0, 3.0])), [2.0, 24.0])
    assert anp.array([1, "a"], dtype=object).dtype == object


def test_a_failing_check_names_the_derivative():
    g = primitive(lambda x: x)
    defvjp(g, lambda ans, x: lambda gy: gy * 1.001)
    f = primitive(lambda x: x * 2.0)
    defvjp(f, lambda ans, x: lambda gy: g(gy) * 2)
    f.__name__ = "f"
    with pytest.raises(AssertionError, match=r"\(VJP\) check of vjp_f failed"):
        check_grads(f, modes=["rev"])(1.0)


def test_checks_draw_from_numpys_generator():
    np.random.seed(3)  # noqa: NPY002
    check_grads(np.sin)(0.5)
    first = np.random.standard_normal()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    check_grads(np.sin)(0.5)
    assert np.random.standard_normal() == first  # noqa: NPY002


def test_transposes_and_products_of_stacks_have_names():
    a = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(anp.linalg._dot(anp.linalg.T(a), a), np.swapaxes(a, 1, 2) @ a)


def test_modules_of_scipy_are_attributes():
    pytest.importorskip("scipy")
    import leopard.compat.autograd.scipy as scipy

    assert elementwise_grad(scipy.special.j1)(0.0) == 0.5
    with pytest.raises(AttributeError, match="no attribute 'sparse'"):
        scipy.sparse  # noqa: B018


def of_list(rule):
    """A primitive of a list of numbers, as packages have them, with a rule that returns its gradient."""

    @primitive
    def weighted(xs, others):
        return 2.0 * xs[0] + 3.0 * xs[1]

    defvjp(weighted, lambda ans, xs, others: lambda g: rule(g))
    return weighted


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_the_gradient_of_a_list_may_be_any_sequence(kind):
    f = of_list(lambda g: kind([2.0 * g, 3.0 * g]))
    slopes = grad(lambda x, y: f([x, y], None) ** 2, (0, 1))(1.0, 2.0)
    np.testing.assert_allclose(slopes, [32.0, 48.0])
    with pytest.raises(TypeError, match="expected a list of 2"):
        grad(lambda x: of_list(lambda g: np.ones(3))([x, x], None))(1.0)


def test_a_jacobian_calls_the_rules_of_primitives_with_numbers():
    seen = []

    @primitive
    def shifted(x):
        return np.array([np.sin(x), np.cos(x)])

    def rule(ans, x):
        return lambda g: seen.append(type(g)) or np.dot(np.array([np.cos(x), -np.sin(x)]), np.asarray(g))

    defvjp(shifted, rule)
    np.testing.assert_allclose(
        jacobian(lambda x: 2.0 * shifted(x))(0.5), 2 * np.array([np.cos(0.5), -np.sin(0.5)])
    )
    assert seen == [np.ndarray] * 2
