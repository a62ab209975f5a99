"""Programs for HIPS autograd that use `autograd.scipy`. Their results are in `result`, a list."""

MIXTURE = """
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad, hessian_vector_product
from autograd.scipy.special import logsumexp
import autograd.scipy.stats.multivariate_normal as mvn
from autograd.misc.flatten import flatten_func

rs = npr.RandomState(0)


def ll(params, data):
    w = params["log w"]
    w = w - logsumexp(w)
    c = [
        lw + mvn.logpdf(data, m, np.dot(L.T, L))
        for lw, m, L in zip(w, params["means"], params["chols"])
    ]
    return np.sum(logsumexp(np.vstack(c), axis=0))


params = {"log w": rs.randn(3), "means": rs.randn(3, 2), "chols": np.zeros((3, 2, 2)) + np.eye(2)}
data = rs.randn(20, 2)
f, unflatten, flat = flatten_func(lambda p: -ll(p, data), params)
obj = lambda p: np.squeeze(f(p)) if np.ndim(f(p)) else f(p)
result = [grad(obj)(flat), hessian_vector_product(obj)(flat, flat + 1)]
"""

PROCESS = """
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import value_and_grad
import autograd.scipy.stats.multivariate_normal as mvn

rs = npr.RandomState(1)
x = rs.randn(8, 2)
y = np.sin(x[:, 0])


def cov(p, x, z):
    d = np.expand_dims(x / np.exp(p[1:]), 1) - np.expand_dims(z / np.exp(p[1:]), 0)
    return np.exp(p[0]) * np.exp(-0.5 * np.sum(d**2, axis=2))


def nll(p):
    K = cov(p[2:], x, x) + np.exp(p[1]) * np.eye(len(y))
    return -mvn.logpdf(y, p[0] * np.ones(len(y)), K)


result = list(value_and_grad(nll)(0.1 * rs.randn(5)))
"""

VARIATIONAL = """
import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.multivariate_normal as mvn
import autograd.scipy.stats.norm as norm
from autograd import grad

rs = npr.RandomState(0)


def logp(x):
    mu, ls = x[:, 0], x[:, 1]
    return norm.logpdf(ls, 0, 1.35) + norm.logpdf(mu, 0, np.exp(ls))


z = rs.randn(30, 2)


def obj(p):
    m, s = p[:2], p[2:]
    ent = 0.5 * 2 * (1 + np.log(2 * np.pi)) + np.sum(s)
    return -(ent + np.mean(logp(z * np.exp(s) + m)))


result = [grad(obj)(np.array([0.1, -0.2, 0.3, -0.4]))]
"""

EQUATION = """
import autograd.numpy as np
from autograd import grad
from autograd.scipy.integrate import odeint
from autograd.builtins import tuple
from autograd.misc.flatten import flatten
import autograd.numpy.random as npr

rs = npr.RandomState(0)


def net(y, t, params):
    x = y**3
    for W, b in params:
        o = np.dot(x, W) + b
        x = np.maximum(0, o)
    return o


params = [(0.3 * rs.randn(2, 5), 0.1 * rs.randn(5)), (0.3 * rs.randn(5, 2), 0.1 * rs.randn(2))]
t = np.linspace(0, 2, 6)
target = rs.randn(6, 2)


def loss(params, i=0):
    return np.mean(
        np.abs(
            odeint(net, np.array([1.0, 0.5]), t, tuple((params,)), rtol=1e-8, atol=1e-8) - target
        )
    )


result = [flatten(grad(loss)(params))[0]]
"""

SPECIAL = """
import autograd.numpy as np
from autograd import grad, jacobian
from autograd.scipy.special import gammaln, expit, erf, betaln, polygamma
from autograd.scipy.linalg import solve_triangular

x = np.array([0.3, 1.2, 2.5])
result = [
    grad(lambda x: np.sum(gammaln(x) * expit(x) - betaln(x, 2.0)))(x),
    jacobian(lambda x: polygamma(1, x) * erf(x))(x),
]
"""

DISTRIBUTIONS = """
import autograd.numpy as np
from autograd import grad, hessian
from autograd.scipy.stats import dirichlet, t, gamma, beta, chi2, poisson, norm

a = np.array([1.5, 2.0, 3.0])
p = np.array([0.2, 0.3, 0.5])
result = [
    grad(lambda a: dirichlet.logpdf(p, a))(a),
    grad(lambda q: np.sum(t.logpdf(a, q[0], q[1], q[2])))(a),
    hessian(lambda q: np.sum(norm.logcdf(p, q[0], q[1])))(a[:2]),
    grad(lambda m: np.sum(poisson.logpmf(np.array([1, 2, 3]), m)))(2.5),
    grad(lambda x: chi2.logpdf(x, 4))(1.5),
]
"""

ALL = {name: text for name, text in list(globals().items()) if name.isupper()}
