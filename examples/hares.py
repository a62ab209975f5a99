"""Parameters of a differential equation: hares and lynxes by the equations of Lotka and Volterra.

The pelts that the Hudson's Bay Company bought, 1900 to 1920, in thousands, and the model of B. Carpenter,
Predator-Prey Population Dynamics: the Lotka-Volterra model in Stan, 2018: the logarithms of the counts have
normal errors. The most likely parameters are his posterior means, within half of his deviations.
"""

import numpy as np
import showing

from leopard import jacobian
from leopard.scipy.integrate import solve_ivp
from leopard.scipy.optimize import least_squares

HARES = np.array([
    30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6,
    14.6, 16.2, 24.7,
], float)  # fmt: skip
LYNXES = np.array([
    4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7,
    10.1, 8.6,
], float)  # fmt: skip
YEARS = np.arange(21.0)


def rates(t, y, p):
    """alpha and gamma are the rates of birth and death, beta and delta what the meetings do to either."""
    hares, lynxes = y[0], y[1]
    alpha, beta, gamma, delta = p[0], p[1], p[2], p[3]
    return np.stack([(alpha - beta * lynxes) * hares, (delta * hares - gamma) * lynxes])


def numbers(log_p, times):
    """Hares and lynxes; the unknowns are the logarithms of the four rates and of the two first numbers."""
    p = np.exp(log_p)
    return solve_ivp(rates, (0, times[-1]), p[4:], t_eval=times, args=(p[:4],), rtol=1e-8, atol=1e-8).y


def residuals(log_p):
    return np.ravel(np.log(numbers(log_p, YEARS)) - np.log(np.stack([HARES, LYNXES])))


def main(picture=None):
    start = np.log([0.5, 0.02, 1.0, 0.02, 30.0, 4.0])
    found = least_squares(residuals, start, jac=jacobian(residuals), xtol=1e-12)
    if picture:
        draw(picture, found.x)
    p = np.exp(found.x)
    return {
        "rates": p[:4],
        "first_numbers": p[4:],
        "deviations": p * found.stderr,
        "scatter": np.sqrt(np.mean(found.fun**2)),
        "slope": found.grad,
        "evaluations": found.nfev,
    }


def draw(path, log_p):
    figure, (left, right) = showing.figure(2)
    times = np.linspace(0, 20, 121)
    fitted = numbers(log_p, times)
    for name, data, line, colour in (
        ("hares", HARES, fitted[0], showing.BLUE),
        ("lynxes", LYNXES, fitted[1], showing.RED),
    ):
        left.plot(1900 + YEARS, data, ".", color=colour)
        left.plot(1900 + times, line, color=colour, label=name)
    left.set(title="thousands of pelts a year, and the fit", xticks=range(1900, 1921, 5))
    left.legend()
    right.plot(HARES, LYNXES, ".", color=showing.GREY)
    right.plot(*fitted, color=showing.BLUE)
    right.set(title="the orbit", xlabel="hares", ylabel="lynxes")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
