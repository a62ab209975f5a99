"""The page and the pictures of `docs/`, from saved runs.

pytest benchmarks/test_selection.py --benchmark-json=selection.json
pytest benchmarks/test_operations.py --benchmark-max-time=0.1 --benchmark-json=operations.json
python benchmarks/rivals.py --save rivals.json
python benchmarks/transforms.py --save transforms.json
python benchmarks/replay.py --save replay.json
python benchmarks/table.py selection.json operations.json rivals.json transforms.json replay.json

Any of the files can be left out: what they would renew stays as it is.
"""

import argparse
import json
import pathlib
import sys

PAGE = """# Benchmarks

Written by `benchmarks/table.py`; renewed, from a checkout with the extra `bench` installed, by

```
pytest benchmarks/test_selection.py --benchmark-json=selection.json
pytest benchmarks/test_operations.py --benchmark-max-time=0.1 --benchmark-json=operations.json
python benchmarks/rivals.py --save rivals.json
python benchmarks/transforms.py --save transforms.json
python benchmarks/replay.py --save replay.json
python benchmarks/table.py selection.json operations.json rivals.json transforms.json replay.json
```

Any of the files can be left out: what they would renew stays as it is, so that the parts of this page may be
of different runs.

## Beside other libraries
Microseconds for one evaluation of plain NumPy code (`benchmarks/programs.py`): build the graph, walk it
back, read all gradients. One thread, 64-bit floats, the best of interleaved samples in one run. "NumPy
forward" computes the value alone, "NumPy by hand" value and gradient with hand-written rules. JAX is compiled
before it is timed, and is given NumPy arrays like the others. {versions}

{rivals}

![times as a multiple of leopard's](rivals.png)

A product of two arrays of 100, recorded, takes {forward}. MiB by which a process grows at its peak, for
arrays of 10^6:

{memory}

Milliseconds for the gradient of tanh(exp(0.1 b)) b at 10^6 elements: {threads}.

The time for one operation, recording, walking and freeing together:

{growth}

`import leopard` takes {importing:.1f} ms beyond `import numpy`.

## Compiled functions
Microseconds for a call of a function that `leopard.compile` has recorded before: the value and the gradients
of a program, or what the row says; its data are arguments. "leopard, floats" has Python numbers in and
out, "leopard, out=" writes its results into given arrays. JAX is given arrays of its own, and is waited for;
its LSTM is a `lax.scan`. CasADi is called through its buffers. {machine}

{replay}

![times as a multiple of compiled leopard's](replay.png)

Microseconds until the first replay (two recorded calls and all that is prepared), beside one recording and
one eager call:

{preparation}

## Functions of functions
Microseconds for transforms, which take and return floats and arrays. JAX's gradient is jitted; the two last
columns have its whole leapfrog step jitted, and the whole loop in `lax.scan`.

{transforms}

`jvp` and `vjp` of the same functions, including the recording of the function:

{both_ways}

## Operations
Microseconds for some operations of the register: NumPy's forward, leopard's forward, leopard's forward and
backward.

{operations}

## Sort, max or bucket
Microseconds for one selection (one pop and one push) from a list of ready Functions of constant length.

{selection}

![microseconds a selection](selection.png)

Whole walks, microseconds:

{walks}
"""
LIBRARIES = ["leopard", "NumPy forward", "NumPy by hand", "PyTorch", "HIPS autograd", "JAX jitted"]
REPLAYED = [
    "leopard",
    "leopard, floats",
    "leopard, out=",
    "leopard eager",
    "NumPy forward",
    "NumPy by hand",
    "JAX jitted",
    "CasADi",
]
WAYS = ["numpy", "forward", "forward and backward"]
SIZES = [1, 100, 1_000_000]
SELECTIONS = ["sort", "max", "bucket"]
COLOURS = {"sort": "#c44e52", "max": "#dd8452", "bucket": "#1f6f8b"}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def short(x):
    return f"{x:.3f}" if x < 1 else f"{x:.3g}" if x < 100 else f"{x:.0f}"


def ready_lists(saved):
    """{selection: {length: microseconds}}"""
    found = {name: {} for name in SELECTIONS}
    for run in saved["benchmarks"]:
        info = run["extra_info"]
        if "n" in info:
            found[info["selection"]][info["n"]] = run["stats"]["min"] * 1e6 / info["steps"]
    return found


