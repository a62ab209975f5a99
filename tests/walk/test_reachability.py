"""What a graph reaches, gradients that go nowhere else, and the marks that transforms leave on Variables."""

import numpy as np
import pytest

from leopard import Function, Variable, _core, custom_vjp
from leopard._core import gradients, narrow_gradients, reaches_others


def leaf(x=2.0):
    return Variable(np.array(x))


def test_a_leaf_with_a_reference_counts_as_another():
    x, w = leaf(), leaf()
    assert reaches_others([x * w], [x])
    assert reaches_others([np.sin(x) + w], [x])
    assert not reaches_others([x * x], [x])
    assert not reaches_others([x * leaf()], [x])
    assert not reaches_others([x * 3.0, x + np.ones(2)], [x])
    assert not reaches_others([], [])
    assert not reaches_others([x], [x])
    assert reaches_others([w], [x])


def test_leaves_behind_an_input_do_not_count():
    w = leaf()
    x = w * 2.0
    assert not reaches_others([np.sin(x)], [x])
    assert reaches_others([np.sin(x) * w], [x])


def test_gradients_are_the_same():
    x, w = leaf(), leaf()
    for y in (x * w, x * x, np.sin(x) + w, x * leaf()):
        assert gradients([y], [1.0], [x])[1] == reaches_others([y], [x])


def test_a_requested_input_counts_though_its_leaf_is_not_referenced():
    x, v = leaf(), leaf() * 1.0
    assert not reaches_others([x * v], [x])
    _core.mark_active_input(v)
    assert reaches_others([x * v], [x])
    assert gradients([x * v], [1.0], [x])[1]
    _core.mark_closed_inputs([v])
    assert not reaches_others([x * v], [x])


def test_a_closed_input_does_not_count():
    x, w = leaf(), leaf()
    _core.mark_closed_inputs([w])
    assert not reaches_others([x * w], [x])
    assert not gradients([x * w], [1.0], [x])[1]
    (g,), _ = gradients([x * w], [1.0], [w])
    assert g.data == 2.0


def test_a_narrow_walk_runs_no_rule_off_its_way():
    class Loud(Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            raise AssertionError

    x, w = leaf(), leaf()
    y = x * Loud()(w)
    (g,) = narrow_gradients([y], [leaf(1.0)], [x])
    assert g.data == 4.0
    with pytest.raises(AssertionError):
        gradients([y], [1.0], [x])


def test_a_narrow_walk_is_recorded_where_it_is_to_be():
    x, w = leaf(), leaf(3.0)
    (g,) = narrow_gradients([x * x * w], [_core.constant(np.array(1.0))], [x], True)
    (gg,), _ = gradients([g], [1.0], [w])
    assert (g.data, gg.data) == (12.0, 4.0)


def test_a_constant_takes_no_gradient_and_shares_its_array():
    a = np.ones(2)
    c = _core.constant(a)
    assert c.data is a
    assert (c * 2.0).creator is None
    x = leaf()
    assert (x * c).creator.wanted == (True, False)


def test_a_leaf_is_made_of_a_float_or_an_array():
    a = np.ones(2)
    assert _core.leaf(a).data is a
    x = _core.leaf(2.0)
    y = x * x
    y.backward()
    assert x.grad.data == 4.0 and x.dtype == float and x.shape == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda: reaches_others([None], []),
        lambda: reaches_others([], [None]),
        lambda: reaches_others(None, []),
        lambda: narrow_gradients([None], [None], []),
        lambda: narrow_gradients([leaf()], [None], []),
        lambda: narrow_gradients([leaf()], [1.0], []),
        lambda: _core.mark_active_input(None),
        lambda: _core.mark_closed_inputs([None]),
        lambda: _core.mark_closed_inputs(None),
        lambda: _core.mark_closed_inputs([1.0]),
        lambda: _core.leaf(None).data.shape,
        lambda: _core.leaf(2),
        lambda: _core.constant("text"),
        lambda: _core.constant([1.0]),
    ],
)
def test_what_is_no_variable_is_refused(call):
    with pytest.raises((TypeError, AttributeError)):
        call()


def test_cotangents_of_a_narrow_walk_fit_their_outputs():
    x = leaf()
    with pytest.raises(ValueError, match="0 cotangents for 1 outputs"):
        narrow_gradients([x * x], [], [x])
    with pytest.raises(ValueError, match=r"a cotangent is float64 \(2,\), its output float64 \(\)"):
        narrow_gradients([x * x], [leaf(np.ones(2))], [x])


def test_an_empty_constant_is_refused_or_empty():
    c = _core.constant(None)
    assert repr(c) == "variable(None)"


def test_a_rule_in_the_walk_may_look_what_it_reaches():
    f = custom_vjp(lambda x: x)
    seen = []

    def bwd(kept, g):
        x, w = leaf(), leaf()
        seen.append(reaches_others([x * w], [x]))
        return (g,)

    f.defvjp(lambda x: (x, None), bwd)
    x = leaf()
    y = f(x) * f(x)
    y.backward()
    assert seen == [True, True] and x.grad.data == 4.0
