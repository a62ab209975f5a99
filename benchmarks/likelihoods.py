"""Programs of SciPy's functions beside their rivals: likelihoods, prices, special functions, an optimizer.

    python benchmarks/likelihoods.py [--quick] [--save FILE]

Measured as `rivals.py` measures: one thread each, 64-bit floats, samples interleaved, the best of each, from
the second call on. A rival that is not installed is named as absent. Before anything is timed the numbers
are compared.
"""

import rivals  # noqa: I001 (first: it counts the threads before NumPy is imported)

import importlib
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import scipy.optimize
import scipy.special as sp
import transforms
from programs import rosenbrock

import leopard
import leopard.scipy.special
import leopard.scipy.stats

# What is to be reached: (work, against whom, at least this many times faster).
BARS = [
    (work, rival, bar)
    for work in ("gamma GLM", "beta GLM", "negative binomial GLM", "Black-Scholes, 10^5 contracts")
    for rival, bar in (("HIPS autograd", 4), ("JAX jitted", 0.9))
] + [
    ("HMM forward, 500 steps of 5 states", "HIPS autograd", 4),
    ("L-BFGS-B, Rosenbrock, n = 100", "HIPS autograd", 7),
]
LIBRARIES = ["leopard", "HIPS autograd", "JAX jitted"]
# Value and gradient of a special function take at most this many times as long as SciPy's value and slope.
WITHIN = 1.3


def of_numpy():
    return SimpleNamespace(np=np, special=leopard.scipy.special, ndtr=sp.ndtr, gammaln=sp.gammaln)


def of_autograd():
    anp = importlib.import_module("autograd.numpy")
    special = importlib.import_module("autograd.scipy.special")
    norm = importlib.import_module("autograd.scipy.stats").norm
    return SimpleNamespace(np=anp, special=special, ndtr=norm.cdf, gammaln=special.gammaln)


def of_jax():
    jax = transforms.jax_of_doubles()
    special = importlib.import_module("jax.scipy.special")
    return SimpleNamespace(np=jax.numpy, special=special, ndtr=special.ndtr, gammaln=special.gammaln)


# -- Likelihoods of generalized linear models ------------------------------------------------------

RNG = np.random.default_rng(0)
DESIGN = np.column_stack([np.ones(500), RNG.normal(size=(500, 3))])
POSITIVE = RNG.gamma(2.0, size=500)
SHARES = RNG.beta(2.0, 3.0, size=500)
COUNTS = RNG.negative_binomial(3, 0.4, size=500).astype(float)
COEFFICIENTS = np.array([0.2, -0.1, 0.3, 0.05, np.log(2.0)])  # the last is the logarithm of the shape


def gamma_glm(xp, b):
    mean, a = xp.np.exp(xp.np.dot(DESIGN, b[:4])), xp.np.exp(b[4])
    rate = a / mean
    return xp.np.sum(a * xp.np.log(rate) + (a - 1) * np.log(POSITIVE) - rate * POSITIVE - xp.gammaln(a))


def beta_glm(xp, b):
    mean, size = 1 / (1 + xp.np.exp(-xp.np.dot(DESIGN, b[:4]))), xp.np.exp(b[4])
    p, q = mean * size, (1 - mean) * size
    return xp.np.sum(
        xp.gammaln(size)
        - xp.gammaln(p)
        - xp.gammaln(q)
        + (p - 1) * np.log(SHARES)
        + (q - 1) * np.log1p(-SHARES)
    )


def negative_binomial_glm(xp, b):
    mean, n = xp.np.exp(xp.np.dot(DESIGN, b[:4])), xp.np.exp(b[4])
    return xp.np.sum(
        xp.gammaln(COUNTS + n)
        - xp.gammaln(n)
        - sp.gammaln(COUNTS + 1)
        + n * xp.np.log(n / (n + mean))
        + COUNTS * xp.np.log(mean / (n + mean))
    )


# -- Prices of options, and a hidden Markov model --------------------------------------------------

