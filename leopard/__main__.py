"""The command ``python -m leopard``: a demonstration of what leopard is for."""

import argparse
import contextlib
import os
import pathlib
import sys

from leopard import __version__, _demo


def main(arguments=None):
    """Run the demonstration; returns the exit status: 0, or 1 when a result is wrong."""
    options = parse(arguments)
    failures = _demo.run(options.output)
    for failure in failures:
        complain(failure)
    return 1 if failures else 0


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m leopard",
        description="Show what leopard is for: gradients, a certified fit, the cost of a selection, a graph.",
        epilog="Exit status: 0 if all results are right, 1 if not, 2 for a wrong argument.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=directory,
        default=".",
        help="where goldstein.dot and goldstein.svg are written (the current directory)",
    )
    return parser.parse_args(arguments)


def directory(text):
    path = pathlib.Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a directory")
    return path


def complain(text):
    print(f"python -m leopard: error: {text}", file=sys.stderr)


def give_up_output():
    """Redirect the output, so that the interpreter's flush at exit does not fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run():
    """`main`, with the exit statuses that a shell expects."""
    try:
        try:
            status = main()
        except SystemExit as finished:  # after --help, whose output may have lost its reader too
            status = finished.code
        print(end="", flush=True)
    except KeyboardInterrupt:
        give_up_output()
        return 130
    except BrokenPipeError:
        give_up_output()
        return 141
    except OSError as error:
        give_up_output()
        complain(f"cannot write the output: {error.strerror}")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(run())
