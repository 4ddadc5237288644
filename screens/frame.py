"""What frames every page: header above, bar below, always in the same place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kivy.graphics import Color, Rectangle

from kiosk import texts, views
from kiosk.config import Site
from screens.buttons import Press
from screens.drawing import Icon, Ink, Text
from screens.guard import Guard
from screens.layout import Box, Column, Row, Space

HEADER = 128.0


@dataclass(frozen=True)
class Shell:
    """What a page may use and whom it may tell.  ``leave_home`` is 首页; ``speaks`` tells whether 重听 has something to say."""

    ink: Ink
    guard: Guard
    site: Site
    now: Callable[[], datetime]
    answer: Callable[[Any], None]
    leave_home: Callable[[], None]
    toggle_large: Callable[[], None]
    toggle_contrast: Callable[[], None]
    ask_help: Callable[[], None]
    speaks: Callable[[Any], bool] = lambda _view: False
    say_again: Callable[[], None] = lambda: None


class Header(Box):
    """Who we are, which machine, what time it is."""

    def __init__(self, ink: Ink, site: Site, now: datetime) -> None:
        self.clock = Text(ink, "", 48, bold=True, role="on_header", align="right", leading=1.2)
        self.date = Text(ink, "", 30, role="on_header_soft", align="right", leading=1.25)
        carried = site.profile == "tablet"
        words = texts.TABLET_NAME if carried else texts.KIOSK_NAME
        name = Text(ink, words, 38, bold=True, role="on_header", leading=1.3)
        machine = site.kiosk_id if carried else site.machine
        place = Text(ink, f"{site.place} · {machine}", 30, role="on_header_soft", leading=1.25)
        self.row = Row(
            ink.look,
            [
                Icon(ink, "landmark", 66, "on_header"),
                Column(ink.look, [name, place], grow=1),
                Column(ink.look, [self.clock, self.date]),
            ],
            gap=28,
        )
        super().__init__(ink.look, [self.row])
        self.tell(now)

    def tell(self, now: datetime) -> None:
        """The time of day; called once a minute."""
        self.clock.set_content(f"{now:%H:%M}")
        self.date.set_content(f"{now.month}月{now.day}日 {texts.WEEKDAYS[now.weekday()]}")

    def natural(self, width: float) -> float:
        inner = width - 2 * self.look.px(48)
        return max(self.look.px(HEADER), self.row.natural(inner) + self.look.px(24))

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(52)
        self.row.put(x + side, y, width - 2 * side, height)

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            Color(*self.look.theme.colour("brand_deep"))
            Rectangle(pos=self.pos, size=self.size)


class BarButton(Press):
    """A button of the bar: icon and word side by side; with large type the icon stands above.

    ``tight`` ones have no air of their own: with 重听 there are six of them on a panel that is 1080 wide.
    """

    def __init__(
        self,
        shell: Shell,
        icon: str,
        words: str,
        action: Callable[[], None],
        answer: Any,
        border: str,
        role: str,
        tight: bool = False,
    ) -> None:
        ink = shell.ink
        self.near, self.pad = (5, 0) if tight else (16, 24 if border else 14)
        self.icon = Icon(ink, icon, 38 if tight else 46, role)
        self.label = Text(ink, words, 34, bold=True, role=role, align="centre", leading=1.25)
        self.stacked = ink.look.large and not ink.look.landscape
        shape = Column if self.stacked else Row
        super().__init__(
            ink,
            shell.guard,
            shape(ink.look, [self.icon, self.label], gap=0 if self.stacked else self.near),
            action,
            answer,
        )
        self.fill, self.border, self.radius = "card" if border else "", border, 34

    def wanted_width(self) -> float:
        if self.stacked:
            return max(self.label.wanted_width() + 2 * self.look.px(16), self.look.least_target)
        words = self.icon.wanted_width() + self.look.px(self.near) + self.label.wanted_width()
        return words + 2 * self.look.px(self.pad)

    def natural(self, width: float) -> float:
        high = self.icon.natural(0) + self.label.line_height() + self.look.px(20) if self.stacked else 0
        return max(self.look.px(112), self.look.least_target, high)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        if self.stacked:
            text_high = self.label.line_height()
            icon_high = self.icon.natural(0)
            top = y + (height + text_high + icon_high) / 2
            self.boxes[0].put(x, top - icon_high - text_high, width, icon_high + text_high)
            self.icon.put(x, top - icon_high, width, icon_high)
            self.label.put(x, top - icon_high - text_high, width, text_high)
            return
        near = self.look.px(self.near)
        wide = self.icon.wanted_width() + near + self.label.wanted_width()
        left = x + (width - wide) / 2
        self.boxes[0].put(left, y, wide, height)
        self.icon.put(left, y, self.icon.wanted_width(), height)
        self.label.put(left + self.icon.wanted_width() + near, y, self.label.wanted_width(), height)


class _Gap(BarButton):
    """The empty place of 上一步, so that 首页 is where it always is."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "arrow-left", texts.BACK, _nothing, None, "line", "ink")
        self.enabled, self.opacity = False, 0


