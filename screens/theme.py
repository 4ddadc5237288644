"""The look as data: roles of colour, and one unit for every size.

Screens name roles and sizes only.  A size is written in units of the reference panel (21.5 inch, 1080x1920, 102.5 dpi: one
unit is 0.248 mm); ``Look`` turns it into pixels of the window there is.  What a finger must hit is never smaller than
12.7 mm of the real panel, gaps between such things never under 2.54 mm (VVSG 2.0, as cited by VxSuite).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

Colour = tuple[float, float, float, float]

TOUCH_MM = 12.7
GAP_MM = 2.54
LARGE = 1.3
PORTRAIT = (1080, 1920)
LANDSCAPE_UNITS = (2133, 1333)  # a tablet is held nearer: 1280x800 shows type at 0.6 of the kiosk's pixels


def rgb(text: str) -> Colour:
    """'#RRGGBB' as four floats."""
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255, 1.0)


@dataclass(frozen=True)
class Theme:
    """One colour for each role, '#RRGGBB'.  ``on_x`` is text on x; ``go_ink`` is go as text, 4.5:1 on every light role."""

    name: str
    paper: str
    card: str
    ink: str
    ink_soft: str
    line: str
    brand: str
    brand_deep: str
    brand_soft: str
    go: str
    go_soft: str
    go_ink: str
    ok: str
    ok_soft: str
    bad: str
    bad_soft: str
    on_brand: str
    on_header: str
    on_header_soft: str
    on_go: str
    on_ok: str
    plate: str  # behind the icon on brand
    bar: str  # a year of the chart; the present year is in go
    press: str  # laid over a button while a finger is on it, at PRESS_ALPHA
    glass: str  # the mirror: dark in every theme, so that a face is what is bright
    glass_soft: str
    on_glass: str
    glass_track: str  # the ring that is not yet filled
    glass_ok: str
    glass_go: str  # what to do now

    def colour(self, role: str, alpha: float = 1.0) -> Colour:
        red, green, blue, _ = rgb(getattr(self, role))
        return (red, green, blue, alpha)


DEFAULT = Theme(
    name="default",
    paper="#F7F5F0",
    card="#FFFFFF",
    ink="#16242B",
    ink_soft="#4A5B63",
    line="#DAD6CC",
    brand="#0B5A5E",
    brand_deep="#073E41",
    brand_soft="#DDEDEB",
    go="#C2570C",
    go_soft="#FBE9DA",
    go_ink="#A84908",
    ok="#1B7A43",
    ok_soft="#DFF1E5",
    bad="#B3261E",
    bad_soft="#FBE3E1",
    on_brand="#FFFFFF",
    on_header="#FFFFFF",
    on_header_soft="#DDEDEB",
    on_go="#FFFFFF",
    on_ok="#FFFFFF",
    plate="#2F7174",
    bar="#0B5A5E",
    press="#000000",
    glass="#15232A",
    glass_soft="#22323A",
    on_glass="#FFFFFF",
    glass_track="#6B777D",
    glass_ok="#37C97E",
    glass_go="#FFD25E",
)

HIGH_CONTRAST = Theme(
    name="high-contrast",
    paper="#000000",
    card="#0B0B0B",
    ink="#FFFFFF",
    ink_soft="#F2E9A0",
    line="#FFFFFF",
    brand="#FFE600",
    brand_deep="#000000",
    brand_soft="#222222",
    go="#FFE600",
    go_soft="#222222",
    go_ink="#FFE600",
    ok="#7CFF9B",
    ok_soft="#0D2A16",
    bad="#FF9B94",
    bad_soft="#2B0F0D",
    on_brand="#000000",
    on_header="#FFFFFF",
    on_header_soft="#FFFFFF",
    on_go="#000000",
    on_ok="#000000",
    plate="#FFEC40",
    bar="#FFFFFF",
    press="#FFFFFF",
    glass="#000000",
    glass_soft="#222222",
    on_glass="#FFFFFF",
    glass_track="#808080",
    glass_ok="#7CFF9B",
    glass_go="#FFE600",
)

ROLES = tuple(field.name for field in fields(Theme) if field.name != "name")

# Tried in this order until a page fits its window: first the air goes, then large type comes back towards normal.
FITS = (
    (1.0, 1.0),
    (0.8, 1.0),
    (0.6, 1.0),
    (0.45, 1.0),
    (0.4, 0.95),
    (0.4, 0.9),
    (0.4, 0.85),
    (0.35, 0.81),
    (0.3, 0.77),
    (0.3, 0.73),
    (0.25, 0.69),
    (0.25, 0.65),
    (0.2, 0.6),
    (0.2, 0.55),
    (0.15, 0.5),
)
TIGHT = 0.45  # air that is left when a list is to show as many rows as it can


def readable(large: bool, shrink: float) -> bool:
    """Whether type keeps its promise: captions of 30 units, large type clearly larger than normal."""
    return shrink >= (0.9 if large else 0.95)


def no_smaller(large: bool, shrink: float) -> bool:
    """Whether large type is at least as large as normal type."""
    return shrink * LARGE >= 1.0 if large else readable(large, shrink)


class Look:
    """Theme, unit and type size of one page in one window.  ``squeeze`` and ``shrink`` are set while the page is fitted."""

    def __init__(self, theme: Theme, size: tuple[float, float], dots_per_width: float, large: bool) -> None:
        """``size`` of the window in pixels; ``dots_per_width`` is the real panel's dpi over its width in pixels.

        A demo window is a scaled panel: its millimetres are the panel's.
        """
        self.theme, self.large = theme, large
        self.width, self.height = size
        self.landscape = self.width > self.height
        wide, high = LANDSCAPE_UNITS if self.landscape else PORTRAIT
        self.unit = min(self.width / wide, self.height / high)
        self.pixels_per_mm = dots_per_width * self.width / 25.4
        self.squeeze = self.shrink = 1.0

    def px(self, units: float) -> float:
        """A fixed length."""
        return round(units * self.unit)

    def gap(self, units: float) -> float:
        """A length of air; shrinks when a page is full."""
        return round(units * self.unit * self.squeeze)

    def apart(self, units: float) -> float:
        """Air between things a finger must hit: shrinks too, but never under 2.54 mm."""
        return max(self.gap(units), self.least_gap)

    def target(self, units: float) -> float:
        """The height of something a finger must hit; grows with large type, never under 12.7 mm."""
        air = 0.75 + 0.25 * self.squeeze
        grown = 1.12 if self.large else 1.0
        return max(round(units * self.unit * air * grown), self.least_target)

    def type(self, units: float) -> int:
        """A type size in pixels."""
        return max(round(units * self.unit * (LARGE if self.large else 1.0) * self.shrink), 8)

    @property
    def least_target(self) -> int:
        return int(TOUCH_MM * self.pixels_per_mm) + 1

    @property
    def least_gap(self) -> int:
        return int(GAP_MM * self.pixels_per_mm) + 1
