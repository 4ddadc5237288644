"""A list longer than its room: a finger moves it, what is beyond the edge is not drawn.

A row looks pressed at once; a finger that goes on to move the list lets go of the row.  The place lives in the page's state, so
that it outlives a redraw.  Rows keep their own coordinates and the canvas is moved: nothing is drawn anew while a finger moves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    PopMatrix,
    PushMatrix,
    ScissorPop,
    ScissorPush,
    SmoothRoundedRectangle,
    Translate,
)

from screens.buttons import Press
from screens.layout import Box
from screens.theme import Look

AT = "list_at"  # rows and a share of one that are above the edge; there once a finger has moved the list
SLOP_MM = 2.5  # a finger that rests wanders less
GLIDE_EVERY_S, GLIDE_KEEPS = 1 / 30, 0.88  # of its speed, from one step to the next
SLOWEST = 20.0  # pixels in a second
THUMB = 8.0


class RowPress(Press):
    """A press within a list: its tap ends when the list begins to move."""

    def on_touch_move(self, touch: Any) -> bool:
        return False if Scroll.MOVES in touch.ud else super().on_touch_move(touch)

    def on_touch_up(self, touch: Any) -> bool:
        if Scroll.MOVES not in touch.ud:
            return super().on_touch_up(touch)
        touch.ungrab(self)
        self.set_pressed(False)
        return False


class Scroll(Box):
    """``rows`` below one another.  ``focus``: the row to be seen when nobody has moved the list yet."""

    MOVES = "list_moves"
    grow = 1.0

    def __init__(self, look: Look, rows: Sequence[Box], state: dict[str, Any], focus: int | None) -> None:
        super().__init__(look)
        self.rows, self.state, self.focus = list(rows), state, focus
        self._edges: list[float] = [0.0]  # pixels from the top of the list to each row's top, and to the end
        self._placed: set[int] = set()
        self.at = 0.0  # pixels of the list above the upper edge
        self._move: Translate | None = None
        self._held: tuple[float, float] | None = None  # finger and list when the finger came
        self._speed = self._seen_s = 0.0
        self._event: Any = None

    def stop(self) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None

    def holds_presses(self) -> bool:
        return True

    def natural(self, width: float) -> float:
        """Two rows are a list; more is room."""
        return sum(row.natural(width) for row in self.rows[:2])

    def put(self, x: float, y: float, width: float, height: float) -> None:
        self._edges = [0.0, *accumulate(float(round(row.natural(width))) for row in self.rows)]
        self._placed.clear()
        super().put(x, y, width, height)
        self.move_to(self._wanted(height))

    def _wanted(self, height: float) -> float:
        """Where a finger left it; else such that the row to be seen is seen, and the one before it where there is room."""
        if AT in self.state:
            row, share = divmod(self.state[AT], 1)
            above, below = (self._edges[min(int(row) + more, len(self.rows))] for more in (0, 1))
            return float(above + share * (below - above))
        if self.focus is None or self.focus >= len(self.rows):
            return 0.0
        before = self._edges[max(self.focus - 1, 0)]
        return before if self._edges[self.focus + 1] - before <= height else self._edges[self.focus]

    def draw(self) -> None:
        self.canvas.before.clear()
        self.canvas.after.clear()
        with self.canvas.before:
            PushMatrix()
            left, bottom = self.to_window(self.x, self.y)
            ScissorPush(x=round(left), y=round(bottom), width=round(self.width), height=round(self.height))
            self._move = Translate(0, 0)
        with self.canvas.after:
            ScissorPop()
            PopMatrix()
            self._thumb_colour = Color(*self.look.theme.colour("ink_soft", 0.5))
            self._thumb = SmoothRoundedRectangle(radius=[self.look.px(THUMB / 2)])

    # --- moving

    def most(self) -> float:
        return max(self._edges[-1] - self.height, 0.0)

    def move_to(self, at: float) -> None:
        self.at = at = round(min(max(at, 0.0), self.most()))
        if self._move is not None:
            self._move.y = at
        self._show_rows(at)
        self._show_thumb(at)

    def _keep(self) -> None:
        """The place outlives a redraw, also one in another size of type."""
        row = max(bisect_right(self._edges, self.at) - 1, 0)
        if row < len(self.rows):
            high = self._edges[row + 1] - self._edges[row]
            self.state[AT] = row + (self.at - self._edges[row]) / max(high, 1.0)

    def _show_rows(self, at: float) -> None:
        """Only what can be seen is in the tree."""
        for index, row in enumerate(self.rows):
            above, below = self._edges[index], self._edges[index + 1]
            seen = below > at and above < at + self.height
            if seen and index not in self._placed:
                self._placed.add(index)
                row.put(self.x, self.top - below, self.width, below - above)
            if seen and row.parent is None:
                self.add_widget(row)
            elif not seen and row.parent is not None:
                self.remove_widget(row)

    def _show_thumb(self, at: float) -> None:
        most = self.most()
        self._thumb_colour.a = 0.5 if most else 0.0
        if most:
            wide = self.look.px(THUMB)
            high = max(self.height * self.height / self._edges[-1], 4 * wide)
            top = self.top - (self.height - high) * at / most
            self._thumb.pos, self._thumb.size = (
                (self.right - wide - self.look.px(4), top - high),
                (wide, high),
            )

    def to_local(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        return x, y - self.at

    def to_parent(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        return x, y + self.at

    # --- the finger

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        self.stop()
        self._speed, self._seen_s = 0.0, touch.time_update
        if self._held is None:
            self._held = (touch.y, self.at)
            touch.grab(self)
        touch.push()
        touch.apply_transform_2d(self.to_local)
        super().on_touch_down(touch)
        touch.pop()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or self._held is None:
            return False
        went = touch.y - self._held[0]
        if self.MOVES not in touch.ud and abs(went) < SLOP_MM * self.look.pixels_per_mm:
            return True
        if self.MOVES not in touch.ud:
            touch.ud[self.MOVES] = True
            for press in self.walk(restrict=True):
                if isinstance(press, Press):
                    press.set_pressed(False)
        before = self.at
        self.move_to(self._held[1] + went)
        self._keep()
        passed_s, self._seen_s = touch.time_update - self._seen_s, touch.time_update
        if passed_s > 0:
            self._speed = 0.5 * self._speed + 0.5 * (self.at - before) / passed_s
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._held = None
        if self.MOVES in touch.ud and abs(self._speed) > SLOWEST:
            self._event = Clock.schedule_interval(self._glide, GLIDE_EVERY_S)
        return True

    def _glide(self, passed_s: float) -> bool | None:
        """False, which ends an interval of Kivy's clock, when the list has come to rest."""
        before = self.at
        self.move_to(before + self._speed * passed_s)
        self._keep()
        self._speed *= GLIDE_KEEPS
        return None if abs(self._speed) > SLOWEST and self.at != before else False
