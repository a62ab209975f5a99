"""The register of operations: each is stated once, in its class, and enters here by itself."""

from leopard import _core

#: Every Function class of leopard's own, in the order of the files.
classes = []
#: What a NumPy function means for Variables: the function of leopard's that is called instead.
numpy_functions = {}
#: What a NumPy ufunc means where it is no elementwise operation with a rule.
plain_ufuncs = set()


class _Plain(type):
    """A class whose instances have no attributes beyond the `__slots__` it names."""

    def __new__(meta, name, bases, namespace, **options):
        namespace.setdefault("__slots__", ())
        return super().__new__(meta, name, bases, namespace, **options)


class Primitive(_core.Function, metaclass=_Plain):
    """A Function of leopard's own.

    Its `__slots__` hold numbers, shapes and arrays of the call, never a Variable: the cyclic
    collector does not look into them.

    Attributes
    ----------
    broadcasts : bool
        Whether the gradient of an input may have a larger shape, which the walk then sums.
    cases : list
        Sample calls for the laws in the tests: tuples of shapes, then options.
    """

    broadcasts = False
    cases = []

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        _core.mark_innocent(cls)
        if cls.__module__ != __name__:
            classes.append(cls)


class Elementwise(Primitive):
    """A ufunc with a derivative.

    Attributes
    ----------
    ufunc : numpy.ufunc
        Its value, element by element.
    operator : str, optional
        The operator of Variable that means it.
    special : dict, optional
        Classes of one input that stand in for a class of two where the second operand is this
        Python number.
    domain : list of (float, float)
        For each input the interval that the tests draw from.
    smooth : bool
        Whether it can be differentiated everywhere in its domain.
    """

    name = None
    operator = None
    operation = None
    special = {}
    domain = [(-2.0, 2.0)]
    smooth = True

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()
        cls.operation = _core.Operation(cls)
        _core.set_ufunc(cls.ufunc, cls.operation)
        if cls.operator:
            _core.set_operator(cls.operator, cls.operation)

    def forward(self, *xs):
        return self.ufunc(*xs)


class Once(Primitive):
    """A gradient that cannot be differentiated again: its rule has read `.data`."""

    __slots__ = ("rule",)

    def __init__(self, rule):
        self.rule = rule

    def forward(self, gx, *xs):
        return gx.copy()

    def backward(self, ggx):
        raise RuntimeError(
            f"{self.rule} read .data, so a further derivative would miss a term; write the rule with the "
            "Variables themselves (`x * gy`, a mask `x > 0`)"
        )


def _once(function, gx):
    return Once(f"{type(function).__name__}.backward")(gx, *function.inputs)


_core.connect(once=_once)


def implements(*numpy_callables, method=None, operator=None):
    """Let a function be what NumPy's callables, a method of Variable or an operator mean."""

    def register(function):
        for f in numpy_callables:
            numpy_functions[f] = function
        if method:
            _core.add_method(method, function)
        if operator:
            _core.set_operator(operator, function)
        return function

    return register
