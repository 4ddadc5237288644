"""One portrait made ready to be moved: depth for its head, the person cut out of the background, lids for its eyes.  Pure.

    relief       the depth of the 468 points; outside the face it goes on smoothly to hair, ears and neck
    person       which pixels are the person (a matte, so that a turning head uncovers background and not a stretched wall)
    background   the picture without the head, filled in from its surroundings
    lids         where every pixel of an eye comes from when the lids are closed: the skin above comes down, with its lashes

The mesh comes from whoever found it: 468 points in pixels of the portrait, x to the right, y down, z in the same scale, smaller is
nearer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.camera_surface import Field, Grid, Image, Surface

POINTS = 468
CHIN = 152
# Points of the mesh around each eye of the image, left and right: corners, upper lid, lower lid, crease above.
EYES = (
    ((33, 133), (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), (247, 30, 29, 27, 28, 56, 190)),
    ((362, 263), (398, 384, 385, 386, 387, 388, 466), (382, 381, 380, 374, 373, 390, 249), (414, 286, 258, 257, 259, 260, 467)),
)  # fmt: skip
FINEST_LID = 12  # lids move in twelfths
DEPTH_SIDE = 192  # nodes along the longer side of the relief
AXIS_BEHIND = 0.45  # of the face's width, behind the mean of the mesh: where the head turns
CAMERA_AWAY = 6.0  # widths of a face: about 90 cm
HAIR_BEHIND = 0.30  # of the face's width, behind the hindmost points of the mesh


@dataclass(frozen=True, eq=False)
class Portrait:
    """``picture`` (h, w, 3) BGR uint8, ``mesh`` (468, 3) in its pixels; raises ValueError for another shape."""

    picture: Image
    mesh: Field

    def __post_init__(self) -> None:
        if self.mesh.shape != (POINTS, 3) or self.picture.ndim != 3:
            raise ValueError("a portrait is (h, w, 3) with a mesh of (468, 3)")

    @property
    def width(self) -> float:
        """Of the face, in pixels."""
        return float(np.ptp(self.mesh[:, 0]))

    @property
    def height(self) -> float:
        return float(np.ptp(self.mesh[:, 1]))

    @property
    def middle(self) -> tuple[float, float]:
        """Of the face's box."""
        x, y = (self.mesh[:, :2].min(axis=0) + self.mesh[:, :2].max(axis=0)) / 2
        return float(x), float(y)


class Sitter:
    """A portrait with its relief, matte and background, all as large as the portrait.  Made once a person: half a second."""

    def __init__(self, portrait: Portrait) -> None:
        self.portrait = portrait
        self.relief = relief(portrait)
        self.person = matte(portrait)
        self.background = without_person(portrait.picture, self.person)

    def with_picture(self, picture: Image) -> Sitter:
        """The same person with something painted over the picture; same shape."""
        other = object.__new__(Sitter)
        other.portrait = Portrait(picture, self.portrait.mesh)
        other.relief, other.person, other.background = self.relief, self.person, self.background
        return other


