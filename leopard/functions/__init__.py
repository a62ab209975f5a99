"""The operations, a module a family. Each is stated once, in its class.

What NumPy keeps in `numpy.linalg`, `numpy.fft` and `numpy.emath` is in `leopard.linalg`, `leopard.fft` and
`leopard.emath`.
"""

from leopard.functions import (
    arranging,
    array_methods,
    assignment,
    axes,
    bessel,
    choosing,
    complex,
    contraction,
    convolution,
    counting,
    covariance,
    decompositions,
    determinants,
    diagonals,
    differences,
    eigenvalues,
    elementwise,
    emath,
    exponentials,
    extrema,
    factors,
    fft,
    fftn,
    fitting,
    floating,
    grids,
    hyperbolic,
    in_place,
    indexing,
    interpolation,
    joining,
    layout,
    least_squares,
    linalg,
    mapping,
    methods,
    norms,
    padding,
    polynomial,
    powers,
    products,
    quantiles,
    reduction,
    repeating,
    roots,
    rounding,
    scans,
    sets,
    shape,
    solving,
    sorting,
    special,
    splitting,
    statistics,
    trigonometry,
    vectorize,
    vectors,
)

# Named before their functions come: one of these may have the name of its family.
__all__ = [
    name
    for family in (
        arranging,
        assignment,
        axes,
        bessel,
        choosing,
        complex,
        contraction,
        convolution,
        counting,
        covariance,
        diagonals,
        differences,
        elementwise,
        exponentials,
        extrema,
        factors,
        fitting,
        floating,
        grids,
        hyperbolic,
        indexing,
        interpolation,
        joining,
        layout,
        linalg,
        mapping,
        padding,
        polynomial,
        powers,
        products,
        quantiles,
        reduction,
        repeating,
        roots,
        rounding,
        scans,
        sets,
        shape,
        sorting,
        special,
        splitting,
        statistics,
        trigonometry,
        vectorize,
        vectors,
    )
    for name in family.__all__
]

from leopard.functions.arranging import *
from leopard.functions.assignment import *
from leopard.functions.axes import *
from leopard.functions.bessel import *
from leopard.functions.choosing import *
from leopard.functions.complex import *
from leopard.functions.contraction import *
from leopard.functions.convolution import *
from leopard.functions.counting import *
from leopard.functions.covariance import *
from leopard.functions.diagonals import *
from leopard.functions.differences import *
from leopard.functions.elementwise import *
from leopard.functions.exponentials import *
from leopard.functions.extrema import *
from leopard.functions.factors import *
from leopard.functions.fitting import *
from leopard.functions.floating import *
from leopard.functions.grids import *
from leopard.functions.hyperbolic import *
from leopard.functions.indexing import *
from leopard.functions.interpolation import *
from leopard.functions.joining import *
from leopard.functions.layout import *
from leopard.functions.linalg import *
from leopard.functions.mapping import *
from leopard.functions.padding import *
from leopard.functions.polynomial import *
from leopard.functions.powers import *
from leopard.functions.products import *
from leopard.functions.quantiles import *
from leopard.functions.reduction import *
from leopard.functions.repeating import *
from leopard.functions.roots import *
from leopard.functions.rounding import *
from leopard.functions.scans import *
from leopard.functions.sets import *
from leopard.functions.shape import *
from leopard.functions.sorting import *
from leopard.functions.special import *
from leopard.functions.splitting import *
from leopard.functions.statistics import *
from leopard.functions.trigonometry import *
from leopard.functions.vectorize import *
from leopard.functions.vectors import *
