"""Types of the compiled loops; `tests/test_stubs.py` compares them with the module."""

import numpy as np

TYPES: tuple[str, ...]

class Recipe:
    type: int
    lines: tuple[str, ...]
    ufuncs: tuple[np.ufunc, ...]
    operations: tuple
    @property
    def registers_read(self) -> tuple[str, ...]: ...
    def name_of(self, register: int) -> str: ...
    def __init__(
        self,
        n_inputs: int,
        constants: list[float],
        steps: list[tuple[np.ufunc, tuple[int, ...]]],
        results: list[int],
        type: str = "float64",
        operations: tuple = (),
    ) -> None: ...
