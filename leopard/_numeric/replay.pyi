"""Types of the compiled replay; `tests/test_stubs.py` compares them with the module."""

from collections.abc import Sequence
from typing import Any

import numpy as np

OPCODES: dict[str, int]
INSTRUCTIONS: str
DISPATCH: str

class ReplayProgram:
    def __init__(self, plan: Any) -> None: ...
    def describe(self, k: int) -> str: ...
    def run(
        self, arrays: Sequence[np.ndarray | float], out: Sequence[np.ndarray] | None = None
    ) -> tuple[int, tuple[np.ndarray, ...] | None]: ...
    def info(self) -> dict[str, Any]: ...
