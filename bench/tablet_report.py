"""bench/out/tablet.json and tablet.md, in the form of bench.parts.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Figure
from bench.parts import About, Found, written

PROMISED = (
    "visits",
    "visits_lost",
    "visits_doubled",
    "kills",
    "seal_ms",
    "packet_bytes",
    "sync_50_s",
    "disk_hits",
    "taps_per_visit",
    "bundle_mb",
    "bundle_start_vs_source",
)
MUST_HOLD = (
    "visits",
    "visits_lost",
    "visits_doubled",
    "kills_lost",
    "kills_doubled",
    "disk_hits",
    "kills_disk_hits",
)
TITLE = "# The tablet for visits at home"


def merged(whole: Found, figures: Sequence[Figure], about: About) -> Found:
    """The whole with this part's figures as they are now; everybody else's stay."""
    return {**whole, **{one.name: {**one.as_json(), **about.as_json()} for one in figures}}


def missing(found: Found) -> list[str]:
    return [name for name in PROMISED if name not in found]


def render(found: Found) -> str:
    return written(TITLE, missing(found), found)
