"""Hamiltonian Monte Carlo on a funnel of ten dimensions, whose moments are known.

R. M. Neal's funnel (Slice sampling, Annals of Statistics 31, 2003): v is normal with deviation 3, and given
v each of nine x is normal with variance exp(v), at the mouth many thousand times that at the neck. No step
suits both, so the mass of x depends on v: Y. Zhang and C. Sutton, Semi-separable Hamiltonian Monte Carlo for
inference in Bayesian hierarchical models, NIPS 2014.
"""

import numpy as np
import showing

from leopard import grad


def hamiltonian(v, x, r, p):
    """Minus the log density of each chain's v, x, and of their momenta r and p, up to a constant."""
    n = x.shape[1]
    position = v**2 / 18 + n / 2 * v + np.exp(-v) * np.sum(x**2, axis=1) / 2
    momentum = r**2 / 2 + np.exp(v) * np.sum(p**2, axis=1) / 2 - n / 2 * v
    return position + momentum


def total(*state):
    """The sum over the chains, which are independent, so that its gradient has the gradients of all."""
    return np.sum(hamiltonian(*state))


by_v, by_x, by_r, by_p = (grad(total, i) for i in range(4))


def move_v(v, x, r, p, step):
    """A leapfrog step of v and r, while x and p stay."""
    r = r - step / 2 * by_v(v, x, r, p)
    v = v + step * by_r(v, x, r, p)
    return v, x, r - step / 2 * by_v(v, x, r, p), p


def move_x(v, x, r, p, step):
    """A leapfrog step of x and p, while v and r stay."""
    p = p - step / 2 * by_x(v, x, r, p)
    x = x + step * by_p(v, x, r, p)
    return v, x, r, p - step / 2 * by_x(v, x, r, p)


def transition(rng, v, x, step=0.4, steps=12):
    """New v and x of each chain, and which of them moved."""
    r = rng.normal(size=v.shape)
    p = rng.normal(size=x.shape) * np.exp(-v / 2)[:, None]
    start = end = (v, x, r, p)
    for _ in range(steps):
        end = move_v(*move_x(*move_v(*end, step / 2), step), step / 2)
    moved = np.log(rng.uniform(size=len(v))) < hamiltonian(*start) - hamiltonian(*end)
    return np.where(moved, end[0], v), np.where(moved[:, None], end[1], x), moved


def sample(rng, chains, warm_up, draws):
    """v and x of all chains after each transition, and the share of proposals that were taken."""
    v, x = np.zeros(chains), rng.normal(size=(chains, 9))
    vs, xs, taken = np.empty((draws, chains)), np.empty((draws, chains, 9)), []
    for n in range(-warm_up, draws):
        v, x, moved = transition(rng, v, x)
        if n >= 0:
            vs[n], xs[n] = v, x
            taken.append(moved.mean())
    return vs, xs, np.mean(taken)


def estimate(values):
    """The mean, and its standard error from the means of the chains, which are independent."""
    means = values.mean(axis=0)
    return np.array([means.mean(), means.std(ddof=1) / np.sqrt(len(means))])


def main(picture=None):
    v, x, taken = sample(np.random.default_rng(0), chains=100, warm_up=50, draws=250)
    if picture:
        draw(picture, v, x)
    return {
        "mean_of_v": estimate(v),
        "mean_of_v_squared": estimate(v**2),
        "share_below_minus_3": estimate(v < -3),
        "share_above_3": estimate(v > 3),
        "mean_of_standardized_x_squared": estimate(np.mean(x**2, axis=-1) * np.exp(-v)),
        "accepted": taken,
    }


def draw(path, v, x):
    figure, (left, right) = showing.figure(2)
    some = np.s_[::50, ::2]
    left.plot(np.arcsinh(x[some][..., 0]).ravel(), v[some].ravel(), ".", color=showing.BLUE, ms=2)
    left.set(title="draws", xlabel="arcsinh of x1", ylabel="v")
    bins = np.linspace(-10, 10, 41)
    right.hist(v.ravel(), bins, density=True, histtype="step", color=showing.BLUE, label="draws")
    at = np.linspace(-10, 10, 81)
    right.plot(at, np.exp(-(at**2) / 18) / np.sqrt(18 * np.pi), color=showing.RED, label="exact")
    right.set(title="v is normal, with deviation 3", xlabel="v")
    right.legend()
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