CONTRACTS = 100_000
STRIKE = RNG.uniform(60, 140, CONTRACTS)
MARKET = (
    RNG.uniform(80, 120, CONTRACTS),  # the price of the share
    RNG.uniform(0.1, 0.5, CONTRACTS),  # its volatility
    RNG.uniform(0.1, 2.0, CONTRACTS),  # the time to expiry
    RNG.uniform(0.0, 0.05, CONTRACTS),  # the rate of interest
)


def black_scholes(xp, price, volatility, time, rate):
    root = volatility * xp.np.sqrt(time)
    d = (xp.np.log(price / STRIKE) + (rate + 0.5 * volatility**2) * time) / root
    return xp.np.sum(price * xp.ndtr(d) - STRIKE * xp.np.exp(-rate * time) * xp.ndtr(d - root))


STATES, STEPS, SYMBOLS = 5, 500, 4
OBSERVED = RNG.integers(0, SYMBOLS, STEPS)
MODEL = RNG.normal(size=(STATES, STATES)), RNG.normal(size=(STATES, SYMBOLS))


def hmm(xp, moves, emits):
    """The logarithm of the likelihood, from the logits of transitions and of emissions."""
    moves = moves - xp.special.logsumexp(moves, axis=1, keepdims=True)
    emits = emits - xp.special.logsumexp(emits, axis=1, keepdims=True)
    state = emits[:, OBSERVED[0]] - np.log(STATES)
    for symbol in OBSERVED[1:]:
        state = xp.special.logsumexp(state[:, None] + moves, axis=0) + emits[:, symbol]
    return xp.special.logsumexp(state)


def gradient_of(program, point):
    """Makers of evaluators of the value and the gradient, of each library."""
    wanted = tuple(range(len(point)))

    def leopards():
        both = leopard.value_and_grad(partial(program, of_numpy()), wanted)
        return lambda: flat(both(*point))

    def autograds():
        xp, autograd = of_autograd(), importlib.import_module("autograd")
        # (`value_and_grad` of several arguments is `grad` of one that is a tuple there)
        both = autograd.value_and_grad(lambda xs: program(xp, *xs))
        return lambda: flat(both(tuple(point)))

    def jaxs():
        jax = transforms.jax_of_doubles()
        both = jax.jit(jax.value_and_grad(partial(program, of_jax()), wanted))
        return lambda: flat(both(*point))

    return {"leopard": leopards, "HIPS autograd": autograds, "JAX jitted": jaxs}


def flat(both):
    value, gradients = both
    return [np.asarray(value), *[np.asarray(g) for g in gradients]]


# -- An optimizer ----------------------------------------------------------------------------------


START = np.tile([-1.2, 1.0], 50)


def minimum(both):
    """Evaluators of the minimum to the digits that do not depend on the order of sums."""
    return lambda: [np.round(scipy.optimize.minimize(both, START, jac=True, method="L-BFGS-B").x, 3)]


def lbfgsb_of_leopard():
    return minimum(leopard.value_and_grad(partial(rosenbrock, np)))


def lbfgsb_of_autograd():
    autograd, anp = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")
    return minimum(autograd.value_and_grad(partial(rosenbrock, anp)))


def lbfgsb_of_jax():
    jax = transforms.jax_of_doubles()
    both = jax.jit(jax.value_and_grad(partial(rosenbrock, jax.numpy)))

    def plain(x):
        y, g = both(x)
        return float(y), np.asarray(g)

    return minimum(plain)


WORKS = {
    "gamma GLM": gradient_of(gamma_glm, [COEFFICIENTS]),
    "beta GLM": gradient_of(beta_glm, [COEFFICIENTS]),
    "negative binomial GLM": gradient_of(negative_binomial_glm, [COEFFICIENTS]),
    "Black-Scholes, 10^5 contracts": gradient_of(black_scholes, MARKET),
    "HMM forward, 500 steps of 5 states": gradient_of(hmm, MODEL),
    "L-BFGS-B, Rosenbrock, n = 100": {
        "leopard": lbfgsb_of_leopard,
        "HIPS autograd": lbfgsb_of_autograd,
        "JAX jitted": lbfgsb_of_jax,
    },
}

