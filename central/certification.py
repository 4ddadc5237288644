"""Whether somebody who draws a benefit is certified, until when, and what comes next; and the certification of record.

Nothing here ever says that a benefit is stopped: that is decided elsewhere, by people.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import check_states, evidence, tables, wording
from central.clock import CHINA, legal_day, legal_time
from central.judgement import Reason
from central.periods import Periods, Term
from central.rules import Rulebook
from central.wording import Wording
from kiosk.wire import Certification, CertificationState, CheckReply, CheckState, Way, WayOffer

CERTIFICATIONS = tables.certifications
NUMBER_PREFIX = "RZ"
SELF = "kiosk_self"  # only its own picture is the person's to take back
SOURCES = {
    "kiosk_self": "本人刷脸",
    "kiosk_assisted": "工作人员协助",
    "home_visit": "上门",
    "institution_batch": "养老机构",
    "app_web": "手机",
    "overseas": "在国外办的",
    "data_match": "看病、出行记录核对过",
}
OFFERED = (CertificationState.DUE, CertificationState.OVERDUE)
DECIDED = (CheckState.ACCEPTED, CheckState.REFUSED)
AT_THE_MACHINE = (Way.FACE, Way.STAFF)  # for the holder of the card that lies there
DAY_MS = 24 * 60 * 60 * 1000


def next_number(connection: Connection, day: date) -> str:
    """The next certificate number of a day, inside the caller's write transaction."""
    days = tables.certificate_days
    last = connection.execute(select(days.c.last).where(days.c.day == day).with_for_update()).scalar()
    if last is None:
        connection.execute(insert(days).values(day=day, last=1))
    else:
        connection.execute(update(days).where(days.c.day == day).values(last=last + 1))
    return f"{NUMBER_PREFIX}{day:%y%m%d}{(last or 0) + 1:06d}"


