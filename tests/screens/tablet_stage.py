"""A tablet's window: the one window of the tests in a tablet's size, and an app of a tablet's configuration in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.screens.conftest import CONFIG, NOW, Stage, Watch

ACROSS, UPRIGHT = (1280, 800), (800, 1280)
DPI = 149.0
TABLET = replace(
    CONFIG,
    site=replace(CONFIG.site, kiosk_id="TB01", profile="tablet"),
    screen=replace(CONFIG.screen, width=1280, height=800, dpi=DPI),
)


@contextmanager
def tablet_stage(window: Any, size: tuple[int, int]) -> Iterator[Stage]:
    """A stage in a window of ``size``; the window has its old size again afterwards."""
    from screens.app import KioskApp

    before = window.size
    turn(window, size)
    watch = Watch()
    app = KioskApp(TABLET, now=lambda: NOW, monotonic=watch)
    app.open()
    try:
        yield Stage(app, watch)
    finally:
        app.close_pages()
        window.remove_widget(app.root)
        turn(window, before)


def turn(window: Any, size: tuple[int, int]) -> None:
    from kivy.base import EventLoop

    window.size = size
    EventLoop.idle()
    assert tuple(window.size) == tuple(size)


def finger_at(press: Any) -> Any:
    from screens import taps

    return taps.Finger(*press.to_window(*press.center))


def stroke(field: Any, *points: tuple[float, float]) -> None:
    from screens import taps

    at = [(field.x + x * field.width, field.top - y * field.height) for x, y in points]
    finger = taps.Finger(*at[0])
    finger.down()
    for point in at[1:]:
        finger.move(*point)
    finger.up()
