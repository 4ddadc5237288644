"""A view on the screen: header, steps, a body that fits, and the bar below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from screens.buttons import Button, Press
from screens.drawing import Ink, Text
from screens.figures import StepBar
from screens.frame import Bar, Header, NoBar, Shell
from screens.layout import Box, Column, Row, Space
from screens.row_pages import RowPages
from screens.theme import FITS, TIGHT, no_smaller, readable

SIDE = 56.0
# Of a list that is seen in parts: so many rows at least, in such type; the first that fits.
IN_PARTS = ((4, readable), (3, readable), (2, readable), (2, no_smaller), (1, readable), (1, no_smaller))


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


class Page(Box):
    """One view on the screen.  Subclasses give ``body``; ``state`` is what the citizen did here and outlives a redraw."""

    view: Any

    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(shell.ink.look)
        self.shell, self.state, self.view = shell, state, view
        self.header = Header(shell.ink, shell.site, shell.now())
        self.bar = self._bar()
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
        if self.shell.speaks(view) != self.bar.speaks:
            self._other_bar()
        if not self.same_question(old):
            self.state.clear()
        if not self.redraw_for(old):
            self._fill()
            self.put(*self.pos, *self.size)

    def tick(self, now: datetime) -> None:
        """The header is never shrunk with the page."""
        fit = self.look.squeeze, self.look.shrink
        self.look.squeeze = self.look.shrink = 1.0
        self.header.tell(now)
        self.look.squeeze, self.look.shrink = fit

    def stop(self) -> None:
        """Ends what moves."""
        for box in self.moving():
            box.stop()

    def moving(self) -> Iterator[Any]:
        return (box for box in self.walk(restrict=True) if box is not self and hasattr(box, "stop"))

    def presses(self) -> list[Press]:
        """Every button, in drawing order."""
        return [box for box in self.walk(restrict=True) if isinstance(box, Press) and box.enabled]

    def _bar(self) -> Bar:
        return Bar(self.shell, type(self.view).back, type(self.view).home, self.shell.speaks(self.view))

    def _other_bar(self) -> None:
        """重听 comes or goes with the words of the view."""
        self.remove_widget(self.bar)
        self.bar = self._bar()
        self.add_widget(self.bar)
        if self.width > 1:
            self.bar.put(self.x, self.y, self.width, self.bar.natural(self.width))

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
        for squeeze, shrink in self._tries():
            self.look.squeeze, self.look.shrink = squeeze, shrink
            top, bottom = self.look.gap(48), self.look.gap(48)
            room = height - bar_high - head_high - top - bottom
            if self.content.natural(width - 2 * side) <= room:
                break
        self.content.put(x + side, y + bar_high + bottom, width - 2 * side, room)
        super().put(x, y, width, height)

    def _tries(self) -> Iterator[tuple[float, float]]:
        """Air and type to try.  A long list shows fewer rows at once before its type gets too small to read."""
        lists = [box for box in self.walk(restrict=True) if isinstance(box, RowPages)]
        for rows in lists:
            rows.at_once = len(rows.rows)
            yield from (fit for fit in FITS if readable(self.look.large, fit[1]))
            for (least, good), fit in product(IN_PARTS, FITS):
                if fit[0] <= TIGHT and good(self.look.large, fit[1]):
                    for at_once in range(len(rows.rows) - 1, least - 1, -1):
                        rows.at_once = at_once
                        yield fit
        yield from FITS


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
        self.bar = NoBar(shell, back=False, home=False)

    def _other_bar(self) -> None:
        """What is said here cannot be heard again: there is nothing to press."""
