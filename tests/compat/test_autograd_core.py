"""`leopard.compat.autograd.core`, the boxes and the small modules do what autograd's do."""

import importlib
import warnings
from collections import namedtuple

import numpy as np
import pytest

import leopard.compat.autograd.numpy as anp
from leopard import Variable
from leopard._core import of_function, of_ufunc, set_function, set_ufunc
from leopard.compat import autograd
from leopard.compat.autograd import builtins, core, extend, tracer, util, wrap_util
from leopard.compat.autograd.builtins import DictBox, ListBox, SequenceBox, TupleBox
from leopard.compat.autograd.misc.fixed_points import fixed_point
from leopard.compat.autograd.numpy import numpy_vjps, numpy_vspaces, numpy_wrapper
from leopard.compat.autograd.numpy.numpy_boxes import ArrayBox
from tests.compat.structures import assert_same

X = np.array([0.5, -1.0, 2.0])
Pair = namedtuple("Pair", "a b")


def in_both(module):
    """The modules of this name, autograd's and leopard's; the test is skipped without autograd."""
    return pytest.importorskip(f"autograd.{module}"), importlib.import_module(
        f"leopard.compat.autograd.{module}"
    )


# -- Products with the Jacobian --------------------------------------------------------------------


def test_make_vjp_and_make_jvp_take_the_point():
    theirs, ours = in_both("core")
    theirs_numpy, _ = in_both("numpy")
    for module, f in ((theirs, theirs_numpy.sin), (ours, np.sin)):
        vjp, value = module.make_vjp(lambda x, f=f: f(x) * 2, X)
        assert_same(value, np.sin(X) * 2)
        assert_same(vjp(X), 2 * np.cos(X) * X)
        assert_same(module.make_jvp(lambda x, f=f: f(x) * 2, X)(X), (np.sin(X) * 2, 2 * np.cos(X) * X))


def test_make_vjp_of_structures_and_of_constants():
    vjp, value = core.make_vjp(lambda d: [d["a"] * d["b"][0], d["a"]], {"a": 2.0, "b": (X,)})
    assert_same(value, [2 * X, 2.0])
    assert_same(vjp([np.ones(3), 10.0]), {"a": 11.5, "b": (np.full(3, 2.0),)})
    with warnings.catch_warnings(action="ignore"):
        assert_same(core.make_vjp(lambda x: 3.0, X)[0](1.0), np.zeros(3))


def test_operators_of_one_argument_become_operators_of_any():
    @wrap_util.unary_to_nary
    def scaled(fun, x, factor=1.0):
        """The scaled gradient."""
        return core.make_vjp(fun, x)[0](factor)

    def f(x, y, power=1):
        return np.sum(x * y**power)

    assert_same(scaled(f)(X, 2.0), np.full(3, 2.0))
    assert_same(scaled(f, 1, 10.0)(X, 2.0, power=2), 10 * np.sum(X) * 4.0)
    assert_same(scaled(f, (0, 1))(X, 2.0), (np.full(3, 2.0), 1.5))
    assert scaled(f, 1).__name__ == "scaled_of_f_wrt_argnum_1" and scaled.__doc__ == "The scaled gradient."
    with pytest.raises(AssertionError):
        scaled(f, "x")
    from leopard.compat.autograd import differential_operators

    assert differential_operators.unary_to_nary is wrap_util.unary_to_nary
    assert differential_operators._make_vjp is core.make_vjp
    assert differential_operators.vspace is core.vspace


# -- Vector spaces ---------------------------------------------------------------------------------

STRUCTURES = [
    2.0,
    np.float32(2.0),
    1 + 2j,
    X,
    np.ones((2, 1), np.float32),
    np.array([1.0, 2j]),
    [X, 1.0],
    (X, (1.0, [2.0])),
    {"a": X, "b": (np.ones((2, 2)), 1j), "c": [1.0, {"d": 2.0}]},
    np.linalg.slogdet(np.eye(2)),
]


