"""The greeks of 100 000 options: derivatives of the price of one, of first and second order, by `vmap`.

The price is F. Black and M. Scholes's, in the form of J. C. Hull, Options, Futures, and Other Derivatives.
All of its greeks are in a gradient and a Hessian. The first contract is the example of Hull's chapter on
greeks: it is worth 2.40, with delta 0.522, gamma 0.066, theta -4.31, vega 12.1 and rho 8.91.
"""

import numpy as np
import showing
from scipy.special import ndtr

from leopard import compile, hessian, value_and_grad, vmap

SPOT, STRIKE, RATE, VOLATILITY, TIME = range(5)


def price(contract):
    """Of a European call on a stock without dividends."""
    spot, strike, rate, volatility, time = contract
    spread = volatility * np.sqrt(time)
    d1 = (np.log(spot / strike) + rate * time) / spread + spread / 2
    return spot * ndtr(d1) - strike * np.exp(-rate * time) * ndtr(d1 - spread)


@compile
def greeks(contracts):
    """All of them for all contracts, one a row."""
    value, g = vmap(value_and_grad(price))(contracts)
    H = vmap(hessian(price))(contracts)
    return {
        "price": value,
        "delta": g[:, SPOT],
        "theta": -g[:, TIME],
        "vega": g[:, VOLATILITY],
        "rho": g[:, RATE],
        "gamma": H[:, SPOT, SPOT],
        "vanna": H[:, SPOT, VOLATILITY],
        "volga": H[:, VOLATILITY, VOLATILITY],
    }


def contracts(n=100_000, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.uniform([20, 20, 0.0, 0.1, 0.1], [90, 90, 0.1, 0.6, 2.0], (n, 5))
    rows[0] = 49, 50, 0.05, 0.2, 20 / 52
    return rows


def main(picture=None):
    found = greeks(contracts())
    if picture:
        draw(picture)
    return found


def draw(path):
    shown = ["delta", "gamma", "vega", "volga"]
    figure, axes = showing.figure(len(shown), size=(11, 3))
    spots = np.linspace(25, 85, 61)
    for time, colour in zip((0.1, 0.4, 1.0, 2.0), showing.COLOURS, strict=False):
        rows = np.stack([spots, *np.broadcast_to([[50], [0.05], [0.2], [time]], (4, len(spots)))], axis=1)
        found = greeks(rows)
        for one, name in zip(axes, shown, strict=True):
            one.plot(spots, found[name], color=colour, label=f"{time} years")
            one.set(title=name, xlabel="price of the stock")
    axes[0].legend()
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
