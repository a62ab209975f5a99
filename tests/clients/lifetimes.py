"""lifetimes: purchases of customers. Its source distribution has no tests."""

REQUIREMENTS = ["Lifetimes==0.11.3", "setuptools<81"]  # its data sets are found by pkg_resources
SOURCE = None
TESTS = []
EXCUSED = {}


def fit():
    """The BG/NBD model of 2357 customers."""
    from lifetimes import BetaGeoFitter
    from lifetimes.datasets import load_cdnow_summary

    data = load_cdnow_summary(index_col=[0])
    return lambda: BetaGeoFitter(penalizer_coef=0.0).fit(data["frequency"], data["recency"], data["T"])


def gradient():
    """Value and gradient of the negative likelihood, in the last call of the fit."""
    from lifetimes import fitters

    from __main__ import differentiated

    return differentiated(fitters, fit())


def check():
    """Parameters, their errors and predictions of all models that are fitted by gradients."""
    import lifetimes
    from lifetimes import datasets

    found = {}
    bought = datasets.load_cdnow_summary_data_with_monetary_value()
    given = datasets.load_donations()
    columns = bought["frequency"], bought["recency"], bought["T"]
    models = {
        "BetaGeoFitter": (lifetimes.BetaGeoFitter(penalizer_coef=0.01), columns),
        "ModifiedBetaGeoFitter": (lifetimes.ModifiedBetaGeoFitter(), columns),
        "BetaGeoBetaBinomFitter": (
            lifetimes.BetaGeoBetaBinomFitter(),
            (given["frequency"], given["recency"], given["periods"], given["weights"]),
        ),
    }
    again = bought[bought["frequency"] > 0]
    models["GammaGammaFitter"] = lifetimes.GammaGammaFitter(), (again["frequency"], again["monetary_value"])
    for name, (model, data) in models.items():
        model.fit(*data)
        found |= {f"{name} {at}": x for at, x in model.summary["coef"].items()}
        found |= {f"{name} {at} error": x for at, x in model.summary["se(coef)"].items()}
        found[f"{name} likelihood"] = model._negative_log_likelihood_
    model = models["BetaGeoFitter"][0]
    found["purchases"] = model.conditional_expected_number_of_purchases_up_to_time(10.0, 3, 20.0, 30.0)
    return found
