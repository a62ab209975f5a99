"""The beta function, binomial coefficients and the incomplete beta functions."""

from leopard.functions._primitives import Elementwise
from leopard.functions.basic.indexing import where
from leopard.functions.math.exponentials import log, log1p
from leopard.scipy.special._derivatives import of_inverse, products
from leopard.scipy.special._values import density_of_beta, slope_of_betainc
from leopard.scipy.special.gamma import DigammaStep, digamma

__all__ = [
    "beta",
    "betainc",
    "betaincc",
    "betainccinv",
    "betaincinv",
    "betaln",
    "binom",
    "btdtria",
    "btdtrib",
]


class Beta(Elementwise):
    """Beta function, gamma(a) * gamma(b) / gamma(a + b).

    The gradients are gy * y * (digamma(a) - digamma(a + b)) and gy * y * (digamma(b) - digamma(a + b)).
    """

    ufunc = "scipy.special.beta"
    domain = [(0.5, 4.0), (0.5, 4.0)]

    def backward(self, gy):
        a, b = self.inputs
        g = -gy * self.output
        return g * DigammaStep.operation(a, b), g * DigammaStep.operation(b, a)


class BetaLn(Elementwise):
    """Logarithm of the absolute value of the beta function.

    The gradients are gy * (digamma(a) - digamma(a + b)) and gy * (digamma(b) - digamma(a + b)).

    Examples
    --------
    >>> a = Variable(np.array([0.5, 2.0]))
    >>> b = Variable(np.array([1.5, 3.0]))
    >>> betaln(a, b).sum().backward()
    >>> a.grad
    variable([-2.38629436 -1.08333333])
    >>> b.grad
    variable([-0.38629436 -0.58333333])
    """

    ufunc = "scipy.special.betaln"
    domain = [(0.5, 4.0), (0.5, 4.0)]

    def backward(self, gy):
        a, b = self.inputs
        return -gy * DigammaStep.operation(a, b), -gy * DigammaStep.operation(b, a)


class Binom(Elementwise):
    """Binomial coefficient gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1)), of real numbers.

    The gradients are gy * y * (digamma(n + 1) - digamma(n - k + 1)) and gy * y * (digamma(n - k + 1) -
    digamma(k + 1)).
    """

    ufunc = "scipy.special.binom"
    domain = [(3.0, 5.0), (0.5, 2.0)]

    def backward(self, gy):
        n, k = self.inputs
        g, m = gy * self.output, n - k + 1
        return g * DigammaStep.operation(m, k), g * (digamma(m) - digamma(k + 1))


# -- Incomplete beta functions ---------------------------------------------------------------------


class DensityOfBeta(Elementwise):
    """Density of the beta distribution, x**(a - 1) * (1 - x)**(b - 1) / beta(a, b), accurate for large a and
    b.

    The gradients are gy * y times log(x) - digamma(a) + digamma(a + b), log(1 - x) - digamma(b) + digamma(a +
    b), and (a - 1) / x - (b - 1) / (1 - x).
    """

    domain = [(1.2, 4.0), (1.2, 4.0), (0.1, 0.9)]
    exact = False

    def forward(self, a, b, x):
        return density_of_beta(a, b, x)

    def backward(self, gy):
        a, b, x = self.inputs
        g = gy * self.output
        ga = g * (log(x) - digamma(a) + digamma(a + b)) if self.wants(0) else None
        gb = g * (log1p(-x) - digamma(b) + digamma(a + b)) if self.wants(1) else None
        return ga, gb, g * ((a - 1) / x - (b - 1) / (1 - x)) if self.wants(2) else None


class SlopeOfBetaInc(Elementwise):
    """Derivative of betainc(a, b, x) in a, by `slope_of_betainc`.

    The gradient of x is gy times the mixed derivative, the density times log(x) - digamma(a) + digamma(a +
    b).
    """

    domain = [(1.2, 4.0), (1.2, 4.0), (0.1, 0.9)]
    exact = False
    refused = {0: "a (twice)", 1: "b, after a"}
    order = 2

    def forward(self, a, b, x):
        return slope_of_betainc(a, b, x, 1 - x)

    def backward(self, gy):
        a, b, x = self.inputs
        return None, None, gy * DensityOfBeta.operation(a, b, x) * (log(x) - digamma(a) + digamma(a + b))


class SlopeInBOfBetaInc(Elementwise):
    """Derivative of betainc(a, b, x) in b, by `slope_of_betainc`, with all digits for small x.

    The gradient of x is gy times the mixed derivative, the density times log(1 - x) - digamma(b) +
    digamma(a + b).
    """

    domain = [(1.2, 4.0), (1.2, 4.0), (0.1, 0.9)]
    exact = False
    refused = {0: "a, after b", 1: "b (twice)"}
    order = 2

    def forward(self, a, b, x):
        return -slope_of_betainc(b, a, 1 - x, x)

    def backward(self, gy):
        a, b, x = self.inputs
        return None, None, gy * DensityOfBeta.operation(a, b, x) * (log1p(-x) - digamma(b) + digamma(a + b))


