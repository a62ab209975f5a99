"""Write `docs/operations.md`, the table of the functions that have a derivative here.

python docs/operations.py
"""

import importlib
import inspect
import json
import pathlib
import re

import numpy as np
import scipy.special

import leopard
import leopard.scipy
import leopard.scipy.special  # (it enters the register)
import leopard.scipy.stats
from leopard import Elementwise
from leopard._core import of_ufunc
from leopard.functions import _primitives, _registry, fft  # noqa: F401 (it enters the register)
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._distributions import SUMMARIES, Distribution

PAGE = pathlib.Path(__file__).with_suffix(".md")
SPACES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.fft": np.fft,
    "np.emath": np.emath,
    "np.lib.stride_tricks": np.lib.stride_tricks,
    "scipy.special": scipy.special,
}
OWN_SPACES = {
    "leopard": leopard,
    "leopard.scipy.special": leopard.scipy.special,
}
#: What `python -m tests.gate.accuracy_of_special` has measured.
ACCURACY = json.loads(PAGE.with_name("accuracy.json").read_text())
PACKAGES = (
    "linalg", "fft", "signal", "ndimage", "interpolate", "integrate", "spatial", "spatial.distance",
    "cluster.vq", "sparse.linalg",
)  # fmt: skip
OWN_SPACES |= {f"leopard.scipy.{name}": importlib.import_module(f"leopard.scipy.{name}") for name in PACKAGES}
HEAD = """# Operations

Written by `docs/operations.py` from the register; a test compares this page with it. Each of these functions
of NumPy's takes Variables in place of arrays; operations that NumPy does not have are listed under leopard's
names. All have derivatives of every order with respect to real and, where they take them, complex numbers.
SciPy's functions have derivatives of every order in their argument, and in a parameter to the first order at
least, where a row does not say otherwise. In the formulas, gy is the gradient of the result y. "Loops": the
rule is read into compiled loops for float64 and float32; for a function with parameters that of its argument.

Of SciPy's special functions "domain" has the intervals in which their derivatives are tested against mpmath,
at a grid of points, and "error" the largest relative errors of the first derivatives there, in units of
epsilon (2.2e-16); the last number is that of SciPy's own value. {counts}
"""


def names_of(function):
    """NumPy's names of a function, or of a method of a ufunc."""
    if isinstance(function, tuple):
        return [f"np.{function[0].__name__}.{function[1]}"]
    return [
        f"{space}.{name}"
        for space, module in SPACES.items()
        for name in sorted(vars(module))
        if vars(module)[name] is function and not name.startswith("_")
    ]


def gradient_of(function):
    """The sentence of its docstring that states the gradient."""
    text = " ".join((function.__doc__ or "").split())
    found = re.search(r"(The gradients? .*?)(?=\. [A-Z]|\. *$| Parameters | Examples | Where )", text + " ")
    return found[1].rstrip(". ") if found else text.split(". ")[0]


def loops_of(function):
    operation = function if hasattr(function, "recipe") else None
    if operation is None or operation.kernel != 1:
        return ""
    every = (1 << operation.n_inputs) - 1
    last = 1 << operation.n_inputs - 1
    masks = [every] if operation.cls.order > 1 and not operation.cls.refused else [last]
    return "yes" if operation.recipe("float64", *masks) else "no"


def shown(x):
    """A number in three digits."""
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), f"{x:.3g}")


def measured_of(names):
    """The columns of the domain and of the accuracy of a special function."""
    name = next((n for n in (name.rpartition(".")[2] for name in names) if n in ACCURACY), None)
    if name is None:
        return "", ""
    row = ACCURACY[name]
    domain, error = [], []
    for argument, cell in row.items():
        if not argument:
            continue
        if cell.get("kind") == "whole":
            domain.append(f"{argument} whole")
            continue
        low, high = shown(cell["from"]), shown(cell["to"])
        domain.append(f"{argument} {low}" if low == high else f"{argument} {low} to {high}")
        error.append(f"{argument} {shown(cell['error'])}" if "error" in cell else f"{argument} none")
    return "; ".join(domain), f"{', '.join(error)}; {shown(row[''])}"


