"""Maximum likelihood with standard errors: the O-rings of the space shuttle before Challenger.

Logistic regression of 23 flights: S. R. Dalal, E. B. Fowlkes and B. Hoadley, Journal of the American
Statistical Association 84 (1989). The standard errors come from the Hessian of the likelihood. That of a
prediction, here for the 31 degrees of Challenger's last launch, comes from its gradient: the delta method.
"""

import numpy as np
import showing

from leopard import grad
from leopard.scipy.optimize import minimize

# The temperature at launch in degrees Fahrenheit, and whether an O-ring was damaged.
FLIGHTS = np.array([
    [66, 0], [70, 1], [69, 0], [68, 0], [67, 0], [72, 0], [73, 0], [70, 0], [57, 1], [63, 1], [70, 1],
    [78, 0], [67, 0], [53, 1], [67, 0], [75, 0], [70, 0], [81, 0], [76, 0], [79, 0], [75, 1],
    [76, 0], [58, 1],
], float)  # fmt: skip


def log_odds(p, temperature):
    return p["intercept"] + p["slope"] * temperature


def minus_log_likelihood(p):
    z = log_odds(p, FLIGHTS[:, 0])
    return np.sum(np.logaddexp(0, z) - FLIGHTS[:, 1] * z)


def predicted(found, temperature):
    """The log odds of damage at a temperature, and their standard error."""
    slope = grad(log_odds)(found.x, temperature)
    row = np.array([slope["intercept"], slope["slope"]])
    return log_odds(found.x, temperature), np.sqrt(row @ found.covariance @ row)


def main(picture=None):
    found = minimize(minus_log_likelihood, {"intercept": 0.0, "slope": 0.0}, method="trust-exact", tol=1e-10)
    if picture:
        draw(picture, found)
    centre, error = predicted(found, 31.0)
    return {
        "coefficients": np.array([found.x["intercept"], found.x["slope"]]),
        "standard_errors": np.array([found.stderr["intercept"], found.stderr["slope"]]),
        "deviance": 2 * found.fun,
        "probability_at_31": chance(centre),
        "interval_at_31": chance(centre + 1.96 * error * np.array([-1, 1])),
    }


def chance(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def draw(path, found):
    figure, axes = showing.figure()
    at = np.linspace(30, 82, 53)
    centre, error = np.transpose([predicted(found, t) for t in at])
    band = chance(centre - 1.96 * error), chance(centre + 1.96 * error)
    axes.fill_between(at, *band, color=showing.BLUE, alpha=0.2)
    axes.plot(at, chance(centre), color=showing.BLUE)
    axes.plot(*FLIGHTS.T, ".", color=showing.RED)
    axes.axvline(31, color=showing.GREY, lw=0.8)
    axes.set(
        title="probability of damage, with a 95 % interval; grey: Challenger", xlabel="degrees Fahrenheit"
    )
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
