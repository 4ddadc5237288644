"""What a visit's record means: a certification, something for a second person, a ticket, or a conflict that waits for a person.

    face      judged as a kiosk's check is; certified in the same transaction when the evidence bears it out
    manual    a second person decides, never the one who was there
    death, phone, question, not_met    noted; nothing about the person changes by it

A record that may certify waits for a person (parked) when its clock cannot be right, its pack was over, the tablet held too much, or
the assignment was withdrawn before.  Who was certified meanwhile elsewhere is not certified twice.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from central import (
    assignments,
    check_states,
    checks,
    evidence,
    home_visits,
    packs,
    pictures,
    repeats,
    tables,
    tickets,
)
from central.assignments import Why
from central.certification import Certifications
from central.clock import legal_day
from central.face_limits import FaceLimits
from central.field_clock import Moment, clock_flaw, limits_flaw
from central.judgement import CLOCKS_APART_MS, LIFE_MS, Reason, judge
from central.staff_door import MOST_DAYS
from central.verification import Keys
from kiosk.field.wire import (
    CONSENT_VERSION,
    IdentifiedBy,
    NotMetReason,
    PacketResult,
    PacketState,
    Record,
    RecordKind,
)
from kiosk.wire import CheckState, ReferenceSource

CERTIFYING = (RecordKind.FACE, RecordKind.MANUAL)
HOME, INSTITUTION = "home_visit", "institution_batch"
CONSENTS = (CONSENT_VERSION, "2026-11", "2026-01")  # the newest first
DAY_MS = 24 * 3600 * 1000
WITHDRAWN = {Why.MOVED.value: PacketResult.PERSON_MOVED, Why.CERTIFIED.value: PacketResult.ALREADY_CERTIFIED}
RESULTS = {
    CheckState.ACCEPTED: PacketResult.CERTIFIED,
    CheckState.UNDER_REVIEW: PacketResult.UNDER_REVIEW,
    CheckState.NOT_RECOGNISED: PacketResult.NOT_RECOGNISED,
}


@dataclass(frozen=True)
class Brought:
    """A packet that fits its tablet's chain, and the record that was in it."""

    tablet_id: str
    seq: int
    hash: str
    record: Record
    received_ms: int

    @property
    def begun_ms(self) -> int:
        return round(self.record.begun_at.timestamp() * 1000)

    @property
    def ended_ms(self) -> int:
        return round(self.record.ended_at.timestamp() * 1000)


@dataclass(frozen=True)
class Outcome:
    """``detail`` is for staff and never personal."""

    result: PacketResult
    state: PacketState = PacketState.ACCEPTED
    receipt_no: str = ""
    detail: str = ""


def parked(result: PacketResult, detail: str = "") -> Outcome:
    return Outcome(result, PacketState.PARKED, detail=detail)


@dataclass(frozen=True)
class _Visit:
    """What central knows of where a record belongs."""

    brought: Brought
    pack: Row[Any]
    assignment: Row[Any]
    person: Row[Any]
    given: tuple[str, ...]


