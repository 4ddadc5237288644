"""Plays a visitor on the real window: waits for a page, looks, taps.  Runs on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kivy.clock import Clock

from kiosk.views import View
from screens import camera_roll, taps
from screens.app import KioskApp
from screens.buttons import Press

V = TypeVar("V", bound=View[Any])
T = TypeVar("T")

PATIENCE_S = 30.0
READING_S = 0.75  # longer than the time in which taps on a new page do not count


class NeverCame(Exception):
    """The page that the script waits for was not shown in time."""


class Player:
    """``folder`` gets a picture of every page that is waited for, numbered in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._view: View[Any] | None = None
        self._app: KioskApp | None = None
        self._at = 0.0
        self.pictures: list[tuple[str, Path]] = []
        self.chapter = ""

    # --- Kivy's thread

    def ready(self, app: KioskApp) -> None:
        with self._changed:
            self._app = app
            self._changed.notify_all()

    def mounted(self, view: View[Any], _page: object) -> None:
        with self._changed:
            self._view, self._at = view, time.monotonic()
            self._changed.notify_all()

    # --- the player's thread

    def wait(self, kind: type[V], when: Callable[[V], bool] = lambda _: True, picture: bool = True) -> V:
        """The page of this kind, once it is on the glass.  Raises NeverCame."""

        def there() -> bool:
            return self._app is not None and isinstance(self._view, kind) and when(self._view)

        with self._changed:
            if not self._changed.wait_for(there, PATIENCE_S):
                raise NeverCame(f"{kind.__name__}; on the screen is {type(self._view).__name__}")
            view = self._view
        assert isinstance(view, kind)
        rest_s = self._at + READING_S - time.monotonic()
        if rest_s > 0:
            time.sleep(rest_s)
        if picture:
            self.picture(kind.__name__)
        return view

    def picture(self, name: str) -> None:
        path = self._folder / f"{len(self.pictures) + 1:02d}-{name}.png"
        self._on_kivy(lambda: camera_roll.save(path))
        self.pictures.append((self.chapter, path))

    def tap(self, wanted: Callable[[Press], bool]) -> None:
        """A finger on the button that ``wanted`` accepts."""
        self._on_kivy(lambda: taps.tap(taps.find(self._top(), wanted)))

    def close_window(self) -> None:
        """The play is over."""
        if self._app is not None:
            self._app.stop()

    def _top(self) -> Any:
        assert self._app is not None
        return self._app.top

    def _on_kivy(self, work: Callable[[], T]) -> T:
        done = threading.Event()
        result: list[Any] = []

        def run(_dt: float) -> None:
            try:
                result.append((True, work()))
            except (taps.NothingToTap, OSError) as error:
                result.append((False, error))
            done.set()

        Clock.schedule_once(run)
        if not done.wait(PATIENCE_S):
            raise NeverCame("the window does not answer")
        good, value = result[0]
        if not good:
            raise value
        return value
