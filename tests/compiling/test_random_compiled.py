"""Random programs beside the same programs compiled, briefly; `.ci/nightly` runs a thousand of them."""

import pytest

from tests.compiling.random_programs import first_fault
from tests.processes import ENVIRONMENT, python

PROGRAMS, PARTS = 80, 8


@pytest.mark.parametrize("part", range(PARTS))
def test_compiled_programs_have_the_results_of_eager_code(part):
    seeds = range(part * PROGRAMS // PARTS, (part + 1) * PROGRAMS // PARTS)
    fault, figures = first_fault(seeds, inputs=14)
    assert fault is None, fault
    assert figures["replayed"] > 0  # others fall back


@pytest.mark.parametrize(
    "build", ["LEOPARD_DISPATCH=switch", "LEOPARD_INSTRUCTIONS=sse2", "LEOPARD_INSTRUCTIONS=avx2"]
)
def test_in_every_build(build, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, *build.split("="))
    done = python(
        "-m", "tests.compiling.random_programs", "--programs=8", "--inputs=6", "--ways=1", "--seed=500"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_recording_without_guards_is_found():
    done = python(
        "-m", "tests.compiling.random_programs", "--programs=6", "--inputs=6", "--ways=1", "--plant"
    )
    assert done.returncode == 1, done.stderr
    assert "from tests.compiling.random_programs import Program, check" in done.stdout
