"""Whatever stands in the place of `self` or of an argument of compiled code is checked: no call crashes.

Each test runs in a process of its own, so that a crash is one failure.
"""

import inspect
import pickle
import textwrap

import pytest

import leopard
from leopard import Function, Variable
from tests.processes import run
from tests.test_stubs import MODULES

PREPARATION = """
import contextlib
import functools
import importlib
import io
import itertools
import sys
import types

import numpy as np

from leopard import Function, Variable

MODULE, *MODULES = {modules}
module = importlib.import_module("leopard." + MODULE)


def compiled_types(names):
    found = []
    for name in names:
        for thing in vars(importlib.import_module("leopard." + name)).values():
            if isinstance(thing, type) and thing.__module__ == "leopard." + name and thing not in found:
                found.append(thing)
    return found


def created(cls):
    '''An instance of which no `__init__` has run.'''
    return cls.__new__(cls)


def attempt(call, *arguments):
    '''The type of what a call raises, or None.'''
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call(*arguments)
    except BaseException as error:
        return type(error)


v = Variable(np.array([1.0, 2.0]))
y = v * v
others = [created(cls) for cls in compiled_types(MODULES)]
tried = 0
"""

OF_CLASSES = """
CHECKED = (types.MethodDescriptorType, types.WrapperDescriptorType, types.GetSetDescriptorType)

def members(cls):
    for name, thing in vars(cls).items():
        if type(thing).__name__ == "cython_function_or_method" and not cls.__flags__ & (1 << 9):
            sys.exit(f"{{cls.__name__}}.{{name}} does not check its self")   # a class that C code allocates
        if isinstance(thing, types.GetSetDescriptorType):
            yield name, thing, [functools.partial(accessed, thing)]
        elif name not in ("__new__", "__class__") and callable(thing):
            yield name, thing, [thing]


def accessed(descriptor, o, *value):
    '''Read an attribute where there is no value, else set it.'''
    if value or o is None:              # of None `__get__` returns the descriptor
        descriptor.__set__(o, *value or [None])
    else:
        descriptor.__get__(o)


def some_arguments():
    pool = [None, 1.0, np.ones(2), v, y.creator, 2, "name", []]
    return [(), *itertools.product(pool, repeat=1), *itertools.product(pool, repeat=2), (None,) * 3, (2,) * 3]


for cls in compiled_types([MODULE]):
    wrong = [None, 1.0, np.ones(3), "text", *(o for o in others if not isinstance(o, cls))]
    for name, thing, calls in members(cls):
        for call in calls:
            for self in wrong:
                for arguments in some_arguments():
                    raised = attempt(call, self, *arguments)
                    tried += 1
                    if isinstance(thing, CHECKED) and not issubclass(raised or int, TypeError):
                        sys.exit(f"{{cls.__name__}}.{{name}} of {{type(self)}}: {{raised}}")
            for arguments in some_arguments():
                attempt(call, created(cls), *arguments)     # right, but not initialised
                tried += 1
print(tried)
"""

OF_FUNCTIONS = """
pool = [None, 1.0, np.ones(2), v, y.creator, 1, "add", [], [v], *others]
DOORS = "add_method", "set_comparison", "set_operator"      # these change what other calls mean

for name, function in list(vars(module).items()):
    if not isinstance(function, types.BuiltinFunctionType) or function.__module__ != module.__name__:
        continue
    for n in range(7):
        few = pool if n < 3 else pool[:4] if n < 5 else pool[:3]
        for arguments in itertools.product(few, repeat=n):
            if name not in DOORS or not any(argument is pool[6] for argument in arguments):
                attempt(function, *arguments)
                tried += 1
print(tried)
"""


def program(name, body):
    return textwrap.dedent((PREPARATION + body).format(modules=[name, *MODULES]))


@pytest.mark.parametrize("name", MODULES)
def test_every_method_checks_its_self(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # `tofile` is among the methods
    (tried,) = run(program(name, OF_CLASSES))
    assert int(tried) > 1000 or name in ("_numeric.arrays", "_numeric.choice")  # which have no classes


@pytest.mark.parametrize("name", MODULES)
def test_every_function_checks_its_arguments(name):
    (tried,) = run(program(name, OF_FUNCTIONS))
    without = ("_numeric.choice", "_numeric.loops", "_numeric.ready_queue", "_numeric.replay")  # functions
    assert int(tried) > 1000 or name in without


def test_the_calls_that_were_crashes_say_what_is_wrong():
    for call in (
        "Variable.cleargrad(None)",
        "list(map(Variable.cleargrad, [Variable(np.ones(1)), None]))",
        "Variable.backward(np.ones(3))",
        "Variable.unchain(1.0)",
        "Function.register_hook(3, print)",
    ):
        said = run(f"""
            import numpy as np
            from leopard import Function, Variable
            try:
                {call}
            except TypeError as error:
                print("TypeError")
        """)
        assert said == ["TypeError"], call


# -- What a descriptor of Python's does as well as a function ----------------------------------------


def test_a_method_has_its_signature_and_its_docstring():
    assert (
        str(inspect.signature(Variable.backward))
        == "(self, /, retain_grad=False, create_graph=False, *, gradient=None)"
    )
    assert inspect.getdoc(Variable.backward).startswith("Walk back through the graph")
    assert str(inspect.signature(Variable)) == "(data, name=None)"
    assert inspect.getdoc(Variable).startswith("An array that remembers how it was computed.")
    assert str(inspect.signature(leopard.as_variable)) == "(obj, name=None)"
    assert Variable.unchain.__qualname__ == "Variable.unchain"


def test_functions_and_methods_are_pickled_by_name():
    for thing in (leopard.as_array, leopard.as_variable, Variable.backward, Function.register_hook):
        assert pickle.loads(pickle.dumps(thing)) is thing


def test_a_subclass_overrides_a_method_and_calls_it():
    class Counted(Variable):
        calls = 0

        def cleargrad(self):
            self.calls += 1
            super().cleargrad()

    x = Counted(leopard.as_array(3.0))
    (x * x).backward()
    x.cleargrad()
    assert (x.calls, x.grad) == (1, None)
