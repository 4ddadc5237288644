"""A kiosk's checks: begun with consent, told by evidence, decided here.

    open ---------> accepted          the evidence bears it out (judgement.py): certified in the same transaction
      |
      +-----------> under_review      evidence that holds came late, or staff confirmed:
      |               ^               reviews.py decides
      |               | picture
      +-----------> not_recognised    nothing has changed
    any but accepted and refused -> withdrawn, by the person

References are given once a check, sealed to the key of that one check.  What is repeated is answered alike and adds nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from central import check_states, evidence, pictures, references, repeats, staff, tables
from central.bills import age_on
from central.certification import Certifications
from central.clock import CHINA, Clock, legal_day
from central.database import Database
from central.face_limits import FaceLimits
from central.judgement import Reason, ended_at_ms, judge
from central.people import find
from central.problems import Refused
from central.verification import Keys
from kiosk.wire import (
    CONSENT_VERSION,
    AssistedCheck,
    CheckEvidence,
    CheckGrant,
    CheckReply,
    CheckStart,
    CheckState,
    GivenReference,
    ProblemCode,
    Request,
    ReviewPicture,
)

CHECKS, PICTURES = tables.checks, tables.review_pictures
SELF, ASSISTED = "kiosk_self", "kiosk_assisted"
CONSENTS = ("2026-01", CONSENT_VERSION)  # the texts that are known here; the newest last
MAY_SEND_A_PICTURE = (CheckState.UNDER_REVIEW, CheckState.NOT_RECOGNISED)
STAYS = (CheckState.ACCEPTED, CheckState.REFUSED, CheckState.WITHDRAWN)


class Checks:
    """Every call raises Refused, and then nothing was written."""

    def __init__(
        self,
        database: Database,
        certifications: Certifications,
        keys: Keys,
        clock: Clock,
        limits: FaceLimits,
    ) -> None:
        self._database, self._certifications = database, certifications
        self._keys, self._clock, self._limits = keys, clock, limits

    def begin(self, kiosk_id: str, start: CheckStart) -> CheckGrant:
        """The references, once."""
        _check_consent(start.consent_version)
        key = bytes.fromhex(start.kiosk_key)
        if not references.can_seal_to(key):
            raise Refused(ProblemCode.INVALID_REQUEST, "kiosk_key is no key")
        now_ms, digest = self._clock.now_ms(), self._digest(kiosk_id, start)
        with self._database.write() as connection:
            known = check_states.locked(connection, start.check_id)
            if known is not None:
                return self._again(connection, known, digest)
            person = find(connection, start.person_id)
            tries_left = self._may_begin(connection, person, now_ms)
            given = references.give(connection, self._keys, person.person_id, start.check_id, key)
            _open(
                connection,
                check_id=start.check_id,
                person_id=person.person_id,
                kiosk_id=kiosk_id,
                channel=SELF,
                request_digest=digest,
                opened_ms=now_ms,
                consent_version=start.consent_version,
                kiosk_key=start.kiosk_key,
                references_given=",".join(reference.source.value for reference in given),
            )
            return self._grant(person, start.check_id, given, tries_left, now_ms)

    def take_evidence(self, kiosk_id: str, check_id: str, told: CheckEvidence) -> CheckReply:
        """Keeps it in the chain, judges it, and certifies when it holds; all or nothing."""
        now_ms, content = self._clock.now_ms(), evidence.canonical(told.model_dump(mode="json"))
        with self._database.write() as connection:
            check = self._find(connection, check_id, kiosk_id)
            kept = evidence.content_of(connection, check_id)
            if kept is not None and kept != content:
                raise Refused(ProblemCode.CHECK_CONFLICT)
            if kept is None:
                if check_states.state_of(connection, check_id) is CheckState.WITHDRAWN:
                    raise Refused(ProblemCode.CONSENT_WITHDRAWN)
                evidence.append(connection, check, content, now_ms)
                self._judge(connection, check, told, now_ms)
            return self._certifications.reply(connection, check_id)

    def take_picture(self, kiosk_id: str, check_id: str, told: ReviewPicture) -> CheckReply:
        """A person compares from now on."""
        _check_consent(told.consent_version)
        sealed, now_ms = _sealed(told), self._clock.now_ms()
        try:
            picture = pictures.opened(self._keys, check_id, sealed)
        except pictures.NotSigned:
            raise Refused(ProblemCode.INVALID_REQUEST, "no signed picture of this check") from None
        with self._database.write() as connection:
            self._find(connection, check_id, kiosk_id)
            state = check_states.state_of(connection, check_id)
            if state is CheckState.WITHDRAWN:
                raise Refused(ProblemCode.CONSENT_WITHDRAWN)
            if state not in MAY_SEND_A_PICTURE:
                raise Refused(ProblemCode.CHECK_CONFLICT, "nobody has to compare")
            kept = pictures.stored(connection, self._keys, check_id)
            if kept is not None and kept != picture:
                raise Refused(ProblemCode.CHECK_CONFLICT, "there is another picture")
            if kept is None:
                row = {"check_id": check_id, "consent_version": told.consent_version, "sealed": sealed}
                connection.execute(insert(PICTURES).values(**row, at_ms=now_ms))
                waits = CheckState.UNDER_REVIEW
                check_states.enter(connection, check_id, waits, Reason.PICTURE, at_ms=now_ms)
            return self._certifications.reply(connection, check_id)

    def withdraw(self, check_id: str) -> CheckReply:
        """The consent is taken back, at whatever kiosk: the picture goes, and what was not decided ends."""
        with self._database.write() as connection:
            self._find(connection, check_id)
            check_states.forget_picture(connection, check_id)
            if check_states.state_of(connection, check_id) not in STAYS:
                ended, now_ms = CheckState.WITHDRAWN, self._clock.now_ms()
                check_states.enter(connection, check_id, ended, Reason.WITHDRAWN, at_ms=now_ms)
            return self._certifications.reply(connection, check_id)

    def assist(self, kiosk_id: str, told: AssistedCheck) -> CheckReply:
        """Staff have looked at the person; a second person has still to confirm."""
        now_ms, digest = self._clock.now_ms(), self._digest(kiosk_id, told)
        with self._database.write() as connection:
            known = check_states.locked(connection, told.check_id)
            if known is not None:
                if known.request_digest != digest:
                    raise Refused(ProblemCode.CHECK_CONFLICT)
                return self._certifications.reply(connection, told.check_id)
            person = find(connection, told.person_id)
            member = staff.by_card(connection, told.staff)
            if member is None:
                raise Refused(ProblemCode.STAFF_UNKNOWN)
            if member.number == person.number or staff.share_household(connection, member.number, person):
                raise Refused(ProblemCode.STAFF_IS_PERSON)
            if not self._certifications.can_be_done(connection, person, now_ms):
                raise Refused(ProblemCode.NOT_DUE)
            ids = {"check_id": told.check_id, "person_id": person.person_id, "kiosk_id": kiosk_id}
            open_assisted(connection, ids, member.staff_id, told.reason.value, digest, now_ms)
            return self._certifications.reply(connection, told.check_id)

    # --- what they share ---

    def _again(self, connection: Connection, known: Row[Any], digest: str) -> CheckGrant:
        """A repeated start.  Without references nothing was given away, and it is answered as it was."""
        if known.request_digest != digest:
            raise Refused(ProblemCode.CHECK_CONFLICT)
        state = check_states.state_of(connection, known.check_id)
        if state is CheckState.WITHDRAWN:
            raise Refused(ProblemCode.CONSENT_WITHDRAWN)
        if known.references_given or state is not CheckState.OPEN:
            raise Refused(ProblemCode.REFERENCE_GIVEN)
        person, now_ms = find(connection, known.person_id), self._clock.now_ms()
        tries_left = self._tries_left(connection, known.person_id, now_ms)
        return self._grant(person, known.check_id, (), tries_left, now_ms)

    def _may_begin(self, connection: Connection, person: Row[Any], now_ms: int) -> int:
        """How many tries are left after this one."""
        if not self._certifications.can_be_done(connection, person, now_ms):
            raise Refused(ProblemCode.NOT_DUE)
        left = self._tries_left(connection, person.person_id, now_ms)
        if left <= 0:
            raise Refused(ProblemCode.TOO_MANY_CHECKS)
        return left - 1

    def _tries_left(self, connection: Connection, person_id: str, now_ms: int) -> int:
        today = legal_day(now_ms)
        midnight = datetime(today.year, today.month, today.day, tzinfo=CHINA)
        mine = (CHECKS.c.person_id == person_id) & (CHECKS.c.channel == SELF)
        begun = connection.execute(
            select(func.count()).where(mine, CHECKS.c.opened_ms >= int(midnight.timestamp()) * 1000)
        ).scalar_one()
        return max(self._certifications.periods.figure("checks_a_day", today) - int(begun), 0)

    def _grant(
        self,
        person: Row[Any],
        check_id: str,
        given: tuple[GivenReference, ...],
        tries_left: int,
        now_ms: int,
    ) -> CheckGrant:
        today = legal_day(now_ms)
        gentle_from = self._certifications.periods.figure("gentle_from_age", today, person.benefit)
        return CheckGrant(
            check_id=check_id,
            references=given,
            review_key=self._keys.review.public.hex(),
            gentle=age_on(person.birth, today) >= gentle_from,
            tries_left=tries_left,
        )

    def _judge(self, connection: Connection, check: Row[Any], told: CheckEvidence, now_ms: int) -> None:
        given = [source for source in check.references_given.split(",") if source]
        state, reason = judge(
            told,
            given,
            self._limits,
            repeated=repeats.is_repeat(connection, check.check_id, told),
            opened_ms=check.opened_ms,
            received_ms=now_ms,
        )
        check_states.enter(connection, check.check_id, state, reason, at_ms=now_ms)
        if state is CheckState.ACCEPTED:
            person, on = find(connection, check.person_id), legal_day(ended_at_ms(told))
            self._certifications.issue(connection, person, check, on, now_ms)

    def _find(self, connection: Connection, check_id: str, kiosk_id: str | None = None) -> Row[Any]:
        """A check, of this kiosk when one is named: nobody tells how another kiosk's check went."""
        check = check_states.locked(connection, check_id)
        if check is None or kiosk_id not in (None, check.kiosk_id):
            raise Refused(ProblemCode.CHECK_UNKNOWN)
        return check

    def _digest(self, kiosk_id: str, body: Request) -> str:
        """Keyed, because a staff member's number is in one of the bodies."""
        content = evidence.canonical([kiosk_id, type(body).__name__, body.model_dump(mode="json")])
        return self._keys.keyed_hash("check request", content).hex()


