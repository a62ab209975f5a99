"""Structures are taken apart and put together again, and an error names the place."""

import dataclasses
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

from leopard import jvp
from leopard._pytrees import Form, flatten, flatten_as, map_leaves, unflatten

Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Layer:
    W: Any
    b: Any
    name: str = dataclasses.field(default="layer", metadata={"static": True})

    def __post_init__(self):
        self.W + 0  # what it is built of must be numbers


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: Any


STRUCTURES = [
    1.0,
    [1.0, 2.0],
    (1.0,),
    (),
    {},
    None,
    (1.0, None, [2.0]),
    {"b": 1.0, "a": [2.0, (3.0, {"c": 4.0})]},
    Point(1.0, [2.0]),
    Layer(1.0, 2.0, "first"),
    Frozen((1.0, 2.0)),
    OrderedDict(b=1.0, a=2.0),
    {0: 1.0, (1, 2): 2.0},
    tuple([float(i) for i in range(12)]),
    ({"a": 1.0},),  # as many leaves as parts
    ((1.0,), [2.0]),
    (None, (1.0, 2.0)),
    [np.ones(2), "text", len],
]


@pytest.mark.parametrize("x", STRUCTURES, ids=repr)
def test_a_structure_is_put_together_as_it_was(x):
    leaves, form = flatten(x)
    again = unflatten(form, leaves)
    assert type(again) is type(x)
    if not (isinstance(x, list) and isinstance(x[0], np.ndarray)):
        assert again == x
    assert len(leaves) == len(list(form.places()))


@pytest.mark.parametrize("x", STRUCTURES, ids=repr)
def test_a_structure_fits_its_own_form(x):
    leaves, form = flatten(x)
    assert all(a is b for a, b in zip(flatten_as(form, x, "x"), leaves, strict=True))


def test_a_dataclass_is_built_without_its_init():
    leaves, form = flatten(Layer(1.0, 2.0, "first"))
    built = unflatten(form, ["no number", None])
    assert built.W == "no number" and built.name == "first"


def test_leaves_come_in_the_order_of_the_form_whatever_the_order_of_keys():
    _, form = flatten({"a": 1, "b": 2})
    assert flatten_as(form, {"b": 20, "a": 10}, "x") == [10, 20]


def test_places_lead_to_the_leaves():
    x = {"layers": [Layer(1.0, (2.0, 3.0)), Point(4.0, None)]}
    _, form = flatten(x)
    assert list(form.places()) == [
        "['layers'][0].W",
        "['layers'][0].b[0]",
        "['layers'][0].b[1]",
        "['layers'][1].x",
    ]


def test_leaves_are_mapped():
    assert map_leaves(lambda v: 2 * v, {"a": 1.0, "b": (2.0, None)}) == {"a": 2.0, "b": (4.0, None)}


class Pair(tuple):
    __slots__ = ()


@pytest.mark.parametrize(
    "wanted, got",
    [
        ((1.0, 2.0), (np.float32(10.0), 20.0)),
        ((1.0, 2.0), Pair((10.0, 20.0))),
        (Pair((1.0, 2.0)), (10.0, 20.0)),
        ((1.0, 2.0), type("tuple", (tuple,), {})((10.0, 20.0))),
        ({"a": 1.0, "b": 2.0}, OrderedDict(b=20.0, a=10.0)),
        (Point(1.0, 2.0), namedtuple("Point", "x y")(10.0, 20.0)),
        ([(1.0,), 2.0], [(np.longdouble(10.0),), 20.0]),
    ],
)
def test_what_is_built_alike_is_taken(wanted, got):
    form = flatten(wanted)[1]
    assert flatten_as(form, got, "what") == [10.0, 20.0]
    _, t = jvp(lambda x: map_leaves(lambda v: 2.0 * v, x), (wanted,), (got,))
    assert t == unflatten(form, [20.0, 40.0])


@pytest.mark.parametrize(
    "wanted, got, said",
    [
        ((1.0,), type("tuple", (list,), {})([1.0]), "tuple, a tuple with 0.*tuple, a list with 0"),
        (Point(1.0, 2.0), namedtuple("Point", "x z")(1.0, 2.0), "with x, y.*with x, z"),
    ],
)
def test_the_difference_of_what_prints_the_same_is_said(wanted, got, said):
    with pytest.raises(TypeError, match=said):
        flatten_as(flatten(wanted)[1], got, "what")


@pytest.mark.parametrize(
    "wanted, got, said",
    [
        (1.0, [1.0], "what: expected an array or number, not a list of 1"),
        ([1.0], 1.0, "what: expected a list of 1, not a float"),
        ([1.0], (1.0,), "what: expected a list of 1, not a tuple of 1"),
        ([1.0], [1.0, 2.0], "what: expected a list of 1, not a list of 2"),
        ((1.0,), (1.0, 2.0), "what: expected a tuple of 1, not a tuple of 2"),
        ({"a": [1.0]}, {"a": (1.0,)}, r"what at \['a'\]: expected a list of 1, not a tuple of 1"),
        ({"a": 1.0}, {"b": 1.0}, "what: expected a dict of 'a', not a dict of 'b'"),
        ({}, {"b": 1.0}, "what: expected a dict of nothing, not a dict of 'b'"),
        (Point(1.0, [2.0]), Point(1.0, 2.0), r"what at \.y: expected a list of 1, not a float"),
        ((None, 1.0), (1.0, 1.0), r"what at \[0\]: expected None, not a float"),
        (1.0, None, "what: expected an array or number, not None"),
        (Layer(1.0, 2.0), Frozen(1.0), "what: expected a Layer of 2, not a Frozen of 1"),
    ],
)
def test_an_error_names_the_place(wanted, got, said):
    _, form = flatten(wanted)
    with pytest.raises(TypeError, match=f"^{said}$"):
        flatten_as(form, got, "what")


def test_a_form_is_as_short_as_a_phrase():
    assert repr(Form(None)) == "an array or number"
