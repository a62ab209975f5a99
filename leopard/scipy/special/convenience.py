"""Powers, transformations and angles, as SciPy states them for accuracy."""

import numpy as np
import scipy.special as sp

from leopard._core import set_ufunc
from leopard.functions._primitives import Elementwise
from leopard.functions._registry import call, drawn
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import plain
from leopard.functions.math.exponentials import exp, exp2, expm1, log, log1p
from leopard.functions.math.logistic import logit
from leopard.functions.math.powers import cbrt
from leopard.functions.math.trigonometry import sin
from leopard.scipy.special._derivatives import Slope, products
from leopard.scipy.special._values import corrected

__all__ = [
    "boxcox", "boxcox1p", "cbrt", "cosdg", "cosm1", "cotdg", "exp10", "exp2", "expit", "expm1", "exprel",
    "inv_boxcox", "inv_boxcox1p", "log1p", "log_expit", "logit", "powm1", "radian", "round", "sindg", "tandg",
    "tklmbda", "xlog1py", "xlogy",
]  # fmt: skip

#: SciPy's ufuncs of functions that NumPy has, too: they call the same operations.
for _ufunc, _operation in {
    sp.cbrt: cbrt,
    sp.exp2: exp2,
    sp.expm1: expm1,
    sp.log1p: log1p,
    sp.logit: logit,
}.items():
    set_ufunc(_ufunc, _operation)

_degree = np.pi / 180


class Expit(Elementwise):
    """Logistic function, 1 / (1 + e**-x).

    The gradient is gy * y * expit(-x), which has all digits in both tails.

    Examples
    --------
    >>> x = Variable(np.array([-800.0, 0.0, 2.0]))
    >>> expit(x).sum().backward()
    >>> x.grad
    variable([0.         0.25       0.10499359])
    """

    ufunc = "scipy.special.expit"

    def backward(self, gy):
        return gy * (self.output * expit(-self.inputs[0]))


class LogExpit(Elementwise):
    """Logarithm of the logistic function, -log(1 + e**-x).

    The gradient is gy * expit(-x).
    """

    ufunc = "scipy.special.log_expit"

    def backward(self, gy):
        return gy * expit(-self.inputs[0])


class Exp10(Elementwise):
    """10**x.

    The gradient is gy * y * log(10).
    """

    ufunc = "scipy.special.exp10"

    def backward(self, gy):
        return gy * (self.output * np.log(10))


class ExpRel(Elementwise):
    """(e**x - 1) / x, which is 1 at 0.

    The gradient is gy * hyp1f1(2, 3, x) / 2; for x outside of -2 to 2 that is (e**x - y) / x.
    """

    ufunc = "scipy.special.exprel"

    def backward(self, gy):
        return gy * FirstOfExpRel.operation(self.inputs[0], self.output)


class FirstOfExpRel(Slope, listed=False):
    """Derivative of exprel; near 0 by its power series, the sum of x**k / (k! * (k + 2)), to x**8."""

    def forward(self, x, y):
        with np.errstate(all="ignore"):
            slope = (np.exp(x) - y) / x
        return corrected(slope, np.abs(x) < 0.1, lambda x: np.polyval(_SERIES_OF_EXPREL, x), x)

    def second(self, x):
        return SlopeOfExpRel.operation(x, 2.0)


_SERIES_OF_EXPREL = [1 / (sp.gamma(k + 1) * (k + 2)) for k in range(8, -1, -1)]


class SlopeOfExpRel(Elementwise):
    """The n-th derivative of exprel, hyp1f1(n + 1, n + 2, x) / (n + 1).

    The gradient is the one of order n + 1.
    """

    domain = [(-2.0, 2.0), (1.0, 2.0)]
    whole = {1: "n"}
    exact = False

    def forward(self, x, n):
        x, n = np.asarray(x), np.asarray(n, np.asarray(x).dtype)
        y = sp.hyp1f1(n + 1, n + 2, x) / (n + 1)
        with np.errstate(all="ignore"):
            far = (np.exp(x) - sp.exprel(x)) / x
        return np.where((n == 1) & (np.abs(x) > 2), far, y).astype(sp.exprel(x).dtype)

    def backward(self, gy):
        x, n = self.inputs
        return gy * SlopeOfExpRel.operation(x, n + 1), None


class CosM1(Elementwise):
    """cos(x) - 1, with all digits near 0.

    The gradient is -gy * sin(x).
    """

    ufunc = "scipy.special.cosm1"

    def backward(self, gy):
        return gy * -sin(self.inputs[0])