def relief(portrait: Portrait) -> Field:
    """Depth for every pixel, (h, w) float32: the mesh's triangles, and outside them a membrane down to the hair."""
    height, width = portrait.picture.shape[:2]
    finer = DEPTH_SIDE / max(height, width)
    rows, columns = max(2, round(height * finer)), max(2, round(width * finer))
    points = portrait.mesh * np.float32(finer)
    z = np.zeros((rows, columns), np.float32)
    known = np.zeros((rows, columns), np.uint8)
    for corners in triangles(points[:, :2], columns, rows):
        plane, *_ = np.linalg.lstsq(
            np.c_[points[corners, :2], np.ones(3)], points[corners, 2].astype(np.float64), rcond=None
        )
        inside = np.zeros_like(known)
        cv2.fillConvexPoly(inside, np.rint(points[corners, :2]).astype(np.int32), 1)
        y, x = np.nonzero(inside)
        # a sliver's plane points anywhere
        lowest, highest = points[corners, 2].min(), points[corners, 2].max()
        z[y, x] = np.clip(plane[0] * x + plane[1] * y + plane[2], lowest, highest)
        known[y, x] = 1
    # the membrane: held at the face, and at the silhouette where hair and neck end
    face = portrait.width * finer
    behind = float(points[:, 2].max()) + HAIR_BEHIND * face
    reach = cv2.distanceTransform(1 - known, cv2.DIST_L2, 5)
    fixed = (known > 0) | (reach > 0.45 * face)
    z[reach > 0.45 * face] = behind
    z[~fixed] = behind
    for blur in (*(0.12 * face,) * 40, *(0.04 * face,) * 40, *(1.0,) * 20):
        z = np.where(fixed, z, cv2.GaussianBlur(z, (0, 0), blur))
    z = cv2.GaussianBlur(z, (0, 0), 1.5) / np.float32(finer)
    return np.asarray(cv2.resize(z, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def triangles(points: Field, columns: int, rows: int) -> Iterable[list[int]]:
    """Delaunay triangles of points (n, 2), as three numbers each; points outside columns x rows are left out."""
    net = cv2.Subdiv2D((0, 0, columns, rows))
    number: dict[int, int] = {}
    for i, (x, y) in enumerate(points):
        if 0 <= x < columns and 0 <= y < rows:
            number[net.insert((float(x), float(y)))] = i
    for flat in net.getTriangleList():
        corners = flat.reshape(3, 2)
        if ((corners < 0) | (corners >= (columns, rows))).any():
            continue  # the net's own far corners
        found = [number.get(net.locate((float(x), float(y)))[2], -1) for x, y in corners]
        if min(found) >= 0 and len(set(found)) == 3:
            yield found


def matte(portrait: Portrait) -> Field:
    """(h, w) float32, 1 where the person is.  Hair and face are found by GrabCut, what is below the chin counts as the person."""
    picture = portrait.picture
    height, width = picture.shape[:2]
    (x, y), face_w, face_h = portrait.middle, portrait.width, portrait.height
    chin = float(portrait.mesh[CHIN, 1])
    left, right = max(0, int(x - 1.5 * face_w)), min(width, int(x + 1.5 * face_w))
    top, bottom = max(0, int(y - 1.4 * face_h)), min(height, int(chin + 0.6 * face_h))
    guess = np.full((bottom - top, right - left), cv2.GC_BGD, np.uint8)
    centre = (int(x - left), int(y - top))
    ellipse(guess, centre, (1.15 * face_w, 1.05 * face_h), cv2.GC_PR_BGD)
    ellipse(guess, (centre[0], int(y - 0.1 * face_h - top)), (0.85 * face_w, 0.85 * face_h), cv2.GC_PR_FGD)
    ellipse(guess, centre, (0.48 * face_w, 0.48 * face_h), cv2.GC_FGD)
    neck = slice(max(0, int(chin - top)), None)
    guess[neck, max(0, int(centre[0] - 0.3 * face_w)) : int(centre[0] + 0.3 * face_w)] = cv2.GC_FGD
    cv2.setRNGSeed(1)  # GrabCut begins with random clusters: the same portrait is always cut the same
    cv2.grabCut(
        np.ascontiguousarray(picture[top:bottom, left:right]),
        guess,
        None,
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        4,
        cv2.GC_INIT_WITH_MASK,
    )
    found = ((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)).astype(np.uint8)
    round_brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    found = cv2.morphologyEx(
        cv2.morphologyEx(found, cv2.MORPH_OPEN, round_brush), cv2.MORPH_CLOSE, round_brush
    )
    whole = np.zeros((height, width), np.float32)
    whole[top:bottom, left:right] = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 1.2)
    below = np.clip((np.arange(height, dtype=np.float32) - (chin + 0.25 * face_h)) / (0.2 * face_h), 0, 1)
    return np.asarray(np.maximum(whole, below[:, None]), np.float32)


def ellipse(
    canvas: NDArray[np.uint8], centre: tuple[int, int], half: tuple[float, float], value: int
) -> None:
    cv2.ellipse(canvas, centre, (int(half[0]), int(half[1])), 0, 0, 360, value, -1)


def without_person(picture: Image, person: Field) -> Image:
    """The picture with the person filled in from around, ever coarser the farther from anything known."""
    known = 1 - cv2.dilate((person > 0.02).astype(np.float32), np.ones((7, 7), np.uint8))
    sum_of = picture.astype(np.float32) * known[..., None]
    filled = np.zeros_like(sum_of)
    missing = np.ones_like(known)
    for blur in (2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        weight = cv2.GaussianBlur(known, (0, 0), blur)
        mean = cv2.GaussianBlur(sum_of, (0, 0), blur) / np.maximum(weight, 1e-6)[..., None]
        use = missing * np.clip(weight * 8, 0, 1)
        filled += mean * use[..., None]
        missing -= use
    mean_of_all = sum_of.sum(axis=(0, 1)) / max(float(known.sum()), 1.0)
    filled += missing[..., None] * mean_of_all
    soft = cv2.GaussianBlur(known, (0, 0), 2.0)[..., None] * known[..., None]
    return np.asarray(np.clip(picture * soft + filled * (1 - soft), 0, 255), np.uint8)


def head_surface(z: Field, mesh: Field, width: int, height: int) -> Surface:
    """The head and neck of a mesh (468, 3) in a frame; ``z`` (height, width) its relief in the frame's pixels.

    The head is rigid; from the chin down the neck follows less and less, so that the shoulders stay.
    """
    left, top = mesh[:, :2].min(axis=0)
    right, bottom = mesh[:, :2].max(axis=0)
    face_w, face_h = float(right - left), float(bottom - top)
    x0, y0 = float(left + right) / 2, float(top + bottom) / 2
    grid = Grid.over(
        x0 - 1.25 * face_w, y0 - 1.3 * face_h, x0 + 1.25 * face_w, y0 + 1.3 * face_h, width, height
    )
    x, y = grid.nodes()
    away = np.hypot((x - x0) / (1.05 * face_w), np.minimum((y - y0) / (1.2 * face_h), 0))
    below = np.maximum(y - (float(mesh[CHIN, 1]) - 0.05 * face_h), 0) / (0.75 * face_h)
    held = 1 - smooth(np.maximum((away - 1) / 0.19, below))
    depth = cv2.remap(
        z,
        np.tile(x, (grid.rows, 1)),
        np.tile(y, (1, grid.columns)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    axis = float(mesh[:, 2].mean()) + AXIS_BEHIND * face_w
    return Surface(grid, depth, held.astype(np.float32), (x0, y0 + 0.25 * face_h, axis), CAMERA_AWAY * face_w)


def smooth(t: Field) -> Field:
    """0 below 0, 1 above 1, without corners between."""
    t = np.clip(t, 0, 1)
    eased: Field = t * t * (3 - 2 * t)
    return eased


class Lids:
    """The eyes of one picture, at twelve stages of closing.  ``mesh`` (468, 3) in the picture's pixels."""

    def __init__(self, picture: Image, mesh: Field) -> None:
        self._picture, self._mesh = picture, mesh
        self._patches = lru_cache(maxsize=None)(self._drawn)

    def put(self, picture: Image, closed: float) -> None:
        """Draws both eyes into a copy of the picture; 0 as they were, 1 closed."""
        stage = round(min(max(closed, 0.0), 1.0) * FINEST_LID)
        for (left, top, right, bottom), patch in self._patches(stage):
            picture[top:bottom, left:right, :3] = patch

    def _drawn(self, stage: int) -> tuple[tuple[tuple[int, int, int, int], Image], ...]:
        return tuple(lid(self._picture, self._mesh, eye, stage / FINEST_LID) for eye in EYES)


def lid(
    picture: Image, mesh: Field, eye: tuple[tuple[int, ...], ...], closed: float
) -> tuple[tuple[int, int, int, int], Image]:
    """One eye: its box and the pixels in it.

    The skin between crease and lashes is drawn down over the eye, the lower lid comes up a little; the lashes go along.
    """
    corners, upper, lower, crease = eye
    points = mesh[:, :2]
    (x0, _), (x1, _) = points[corners[0]], points[corners[1]]
    wide = float(x1 - x0)
    xs = np.arange(int(x0 - 0.08 * wide), int(x1 + 0.08 * wide) + 2, dtype=np.float32)
    u = curve(points, (corners[0], *upper, corners[1]), xs)
    low = curve(points, (corners[0], *lower, corners[1]), xs)
    brow = curve(points, crease, xs)
    tall = max(float((low - u).max()), 2.0)
    u, low = u - 0.10 * (low - u), low + 0.10 * (low - u)  # the mesh's outline runs inside the lashes
    brow = np.minimum(brow - 0.25 * tall, u - 0.5 * tall)
    top, bottom = int(brow.min()) - 2, int(low.max() + 0.5 * tall) + 3
    ys = np.arange(top, bottom, dtype=np.float32)[:, None]
    near = np.clip((low - u) / (0.35 * tall), 0, 1)  # at the corners nothing moves
    met = u + (0.86 * closed) * (low - u)  # where the upper lid's edge is now
    risen = low - (0.14 * closed) * (low - u)
    foot = low + 0.45 * tall
    source = np.where(ys < brow, ys, brow + (ys - brow) * (u - brow) / np.maximum(met - brow, 1e-3))
    source = np.where(ys > met, ys, source)
    under = foot + (ys - foot) * (foot - low) / np.maximum(foot - risen, 1e-3)
    source = np.where((ys > risen) & (ys < foot), under, source)
    source = ys + (source - ys) * near
    box = (int(xs[0]), top, int(xs[-1]) + 1, bottom)
    drawn = cv2.remap(
        picture,
        np.ascontiguousarray(np.broadcast_to(xs[None, :], source.shape)),
        source.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    lashes = np.exp(-(((ys - met) / max(0.09 * tall, 0.8)) ** 2)) * (0.45 * closed) * near
    fold = np.exp(-(((ys - (brow + 0.3 * (u - brow))) / max(0.2 * tall, 1.0)) ** 2)) * (0.10 * closed) * near
    return box, np.asarray(np.clip(drawn * (1 - lashes - fold)[..., None], 0, 255), np.uint8)


def curve(points: Field, numbers: Iterable[int], xs: Field) -> Field:
    """y at every x of a line through some points of the mesh, smoothed as skin is."""
    line = points[sorted(numbers, key=lambda i: float(points[i, 0]))]
    ys = np.interp(xs, line[:, 0], line[:, 1]).astype(np.float32)
    soft: Field = cv2.GaussianBlur(
        ys[None, :], (0, 0), max(len(xs) / 20, 0.5), borderType=cv2.BORDER_REPLICATE
    )[0]
    return soft