@pytest.mark.parametrize("value", STRUCTURES, ids=str)
def test_vector_spaces_are_autograds(value):
    theirs, ours = in_both("core")
    importlib.import_module("autograd.numpy")
    a, b = ours.vspace(value), theirs.vspace(value)
    assert a.size == b.size and a.iscomplex == b.iscomplex
    assert_same(a.zeros(), b.zeros())
    assert_same(a.ones(), b.ones())
    basis, theirs_basis = list(a.standard_basis()), list(b.standard_basis())
    assert len(basis) == len(theirs_basis) == a.size
    for x, y in zip(basis, theirs_basis, strict=True):
        assert_same(x, y)
    x, y = a.randn(), a.randn()
    assert a == ours.vspace(value) == ours.vspace(x)
    for name in ("add", "inner_prod"):
        assert_same(getattr(a, name)(x, y), getattr(b, name)(x, y), rtol=1e-6)
    assert_same(a.scalar_mul(x, 3.0), b.scalar_mul(x, 3.0))
    assert_same(a.covector(x), b.covector(x))
    assert_same(a.mut_add(None, y), y)


def test_the_basis_is_orthonormal_and_sums_are_in_place():
    space = core.vspace({"a": X, "b": [1.0, 1j]})
    basis = list(space.standard_basis())
    products = [[space.inner_prod(x, y) for y in basis] for x in basis]
    np.testing.assert_array_equal(products, np.eye(space.size))
    total = space.zeros()
    kept = total["a"]
    for x in basis:
        total = space.mut_add(total, x)
    assert_same(total, space.ones())
    assert_same(kept, np.ones(3))


def test_vector_spaces_of_variables_and_of_the_programs_own_types():
    v = Variable(X)
    space = core.vspace(v)
    assert space == core.vspace(X) and type(space) is numpy_vspaces.ArrayVSpace
    assert hash(space) == hash(core.vspace(X)) and "shape" in repr(space) and space.ndim == 1
    assert type(core.vspace(X + 0j)) is numpy_vspaces.ComplexArrayVSpace
    assert isinstance(core.vspace(Pair(1.0, X)), builtins.NamedTupleVSpace)
    assert core.vspace([1.0]) != core.vspace((1.0,)) and core.vspace(X) != core.vspace(X[:2])
    np.sum(core.vspace(X).mut_add(v, v)).backward()
    assert_same(v.grad.data, np.full(3, 2.0))
    for value in ("text", None, 3):
        with pytest.raises(TypeError, match="Can't find vector space"):
            core.vspace(value)

    class Interval:
        pass

    class Mine(core.VSpace):
        pass

    Mine.register(Interval)
    try:
        assert type(core.vspace(Interval())) is Mine
        with pytest.raises(NotImplementedError, match="Mine does not state"):
            core.vspace(Interval()).zeros()
    finally:
        del core.VSpace.mappings[Interval]


# -- Boxes -----------------------------------------------------------------------------------------


def test_variables_are_boxes():
    seen = []

    def f(d):
        seen.extend([
            isinstance(d, DictBox), isinstance(d["x"], ArrayBox), isinstance(d["rest"], SequenceBox),
            isinstance(d["rest"], TupleBox), not isinstance(d["rest"], ListBox), not isinstance(d, ArrayBox),
            isinstance(d["x"], extend.Box), isinstance(d, tracer.Box), tracer.isbox(d["x"]),
        ])  # fmt: skip
        return d["x"] * d["rest"][0]

    autograd.grad(f)({"x": 2.0, "rest": (3.0,)})
    assert all(seen) and len(seen) == 9
    assert (
        not isinstance({"x": 2.0}, DictBox)
        and not isinstance(X, ArrayBox)
        and not isinstance(2.0, tracer.Box)
    )
    assert issubclass(Variable, ArrayBox) and not issubclass(np.ndarray, ArrayBox)


