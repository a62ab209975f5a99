"""Thurber: a fit that NIST certifies to eleven digits, from its Statistical Reference Datasets.

Electron mobility in silicon over the logarithm of the density, a quotient of two cubics with seven
parameters. The data, the starts and the certified results are those of NIST StRD, Thurber.dat,
https://www.itl.nist.gov/div898/strd/nls/data/thurber.shtml
"""

from typing import NamedTuple

import numpy as np

from leopard import Variable

y = np.array(
    """
    80.574 84.248 87.264 87.195 89.076 89.608 89.868 90.101 92.405 95.854 100.696 101.060 401.672
    390.724 567.534 635.316 733.054 759.087 894.206 990.785 1090.109 1080.914 1122.643 1178.351
    1260.531 1273.514 1288.339 1327.543 1353.863 1414.509 1425.208 1421.384 1442.962 1464.350
    1468.705 1447.894 1457.628
    """.split(),
    float,
)
x = np.array(
    """
    -3.067 -2.981 -2.921 -2.912 -2.840 -2.797 -2.702 -2.699 -2.633 -2.481 -2.363 -2.322 -1.501
    -1.460 -1.274 -1.212 -1.100 -1.046 -0.915 -0.714 -0.566 -0.545 -0.400 -0.309 -0.109 -0.103
    0.010 0.119 0.377 0.790 0.963 1.006 1.115 1.572 1.841 2.047 2.200
    """.split(),
    float,
)
starts = (
    (1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03),
    (1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05),
)
certified_digits = 11
certified_parameters = np.array(
    [
        1.2881396800e03,
        1.4910792535e03,
        5.8323836877e02,
        7.5416644291e01,
        9.6629502864e-01,
        3.9797285797e-01,
        4.9727297349e-02,
    ]
)
certified_errors = np.array(
    [
        4.6647963344e00,
        3.9571156086e01,
        2.8698696102e01,
        5.5675370270e00,
        3.1333340687e-02,
        1.4984928198e-02,
        6.5842344623e-03,
    ]
)
certified_residue = 5.6427082397e03
least_damping = 1e-14


def model(b, x):
    b1, b2, b3, b4, b5, b6, b7 = b
    return (b1 + x * (b2 + x * (b3 + x * b4))) / (1 + x * (b5 + x * (b6 + x * b7)))


def residuals(b):
    """Model minus data at the parameters `b`, and the Jacobian, from one backward pass.

    Each parameter is given as one Variable with an element for each point. Point i depends on
    element i alone, so the gradient of the sum over the points is a column of the Jacobian.
    """
    columns = [Variable(np.full(x.shape, b_k)) for b_k in b]
    r = model(columns, x) - y
    r.backward()
    return r.data, np.stack([column.grad.data for column in columns], axis=1)


class Fit(NamedTuple):
    """Parameters, their standard errors, the residual sum of squares and the steps it took."""

    parameters: np.ndarray
    errors: np.ndarray
    residue: float
    steps: int


def fit(b, most_steps=100):
    """Least squares by Levenberg and Marquardt, from the start `b`.

    Raises
    ------
    ArithmeticError
        When it has not converged after `most_steps`, or a number is not finite.
    """
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        return _fit(np.array(b, float), most_steps)


def _fit(b, most_steps):
    damping = 1e-3
    r, jacobian = residuals(b)
    for steps in range(1, most_steps + 1):
        step = damped_step(r, jacobian, damping)
        # The share of the residuals that the linear model would still explain: 0 at the minimum.
        if damping == least_damping and np.linalg.norm(jacobian @ step) <= 1e-11 * np.linalg.norm(r):
            return Fit(b, standard_errors(r, jacobian), r @ r, steps - 1)
        new_r, new_jacobian = residuals(b + step)
        # The last steps change the sum by less than its rounding, and must still be accepted.
        if new_r @ new_r <= r @ r * (1 + 1e-12):
            b, r, jacobian, damping = b + step, new_r, new_jacobian, max(damping / 10, least_damping)
        else:
            damping *= 10
    raise ArithmeticError(f"no minimum after {most_steps} steps")


def damped_step(r, jacobian, damping):
    """The step to the minimum of the linear model, damped in units of the columns' lengths."""
    lengths = np.linalg.norm(jacobian, axis=0)
    n = len(lengths)
    # Appended rows, not the normal equations: those would lose half of the digits.
    rows = np.vstack([jacobian / lengths, np.sqrt(damping) * np.eye(n)])
    return np.linalg.lstsq(rows, np.append(-r, np.zeros(n)))[0] / lengths


def standard_errors(r, jacobian):
    lengths = np.linalg.norm(jacobian, axis=0)
    triangle = np.linalg.qr(jacobian / lengths, mode="r")
    variance = r @ r / (len(r) - len(lengths))
    return np.sqrt(variance) * np.linalg.norm(np.linalg.inv(triangle), axis=1) / lengths


def agreeing_digits(computed, certified):
    """The log relative error: how many digits agree, at most those that are certified."""
    error = abs(np.asarray(computed) - certified) / abs(np.asarray(certified))
    return np.clip(-np.log10(np.maximum(error, 10.0**-certified_digits)), 0, certified_digits)