# -- Special functions -----------------------------------------------------------------------------

_line, _positive, _unit = (-3.0, 3.0), (0.5, 8.0), (0.05, 0.95)
_root_pi = np.sqrt(np.pi)


def _bell(x):
    return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)


#: The slope of each function in its last argument, in SciPy's functions; the interval; the arguments before.
#: Where the slope is one of the value, it is given the value, too.
SLOPES = {
    "gamma": (lambda x, y: y * sp.digamma(x), _positive),
    "gammaln": (lambda x, y: sp.digamma(x), _positive),
    "loggamma": (lambda x, y: sp.digamma(x), _positive),
    "rgamma": (lambda x, y: -y * sp.digamma(x), _positive),
    "digamma": (lambda x, y: sp.zeta(2.0, x), _positive),
    "erf": (lambda x, y: 2 / _root_pi * np.exp(-x * x), _line),
    "erfc": (lambda x, y: -2 / _root_pi * np.exp(-x * x), _line),
    "erfcx": (lambda x, y: 2 * (x * y - 1 / _root_pi), _line),
    "erfi": (lambda x, y: 2 / _root_pi * np.exp(x * x), _line),
    "dawsn": (lambda x, y: 1 - 2 * x * y, _line),
    "erfinv": (lambda x, y: _root_pi / 2 * np.exp(y * y), _unit),
    "erfcinv": (lambda x, y: -_root_pi / 2 * np.exp(y * y), _unit),
    "ndtr": (lambda x, y: _bell(x), _line),
    "ndtri": (lambda x, y: 1 / _bell(y), _unit),
    "log_ndtr": (lambda x, y: np.exp(-0.5 * x * x - y) / np.sqrt(2 * np.pi), _line),
    "expit": (lambda x, y: y * sp.expit(-x), _line),
    "logit": (lambda x, y: 1 / (x * (1 - x)), _unit),
    "log_expit": (lambda x, y: sp.expit(-x), _line),
    "entr": (lambda x, y: -np.log(x) - 1, _positive),
    "exp1": (lambda x, y: -np.exp(-x) / x, _positive),
    "expi": (lambda x, y: np.exp(x) / x, _positive),
    "spence": (lambda x, y: np.log(x) / (1 - x), (1.5, 8.0)),
    "exprel": (lambda x, y: (np.exp(x) - y) / x, _positive),
    "j0": (lambda x, y: -sp.j1(x), _positive),
    "j1": (lambda x, y: sp.j0(x) - y / x, _positive),
    "y0": (lambda x, y: -sp.y1(x), _positive),
    "y1": (lambda x, y: sp.y0(x) - y / x, _positive),
    "i0": (lambda x, y: sp.i1(x), _positive),
    "i0e": (lambda x, y: sp.i1e(x) - y, _positive),
    "i1": (lambda x, y: sp.i0(x) - y / x, _positive),
    "k0": (lambda x, y: -sp.k1(x), _positive),
    "k0e": (lambda x, y: y - sp.k1e(x), _positive),
    "k1": (lambda x, y: -sp.k0(x) - y / x, _positive),
    "ellipk": (lambda x, y: (sp.ellipe(x) / (1 - x) - y) / (2 * x), _unit),
    "ellipe": (lambda x, y: (y - sp.ellipk(x)) / (2 * x), _unit),
    "lambertw": (lambda x, y: y / (x * (1 + y)), _positive),
    "wrightomega": (lambda x, y: y / (1 + y), _positive),
    "cbrt": (lambda x, y: y / (3 * x), _positive),
    "exp10": (lambda x, y: y * np.log(10), _line),
    "cosm1": (lambda x, y: -np.sin(x), _line),
    "xlogy": (lambda x, y: 2.5 / x, _positive, 2.5),
    "xlog1py": (lambda x, y: 2.5 / (1 + x), _positive, 2.5),
    "jv": (lambda x, y: (sp.jv(1.5, x) - sp.jv(3.5, x)) / 2, _positive, 2.5),
    "yv": (lambda x, y: (sp.yv(1.5, x) - sp.yv(3.5, x)) / 2, _positive, 2.5),
    "iv": (lambda x, y: (sp.iv(1.5, x) + sp.iv(3.5, x)) / 2, _positive, 2.5),
    "kv": (lambda x, y: -(sp.kv(1.5, x) + sp.kv(3.5, x)) / 2, _positive, 2.5),
    "gammainc": (lambda x, y: np.exp(sp.xlogy(1.5, x) - x - sp.gammaln(2.5)), _positive, 2.5),
    "gammaincc": (lambda x, y: -np.exp(sp.xlogy(1.5, x) - x - sp.gammaln(2.5)), _positive, 2.5),
    "betainc": (
        lambda x, y: np.exp(sp.xlogy(1.5, x) + sp.xlog1py(0.5, -x) - sp.betaln(2.5, 1.5)),
        _unit, 2.5, 1.5,
    ),
    "stdtr": (
        lambda x, y: np.exp(sp.gammaln(1.75) - sp.gammaln(1.25) - 1.75 * np.log1p(x * x / 2.5))
        / np.sqrt(2.5 * np.pi),
        _line, 2.5,
    ),
    "hyp1f1": (lambda x, y: 1.5 / 2.5 * sp.hyp1f1(2.5, 3.5, x), _line, 1.5, 2.5),
    "hyp2f1": (
        lambda x, y: 0.5 * 1.5 / 2.5 * sp.hyp2f1(1.5, 2.5, 3.5, x),
        (-0.8, 0.8), 0.5, 1.5, 2.5,
    ),
    "huber": (lambda x, y: np.clip(x, -2.5, 2.5), _line, 2.5),
    "pseudo_huber": (lambda x, y: x / np.sqrt(1 + (x / 2.5) ** 2), _line, 2.5),
    "boxcox": (lambda x, y: x ** -0.5, _positive),
}  # fmt: skip


