"""The errors of what would lose a gradient: they name the user's call and what to write instead of it.

The call is found from the frames of the stack: the innermost one that runs a user's code, the place of its
running instruction in the source, and the function that is called there. A function's name is looked up in
modules and in the frame's variables alone, so that no user's code runs. Where there is no source (`exec`, an
interactive session), the name is that of the frame that was called, if there is one.

`SAME` and `WRITE` are the tables of what to write. A function of SciPy's that `leopard.scipy` has needs no
row.
"""

import linecache
import opcode
import sys
import types
import warnings
from itertools import islice

import numpy as np

from leopard._core import Variable, of_function, of_ufunc

_OPTIMIZED = 1  # the flag of code whose variables have places of their own (inspect.CO_OPTIMIZED)
_STORES = {opcode.opmap.get(name) for name in ("STORE_SUBSCR", "STORE_SLICE")}

# Code of these packages, and of the standard library, is not the user's.
LIBRARIES = set(
    "IPython PIL _pytest dask imageio jax joblib leopard matplotlib mpmath networkx numba numexpr numpy "
    "pandas plotly pluggy polars pyarrow pytest scipy seaborn skimage sklearn statsmodels sympy tensorflow "
    "torch xarray".split()
)

#: What takes the same arguments and Variables among them.
SAME = {
    "numpy.array": "leopard.array",
    "numpy.asarray": "leopard.asarray",
    "numpy.asanyarray": "leopard.asarray",
    "numpy.ascontiguousarray": "leopard.ascontiguousarray",
    "numpy.asfortranarray": "leopard.asfortranarray",
    "numpy.full": "leopard.full",
    "numpy.vectorize": "leopard.vectorize",
}  # fmt: skip

_DATA = "write v.data where no derivative is wanted"
_OWN = (
    "state one (leopard.custom_vjp, leopard.Function), or give it v.data, which takes no part in the gradient"
)
_PLAIN = (
    "with .data of each Variable that f takes from outside; SciPy computes with plain arrays, so that f is "
    "given and returns plain ones"
)
_NO_SLOPES = "it uses no derivatives: return y.data, or call it in a block of leopard.no_grad()"
_PICTURE = "a picture has no derivative: write v.data"
_DRAWN = "draw standard numbers and compute with them, as in "

