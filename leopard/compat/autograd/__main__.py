"""Run a program in which `import autograd` means `leopard.compat.autograd`.

python -m leopard.compat.autograd program.py [arguments]
python -m leopard.compat.autograd -m module [arguments]
python -m leopard.compat.autograd -c code [arguments]
"""

import os
import runpy
import sys

from leopard.compat.autograd import install


def main(arguments):
    """Run the program that the command line names."""
    if not arguments or arguments[0] in ("-h", "--help") or arguments in (["-m"], ["-c"]):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    install()
    option, rest = arguments[0], arguments[1:]
    if option == "-m":
        sys.argv[:] = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.argv[:] = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv[:] = arguments
        if not sys.flags.safe_path:
            sys.path[0] = os.path.dirname(os.path.abspath(option))
        runpy.run_path(option, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
