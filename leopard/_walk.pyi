"""Types of the compiled walk; `tests/test_stubs.py` says when this page is stale."""

from contextvars import ContextVar

from leopard._core import Variable

selection_switch: ContextVar[str]

class Walk: ...

def set_selection_default(name: str) -> None: ...
def walk_back(root: Variable, retain_grad: bool, create_graph: bool) -> None: ...
