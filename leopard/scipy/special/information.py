"""Entropies and divergences, and the losses of Huber."""

from leopard.functions._primitives import Elementwise
from leopard.functions.basic.arithmetic import abs, maximum, minimum
from leopard.functions.math.exponentials import log
from leopard.functions.math.powers import sqrt

__all__ = ["entr", "huber", "kl_div", "pseudo_huber", "rel_entr"]

_positive = (0.2, 3.0)


class Entr(Elementwise):
    """-x * log(x), which is 0 at 0 and -inf below.

    The gradient is -gy * (log(x) + 1).
    """

    ufunc = "scipy.special.entr"
    domain = [_positive]

    def backward(self, gy):
        return gy * (-1 - log(self.inputs[0]))


class RelEntr(Elementwise):
    """x * log(x / y), which is 0 where x is 0.

    The gradients are gy * (log(x / y) + 1) and -gy * x / y.
    """

    ufunc = "scipy.special.rel_entr"
    domain = [_positive, _positive]

    def backward(self, gy):
        x, y = self.inputs
        return gy * (log(x / y) + 1), gy * (-x / y)


class KLDiv(Elementwise):
    """x * log(x / y) - x + y, which is y where x is 0.

    The gradients are gy * log(x / y) and gy * (1 - x / y).
    """

    ufunc = "scipy.special.kl_div"
    domain = [_positive, _positive]

    def backward(self, gy):
        x, y = self.inputs
        return gy * log(x / y), gy * ((y - x) / y)


class Huber(Elementwise):
    """Huber's loss: r**2 / 2 where abs(r) is at most delta, and delta * (abs(r) - delta / 2) elsewhere.

    The gradient of r is gy * r, and gy * delta * sign(r) outside; that of delta is gy * (abs(r) - delta)
    outside, and 0 inside.
    """

    ufunc = "scipy.special.huber"
    domain = [(0.5, 1.5), (-2.0, 2.0)]
    smooth = False

    def backward(self, gy):
        delta, r = self.inputs
        return gy * maximum(abs(r) - delta, 0.0), gy * minimum(maximum(r, -delta), delta)


class PseudoHuber(Elementwise):
    """Smooth variant of Huber's loss, delta**2 * (sqrt(1 + (r / delta)**2) - 1).

    With s = sqrt(1 + (r / delta)**2), the gradient of delta is gy * delta * (s - 1)**2 / s, and that of r is
    gy * r / s.
    """

    ufunc = "scipy.special.pseudo_huber"
    domain = [(0.5, 1.5), (-2.0, 2.0)]
    exact = False

    def backward(self, gy):
        delta, r = self.inputs
        q = r / delta
        s = sqrt(1 + q * q)
        excess = q * q / (1 + s)  # s - 1, with all digits
        return gy * (delta * excess * excess / s), gy * (r / s)


entr = Entr.operation
rel_entr = RelEntr.operation
kl_div = KLDiv.operation
huber = Huber.operation
pseudo_huber = PseudoHuber.operation
