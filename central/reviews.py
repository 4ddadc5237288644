"""What a person decides: pictures that are compared, and what staff confirmed at a machine.

Nobody decides about themselves or their own household, and who confirmed at the machine is never the second person.  Numbers on cards
are compared: an operator without one decides nothing.  A picture is accepted by who has seen it, a decision has a note.  Once it is
made the picture is deleted; nobody's picture stays longer than thirty days.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from central import check_states, evidence, home_visits, pictures, references, staff, tables
from central.certification import Certifications
from central.clock import legal_day
from central.identity import mask_number
from central.judgement import Reason, ended_at_ms, within_life
from central.pictures import SignedPicture
from central.references import StoredFace
from central.tables_field import tablets
from central.verification import Keys
from kiosk.wire import CheckEvidence, CheckReply, CheckState

CHECKS, STATES, PERSONS = tables.checks, tables.check_states, tables.persons
PICTURES, LOOKS = tables.review_pictures, tables.picture_looks
STAFF, OPERATORS = tables.staff, tables.operators
ASSISTED = "kiosk_assisted"
VISITS = ("home_visit", "institution_batch")
BY_HEARSAY = check_states.BY_ASKING
KEPT_MS = 30 * 24 * 60 * 60 * 1000
WAITING_MOST = 500


class Undecided(Exception):
    """The decision cannot be made so; nothing was written.  The kinds below say why."""


class NotWaiting(Undecided):
    """No such check, or nobody has to decide about it any more."""


class Bar(Enum):
    """Why an operator may not decide about a check."""

    NO_NUMBER = "no_number"  # nobody can tell whether it is their own
    CONFIRMED = "confirmed"  # they stood there themselves
    OWN = "own"
    HOUSEHOLD = "household"


class Barred(Undecided):
    """This operator may not decide about this check."""

    def __init__(self, bar: Bar) -> None:
        super().__init__(bar.value)
        self.bar = bar


class NumberMissing(Barred):
    """The number on the operator's card is not entered."""


class SamePerson(Barred):
    """Who confirmed, who is certified, or one of their household."""


class NotSeen(Undecided):
    """There is a picture, and this operator was not shown it."""


class NothingToCompare(Undecided):
    """Nobody can accept what nobody can see: there is no picture, and the evidence does not stand by itself."""


@dataclass(frozen=True)
class Waiting:
    """One check that waits for a decision.  ``number`` is masked.  ``staff``: who confirmed at the machine, "" for nobody."""

    check_id: str
    person_id: str
    name: str
    number: str
    kiosk_id: str
    place: str
    channel: str  # kiosk_self, kiosk_assisted, home_visit, institution_batch
    reason: Reason
    staff: str
    staff_reason: str  # wire.AssistedReason
    has_picture: bool
    opened_ms: int
    since_ms: int


