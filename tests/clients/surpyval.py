"""SurPyval: survival analysis and reliability. It walks around autograd's boxes where it can."""

REQUIREMENTS = ["surpyval==0.25", "hypothesis"]
SOURCE = "surpyval==0.25"
TESTS = [
    *("surpyval/tests/univariate/parametric", "surpyval/tests/univariate/regression"),
    *("surpyval/tests/recurrent", "surpyval/tests/utils", "surpyval/tests/multivariate"),
    *("surpyval/tests/diagnostics", "surpyval/tests/review"),
    "surpyval/tests/test_autograd_gamma_compat_shapes.py",
]
EXCUSED = {
    "surpyval/tests/univariate/parametric/test_confidence_bounds.py"
    "::test_a_family_without_forward_rules_uses_reverse_once": "it expects that autograd has no tangent of a "
    "primitive without a defjvp; here one follows from the defvjp",
}


def lifetimes():
    """Times of failure, which of them are those of the end of the observation, and two covariates."""
    import numpy

    random = numpy.random.default_rng(2)
    times = 40.0 * random.weibull(1.8, 300) + 0.01
    return numpy.minimum(times, 60.0), (times > 60.0).astype(int), random.normal(size=(300, 2))


def fit():
    """A Weibull distribution, and proportional hazards over one, of 300 times."""
    import surpyval

    x, c, Z = lifetimes()
    return {
        "Weibull": lambda: surpyval.Weibull.fit(x, c),
        "Weibull hazards": lambda: surpyval.WeibullPH.fit(x, Z=Z, c=c),
    }


def gradient():
    """Value and gradient of what the fits minimize, in the last call of the fits."""
    from surpyval.univariate.parametric import fitters

    from __main__ import differentiated

    return {name: differentiated(fitters, one) for name, one in fit().items()}


def check():
    """Parameters of distributions and of regressions, and bounds of the survival function."""
    import surpyval

    found = {}
    x, c, Z = lifetimes()
    for name in (
        "Weibull",
        "Gamma",
        "LogNormal",
        "LogLogistic",
        "ExpoWeibull",
        "Normal",
        "Gumbel",
        "Rayleigh",
    ):
        model = getattr(surpyval, name).fit(x, c)
        found |= {f"{name} {i}": p for i, p in enumerate(model.params)}
        lower, upper = model.cb(30.0, on="sf").ravel()
        found |= {f"{name} lower": lower, f"{name} upper": upper}
    for name in ("WeibullPH", "WeibullAFT", "WeibullPO", "LogNormalAFT", "ExponentialPH"):
        model = getattr(surpyval, name).fit(x, Z=Z, c=c)
        found |= {f"{name} {i}": p for i, p in enumerate(model.params)}
    return found
