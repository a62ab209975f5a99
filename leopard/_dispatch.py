"""What a call of NumPy's own means when a Variable is among its arguments."""

import numpy as np

from leopard._core import Variable, connect, of_ufunc

# No derivative is lost here: what these return is not a smooth function of what they are given.
_without_gradient = {
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    np.isfinite, np.isinf, np.isnan, np.signbit, np.logical_not, np.logical_and, np.logical_or,
}  # fmt: skip
_of_data = {
    np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.allclose, np.isclose,
    np.array_equal, np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.array_repr,
    np.array_str, np.array2string, np.result_type, np.iscomplexobj, np.isrealobj,
}  # fmt: skip


def _data(x):
    if isinstance(x, Variable):
        return x.data
    if isinstance(x, (list, tuple)):
        return type(x)(map(_data, x))
    return x


def _array_ufunc(ufunc, method, inputs, options):
    name = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    if "out" in options:
        raise TypeError(
            f"{name} into an ndarray would lose the gradient; write `a = a + v`, not `a += v` or out=a"
        )
    if method == "__call__" and ufunc in _without_gradient:
        return ufunc(*map(_data, inputs), **{k: _data(v) for k, v in options.items()})
    function = of_ufunc(ufunc)
    if method != "__call__" or function is None:
        raise TypeError(
            f"{name} has no derivative in leopard; state one (see leopard.Function), "
            "or give it v.data, which takes no part in the gradient"
        )
    if options:
        raise TypeError(f"{name} of a Variable takes no keyword: {', '.join(options)}")
    return function(*inputs)


def _array_function(function, args, options):
    if function in _of_data:
        return function(*map(_data, args), **{k: _data(v) for k, v in options.items()})
    name = f"{function.__module__}.{function.__name__}"
    raise TypeError(
        f"{name} has no derivative in leopard; state one (see leopard.Function), "
        "or give it v.data, which takes no part in the gradient"
    )


connect(array_ufunc=_array_ufunc, array_function=_array_function)
