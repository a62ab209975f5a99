"""``python -m leopard``: what it prints, where it writes, and how it ends."""

import io
import os
import pathlib
import re
import shutil
import sys

import numpy as np
import pytest

import leopard
from leopard import _demo
from leopard._demo import _functions, _selection
from tests.processes import python


def command(*arguments, **options):
    return python("-m", "leopard", *arguments, **options)


def after(change, cwd):
    """The command, after `change` was done to the demo, which is called `demo`."""
    program = f"import sys, leopard.__main__ as m, leopard._demo as demo\n{change}\nsys.exit(m.run())"
    return python("-c", program, cwd=cwd)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    directory = tmp_path_factory.mktemp("demo")
    return command(cwd=directory), directory


def test_the_demo_succeeds_and_is_quiet_on_stderr(demo):
    done, _ = demo
    assert done.returncode == 0
    assert done.stderr == ""


def test_the_output_fits_a_terminal(demo):
    done, _ = demo
    assert max(map(len, done.stdout.splitlines())) < 80
    assert all(line == line.rstrip() for line in done.stdout.splitlines())


def test_the_gradients_are_shown(demo):
    done, _ = demo
    assert re.search(r"Goldstein-Price +1876 +\(-5376, 8064\)", done.stdout)
    assert re.search(r"Matyas +0.04 +\(0.04, 0.04\)", done.stdout)
    assert re.search(r"sphere +2 +\(2, 2\)", done.stdout)


def test_the_fits_are_shown_with_their_digits(demo):
    done, _ = demo
    number = r"-?\d\.\d{10}E[+-]\d\d"
    rows = re.findall(rf"^b(\d)  {number} {number} +(\d+)  {number} {number} +(\d+)$", done.stdout, re.M)
    assert [int(k) for k, _, _ in rows] == 2 * list(range(1, 8))
    assert min(int(digits) for _, *both in rows for digits in both) >= 9


def test_the_selections_are_shown(demo):
    done, _ = demo
    rows = re.findall(r"^ +(\d+) +(\d+\.\d+) +(\d+\.\d+) +(\d+\.\d+) +(sort|max|bucket)$", done.stdout, re.M)
    assert [int(row[0]) for row in rows] == [1, 10, 100, 1000, 10_000]
    for _, *times, fastest in rows:
        assert float(times[_selection.names.index(fastest)]) == min(map(float, times))


def test_the_graph_is_written_where_one_stands(demo):
    done, directory = demo
    text = (directory / "goldstein.dot").read_text()
    assert text.startswith("digraph {") and text.endswith("}\n")
    for label in ("x", "y", "z", "Square", "19"):
        assert f'label="{label}"' in text
    assert "\ngoldstein.dot\n" in done.stdout
    picture = directory / "goldstein.svg"
    assert picture.exists() == (shutil.which("dot") is not None)
    assert picture.exists() == ("goldstein.svg" in done.stdout)
    if picture.exists():
        assert b"</svg>" in picture.read_bytes()


def test_output_names_the_directory(tmp_path):
    (tmp_path / "-graphs").mkdir()
    done = command("--output=-graphs", cwd=tmp_path)
    assert done.returncode == 0
    assert str(pathlib.Path("-graphs", "goldstein.dot")) in done.stdout
    assert (tmp_path / "-graphs" / "goldstein.dot").exists()
    assert not (tmp_path / "goldstein.dot").exists()


