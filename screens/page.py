"""What every screen has: header, steps, a body that fits, and the bar below, always in the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kivy.graphics import Color, Rectangle

from kiosk import texts, views
from kiosk.config import Site
from screens.buttons import Button, Press
from screens.drawing import Icon, Ink, Text
from screens.figures import StepBar
from screens.guard import Guard
from screens.layout import Box, Column, Row, Space
from screens.theme import FITS

SIDE = 56.0
HEADER = 128.0
BAR = 168.0


@dataclass(frozen=True)
class Shell:
    """What a page may use and whom it may tell.  ``leave_home`` is 首页."""

    ink: Ink
    guard: Guard
    site: Site
    now: Callable[[], datetime]
    answer: Callable[[Any], None]
    leave_home: Callable[[], None]
    toggle_large: Callable[[], None]
    toggle_contrast: Callable[[], None]
    ask_help: Callable[[], None]


@dataclass
class Body:
    """``main`` and ``side`` stand below one another in portrait and side by side in landscape; ``actions`` at the bottom.

    ``centred`` puts ``main`` in the middle of the room that is left.
    """

    head: list[Box] = field(default_factory=list)
    main: list[Box] = field(default_factory=list)
    side: list[Box] = field(default_factory=list)
    actions: list[Box] = field(default_factory=list)
    actions_left: bool = False
    centred: bool = False
    gap: float = 36


class Header(Box):
    """Who we are, which machine, what time it is."""

    def __init__(self, ink: Ink, site: Site, now: datetime) -> None:
        self.clock = Text(ink, "", 48, bold=True, role="on_header", align="right", leading=1.2)
        self.date = Text(ink, "", 30, role="on_header_soft", align="right", leading=1.25)
        name = Text(ink, texts.KIOSK_NAME, 38, bold=True, role="on_header", leading=1.3)
        place = Text(ink, f"{site.place} · {site.machine}", 30, role="on_header_soft", leading=1.25)
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
    """A button of the bar: icon and word side by side; with large type the icon stands above."""

    def __init__(
        self,
        shell: Shell,
        icon: str,
        words: str,
        action: Callable[[], None],
        answer: Any,
        border: str,
        role: str,
    ) -> None:
        ink = shell.ink
        self.icon = Icon(ink, icon, 46, role)
        self.label = Text(ink, words, 34, bold=True, role=role, align="centre", leading=1.25)
        self.stacked = ink.look.large and not ink.look.landscape
        shape = Column if self.stacked else Row
        super().__init__(
            ink,
            shell.guard,
            shape(ink.look, [self.icon, self.label], gap=0 if self.stacked else 16),
            action,
            answer,
        )
        self.fill, self.border, self.radius = "card", border, 34

    def wanted_width(self) -> float:
        pad = self.look.px(24 if self.border else 14)
        if self.stacked:
            return max(self.label.wanted_width() + 2 * self.look.px(16), self.look.least_target)
        return self.icon.wanted_width() + self.look.px(16) + self.label.wanted_width() + 2 * pad

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
        near = self.look.px(16)
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
    """上一步 首页, 大字 高对比, 求助: always in the same place."""

    def __init__(self, shell: Shell, back: bool, home: bool) -> None:
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
        middle: list[Box] = [
            BarButton(shell, "contrast", contrast, shell.toggle_contrast, "contrast", "", "ink"),
            BarButton(shell, "a-large-small", large, shell.toggle_large, "large", "", "ink"),
        ]
        right = BarButton(shell, "phone-call", texts.HELP, shell.ask_help, "help", "brand", "brand")
        self.row = Row(shell.ink.look, [*left, *middle, Space(shell.ink.look, grow=1), right], gap=12)
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


class Page(Box):
    """One view on the screen.  Subclasses give ``body``; ``state`` is what the citizen did here and outlives a redraw."""

    view: Any

    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(shell.ink.look)
        self.shell, self.state, self.view = shell, state, view
        self.header = Header(shell.ink, shell.site, shell.now())
        self.bar = Bar(shell, type(view).back, type(view).home)
        self.content: Box | None = None
        self.add_widget(self.header)
        self.add_widget(self.bar)
        self._fill()

    # --- for subclasses

    def body(self) -> Body:
        raise NotImplementedError

    def redraw_for(self, view: Any) -> bool:
        """Takes a newer view of the same class without building anew; False when it cannot."""
        return False

    def same_question(self, old: Any) -> bool:
        """False when what was chosen for the view before means nothing for this one."""
        return True

    @property
    def ink(self) -> Ink:
        return self.shell.ink

    def text(self, words: Any, size: float = 38, **more: Any) -> Text:
        return Text(self.ink, words, size, **more)

    def title(self, words: str, centred: bool = False, size: float = 68) -> Text:
        align = "centre" if centred else "left"
        return Text(self.ink, words, size, bold=True, align=align, leading=1.27)

    def note(self, words: Any, centred: bool = False, size: float = 38) -> Text:
        align = "centre" if centred else "left"
        return Text(self.ink, words, size, role="ink_soft", align=align)

    def column(self, boxes: list[Box], gap: float = 12, grow: float = 0.0) -> Column:
        return Column(self.look, boxes, gap=gap, grow=grow)

    def button(
        self,
        words: str,
        answer: Any = None,
        icon: str = "",
        primary: bool = False,
        after: str = "",
        high: float = 148,
    ) -> Button:
        """A button that answers ``answer``."""
        return Button(
            self.ink,
            self.shell.guard,
            words,
            lambda: self.shell.answer(answer),
            answer,
            icon,
            after,
            primary,
            high,
        )

    # --- for the app

    def update(self, view: Any) -> None:
        """Shows a newer view of the same class in place, without a flicker."""
        old, self.view = self.view, view
        if not self.same_question(old):
            self.state.clear()
        if not self.redraw_for(old):
            self._fill()
            self.put(*self.pos, *self.size)

    def tick(self, now: datetime) -> None:
        self.header.tell(now)

    def stop(self) -> None:
        """Ends what moves."""
        for box in self.moving():
            box.stop()

    def moving(self) -> Iterator[Any]:
        return (box for box in self.walk(restrict=True) if box is not self and hasattr(box, "stop"))

    def presses(self) -> list[Press]:
        """Every button, in drawing order."""
        return [box for box in self.walk(restrict=True) if isinstance(box, Press) and box.enabled]

    def _fill(self) -> None:
        if self.content is not None:
            self.stop()
            self.remove_widget(self.content)
        body = self.body()
        steps = getattr(self.view, "steps", None)
        if steps is not None and steps.steps:
            bar = StepBar(self.ink, steps)
            if body.centred:
                body.head.append(bar)
            else:
                body.main = [Column(self.look, [bar, *body.main[:1]], gap=44), *body.main[1:]]
        make = self._landscape if self.look.landscape else self._portrait
        self.content = make(body)
        self.add_widget(self.content)

    def _portrait(self, body: Body) -> Box:
        parts = [*body.main, *body.side]
        if body.centred:
            parts = [*body.head, Space(self.look, grow=1), *parts]
        if body.centred or not any(part.grow for part in parts):
            parts.append(Space(self.look, grow=1))
        return Column(self.look, [*parts, *body.actions], gap=body.gap)

    def _landscape(self, body: Body) -> Box:
        left, right = list(body.main), list(body.side)
        if body.centred:
            left[:0] = [*body.head, Space(self.look, grow=1)]
            right.insert(0, Space(self.look, grow=1))
        bottom = left if body.actions_left else right
        left.append(Space(self.look, grow=1))
        right.append(Space(self.look, grow=1))
        bottom.extend(body.actions)
        if not body.side and not body.actions:
            return Column(self.look, left, gap=body.gap)
        columns = [Column(self.look, column, gap=body.gap, grow=1) for column in (left, right)]
        return _Columns(self.look, columns, gap=64)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        self.look.squeeze = self.look.shrink = 1.0
        bar_high = self.bar.natural(width)
        head_high = self.header.natural(width)
        self.bar.put(x, y, width, bar_high)
        self.header.put(x, y + height - head_high, width, head_high)
        assert self.content is not None
        side = self.look.px(SIDE)
        for squeeze, shrink in FITS:
            self.look.squeeze, self.look.shrink = squeeze, shrink
            top, bottom = self.look.gap(48), self.look.gap(48)
            room = height - bar_high - head_high - top - bottom
            if self.content.natural(width - 2 * side) <= room:
                break
        self.content.put(x + side, y + bar_high + bottom, width - 2 * side, room)
        super().put(x, y, width, height)

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            Color(*self.look.theme.colour("paper"))
            Rectangle(pos=self.pos, size=self.size)


class _Columns(Row):
    """Columns of full height, side by side."""

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        for child in self.boxes:
            child.put(child.x, y, child.width, height)


class Bare(Page):
    """A page with nothing but its body: no bar, so that there is one thing to do."""

    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(view, shell, state)
        self.remove_widget(self.bar)
        self.bar = _NoBar(shell, back=False, home=False)


class _NoBar(Bar):
    def natural(self, width: float) -> float:
        return 0

    def put(self, x: float, y: float, width: float, height: float) -> None:
        """Nothing to place."""
