"""legume: photonic crystal slabs by guided-mode expansion.

Most of its tests compare with files that its sdist lacks, and that of gradients fails with autograd, too.
"""

from functools import partial

REQUIREMENTS = ["legume-gme==1.0.3", "matplotlib"]
SOURCE = "legume-gme==1.0.3"
TESTS = ["tests/test_primitives.py", "tests/test_shapes.py"]
EXCUSED = {}


def crystal(thickness, radius, corner):
    """Two layers, with a circular and a triangular hole."""
    import legume

    made = legume.PhotCryst(legume.Lattice([1.0, 0.0], [0.0, 0.5]), eps_u=5.0)
    made.add_layer(d=thickness, eps_b=12.0)
    made.add_shape(legume.Circle(eps=1.0, r=radius, x_cent=0.0, y_cent=0.0))
    made.add_layer(d=thickness, eps_b=10.0)
    made.add_shape(legume.Poly(eps=3.0, x_edges=[corner, 0.2, 0.0], y_edges=[-0.1, -0.1, 0.3]))
    return made


def frequencies(p, gmax=2):
    """The lowest frequencies at two wave vectors."""
    import legume
    import numpy

    expansion = legume.GuidedModeExp(crystal(p[0], p[1], p[2]), gmax=gmax, truncate_g="tbt")
    expansion.run(
        kpoints=numpy.array([[0.0, 0.1], [0.0, 0.2]]), gmode_inds=[0, 1, 2], numeig=5, verbose=False,
        compute_im=False, gradients="approx",
    )  # fmt: skip
    return expansion.freqs


def gap(p):
    """What is to be small: minus the difference of two frequencies at each wave vector, smoothed."""
    import autograd.numpy as np

    f = frequencies(p)
    return -np.sum(np.sqrt((f[:, 3] - f[:, 2]) ** 2 + 1e-6)) + 0.1 * np.mean(f)


def check():
    """Frequencies, and their derivatives by thickness, radius and corner."""
    import autograd.numpy as np
    import legume
    from autograd import grad

    legume.set_backend("autograd")
    p = np.array([0.5, 0.2, -0.1])
    found = {f"frequency {i}": x for i, x in enumerate(np.ravel(frequencies(p)))}
    found |= {f"slope {i}": x for i, x in enumerate(grad(gap)(p))}
    for k in range(2):
        slope = grad(lambda p, k=k: np.sum(frequencies(p)[k]))(p)
        found |= {f"slope of the sum {k} {i}": x for i, x in enumerate(slope)}
    return found


def fit():
    """Two steps of its optimizer."""
    import legume
    import numpy
    from legume.minimize import Minimize

    legume.set_backend("autograd")
    start, bounds = numpy.array([0.5, 0.2, -0.1]), [(0.3, 0.7), (0.1, 0.22), (-0.2, 0.0)]
    return lambda: Minimize(gap).adam(start.copy(), Nepochs=2, bounds=bounds)


def gradient():
    """The gap with its gradient."""
    import legume
    import numpy
    from autograd import value_and_grad

    legume.set_backend("autograd")
    p = numpy.array([0.5, 0.2, -0.1])
    found = partial(value_and_grad(gap), p)
    found.value = partial(gap, p)
    return found
