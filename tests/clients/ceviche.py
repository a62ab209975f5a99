"""ceviche: electromagnetic fields by finite differences. Its sdist has no tests."""

from functools import partial

REQUIREMENTS = ["ceviche==0.1.3"]
SOURCE = None
TESTS = []
EXCUSED = {}

SIZE = 30


def device():
    """The field of a source in front of a block of material, and where it is measured."""
    import ceviche
    import numpy

    omega, dl = 2 * numpy.pi * 200e12, 4e-8
    source, probe = numpy.zeros((SIZE, SIZE)), numpy.zeros((SIZE, SIZE))
    source[7, 15], probe[22, 11:19] = 1.0, 1.0
    start = numpy.full((10, 10), 2.0) + 0.5 * numpy.cos(numpy.arange(100.0)).reshape(10, 10)
    made = ceviche.fdfd_ez(omega, dl, numpy.ones((SIZE, SIZE)), [5, 5])
    return made, source, probe, start


def intensity_of():
    """The intensity at the probe, as a function of the block's permittivities, and these at the start."""
    import autograd.numpy as np

    made, source, probe, start = device()
    inside = np.zeros((SIZE, SIZE))
    inside[10:20, 10:20] = 1.0

    def intensity(block):
        eps = np.ones((SIZE, SIZE)) + inside * (_padded(np.reshape(block, (10, 10))) - 1.0)
        made.eps_r = eps
        _, _, ez = made.solve(1e10 * source)
        return np.sum(np.abs(ez) ** 2 * probe)

    def _padded(block):
        sides = np.ones((10, 10))
        row = np.concatenate([sides, block, sides], axis=1)
        blank = np.ones((10, SIZE))
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
    found |= {"end": np.sum(end), "last": history[-1]}
    energy, start = energy_in_time()
    found["energy"] = energy(start)
    for mode in ("forward", "reverse"):
        for i, x in enumerate(np.ravel(ceviche.jacobian(energy, mode=mode)(start))):
            found[f"energy {mode} {i}"] = x
    return found


def energy_in_time():
    """The energy at a point over 60 steps in time, as a function of the permittivities of four blocks."""
    import autograd.numpy as np
    import ceviche
    import numpy

    source, probe, blocks = numpy.zeros((20, 20, 1)), numpy.zeros((20, 20, 1)), numpy.zeros((4, 20, 20))
    source[10, 10], probe[14, 12] = 1.0, 1.0
    for i in range(4):
        blocks[i, 5 + 2 * i : 8 + 2 * i, 12:15] = 1.0
    pulse = [numpy.exp(-((t - 20) ** 2) / 50.0) * numpy.sin(0.5 * t) for t in range(60)]

    def energy(p):
        eps = 1.0 + np.sum(np.reshape(p, (4, 1, 1)) * blocks, axis=0)[:, :, None]
        fields = ceviche.fdtd(eps, dL=5e-8, npml=[4, 4, 0])
        fields.initialize_fields()
        sums = [np.sum(np.square(fields.forward(Jz=x * source)["Ez"] * probe)) for x in pulse]
        return np.sum(np.array(sums))

    return energy, numpy.array([1.0, 2.0, 1.5, 1.0])


def fit():
    """Steps of its optimizer, in the frequency domain and in time."""
    import ceviche
    from ceviche.optimizers import adam_optimize

    found = {}
    for name, make, steps in [("frequency", intensity_of, 5), ("time", energy_in_time, 2)]:
        f, start = make()
        slope = ceviche.jacobian(f, mode="reverse")
        found[name] = partial(_optimized, adam_optimize, f, start, slope, steps)
    return found


def _optimized(optimizer, f, start, slope, steps):
    return optimizer(f, start.copy(), slope, Nsteps=steps, direction="max", verbose=False)


def gradient():
    """The gradients of both."""
    import ceviche

    found = {}
    for name, make in [("frequency", intensity_of), ("time", energy_in_time)]:
        f, start = make()
        found[name] = partial(ceviche.jacobian(f, mode="reverse"), start)
        found[name].value = partial(f, start)
    return found
