"""The signs of the ways to certify, the same on every screen that offers them.  Their words are in kiosk.way_words."""

from __future__ import annotations

from kiosk.views import FaceWay, WayKey

ICONS = {
    WayKey.FACE: "scan-face",
    WayKey.STAFF: "user-round-check",
    WayKey.HOME_VISIT: "map-pin-house",
    WayKey.PHONE: "tablet-smartphone",
    WayKey.WINDOW: "store",
    FaceWay.AGAIN: "rotate-ccw",
    FaceWay.COMPARE: "user-search",
}
