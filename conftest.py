"""What every docstring's example may use: NumPy as np, leopard's public names, and its functions."""

import numpy as np
import pytest

import leopard


@pytest.fixture(autouse=True, scope="session")
def _names_for_examples(doctest_namespace):
    doctest_namespace["np"] = np
    names = {*leopard.__all__, *leopard.functions.__all__}
    doctest_namespace.update({name: getattr(leopard, name) for name in names})
