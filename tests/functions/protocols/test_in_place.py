"""NumPy's functions that change their first argument, and ``out=``."""

import numpy as np
import pytest

import leopard
from leopard import Variable
from tests import processes

A = np.arange(6.0).reshape(2, 3) / 4 - 0.6
V = np.array([0.3, -0.7])

CALLS = {
    "copyto": lambda x, v: np.copyto(x, v[0]),
    "copyto where": lambda x, v: np.copyto(x, x[::-1] * v[1], where=np.array([True, False, True])),
    "put": lambda x, v: np.put(x, [0, 5, -2], v),
    "put wrap": lambda x, v: np.put(x, [7, -8], v, mode="wrap"),
    "put clip": lambda x, v: x.put([70, 1], v, mode="clip"),
    "place": lambda x, v: np.place(x, x > -0.2, v),
    "putmask": lambda x, v: np.putmask(x, x > -0.2, v),
    "put_along_axis": lambda x, v: np.put_along_axis(x, np.array([[0], [2]]), v.reshape(2, 1), 1),
    "fill_diagonal": lambda x, v: np.fill_diagonal(x, v),
    "fill": lambda x, v: x.fill(v[0] * 2),
    "sort": lambda x, v: (x.__imul__(v[1]), x.sort(axis=0)),
    "partition": lambda x, v: (x.__imul__(v[1]), x.partition(1)),
    "add.at": lambda x, v: np.add.at(x, ([0, 0], [1, 1]), v),
    "add.at of one for all": lambda x, v: np.add.at(x, (slice(None), 0), v[0]),
    "add.at of more axes": lambda x, v: np.add.at(x, (slice(None), 0), v.reshape(1, 2)),
    "add.at of an axis of length 1": lambda x, v: np.add.at(x, ([0, 0], slice(1, 3)), v.reshape(2, 1)),
    "subtract.at": lambda x, v: np.subtract.at(x, 1, v[0]),
    "multiply.at": lambda x, v: np.multiply.at(x, ([0, 1, 0, 0], [1, 2, 1, 0]), np.concatenate([v, v])),
    "maximum.at": lambda x, v: np.maximum.at(x, ([0, 1], [1, 2]), v),
    "negative.at": lambda x, v: np.negative.at(x, ([0, 0, 1], [0, 0, 1])),
    "exp.at": lambda x, v: np.exp.at(x, ([0, 0, 1], [0, 0, 1])),
    "out": lambda x, v: np.multiply(x, v[0], out=x),
    "out of arrays": lambda x, v: np.add(A, 1.0, out=x),
    "out where": lambda x, v: np.exp(x, out=x, where=np.array([True, False, True])),
    "out of a reduction": lambda x, v: np.sum(x * v[0], axis=0, out=x[1]),
    "out of a method": lambda x, v: np.add.reduce(x, axis=0, out=x[0]),
    "out of accumulate": lambda x, v: np.multiply.accumulate(x, axis=1, out=x),
    "two outs": lambda x, v: np.divmod(x[0] * v[0], 0.21, out=(x[0], x[1])),
    "clip out": lambda x, v: np.clip(x * v[1], -0.2, 0.3, out=x),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_are_numpys_and_slopes_are_those_of_complex_steps(name):
    change = CALLS[name]
    plain = A.copy()
    change(plain, V.copy())
    x, v = Variable(A.copy()), Variable(V.copy())
    y = x * 1.0
    held = y
    change(y, v)
    np.testing.assert_array_equal(held.data, plain)
    weight = np.cos(np.arange(6.0)).reshape(2, 3)
    (np.sin(y) * weight).sum().backward()
    rng = np.random.default_rng(0)
    dx, dv = rng.normal(size=A.shape), rng.normal(size=V.shape)
    h, total = 1e-6, []
    for s in (1, -1):
        moved, by = A + s * h * dx, V + s * h * dv
        change(moved, by)
        total.append((np.sin(moved) * weight).sum())
    got = sum((g.grad.data * d).sum() for g, d in ((x, dx), (v, dv)) if g.grad is not None)
    np.testing.assert_allclose(got, (total[0] - total[1]) / (2 * h), rtol=1e-7, atol=1e-8)


def test_into_an_ndarray_is_an_error_that_names_the_way_out():
    v = Variable(np.ones(2))
    for change in (
        lambda a: np.copyto(a, v),
        lambda a: np.put(a, [0, 1], v),
        lambda a: np.putmask(a, [True, True], v),
        lambda a: np.place(a, [True, True], v),
        lambda a: np.add.at(a, [0, 1], v),
        lambda a: np.add(v, 1.0, out=a),
        lambda a: np.fill_diagonal(a.reshape(1, 2), v),
    ):
        a = np.zeros(2)
        with pytest.raises(TypeError, match="would lose the gradient"):
            change(a)
        assert not a.any()


def test_an_out_of_another_shape_or_kind_is_refused_as_by_numpy():
    x = Variable(np.zeros(2))
    with pytest.raises(ValueError, match="non-broadcastable output operand"):
        np.add(np.ones((2, 2)), Variable(np.ones(2)), out=x)
    with pytest.raises(TypeError, match="Cannot cast"):
        np.exp(Variable(np.ones(2) + 1j), out=x)
    assert np.add(x, 1.0, out=x) is x


OPERANDS = [
    ((slice(None), 0), (1, 3)),
    ((slice(None), 0), (1, 1, 1)),
    ((slice(None), 0), (1,)),
    ((slice(None), [0, 0, 1]), (1, 1, 3)),
    ((slice(None), [0, 0, 1]), (3, 1)),
    (([0, 0], slice(1, 3)), (1, 1, 2)),
    (0, (1, 4)),
    ((0, 1), (1,)),
    (Ellipsis, ()),
    (slice(0, 0), (1, 1, 4)),
    ((slice(None), [0], None), (1, 1, 1, 1)),
]


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.maximum], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("index", "shape"), OPERANDS, ids=str)
def test_an_operand_that_broadcasts_is_added_at_each_and_gets_the_sum(ufunc, index, shape, rng):
    a, b, weights = rng.standard_normal((3, 4)), rng.standard_normal(shape), rng.standard_normal((3, 4))
    places = np.arange(a.size).reshape(a.shape)[index]
    each = np.broadcast_to(b.reshape(b.shape[max(b.ndim - places.ndim, 0) :]), places.shape)

    def by_hand(a, each):
        wanted = a.copy().reshape(-1)
        for place, number in zip(places.ravel(), each.ravel(), strict=True):
            wanted[place] = ufunc(wanted[place], number)
        return wanted.reshape(a.shape)

    def f(b):
        y = Variable(a) * 1.0
        ufunc.at(y, index, b)
        return y

    assert np.array_equal(f(b).data, by_hand(a, each))
    gradient = leopard.grad(lambda b: np.sum(weights * f(b)))(b)
    assert gradient.shape == b.shape
    step = 1e-6
    for i in np.ndindex(b.shape):
        moved = [b.copy(), b.copy()]
        moved[0][i] += step
        moved[1][i] -= step
        up, down = [np.sum(weights * f(m).data) for m in moved]
        assert gradient[i] == pytest.approx((up - down) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply])
