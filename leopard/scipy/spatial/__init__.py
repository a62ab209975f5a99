"""Distances of points, of Variables: `distance`, and functions of `scipy.spatial`."""

from leopard.scipy.spatial import distance
from leopard.scipy.spatial.distance import distance_matrix, minkowski_distance, minkowski_distance_p

__all__ = ["distance", "distance_matrix", "minkowski_distance", "minkowski_distance_p"]
