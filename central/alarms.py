"""What a person must look at, and kiosks that take no money until somebody has.

An alarm is a row; clearing it is another row with a name and a note.  Nothing here is ever changed but ``kiosks.stopped_reason``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from central import tables
from central.differences import Kind
from central.problems import Refused
from kiosk.wire import ProblemCode

TABLE, CLEARINGS, STOPS, KIOSKS = tables.alarms, tables.alarm_clearings, tables.stop_changes, tables.kiosks
DETAIL_MOST = 300
STOPPED_AMOUNT = "amount_differs"


@dataclass(frozen=True)
class Alarm:
    """``cleared_by``, ``note`` and ``cleared_ms`` are empty while it is open."""

    alarm_id: int
    kind: Kind
    kiosk_id: str
    subject: str
    detail: str
    at_ms: int
    cleared_by: str = ""
    note: str = ""
    cleared_ms: int = 0


def sound(
    connection: Connection, kind: Kind, kiosk_id: str, subject: str, detail: str, *, at_ms: int
) -> bool:
    """Raises the alarm; False when this very one was raised before, cleared or not."""
    this = (TABLE.c.kind == kind.value) & (TABLE.c.kiosk_id == kiosk_id) & (TABLE.c.subject == subject)
    if connection.execute(select(TABLE.c.alarm_id).where(this)).first() is not None:
        return False
    row = {"kind": kind.value, "kiosk_id": kiosk_id, "subject": subject, "detail": detail[:DETAIL_MOST]}
    connection.execute(insert(TABLE).values(**row, at_ms=at_ms))
    return True


def known(
    connection: Connection,
    *,
    open_only: bool = False,
    most: int | None = None,
    of: Collection[Kind] = tuple(Kind),
    only: int | None = None,
) -> list[Alarm]:
    """Alarms, newest first; ``only`` this one."""
    query = (
        select(TABLE, CLEARINGS.c.operator, CLEARINGS.c.note, CLEARINGS.c.at_ms.label("cleared_ms"))
        .outerjoin(CLEARINGS, CLEARINGS.c.alarm_id == TABLE.c.alarm_id)
        .where(TABLE.c.kind.in_([kind.value for kind in of]))
        .order_by(TABLE.c.at_ms.desc(), TABLE.c.alarm_id.desc())
    )
    if only is not None:
        query = query.where(TABLE.c.alarm_id == only)
    if open_only:
        query = query.where(CLEARINGS.c.alarm_id.is_(None))
    return [
        Alarm(
            row.alarm_id,
            Kind(row.kind),
            row.kiosk_id,
            row.subject,
            row.detail,
            row.at_ms,
            row.operator or "",
            row.note or "",
            row.cleared_ms or 0,
        )
        for row in connection.execute(query.limit(most) if most else query)
    ]


def cleared(connection: Connection) -> set[tuple[Kind, str, str]]:
    """(kind, kiosk, subject) of what somebody has explained."""
    query = select(TABLE.c.kind, TABLE.c.kiosk_id, TABLE.c.subject).join(
        CLEARINGS, CLEARINGS.c.alarm_id == TABLE.c.alarm_id
    )
    return {(Kind(row.kind), row.kiosk_id, row.subject) for row in connection.execute(query)}


def find(connection: Connection, alarm_id: int) -> Alarm | None:
    return next(iter(known(connection, only=alarm_id)), None)


def clear(connection: Connection, alarm_id: int, operator: str, note: str, *, at_ms: int) -> None:
    """Writes down who explained an alarm, and how.  The first explanation stands."""
    if connection.execute(select(CLEARINGS).where(CLEARINGS.c.alarm_id == alarm_id)).first() is None:
        row = {"alarm_id": alarm_id, "operator": operator, "note": note, "at_ms": at_ms}
        connection.execute(insert(CLEARINGS).values(row))


def clear_about(
    connection: Connection, kind: Kind, subject: str, operator: str, note: str, *, at_ms: int
) -> None:
    """The same for all alarms of a kind about one thing: it was dealt with where it is."""
    these = select(TABLE.c.alarm_id).where(TABLE.c.kind == kind.value, TABLE.c.subject == subject)
    for alarm_id in connection.execute(these).scalars().all():
        clear(connection, alarm_id, operator, note, at_ms=at_ms)


# --- kiosks that take no money ---


def stop(connection: Connection, kiosk_id: str, reason: str, note: str, *, at_ms: int) -> None:
    """New orders of this kiosk are refused from now on; everything else goes on."""
    here = KIOSKS.c.kiosk_id == kiosk_id
    changed = connection.execute(
        update(KIOSKS).where(here, KIOSKS.c.stopped_reason.is_(None)).values(stopped_reason=reason)
    )
    if changed.rowcount:
        row = {"kiosk_id": kiosk_id, "stopped": True, "note": note[:DETAIL_MOST], "operator": ""}
        connection.execute(insert(STOPS).values(**row, at_ms=at_ms))


def lift(connection: Connection, kiosk_id: str, operator: str, note: str, *, at_ms: int) -> bool:
    """Lets a kiosk take money again.  False when it was not stopped."""
    here = KIOSKS.c.kiosk_id == kiosk_id
    changed = connection.execute(
        update(KIOSKS).where(here, KIOSKS.c.stopped_reason.is_not(None)).values(stopped_reason=None)
    )
    if changed.rowcount:
        row = {"kiosk_id": kiosk_id, "stopped": False, "note": note, "operator": operator}
        connection.execute(insert(STOPS).values(**row, at_ms=at_ms))
    return bool(changed.rowcount)


def check_not_stopped(connection: Connection, kiosk_id: str) -> None:
    """Raises Refused for a kiosk that takes no money."""
    reason = connection.execute(select(KIOSKS.c.stopped_reason).where(KIOSKS.c.kiosk_id == kiosk_id)).scalar()
    if reason is not None:
        raise Refused(ProblemCode.KIOSK_STOPPED, reason)


def stopped(connection: Connection) -> list[tuple[str, str, str]]:
    """(kiosk, place, reason) of every kiosk that takes no money."""
    query = select(KIOSKS).where(KIOSKS.c.stopped_reason.is_not(None)).order_by(KIOSKS.c.kiosk_id)
    return [(row.kiosk_id, row.place, row.stopped_reason) for row in connection.execute(query)]
