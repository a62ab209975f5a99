"""What a function reads beside its arguments: its cells, defaults and globals, through what it calls.

A recording holds what these were. At each call the names are compared by identity; the elements of arrays and
other contents are compared where the recording has made a constant of them.
"""

import collections
import dis
import functools
import gc
import operator
import sys
import types

import numpy as np

from leopard import _core
from leopard._config import Config
from leopard._core import Variable

#: So many objects are followed; a function that reads more is not replayed.
MOST = 20_000

#: Names with which code finds out what an object is.
LOOKS_AT_TYPES = {
    "type",
    "isinstance",
    "issubclass",
    "hasattr",
    "getattr",
    "vars",
    "dir",
    "isscalar",
    "__class__",
}

#: Names with which code makes Python numbers or texts of elements; `math` and `operator` do so, too.
_READS = {
    "bool", "bytes", "complex", "float", "format", "hash", "int", "item", "memoryview", "repr", "round",
    "str", "tobytes", "tolist",
}  # fmt: skip
_READERS = {"math", "cmath", "_operator", "operator"}
#: Operations of the interpreter that take one of two ways by a value.
_JUMPS = {op for name, op in dis.opmap.items() if "JUMP" in name and "_IF_" in name and "NONE" not in name}

_LEAVES = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    np.generic,
    np.dtype,
    range,
    slice,
    type(Ellipsis),
)
#: What holds nothing that changes.
_OPAQUE = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    np.ufunc,
    type(np.where),  # a function of NumPy's
    _core.Operation,
)
#: Modules of the standard library whose objects without attributes do not change.
_IMMUTABLE = {"_operator", "_thread", "datetime", "decimal", "operator", "re", "uuid", "zoneinfo"}
_LIBRARIES = {"numpy", "scipy", "leopard", "autograd", "builtins", *sys.stdlib_module_names}


def _is_library(module):
    return (module or "").partition(".")[0] in _LIBRARIES


def _is_buffer(x):
    """Whether an object shows its memory to others."""
    try:
        memoryview(x).release()
    except TypeError:
        return False
    return True


@functools.cache
def _is_installed(module):
    """Whether a module belongs to an installed package, whose insides are not followed."""
    if module == "__main__":  # a user's, whatever has started it
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not _is_library(module) and ("site-packages" in file or "dist-packages" in file)


