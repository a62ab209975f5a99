"""The README's examples run and print what their comments say."""

import ast
import pathlib
import re

import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"

if not README.exists():
    pytest.skip("the README is not here: these tests run outside the tree", allow_module_level=True)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def test_examples_print_what_their_comments_say():
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
    assert checked >= 4


def test_readme_has_the_two_commands():
    main, tests = blocks("sh")[:2]
    assert main.strip().endswith("python -m leopard")
    assert tests.strip().endswith("pytest")


def test_every_link_into_the_tree_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
