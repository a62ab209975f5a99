"""The nearest of given vectors: functions of `scipy.cluster.vq`, of Variables."""

import warnings

import numpy as np
import scipy.cluster.vq as sv

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import plain, reshape
from leopard.functions.linalg.norms import vector_norm
from leopard.functions.statistics.variances import std
from leopard.scipy._parts import same_dtype

__all__ = ["vq", "whiten"]


def _finite(xs, check_finite):
    if check_finite:
        for x in xs:
            np.asarray_chkfinite(plain(x))
    return xs


@implements(
    plain=sv.vq,
    exact=False,
    cases=[
        call(drawn(5, 3), drawn(2, 3)),
        call(drawn(5), drawn(2)),
        call(drawn(3, 2), np.array([[0.0, 1.0], [1.0, -1.0]])),
    ],
)
def vq(obs, code_book, check_finite=True):
    """For each row of `obs` the number of the nearest row of the code book, and its Euclidean distance.

    The gradient of an observation is gy * (obs - code) / distance, that of the code the negative, added up
    over the observations that are nearest to it; 0 where the distance is 0. The numbers have none.

    Parameters
    ----------
    obs, code_book : Variable or ndarray
        Matrices whose rows are vectors; or vectors of numbers.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    code : ndarray of int
    dist : Variable

    Raises
    ------
    ValueError
        When the shapes do not fit.
    """
    obs, codes = _finite(same_dtype(obs, code_book), check_finite)
    code, _ = sv.vq(plain(obs), plain(codes))
    near = codes[code]
    if obs.ndim == 1:
        obs, near = reshape(obs, (-1, 1)), reshape(near, (-1, 1))
    return code, vector_norm(obs - near, axis=-1)


@implements(plain=sv.whiten, exact=False, cases=[call(drawn(4, 3)), call(drawn(4))])
def whiten(obs, check_finite=None):
    """Observations over the standard deviations of their columns.

    The gradient is that of the quotient, through the standard deviations as well; a column whose deviation is
    0 stays as it is, with a RuntimeWarning.
    """
    (obs,) = _finite(same_dtype(obs), check_finite is None or check_finite)
    deviation = std(obs, axis=0)
    zero = plain(deviation) == 0
    if zero.any():
        if check_finite is None or check_finite:
            warnings.warn(
                "Some columns have standard deviation zero. The values of these columns will not change.",
                RuntimeWarning,
                stacklevel=2,
            )
        deviation = where(zero, 1.0, deviation)
    return obs / deviation
