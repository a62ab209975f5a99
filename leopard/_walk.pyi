"""Types of the compiled walk; `tests/test_stubs.py` says when this page is stale."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import numpy as np

from leopard._core import Variable

selection_switch: ContextVar[str]
compiled_switch: ContextVar[bool]

class Walk: ...

def set_selection_default(name: str) -> None: ...
def set_compiled_default(on: bool) -> None: ...
def gradients(
    outputs: Iterable[Variable],
    cotangents: Iterable[Any],
    inputs: Iterable[Variable],
    create_graph: bool = False,
    batched: bool = False,
) -> tuple[list[Variable | None], bool]: ...
def reaches_others(outputs: Iterable[Variable], inputs: Iterable[Variable]) -> bool: ...
def value_and_gradients(y: Variable, leaves: list[Variable]) -> tuple[np.float64, list] | None: ...
def narrow_gradients(
    outputs: Iterable[Variable],
    cotangents: Iterable[Any],
    inputs: Iterable[Variable],
    create_graph: bool = False,
) -> list[Variable | None]: ...
def tangents(
    outputs: Iterable[Variable],
    inputs: Iterable[Variable],
    tangents: Iterable[Any],
    create_graph: bool = False,
    batched: bool = False,
) -> tuple[list[Variable | None], bool]: ...