def _slopes_of_betainc(a, b, x):
    """The slopes of betainc in a, b and x, each as a function of nothing."""
    return (
        lambda: SlopeOfBetaInc.operation(a, b, x),
        lambda: SlopeInBOfBetaInc.operation(a, b, x),
        lambda: DensityOfBeta.operation(a, b, x),
    )


def _slopes_beside_1(a, b, x, x1):
    """The same at x = 1 - x1, by those of betainc(b, a, x1) where x is above 1/2, and x1 has the digits."""
    upper = x > 0.5
    a, b, t = where(upper, b, a), where(upper, a, b), where(upper, x1, x)
    first, second, density = _slopes_of_betainc(a, b, t)
    return lambda: where(upper, -second(), first()), lambda: where(upper, -first(), second()), density


class BetaInc(Elementwise):
    """Regularized incomplete beta function, the share of the integral up to x.

    The gradient of x is gy * x**(a - 1) * (1 - x)**(b - 1) / beta(a, b). Those of a and b are integrals of
    the density times log(t) - digamma(a) + digamma(a + b), over the side of x on which that does not change
    its sign, by a double exponential quadrature; they can be differentiated in x again.

    Examples
    --------
    >>> a = Variable(np.array([2.0]))
    >>> b = Variable(np.array([3.0]))
    >>> x = Variable(np.array([0.4]))
    >>> betainc(a, b, x).sum().backward()
    >>> a.grad
    variable([-0.24086938])
    >>> b.grad
    variable([0.15634434])
    >>> x.grad
    variable([1.728])
    """

    ufunc = "scipy.special.betainc"
    domain = [(1.2, 4.0), (1.2, 4.0), (0.1, 0.9)]
    order = 1

    def backward(self, gy):
        return products(self, gy, _slopes_of_betainc(*self.inputs))


class BetaIncC(Elementwise):
    """Complement of the regularized incomplete beta function, 1 - betainc(a, b, x).

    The gradients are those of betainc, negated.
    """

    ufunc = "scipy.special.betaincc"
    domain = [(1.2, 4.0), (1.2, 4.0), (0.1, 0.9)]
    order = 1

    def backward(self, gy):
        return products(self, -gy, _slopes_of_betainc(*self.inputs))


class BetaIncInv(Elementwise):
    """The x at which betainc(a, b, x) is y.

    The gradient of y is gy divided by the density at x; those of a and b follow from the slopes of betainc.
    """

    ufunc = "scipy.special.betaincinv"
    domain = [(1.2, 4.0), (1.2, 4.0), (0.2, 0.8)]
    order = 1

    def backward(self, gy):
        a, b, y = self.inputs
        sa, sb, sx = _slopes_beside_1(a, b, self.output, betainccinv(b, a, y))
        return of_inverse(self, gy, sx(), [sa, sb, None])


class BetaIncCInv(Elementwise):
    """The x at which betaincc(a, b, x) is y.

    The gradient of y is -gy divided by the density at x; those of a and b follow from the slopes of betainc.
    """

    ufunc = "scipy.special.betainccinv"
    domain = [(1.2, 4.0), (1.2, 4.0), (0.2, 0.8)]
    order = 1

    def backward(self, gy):
        a, b, y = self.inputs
        sa, sb, sx = _slopes_beside_1(a, b, self.output, betaincinv(b, a, y))
        return of_inverse(self, gy, -sx(), [lambda: -sa(), lambda: -sb(), None])


class BtdTrIA(Elementwise):
    """The a at which betainc(a, b, x) is p; its inputs are p, b and x.

    With the slopes sa, sb and sx of betainc, the gradients are gy / sa, -gy * sb / sa and -gy * sx / sa.
    """

    ufunc = "scipy.special.btdtria"
    domain = [(0.2, 0.8), (1.2, 4.0), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        _, b, x = self.inputs
        sa, sb, sx = _slopes_of_betainc(self.output, b, x)
        return of_inverse(self, gy, sa(), [None, sb, sx])


class BtdTrIB(Elementwise):
    """The b at which betainc(a, b, x) is p; its inputs are a, p and x.

    With the slopes sa, sb and sx of betainc, the gradients are -gy * sa / sb, gy / sb and -gy * sx / sb.
    """

    ufunc = "scipy.special.btdtrib"
    domain = [(1.2, 4.0), (0.2, 0.8), (0.2, 0.8)]
    order = 1
    exact = False

    def backward(self, gy):
        a, _, x = self.inputs
        sa, sb, sx = _slopes_of_betainc(a, self.output, x)
        return of_inverse(self, gy, sb(), [sa, None, sx])


beta = Beta.operation
betaln = BetaLn.operation
binom = Binom.operation
betainc = BetaInc.operation
betaincc = BetaIncC.operation
betaincinv = BetaIncInv.operation
betainccinv = BetaIncCInv.operation
btdtria = BtdTrIA.operation
btdtrib = BtdTrIB.operation
