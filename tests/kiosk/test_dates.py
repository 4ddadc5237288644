"""Dates in words, in a district with one time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from devices.clock import SystemClock
from kiosk import dates
from kiosk.flows.pay import latest_words


def test_dates_as_people_write_them() -> None:
    day = date(2026, 3, 5)
    assert dates.long_date(day) == "2026年3月5日"
    assert dates.short_date(day) == "3月5日"
    assert dates.weekday(day) == "星期四"
    assert dates.weekday(date(2026, 11, 22)) == "星期日"


def test_a_moment_is_written_in_local_time() -> None:
    assert dates.to_minute(datetime(2026, 11, 22, 17, 30, tzinfo=UTC)) == "2026-11-23 01:30"


def test_midnight_in_wendeng_is_four_in_the_afternoon_in_greenwich() -> None:
    class Midnight(SystemClock):
        def wall_ms(self) -> int:
            return 1_795_363_200_000  # 2026-11-22T16:00:00Z

    assert dates.now(Midnight()).isoformat() == "2026-11-23T00:00:00+08:00"


@pytest.mark.parametrize(
    ("now", "hours", "words"),
    [
        ("2026-11-23 09:26", 3, "今天 12:00 前有结果"),
        ("2026-11-23 20:59", 3, "今天 23:00 前有结果"),
        ("2026-11-23 21:00", 3, "明天 00:00 前有结果"),
        ("2026-11-23 23:59", 3, "明天 02:00 前有结果"),
        ("2026-11-23 09:26", 24, "明天 09:00 前有结果"),
        ("2026-11-23 09:26", 30, "明天 15:00 前有结果"),
        ("2026-11-23 09:26", 48, "11月25日 09:00 前有结果"),
        ("2026-12-31 22:10", 72, "1月3日 22:00 前有结果"),
    ],
)
def test_by_when_a_result_is_promised(now: str, hours: int, words: str) -> None:
    """A machine that says 今天 and means tomorrow sends an old man twice."""
    moment = datetime.strptime(now, "%Y-%m-%d %H:%M").replace(tzinfo=dates.CHINA)
    assert latest_words(moment, hours) == words
