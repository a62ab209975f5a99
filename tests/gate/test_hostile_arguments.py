"""Hostile arguments for every public name: an exception or a result, never a crash, never an endless call.

The calls are made in processes of their own. Each call is named before it is made, so that the last name is
that of the call that it died of.
"""

import re
import sys

import pytest

import leopard
from tests import processes

if sys.platform == "win32":
    pytest.skip("the limits on time and memory are those of POSIX", allow_module_level=True)

PARTS = 4
#: Names that write or print, and would do so.
SKIPPED = {"test_mode"}

PROGRAM = '''
import contextlib, faulthandler, functools, gc, io, itertools, os, resource, signal, sys, warnings
import numpy as np
import leopard, leopard.fft, leopard.linalg, leopard.emath, leopard.extend, leopard.testing
from leopard import Variable

faulthandler.enable()
warnings.simplefilter("ignore")
np.seterr(all="ignore")
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
os.chdir("/")

class Slow(BaseException):
    pass

def too_slow(*_):
    raise Slow

signal.signal(signal.SIGALRM, too_slow)

class Lies:
    """It has a shape, a type and a length that are not true, and raises at what else is asked of it."""
    shape, dtype, ndim, size = (3, -1), "no type", 99, -5
    def __len__(self): return 10**9
    def __getitem__(self, i): raise KeyError(i)
    def __array__(self, *args, **kwargs): return self
    def __iter__(self): return self
    def __next__(self): raise ZeroDivisionError
    def __hash__(self): raise RecursionError
    def __eq__(self, other): raise FloatingPointError
    def __bool__(self): raise MemoryError
    def __index__(self): return "no index"
    def __float__(self): return "no float"

class Recursive:
    def __array__(self, *args, **kwargs): return np.asarray(self)
    def __call__(self, *args, **kwargs): return self(*args, **kwargs)
    def __getattr__(self, name): return getattr(self, name + "_")

def recursive(*args, **kwargs):
    return recursive(*args, **kwargs)

own = []
own.append(own)
own_dict = {}
own_dict["x"] = own_dict
deep = []
for _ in range(100_000):
    deep = [deep]
deep_dict = {}
for _ in range(100_000):
    deep_dict = {"x": deep_dict}

HOSTILE = [
    ("None", lambda: None),
    ("text", lambda: "text"),
    ("bytes", lambda: b"x"),
    ("nan", lambda: float("nan")),
    ("inf", lambda: np.inf),
    ("-1", lambda: -1),
    ("2**62", lambda: 2**62),
    ("-2**63", lambda: -2**63),
    ("10**30", lambda: 10**30),
    ("1e400j", lambda: complex(0, np.inf)),
    ("()", lambda: ()),
    ("[]", lambda: []),
    ("{}", lambda: {}),
    ("own list", lambda: own),
    ("own dict", lambda: own_dict),
    ("deep list", lambda: deep),
    ("deep dict", lambda: deep_dict),
    ("object", object),
    ("type", lambda: type),
    ("NotImplemented", lambda: NotImplemented),
    ("array", lambda: np.ones(3)),
    ("empty", lambda: np.ones((0, 3))),
    ("objects", lambda: np.array([None, "x", 1.0], object)),
    ("objects of Variables", lambda: np.array([Variable(np.ones(2)), None, 1], object)),
    ("strings", lambda: np.array(["a", "b"])),
    ("structured", lambda: np.zeros(2, [("x", "f8"),
    ("y", "O")])),
    ("dates", lambda: np.array(["2020-01-01"], "M8[D]")),
    ("32 axes", lambda: np.ones((1,) * 32)),
    ("64 axes", lambda: np.ones((1,) * 64)),
    ("nans", lambda: np.full((2, 2), np.nan)),
    ("huge", lambda: np.broadcast_to(1.0, (2**40, 2**20))),
    ("masked", lambda: np.ma.masked_array([1.0, 2.0], [True, False])),
    ("recursive", lambda: recursive),
    ("recursive object", Recursive),
    ("lies", Lies),
    ("Variable", lambda: Variable(np.ones((2, 3)))),
    ("Variable of nothing", lambda: Variable(None)),
    ("number", lambda: Variable(np.array(2.0))),
    ("complex Variable", lambda: Variable(np.ones(3) * 1j)),
    ("integers", lambda: Variable(np.arange(3))),
    ("ufunc", lambda: np.add),
    ("leopard.sin", lambda: leopard.sin),
    ("raises", lambda: lambda *a, **k: 1 / 0),
    ("generator", lambda: (x for x in [1.0])),
    ("lone surrogate", lambda: "\\ud800"),
    ("slice", lambda: slice(None, 2**62, -1)),
]
PLAIN = [
    ("array", lambda: np.ones(3)),
    ("Variable", lambda: Variable(np.ones((2, 2)))),
    ("leopard.sin", lambda: leopard.sin),
    ("2", lambda: 2),
]

def calls():
    """Lists of arguments: each hostile one alone, before and behind ordinary ones, and with another."""
    yield []
    for h in HOSTILE:
        yield [h]
        for p in PLAIN:
            yield [p, h]
            yield [h, p]
            yield [p, p, h]
    for k, h in enumerate(HOSTILE):
        other = HOSTILE[(7 * k + 3) % len(HOSTILE)]
        yield [h, other]
        yield [h, h, h]
        yield [h, other, h, other]

def attempt(words, function, arguments, slow):
    log.seek(0); log.write((words + "\\n").ljust(200)); log.flush()
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = function(*[make() for _, make in arguments])
            if callable(found) and not isinstance(found, (type, Variable)):
                found(*[make() for _, make in arguments])
    except Slow:
        slow.append(words)
    except (Exception, GeneratorExit, SystemExit):
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

def main(names, part, parts):
    slow = []
    for name in names:
        function = functools.reduce(getattr, name.split("."), leopard)
        for k, arguments in enumerate(calls()):
            if k % parts == part:
                attempt(f"{name}({', '.join(word for word, _ in arguments)})", function, arguments, slow)
    return slow
'''


