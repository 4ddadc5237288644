"""What a check keeps of a frame for a while: the head, cut out, and what was measured of it.  Whoever keeps one forgets it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh
from kiosk.face.quality import Light

MARGIN = 0.6  # of the face's height, kept around it


@dataclass(frozen=True, eq=False)
class Kept:
    """A head cut out of a frame: BGR, and its mesh in it."""

    image: Image
    mesh: Mesh
    light: Light
    away_deg: float

    def forget(self) -> None:
        self.image.fill(0)
        self.mesh.points.fill(0)


def cut_out(image: Image, mesh: Mesh, light: Light, away_deg: float = 0.0) -> Kept:
    """The head with some room around it; a copy."""
    box, (height, width) = mesh.box, image.shape[:2]
    room = MARGIN * box.height
    left, top = max(0, math.floor(box.left - room)), max(0, math.floor(box.top - room))
    right, bottom = min(width, math.ceil(box.right + room)), min(height, math.ceil(box.bottom + room))
    points = mesh.points.copy()
    points[:, :2] -= np.array((left, top), np.float32)
    return Kept(image[top:bottom, left:right].copy(), Mesh(points, mesh.presence), light, away_deg)


def forgotten(kept: Kept | None) -> None:
    """Zeroes a cut-out, if there is one."""
    if kept is not None:
        kept.forget()


def measured(kept: Kept) -> dict[str, float]:
    """As kiosk.face.quality names it, without what could not be measured."""
    light = kept.light
    found = {
        "brightness": light.brightness,
        "burnt_share": light.burnt_share,
        "sharpness": light.sharpness,
        "cover": light.cover,
        "eye_contrast": light.eye_contrast,
        "eye_distance_px": kept.mesh.eye_distance,
    }
    return {name: round(value, 4) for name, value in found.items() if value is not None}
