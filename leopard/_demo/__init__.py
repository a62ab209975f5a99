"""The demonstration of ``python -m leopard``: four uses of derivatives.

Each step prints its results and returns a list of failures, a sentence each.
"""

import contextlib
import sys

import numpy as np

from leopard._demo import _drawing, _functions, _selection, _thurber

#: How many digits of the fit must agree with the values that NIST certifies.
needed_digits = 9


def run(directory):
    """Run all steps, write the drawings into `directory`, and return the failures."""
    failures = show_functions()
    failures += show_fits()
    failures += show_selections()
    failures += show_drawing(directory)
    return failures


def show_functions(point=(1.0, 1.0)):
    head("1. Gradients at (1, 1)")
    print(f"{'':<18}{'value':>10}   {'gradient':<22}central differences off by")
    failures = []
    for name, function in _functions.functions.items():
        slope = _functions.slope(function, point)
        gradient = "(" + ", ".join(f"{g:.6g}" for g in slope.gradient) + ")"
        print(f"{name:<18}{slope.value:>10.6g}   {gradient:<22}{slope.difference:.1e}")
        if not slope.agrees:
            failures.append(f"the gradient of {name} is not its slope: off by {slope.difference:.1e}")
    end()
    return failures


def show_fits():
    head("2. NIST's fit Thurber: 7 parameters, 37 points, Levenberg-Marquardt")
    failures = []
    for number, start in enumerate(_thurber.starts, 1):
        with progress(f"fitting from start {number}"):
            try:
                fit = _thurber.fit(start)
            except (ArithmeticError, np.linalg.LinAlgError) as error:
                failures.append(f"Thurber from start {number}: {error}")
                continue
        failures += show_fit(number, fit)
    print("ok: digits that agree with the certified ones (log relative error, 11 at most)")
    end()
    return failures


def show_fit(number, fit):
    computed = (fit.parameters, fit.errors)
    certified = (_thurber.certified_parameters, _thurber.certified_errors)
    digits = [_thurber.agreeing_digits(*pair) for pair in zip(computed, certified, strict=True)]
    print(f"Start {number}, {fit.steps} steps, residual sum of squares {fit.residue:.10E}")
    print(f"    {'parameter':<17}{'certified':<17}ok  {'standard error':<17}{'certified':<17}ok")
    for k in range(len(fit.parameters)):
        columns = [
            f"{ours[k]:.10E} {theirs[k]:.10E} {int(agreeing[k]):2d}"
            for ours, theirs, agreeing in zip(computed, certified, digits, strict=True)
        ]
        print(f"b{k + 1}  " + "  ".join(columns))
    print()
    least = min(d.min() for d in digits)
    if least < needed_digits:
        return [f"Thurber from start {number}: only {least:.1f} digits agree, not {needed_digits}"]
    return []


def show_selections():
    head("3. Sort or max? Microseconds to select from the functions that are ready")
    print(f"{'ready':>8}" + "".join(f"{name:>12}" for name in _selection.names) + f"{'fastest':>12}")
    failures = []
    for length, steps in _selection.repetitions.items():
        with progress(f"selecting from {length}"):
            times, right = _selection.measure(length, steps)
        fastest = min(times, key=times.get)
        print(f"{length:>8}" + "".join(f"{1e6 * t:>12.3f}" for t in times.values()) + f"{fastest:>12}")
        if not right:
            failures.append(f"the queues disagree on what is popped from {length}")
    print(f"With {length} ready, max takes 1/{times['sort'] / times['max']:.0f} of the time of sort, and the")
    print(f"bucket queue, which a walk uses, 1/{times['max'] / times['bucket']:.0f} of the time of max.")
    end()
    return failures


def show_drawing(directory):
    head("4. The graph of Goldstein-Price")
    with progress("drawing"):
        try:
            paths = _drawing.draw(directory)
        except OSError as error:
            return [f"cannot write {error.filename}: {error.strerror}"]
    if len(paths) == 1:
        print("(Graphviz was not found or failed, so there is no picture, only its text.)")
    print(*paths, sep="\n", flush=True)
    return []


def head(text):
    print(text)
    print("-" * len(text))


def end():
    print(flush=True)


@contextlib.contextmanager
def progress(text):
    """Show a line of progress on a terminal while the block runs; elsewhere write nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    sys.stderr.write(f"{text} ...")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r" + " " * (len(text) + 4) + "\r")
        sys.stderr.flush()
