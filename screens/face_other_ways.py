"""Draws FaceOtherWays.  Answers a WayKey or a FaceWay; all of them look alike, and none is the machine's favourite."""

from __future__ import annotations

from kiosk.views import FaceWay, WayOption
from kiosk.way_words import row_of
from screens.buttons import ListRow
from screens.page import Body, Page
from screens.ways import ICONS


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
        answer = option.key if isinstance(option, WayOption) else option
        title, note = row_of(option, self.view)
        return ListRow(
            self.ink,
            self.shell.guard,
            ICONS[answer],
            title,
            note,
            None,
            lambda: self.shell.answer(answer),
            answer,
        )
