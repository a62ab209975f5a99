"""pymanopt: optimization on manifolds. The tests of its other backends are left out."""

from functools import partial

REQUIREMENTS = ["pymanopt==2.2.1"]
SOURCE = "pymanopt==2.2.1"
# Its conftest.py imports TensorFlow and PyTorch to seed them; NumPy is seeded below.
TESTS = [
    "--noconftest",
    "tests/manifolds",
    "tests/optimizers",
    "tests/backends/test_autograd.py",
    "tests/backends/test_numpy.py",
    "tests/test_multi_tools.py",
    "tests/test_problem_backend_interface.py",
]
EXCUSED = {}


def pytest_runtest_setup(item):
    """Seed the random numbers before each test."""
    import random

    import numpy

    random.seed(42)
    numpy.random.seed(42)  # noqa: NPY002


def drawn(*shape):
    """Normally distributed numbers, the same at each call."""
    import numpy

    return numpy.random.default_rng(3).normal(size=shape)


def principal_axes():
    """Samples, and the problem of a plane through them with the least squares of distances."""
    import autograd.numpy as np
    import pymanopt
    from pymanopt.manifolds import Stiefel

    samples = drawn(200, 3) @ np.diag([3.0, 2.0, 1.0])
    samples -= samples.mean(axis=0)
    manifold = Stiefel(3, 2)

    @pymanopt.function.autograd(manifold)
    def cost(w):
        return np.linalg.norm(samples - samples @ w @ w.T) ** 2

    return pymanopt.Problem(manifold, cost), np.eye(3)[:, 1:]


def points_apart():
    """The problem of points on a sphere that are far from each other."""
    import autograd.numpy as np
    import pymanopt
    from pymanopt.manifolds import Oblique

    points, width = 24, 0.005
    manifold = Oblique(3, points)
    above = np.triu_indices(points, 1)

    @pymanopt.function.autograd(manifold)
    def cost(x):
        cosines = (x.T @ x)[above]
        largest = np.max(cosines)
        return largest + width * np.log(np.sum(np.exp((cosines - largest) / width)))

    start = drawn(3, points)
    return pymanopt.Problem(manifold, cost), start / np.linalg.norm(start, axis=0)


def complex_subspace():
    """The problem of the invariant subspace of a Hermitian matrix with the largest eigenvalues."""
    import autograd.numpy as np
    import pymanopt
    from pymanopt.manifolds import ComplexGrassmann

    a = drawn(16, 16) + 1j * drawn(32, 16)[16:]
    matrix = a + a.conj().T
    manifold = ComplexGrassmann(16, 2)

    @pymanopt.function.autograd(manifold)
    def cost(x):
        return -np.real(np.trace(np.conj(x.T) @ matrix @ x))

    return pymanopt.Problem(manifold, cost), np.linalg.qr(a[:, :2])[0]


def low_rank():
    """The problem of the matrix of rank 2 nearest to another, as a function of three factors."""
    import autograd.numpy as np
    import pymanopt
    from pymanopt.manifolds import FixedRankEmbedded

    matrix = drawn(5, 4)
    manifold = FixedRankEmbedded(5, 4, 2)

    @pymanopt.function.autograd(manifold)
    def cost(u, s, vt):
        return np.linalg.norm(u @ np.diag(s) @ vt - matrix) ** 2

    start = np.linalg.svd(drawn(5, 2) @ drawn(2, 4), full_matrices=False)
    return pymanopt.Problem(manifold, cost), manifold.random_point()._make(
        [start[0][:, :2], start[1][:2], start[2][:2]]
    )


def check():
    """Costs at the end of each problem, and derivatives at its start."""
    import numpy as np
    from pymanopt.optimizers import ConjugateGradient, TrustRegions

    found = {}
    for make, optimizer in [
        (principal_axes, TrustRegions),
        (points_apart, ConjugateGradient),
        (complex_subspace, TrustRegions),
        (low_rank, ConjugateGradient),
    ]:
        problem, start = make()
        name = make.__name__
        slopes = problem.euclidean_gradient(start)
        for i, slope in enumerate(slopes if isinstance(start, tuple) else [slopes]):
            found[f"{name} gradient {i}"] = np.linalg.norm(slope)
        if not isinstance(start, tuple):
            found[f"{name} product"] = np.linalg.norm(problem.euclidean_hessian(start, 0.5 * start + 1.0))
        result = optimizer(verbosity=0, max_iterations=60).run(problem, initial_point=start)
        found[name] = result.cost
    return found


def fit():
    """Trust regions, with products of the Hessian, and conjugate gradients."""
    from pymanopt.optimizers import ConjugateGradient, TrustRegions

    axes, start = principal_axes()
    points, apart = points_apart()
    regions = TrustRegions(verbosity=0)
    conjugate = ConjugateGradient(verbosity=0, max_iterations=40)
    return {
        "axes": lambda: regions.run(axes, initial_point=start),
        "points": lambda: conjugate.run(points, initial_point=apart),
    }


def gradient():
    """The gradients of the two costs."""
    found = {}
    for name, (problem, start) in {"axes": principal_axes(), "points": points_apart()}.items():
        found[name] = partial(problem.euclidean_gradient, start)
        found[name].value = partial(problem.cost, start)
    return found
