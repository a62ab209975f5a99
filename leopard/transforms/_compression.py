"""How a sparse derivative is computed: a plan of a few products, and where its elements stand in them.

A plan holds for all graphs of one structure. Its products are of columns that have no row in common; of rows
that have no column in common; or of rows in the elements of x where these have only been selected yet, of
which a row has fewer in common with others. Those of a symmetric matrix are of a star colouring.
"""

import numpy as np

from leopard._core import gradients
from leopard._core import tangents as push
from leopard.functions.basic.indexing import sum_at
from leopard.transforms._batches import batch_size
from leopard.transforms._coloring import colors_of, number_of, places_of_symmetric, star_colors_of
from leopard.transforms._patterns import sparse
from leopard.transforms._values import constant, plain

__all__ = ["Plan", "plan_of_graph", "plan_of_pattern"]


#: So many products are computed one by one; and so many of arrays that are not short.
FEW, SOME, SHORT = 8, 32, 512
#: So many elements of seeds are kept with a plan.
MOST_SEEDS = 1 << 18


class Plan:
    """The products that give the elements of a sparse matrix, and where each of them stands.

    Attributes
    ----------
    shape : tuple of int
    indptr, indices : ndarray
        Of the matrix in CSR form.
    by : {"rows", "columns"}
        Whether products with rows are pulled back, or products with columns pushed forward.
    colors : ndarray of int
        Of the rows or columns.
    order, flat, bounds : ndarray
        The elements in the order of their products, their places there, and where each product begins.
    adds : bool
        Whether an element is the sum of several places in the products.
    places : list of int or None
        The Variables of the graph that rows are pulled back to; None is the input itself.
    """

    def __init__(self, by, pattern, colors, color, place, width, places=(None,), into=None):
        """A plan with one product for each colour, in which element k stands at `place[k]` of `color[k]`.

        The pattern is in CSR form. `into` says to which of its elements each one found is added; by default
        they are its elements, one after another.
        """
        self.shape, self.places, self.width = pattern.shape, places, width
        self.indptr, self.indices = pattern.indptr, pattern.indices
        self.by, self.colors, self.n_colors = by, colors, number_of(colors)
        order = np.argsort(color, kind="stable")
        self.flat = (color * np.int64(width) + place)[order]
        self.bounds = np.searchsorted(color[order], np.arange(self.n_colors + 1))
        self.order = order if into is None else into[order]
        self.adds = into is not None and len(np.unique(into)) < len(into)
        self.size = None  # of a batch of products
        self.whole = None  # where there is one batch: its seeds, and where each element stands

    def matrix(self, y, x, graph=None):
        """The derivative of y with respect to x, a `scipy.sparse.csr_array`."""
        of = y if self.by == "rows" else x
        dtype = np.result_type(y.dtype, x.dtype)
        inputs = self._inputs(x, graph)
        if self.size is None or graph is None:
            self.size = batch_size(self.n_colors, [y], [x], max(1, of.size, self.width))
        if self._is_one_batch(of):
            seeds, places = self.whole
            products = self._products(y, inputs, seeds.reshape(len(seeds), *of.shape))
            found = (
                np.zeros(len(places), dtype)
                if products is None
                else products[places].astype(dtype, copy=False)
            )
            return self._made(found)
        found = np.zeros(len(self.indices), dtype)
        for start in range(0, self.n_colors, self.size):
            stop = min(start + self.size, self.n_colors)
            seeds = self._seeds(of, start, stop)
            products = self._products(y, inputs, seeds.reshape(len(seeds), *of.shape))
            if products is not None:
                low, high = self.bounds[start], self.bounds[stop]
                terms = products[self.flat[low:high] - start * self.width]
                if self.adds:
                    np.add.at(found, self.order[low:high], terms)
                else:
                    found[self.order[low:high]] = terms
        return self._made(found)

    def _inputs(self, x, graph):
        """The Variables that rows are pulled back to, or x."""
        if self.places == (None,):
            return [x]
        outputs = graph.outputs()
        return [x if k is None else outputs[k] for k in self.places]

    def followed_elements(self, y, x, graph):
        """The elements of the matrix as a Variable, computed by operations that are recorded for replay."""
        of, inputs = y if self.by == "rows" else x, self._inputs(x, graph)
        rows = []
        for seed in self._seeds(of, 0, self.n_colors):
            unit = constant(seed.reshape(of.shape))
            if self.by == "rows":
                found, _ = gradients([y], [unit], inputs, True)
            else:
                found, _ = push([y], inputs, [unit], True)
            likes = inputs if self.by == "rows" else [y]
            for g, v in zip(found, likes, strict=True):
                rows.append(constant(np.zeros(v.size, v.dtype)) if g is None else np.reshape(g, -1))
        if not rows or not len(self.flat):
            return constant(np.zeros(len(self.indices), np.result_type(y.dtype, x.dtype)))
        products = np.concatenate(rows)
        if self.adds:
            return sum_at(products[self.flat], self.order, len(self.indices))
        places = np.zeros(len(self.indices), np.int64)
        places[self.order] = self.flat
        return products[places]

    def _is_one_batch(self, of):
        """Whether all products are computed at a time and none are added: one index finds all elements."""
        if (
            self.adds
            or self.n_colors == 0
            or self.size < self.n_colors
            or self.n_colors * of.size > MOST_SEEDS
        ):
            return False
        if self.whole is None or self.whole[0].dtype != of.dtype:
            seeds = self._seeds(of, 0, self.n_colors)
            seeds.flags.writeable = False
            places = np.zeros(len(self.indices), np.int64)
            places[self.order] = self.flat
            self.whole = seeds, places
        return True

    def _made(self, found):
        """The matrix of these elements: what is done to it does not reach the plan."""
        parts = found, self.indices.copy(), self.indptr.copy()
        return sparse().csr_array(parts, shape=self.shape)

    def _seeds(self, of, start, stop):
        """Sums of unit vectors, one for each of these colours."""
        seeds = np.zeros((stop - start, of.size), of.dtype)
        chosen = np.flatnonzero((start <= self.colors) & (self.colors < stop))
        seeds[self.colors[chosen] - start, chosen] = 1
        return seeds

    def _products(self, y, inputs, seeds):
        """The products with these seeds, one after another, as a vector; None where all are zero."""
        if not pays_in_batches(len(seeds), max(y.size, inputs[0].size)):
            rows = [self._vectors(y, inputs, seed[None], constant(seed), False) for seed in seeds]
            return np.concatenate([np.zeros(self.width) if row is None else row for row in rows])
        return self._vectors(y, inputs, seeds, constant(seeds), True)

    def _vectors(self, y, inputs, seeds, units, batched):
        """The products of one seed, or of a batch."""
        n = len(seeds)
        if self.by == "columns":
            (found,), _ = push([y], inputs, [units], batched=batched)
            return None if found is None else plain(found).ravel()
        found, _ = gradients([y], [units], inputs, batched=batched)
        if all(g is None for g in found):
            return None
        parts = [
            np.zeros((n, v.size)) if g is None else plain(g).reshape(n, -1)
            for g, v in zip(found, inputs, strict=True)
        ]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts, 1)).ravel()


