"""A program written for HIPS autograd, moved by its import lines: a Gaussian process fitted to data.

Without `leopard.compat.` in the import lines it runs with autograd again; the tests run both. Its
hyperparameters are found by Adam, then by Newton's method, and their standard deviations from the Hessian.
"""

import showing

import leopard.compat.autograd.numpy as np
import leopard.compat.autograd.numpy.random as npr
from leopard.compat.autograd import hessian, value_and_grad
from leopard.compat.autograd.misc import flatten
from leopard.compat.autograd.misc.optimizers import adam


def covariance(params, x, y):
    """The covariance of a smooth function's values at points x and y."""
    apart = (x[:, None] - y[None, :]) / np.exp(params["log_length"])
    return np.exp(2 * params["log_height"] - apart**2 / 2)


def minus_log_likelihood(params, x, t):
    """Minus the log likelihood of noisy values t: C. E. Rasmussen and C. K. I. Williams, Gaussian Processes
    for Machine Learning, 2006, equation 2.30."""
    K = covariance(params, x, x) + np.exp(2 * params["log_noise"]) * np.eye(len(x))
    _, log_determinant = np.linalg.slogdet(K)
    return 0.5 * (np.dot(t, np.linalg.solve(K, t)) + log_determinant + len(x) * np.log(2 * np.pi))


def fit(x, t):
    """Hyperparameters, their Hessian, and the values of the loss on the way."""
    values = []

    def slope(params, step):
        value, g = value_and_grad(minus_log_likelihood)(params, x, t)
        values.append(value)
        return g

    start = {"log_length": np.array(0.0), "log_height": np.array(0.0), "log_noise": np.array(0.0)}
    row, unflatten = flatten(adam(slope, start, num_iters=100, step_size=0.05))

    def loss(row):
        return minus_log_likelihood(unflatten(row), x, t)

    for _ in range(5):
        value, g = value_and_grad(loss)(row)
        values.append(value)
        row = row - np.linalg.solve(hessian(loss)(row), g)
    return unflatten(row), hessian(loss)(row), np.array(values)


def predict(params, x, t, at):
    """Mean and standard deviation of the function at new points: equations 2.25 and 2.26 there."""
    K = covariance(params, x, x) + np.exp(2 * params["log_noise"]) * np.eye(len(x))
    cross = covariance(params, x, at)
    mean = np.dot(cross.T, np.linalg.solve(K, t))
    variance = np.exp(2 * params["log_height"]) - np.sum(cross * np.linalg.solve(K, cross), axis=0)
    return mean, np.sqrt(variance)


def data(n=30, noise=0.2):
    rs = npr.RandomState(0)
    x = np.sort(rs.uniform(-4, 4, n))
    return x, np.sin(1.5 * x) * np.cos(0.5 * x) + noise * rs.randn(n)


def main(picture=None):
    x, t = data()
    params, curvature, values = fit(x, t)
    if picture:
        draw(picture, x, t, params, values)
    mean, deviation = predict(params, x, t, np.linspace(-4, 4, 9))
    return {
        **params,
        "minus_log_likelihood": values[-1],
        "minus_log_likelihood_at_start": values[0],
        "deviations_of_parameters": np.sqrt(np.diag(np.linalg.inv(curvature))),
        "mean": mean,
        "deviation": deviation,
    }


def draw(path, x, t, params, values):
    figure, (left, right) = showing.figure(2)
    at = np.linspace(-5, 5, 101)
    mean, deviation = predict(params, x, t, at)
    left.fill_between(at, mean - 2 * deviation, mean + 2 * deviation, color=showing.BLUE, alpha=0.2)
    left.plot(at, mean, color=showing.BLUE)
    left.plot(at, np.sin(1.5 * at) * np.cos(0.5 * at), "--", color=showing.GREY)
    left.plot(x, t, ".", color=showing.RED)
    left.set(title="the function (dashed), data, and the fit with two deviations", xlabel="x")
    right.plot(values, color=showing.BLUE)
    right.axvline(100, color=showing.GREY, lw=0.8)
    right.set(title="minus log likelihood: Adam, then Newton", xlabel="step")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
