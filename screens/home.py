"""Draws Home.  Answers a Service."""

from __future__ import annotations

from typing import Any

from kiosk import texts
from kiosk.views import Service, Trouble
from screens.buttons import Tile
from screens.drawing import Icon, Panel
from screens.figures import pill
from screens.layout import Box, Grid, Row
from screens.page import Body, Page

TILES = (
    (Service.CERTIFICATION, "scan-face", texts.TILE_CERTIFICATION),
    (Service.PAY, "wallet", texts.TILE_PAY),
    (Service.RECORDS, "file-search", texts.TILE_RECORDS),
    (Service.REPRINT, "receipt-text", texts.TILE_REPRINT),
)
WORDS = {
    Trouble.NO_PAPER: ("receipt-text", texts.TROUBLE_NO_PAPER, "go"),
    Trouble.NO_NETWORK: ("wifi-off", texts.TROUBLE_NO_NETWORK, "go"),
    Trouble.NO_READER: ("wrench", texts.TROUBLE_NO_READER, "bad"),
    Trouble.CLOCK: ("clock", texts.TROUBLE_CLOCK, "go"),
}


class HomeScreen(Page):
    def body(self) -> Body:
        tiles: list[Box] = [self._tile(*tile) for tile in TILES]
        return Body(
            main=[self._hero()],
            side=[Grid(self.look, tiles, 2, gap=34, grow=1), *self._facts()],
            gap=38,
        )

    def _hero(self) -> Panel:
        words = texts.HERO_CLOSED if self.view.trouble is Trouble.NO_READER else texts.HERO_TITLE
        return Panel(
            self.look,
            Row(
                self.look,
                [
                    self.column(
                        [
                            self.text(words, 66, bold=True, role="on_brand", leading=1.25),
                            self.text(texts.HERO_NOTE, 38, role="on_brand"),
                        ],
                        gap=16,
                        grow=1,
                    ),
                    Icon(self.ink, "id-card", 150, "on_brand", "plate", 220, radius=48),
                ],
                gap=36,
            ),
            fill="brand",
            border="",
            radius=44,
            pad=52,
            side_pad=48,
        )

    def _tile(self, service: Service, icon: str, words: tuple[str, str]) -> Tile:
        def action(answer: Any = service) -> None:
            self.shell.answer(answer)

        return Tile(self.ink, self.shell.guard, icon, *words, action, service)

    def _facts(self) -> list[Box]:
        hotline = pill(self.ink, texts.HOTLINE.format(hotline=self.shell.site.hotline), "go")
        trouble = self.view.trouble
        if trouble is Trouble.NONE:
            return [_Pills(self.look, [pill(self.ink, texts.ALL_WELL, "ok", "circle-check"), hotline])]
        icon, words, tone = WORDS[trouble]
        return [pill(self.ink, words, tone, icon), _Pills(self.look, [hotline])]


class _Pills(Box):
    """Pills side by side, below one another when they do not fit."""

    def __init__(self, look: Any, pills: list[Panel]) -> None:
        super().__init__(look, pills)

    def _beside(self, width: float) -> bool:
        return (
            sum(box.wanted_width() for box in self.boxes) + self.look.gap(24) * (len(self.boxes) - 1) <= width
        )

    def natural(self, width: float) -> float:
        highs = [box.natural(min(box.wanted_width(), width)) for box in self.boxes]
        return max(highs) if self._beside(width) else sum(highs) + self.look.gap(20) * (len(highs) - 1)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        beside, top, left = self._beside(width), y + height, x
        for box in self.boxes:
            wide = min(box.wanted_width(), width)
            high = box.natural(wide)
            box.put(left, top - high, wide, high)
            if beside:
                left += wide + self.look.gap(24)
            else:
                top -= high + self.look.gap(20)
