"""Pictures of the window are what is drawn: known colours, the right way up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image
from sample_views import PLAIN


def test_a_picture_shows_the_page(stage: Any, tmp_path: Path) -> None:
    from screens import camera_roll

    stage.mount(PLAIN["home"])
    camera_roll.save(tmp_path / "home.png")
    picture = Image.open(tmp_path / "home.png")
    assert picture.size == (1080, 1920)
    assert picture.getpixel((4, 4)) == (0x07, 0x3E, 0x41)  # the header is at the top
    assert picture.getpixel((4, 1000)) == (0xF7, 0xF5, 0xF0)
    assert picture.getpixel((540, 1916)) == (0xFF, 0xFF, 0xFF)  # the bar at the bottom
