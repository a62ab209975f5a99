"""`autograd.util`: tuples with some entries replaced, the order of a walk, and a check of gradients."""

import warnings

from leopard.compat.autograd._tuples import func, subval, subvals, toposort
from leopard.compat.autograd.test_util import check_grads

__all__ = ["func", "quick_grad_check", "subval", "subvals", "toposort"]


def quick_grad_check(fun, arg0, extra_args=(), kwargs=None, **_):
    """Raise AssertionError if the gradient of fun in its first argument is wrong; `check_grads` is newer."""
    warnings.warn("quick_grad_check is deprecated: call test_util.check_grads", stacklevel=2)
    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), modes=["rev"], order=1)(arg0)
