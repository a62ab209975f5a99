"""The numbers of every test here are drawn anew, and the same each time."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(13)
