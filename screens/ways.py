"""The ways to certify: their signs and words, the same on every screen that offers them."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import FaceWay, WayKey, WayOption

ICONS = {
    WayKey.FACE: "scan-face",
    WayKey.STAFF: "user-round-check",
    WayKey.HOME_VISIT: "map-pin-house",
    WayKey.PHONE: "tablet-smartphone",
    WayKey.WINDOW: "store",
    FaceWay.AGAIN: "rotate-ccw",
    FaceWay.COMPARE: "user-search",
}
_WORDS = {
    WayKey.FACE: texts.WAY_FACE,
    WayKey.STAFF: texts.WAY_STAFF,
    WayKey.HOME_VISIT: texts.WAY_HOME_VISIT,
    WayKey.PHONE: texts.WAY_PHONE,
    WayKey.WINDOW: texts.WAY_WINDOW,
}


def words_of(way: WayOption) -> tuple[str, str]:
    """Its title, and what its button says: nobody books twice who can read that it is booked."""
    return texts.WAY_HOME_VISIT_BOOKED if way.booked else _WORDS[way.key]