def test_the_value_of_a_box():
    v = Variable(X)
    assert type(v._value) is np.ndarray and np.array_equal(v._value, X)
    assert type(Variable(np.array(2.0))._value) is np.float64
    assert tracer.getval(v[0]) == 0.5 and isinstance(tracer.getval(v[0]), float)


def test_types_are_registered_and_methods_are_given():
    class Units(np.ndarray):
        pass

    ArrayBox.register(Units)
    assert extend.Box.type_mappings[Units] is ArrayBox
    assert ArrayBox.reshape is Variable.reshape
    kinds = extend.Box.type_mappings
    assert kinds[np.ndarray] is kinds[np.float32] is kinds[complex] is ArrayBox and np.int64 not in kinds
    assert kinds[list] is SequenceBox and kinds[dict] is DictBox
    kind = type(Variable(X))
    assert kind == ArrayBox and kind in (DictBox, ArrayBox) and kinds[kind] is ArrayBox
    assert kind != DictBox and ArrayBox != DictBox and np.ndarray != ArrayBox and tracer.Box != ArrayBox

    class MyBox(extend.Box):
        pass

    assert not isinstance(Variable(X), MyBox) and not isinstance(3, MyBox)
    with pytest.raises(AttributeError, match="DictBox"):
        DictBox.no_such_name  # noqa: B018
    reshape = Variable.reshape
    ArrayBox.reshape = None
    assert Variable.reshape is reshape
    ArrayBox.doubled = lambda self: 2 * self
    assert_same(autograd.grad(lambda x: np.sum(x.doubled()))(X), np.full(3, 2.0))


# -- Primitives ------------------------------------------------------------------------------------


def test_jvps_of_all_arguments_at_once():
    f = extend.primitive(lambda x, y, z: x * y + z)
    seen = []

    def rule(argnums, gs, ans, args, kwargs):
        seen.append(argnums)
        of = dict(zip(argnums, gs, strict=True))
        return of.get(0, 0) * args[1] + of.get(1, 0) * args[0] + of.get(2, 0)

    extend.defjvp_argnums(f, rule)
    assert autograd.make_jvp(f, (0, 1))(2.0, 3.0, 4.0)((1.0, 1.0)) == (10.0, 5.0)
    assert autograd.make_jvp(f, 2)(2.0, 3.0, 4.0)(1.0) == (10.0, 1.0)
    assert seen == [(0, 1), (2,)]
    assert autograd.grad(f, (0, 1, 2))(2.0, 3.0, 4.0) == (3.0, 2.0, 1.0)


def test_jvps_of_structures_add_up():
    f = extend.primitive(lambda x, y: (x * y, [x + y]))
    extend.defjvp(f, lambda g, ans, x, y: (g * y, [g]), lambda g, ans, x, y: (x * g, [g]))
    assert_same(autograd.make_jvp(f, (0, 1))(2.0, 3.0)((1.0, 10.0))[1], (23.0, [11.0]))
    constant = extend.primitive(lambda x, y: x * 1.0)
    extend.defjvp(constant, lambda g, ans, x, y: g, None)
    assert autograd.make_jvp(constant, (0, 1))(2.0, 3.0)((1.0, 10.0))[1] == 1.0
    assert autograd.make_jvp(constant, 1)(2.0, 3.0)(10.0)[1] == 0.0


def test_a_rule_for_a_function_that_is_no_primitive_changes_nothing():
    def square(x):
        return x**2

    extend.defvjp(square, lambda ans, x: lambda g: 100 * g)
    extend.defjvp(square, lambda g, ans, x: 100 * g)
    extend.def_linear(square)
    assert autograd.grad(square)(3.0) == 6.0


def test_a_rule_for_a_ufunc_is_one_for_its_calls():
    before = of_ufunc(np.maximum)
    try:
        extend.defjvp(np.maximum, lambda g, ans, x, y: 100 * g, None)
        assert autograd.grad(lambda x: np.maximum(x, 0.0))(3.0) == 1.0
        extend.defvjp(anp.maximum, lambda ans, x, y: lambda g: 100 * g, lambda ans, x, y: lambda g: 0 * g)
        assert autograd.grad(lambda x: np.maximum(x, 0.0))(3.0) == 100.0
        assert autograd.grad(autograd.grad(lambda x: np.maximum(x * x, 0.0)))(3.0) == 200.0
    finally:
        set_ufunc(np.maximum, before)
        extend._of_others.pop(np.maximum)
    assert autograd.grad(lambda x: np.maximum(x, 0.0))(3.0) == 1.0


