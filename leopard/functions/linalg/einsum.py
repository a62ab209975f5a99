"""Einstein sums: products of any number of arrays, summed over the labels that the result does not have."""

from functools import lru_cache
from math import prod
from operator import index

import numpy as np

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements

__all__ = ["einsum"]

#: The letters for the labels 0, 1, ...
LETTERS = "".join(chr(first + i) for first in b"Aa" for i in range(26))

#: Up to this many products the arrays are multiplied together; for more, NumPy searches for a better order.
FEW = 1 << 14


def einsum_of_arrays(subscripts, *xs, **keywords):
    """`numpy.einsum` of ndarrays, also where one has no elements.

    (There NumPy's own writes behind the end of the result.) NumPy is then given other arrays, with small
    lengths that differ where the true ones do, to find the shape and dtype of the result, which consists of
    zeros.
    """
    if all(x.size for x in xs):
        return np.einsum(subscripts, *xs, **keywords)
    true = [0, 1, *sorted({n for x in xs for n in x.shape} - {0, 1})]
    small = {n: i for i, n in enumerate(true)} | {0: len(true)}  # 1 remains 1, which broadcasts
    try:
        y = np.einsum(subscripts, *[np.zeros([small[n] for n in x.shape], x.dtype) for x in xs], **keywords)
    except ValueError as error:
        shapes = ", ".join([str(x.shape) for x in xs])
        raise ValueError(f"einsum: {subscripts!r} does not fit arrays of the shapes {shapes}") from error
    shape = [0 if n == len(true) else true[n] for n in y.shape]
    return np.zeros(shape, y.dtype, "C" if y.flags.c_contiguous else "F")


class Einsum(Primitive):
    n_inputs = -1
    options = ("subscripts", "keywords")
    takes_arrays = True
    multilinear = True

    def forward(self, *xs):
        return einsum_of_arrays(self.subscripts, *xs, **self.keywords)

    def backward(self, gy):
        plans = _plans(self.subscripts, tuple([x.shape for x in self.inputs]))
        return tuple(
            [self.gradient(plans[k], k, gy) if wanted else None for k, wanted in enumerate(self.wanted)]
        )

    def gradient(self, plan, k, gy):
        """The gradient of input k: the sum with gy in the place of this array, whose labels the result has.

        Along a label that no other term has the gradient is constant; for a label that occurs twice on the
        array it is on the diagonal.
        """
        others = [x.conj() if x.dtype.kind == "c" else x for j, x in enumerate(self.inputs) if j != k]
        if plan.product:
            return gy * others[0]
        if plan.matrices is not None:
            gx = plan.matrices(gy, others[0])
        else:
            made = einsum if any(isinstance(x, Variable) for x in (gy, *others)) else einsum_of_arrays
            gx = made(plan.subscripts, gy, *others, optimize=plan.many)
        if gx.shape != plan.shape:
            gx = gx.reshape(plan.shape)
        if plan.shape != plan.whole:
            gx = np.broadcast_to(gx, plan.whole)
        if plan.diagonal is not None:
            gx = Spread.operation(gx, plan.diagonal, self.inputs[k].shape)
        return gx


class _Plan:
    """How the gradient of one array of an Einstein sum is computed.

    Attributes
    ----------
    subscripts : str
        Of gy and the other arrays.
    shape, whole : tuple of int
        The shape of that sum, with ones for the labels that it lacks; and when it is broadcast to all labels.
    diagonal : str or None
        The labels of an array that has one of them twice, and those that are different.
    many : bool
        Are there so many products that an order of summation is looked for?
    product : bool
        Is it the product, element by element, of gy and one other array?
    matrices : _Matrices or None
        The same sum as a product of matrices, where there are many products.
    """

    def __init__(self, k, terms, result, shapes, sizes):
        others = [j for j in range(len(terms)) if j != k]
        lengths = dict(zip(terms[k], shapes[k], strict=True))
        known = {*result, *_flat([terms[j] for j in others])}
        kept = "".join([i for i in lengths if i in known and lengths[i] == sizes[i]])
        self.subscripts = ",".join([result, *[terms[j] for j in others]]) + "->" + kept
        made = {
            *result,
            *[i for j in others for i, n in zip(terms[j], shapes[j], strict=True) if n == sizes[i]],
        }
        self.shape = tuple([n if i in kept and i in made else 1 for i, n in lengths.items()])
        self.whole = tuple(lengths.values())
        self.diagonal = f"{terms[k]}->{''.join(lengths)}" if len(lengths) < len(terms[k]) else None
        self.many = prod(sizes.values()) > FEW
        self.product, self.matrices = False, None
        if len(others) == 1:
            (j,) = others
            full = all(n == sizes[i] for i, n in zip(terms[j], shapes[j], strict=True))
            self.product = full and result == terms[j] == terms[k] == kept and len(set(kept)) == len(kept)
            if self.many and full and all(sizes.values()):
                self.matrices = _matrices(result, terms[j], kept, sizes)


