"""Replay: a function is recorded once, and the recording is run again without Python."""

from leopard._transform_names import COMPILING
from leopard.compiling.compiled import *  # noqa: F403
from leopard.compiling.compiled import CompiledFunction as CompiledFunction
from leopard.compiling.explain import lines_of as lines_of
from leopard.compiling.loops import *  # noqa: F403

__all__ = list(COMPILING)
