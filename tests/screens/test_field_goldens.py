"""The tablet's screens against their pictures, across and upright.  As test_goldens: a quarter of the size, with tolerance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_views import FIELD
from PIL import Image
from tablet_stage import ACROSS, UPRIGHT, tablet_stage

from tests.screens.conftest import Stage
from tests.screens.test_field_layout import SHARED

GOLDEN = Path(__file__).parent / "golden"
BLOCK = 10
MEAN_MOST, BLOCK_MOST = 0.6, 7.0
SHOWN = {**FIELD, **{f"field-shared-{name}": view for name, view in SHARED.items()}}
MODES = {"normal": (False, False), "large": (True, False), "contrast": (False, True)}
# the other modes are the layout tests'; the pictures show those that people see every day
CASES = [
    (name, mode)
    for name in SHOWN
    for mode in (MODES if name in ("field-visit", "field-day", "field-pin") else ("normal",))
]


@pytest.fixture(scope="module", params=[ACROSS, UPRIGHT], ids=["across", "upright"])
def tablet(request: pytest.FixtureRequest, window: Any, the_stage: Any) -> Iterator[tuple[str, Stage]]:
    with tablet_stage(window, request.param) as stage:
        yield "across" if request.param == ACROSS else "upright", stage


def picture(stage: Stage, name: str, mode: str, open_list: bool = False) -> np.ndarray:
    """(rows, columns, 3) float pixels of a quarter of the screen."""
    large, high = MODES[mode]
    stage.app.close_pages()
    stage.app.draw(SHOWN[name])
    stage.app.set_look(large=large, contrast=high)
    if open_list:
        stage.app.page._toggle_list()
    image = drawn(stage.app)
    size = (image.width // 4, image.height // 4)
    return np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float64)


def drawn(app: Any) -> Image.Image:
    """The page off the window: a window off screen keeps the surface it was opened with, and a tablet is wider."""
    from kivy.graphics import ClearBuffers, ClearColor, Fbo

    from screens.theme import rgb

    page, (width, height) = app.page, app.root.size
    app.root.remove_widget(page)
    fbo = Fbo(size=(int(width), int(height)), with_stencilbuffer=False)
    with fbo:
        ClearColor(*rgb(page.look.theme.paper))
        ClearBuffers()
    fbo.add(page.canvas)
    fbo.draw()
    data = fbo.pixels
    fbo.remove(page.canvas)
    app.root.add_widget(page)
    image = Image.frombytes("RGBA", (int(width), int(height)), data).convert("RGB")
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def differences(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of all, and of the worst block, in grey levels of 255."""
    apart = np.abs(one - other).mean(axis=2)
    high, wide = apart.shape
    blocks = apart.reshape(high // BLOCK, BLOCK, wide // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(apart.mean()), float(blocks.max())


def check(now: np.ndarray, file: Path, record: bool) -> None:
    if record:
        image = Image.fromarray(now.round().astype(np.uint8))
        image.quantize(256, kmeans=2).save(file, optimize=True)
    approved = np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)
    assert approved.shape == now.shape
    mean, worst = differences(now, approved)
    assert mean <= MEAN_MOST
    assert worst <= BLOCK_MOST


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_the_screen_looks_as_it_was_approved(
    name: str, mode: str, tablet: tuple[str, Stage], request: pytest.FixtureRequest
) -> None:
    way, stage = tablet
    file = GOLDEN / f"{name}-{mode}-{way}.png"
    check(picture(stage, name, mode), file, request.config.getoption("--golden-record"))


def test_the_list_that_was_opened(tablet: tuple[str, Stage], request: pytest.FixtureRequest) -> None:
    way, stage = tablet
    if way == "upright":
        file = GOLDEN / "field-visit-list-normal-upright.png"
        now = picture(stage, "field-visit", "normal", open_list=True)
        check(now, file, request.config.getoption("--golden-record"))


def test_another_row_is_another_picture(tablet: tuple[str, Stage]) -> None:
    _, stage = tablet
    one, other = picture(stage, "field-visit", "normal"), picture(stage, "field-visit-card", "normal")
    assert differences(one, other)[1] > BLOCK_MOST
