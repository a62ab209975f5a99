"""SciPy's own names, when they are given Variables, and what is said where SciPy is missing."""

import numpy as np
import pytest

from leopard import Variable
from tests.processes import run


def test_leopard_is_imported_without_scipy_and_a_ufunc_of_scipys_brings_its_operations():
    pytest.importorskip("scipy.special")
    run("""
    import sys
    import numpy as np
    import leopard
    assert "scipy" not in sys.modules
    from scipy import special
    assert "leopard.scipy" not in sys.modules
    x = leopard.Variable(np.array([1.5, 2.5]))
    special.gammaln(x).backward()
    assert np.array_equal(x.grad.data, special.digamma(x.data))
    """)


def test_without_scipy_the_extra_is_named():
    run("""
    import sys
    sys.modules["scipy"] = None
    import leopard
    try:
        leopard.scipy.special.gammaln
    except ImportError as error:
        assert "leopard-autodiff[scipy]" in str(error)
    else:
        raise AssertionError
    """)


def test_scipys_wrappers_reach_the_operations():
    sp = pytest.importorskip("scipy.special")
    v = Variable(np.array([0.5, 1.5]))
    for y in (sp.lambertw(v), sp.zeta(2.0, v), sp.jvp(2, v)):
        assert y.creator is not None
    with pytest.raises(TypeError, match=r"leopard\.scipy\.special\.spherical_jn"):
        sp.spherical_jn(2, v)
