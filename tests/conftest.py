"""A seal around every test: one that leaks a setting fails, and the setting is put back."""

import numpy as np
import pytest

from leopard import Config

SETTINGS = ("enable_backprop", "train", "selection", "compiled")


def settings():
    return {name: getattr(Config, name) for name in SETTINGS} | {"np.geterr": np.geterr()}


def restore(before):
    for name in SETTINGS:
        setattr(Config, name, before[name])
    np.seterr(**before["np.geterr"])


@pytest.fixture(autouse=True)
def _seal():
    before = settings()
    yield
    after = settings()
    restore(before)
    leaked = [f"{name}: {before[name]} -> {after[name]}" for name in before if after[name] != before[name]]
    assert not leaked, f"the test leaks {'; '.join(leaked)}"
