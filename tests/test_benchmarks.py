"""The benchmarks' programs are right, and every operation has one. Nothing is timed here."""

import importlib.util
import os
import pathlib
import sys

import numpy as np
import pytest

from leopard import Variable

FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks"
if not FOLDER.exists():
    pytest.skip("the benchmarks are not here: these tests run outside the tree", allow_module_level=True)

programs = pytest.importorskip("programs")


ALL = programs.WHOLE + programs.SEED + programs.ADBENCH
ALL += [programs.FORWARD, programs.ROSENBROCK_50, programs.ROSENBROCK_LARGE, programs.FUNNEL]


def arrays_of(program):
    return [np.array(x) for x in program.point]


@pytest.mark.parametrize("program", ALL, ids=lambda p: p.name)
def test_a_program_has_numpys_value_and_its_slope(program):
    point = arrays_of(program)
    xs = [Variable(x) for x in point]
    y = program.call(np, *xs, *program.constants)
    np.testing.assert_array_equal(y.data, program.call(np, *point, *program.constants))
    y.backward()
    rng = np.random.default_rng(5)
    us = [rng.choice([-1.0, 1.0], x.shape) for x in point]
    h = 1e-6
    ends = [
        np.sum(program.call(np, *[x + s * h * u for x, u in zip(point, us, strict=True)], *program.constants))
        for s in (1, -1)
    ]
    got = sum(np.sum(x.grad.data * u) for x, u in zip(xs, us, strict=True))
    size = sum(np.sum(np.abs(x.grad.data)) for x in xs)
    assert abs(got - (ends[0] - ends[1]) / (2 * h)) <= 1e-6 * size + 1e-9 * abs(ends[0]) / h


@pytest.mark.parametrize("program", [p for p in ALL if p.by_hand], ids=lambda p: p.name)
def test_what_is_written_by_hand_is_right(program):
    xs = [Variable(x) for x in arrays_of(program)]
    y = program.call(np, *xs, *program.constants)
    y.backward()
    value, gradients = program.by_hand(*program.point, *program.constants)
    np.testing.assert_allclose(y.data, value, rtol=1e-12)
    for x, g in zip(xs, gradients, strict=True):
        np.testing.assert_allclose(x.grad.data, g, rtol=1e-9, atol=1e-14)


def test_every_operation_has_a_benchmark():
    import test_operations

    assert len(test_operations.TABLE) > 25


