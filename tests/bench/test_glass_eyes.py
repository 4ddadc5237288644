"""Words are found where they stand on a screen, in whichever size and colours, and not where others stand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.glass_eyes import Display, Grey
from kiosk.build import FONTS

WIDTH, HEIGHT = 400, 240


class Glass(Display):
    """A display whose picture was drawn here."""

    def __init__(self, folder: Path, picture: Grey) -> None:
        super().__init__(":none", folder)
        self._picture = picture

    def picture(self) -> Grey:
        return np.repeat(self._picture[:, :, None], 3, axis=2)


def glass(folder: Path, *texts: tuple[str, int, tuple[int, int]], ink: int = 20, paper: int = 240) -> Glass:
    image = Image.new("L", (WIDTH, HEIGHT), paper)
    for words, size_px, place in texts:
        font = ImageFont.truetype(str(FONTS / "NotoSansSC-Bold.otf"), size_px)
        ImageDraw.Draw(image).text(place, words, font=font, fill=ink)
    return Glass(folder, np.asarray(image))


@pytest.mark.parametrize(("ink", "paper"), [(20, 240), (255, 90)])
@pytest.mark.parametrize("size_px", [18, 31, 48])
def test_words_are_found_in_their_middle(tmp_path: Path, size_px: int, ink: int, paper: int) -> None:
    found = glass(tmp_path, ("去下一户", size_px, (60, 100)), ink=ink, paper=paper).find("去下一户")
    assert found is not None
    assert abs(found.x - (60 + 2 * size_px)) <= 3
    assert abs(found.y - (100 + 0.72 * size_px)) <= 0.2 * size_px


def test_other_words_are_not_found(tmp_path: Path) -> None:
    assert glass(tmp_path, ("资格认证", 35, (60, 100))).find("资格认缴") is None


def test_words_inside_of_longer_words_are_not_those_words(tmp_path: Path) -> None:
    assert glass(tmp_path, ("不拍照", 35, (60, 100))).find("拍照") is None
    found = glass(tmp_path, ("不拍照", 35, (60, 40)), ("拍照", 35, (60, 140))).find("拍照")
    assert found is not None
    assert found.y > 140


def test_the_largest_of_the_same_words_counts(tmp_path: Path) -> None:
    found = glass(tmp_path, ("王德山", 20, (20, 20)), ("王德山", 38, (200, 150))).find("王德山")
    assert found is not None
    assert found.x > 200


def test_a_number_amid_words_does_not_matter(tmp_path: Path) -> None:
    assert glass(tmp_path, ("请输入    12    位登录码", 30, (10, 100))).find("请输入 12 位登录码") is not None


def test_the_picture_is_read_from_the_file_of_the_display(tmp_path: Path) -> None:
    """XWD as Xvfb writes it: 25 big-endian words, a name, the colours, then rows of blue, green, red, nothing."""
    width, height, colours = 3, 2, 2
    words = [0] * 25
    words[0], words[4], words[5], words[12], words[19] = 104, width, height, width * 4, colours
    pixels = bytes(range(width * height * 4))
    head = b"".join(word.to_bytes(4, "big") for word in words)
    (tmp_path / "Xvfb_screen0").write_bytes(head + b"name" + bytes(12 * colours) + pixels)
    picture = Display(":none", tmp_path).picture()
    assert picture.shape == (2, 3, 3)
    assert picture[1, 2].tolist() == [20, 21, 22]
    shutil.rmtree(tmp_path)
