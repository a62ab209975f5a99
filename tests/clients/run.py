"""Packages that use autograd, unmodified, once with autograd and once with leopard in its place.

python tests/clients/run.py [NAME ...] [--work DIR] [--only tests|times] [--quick] [--save FILE] [--plant]

Each client is a module of this folder. It has an environment of its own in DIR, where a second run finds
it, with autograd and the leopard of this tree, which must be built in place. Its tests (those of its
source distribution) and its own program `check` run with each of the two; then a representative fit, and
the gradient alone inside that fit, are timed in turn. A test that passes with autograd must pass with
leopard or be excused with a reason. The exit status says whether all is so, and whether the bars of
`BARS` are met (not with --quick, which takes few samples). --plant gives leopard wrong derivatives,
which must be found. --only tests leaves out the program and the times, --only times the tests; --save adds
to what is in FILE.

A client's module has no imports of the client outside functions, and these names:

    REQUIREMENTS  what pip installs besides autograd and leopard
    SOURCE        the requirement whose source distribution has tests, or None
    TESTS         the arguments for pytest inside the unpacked source
    EXCUSED       the tests that pass with autograd alone, with the reason
    SHIM          optional: the text of a `sitecustomize`, for both
    TOLERANCE     optional: how far the numbers of `check` may be apart, 1e-5 of their size otherwise
    check()       a program on the public interface; a dict of numbers, which must agree
    fit()         returns a callable, the representative fit; or a dict of several, by name
    gradient()    returns a callable, value and gradient as the package takes them, at a point inside the fit;
                  or a dict of several (`differentiated` of `_worker.py` finds it); its attribute `value`,
                  if it has one, is the function without the gradient
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
NEEDED = ["autograd==1.9.1", "numpy>=2.3", "scipy>=1.17", "pytest>=8"]
# The least ratio of one client, and of the geometric mean: of the fit, of value and gradient together, and of
# the gradient alone, beyond the value (which is the package's own code in both).
BARS = {"fit": (1.0, 1.7), "gradient": (1.0, 0.0), "alone": (1.0, 4.0)}
BOTH = ("autograd", "leopard")


def names_of_all():
    """The clients that have a module here."""
    return sorted(p.stem for p in HERE.glob("*.py") if p.stem not in ("__init__", "_worker", "run", "table"))


def client(name):
    """The module of a client, which has the name of its package and so is not imported by it."""
    spec = importlib.util.spec_from_file_location(f"client_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(path):
    """The last lines of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-30:])


