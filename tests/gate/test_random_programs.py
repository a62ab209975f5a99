"""Random programs in every way there is, repeated without growth, in threads; and each part finds a fault."""

import functools
import gc
import re
import sys

import numpy as np
import pytest

from leopard import Variable, _core, functions
from leopard._numeric import arrays
from leopard.functions.basic.assignment import SetItem
from leopard.functions.basic.shape import Transpose
from leopard.functions.linalg.matmul import MatMul
from leopard.functions.math.trigonometry import Sin
from tests.faults import broken
from tests.gate import random_programs
from tests.gate.random_programs import Program, check, first_fault, leaves_of, number_of, script
from tests.threads import in_threads

N, PARTS = 1000, 20
THREADS = 8


# -- Every way gives the same ------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(PARTS))
def test_every_way_of_differentiating_a_program_gives_the_same(part):
    failed = first_fault(range(part * N // PARTS, (part + 1) * N // PARTS), every=False)
    assert failed is None, script(*failed)


def test_programs_that_failed_once_are_right():
    for program in random_programs.regressions():
        check(program)


def test_a_view_whose_array_nobody_holds_any_more_is_refused():
    """`docs/conventions.md` has it: an array that was assigned to is held while a view of it is used."""
    statements = [
        "n1 = c * np.max(c)",
        "n2 = np.abs(c + 1j * n1 + 2.0)",
        "n2[slice(1, None, None)] = a[slice(1, None, None)]",
        "n5 = n2[None]",
        "n2[-1] = 1.5",
        "del n2",
    ]
    with pytest.raises(random_programs.Refused, match="no longer exists"):
        check(random_programs.Program(1796062527, statements))


def test_a_program_that_fails_is_saved_and_replayed(tmp_path, monkeypatch, capsys):
    path = tmp_path / "regressions.txt"
    path.write_text("# none yet\n")
    monkeypatch.setattr(random_programs, "save", functools.partial(random_programs.save, path=path))
    with broken(Sin, FAULTS["the rule of sine has the wrong sign"][1]):
        assert random_programs.main(["--programs", "8", "--save"]) == 1
        saved = random_programs.regressions(path)
        assert saved
        for program in saved:
            with pytest.raises(random_programs.Fault):
                check(program)
    assert not re.search(" 0 failed", capsys.readouterr().out)
    for program in saved:
        check(program)


def wrong_in_a_recorded_walk(f, gy):
    """Right at first, and its own derivative is wrong."""
    return gy * functions.cos(f.inputs[0].data) if gy.creator is None else gy * functions.sin(f.inputs[0])


FAULTS = {
    "the rule of sine has the wrong sign": (Sin, lambda f, gy: -gy * functions.cos(f.inputs[0])),
    "the second derivative of sine is 0": (Sin, wrong_in_a_recorded_walk),
    "a transpose is not undone": (Transpose, lambda f, gy: gy),
    "a product has its sides swapped": (
        MatMul,
        lambda f, gy: (gy @ f.inputs[1], functions.transpose(f.inputs[0]) @ gy),
    ),
    "what an assignment has replaced keeps its gradient": (
        SetItem,
        lambda f, gy: (gy, *SetItem.backward(f, gy)[1:]),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_rule_is_found_and_the_program_is_made_short(name):
    cls, rule = FAULTS[name]
    right = cls.__dict__["backward"]
    if cls is SetItem:
        rule = lambda f, gy: (gy, *right(f, gy)[1:])  # noqa: E731
    with broken(cls, rule):
        program, fault = first_fault(range(60))
        assert fault
        assert len(program.statements) <= 2, script(program, fault)
    check(program)


def test_a_minimal_program_is_a_script_that_fails_by_itself():
    with broken(Sin, FAULTS["the rule of sine has the wrong sign"][1]):
        text = script(*first_fault(range(60)))
        with pytest.raises(AssertionError):
            exec(text, {})
    exec(text, {})


def test_all_forms_of_the_grammar_stand_in_the_programs_of_the_suite():
    text = "\n".join(Program(seed).source() for seed in range(300))
    forms = [*random_programs.SEVERAL, *[f for forms in random_programs.MADE.values() for f in forms]]
    forms += ["np.add.at(", "out=", "+=", "] = ", "del ", ".T\n", "np.copyto(", "> 0.3", "np.sort("]
    for form in forms:
        words = [re.escape(part) for part in re.split(r"\{\w+\}", form)]
        assert re.search(r"\w+".join(words), text), form


# -- Nothing grows -------------------------------------------------------------------------------------------


def walk(program):
    leaves = leaves_of(program)
    number_of(program.run(*[v * 1.0 for v in leaves[:3]], leaves[3])).backward()
    return leaves


def walk_recorded(program):
    leaves = leaves_of(program)
    number_of(program.run(*[v * 1.0 for v in leaves[:3]], leaves[3])).backward(create_graph=True)


def transform(program):
    random_programs.grad(lambda a, b, c: number_of(program.run(a, b, c)), (0, 1, 2))(*program.arrays.values())
    random_programs.jvp(
        program.run, tuple(program.arrays.values()), random_programs.unpacked(program.directions)
    )


FIRST, RUNS, ROUNDS = 200, 20, 8


def slope(way, program):
    """Blocks of memory and records that `RUNS` runs leave behind: the least of some rounds after a first.

    Python and NumPy keep some memory for later, so that the blocks vary by a few from round to round.
    """
    left = []
    for k in range(ROUNDS):
        for _ in range(RUNS if k else FIRST):
            way(program)
        gc.collect()
        arrays.empty_pool()
        left.append((sys.getallocatedblocks(), _core.count_records()))
    return np.diff(left, axis=0).min(axis=0)


@pytest.mark.parametrize("way", [walk, walk_recorded, transform])
def test_repeated_programs_leave_nothing_behind(way):
    for seed in range(15):
        blocks, records = slope(way, Program(seed))
        assert blocks < 0.75 * RUNS, script(Program(seed), f"{way.__name__} leaves blocks of memory behind")
        assert records <= 0, script(Program(seed), f"{way.__name__} leaves Variables or Functions behind")


def test_a_reference_that_is_kept_is_found():
    kept = []
    blocks, records = slope(lambda program: kept.append(walk(program)[0]), Program(3))
    assert blocks >= RUNS
    assert records >= RUNS
    blocks, records = slope(lambda program: kept.append(object()), Program(3))
    assert (blocks >= RUNS, records) == (True, 0)


# -- Threads -------------------------------------------------------------------------------------------------


def test_threads_with_variables_of_their_own_do_not_meet():
    seeds = range(2000, 2000 + 3 * THREADS)

    def work(k):
        for seed in seeds[k::THREADS]:
            check(Program(seed), every=False)

    in_threads(work, THREADS)


def walks_to_shared_leaves(seed, walk, times=4):
    """Gradients of leaves to which all threads have walked, and those that they would have by turns."""
    program = Program(seed)
    once, leaves = leaves_of(program), leaves_of(program)
    walk(program, once)

    def work(k):
        for _ in range(times):
            walk(program, leaves)

    in_threads(work, THREADS)
    for one, shared in zip(once, leaves, strict=True):
        assert (one.grad is None) == (shared.grad is None)
        if one.grad is not None:
            yield shared.grad.data, THREADS * times * one.grad.data


def walk_to(program, leaves):
    number_of(program.run(*[v * 1.0 for v in leaves[:3]], leaves[3] * 1)).backward()


def walk_and_add_in_two_steps(program, leaves):
    """What `backward` must not do: read a gradient, and write the sum a while later."""
    found = leaves_of(program)
    walk_to(program, found)
    for x, new in zip(leaves, found, strict=True):
        if new.grad is not None:
            old = 0.0 if x.grad is None else x.grad.data
            walk_to(program, leaves_of(program))
            x.grad = Variable(np.asarray(old + new.grad.data))


@pytest.mark.parametrize("seed", range(2100, 2112))
def test_threads_that_walk_to_shared_leaves_lose_no_gradient(seed):
    for found, wanted in walks_to_shared_leaves(seed, walk_to):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_a_gradient_that_is_lost_between_threads_is_found():
    with pytest.raises(AssertionError):
        for found, wanted in walks_to_shared_leaves(2100, walk_and_add_in_two_steps):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
