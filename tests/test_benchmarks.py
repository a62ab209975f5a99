"""The benchmarks' programs are right, and every operation has one. Nothing is timed here."""

import pathlib

import numpy as np
import pytest

import leopard
from leopard import Variable

FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks"
if not FOLDER.exists():
    pytest.skip("the benchmarks are not here: these tests run outside the tree", allow_module_level=True)

programs = pytest.importorskip("programs")


@pytest.mark.parametrize("program", programs.WHOLE + programs.SEED, ids=lambda p: p.name)
def test_a_program_has_numpys_value_and_its_slope(program):
    xs = [Variable(np.array(x)) for x in program.point]
    y = program.call(leopard, *xs)
    assert y.data == program.call(np, *[np.array(x) for x in program.point])
    y.backward()
    for i, x in enumerate(xs):
        h = 1e-6
        sides = [[p + s * h * (i == k) for k, p in enumerate(program.point)] for s in (1, -1)]
        slope = (program.call(np, *sides[0]) - program.call(np, *sides[1])) / (2 * h)
        np.testing.assert_allclose(x.grad.data, slope, rtol=1e-6)


def test_every_operation_has_a_benchmark():
    import test_operations

    assert len(test_operations.TABLE) > 25


def test_the_page_is_written_from_saved_runs(tmp_path):
    import table

    selection = {
        "benchmarks": [
            {"extra_info": {"selection": s, "n": n, "steps": 10}, "stats": {"min": 1e-5}}
            for s in table.SELECTIONS
            for n in (1, 10)
        ]
        + [
            {"extra_info": {"selection": s, "program": "walk"}, "stats": {"min": 1e-5}}
            for s in table.SELECTIONS
        ]
    }
    rivals = {
        "programs": {"p": {"leopard": 1.0, "PyTorch": 50.0}},
        "growth": {"chain": {"small": 70.0, "large": 100.0, "ratio": 1.4}},
        "import": 5.0,
        "versions": {"python": "3.11"},
    }
    page = table.page(selection, rivals)
    assert "| p | **1** | absent | 50 | absent | absent |" in page
    assert "| 10 | 1 | 1 | 1 |" in page