def test_a_rule_for_a_function_of_numpys_is_one_for_its_calls():
    before = of_function(np.linalg.norm)
    try:
        extend.defvjp(np.linalg.norm, lambda ans, x: lambda g: 100 * g * x)
        assert_same(autograd.grad(np.linalg.norm)(X), 100 * X)
        assert np.linalg.norm(X) == np.sqrt(5.25)
    finally:
        set_function(np.linalg.norm, before)
        extend._of_others.pop(np.linalg.norm)
    assert_same(autograd.grad(np.linalg.norm)(X), X / np.sqrt(5.25))


def test_primitives_that_are_not_traced():
    f = extend.primitive(lambda x: x**2)
    extend.register_notrace(None, f)
    assert autograd.grad(lambda x: x * f(x))(3.0) == 9.0


def test_sparse_gradients():
    take = extend.primitive(lambda A, idx: A[idx])
    extend.defvjp(take, lambda ans, A, idx: lambda g: numpy_vjps.untake(g, idx, core.vspace(A)))
    assert_same(autograd.grad(lambda x: take(x, 1) ** 2)(X), np.array([0.0, -2.0, 0.0]))
    assert_same(autograd.grad(lambda x: np.sum(take(x, [0, 0, 2]) ** 2))(X), np.array([2.0, 0.0, 4.0]))
    hessian = autograd.hessian(lambda x: take(x, 1) ** 3)(X)
    assert_same(hessian, np.diag([0.0, -6.0, 0.0]))
    assert core.vspace(extend.SparseObject(core.vspace(X), None)) == core.vspace(X)


def test_the_methods_of_older_versions():
    f = core.primitive(lambda x, y, z: x * y * z)
    with pytest.warns(UserWarning, match="defvjp method is deprecated"):
        f.defvjp(lambda g, ans, vs, gvs, x, y, z: g * ans / x)
    with pytest.warns(UserWarning, match="defgrad"):
        f.defgrad(lambda ans, x, y, z: lambda g: g * ans / y, argnum=1)
    with pytest.warns(UserWarning, match="defvjp_is_zero"):
        f.defvjp_is_zero((2,))
    assert autograd.grad(f, (0, 1, 2))(2.0, 3.0, 4.0) == (12.0, 8.0, 0.0)


# -- Small modules ---------------------------------------------------------------------------------


def test_tuples_with_entries_replaced():
    assert util.subvals((1, 2, 3), [(0, "a"), (-1, "b")]) == ("a", 2, "b")
    assert builtins.sequence_extend_right((1,), 2) == (1, 2) == builtins.sequence_extend_left((2,), 1)
    assert builtins.make_sequence(list, 1, 2) == [1, 2] and builtins.container_take({"a": 3}, "a") == 3
    assert util.subval([1, 2], 1, "a") == (1, "a") and util.func(len) is len


def test_nodes_come_after_those_they_lead_to():
    parents = {"end": ["a", "b"], "a": ["c", "b"], "b": ["c"], "c": [], "other": []}
    assert list(util.toposort("end", parents.get)) == ["end", "a", "b", "c"]


def test_names_are_given():
    assert wrap_util.wraps(np.sin, "my_{fun}", "{doc}")(lambda x: x).__name__ == "my_sin"
    assert wrap_util.wraps(np.sin)(len) is len and wrap_util.get_name(3) == "[unknown name]"
    assert wrap_util.get_doc(util.func) == util.func.__doc__


