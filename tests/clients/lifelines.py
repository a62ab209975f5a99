"""lifelines: survival analysis. It differentiates likelihoods of vectors and dicts, with rules of its own."""

REQUIREMENTS = ["lifelines==0.30.3", "flaky", "dill", "joblib", "jinja2", "statsmodels"]
SOURCE = "lifelines==0.30.3"
TESTS = [
    *("lifelines/tests/test_estimation.py", "lifelines/tests/test_npmle.py", "lifelines/tests/utils", "-k"),
    "(AFT or TestWeibull or LogNormal or LogLogistic or Exponential or ParametricReg or CustomReg "
    "or MixtureCure or GeneralizedGamma or npmle or flatten or TestRegressionFitters) and not plot",
]  # what differentiates
EXCUSED = {}


def weibull_aft():
    """A regression with Weibull-distributed times: 432 rows, 7 covariates."""
    from lifelines import WeibullAFTFitter
    from lifelines.datasets import load_rossi

    rossi = load_rossi()
    return lambda: WeibullAFTFitter().fit(rossi, "week", "arrest")


def generalized_gamma():
    """A distribution of three parameters for 163 times."""
    from lifelines import GeneralizedGammaFitter
    from lifelines.datasets import load_waltons

    waltons = load_waltons()
    return lambda: GeneralizedGammaFitter().fit(waltons["T"], waltons["E"])


def fit():
    return {"Weibull AFT": weibull_aft(), "generalized gamma": generalized_gamma()}


def gradient():
    """Value and gradient of the negative likelihoods, in the last call of the fits."""
    from lifelines import fitters

    from __main__ import differentiated

    return {name: differentiated(fitters, one) for name, one in fit().items()}


def check():
    """Coefficients, their errors, likelihoods and predictions of regressions and of distributions."""
    import lifelines
    from lifelines.datasets import load_rossi, load_waltons

    found = {}
    rossi, waltons = load_rossi(), load_waltons()
    for name in ("WeibullAFTFitter", "LogNormalAFTFitter", "LogLogisticAFTFitter"):
        model = getattr(lifelines, name)(penalizer=0.01).fit(rossi, "week", "arrest", ancillary=True)
        found |= {f"{name} {at}": x for at, x in model.params_.items()}
        found |= {f"{name} {at} error": x for at, x in model.standard_errors_.items()}
        found[f"{name} likelihood"] = model.log_likelihood_
        found[f"{name} median"] = model.predict_median(rossi.iloc[:3]).iloc[1]
    for name in ("WeibullFitter", "LogNormalFitter", "LogLogisticFitter", "ExponentialFitter"):
        model = getattr(lifelines, name)().fit(waltons["T"], waltons["E"])
        found |= {f"{name} {at}": x for at, x in model.summary["coef"].items()}
        found |= {f"{name} {at} error": x for at, x in model.summary["se(coef)"].items()}
    return found
