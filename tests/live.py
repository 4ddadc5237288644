"""A person of flesh before a real camera: answers by the kind of view, in real time, and does what the screen asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from devices.clock import SystemClock
from kiosk.face.guidance import Guidance, Phase
from kiosk.views import FaceLook, View
from stand.camera import CameraFarEnd
from tests.desk import Clock

A = TypeVar("A")
LONGEST_S = 120.0


class LiveClock(Clock):
    """Real for deadlines too: the worker lives in real time."""

    def monotonic(self) -> float:
        return SystemClock().monotonic()

    def sleep(self, seconds: float) -> None:
        SystemClock().sleep(seconds)


class LiveDesk:
    """``answers``: what is answered to a kind of view, each time it is asked; a list is used up, its last one stays.

    A callable is called with the view and gives the answer, None to go on looking.  While FaceLook is drawn, whoever stands before
    ``camera`` hears what is asked.
    """

    def __init__(self, camera: CameraFarEnd, answers: Mapping[type[View[Any]], Any]) -> None:
        self._camera, self._clock = camera, SystemClock()
        self._answers = {kind: list(a) if isinstance(a, list) else [a] for kind, a in answers.items()}
        self._heard = ""
        self.seen: list[View[Any]] = []
        self.pictures = 0

    @property
    def trace(self) -> list[str]:
        """The names of the views, repeats in place left out."""
        names = [type(view).__name__ for view in self.seen]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]

    def show(self, view: View[Any]) -> None:
        self.seen.append(view)

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        self.seen.append(view)
        if isinstance(view, FaceLook):
            self._hear(view.guidance)
        until_s = self._clock.monotonic() + LONGEST_S
        while self._clock.monotonic() < until_s:
            if (answer := self._answer(view)) is not None:
                return answer  # type: ignore[no-any-return]
            if watch is not None and (news := watch()) is not None:
                return news
            if isinstance(view, FaceLook) and view.preview.read(self.pictures) is not None:
                self.pictures += 1
            self._clock.sleep(0.02)
        raise AssertionError(f"nobody answered {view}; {self.trace}")

    def _answer(self, view: View[Any]) -> Any:
        answers = self._answers.get(type(view))
        if answers is None:
            return None
        answer = answers[0]
        if callable(answer):
            return answer(view)
        if len(answers) > 1:
            answers.pop(0)
        return answer

    def _hear(self, guidance: Guidance) -> None:
        asked = guidance.action.value if guidance.phase is Phase.ACTING and guidance.action else ""
        word = asked or ("straight" if guidance.phase is Phase.RETURNING else "look")
        if word != self._heard:
            self._heard = word
            self._camera.ask(word)
