"""The closing line of a run of the tests: over how many sample calls which laws ran."""

import pathlib

import pytest

import tests.functions
from tests.laws import COMPOSED_CASES
from tests.processes import python

LAWS = pathlib.Path(tests.functions.__file__).parent / "test_operations.py"


@pytest.mark.parametrize("processes", [0, 2])
def test_the_sample_calls_and_the_laws_that_held_are_counted(processes):
    n = sum(case.name == "sinc" for case in COMPOSED_CASES)
    if processes:
        pytest.importorskip("xdist")
    how = ("-n", str(processes)) if processes else ()
    done = python("-m", "pytest", "-q", *how, str(LAWS), "-k", "sinc and slopes")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("laws: ")]
    assert line == (
        f"laws: {n} sample calls of 1 functions; 0 values, "
        f"{n} first, {n} second and {n} third derivatives; {3 * n} laws in all"
    )