class Visits:
    def __init__(self, certifications: Certifications, keys: Keys, limits: FaceLimits) -> None:
        self._certifications, self._keys, self._limits = certifications, keys, limits

    def settle(self, connection: Connection, brought: Brought, *, overruled: bool = False) -> Outcome:
        """All that follows from a record, inside the caller's write transaction.

        ``overruled``: a person has looked at why it was parked and takes it; it certifies nobody by itself.
        """
        record = brought.record
        visit = self._belongs(connection, brought)
        if isinstance(visit, Outcome):
            return visit
        if flaw := _not_whole(record):
            return parked(PacketResult.NOT_READABLE, flaw)
        if record.kind not in CERTIFYING:
            return self._note(connection, visit)
        if (
            record.kind is RecordKind.MANUAL
            and record.manual
            and record.manual.day_code != visit.pack.day_code
        ):
            return parked(PacketResult.NOT_THIS_PACK, "another day's code")
        conflict = None if overruled else self._conflict(connection, visit)
        return conflict or self._meanwhile(connection, visit) or self._check(connection, visit, overruled)

    def _belongs(self, connection: Connection, brought: Brought) -> _Visit | Outcome:
        """Pack, person and assignment, if they are this tablet's and this member of staff's."""
        record = brought.record
        pack = packs.find(connection, record.pack_id)
        given = packs.references_given(connection, record.pack_id, record.assignment_id)
        assignment = assignments.find(connection, record.assignment_id)
        detail = ""
        if pack is None or pack.tablet_id != brought.tablet_id:
            detail = "no pack of this tablet"
        elif str(pack.staff_id) != record.staff_id:
            detail = "another member of staff's pack"
        elif given is None or assignment is None or assignment.person_id != record.person_id:
            detail = "nobody of this pack"
        elif record.identified is not None and record.identified.number != assignment.number:
            detail = "another person's number"
        elif check_states.locked(connection, record.record_id) is not None:
            detail = "the record's id is in use"
        if detail or pack is None or assignment is None:
            return parked(PacketResult.NOT_THIS_PACK, detail)
        persons = tables.persons
        of = select(persons).where(persons.c.person_id == record.person_id).with_for_update()
        return _Visit(brought, pack, assignment, connection.execute(of).one(), given or ())

    # --- what stands in the way ---

    def _conflict(self, connection: Connection, visit: _Visit) -> Outcome | None:
        brought, assignment = visit.brought, visit.assignment
        here = _moment(brought)
        if flaw := clock_flaw(connection, brought.tablet_id, brought.seq, here, visit.pack.made_ms):
            return parked(PacketResult.CLOCK_WRONG, flaw)
        if brought.ended_ms > visit.pack.expires_ms + CLOCKS_APART_MS:
            return parked(PacketResult.PACK_EXPIRED)
        if flaw := limits_flaw(connection, brought.tablet_id, brought.seq, brought.ended_ms):
            return parked(PacketResult.LIMITS_EXCEEDED, flaw)
        if assignment.withdrawn_ms is not None and assignment.withdrawn_ms <= brought.ended_ms:
            result = WITHDRAWN.get(assignment.withdrawn_why, PacketResult.ASSIGNMENT_WITHDRAWN)
            if result is not PacketResult.ALREADY_CERTIFIED:
                return parked(result, assignment.withdrawn_why)
        if not visit.person.benefit:
            return parked(PacketResult.PERSON_MOVED, "draws no benefit here")
        return None

    def _meanwhile(self, connection: Connection, visit: _Visit) -> Outcome | None:
        """Certified elsewhere since: nothing is certified twice, and nobody has to come any more."""
        if self._certifications.is_open(connection, visit.person, legal_day(visit.brought.ended_ms)):
            return None
        last = self._certifications.last(connection, visit.person.person_id)
        self._close(connection, visit)
        return Outcome(PacketResult.ALREADY_CERTIFIED, receipt_no=(last.certificate_no or "") if last else "")

    # --- checks ---

    def _check(self, connection: Connection, visit: _Visit, overruled: bool) -> Outcome:
        """Opens the check, keeps its evidence in the chain, and judges."""
        brought, record = visit.brought, visit.brought.record
        ids = {"check_id": record.record_id, "person_id": record.person_id, "kiosk_id": brought.tablet_id}
        check = checks.open_visit(
            connection,
            ids,
            channel=INSTITUTION if visit.assignment.home else HOME,
            consent_version=record.consent.version if record.consent else "",
            request_digest=brought.hash,
            references_given=",".join(visit.given),
            staff_id=visit.pack.staff_id,
            staff_reason=record.manual.reason.value if record.manual else "",
            opened_ms=brought.begun_ms,
        )
        evidence.append(connection, check, evidence.canonical(_evidence(brought)), brought.received_ms)
        state, reason = self._judged(connection, visit, overruled)
        kept = self._keep_picture(connection, record, brought.received_ms)
        if record.kind is RecordKind.FACE and kept and state is CheckState.NOT_RECOGNISED:
            check_states.enter(connection, check.check_id, state, reason, at_ms=brought.received_ms)
            state, reason = CheckState.UNDER_REVIEW, Reason.PICTURE
        state, reason = check_states.standing(
            state,
            reason,
            has_picture=bool(kept),
            reported_dead=tickets.death_stands(connection, record.person_id),
        )
        at_ms, number = brought.received_ms, ""
        check_states.enter(connection, check.check_id, state, reason, at_ms=at_ms)
        if state is CheckState.ACCEPTED:
            check_states.forget_picture(connection, check.check_id)
            on = legal_day(brought.ended_ms)
            number = self._certifications.issue(connection, visit.person, check, on, at_ms)
            check_states.supersede(connection, record.person_id, check.check_id, at_ms=at_ms)
            self._close(connection, visit)
        lost = "the picture cannot be opened" if kept is False else ""
        return Outcome(RESULTS[state], receipt_no=number, detail=lost)

    def _judged(self, connection: Connection, visit: _Visit, overruled: bool) -> tuple[CheckState, Reason]:
        brought, record = visit.brought, visit.brought.record
        if record.kind is RecordKind.MANUAL or record.evidence is None:
            return CheckState.UNDER_REVIEW, Reason.SECOND_PERSON
        state, reason = judge(
            record.evidence,
            visit.given,
            self._limits,
            repeated=repeats.is_repeat(connection, record.record_id, record.evidence),
            # a visit takes as long as it takes; the check is the end of it
            opened_ms=max(brought.begun_ms, brought.ended_ms - LIFE_MS),
            received_ms=brought.received_ms,
            told_within_ms=MOST_DAYS * DAY_MS + DAY_MS,
        )
        if state is not CheckState.ACCEPTED:
            return state, reason
        compared = {each.source for each in record.evidence.comparisons if each.zone == "accept"}
        typed = record.identified is not None and record.identified.by is IdentifiedBy.TYPED
        if typed and compared <= {ReferenceSource.CHIP}:
            return CheckState.NOT_RECOGNISED, Reason.NOT_GIVEN  # no card was read: whose chip was that?
        return (CheckState.UNDER_REVIEW, Reason.PARKED) if overruled else (state, reason)

    def _keep_picture(self, connection: Connection, record: Record, at_ms: int) -> bool | None:
        """None: there is none; False: there is one that nobody can open."""
        sealed = record.manual.photo if record.manual else record.picture
        strokes = record.manual.witness if record.manual else ()
        if sealed is None and not strokes:
            return None
        version = record.consent.version if record.consent else ""
        try:
            coded = base64.b64decode(sealed, validate=True) if sealed else None
            content = pictures.for_second_person(self._keys, record.record_id, coded, strokes)
        except (binascii.Error, pictures.NotSigned):
            if not strokes:
                return False
            content = pictures.for_second_person(self._keys, record.record_id, None, strokes)
        pictures.keep(connection, record.record_id, version, content, at_ms=at_ms)
        return True

    # --- what is only noted ---

    def _note(self, connection: Connection, visit: _Visit) -> Outcome:
        record = visit.brought.record
        kinds = {
            RecordKind.DEATH: tickets.Kind.DEATH,
            RecordKind.PHONE: tickets.Kind.PHONE,
            RecordKind.QUESTION: tickets.Kind.QUESTION,
        }
        kind = kinds.get(record.kind)
        if kind is None:
            if record.not_met is not NotMetReason.MOVED:
                return Outcome(PacketResult.NOTED)
            kind = tickets.Kind.MOVED
        told = tickets.Told(
            kind,
            record.person_id,
            visit.pack.staff_id,
            visit.brought.tablet_id,
            told_on=legal_day(min(max(visit.brought.ended_ms, 0), visit.brought.received_ms)),
            died_on=record.died_on,
            phone=record.phone if kind is tickets.Kind.PHONE else "",
            topic=record.topic.value if record.topic else "",
            answered=kind is tickets.Kind.QUESTION and record.answered,
        )
        number = tickets.write(connection, told, at_ms=visit.brought.received_ms)
        return Outcome(PacketResult.NOTED, receipt_no=number)

    def _close(self, connection: Connection, visit: _Visit) -> None:
        at_ms = visit.brought.received_ms
        home_visits.close_of(connection, visit.person.person_id, visit.brought.tablet_id, at_ms=at_ms)


