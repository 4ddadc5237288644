"""Draws EnterDigits: large keys, and what was typed, or dots for it.  Answers the digits.

What is typed lives in the page's state and is gone with the answer, and with every newer view: a PIN that was wrong is typed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, SmoothEllipse

from kiosk import texts
from screens.buttons import Button, Press
from screens.drawing import Icon, Ink, Panel, Text, rounded
from screens.guard import Guard
from screens.layout import Box, Grid
from screens.page import Body, Page

DIGITS = "digits"
X = "X"


class EnterDigitsScreen(Page):
    def body(self) -> Body:
        view = self.view
        self.typed = Typed(self.ink, view.most, view.secret, view.group)
        self.done = Button(self.ink, self.shell.guard, " ", self._hand_in, "done", primary=True)
        keys = [self._key(digit) for digit in "123456789"]
        last = self._key(X) if view.x_key else self._act(texts.DIGITS_CLEAR, "", self._clear, "clear")
        keys += [last, self._key("0"), self._act("", "delete", self._delete, "delete")]
        pad = Grid(self.look, keys, 3, gap=26, grow=50.0)
        self._mark()
        head: list[Box] = [self.title(view.title)]
        if view.note:
            head.append(self.note(view.note, size=40))
        return Body(
            main=[self.column(head, gap=10), self.typed],
            side=[pad],
            actions=[self.done],
            actions_left=True,
            gap=40,
        )

    def _key(self, digit: str) -> Press:
        return Key(self.ink, self.shell.guard, digit, "", lambda: self._type(digit), f"key {digit}")

    def _act(self, words: str, icon: str, action: Callable[[], None], answer: str) -> Press:
        return Key(self.ink, self.shell.guard, words, icon, action, answer, soft=True)

    # --- typing

    @property
    def digits(self) -> str:
        return str(self.state.get(DIGITS, ""))

    def _set(self, digits: str) -> None:
        self.state[DIGITS] = digits
        self._mark()

    def _type(self, digit: str) -> None:
        ended = self.digits.endswith(X) or (digit == X and len(self.digits) != self.view.most - 1)
        if len(self.digits) < self.view.most and not ended:
            self._set(self.digits + digit)

    def _delete(self) -> None:
        self._set(self.digits[:-1])

    def _clear(self) -> None:
        self._set("")

    def _mark(self) -> None:
        """The button says how many are missing."""
        self.typed.tell(self.digits)
        missing = self.view.least - len(self.digits)
        self.done.enabled = missing <= 0
        self.done.set_muted(not self.done.enabled)
        words = texts.DIGITS_MISSING.format(count=missing) if missing > 0 else texts.DIGITS_DONE
        self.done.set_words(words)

    def _hand_in(self) -> None:
        digits = self.digits
        self._set("")
        self.shell.answer(digits)

    def same_question(self, old: Any) -> bool:
        return False


class Key(Press):
    """One key.  The same digit twice is two digits: a key counts as often as it is tapped."""

    radius = 36.0

    def __init__(
        self,
        ink: Ink,
        guard: Guard,
        words: str,
        icon: str,
        action: Callable[[], None],
        answer: str,
        soft: bool = False,
    ) -> None:
        size = 50.0 if soft else 92.0
        child: Box = (
            Icon(ink, icon, 84, "brand")
            if icon
            else Text(
                ink, words, size, bold=True, role="brand" if soft else "ink", align="centre", leading=1.2
            )
        )
        super().__init__(ink, guard, child, action, answer)
        if soft:
            self.fill, self.border = "brand_soft", ""

    def on_touch_down(self, touch: Any) -> bool:
        self._last = None
        return super().on_touch_down(touch)

    def natural(self, width: float) -> float:
        return max(self.look.target(150), self.boxes[0].natural(width) + 2 * self.look.px(14))

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        self.boxes[0].put(x, y, width, height)


class Typed(Panel):
    """The field above the keys.  Secret ones are dots, and rings for those that are missing."""

    def __init__(self, ink: Ink, most: int, secret: bool, group: int) -> None:
        self.words = Text(ink, " ", 80, bold=True, align="centre", leading=1.3, fit=True)
        super().__init__(ink.look, self.words, border="brand", radius=36, pad=34, side_pad=36)
        self.most, self.secret, self.group = most, secret, group
        self.count = 0

    def tell(self, digits: str) -> None:
        self.count = len(digits)
        size = self.group or max(len(digits), 1)
        parts = [digits[at : at + size] for at in range(0, len(digits), size)]
        self.words.set_content(" " if self.secret else " ".join(parts) or " ")
        if self.width:
            self.put(*self.pos, *self.size)

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            rounded(self.look, self, self.fill, self.border, self.radius, 4)
            if self.secret:
                self._draw_dots()

    def _draw_dots(self) -> None:
        step = min(self.look.px(80), (self.width - 2 * self.look.px(36)) / self.most)
        side = step * 0.5
        colour = self.look.theme.colour
        x = self.center_x - step * self.most / 2 + (step - side) / 2
        for dot in range(self.most):
            at = (x + dot * step, self.center_y - side / 2)
            Color(*colour("ink" if dot < self.count else "ink_soft"))
            SmoothEllipse(pos=at, size=(side, side))
            if dot >= self.count:
                thin = max(self.look.px(5), 2)
                Color(*colour(self.fill))
                SmoothEllipse(pos=(at[0] + thin, at[1] + thin), size=(side - 2 * thin, side - 2 * thin))
