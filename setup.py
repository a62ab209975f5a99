"""The extension modules: all that pyproject.toml cannot say."""

import sys

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

directives = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "auto_pickle": False,
    "embedsignature": True,
}
compile_args = [] if sys.platform == "win32" else ["-O3", "-Wno-unused-function", "-fno-math-errno"]
link_args = []

setup(
    ext_modules=cythonize(
        [
            Extension(
                f"leopard.{name}",
                [f"leopard/{name}.pyx"],
                include_dirs=[numpy.get_include(), "leopard"],
                depends=["leopard/_cells.h"],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
                extra_compile_args=compile_args,
                extra_link_args=link_args,
            )
            for name in ("_loops", "_queue", "_core", "_walk")
        ],
        compiler_directives=directives,
    )
)
