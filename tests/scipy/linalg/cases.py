"""The cases of the operations of `leopard.scipy.linalg`, made from the register as those of NumPy's are."""

import pytest

pytest.importorskip("scipy")

import leopard.scipy.linalg  # noqa: E402, F401 (it enters the register)
from tests import laws  # noqa: E402
from tests.laws.cases import entries_of  # noqa: E402

ENTRIES = [e for e in entries_of("leopard.scipy") if ".linalg." in e.function.__module__]
CASES = [case for e in ENTRIES for case in laws.entry_cases(e)]
