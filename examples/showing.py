"""Printing and drawing for all examples: `python examples/NAME.py [picture.svg]`."""

import argparse
import io
import re
import sys

import numpy as np

BLUE, RED, GREY = "#1f6f8b", "#c44e52", "#8d99ae"
COLOURS = [BLUE, "#dd8452", RED, "#6a4c93", "#55a868", "#4f5d75"]


def run(main):
    """Call `main` with the path that the command line gives, and print the numbers that it returns."""
    parser = argparse.ArgumentParser(description=sys.modules[main.__module__].__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="?", metavar="picture.svg", help="where the picture is drawn")
    try:
        found = main(parser.parse_args().picture)
    except ImportError as error:
        sys.exit(str(error))
    with np.printoptions(precision=6, threshold=12):
        for name, number in found.items():
            print(f"{name} = {number}")


def figure(columns=1, size=(9, 3.6)):
    """A figure with axes side by side, the same to the last byte on every run."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("the pictures need matplotlib: pip install 'leopard-autodiff[examples]'") from None
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({
        "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
        "svg.hashsalt": "leopard", "svg.fonttype": "none",
    })  # fmt: skip
    drawing = Figure(figsize=size, layout="constrained")
    axes = drawing.subplots(1, columns, squeeze=False)[0]
    return drawing, (axes if columns > 1 else axes[0])


def save(drawing, path):
    if not str(path).endswith(".svg"):
        drawing.savefig(path)
        return
    text = io.StringIO()
    drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(\d\.\d\d)\d+", r"\1", text.getvalue()))  # a hundredth of a point is enough


# -- Graphs ----------------------------------------------------------------------------------------


def draw_graph(axes, dot, names=True):
    """Draw the graph of a DOT text from left to right: Functions as squares, Variables as dots.

    Without `names` only the Variables that have a name are labelled.
    """
    shapes = dict(re.findall(r"^(n\d+) \[shape=(\w+)", dot, re.MULTILINE))
    labels = dict(re.findall(r'^(n\d+) \[.*label="(.*)"\]', dot, re.MULTILINE))
    edges = re.findall(r"^(n\d+) -> (n\d+)", dot, re.MULTILINE)
    places = layered(shapes, edges)
    # One line with gaps is a hundredth of the text that a line for each edge would be.
    line = [point for a, b in edges for point in (places[a], places[b], (np.nan, np.nan))]
    axes.plot(*np.transpose(line), color=GREY, lw=0.5, zorder=0)
    for shape, marker, colour in (("box", "s", BLUE), ("ellipse", "o", RED)):
        marked = [n for n in shapes if shapes[n] == shape and (names or shape == "box" or labels[n])]
        points = [places[n] for n in marked]
        axes.plot(*np.transpose(points), marker, ms=2.5, color=colour, mew=0)
    for node, label in labels.items():
        if label and (names or shapes[node] == "ellipse"):
            axes.annotate(
                label, places[node], fontsize=6, ha="center", xytext=(0, 3), textcoords="offset points",
                color={"box": BLUE, "ellipse": RED}.get(shapes[node], "black"),
                weight="bold" if shapes[node] == "ellipse" else "normal",
            )  # fmt: skip
    axes.margins(0.05, 0.1)
    axes.axis("off")


def layered(nodes, edges, sweeps=20):
    """The places of the nodes: columns by the longest path to the end, rows near those of the neighbours."""
    after, neighbours = {n: [] for n in nodes}, {n: [] for n in nodes}
    for a, b in edges:
        after[a].append(b)
        neighbours[a].append(b)
        neighbours[b].append(a)
    column = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = {n: -1 + min((column[m] for m in after[n]), default=1) for n in nodes}
        if moved == column:
            break
        column = moved
    columns = [[n for n in nodes if column[n] == c] for c in sorted(set(column.values()))]
    row = {n: i - (len(layer) - 1) / 2 for layer in columns for i, n in enumerate(layer)}
    for k in range(sweeps):
        for layer in columns[:: (-1) ** k]:
            mean = {n: np.mean([row[m] for m in neighbours[n]] or [0.0]) for n in layer}
            layer.sort(key=lambda n: (mean[n], row[n]))  # noqa: B023 (it is sorted here and now)
            middle = np.mean(list(mean.values()))
            for i, n in enumerate(layer):
                row[n] = middle + i - (len(layer) - 1) / 2
    return {n: (column[n], row[n]) for n in nodes}