#: What to write instead of a function, or of all functions of a module, class or package.
WRITE = {
    "matplotlib": _PICTURE,
    "seaborn": _PICTURE,
    "plotly": _PICTURE,
    "PIL": _PICTURE,
    "pandas": "pandas keeps plain arrays: write v.data",
    "xarray": "xarray keeps plain arrays: write v.data",
    "sklearn": "scikit-learn computes with plain arrays: write v.data; a loss of your own takes Variables",
    "statsmodels": "statsmodels computes with plain arrays: write v.data",
    "torch": "PyTorch has a graph of its own: write v.data",
    "jax": "JAX has a graph of its own: write v.data",
    "pytest.approx": "write pytest.approx(v.data)",
    "numpy.testing": "a comparison has no derivative: write v.data",
    "numpy.savetxt": "write leopard.array([...]).data",
    "numpy.arange": "write start + step * np.arange(n), or np.linspace(start, stop, n)",
    "numpy.asarray_chkfinite": "write np.isfinite(v).all() for the check, and v itself, which is an array "
    "already",
    "numpy.require": "v is an array already; v.copy(order) has another memory layout",
    "numpy.matrix": "v is an array already; products are v @ w",
    "numpy.asmatrix": "v is an array already; products are v @ w",
    "numpy.ma": "leopard has no masked arrays: write np.where(mask, 0.0, v), or v[~mask]",
    "numpy.ndenumerate": "write np.ndindex(v.shape) and v[index], or np.ndenumerate(v.data)",
    "numpy.nditer": "write np.ndindex(v.shape) and v[index], or np.nditer(v.data)",
    "numpy.broadcast": "write np.broadcast_shapes(v.shape, w.shape), or np.broadcast_arrays(v, w)",
    "numpy.lib.stride_tricks.as_strided": "write np.lib.stride_tricks.sliding_window_view(v, n), or an "
    "index: v[places]",
    "numpy.poly1d": "write np.polyval(coefficients, x)",
    "numpy.polynomial.Polynomial": "write np.polynomial.polynomial.polyval(x, coefficients)",
    "numpy.polynomial.Chebyshev": "write np.polynomial.chebyshev.chebval(x, coefficients)",
    "numpy.polynomial.Legendre": "write np.polynomial.legendre.legval(x, coefficients)",
    "numpy.polynomial.Laguerre": "write np.polynomial.laguerre.lagval(x, coefficients)",
    "numpy.polynomial.Hermite": "write np.polynomial.hermite.hermval(x, coefficients)",
    "numpy.polynomial.HermiteE": "write np.polynomial.hermite_e.hermeval(x, coefficients)",
    "numpy.ndarray.put": "let the array be a Variable, too: a = Variable(a)",
    "numpy.linalg": "it takes Variables, but not lists of them: write leopard.array([...])",
    "scipy.stats.zscore": "write (v - np.mean(v)) / np.std(v)",
    "scipy.stats": "leopard.scipy.stats has distributions; of this there is no derivative yet: " + _DATA,
    "scipy.sparse": "A @ v, v @ A and A * v take Variables; leopard.scipy.sparse has arrays of Variables, "
    "and linalg.spsolve, splu, cg, gmres, expm_multiply; of others there is no derivative yet: " + _DATA,
    "scipy.optimize.basinhopping": "write scipy.optimize.basinhopping(leopard.value_and_grad(f), x0, "
    'minimizer_kwargs={"jac": True}), ' + _PLAIN,
    "scipy.optimize.leastsq": "write scipy.optimize.leastsq(f, x0, Dfun=leopard.jacobian(f)), " + _PLAIN,
    "scipy.optimize.fsolve": "write scipy.optimize.fsolve(f, x0, fprime=leopard.jacobian(f)), " + _PLAIN,
    "scipy.optimize.root_scalar": "write scipy.optimize.root_scalar(f, x0=x0, fprime=leopard.grad(f)), "
    + _PLAIN,
    "scipy.optimize.newton": "write scipy.optimize.newton(f, x0, fprime=leopard.grad(f)), " + _PLAIN,
    "scipy.optimize.approx_fprime": "write leopard.grad(f)(x)",
    "scipy.optimize.check_grad": "write leopard.testing.check_grads(f, (x,))",
    "scipy.optimize.linprog": "leopard has no derivative of it; " + _DATA,
    "scipy.optimize": "SciPy computes with plain arrays: return y.data; a gradient is leopard.grad(f), "
    + _PLAIN,
    "numpy.random.Generator.normal": _DRAWN + "loc + scale * rng.standard_normal(n)",
    "numpy.random.Generator.uniform": _DRAWN + "low + (high - low) * rng.random(n)",
    "numpy.random.Generator.exponential": _DRAWN + "scale * rng.standard_exponential(n)",
    "numpy.random.Generator.lognormal": _DRAWN + "np.exp(mean + sigma * rng.standard_normal(n))",
    "numpy.random.Generator.multivariate_normal": _DRAWN + "mean + np.linalg.cholesky(cov) @ "
    "rng.standard_normal(n)",
    "numpy.random.Generator.choice": "draw the places: v[rng.choice(len(v), n)]",
    "numpy.random.Generator.permutation": "draw the places: v[rng.permutation(len(v))]",
    "numpy.random.Generator.permuted": "draw the places: v[rng.permutation(len(v))]",
    "numpy.random": "a number drawn at random has no derivative in leopard yet: " + _DATA + ", or draw "
    "standard numbers and compute with them, as in loc + scale * rng.standard_normal(n)",
}  # fmt: skip
WRITE |= {
    f"scipy.optimize.{name}": f"write scipy.optimize.{name}(f, x0, fprime=leopard.grad(f)), {_PLAIN}"
    for name in ("fmin_bfgs", "fmin_cg", "fmin_l_bfgs_b", "fmin_ncg", "fmin_slsqp", "fmin_tnc")
}
WRITE |= {
    f"scipy.optimize.{name}": _NO_SLOPES
    for name in (
        "bisect", "brenth", "brentq", "brute", "differential_evolution", "direct", "dual_annealing", "fmin",
        "fmin_cobyla", "fmin_powell", "fminbound", "minimize_scalar", "ridder", "shgo", "toms748",
    )
}  # fmt: skip
WRITE |= {
    f"{_place}.{name.rpartition('.')[2]}": found.replace("rng.", "np.random.")
    for name, found in WRITE.items()
    if name.startswith("numpy.random.Generator.") and not name.endswith(".permuted")
    for _place in ("numpy.random", "numpy.random.RandomState")
}