class Reviews:
    """``operator`` is the name an operator signs with."""

    def __init__(self, certifications: Certifications, keys: Keys) -> None:
        self._certifications, self._keys = certifications, keys

    def waiting(self, connection: Connection) -> list[Waiting]:
        """What waits, the oldest first, at most WAITING_MOST."""
        return [_waiting(row) for row in connection.execute(_waiting_query().limit(WAITING_MOST))]

    def find(self, connection: Connection, check_id: str) -> Waiting | None:
        """One that waits."""
        row = connection.execute(_waiting_query().where(CHECKS.c.check_id == check_id)).first()
        return _waiting(row) if row is not None else None

    def picture(self, connection: Connection, check_id: str) -> SignedPicture | None:
        """The picture and the signature under it, opened; None when there is none."""
        return pictures.stored(connection, self._keys, check_id)

    def references(self, connection: Connection, check_id: str) -> list[StoredFace]:
        """What the picture is compared with."""
        of = select(CHECKS.c.person_id).where(CHECKS.c.check_id == check_id)
        person_id = connection.execute(of).scalar()
        if person_id is None:
            return []
        return list(references.of_person(connection, self._keys, person_id))

    def evidence(self, connection: Connection, check_id: str) -> CheckEvidence | None:
        """What the machine told; None for what staff confirmed."""
        check = connection.execute(select(CHECKS).where(CHECKS.c.check_id == check_id)).first()
        content = evidence.content_of(connection, check_id)
        if check is None or content is None or check.channel == ASSISTED:
            return None
        told = json.loads(content)
        found = told["evidence"] if check.channel in VISITS else told
        return CheckEvidence.model_validate_json(json.dumps(found)) if found is not None else None

    def visit(self, connection: Connection, check_id: str) -> dict[str, Any] | None:
        """What is kept of a visit at home (``visits``); None for a check that was made elsewhere."""
        of = select(CHECKS.c.channel).where(CHECKS.c.check_id == check_id)
        content = evidence.content_of(connection, check_id)
        if content is None or connection.execute(of).scalar() not in VISITS:
            return None
        told: dict[str, Any] = json.loads(content)
        return told

    def may_decide(self, connection: Connection, check_id: str, operator: str) -> bool:
        """False for who confirmed it at the machine, for the person and their household, and for an operator without a number."""
        check = connection.execute(select(CHECKS).where(CHECKS.c.check_id == check_id)).first()
        return check is not None and _bar(connection, check, operator) is None

    def bar(self, connection: Connection, check_id: str, operator: str) -> Bar | None:
        """Why an operator may not decide; None when nothing stands against it."""
        check = connection.execute(select(CHECKS).where(CHECKS.c.check_id == check_id)).first()
        return _bar(connection, check, operator) if check is not None else None

    def decide(
        self,
        connection: Connection,
        check_id: str,
        operator: str,
        accepted: bool,
        note: str,
        *,
        at_ms: int,
    ) -> CheckReply:
        """Accepts, or asks for another way, inside the caller's write transaction.  Raises Undecided; ValueError without a note."""
        if not note.strip() or not operator:
            raise ValueError("a decision has a name and a note")
        check = check_states.locked(connection, check_id)
        if check is None:
            raise NotWaiting
        last = check_states.last(connection, check_id)
        if last.state != CheckState.UNDER_REVIEW.value:
            raise NotWaiting
        if (bar := _bar(connection, check, operator)) is not None:
            raise NumberMissing(bar) if bar is Bar.NO_NUMBER else SamePerson(bar)
        if accepted and not self._can_be_seen(connection, check, Reason(last.reason)):
            raise NothingToCompare
        if accepted and self._certifications.is_certified(connection, check, at_ms):
            raise NotWaiting
        if accepted and not _has_seen(connection, check_id, operator):
            raise NotSeen
        state = CheckState.ACCEPTED if accepted else CheckState.REFUSED
        signed: dict[str, Any] = {"operator": operator, "note": note.strip(), "at_ms": at_ms}
        check_states.enter(connection, check_id, state, Reason.DECIDED, **signed)
        check_states.forget_picture(connection, check_id)
        if accepted:
            person = connection.execute(select(PERSONS).where(PERSONS.c.person_id == check.person_id)).one()
            on = legal_day(self._was_there_ms(connection, check))
            self._certifications.issue(connection, person, check, on, at_ms)
            check_states.supersede(connection, check.person_id, check_id, at_ms=at_ms)
            home_visits.close_of(connection, check.person_id, check.kiosk_id, at_ms=at_ms)
        return self._certifications.reply(connection, check_id)

    def old(self, connection: Connection, now_ms: int) -> list[str]:
        """Checks whose pictures nobody compared in time."""
        return list(connection.execute(select(PICTURES.c.check_id).where(_too_old(now_ms))).scalars())

    def forget_old(self, connection: Connection, check_id: str, now_ms: int) -> None:
        """Deletes the picture of one of them, and says so of its check."""
        check_states.locked(connection, check_id)
        mine = (PICTURES.c.check_id == check_id) & _too_old(now_ms)
        if connection.execute(select(PICTURES.c.check_id).where(mine)).first() is None:
            return
        check_states.forget_picture(connection, check_id)
        if check_states.state_of(connection, check_id) is CheckState.UNDER_REVIEW:
            nothing = CheckState.NOT_RECOGNISED
            check_states.enter(connection, check_id, nothing, Reason.PICTURE_OLD, at_ms=now_ms)

    def _can_be_seen(self, connection: Connection, check: Row[Any], reason: Reason) -> bool:
        if reason in BY_HEARSAY:
            return True
        found = pictures.stored(connection, self._keys, check.check_id)
        return found is not None and bool(found.jpeg)

    def _was_there_ms(self, connection: Connection, check: Row[Any]) -> int:
        """When the person stood at the machine: as the evidence says, unless that cannot be."""
        told = self.evidence(connection, check.check_id)
        ended_ms = ended_at_ms(told) if told is not None else check.opened_ms
        if (visit := self.visit(connection, check.check_id)) is not None:  # as its record says
            return round(datetime.fromisoformat(visit["ended_at"]).timestamp() * 1000)
        return int(
            max(ended_ms, check.opened_ms) if within_life(ended_ms, check.opened_ms) else check.opened_ms
        )


