"""Draws Working.  Nobody answers; longer than ten seconds it says so."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock

from kiosk import texts
from screens.figures import Spinner
from screens.frame import Shell
from screens.layout import Centre
from screens.page import Body, Page

LONG_S = 10.0


class WorkingScreen(Page):
    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(view, shell, state)
        self._event = Clock.schedule_once(lambda _: self.long(), LONG_S)

    def body(self) -> Body:
        self.words = self.note(texts.WORKING_NOTE, centred=True, size=42)
        return Body(
            main=[
                Centre(self.look, Spinner(self.ink, "hourglass", 420)),
                self.title(self.view.what, centred=True),
                self.words,
            ],
            centred=True,
        )

    def long(self) -> None:
        """The wait is not a short one: say so."""
        self.words.set_content(texts.WORKING_LONG)

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "_event"):
            self._event.cancel()
