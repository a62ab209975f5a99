"""pymoo: optimization with several aims. Its sdist has no tests."""

from functools import partial

REQUIREMENTS = ["pymoo==0.6.2"]
SOURCE = None
TESTS = []
EXCUSED = {}

BY_ELEMENT = ["ackley", "rosenbrock", "himmelblau", "pressure_vessel", "bnh", "kursawe", "osy", "tnk"]
IN_ROWS = ["g1", "g6", "g9", "g24", "zdt1", "zdt3", "zdt6", "dtlz1", "dtlz2", "dtlz7", "c1dtlz1", "c2dtlz2"]
LAYERS = [9, 5, 2, 1]


def differentiated(name):
    """A problem of pymoo's own with derivatives by autograd, and points inside its bounds."""
    import numpy
    from pymoo.gradient.automatic import AutomaticDifferentiation, ElementwiseAutomaticDifferentiation
    from pymoo.problems import get_problem

    problem = get_problem(name)
    share = numpy.random.default_rng(5).random((20, problem.n_var))
    kind = ElementwiseAutomaticDifferentiation if problem.elementwise else AutomaticDifferentiation
    return kind(problem), problem.xl + (problem.xu - problem.xl) * (0.05 + 0.9 * share)


def evaluated(problem, points):
    """Values and derivatives of the aims and constraints."""
    wanted = ["F", "dF"] + ["G", "dG"] * (problem.n_ieq_constr > 0)
    return problem.evaluate(points, return_values_of=wanted, return_as_dictionary=True)


def bounded():
    """A problem whose bounds are constraints, and points inside them."""
    from pymoo.constraints.from_bounds import ConstraintsFromBounds

    problem, points = differentiated("zdt2")
    return ConstraintsFromBounds(problem), points


def scalings():
    """The layers that are scaled, and where their scaling begins."""
    import numpy
    from pymoo.util.ref_dirs.energy_layer import LayerwiseRieszEnergyReferenceDirectionFactory

    seen = []
    factory = LayerwiseRieszEnergyReferenceDirectionFactory(3, LAYERS)
    factory._solve = lambda layers, start: seen.extend([layers, numpy.array(start)])
    factory.do()
    return seen


def check():
    """Sums over values and derivatives of problems, reference directions, and distances from optimality."""
    import numpy as np
    from pymoo.indicators.kktpm import KKTPM
    from pymoo.util.ref_dirs import get_reference_directions

    found = {}
    for name in BY_ELEMENT + IN_ROWS:
        problem, points = differentiated(name)
        weights = np.cos(np.arange(20.0))
        for what, values in evaluated(problem, points).items():
            found[f"{name} {what}"] = np.sum(np.tensordot(weights, np.asarray(values, float), 1))
    directions = get_reference_directions("layer-energy", 3, LAYERS)
    found["directions"] = np.sum(directions**2)
    problem, points = bounded()
    found["largest distance"] = np.max(KKTPM().calc(points, problem))
    return found


def fit():
    """Reference directions of least energy."""
    from pymoo.util.ref_dirs import get_reference_directions

    return lambda: get_reference_directions("layer-energy", 3, LAYERS)


def gradient():
    """The energy of directions with its gradient."""
    from pymoo.gradient.grad_autograd import value_and_grad
    from pymoo.util.ref_dirs.energy_layer import calc_potential_energy

    layers, start = scalings()
    found = partial(lambda: value_and_grad(calc_potential_energy)(start, layers))
    found.value = partial(calc_potential_energy, start, layers)
    return found
