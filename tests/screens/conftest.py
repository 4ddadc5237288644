"""One window off screen for all tests of the screens, with real pixels.  The clock on the wall and the other stand still."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk import config
from screens import environment

sys.path.insert(0, str(Path(__file__).parent))

CONFIG = config.parse(
    {
        "site": {"kiosk_id": "WD01", "place": "泽头镇社会保障服务中心", "helper": "于佳"},
        "central": {"url": "http://127.0.0.1:1/", "token": "x"},
        "reader": {"port": "x"},
        "storage": {"folder": "/nowhere"},
        "screen": {"fullscreen": False},
        "session": {"quiet_s": 60, "quiet_most_s": 180, "still_there_s": 20},
    }
)
NOW = datetime(2026, 11, 23, 9, 26)  # noqa: DTZ001 - what the header shows


class Watch:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


class Stage:
    """The app, its clock, and the answers it gave."""

    def __init__(self, app: Any, watch: Watch) -> None:
        self.app, self.watch = app, watch
        self.answers: list[Any] = []

    def mount(self, view: Any) -> Any:
        """Mounts a view and lets the moment pass in which taps do not count."""
        self.answers = []
        self.app.mount(view, self.answers.append)
        self.wait(1)
        return self.app.top

    def wait(self, seconds: float) -> None:
        self.watch.at_s += seconds

    def tap(self, wanted: Any) -> None:
        from screens import taps

        taps.tap(taps.find(self.app.top, wanted))

    def frames(self, count: int = 2) -> None:
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()


@pytest.fixture(scope="session")
def window() -> Any:
    os.environ["SDL_AUDIODRIVER"] = "dummy"  # a sound card that takes its time and makes no sound
    environment.prepare(CONFIG.screen, environment.OFF_SCREEN)
    from kivy.base import EventLoop
    from kivy.core.window import Window

    environment.check_driver(environment.OFF_SCREEN)
    EventLoop.ensure_window()
    return Window


@pytest.fixture(scope="session")
def the_stage(window: Any) -> Iterator[Stage]:
    from screens.app import KioskApp

    watch = Watch()
    app = KioskApp(CONFIG, now=lambda: NOW, monotonic=watch)
    app.open()
    yield Stage(app, watch)
    app.close_pages()
    window.remove_widget(app.root)


@pytest.fixture
def stage(the_stage: Stage) -> Iterator[Stage]:
    """A fresh citizen: no settings, no page."""
    the_stage.app.close_pages()
    yield the_stage
    the_stage.app.close_pages()


@pytest.fixture(scope="session")
def shell_for(the_stage: Stage) -> Any:
    """Makes a Shell for (theme, large, size) without the window: for layouts of any size."""
    from screens.drawing import Ink
    from screens.frame import Shell
    from screens.theme import Look

    def make(theme: Any, large: bool, size: tuple[int, int], dpi: float, site: Any = CONFIG.site) -> Shell:
        look = Look(theme, size, dpi / size[0], large)
        app = the_stage.app
        nothing = lambda *_: None  # noqa: E731
        return Shell(
            Ink(look, app.setter),
            app.guard,
            site,
            lambda: NOW,
            *(nothing,) * 5,
            speaks=lambda view: bool(app.voice().speech(view).lines),
        )

    return make


@pytest.fixture(scope="module", params=[(1280, 800), (800, 1280)], ids=["across", "upright"])
def the_tablet(request: pytest.FixtureRequest, window: Any, the_stage: Any) -> Iterator[Stage]:
    """A tablet's window, both ways up."""
    from tablet_stage import tablet_stage

    with tablet_stage(window, request.param) as stage:
        yield stage


@pytest.fixture
def tablet(the_tablet: Stage) -> Iterator[Stage]:
    the_tablet.app.close_pages()
    yield the_tablet
    the_tablet.app.close_pages()
