"""A hidden Markov model: the yearly number of large earthquakes, with Poisson means that change with a state.

The data and the models of W. Zucchini and I. L. MacDonald, Hidden Markov Models for Time Series, 2009. The
likelihood is their forward recursion, written as a loop; the probability of a state in a year is a derivative
of it, so that no backward recursion is written.
"""

import numpy as np
import showing
from scipy.special import gammaln

from leopard import grad
from leopard.scipy.optimize import minimize

# Of magnitude 7 or more, 1900 to 2006: table 1.1 there.
COUNTS = np.array([
    13, 14, 8, 10, 16, 26, 32, 27, 18, 32, 36, 24, 22, 23, 22, 18, 25, 21, 21, 14, 8, 11, 14, 23, 18,
    17, 19, 20, 22, 19, 13, 26, 13, 14, 22, 24, 21, 22, 26, 21, 23, 24, 27, 41, 31, 27, 35, 26, 28, 36,
    39, 21, 17, 22, 17, 19, 15, 34, 10, 15, 22, 18, 15, 20, 15, 22, 19, 16, 30, 27, 29, 23, 20, 16, 21,
    21, 25, 16, 18, 15, 18, 14, 10, 15, 8, 15, 6, 11, 8, 7, 18, 16, 13, 12, 13, 20, 15, 16, 12, 18, 15,
    16, 13, 15, 16, 11, 11,
], float)  # fmt: skip


def model(p):
    """The transition probabilities, their stationary distribution, and the means."""
    m = len(p["log_means"])
    odds = np.exp(p["log_odds"])  # of leaving state i for state j, against staying
    G = np.eye(m) + odds * (1 - np.eye(m))
    G = G / np.sum(G, axis=1, keepdims=True)
    start = np.linalg.solve((np.eye(m) - G + 1).T, np.ones(m))
    return G, start, np.exp(p["log_means"])


def log_chances(means, counts):
    """The logarithm of the probability of each year's count in each state."""
    return counts[:, None] * np.log(means) - means - gammaln(counts[:, None] + 1)


def minus_log_likelihood_of(G, start, log_chances):
    chances = np.exp(log_chances)
    forward = start * chances[0]
    total = 0.0
    for chance in chances[1:]:
        scale = np.sum(forward)
        total = total + np.log(scale)
        forward = (forward / scale) @ G * chance
    return -(total + np.log(np.sum(forward)))


def minus_log_likelihood(p, counts):
    G, start, means = model(p)
    return minus_log_likelihood_of(G, start, log_chances(means, counts))


def fit(m, counts):
    p = {"log_means": np.log(np.linspace(10.0, 30.0, m)), "log_odds": np.full((m, m), -2.0)}
    low = {"log_odds": (-12.0, None)}  # some transitions of the best model never happen
    found = minimize(minus_log_likelihood, p, args=(counts,), method="L-BFGS-B", bounds=low, tol=1e-12)
    G, start, means = model(found.x)
    of_states = -grad(minus_log_likelihood_of, 2)(G, start, log_chances(means, counts))
    return found.fun, G, means, of_states


def main(picture=None):
    fits = {m: fit(m, COUNTS) for m in (2, 3)}
    _, G, means, of_states = fits[3]
    if picture:
        draw(picture, means, of_states)
    return {
        "minus_log_likelihood_of_2": fits[2][0],
        "means_of_2": fits[2][2],
        "minus_log_likelihood_of_3": fits[3][0],
        "means_of_3": means,
        "transitions_of_3": G,
        "probability_of_states": of_states,
    }


def draw(path, means, of_states):
    figure, (left, right) = showing.figure(2)
    years = np.arange(1900, 2007)
    left.plot(years, COUNTS, ".", color=showing.GREY)
    left.plot(years, of_states @ means, color=showing.BLUE)
    left.set(title="large earthquakes a year, and the mean given all years")
    right.stackplot(years, of_states.T, colors=showing.COLOURS, labels=[f"mean {mean:.1f}" for mean in means])
    right.set(title="probability of each state", ylim=(0, 1))
    right.legend(loc="upper left", bbox_to_anchor=(1, 1))
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
