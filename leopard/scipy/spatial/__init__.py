"""Distances of points, of Variables: `distance`, and functions of `scipy.spatial`."""

from importlib import import_module as _import_module

from leopard.scipy.spatial.distance import distance_matrix, minkowski_distance, minkowski_distance_p

__all__ = ["distance", "distance_matrix", "minkowski_distance", "minkowski_distance_p"]

distance = _import_module("leopard.scipy.spatial.distance")