def test_an_operand_with_more_axes_than_the_elements_is_refused_before_numpy_writes_anywhere(ufunc):
    for index, shape in [
        ((slice(None), 0), (2, 3)),
        ((slice(None), 0), (5, 1, 3)),
        ([0, 1], (2, 2, 4)),
        (0, (2, 4)),
    ]:
        with pytest.raises(ValueError, match="does not broadcast to elements of shape"):
            ufunc.at(Variable(np.zeros((3, 4))), index, np.ones(shape))


def test_an_element_that_is_assigned_twice_gives_the_lost_value_0_not_0_times_the_gradient():
    v = Variable(np.array([1.0, 2.0]))
    y = Variable(np.zeros(2)) * 1.0
    y[[0, 0]] = v
    y.grad = np.array([np.inf, 1.0])
    y.backward()
    np.testing.assert_array_equal(v.grad.data, [0.0, np.inf])


def test_at_a_place_that_the_value_does_not_fit_is_an_error_and_no_crash():
    """NumPy's own `add.at` reads what is no shape, where the value has more axes than the place."""
    assert processes.run(
        """
        import numpy as np
        from leopard import Variable

        z = np.arange(6.0).reshape(3, 2)
        places = [(slice(None), 0), 0, (0, 0), [], ([0, 0],), ([0, 1], [1, 1]), z > 9, z > 2, slice(0), ...]
        shapes = [(), (1,), (2,), (3,), (1, 2), (3, 2), (4, 3), (0,), (0, 2), (4, 3, 2), (2, 1, 1), (1, 1, 3)]
        done = 0
        for place in places:
            for shape in shapes:
                numbers = np.arange(6).reshape(3, 2)[place]
                more = max(len(shape) - numbers.ndim, 0)
                try:
                    np.broadcast_to(np.ones(shape[more:]), numbers.shape)
                    fits = all(n == 1 for n in shape[:more])
                except ValueError:
                    fits = False
                wanted = z + np.bincount(numbers.ravel(), minlength=6).reshape(3, 2)
                for kind in (np.add, np.subtract, np.multiply):
                    for n in range(20):
                        x, y = Variable(z), Variable(np.ones(shape))
                        moved = x * 1
                        try:
                            kind.at(moved, place, y)
                            moved.sum().backward()
                        except ValueError:
                            assert not fits, (kind, place, shape)
                        else:
                            assert fits, (kind, place, shape)
                            assert kind is not np.add or (moved.data == wanted).all(), (place, shape)
                            assert numbers.size == 0 or y.grad.shape == y.shape
                            done += 1
        print(done)
        """
    ) != ["0"]
