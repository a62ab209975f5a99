"""Programs in a process of their own, which has the leopard that is tested here."""

import os
import pathlib
import subprocess
import sys
import textwrap

import leopard

REFUSAL = "AddressSanitizer failed to allocate"  # more memory than there is, under `.ci/asan`
HOME = pathlib.Path(leopard.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HOME), "PYTHONIOENCODING": "ascii"}


def python(*arguments, **options):
    """Python with these arguments, when it has ended: its status and what it wrote. Warnings are errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        **{"stdout": subprocess.PIPE, "timeout": 120, **options},
    )


def run(program):
    """The words that a program prints. It must exit with status 0, and print nothing on stderr."""
    done = python("-X", "faulthandler", "-c", textwrap.dedent(program))
    said = [line for line in done.stderr.splitlines() if REFUSAL not in line]
    assert (done.returncode, said) == (0, []), done.stdout[-1000:] + done.stderr
    return done.stdout.split()
