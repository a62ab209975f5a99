"""mici: Hamiltonian Monte Carlo, constrained and on manifolds, too. The tests with JAX are left out."""

from functools import partial

REQUIREMENTS = ["mici==0.4.1"]
SOURCE = "mici==0.4.1"
TESTS = ["tests/test_autodiff.py", "tests/test_interface.py", "tests/test_matrices.py", "-k", "not jax"]
EXCUSED = {}


def posterior():
    """Minus the logarithm of the density of a logistic regression's coefficients."""
    import autograd.numpy as np

    random = np.random.default_rng(4)
    x = random.normal(size=(150, 5))
    y = random.random(150) < 1 / (1 + np.exp(-x @ np.array([1.0, -0.5, 0.0, 0.7, -1.2])))

    def negative_log_density(q):
        z = x @ q
        return np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * np.sum(q**2)

    return negative_log_density


def on_a_torus():
    """A density around a torus, and the constraint of lying on it."""
    import autograd.numpy as np

    def negative_log_density(q):
        return 0.5 * (q[0] ** 2 + 2 * q[1] ** 2) + np.cos(3 * q[2])

    def constraint(q):
        return np.array([(np.sqrt(q[0] ** 2 + q[1] ** 2) - 1.0) ** 2 + q[2] ** 2 - 0.25])

    return negative_log_density, constraint


def chain(iterations):
    """The mean of each coefficient over a chain of the logistic regression."""
    import numpy
    from mici.interface import sample_hmc_chains

    random = numpy.random.default_rng(6)
    results = sample_hmc_chains(
        iterations, iterations, numpy.zeros((1, 5)), posterior(), backend="autograd", seed=random,
        monitor_stats=[], display_progress=False,
    )  # fmt: skip
    return numpy.mean(results.traces["pos"][0], axis=0)


def check():
    """Derivatives of each order that systems take, steps of integrators, and means over chains."""
    import mici
    import numpy as np
    from mici.autodiff import autograd_wrapper as derivatives

    q, density = 0.3 + 0.1 * np.arange(5.0), posterior()
    found = {}
    product, hessian, slope, value = derivatives.mtp_hessian_grad_and_value(density)(q)
    matrix = np.cos(np.arange(25.0)).reshape(5, 5)
    found |= {"value": value, "slope": np.sum(slope**2), "hessian": np.sum(hessian**2)}
    found["third"] = np.sum(product(matrix) ** 2)
    pair = derivatives.mhp_jacobian_and_value(lambda q: np.array([1.0, 2.0]) * q[:2] ** 3)(q)
    found["product"] = np.sum(pair[0](matrix[:2]) ** 2)

    system = mici.systems.SoftAbsRiemannianMetricSystem(
        density,
        grad_neg_log_dens=derivatives.grad_and_value(density),
        hess_neg_log_dens=derivatives.hessian_grad_and_value(density),
        mtp_neg_log_dens=derivatives.mtp_hessian_grad_and_value(density),
        softabs_coeff=2.0,
    )
    integrator = mici.integrators.ImplicitLeapfrogIntegrator(system, step_size=0.1)
    state = mici.states.ChainState(pos=q, mom=np.ones(5), dir=1)
    for _ in range(3):
        state = integrator.step(state)
    found |= {f"softabs {i}": x for i, x in enumerate(state.pos)}

    density, constraint = on_a_torus()
    system = mici.systems.DenseConstrainedEuclideanMetricSystem(density, constraint, backend="autograd")
    integrator = mici.integrators.ConstrainedLeapfrogIntegrator(system, step_size=0.1)
    state = mici.states.ChainState(pos=np.array([1.5, 0.0, 0.0]), mom=None, dir=1)
    state.mom = system.project_onto_cotangent_space(np.array([0.5, 1.0, -1.0]), state)
    for _ in range(5):
        state = integrator.step(state)
    found |= {f"torus {i}": x for i, x in enumerate(state.pos)}
    return found | {f"mean {i}": x for i, x in enumerate(chain(10))}


def fit():
    """A chain of 100 steps, and as many for its adaptation."""
    return lambda: chain(100)


def gradient():
    """The gradient of the density with its value."""
    import numpy
    from mici.autodiff.autograd_wrapper import grad_and_value

    density, q = posterior(), 0.3 + 0.1 * numpy.arange(5.0)
    found = partial(grad_and_value(density), q)
    found.value = partial(density, q)
    return found
