"""Packets that wait for a person, and what is made of them.

    taken      a parked one goes its way after all: a check waits for the second person, a ticket is written.  It certifies nobody.
    put aside  nothing follows from it; who put it aside, and why, stays

Only what was kept from going its way by time, limits, or an assignment can be taken; what does not open, or belongs to another pack,
cannot, and nothing that did not fit the chain, or whose content was deleted after thirty days.  Who was there never decides.  A
decision deletes the sealed content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from central import alarms, packets, staff, tables, tables_field
from central.differences import Kind
from central.packets import Packets
from central.visits import Brought, Visits
from kiosk.field.wire import PacketResult, PacketState, Suite

PACKETS, REFUSED = tables_field.packets, tables_field.refused_packets
CONTENTS, DECISIONS, TABLETS = (
    tables_field.packet_contents,
    tables_field.packet_decisions,
    tables_field.tablets,
)
STAFF = tables.staff
MAY_BE_TAKEN = (
    PacketResult.PACK_EXPIRED,
    PacketResult.CLOCK_WRONG,
    PacketResult.LIMITS_EXCEEDED,
    PacketResult.ASSIGNMENT_WITHDRAWN,
    PacketResult.PERSON_MOVED,
    PacketResult.TABLET_REVOKED,
)


class NotOpen(Exception):
    """No such packet waits, or somebody has decided."""


class NotTheirs(Exception):
    """Who was there would decide."""


class CannotBeTaken(Exception):
    """It does not open, or belongs nowhere: it can only be put aside."""


@dataclass(frozen=True)
class Open:
    """One that waits.  ``why``: PacketResult of a parked one, packets.Flaw of a refused one."""

    tablet_id: str
    label: str
    seq: int
    refusal_id: int | None
    why: str
    detail: str
    kind: str
    staff: str
    ended_ms: int | None
    at_ms: int
    may_be_taken: bool
    is_kept: bool  # the sealed content is still here


def waiting(connection: Connection) -> list[Open]:
    """The oldest first."""
    return sorted([*_parked(connection), *_refused(connection)], key=lambda each: (each.at_ms, each.seq))


def decide(
    connection: Connection,
    intake: Packets,
    visits: Visits,
    key: tuple[str, int, int | None],
    operator: str,
    note: str,
    *,
    taken: bool,
    at_ms: int,
) -> PacketResult | None:
    """``key``: tablet, number, refusal.  What followed; None for what was put aside.  Raises NotOpen, NotTheirs, CannotBeTaken."""
    found = next((each for each in waiting(connection) if _key(each) == key), None)
    if found is None:
        raise NotOpen
    if _was_there(connection, found, operator):
        raise NotTheirs
    outcome = None
    if taken:
        if not found.may_be_taken:
            raise CannotBeTaken
        brought = _brought(connection, intake, found)
        outcome = visits.settle(connection, brought, overruled=True) if brought is not None else None
        if outcome is None or outcome.state is PacketState.PARKED:
            raise CannotBeTaken
    this = (CONTENTS.c.tablet_id == found.tablet_id) & (CONTENTS.c.seq == found.seq)
    connection.execute(
        delete(CONTENTS).where(this, CONTENTS.c.refusal_id.is_not_distinct_from(found.refusal_id))
    )
    connection.execute(
        insert(DECISIONS).values(
            tablet_id=found.tablet_id,
            seq=found.seq,
            refusal_id=found.refusal_id,
            taken=int(taken),
            result=outcome.result.value if outcome else "",
            receipt_no=outcome.receipt_no if outcome else "",
            operator=operator,
            note=note,
            at_ms=at_ms,
        )
    )
    kind = Kind.PACKET_PARKED if found.refusal_id is None else Kind.PACKET_REFUSED
    alarms.clear_about(connection, kind, packets.subject(*key), operator, note, at_ms=at_ms)
    return outcome.result if outcome else None


def decided(connection: Connection, most: int) -> list[Row[Any]]:
    """The last decisions of people, the newest first."""
    by_people = select(DECISIONS).where(DECISIONS.c.operator != "")
    return list(connection.execute(by_people.order_by(DECISIONS.c.decision_id.desc()).limit(most)))


def _key(each: Open) -> tuple[str, int, int | None]:
    return each.tablet_id, each.seq, each.refusal_id


def _parked(connection: Connection) -> list[Open]:
    done = (DECISIONS.c.tablet_id == PACKETS.c.tablet_id) & (DECISIONS.c.seq == PACKETS.c.seq)
    content = (CONTENTS.c.tablet_id == PACKETS.c.tablet_id) & (CONTENTS.c.seq == PACKETS.c.seq)
    query = (
        select(PACKETS, TABLETS.c.label, STAFF.c.name.label("staff"), CONTENTS.c.content_id)
        .join(TABLETS, TABLETS.c.tablet_id == PACKETS.c.tablet_id)
        .outerjoin(STAFF, STAFF.c.staff_id == PACKETS.c.staff_id)
        .outerjoin(DECISIONS, done & DECISIONS.c.refusal_id.is_(None))
        .outerjoin(CONTENTS, content & CONTENTS.c.refusal_id.is_(None))
        .where(PACKETS.c.state == PacketState.PARKED.value, DECISIONS.c.decision_id.is_(None))
    )
    return [
        Open(
            row.tablet_id,
            row.label,
            row.seq,
            None,
            row.result,
            row.detail,
            row.kind or "",
            row.staff or "",
            row.ended_ms,
            row.at_ms,
            PacketResult(row.result) in MAY_BE_TAKEN and row.content_id is not None,
            row.content_id is not None,
        )
        for row in connection.execute(query)
    ]


def _refused(connection: Connection) -> list[Open]:
    query = (
        select(REFUSED, TABLETS.c.label, CONTENTS.c.content_id)
        .join(TABLETS, TABLETS.c.tablet_id == REFUSED.c.tablet_id)
        .outerjoin(DECISIONS, DECISIONS.c.refusal_id == REFUSED.c.refusal_id)
        .outerjoin(CONTENTS, CONTENTS.c.refusal_id == REFUSED.c.refusal_id)
        .where(DECISIONS.c.decision_id.is_(None))
    )
    return [
        Open(
            row.tablet_id,
            row.label,
            row.seq,
            row.refusal_id,
            row.flaw,
            "",
            "",
            "",
            None,
            row.at_ms,
            False,
            row.content_id is not None,
        )
        for row in connection.execute(query)
    ]


def _brought(connection: Connection, intake: Packets, found: Open) -> Brought | None:
    """The record again, from the content that waited; it counts as received when it was."""
    row = packets.find(connection, found.tablet_id, found.seq)
    this = (CONTENTS.c.tablet_id == found.tablet_id) & (CONTENTS.c.seq == found.seq)
    sealed = connection.execute(
        select(CONTENTS.c.sealed).where(this, CONTENTS.c.refusal_id.is_(None))
    ).scalar()
    if row is None or sealed is None:
        return None
    record = intake.opened(found.tablet_id, found.seq, Suite(row.suite), sealed)
    return Brought(found.tablet_id, found.seq, row.hash, record, row.at_ms) if record is not None else None


def _was_there(connection: Connection, found: Open, operator: str) -> bool:
    """The operator is the member of staff of the record, by number or under whichever name they are known."""
    row = packets.find(connection, found.tablet_id, found.seq) if found.refusal_id is None else None
    return row is not None and staff.is_member(connection, operator, row.staff_id)