def walks(saved):
    """{program: {selection: microseconds}}"""
    found = {}
    for run in saved["benchmarks"]:
        info = run["extra_info"]
        if "program" in info:
            found.setdefault(info["program"], {})[info["selection"]] = run["stats"]["min"] * 1e6
    return found


def operations_table(saved):
    """A row an operation: for each size NumPy, forward, both."""
    found = {}
    for run in saved["benchmarks"]:
        info = run["extra_info"]
        if "operation" in info:
            place = info["size"], info["way"]
            found.setdefault(info["operation"], {})[place] = run["stats"]["min"] * 1e6
    head = [f"{name}{size}" for size in ["1", "100", "10^6"] for name in ["NumPy, ", "forward, ", "both, "]]
    rows = [
        [name, *(short(times[size, way]) for size in SIZES for way in WAYS)] for name, times in found.items()
    ]
    return table(["", *head], rows)


def rivals_table(programs, libraries=LIBRARIES):
    rows = []
    for program, times in programs.items():
        cells = [short(times[name]) if name in times else "" for name in libraries]
        rows.append([program, f"**{cells[0]}**", *cells[1:]])
    return table(["", *libraries], rows)


def works_table(works):
    names = list(dict.fromkeys(name for times in works.values() for name in times))
    rows = [[work, *(short(times[n]) if n in times else "" for n in names)] for work, times in works.items()]
    return table(["", *names], rows)


def kind_of(saved):
    """Which benchmark has saved this."""
    if "preparation" in saved:
        return "replay"
    if "both ways" in saved:
        return "transforms"
    if "growth" in saved:
        return "rivals"
    return "operations" if "operation" in saved["benchmarks"][0]["extra_info"] else "selection"


def fields_of_rivals(rivals):
    names = ", ".join(f"{name} {version}" for name, version in rivals["versions"].items())
    growth = [
        [name, f"{row['small']:.0f} ns", f"{row['large']:.0f} ns", f"{row['ratio']:.2f}"]
        for name, row in rivals["growth"].items()
    ]
    memory = [
        [name, *(f"{peaks[k]:.0f}" if k in peaks else "" for k in ("leopard", "PyTorch"))]
        for name, peaks in rivals["memory"].items()
    ]
    product, threads = rivals["forward"], rivals["threads"]
    return {
        "versions": f"Versions: {names}.",
        "rivals": rivals_table(rivals["programs"]),
        "forward": f"{product['leopard'] * 1e3:.0f} ns (NumPy's own {product['NumPy'] * 1e3:.0f})",
        "memory": table(["", "leopard", "PyTorch"], memory),
        "threads": f"{threads['one']:.1f} alone, {threads['two']:.1f} for two on two threads",
        "growth": table(["", "10^3 operations", "10^6 operations", "ratio"], growth),
        "importing": rivals["import"],
    }


def fields_of_replay(replay):
    said = replay["machine"] | replay["versions"]
    preparation = [
        [name, *(short(times[k]) for k in ("prepared", "recording", "eager"))]
        for name, times in replay["preparation"].items()
    ]
    return {
        "machine": "Machine and versions: " + "; ".join(f"{k}: {v}" for k, v in said.items()) + ".",
        "replay": rivals_table(replay["works"], REPLAYED),
        "preparation": table(["", "prepared", "one recording", "one eager call"], preparation),
    }


def fields_of_transforms(transforms):
    return {
        "transforms": works_table(transforms["works"]),
        "both_ways": works_table(transforms["both ways"]),
    }


def fields_of_operations(operations):
    return {"operations": operations_table(operations)}


def fields_of_selection(selection):
    lists, whole = ready_lists(selection), walks(selection)
    lengths = sorted(lists["sort"])
    rows = [[name, *(short(row[s]) for s in SELECTIONS)] for name, row in whole.items()]
    return {
        "selection": table(
            ["ready", *SELECTIONS], [[str(n), *(short(lists[s][n]) for s in SELECTIONS)] for n in lengths]
        ),
        "walks": table(["", *SELECTIONS], rows),
    }


#: The section that each benchmark renews, and what it has in it.
SECTIONS = {
    "rivals": ("Beside other libraries", fields_of_rivals),
    "replay": ("Compiled functions", fields_of_replay),
    "transforms": ("Functions of functions", fields_of_transforms),
    "operations": ("Operations", fields_of_operations),
    "selection": ("Sort, max or bucket", fields_of_selection),
}


