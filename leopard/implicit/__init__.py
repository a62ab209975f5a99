"""Solutions of equations and optimization problems, differentiated by the implicit function theorem.

Where x solves ``F(x, a) = 0``, its derivative is ``dx = -(dF/dx)^-1 (dF/da) da``, however x was found: by the
solvers of this module, SciPy's, a loop, or code in C. Only F is differentiated, at the solution, so that the
cost and the memory of a derivative do not depend on the number of iterations.
"""

from leopard.implicit.equations import fixed_point, root, solution, solve
from leopard.implicit.optima import least_squares, minimize

__all__ = ["fixed_point", "least_squares", "minimize", "root", "solution", "solve"]
