"""Polynomials fitted to points by least squares."""

import numpy as np

from leopard._core import array_of_any
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import floating, reshape
from leopard.functions.linalg.least_squares import pinv
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.sums import sum

__all__ = ["polyfit"]


class Polyfit(Primitive):
    n_inputs = -1
    options = ("deg", "rcond")

    def forward(self, x, y, w=None):
        return np.polyfit(x, y, self.deg, self.rcond, w=w)

    def backward(self, gc):
        x, y, *given = map(floating, self.inputs)
        order = int(self.deg) + 1
        powers = [np.ones(x.shape, x.dtype)]
        for _ in range(order - 1):
            powers.append(x * powers[-1])
        powers = stack(powers[::-1], 1)
        w = reshape(given[0], (-1, 1)) if given else np.ones((1, 1), x.dtype)
        c, gc, y = [reshape(v, (v.shape[0], -1)) for v in (self.output, gc, y)]

        a = w * powers
        values = array_of_any(a)
        scale = np.sqrt((values * values).sum(0))  # a constant: the result does not depend on it
        rcond = len(values) * np.finfo(x.dtype).eps if self.rcond is None else self.rcond
        inverse = pinv(a / scale, rcond) / scale[:, None]
        self.check(np.trace(array_of_any(inverse) @ values).real, order)
        gb = adjoint(inverse) @ gc
        gy = reshape(conj(w) * gb, self.inputs[1].shape)
        if not any(self.wanted[::2]):  # only y is differentiated
            return None, gy, *[None] * len(given)
        ga = (w * y - a @ c) @ adjoint(inverse @ gb) - gb @ adjoint(c)
        gx = sum(conj(w * powers[:, 1:] * np.arange(order - 1, 0, -1)) * ga[:, :-1], axis=1)
        if not given:
            return gx, gy
        return gx, gy, sum(ga * conj(powers), axis=1) + sum(gb * conj(y), axis=1)

    def check(self, rank, order):
        """Raise where the points do not determine all coefficients: the fit is then smooth in y alone."""
        if round(rank) < order and any(self.wanted[::2]):
            raise np.linalg.LinAlgError(
                f"polyfit: the points determine {round(rank)} of {order} coefficients, so there is no "
                "derivative with respect to x or w; lower deg"
            )


_calls = [
    call(drawn(5), drawn(5), 2),
    call(drawn(6), drawn(6), deg=1, w=drawn(6, low=0.5)),
    call(drawn(6), drawn(6, 2), 3),
    call(drawn(5), drawn(5, 2), 2, w=drawn(5, low=0.5)),
    call(np.linspace(-1, 1, 7), drawn(7), 4),
    call(drawn(5), [1.0, 2, 0, 1, 3], 2, 1e-10),
    call([1, 2, 3, 4], drawn(4), 2, w=np.array([1, 2, 3, 4])),
    call(drawn(4), drawn(4), 0),
    call(drawn(3), drawn(3), 2),
    call(drawn(5, dtype=complex), drawn(5, dtype=complex), 2),
    call(drawn(5), drawn(5, dtype=complex), 1, w=drawn(5, low=0.5)),
]


@implements(np.polyfit, cases=_calls)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Coefficients of the polynomial that fits points best, by (weighted) least squares.

    Let A be the matrix of the powers of x with its rows multiplied by w, b = w * y, P the pseudoinverse of A,
    and r the residual b - A @ c. The gradients are those of c = P @ b: P.T @ gc for b, and r @ (P @ P.T @
    gc).T - (P.T @ gc) @ c.T for A.

    Parameters
    ----------
    x : Variable or ndarray
        The points, one axis.
    y : Variable or ndarray
        The values; along a second axis there are further sets of values.
    deg : int
        The degree of the polynomial.
    rcond : float, optional
        Smaller singular values, relative to the largest, count as 0.
    full, cov : bool
        They must be False: the further results have no derivative in leopard.
    w : Variable or ndarray, optional
        Weights of the residuals, not squared.

    Returns
    -------
    Variable
        Coefficients, the highest power first.

    Raises
    ------
    TypeError
        When `full` or `cov` is True, or the shapes do not fit.
    numpy.linalg.LinAlgError
        In `backward`, when the points do not determine all coefficients, and x or w is differentiated. NumPy
        warns of a poor condition before.

    Examples
    --------
    >>> y = Variable(np.array([1.0, 3.0, 5.0]))
    >>> np.round(np.polyfit([0.0, 1.0, 2.0], y, 1).data, 6)
    array([2., 1.])
    """
    if full or cov is not False:
        raise TypeError("polyfit of a Variable takes neither full nor cov: call it with v.data for these")
    return Polyfit.operation(*((x, y) if w is None else (x, y, w)), deg, rcond)
