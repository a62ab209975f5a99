"""Vector quantization, of Variables: `vq`, functions of `scipy.cluster.vq`."""

from leopard.scipy.cluster import vq

__all__ = ["vq"]
