"""The only crossing between the session thread and Kivy.

show and ask are called on the session thread; home, touched and the answers come on Kivy's.  Each ask has its own queue, so
that a late tap answers nobody.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from kiosk import views
from kiosk.config import Session
from kiosk.desk import Cancelled, Stopped
from kiosk.pace import REMEMBERED, quiet_s
from kiosk.views import View

A = TypeVar("A")
Mount = Callable[[View[Any], Callable[[Any], None]], None]
_HOME: Any = object()
_WAKE: Any = object()
_IDLE: Any = object()
_STAYS: Any = object()
MOST_PAUSE_S = 1.0  # the heartbeat's longest gap while somebody thinks


class KivyDesk:
    """kiosk.desk.Desk over a window."""

    def __init__(
        self,
        mount: Mount,
        on_ui: Callable[[Callable[[], None]], None],
        session: Session,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``mount(view, answer)`` draws on Kivy's thread; ``on_ui`` runs a function there soon, in order."""
        self._mount, self._on_ui, self._session, self._monotonic = mount, on_ui, session, monotonic
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.home_pressed = threading.Event()
        self._taps: list[float] = []
        self._closed = False
        self.heard_at = monotonic()  # the session's last sign of life

    # --- session thread

    def show(self, view: View[Any]) -> None:
        """Draws a view and goes on.  Never raises: 首页 pressed meanwhile is heard by the next question."""
        self.heard_at = self._monotonic()
        self._answers = queue.SimpleQueue()  # a tap on the view before answers nobody
        self._draw(view, _nobody)

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        """Draws a view and waits for its answer: a tap, or what ``watch`` returns.  Raises Cancelled, Stopped."""
        answers = self._answers = queue.SimpleQueue()
        self._leave_if_home(view)
        self._draw(view, answers.put)
        since = self._monotonic()
        while True:
            answer = self._wait(answers, watch, every_s, partial(self._idle_at, since), timed=view.timed)
            if answer is not _IDLE:
                return self._unless_home(answer)
            answer = self._still_there(answers, watch, every_s)
            if answer is _IDLE:
                raise Cancelled("idle")
            if answer is not _STAYS:
                return self._unless_home(answer)
            since = self._monotonic()
            self._draw(view, answers.put)

    def _leave_if_home(self, view: View[Any]) -> None:
        """A press of 首页 counts for views that have it; before another one it is dropped, as every tap of a hand-over."""
        if self._closed:
            raise Stopped
        pressed = self.home_pressed.is_set()
        self.home_pressed.clear()
        if isinstance(view, views.Home):
            self._taps = []
        if pressed and view.home:
            raise Cancelled("home")

    def _unless_home(self, answer: Any) -> Any:
        if answer is _HOME:
            self.home_pressed.clear()
            raise Cancelled("home")
        return answer

    def _still_there(
        self, answers: queue.SimpleQueue[Any], watch: Callable[[], Any] | None, every_s: float
    ) -> Any:
        """还在吗？ while the question goes on being watched.  _STAYS, _IDLE, or an answer of the question."""
        stays: queue.SimpleQueue[Any] = queue.SimpleQueue()
        seconds = round(self._session.still_there_s)
        shown_at = self._monotonic()
        self._draw(views.StillThere(seconds), stays.put)

        def seen() -> Any:
            if not stays.empty() or self._last_touch() > shown_at:
                return _STAYS
            return watch() if watch is not None else None

        return self._wait(answers, seen, min(every_s, 0.05), lambda: shown_at + seconds, timed=True)

    def _wait(
        self,
        answers: queue.SimpleQueue[Any],
        watch: Callable[[], Any] | None,
        every_s: float,
        until: Callable[[], float],
        timed: bool,
    ) -> Any:
        while True:
            left_s = until() - self._monotonic() if timed else None
            if left_s is not None and left_s <= 0:
                return _IDLE
            pause_s = every_s if watch is not None else MOST_PAUSE_S
            try:
                answer = answers.get(timeout=pause_s if left_s is None else min(pause_s, left_s))
                if self._closed:
                    raise Stopped
                return answer
            except queue.Empty:
                self.heard_at = self._monotonic()
                if self._closed:
                    raise Stopped from None
                found = watch() if watch is not None else None
                if found is not None:
                    return found

    def _idle_at(self, since: float) -> float:
        taps = self._taps
        quiet = quiet_s(taps, self._session.quiet_s, self._session.quiet_most_s)
        return max(since, self._last_touch()) + quiet

    def _last_touch(self) -> float:
        taps = self._taps
        return taps[-1] if taps else float("-inf")

    def _draw(self, view: View[Any], answer: Callable[[Any], None]) -> None:
        self._on_ui(lambda: self._mount(view, answer))

    # --- Kivy's thread

    def home(self) -> None:
        """首页 was pressed.  Ends a question at once, and a patient wait (``home_pressed``)."""
        self.home_pressed.set()
        self._answers.put(_HOME)

    def close(self) -> None:
        """The program ends: every question, now and later, raises Stopped."""
        self._closed = True
        self._answers.put(_WAKE)

    def touched(self) -> None:
        """Somebody is there."""
        self._taps = [*self._taps[-REMEMBERED:], self._monotonic()]


def _nobody(_answer: Any) -> None:
    """A view that is only shown asks nothing."""
