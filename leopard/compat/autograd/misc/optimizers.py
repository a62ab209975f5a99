"""`autograd.misc.optimizers`: three stochastic optimizers over structures of arrays.

Each calls ``grad(x, i)`` for the gradient of step i, and, where a callback is given, ``callback(x, i, g)``
before each step.
"""

import functools

import numpy as np

from leopard.compat.autograd.misc.flatten import flatten

__all__ = ["adam", "rmsprop", "sgd", "unflatten_optimizer"]


def unflatten_optimizer(optimize):
    """An optimizer of structures, made from one of vectors, ``optimize(grad, x, callback, ...)``."""

    @functools.wraps(optimize)
    def of_structures(grad, x0, callback=None, *args, **options):
        x, unflatten = flatten(x0)

        def vector(x, i):
            return flatten(grad(unflatten(x), i))[0]

        def shown(x, i, g):
            callback(unflatten(x), i, unflatten(g))

        return unflatten(optimize(vector, x, shown if callback else None, *args, **options))

    return of_structures


def _over_structures(steps):
    """An optimizer of structures, made from a generator of the steps of a vector."""

    @functools.wraps(steps)
    def optimize(grad, x0, callback=None, *args, **options):
        x, unflatten = flatten(x0)
        moves = steps(len(x), *args, **options)
        for i, move in enumerate(moves):
            structure = unflatten(x)
            g = grad(structure, i)
            if callback:
                callback(structure, i, g)
            x = x + move(flatten(g)[0])
        return unflatten(x)

    return optimize


@_over_structures
def sgd(n, num_iters=200, step_size=0.1, mass=0.9):
    """Stochastic gradient descent with momentum."""
    velocity = np.zeros(n)

    def move(g):
        velocity[:] = mass * velocity - (1 - mass) * g
        return step_size * velocity

    return (move for _ in range(num_iters))


@_over_structures
def rmsprop(n, num_iters=100, step_size=0.1, gamma=0.9, eps=1e-8):
    """RMSprop: gradients divided by the root of a running mean of their squares."""
    mean_square = np.ones(n)

    def move(g):
        mean_square[:] = mean_square * gamma + g**2 * (1 - gamma)
        return -step_size * g / (np.sqrt(mean_square) + eps)

    return (move for _ in range(num_iters))


@_over_structures
def adam(n, num_iters=100, step_size=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam: D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, 2014, algorithm 1."""
    mean, mean_square = np.zeros(n), np.zeros(n)

    def moves():
        for i in range(1, num_iters + 1):

            def move(g, i=i):
                mean[:] = (1 - b1) * g + b1 * mean
                mean_square[:] = (1 - b2) * g**2 + b2 * mean_square
                return -step_size * (mean / (1 - b1**i)) / (np.sqrt(mean_square / (1 - b2**i)) + eps)

            yield move

    return moves()
