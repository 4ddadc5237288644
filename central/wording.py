"""What a person reads of the yearly check, and the ways to do it: effective-dated rows of rules/certification.toml.

Times and days are filled in here; nothing here is ever a threat, and nothing ever says that a benefit is stopped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from central.rules import FOLDER, RuleError
from kiosk.wire import Quality, Way, WayOffer

FILE = "certification.toml"


@dataclass(frozen=True)
class Word:
    """A heading and a line for one state; ``benefit`` "" is every benefit without a row of its own."""

    city: str
    state: str
    title: str
    note: str
    valid_from: date
    source: str
    quality: Quality
    valid_to: date | None = None
    benefit: str = ""


@dataclass(frozen=True)
class WayRow:
    """``hours`` ("08:00–11:30") on ``weekdays`` (1 is Monday) but not on ``closed`` days: somebody is there; else ``closed_note``."""

    city: str
    way: Way
    note: str
    valid_from: date
    source: str
    quality: Quality
    valid_to: date | None = None
    benefit: str = ""
    closed_note: str = ""
    booked_note: str = ""
    url: str = ""
    hours: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    closed: tuple[date, ...] = ()


class Wording:
    """All rows of one city.  Raises RuleError when two rows of one kind hold on the same day."""

    def __init__(self, words: Iterable[Word], ways: Iterable[WayRow]) -> None:
        self._words = _by_kind(words, lambda row: row.state)
        self._ways = _by_kind(ways, lambda row: row.way.value)

    def of(self, state: str, benefit: str, on: date, **filled: str) -> tuple[str, str]:
        """Title and note, empty when there are no words for it: the kiosk has its own."""
        row = _holding(self._words, state, benefit, on)
        return (row.title, row.note.format_map(filled)) if row is not None else ("", "")

    def ways(self, benefit: str, now: datetime, *, days: int, booked: bool) -> tuple[WayOffer, ...]:
        """Every way that is open.  ``days``: until somebody comes to the house; ``booked``: somebody will."""
        offers = []
        for way in Way:
            row = _holding(self._ways, way.value, benefit, now.date())
            if row is not None:
                comes = booked and bool(row.booked_note)
                note = row.booked_note if comes else _note(row, now)
                filled = note.format_map({"hours": "、".join(row.hours), "days": str(days)})
                offers.append(WayOffer(way=way, note=filled, url=row.url, booked=comes))
        return tuple(offers)


def read(city: str, path: Path = FOLDER / FILE) -> Wording:
    """The words of a city.  Raises KeyError, TypeError or ValueError on a row that is not whole."""
    book: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    whole = {"city": book["city"]}
    words = [Word(**{**whole, **row, "quality": Quality(row["quality"])}) for row in book.get("word", ())]
    ways = [WayRow(**{**whole, **row, **_typed(row)}) for row in book.get("way", ())]
    return Wording([word for word in words if word.city == city], [way for way in ways if way.city == city])


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(row[name]) for name in ("hours", "weekdays", "closed") if name in row}
    return {"way": Way(row["way"]), "quality": Quality(row["quality"]), **lists}


def _by_kind(rows: Iterable[Any], kind: Any) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        earlier = found.setdefault((kind(row), row.benefit), [])
        if earlier and _holds(earlier[-1], row.valid_from):
            raise RuleError(f"{kind(row)} {row.benefit}: two rows hold on {row.valid_from}")
        earlier.append(row)
    return found


def _holding(rows: Mapping[tuple[str, str], list[Any]], kind: str, benefit: str, on: date) -> Any:
    """The benefit's own row of that day before the general one; None without any."""
    for of in (benefit, ""):
        for row in rows.get((kind, of), ()):
            if _holds(row, on):
                return row
    return None


def _holds(row: Word | WayRow, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)


def _note(row: WayRow, now: datetime) -> str:
    """Today's line, or the other days' once the last hour of today is over."""
    if not row.hours:
        return row.note
    open_today = now.isoweekday() in row.weekdays and now.date() not in row.closed
    last = time.fromisoformat(row.hours[-1].split("–")[1])
    return row.note if open_today and now.time().replace(tzinfo=None) < last else row.closed_note