def pays_in_batches(n, size):
    """Whether n products of arrays of this size are computed together.

    One product runs fused loops, which batches do not; that weighs more than the overhead of each call where
    there are few of them, or where arrays are large.
    """
    return n > FEW and (n > SOME or size < SHORT)


def plan_of_graph(graph, by_rows):
    """The plan for the derivatives of graphs of this structure.

    Parameters
    ----------
    graph : Graph
    by_rows : bool
        Whether products with rows may be pulled back; otherwise the matrix is symmetric.
    """
    if not by_rows:
        p = graph.pattern([graph.x])
        return _symmetric(_canonical(p.multiply(p.T)))  # both hold all elements that can be other than zero
    places, elements = graph.selections()
    outputs = graph.outputs()
    inputs = [graph.x if k is None else outputs[k] for k in places]
    within = _canonical(graph.pattern(inputs))
    element = np.concatenate(elements)
    coo = within.tocoo()
    shape = graph.y.size, graph.x.size
    ones = np.ones(len(coo.row), bool)
    pattern = _canonical(sparse().csr_array((ones, (coo.row, element[coo.col])), shape=shape))
    columns, rows = _fewer(pattern, within, graph.y.dtype.kind == "f")
    if rows is None:
        return _of_columns(pattern, columns)
    into = None
    if tuple(places) != (None,):
        keys = pattern.tocoo()
        keys = keys.row * np.int64(shape[1]) + keys.col
        into = np.searchsorted(keys, coo.row * np.int64(shape[1]) + element[coo.col])
    return Plan("rows", pattern, rows, rows[coo.row], coo.col, within.shape[1], tuple(places), into)


def plan_of_pattern(pattern, by_rows, is_real):
    """The plan for matrices of a pattern in CSR form."""
    if not by_rows:
        return _symmetric(pattern) if (pattern != pattern.T).nnz == 0 else _of_columns(pattern)
    columns, rows = _fewer(pattern, pattern, is_real)
    if rows is None:
        return _of_columns(pattern, columns)
    coo = pattern.tocoo()
    return Plan("rows", pattern, rows, rows[coo.row], coo.col, pattern.shape[1])


def _canonical(pattern):
    pattern = sparse().csr_array(pattern)
    pattern.sum_duplicates()
    return pattern


def _fewer(pattern, within, is_real):
    """Colours of the columns of one pattern and None; or None and those of the rows of another, if fewer.

    No colouring has fewer colours than a row has elements; one that cannot have fewer is not looked for.
    """
    if not is_real:
        return colors_of(pattern), None
    turned = _canonical(within.T)
    least = [int(np.diff(p.indptr).max(initial=0)) for p in (pattern, turned)]
    if least[1] < least[0]:
        rows = colors_of(turned)
        if number_of(rows) < least[0]:
            return None, rows
        columns = colors_of(pattern)
    else:
        columns = colors_of(pattern)
        if number_of(columns) <= least[1]:
            return columns, None
        rows = colors_of(turned)
    return (None, rows) if number_of(rows) < number_of(columns) else (columns, None)


def _of_columns(pattern, colors=None):
    colors = colors_of(pattern) if colors is None else colors
    coo = pattern.tocoo()
    return Plan("columns", pattern, colors, colors[coo.col], coo.row, pattern.shape[0])


def _symmetric(pattern):
    """By a star colouring, or by columns where these are as few."""
    columns = colors_of(pattern)
    if number_of(columns) <= 3:  # as few as a star colouring of a path has
        return _of_columns(pattern, columns)
    star = star_colors_of(pattern)
    if number_of(columns) <= number_of(star):
        return _of_columns(pattern, columns)
    place, color = places_of_symmetric(pattern.tocoo(), star)
    return Plan("columns", pattern, star, color, place, pattern.shape[0])
