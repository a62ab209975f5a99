"""What `.ci/nightly` runs for long is run briefly here, and each part finds a fault that is planted."""

import os
import signal

import pytest

from tests.gate import latencies, nomemory
from tests.processes import HOME, python, run

no_memory = pytest.mark.skipif(
    not nomemory.has_set_nomemory() or not hasattr(os, "fork"),
    reason="this Python has no _testcapi.set_nomemory, or no fork",
)


@no_memory
@pytest.mark.skipif(
    not os.path.exists(os.path.join(HOME, "leopard", "_graph", "switches.pxi")),
    reason="CPython's own crash is known by a line of the core's source, which is not installed",
)
def test_every_allocation_of_some_programs_may_fail():
    words = run("""
        from tests.gate.nomemory import sweep
        runs, failed, known, faults = sweep(["backward of arrays", "jvp", "hooks"])
        print(failed > 100, len(faults))
    """)
    assert words == ["True", "0"]


@no_memory
@pytest.mark.parametrize(
    "name, said", [("half a walk", "half a walk"), ("a crash", f"status -{int(signal.SIGSEGV)}")]
)
def test_a_gradient_written_too_early_and_a_crash_are_found(name, said):
    program = f"from tests.gate.nomemory import sweep; assert sweep([{name!r}])[3]"
    done = python("-c", program)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_a_crash_of_another_than_cpython_is_not_taken_for_one_of_its_own():
    said = 'Thread (most recent call first):\n  File "{}", line {} in f\n'
    assert not nomemory.is_cpythons(said.format(nomemory.__file__, 1), "raised at y = x * 2")
    assert nomemory.is_cpythons("", "raised at PyContextVar_Set(recording_switch.variable, on)")


@pytest.mark.parametrize("plant, said", [("leak", "records more"), ("gradient", "Not equal to tolerance")])
def test_a_leak_and_a_wrong_gradient_in_threads_are_found(plant, said):
    done = python("-m", "tests.gate.soak", "--minutes", "0.05", "--plant", plant)
    assert done.returncode == 1, done.stderr
    assert said in done.stdout


def test_threads_that_walk_for_a_while_leave_nothing_behind():
    done = python("-m", "tests.gate.soak", "--minutes", "0.05")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_latency_is_measured_and_a_late_one_is_found(monkeypatch, capsys):
    def quick():
        return latencies.chain()

    monkeypatch.setattr(latencies, "TRIALS", 1)
    monkeypatch.setattr(latencies, "WAYS", {"a chain": quick})
    before = signal.getsignal(signal.SIGINT)
    try:
        monkeypatch.setattr(latencies, "LIMIT", -1.0)  # whatever comes is late
        assert latencies.main([]) == 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert "a chain" in capsys.readouterr().out
