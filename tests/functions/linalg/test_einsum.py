"""Einstein's sums over labels drawn at random, in both forms; large ones; the errors."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.einsum import einsum
from tests import laws
from tests.laws import same
from tests.matrices import drawn, slopes_at


def random_sum(seed):
    """Subscripts and arrays: labels that repeat, that stand alone, axes of length 1, ellipses."""
    rng = np.random.default_rng(seed)
    sizes = dict(zip("abcd", rng.integers(1, 4, 4), strict=True))
    batch = [int(n) for n in rng.integers(1, 4, 2)]
    dots = rng.random() < 0.4
    terms, shapes = [], []
    for _ in range(rng.integers(1, 4)):
        term = [str(i) for i in rng.choice(list("abcd"), rng.integers(0, 4))]
        shape = [int(sizes[i]) for i in term]
        for k, i in enumerate(term):
            if term.count(i) == 1 and rng.random() < 0.15:
                shape[k] = 1
        if dots and rng.random() < 0.8:
            place, n = rng.integers(len(term) + 1), rng.integers(3)
            broadcast = [k if rng.random() < 0.8 else 1 for k in batch[len(batch) - n :]]
            term, shape = [*term[:place], "...", *term[place:]], [*shape[:place], *broadcast, *shape[place:]]
        terms.append("".join(term))
        shapes.append(shape)
    subscripts = ",".join(terms)
    if rng.random() < 0.7:
        labels = [i for i in "abcd" if i in subscripts and rng.random() < 0.6]
        rng.shuffle(labels)
        if "..." in subscripts:
            labels.insert(rng.integers(len(labels) + 1), "...")
        subscripts += "->" + "".join(labels)
    complexes = rng.random() < 0.3
    return subscripts, [drawn(*s, dtype=complex if complexes else float, seed=seed) for s in shapes]


@pytest.mark.parametrize("seed", range(150))
def test_any_labels(seed):
    subscripts, arrays = random_sum(seed)
    optimize = [False, True, "greedy"][seed % 3]
    wanted = np.einsum(subscripts, *arrays, optimize=optimize)
    got = einsum(subscripts, *map(Variable, arrays), optimize=optimize)
    assert same(got.data, np.asarray(wanted)), subscripts
    slopes_at(lambda *xs: np.einsum(subscripts, *xs, optimize=optimize), *arrays, orders=[1, 2])


@pytest.mark.parametrize("seed", range(30))
def test_both_forms_are_one(seed):
    subscripts, arrays = random_sum(seed)
    left, arrow, right = subscripts.partition("->")

    def labels(term):
        return [Ellipsis if i == "." else "abcd".index(i) for i in term.replace("...", ".")]

    operands = [
        part for a, t in zip(arrays, left.split(","), strict=True) for part in (Variable(a), labels(t))
    ]
    got = np.einsum(*operands, *([labels(right)] if arrow else []))
    assert same(got.data, np.asarray(np.einsum(subscripts, *arrays)))
    laws.measure(got, [np.ones(got.shape)]).backward()
    xs = [Variable(a) for a in arrays]
    laws.measure(einsum(subscripts, *xs), [np.ones(got.shape)]).backward()
    for x, y in zip(operands[::2], xs, strict=True):
        np.testing.assert_array_equal(x.grad.data, y.grad.data)


@pytest.mark.parametrize("labels", [([0, 30], [30, 51]), ([26, 1], [1, 0]), ([25, 26], [26, 51])])
@pytest.mark.parametrize("optimize", [False, True])
def test_labels_of_the_second_form_are_in_numpys_order(labels, optimize):
    a, b = drawn(2, 3), drawn(3, 4)
    wanted = np.einsum(a, labels[0], b, labels[1], optimize=optimize)
    assert same(einsum(Variable(a), labels[0], b, labels[1], optimize=optimize).data, wanted)


def test_large_sums_have_the_gradients_of_products():
    a, b, c = drawn(30, 40), drawn(40, 50), drawn(50, 20)
    xs, ys = [*map(Variable, (a, b, c))], [*map(Variable, (a, b, c))]
    einsum("ij,jk,kl->il", *xs).sum().backward()
    (ys[0] @ ys[1] @ ys[2]).sum().backward()
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_allclose(x.grad.data, y.grad.data, rtol=1e-10, atol=1e-10)


def test_one_array_twice():
    a = drawn(3, 3)
    slopes_at(lambda x: einsum("ij,jk,ki", x, x, x), a)


def test_only_what_is_wanted_gets_a_gradient():
    x, y = Variable(drawn(2, 3)), drawn(3, 2)
    z = einsum("ij,jk", x, y)
    assert z.creator.wanted == (True, False)
    z.sum().backward()
    np.testing.assert_allclose(x.grad.data, np.tile(y.sum(1), (2, 1)))


@pytest.mark.parametrize(
    "operands",
    [
        ("ij,jk",),
        ("ij->k", np.ones((2, 2))),
        ("ij->ii", np.ones((2, 2))),
        ("ijk", np.ones((2, 2))),
        ("i-j", np.ones((2, 2))),
        ("ij,jk", np.ones((2, 3)), np.ones((2, 3))),
        ("ij,ij,ij", np.ones((2, 3)), np.ones((2, 3))),
        (np.ones((2, 3)), [0, 52]),
        (np.ones((2, 3)), [0, -1]),
        (),
    ],
    ids=str,
)
def test_labels_that_do_not_fit_are_an_error(operands):
    operands = [Variable(x) if isinstance(x, np.ndarray) else x for x in operands]
    with pytest.raises((ValueError, IndexError)):
        einsum(*operands)


def test_strange_keywords_are_an_error():
    x = Variable(np.ones((2, 2)))
    for options in [{"out": np.zeros(2)}, {"other": 1}]:
        with pytest.raises(TypeError, match=[*options][0]):
            np.einsum("ij->i", x, **options)
