"""What the core calls of the modules above it: all of it is connected, once, and nothing else."""

import pytest

from leopard import _core

CONNECTING = [_core.connect_structural, _core.connect_services]


def fields(connect):
    group = {"connect_structural": _core.StructuralFunctions, "connect_services": _core.Services}[
        connect.__name__
    ]
    return [name for name in vars(group) if not name.startswith("_")]


def test_every_name_is_connected():
    assert _core.unconnected() == []


@pytest.mark.parametrize("connect", CONNECTING)
def test_an_unknown_name_is_refused(connect):
    functions = dict.fromkeys([*fields(connect), "mystery"], print)
    with pytest.raises(TypeError, match="mystery unknown, none missing"):
        connect(**functions)


@pytest.mark.parametrize("connect", CONNECTING)
def test_a_missing_name_is_refused(connect):
    first, *others = fields(connect)
    with pytest.raises(TypeError, match=f"none unknown, {first} missing"):
        connect(**dict.fromkeys(others, print))


@pytest.mark.parametrize("connect", CONNECTING)
def test_a_second_filling_is_refused(connect):
    with pytest.raises(RuntimeError, match="connected already"):
        connect(**dict.fromkeys(fields(connect), print))
