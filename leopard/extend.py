"""Operations that NumPy does not have, stated by another package or by a user's own program.

An operation is stated once, in a class: its value, its rule and its sample calls; so are leopard's own. What
acts element by element is an `Elementwise`, whose rule is read into compiled loops. Anything else is a
`Primitive`, and where its options need preparation, there is a function before it that `implements` enters in
the register. A rule for complex numbers is the adjoint: `conj` conjugates there, and leaves real ones as they
are. For one derivative in one program `leopard.Function` and `leopard.custom_vjp` are shorter.

Examples
--------
An elementwise operation whose value is an expression of NumPy's functions:

>>> from leopard.extend import Elementwise, Primitive, call, drawn, implements
>>> class Swish(Elementwise, listed=False):
...     domain = [(-3.0, 3.0)]
...
...     def forward(self, x):
...         return x / (1 + np.exp(-x))
...
...     def backward(self, gy):
...         (x,) = self.inputs
...         p = 1 / (1 + leopard.exp(-x))
...         return gy * (p + x * p * (1 - p))
>>> swish = Swish.operation
>>> x = Variable(np.array([0.0, 1.0]))
>>> swish(x).backward()
>>> x.grad
variable([0.5        0.92767051])

One whose value is a ufunc of another package, known by its name: the package is imported when the operation
is first used, and then its ufunc may be called with Variables.

>>> class Expit(Elementwise, listed=False):
...     ufunc = "scipy.special.expit"
...
...     def backward(self, gy):
...         y = self.output
...         return gy * y * (1 - y)

One that is not elementwise, its options behind its inputs:

>>> class Rotated(Primitive, listed=False):
...     options = ("k",)
...     linear = True
...     cases = [((2, 3), 1)]
...
...     def forward(self, x):
...         return np.rot90(x, self.k).copy()
...
...     def backward(self, gy):
...         return Rotated.operation(gy, -self.k)
>>> Rotated.operation(Variable(np.array([[1.0, 2.0]])), 1)
variable([[2.]
          [1.]])

A class enters the register as it is defined, and a function by `implements`; ``listed=False`` keeps a class
out of it, and lets NumPy's ufunc mean what it meant before. The same statement again, when a module is
reloaded, takes the place of the former; two statements that claim one function of NumPy's are an error. Only
entries of leopard are tried by its own tests; a package tries its own with `leopard.testing.check_grads`.
"""

from leopard.functions._registry import Elementwise, Primitive, call, drawn, implements
from leopard.functions.basic.complex import conj

__all__ = ["Elementwise", "Primitive", "call", "conj", "drawn", "implements"]
