"""Nested lists, tuples, dicts, named tuples and dataclasses, taken apart into leaves and put together."""

import numpy as np

from leopard._core import Variable


class Form:
    """How a structure is built: its kind, the names of its parts, and the form of each.

    Attributes
    ----------
    kind : type or None
        What is built; None for a leaf, and `NoneType` for None, which is a structure without leaves.
    names : tuple
        Indices, keys, or names of fields.
    parts : tuple of Form
    static : dict
        The fields of a dataclass that hold no leaves: those with ``metadata={"static": True}``.
    row : bool
        Is it a tuple of leaves?
    """

    __slots__ = ("kind", "names", "parts", "static", "row")

    def __init__(self, kind, names=(), parts=(), static=None):
        self.kind, self.names, self.parts, self.static = kind, names, parts, static
        self.row = kind is tuple and all(part.kind is None for part in parts)

    def places(self, before=""):
        """For each leaf the way to it: ``['layers'][0].weight``."""
        if self.kind is None:
            yield before
        for name, part in zip(self.names, self.parts, strict=True):
            yield from part.places(before + self.step(name))

    def step(self, name):
        return f".{name}" if hasattr(self.kind, "_fields") or _is_dataclass(self.kind) else f"[{name!r}]"

    def __repr__(self):
        if self.kind is None:
            return "an array or number"
        if self.kind is type(None):
            return "None"
        if issubclass(self.kind, dict):
            return f"a {self.kind.__name__} of {', '.join(map(repr, self.names)) or 'nothing'}"
        return f"a {self.kind.__name__} of {len(self.parts)}"


LEAF = Form(None)
NUMBERS = {
    Variable,
    np.ndarray,
    float,
    int,
    complex,
    np.float64,
    bool,
    str,
}  # asked first, because they are many

_ROWS = [Form(tuple, tuple(range(n)), (LEAF,) * n) for n in range(8)]


def _is_dataclass(kind):
    return hasattr(kind, "__dataclass_fields__")


def _parts_of(x):
    """(names, parts, static) of a structure, or None for a leaf."""
    if x is None:
        return (), (), None
    if isinstance(x, (list, tuple)):
        names = getattr(x, "_fields", None) or range(len(x))
        return tuple(names), tuple(x), None
    if isinstance(x, dict):
        return tuple(x), tuple(x.values()), None
    if _is_dataclass(x) and not isinstance(x, type):
        import dataclasses  # whoever has one has imported it

        names, static = [], {}
        for field in dataclasses.fields(x):
            if field.metadata.get("static", False):
                static[field.name] = getattr(x, field.name)
            else:
                names.append(field.name)
        return tuple(names), tuple([getattr(x, name) for name in names]), static
    return None


def flatten(x):
    """The leaves of a structure, and its form.

    What is no list, tuple, dict, named tuple or dataclass is a leaf. None holds no leaf.

    Parameters
    ----------
    x : object

    Returns
    -------
    list
        The leaves, in the order of the structure.
    Form
        What `unflatten` builds the structure from again.

    Examples
    --------
    >>> from leopard._pytrees import flatten, unflatten
    >>> leaves, form = flatten({"a": 1.0, "b": [2.0, (3.0, None)]})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> unflatten(form, [10 * x for x in leaves])
    {'a': 10.0, 'b': [20.0, (30.0, None)]}
    """
    if type(x) is tuple and NUMBERS.issuperset(map(type, x)):  # arguments, most of the time
        n = len(x)
        return list(x), _ROWS[n] if n < len(_ROWS) else Form(tuple, tuple(range(n)), (LEAF,) * n)
    leaves = []
    return leaves, _form_of(x, leaves)


def _form_of(x, leaves):
    found = None if type(x) in NUMBERS else _parts_of(x)
    if found is None:
        leaves.append(x)
        return LEAF
    names, parts, static = found
    return Form(type(x), names, tuple([_form_of(part, leaves) for part in parts]), static)


def unflatten(form, leaves):
    """The structure of this form with these leaves.

    A dataclass is put together field by field: its `__init__` and `__post_init__` are not called.

    Parameters
    ----------
    form : Form
        What `flatten` has returned.
    leaves : iterable
        As many as the form has.
    """
    if form.row:
        return tuple(leaves)
    return _build(form, iter(leaves))


def _build(form, leaves):
    kind = form.kind
    if kind is None:
        return next(leaves)
    if kind is type(None):
        return None
    parts = [_build(part, leaves) for part in form.parts]
    if kind is list or kind is tuple:
        return kind(parts)
    if hasattr(kind, "_fields"):
        return kind._make(parts)
    if issubclass(kind, (list, tuple)):
        return kind(parts)
    if issubclass(kind, dict):
        built = kind.__new__(kind)
        built.update(zip(form.names, parts, strict=True))
        return built
    built = object.__new__(kind)
    for name, part in zip(form.names, parts, strict=True):
        object.__setattr__(built, name, part)
    for name, value in form.static.items():
        object.__setattr__(built, name, value)
    return built