#: Beginnings of the names of functions that call a function of the user's.
CALL_BACK = (
    *[name for name in WRITE if name.startswith("scipy.optimize.") and name != "scipy.optimize.linprog"],
    *["scipy.optimize." + name for name in ("curve_fit", "least_squares", "minimize", "root")],
    *[
        "scipy.integrate." + name
        for name in ("dblquad", "fixed_quad", "nquad", "ode", "quad", "solve_", "tplquad")
    ],
)

#: NumPy's names of the functions of `math` and `cmath` that have other names there.
OF_MATH = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "dist": "linalg.norm", "fsum": "sum", "phase": "angle",
    "sumprod": "dot",
}  # fmt: skip


# -- The user's call -----------------------------------------------------------------------------


def _package_of(frame):
    return str(dict.get(frame.f_globals, "__name__", "")).partition(".")[0]


def is_users(frame):
    """Whether a frame runs a user's code, and no library's."""
    package = _package_of(frame)
    if package in sys.stdlib_module_names:
        return frame.f_code.co_filename.startswith("<")  # `timeit` runs a user's code under its own name
    return package not in LIBRARIES


def _users_frame():
    """The innermost frame that runs a user's code, or None; and the frames of libraries that it called."""
    frame, called = sys._getframe(1), []
    while frame is not None and not is_users(frame):
        if _package_of(frame) != "leopard":
            called.append(frame)
        frame = frame.f_back
    return frame, called


def _place_of(frame):
    """File, line and text of the line that a frame runs."""
    if frame is None:
        return "an unknown place"
    name, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, line).strip()
    return f"{name}, line {line}" + (f": {text}" if text else "")


def users_line():
    """File, line and text of the innermost line on the stack that is a user's, and of no library."""
    return _place_of(_users_frame()[0])


def warn_users(message, category):
    """Warn at the innermost line on the stack that is a user's."""
    frame, _ = _users_frame()
    if frame is None:
        warnings.warn(message, category, stacklevel=2)
        return
    scope, file = frame.f_globals, frame.f_code.co_filename
    module = scope.get("__name__") or file  # without a module nothing is said
    registry = scope.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, file, frame.f_lineno, module, registry)


