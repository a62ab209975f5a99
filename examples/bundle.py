"""Bundle adjustment: where cameras and points are, from the pictures of the points, by `least_squares`.

The cameras are turned by Rodrigues's formula and have a focal length each. A residual depends on one camera
and one point, so that the Jacobian is sparse, and it is computed in compressed form. The pictures are made
from a truth, with noise of half a pixel. What no picture tells, namely where all of it is, how turned and how
large, is taken from the truth before the points are compared.
"""

import numpy as np
import showing
from scipy.sparse import coo_array

from leopard.scipy.optimize import least_squares

CAMERAS, POINTS, NOISE = 8, 60, 0.5


def projected(cameras, points):
    """Where cameras see points; a camera is a turn and a shift of three numbers each, and a focal length."""
    turn, shift, focal = cameras[:, :3], cameras[:, 3:6], cameras[:, 6:]
    angle = np.sqrt(np.sum(turn**2, axis=1, keepdims=True))
    axis = turn / angle
    along = np.sum(axis * points, axis=1, keepdims=True) * axis
    turned = along + np.cos(angle) * (points - along) + np.sin(angle) * np.cross(axis, points)
    seen = turned + shift
    return focal * seen[:, :2] / seen[:, 2:]


def truth(seed=0):
    """Points in a cube, and cameras on an arc around it that look at its middle."""
    rng = np.random.default_rng(seed)
    around = np.linspace(-1.2, 1.2, CAMERAS)
    tilt = 0.1 * rng.standard_normal((CAMERAS, 2))
    turn = np.stack([tilt[:, 0], around, tilt[:, 1]], axis=1)
    shift = np.concatenate([0.1 * rng.standard_normal((CAMERAS, 2)), np.full((CAMERAS, 1), 5.0)], axis=1)
    cameras = np.concatenate([turn, shift, rng.uniform(480, 520, (CAMERAS, 1))], axis=1)
    return cameras, rng.uniform(-1, 1, (POINTS, 3))


def pattern(camera, point):
    """Where the Jacobian can be nonzero: two rows a picture, seven columns a camera, three a point."""
    of_camera, of_point = 7 * camera[:, None] + np.arange(7), 7 * CAMERAS + 3 * point[:, None] + np.arange(3)
    columns = np.concatenate([of_camera, of_point], axis=1)
    columns = np.repeat(columns, 2, axis=0)
    rows = np.repeat(np.arange(len(columns)), 10)
    return coo_array((np.ones(columns.size), (rows, columns.ravel()))).tocsr()


def aligned(points, wanted):
    """The points shifted, turned and scaled to lie as near to others as can be: the Procrustes problem."""
    p, w = points - points.mean(axis=0), wanted - wanted.mean(axis=0)
    U, s, V = np.linalg.svd(p.T @ w)
    return p @ U @ V * (s.sum() / np.sum(p**2)) + wanted.mean(axis=0)


def main(picture=None):
    cameras, points = truth()
    rng = np.random.default_rng(1)
    camera, point = np.divmod(np.flatnonzero(rng.random(CAMERAS * POINTS) < 0.8), POINTS)
    pictures = projected(cameras[camera], points[point])
    pictures = pictures + NOISE * rng.standard_normal(pictures.shape)

    def residuals(x):
        of_cameras, of_points = x["cameras"], x["points"]
        return np.ravel(projected(of_cameras[camera], of_points[point]) - pictures)

    shaken = cameras * (1 + 0.02 * rng.standard_normal(cameras.shape))
    start = {"cameras": shaken, "points": points + 0.1 * rng.standard_normal(points.shape)}
    found = least_squares(residuals, start, jac_sparsity=pattern(camera, point), x_scale="jac", ftol=1e-10)
    placed = [aligned(p, points) for p in (start["points"], found.x["points"])]
    if picture:
        draw(picture, points, placed, pictures[camera == 0], found, camera)
    off = [np.sqrt(np.mean((p - points) ** 2)) for p in placed]
    return {
        "residuals": len(found.fun),
        "unknowns": 7 * CAMERAS + 3 * POINTS,
        "nonzeros_of_jacobian": found.jac.nnz,
        "squares_in_units_of_noise": np.sum(found.fun**2) / NOISE**2,
        "points_off_at_start": off[0],
        "points_off": off[1],
        "evaluations": found.nfev,
    }


def draw(path, points, placed, seen, found, camera):
    figure, (left, right) = showing.figure(2, size=(9, 4))
    left.plot(*points[:, :2].T, "o", color=showing.GREY, mfc="none", label="truth")
    left.plot(*placed[0][:, :2].T, "x", ms=4, color=showing.RED, label="start")
    left.plot(*placed[1][:, :2].T, ".", ms=4, color=showing.BLUE, label="found")
    left.legend(loc="upper left", bbox_to_anchor=(1, 1))
    left.set(title="the points, two of three coordinates", aspect="equal")
    off = found.fun.reshape(-1, 2)[camera == 0]
    right.plot(*seen.T, ".", color=showing.BLUE)
    right.quiver(*seen.T, *off.T, color=showing.RED, angles="xy", scale_units="xy", scale=0.05, width=0.003)
    right.set(title="picture of one camera; residuals, 20 times", aspect="equal")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
