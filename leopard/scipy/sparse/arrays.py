"""Sparse arrays whose elements are Variables, and operators of SciPy's sparse matrices and Variables."""

import weakref

import numpy as np
import scipy.sparse as sp

from leopard._core import Variable
from leopard._refusals import asked_by_operator_of_sparse
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt, sum_at
from leopard.functions.basic.shape import operand
from leopard.functions.math.sums import sum as sum_of
from leopard.scipy.sparse._structure import SparseProduct, Structure

__all__ = ["SparseArray", "coo_array", "csc_array", "csr_array"]


class SparseArray:
    """A sparse matrix whose stored elements are a Variable; where they stand is fixed.

    It is made by `csr_array`, `csc_array` and `coo_array`, and by operators of SciPy's sparse matrices and
    Variables. It has the operators of SciPy's sparse arrays: ``@`` is the product of matrices, ``*`` that of
    elements. Products with vectors and dense matrices are Variables. The gradient of the elements of A in
    ``y = A @ x`` is gy[i] * conj(x[j]) for each element at i, j; that of x is A.H @ gy.

    Attributes
    ----------
    data : Variable or ndarray
        The stored elements.
    indices, indptr : ndarray
        Where they stand, as in SciPy.
    shape : tuple of int
    format : {"csr", "csc"}

    Examples
    --------
    >>> import leopard, leopard.scipy
    >>> d = leopard.Variable(np.array([2.0, 3.0]))
    >>> A = leopard.scipy.sparse.csr_array((d, ([0, 1], [1, 0])), shape=(2, 2))
    >>> y = A @ np.array([10.0, 100.0])
    >>> y
    variable([200.  30.])
    >>> np.sum(y).backward()
    >>> d.grad
    variable([100.  10.])
    """

    __array_ufunc__ = None
    ndim = 2

    def __init__(self, data, structure):
        self.data, self.structure = data, structure

    shape = property(lambda self: self.structure.shape)
    format = property(lambda self: self.structure.format)
    indices = property(lambda self: self.structure.indices)
    indptr = property(lambda self: self.structure.indptr)
    dtype = property(lambda self: self.data.dtype)
    nnz = property(lambda self: len(self.structure.indices))
    T = property(lambda self: self.transpose())

    def __repr__(self):
        return f"<{self.format} array of {self.nnz} elements, Variables, of shape {self.shape}>"

    def __array__(self, dtype=None, copy=None):
        if asked_by_operator_of_sparse():
            return np.array(None, object)
        raise TypeError("a sparse array of Variables would lose the gradient; write a.toarray()")

    def _of(self, data):
        return SparseArray(data, self.structure)

    def transpose(self, axes=None):
        """The transposed array, which shares the elements."""
        if axes is not None and tuple(axes) != (1, 0):
            raise ValueError(f"sparse arrays are transposed by axes=None, not {axes!r}")
        return SparseArray(self.data, self.structure.transposed)

    def conj(self):
        """The array of the conjugate numbers."""
        return self._of(conj(self.data))

    conjugate = conj

    def toarray(self):
        """The dense array, a Variable."""
        s = self.structure
        return AddAt.operation(self.data, (s.rows, s.columns), s.shape)

    todense = toarray

    def diagonal(self, k=0):
        """The elements of a diagonal, a Variable."""
        s = self.structure
        chosen = np.flatnonzero(s.columns - s.rows == k)
        first, second = (s.shape[0] + min(k, 0), s.shape[1] - max(k, 0))
        n = max(0, min(first, second))
        return sum_at(self.data[chosen], s.rows[chosen] + min(k, 0), n)

    def sum(self, axis=None):
        """The sum of all elements, or those of the columns (axis=0) or rows (axis=1); a Variable."""
        if axis is None:
            return sum_of(self.data)
        if axis not in (0, 1, -1, -2):
            raise ValueError(f"a sparse array has the axes 0 and 1, not {axis!r}")
        s = self.structure
        return sum_at(self.data, s.rows if axis % 2 else s.columns, s.shape[0 if axis % 2 else 1])

    def mean(self, axis=None):
        """The mean of all elements, zeros among them, or of the columns or rows; a Variable."""
        return self.sum(axis) / (self.shape[0] * self.shape[1] if axis is None else self.shape[axis])

    def tocsr(self):
        """The same array with its elements in the order of rows."""
        return self._in("csr")

    def tocsc(self):
        """The same array with its elements in the order of columns."""
        return self._in("csc")

    def _in(self, form):
        if form == self.format:
            return self
        s = self.structure
        numbers = s.matrix(np.arange(1, self.nnz + 1)).asformat(form)
        return SparseArray(self.data[numbers.data - 1], Structure.of(numbers))

    # -- Operators ---------------------------------------------------------------------------------------

    def __matmul__(self, other):
        if is_sparse(other):
            return _product_of_sparse(self, as_sparse(other))
        x = operand(other)
        if x.ndim not in (1, 2) or x.shape[0] != self.shape[1]:
            raise ValueError(f"matmul: dimension mismatch, {self.shape} @ {x.shape}")
        return SparseProduct.operation(self.data, x, self.structure)

    def __rmatmul__(self, other):
        if is_sparse(other):
            return _product_of_sparse(as_sparse(other), self)
        x = operand(other)
        if x.ndim not in (1, 2) or x.shape[-1] != self.shape[0]:
            raise ValueError(f"matmul: dimension mismatch, {x.shape} @ {self.shape}")
        y = SparseProduct.operation(self.data, x if x.ndim == 1 else x.T, self.structure.transposed)
        return y if x.ndim == 1 else y.T

    def dot(self, other):
        """The product of matrices, or with a number."""
        return self * other if not is_sparse(other) and np.ndim(other) == 0 else self @ other

    def __mul__(self, other):
        if is_sparse(other):
            return _elementwise_product(self, as_sparse(other))
        x = operand(other)
        return self._of(self.data * (x if x.ndim == 0 else self._at(x)))

    __rmul__ = multiply = __mul__

    def __truediv__(self, other):
        if is_sparse(other):
            return NotImplemented
        x = operand(other)
        return self._of(self.data / (x if x.ndim == 0 else self._at(x)))

    def _at(self, x):
        """The elements of a dense array, broadcast to the shape of this one, where this one has elements."""
        s = self.structure
        if np.broadcast_shapes(x.shape, s.shape) != s.shape:
            raise ValueError(f"a sparse array of shape {s.shape} is not multiplied by one of shape {x.shape}")
        at = [0 if n == 1 else places for n, places in zip(x.shape[::-1], (s.columns, s.rows), strict=False)]
        return x[tuple(at[::-1])]

    def __neg__(self):
        return self._of(-self.data)

    def __add__(self, other):
        if is_sparse(other):
            return _sum_of_sparse(self, as_sparse(other))
        return self.toarray() + _dense(other)

    __radd__ = __add__

    def __sub__(self, other):
        return self + (-as_sparse(other) if is_sparse(other) else -_dense(other))

    def __rsub__(self, other):
        return -self + other


