"""How the visits of a time stand, by village and by care home: counts only, no person is in them.

asked         assignments entered in that time (without those withdrawn before anybody came)
visited       of these, where somebody was: a packet says so, whatever came of it
certified     of the people, certified by a visit since
under_review  somebody still compares, or a second person has still to
not_met       visited, and never met
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, func, select

from central import check_states, tables, tables_field
from central.visits import HOME, INSTITUTION
from kiosk.field.wire import RecordKind
from kiosk.wire import CheckState

ASSIGNMENTS, PACKETS = tables_field.assignments, tables_field.packets
CHECKS, STATES, CERTIFICATIONS = tables.checks, tables.check_states, tables.certifications


@dataclass(frozen=True)
class Counts:
    asked: int = 0
    visited: int = 0
    certified: int = 0
    under_review: int = 0
    not_met: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class Place:
    """``home`` "": the houses of a village."""

    township: str
    village: str
    home: str


def figures(connection: Connection, from_ms: int, until_ms: int) -> dict[Place, Counts]:
    """Of the assignments entered from ``from_ms`` on and before ``until_ms``."""
    visits = defaultdict(set)
    for row in connection.execute(
        select(PACKETS.c.assignment_id, PACKETS.c.kind).where(PACKETS.c.assignment_id.is_not(None))
    ):
        visits[row.assignment_id].add(row.kind)
    certified = _certified_by_visits(connection)
    waiting = _waiting(connection)
    entered = (ASSIGNMENTS.c.at_ms >= from_ms) & (ASSIGNMENTS.c.at_ms < until_ms)
    counts: dict[Place, Counts] = defaultdict(Counts)
    for row in connection.execute(select(ASSIGNMENTS).where(entered)):
        kinds = visits.get(row.assignment_id, set())
        if row.withdrawn_ms is not None and not kinds:
            continue
        counts[Place(row.township, row.village, row.home)] += Counts(
            asked=1,
            visited=bool(kinds),
            certified=certified.get(row.person_id, -1) >= row.at_ms,
            under_review=row.person_id in waiting,
            not_met=kinds == {RecordKind.NOT_MET.value},
        )
    return dict(counts)


def by_township(counts: dict[Place, Counts]) -> dict[str, Counts]:
    """The same, added up."""
    return _added((place.township, each) for place, each in counts.items())


def by_home(counts: dict[Place, Counts]) -> dict[str, Counts]:
    """Care homes alone."""
    return _added((place.home, each) for place, each in counts.items() if place.home)


def ordered(counts: dict[Place, Counts]) -> Sequence[tuple[Place, Counts]]:
    return sorted(counts.items(), key=lambda item: (item[0].township, item[0].village, item[0].home))


def _added(pairs: Iterable[tuple[str, Counts]]) -> dict[str, Counts]:
    found: dict[str, Counts] = defaultdict(Counts)
    for name, each in pairs:
        found[name] += each
    return dict(sorted(found.items()))


def _certified_by_visits(connection: Connection) -> dict[str, int]:
    """person -> when the last visit that certified them began."""
    query = (
        select(CHECKS.c.person_id, func.max(CHECKS.c.opened_ms))
        .join(CERTIFICATIONS, CERTIFICATIONS.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.channel.in_((HOME, INSTITUTION)))
        .group_by(CHECKS.c.person_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _waiting(connection: Connection) -> set[str]:
    query = (
        select(CHECKS.c.person_id)
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.channel.in_((HOME, INSTITUTION)))
        .where(STATES.c.state == CheckState.UNDER_REVIEW.value, check_states.holds())
    )
    return set(connection.execute(query).scalars())