class Call:
    """The innermost call on the stack that stands in a user's code.

    Attributes
    ----------
    place : str
        File, line and text of the line.
    node : ast.AST or None
        What runs there, parsed; None where there is no source.
    name : str
        The public name of the function that is called, "" where it is not found.
    function : object
        The function itself, where it is found.
    given : dict
        The parameters of the called function and their values, where it is written in Python.
    """

    def __init__(self):
        self.node, self.name, self.function, self.given = None, "", None, {}
        self.frame, called = _users_frame()
        self.place = _place_of(self.frame)
        if self.frame is None:
            return
        try:
            self._look(called)
        except Exception:  # the source is not what has run: an error without a name is better than another
            pass

    def _look(self, called):
        """Find the function that is called; `called` are the frames of libraries, from the innermost."""
        import ast  # it takes time to import

        if called:
            self.name, self.function = _function_of(called[-1])
        self.node, is_attribute = running_code(self.frame)
        if isinstance(self.node, ast.Call) and not is_attribute:
            name, function = self._resolve(self.node.func)
            if name and name.partition(".")[0] not in ("builtins", "leopard"):
                self.name, self.function = name, function
            elif name and not self.name:
                self.name, self.function = name.removeprefix("builtins."), function
        for frame in called:
            code = frame.f_code
            if frame is called[-1] or code.co_name == self.name.rpartition(".")[2]:
                names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
                self.given |= {k: v for k, v in frame.f_locals.items() if k in names}

    def _resolve(self, node):
        """The public name of a dotted expression and what it is; ("", None) where that is not known."""
        import ast

        attributes = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return "", None
        value = self.value_of(node.id)
        attributes.reverse()
        while isinstance(value, types.ModuleType) and attributes:
            page = types.ModuleType.__getattribute__(value, "__dict__")
            if attributes[0] not in page:
                return ".".join([str(page.get("__name__")), *attributes]), None
            value, name = page[attributes[0]], attributes.pop(0)
            if not isinstance(value, types.ModuleType) and not attributes:
                found = name_of(value)
                return found if found and "._" not in f".{found}" else f"{page.get('__name__')}.{name}", value
            if not isinstance(value, types.ModuleType):
                return f"{page.get('__name__')}.{name}.{'.'.join(attributes)}", None
        if value is None or isinstance(value, types.ModuleType):
            return "", None
        found = name_of(value) or name_of_owner(value)
        return ".".join([found, *attributes]) if found else "", None if attributes else value

    def value_of(self, name):
        """The value of a variable in the frame; None for one that is not there."""
        frame = self.frame
        pages = [frame.f_globals, frame.f_builtins]
        if frame.f_code.co_flags & _OPTIMIZED or type(frame.f_locals) is dict:
            pages.insert(0, frame.f_locals)
        for page in pages:
            if name in page:
                return page[name]
        return None

    def list_argument(self):
        """The number of the first argument that is a list or a tuple with a Variable in it; or None."""
        import ast

        for i, arg in enumerate(getattr(self.node, "args", [])):
            if isinstance(arg, (ast.List, ast.ListComp, ast.Tuple)):
                return i
            if isinstance(arg, ast.Name) and _holds_variable(self.value_of(arg.id)):
                return i
        return None

    def with_array(self, number):
        """The call with `leopard.array` around an argument, as text."""
        import ast

        args = list(self.node.args)
        args[number] = ast.Call(ast.parse("leopard.array", mode="eval").body, [args[number]], [])
        return short(ast.Call(self.node.func, args, self.node.keywords), "leopard.array([...]) for the list")

    def of(self, function):
        """The call with the name of another function, as text."""
        import ast

        if not isinstance(self.node, ast.Call):
            return function
        keywords = [k for k in self.node.keywords if ast.unparse(k) != "dtype=object"]
        return short(ast.Call(ast.parse(function, mode="eval").body, self.node.args, keywords), function)


def short(node, otherwise):
    """The text of an expression; `otherwise` where it is long."""
    import ast

    text = ast.unparse(node)
    return text if len(text) <= 60 else otherwise


def _function_of(frame):
    """The public name of the function of a frame, and the function; of ``__call__``, its class."""
    code = frame.f_code
    module, name = frame.f_globals["__name__"], code.co_qualname
    owner = frame.f_locals.get("self") if code.co_varnames[:1] == ("self",) else None
    if owner is not None and "." in name:
        method = name.rpartition(".")[2]
        found = name_of_owner(owner)
        return found if method.startswith("__") else f"{found}.{method}", None
    page = getattr(sys.modules.get(module), "__dict__", {})
    return public_name(module, name), page.get(name)


def _holds_variable(x):
    return type(x) in (list, tuple) and any(isinstance(y, Variable) or _holds_variable(y) for y in x)


def running_code(frame):
    """What an instruction of the frame that is running stands for, parsed, and whether it follows a dot.

    None where the source is not known.
    """
    import ast

    first, last, start, stop = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    lines = [linecache.getline(frame.f_code.co_filename, n).encode() for n in range(first, last + 1)]
    if None in (start, stop) or not all(lines):
        return None, False
    before = lines[0][:start].rstrip()
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    text = b"".join(lines).decode()
    try:
        (statement,) = ast.parse(text).body
    except SyntaxError:
        (statement,) = ast.parse(f"({text})").body
    return getattr(statement, "value", None) if isinstance(
        statement, ast.Expr
    ) else statement, before.endswith(b".")


