"""Determinants: polynomials in the elements of a matrix, which have every derivative, singular or not."""

from itertools import permutations

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, imag
from leopard.functions.basic.shape import reshape
from leopard.functions.linalg.einsum import einsum_of_arrays
from leopard.functions.linalg.matmul import adjoint, named_tuple
from leopard.functions.linalg.solving import inv

__all__ = ["det", "slogdet"]


class Det(Primitive):
    def forward(self, x):
        return np.linalg.det(x)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, (*gy.shape, 1, 1)) * conj(Cofactors.operation(x))


class Cofactors(Primitive):
    """The cofactors of A; with matrices B beside it, their derivative in these directions.

    It is the C for which the derivative of det in the directions X and all B is sum(C * X).

    With A = U S Vh, det(A + X) is det(U Vh) det(S + Uh X V). And of a determinant the derivative at a
    diagonal S is a sum over as many different places on the diagonal as there are directions, and over all
    permutations of them: the product of an element of each direction, times the singular values in all
    other places. Nothing is divided by, so that a singular matrix is like any other.
    """

    n_inputs = -1

    def forward(self, a, *bs):
        if not bs:
            with np.errstate(all="ignore"):  # the forward pass has said what there is to say
                det = np.linalg.det(a)
                usable = np.isfinite(det) & (np.abs(det) >= np.finfo(det.dtype).tiny)
                if usable.all() or not np.isfinite(a).all():
                    return det[..., None, None] * np.swapaxes(np.linalg.inv(a), -1, -2)
        u, s, vh = np.linalg.svd(a)
        uh, v = np.conj(np.swapaxes(u, -1, -2)), np.conj(np.swapaxes(vh, -1, -2))
        c = _at_a_diagonal(s, [uh @ b @ v for b in bs])
        unit = np.linalg.det(u) * np.linalg.det(vh)
        return unit[..., None, None] * (np.swapaxes(uh, -1, -2) @ c @ np.swapaxes(v, -1, -2))

    def backward(self, gy):
        a, *bs = self.inputs
        gy = conj(gy)  # all is symmetric in the directions, of which this is one more
        gbs = [Cofactors.operation(a, *bs[:i], *bs[i + 1 :], gy) for i in range(len(bs))]
        return tuple(map(conj, [Cofactors.operation(a, *bs, gy), *gbs]))


def _at_a_diagonal(s, bs):
    """`Cofactors` of diag(s) and matrices."""
    n, letters = s.shape[-1], "abcdefghijklm"[: len(bs) + 1]
    c = np.zeros((*s.shape, n), np.result_type(s, *bs))
    terms = [f"...{letters}", *["..." + i for i in letters[1:]]]
    for order in permutations(range(len(letters))):
        to = [letters[i] for i in order]
        subscripts = ",".join([terms[0], *[i + j for i, j in zip(terms[1:], to[1:], strict=True)]])
        result = "a" + to[0] * (to[0] != "a")
        part = _sign(order) * einsum_of_arrays(f"{subscripts}->...{result}", _of_others(s, len(letters)), *bs)
        if result == "a":
            c[..., range(n), range(n)] += part
        else:
            c += part
    return c


def _of_others(s, k):
    """Products of all s but those in k places, by these places; 0 where two of them are one."""
    n = s.shape[-1]
    places = np.indices((n,) * k)
    taken = (places[..., None] == np.arange(n)).any(0)
    products = np.where(taken, 1, s[(..., *[None] * k, slice(None))]).prod(-1)
    return products * (taken.sum(-1) == k)


def _sign(order):
    return (-1) ** sum([order[j] < i for k, i in enumerate(order) for j in range(k + 1, len(order))])


_square = [
    call(drawn(3, 3)),
    call(drawn(2, 2)),
    call(drawn(1, 1)),
    call(drawn(2, 3, 3)),
    call(drawn(2, 2, dtype=complex)),
]


@implements(np.linalg.det, cases=[*_square, call(drawn(0, 0)), call(drawn(0, 2, 2))])
def det(a):
    """Determinant.

    The gradient is gy times the cofactors, det(a) * inv(a).T where a has an inverse, conjugated. Of a
    singular matrix it is right too, as are the higher derivatives: they are computed from the singular
    values, without a division.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When they are not square.

    Examples
    --------
    >>> x = Variable(np.array([[1.0, 2.0], [2.0, 4.0]]))
    >>> y = det(x)
    >>> y.backward()
    >>> y, x.grad
    (variable(0.0), variable([[ 4. -2.]
              [-2.  1.]]))
    """
    return Det.operation(a)


class SLogDet(Primitive):
    def forward(self, x):
        return tuple(np.linalg.slogdet(x))

    def backward(self, gsign, glogdet):
        (x,) = self.inputs
        g = glogdet
        if x.dtype.kind == "c":
            # t = trace(inv(x) dx) adds its real part to the logarithm, and turns the sign by the other.
            g = g - 1j * imag(conj(gsign) * SLogDet.operation(x)[0])
        return reshape(g, (*g.shape, 1, 1)) * adjoint(inv(x))


@implements(np.linalg.slogdet, cases=_square)
def slogdet(a):
    """Sign and logarithm of the absolute value of a determinant.

    The gradient is that of the logarithm times inv(a).T. Of a complex matrix, whose sign is a complex
    number of absolute value 1, that of the sign joins in, and the whole is with the adjoint.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    SlogdetResult of Variable
        `sign` and `logabsdet`. Of a singular matrix they are 0 and -inf, and there is no gradient.

    Raises
    ------
    numpy.linalg.LinAlgError
        When they are not square; and in the walk back when one is singular.

    Examples
    --------
    >>> slogdet(Variable(np.array([[1.0, 0.0], [0.0, -1.0]])))
    SlogdetResult(sign=variable(-1.0), logabsdet=variable(0.0))
    """
    return named_tuple(np.linalg.slogdet)(*SLogDet.operation(a))