class Pieces:
    """The places of the leaves of a structure in one vector.

    Attributes
    ----------
    form : Form
    shapes : list of tuple of int
    bounds : ndarray of int
        Leaf k stands at ``bounds[k]`` to ``bounds[k + 1]``.
    size : int
    """

    __slots__ = ("form", "shapes", "bounds", "size")

    def __init__(self, form, shapes):
        self.form, self.shapes = form, list(shapes)
        self.bounds = np.cumsum([0, *[np.prod(shape, dtype=int) for shape in self.shapes]])
        self.size = int(self.bounds[-1])

    def structure(self, x):
        """The structure whose leaves are parts of a vector: arrays, or Variables if it is one."""
        leaves = []
        for shape, a, b in zip(self.shapes, self.bounds[:-1], self.bounds[1:], strict=True):
            part = x if b - a == self.size else x[a:b]
            leaves.append(x[a] if shape == () else np.reshape(part, shape))
        return unflatten(self.form, leaves)


class Open:
    """A structure in which some leaves are open.

    Parameters
    ----------
    form : Form
    leaves : list
        Those in `places` are not kept.
    places : sequence of int
        The numbers of the open leaves.

    Attributes
    ----------
    form, leaves, places
    """

    __slots__ = ("form", "leaves", "places")

    def __init__(self, form, leaves, places):
        self.form, self.places = form, tuple(places)
        self.leaves = list(leaves)
        for k in self.places:
            self.leaves[k] = None

    def filled(self, xs):
        """The structure with these in the open places."""
        leaves = list(self.leaves)
        for k, x in zip(self.places, xs, strict=True):
            leaves[k] = x
        return unflatten(self.form, leaves)


def flatten_as(form, x, what):
    """The leaves of a structure that must have a given form.

    Parameters
    ----------
    form : Form
    x : object
    what : str
        What to call x in an error: ``"jvp: the tangent"``.

    Returns
    -------
    list
        The leaves, in the order of `form`, whatever the order of the keys of dicts.

    Raises
    ------
    TypeError
        When x is built otherwise; it names the place.

    Examples
    --------
    >>> from leopard._pytrees import flatten, flatten_as
    >>> _, form = flatten({"a": 1.0, "b": 2.0})
    >>> flatten_as(form, {"b": 20.0, "a": 10.0}, "the tangent")
    [10.0, 20.0]
    """
    if form.kind is None and type(x) in NUMBERS:
        return [x]
    if form.row and type(x) is tuple and len(x) == len(form.parts):
        if NUMBERS.issuperset(map(type, x)):
            return list(x)
    leaves = []
    _take(form, x, what, "", leaves)
    return leaves


def _take(form, x, what, place, leaves):
    found = None if type(x) in NUMBERS else _parts_of(x)
    if form.kind is None and found is None:
        leaves.append(x)
        return
    here = LEAF if found is None else Form(type(x), found[0], (LEAF,) * len(found[0]), found[2])
    if form.kind is None or found is None or not _is_like(form, here):
        wanted, got = str(form), f"a {type(x).__name__}" if found is None else str(here)
        if wanted == got:
            wanted, got = f"{wanted} ({_difference(form)})", f"{got} ({_difference(here)})"
        raise TypeError(f"{what}{place and ' at '}{place}: expected {wanted}, not {got}")
    parts = dict(zip(here.names, found[1], strict=True))
    for name, part in zip(form.names, form.parts, strict=True):
        _take(part, parts[name], what, place + form.step(name), leaves)


def _is_like(form, other):
    """Are these two built alike, of parts of the same names? A dict's may come in another order.

    A subclass of a list, tuple or dict is built like it, and so are two classes of the same name.
    """
    one, two = form.kind, other.kind
    if not (issubclass(one, two) or issubclass(two, one)) and (
        one.__name__ != two.__name__ or _family(one) is not _family(two)
    ):
        return False
    if issubclass(one, dict):
        return set(form.names) == set(other.names)
    return form.names == other.names


def _family(kind):
    """Whether a structure is a list, a tuple or a dict, or object for a dataclass."""
    return next((family for family in (list, tuple, dict) if issubclass(kind, family)), object)


def _difference(form):
    """What tells a structure from one that prints the same."""
    kind = form.kind
    built = "a dataclass" if _family(kind) is object else f"a {_family(kind).__name__}"
    return (
        f"{kind.__module__}.{kind.__qualname__}, {built} with {', '.join(map(str, form.names)) or 'nothing'}"
    )


def map_leaves(function, x):
    """The structure with each leaf replaced by what the function makes of it."""
    leaves, form = flatten(x)
    return unflatten(form, map(function, leaves))


class Identity:
    """A key for an object that is compared by identity; it keeps the object."""

    __slots__ = ("object",)

    def __init__(self, x):
        self.object = x

    def __hash__(self):
        return id(self.object)

    def __eq__(self, other):
        return type(other) is Identity and other.object is self.object