class CosDg(Elementwise):
    """Cosine of an angle in degrees.

    The gradient is -gy * pi / 180 * sindg(x).
    """

    ufunc = "scipy.special.cosdg"
    domain = [(-80.0, 80.0)]

    def backward(self, gy):
        return gy * (-_degree * sindg(self.inputs[0]))


class SinDg(Elementwise):
    """Sine of an angle in degrees.

    The gradient is gy * pi / 180 * cosdg(x).
    """

    ufunc = "scipy.special.sindg"
    domain = [(-80.0, 80.0)]

    def backward(self, gy):
        return gy * (_degree * cosdg(self.inputs[0]))


class TanDg(Elementwise):
    """Tangent of an angle in degrees.

    The gradient is gy * pi / 180 * (1 + y**2).
    """

    ufunc = "scipy.special.tandg"
    domain = [(-60.0, 60.0)]

    def backward(self, gy):
        y = self.output
        return gy * (_degree * (1 + y * y))


class CotDg(Elementwise):
    """Cotangent of an angle in degrees.

    The gradient is -gy * pi / 180 * (1 + y**2).
    """

    ufunc = "scipy.special.cotdg"
    domain = [(30.0, 80.0)]

    def backward(self, gy):
        y = self.output
        return gy * (-_degree * (1 + y * y))


class Radian(Elementwise):
    """Degrees, minutes and seconds of an angle in radians.

    The gradients are gy * pi / 180, and this divided by 60 and by 3600.
    """

    ufunc = "scipy.special.radian"
    domain = [(-80.0, 80.0), (0.0, 60.0), (0.0, 60.0)]

    def backward(self, gy):
        g = gy * _degree
        return g, g / 60, g / 3600


class Round(Elementwise):
    """Nearest whole number, the even one of two.

    The gradient is 0.
    """

    ufunc = "scipy.special.round"
    smooth = False

    def backward(self, gy):
        return None


_positive = (0.2, 3.0)


class XLogY(Elementwise):
    """x * log(y), and 0 where x is 0.

    The gradients are gy * log(y) and gy * x / y, the second 0 where x and y are 0.

    Examples
    --------
    >>> x = Variable(np.array([0.0, 2.0]))
    >>> y = Variable(np.array([1.0, 4.0]))
    >>> xlogy(x, y).sum().backward()
    >>> x.grad
    variable([0.         1.38629436])
    >>> y.grad
    variable([0.  0.5])
    """

    ufunc = "scipy.special.xlogy"
    domain = [(-2.0, 2.0), _positive]
    cases = [call(drawn(2, 3, dtype=complex), drawn(3, low=0.5, dtype=complex))]

    def backward(self, gy):
        x, y = map(conj, self.inputs)
        return products(self, gy, [lambda: log(y), lambda: x / where((x == 0) & (y == 0), 1.0, y)])


class XLog1PY(Elementwise):
    """x * log(1 + y), and 0 where x is 0.

    The gradients are gy * log1p(y) and gy * x / (1 + y), the second 0 where x and 1 + y are 0.
    """

    ufunc = "scipy.special.xlog1py"
    domain = [(-2.0, 2.0), (-0.8, 2.0)]
    cases = [call(drawn(2, 3, dtype=complex), drawn(3, low=0.5, dtype=complex))]
    exact = False  # of complex numbers

    def backward(self, gy):
        x, y = map(conj, self.inputs)
        return products(self, gy, [lambda: log1p(y), lambda: x / where((x == 0) & (y == -1), 1.0, 1 + y)])


class PowM1(Elementwise):
    """x**y - 1, with all digits near 0.

    The gradients are gy * y * x**(y - 1) and gy * x**y * log(x).
    """

    ufunc = "scipy.special.powm1"
    domain = [_positive, (-2.0, 2.0)]

    def backward(self, gy):
        x, y = self.inputs
        return gy * (y * x ** (y - 1)), gy * (x**y * log(x))


class BoxCox(Elementwise):
    """Box-Cox transformation, (x**lmbda - 1) / lmbda, and log(x) where lmbda is 0.

    The gradients are gy * x**(lmbda - 1) and gy * log(x)**2 times the derivative of exprel at lmbda * log(x).
    """

    ufunc = "scipy.special.boxcox"
    domain = [_positive, (-2.0, 2.0)]

    def backward(self, gy):
        x, lmbda = self.inputs
        t = log(x)
        slope = t * t * SlopeOfExpRel.operation(lmbda * t, 1.0) if self.wants(1) else None
        return gy * x ** (lmbda - 1), None if slope is None else gy * slope