class Certifications:
    """``person`` is a row of ``persons`` everywhere."""

    def __init__(self, periods: Periods, words: Wording) -> None:
        self.periods, self._words = periods, words

    @classmethod
    def read(cls, rulebook: Rulebook, city: str) -> Certifications:
        return cls(Periods(rulebook), wording.read(city))

    def standing(
        self, connection: Connection, person: Row[Any], now_ms: int, *, is_holder: bool = True
    ) -> Certification:
        """What the person's page says of the yearly check.  ``is_holder``: the card that lies there is the person's."""
        if not person.benefit:
            return Certification(state=CertificationState.NOT_NEEDED)
        today = legal_day(now_ms)
        last = self.last(connection, person.person_id)
        term = None if last is None else self._term(person, last)
        waiting = check_states.under_review(connection, person.person_id)
        state = self._state(person, last, term, today)
        if waiting is not None:
            state = CertificationState.UNDER_REVIEW
        due_by = self._due_by(person, term, today)
        open_now = state in OFFERED or (
            state is CertificationState.VALID and term is not None and today >= term.opens_on
        )
        kind = self._kind(connection, person, state, last, term, open_now, due_by, today)
        ways: tuple[WayOffer, ...] = ()
        if open_now or _may_be_confirmed(waiting):
            ways = self._ways(connection, person, now_ms)
        if waiting is not None:
            ways = tuple(offer for offer in ways if offer.way is Way.STAFF)
        if not is_holder:
            ways = tuple(offer for offer in ways if offer.way not in AT_THE_MACHINE)
        title, note = self._words.of(
            kind,
            person.benefit,
            today,
            until=long_day(term.valid_until) if term else "",
            date=long_day(last.certified_on) if last else "",
            source=source_of(last),
            opens=long_day(term.opens_on) if term else "",
            by=_before(due_by, today) if due_by else "",
        )
        return Certification(
            state=state,
            valid_until=term.valid_until if term else None,
            certified_on=last.certified_on if last else None,
            source=source_of(last),
            opens_on=term.opens_on if term else None,
            due_by=due_by,
            title=title,
            note=note,
            ways=ways,
            check_id=(waiting.pictured or "") if waiting is not None and waiting.channel == SELF else "",
        )

    def can_be_done(self, connection: Connection, person: Row[Any], now_ms: int) -> bool:
        """Whether a check may begin: the time has come, and nobody is comparing already."""
        if not person.benefit:
            return False
        if check_states.under_review(connection, person.person_id) is not None:
            return False
        return self.is_open(connection, person, legal_day(now_ms))

    def can_be_confirmed(self, connection: Connection, person: Row[Any], now_ms: int) -> bool:
        """Whether staff at the machine may confirm: also where only a report of a death keeps a face check from counting."""
        waiting = check_states.under_review(connection, person.person_id)
        if not person.benefit or not (waiting is None or _may_be_confirmed(waiting)):
            return False
        return self.is_open(connection, person, legal_day(now_ms))

    def holding(self, connection: Connection, person: Row[Any], day: date) -> Row[Any] | None:
        """The certification that held on that day and could not be renewed yet: nobody is certified twice for a term."""
        last = self.last(connection, person.person_id)
        if last is None or last.verdict == "review" or day >= self._term(person, last).opens_on:
            return None
        return last

    def is_certified(self, connection: Connection, check: Row[Any], now_ms: int) -> bool:
        """Whether the person of a check needs none any more; holds the person's row until the write transaction ends."""
        persons = tables.persons
        of = select(persons).where(persons.c.person_id == check.person_id)
        person = connection.execute(of.with_for_update()).one()
        return self.holding(connection, person, legal_day(now_ms)) is not None

    def is_open(self, connection: Connection, person: Row[Any], day: date) -> bool:
        """Whether the time for the next certification had come on that day."""
        last = self.last(connection, person.person_id)
        return last is None or (last.verdict != "review" and day >= self._term(person, last).opens_on)

    def last(self, connection: Connection, person_id: str) -> Row[Any] | None:
        """The newest certification."""
        newest = (CERTIFICATIONS.c.certified_on.desc(), CERTIFICATIONS.c.certification_id.desc())
        of = select(CERTIFICATIONS).where(CERTIFICATIONS.c.person_id == person_id)
        return connection.execute(of.order_by(*newest).limit(1)).first()

    def due_by(self, person: Row[Any], last: Row[Any] | None, today: date) -> date | None:
        """By when somebody with this last certification should be certified; None: that day has passed, or nothing says."""
        return self._due_by(person, None if last is None else self._term(person, last), today)

    def issue(
        self, connection: Connection, person: Row[Any], check: Row[Any], certified_on: date, at_ms: int
    ) -> str:
        """The certification of an accepted check, inside the caller's write transaction; gives its number."""
        number = next_number(connection, legal_day(at_ms))
        connection.execute(
            insert(CERTIFICATIONS).values(
                person_id=person.person_id,
                channel=check.channel,
                verdict="accepted",
                certified_on=certified_on,
                valid_until=self.periods.term(person.benefit, person.birth, certified_on).valid_until,
                check_id=check.check_id,
                certificate_no=number,
            )
        )
        evidence.append_certification(connection, check.check_id, at_ms)
        return number

    def reply(self, connection: Connection, check_id: str) -> CheckReply:
        """What a kiosk is told of a check, as it stands now."""
        row = check_states.last(connection, check_id)
        state = CheckState(row.state)
        answer = CheckReply(
            check_id=check_id,
            state=state,
            decided_at=legal_time(row.at_ms) if state in DECIDED else None,
        )
        query = select(CERTIFICATIONS).where(CERTIFICATIONS.c.check_id == check_id)
        given = connection.execute(query).first()
        if given is None and row.reason == Reason.ALREADY.value:
            checks = tables.checks
            person_id = select(checks.c.person_id).where(checks.c.check_id == check_id)
            given = self.last(connection, connection.execute(person_id).scalar_one())
            told = {"state": CheckState.ACCEPTED, "decided_at": legal_time(row.at_ms)}
            answer = answer.model_copy(update=told)
        if given is None:
            return answer
        persons = tables.persons
        person = connection.execute(select(persons).where(persons.c.person_id == given.person_id)).one()
        term = self._term(person, given)
        number = given.certificate_no or ""  # it may have come another way
        said = {"receipt_no": number, "valid_until": term.due_by, "next_from": term.opens_on}
        return answer.model_copy(update=said)

    def _term(self, person: Row[Any], last: Row[Any]) -> Term:
        return self.periods.term_to(person.benefit, person.birth, last.certified_on, last.valid_until)

    def _state(
        self, person: Row[Any], last: Row[Any] | None, term: Term | None, today: date
    ) -> CertificationState:
        if last is None or term is None:
            return CertificationState.DUE
        if last.verdict == "review":
            return CertificationState.UNDER_REVIEW
        if today <= term.valid_until:
            return CertificationState.VALID
        reminded = timedelta(days=self.periods.figure("grace", today, person.benefit))
        return CertificationState.DUE if today <= term.due_by + reminded else CertificationState.OVERDUE

    def _due_by(self, person: Row[Any], term: Term | None, today: date) -> date | None:
        """The day to name: one that has not passed, or none."""
        if term is None:
            return self.periods.first_due(person.benefit, person.birth, today)
        if today <= term.due_by:
            return term.due_by
        reminded = term.due_by + timedelta(days=self.periods.figure("grace", today, person.benefit))
        return reminded if today <= reminded else None

    def _kind(
        self,
        connection: Connection,
        person: Row[Any],
        state: CertificationState,
        last: Row[Any] | None,
        term: Term | None,
        open_now: bool,
        due_by: date | None,
        today: date,
    ) -> str:
        """Which words fit."""
        since_ms = _day_after_ms(last.certified_on) if last is not None else 0
        newest = check_states.newest_since(connection, person.person_id, since_ms)
        if state in OFFERED and newest is CheckState.REFUSED:
            return "other_way"
        if state is CertificationState.VALID and term is not None:
            year = "valid_next_year" if term.due_by.year > today.year else "valid_this_year"
            return f"{year}_open" if open_now else year
        if state is CertificationState.DUE and due_by is None:
            return "due_undated"
        return state.value

    def _ways(self, connection: Connection, person: Row[Any], now_ms: int) -> tuple[WayOffer, ...]:
        visits = tables.home_visits
        waiting = select(visits.c.request_id).where(
            visits.c.person_id == person.person_id, visits.c.done_ms.is_(None)
        )
        return self._words.ways(
            person.benefit,
            legal_time(now_ms),
            days=self.periods.figure("home_visit", legal_day(now_ms)),
            booked=connection.execute(waiting).first() is not None,
        )


def source_of(row: Row[Any] | None) -> str:
    return SOURCES.get(row.channel, "") if row is not None else ""


def _may_be_confirmed(waiting: Row[Any] | None) -> bool:
    """A face check that a report of a death keeps waiting: staff may look at the person besides."""
    return waiting is not None and waiting.channel == SELF and waiting.reason == Reason.REPORTED_DEAD.value


def _day_after_ms(day: date) -> int:
    """When the day after begins: what was asked before belongs to the certification of that day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp() * 1000) + DAY_MS


def _before(day: date, today: date) -> str:
    """ " 2027年3月31日前", with the air a figure has; on that very day 今天, because "before" it would be too late already."""
    return "今天" if day == today else f" {long_day(day)}前"


def long_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
