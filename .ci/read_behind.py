"""The fault planted for `.ci/asan` and `.ci/memcheck`: one byte is read behind an array of leopard's."""

import ctypes

import numpy as np
import plain_memory  # noqa: F401

from leopard import Variable

a = (Variable(np.ones(10)) * 2.0).data
ctypes.string_at(a.ctypes.data, a.nbytes + 1)
