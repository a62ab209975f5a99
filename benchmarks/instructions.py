"""Instructions for each recorded and walked scalar operation, counted by valgrind.

    python benchmarks/instructions.py            renews benchmarks/instructions.json
    python benchmarks/instructions.py --check    compares with it; status 1 if more by 1 in 100

The difference of two runs with different numbers of evaluations counts the evaluations alone. It is the same
from run to run, on a noisy machine too; it depends on the compiler and on the versions named beside it.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

import numpy as np

import leopard

HERE = pathlib.Path(__file__).parent
KEPT = HERE / "instructions.json"
PROGRAMS = {"chain of 100": "chain_of(100)", "Goldstein-Price": "GOLDSTEIN_PRICE"}
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
import numpy as np, leopard
from programs import *
program = {program}
def evaluate():
    xs = [leopard.Variable(np.array(x)) for x in program.point]
    program.call(leopard, *xs).backward()
    return [x.grad.data for x in xs]
for _ in range(20 + {n}):
    evaluate()
"""


def instructions(program, n):
    code = PROGRAM.format(here=str(HERE), program=program, n=n)
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
    )
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def count():
    import programs

    result = {}
    for name, expression in PROGRAMS.items():
        operations = eval(expression, vars(programs)).operations
        n = 3000  # enough that the rest does not matter
        difference = instructions(expression, n) - instructions(expression, 0)
        result[name] = round(difference / n / operations)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the numbers kept")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed: it comes with the system's packages")
    sys.path.insert(0, str(HERE))
    counted = count()
    for name, number in counted.items():
        print(f"{name}: {number} instructions an operation")
    if not options.check:
        versions = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "leopard": leopard.__version__,
        }
        KEPT.write_text(json.dumps({"instructions": counted, "versions": versions}, indent=1) + "\n")
        return
    kept = json.loads(KEPT.read_text())["instructions"]
    worse = [name for name, number in counted.items() if number > 1.01 * kept[name]]
    for name in worse:
        print(f"{name}: {kept[name]} before")
    sys.exit(bool(worse))


if __name__ == "__main__":
    main()