@lru_cache(maxsize=1024)
def _plans(subscripts, shapes):
    """A `_Plan` for each array of an Einstein sum of arrays of these shapes."""
    terms, result = labels_of(subscripts, list(map(len, shapes)))
    letters = dict(zip(dict.fromkeys(_flat(terms)), LETTERS, strict=False))
    terms = ["".join([letters[i] for i in term]) for term in terms]
    result = "".join([letters[i] for i in result])
    sizes = {}
    for term, shape in zip(terms, shapes, strict=True):
        for i, n in zip(term, shape, strict=True):
            sizes[i] = n if sizes.get(i, 1) == 1 else sizes[i]
    return [_Plan(k, terms, result, shapes, sizes) for k in range(len(terms))]


class _Matrices:
    """An Einstein sum of two arrays as a product of stacks of matrices.

    Parameters
    ----------
    first, second : tuple of (tuple of int, tuple of int)
        For each array the order of its axes, and then its shape, as matrices.
    shape, order : tuple of int
        The shape of the result, and then the order of its axes.
    """

    def __init__(self, first, second, shape, order):
        self.first, self.second, self.shape, self.order = first, second, shape, order

    def __call__(self, a, b):
        (order, shape), (order_b, shape_b) = self.first, self.second
        y = a.transpose(order).reshape(shape) @ b.transpose(order_b).reshape(shape_b)
        return y.reshape(self.shape).transpose(self.order)


def _matrices(a, b, result, sizes):
    """The `_Matrices` for two terms and their result; None where they are no matrices.

    No term has a label twice, and what one term has alone is in the result.
    """
    if any(len(set(term)) < len(term) for term in (a, b)):
        return None
    stacked = [i for i in result if i in a and i in b]
    summed = [i for i in a if i in b and i not in result]
    rows = [i for i in result if i in a and i not in b]
    columns = [i for i in result if i in b and i not in a]
    if (
        not summed
        or len(stacked) + len(rows) + len(summed) < len(a)
        or len(stacked) + len(columns) + len(summed) < len(b)
    ):
        return None

    def shape(*groups):
        return (*[sizes[i] for i in stacked], *[prod([sizes[i] for i in group]) for group in groups])

    def order(term, labels):
        return tuple([term.index(i) for i in labels])

    made = [*stacked, *rows, *columns]
    return _Matrices(
        (order(a, stacked + rows + summed), shape(rows, summed)),
        (order(b, stacked + summed + columns), shape(summed, columns)),
        tuple([sizes[i] for i in made]),
        order(made, result),
    )


def _flat(terms):
    return [i for term in terms for i in term]


class Spread(Primitive):
    """The adjoint of taking a diagonal: zeros except where indices with the same label are equal."""

    options = ("subscripts", "shape")
    linear = True

    def forward(self, x):
        y = np.zeros(self.shape, x.dtype)
        if y.size:
            np.einsum(self.subscripts, y)[...] = x
        return y

    def backward(self, gy):
        return einsum(self.subscripts, gy)


def labels_of(subscripts, ndims):
    """The labels of the axes of each array and of the result.

    Axes under an ellipsis have the labels -1, -2, ... from its right end.
    """
    left, arrow, right = subscripts.partition("->")
    terms, most = [], 0
    for term, ndim in zip(left.split(","), ndims, strict=True):
        before, dots, after = term.partition("...")
        n = ndim - len(before) - len(after) if dots else 0
        terms.append([*before, *range(-n, 0), *after])
        most = max(most, n)
    if arrow:
        before, dots, after = right.partition("...")
        return terms, [*before, *range(-most if dots else 0, 0), *after]
    letters = [i for i in _flat(terms) if isinstance(i, str)]
    return terms, [*range(-most, 0), *sorted([i for i in letters if letters.count(i) == 1])]


def _as_text(operands):
    """The subscripts as a string, and the arrays, for calls like ``einsum(x, [0, 1], y, [1, 2], [0, 2])``."""
    n = len(operands) // 2 * 2

    def letter(i):
        if i is Ellipsis:
            return "..."
        if not 0 <= index(i) < len(LETTERS):
            raise ValueError(f"einsum: a label is a number from 0 to {len(LETTERS) - 1}, not {i}")
        return LETTERS[i]

    def text(labels):
        return "".join(map(letter, labels))

    subscripts = ",".join(map(text, operands[1:n:2]))
    if len(operands) > n:
        subscripts += "->" + text(operands[n])
    return subscripts, operands[0:n:2]


