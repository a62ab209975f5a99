"""The README's examples run and print what their comments say."""

import ast
import pathlib
import re

import numpy as np
import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"

if not README.exists():
    pytest.skip("the README is not here: these tests run outside the tree", allow_module_level=True)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def test_examples_print_what_their_comments_say():
    pytest.importorskip("scipy")
    names, checked = {}, 0
    for block in blocks("python"):
        lines = block.splitlines()
        for node in ast.parse(block).body:
            source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            exec(source, names)
            said = re.search(r"# (variable\(.*\))$", lines[node.end_lineno - 1])
            if said:
                value = node.value if isinstance(node, ast.Expr) else node.targets[0]
                assert repr(eval(ast.unparse(value), names)) == said[1]
                checked += 1
            said = re.search(r"# ((?:\(\d|array\().*)$", lines[node.end_lineno - 1])
            if said:
                found, wanted = eval(ast.unparse(node.value), names), eval(said[1], {"array": np.array})
                for x, y in zip(*(v if isinstance(v, tuple) else (v,) for v in (found, wanted)), strict=True):
                    np.testing.assert_array_equal(x, y)
                    assert np.ndim(x) == np.ndim(y)
                checked += 1
    assert checked >= 10


def test_readme_has_the_two_commands():
    main, tests = blocks("sh")[:2]
    assert main.strip().endswith("python -m leopard")
    assert tests.split(" && ")[-1].startswith(".venv/bin/pytest")


def test_every_link_into_the_tree_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
