"""The examples run and find what is known; each has its picture and its place on the page."""

import importlib
import math
import pathlib
import re
import sys

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from tests.processes import python

HOME = pathlib.Path(__file__).parent.parent
FOLDER, DOCS = HOME / "examples", HOME / "docs"

if not FOLDER.exists():
    pytest.skip("the examples are not here: these tests run outside the tree", allow_module_level=True)

NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "showing")


def example(name):
    """The module of an example; without SciPy, the tests of those that use it are skipped."""
    if re.search(r"^from .*\bscipy\b", (FOLDER / f"{name}.py").read_text(), re.MULTILINE):
        pytest.importorskip("scipy")
    return importlib.import_module(name)


def numbers(name):
    return example(name).main()


def assert_close(got, known, rtol=1e-12, atol=1e-12):
    np.testing.assert_allclose(got, known, rtol=rtol, atol=atol)


# -- What each of them finds -----------------------------------------------------------------------


def test_the_functions_have_the_gradients_of_the_book():
    found = numbers("functions")
    assert_close(found["sphere"], [2, 2])
    assert_close(found["matyas"], [0.04, 0.04])
    assert_close(found["goldstein_price"], [-5376, 8064])
    assert_close(found["at_minimum"], [0, 0])
    assert found["operations"] == 38


def test_the_series_is_the_sine_and_its_slope_the_cosine():
    found = numbers("taylor")
    assert_close(found["rough_value"], 0.7071064695751781)  # the book's
    assert_close(found["rough_slope"], 0.7071032148228457)
    assert_close([found["fine_value"], found["fine_slope"]], math.sqrt(0.5))
    assert found["rough_terms"] < found["fine_terms"]


def test_newton_doubles_the_digits_as_in_the_book():
    found = numbers("newton")
    known = [2.0, 1.4545454545454546, 1.1510467893775467, 1.0253259289766978, 1.0009084519430513]
    assert_close(found["points"][:5], known)
    assert_close(found["points"][-1], 1.0)
    assert found["second_derivative_at_2"] == 44.0
    assert found["steps_of_descent"] > 5 * len(found["points"])


def test_the_sine_goes_round_and_tanh_is_a_polynomial_in_itself():
    found = numbers("higher_orders")
    x = found["x_of_sine"]
    assert_close(found["sine"], [np.sin(x), np.cos(x), -np.sin(x), -np.cos(x)])
    y = np.tanh(found["x_of_tanh"])
    p = Polynomial([0, 1])
    for values in found["tanh"]:
        assert_close(values, p(y))
        p = p.deriv() * Polynomial([1, 0, -1])  # tanh' = 1 - tanh**2
    assert found["tanh"].shape == (6, len(y))
    assert found["operations"] == sorted(found["operations"])


def test_rosenbrocks_valley_is_followed_as_by_hand():
    found = numbers("rosenbrock")
    a, b = 0.0, 2.0
    points = []
    for _ in range(10_000):
        slope = -400 * a * (b - a**2) + 2 * (a - 1), 200 * (b - a**2)
        a, b = a - 1e-3 * slope[0], b - 1e-3 * slope[1]
        points.append((a, b))
    assert_close(found["descent_after_1000"], points[999], rtol=1e-9)
    assert_close(found["descent_after_10000"], points[-1], rtol=1e-9)
    assert_close(
        found["descent_after_1000"], [0.6837118569138317, 0.4659526837427042], rtol=1e-9
    )  # the book's
    assert_close(found["newton"], [1, 1])
    assert found["newton_steps"] < 10


def test_a_gradient_in_a_formula_is_differentiated_again():
    found = numbers("double_backprop")
    assert (found["z"], found["slope"]) == (68.0, 100.0)
    s, v = np.diff(np.sin(np.arange(8.0))), np.cos(np.arange(8.0))
    D = np.diff(np.eye(8), axis=0)
    by_hand = D.T @ ((1 + 3 * s**2) * (D @ v))
    for name in ("twice_back", "forward_over_back", "whole_hessian"):
        assert_close(found[name], by_hand)


def test_the_funnel_has_the_moments_that_are_known():
    found = numbers("funnel")
    tail = math.erfc(1 / math.sqrt(2)) / 2  # of a normal variable beyond one deviation
    known = {
        "mean_of_v": (0.0, 0.2),
        "mean_of_v_squared": (9.0, 0.6),
        "share_below_minus_3": (tail, 0.02),
        "share_above_3": (tail, 0.02),
        "mean_of_standardized_x_squared": (1.0, 0.02),
    }
    for name, (right, precise) in known.items():
        mean, error = found[name]
        assert error < precise, name
        assert abs(mean - right) < 4 * error, name
    assert 0.5 < found["accepted"] < 1


