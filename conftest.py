"""What every docstring's example may use: NumPy as np, and leopard's public names."""

import numpy as np
import pytest

import leopard


@pytest.fixture(autouse=True, scope="session")
def _names_for_examples(doctest_namespace):
    doctest_namespace["np"] = np
    doctest_namespace.update({name: getattr(leopard, name) for name in leopard.__all__})
