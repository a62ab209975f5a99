"""Types of the compiled walk; `tests/test_stubs.py` says when this page is stale."""

from contextvars import ContextVar

selection_switch: ContextVar[str]
compiled_switch: ContextVar[bool]

class Walk: ...

def set_selection_default(name: str) -> None: ...
def set_compiled_default(on: bool) -> None: ...