@pytest.fixture(scope="module")
def transforms():
    """The module, and what it sets of the process put back at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", os.environ.copy())
        yield pytest.importorskip("transforms")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(os.cpu_count())
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch says one of itself
@pytest.mark.parametrize("work", ["value and gradient", "Hessian", "1000 leapfrog steps"])
def test_all_libraries_find_the_same_numbers(work, transforms):
    (work,) = [name for name in transforms.WORKS if name.startswith(work)]
    found = transforms.evaluators(work)  # which compares them
    here = [name for name in ("torch", "autograd", "jax") if importlib.util.find_spec(name)]
    assert len(found) >= 1 + len(here)


def test_forward_and_back_are_the_same_derivative(transforms):
    for program in transforms.BOTH_WAYS:
        assert list(transforms.both_ways(program)) == ["jvp", "vjp"]


def test_the_bars_of_transforms_are_of_works_that_are_measured(transforms, capsys):
    assert all(rival in transforms.WORKS[work] for work, rival, _ in transforms.BARS)
    result = {
        "works": {work: {"leopard": 1.0, "PyTorch": 40.0} for work in transforms.WORKS},
        "both ways": {"Kepler": {"jvp": 1.2, "vjp": 1.0}},
    }
    assert transforms.report(result)
    result["both ways"]["Kepler"]["jvp"] = 1.4
    assert not transforms.report(result)
    said = capsys.readouterr().out
    assert "JAX jitted      absent" in said
    assert said.count("MISSED") == 1


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
        "forward": {"leopard": 0.1, "NumPy": 0.3},
        "memory": {"m": {"leopard": 23.0, "PyTorch": 114.0}},
        "threads": {"one": 5.0, "two": 6.0},
        "growth": {"chain": {"small": 70.0, "large": 100.0, "ratio": 1.4}},
        "import": 5.0,
        "versions": {"python": "3.11"},
    }
    operations = {
        "benchmarks": [
            {"extra_info": {"operation": "Tanh", "way": way, "size": size}, "stats": {"min": 2e-6}}
            for way in table.WAYS
            for size in table.SIZES
        ]
    }
    transforms = {
        "works": {"w": {"leopard": 2.0, "PyTorch": 60.0}},
        "both ways": {"f": {"jvp": 3.0, "vjp": 4.0}},
    }
    replay = {
        "works": {"r": {"leopard": 0.25, "CasADi": 0.2}},
        "preparation": {"r": {"prepared": 300.0, "recording": 50.0, "eager": 40.0}},
        "machine": {"BLAS": "openblas"},
        "versions": {"jax": "0.1"},
    }
    saved = selection, operations, rivals, transforms, replay
    given = {table.kind_of(x): x for x in saved}
    assert list(given.values()) == [*saved] and len(given) == 5
    page = table.page(given)
    assert "| r | **0.250** |  |  |  |  |  |  | 0.200 |" in page and "| r | 300 | 50 | 40 |" in page
    assert "| w | 2 | 60 |" in page and "| f | 3 | 4 |" in page
    assert "| p | **1** |  |  | 50 |  |  |" in page
    assert "| Tanh | 2 | 2 | 2 |" in page
    assert "| m | 23 | 114 |" in page
    assert "| 10 | 1 | 1 | 1 |" in page
    replay["works"]["r"]["leopard"] = 0.75
    renewed = table.page({"replay": replay}, page)
    assert renewed == page.replace("**0.250**", "**0.750**")
    assert "## Operations" not in table.page({"replay": replay})


# -- Programs of SciPy's functions -----------------------------------------------------------------


@pytest.fixture(scope="module")
def likelihoods(transforms):
    pytest.importorskip("scipy")
    import likelihoods

    return likelihoods


WORKS_OF_SCIPY = ["gamma", "beta", "negative", "Black-Scholes", "HMM", "L-BFGS-B"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("work", WORKS_OF_SCIPY)
def test_all_libraries_find_the_same_numbers_by_scipys_functions(work, likelihoods, transforms, monkeypatch):
    monkeypatch.setattr(likelihoods, "OBSERVED", likelihoods.OBSERVED[:20])  # JAX compiles each step
    (work,) = [name for name in likelihoods.WORKS if name.startswith(work)]
    found = transforms.evaluators(work, likelihoods.WORKS)
    here = [name for name in ("autograd", "jax") if importlib.util.find_spec(name)]
    assert len(found) == 1 + len(here)


def test_special_functions_have_the_slopes_of_the_benchmark(likelihoods):
    for name in likelihoods.SLOPES:
        assert list(likelihoods.of_special(name, 100)) == ["leopard", "SciPy"]


def test_the_bars_of_likelihoods_are_of_works_that_are_measured(likelihoods, capsys):
    assert all(rival in likelihoods.WORKS[work] for work, rival, _ in likelihoods.BARS)
    result = {
        "works": {work: {"leopard": 1.0, "JAX jitted": 40.0} for work in likelihoods.WORKS},
        "functions": {"gamma": {"leopard": 1.2, "SciPy": 1.0}},
        "imports SciPy": False,
    }
    assert likelihoods.report(result)
    assert not likelihoods.report(result | {"imports SciPy": True})
    result["functions"]["gamma"]["leopard"] = 1.4
    assert not likelihoods.report(result)
    said = capsys.readouterr().out
    assert "HIPS autograd   absent" in said
    assert said.count("MISSED") == 1


# -- Compiled functions ----------------------------------------------------------------------------

#: JAX compiles these for long.
UNROLLED = ["chain", "1000 branches", "RNN", "ADBench BA"]


@pytest.fixture(scope="module")
def replay(likelihoods):
    import leopard

    if not hasattr(leopard, "compile"):
        pytest.skip("leopard.compile is not here")
    import replay

    return replay


def test_all_libraries_find_the_same_numbers_of_compiled_functions(replay, monkeypatch):
    for work, makers in replay.WORKS.items():
        if work.startswith(tuple(UNROLLED)):
            monkeypatch.delitem(makers, "JAX jitted")
        found = replay.evaluators(work)
        here = [name for name in ("jax", "casadi") if importlib.util.find_spec(name)]
        absent = {"JAX jitted", "CasADi"} if not here else {"CasADi"} if "casadi" not in here else set()
        assert set(found) == set(makers) - absent


def test_a_compiled_function_is_timed_before_its_first_replay(replay, monkeypatch):
    monkeypatch.setattr(replay, "of_jax", lambda program: lambda: None)
    assert set(replay.first_results(1)) == {"leopard", "JAX jitted"}
    times = replay.preparation(replay.GOLDSTEIN_PRICE, 1)
    assert times["prepared"] > times["eager"] > 0


def test_the_machine_is_named(replay):
    assert replay.blas() and replay.instructions()


def test_the_bars_of_replay_are_of_works_that_are_measured(replay, capsys):
    apart = {replay.TWO_THREADS, replay.FIRST}
    assert all(work in apart or rival in replay.WORKS[work] for work, rival, _ in replay.BARS)
    assert all("CasADi" in replay.WORKS[work] for work in replay.INTO_ARRAYS)
    times = {"leopard": 1.0, "leopard, out=": 1.0, "JAX jitted": 200.0, "NumPy forward": 200.0, "CasADi": 5.0}
    result = {
        "works": dict.fromkeys([*replay.WORKS, *apart], times),
        "preparation": {"Kepler": {"prepared": 999.0, "recording": 20.0, "eager": 10.0}},
        "machine": {"instructions": "AVX2"},
        "versions": {"python": "3.11"},
    }
    assert replay.report(result)
    late = {"prepared": 1999.0, "recording": 150.0, "eager": 15.0}
    assert not replay.report(result | {"preparation": {"Kepler": late}})
    said = capsys.readouterr().out
    assert "instructions: AVX2, python: 3.11" in said
    assert "NumPy by hand   absent" in said
    assert said.count("MISSED") == 1
