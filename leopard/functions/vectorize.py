"""A function of numbers, called for each element of arrays of Variables."""

import numpy as np

from leopard._core import Variable, as_variable
from leopard.functions.joining import stack
from leopard.functions.linalg import operand
from leopard.functions.shape import astype, reshape

__all__ = ["vectorize"]


class vectorize(np.vectorize):
    """`numpy.vectorize` for functions of Variables, which NumPy's own cannot be given.

    The function is called once for each element, with Variables of no axes, and what it returns is
    stacked. The gradient is that of the calls. Without a Variable it is NumPy's.

    Parameters
    ----------
    pyfunc, otypes, doc, excluded, cache
        As NumPy has them, but that without `otypes` the results get their common type, not the type of
        the first.
    signature : str
        With Variables a TypeError.

    Examples
    --------
    >>> relu = vectorize(lambda x: x if x > 0 else 0.0)
    >>> x = Variable(np.array([-1.0, 2.0]))
    >>> y = relu(x)
    >>> y
    variable([0. 2.])
    >>> y.backward()
    >>> x.grad
    variable([0. 1.])
    """

    def __call__(self, *args, **options):
        given = dict(enumerate(args)) | options
        if not any(isinstance(x, Variable) for x in given.values()) or self.pyfunc is np._NoValue:
            return super().__call__(*args, **options)
        if self.signature is not None:
            raise TypeError("vectorize of Variables takes no signature: write the loop, and leopard.stack")
        each = {k: operand(x) for k, x in given.items() if k not in self.excluded}
        shape = np.broadcast_shapes(*[x.shape for x in each.values()])
        each = {k: np.broadcast_to(x, shape) for k, x in each.items()}
        calls = []
        for place in np.ndindex(shape):
            now = given | {k: x[place] for k, x in each.items()}
            calls.append(self.pyfunc(*[now[i] for i in range(len(args))], **{k: now[k] for k in options}))
        return self._joined(calls, shape)

    def _joined(self, calls, shape):
        """An array, or a tuple of arrays, of the results of all calls."""
        if not calls:
            if self.otypes is None:
                raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
            ys = [as_variable(np.zeros(shape, dtype)) for dtype in self.otypes]
            return tuple(ys) if len(ys) > 1 else ys[0]
        if not isinstance(calls[0], tuple):
            y = reshape(stack(calls), shape)
            return y if self.otypes is None else astype(y, self.otypes[0])
        ys = [reshape(stack(parts), shape) for parts in zip(*calls, strict=True)]
        return tuple(ys if self.otypes is None else map(astype, ys, self.otypes))
