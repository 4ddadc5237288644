"""What the ways to certify are called, the same on every screen that offers them and in what is said of it."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import ChooseWay, FaceOtherWays, FaceWay, WayKey, WayOption

PANELS = 2
_WORDS = {
    WayKey.FACE: texts.WAY_FACE,
    WayKey.STAFF: texts.WAY_STAFF,
    WayKey.HOME_VISIT: texts.WAY_HOME_VISIT,
    WayKey.PHONE: texts.WAY_PHONE,
    WayKey.WINDOW: texts.WAY_WINDOW,
}
_OTHERS = {FaceWay.AGAIN: texts.WAY_AGAIN, FaceWay.COMPARE: texts.WAY_COMPARE}


def words_of(way: WayOption) -> tuple[str, str]:
    """Its title, and what its button says: nobody books twice who can read that it is booked."""
    return texts.WAY_HOME_VISIT_BOOKED if way.booked else _WORDS[way.key]


def row_of(option: WayOption | FaceWay, view: FaceOtherWays) -> tuple[str, str]:
    """Title and note, where all ways are rows."""
    if isinstance(option, WayOption):
        return words_of(option)[0], option.note
    title, note = _OTHERS[option]
    return title, view.again_note if option is FaceWay.AGAIN and view.again_note else note


def in_panels(ways: tuple[WayOption, ...]) -> list[WayOption]:
    """Those of a choice that have room for a title and a note; the others are buttons.

    A face check always has it, wherever it stands: its button says 同意, and what is agreed to is written above it.
    """
    face = [way for way in ways if way.key is WayKey.FACE]
    others = [way for way in ways if way.key is not WayKey.FACE]
    return [*face, *others[: PANELS - len(face)]]


def read_out(view: ChooseWay) -> list[tuple[str, ...]]:
    """Every way of a choice as it is shown, in its order."""
    panels = in_panels(view.ways)
    return [(words_of(way)[0], way.note) if way in panels else words_of(way)[1:] for way in view.ways]
