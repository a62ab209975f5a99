"""The graph of Goldstein-Price, as DOT text and, where Graphviz is installed, as SVG."""

import shutil
import subprocess

import numpy as np

from leopard import Variable
from leopard._demo._functions import goldstein
from leopard.drawing import to_dot


def goldstein_dot():
    x = Variable(np.array(1.0), name="x")
    y = Variable(np.array(1.0), name="y")
    z = goldstein(x, y)
    z.name = "z"
    return to_dot(z)


def svg(dot_text):
    """The SVG that Graphviz makes of `dot_text`, as bytes; None where it is missing or fails."""
    program = shutil.which("dot")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "-Tsvg"], input=dot_text.encode(), capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def draw(directory):
    """Write the files into `directory`; returns their paths.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    text = goldstein_dot()
    paths = [directory / "goldstein.dot"]
    paths[0].write_text(text, encoding="ascii")
    picture = svg(text)
    if picture is not None:
        paths.append(directory / "goldstein.svg")
        paths[1].write_bytes(picture)
    return paths