def counts():
    """A sentence on the arguments of the special functions."""
    cells = [cell.get("kind") for row in ACCURACY.values() for argument, cell in row.items() if argument]
    return (
        f"Of the {len(cells)} arguments of {len(ACCURACY)} functions {cells.count('whole')} are whole "
        f'numbers ("whole"), and {cells.count("refused")} have no derivative ("none").'
    )


def rows():
    """(module, names of the function, leopard's function)"""
    for cls in filter(_registry.is_own, _registry.classes.values()):
        if not issubclass(cls, Elementwise):
            continue
        value = _primitives.value_of(cls)
        if not isinstance(value, np.ufunc) or of_ufunc(value) is cls.operation:
            yield cls.__module__, names_of(value) or names_of_own(cls.operation), cls.operation
    for entry in _registry.entries.values():
        if _registry.is_own(entry.function):
            names = [name for f in entry.callables for name in names_of(f)]
            yield entry.function.__module__, names or names_of_own(entry.function), entry.function


def names_of_own(function):
    """The public name of a function that NumPy does not have."""
    name = function.__name__
    for space, module in OWN_SPACES.items():
        if inspect.unwrap(getattr(module, name, None)) is inspect.unwrap(function):
            return [f"{space}.{name}"]
    return []


def distributions():
    """The table of the distributions of one variable."""
    rows = []
    for name in sorted(leopard.scipy.stats.__all__):
        d = getattr(leopard.scipy.stats, name)
        if not isinstance(d, Distribution):
            continue
        text = " ".join(type(d).__doc__.split()).rstrip(".").replace("|", "\\|")
        slopes = [n for n in d.shapes if n not in d.whole]
        slopes += ["loc", "scale"] if isinstance(d, Continuous) else []
        missing = []
        if isinstance(d, Continuous) and d.without_slopes:
            missing.append(f"cdf and its relatives: {', '.join(d.without_slopes)}")
        without = [m for m in SUMMARIES if m in d.without_formula()]
        if without:
            missing.append(", ".join(without))
        if d.whole:
            missing.append(f"whole numbers: {', '.join(d.whole)}")
        rows.append(f"| `leopard.scipy.stats.{name}` | {text} | {', '.join(slopes)} | {'; '.join(missing)} |")
    head = (
        "Each has SciPy's methods logpdf, pdf (logpmf, pmf), cdf, sf, logcdf, logsf, ppf, isf, mean, var, "
        "std, median, stats, moment (1 and 2), interval, entropy, support and rvs, and can be frozen. A "
        "continuous one has gradients in x, a discrete one none in k and `loc`."
    )
    table = "| distribution | formula | gradients | no derivative |\n|---|---|---|---|\n" + "\n".join(rows)
    return ["## SciPy: stats, distributions of one variable", head, table]


def page():
    families = {}
    for module, names, function in rows():
        if not names:
            continue
        if module == "leopard":
            module = function.cls.__module__
        families.setdefault(module, []).append((names, function))
    parts = [HEAD.format(counts=counts())]
    for module in sorted(families):
        title = module.removeprefix("leopard.functions.").replace("_", " ").capitalize()
        if module.startswith("leopard.scipy."):
            title = "SciPy: " + module.removeprefix("leopard.scipy.").replace(".", ", ")
        special = module.startswith("leopard.scipy.special.")
        between = " domain | error |" if special else ""
        parts += [
            f"## {title}",
            f"| function | gradient |{between} loops |\n|---|---|{'---|' * 2 * special}---|",
        ]
        for names, function in sorted(families[module], key=lambda row: row[0]):
            functions = ", ".join(f"`{name}`" for name in names)
            gradient = gradient_of(function).replace("|", "\\|")
            between = " {} | {} |".format(*measured_of(names)) if special else ""
            parts[-1] += f"\n| {functions} | {gradient} |{between} {loops_of(function)} |"
    return "\n\n".join([*parts, *distributions()]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.name}: {sum(bool(names) for _, names, _ in rows())} functions")
