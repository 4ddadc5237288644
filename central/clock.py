"""Time as an argument.  Stored times are integer milliseconds UTC; the legal day is China Standard Time."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from typing import Protocol

CHINA = timezone(timedelta(hours=8), "CST")  # no daylight saving since 1991


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""


class SystemClock:
    """The machine's own clock, kept by its time service."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def legal_time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, CHINA)


def legal_day(at_ms: int) -> date:
    return legal_time(at_ms).date()


def legal_midnight_ms(day: date) -> int:
    """When a legal day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()) * 1000
