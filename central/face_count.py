"""How many people's faces are stored, and how long people wait for a reviewer: figures for a page, a scrape and an alarm.

Whoever stores the faces of 100,000 people has to file that with the authority (measures for face recognition, in force 2025-06-01,
article 15).  The alarm comes at 90,000, and again at each thousand more, whether the one before was cleared or not; once the count
has fallen a whole step below an alarm, it may come again.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from central import alarms, check_states, references, tables
from central.clock import Clock
from central.database import Database
from central.differences import Kind
from kiosk.wire import CheckState

ALARMS, FALLS = tables.alarms, tables.face_count_falls
FILED_FROM = 100_000
ALARM_FROM = 90_000
ALARM_STEP = 1_000
LOOK_EVERY_MS = 10 * 60 * 1000


@dataclass(frozen=True)
class Figures:
    """``oldest_ms``: how long the one who has waited longest has; 0 when nobody waits."""

    stored_faces: int
    reviews_waiting: int
    oldest_ms: int

    @property
    def tone(self) -> str:
        if self.stored_faces >= FILED_FROM:
            return "bad"
        return "go" if self.stored_faces >= ALARM_FROM else "ok"


def figures(connection: Connection, now_ms: int) -> Figures:
    states = tables.check_states
    waiting = select(func.count(), func.min(states.c.at_ms)).where(
        states.c.state == CheckState.UNDER_REVIEW.value, check_states.holds()
    )
    count, since_ms = connection.execute(waiting).one()
    return Figures(references.stored_faces(connection), count, now_ms - since_ms if count else 0)


def exposition(found: Figures) -> str:
    """The figures in Prometheus' text format 0.0.4.  No person is in them."""
    gauges = (
        ("stored_faces", "Persons whose face is stored: references, and pictures to be compared.", found.stored_faces),
        ("stored_faces_filed_from", "From so many on it has to be filed with the authority.", FILED_FROM),
        ("reviews_waiting", "Yearly checks that wait for a person to decide.", found.reviews_waiting),
        ("oldest_review_age_seconds", "How long the oldest of them has waited.", found.oldest_ms // 1000),
    )  # fmt: skip
    return "".join(
        f"# HELP {name} {words}\n# TYPE {name} gauge\n{name} {value}\n" for name, words, value in gauges
    )


class FaceWatch:
    """Counts now and then, and raises the alarm.  Called from many threads."""

    def __init__(
        self, database: Database, clock: Clock, alarm_from: int = ALARM_FROM, step: int = ALARM_STEP
    ) -> None:
        self._database, self._clock = database, clock
        self._from, self._step = alarm_from, step
        self._lock = threading.Lock()
        self._next_ms = 0

    def look(self) -> None:
        """Counts when it is time again."""
        now_ms = self._clock.now_ms()
        with self._lock:
            if now_ms < self._next_ms:
                return
            self._next_ms = now_ms + LOOK_EVERY_MS
        self.count()

    def count(self) -> int:
        """Counts now."""
        with self._database.read() as connection:
            count = references.stored_faces(connection)
            fallen = self._fallen(connection, count)
        if not fallen and count < self._from:
            return count
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            for below in self._fallen(connection, count):
                connection.execute(insert(FALLS).values(below=below, at_ms=now_ms))
            if count >= self._from:
                reached = count - (count - self._from) % self._step
                words = f"存有 {count} 人的人脸信息；到 {FILED_FROM} 人须向网信部门备案"
                subject = _subject(reached, _falls(connection)[reached])
                alarms.sound(connection, Kind.STORED_FACES, "", subject, words, at_ms=now_ms)
        return count

    def _fallen(self, connection: Connection, count: int) -> list[int]:
        """What those alarms had said that the count is a whole step below now, and was not noted to be."""
        kind = ALARMS.c.kind == Kind.STORED_FACES.value
        raised = set(connection.execute(select(ALARMS.c.subject).where(kind)).scalars())
        falls = _falls(connection)
        said = {int(subject.split()[0]) for subject in raised}
        return sorted(
            each for each in said if _subject(each, falls[each]) in raised and count <= each - self._step
        )


def _falls(connection: Connection) -> Counter[int]:
    """How often the count has fallen below each alarm."""
    return Counter(connection.execute(select(FALLS.c.below)).scalars())


def _subject(reached: int, falls: int) -> str:
    """What an alarm is about: after a fall it is another one."""
    return f"{reached} {falls + 1}" if falls else str(reached)
