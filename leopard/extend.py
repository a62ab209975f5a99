"""Operations that NumPy does not have, stated by another package or by a user's own program.

An operation is stated once, in a class: its value, its rule and its sample calls; leopard's own operations
are stated in the same way. An operation that acts element by element is an `Elementwise`, whose rule is read
into compiled loops. Any other is a `Primitive`; where its arguments need preparation, a function that calls
it is entered in the register by `implements`. A rule for complex numbers is the adjoint of the derivative:
`conj` conjugates complex numbers there, and returns real ones as they are. For one derivative in one program
`leopard.Function` and `leopard.custom_vjp` are shorter.

A class is registered when it is defined, and a function by `implements`. With ``listed=False`` a class is not
registered, and its ufunc keeps the operation that it had. A second statement of the same name in the same
module (when the module is reloaded) replaces the first; two different statements for one function of NumPy's
are an error. leopard's tests run over leopard's own operations alone; a package tests its own with
`leopard.testing.check_grads`.

Examples
--------
An elementwise operation whose value is an expression, one whose value is a ufunc of another package, which is
imported when it is first used, and one that is not elementwise, with an option behind its input:

>>> from leopard.extend import Elementwise, Primitive
>>> class Swish(Elementwise, listed=False):
...     def forward(self, x):
...         return x / (1 + np.exp(-x))
...     def backward(self, gy):
...         (x,) = self.inputs
...         p = 1 / (1 + np.exp(-x))
...         return gy * (p + x * p * (1 - p))
>>> class Expit(Elementwise, listed=False):
...     ufunc = "scipy.special.expit"
...     def backward(self, gy):
...         return gy * self.output * (1 - self.output)
>>> class Rotate(Primitive, listed=False):
...     options = ("k",)
...     linear = True
...     cases = [((2, 3), 1)]
...     def forward(self, x):
...         return np.rot90(x, self.k).copy()
...     def backward(self, gy):
...         return Rotate.operation(gy, -self.k)
>>> x = Variable(np.array([0.0, 1.0]))
>>> Swish.operation(x).backward()
>>> x.grad
variable([0.5        0.92767051])
"""

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj

__all__ = ["Elementwise", "Primitive", "call", "conj", "drawn", "implements"]
