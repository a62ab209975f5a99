"""Structures of results compared part by part."""

import numpy as np

from tests.transforms import rivals


def assert_same(ours, theirs, rtol=1e-10):
    """Structures built alike, of equal shapes and close values."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key], rtol)
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b, rtol)
    else:
        rivals.assert_same(ours, np.asarray(theirs), rtol)
