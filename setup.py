"""The extension modules: all that pyproject.toml cannot say."""

import glob
import os
import sys
import zlib

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

# LEOPARD_DEBUG=1: symbols for profilers, and Python's own allocator for tools that watch memory.
# LEOPARD_SANITIZE=address,undefined: that, and the compiler's checks (`.ci/asan`).
sanitize = os.environ.get("LEOPARD_SANITIZE")
debug = bool(os.environ.get("LEOPARD_DEBUG") or sanitize)
macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")]
compile_args, link_args = [], []
if sys.platform != "win32":
    compile_args += ["-O3", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-unused-function"]
if debug:
    macros += [("LEOPARD_NO_CELLS", "1")]
    compile_args += ["-g"]
elif sys.platform == "linux":  # no code that nothing calls, and no tables for unwinding C++
    compile_args += ["-ffunction-sections", "-fno-asynchronous-unwind-tables"]
    link_args += ["-Wl,--strip-all", "-Wl,--gc-sections"]
if sanitize:
    link_args += [f"-fsanitize={sanitize}"]
    compile_args += [f"-fsanitize={sanitize}", "-fsanitize-recover=all", "-fno-omit-frame-pointer", "-O1"]

# Loops of leopard's own have NumPy's bits: no product and sum become one rounding, and a square root is an
# instruction, which sets no `errno`.
exact = ["-ffp-contract=off", "-fno-math-errno"] if sys.platform != "win32" else []
# The wheel is to be small. What is in no hot loop is compiled for its size; elsewhere nothing is aligned, and
# nothing is duplicated but by inlining what is small.
small = ["-Os"]
lean = ["-fno-align-functions", "-fno-align-labels", "-fno-align-loops", "-fno-align-jumps"]
lean += ["-fno-tree-pre", "-fno-gcse", "-freorder-blocks-algorithm=simple"]
scalar = ["-fno-ipa-cp-clone", "-fno-split-loops", "-fno-tree-loop-vectorize", "-fno-tree-slp-vectorize"]
scalar += ["-fno-unswitch-loops", "-fno-peel-loops", "-fno-version-loops-for-strides"]
own_compile_args = {"_numeric.loops": exact, "_numeric.replay": exact}
if sys.platform == "linux" and not sanitize:
    own_compile_args |= {
        "_numeric.replay": [
            *exact,
            "-O2",
            *lean,
            "--param=max-inline-insns-single=20",
            "--param=inline-unit-growth=10",
        ],
        "_numeric.arrays": ["-O2", *lean],
        "_numeric.ready_queue": ["-O2", *lean],
        "_numeric.choice": small,
        "compiling.terms": small,
        "_core": [*lean, *scalar, "--param=max-inline-insns-auto=15"],
    }

directives = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "auto_pickle": False,
    # A method is then a descriptor of Python's own, which checks `self`; functions that Cython binds do not.
    "binding": False,
    "embedsignature": True,
    "embedsignature.format": "clinic",
}
# The C depends on these, and on the declarations that NumPy brings.
build_dir = f"build/numpy-{numpy.__version__}-{zlib.crc32(repr(directives).encode()):08x}"

setup(
    ext_modules=cythonize(
        [
            Extension(
                f"leopard.{name}",
                [f"leopard/{name.replace('.', '/')}.pyx"],
                include_dirs=[numpy.get_include(), "leopard"],
                depends=sorted(glob.glob("leopard/_*/*.h")),
                define_macros=macros,
                extra_compile_args=compile_args + own_compile_args.get(name, []),
                extra_link_args=link_args,
            )
            for name in (
                "_numeric.choice",
                "_numeric.loops",
                "_numeric.arrays",
                "_numeric.ready_queue",
                "_numeric.replay",
                "_core",
                "compiling.terms",
            )
        ],
        build_dir=build_dir,
        compiler_directives=directives,
    )
)