def _too_old(now_ms: int) -> ColumnElement[bool]:
    return PICTURES.c.at_ms <= now_ms - KEPT_MS


def _bar(connection: Connection, check: Row[Any], operator: str) -> Bar | None:
    number = staff.number_of(connection, operator) or ""
    person = connection.execute(select(PERSONS).where(PERSONS.c.person_id == check.person_id)).one()
    if number == person.number or staff.same_name(operator, person.name):
        return Bar.OWN
    if number == check.staff_number or staff.same_name(operator, check.staff_name, check.staff_operator):
        return Bar.CONFIRMED
    known = connection.execute(select(STAFF)).all()  # a few dozen, under whichever names they are entered now
    those = [
        row for row in known if row.number == number or staff.same_name(operator, row.name, row.operator)
    ]
    if any(row.number == person.number for row in those):
        return Bar.OWN
    if any(row.staff_id == check.staff_id for row in those):
        return Bar.CONFIRMED
    numbers = {number, *(row.number for row in those)}
    if any(staff.share_household(connection, each, person) for each in numbers):
        return Bar.HOUSEHOLD
    return None if number else Bar.NO_NUMBER


def _has_seen(connection: Connection, check_id: str, operator: str) -> bool:
    """Whether an operator was shown the picture that waits now; true when none does.

    What was shown to another of this name, before this one was entered, does not count.
    """
    since = connection.execute(select(PICTURES.c.at_ms).where(PICTURES.c.check_id == check_id)).scalar()
    if since is None:
        return True
    entered = select(OPERATORS.c.at_ms).where(OPERATORS.c.name == operator).scalar_subquery()
    mine = (LOOKS.c.check_id == check_id) & (LOOKS.c.operator == operator)
    mine &= (LOOKS.c.at_ms >= since) & (LOOKS.c.at_ms >= entered)
    return connection.execute(select(LOOKS.c.look_id).where(mine)).first() is not None


def _waiting_query() -> Any:
    kiosks = tables.kiosks
    return (
        select(
            CHECKS,
            STATES.c.reason,
            STATES.c.at_ms.label("since_ms"),
            PERSONS.c.name,
            PERSONS.c.number,
            func.coalesce(kiosks.c.place, tablets.c.label).label("place"),
            func.coalesce(CHECKS.c.staff_name, STAFF.c.name).label("staff"),
            PICTURES.c.check_id.label("pictured"),
        )
        .join(STATES, STATES.c.check_id == CHECKS.c.check_id)
        .join(PERSONS, PERSONS.c.person_id == CHECKS.c.person_id)
        .outerjoin(kiosks, kiosks.c.kiosk_id == CHECKS.c.kiosk_id)
        .outerjoin(tablets, tablets.c.tablet_id == CHECKS.c.kiosk_id)
        .outerjoin(STAFF, STAFF.c.staff_id == CHECKS.c.staff_id)
        .outerjoin(PICTURES, PICTURES.c.check_id == CHECKS.c.check_id)
        .where(STATES.c.state == CheckState.UNDER_REVIEW.value, check_states.holds())
        .order_by(STATES.c.state_id)
    )


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        check_id=row.check_id,
        person_id=row.person_id,
        name=row.name,
        number=mask_number(row.number),
        kiosk_id=row.kiosk_id,
        place=row.place or "",
        channel=row.channel,
        reason=Reason(row.reason),
        staff=row.staff or "",
        staff_reason=row.staff_reason,
        has_picture=row.pictured is not None,
        opened_ms=row.opened_ms,
        since_ms=row.since_ms,
    )
