"""Seconds that run down on the screen itself: 2 分 41 秒."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from kiosk import texts
from screens.drawing import Icon, Ink, Span, Text
from screens.figures import IconLine


def spoken(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    return (
        texts.MINUTES.format(minutes=minutes, seconds=rest) if minutes else texts.SECONDS.format(seconds=rest)
    )


class Countdown(IconLine):
    """Words, the time that is left, words; beside a clock.  ``state`` keeps the end, so that a redraw does not restart it."""

    def __init__(
        self,
        ink: Ink,
        words: tuple[str, str],
        seconds: int,
        state: dict[str, Any],
        monotonic: Callable[[], float],
    ) -> None:
        if state.get("given") != seconds:
            state["given"], state["until"] = seconds, monotonic() + seconds
        self._state, self._monotonic, self._words = state, monotonic, words
        self.line = Text(ink, self._content(), 38)
        super().__init__(ink, Icon(ink, "clock", 50, "brand"), self.line)
        self._event = Clock.schedule_interval(self._tick, 0.5)

    def stop(self) -> None:
        self._event.cancel()

    def left_s(self) -> int:
        return max(round(self._state["until"] - self._monotonic()), 0)

    def _content(self) -> list[Span]:
        before, after = self._words
        return [Span(before), Span(spoken(self.left_s()), bold=True), Span(after)]

    def _tick(self, _passed_s: float) -> None:
        content = self._content()
        if content != self.line.spans:
            self.line.set_content(content)
