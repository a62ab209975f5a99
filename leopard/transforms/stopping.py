"""`stop_gradient`: values as constants."""

from leopard import _core
from leopard._config import using_config
from leopard._core import Variable
from leopard._pytrees import map_leaves

__all__ = ["detach", "stop_gradient"]


def stop_gradient(x):
    """The same values as constants, which have no gradient and no tangent.

    Parameters
    ----------
    x : Variable, or a structure of Variables and anything else

    Returns
    -------
    Variable or structure
        A constant that shares its memory with x; anything but Variables is returned unchanged.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, Variable):
        return _constant(x)
    return map_leaves(_constant, x)


def _constant(x):
    if not isinstance(x, Variable):
        return x
    if _core.follows(x):
        with using_config("enable_backprop", False):  # `vmap` then knows that no gradient leads through it
            return _core.record_constant(_core.alias_function(), x)[0]
    return _core.constant(_core.array_of_any(x))


detach = stop_gradient
