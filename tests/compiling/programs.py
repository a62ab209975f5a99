"""Programs drawn at random: functions of three arrays that branch, assign, and read from outside."""

import textwrap
import warnings

import numpy as np

import leopard
from tests.gate import random_programs as gate
from tests.graph import test_assign_programs as assigning
from tests.laws.drawing import SPECIAL

#: The shapes of the arguments: scalar code, loops, and groups over blocks.
SHAPES = {
    "small": {"a": (3,), "b": (2, 2), "c": (3,)},
    "rows": {"a": (300,), "b": (17, 18), "c": (300,)},
    "blocks": {"a": (2100,), "b": (40, 60), "c": (2100,)},
}
DTYPES = {"d": np.float64, "f": np.float32, "D": np.complex128}
WHOLE = np.array([2, -1, 3])

BRANCHES = [
    "{new} = {x} * 2.0 if np.sum({x}) > 0.2 else np.sin({x})",
    "if np.max({x}) > 0.5: {x} = {x} * 0.5",
    "if {x}.ravel()[0] > {y}.ravel()[-1]: {x}[0] = 1.5",
    "if not {x}.ravel()[0] < 0.0: {x} *= {y}",
    "{new} = {x} * int({x}.ravel()[0] > 0.0)",
    "for k in range(int(1 + ({x}.ravel()[0] > 0.0))): {x} = np.tanh({x})",
    "{new}, k = {x}, 0\nwhile np.sum(np.abs({new})) > 1.0 and k < 3:\n    {new}, k = {new} * 0.5, k + 1",
    "{new} = {x} if np.all(np.isfinite({x})) else np.nan_to_num({x})",
    "{new} = [{x}, {y}][int(np.sum({x}) > 0.0)] * 1.5",
    "{new} = {x} * (1.0 if np.any({y} == 0.0) else 2.0)",
    "{new} = max({x}.ravel()[0], {y}.ravel()[0]) * {x}",
    "{new} = {x}[::-1] if {x}.ravel()[-1] != {x}.ravel()[-1] else {x} * {y}",
]
CAPTURING = [
    "{new} = {x} * K",
    "{new} = {x} * np.exp(P).sum()",
    "{new} = {x} + P[0]",
    "{new} = {x} * Q[1].sum() + P[-1]",
    "{new} = np.tanh({x}) - D['w'][0]",
    "{new} = {x} * D['n']",
    "{x}[0] = P[1]",
]
NESTED = ["{new} = inner({x}) * {y}", "{new} = {x} + inner({y})"]
MAKING = ["{new} = np.zeros_like({x}); {new}[...] = {y}; {new}[0] = {x}[0]"]
#: What has effects beside its result, or reads values as plain arrays.
EFFECTS = "kept(", "watched(", "retained(", "made(", "stepped(", "single("


def without_effects(forms):
    return [form for form in forms if not any(word in form for word in EFFECTS)]


EXPRESSIONS = {n: without_effects(forms) for n, forms in gate.MADE.items()}
SEVERAL = without_effects(gate.SEVERAL) + MAKING


# -- Programs ----------------------------------------------------------------------------------------


