"""What may be painted on a portrait: a mask, sunglasses, and the face of somebody else.  Pure.

The stranger is the same picture with another geometry (wide jaw, narrow low eyes close together, broad nose, wide mouth, short
chin) and another tone; a comparison engine should say: not the same person.  The geometry goes only so far (``OTHER``) that a pose
solved from the face's points looks the same way for both: one step further the same straight head seems to look up, and a change
of people would be a change of pose.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from devices.camera_sitter import CHIN, EYES, Portrait, matte
from devices.camera_surface import Field, Image

NOSE = (1, 2, 4, 5, 48, 278)
MOUTH = (61, 291, 0, 17)
BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (336, 296, 334, 293, 300, 276, 283, 282, 295, 285))
JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
STEP = 4
OTHER = 0.4  # of the way to the geometry below; from .55 on the pose has another solution
MASK = (214, 178, 120)  # a surgical mask's blue, BGR
GLASS = (26, 24, 22)


def with_mask(portrait: Portrait) -> Image:
    """The picture with a surgical mask on."""
    points = portrait.mesh[:, :2]
    picture = portrait.picture.copy()
    outline = np.concatenate((points[list(JAW)], points[[347, 195, 118]]))
    middle = points[list(JAW)].mean(axis=0)
    outline[: len(JAW)] = middle + (outline[: len(JAW)] - middle) * np.float32(1.04)
    shape = filled(picture, outline)
    cloth = np.full(picture.shape, MASK, np.float32)
    shade = 0.8 + 0.2 * cv2.GaussianBlur(picture[..., 1], (0, 0), 6).astype(np.float32) / 160
    rows = 1 + 0.06 * np.sin(np.arange(picture.shape[0], dtype=np.float32) * np.float32(60 / portrait.height))
    return mixed(picture, cloth * shade[..., None] * rows[:, None, None], shape)


def with_sunglasses(portrait: Portrait) -> Image:
    """The picture with dark glasses on."""
    picture = portrait.picture.copy()
    shape = np.zeros(picture.shape[:2], np.float32)
    middles = []
    for corners, upper, lower, _ in EYES:
        eye = portrait.mesh[[*corners, *upper, *lower], :2]
        middles.append(eye.mean(axis=0))
        half = (round(0.17 * portrait.width), round(0.13 * portrait.width))
        x, y = middles[-1]
        cv2.ellipse(
            shape, (round(float(x)), round(float(y + 0.02 * portrait.width))), half, 0, 0, 360, 1.0, -1
        )
    (x0, y0), (x1, y1) = middles
    cv2.line(shape, (round(float(x0)), round(float(y0))), (round(float(x1)), round(float(y1))), 1.0, 2)
    return mixed(picture, np.full(picture.shape, GLASS, np.float32), cv2.GaussianBlur(shape, (0, 0), 0.8))


def stranger(portrait: Portrait) -> Portrait:
    """Somebody else, made from a portrait."""
    points = portrait.mesh
    moved = points.copy()
    (x0, y0), wide, high = portrait.middle, portrait.width, portrait.height
    down = np.clip((points[:, 1] - y0) / high * 2 + 0.2, 0, 1)
    moved[:, 0] = x0 + (points[:, 0] - x0) * (1 + 0.25 * down)
    moved[:, 1] = y0 + (points[:, 1] - y0) * np.float32(0.92)
    for (corners, upper, lower, _), side in zip(EYES, (1, -1), strict=True):
        grow(points, moved, (*corners, *upper, *lower), 0.16 * wide, 0.75, (side * 0.04 * wide, 0.06 * high))
    grow(points, moved, NOSE, 0.2 * wide, 1.45, (0.0, -0.04 * high), tall=1.0)
    grow(points, moved, MOUTH, 0.25 * wide, 1.2, (0.0, -0.06 * high), tall=1.0)
    moved = points + np.float32(OTHER) * (moved - points)
    moved[:, 2] = points[:, 2]
    return Portrait(retoned(warped(portrait, moved), moved, portrait), moved)


def grow(
    points: Field,
    moved: Field,
    numbers: Iterable[int],
    reach: float,
    larger: float,
    shift: tuple[float, float],
    tall: float | None = None,
) -> None:
    """Scales what lies around some points about their middle, and shifts it; fading out beyond ``reach`` pixels."""
    x, y = points[list(numbers), :2].mean(axis=0)
    near = np.exp(-(((points[:, 0] - x) / reach) ** 2) - ((points[:, 1] - y) / reach) ** 2)
    moved[:, 0] += near * ((larger - 1) * (points[:, 0] - x) + shift[0])
    moved[:, 1] += near * (((tall or larger) - 1) * (points[:, 1] - y) + shift[1])


def warped(portrait: Portrait, moved: Field) -> Image:
    """The picture with its points where ``moved`` (468, 3) has them; nothing moves far from the face."""
    height, width = portrait.picture.shape[:2]
    x, y = np.meshgrid(
        np.arange(0, width, STEP, dtype=np.float32) + (STEP - 1) / 2,
        np.arange(0, height, STEP, dtype=np.float32) + (STEP - 1) / 2,
    )
    reach = 0.07 * portrait.width
    back = np.zeros((*x.shape, 2), np.float32)
    weight = np.full(x.shape, 1e-2, np.float32)
    for (to_x, to_y), (from_x, from_y) in zip(moved[:, :2], portrait.mesh[:, :2], strict=True):
        near = np.exp(-((x - to_x) ** 2 + (y - to_y) ** 2) / (2 * reach * reach))
        weight += near
        back[..., 0] += near * (from_x - to_x)
        back[..., 1] += near * (from_y - to_y)
    full = cv2.resize(back / weight[..., None], (width, height), interpolation=cv2.INTER_LINEAR)
    full[..., 0] += np.arange(width, dtype=np.float32)
    full[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(
        cv2.remap(portrait.picture, full, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def retoned(picture: Image, mesh: Field, portrait: Portrait) -> Image:
    """Darker skin, nearly black hair and brows."""
    wide, chin = portrait.width, float(mesh[CHIN, 1])
    above = np.clip((chin - np.arange(picture.shape[0], dtype=np.float32)) / (0.2 * wide), 0, 1)
    face = filled(picture, cv2.convexHull(np.ascontiguousarray(mesh[:, :2]))[:, 0], blur=0.03 * wide)
    hair = matte(portrait) * above[:, None] * (1 - face)
    dark = mixed(picture, picture * np.array((0.35, 0.32, 0.30), np.float32), hair)
    tan = mixed(dark, dark * np.array((0.66, 0.76, 0.86), np.float32), face)
    for brow in BROWS:
        hull = cv2.convexHull(np.ascontiguousarray(mesh[list(brow), :2]))[:, 0]
        tan = mixed(tan, tan * np.float32(0.35), filled(picture, hull, blur=0.012 * wide))
    return tan


def filled(picture: Image, outline: Field, blur: float = 1.0) -> Field:
    """(h, w), 1 inside an outline of points (n, 2), soft at its edge."""
    shape = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(shape, [np.rint(outline).astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(shape, (0, 0), blur), np.float32)


def mixed(picture: Image, other: Field | Image, share: Field) -> Image:
    """``other`` where ``share`` (h, w) is 1."""
    over = share[..., None]
    return np.asarray(np.clip(picture * (1 - over) + other * over, 0, 255), np.uint8)
