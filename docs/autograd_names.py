"""Write `docs/autograd_names.md`, the table of the names of autograd with what they are in leopard's.

python docs/autograd_names.py
"""

import importlib
import importlib.metadata
import json
import pathlib
import pkgutil
import sys
import textwrap
import types
import warnings

import numpy as np

PAGE = pathlib.Path(__file__).with_suffix(".md")
#: Why a name is missing, and what differs in one that is there: by module, by name; "*" is the module's rest.
REASONS = json.loads(PAGE.with_suffix(".json").read_text())
LOST = "autograd has a derivative, leopard has none"
OURS = "leopard.compat.autograd"
#: These modules show the names of others; each other module is listed with the names that it makes.
SHOWING = (
    "autograd",
    "autograd.core",
    "autograd.extend",
    "autograd.misc",
    "autograd.numpy",
    "autograd.scipy",
)
#: Where a name in two modules is the same thing, the first of these makes it.
MAKERS = (
    "tracer", "util", "wrap_util", "builtins", "differential_operators", "numpy.numpy_wrapper",
    "numpy.numpy_boxes", "numpy.numpy_vjps", "numpy.linalg", "scipy.special", "scipy.linalg",
)  # fmt: skip
HEAD = """# Names of autograd

Written by `docs/autograd_names.py`; a test compares this page with autograd {autograd} and NumPy {numpy}.
`leopard.compat.autograd` has autograd's modules under autograd's names
([Replacing autograd in a package](replacing_autograd.md)). Of each module, "there" lists the names that are
what they are in autograd: modules, classes, functions and constants, and functions that have a derivative
where autograd's have one. The tables have the names that are missing or differ, with the reason. Names that
a module has imported from elsewhere, and names that begin with an underscore, are left out.

Functions take lists in which values under differentiation are, as `np.sum([x, y])`, and so do the ufuncs
that do in autograd (`np.add`, `np.multiply`, `np.maximum`, `np.abs`, ...). The other ufuncs (`np.sin`, ...)
are NumPy's own objects here; they take no such lists, and neither does `[x, y] * array`: the error says to
write `np.array([x, y])`.

A few thousand small calls were compared with autograd's by class, type, shape and value. A gradient with
respect to a number is a number of NumPy's (`np.float64`); where autograd gives it as an array without axes,
it is a number here, too. The gradient of an array of float32 is of float32, where autograd's is sometimes of
float64. `make_vjp` refuses a complex cotangent of a real value. The gradient of the values in a list beside
a value under differentiation (`[x[0], 2.0] + x`), which autograd loses, is there; so is that of `np.diag` of
a matrix that is not square. `np.mod` has the slope of NumPy's quotient where that is not the rounded one's.

{counts}
"""


def modules():
    """autograd's modules, by name."""
    import autograd

    found = [m.name for m in pkgutil.walk_packages(autograd.__path__, "autograd.")]
    return {name: importlib.import_module(name) for name in ["autograd", *sorted(found)]}


def ours_of(name):
    """leopard's module in the place of one of autograd's, or None."""
    try:
        return importlib.import_module(OURS + name.removeprefix("autograd"))
    except ModuleNotFoundError:
        return None


def is_from_elsewhere(module, name, thing):
    """Whether a module has a name by an import from a module that makes it."""
    place = module.__name__
    if isinstance(thing, types.ModuleType):
        return thing.__name__ != f"{place}.{name}"
    if place in SHOWING:
        return not getattr(thing, "__module__", place).startswith(("autograd", "numpy"))
    if place == "autograd.numpy.numpy_wrapper" and hasattr(np, name):
        return True  # it is listed of autograd.numpy
    home = getattr(thing, "__module__", None)
    if home != place and getattr(sys.modules.get(home), name, None) is thing and not is_numpys(module, name):
        return True
    makers = [f"autograd.{maker}" for maker in MAKERS]
    makers = makers[: makers.index(place)] if place in makers else makers
    return any(getattr(sys.modules[maker], name, None) is thing for maker in makers)


def is_numpys(module, name):
    """Whether a name in one of the modules over NumPy's or SciPy's is a name of NumPy's or SciPy's."""
    return hasattr(original_of(module), name)