def test_the_solitons_solve_their_equation_and_keep_what_is_conserved():
    found = numbers("soliton")
    k = np.array([2.0, 4.0])
    known = [2 * k.sum(), 2 / 3 * (k**3).sum(), (k**5).sum() / 5]
    for time in ("before", "together", "after"):
        assert found[f"residual_{time}"] < 1e-10
        assert found[f"off_closed_form_{time}"] < 1e-11
        assert_close(found[f"conserved_{time}"], known, rtol=1e-9)


# -- Real problems ---------------------------------------------------------------------------------


def test_the_nile_has_the_variances_and_the_level_that_are_known():
    found = numbers("kalman")
    y = example("kalman").NILE
    assert y.sum() == 91935
    assert_close(found["variances"], [15099, 1469.1], rtol=5e-5)  # Durbin and Koopman, chapter 2
    assert_close(found["log_likelihood"], -632.5456, rtol=1e-7)
    # The level given all years is the minimum of a sum of squares, and its covariance the inverse matrix.
    noise, drift = found["variances"]
    D = np.diff(np.eye(len(y)), axis=0)
    covariance = np.linalg.inv(np.eye(len(y)) / noise + D.T @ D / drift)
    assert_close(found["level"], covariance @ y / noise, rtol=1e-9)
    assert_close(found["variance_of_level"], np.diag(covariance), rtol=1e-8)


def test_the_earthquakes_have_the_states_of_zucchini_and_macdonald():
    found = numbers("hidden_markov")
    assert_close(found["minus_log_likelihood_of_2"], 342.3183, rtol=2e-7)
    assert_close(found["means_of_2"], [15.472, 26.125], rtol=5e-5)
    assert_close(found["minus_log_likelihood_of_3"], 329.4603, rtol=2e-7)
    assert_close(found["means_of_3"], [13.146, 19.721, 29.714], rtol=5e-5)
    known = [[0.955, 0.024, 0.021], [0.050, 0.899, 0.051], [0.000, 0.197, 0.803]]
    assert_close(found["transitions_of_3"], known, atol=6e-4)
    assert_close(np.sum(found["probability_of_states"], axis=1), np.ones(107), rtol=1e-9)


def test_hares_and_lynxes_have_the_rates_of_carpenter():
    found = numbers("hares")
    means = [0.545, 0.028, 0.803, 0.024, 33.956, 5.949]  # of the posterior, with these deviations
    deviations = np.array([0.064, 0.004, 0.091, 0.004, 2.856, 0.533])
    fitted = np.concatenate([found["rates"], found["first_numbers"]])
    assert np.all(abs(fitted - means) < 0.5 * deviations)
    assert_close(found["deviations"], deviations, rtol=0.2)
    assert np.all(abs(found["slope"]) < 1e-3)


def test_the_regressions_have_the_values_that_nist_has_certified():
    found = numbers("nist")
    digits = {name: number for name, number in found.items() if name.startswith("digits_of_")}
    assert len(digits) == 4
    for name, (parameters, errors, squares) in digits.items():
        assert parameters > 7 and errors > 7 and squares > 10, name


def test_the_o_rings_have_the_coefficients_of_every_textbook():
    found = numbers("o_rings")  # glm(damage ~ temperature, binomial) of R
    assert_close(found["coefficients"], [15.0429, -0.2322], rtol=2e-4)
    assert_close(found["standard_errors"], [7.3786, 0.1082], rtol=5e-4)
    assert_close(found["deviance"], 20.315, rtol=2e-5)
    assert found["interval_at_31"][0] < 0.5 < found["probability_at_31"]


def test_the_greeks_are_those_of_the_closed_formulas():
    found = numbers("greeks")
    of_hull = {name: float(found[name][0]) for name in ("price", "delta", "gamma", "theta", "vega", "rho")}
    known = {"price": 2.40, "delta": 0.522, "gamma": 0.066, "theta": -4.31, "vega": 12.1, "rho": 8.91}
    for name in known:
        assert abs(of_hull[name] / known[name] - 1) < 8e-3, name
    from scipy.stats import norm

    S, K, r, v, T = example("greeks").contracts().T
    d1 = (np.log(S / K) + (r + v**2 / 2) * T) / (v * np.sqrt(T))
    d2, discounted = d1 - v * np.sqrt(T), K * np.exp(-r * T)
    vega = S * norm.pdf(d1) * np.sqrt(T)
    by_hand = {
        "price": S * norm.cdf(d1) - discounted * norm.cdf(d2),
        "delta": norm.cdf(d1),
        "gamma": norm.pdf(d1) / (S * v * np.sqrt(T)),
        "theta": -S * norm.pdf(d1) * v / (2 * np.sqrt(T)) - r * discounted * norm.cdf(d2),
        "vega": vega,
        "rho": T * discounted * norm.cdf(d2),
        "vanna": -norm.pdf(d1) * d2 / v,
        "volga": vega * d1 * d2 / v,
    }
    assert found.keys() == by_hand.keys()
    for name in by_hand:
        assert found[name].shape == (100_000,)
        assert_close(found[name], by_hand[name], rtol=1e-9, atol=1e-9)


