"""Types of the compiled loops; `tests/test_stubs.py` says when this page is stale."""

import numpy as np

class Recipe:
    lines: tuple[str, ...]
    def __init__(
        self,
        n_inputs: int,
        constants: list[float],
        steps: list[tuple[np.ufunc, tuple[int, ...]]],
        results: list[int],
    ) -> None: ...
