"""How late Ctrl-C comes, in seconds: from the signal, which another process sends, to the KeyboardInterrupt.

    python -m tests.gate.latencies

It is promised within a tenth of a second, or one call of NumPy or BLAS. A latency depends on the machine
and on what else runs there, so what fails is one of `LIMIT` seconds beyond such a call.
"""

import argparse
import os
import signal
import struct
import sys
import time

import numpy as np

from leopard import Function, Variable, hessian, jacobian, jvp

LIMIT = 1.0
TRIALS = 3


class Sorts(Function):
    """The planted fault: a rule that is one long call of NumPy."""

    def forward(self, x):
        return x * 1.0

    def backward(self, gy):
        np.random.default_rng(0).random(25_000_000).sort(kind="stable")
        return gy


def products():
    m = np.random.default_rng(0).random((1500, 1500)) / 750
    x = Variable(m)
    y = x
    for _ in range(30):
        y = y @ x
    y = np.sum(y)
    return y.backward, lambda: m @ m


def sines():
    x = Variable(np.linspace(0, 1, 20_000_000))
    y = x
    for _ in range(12):
        y = np.sin(y)
    y = np.sum(y)
    return y.backward, lambda: np.sin(x.data)


def chain():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(1_500_000):
        y = y * x
    return y.backward, None


def program():
    x = Variable(np.linspace(0, 1, 4_000_000))
    y = x
    for _ in range(24):
        y = np.tanh(y) * x
    y = np.sum(y)
    return y.backward, lambda: np.tanh(x.data)


def forward():
    x = np.linspace(0, 1, 10_000_000)

    def f(x):
        for _ in range(12):
            x = np.sin(x)
        return x

    return lambda: jvp(f, (x,), (x,)), lambda: np.sin(x)


def transforms():
    m = np.random.default_rng(0).random((700, 700)) / 700

    def work():
        jacobian(lambda x: np.tanh(m @ np.tanh(m @ x)))(m[0])
        hessian(lambda x: np.sum(np.tanh(m @ x)))(m[0])

    return work, lambda: m @ m


def planted():
    x = Variable(np.ones(3))
    return np.sum(Sorts()(x)).backward, None


WAYS = {
    "30 products of 1500 x 1500": products,
    "12 sines of 2e7": sines,
    "a chain of 1.5e6": chain,
    "a long program": program,
    "forward": forward,
    "transforms": transforms,
}


def latency(work, after):
    """Seconds between a signal, sent so many seconds after the work has begun, and the exception."""
    read, write = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            time.sleep(after)
            os.write(write, struct.pack("d", time.monotonic()))
            os.kill(parent, signal.SIGINT)
        finally:
            os._exit(0)
    came = None
    try:
        work()
        done = time.monotonic()
        time.sleep(after + 60)
    except KeyboardInterrupt:
        came = time.monotonic()
    os.waitpid(child, 0)
    sent = struct.unpack("d", os.read(read, 8))[0]
    os.close(read)
    os.close(write)
    if came is None:
        raise AssertionError(f"no signal came: the work took until {done - sent:.3f} s after it was sent")
    return came - sent


def measured(way):
    """The worst latency of some trials, and the seconds of one call of NumPy or BLAS."""
    work, call = way()
    one = 0.0
    if call is not None:
        call()
        began = time.monotonic()
        call()
        one = time.monotonic() - began
    began = time.monotonic()
    work()
    whole = time.monotonic() - began
    return max(latency(work, whole * (k + 1) / (TRIALS + 1)) for k in range(TRIALS)), one


def main(arguments=None):
    parser = argparse.ArgumentParser(description="How late Ctrl-C comes.")
    parser.add_argument(
        "--plant", action="store_true", help="only a rule that is one long call: it must be found"
    )
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    late, figures = [], []
    for name, way in ({"a rule that is one long call": planted} if given.plant else WAYS).items():
        seconds, one = measured(way)
        figures.append(f"{name} {seconds:.3f} s" + (f" (one call {one:.3f} s)" if one else ""))
        if seconds > LIMIT + one:
            late.append(name)
    print(f"latencies: {', '.join(figures)}; {len(late)} late", flush=True)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
