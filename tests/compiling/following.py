"""A compiled function beside the function itself: the same results, errors and effects, call by call."""

import copy
import warnings

import numpy as np

import leopard
from leopard import ReplayWarning
from leopard._pytrees import flatten


def outcome(f, args, kwargs):
    """("value", what it returns) or ("error", the type and text of what it raises)."""
    try:
        return "value", f(*args, **kwargs)
    except Exception as error:
        return "error", type(error), str(error)


def assert_same_bits(found, wanted):
    """Two results of one structure, of the same types, dtypes, shapes and bits."""
    ours, form = flatten(found)
    theirs, wanted_form = flatten(wanted)
    assert repr(form) == repr(wanted_form) and len(ours) == len(theirs)
    assert list(form.places()) == list(wanted_form.places())
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is type(b), (a, b)
        if isinstance(a, (np.ndarray, np.generic, float, complex)):
            a, b = np.asarray(a), np.asarray(b)
            assert a.dtype == b.dtype and a.shape == b.shape
            nan = np.isnan(a) & np.isnan(b) if a.dtype.kind in "fc" else False  # their payloads may differ
            same = (a == b) & (np.signbit(a) == np.signbit(b) if a.dtype.kind == "f" else True) | nan
            assert np.all(same), (a, b)
        else:
            assert a == b


def assert_follows(f, calls, g=None, *, between=lambda k: None, fresh=True, **options):
    """Call f and a compiled f with the same arguments, one after another; return the compiled function.

    `calls` is a list of tuples of arguments; a dict with "keywords" at the end holds keyword arguments.
    `between` is called with the number of each call before it. Where `fresh`, each function has arguments of
    its own, which are compared, too.
    """
    g = g or leopard.compile(f, **options)
    for k, args in enumerate(calls):
        between(k)
        kwargs = {}
        if args and isinstance(args[-1], dict) and args[-1].get("keywords"):
            *args, kwargs = args
            kwargs = {name: x for name, x in kwargs.items() if name != "keywords"}
        mine, theirs = (
            copy.deepcopy((tuple(args), kwargs)) if fresh else (tuple(args), kwargs) for _ in "ab"
        )
        wanted, found = outcome(f, *theirs), outcome(g, *mine)
        assert found[0] == wanted[0], (k, found, wanted)
        if found[0] == "value":
            assert_same_bits(found[1], wanted[1])
        else:
            assert found == wanted
        assert_same_bits(mine, theirs)
    return g


class Quiet:
    """A block in which warnings of compiled functions are collected, and no others are allowed."""

    def __enter__(self):
        self.block = warnings.catch_warnings(record=True)
        self.all = self.block.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *error):
        self.block.__exit__(*error)
        if error[0] is None:
            assert all(w.category is ReplayWarning for w in self.all), [str(w.message) for w in self.all]

    @property
    def said(self):
        return [str(w.message) for w in self.all]
