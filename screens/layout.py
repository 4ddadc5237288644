"""Boxes that know their height for a width, and containers that place them.  Synchronous: one pass, no second frame.

``natural(width)`` gives the height a box needs, ``put(x, y, width, height)`` places it and draws.  Pixels, y upwards as in
Kivy.  A container gives spare room to children with ``grow``; what does not fit is the page's business (theme.FITS).
"""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from screens.theme import Look


class Box(Widget):
    """The base of everything drawn.  ``grow`` is the share of spare room it takes along its container."""

    grow: float = 0.0
    pressable = False

    def __init__(self, look: Look, children: Sequence[Box] = ()) -> None:
        # no kv rules: ours would match names of Kivy's own style, and matching takes time
        super().__init__(**{"size_hint": (None, None), "__no_builder": True})
        self.look = look
        self.boxes = list(children)
        for child in self.boxes:
            self.add_widget(child)

    def natural(self, width: float) -> float:
        raise NotImplementedError

    def wanted_width(self) -> float:
        """The width it would like in a row; only boxes that are used so need it."""
        raise NotImplementedError

    def put(self, x: float, y: float, width: float, height: float) -> None:
        self.pos = (round(x), round(y))
        self.size = (round(width), round(height))
        self.draw()

    def draw(self) -> None:
        """Draws at pos and size."""

    def air(self, units: float) -> float:
        """The gap between its children: never too narrow for a finger when something among them is pressed."""
        if not units:
            return 0
        return self.look.apart(units) if self.holds_presses() else self.look.gap(units)

    def holds_presses(self) -> bool:
        return any(box.pressable or box.holds_presses() for box in self.boxes)


class Space(Box):
    """Air of ``units`` that may grow."""

    def __init__(self, look: Look, units: float = 0, grow: float = 0.0) -> None:
        super().__init__(look)
        self.units, self.grow = units, grow

    def natural(self, width: float) -> float:
        return self.look.gap(self.units) if self.units else 0

    def wanted_width(self) -> float:
        return self.natural(0)


class Column(Box):
    """Top to bottom."""

    def __init__(
        self, look: Look, children: Sequence[Box], gap: float = 0, pad: float = 0, grow: float = 0.0
    ) -> None:
        super().__init__(look, children)
        self.gap, self.pad, self.grow = gap, pad, grow

    def _air(self) -> tuple[float, float]:
        gap = self.air(self.gap)
        return gap, self.look.gap(self.pad) if self.pad else 0

    def natural(self, width: float) -> float:
        gap, pad = self._air()
        inner = width - 2 * pad
        return sum(child.natural(inner) for child in self.boxes) + gap * max(len(self.boxes) - 1, 0) + 2 * pad

    def wanted_width(self) -> float:
        return max((child.wanted_width() for child in self.boxes), default=0) + 2 * self._air()[1]

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        gap, pad = self._air()
        spare = max(height - self.natural(width), 0)
        shares = sum(child.grow for child in self.boxes)
        top = y + height - pad
        if not shares:
            top -= spare / 2 if self.grow else 0
        for child in self.boxes:
            high = child.natural(width - 2 * pad) + (spare * child.grow / shares if shares else 0)
            child.put(x + pad, top - high, width - 2 * pad, high)
            top -= high + gap


class Row(Box):
    """Left to right, each child centred in height.  Children with ``grow`` share what the others leave."""

    def __init__(self, look: Look, children: Sequence[Box], gap: float = 0, grow: float = 0.0) -> None:
        super().__init__(look, children)
        self.gap, self.grow = gap, grow

    def _widths(self, width: float) -> list[float]:
        gap = self.air(self.gap)
        fixed = [0 if child.grow else child.wanted_width() for child in self.boxes]
        spare = max(width - sum(fixed) - gap * max(len(self.boxes) - 1, 0), 0)
        shares = sum(child.grow for child in self.boxes)
        return [spare * c.grow / shares if c.grow else f for c, f in zip(self.boxes, fixed, strict=True)]

    def natural(self, width: float) -> float:
        return max(child.natural(w) for child, w in zip(self.boxes, self._widths(width), strict=True))

    def wanted_width(self) -> float:
        gap = self.air(self.gap)
        return sum(child.wanted_width() for child in self.boxes) + gap * max(len(self.boxes) - 1, 0)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        gap = self.air(self.gap)
        for child, wide in zip(self.boxes, self._widths(width), strict=True):
            high = child.natural(wide)
            child.put(x, y + (height - high) / 2, wide, high)
            x += wide + gap


class Grid(Box):
    """Equal columns, rows of equal height; the last row may be short."""

    def __init__(
        self, look: Look, children: Sequence[Box], columns: int, gap: float, grow: float = 0.0
    ) -> None:
        super().__init__(look, children)
        self.columns, self.gap, self.grow = columns, gap, grow

    def _cell(self, width: float) -> tuple[float, float, float, int]:
        gap = self.air(self.gap)
        wide = (width - gap * (self.columns - 1)) / self.columns
        rows = -(-len(self.boxes) // self.columns)
        return gap, wide, max(child.natural(wide) for child in self.boxes), rows

    def natural(self, width: float) -> float:
        gap, _, high, rows = self._cell(width)
        return high * rows + gap * (rows - 1)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        gap, wide, high, rows = self._cell(width)
        if self.grow:
            high = (height - gap * (rows - 1)) / rows
        for index, child in enumerate(self.boxes):
            row, column = divmod(index, self.columns)
            child.put(x + column * (wide + gap), y + height - (row + 1) * high - row * gap, wide, high)


class Centre(Box):
    """One child at its own width, in the middle."""

    share = 0.5

    def __init__(self, look: Look, child: Box) -> None:
        super().__init__(look, [child])

    def _width(self, width: float) -> float:
        return min(self.boxes[0].wanted_width(), width)

    def natural(self, width: float) -> float:
        return self.boxes[0].natural(self._width(width))

    def wanted_width(self) -> float:
        return self.boxes[0].wanted_width()

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        wide = self._width(width)
        high = self.boxes[0].natural(wide)
        self.boxes[0].put(x + (width - wide) * self.share, y + (height - high) / 2, wide, high)


class Left(Centre):
    """One child at its own width, at the left."""

    share = 0.0


class Right(Centre):
    """One child at its own width, at the right."""

    share = 1.0