def test_gradients_are_summed_to_what_was_broadcast():
    theirs, ours = in_both("numpy.numpy_vjps")
    g = np.arange(24.0).reshape(2, 3, 4)
    for target in (np.ones((3, 4)), np.ones((3, 1)), np.ones((2, 1, 4)), 1.0, np.ones((1, 1, 1))):
        for f in (lambda g: g, lambda g: g * (1 + 1j)):
            assert_same(ours.unbroadcast_f(target, f)(g), theirs.unbroadcast_f(target, f)(g))
    for index, shape in ((1, (2, 4)), (-1, (2, 3))):
        meta = ours.metadata(np.ones(shape))
        assert_same(ours.unbroadcast(g, meta, index), theirs.unbroadcast(g, meta, index))
    for subscript in ([0, 1], [Ellipsis, 0], [0, Ellipsis], [0, Ellipsis, 1]):
        shape = (2, 3, 4) if Ellipsis not in subscript else (2, 4) if len(subscript) == 3 else (2,)
        meta = ours.metadata(np.ones(shape))
        if subscript == [Ellipsis, 0]:
            meta = ours.metadata(np.ones(4))
        assert_same(
            ours.unbroadcast_einsum(g, meta, subscript), theirs.unbroadcast_einsum(g, meta, subscript)
        )
    v = Variable(g)
    np.sum(numpy_vjps.unbroadcast_f(np.ones(4), lambda g: g * g)(v)).backward()
    assert_same(v.grad.data, 2 * g)


def test_tangents_are_broadcast():
    theirs, ours = in_both("numpy.numpy_jvps")
    for x, target in ((X, np.ones((2, 3))), (X[:, None], np.ones((3, 2), complex)), (1.0, X), (X, X)):
        assert_same(ours.broadcast(x, target), theirs.broadcast(x, target))


def test_gradients_are_repeated_to_what_was_reduced():
    theirs, ours = in_both("numpy.numpy_vjps")
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in (None, 0, -1, (0, 2), (1,)):
        for keepdims in (False, True):
            g = np.sum(x, axis=axis, keepdims=keepdims)
            args = (g, x.shape, x.dtype, axis, keepdims)
            assert_same(ours.repeat_to_match_shape(*args), theirs.repeat_to_match_shape(*args))
    assert ours.repeat_to_match_shape(2.0, (), float, None, False) == (2.0, 1)


def test_other_parts_of_rules():
    theirs, ours = in_both("numpy.numpy_vjps")
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])
    assert_same(ours.balanced_eq(x, np.maximum(x, y), y), theirs.balanced_eq(x, np.maximum(x, y), y))
    assert_same(ours.replace_zero(np.array([0.0, 2.0]), 7.0), np.array([7.0, 2.0]))
    assert_same(
        autograd.grad(lambda x: np.sum(numpy_vjps.replace_zero(x, 7.0)))(X * [1, 0, 1]), np.array([1.0, 0, 1])
    )
    assert_same(ours.match_complex(1j, 2.0), 2.0 + 0j)
    assert_same(ours.match_complex(1.0, 2.0 + 1j), theirs.match_complex(1.0, 2.0 + 1j))
    assert ours.match_complex(1.0, 2.0) == 2.0
    grid = np.arange(6.0).reshape(2, 3)
    assert_same(ours.reverse_axis(grid, 1), theirs.reverse_axis(grid, 1))
    assert_same(ours.unpermuter(x, np.array([2, 0, 1])), theirs.unpermuter(x, np.array([2, 0, 1])))


def test_a_namespace_is_wrapped():
    def mine(x):
        return x**2

    old = {
        "sin": np.sin, "sum": np.sum, "mine": mine, "same": mine, "pi": np.pi, "newaxis": None,
        "float64": np.float64, "int64": np.int64, "module": np, "array_of": X, "spacing": np.spacing,
    }  # fmt: skip
    new = {}
    numpy_wrapper.wrap_namespace(old, new)
    assert set(new) == {"sin", "sum", "mine", "same", "pi", "newaxis", "float64", "int64", "spacing"}
    assert new["sin"] is np.sin and new["sum"] is np.sum and new["mine"] is new["same"] is not mine
    assert new["pi"] == np.pi and new["newaxis"] is None and new["mine"](3.0) == 9.0
    with pytest.raises(NotImplementedError, match="VJP of primitive mine not defined"):
        autograd.grad(new["mine"])(3.0)
    extend.defvjp(new["mine"], lambda ans, x: lambda g: 2 * x * g)
    assert autograd.grad(new["mine"])(3.0) == 6.0