class Program:
    """Statements drawn at random for arguments of one size and type.

    Parameters
    ----------
    seed : int
    statements : list of str, optional
        Take these.
    """

    def __init__(self, seed, statements=None):
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.size = ["small", "small", "rows", "small", "blocks"][seed % 5]
        self.dtype = DTYPES["dddfdD"[seed // 5 % 6]]
        self.shapes = SHAPES[self.size]
        self.statements = [] if statements is None else list(statements)
        if statements is None:
            self.draw()

    def choose(self, items):
        return items[self.rng.integers(len(items))]

    def draw(self):
        if self.rng.integers(8):  # else it may write into its arguments
            self.statements.append("a, b, c = a * 1.0, b * 1.0, c * 1.0")
        names = dict(self.shapes)
        for k in range(self.rng.integers(3, 12)):
            for _ in range(5):
                statement = self.statement(names, f"n{k}")
                found = self.left_after([*self.statements, statement])
                if found:
                    self.statements.append(statement)
                    names = found
                    break

    def statement(self, names, new):
        kinds = (
            ["make"] * 5 + ["several"] * 2 + ["view"] * 3 + ["change"] * 3 + ["branch"] * 3 + ["assign"] * 3
        )
        kind = self.choose(kinds + ["capture"] * 3 + ["nested"])
        x = self.choose(sorted(names))
        n = len(names[x])
        others = [y for y in sorted(names) if names[y] == names[x]]
        others += [p for p, y in (("P", "a"), ("Q", "b")) if self.shapes[y] == names[x]]
        y = self.choose(others)
        if kind == "assign":
            return self.assignment(names, x)
        forms = {
            "make": [f"{{new}} = {form}" for form in EXPRESSIONS[0] + 3 * EXPRESSIONS[n]],
            "view": [f"{{new}} = {form}" for form in assigning.VIEWS[n]],
            "several": SEVERAL,
            "change": assigning.CHANGES[n] + ["{x} += {y}", "{x} *= np.cos({y})", "{x} -= 0.5"],
            "branch": BRANCHES,
            "capture": CAPTURING,
            "nested": NESTED,
        }
        return self.choose(forms[kind]).format(x=x, y=y, new=new, m="m")

    def assignment(self, names, x):
        index = self.choose(assigning.INDICES[len(names[x])])
        text = f"{x} > 0.3" if isinstance(index, str) else repr(index).replace("Ellipsis", "...")
        other = self.choose(sorted(names))
        values = ["1.5", f"{other}[{text}]", f"np.exp({other}[{text}])", other, f"2 * {x}[{text}]"]
        return f"{x}[{text}] = {self.choose(values[:1] if isinstance(index, str) else values)}"

    def left_after(self, statements):
        """The names and shapes of arrays that NumPy leaves; None where it cannot run the statements."""
        left = None
        for k in range(3):
            rng = np.random.default_rng(k)
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    _, outside = self.made(statements, None, plain_inner)
                    found = outside["f"](*self.arrays(rng, "normal" if k else "zeros"))
            except Exception:
                return None
            if not found or (left is not None and {n: v.shape for n, v in found.items()} != left):
                return None
            left = {n: np.shape(v) for n, v in found.items()}
            for y in found.values():
                if not 0 < np.ndim(y) < 3 or 0 in y.shape or y.size > 3000 or np.any(np.abs(y) > 100):
                    return None
        return left

    def source(self, statements, names):
        """The program as text: `make` returns the function, and one that replaces what it reads."""
        body = textwrap.indent("\n".join(statements or ["pass"]), " " * 8)
        if names is None:
            found = "{k: v for k, v in locals().items() if k[0] in 'abcn'}"
        else:
            found = "{" + ", ".join(f"{n!r}: {n}" for n in names) + "}"
        return textwrap.dedent("""
            def make(P, Q, K, D, m, inner):
                def f(a, b, c):
            {body}
                    return {found}

                def put(p=None, q=None, k=None):
                    nonlocal P, Q, K
                    P, Q, K = P if p is None else p, Q if q is None else q, K if k is None else k

                return f, put
        """).replace("{body}", body).replace("{found}", found)  # fmt: skip

    def made(self, statements, names, inner):
        """The function, and what belongs to it."""
        rng = np.random.default_rng(self.seed)
        p, q = (rng.uniform(-1, 1, self.shapes[n]).astype(self.dtype) for n in "ab")
        outside = {"P": p, "Q": q, "D": {"w": np.array([0.5, -0.25]).astype(self.dtype), "n": 2}}
        space = {"np": np, "leopard": leopard}
        exec(compile(self.source(statements, names), f"<program {self.seed}>", "exec"), space)
        outside["f"], outside["put"] = space["make"](p, q, 0.75, outside["D"], WHOLE.copy(), inner)
        return outside["f"], outside

    def arrays(self, rng, mode):
        """Arguments, of one kind of numbers."""
        return [numbers(rng, shape, mode, self.dtype) for shape in self.shapes.values()]


MODES = ["normal"] * 6 + ["negative", "special", "zeros", "nan", "infinite", "huge", "tiny", "equal"]


def numbers(rng, shape, mode, dtype):
    with np.errstate(all="ignore"):
        return _numbers(rng, shape, mode, dtype)


def _numbers(rng, shape, mode, dtype):
    x = rng.uniform(-1, 1, shape)
    if dtype == np.complex128 and mode not in ("negative", "zeros", "equal"):
        mode = "normal"  # NumPy compares a complex number of its own with nan in it otherwise than an array
    if mode == "negative":
        x = -np.abs(x)
    elif mode == "special":
        x = np.where(rng.random(shape) < 0.3, rng.choice(SPECIAL, shape), x)
    elif mode == "zeros":
        x = np.copysign(0.0, x)
    elif mode in ("nan", "infinite"):
        x.flat[rng.integers(x.size)] = np.nan if mode == "nan" else np.copysign(np.inf, x.flat[0])
    elif mode == "huge":
        x = x * (1e30 if dtype == np.float32 else 1e160)
    elif mode == "tiny":
        x = x * (1e-40 if dtype == np.float32 else 1e-310)
    elif mode == "equal":
        x = np.full(shape, x.flat[0])
    if dtype == np.complex128:
        imaginary = rng.uniform(-1, 1, shape)
        return x + 1j * (imaginary if mode == "normal" else 0.0 * imaginary)
    return x.astype(dtype)


def plain_inner(x):
    return np.tanh(x) * 2.0 if np.sum(x) > 0.0 else x * x