def test_a_directory_that_is_none_is_a_wrong_argument(tmp_path):
    done = command("--output", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "--output: 'nowhere' is not a directory" in done.stderr
    assert done.stdout == ""


def test_a_graph_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "goldstein.dot").mkdir()
    done = command(cwd=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(r"python -m leopard: error: cannot write goldstein.dot: .+\n", done.stderr)


@pytest.mark.skipif(not os.path.exists("/bin/sh"), reason="needs a shell")
def test_a_picture_that_fails_leaves_the_text(tmp_path):
    broken = tmp_path / "bin" / "dot"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    done = after(f"import os; os.environ['PATH'] = {str(broken.parent)!r}", tmp_path)
    assert done.returncode == 0
    assert "no picture" in done.stdout
    assert (tmp_path / "goldstein.dot").exists() and not (tmp_path / "goldstein.svg").exists()


def test_help_and_version(tmp_path):
    version, manual = (command(option, cwd=tmp_path) for option in ("--version", "--help"))
    assert (version.returncode, version.stdout, version.stderr) == (0, leopard.__version__ + "\n", "")
    assert manual.returncode == 0 and manual.stderr == ""
    assert manual.stdout.startswith("usage: python -m leopard [-h]")
    assert "--output DIR" in manual.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--frobnicate"], ["extra"], ["--output"]])
def test_a_wrong_argument_is_named(arguments, tmp_path):
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert "usage: python -m leopard" in done.stderr and arguments[0] in done.stderr


@pytest.mark.parametrize(
    "change, complaint",
    [
        ("demo._thurber.certified_parameters[2] *= 1 + 1e-8", "only 8.0 digits agree, not 9"),
        ("demo._thurber.certified_errors[6] *= 1 + 1e-7", "only 7.0 digits agree, not 9"),
        ("demo._thurber.y[0] = float('nan')", "Thurber from start 2: "),
        ("demo._thurber.starts = ((1.0,) * 7,) * 2; demo._thurber.x[:] = 0", "Thurber from start 2: "),
        ("demo._functions.gradient = lambda f, p: (1.0, demo._thurber.y[:2])", "the gradient of Matyas"),
        (
            "demo._selection.MaxQueue = type('Wrong', (demo._selection.SortQueue,), {'pop': lambda q: 0})",
            "the queues disagree",
        ),
    ],
)
def test_a_wrong_result_is_exit_status_1(change, complaint, tmp_path):
    done = after(change, tmp_path)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_leaves_no_traceback(tmp_path):
    done = after("def run(directory): raise KeyboardInterrupt\ndemo.run = run", tmp_path)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="a lost reader is another error there")
@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_a_reader_that_leaves_is_no_error(arguments, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = command(*arguments, cwd=tmp_path, stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode in (0, 141)  # argparse keeps it to itself where stdout is not buffered
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_reported(tmp_path):
    with open("/dev/full", "w") as full:
        done = command(cwd=tmp_path, stdout=full)
    assert done.returncode == 1
    assert re.fullmatch(r"python -m leopard: error: cannot write the output: .+\n", done.stderr)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_for_terminals_and_wiped_out(monkeypatch):
    for stream, shown in ((Terminal(), "fitting ...\r           \r"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stream)
        with _demo.progress("fitting"):
            pass
        assert stream.getvalue() == shown
    monkeypatch.setattr(sys, "stderr", None)
    with _demo.progress("fitting"):
        pass


@pytest.mark.parametrize(
    "name, minimum", [("sphere", (0, 0)), ("Matyas", (0, 0)), ("Goldstein-Price", (0, -1))]
)
def test_the_gradient_is_zero_at_the_minimum(name, minimum):
    slope = _functions.slope(_functions.functions[name], minimum)
    np.testing.assert_allclose(slope.gradient, 0, atol=1e-12)
    assert slope.agrees


@pytest.mark.parametrize("length", [1, 2, 7, 300])
def test_all_queues_pop_what_they_should(length):
    walk = _selection.random_walk(length, 200)
    assert len(walk.first) == length and len(walk.popped) == len(walk.pushed) == 200
    generations = dict(walk.first + walk.pushed)
    assert max(generations.values()) <= walk.top
    assert min(generations.values()) == 0
    for popped, (_, pushed) in zip(walk.popped, walk.pushed, strict=True):
        assert pushed < generations[popped]
    for queue in _selection.make_queues(walk.top).values():
        assert _selection.time_queue(queue, walk)[1] == walk.popped
