"""Whether a frame is good enough, and what to tell the person if it is not.  Pure.

Everything is measured on 112 x 112 upright pixels around the mesh, so that limits mean the same at every distance.

    mask         nose and mouth both differ in tint from the skin between the brows, which a mask leaves bare.  A mask of the
                 skin's own tint, or white on very pale skin, or below the mouth, is not seen; a grey camera sees none.
    sunglasses   no drawing of light and dark around both eyes.  Lenses that mirror the hall are not seen.
    anything     that takes the mesh away from a face the detector still sees: the person is asked to show the whole face
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.config import FaceQuality
from kiosk.face.crops import Crop, Image, Points
from kiosk.face.detection import Box
from kiosk.face.mesh import Mesh
from kiosk.face.pose import Pose
from kiosk.face.verdicts import Hint

SIZE = 112
BURNT = 250
SPARSE = 16  # every so many pixels, each way, say how light a whole frame is
DARKEST = 4  # added to pixels before their logarithm: noise in the dark is no colour
LEAST_SKIN_COLOUR = 0.05  # a tint below this says nothing: a grey camera, or hardly any light
BETWEEN_BROWS = (9, 8, 168, 6, 107, 336, 151)
NOSE = (1, 4, 5, 45, 275, 2)
LIPS = (0, 17, 37, 267, 84, 314, 13, 14)
AROUND_EYES = (159, 145, 158, 153, 160, 144, 386, 374, 385, 380, 387, 373, 33, 133, 362, 263)


@dataclass(frozen=True)
class Light:
    """What the pixels of a face say; units as in docs/config.md.  ``cover`` None: the colours say nothing."""

    brightness: float
    burnt_share: float
    sharpness: float
    cover: float | None
    eye_contrast: float


@dataclass(frozen=True)
class Quality:
    """``hints`` in the order of urgency; () when the frame is good.  ``light`` None when there is no face."""

    hints: tuple[Hint, ...]
    light: Light | None = None

    @property
    def good(self) -> bool:
        return not self.hints


NOBODY = Quality((Hint.COME_TO_THE_SCREEN,))
COVERED = Quality((Hint.SHOW_WHOLE_FACE,))


def assess(
    image: Image, mesh: Mesh | None, others: tuple[Box, ...], turn: Pose | None, limits: FaceQuality
) -> Quality:
    """All that is wrong with a frame.  ``others``: every face the detector saw but this one."""
    if mesh is None or mesh.presence < limits.least_presence:
        return COVERED if others else unseen(image, limits)
    box, (height, width) = mesh.box, image.shape[:2]
    seen = light(image, mesh)
    wrong = {
        Hint.ONE_PERSON: any(other.height >= limits.other_face_share * box.height for other in others),
        Hint.COME_CLOSER: mesh.eye_distance < limits.least_eye_distance_px,
        Hint.GO_BACK: box.height > limits.most_height_share * height,
        Hint.INTO_THE_FRAME: box.left < 0 or box.top < 0 or box.right > width or box.bottom > height,
        Hint.TOO_DARK: seen.brightness < limits.least_brightness,
        Hint.TOO_BRIGHT: seen.brightness > limits.most_brightness
        or seen.burnt_share > limits.most_burnt_share,
        Hint.TAKE_OFF_MASK: seen.cover is not None and seen.cover > limits.most_cover,
        Hint.TAKE_OFF_SUNGLASSES: seen.eye_contrast < limits.least_eye_contrast,
        Hint.LOOK_STRAIGHT: turn is None
        or abs(turn.yaw) > limits.most_yaw_deg
        or abs(turn.pitch) > limits.most_pitch_deg
        or abs(turn.roll) > limits.most_roll_deg,
        Hint.HOLD_STILL: seen.sharpness < limits.least_sharpness,
    }
    return Quality(tuple(hint for hint in Hint if wrong.get(hint)), seen)


def unseen(image: Image, limits: FaceQuality) -> Quality:
    """Of a frame without a face: whether anybody's would be too dark or too bright in it."""
    low, high = np.percentile(image[::SPARSE, ::SPARSE].mean(axis=2), (5, 95))
    if high < limits.least_brightness:
        return Quality((Hint.TOO_DARK,))
    return Quality((Hint.TOO_BRIGHT,)) if low > limits.most_brightness else NOBODY


def light(image: Image, mesh: Mesh) -> Light:
    """Brightness, sharpness and coverings of a face in a BGR image."""
    crop = face_square(mesh)
    chip = crop.cut(image, SIZE)
    gray: NDArray[np.uint8] = cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY)
    smooth: Image = cv2.blur(chip, (5, 5))
    points = inside(crop, mesh.points)
    around_eyes = pixels(cv2.cvtColor(smooth, cv2.COLOR_BGR2GRAY), points[list(AROUND_EYES)])
    return Light(
        float(gray.mean()),
        float(np.count_nonzero(gray >= BURNT) / gray.size),
        sharpness(gray),
        cover(smooth, points),
        float(around_eyes.std()),
    )


def cover(smooth: Image, points: Points) -> float | None:
    """How far the tints of nose and mouth, the nearer of them, are from that of the skin between the brows; None without colour."""
    skin, nose, lips = (tint(smooth, points[list(part)]) for part in (BETWEEN_BROWS, NOSE, LIPS))
    if math.hypot(*skin) < LEAST_SKIN_COLOUR:
        return None
    return min(math.hypot(*(nose - skin)), math.hypot(*(lips - skin)))


def sharpness(gray: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of an (h, w) image, 0 when flat; larger is sharper.  Raises ValueError on an empty one."""
    if not gray.size:
        raise ValueError("an image without pixels")
    return float(cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_32F))[1].item()) ** 2


def face_square(mesh: Mesh) -> Crop:
    """The upright square that just holds the mesh."""
    box, crop = mesh.box, mesh.crop
    return Crop(crop.x, crop.y, max(box.width, box.height, 1.0), crop.angle)


def inside(crop: Crop, points: Points) -> Points:
    """Points (n, 2 or more) of the image, in the pixels of the SIZE x SIZE cut, (n, 2)."""
    scale = SIZE / crop.side
    cos, sin = math.cos(crop.angle) * scale, math.sin(crop.angle) * scale
    turned: Points = (points[:, :2] - np.array((crop.x, crop.y), np.float32)) @ np.array(
        ((cos, -sin), (sin, cos)), np.float32
    )
    return turned + np.float32((SIZE - 1) / 2)


def tint(smooth: Image, points: Points) -> NDArray[np.float32]:
    """Colour without brightness: the median logarithms of red by green and blue by green at points (n, 2), (2,).

    A coloured light adds the same to every tint, so that differences of tints are of the skin alone.
    """
    blue, green, red = np.log(pixels(smooth, points).astype(np.float32) + np.float32(DARKEST)).T
    return np.asarray(np.median((red - green, blue - green), axis=1), np.float32)


def pixels(image: NDArray[np.uint8], points: Points) -> NDArray[np.uint8]:
    """What lies at points (n, 2) of a SIZE x SIZE image, (n,) or (n, 3)."""
    x, y = np.clip(np.rint(points), 0, SIZE - 1).astype(np.intp).T
    found: NDArray[np.uint8] = image[y, x]
    return found
