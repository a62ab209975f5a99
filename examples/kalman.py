"""A Kalman filter: the annual flow of the Nile as a level that wanders, by maximum likelihood.

The local level model of J. Durbin and S. J. Koopman, Time Series Analysis by State Space Methods, 2nd
edition, 2012, chapter 2, with variances of 15099 and 1469.1. No smoother is written: the mean and the
variance of the level, given all years, are the first and second derivatives of the likelihood in the data.
"""

import numpy as np
import showing

from leopard import grad, hessian
from leopard.scipy.optimize import minimize

# At Aswan, 1871 to 1970, in 10**8 cubic metres: G. W. Cobb, Biometrika 65 (1978).
NILE = np.array([
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799,
    958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916,
    692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698,
    845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742,
    801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901,
    1170, 912, 746, 919, 718, 714, 740,
], float)  # fmt: skip


def minus_log_likelihood(log_variances, y):
    """Minus the log likelihood of all years but the first, before which nothing is known of the level."""
    noise, drift = np.exp(log_variances[0]), np.exp(log_variances[1])
    level, variance = y[0], noise
    total = 0.5 * (len(y) - 1) * np.log(2 * np.pi)
    for t in range(1, len(y)):
        predicted = variance + drift  # the variance of the level, then that of the flow
        F = predicted + noise
        v = y[t] - level
        total = total + 0.5 * (np.log(F) + v**2 / F)
        level = level + predicted / F * v
        variance = predicted * noise / F
    return total


def smoothed(log_variances, y):
    """Mean and variance of the level in each year: with S the covariance of the flow, the derivatives in y
    are inv(S) @ y and inv(S), and the level is y - noise * inv(S) @ y."""
    noise = np.exp(log_variances[0])

    def loss(y):
        return minus_log_likelihood(log_variances, y)

    return y - noise * grad(loss)(y), noise - noise**2 * np.diag(hessian(loss)(y))


def main(picture=None):
    found = minimize(minus_log_likelihood, np.log([10_000.0, 1000.0]), args=(NILE,), method="trust-exact")
    mean, variance = smoothed(found.x, NILE)
    if picture:
        draw(picture, mean, np.sqrt(variance))
    return {
        "variances": np.exp(found.x),
        "deviations_of_their_logarithms": found.stderr,
        "log_likelihood": -found.fun,
        "level": mean,
        "variance_of_level": variance,
    }


def draw(path, level, deviation):
    figure, axes = showing.figure()
    years = np.arange(1871, 1971)
    axes.fill_between(years, level - 2 * deviation, level + 2 * deviation, color=showing.BLUE, alpha=0.2)
    axes.plot(years, level, color=showing.BLUE, label="level, with two deviations")
    axes.plot(years, NILE, ".", color=showing.RED, label="flow")
    axes.axvline(1898.5, color=showing.GREY, lw=0.8)
    axes.set(title="the Nile at Aswan, where a dam was begun in 1898", ylabel="10**8 cubic metres a year")
    axes.legend()
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
