"""The guides' examples run; where two libraries stand side by side, both give the same."""

import doctest
import importlib.util
import pathlib
import re

import numpy as np
import pytest

import leopard
from leopard import Variable
from tests.processes import python

DOCS = pathlib.Path(__file__).parent.parent / "docs"

if not DOCS.exists():
    pytest.skip("the guides are not here: these tests run outside the tree", allow_module_level=True)

GUIDE = (DOCS / "transforms.md").read_text() if (DOCS / "transforms.md").exists() else ""
IDIOMS = (DOCS / "coming_from.md").read_text() if (DOCS / "coming_from.md").exists() else ""
LIBRARIES = {"autograd": "autograd", "PyTorch": "torch", "JAX": "jax", "DeZero": None}


@pytest.mark.parametrize(
    ("name", "least"),
    [("transforms.md", 25), ("likelihoods.md", 30), ("compile.md", 35), ("implicit.md", 20)],
)
def test_the_examples_of_the_guide_print_what_it_shows(name, least):
    pytest.importorskip("scipy.sparse")
    blocks = "\n".join(
        re.findall(r"^```python\n(.*?)^```", (DOCS / name).read_text(), re.DOTALL | re.MULTILINE)
    )
    test = doctest.DocTestParser().get_doctest(blocks, {}, name, name, 0)
    said = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=said.append)
    assert len(test.examples) > least
    assert not said, "".join(said)


REPLACING = (DOCS / "replacing_autograd.md").read_text() if (DOCS / "replacing_autograd.md").exists() else ""
DOCTESTS = """
import doctest, pathlib
text = pathlib.Path("page").read_text()
test = doctest.DocTestParser().get_doctest(text, {}, "replacing_autograd.md", None, 0)
done = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).run(test)
assert len(test.examples) > 20 and not done.failed
"""


def test_the_page_on_replacing_autograd_runs_in_a_process_of_its_own(tmp_path):
    blocks = re.findall(r"^```python\n(>>> .*?)^```", REPLACING, re.DOTALL | re.MULTILINE)
    (tmp_path / "page").write_text("\n".join(blocks))
    done = python("-c", DOCTESTS, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_on_replacing_autograd_print_what_it_shows(tmp_path):
    program = re.search(r"^```python\n# program.py\n(.*?)^```", REPLACING, re.DOTALL | re.MULTILINE)[1]
    (tmp_path / "program.py").write_text(program)
    commands = re.findall(r"^```console\n\$ python (.*?)\n(.*?)^```", REPLACING, re.DOTALL | re.MULTILINE)
    assert len(commands) == 2
    for command, shown in commands:
        done = python(*command.split(), cwd=tmp_path)
        said = done.stderr + done.stdout
        assert doctest.OutputChecker().check_output(shown, said, doctest.ELLIPSIS), said


def test_the_guide_names_every_transform():
    missing = [name for name in leopard.transforms.__all__ if f"{name}" not in GUIDE + IDIOMS]
    assert missing in ([], ["grad_and_aux", "detach"], ["grad_and_aux"], ["detach"])


def sections():
    for section in re.split(r"^## ", IDIOMS, flags=re.MULTILINE)[1:]:
        library = re.match(r"\w+", section)[0]
        setups = dict(re.findall(r"^```python\n# (.*?)\n(.*?)^```", section, re.DOTALL | re.MULTILINE))
        rows = re.findall(r"^\| `(.*?)` \| `(.*?)`.*\|$", section, re.MULTILINE)
        yield library, setups, rows


def value_of(code, names):
    """What the last statement of a cell is, or assigns."""
    *before, last = re.split(r"; (?![^(]*\))", code) if not code.startswith("with") else [code]
    for statement in before:
        exec(statement, names)
    try:
        return eval(last, names)
    except SyntaxError:
        exec(last, names)


def as_numbers(x):
    if isinstance(x, Variable):
        return x.data
    if hasattr(x, "detach"):
        return x.detach().numpy()
    return np.asarray(x)


def is_number(x):
    return as_numbers(x).dtype.kind in "fciub"


SECTIONS = {library: (setups, rows) for library, setups, rows in sections()}


def test_all_four_are_there():
    assert list(SECTIONS) == list(LIBRARIES)
    assert all(len(rows) >= 10 for _, rows in SECTIONS.values())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch says one of itself
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_leopard_column_runs_and_gives_what_the_other_gives(library):
    setups, rows = SECTIONS[library]
    beside = LIBRARIES[library] is not None and importlib.util.find_spec(LIBRARIES[library]) is not None
    ours, theirs = {}, {}
    exec(setups["leopard"], ours)
    if library == "JAX" and beside:
        import jax

        before = jax.config.jax_enable_x64
        jax.config.update("jax_enable_x64", True)
    if beside:
        exec(setups[library], theirs)
    try:
        for left, right in rows:
            b = value_of(right, ours)
            if beside:
                a = value_of(left, theirs)
                if b is not None and is_number(b):
                    np.testing.assert_allclose(as_numbers(b), as_numbers(a), rtol=1e-12, err_msg=right)
    finally:
        if library == "JAX" and beside:
            jax.config.update("jax_enable_x64", before)
