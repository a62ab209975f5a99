"""What runs inside a client's environment: `python -P _worker.py FILE` answers requests, a line of JSON each.

`tests/clients/run.py` starts it twice, once as it is and once behind `python -m leopard.compat.autograd`, and
asks in turn. What the client prints goes to stderr.
"""

import contextlib
import importlib.util
import json
import os
import sys
import time


def client_in(path):
    """The module of a client. It is no module that may be imported: it has the name of its package."""
    spec = importlib.util.spec_from_file_location("client_of_leopard", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_leopard():
    """Whether `import autograd` means leopard's here."""
    import autograd

    return autograd.__name__.startswith("leopard")


def differentiated(module, fit, name="value_and_grad"):
    """The last call in `fit` of a function that `module.value_and_grad` has made: a callable that repeats it.

    A client's `gradient` imports this from `__main__`. The attribute `value` of the callable calls the
    function itself, with plain arrays.
    """
    calls, original = [], getattr(module, name)

    def watched(fun, *rest):
        made = original(fun, *rest)

        def call(x, *args, **options):
            calls[:] = [(fun, made, x.copy(), args, options)]
            return made(x, *args, **options)

        return call

    setattr(module, name, watched)
    try:
        fit()
    finally:
        setattr(module, name, original)
    fun, made, x, args, options = calls[0]

    def again():
        return made(x, *args, **options)

    again.value = lambda: fun(x, *args, **options)
    return again


class Recorder:
    """A plugin of pytest's that keeps how each test ended, by its name."""

    def __init__(self):
        self.outcomes = {}

    def pytest_runtest_logreport(self, report):
        failed_before = self.outcomes.get(report.nodeid) == "failed"
        if not failed_before and (report.when == "call" or report.outcome != "passed"):
            self.outcomes[report.nodeid] = report.outcome

    def pytest_collectreport(self, report):
        if report.outcome == "failed":
            self.outcomes[report.nodeid] = "failed"


class Worker:
    def __init__(self, path):
        self.client = client_in(path)
        self.prepared = {}

    def about(self):
        return {"leopard": is_leopard()}

    def tests(self, source, arguments):
        """How each test ended, by its name."""
        import pytest

        recorder = Recorder()
        os.chdir(source)
        sys.path.insert(0, source)
        pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[recorder, self.client])
        return recorder.outcomes

    def check(self):
        """The numbers of the client's own program."""
        return {name: float(value) for name, value in self.client.check().items()}

    def prepare(self, kind):
        """The names of the callables that are to be timed: `fit` or `gradient` of the client.

        "value" stands for the functions whose gradients have been prepared, where these are known.
        """
        if kind == "value":
            made = {n: call.value for n, call in self.prepared["gradient"].items() if hasattr(call, "value")}
        else:
            made = getattr(self.client, kind)()
        self.prepared[kind] = made if isinstance(made, dict) else {"": made}
        for call in self.prepared[kind].values():
            call()
        return list(self.prepared[kind])

    def sample(self, kind, name, least):
        """Seconds for one call, of as many as take at least so long together."""
        call, count = self.prepared[kind][name], 0
        began = time.perf_counter()
        while (taken := time.perf_counter() - began) < least or not count:
            call()
            count += 1
        return taken / count

    def plant(self):
        """Give `log` and `exp` wrong derivatives."""
        import numpy as np
        from autograd.extend import defvjp

        for f in (np.log, np.exp):
            defvjp(f, lambda ans, x: lambda g: 1.01 * g * ans)


def main(path):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(path)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = {"answer": getattr(worker, name)(*arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
