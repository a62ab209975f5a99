"""Which operations `vmap` computes row by row, found from their sample calls; and the list on the page.

python -m tests.transforms.row_by_row
"""

import pathlib
import re
import textwrap
import warnings
from collections import defaultdict
from functools import cache
from unittest import mock

import numpy as np

from leopard import vmap
from leopard.transforms.batching._steps import Step
from leopard.transforms.batching.mapping import _Call
from tests.laws import EVERY_CASE, draw, outputs

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "vmap.md"
MARKS = "<!-- row by row -->\n", "<!-- end -->\n"

ROWS = 3


@cache
def by_operation():
    """The cases of each operation that has arrays."""
    found = defaultdict(list)
    for case in EVERY_CASE:
        if case.shapes:
            found[case.operation].append(case)
    return dict(found)


def rows_of(case, seed):
    """For each array of a case one with a row for each example, and the rows."""
    rows = [draw(case, np.random.default_rng(seed + r)) for r in range(ROWS)]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def choices(n):
    """Which arrays are mapped: all, and each alone."""
    yield (True,) * n
    if n > 1:
        for k in range(n):
            yield tuple(i == k for i in range(n))


def together(case, arrays, mapped):
    axes = tuple(0 if m else None for m in mapped)
    return outputs(vmap(case.call, axes)(*[x if m else x[0] for x, m in zip(arrays, mapped, strict=True)]))


@cache
def measured():
    """For each operation the ways in which its cases go: "rule", "rows", or "calls" of the function."""
    found = {}
    for operation, cases in by_operation().items():
        found[operation] = set()
        for case in cases:
            for mapped in choices(len(case.shapes)):
                found[operation].add(_way(case, mapped))
    return found


def _way(case, mapped):
    ways = ["rule"]

    def noted(way, method):
        def noting(self, *args):
            ways.append(way)
            return method(self, *args)

        return noting

    rows, calls = noted("rows", Step.by_row), noted("calls", _Call.one_by_one)
    with mock.patch.object(Step, "by_row", rows), mock.patch.object(_Call, "one_by_one", calls):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            together(case, rows_of(case, 0), mapped)
    return ways[-1]


def listed(found):
    """The text for the page."""
    kinds = {"Always": [], "For some arguments": [], "The function itself is called for each example": []}
    always, some, calls = kinds.values()
    for name, ways in sorted(found.items()):
        if "calls" in ways:
            calls.append(name)
        elif "rows" in ways:
            (some if "rule" in ways else always).append(name)
    lines = []
    for kind, names in kinds.items():
        if not names:
            continue
        text = f"- {kind} ({len(names)} of {len(found)}): " + ", ".join(f"`{name}`" for name in names)
        lines += textwrap.wrap(text + ".", 118, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def on_page():
    return re.search(re.escape(MARKS[0]) + "(.*?)" + re.escape(MARKS[1]), PAGE.read_text(), re.DOTALL)[1]


if __name__ == "__main__":
    text = PAGE.read_text()
    before, _, rest = text.partition(MARKS[0])
    PAGE.write_text(before + MARKS[0] + listed(measured()) + MARKS[1] + rest.partition(MARKS[1])[2])
