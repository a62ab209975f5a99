"""Tests of `leopard.scipy.sparse`."""
