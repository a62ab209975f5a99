"""Drawings: every node and edge once, names that Graphviz reads, and any depth."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from leopard import Function, Variable, sum
from leopard.drawing import to_dot


class Twins(Function):
    def forward(self, x):
        return x + 1, x + 2

    def backward(self, gy0, gy1):
        return gy0 + gy1


def nodes(text):
    """{name: (shape, label)} of a drawing."""
    found = re.findall(r'^(n\d+) \[shape=(\w+), label="(.*)"\]$', text, re.M)
    assert len(found) == text.count("[shape=")
    assert len({name for name, *_ in found}) == len(found)
    return {name: (shape, label) for name, shape, label in found}


def edges(text):
    """The edges of a drawing as pairs of labels, sorted."""
    of = {name: label for name, (_, label) in nodes(text).items()}
    return sorted((of[a], of[b]) for a, b in re.findall(r"^(n\d+) -> (n\d+)$", text, re.M))


def named(value, name):
    return Variable(np.array(value), name=name)


def label_of(name):
    """What stands between the quotes for a Variable of this name."""
    return re.search(r'label="(.*)"\]', to_dot(named(1.0, name)))[1]


def test_edges_run_from_inputs_through_the_function_to_the_output():
    a, b = named(1.0, "a"), named(2.0, "b")
    y = a * b
    y.name = "y"
    text = to_dot(y)
    assert edges(text) == [("Mul", "y"), ("a", "Mul"), ("b", "Mul")]
    assert sorted(nodes(text).values()) == [
        ("box", "Mul"),
        ("ellipse", "a"),
        ("ellipse", "b"),
        ("ellipse", "y"),
    ]


def test_what_is_used_twice_is_drawn_once():
    x = named(1.0, "x")
    square = x * x
    assert edges(to_dot(square)) == [("Mul", ""), ("x", "Mul"), ("x", "Mul")]
    assert len(nodes(to_dot(square + square))) == 5


def test_constants_have_no_frame_and_show_their_value():
    x = Variable(np.ones(3))
    shapes = nodes(to_dot(2 * x + 0.5 + np.arange(3.0))).values()
    assert sorted(label for shape, label in shapes if shape == "plaintext") == ["(3,) float64", "0.5", "2"]


def test_constants_do_not_stand_in_for_one_another():
    y = Variable(np.array(1.0))
    for k in range(50):
        y = y + float(k)
    values = [label for shape, label in nodes(to_dot(y)).values() if shape == "plaintext"]
    assert sorted(map(int, values)) == list(range(50))


def test_verbose_writes_shape_and_dtype():
    x = Variable(np.ones((2, 3), np.float32), name="x")
    labels = [label for _, label in nodes(to_dot(sum(x), verbose=True)).values()]
    assert labels == ["() float32", "Sum", "x: (2, 3) float32"]
    assert "float32" not in to_dot(sum(x))


def test_a_variable_without_data_can_be_drawn():
    assert list(nodes(to_dot(Variable(None, name="empty"), verbose=True)).values()) == [("ellipse", "empty")]


def test_only_the_graph_behind_a_variable_is_drawn():
    x = named(1.0, "x")
    first, second = Twins()(x)
    first.name, second.name = "first", "second"
    assert edges(to_dot(first)) == [("Twins", "first"), ("x", "Twins")]
    assert edges(to_dot(first + second)) == [
        ("Add", ""),
        ("Twins", "first"),
        ("Twins", "second"),
        ("first", "Add"),
        ("second", "Add"),
        ("x", "Twins"),
    ]


@pytest.mark.parametrize(
    "name, label",
    [
        ('say "x"', r"say \"x\""),
        ("back\\slash", r"back\\slash"),
        (r"\N", r"\\N"),
        ("a\nb", r"a\nb"),
        ("a&lt;b", "a&amp;lt;b"),
        ("größe", "größe"),
        ("", ""),
    ],
)
def test_names_are_escaped(name, label):
    assert label_of(name) == label


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_every_name():
    text = to_dot(named(1.0, 'a"b\\N&lt;]\n;c\0') * named(2.0, "->") + np.ones(2), verbose=True)
    done = subprocess.run(["dot", "-Tplain"], input=text.encode(), capture_output=True, timeout=30)
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.count(b"\nnode ") == len(nodes(text))


def test_the_same_program_gives_the_same_text():
    def draw():
        x, y = named(1.0, "x"), named(2.0, "y")
        return to_dot((x + y) * (x - y) / 3)

    assert draw() == draw()


def test_depth_costs_no_stack():
    y = Variable(np.array(0.0))
    for _ in range(100_000):
        y = -y
    assert to_dot(y).count(" -> ") == 200_000


def test_drawing_leaves_the_graph_as_it_was():
    x = named(3.0, "x")
    y = x * x
    to_dot(y, verbose=True)
    y.backward()
    assert x.grad.data == 6.0 and y.grad is None


@pytest.mark.parametrize("stranger", [None, 1.0, np.ones(2), "y"])
def test_a_stranger_is_refused(stranger):
    with pytest.raises(TypeError, match="graph of a Variable"):
        to_dot(stranger)
