"""Programs as people write them for HIPS autograd; a test moves them by their import lines alone."""

REGRESSION = """
import autograd.numpy as np
from autograd import grad
from autograd.test_util import check_grads


def sigmoid(x):
    return 0.5 * (np.tanh(x / 2.0) + 1)


def logistic_predictions(weights, inputs):
    return sigmoid(np.dot(inputs, weights))


def training_loss(weights):
    preds = logistic_predictions(weights, inputs)
    label_probabilities = preds * targets + (1 - preds) * (1 - targets)
    return -np.sum(np.log(label_probabilities))


inputs = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]])
targets = np.array([True, True, False, True])
training_gradient_fun = grad(training_loss)
weights = np.array([0.0, 0.0, 0.0])
check_grads(training_loss, modes=["rev"])(weights)
for i in range(100):
    weights -= training_gradient_fun(weights) * 0.01
result = weights, training_loss(weights)
"""

DERIVATIVES = """
import autograd.numpy as np
from autograd import elementwise_grad as egrad
from autograd import grad, deriv

x = np.linspace(-7, 7, 20)
result = [np.tanh(x)]
f = np.tanh
for _ in range(4):
    f = egrad(f)
    result.append(f(x))
result.append(deriv(np.tanh)(0.3))


def fun(x):
    currterm = x
    ans = currterm
    for i in range(1000):
        currterm = -currterm * x**2 / ((2 * i + 3) * (2 * i + 2))
        ans = ans + currterm
        if np.abs(currterm) < 0.2:
            break
    return ans


d = fun
for _ in range(3):
    d = grad(d)
    result.append(d(np.pi))
"""

PRIMITIVE = '''
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad, jacobian
from autograd.extend import primitive, defvjp


@primitive
def logsumexp(x):
    """Numerically stable log(sum(exp(x)))"""
    max_x = np.max(x)
    return max_x + np.log(np.sum(np.exp(x - max_x)))


def logsumexp_vjp(ans, x):
    x_shape = x.shape
    return lambda g: np.full(x_shape, g) * np.exp(x - np.full(x_shape, ans))


defvjp(logsumexp, logsumexp_vjp)


def example_func(y):
    z = y**2
    lse = logsumexp(z)
    return np.sum(lse)


y = npr.RandomState(0).randn(10)
result = [grad(example_func)(y), jacobian(grad(example_func))(y)]
'''

NETWORK = """
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc import flatten
from autograd.misc.optimizers import adam, rmsprop, sgd


def init_random_params(scale, layer_sizes, rs=npr.RandomState(0)):
    return [
        {"W": scale * rs.randn(m, n), "b": scale * rs.randn(n)} for m, n in zip(layer_sizes[:-1],
        layer_sizes[1:])
    ]


def neural_net_predict(params, inputs):
    for layer in params:
        outputs = np.dot(inputs, layer["W"]) + layer["b"]
        inputs = np.tanh(outputs)
    return outputs


def l2_norm(params):
    flattened, _ = flatten(params)
    return np.dot(flattened, flattened)


inputs = np.linspace(-3, 3, num=10).reshape(10, 1)
targets = np.cos(inputs)


def objective(params, t):
    return np.mean((neural_net_predict(params, inputs) - targets) ** 2) + 1e-3 * l2_norm(params)


seen = []
params = init_random_params(0.5, [1, 4, 1])
result = []
for optimizer in (adam, rmsprop, sgd):
    trained = optimizer(
        grad(objective), params, step_size=0.01, num_iters=20, callback=lambda p, i, g:
        seen.append(objective(p, i))
    )
    result += [flatten(trained)[0]]
result += [np.array(seen)]
"""

PRODUCTS = """
import autograd.numpy as np
from autograd import (
    grad, jacobian, hessian, hessian_vector_product, make_vjp, make_jvp, make_hvp, make_ggnvp,
    value_and_grad, grad_and_aux, vector_jacobian_product, tensor_jacobian_product, hessian_tensor_product,
    checkpoint, grad_named, elementwise_grad,
)
from autograd.builtins import isinstance, tuple, list, dict
from autograd.differential_operators import make_jvp_reversemode


def f(x, y=2.0):
    return np.sum(np.sin(x) * y) + np.prod(x)


def g(x):
    return np.array([x[0] * x[1], np.sum(x**2), x[2]])


x, v = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, 3.0])
vjp, ans = make_vjp(g)(x)
hvp, gradient = make_hvp(f)(x)
result = [
    grad(f, 1)(x, 3.0),
    *grad(f, (0, 1))(x, 3.0),
    *grad(f, [0, 1])(x, 3.0),
    jacobian(g)(x),
    hessian(f)(x),
    hessian(g)(x),
    hessian_vector_product(f)(x, v),
    hessian_tensor_product(f)(x, v),
    vector_jacobian_product(g)(x, v),
    tensor_jacobian_product(g)(x, v),
    vjp(v),
    ans,
    *make_jvp(g)(x)(v),
    make_jvp_reversemode(g)(x)(v),
    hvp(v),
    gradient,
    make_ggnvp(g)(x)(v),
    *value_and_grad(f)(x),
    *grad_and_aux(lambda x: (f(x), np.sum(x)))(x),
    grad(checkpoint(f))(x),
    grad_named(f, "y")(x, 3.0),
    grad(lambda d: d["a"] * np.sum(d["b"][0]))({"a": 2.0, "b": (x,)})["b"][0],
    elementwise_grad(lambda x: x**3)(x),
    grad(lambda x: np.sum(np.array([[x, x**2], [x**3, 1.0]])))(2.0),
    grad(lambda x: np.sum(np.concatenate([np.array([x[0], x[1] * x[0]]), x])))(x),
    grad(lambda x: np.linalg.norm(x) + np.sum(np.real(np.fft.fft(x))))(x),
    grad(lambda x: np.sum(x**2.0))(np.array([1, 2])),
    grad(lambda x: np.array([x[0] ** 2]))(x),
    float(isinstance(x, np.ndarray)),
    grad(lambda x: np.sum(x) if isinstance(x, np.ndarray) else 0.0)(x),
]
"""

COMPLEX = """
import autograd.numpy as np
from autograd import grad, holomorphic_grad, jacobian, make_vjp, make_jvp, value_and_grad

z = np.array([1.0 + 2.0j, -0.5j, 3.0 + 0.0j])
result = [
    grad(lambda z: np.real(np.sum(np.sin(z) * z)))(z),
    grad(lambda z: np.sum(np.abs(z) ** 2))(z),
    value_and_grad(lambda z: np.imag(z[0] * z[1]))(z)[1],
    holomorphic_grad(lambda z: np.sin(z) * z)(1.0 + 2.0j),
    grad(lambda x: np.abs(np.exp(1j * x) + x))(0.5),
    make_vjp(lambda z: z**2 * 1j)(z)[0](z),
    make_jvp(lambda z: z**2 * 1j)(z)(z)[1],
    grad(lambda z: np.sum(np.abs(grad(lambda z: np.sum(np.real(z**3)))(z)) ** 2))(z),
    make_vjp(lambda z: np.conj(z) * np.abs(z))(z)[0](1j * z),
]
"""

ALL = {name: text for name, text in list(globals().items()) if name.isupper()}
