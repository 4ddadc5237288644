"""Draws FaceLook: the person as in a mirror, and what to do now.  Answers OTHER_WAY; how it goes is news, not a tap."""

from __future__ import annotations

from typing import Any

from kiosk import texts
from kiosk.face.guidance import Guidance, Phase
from kiosk.spoken import asked
from kiosk.views import FaceButton
from screens.drawing import Icon
from screens.figures import IconLine
from screens.layout import Centre
from screens.mirror import Mirror
from screens.page import Body, Page

MIRROR_HIGH = (1000.0, 700.0)  # portrait, landscape


def words_of(guidance: Guidance) -> tuple[str, str]:
    """What to do, and the line below: the second half of it, or where in the check we are."""
    first, _, rest = asked(guidance).partition("\n")
    if rest:
        return first, rest
    if guidance.phase is Phase.COMPARING:
        return first, texts.FACE_SOON
    return first, texts.FACE_STEP.format(step=guidance.step, steps=guidance.steps) if guidance.steps else " "


class FaceLookScreen(Page):
    def body(self) -> Body:
        title, line = words_of(self.view.guidance)
        self.heading = self.title(title, centred=True, size=80)
        self.line = self.text(line, 42, bold=True, role="brand", leading=1.3)
        spoken = IconLine(self.ink, Icon(self.ink, "volume-2", 50, "brand"), self.line)
        self.words = self.column([self.heading, Centre(self.look, spoken)], gap=4)
        self.mirror = Mirror(
            self.ink, self.view.preview, self.view.guidance, MIRROR_HIGH[self.look.landscape], self.say
        )
        self.mirror.grow = 50.0
        return Body(
            main=[self.words],
            side=[self.mirror],
            actions=[self.button(texts.FACE_OTHER_WAY, FaceButton.OTHER_WAY, "users")],
            actions_left=True,
            gap=32,
        )

    def redraw_for(self, view: Any) -> bool:
        if view.preview is not self.view.preview or view.steps != self.view.steps:
            return False
        self.mirror.tell(self.view.guidance)
        return True

    def say(self, guidance: Guidance) -> None:
        title, line = words_of(guidance)
        if (title, line) != (self.heading.text, self.line.text):
            self.heading.set_content(title)
            self.line.set_content(line)
            # they take as many lines as the ones before: the rest of the page stays where it is
            self.words.put(*self.words.pos, *self.words.size)