def name_of(thing):
    """The public name of a function, a ufunc or a class; "" for anything else."""
    if isinstance(thing, np.ufunc):
        return name_of_ufunc(thing)
    if type(thing) in (types.FunctionType, type(np.sum)):
        return public_name(thing.__module__, thing.__qualname__, thing)
    if type(thing) is types.BuiltinFunctionType:
        owner = thing.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            return public_name(thing.__module__ or getattr(owner, "__name__", ""), thing.__name__, thing)
        return f"{name_of(type(owner))}.{thing.__name__}"
    if isinstance(thing, type):
        module = type.__getattribute__(thing, "__module__")
        return public_name(module, type.__getattribute__(thing, "__qualname__"), thing)
    return ""


def name_of_owner(owner):
    """The public name of what a method belongs to: that of a distribution of SciPy's, else of its class.

    A distribution with parameters of its own is a call of it, `scipy.stats.norm(...)`.
    """
    kind = type(owner)
    if type.__getattribute__(kind, "__module__").startswith("scipy.stats."):
        page = object.__getattribute__(owner, "__dict__")
        dist = page.get("dist", page.get("_dist"))
        for name, thing in sys.modules["scipy.stats"].__dict__.items():
            if not isinstance(thing, type) and type(thing) in (kind, type(dist)):
                return f"scipy.stats.{name}" + ("" if type(thing) is kind else "(...)")
    return name_of(kind)


def name_of_ufunc(ufunc):
    """The public name of a ufunc, which does not know its module; the longest of several names there."""
    for module in ["numpy", *sorted(name for name in list(sys.modules) if "._" not in name)]:
        page = getattr(sys.modules.get(module), "__dict__", {})
        if module != "leopard" and page.get(ufunc.__name__) is ufunc:
            if module == "numpy":
                return f"numpy.{ufunc.__name__}"
            names = [name for name, x in list(page.items()) if x is ufunc]
            return f"{module}.{max(names, key=lambda name: (len(name), name == ufunc.__name__))}"
    return f"the ufunc {ufunc.__name__}"


def public_name(module, name, thing=None):
    """The name of a thing where the public finds it: in `scipy.linalg`, and not in a private module of it."""
    parts = str(module).split(".")
    name = name.removesuffix(".__call__").removesuffix(".__init__").removesuffix(".__new__")
    first = name.partition(".")[0]
    if parts[0].startswith("_"):  # `_pytest` has the functions of `pytest`
        parts[:0] = [parts[0].lstrip("_")]
    home = (
        getattr(sys.modules.get(str(module)), "__dict__", {}).get(first)
        if thing is None or "." in name
        else thing
    )
    for n in range(1, len(parts) + 1):
        page = getattr(sys.modules.get(".".join(parts[:n])), "__dict__", {})
        if home is not None and page.get(first) is home and not parts[n - 1].startswith("_"):
            return ".".join([*parts[:n], name])
    public = [part for part in parts if not part.startswith("_")]
    return ".".join([*public, name])


# -- What to write -------------------------------------------------------------------------------


def same_as(name):
    """What takes the same arguments as a function and Variables among them; None where there is nothing."""
    if name in SAME:
        return SAME[name]
    parts = name.replace("(...)", "").split(".")
    if parts[0] != "scipy" or len(parts) < 3:
        return None
    try:
        thing = sys.modules["leopard"]
        for part in parts:
            thing = getattr(thing, part)
    except (ImportError, AttributeError):
        return None
    return f"leopard.{name}"


def advice_for(name):
    """What the tables say of a function, its class, its module or its package; or None."""
    same = same_as(name)
    if same:
        return f"write {same}"
    name = name.replace("(...)", "")
    while name:
        if name in WRITE:
            return WRITE[name]
        name = name.rpartition(".")[0]
    return None


def _dispatches(function):
    """Whether NumPy asks the arguments of a function what it is to do."""
    return isinstance(function, (np.ufunc, type(np.sum)))


