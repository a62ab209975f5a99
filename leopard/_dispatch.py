"""What a call of NumPy's own means when a Variable is among its arguments."""

import numpy as np

from leopard._core import Variable, as_variable, following, of_ufunc, put_into
from leopard._lazy import import_chapter_of, import_package_of
from leopard._refusals import name_of, refuse_out, refuse_without_rule
from leopard.functions._followed import OF_FORMS, OF_VALUES, followed_call
from leopard.functions._primitives import operation_awaited
from leopard.functions.basic.assignment import setitem
from leopard.functions.basic.indexing import getitem
from leopard.functions.basic.shape import astype, broadcast_to, plain
from leopard.functions.protocols.in_place import at

# No derivative is lost here: what these return is not a smooth function of what they are given.
_without_gradient = {
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    np.isfinite, np.isinf, np.isnan, np.signbit, np.logical_not, np.logical_and, np.logical_or,
    np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift,
    np.bitwise_count, np.gcd, np.lcm, np.isnat, np.spacing,
}  # fmt: skip
_of_data = OF_FORMS | OF_VALUES | {
    np.array_repr, np.array_str, np.array2string, np.min_scalar_type, np.save, np.savez, np.savez_compressed,
    np.savetxt,
}  # fmt: skip


def _data_of_all(args, options):
    return [plain(x) for x in args], {k: plain(v) for k, v in options.items()}


def array_ufunc(ufunc, method, inputs, options):
    out = options.pop("out", None)
    if out is not None and any(isinstance(x, np.ndarray) for x in out):
        refuse_out(_name(ufunc, method))
    if out is not None:
        return _into(out, ufunc, method, inputs, options)
    if method == "at":
        return at(ufunc, *inputs)
    if method == "__call__" and ufunc in _without_gradient:
        if following():
            return followed_call(ufunc, inputs, options)
        inputs, options = _data_of_all(inputs, options)
        return ufunc(*inputs, **options)
    function = of_ufunc(ufunc) if method == "__call__" else of_ufunc((ufunc, method))
    if function is None and method == "__call__":
        import_package_of(ufunc)
        function = operation_awaited(ufunc)
    if function is None:
        refuse_without_rule(_name(ufunc, method))
    if method != "__call__":
        for name in ("array", "indices"):  # NumPy leaves them there when they are given by name
            options.pop(name, None)
        axis = options.get("axis")
        if method != "reduce" and isinstance(axis, tuple) and len(axis) == 1:
            options["axis"] = axis[0]
        elif method == "reduceat" and axis is None and np.ndim(inputs[0]) == 1:
            options["axis"] = 0
        return function(*inputs, **options)
    return _call(ufunc, function, inputs, options)


def _name(ufunc, method="__call__"):
    return name_of(ufunc) + ("" if method == "__call__" else f".{method}")


def _into(out, ufunc, method, inputs, options):
    """With ``out=`` a Variable: an assignment to it."""
    ys = getattr(ufunc, method)(*inputs, **options)
    where = options.get("where", True) if method == "__call__" else True
    for x, y in zip(out, ys if ufunc.nout > 1 else (ys,), strict=True):
        if x is None:
            continue
        if where is True:
            put_into(x, as_variable(y))
        else:
            mask = np.broadcast_to(plain(where), x.shape)
            x[mask] = y[mask]
    return out if ufunc.nout > 1 else out[0]


def _call(ufunc, function, inputs, options):
    """A ufunc with keywords: those of its function, casts of its operands, a choice of elements."""
    where = options.pop("where", True)
    order = options.pop("order", "K")
    if not options.pop("subok", True) or order != "K":
        raise TypeError(f"{_name(ufunc)} of a Variable takes order='K' and subok=True alone")
    casts = {k: options.pop(k) for k in ("dtype", "signature", "casting") if k in options}
    if casts:
        inputs = _cast(ufunc, inputs, **casts)
    if where is True:
        return function(*inputs, **options)
    if ufunc.signature or ufunc.nout > 1 or options:
        raise TypeError(f"{_name(ufunc)} of a Variable takes no where")
    # The chosen elements alone are computed, so that the others raise no warning and have no gradient.
    where = np.asarray(plain(where))
    shape = np.broadcast_shapes(where.shape, *map(np.shape, inputs))
    where = np.broadcast_to(where, shape)
    chosen = function(*[getitem(broadcast_to(x, shape), where) for x in inputs])
    return setitem(np.zeros(shape, chosen.dtype), where, chosen)


def _cast(ufunc, inputs, dtype=None, signature=None, casting="same_kind"):
    """The operands in the types that the keywords choose."""
    if dtype is not None:
        signature = (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout
    elif isinstance(signature, str):
        types = signature.replace("->", "")
        signature = tuple([np.dtype(t) for t in types])
    weak = [type(x) if type(x) in (int, float, complex) else np.asarray(plain(x)).dtype for x in inputs]
    chosen = {} if signature is None else {"signature": signature}
    dtypes = ufunc.resolve_dtypes((*weak, *[None] * ufunc.nout), casting=casting, **chosen)
    return [
        x if isinstance(x, Variable) and x.dtype == t else astype(x, t)
        for x, t in zip(inputs, dtypes, strict=False)
    ]


def array_function(function, args, options):
    if import_chapter_of(function.__module__):
        return function(*args, **options)
    if function in _of_data:
        if following():
            return followed_call(function, args, options)
        args, options = _data_of_all(args, options)
        return function(*args, **options)
    refuse_without_rule(name_of(function) or function.__name__)