class Reach:
    """What can be reached from a function, and from objects among its arguments.

    Attributes
    ----------
    names : list of (dict, key, object)
        Globals, and attributes of objects, that the code reads: the object is to stand under the key still.
    functions : list of (function, code, defaults, defaults of its keywords)
    cells : list of (cell, object)
    attributes : list of (object, name, object)
        What stands in the `__slots__` of objects.
    values : list of (Variable, array)
    data : dict
        The arrays of Variables, by identity.
    settings : tuple or None
        The values of leopard's settings, where code reads them.
    read : set
        The identities of the Variables whose arrays code has taken: they are compared as other arrays.
    contents : list of (container, tuple)
        Lists, tuples, dicts and sets, and what they hold.
    arrays : dict
        The arrays that were found, by identity.
    unread : dict
        Those whose elements are compared: code may read them in a way that is not recorded.
    variables : dict
        The Variables that were found, by identity.
    numbers : set
        The numbers in the code of the functions and under the names: those that no computation has made.
    looks_at_types : bool
        Whether code of a user's may find out that it is given Variables for arrays and numbers.
    reads_values : bool
        Whether code of a user's may have branched on elements of the arrays, or made Python numbers of them.
    complete : bool
        Whether all could be followed.
    is_cut : bool
        Whether there were too many objects.
    why : str or None
        What could not be followed.
    """

    def __init__(self, function, *objects):
        self.names, self.cells, self.attributes, self.contents, self.values = [], [], [], [], []
        self.functions = []
        self.arrays, self.variables, self.numbers = {}, {}, set()
        self.data, self.read = {}, set()
        self.complete, self.is_cut, self.why = True, False, None
        self.looks_at_types = self.reads_values = False
        self.words, self.modules, self.done = {}, [], set()  # while it is followed
        self._seen = {}
        self._waiting = [function, *objects]
        while self._waiting or self._follow_modules():
            x = self._waiting.pop()
            if id(x) in self._seen:
                continue
            if len(self._seen) >= MOST:
                self.is_cut = True
                self._leave(f"more than {MOST} objects")
                break
            self._seen[id(x)] = x
            self._follow(x)
        self.unread = dict(self.arrays)
        self.settings = _settings() if "Config" in self.words else None
        del self._waiting, self.done, self.words, self.modules

    def _leave(self, what):
        """Note what cannot be followed."""
        self.complete, self.why = False, self.why or what

    def _follow(self, x):
        if isinstance(x, _LEAVES):
            if isinstance(x, (int, float, complex, np.number)):
                self.numbers.add(_number(x))
        elif isinstance(x, np.ndarray):
            self.arrays[id(x)] = x
            if x.dtype.hasobject:
                self._leave("an array of objects")
        elif isinstance(x, Variable):
            self.variables[id(x)] = x
            data = _core.array_of_any(x)
            self.values.append((x, data))
            self.data[id(data)] = data
        elif isinstance(x, types.FunctionType):
            self._follow_function(x)
        elif isinstance(x, types.MethodType):
            self._waiting += x.__self__, x.__func__
        elif isinstance(x, functools.partial):
            self._waiting += x.func, x.args, x.keywords
            self._waiting.append(getattr(x, "__wrapped__", None))
        elif isinstance(x, (list, tuple, set, frozenset)):
            held = tuple(x)
            if not isinstance(x, (tuple, frozenset)):
                self.contents.append((x, held))
            self._waiting += held
        elif isinstance(x, collections.deque):
            self.contents.append((x, tuple(x)))
            self._waiting += x
        elif isinstance(x, dict):
            held = tuple(x.items())
            self.contents.append((x, held))
            self._waiting += x.values()
        elif isinstance(x, types.ModuleType):
            self.reads_values = self.reads_values or x.__name__ in _READERS
            if not (_is_library(x.__name__) or _is_installed(x.__name__)):
                self.modules.append(x)
        elif isinstance(x, type):
            if not (_is_library(x.__module__) or _is_installed(x.__module__)):
                self._follow_class(x)
        elif isinstance(x, _OPAQUE):
            if getattr(x, "__module__", None) in _READERS:
                self.reads_values = True
        else:
            self._follow_instance(x)

    def _follow_function(self, f):
        if _is_library(f.__module__):
            if f.__closure__:  # a function that a library has made of a user's
                self._follow_cells(f, (f.__module__ or "").partition(".")[0] != "leopard")
            return
        if _is_installed(f.__module__):
            self._leave(f"a function of {f.__module__}")
            self._follow_cells(f)
            return
        self.functions.append((f, f.__code__, f.__defaults__, f.__kwdefaults__))
        self._waiting += f.__defaults__, f.__kwdefaults__
        self._follow_cells(f)
        self._waiting.append(f.__dict__ or None)
        self._follow_code(f.__code__, f.__globals__)

    def _follow_cells(self, f, compared=True):
        """Follow what is in the cells of a function; those of leopard's own functions do not change."""
        for cell in f.__closure__ or ():
            try:
                found = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            if compared:
                self.cells.append((cell, found))
            self._waiting.append(found)

    def _follow_code(self, code, scope):
        """Follow the names that code reads: globals, and later what modules of the user's hold under them."""
        self.looks_at_types = self.looks_at_types or not LOOKS_AT_TYPES.isdisjoint(code.co_names)
        if not (_READS.isdisjoint(code.co_names) and _JUMPS.isdisjoint(code.co_code[::2])):
            self.reads_values = True
        strings = [x for x in code.co_consts if isinstance(x, str) and x.isidentifier()]
        for name in (*code.co_names, *strings):
            if name.startswith("@"):  # pytest's, for the text of an assertion
                continue
            self.words[name] = None
            if name in scope:
                self._follow_name(scope, name)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._follow_code(constant, scope)
            else:
                self._waiting.append(constant)

    def _follow_name(self, names, name):
        found = names[name]
        self.names.append((names, name, found))
        self._waiting.append(found)

    def _follow_modules(self):
        """Wait for what modules that were met hold under the words of the code; whether there is any."""
        done = self.done
        if "grad" in self.words:
            for v in list(self.variables.values()):
                if id(v) not in done:
                    self.attributes.append((v, "grad", v.grad))
                    self._waiting.append(v.grad)
                    done.add(id(v))
        for module in self.modules:
            for word in self.words:
                if (id(module), word) not in done and word in module.__dict__:
                    self._follow_name(module.__dict__, word)
                done.add((id(module), word))
        return bool(self._waiting)

    def _follow_class(self, cls):
        for base in cls.__mro__:
            if _is_library(base.__module__) or _is_installed(base.__module__):
                continue
            (names,) = gc.get_referents(vars(base))  # the dict of which `vars` shows a proxy
            self.contents.append((names, tuple(names.items())))
            for name, found in names.items():
                if isinstance(found, (staticmethod, classmethod)):
                    self._waiting.append(found.__func__)
                elif isinstance(found, property):
                    self._waiting += found.fget, found.fset
                elif not name.startswith("__") or isinstance(found, types.FunctionType):
                    self._waiting.append(found)

    def _follow_instance(self, x):
        """Follow the attributes of an object; of one of leopard's own, the function that it was made of."""
        if type(x).__module__.partition(".")[0] == "leopard":
            self._waiting.append(getattr(x, "__wrapped__", None))
            return
        if _is_installed(type(x).__module__):
            self._leave(f"the inside of a {type(x).__name__}")
            return
        if _is_buffer(x):
            self._leave(f"the memory of a {type(x).__name__}")
        self._waiting.append(type(x))
        held = getattr(x, "__dict__", None)
        if type(held) is dict:
            self._waiting.append(held)
        elif not hasattr(type(x), "__slots__") and type(x).__module__ not in _IMMUTABLE:
            self._leave(f"the inside of a {type(x).__name__}")
        for name in getattr(type(x), "__slots__", ()):
            if isinstance(name, str) and hasattr(x, name):
                found = getattr(x, name)
                self.attributes.append((x, name, found))
                self._waiting.append(found)

    def checks(self):
        """What is to be as it was, as `Front.add` takes it; what it has no form for is compared in Python."""
        found = {(id(held), key): (held, key, x) for held, key, x in self.names}
        checks = [*found.values(), *[("cell", cell, x) for cell, x in self.cells]]
        checks += [("function", *held) for held in self.functions]
        for container, held in self.contents:
            if type(container) is list:
                checks.append(("items", container, held))
            elif type(container) is dict:
                checks.append(("items", container, tuple([x for item in held for x in item])))
        if self.settings is not None:
            checks.append(("true", self.has_same_settings))
        if self.attributes or self.values or any(type(x) not in (list, dict) for x, _ in self.contents):
            checks.append(("true", self.has_same_contents))
        return checks

    def holds(self, array):
        """Whether an array, or one whose memory it shows, was found."""
        while isinstance(array, np.ndarray):
            if id(array) in self.arrays or id(array) in self.data:
                return True
            array = array.base
        return False

    def explains(self, number):
        """Whether a number stands in the code, or under a name that is compared."""
        return _number(number) in self.numbers

    def is_unchanged(self):
        """Whether every name, cell, attribute and container holds what it held."""
        for held, key, found in self.names:
            if held.get(key, self) is not found:
                return False
        for f, *found in self.functions:
            if any(map(operator.is_not, found, (f.__code__, f.__defaults__, f.__kwdefaults__))):
                return False
        for cell, found in self.cells:
            try:
                if cell.cell_contents is not found:
                    return False
            except ValueError:
                return False
        return self.has_same_settings() and self.has_same_contents()

    def has_same_settings(self):
        """Whether the settings are what they were, where code reads them."""
        return self.settings is None or self.settings == _settings()

    def has_same_contents(self):
        """Whether attributes, containers and Variables hold what they held."""
        for owner, name, found in self.attributes:
            if getattr(owner, name, self) is not found:
                return False
        for v, array in self.values:
            now = _core.array_of_any(v)
            if now is not array and (id(v) in self.read or _form_of(now) != _form_of(array)):
                return False
        return all(map(_holds_the_same, self.contents))

    def leave_to_program(self, variables):
        """Compare no more what a program reads of these Variables at each call: arrays, and their form."""
        read_there = set(map(id, variables)) - self.read
        self.values = [(v, array) for v, array in self.values if id(v) not in read_there]

    def leave_arrays_to_program(self, arrays):
        """Compare no more the elements of arrays that a program reads at each call."""
        for array in arrays:
            while isinstance(array, np.ndarray):
                self.unread.pop(id(array), None)
                array = array.base

    def snapshot(self):
        """The arrays, those of Variables among them, and their contents."""
        arrays = [*self.unread.values(), *[array for _, array in self.values]]
        return arrays, tuple(map(_fingerprint_of, arrays))

    def is_written(self, snapshot):
        """Whether an array has other contents than in a snapshot, or a Variable another array."""
        arrays, contents = snapshot
        rebound = any(_core.array_of_any(v) is not array for v, array in self.values)
        return rebound or contents != tuple(map(_fingerprint_of, arrays))

    def fingerprint(self):
        """The contents of the arrays, and of those of Variables that code has taken."""
        held = [array for v, array in self.values if id(v) in self.read]
        return tuple(map(_fingerprint_of, [*self.unread.values(), *held]))


def _number(x):
    """A number, apart from an equal one of NumPy's, which may be an element of an array."""
    try:
        return isinstance(x, np.generic), complex(x)
    except OverflowError:
        return False, x


def _holds_the_same(entry):
    container, held = entry
    if len(container) != len(held):
        return False
    if isinstance(container, dict):
        return all(map(_is_same_item, container.items(), held))
    if isinstance(container, (set, frozenset)):
        return container == set(held)
    return all(map(_is_same, container, held))


def _is_same(a, b):
    return a is b


def _is_same_item(a, b):
    return a[0] is b[0] and a[1] is b[1]


def _settings():
    return tuple([getattr(Config, name) for name in dir(Config)])


def _form_of(array):
    return array.shape, array.dtype, array.strides


def _fingerprint_of(array):
    content = hash(repr(array)) if array.dtype.hasobject else _core.hash_of_elements(array)
    return array.shape, array.dtype.str, content
