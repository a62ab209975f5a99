"""Drawings of a graph, as text for Graphviz."""

from leopard import Variable

# `&` would start an entity such as &lt; and a backslash an escape such as \N, the node's own name.
_escapes = str.maketrans({"\\": r"\\", '"': r"\"", "&": "&amp;", "\n": r"\n", "\r": "", "\0": ""})


def to_dot(y, verbose=False):
    r"""The graph behind a Variable, as DOT text.

    Variables are ellipses and Functions boxes; the edges run the way the values went. A constant
    that an operation was given (the 3 of ``3 * x``) stands beside it without a frame: its value, or
    its shape if it is an array.

    Parameters
    ----------
    y : Variable
    verbose : bool
        Write shape and dtype into the ellipses, behind the name.

    Returns
    -------
    str
        What ``dot -Tsvg`` reads. The same program gives the same text.

    Raises
    ------
    TypeError
        When `y` is no Variable.

    Examples
    --------
    >>> import numpy as np
    >>> from leopard import Variable
    >>> x = Variable(np.array(2.0), name="x")
    >>> print(to_dot(3 * x))
    digraph {
    n0 [shape=ellipse, label=""]
    n1 [shape=box, label="Mul"]
    n1 -> n0
    n2 [shape=plaintext, label="3"]
    n2 -> n1
    n3 [shape=ellipse, label="x"]
    n3 -> n1
    }
    <BLANKLINE>
    """
    if not isinstance(y, Variable):
        raise TypeError(f"to_dot draws the graph of a Variable, not of {type(y)}")
    names = {}
    lines = ["digraph {"]
    _draw(lines, names, y, "ellipse", _describe(y, verbose))
    waiting = [y]
    while waiting:
        x = waiting.pop()
        f = x.creator
        if f is None:
            continue
        if f not in names:
            _draw(lines, names, f, "box", type(f).__name__)
            waiting.extend(_draw_inputs(lines, names, f, verbose))
        lines.append(f"{names[f]} -> {names[x]}")
    return "\n".join(lines) + "\n}\n"


def _draw_inputs(lines, names, f, verbose):
    """The inputs of `f` and their edges; returns those that were met for the first time."""
    new = []
    for x, wanted in zip(f.inputs, f.wanted, strict=True):
        if not wanted:
            _draw(lines, names, x, "plaintext", _value(x))
        elif x not in names:
            _draw(lines, names, x, "ellipse", _describe(x, verbose))
            new.append(x)
        lines.append(f"{names[x]} -> {names[f]}")
    return new


def _draw(lines, names, node, shape, label):
    names[node] = f"n{len(names)}"
    lines.append(f'{names[node]} [shape={shape}, label="{label.translate(_escapes)}"]')


def _describe(x, verbose):
    parts = [x.name] if x.name else []
    if verbose and x.data is not None:
        parts.append(f"{x.shape} {x.dtype}")
    return ": ".join(parts)


def _value(x):
    return f"{x.data.item():g}" if x.ndim == 0 else f"{x.shape} {x.dtype}"