def test_the_conductivity_of_the_rod_is_found():
    found = numbers("heat")
    assert found["off_closed_form"] < 1e-4  # the error of 60 cells and 50 steps
    assert found["off_without_noise"] < 1e-6
    assert np.all(abs(found["off_with_noise"]) < 3 * found["standard_errors"])
    assert_close(found["residual"], 5e-3, rtol=0.1)


def test_the_cart_needs_the_effort_that_is_known():
    found = numbers("control")
    assert_close(found["effort"], 4.0, rtol=1e-8)
    assert found["off_known_force"] < 1e-4
    assert found["farthest"] < 1 / 9 + 1e-9
    assert_close(found["end"], [0, -1], atol=1e-9)
    assert_close(example("control").known_force(np.array([0, 1 / 6, 0.5, 1])), [-6, -3, 0, -6])


def test_the_bundle_is_adjusted_to_within_the_noise():
    found = numbers("bundle")
    free = found["residuals"] - (found["unknowns"] - 7)  # shift, turn and scale of all of it are free
    assert abs(found["squares_in_units_of_noise"] - free) < 3 * np.sqrt(2 * free)  # of chi-squared
    assert found["nonzeros_of_jacobian"] == 10 * found["residuals"]
    assert found["points_off"] < 0.01 < 0.05 < found["points_off_at_start"]


# -- From autograd ---------------------------------------------------------------------------------


def of_autograd():
    """The program with autograd's import lines, as a module."""
    source = (FOLDER / "gaussian_process.py").read_text()
    lines = [re.sub(r"\bleopard\.compat\.(?=autograd)", "", line) for line in source.splitlines()]
    changed = [(a, b) for a, b in zip(source.splitlines(), lines, strict=True) if a != b]
    moved = [b for a, b in changed if re.match("(from|import) ", a)]
    assert len(moved) == 5
    names = {"__name__": "with_autograd"}
    exec("\n".join(lines), names)
    return names


def test_the_program_gives_the_numbers_that_it_gave_with_autograd():
    pytest.importorskip("autograd")
    known = of_autograd()["main"]()
    found = numbers("gaussian_process")
    assert found.keys() == known.keys()
    for name in known:
        assert_close(found[name], known[name], rtol=1e-8, atol=1e-10)


def test_the_fit_is_a_minimum_of_the_exact_likelihood():
    process = importlib.import_module("gaussian_process")
    found = numbers("gaussian_process")
    x, t = process.data()
    best = np.array([found[name] for name in ("log_length", "log_height", "log_noise")])

    def loss(row):
        """By the eigenvalues of the covariance, in NumPy alone."""
        length, height, noise = np.exp(row)
        K = height**2 * np.exp(-((x[:, None] - x) ** 2) / (2 * length**2)) + noise**2 * np.eye(len(x))
        w, U = np.linalg.eigh(K)
        return 0.5 * (np.sum((U.T @ t) ** 2 / w) + np.sum(np.log(w)) + len(x) * np.log(2 * np.pi))

    assert_close(found["minus_log_likelihood"], loss(best), rtol=1e-9)
    for direction in np.vstack([np.eye(3), -np.eye(3)]):
        assert loss(best + 0.01 * direction) > loss(best)


# -- Pictures --------------------------------------------------------------------------------------


def test_every_example_has_a_test():
    tested = set(re.findall(r'numbers\("(\w+)"\)', pathlib.Path(__file__).read_text()))
    assert tested == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_its_picture_and_its_place_on_the_page(name):
    page = (DOCS / "examples.md").read_text()
    assert f"`examples/{name}.py`:" in page
    assert f"](pictures/{name}.svg)" in page
    picture = DOCS / "pictures" / f"{name}.svg"
    text = picture.read_text()
    assert len(text) < 60_000
    assert text.startswith("<?xml") and "<dc:date>" not in text


@pytest.mark.parametrize("name", NAMES)
def test_an_example_draws_its_picture(name, tmp_path):
    pytest.importorskip("matplotlib")
    example(name).main(tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text()
    assert "</svg>" in text
    assert len(text) < 60_000


def test_a_picture_is_the_same_on_every_run(tmp_path):
    pytest.importorskip("matplotlib")
    example = importlib.import_module("double_backprop")
    example.main(tmp_path / "one.svg")
    example.main(tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_an_example_is_a_program():
    done = python(str(FOLDER / "newton.py"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "second_derivative_at_2 = 44.0" in done.stdout


def test_a_picture_without_matplotlib_is_a_clear_error(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"leopard-autodiff\[examples\]"):
        importlib.import_module("newton").main(tmp_path / "picture.svg")


def test_a_graph_is_drawn_as_in_its_text():
    showing = importlib.import_module("showing")
    nodes = dict.fromkeys(["a", "b", "c", "d"])
    places = showing.layered(nodes, [("a", "b"), ("b", "c"), ("a", "d"), ("d", "c")])
    assert [places[n][0] for n in nodes] == [-2, -1, 0, -1]
    assert places["b"][1] != places["d"][1]
