"""Determinants. As polynomials in the elements they have derivatives of every order, singular or not."""

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
    """The cofactors of A; given further matrices B, their derivative in the directions B.

    It is the C for which the derivative of det in the directions X and all B is sum(C * X).

    With A = U S Vh, det(A + X) is det(U Vh) det(S + Uh X V). The derivative of a determinant at a diagonal S
    in k directions is a sum over all choices of k different places on the diagonal, and over all permutations
    of these: the product of one element of each direction, times the singular values at all other places.
    There is no division, so a singular matrix needs no special case.
    """

    n_inputs = -1

    def forward(self, a, *bs):
        if not bs:
            with np.errstate(all="ignore"):  # the forward pass has raised the warnings
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
        gy = conj(gy)  # a further direction: the derivative is symmetric in the directions
        gbs = [Cofactors.operation(a, *bs[:i], *bs[i + 1 :], gy) for i in range(len(bs))]
        return tuple(map(conj, [Cofactors.operation(a, *bs, gy), *gbs]))


def _at_a_diagonal(s, bs):
    """The value of `Cofactors` for diag(s) and the directions bs."""
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
    """Products of all s except those at k places, indexed by the places; 0 where two places are equal."""
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
    """Determinants of matrices.

    The gradient is gy times the cofactors, conjugated: gy * conj(y * inv(a).T) where a has an inverse. It and
    all higher derivatives are also right for singular matrices, as they are computed from the singular values
    without a division.

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
        When the matrices are not square.

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
            # With t = trace(inv(x) dx) the logarithm changes by t.real, and the phase of the sign by t.imag.
            g = g - 1j * imag(conj(gsign) * SLogDet.operation(x)[0])
        return reshape(g, (*g.shape, 1, 1)) * adjoint(inv(x))


@implements(np.linalg.slogdet, cases=_square)
def slogdet(a):
    """Sign and logarithm of the absolute value of a determinant.

    The gradient is glogdet * inv(a).T. For a complex matrix the sign is a complex number of absolute value 1,
    and the gradient is (glogdet - 1j * imag(conj(gsign) * sign)) * inv(a).conj().T.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    SlogdetResult of Variable
        `sign` and `logabsdet`. For a singular matrix they are 0 and -inf, and there is no gradient.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square; and in `backward` when one is singular.

    Examples
    --------
    >>> slogdet(Variable(np.array([[1.0, 0.0], [0.0, -1.0]])))
    SlogdetResult(sign=variable(-1.0), logabsdet=variable(0.0))
    """
    return named_tuple(np.linalg.slogdet)(*SLogDet.operation(a))
