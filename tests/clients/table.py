"""The table of clients in `docs/replacing_autograd.md`, from a saved run.

python tests/clients/run.py --save clients.json
python tests/clients/table.py clients.json
"""

import argparse
import json
import pathlib

from run import BARS, BOTH, geometric_mean, of_kind, ratios

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "replacing_autograd.md"
BEGIN, END = "<!-- clients: written by tests/clients/table.py -->", "<!-- end of clients -->"
HEAD = [
    "client",
    "passed with autograd",
    "passed with leopard",
    "fit, times faster",
    "value and gradient",
    "gradient alone",
]


def counts(figures):
    """What passed with each of the two: tests of the source distribution, and numbers of our own program."""
    for which in BOTH:
        tests = [f"{figures['passed'][which]} tests"] if "passed" in figures else []
        yield ", ".join([*tests, f"{figures['numbers'].get(which, 0)} numbers"])


def reasons(figures):
    return figures.get("excused", {}).items()


def lines_of(known):
    """The table, the geometric means under it, and the reasons of what is excused."""
    yield "| " + " | ".join(HEAD) + " |"
    yield "|---|---|---|---:|---:|---:|"
    for figures in known:
        name = f"{figures['name'].replace('_', '-')} {figures['version']}"
        yield "| " + " | ".join([name, *counts(figures), *(of_kind(figures, kind) for kind in BARS)]) + " |"
    means = [f"{geometric_mean(ratios(known, kind)):.2f}" for kind in BARS]
    yield "| geometric mean | | | " + " | ".join(means) + " |"
    excused = [f"- `{test}` of {f['name']}: {why}" for f in known for test, why in reasons(f)]
    if excused:
        yield from ["", "Passed with autograd alone:", "", *excused]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    known = json.loads(parser.parse_args().file.read_text())
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    table = "\n".join(lines_of(list(known.values())))
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


if __name__ == "__main__":
    main()
