"""A kiosk's checks: begun with consent, told by evidence, decided here.

    open ---------> accepted          the evidence bears it out (judgement.py): certified in the same transaction
      |
      +-----------> under_review      a person can decide (reviews.py): a picture is here, or it is decided by asking
      |               ^
      |               | picture, within a day of the beginning
      +-----------> not_recognised    nothing has changed; also what the kiosk accepted and the evidence does not bear out
    any but accepted and refused -> withdrawn, by the person

A check begins for whom the kiosk has read a card of within the half hour (visit_proof.py).  References are given once a check, sealed
to the key of one sitting.  What is repeated is answered alike and adds nothing.  Nobody is certified twice for one term.

Two caps bound a person's day.  ``checks_a_day`` counts what was told: a try that nobody made, because the camera failed or the person
went back, costs none.  ``grants_a_day`` counts what was begun: whoever leaves until they like the questions has few draws.  A third
bounds a kiosk's hour, should its token be stolen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from central import (
    alarms,
    check_states,
    evidence,
    home_visits,
    people,
    pictures,
    references,
    repeats,
    staff,
    tables,
    tickets,
    visit_proof,
)
from central.bills import age_on
from central.certification import Certifications
from central.clock import CHINA, Clock, legal_day, legal_time
from central.database import Database
from central.differences import Kind
from central.face_limits import FaceLimits
from central.judgement import LIFE_MS, Reason, ended_at_ms, judge
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
HOUR_MS, DAY_MS = 60 * 60 * 1000, 24 * 60 * 60 * 1000
NO_PICTURE_AFTER = (  # somebody, or time, has ended it: what was to be compared is not sent after all
    Reason.PICTURE_OLD,
    Reason.UNDECIDED,
    Reason.SUPERSEDED,
    Reason.ALREADY,
)


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
            person = people.locked(connection, start.person_id)
            known = check_states.locked(connection, start.check_id)
            if known is not None:
                return self._again(connection, known, digest)
            self._is_here(start.visit, kiosk_id, start.person_id, now_ms)
            _check_key(connection, kiosk_id, start, now_ms)
            tries_left = self._may_begin(connection, person, start.check_id, now_ms)
            self._count_here(connection, kiosk_id, now_ms)
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
            check = self._find(connection, check_id, kiosk_id)
            last = check_states.last(connection, check_id)
            state = CheckState(last.state)
            if state is CheckState.WITHDRAWN:
                raise Refused(ProblemCode.CONSENT_WITHDRAWN)
            if state not in MAY_SEND_A_PICTURE:
                raise Refused(ProblemCode.CHECK_CONFLICT, "nobody has to compare")
            kept = pictures.stored(connection, self._keys, check_id)
            if kept is not None and kept != picture:
                raise Refused(ProblemCode.CHECK_CONFLICT, "there is another picture")
            if kept is None:
                self._may_be_compared(connection, check, Reason(last.reason), now_ms)
                row = {"check_id": check_id, "consent_version": told.consent_version, "sealed": sealed}
                connection.execute(insert(PICTURES).values(**row, at_ms=now_ms))
                waits, why = check_states.standing(
                    CheckState.UNDER_REVIEW,
                    Reason.PICTURE,
                    has_picture=True,
                    reported_dead=tickets.death_stands(connection, check.person_id),
                )
                check_states.enter(connection, check_id, waits, why, at_ms=now_ms)
            return self._certifications.reply(connection, check_id)

    def withdraw(self, kiosk_id: str, check_id: str, proof: str = "") -> CheckReply:
        """The consent is taken back: the picture goes, and what was not decided ends.

        By the kiosk that began the check, or by one where the person was: ``proof`` is of a visit there.
        """
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            check = self._find(connection, check_id)
            if check.kiosk_id != kiosk_id and not visit_proof.holds(
                self._keys, proof, kiosk_id, check.person_id, now_ms, visit_proof.WITHDRAW_WITHIN_MS
            ):
                raise Refused(ProblemCode.VISIT_OVER)
            check_states.forget_picture(connection, check_id)
            last = check_states.last(connection, check_id)
            if CheckState(last.state) not in STAYS and last.reason != Reason.ALREADY.value:
                ended = CheckState.WITHDRAWN
                check_states.enter(connection, check_id, ended, Reason.WITHDRAWN, at_ms=now_ms)
            return self._certifications.reply(connection, check_id)

    def assist(self, kiosk_id: str, told: AssistedCheck) -> CheckReply:
        """Staff have looked at the person; a second person has still to confirm."""
        now_ms, digest = self._clock.now_ms(), self._digest(kiosk_id, told)
        with self._database.write() as connection:
            person = people.locked(connection, told.person_id)
            known = check_states.locked(connection, told.check_id)
            if known is not None:
                if known.request_digest != digest:
                    raise Refused(ProblemCode.CHECK_CONFLICT)
                return self._certifications.reply(connection, told.check_id)
            self._is_here(told.visit, kiosk_id, told.person_id, now_ms)
            member = staff.by_card(connection, told.staff)
            if member is None:
                raise Refused(ProblemCode.STAFF_UNKNOWN)
            if member.number == person.number or staff.share_household(connection, member.number, person):
                raise Refused(ProblemCode.STAFF_IS_PERSON)
            if not self._certifications.can_be_confirmed(connection, person, now_ms):
                raise Refused(ProblemCode.NOT_DUE)
            ids = {"check_id": told.check_id, "person_id": person.person_id, "kiosk_id": kiosk_id}
            open_assisted(connection, ids, member.staff_id, told.reason.value, digest, now_ms)
            return self._certifications.reply(connection, told.check_id)

    def look_at_waits(self) -> None:
        """What waits for a decision: nobody waits for ever, and an operator hears of it first."""
        now_ms = self._clock.now_ms()
        with self._database.read() as connection:
            old = bool(check_states.waits_long(connection, now_ms))
        if not old:
            return
        with self._database.write() as connection:
            for check in check_states.waits_long(connection, now_ms):
                self._look_at_wait(connection, check, now_ms)

    # --- what they share ---

    def _look_at_wait(self, connection: Connection, check: Row[Any], now_ms: int) -> None:
        waited_ms, reason = now_ms - check.since_ms, Reason(check.reason)
        if self._certifications.is_certified(connection, check, now_ms):
            return check_states.end(connection, check.check_id, Reason.SUPERSEDED, at_ms=now_ms)
        if check.pictured is None and (
            reason not in check_states.BY_ASKING or waited_ms >= check_states.WAITS_MOST_MS
        ):
            return check_states.end(connection, check.check_id, Reason.UNDECIDED, at_ms=now_ms)
        if waited_ms >= check_states.ALARM_MS:
            since = f"{legal_time(check.since_ms):%Y-%m-%d %H:%M} 起等待决定"
            alarms.sound(connection, Kind.CHECK_WAITS, check.kiosk_id, check.check_id, since, at_ms=now_ms)
        return None

    def _is_here(self, proof: str, kiosk_id: str, person_id: str, now_ms: int) -> None:
        """Raises Refused unless this kiosk read this person's card within the half hour."""
        within_ms = visit_proof.CHECK_WITHIN_MS
        if not visit_proof.holds(self._keys, proof, kiosk_id, person_id, now_ms, within_ms):
            raise Refused(ProblemCode.VISIT_OVER)

    def _may_be_compared(self, connection: Connection, check: Row[Any], reason: Reason, now_ms: int) -> None:
        """A picture is taken while the check is fresh, once, and of nobody who needs none.  Raises Refused."""
        if reason in NO_PICTURE_AFTER or now_ms - check.opened_ms > DAY_MS:
            raise Refused(ProblemCode.CHECK_CONFLICT, "the time for a picture is over")
        if self._certifications.is_certified(connection, check, now_ms):
            raise Refused(ProblemCode.CHECK_CONFLICT, "the person is certified")

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
        tries_left = max(self._left_after(connection, known.person_id, known.check_id, now_ms), 0)
        return self._grant(person, known.check_id, (), tries_left, now_ms)

    def _may_begin(self, connection: Connection, person: Row[Any], check_id: str, now_ms: int) -> int:
        """How many tries are left after this one."""
        if not self._certifications.can_be_done(connection, person, now_ms):
            raise Refused(ProblemCode.NOT_DUE)
        left = self._left_after(connection, person.person_id, check_id, now_ms)
        if left < 0:
            raise Refused(ProblemCode.TOO_MANY_CHECKS)
        return left

    def _left_after(self, connection: Connection, person_id: str, check_id: str, now_ms: int) -> int:
        """How many more may be begun today after this one, when each of them is told; below 0: not even this one."""
        today, told = legal_day(now_ms), tables.check_evidence
        midnight = datetime(today.year, today.month, today.day, tzinfo=CHINA)
        others = select(func.count(CHECKS.c.check_id), func.count(told.c.number)).where(
            CHECKS.c.person_id == person_id,
            CHECKS.c.channel == SELF,
            CHECKS.c.check_id != check_id,
            CHECKS.c.opened_ms >= int(midnight.timestamp()) * 1000,
        )
        joined = others.select_from(CHECKS.outerjoin(told, evidence.was_told(CHECKS.c.check_id)))
        begun, tried = connection.execute(joined).one()
        figure = self._certifications.periods.figure
        return min(figure("checks_a_day", today) - tried, figure("grants_a_day", today) - begun) - 1

    def _count_here(self, connection: Connection, kiosk_id: str, now_ms: int) -> None:
        """A kiosk begins so many checks an hour; with the last of them the operators hear of it.  Raises Refused."""
        here = tables.kiosks.c.kiosk_id == kiosk_id
        connection.execute(select(tables.kiosks.c.kiosk_id).where(here).with_for_update())
        mine = (CHECKS.c.kiosk_id == kiosk_id) & (CHECKS.c.channel == SELF)
        recent = select(func.count()).where(mine, CHECKS.c.opened_ms > now_ms - HOUR_MS)
        begun = int(connection.execute(recent).scalar_one()) + 1
        most = self._certifications.periods.figure("grants_an_hour", legal_day(now_ms))
        if begun > most:
            raise Refused(ProblemCode.TOO_MANY_CHECKS, "checks of this kiosk within the hour")
        if begun == most:
            hour = f"{legal_time(now_ms):%Y-%m-%d %H}"
            words = f"一小时内开始了 {begun} 次刷脸认证"
            alarms.sound(connection, Kind.MANY_CHECKS, kiosk_id, hour, words, at_ms=now_ms)

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
        person, on = find(connection, check.person_id), _day_of(check, told, now_ms)
        if self._certifications.holding(connection, person, on) is not None:
            if state is not CheckState.NOT_RECOGNISED:
                reason = Reason.ALREADY if state is CheckState.ACCEPTED else Reason.SUPERSEDED
            state = CheckState.NOT_RECOGNISED
        else:
            state, reason = check_states.standing(
                state,
                reason,
                has_picture=False,
                reported_dead=tickets.death_stands(connection, check.person_id),
            )
        check_states.enter(connection, check.check_id, state, reason, at_ms=now_ms)
        if state is CheckState.ACCEPTED:
            self._certifications.issue(connection, person, check, on, now_ms)
            check_states.supersede(connection, check.person_id, check.check_id, at_ms=now_ms)
            home_visits.close_of(connection, check.person_id, check.kiosk_id, at_ms=now_ms)

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