def _nothing() -> None:
    """An empty place does nothing."""


class Bar(Box):
    """上一步 首页, 重听 高对比 大字, 求助: always in the same place; 重听 only where there is something to hear.

    A tablet is in the hands of a member of staff: it has no 首页, and nobody to call.
    """

    def __init__(self, shell: Shell, back: bool, home: bool, speaks: bool = False) -> None:
        self.speaks = speaks
        carried = shell.site.profile == "tablet"
        home = home and not carried
        left: list[Box] = []
        if back:
            left.append(
                BarButton(
                    shell,
                    "arrow-left",
                    texts.BACK,
                    lambda: shell.answer(views.BACK),
                    views.BACK,
                    "line",
                    "ink",
                )
            )
        elif home:
            left.append(_Gap(shell))
        if home:
            left.append(BarButton(shell, "house", texts.HOME, shell.leave_home, "home", "line", "ink"))
        large = texts.NORMAL_TYPE if shell.ink.look.large else texts.LARGE_TYPE
        high = shell.ink.look.theme.name != "default"
        contrast = texts.NORMAL_CONTRAST if high else texts.HIGH_CONTRAST
        tight = speaks and not shell.ink.look.landscape
        middle: list[Box] = [
            BarButton(shell, "contrast", contrast, shell.toggle_contrast, "contrast", "", "ink", tight),
            BarButton(shell, "a-large-small", large, shell.toggle_large, "large", "", "ink", tight),
        ]
        if speaks:
            again = BarButton(shell, "volume-2", texts.AGAIN, shell.say_again, "again", "", "ink", tight)
            middle = [Row(shell.ink.look, [again, *middle], gap=16 if tight else 12)]
        right: list[Box] = [Space(shell.ink.look, grow=1)]
        if not carried:
            right.append(BarButton(shell, "phone-call", texts.HELP, shell.ask_help, "help", "brand", "brand"))
        self.row = Row(shell.ink.look, [*left, *middle, *right], gap=12)
        super().__init__(shell.ink.look, [self.row])

    def natural(self, width: float) -> float:
        return self.row.natural(width - 2 * self.look.px(28)) + 2 * self.look.px(28)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(28)
        self.row.put(x + side, y, width - 2 * side, height)

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            Color(*self.look.theme.colour("card"))
            Rectangle(pos=self.pos, size=self.size)
            Color(*self.look.theme.colour("line"))
            Rectangle(
                pos=(self.x, self.top - max(self.look.px(2), 1)), size=(self.width, max(self.look.px(2), 1))
            )


class NoBar(Bar):
    def natural(self, width: float) -> float:
        return 0

    def put(self, x: float, y: float, width: float, height: float) -> None:
        """Nothing to place."""
