"""The states of a check: one row for each, and the last one holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from central import evidence, tables
from central.judgement import Reason
from kiosk.wire import CheckState

CHECKS, STATES, PICTURES = tables.checks, tables.check_states, tables.review_pictures


def locked(connection: Connection, check_id: str) -> Row[Any] | None:
    """A check's row, held until the caller's write transaction ends."""
    return connection.execute(select(CHECKS).where(CHECKS.c.check_id == check_id).with_for_update()).first()


def last(connection: Connection, check_id: str) -> Row[Any]:
    """The row of the state that holds."""
    of = select(STATES).where(STATES.c.check_id == check_id)
    return connection.execute(of.order_by(STATES.c.state_id.desc()).limit(1)).one()


def state_of(connection: Connection, check_id: str) -> CheckState:
    return CheckState(last(connection, check_id).state)


def enter(
    connection: Connection,
    check_id: str,
    state: CheckState,
    reason: Reason,
    *,
    at_ms: int,
    operator: str = "",
    note: str = "",
) -> None:
    """A new state; ``operator`` "" is central itself."""
    row = {"check_id": check_id, "state": state.value, "reason": reason.value, "at_ms": at_ms}
    connection.execute(insert(STATES).values(**row, operator=operator, note=note))
    evidence.append_state(connection, check_id, at_ms)


def forget_picture(connection: Connection, check_id: str) -> bool:
    """Deletes a check's picture; False when there was none."""
    return bool(connection.execute(delete(PICTURES).where(PICTURES.c.check_id == check_id)).rowcount)


def supersede(connection: Connection, person_id: str, check_id: str, *, at_ms: int) -> None:
    """Another check has certified the person: whatever else of theirs waits needs nobody any more, and its picture goes."""
    waiting = (
        select(CHECKS.c.check_id)
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.person_id == person_id, CHECKS.c.check_id != check_id)
        .where(STATES.c.state == CheckState.UNDER_REVIEW.value, holds())
    )
    for other in connection.execute(waiting).scalars().all():
        forget_picture(connection, other)
        enter(connection, other, CheckState.NOT_RECOGNISED, Reason.SUPERSEDED, at_ms=at_ms)


def holds() -> ColumnElement[bool]:
    """Of rows of ``check_states``: no later one of the same check."""
    later = STATES.alias("later")
    newer = select(later.c.state_id).where(
        later.c.check_id == STATES.c.check_id, later.c.state_id > STATES.c.state_id
    )
    return ~newer.exists()


def under_review(connection: Connection, person_id: str) -> Row[Any] | None:
    """The newest check of a person that somebody still compares, or a second person has still to confirm."""
    waiting = (
        select(CHECKS)
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.person_id == person_id, STATES.c.state == CheckState.UNDER_REVIEW.value, holds())
        .order_by(STATES.c.state_id.desc())
    )
    return connection.execute(waiting.limit(1)).first()


def newest_of(connection: Connection, person_id: str) -> CheckState | None:
    """The last thing that happened to any check of a person."""
    newest = (
        select(STATES.c.state)
        .join(CHECKS, CHECKS.c.check_id == STATES.c.check_id)
        .where(CHECKS.c.person_id == person_id)
        .order_by(STATES.c.state_id.desc())
        .limit(1)
    )
    state = connection.execute(newest).scalar()
    return CheckState(state) if state is not None else None
