"""Draws FaceOtherWays.  Answers a WayKey or a FaceWay; all of them look alike, and none is the machine's favourite."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import FaceWay, WayOption
from screens.buttons import ListRow
from screens.page import Body, Page
from screens.ways import ICONS, words_of

OWN_WORDS = {FaceWay.AGAIN: texts.WAY_AGAIN, FaceWay.COMPARE: texts.WAY_COMPARE}


class FaceOtherWaysScreen(Page):
    def body(self) -> Body:
        head = self.column(
            [self.title(self.view.title, centred=True), self.note(self.view.note, centred=True, size=40)],
            gap=8,
        )
        return Body(
            main=[head],
            side=[self.column([self._row(option) for option in self.view.options], gap=34)],
            gap=48,
        )

    def _row(self, option: WayOption | FaceWay) -> ListRow:
        if isinstance(option, WayOption):
            answer: object = option.key
            icon, title, note = ICONS[option.key], words_of(option)[0], option.note
        else:
            answer = option
            icon, (title, note) = ICONS[option], OWN_WORDS[option]
            if option is FaceWay.AGAIN and self.view.again_note:
                note = self.view.again_note
        return ListRow(
            self.ink, self.shell.guard, icon, title, note, None, lambda: self.shell.answer(answer), answer
        )
