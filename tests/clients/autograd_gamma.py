"""autograd-gamma: incomplete gamma and beta functions with derivatives. Its sdist has no tests."""

REQUIREMENTS = ["autograd-gamma==0.5.0"]
SOURCE = None
TESTS = []
EXCUSED = {}


def functions():
    """The functions that the package gives derivatives to, with the number of their parameters."""
    import autograd_gamma

    one = ["gammainc", "gammaincc", "gammaincln", "gammainccln", "gammaincinv", "gammainccinv"]
    two = ["betainc", "betaincln", "betaincinv"]
    return [(f, getattr(autograd_gamma, f), 1 if f in one else 2) for f in one + two]


def check():
    """Values, and gradients with respect to each argument, of numbers and of arrays."""
    import autograd.numpy as np
    from autograd import elementwise_grad, grad, value_and_grad

    found = {}
    for name, f, parameters in functions():
        numbers = [1.3, 0.8][:parameters] + [0.4]
        arrays = [np.array([0.7, 1.3, 4.0]), np.array([2.0, 0.8, 1.1])][:parameters]
        arrays.append(np.array([0.2, 0.4, 0.9]))
        for i in range(parameters + 1):
            value, slope = value_and_grad(f, argnum=i)(*numbers)
            found[f"{name} {i}"], found[f"{name} {i} value"] = slope, value
            for j, slope in enumerate(elementwise_grad(f, argnum=i)(*arrays)):
                found[f"{name} {i} array {j}"] = slope
    found["second"] = grad(grad(lambda x: functions()[0][1](2.5, x)))(1.1)
    found["loss"] = loss(np.array([0.3, -0.2]))
    for i, slope in enumerate(grad(loss)(np.array([0.3, -0.2]))):
        found[f"slope of the loss {i}"] = slope
    return found


def durations():
    """Times of gamma distribution, and which of them are known to their end."""
    import numpy

    random = numpy.random.default_rng(1)
    return random.gamma(1.7, 2.0, 400), random.random(400) < 0.7


def loss(p, data=None):
    """Minus the logarithm of the likelihood of censored times of gamma distribution."""
    import autograd.numpy as np
    from autograd.scipy.special import gammaln
    from autograd_gamma import gammainccln

    t, seen = durations() if data is None else data
    a, rate = np.exp(p[0]), np.exp(p[1])
    density = a * np.log(rate) + (a - 1) * np.log(t[seen]) - rate * t[seen] - gammaln(a)
    return -(np.sum(density) + np.sum(gammainccln(a, rate * t[~seen]))) / len(t)


def fit():
    """The parameters of greatest likelihood, by SciPy's `minimize`."""
    import autograd
    import numpy
    from scipy.optimize import minimize

    data, options = durations(), {"jac": True, "method": "BFGS"}
    return lambda: minimize(autograd.value_and_grad(loss), numpy.zeros(2), args=(data,), **options)


def gradient():
    """Value and gradient of the likelihood, in the last call of the fit."""
    import autograd

    from __main__ import differentiated

    return differentiated(autograd, fit())