def test_the_namespace_has_its_inner_functions():
    theirs, ours = in_both("numpy.numpy_wrapper")
    assert ours.sin is np.sin and ours.metadata(Variable(X)) == theirs.metadata(X)
    assert ours.parse_einsum_input("ij,j", np.eye(2), np.ones(2))[:2] == ("ij,j", "i")
    assert_same(ours.concatenate_args(0, X, X), theirs.concatenate_args(0, X, X))
    assert_same(ours.array_from_args((), {}, 1.0, 2.0), theirs.array_from_args((), {}, 1.0, 2.0))
    v = Variable(X)
    objects = np.empty((1, 2), object)
    objects[0, 0], objects[0, 1] = v[0], 1.0
    found = ours.wrap_if_boxes_inside(objects)
    assert isinstance(found, Variable) and found.shape == (1, 2)
    assert ours.wrap_if_boxes_inside(X) is X


def test_fixed_points():
    theirs, _ = in_both("misc.fixed_points")
    theirs_grad = importlib.import_module("autograd").grad

    def newton(a):
        return lambda x: 0.5 * (x + a / x)

    def distance(x, y):
        return abs(x - y)

    def root(found):
        return lambda a, x0: found(newton, a, x0, distance, 1e-12)

    for k in (0, 1):
        expected = theirs_grad(root(theirs.fixed_point), k)(2.0, 1.0)
        np.testing.assert_allclose(
            autograd.grad(root(fixed_point), k)(2.0, 1.0), expected, rtol=1e-9, atol=1e-12
        )
    np.testing.assert_allclose(autograd.grad(autograd.grad(root(fixed_point)))(2.0, 1.0), -0.25 * 2.0**-1.5)

    def contraction(a):
        return lambda x: {"u": 0.5 * np.sin(x["w"]) + a["p"], "w": 0.2 * x["u"] * a["q"]}

    def solved(a):
        start = {"u": 0.0, "w": np.zeros(2)}
        far = lambda x, y: np.max(np.abs(x["w"] - y["w"]))  # noqa: E731
        return np.sum(fixed_point(contraction, a, start | {"u": np.zeros(2)}, far, 1e-12)["u"])

    from leopard.testing import check_grads

    check_grads(solved, ({"p": np.array([0.3, 0.4]), "q": 1.5},), order=1, modes=("rev",))


def test_the_programs_own_optimizer_is_one_of_structures():
    _, ours = in_both("misc.optimizers")
    theirs, _ = in_both("misc.optimizers")

    def steps(grad, x, callback, n=3):
        for i in range(n):
            g = grad(x, i)
            if callback:
                callback(x, i, g)
            x = x - 0.1 * g
        return x

    start = {"a": X, "b": 2.0}
    slopes = lambda s, i: {"a": 2 * s["a"], "b": s["b"] + i}  # noqa: E731
    seen = ([], [])
    found = [
        m.unflatten_optimizer(steps)(slopes, start, lambda x, i, g, k=k: seen[k].append((x, g)), n=2)
        for k, m in enumerate((ours, theirs))
    ]
    assert_same(found[0], found[1])
    assert_same(seen[0], seen[1])
    assert_same(
        ours.unflatten_optimizer(steps)(slopes, start), theirs.unflatten_optimizer(steps)(slopes, start)
    )


def test_the_old_check_of_a_gradient():
    with pytest.warns(UserWarning, match="deprecated"):
        util.quick_grad_check(lambda x, y: np.sum(np.sin(x) * y), X, (2.0,))
