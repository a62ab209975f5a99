"""What `explain` prints of a compiled function: its steps, below the user's lines."""

import numpy as np
import pytest

import leopard
from leopard.compiling import lines_of
from tests.compiling import test_rolling

X = np.linspace(0.5, 1.0, 6).reshape(2, 3)


def explained(f, *args):
    g = leopard.compile(f)
    for _ in range(3):
        g(*args)
    return lines_of(g)


def loss(w):
    z = X @ w
    a = np.sin(w[0])
    if a > 0:
        z = np.tanh(z)
    return np.sum(z**2) + a


def test_steps_stand_below_the_lines_that_they_compute():
    lines = explained(leopard.value_and_grad(loss), np.ones(3))
    headings = [line.strip() for line in lines if "test_explain.py" in line and "supposes" not in line]
    for text in ("z = X @ w", "a = np.sin(w[0])", "z = np.tanh(z)", "return np.sum(z**2) + a"):
        assert any(line.endswith(f": {text}") and "derivative" not in line for line in headings), text
    assert any("for a derivative: z = X @ w" in line for line in headings)
    at = next(k for k, line in enumerate(lines) if line.endswith(": a = np.sin(w[0])"))
    assert any("= sin(" in line for line in lines[at + 1 : at + 4])
    assert any("supposes True for a bool" in line and "if a > 0:" in line for line in lines)
    assert any("= matmul(c0, x0) of 2 x 3 x 1" in line for line in lines)


def test_the_line_is_that_of_the_users_own_rule():
    class Twice(leopard.Function):
        def forward(self, x):
            return 2 * x

        def backward(self, gy):
            return np.cos(gy) * 2

    lines = explained(leopard.grad(lambda x: np.sum(Twice()(x))), np.ones(3))
    assert any("in Python" in line for line in lines)


def test_a_loop_shows_the_program_of_its_step():
    lines = explained(test_rolling.leapfrog, np.ones(3), np.ones(3))
    at = next(k for k, line in enumerate(lines) if "which runs, 39 times" in line)
    assert any("y0 = " in line for line in lines[at:]) and any("multiply" in line for line in lines[at:])


@pytest.mark.parametrize("case", range(len(test_rolling.ROLLED)))
def test_every_kind_of_step_has_a_text(case):
    f, calls = test_rolling.ROLLED[case]
    assert len(explained(f, *calls[0])) > 3
