"""`dezero.utils`: pictures of graphs, gradients from differences of values, and sums to a shape."""

import pathlib
import shutil
import subprocess
import sys
import warnings

import numpy as np

import leopard
from leopard.drawing import to_dot

__all__ = [
    "array_allclose",
    "array_equal",
    "get_dot_graph",
    "gradient_check",
    "numerical_grad",
    "plot_dot_graph",
    "reshape_sum_backward",
    "sum_to",
]

_STEP = 1e-4  # of the book's central differences


def _array(x):
    return x.data if isinstance(x, leopard.Variable) else x


# -- Pictures ---------------------------------------------------------------------------------------


def get_dot_graph(output, verbose=True):
    """The graph behind a Variable as text for Graphviz; `verbose` adds shapes and types."""
    return to_dot(output, verbose)


def plot_dot_graph(output, verbose=True, to_file="graph.png"):
    """Draw the graph behind a Variable into a file, by the program `dot` of Graphviz.

    Where there is no such program, a warning says so, and its input is written into a ``.dot`` file.

    Parameters
    ----------
    output : Variable
    verbose : bool
        Whether shapes and types are drawn, too.
    to_file : str or path
        Its suffix is the format of the picture.

    Returns
    -------
    IPython.display.Image or None
        The picture, in a notebook.
    """
    path = pathlib.Path(to_file)
    text = get_dot_graph(output, verbose)
    program = shutil.which("dot")
    if program is None:
        path.with_suffix(".dot").write_text(text)
        warnings.warn(
            f"Graphviz has no program `dot` here: its input is in {path.with_suffix('.dot')}", stacklevel=2
        )
        return None
    subprocess.run([program, "-T", path.suffix[1:], "-o", str(path)], input=text, text=True, check=True)
    return _shown(path)


def _shown(path):
    """A picture for a notebook; None where the program runs in none."""
    notebook = sys.modules.get("IPython")
    if notebook is None or notebook.get_ipython() is None:
        return None
    return notebook.display.Image(filename=str(path))


# -- Gradients from values --------------------------------------------------------------------------


def numerical_grad(f, x, *args, **kwargs):
    """The gradient of the sum of f(x, ...) in x, by central differences of step 1e-4.

    Parameters
    ----------
    f : callable
        It takes an ndarray and returns a Variable or an ndarray.
    x : Variable or ndarray
    *args, **kwargs
        Further arguments of f.

    Returns
    -------
    ndarray
        Of the shape of x.

    Examples
    --------
    >>> numerical_grad(lambda x: x**2, np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    x = np.array(_array(x))
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        ends = []
        for step in (_STEP, -_STEP):
            moved = x.copy()
            moved[index] += step
            ends.append(_array(f(moved, *args, **kwargs)))
        slopes[index] = (ends[0] - ends[1]).sum() / (2 * _STEP)
    return slopes


def gradient_check(f, x, *args, rtol=1e-4, atol=1e-5, **kwargs):
    """Whether `backward` of f(x, ...) gives x the gradient that differences of values give.

    Where it does not, both are printed. As in the book, x becomes an array of float64.

    Examples
    --------
    >>> gradient_check(np.tanh, np.array([0.5, -1.0]))
    True
    """
    x = leopard.as_variable(x)
    x.data = x.data.astype(np.float64)
    expected = numerical_grad(f, x, *args, **kwargs)
    f(x, *args, **kwargs).backward()
    found = x.grad.data
    if array_allclose(expected, found, rtol, atol):
        return True
    print(f"the gradient by differences of values:\n{expected}\nby backward:\n{found}")
    return False


def array_equal(a, b):
    """Whether two arrays or Variables have the same shape and elements."""
    return np.array_equal(_array(a), _array(b))


def array_allclose(a, b, rtol=1e-4, atol=1e-5):
    """Whether two arrays or Variables are equal within tolerances."""
    return np.allclose(_array(a), _array(b), rtol, atol)


# -- Shapes -----------------------------------------------------------------------------------------


def sum_to(x, shape):
    """The sum of an array over what broadcasting from `shape` would repeat.

    Examples
    --------
    >>> sum_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    y = leopard.sum_to(x, shape)
    return y if isinstance(x, leopard.Variable) else y.data


def reshape_sum_backward(gy, x_shape, axis, keepdims):
    """The gradient of a sum, in a shape that broadcasts to `x_shape`: summed axes have the length 1."""
    if keepdims or axis is None or not x_shape:
        return gy
    return leopard.expand_dims(gy, axis)
