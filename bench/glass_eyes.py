"""A program seen and touched only from outside: the pixels of a display, and a finger.  Nothing of the program under test is changed.

Xvfb draws into a file; words are rendered with the program's own fonts and looked for in the pixels, dark on light or light on dark;
xdotool taps where they are.  What cannot be read from the screen cannot be tapped, as for a person.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kiosk.build import FONTS

FACES = ("NotoSansSC-Bold.otf", "NotoSansSC-Regular.otf")
ALIKE = 0.95  # words drawn by this very font come out at 0.999; other words of as many characters reach 0.83
SIZES_PX = range(60, 13, -1)  # the largest first: a name on a page counts before the same name in a list
PARTS = re.compile(r"[\u4e00-\u9fff]+|[0-9]+|[A-Z]+")  # between them stands air that only the program knows
HALF_ALIKE = 0.7  # the same at half the size, where one can look eight times as fast
UP_S = 30.0
PATIENCE_S = 60.0  # a machine that runs every test beside it is slow
AIR = 0.3  # of a character's width
LOOK_EVERY_S = 0.1
SETTLED_S = 1.0  # a new page takes no taps for 0.6 s
STEP_S = 0.05  # between what a finger does

Grey = NDArray[np.uint8]


class NotSeen(Exception):
    """The words did not come; ``picture`` is the file of what was there instead."""

    def __init__(self, words: str, picture: Path) -> None:
        super().__init__(f"{words} is not on the screen; what was there is in {picture}")
        self.words, self.picture = words, picture


@dataclass(frozen=True)
class Found:
    """Pixels from the upper left corner: the middle of the words, and how alike they are."""

    x: int
    y: int
    alike: float


@dataclass
class Display:
    """One X display without a screen.  ``env`` is what a program needs to draw there.  Belongs to one thread."""

    name: str
    folder: Path
    taps: int = 0
    _sizes: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {"DISPLAY": self.name}

    def picture(self) -> NDArray[np.uint8]:
        """What is on it now, (height, width, 3), BGR."""
        content = (self.folder / "Xvfb_screen0").read_bytes()
        header, _, _, _, width, height, *_, stride = struct.unpack(">13I", content[:52])
        colours = struct.unpack(">25I", content[:100])[19]
        pixels = np.frombuffer(content, np.uint8, stride * height, header + colours * 12)
        picture: NDArray[np.uint8] = pixels.reshape(height, stride // 4, 4)[:, :width, :3]
        return picture

    def find(self, words: str) -> Found | None:
        """Where the words are, told by their longest part without a space or a sign; None when they are not there."""
        part = max(PARTS.findall(words), key=len)
        grey = np.asarray(cv2.cvtColor(self.picture(), cv2.COLOR_BGR2GRAY), np.uint8)
        half = halved(grey)
        known = [self._sizes[words]] if words in self._sizes else []
        for face, size_px in [*known, *((face, size) for size in SIZES_PX for face in FACES)]:
            found = search(grey, half, written(part, face, size_px, alone=part == words))
            if found is not None:
                self._sizes[words] = (face, size_px)
                return found
        return None

    def wait(self, words: str, patience_s: float = PATIENCE_S) -> Found:
        """Raises NotSeen."""
        until_s = time.monotonic() + patience_s
        while (found := self.find(words)) is None:
            if time.monotonic() > until_s:
                path = self.folder / "not_seen.png"
                cv2.imwrite(str(path), self.picture())
                raise NotSeen(words, path)
            time.sleep(LOOK_EVERY_S)
        return found

    def tap(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Waits for the words and presses them, once they stay where they are.  Raises NotSeen."""
        self.wait(words, patience_s)
        time.sleep(SETTLED_S)
        found = self.wait(words, patience_s)
        self.touch(found.x, found.y)

    def touch(self, x: int, y: int) -> None:
        self.draw([(x, y)])

    def draw(self, places: Sequence[tuple[int, int]]) -> None:
        """A finger comes down at the first place, moves over the others, and lifts at the last."""
        moves = [("mousemove", str(x), str(y)) for x, y in places]
        for action in (moves[0], ("mousedown", "1"), *moves[1:], ("mouseup", "1")):
            subprocess.run(["xdotool", *action], env={**os.environ, **self.env}, check=True)
            time.sleep(STEP_S)
        self.taps += 1


def search(grey: Grey, half: Grey, picture: Grey) -> Found | None:
    """The best place of a picture of words in a screen, when it is alike enough; ``half`` is the screen at half the size."""
    small = halved(picture)
    if small.shape[0] > half.shape[0] or small.shape[1] > half.shape[1] or best(half, small)[0] < HALF_ALIKE:
        return None
    alike, x, y = best(grey, picture)
    high, wide = picture.shape
    return Found(x + wide // 2, y + high // 2, alike) if alike >= ALIKE else None


def best(screen: Grey, picture: Grey) -> tuple[float, int, int]:
    """How alike the most alike place is, and its upper left corner; dark on light is as good as light on dark."""
    alike = np.nan_to_num(np.abs(cv2.matchTemplate(screen, picture, cv2.TM_CCOEFF_NORMED)), posinf=0.0)
    _, most, _, (x, y) = cv2.minMaxLoc(alike)
    return float(most), int(x), int(y)


def halved(picture: Grey) -> Grey:
    size = (max(picture.shape[1] // 2, 1), max(picture.shape[0] // 2, 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def written(words: str, face: str, size_px: int, alone: bool) -> Grey:
    """The words, white on black; ``alone``: with air before and after them, so that they are not found inside of others."""
    font = ImageFont.truetype(str(FONTS / face), size_px)
    left, top, right, bottom = font.getbbox(words)
    air = round(size_px * AIR) if alone else 1
    image = Image.new("L", (int(right - left) + 2 * air, int(bottom - top) + 2))
    ImageDraw.Draw(image).text((air - left, 1 - top), words, font=font, fill=255)
    return np.asarray(image)


@contextmanager
def display(folder: Path, width: int, height: int) -> Iterator[Display]:
    """Starts an X server without a screen; ends it.  Raises SystemExit when it does not come up."""
    folder.mkdir(parents=True, exist_ok=True)
    number, told = os.pipe()
    screen = f"{width}x{height}x24"
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(told), "-screen", "0", screen, "-fbdir", str(folder), "-nolisten", "tcp"],
        pass_fds=(told,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(told)
    try:
        with open(number, encoding="ascii") as said:
            name = said.readline().strip()
        if not name:
            raise SystemExit("Xvfb does not start: is the package xvfb installed?")
        yield Display(f":{name}", folder)
    finally:
        process.terminate()
        process.wait(UP_S)
