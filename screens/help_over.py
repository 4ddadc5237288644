"""求助: whom to call, when somebody is there.  Closed by one big button, or by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock

from kiosk import texts, views
from screens.drawing import Icon
from screens.facts import facts
from screens.frame import Shell
from screens.layout import Centre
from screens.page import Bare, Body

OPEN_S = 60.0


@dataclass(frozen=True)
class Help(views.View[None]):
    """What the overlay shows comes from the site's config."""


class HelpOver(Bare):
    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(view, shell, state)
        self._event = Clock.schedule_once(lambda _: shell.answer(None), OPEN_S)

    def body(self) -> Body:
        site = self.shell.site
        rows = [(texts.HELP_HOTLINE, site.hotline, True), (texts.HELP_HOURS, site.hours, False)]
        if site.helper:
            rows.append((texts.HELP_PERSON, site.helper, False))
        return Body(
            main=[
                Centre(self.look, Icon(self.ink, "phone-call", 120, "brand", "brand_soft", 240, radius=-1)),
                self.title(texts.HELP_TITLE, centred=True),
                facts(self.ink, rows),
                self.note(texts.HELP_NOTE, centred=True),
            ],
            actions=[self.button(texts.HELP_CLOSE, answer="close", primary=True)],
            centred=True,
        )

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "_event"):
            self._event.cancel()