def _advice(call):
    """What to write instead of a call in which a Variable would become an ndarray."""
    package = call.name.partition(".")[0]
    same = same_as(call.name)
    if same:
        return f"write {call.of(same)}; v.data where no derivative is wanted"
    owner, _, name = call.name.rpartition(".")
    is_numpys = _dispatches(call.function) or _dispatches(getattr(np, owner.removeprefix("numpy."), None))
    number = call.list_argument()
    if number is not None and (is_numpys or package == "leopard"):
        return (
            f"Variables are not looked for inside lists: write {call.with_array(number)}; "
            "v.data where no derivative is wanted"
        )
    found = advice_for(call.name)
    if found:
        return found if ".data" in found else f"{found}; v.data where no derivative is wanted"
    if owner == "numpy.ndarray" and _dispatches(getattr(np, name, None)):
        return f"write np.{name}(a, ...), which takes Variables; v.data where no derivative is wanted"
    if is_numpys and call.function is not None and _has_operation(call.function):
        return (
            "it looks for Variables neither in lists nor among its options: write leopard.array([...]) for a "
            "list, v.data for an option"
        )
    if package in ("numpy", "scipy"):
        return f"it has no derivative in leopard yet: {_OWN}"
    return "join Variables by leopard.array([...]), or write v.data where no derivative is wanted"


def _has_operation(function):
    return (of_ufunc if isinstance(function, np.ufunc) else of_function)(function) is not None


#: What SciPy's sparse matrices ask an operand's array in, before they leave an operator to the operand.
_OF_SPARSE = {"_matmul_dispatch", "_multiply_2d_with_broadcasting", "_divide"}


def asked_by_operator_of_sparse(depth=2):
    """Whether an operator of SciPy's sparse matrices asks for an array, to find out if it takes an operand.

    It leaves the product to the operand where it is given an array of one object, without axes.

    Parameters
    ----------
    depth : int
        How many calls before this one it has asked.
    """
    frame = sys._getframe(depth)
    if frame.f_code.co_name not in _OF_SPARSE:
        return False
    while str(dict.get(frame.f_globals, "__name__", "")).startswith("scipy.sparse."):
        name, frame = frame.f_code.co_name, frame.f_back
        if name.startswith("__"):
            return True
    return False


def refuse_array(v):
    """Raise, since an ndarray is asked of a Variable, which would lose its gradient.

    See `asked_by_operator_of_sparse` for the exception.
    """
    if asked_by_operator_of_sparse():
        return np.array(None, object)
    call = Call()
    found = _advice(call)
    what = f"{call.name} of a Variable" if "." in call.name else "a Variable in an ndarray"
    if call.name.startswith(CALL_BACK):
        parameter = next((name for name, x in call.given.items() if x is v), None)
        if parameter:
            found = f"{parameter} is to be a plain array: write {parameter}=v.data"
        else:
            what = f"a Variable that a function returns to {call.name}"
    raise TypeError(f"{what} would lose the gradient, in {call.place}; {found}")


def refuse_conversion(made):
    """Raise, since a transform is differentiating what is about to become something without a derivative."""
    call = Call()
    module, _, name = call.name.rpartition(".")
    name = OF_MATH.get(name, name)
    if module in ("math", "cmath") and hasattr(np, name.partition(".")[0]):
        found = f"write np.{name}"
    else:
        found = advice_for(call.name) or "call functions of NumPy or leopard (np.sin for math.sin)"
    raise TypeError(
        f"a value that is being differentiated would become {made} and lose its derivative, in {call.place}; "
        f"{found}, or write leopard.stop_gradient(v) where no derivative is wanted"
    )


def refuse_return(v):
    """Raise where a user's function has returned a Variable to one of SciPy's optimizers."""
    if str(dict.get(sys._getframe(2).f_globals, "__name__", "")).startswith("scipy.optimize."):
        refuse_array(v)


