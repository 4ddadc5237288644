"""bench/out/tablet.json and tablet.md, in the form of bench.face_report: each part with what it was measured on.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.face_report import About, Found, parts, without_about
from bench.figures import Figure, report

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
    lines = [TITLE, ""]
    if lost := missing(found):
        lines += [f"Not measured yet: {', '.join(lost)}.", ""]
    for about, names in parts(found):
        facts = {
            "command": about["command"],
            "seconds": str(about["seconds"]),
            "load average before, after": about["load"],
            **about["machine"],
            "seed": str(about["seed"]),
        }
        figures = [Figure.from_json(name, without_about(found[name])) for name in names]
        lines += [report(facts, figures).replace("# Benchmarks", f"## {about['part']}", 1)]
    return "\n".join(lines)
