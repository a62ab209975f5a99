"""Work done by several threads at once."""

import sys
import threading


def in_threads(work, n=4):
    """Run ``work(k)`` for k from 0 to n - 1 in threads that take turns as often as they can.

    All of them begin together. Raises the first error that one of them has raised.
    """
    failures = []
    barrier = threading.Barrier(n)

    def guarded(k):
        try:
            barrier.wait()
            work(k)
        except BaseException as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    threads = [threading.Thread(target=guarded, args=(k,)) for k in range(n)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if failures:
        raise failures[0]
