"""Every screen against its picture, in both themes and both text sizes.

Pictures are a quarter of the size and compared with tolerance, so that another software renderer passes and a changed word does
not.  ``--golden-record`` writes them; look at each before it is committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sample_views import PLAIN

from kiosk import views

GOLDEN = Path(__file__).parent / "golden"
SIZE = (270, 480)
BLOCK = 15
MEAN_MOST, BLOCK_MOST = 0.6, 7.0
MODES = {
    "normal": (False, False),
    "large": (True, False),
    "contrast": (False, True),
    "large-contrast": (True, True),
}
EXTRA = {
    "home-no-paper": views.Home(views.Trouble.NO_PAPER),
    "present-card-unreadable": views.PresentCard(
        views.Steps(views.IDENTIFY_STEPS, 0), views.CardHint.UNREADABLE
    ),
    "help": None,
}
SHOWN = {**PLAIN, **EXTRA}


def picture(stage: Any, name: str, large: bool, high: bool) -> np.ndarray:
    """(480, 270, 3) float pixels of a screen."""
    from screens import camera_roll

    view = SHOWN[name] or PLAIN["home"]
    if isinstance(view, views.StillThere):
        stage.mount(PLAIN["home"])
        stage.app.set_look(large=large, contrast=high)
        stage.app.mount(view, stage.answers.append)
    else:
        stage.app.draw(view)
        stage.app.set_look(large=large, contrast=high)
    if name == "help":
        stage.app.ask_help()
    width, height, data = camera_roll.pixels()
    image = Image.frombytes("RGB", (width, height), data)
    return np.asarray(image.resize(SIZE, Image.Resampling.BOX), dtype=np.float64)


def differences(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of all, and of the worst block, in grey levels of 255."""
    apart = np.abs(one - other).mean(axis=2)
    blocks = apart.reshape(SIZE[1] // BLOCK, BLOCK, SIZE[0] // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(apart.mean()), float(blocks.max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SHOWN)
def test_the_screen_looks_as_it_was_approved(
    name: str, mode: str, stage: Any, request: pytest.FixtureRequest
) -> None:
    file = GOLDEN / f"{name}-{mode}.png"
    now = picture(stage, name, *MODES[mode])
    if request.config.getoption("--golden-record"):
        image = Image.fromarray(now.round().astype(np.uint8))
        image.quantize(256, kmeans=2).save(file, optimize=True)
    approved = np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)
    mean, worst = differences(now, approved)
    assert mean <= MEAN_MOST
    assert worst <= BLOCK_MOST


def test_another_amount_is_another_picture(stage: Any) -> None:
    approved = np.asarray(Image.open(GOLDEN / "pay-by-qr-normal.png").convert("RGB"), dtype=np.float64)
    view = PLAIN["pay-by-qr"]
    assert isinstance(view, views.PayByQr)
    SHOWN["pay-by-qr-other"] = views.PayByQr(view.steps, 200_000, view.qr, view.seconds_left)
    try:
        assert differences(picture(stage, "pay-by-qr-other", False, False), approved)[1] > BLOCK_MOST
    finally:
        del SHOWN["pay-by-qr-other"]


def test_the_contrast_theme_is_another_picture(stage: Any) -> None:
    one, other = picture(stage, "attention", False, False), picture(stage, "attention", False, True)
    assert differences(one, other)[0] > 50