def _moment(brought: Brought) -> Moment:
    record = brought.record
    return Moment(
        brought.begun_ms,
        brought.ended_ms,
        brought.received_ms,
        record.boot_id,
        record.up_ms,
        record.clock_known,
    )


def _not_whole(record: Record) -> str:
    """What a record of this kind must have and has not."""
    if record.kind in CERTIFYING and record.identified is None:
        return "nobody was identified"
    if record.kind is RecordKind.FACE:
        if record.evidence is None:
            return "no evidence"
        if record.consent is None or record.consent.version not in CONSENTS:
            return "no consent that is known here"
    if record.kind is RecordKind.MANUAL and record.manual is None:
        return "no reason"
    if record.kind is RecordKind.PHONE and not record.phone:
        return "no number"
    if record.kind is RecordKind.QUESTION and record.topic is None:
        return "no topic"
    return "no reason" if record.kind is RecordKind.NOT_MET and record.not_met is None else ""


def _evidence(brought: Brought) -> dict[str, object]:
    """What is kept in the chain for good: no number, no picture, no stroke.  What was not there is null."""
    record = brought.record
    content = record.model_dump(
        mode="json",
        include={
            "kind", "pack_id", "assignment_id", "staff_id", "begun_at", "ended_at", "boot_id", "up_ms",
            "clock_known", "consent", "evidence", "place",
        },
    )  # fmt: skip
    identified = record.identified.model_dump(mode="json", exclude={"number"}) if record.identified else None
    manual = record.manual.model_dump(mode="json", include={"reason", "day_code"}) if record.manual else None
    more = {"identified": identified, "manual": manual, "tablet_id": brought.tablet_id, "seq": brought.seq}
    return {**content, **more, "hash": brought.hash}
