"""Drawings of a graph, as text for Graphviz."""

from leopard._core import Variable

# `&` would start an entity such as &lt; and a backslash an escape such as \N, the node's own name.
_escapes = str.maketrans({"\\": r"\\", '"': r"\"", "&": "&amp;", "\n": r"\n", "\r": "", "\0": ""})


def to_dot(y, verbose=False):
    r"""The graph behind a Variable, as DOT text.

    Variables are ellipses and Functions boxes; the edges point from inputs to outputs. A constant operand
    (the 3 of ``3 * x``) is drawn without a frame: its value, or its shape and dtype if it is an array.

    Parameters
    ----------
    y : Variable
    verbose : bool
        Whether to write shape and dtype into the ellipses, behind the name.

    Returns
    -------
    str
        The input of ``dot -Tsvg``. The same program gives the same text.

    Raises
    ------
    TypeError
        When `y` is not a Variable.

    Examples
    --------
    >>> import numpy as np
    >>> from leopard._core import Variable
    >>> x = Variable(np.array(2.0), name="x")
    >>> print(to_dot(3 * x))
    digraph {
    n0 [shape=ellipse, label=""]
    n1 [shape=box, label="Mul"]
    n2 [shape=plaintext, label="3"]
    n2 -> n1
    n3 [shape=ellipse, label="x"]
    n3 -> n1
    n1 -> n0
    }
    <BLANKLINE>
    """
    if not isinstance(y, Variable):
        raise TypeError(f"to_dot draws the graph of a Variable, not of {type(y)}")
    drawing = _Drawing(verbose)
    drawing.add_variable(y)
    waiting = [y]
    while waiting:
        x = waiting.pop()
        f = x.creator
        if f is None:
            continue
        if id(f) not in drawing.names:
            waiting.extend(drawing.add_function(f))
        drawing.connect(drawing.names[id(f)], drawing.names[id(x)])
    return "\n".join(["digraph {", *drawing.lines, "}\n"])


class _Drawing:
    """The lines of a drawing, and the names of what has been drawn, by identity."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.lines = []
        self.names = {}
        self.n_nodes = 0

    def add_variable(self, x):
        self.names[id(x)] = self.add_node("ellipse", self.describe(x))

    def add_function(self, f):
        """Draw `f` with its inputs; returns the inputs that were not drawn before."""
        self.names[id(f)] = name = self.add_node("box", type(f).__name__)
        new = []
        for x, wanted in zip(f.inputs, f.wanted, strict=True):
            if not wanted:
                # Never looked up again: a constant may be a temporary wrapper, whose id is reused.
                self.connect(self.add_node("plaintext", _value(x)), name)
                continue
            if id(x) not in self.names:
                self.add_variable(x)
                new.append(x)
            self.connect(self.names[id(x)], name)
        return new

    def add_node(self, shape, label):
        name = f"n{self.n_nodes}"
        self.n_nodes += 1
        self.lines.append(f'{name} [shape={shape}, label="{label.translate(_escapes)}"]')
        return name

    def connect(self, start, end):
        self.lines.append(f"{start} -> {end}")

    def describe(self, x):
        parts = [x.name] if x.name else []
        if self.verbose and x.data is not None:
            parts.append(f"{x.shape} {x.dtype}")
        return ": ".join(parts)


def _value(x):
    return f"{x.data.item():.12g}" if x.ndim == 0 else f"{x.shape} {x.dtype}"