def sections(text):
    """The sections of a page by their headings, what stands before the first under ""."""
    head, *others = text.split("\n## ")
    return {"": head} | {part.partition("\n")[0]: part.partition("\n")[2] for part in others}


def page(given, before=""):
    """The page: sections of the benchmarks that are given, by their kinds, and the others as before."""
    made, old = sections(PAGE), sections(before)
    for kind, (heading, fields) in SECTIONS.items():
        if kind in given:
            made[heading] = made[heading].format(**fields(given[kind]))
        elif heading in old:
            made[heading] = old[heading].rstrip("\n") + "\n"
        else:
            del made[heading]
    head = made.pop("")
    return "\n## ".join([head.rstrip("\n") + "\n", *[f"{h}\n{text}" for h, text in made.items()]])


def pyplot():
    try:
        import matplotlib
    except ImportError:
        sys.exit("pictures need matplotlib: pip install 'leopard-autodiff[bench]'")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({
        "font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "leopard",
    })  # fmt: skip
    return plt


def draw_selection(lists, into):
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7, 4))
    for name in SELECTIONS:
        lengths = sorted(lists[name])
        times = [lists[name][n] for n in lengths]
        axes.plot(lengths, times, "o-", color=COLOURS[name], lw=2)
        axes.annotate(
            f" {name}", (lengths[-1], times[-1]), color=COLOURS[name], va="center", weight="bold",
            xytext=(4, 0), textcoords="offset points",
        )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="functions in the ready list", ylabel="microseconds a selection"
    )
    axes.set_title("Finding the function of the highest generation", loc="left")
    axes.grid(alpha=0.25)
    axes.margins(x=0.12)
    save(plt, figure, into, "selection")


def draw_ratios(programs, libraries, into, name):
    """Bars from 1 to the time of each library as a multiple of leopard's."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(8, 1 + 0.45 * len(programs)))
    others = [name for name in libraries[1:] if any(name in times for times in programs.values())]
    shades = ["#8d99ae", "#4f5d75", "#ee6c4d", "#9c6644", "#6a4c93", "#52796f"]
    height = 0.8 / len(others)
    for k, other in enumerate(others):
        ratios = [times.get(other, times["leopard"]) / times["leopard"] for times in programs.values()]
        places = [i + (k - (len(others) - 1) / 2) * height for i in range(len(programs))]
        axes.barh(places, [ratio - 1 for ratio in ratios], height * 0.9, 1, label=other, color=shades[k])
        for place, ratio in zip(places, ratios, strict=True):
            if ratio != 1:
                where = {"ha": "left" if ratio > 1 else "right", "va": "center"}
                axes.annotate(f" {ratio:.3g} ", (ratio, place), fontsize=7, **where)
    axes.axvline(1, color="#1f6f8b", lw=2)
    axes.set(xscale="log", xlabel="slower than leopard to the right, faster to the left")
    axes.set_yticks(range(len(programs)), list(programs))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.legend(frameon=False, fontsize=9, ncols=5, loc="lower center", bbox_to_anchor=(0.35, 1))
    save(plt, figure, into, name)


def save(plt, figure, into, name):
    figure.tight_layout()
    figure.savefig(into / f"{name}.png", dpi=130)
    figure.savefig(into / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("saved", nargs="+", type=pathlib.Path, help="files saved by the benchmarks")
    parser.add_argument("--into", default="docs", type=pathlib.Path, metavar="FOLDER")
    options = parser.parse_args()
    given = {kind_of(saved): saved for saved in (json.loads(path.read_text()) for path in options.saved)}
    target = options.into / "benchmarks.md"
    target.write_text(page(given, target.read_text() if target.exists() else ""))
    if "selection" in given:
        draw_selection(ready_lists(given["selection"]), options.into)
    if "rivals" in given:
        draw_ratios(given["rivals"]["programs"], LIBRARIES, options.into, "rivals")
        print(rivals_table(given["rivals"]["programs"]))
    if "replay" in given:
        rivals = ["leopard", *[name for name in REPLAYED if "leopard" not in name]]
        works = {name: times for name, times in given["replay"]["works"].items() if "leopard" in times}
        draw_ratios(works, rivals, options.into, "replay")


if __name__ == "__main__":
    main()