def _dense(x):
    x = operand(x)
    if x.ndim == 0:
        raise NotImplementedError(
            "adding a number to a sparse array gives a dense one: write a.toarray() + x"
        )
    return x


def is_sparse(x):
    """Whether something is a sparse array, of Variables or SciPy's."""
    return isinstance(x, SparseArray) or sp.issparse(x)


#: The structures of SciPy's matrices that have been used, by their identities.
_structures = {}


def as_sparse(a):
    """A `SparseArray` of one of SciPy's sparse matrices, whose elements are constants."""
    if isinstance(a, SparseArray):
        return a
    if a.ndim != 2:
        raise ValueError(f"a sparse array of two axes is wanted, not of shape {a.shape}")
    if a.format not in ("csr", "csc"):
        a = a.tocsr()
        return SparseArray(a.data, Structure.of(a))
    held = _structures.get(id(a))
    if held is not None:
        s = held[1]
        if held[0]() is a and s.indices is a.indices and s.indptr is a.indptr and s.shape == a.shape:
            return SparseArray(a.data, s)
    number = id(a)
    s = Structure.of(a)
    _structures[number] = weakref.ref(a, lambda _: _structures.pop(number, None)), s
    return SparseArray(a.data, s)


def operate(operation, a, b):
    """The value of an operation, by its name, of one of SciPy's sparse matrices and a Variable."""
    first = not isinstance(a, Variable)
    other, v = (a, b) if first else (b, a)
    if not sp.issparse(other):
        return NotImplemented
    s = as_sparse(other)
    if operation == "mul" and not isinstance(other, sp.sparray) and v.ndim:
        operation = "matmul"  # for SciPy's matrices, as opposed to arrays
    if operation == "matmul":
        return s @ v if first else s.__rmatmul__(v)
    if operation == "mul":
        return s * v
    if operation == "add":
        return s + v
    if operation == "sub":
        return s - v if first else -s + v
    return s / v if operation == "div" and first else NotImplemented


# -- Two sparse arrays -------------------------------------------------------------------------------------


def _keys(s):
    return s.rows * np.int64(s.shape[1]) + s.columns


def _made(data, keys, places, shape):
    """The array of the sums of elements that belong to places: to the sorted keys of a matrix in rows."""
    rows, columns = keys // shape[1], keys % shape[1]
    indptr = np.searchsorted(rows, np.arange(shape[0] + 1))
    return SparseArray(sum_at(data, places, len(keys)), Structure("csr", columns, indptr, shape))


def _sum_of_sparse(a, b):
    if a.shape != b.shape:
        raise ValueError(f"inconsistent shapes {a.shape} and {b.shape}")
    if a.structure is b.structure:
        return a._of(a.data + b.data)
    keys, places = np.unique(np.concatenate([_keys(a.structure), _keys(b.structure)]), return_inverse=True)
    return _made(np.concatenate([a.data, b.data]), keys, places, a.shape)


