"""The states of a check: one row for each, and the last one holds.  Nobody waits for a decision that nobody can make."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from central import evidence, tables
from central.judgement import Reason
from kiosk.wire import CheckState

CHECKS, STATES, PICTURES = tables.checks, tables.check_states, tables.review_pictures
BY_ASKING = (  # what a person decides without a face
    Reason.SECOND_PERSON,
    Reason.TOLD_LATE,
    Reason.PARKED,
    Reason.REPORTED_DEAD,
)
DAY_MS = 24 * 60 * 60 * 1000
ALARM_MS, WAITS_MOST_MS = 7 * DAY_MS, 30 * DAY_MS


def locked(connection: Connection, check_id: str) -> Row[Any] | None:
    """A check's row, held with the person's until the caller's write transaction ends: the person first, as everywhere."""
    of = select(CHECKS.c.person_id).where(CHECKS.c.check_id == check_id)
    persons = tables.persons
    if (person_id := connection.execute(of).scalar()) is None:
        return None
    connection.execute(select(persons.c.person_id).where(persons.c.person_id == person_id).with_for_update())
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


def standing(
    state: CheckState, reason: Reason, *, has_picture: bool, reported_dead: bool
) -> tuple[CheckState, Reason]:
    """What a judgement comes to."""
    if state is CheckState.UNDER_REVIEW and not has_picture and reason not in BY_ASKING:
        state = CheckState.NOT_RECOGNISED  # nobody could accept it
    if reported_dead and state in (CheckState.ACCEPTED, CheckState.UNDER_REVIEW):
        return CheckState.UNDER_REVIEW, Reason.REPORTED_DEAD
    return state, reason


def forget_picture(connection: Connection, check_id: str) -> bool:
    """Deletes a check's picture; False when there was none."""
    return bool(connection.execute(delete(PICTURES).where(PICTURES.c.check_id == check_id)).rowcount)


def supersede(connection: Connection, person_id: str, check_id: str, *, at_ms: int) -> None:
    """Another check has certified the person: whatever else of theirs is open or waits ends, and its picture goes."""
    waiting = (
        select(CHECKS.c.check_id)
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.person_id == person_id, CHECKS.c.check_id != check_id)
        .where(STATES.c.state.in_((CheckState.OPEN.value, CheckState.UNDER_REVIEW.value)), holds())
    )
    for other in connection.execute(waiting).scalars().all():
        end(connection, other, Reason.SUPERSEDED, at_ms=at_ms)


def end(connection: Connection, check_id: str, reason: Reason, *, at_ms: int) -> None:
    """Nobody has to decide about it any more, and its picture goes."""
    forget_picture(connection, check_id)
    enter(connection, check_id, CheckState.NOT_RECOGNISED, reason, at_ms=at_ms)


def holds() -> ColumnElement[bool]:
    """Of rows of ``check_states``: no later one of the same check."""
    later = STATES.alias("later")
    newer = select(later.c.state_id).where(
        later.c.check_id == STATES.c.check_id, later.c.state_id > STATES.c.state_id
    )
    return ~newer.exists()


def under_review(connection: Connection, person_id: str) -> Row[Any] | None:
    """The newest check of a person that somebody still compares, or a second person has still to confirm; with its ``reason``.

    ``pictured``: its id when a picture lies here, else None.
    """
    waiting = (
        select(CHECKS, STATES.c.reason, PICTURES.c.check_id.label("pictured"))
        .outerjoin(PICTURES, PICTURES.c.check_id == CHECKS.c.check_id)
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .where(CHECKS.c.person_id == person_id, STATES.c.state == CheckState.UNDER_REVIEW.value, holds())
        .order_by(STATES.c.state_id.desc())
    )
    return connection.execute(waiting.limit(1)).first()


def waits_long(connection: Connection, now_ms: int) -> list[Row[Any]]:
    """What has waited for a decision for a day and more, the oldest first: the check, ``reason``, ``since_ms``, ``pictured``."""
    waiting = (
        select(
            CHECKS,
            STATES.c.reason,
            STATES.c.at_ms.label("since_ms"),
            PICTURES.c.check_id.label("pictured"),
        )
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .outerjoin(PICTURES, PICTURES.c.check_id == CHECKS.c.check_id)
        .where(STATES.c.state == CheckState.UNDER_REVIEW.value, holds(), STATES.c.at_ms <= now_ms - DAY_MS)
        .order_by(STATES.c.state_id)
    )
    return list(connection.execute(waiting))


def newest_since(connection: Connection, person_id: str, since_ms: int) -> CheckState | None:
    """The last thing that happened to any check a person began since then."""
    newest = (
        select(STATES.c.state)
        .join(CHECKS, CHECKS.c.check_id == STATES.c.check_id)
        .where(CHECKS.c.person_id == person_id, CHECKS.c.opened_ms >= since_ms)
        .order_by(STATES.c.state_id.desc())
        .limit(1)
    )
    state = connection.execute(newest).scalar()
    return CheckState(state) if state is not None else None
