"""Draws ChooseWay.  Answers a WayKey.

Two ways have panels and buttons of one size, side by side where the page is broad; the others have buttons as high, in the same type.
FACE is marked as the usual next step by colour only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from kiosk import texts
from kiosk.views import WayKey, WayOption
from kiosk.way_words import PANELS, in_panels, words_of
from screens.buttons import Button, Press
from screens.drawing import Icon, Panel
from screens.figures import Chevron, pill
from screens.layout import Box, Centre, Column, Grid, Left, Row, Space
from screens.page import SIDE, Body, Page
from screens.ways import ICONS

BUTTON_HIGH = 112.0
BESIDE = 120.0  # what frames and gaps take of a button's width at most


class ChooseWayScreen(Page):
    def body(self) -> Body:
        view = self.view
        self.peers: list[WayButton] = []
        head: list[Box] = [self.title(view.title or texts.WAY_TITLE)]
        if view.title:
            head.append(self.note(view.note, size=40))
            head.append(self.text(f"{texts.WAY_TITLE}，{texts.WAY_NOTE}", 40, bold=True))
        else:
            head.append(self.note(texts.WAY_NOTE))
        if view.due:
            head.append(Left(self.look, pill(self.ink, view.due, "go", "clock")))
        landscape = self.look.landscape
        asks_face = any(way.key is WayKey.FACE for way in view.ways)
        top: Box = self.column(head, gap=8, grow=1)
        if asks_face and landscape:
            top = Row(self.look, [top, self._rules()], gap=24)
        boxes: list[Box] = [top]
        whole = in_panels(view.ways)
        self.panels: list[Panel] = []
        shown = sorted(view.ways, key=lambda way: way not in whole) if landscape else view.ways
        for in_panel, ways in groupby(shown, lambda way: way in whole):
            drawn: list[Box] = [self._panel(way) if in_panel else self._row(way) for way in ways]
            boxes.append(Grid(self.look, drawn, len(drawn) if landscape else 1, gap=36 if in_panel else 24))
        if asks_face and not landscape:
            boxes.append(Centre(self.look, self._rules()))
        return Body(main=boxes, gap=32)

    def _panel(self, way: WayOption) -> Panel:
        title, words = words_of(way)
        button = self._button(way, words)
        icon = Icon(self.ink, ICONS[way.key], 68, "brand", "brand_soft", 104)
        heading = self.text(title, 54, bold=True, leading=1.3, grow=1)
        if self.look.landscape or len(self.view.ways) > PANELS + 1:
            head: list[Box] = [Row(self.look, [icon, heading], gap=28)]
        else:
            head = [Left(self.look, icon), heading]
        boxes = [*head, self.note(way.note, size=37), Space(self.look, grow=1), button]
        whole = Column(self.look, boxes, gap=16)
        panel = Panel(self.look, whole, border="brand", radius=40, pad=36, side_pad=42)
        self.panels.append(panel)
        return panel

    def _row(self, way: WayOption) -> Button:
        return self._button(way, words_of(way)[1], ICONS[way.key])

    def _button(self, way: WayOption, words: str, icon: str = "") -> WayButton:
        button = WayButton(
            self.ink,
            self.shell.guard,
            words,
            lambda: self.shell.answer(way.key),
            way.key,
            icon,
            primary=way.key is WayKey.FACE and way is self.view.ways[0],  # last, it was in vain twice
            high=BUTTON_HIGH,
        )
        button.label.text_size = 48  # of one size: what is said louder is chosen more
        button.peers = self.peers
        self.peers.append(button)
        return button

    def _rules(self) -> Press:
        """The consent in full, one tap away."""
        words = texts.WAY_RULES.format(version=self.view.consent_version)
        line = Row(self.look, [self.note(words, size=34), Chevron(self.look)], gap=20)
        return Link(self.ink, self.shell.guard, line, lambda: self.shell.answer(WayKey.RULES), WayKey.RULES)


class WayButton(Button):
    """As high as the highest of ``peers``: across, where the others stand side by side, long words take two lines."""

    peers: Sequence[WayButton] = ()

    def natural(self, width: float) -> float:
        return max(peer.alone(width) for peer in self.peers)

    def alone(self, width: float) -> float:
        """The height it needs itself; where the page is upright every one has about the same width."""
        columns = max(len(self.peers) - PANELS, PANELS) if self.look.landscape else 1
        inside = (self.look.width - 2 * self.look.px(SIDE)) / columns - self.look.px(BESIDE)
        return super().natural(min(width, inside))


class Link(Press):
    """Words that can be tapped, without a frame of their own."""

    fill, border, radius = "paper", "", 20.0

    def natural(self, width: float) -> float:
        return max(self.boxes[0].natural(width - 2 * self.look.px(20)), self.look.least_target)

    def wanted_width(self) -> float:
        return self.boxes[0].wanted_width() + 2 * self.look.px(20)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(20)
        self.boxes[0].put(x + side, y, width - 2 * side, height)