def _elementwise_product(a, b):
    if a.shape != b.shape:
        raise ValueError(f"inconsistent shapes {a.shape} and {b.shape}")
    if a.structure is b.structure and len(np.unique(_keys(a.structure))) == a.nnz:
        return a._of(a.data * b.data)
    return _of_pairs(a, b, _keys(a.structure), _keys(b.structure), lambda s, t: _keys(s)[t], a.shape)


def _of_pairs(a, b, left, right, key_of, shape):
    """The sums of products of the pairs of elements of a and b with equal keys."""
    order = np.argsort(right, kind="stable")
    first, last = [np.searchsorted(right[order], left, side) for side in ("left", "right")]
    lengths = last - first
    i = np.repeat(np.arange(len(left)), lengths)
    j = order[np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())]
    found = key_of(a.structure, i) if shape == a.shape and key_of is not None else None
    if found is None:
        found = a.structure.rows[i] * np.int64(shape[1]) + b.structure.columns[j]
    keys, places = np.unique(found, return_inverse=True)
    return _made(a.data[i] * b.data[j], keys, places, shape)


def _product_of_sparse(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError(f"matmul: dimension mismatch, {a.shape} @ {b.shape}")
    shape = a.shape[0], b.shape[1]
    return _of_pairs(a, b, a.structure.columns, b.structure.rows, None, shape)


# -- Making them ---------------------------------------------------------------------------------------


def csr_array(arg1, shape=None, dtype=None, copy=False):
    """A sparse array in rows: of Variables, or SciPy's where there are none.

    Parameters
    ----------
    arg1 : tuple or sparse array
        ``(data, indices, indptr)``, or ``(data, (row, col))``, of which `data` may be a Variable; elements at
        the same place are added. Or a sparse array; or whatever SciPy takes.
    shape : tuple of int, optional
    dtype : dtype, optional
    copy : bool
        Whether the arrays that say where the elements are shall be copied.

    Returns
    -------
    SparseArray or scipy.sparse.csr_array

    Raises
    ------
    TypeError
        When it is to be made of a dense Variable, of which leopard cannot know what is to be stored.
    ValueError
        When the parts do not fit.

    Examples
    --------
    >>> import leopard, leopard.scipy
    >>> v = leopard.Variable(np.array([1.0, 2.0]))
    >>> leopard.scipy.sparse.csr_array((v, [1, 0], [0, 1, 2])).toarray()
    variable([[0. 1.]
              [2. 0.]])
    """
    return _array("csr", arg1, shape, dtype, copy)


def csc_array(arg1, shape=None, dtype=None, copy=False):
    """A sparse array in columns: of Variables, or SciPy's where there are none; see `csr_array`."""
    return _array("csc", arg1, shape, dtype, copy)


def coo_array(arg1, shape=None, dtype=None, copy=False):
    """A sparse array of elements in any order; of Variables it is made in rows; see `csr_array`."""
    return _array("coo", arg1, shape, dtype, copy)


def _array(form, arg1, shape, dtype, copy):
    made = {"csr": sp.csr_array, "csc": sp.csc_array, "coo": sp.coo_array}[form]
    stored = "csc" if form == "csc" else "csr"
    if isinstance(arg1, SparseArray):
        found = arg1._in(stored)
        return found if dtype is None else found._of(found.data.astype(dtype))
    if isinstance(arg1, Variable):
        raise TypeError(
            f"{form}_array of a dense Variable: which elements it is to store cannot depend on their values; "
            f"write {form}_array((v[rows, columns], (rows, columns)), shape=v.shape)"
        )
    if not (isinstance(arg1, tuple) and arg1 and isinstance(arg1[0], Variable)):
        return made(arg1, shape=shape, dtype=dtype, copy=copy)
    data = arg1[0] if dtype is None else arg1[0].astype(dtype)
    if data.ndim != 1:
        raise ValueError(f"the elements of a sparse array are a vector, not of shape {data.shape}")
    numbers = np.arange(1, len(data) + 1)
    if len(arg1) == 3 and form != "coo":
        t = made((numbers, *arg1[1:]), shape=shape, copy=copy)
        if len(t.data) != t.indptr[-1]:
            data = data[: t.indptr[-1]]
        return SparseArray(data, Structure(form, t.indices, t.indptr, t.shape))
    t = sp.coo_array((numbers, *arg1[1:]), shape=shape)
    rows, columns = t.coords
    keys = rows * np.int64(t.shape[1]) + columns if stored == "csr" else columns * np.int64(t.shape[0]) + rows
    keys, places = np.unique(keys, return_inverse=True)
    if stored == "csr":
        return _made(data, keys, places, t.shape)
    return _made(data, keys, places, t.shape[::-1]).T
