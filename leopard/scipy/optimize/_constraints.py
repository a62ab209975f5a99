"""Constraints with their derivatives: dicts and `NonlinearConstraint`."""

import numpy as np
from scipy.optimize import BFGS, LinearConstraint, NonlinearConstraint
from scipy.sparse.linalg import LinearOperator

from leopard.scipy.optimize._derivatives import Vector
from leopard.scipy.optimize._unknowns import refuse_variables

__all__ = ["with_derivatives"]

#: Up to so many unknowns a Hessian is a matrix for methods that also take products with it.
FEW = 50


def with_derivatives(constraints, unknowns, method):
    """(constraints, whether any has a sparse Jacobian): the constraints with the derivatives that they lack.

    Parameters
    ----------
    constraints : dict, constraint, or sequence of these
    unknowns : Unknowns
    method : str
        In small letters.
    """
    if isinstance(constraints, (dict, LinearConstraint, NonlinearConstraint)) or not _is_sequence(
        constraints
    ):
        constraints = [constraints]
    given = [_with_derivatives(c, unknowns, method) for c in constraints]
    return given, any(getattr(c, "is_large", False) for c in given)


def _is_sequence(x):
    return isinstance(x, (list, tuple))


def _with_derivatives(constraint, unknowns, method):
    if isinstance(constraint, dict):
        return _of_dict(constraint, unknowns, method)
    if isinstance(constraint, NonlinearConstraint):
        return _of_object(constraint, unknowns, method)
    return constraint


def _of_dict(constraint, unknowns, method):
    if "fun" not in constraint or "type" not in constraint:
        return constraint  # SciPy says what is missing
    args = constraint.get("args", ())
    refuse_variables(unknowns.name, **{"args of a constraint": args})
    c = Vector(f"{unknowns.name}, a constraint", constraint["fun"], unknowns, args=args)
    jac = constraint.get("jac")
    if callable(jac):
        given = jac
        jac = lambda x: given(unknowns.of(x), *args)  # noqa: E731
    if method == "trust-constr" and jac is None and str(constraint["type"]).lower() in ("eq", "ineq"):
        high = 0.0 if str(constraint["type"]).lower() == "eq" else np.inf
        return _of_object(NonlinearConstraint(constraint["fun"], 0.0, high), unknowns, method, args)
    c.is_replayed = jac is None and method == "slsqp"
    return {"type": constraint["type"], "fun": c.value, "jac": c.jacobian if jac is None else jac}


def _of_object(constraint, unknowns, method, args=()):
    in_full = method == "trust-constr"  # the others take dense Jacobians and no Hessians
    options = {"sparsity": constraint.finite_diff_jac_sparsity if in_full else None, "may_be_sparse": in_full}
    c = Vector(f"{unknowns.name}, a constraint", constraint.fun, unknowns, args=args, **options)
    jac, hess = constraint.jac, constraint.hess
    c.is_replayed = isinstance(jac, str) and jac == "2-point" and method in ("slsqp", "trust-constr")
    if isinstance(jac, str) and jac == "2-point":
        jac = c.jacobian
    elif callable(jac):
        given_jac = jac
        jac = lambda x: given_jac(unknowns.of(x))  # noqa: E731
    if type(hess) is BFGS and in_full:  # SciPy's default
        hess = c.hessian if len(unknowns) <= FEW else _operator(c)
    elif callable(hess):
        given_hess = hess
        hess = lambda x, v: given_hess(unknowns.of(x), v)  # noqa: E731
    made = NonlinearConstraint(c.value, constraint.lb, constraint.ub, jac, hess, constraint.keep_feasible)
    made.finite_diff_rel_step = constraint.finite_diff_rel_step
    if c.is_sparse and jac == c.jacobian:
        c.jacobian(unknowns.vector)  # it may turn out to be small or full
        made.is_large = c.is_sparse
    return made


def _operator(c):
    def hess(x, v):
        x, v = np.array(x), np.array(v)
        n = len(x)
        return LinearOperator((n, n), matvec=lambda p: c.product(x, v, np.ravel(p)), dtype=float)

    return hess