def _day_of(check: Row[Any], told: CheckEvidence, received_ms: int) -> date:
    """The day that counts: when it ended, but not before central gave leave to begin, nor after it was told."""
    return legal_day(max(check.opened_ms, min(ended_at_ms(told), received_ms)))


def _check_key(connection: Connection, kiosk_id: str, start: CheckStart, now_ms: int) -> None:
    """A key is one sitting's: the same person begins anew with it only when an answer was lost.  Raises Refused."""
    told = tables.check_evidence
    earlier = connection.execute(
        select(CHECKS, told.c.number)
        .outerjoin(told, evidence.was_told(CHECKS.c.check_id))
        .where(CHECKS.c.kiosk_key == start.kiosk_key)
    )
    for check in earlier:
        same_sitting = (check.person_id, check.kiosk_id) == (start.person_id, kiosk_id)
        if not same_sitting or check.number is not None or now_ms - check.opened_ms > LIFE_MS:
            raise Refused(ProblemCode.INVALID_REQUEST, "kiosk_key was another check's")


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
    state, why = check_states.standing(
        CheckState.UNDER_REVIEW,
        Reason.SECOND_PERSON,
        has_picture=False,
        reported_dead=tickets.death_stands(connection, ids["person_id"]),
    )
    check_states.enter(connection, check.check_id, state, why, at_ms=at_ms)


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
