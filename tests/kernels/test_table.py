"""The table of kernels: each row is named by an operation, and each operation names a row."""

import pytest

from leopard import _core
from leopard.functions import _primitives, _registry


def test_every_kernel_is_that_of_an_operation():
    names = _core.kernel_names()
    assert names[:2] == ["rule", "loops"]
    assert len(set(names)) == len(names)
    assert {cls.kernel or "rule" for cls in _registry.classes.values()} == set(names)


def test_an_operation_has_the_number_of_its_kernel():
    names = _core.kernel_names()
    for cls in _registry.classes.values():
        assert names[cls.operation.kernel] == (cls.kernel or "rule")


def test_a_kernel_that_is_not_in_the_table_is_refused():
    with pytest.raises(TypeError, match="kernel is 'mystery'; the kernels are rule, loops, take"):

        class Mystery(_primitives.Primitive, listed=False):
            kernel = "mystery"

            def backward(self, gy):
                return gy
