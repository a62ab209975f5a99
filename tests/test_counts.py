"""What the laws were tried on is said at the end of a run of the tests."""

import pathlib

import tests.functions
from tests.laws import COMPOSED_CASES
from tests.processes import python

LAWS = pathlib.Path(tests.functions.__file__).parent / "test_operations.py"


def test_the_sample_calls_and_the_laws_that_held_are_counted():
    n = sum(case.name == "sinc" for case in COMPOSED_CASES)
    done = python("-m", "pytest", "-q", str(LAWS), "-k", "sinc and slopes")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("laws: ")]
    assert line == (
        f"laws: {n} sample calls of 1 functions; 0 values, "
        f"{n} first, {n} second and {n} third derivatives; {3 * n} laws in all"
    )