def run(log, *arguments, **options):
    """Run a command, which writes into a log."""
    with open(log, "a") as out:
        done = subprocess.run(arguments, stdout=out, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: exit status {done.returncode}\n{shown(log)}")


class Environment:
    """The virtual environment of one client, and the unpacked source of its tests."""

    def __init__(self, work, name):
        self.name, self.client = name, client(name)
        self.folder = work / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "setup.log"
        self.python = self.folder / "venv" / "bin" / "python"

    def make(self):
        """Install what is not there; leopard is copied each time."""
        wanted = [*NEEDED, *self.client.REQUIREMENTS]
        if self.already("requirements.json") != wanted:
            run(self.log, sys.executable, "-m", "venv", "--clear", self.folder / "venv")
            run(self.log, self.python, "-m", "pip", "install", "-q", *wanted)
            self.done("requirements.json", wanted)
        if self.client.SOURCE and self.already("source.json") != self.client.SOURCE:
            self.fetch()
            self.done("source.json", self.client.SOURCE)
        site = pathlib.Path(self.answer("import sysconfig; print(sysconfig.get_path('purelib'))"))
        shutil.rmtree(site / "leopard", ignore_errors=True)
        shutil.copytree(
            TREE / "leopard", site / "leopard", ignore=shutil.ignore_patterns("*.c", "__pycache__")
        )
        (site / "sitecustomize.py").write_text(getattr(self.client, "SHIM", ""))

    def already(self, file):
        path = self.folder / file
        return json.loads(path.read_text()) if path.exists() else None

    def done(self, file, value):
        (self.folder / file).write_text(json.dumps(value))

    def fetch(self):
        """Download and unpack the source distribution."""
        shutil.rmtree(self.folder / "source", ignore_errors=True)
        where = ["--no-deps", "--no-binary", ":all:", "-d", self.folder / "source"]
        run(self.log, self.python, "-m", "pip", "download", "-q", *where, self.client.SOURCE)
        (archive,) = (self.folder / "source").glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(self.folder / "source", filter="data")

    @property
    def source(self):
        (folder,) = (p for p in (self.folder / "source").iterdir() if p.is_dir())
        return str(folder)

    def answer(self, program):
        """What a program prints in this environment."""
        return subprocess.check_output([self.python, "-P", "-c", program], text=True).strip()

    def version(self):
        """The client's version: of the first of its requirements."""
        package = self.client.REQUIREMENTS[0].split("==")[0]
        return self.answer(f"import importlib.metadata as m; print(m.version({package!r}))")

    def worker(self, which):
        return Asked(self, which)


class Asked:
    """A process with one of the two, which answers requests."""

    def __init__(self, environment, which):
        door = ["-m", "leopard.compat.autograd"] if which == "leopard" else []
        script = [HERE / "_worker.py", HERE / f"{environment.name}.py"]
        self.log = environment.folder / f"{which}.log"
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [environment.python, "-P", *door, *script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=environment.folder,
                env={**os.environ, **threads, "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"},
            )
        said = self("about")
        if said != {"leopard": which == "leopard"}:
            raise SystemExit(f"{environment.name}: import autograd means the wrong library: {said}")

    def __call__(self, name, *arguments):
        try:
            self.process.stdin.write(json.dumps([name, *arguments]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"{name}: the process ended\n{shown(self.log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{name}: {answer['error']}")
        return answer["answer"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Failed(Exception):
    """A request that ended in an error."""


def tested(environment, figures, faults):
    """Run the tests with each of the two, and compare."""
    if not environment.client.SOURCE:
        return
    outcomes = {}
    for which in BOTH:
        with environment.worker(which) as asked:
            try:
                outcomes[which] = asked("tests", environment.source, environment.client.TESTS)
            except Failed as error:
                outcomes[which] = {}
                faults.append(f"{which}: {error}")
    passed = {which: {t for t, end in outcomes[which].items() if end == "passed"} for which in BOTH}
    figures["passed"] = {which: len(passed[which]) for which in BOTH}
    figures["run"] = len([end for end in outcomes["autograd"].values() if end != "skipped"])
    excused = environment.client.EXCUSED
    for test in sorted(passed["autograd"] - passed["leopard"] - set(excused)):
        faults.append(f"passes with autograd alone: {test}")
    for test in sorted(set(excused) - (passed["autograd"] - passed["leopard"])):
        faults.append(f"excused, but it does not pass with autograd alone: {test}")
    figures["excused"] = excused


def compared(both, tolerance, figures, faults):
    """Run the client's own program with each of the two, and compare its numbers."""
    found = {}
    for which in BOTH:
        try:
            found[which] = both[which]("check")
        except Failed as error:
            faults.append(f"{which}: {error}")
    figures["numbers"] = {which: len(numbers) for which, numbers in found.items()}
    if len(found) == 2:
        for name in sorted(set(found["autograd"]) | set(found["leopard"])):
            x, y = (found[which].get(name, math.nan) for which in BOTH)
            if not (math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance * 1e-3) or (x != x and y != y)):
                faults.append(f"{name} is {x!r} with autograd, {y!r} with leopard")


def timed(both, kind, rounds, figures, faults):
    """The best of interleaved samples of each of the two; the ratios of autograd's to leopard's by name."""
    try:
        names = [both[which]("prepare", kind) for which in BOTH][0]
        best = {name: dict.fromkeys(BOTH, math.inf) for name in names}
        for _ in range(rounds):
            for name in names:
                for which in BOTH:
                    best[name][which] = min(best[name][which], both[which]("sample", kind, name, 0.05))
    except Failed as error:
        faults.append(f"{kind}: {error}")
        return
    for taken in best.values():
        taken["ratio"] = taken["autograd"] / taken["leopard"]
    if best:
        figures[kind] = best


def alone(figures):
    """The gradient without the value: what a call takes beyond a call of the function itself."""
    found = {}
    for name, value in figures.get("value", {}).items():
        if name not in figures.get("gradient", {}):
            continue
        rest = {which: figures["gradient"][name][which] - value[which] for which in BOTH}
        found[name] = rest | {"ratio": rest["autograd"] / rest["leopard"]}
    if found:
        figures["alone"] = found


def figures_of(environment, rounds, plant, only):
    """All that is known of one client after its run."""
    environment.make()
    figures, faults = {"name": environment.name, "version": environment.version()}, []
    if not plant and only != "times":
        tested(environment, figures, faults)
    if only != "tests":
        measured(environment, rounds, plant, figures, faults)
    figures["faults"] = faults
    return figures


def measured(environment, rounds, plant, figures, faults):
    """Compare the numbers of the client's program, and time what is to be timed."""
    with environment.worker("autograd") as theirs, environment.worker("leopard") as ours:
        both = {"autograd": theirs, "leopard": ours}
        if plant:
            ours("plant")
        compared(both, getattr(environment.client, "TOLERANCE", 1e-5), figures, faults)
        for kind in [] if plant else ("fit", "gradient", "value"):
            timed(both, kind, rounds, figures, faults)
    alone(figures)


def ratios(all_figures, kind):
    return [found["ratio"] for figures in all_figures for found in figures.get(kind, {}).values()]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def of_kind(figures, kind):
    """The ratios of a client's fits, or of its gradients."""
    return ", ".join([f"{name} {x['ratio']:.2f}".strip() for name, x in figures.get(kind, {}).items()])


def row(figures):
    """The line of a client in the table."""
    passed = figures.get("passed") or figures.get("numbers", {})
    tests = [f"{passed.get(which, 0)} {'tests' if 'passed' in figures else 'numbers'}" for which in BOTH]
    return [f"{figures['name']} {figures['version']}", *tests, *(of_kind(figures, kind) for kind in BARS)]


def below_the_bars(all_figures):
    """What is slower than the bars allow."""
    for kind, (least, mean) in BARS.items():
        for figures in all_figures:
            for name, found in figures.get(kind, {}).items():
                if found["ratio"] < least:
                    yield f"{figures['name']} {name}: {kind} {found['ratio']:.2f} times as fast as autograd"
        if geometric_mean(ratios(all_figures, kind)) < mean:
            yield f"geometric mean of the {kind}s below {mean}"


def saved(path, all_figures):
    """Put figures into a file, beside those of other clients that are there."""
    known = json.loads(path.read_text()) if path.exists() else {}
    for figures in all_figures:
        known[figures["name"]] = known.get(figures["name"], {}) | figures
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names_of_all()))
    parser.add_argument("--work", type=pathlib.Path, default=TREE / "build" / "clients")
    parser.add_argument("--only", choices=["tests", "times"])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--save", type=pathlib.Path)
    parser.add_argument("--plant", action="store_true")
    options = parser.parse_args()
    all_figures = []
    for name in options.names or names_of_all():
        environment = Environment(options.work.resolve(), name)
        all_figures.append(figures_of(environment, 2 if options.quick else 15, options.plant, options.only))
        print(" | ".join(row(all_figures[-1])), flush=True)
        for fault in all_figures[-1]["faults"]:
            print(f"    {fault}")
    if options.save:
        saved(options.save, all_figures)
    exact = not (options.quick or options.plant or options.only == "tests")
    slow = list(below_the_bars(all_figures)) if exact else []
    print(*slow, sep="\n", end="\n" if slow else "")
    means = [f"{kind} {geometric_mean(ratios(all_figures, kind)):.2f}" for kind in BARS]
    faults = sum(len(figures["faults"]) for figures in all_figures)
    print(f"{len(all_figures)} clients, {faults} faults; geometric means: {', '.join(means)}")
    return bool(faults or slow)


if __name__ == "__main__":
    sys.exit(main())