@implements(
    np.einsum,
    cases=[
        call("ij,jk->ik", drawn(2, 3), drawn(3, 4)),
        call("ij,jk", drawn(2, 3), drawn(3, 2)),
        call("ba", drawn(2, 3)),
        call("i j, k j -> k i", drawn(2, 3), drawn(2, 3)),
        call("i,j,k->kij", drawn(2), drawn(2), drawn(3)),
        call("ij,j,kj,ik->k", drawn(2, 3), drawn(3), drawn(2, 3), drawn(2, 2)),
        call("ij,j,kj,ik->k", drawn(2, 3), drawn(3), drawn(2, 3), drawn(2, 2), optimize=True),
        call("ij,jk->ik", drawn(2, 3), drawn(3, 4), optimize="optimal"),
        call("ij,jk,kl->il", drawn(2, 3), drawn(3, 2), drawn(2, 2), optimize=["einsum_path", (1, 2), (0, 1)]),
        call("ii", drawn(3, 3)),
        call("ii->i", drawn(3, 3)),
        call("iji->j", drawn(2, 3, 2)),
        call("iij,jk->ik", drawn(2, 2, 3), drawn(3, 2)),
        call("iii,jj->", drawn(2, 2, 2), drawn(2, 2)),
        call("ij->", drawn(2, 3)),
        call("ij->j", drawn(2, 3)),
        call("ij,k->k", drawn(2, 3), drawn(2)),
        call("...ij,...jk->...ik", drawn(4, 2, 3), drawn(3, 2)),
        call("...ij,jk", drawn(2, 1, 2, 3), drawn(3, 2)),
        call("i...->...i", drawn(2, 3, 2)),
        call("i...j,...->j...", drawn(2, 3, 2, 2), drawn(1, 2)),
        call("...,...", drawn(2, 3), drawn(3)),
        call("...i,...i->...", drawn(2, 3), drawn(3)),
        call("...ii->...i", drawn(2, 3, 3)),
        call(",ij", drawn(), drawn(2, 3)),
        call("...", drawn()),
        call("ij,ij->i", drawn(2, 1), drawn(2, 3)),
        call("ij,jk->ik", drawn(2, 1), drawn(3, 2)),
        call("ij,ij,ij->ij", drawn(2, 3), np.ones((2, 1)), drawn(1, 3)),
        call("ab,ab", drawn(2, 1), drawn(1, 1)),
        call(drawn(2, 3), [0, 1], drawn(3, 2), [1, 2], [0, 2]),
        call(drawn(2, 3), [4, 1], drawn(3, 2), [1, 2]),
        call(drawn(2, 2, 3), [Ellipsis, 7], drawn(3), (7,), [Ellipsis]),
        call(drawn(3, 3), [30, 30]),
        call("ij,jk->ik", drawn(2, 3, dtype=complex), drawn(3, 2, dtype=complex)),
        call("ij,j,i", drawn(2, 3), drawn(3, dtype=complex), np.array([1j, 2.0])),
        call("ij,jk->ik", drawn(2, 3), drawn(3, 4), dtype=complex),
        call("ij,jk->ik", drawn(2, 3), drawn(3, 4), order="F", casting="same_kind"),
        call("ij,jk->ik", drawn(2, 0), drawn(0, 3)),
        call("ij->i", drawn(0, 2)),
    ],
)
def einsum(*operands, optimize=False, **keywords):
    """Einstein sum: products of arrays, summed over the labels that the result does not have.

    The gradient of each array is an Einstein sum as well: gy and the array exchange their places, and
    conjugates of complex numbers are taken. For y = einsum("ij,jk->ik", a, b) that of a is
    einsum("ik,jk->ij", gy, b).

    Parameters
    ----------
    *operands
        Labels and arrays, in one of NumPy's two forms: ``"ij,jk->ik", x, y`` or ``x, [0, 1], y, [1, 2], [0,
        2]``. Without ``->`` the result has, in alphabetic order, the labels that occur once; a label that
        occurs twice on one array stands for its diagonal; ``...`` stands for axes that are broadcast.
    optimize : bool, str or list
        The order in which more than two arrays are multiplied, as for `numpy.einsum`. For large gradients
        NumPy searches for an order.
    dtype, order, casting
        Dtype and memory layout of the result, as for `numpy.einsum`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When labels and shapes do not fit.

    Examples
    --------
    >>> x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> einsum("ij,ij->i", x, x)
    variable([ 5. 25.])
    >>> einsum(x, [0, 0])
    variable(5.0)
    """
    strange = keywords.keys() - {"dtype", "order", "casting"}
    if strange:
        raise TypeError(f"einsum takes no keyword {', '.join(sorted(strange))}")
    if optimize is not False:
        keywords["optimize"] = optimize
    if operands and isinstance(operands[0], str):
        subscripts, xs = operands[0].replace(" ", ""), operands[1:]
    else:
        subscripts, xs = _as_text(operands)
    if not xs:
        raise ValueError("einsum: there are no arrays")
    return Einsum.operation(*xs, subscripts, keywords)
