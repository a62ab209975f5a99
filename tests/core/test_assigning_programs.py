"""Random programs that assign: NumPy runs the same statements, with complex steps, and is right."""

import random

import numpy as np
import pytest

from leopard import Variable, using_config

INDICES = {
    1: [0, -1, slice(1, None), slice(None, None, -2), [0, 2], [1, 1, 0], "mask", Ellipsis],
    2: [
        1,
        (0, 1),
        (slice(None), 0),
        (slice(1, None), slice(0, 2)),
        ([0, 1], [1, 0]),
        (0, [0, 1]),
        "mask",
        None,
    ],
}


class Program:
    """Statements over names; `run` executes them on whatever arrays it is given."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.statements = []
        names = {"a": (3,), "b": (2, 2), "c": (3,)}
        for k in range(self.random.randint(3, 9)):
            self.add(names, f"n{k}")
        self.names = names

    def add(self, names, new):
        choose = self.random.choice
        kind = choose(["make", "make", "view", "assign", "assign", "assign", "update", "update", "augment"])
        x = choose(sorted(names))
        shape = names[x]
        same = [y for y in sorted(names) if names[y] == shape]
        if kind == "make":
            how = choose(
                ["{x} * {y}", "{x} + {y}", "np.sin({x})", "{x} * 2.0", "{x}.copy()", "-{x}", "{x} ** 2"]
            )
            self.statements.append(f"{new} = " + how.format(x=x, y=choose(same)))
            names[new] = shape
            return
        if kind == "view":
            how = {
                1: ["{x}[1:]", "{x}[::-1]", "{x}.reshape(-1, 1)", "{x}[:]"],
                2: ["{x}.T", "{x}[0]", "{x}[:, 1]", "{x}.reshape(-1)", "{x}[::-1]", "np.swapaxes({x}, 0, 1)"],
            }[len(shape)]
            self.statements.append(f"{new} = " + choose(how).format(x=x))
            made = {k: np.zeros(s) for k, s in names.items()}
            exec(self.statements[-1], {"np": np}, made)
            names[new] = made[new].shape
            if not 0 < len(names[new]) < 3 or made[new].size == 0:
                self.statements.pop()
                del names[new]
            return
        if kind == "update":
            self.statements.append(
                f"{x} {choose(['+=', '-=', '*='])} {choose([*same, '0.5', f'np.cos({choose(same)})'])}"
            )
            return
        for _ in range(20):
            index = choose(INDICES[len(shape)])
            text = f"{x} > 0.3" if index == "mask" else repr(index).replace("Ellipsis", "...")
            if kind == "augment":
                statement = f"{x}[{text}] {choose(['+=', '*='])} {choose(['0.5', '2.0'])}"
            else:
                other = choose(sorted(names))
                value = choose(
                    ["1.5", f"{other}[{text}]", f"np.exp({other}[{text}])", f"{other}", f"2 * {x}[{text}]"]
                )
                statement = f"{x}[{text}] = {value}"
            if self.is_legal(names, statement):
                self.statements.append(statement)
                return

    def is_legal(self, names, statement):
        statement = statement.replace(".real", "")
        for fill in (0.0, 1.0):
            try:
                exec(statement, {"np": np}, {k: np.full(s, fill) for k, s in names.items()})
            except (IndexError, ValueError, TypeError):
                return False
        return (
            "> 0.3" not in statement
            or "=" not in statement
            or " = " not in statement
            or statement.endswith("1.5")
        )

    def run(self, arrays, real=lambda x: x):
        space = dict(arrays)
        for statement in self.statements:
            statement = statement.replace("> 0.3", "> THRESHOLD") if real is None else statement
            exec(statement, {"np": np}, space)
        total = 0.0
        for k, name in enumerate(sorted(self.names)):
            total = total + (np.sin(space[name]) * (k + 1.0)).sum()
        return total, space


class Steps(np.ndarray):
    """Complex numbers that are compared by their real parts."""

    def __gt__(self, other):
        return np.asarray(self.real) > other


def arrays_of(seed):
    rng = np.random.default_rng(seed)
    return {"a": rng.uniform(-1, 1, 3), "b": rng.uniform(-1, 1, (2, 2)), "c": rng.uniform(-1, 1, 3)}


def slope(program, arrays, direction):
    h = 1e-200
    stepped = {k: (v + 1j * h * direction[k]).view(Steps) for k, v in arrays.items()}
    return np.asarray(program.run(stepped)[0]).item().imag / h


SEEDS = range(400)


@pytest.mark.parametrize("seeds", [SEEDS[i::8] for i in range(8)], ids=str)
@pytest.mark.parametrize("compiled", [True, False])
def test_a_program_that_assigns_has_numpys_values_and_its_slopes(seeds, compiled):
    for seed in seeds:
        program, arrays, direction = Program(seed), arrays_of(seed), arrays_of(seed + 1000)
        want, space = program.run({k: v.copy() for k, v in arrays.items()})
        variables = {k: Variable(v.copy()) for k, v in arrays.items()}
        leaves = {k: v * 1.0 for k, v in variables.items()}  # what is assigned to is not the leaf itself
        got, made = program.run(leaves)
        told = f"seed {seed}:\n" + "\n".join(program.statements)
        for name in program.names:
            np.testing.assert_array_equal(made[name].data, space[name], err_msg=told + f"\n{name}")
        np.testing.assert_allclose(got.data, want, rtol=1e-14, err_msg=told)
        expected = slope(program, arrays, direction)
        with using_config("compiled", compiled):
            got.backward(create_graph=True)
        firsts = {k: v.grad for k, v in variables.items()}
        found = sum(np.sum(g.data * direction[k]) for k, g in firsts.items() if g is not None)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=told)
        check_second(program, arrays, direction, variables, firsts, told)
        got2, _ = program.run({k: v * 1.0 for k, v in variables.items()})
        for v in variables.values():
            v.cleargrad()
        got2.backward()
        again = sum(np.sum(v.grad.data * direction[k]) for k, v in variables.items() if v.grad is not None)
        np.testing.assert_allclose(again, expected, rtol=1e-9, atol=1e-9, err_msg=told)


def check_second(program, arrays, direction, variables, firsts, told):
    along = sum((g * direction[k]).sum() for k, g in firsts.items() if g is not None)
    for v in variables.values():
        v.cleargrad()
    along.backward()
    found = sum(np.sum(v.grad.data * direction[k]) for k, v in variables.items() if v.grad is not None)
    h = 1e-5
    either = [
        slope(program, {k: v + s * h * direction[k] for k, v in arrays.items()}, direction) for s in (1, -1)
    ]
    np.testing.assert_allclose(found, (either[0] - either[1]) / (2 * h), rtol=1e-4, atol=1e-4, err_msg=told)