def open_assisted(
    connection: Connection,
    ids: Mapping[str, str],
    staff_id: int,
    reason: str,
    request_digest: str,
    at_ms: int,
) -> None:
    """What staff confirmed at a machine; a second person has still to.  ``ids``: check_id, person_id, kiosk_id."""
    _open(
        connection,
        check_id=ids["check_id"],
        person_id=ids["person_id"],
        kiosk_id=ids["kiosk_id"],
        channel=ASSISTED,
        request_digest=request_digest,
        opened_ms=at_ms,
        staff_id=staff_id,
        staff_reason=reason,
    )
    check = check_states.locked(connection, ids["check_id"])
    assert check is not None  # it was inserted above
    content = {"channel": ASSISTED, "staff_id": staff_id, "reason": reason}
    evidence.append(connection, check, evidence.canonical(content), at_ms)
    waits = CheckState.UNDER_REVIEW
    check_states.enter(connection, check.check_id, waits, Reason.SECOND_PERSON, at_ms=at_ms)


def open_visit(connection: Connection, ids: Mapping[str, str], **values: object) -> Row[Any]:
    """The check of a visit at home, all of it known at once; ``ids`` as above, ``values``: the other columns."""
    _open(connection, **{**ids, **values})  # type: ignore[arg-type]
    check = check_states.locked(connection, ids["check_id"])
    assert check is not None  # it was inserted above
    return check


def _open(connection: Connection, *, check_id: str, opened_ms: int, **values: object) -> None:
    nothing = {"consent_version": "", "kiosk_key": "", "references_given": "", "staff_reason": ""}
    confirmed_by = staff.as_entered(connection, values.get("staff_id"))
    row = {**nothing, **confirmed_by, **values, "check_id": check_id, "opened_ms": opened_ms}
    connection.execute(insert(CHECKS).values(**row))
    check_states.enter(connection, check_id, CheckState.OPEN, Reason.NONE, at_ms=opened_ms)


def _check_consent(version: str) -> None:
    if version not in CONSENTS:
        raise Refused(ProblemCode.INVALID_REQUEST, "consent_version is not known here")


def _sealed(told: ReviewPicture) -> bytes:
    try:
        return base64.b64decode(told.sealed, validate=True)
    except binascii.Error:
        raise Refused(ProblemCode.INVALID_REQUEST, "sealed is no base64") from None