def of_special(name, n=100_000):
    """Evaluators of the value and the slope by SciPy, and of the value and the gradient by leopard."""
    slope, (low, high), *before = SLOPES[name]
    x = np.random.default_rng(1).uniform(low, high, n)
    after = (0.5,) if name == "boxcox" else ()
    function = getattr(sp, name)
    own = getattr(leopard.scipy.special, name)

    def scipys():
        y = np.real(function(*before, x, *after))
        return y, slope(x, y)

    def leopards():
        v = leopard.Variable(x)
        y = own(*before, v, *after)
        y = np.real(y) if y.dtype.kind == "c" else y
        y.sum().backward()
        return y.data, v.grad.data

    (y, dy), (z, dz) = scipys(), leopards()
    np.testing.assert_allclose(z, y, rtol=1e-10, err_msg=name)
    np.testing.assert_allclose(dz, dy, rtol=1e-7, err_msg=name)
    return {"leopard": leopards, "SciPy": scipys}


def imports_scipy():
    """Whether importing leopard imports SciPy."""
    program = "import sys, leopard; print('scipy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.strip() == "True"


def measure(quick):
    rounds, seconds = (5, 0.01) if quick else (25, 0.03)
    works, functions = {}, {}
    for work in WORKS:
        works[work] = rivals.best(transforms.evaluators(work, WORKS), rounds, seconds)
        print(".", end="", file=sys.stderr, flush=True)
    for name in SLOPES:
        functions[name] = rivals.best(of_special(name), max(rounds // 3, 5), 0.01)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {
        "works": works,
        "functions": functions,
        "imports SciPy": imports_scipy(),
        "versions": rivals.versions(),
    }


def report(result):
    verdicts, verdict = transforms.report_works(result["works"], LIBRARIES, BARS)
    for name, times in result["functions"].items():
        ratio = times["leopard"] / times["SciPy"]
        verdict(f"{name} against SciPy's value and slope", ratio, f"at most {WITHIN}", ratio <= WITHIN)
    print(f"importing leopard imports SciPy: {result['imports SciPy']}")
    return all(verdicts) and not result["imports SciPy"]


def main():
    rivals.command(__doc__.splitlines()[0], measure, report)


if __name__ == "__main__":
    main()
