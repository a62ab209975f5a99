"""Nonlinear regressions of NIST's Statistical Reference Datasets, by `least_squares`, with standard errors.

One of lower difficulty and three of higher, from the first of NIST's two starts (BoxBOD from the second).
Each model is its formula and nothing else; the parameters, their standard errors and the sums of squares have
the certified values.
"""

import numpy as np
import showing

from leopard.scipy.optimize import least_squares

# Name: model, start, x, y, and what is certified: parameters, their standard errors, the sum of squares.
PROBLEMS = {
    "Misra1a": (
        lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
        [500, 0.0001],
        [77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760],
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
        ([2.3894212918e02, 5.5015643181e-04], [2.7070075241e00, 7.2668688436e-06], 1.2455138894e-01),
    ),
    "BoxBOD": (
        lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
        [100, 0.75],
        [1, 2, 3, 5, 7, 10],
        [109, 149, 149, 191, 213, 224],
        ([2.1380940889e02, 5.4723748542e-01], [1.2354515176e01, 1.0455993237e-01], 1.1680088766e03),
    ),
    "MGH09": (
        lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
        [25, 39, 41.5, 39],
        [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
        [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
        (
            [1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01],
            [1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02],
            3.0750560385e-04,
        ),
    ),
    "Rat43": (
        lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
        [100, 10, 1, 1],
        range(1, 16),
        [16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56, 689.96,
         637.56, 717.41],
        (
            [6.9964151270e02, 5.2771253025e00, 7.5962938329e-01, 1.2792483859e00],
            [1.6302297817e01, 2.0828735829e00, 1.9566123451e-01, 6.8761936385e-01],
            8.7864049080e03,
        ),
    ),
}  # fmt: skip


def fit(name):
    model, start, x, y, _ = PROBLEMS[name]
    x, y = np.array(x, float), np.array(y, float)
    tight = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15}
    return least_squares(
        lambda b: model(b, x) - y, start, method="lm", x_scale="jac", max_nfev=10_000, **tight
    )


def digits(found, certified):
    """The number of digits that agree, of the worst of the numbers."""
    found, certified = np.array(found), np.array(certified)
    return float(np.min(-np.log10(np.maximum(abs(found / certified - 1), 1e-15))).round(1))


def main(picture=None):
    fits = {name: fit(name) for name in PROBLEMS}
    if picture:
        draw(picture, fits)
    result = {}
    for name, found in fits.items():
        parameters, errors, squares = PROBLEMS[name][-1]
        result[f"digits_of_{name}"] = [
            digits(found.x, parameters), digits(found.stderr, errors), digits(2 * found.cost, squares)
        ]  # fmt: skip
        result[f"evaluations_of_{name}"] = found.nfev
    return result


def draw(path, fits):
    figure, axes = showing.figure(len(fits), size=(11, 3))
    for one, (name, found) in zip(axes, fits.items(), strict=True):
        model, _, x, y, _ = PROBLEMS[name]
        at = np.linspace(min(x), max(x), 61)
        one.plot(at, model(found.x, at), color=showing.BLUE)
        one.plot(x, y, ".", color=showing.RED)
        one.set(title=name, xlabel="x")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