def refuse_without_rule(name):
    """Raise, since a function that has no rule was called with a Variable."""
    call = Call()
    owner, _, method = call.name.rpartition(".")
    if owner == "numpy.ndarray" and _dispatches(getattr(np, method, None)):
        raise TypeError(
            f"{call.name} of a Variable has no derivative in leopard, in {call.place}; {_advice(call)}"
        )
    same = same_as(name)
    found = f"write {call.of(same)}" if same else advice_for(name)
    raise TypeError(
        f"{name} has no derivative in leopard{'' if found else ' yet'}, in {call.place}; "
        + (f"{found}; or {_OWN}" if found else _OWN)
    )


def refuse_assignment(name):
    """Raise, since a function of NumPy's is to write a Variable into an ndarray."""
    raise TypeError(
        f"{name} into an ndarray would lose the gradient, in {users_line()}; make it a Variable first: "
        "Variable(a)"
    )


def refuse_out(name):
    """Raise, since a ufunc is to write its values of Variables into an ndarray: by `out=`, or by `a += v`."""
    import ast

    call = Call()
    found = "write `a = a + v`, not `a += v` or out=a; or let a be a Variable, too: a = Variable(a)"
    node = call.node
    try:
        if isinstance(node, ast.AugAssign):
            found = _without_writing(node)
    except Exception:  # a node that cannot be written as text
        pass
    raise TypeError(f"{name} into an ndarray (out=) would lose the gradient, in {call.place}; {found}")


def _without_writing(node):
    """What to write instead of ``a += v``; instead of ``x.data -= rate * x.grad``, a step with `.data`."""
    import ast

    target, value = ast.unparse(node.target), node.value
    sign = ast.unparse(node).removeprefix(target).split("=")[0].strip()
    if not (isinstance(node.target, ast.Attribute) and node.target.attr == "data"):
        op = ast.unparse(ast.BinOp(ast.Name(target), node.op, value))
        return f"write {target} = {op}, or let {target} be a Variable, too: {target} = Variable({target})"

    class Data(ast.NodeTransformer):
        found = False

        def visit_Attribute(self, x):
            if x.attr == "data":
                return x
            if x.attr != "grad":
                return self.generic_visit(x)
            self.found = True
            return ast.Attribute(x, "data")

    change = Data()
    new = ast.unparse(change.visit(value))
    if not change.found:
        new = (
            f"{new}.data"
            if isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
            else f"({new}).data"
        )
    return f"write {target} {sign}= {new}"


def refuse_objects(x):
    """Raise, since an array of objects stands beside a Variable: it has no gradient."""
    raise TypeError(
        f"an array of objects would lose the gradient, in {users_line()}; join Variables by "
        "leopard.array([...]), and write a.astype(float) for an array of numbers"
    )


def refuse_data(data):
    """Raise, since a Variable is given what is no ndarray; a note says what to write."""
    error = TypeError(f"{type(data)} is not supported")
    if isinstance(data, Variable):
        note = (
            "it is a Variable already; write v.data for its array, as in x.data = x.data - rate * x.grad.data"
        )
    elif _holds_variable(data):
        note = "write leopard.array([...]), which joins Variables and numbers"
    elif isinstance(data, np.generic):
        note = f"write Variable(np.asarray(x)) for {data!r}"
    elif type(data) in (bool, int, float, complex):
        note = f"write Variable(np.array({data!r}))"
    elif isinstance(data, (list, tuple)):
        text = repr(data) if len(data) < 7 else ""
        note = f"write Variable(np.array({text if 0 < len(text) < 60 else '[...]'}))"
    else:
        note = "write Variable(np.asarray(data)), where that is an array of numbers"
    error.add_note(note)
    raise error


def refuse_to_be_stored(v):
    """Raise if a number is asked of a Variable where its gradient would be lost, outside a transform, too.

    That is where the running instruction stores it in an ndarray, and where SciPy asks.
    """
    frame = sys._getframe(1)
    if frame.f_code.co_code[frame.f_lasti] not in _STORES:
        if str(dict.get(frame.f_globals, "__name__", "")).startswith("scipy."):
            refuse_array(v)
        return
    raise TypeError(
        f"a Variable stored in an ndarray would lose the gradient, in {users_line()}; let the array be a "
        "Variable, too (a = Variable(a)), join Variables by leopard.array([...]), or store v.data"
    )