def original_of(module):
    """NumPy's or SciPy's module over which one of autograd's is."""
    return sys.modules.get(module.__name__.removeprefix("autograd."))


def names_of(module):
    """The names of a module, without those that it imports from elsewhere."""
    return [
        name
        for name, thing in sorted(vars(module).items())
        if not name.startswith("_") and not is_from_elsewhere(module, name, thing)
    ]


def kind_of(thing):
    """What a thing is, as far as programs can depend on it."""
    for kind, what in ((types.ModuleType, "module"), (type, "class")):
        if isinstance(thing, kind):
            return what
    return "function" if callable(thing) else "constant"


def has_derivative(thing):
    """Whether leopard has a derivative of a function of NumPy's or of SciPy's."""
    from leopard._core import of_ufunc
    from leopard.functions import _registry

    importlib.import_module("leopard.fft")  # (it enters the register)
    if isinstance(thing, np.ufunc):
        return of_ufunc(thing) is not None
    return any(thing in entry.callables for entry in _registry.entries.values())


def status_of(place, name, theirs, ours):
    """ "there", "missing" or "differs", and the reason."""
    from autograd.core import primitive_vjps

    reasons = REASONS.get(place, {})
    thing = getattr(theirs, name)
    if isinstance(thing, types.ModuleType):
        found = ours_of(f"{place}.{name}")
        return ("there", "") if found else ("missing", REASONS["*"]["module"])
    if ours is None:
        return "missing", REASONS["*"]["module"]
    if not hasattr(ours, name):
        return "missing", reasons.get(name) or reasons.get("*", "")
    found = getattr(ours, name)
    if name in reasons:
        return "differs", reasons[name]
    kinds = kind_of(thing), kind_of(found)
    if kinds != ("function", "class") and kinds[0] != kinds[1]:
        return "differs", f"a {kinds[0]} in autograd, a {kinds[1]} here"
    if kinds[0] == "constant" and type(thing) in (int, float, str, bool) and repr(thing) != repr(found):
        return "differs", f"{thing!r} in autograd, {found!r} here"
    if place.startswith("autograd.numpy") and is_numpys(theirs, name) and _in(primitive_vjps, thing):
        if not has_derivative(getattr(original_of(theirs), name)):
            return "differs", LOST
    return "there", ""


def _in(rules, thing):
    return thing.__hash__ is not None and thing in rules


def table():
    """By module: name, status and reason of each of its names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            place: [(n, *status_of(place, n, theirs, ours_of(place))) for n in names_of(theirs)]
            for place, theirs in modules().items()
        }


def section(place, rows):
    """The part of the page on one module."""
    lines = [f"## {place}", ""]
    there = [f"`{name}`" for name, status, _ in rows if status == "there"]
    others = [row for row in rows if row[1] != "there"]
    if there:
        lines += textwrap.wrap(f"There, {len(there)}: {', '.join(there)}.", 120, break_on_hyphens=False) + [
            ""
        ]
    if others:
        reasons = {}
        for name, status, reason in others:
            reasons.setdefault((status, reason), []).append(f"`{name}`")
        lines += ["| name | here | reason |", "|---|---|---|"]
        lines += [
            f"| {', '.join(names)} | {status} | {reason} |" for (status, reason), names in reasons.items()
        ]
        lines += [""]
    return "\n".join(lines)


def versions():
    """The versions of which the page is written."""
    return importlib.metadata.version("autograd"), np.__version__.rpartition(".")[0]


def page():
    """The text of the page."""
    rows = table()
    every = [row for part in rows.values() for row in part]
    counts = {status: sum(row[1] == status for row in every) for status in ("there", "differs", "missing")}
    sentence = (
        f"Of {len(every)} names in {len(rows)} modules {counts['there']} are there, {counts['differs']} "
        f"differ, and {counts['missing']} are missing."
    )
    autograd, numpy = versions()
    head = HEAD.format(autograd=autograd, numpy=numpy, counts=sentence)
    return "\n".join([head, *[section(place, part) for place, part in rows.items() if part]]).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
