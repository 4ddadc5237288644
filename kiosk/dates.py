"""Dates as people here write them.  The district has one time zone, UTC+8, without summer time."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

from devices.clock import Clock

CHINA: Final = timezone(timedelta(hours=8))
WEEKDAYS: Final = "一二三四五六日"


def now(clock: Clock) -> datetime:
    """The machine's own idea of local time: good enough to print, never to decide about money."""
    return datetime.fromtimestamp(clock.wall_ms() / 1000, CHINA)


def legal_now(clock: Clock, skew_s: float | None) -> datetime:
    """Central's time, as far as it is known: the machine's own without its skew."""
    return now(clock) - timedelta(seconds=skew_s or 0.0)


def long_date(day: date) -> str:
    """2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_date(day: date) -> str:
    """11月23日."""
    return f"{day.month}月{day.day}日"


def to_minute(moment: datetime) -> str:
    """2026-11-23 09:26, local."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def weekday(day: date) -> str:
    """星期一."""
    return f"星期{WEEKDAYS[day.weekday()]}"
