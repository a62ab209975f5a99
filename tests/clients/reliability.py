"""reliability: distributions of failures, fitted by their likelihoods."""

REQUIREMENTS = ["reliability==0.9.0"]
SOURCE = "reliability==0.9.0"
TESTS = ["tests"]
EXCUSED = {
    "tests/test_ALT_fitters.py::test_Fit_Exponential_Power": "the likelihood is nearly flat, and the "
    "optimizer stops elsewhere, at a greater likelihood, since the gradients differ in their last digit"
}
TOLERANCE = 1e-4  # of the optimizers, where the likelihood is flat


def failures():
    """Times of failure and of the end of the observation, from a Weibull distribution."""
    import numpy

    random = numpy.random.default_rng(3)
    times = 40.0 * random.weibull(1.8, 300)
    return times[times < 60.0], numpy.full(int((times >= 60.0).sum()), 60.0)


def fit():
    """A Weibull distribution of two parameters, and one of three, for 300 times."""
    from reliability import Fitters

    failed, censored = failures()
    options = {"show_probability_plot": False, "print_results": False}
    return {
        "Weibull 2P": lambda: Fitters.Fit_Weibull_2P(failed, censored, **options),
        "Weibull 3P": lambda: Fitters.Fit_Weibull_3P(failed, censored, **options),
    }


def gradient():
    """Value and gradient of the negative likelihood, in the last call of the fits."""
    from reliability import Utils

    from __main__ import differentiated

    return {name: differentiated(Utils, one) for name, one in fit().items()}


def check():
    """The fitted parameters of many distributions, with their errors where the package has them."""
    from reliability import Fitters

    failed, censored = failures()
    names = "Weibull_2P Weibull_3P Gamma_2P Lognormal_2P Loglogistic_2P Normal_2P Gumbel_2P Exponential_2P"
    found = {}
    for name in names.split():
        options = {"show_probability_plot": False, "print_results": False}
        model = getattr(Fitters, f"Fit_{name}")(failures=failed, right_censored=censored, **options)
        table = model.results.set_index("Parameter")
        for column in ("Point Estimate", "Standard Error"):
            if column in table:
                found |= {f"{name} {at} {column}": x for at, x in table[column].items()}
        found[f"{name} likelihood"] = model.loglik
    beta = Fitters.Fit_Beta_2P(failures=failed[:80] / 61.0, show_probability_plot=False, print_results=False)
    found |= {"beta alpha": beta.alpha, "beta beta": beta.beta, "beta error": beta.alpha_SE}
    return found