class BoxCox1P(Elementwise):
    """Box-Cox transformation of 1 + x.

    The gradients are gy * (1 + x)**(lmbda - 1) and gy * log1p(x)**2 times the derivative of exprel at lmbda *
    log1p(x).
    """

    ufunc = "scipy.special.boxcox1p"
    domain = [(-0.8, 2.0), (-2.0, 2.0)]

    def backward(self, gy):
        x, lmbda = self.inputs
        t = log1p(x)
        slope = t * t * SlopeOfExpRel.operation(lmbda * t, 1.0) if self.wants(1) else None
        return gy * exp((lmbda - 1) * t), None if slope is None else gy * slope


def _slope_in_lmbda(x, lmbda):
    """Derivative of log1p(lmbda * x) / lmbda in lmbda: x**2 times a function that is -1/2 at 0."""
    return x * x * SlopeOfLogRel.operation(lmbda * x, 1.0)


class SlopeOfLogRel(Elementwise):
    """The n-th derivative of log(1 + t) / t, which is (-1)**n * n! / (n + 1) * hyp2f1(n + 1, n + 1, n + 2,
    -t).

    The gradient is the one of order n + 1.
    """

    domain = [(-0.5, 2.0), (0.0, 2.0)]
    whole = {1: "n"}
    exact = False

    def forward(self, t, n):
        t = np.asarray(t, np.result_type(t, np.float32))
        n = np.asarray(n, t.dtype)
        sign = (-1.0) ** n * sp.gamma(n + 1) / (n + 1)
        # by Pfaff's transformation (DLMF 15.8.1), to an argument from 0 to 1
        y = sign * (1 + t) ** -(n + 1) * sp.hyp2f1(n + 1, 1.0, n + 2, t / (1 + t))
        return y.astype(np.result_type(t.dtype, np.float32))

    def backward(self, gy):
        t, n = self.inputs
        return gy * SlopeOfLogRel.operation(t, n + 1), None


class InvBoxCox(Elementwise):
    """Inverse of the Box-Cox transformation, (1 + lmbda * y)**(1 / lmbda), and e**y where lmbda is 0.

    The gradients are gy * x / (1 + lmbda * y), of the result x, and gy * x times the derivative of
    log(1 + lmbda * y) / lmbda.
    """

    ufunc = "scipy.special.inv_boxcox"
    domain = [(-0.4, 2.0), (0.1, 2.0)]

    def backward(self, gy):
        y, lmbda = self.inputs
        g = gy * self.output
        return g / (1 + lmbda * y), g * _slope_in_lmbda(y, lmbda) if self.wants(1) else None


class InvBoxCox1P(Elementwise):
    """Inverse of the Box-Cox transformation of 1 + x.

    The gradients are gy * (1 + x) / (1 + lmbda * y), of the result x, and gy * (1 + x) times the derivative
    of log(1 + lmbda * y) / lmbda.
    """

    ufunc = "scipy.special.inv_boxcox1p"
    domain = [(-0.4, 2.0), (0.1, 2.0)]

    def backward(self, gy):
        y, lmbda = self.inputs
        g = gy * (1 + self.output)
        return g / (1 + lmbda * y), g * _slope_in_lmbda(y, lmbda) if self.wants(1) else None


class TkLmbda(Elementwise):
    """Distribution function of Tukey's lambda distribution.

    With the result p, the gradient of x is gy / (p**(lmbda - 1) + (1 - p)**(lmbda - 1)), that of lmbda
    follows from the quantile (p**lmbda - (1 - p)**lmbda) / lmbda by implicit differentiation.
    """

    ufunc = "scipy.special.tklmbda"
    domain = [(-0.8, 0.8), (0.3, 1.0)]
    exact = False

    def backward(self, gy):
        x, lmbda = self.inputs
        p = plain(self.output)
        inside = (p > 0) & (p < 1)  # elsewhere the function is constant
        p = where(inside, self.output, 0.5)
        q = 1 - p
        g = where(inside, gy, 0) / (p ** (lmbda - 1) + q ** (lmbda - 1))
        slope = (p**lmbda * log(p) - q**lmbda * log(q) - x) / lmbda
        return g, -g * slope


expit = Expit.operation
log_expit = LogExpit.operation
exp10 = Exp10.operation
exprel = ExpRel.operation
cosm1 = CosM1.operation
cosdg = CosDg.operation
sindg = SinDg.operation
tandg = TanDg.operation
cotdg = CotDg.operation
radian = Radian.operation
round = Round.operation
xlogy = XLogY.operation
xlog1py = XLog1PY.operation
powm1 = PowM1.operation
boxcox = BoxCox.operation
boxcox1p = BoxCox1P.operation
inv_boxcox = InvBoxCox.operation
inv_boxcox1p = InvBoxCox1P.operation
tklmbda = TkLmbda.operation
