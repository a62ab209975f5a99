"""Two solitons that pass each other: the equation of Korteweg and de Vries, u_t + 6 u u_x + u_xxx = 0.

R. Hirota (Physical Review Letters 27, 1971) writes u as twice the second derivative of the logarithm of a sum
of exponentials. leopard takes that derivative, and those of the equation on top of it: the fifth in all.
"""

import numpy as np
import showing

from leopard import elementwise_grad

K = (2.0, 4.0)  # a soliton of k has the height k**2 / 2 and the speed k**2


def along_x(f):
    return elementwise_grad(f, 0)


def along_t(f):
    return elementwise_grad(f, 1)


def log_tau(x, t):
    """The logarithm of the sum of exponentials for two solitons that meet at x = 0 and t = 0."""
    slow, fast = (np.exp(k * x - k**3 * t) for k in K)
    return np.log(1 + 3 * slow + 3 * fast + slow * fast)


second = along_x(along_x(log_tau))


def u(x, t):
    return 2 * second(x, t)


u_x, u_t = along_x(u), along_t(u)
u_xxx = along_x(along_x(u_x))


def in_closed_form(x, t):
    """u in closed form: P. G. Drazin and R. S. Johnson, Solitons: an introduction, 1989."""
    above = 3 + 4 * np.cosh(2 * x - 8 * t) + np.cosh(4 * x - 64 * t)
    return 12 * above / (3 * np.cosh(x - 28 * t) + np.cosh(3 * x - 36 * t)) ** 2


def terms(x, t):
    """The three terms of the equation, whose sum is to be 0."""
    return u_t(x, t), 6 * u(x, t) * u_x(x, t), u_xxx(x, t)


def conserved(x, t):
    """Mass, momentum and energy: the integrals of u, u**2 and u**3 - u_x**2 / 2."""
    value, slope = u(x, t), u_x(x, t)
    densities = np.array([value, value**2, value**3 - slope**2 / 2])
    return densities.sum(axis=1) * (x[1] - x[0])  # as good as exact: all of it is smooth and ends at 0


def main(picture=None):
    x = np.linspace(-12, 12, 481)
    found = {}
    for name, time in (("before", -0.2), ("together", 0.0), ("after", 0.2)):
        t = np.full_like(x, time)
        parts = terms(x, t)
        found[f"residual_{name}"] = np.max(abs(sum(parts))) / np.max(abs(parts[2]))
        found[f"off_closed_form_{name}"] = np.max(abs(u(x, t) - in_closed_form(x, t)))
        found[f"conserved_{name}"] = conserved(x, t)
    if picture:
        draw(picture)
    return found


def draw(path):
    figure, (left, right) = showing.figure(2)
    x = np.linspace(-6, 6, 161)
    for n, time in enumerate((-0.3, -0.1, 0.0, 0.1, 0.3)):
        left.plot(x, u(x, np.full_like(x, time)) + 3 * n, color=showing.COLOURS[n], lw=1.2)
        left.annotate(f"t = {time}", (-6, 3 * n + 0.3), fontsize=7, color=showing.COLOURS[n])
    left.set(title="u: the fast one passes the slow one", xlabel="x", yticks=[])
    parts = terms(x, np.full_like(x, 0.1))
    for name, part, colour in zip(("u_t", "6 u u_x", "u_xxx"), parts, showing.COLOURS, strict=False):
        right.plot(x, part, color=colour, lw=1.2, label=name)
    right.plot(x, sum(parts), "k--", lw=1, label="their sum")
    right.set(title="the terms of the equation at t = 0.1", xlabel="x")
    right.legend()
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
