"""Where the elements of a sparse matrix stand, apart from what they are; and products of such a matrix."""

import copy
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from leopard.functions._primitives import Primitive
from leopard.functions.basic.complex import conj
from leopard.functions.math.sums import sum

__all__ = ["SparseProduct", "Structure", "sampled"]

_CLASSES = {"csr": sp.csr_array, "csc": sp.csc_array}
_TURNED = {"csr": "csc", "csc": "csr"}


class Structure:
    """The places of the stored elements of a sparse matrix, in rows ("csr") or columns ("csc").

    Attributes
    ----------
    format : {"csr", "csc"}
    indices, indptr : ndarray
    shape : tuple of int
    """

    def __init__(self, form, indices, indptr, shape):
        self.format, self.indices, self.indptr, self.shape = form, indices, indptr, shape
        self._held = None  # the elements that were factorized, and their factors

    @classmethod
    def of(cls, matrix):
        """The structure of one of SciPy's matrices in the format "csr" or "csc"."""
        return cls(matrix.format, matrix.indices, matrix.indptr, matrix.shape)

    def __eq__(self, other):
        if self is other or not isinstance(other, Structure):
            return self is other
        if self.format != other.format or self.shape != other.shape:
            return False
        pairs = (self.indices, other.indices), (self.indptr, other.indptr)
        return all(a is b or np.array_equal(a, b) for a, b in pairs)

    def __hash__(self):
        return hash((self.format, self.shape, len(self.indices)))

    @cached_property
    def _template(self):
        ones = np.ones(len(self.indices))
        return _CLASSES[self.format]((ones, self.indices, self.indptr), shape=self.shape)

    def matrix(self, data):
        """SciPy's array with these elements, which it shares."""
        made = copy.copy(self._template)
        made.data = data
        return made

    @cached_property
    def _along(self):
        """The number of the compressed row, or column, of each element."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @property
    def rows(self):
        return self._along if self.format == "csr" else self.indices

    @property
    def columns(self):
        return self.indices if self.format == "csr" else self._along

    @cached_property
    def transposed(self):
        """The structure of the transposed matrix, whose elements are stored in the same order."""
        turned = Structure(_TURNED[self.format], self.indices, self.indptr, self.shape[::-1])
        turned.__dict__["transposed"] = self
        return turned

    def factors(self, data, name):
        """The LU factorization of a square matrix: that of the last call where the elements are the same.

        Raises
        ------
        numpy.linalg.LinAlgError
            When the matrix is singular.
        """
        held = self._held
        if held is not None and held[0].dtype == data.dtype and np.array_equal(held[0], data):
            return held[1]
        dtype = np.result_type(data.dtype, np.float64)
        try:
            factors = spl.splu(sp.csc_array(self.matrix(data.astype(dtype))))
        except RuntimeError as error:
            raise np.linalg.LinAlgError(f"{name}: the matrix is singular ({error})") from error
        self._held = data.copy(), factors
        return factors


class SparseProduct(Primitive):
    """The product of the sparse matrix of some elements with vectors or matrices."""

    n_inputs = 2
    options = ("structure",)
    multilinear = True

    def forward(self, data, x):
        return self.structure.matrix(data) @ x

    def backward(self, gy):
        data, x = self.inputs
        gdata = sampled(gy, x, self.structure) if self.wanted[0] else None
        gx = SparseProduct.operation(conj(data), gy, self.structure.transposed) if self.wanted[1] else None
        return gdata, gx


def sampled(u, v, structure):
    """The elements of u @ v.H, of vectors or matrices of columns, where a structure has elements."""
    found = u[structure.rows] * conj(v[structure.columns])
    return found if found.ndim == 1 else sum(found, -1)
