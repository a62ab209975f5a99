"""First derivatives of SciPy's special functions against mpmath, over the domains, tails included.

The relative error is at most 10 times that of SciPy's own value there; 100 epsilon are always allowed.
`EXCEPTIONS` has the functions for which more is allowed. docs/accuracy.json has what is reached.
"""

import json

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("mpmath")

import leopard.scipy.special as ls  # noqa: E402
from leopard import Variable  # noqa: E402
from tests.gate import accuracy_of_special as accuracy  # noqa: E402
from tests.gate.accuracy_of_special import (  # noqa: E402  # noqa: E402
    COMPLEX,
    COMPLEX_EXCEPTIONS,
    EXCEPTIONS,
    FUNCTIONS,
    base,
    errors,
    kinds,
)

RECORDED = json.loads(accuracy.PAGE.read_text())
ALL = {name: kinds(name) for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_first_derivatives_are_as_accurate_as_the_values(name):
    for k, rows in errors(name).items():
        allowed = EXCEPTIONS.get((name, k), (0, ""))[0]
        worst = max(rows, key=lambda row: row[0] / max(row[1], allowed))
        assert worst[0] <= max(worst[1], allowed), f"argument {k} of {name}: {worst}"


@pytest.mark.parametrize("name", COMPLEX)
def test_first_derivatives_of_complex_numbers_are_as_accurate_as_the_values(name):
    allowed = COMPLEX_EXCEPTIONS.get(name, (0, ""))[0]
    for error, asked, point in accuracy.complex_errors(name):
        assert error <= max(asked, allowed), f"{name} at {point}: {error}, {asked}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_page_states_what_is_reached(name):
    """Twice the recorded error, and 20 epsilon, are left for other libraries of mathematics."""
    _, numbers, _ = FUNCTIONS[name]
    row = RECORDED[base(name)]
    names = accuracy.names_of_arguments(base(name), len(numbers))
    assert len(set(names)) == len(numbers)
    for k, kind in enumerate(kinds(name)):
        cell = row[names[k]]
        assert cell["from"] <= min(numbers[k]) and max(numbers[k]) <= cell["to"]
        if kind == "real":
            assert max(found[0] for found in errors(name)[k]) <= max(20, 2 * cell["error"])
        else:
            assert cell["kind"] == kind


def test_exceptions_are_few_and_none_is_stale():
    n = sum(kinds.count("real") for kinds in ALL.values()) + len(COMPLEX)
    assert len(EXCEPTIONS) + len(COMPLEX_EXCEPTIONS) <= 0.05 * n
    for name in COMPLEX_EXCEPTIONS:
        assert any(error > asked for error, asked, _ in accuracy.complex_errors(name)), (
            f"{name} is no exception"
        )
    for name, k in EXCEPTIONS:
        assert any(found[0] > found[1] for found in errors(name)[k]), f"{name}, {k} is no exception"


def test_every_public_function_is_measured():
    assert set(ls.__all__) == {base(name) for name in FUNCTIONS} | accuracy.WITHOUT


def test_refused_arguments_are_at_most_a_tenth_and_are_named():
    refused = [(name, k) for name, of in ALL.items() for k, kind in enumerate(of) if kind == "refused"]
    real = sum(kind != "whole" for of in ALL.values() for kind in of)
    assert len(refused) <= 0.1 * real
    for name, k in refused:
        _, numbers, _ = FUNCTIONS[name]
        xs = [Variable(np.array(x[0])) if i == k else x[0] for i, x in enumerate(numbers)]
        argument = accuracy.names_of_arguments(base(name), len(numbers))[k]
        with np.errstate(all="ignore"):
            y = accuracy._part(getattr(ls, base(name))(*xs), name)
        with pytest.raises(TypeError, match=rf"with respect to {argument}\b"):
            y.backward()
