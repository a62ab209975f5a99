"""ceviche: electromagnetic fields by finite differences. Its sdist has no tests."""

from functools import partial

REQUIREMENTS = ["ceviche==0.1.3"]
SOURCE = None
TESTS = []
EXCUSED = {}

SIZE = 50


def device():
    """The field of a source in front of a block of material, and where it is measured."""
    import ceviche
    import numpy

    omega, dl = 2 * numpy.pi * 200e12, 4e-8
    source, probe = numpy.zeros((SIZE, SIZE)), numpy.zeros((SIZE, SIZE))
    source[15, 25], probe[36, 20:30] = 1.0, 1.0
    start = numpy.full((10, 10), 2.0) + 0.5 * numpy.cos(numpy.arange(100.0)).reshape(10, 10)
    made = ceviche.fdfd_ez(omega, dl, numpy.ones((SIZE, SIZE)), [10, 10])
    return made, source, probe, start


def intensity_of():
    """The intensity at the probe, as a function of the block's permittivities, and these at the start."""
    import autograd.numpy as np

    made, source, probe, start = device()
    inside = np.zeros((SIZE, SIZE))
    inside[20:30, 20:30] = 1.0

    def intensity(block):
        eps = np.ones((SIZE, SIZE)) + inside * (_padded(np.reshape(block, (10, 10))) - 1.0)
        made.eps_r = eps
        _, _, ez = made.solve(1e10 * source)
        return np.sum(np.abs(ez) ** 2 * probe)

    def _padded(block):
        sides = np.ones((10, 20))
        row = np.concatenate([sides, block, sides], axis=1)
        blank = np.ones((20, SIZE))
        return np.concatenate([blank, row, blank], axis=0)

    return intensity, start.ravel()


def check():
    """The intensity, its gradient, Jacobians in both modes, and steps of an optimizer."""
    import autograd.numpy as np
    import ceviche
    from ceviche.optimizers import adam_optimize

    intensity, start = intensity_of()
    slope = ceviche.jacobian(intensity, mode="reverse")(start)
    found = {"intensity": intensity(start), "size of the slope": np.linalg.norm(slope)}
    found |= {f"slope {i}": x for i, x in enumerate(np.ravel(slope)[::11])}
    few = np.concatenate([start[:3] * 1.1, start[3:]])

    def of_few(x):
        return intensity(np.concatenate([x, few[3:]]))

    for mode in ("forward", "reverse"):
        for i, x in enumerate(np.ravel(ceviche.jacobian(of_few, mode=mode)(few[:3]))):
            found[f"{mode} {i}"] = x
    end, history = adam_optimize(
        intensity, start.copy(), ceviche.jacobian(intensity), Nsteps=3, verbose=False
    )
    return found | {"end": np.sum(end), "last": history[-1]}


def fit():
    """Five steps of its optimizer."""
    import ceviche
    from ceviche.optimizers import adam_optimize

    intensity, start = intensity_of()
    slope = ceviche.jacobian(intensity, mode="reverse")
    return lambda: adam_optimize(intensity, start.copy(), slope, Nsteps=5, direction="max", verbose=False)


def gradient():
    """The gradient of the intensity."""
    import ceviche

    intensity, start = intensity_of()
    found = partial(ceviche.jacobian(intensity, mode="reverse"), start)
    found.value = partial(intensity, start)
    return found
