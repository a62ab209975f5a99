"""The cases of the operations of `leopard.scipy.special`, made from the register as those of NumPy's are.

An operand that has no derivative is a constant of the call: the least whole number in its domain, or its
least.
"""

import math

import numpy as np
import pytest

pytest.importorskip("scipy")

import leopard.scipy.special  # noqa: E402, F401 (it enters the register)
from leopard import Elementwise  # noqa: E402
from leopard.functions._registry import Drawn  # noqa: E402
from tests import laws  # noqa: E402
from tests.laws.cases import PAIRS, SINGLES, TRIPLES, Case, classes_of, entries_of, plain_of  # noqa: E402

CLASSES = [c for c in classes_of("leopard.scipy") if ".special." in c.__module__]
ELEMENTWISE = [c for c in CLASSES if issubclass(c, Elementwise)]
ENTRIES = [e for e in entries_of("leopard.scipy") if ".special." in e.function.__module__]

SHAPES = {1: SINGLES[:1] + SINGLES[3:4], 2: PAIRS[:5], 3: TRIPLES[:5]}


def constant_of(domain):
    low, high = domain
    return np.asarray(math.ceil(low)) if math.ceil(low) <= high else low


def elementwise_cases(cls):
    """Calls of the operands that have a derivative; the others are constants."""
    kept = [k for k in range(cls.n_inputs) if k not in cls.refused]

    def filled(xs, cls=cls, kept=kept):
        it = iter(xs)
        return [next(it) if k in kept else constant_of(d) for k, d in enumerate(cls.domain)]

    shapes = SHAPES.get(len(kept), [])
    for s in shapes:
        shape = (s,) if len(kept) == 1 else s
        yield Case(
            cls.name, cls.__name__, lambda *xs: cls.operation(*filled(xs)),
            lambda *xs: plain_of(cls)(*filled(xs)),
            tuple(shape), tuple([cls.domain[k] for k in kept]), cls.smooth, cls.exact, cls.order,
            operation=cls.name,
        )  # fmt: skip


def sample_cases(cls):
    """Of all operands, to the order of the class; and beside constants to the third."""
    for sample in cls.cases:
        order = cls.order if all(isinstance(x, Drawn) for x in sample.args) else 3
        yield from laws.calls(
            cls.operation, plain_of(cls), [sample], smooth=cls.smooth, exact=cls.exact, order=order
        )


ELEMENTWISE_CASES = [case for cls in ELEMENTWISE for case in elementwise_cases(cls)]
SAMPLE_CASES = [case for cls in ELEMENTWISE for case in sample_cases(cls)]
ENTRY_CASES = [case for e in ENTRIES for case in laws.entry_cases(e)]
CASES = ELEMENTWISE_CASES + SAMPLE_CASES + ENTRY_CASES