#: Calls that NumPy's own functions do not end either, and a loop whose condition always holds.
ENDLESS = re.compile(
    r"diff\([^,]+, (2\*\*62|10\*\*30)\)"
    r"|linalg\.norm\((10\*\*30, ){2}10\*\*30\)"
    r"|(emath\.)?power\(2, 10\*\*30\)"
    r"|while_loop\(leopard\.sin, leopard\.sin, .*\)"
)


def public_names():
    """Every public function and class, those of the namespaces too, and the methods of Variable."""
    names = [n for n in leopard.__all__ if callable(getattr(leopard, n)) and n not in SKIPPED]
    for space in ("fft", "linalg", "emath", "extend", "testing"):
        module = __import__(f"leopard.{space}", fromlist=["*"])
        shown = getattr(module, "__all__", [n for n in dir(module) if not n.startswith("_")])
        names += [f"{space}.{n}" for n in shown if callable(getattr(module, n))]
    names += [f"Variable.{n}" for n in dir(leopard.Variable) if callable(getattr(leopard.Variable, n))]
    return [n for n in names if n.rpartition(".")[2] not in REFUSED_OF_VARIABLE]


REFUSED_OF_VARIABLE = {"__class__", "__init_subclass__", "tofile"}


def survive(names, part, tmp_path, before="", limit=5.0):
    """The status of a process that calls these names, `done` and what was too slow, and the last call."""
    log = tmp_path / "log"
    ends = f"""
LIMIT = {limit}
log = open({str(log)!r}, "w")
print("done", *main({names!r}, {part}, {PARTS}), sep="\\n")
"""
    done = processes.python("-c", PROGRAM + before + ends, timeout=600)
    last = log.read_text().strip() if log.exists() else ""
    return done.returncode, done.stdout.split("\n"), f"{last}: {done.stderr[-1500:]}"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_argument_of_a_public_name_crashes_or_hangs(part, tmp_path):
    status, words, last = survive(public_names(), part, tmp_path)
    assert status == 0, last
    slow = words[words.index("done") + 1 :]  # before it stands what LAPACK prints
    assert [word for word in slow if word and not ENDLESS.fullmatch(word)] == []


def test_a_crash_and_an_endless_call_are_found(tmp_path):
    """With a name that reads at the address of what it is given, and one that never ends."""
    crash = "import ctypes\nleopard.crash = lambda x: ctypes.string_at(2**62 if x is None else id(x))\n"
    status, _, last = survive(["sin", "crash"], 0, tmp_path, crash)
    found = [survive(["crash"], part, tmp_path, crash) for part in range(PARTS)]
    assert any(status != 0 and "crash(None)" in last for status, _, last in found), (status, last)
    endless = "def endless(x):\n    while x is None: pass\nleopard.endless = endless\n"
    found = [survive(["endless"], part, tmp_path, endless, 0.2)[1] for part in range(PARTS)]
    assert any("endless(None)" in words for words in found), found
