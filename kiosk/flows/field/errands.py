"""What else comes up at a door: nobody there, a death, another telephone, a question.  Each is a record of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk import texts
from kiosk.field.views import EnterDigits, FieldChoose
from kiosk.field.wire import NotMetReason, RecordKind, Topic
from kiosk.flows.field.case import Case, Left
from kiosk.flows.field.keeping import Done, keep, keep_errand
from kiosk.views import BACK, ReasonOption

PHONE_DIGITS, DAY_DIGITS = 11, 8
YES, NO = "yes", "no"


def errand(case: Case) -> None:
    """One, or none when they go back; the visit goes on, unless this was its end: then Left is raised."""
    offered = {
        kind: words
        for kind, words in texts.FIELD_MORE.items()
        if {
            "phone": case.identified is not None,  # nobody else's number is changed
            "not_met": not case.compared and not case.witnessed,
            "death": not case.compared and not case.witnessed,
        }.get(kind, True)
    }
    answer = choose(case, texts.FIELD_MORE_TITLE, "", offered)
    if answer:
        {
            RecordKind.NOT_MET: not_met,
            RecordKind.DEATH: death,
            RecordKind.PHONE: phone,
            RecordKind.QUESTION: question,
        }[RecordKind(answer)](case)


def choose(case: Case, title: str, note: str, options: dict[str, str]) -> str:
    """The key that was tapped, "" to go back."""
    given = tuple(ReasonOption(key, words) for key, words in options.items())
    answer = case.shift.ask(FieldChoose(title, note, given))
    return "" if answer is BACK else answer


def not_met(case: Case) -> None:
    """Nobody is blamed; the request stays open at the centre."""
    if reason := choose(case, texts.FIELD_NOT_MET_TITLE, "", texts.FIELD_NOT_MET):
        finish(case, Done(RecordKind.NOT_MET, not_met=NotMetReason(reason)))


def death(case: Case) -> None:
    """A ticket, nothing more: the centre looks into it, and nothing changes today."""
    known = choose(case, texts.FIELD_DEATH_TITLE, texts.FIELD_DEATH_NOTE, texts.FIELD_DEATH)
    if not known:
        return
    day, note = None, ""
    while known == "known" and day is None:
        typed = case.shift.ask(EnterDigits(texts.FIELD_DEATH_DAY, note, DAY_DIGITS, DAY_DIGITS))
        if typed is BACK:
            return
        note = texts.FIELD_DAY_WRONG
        try:
            given = datetime.strptime(typed, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        # a clock may lag a little
        if case.person.birth <= given <= case.shift.now().date() + timedelta(days=1):
            day = given
    sure = texts.FIELD_DEATH_SURE.format(name=case.person.name)
    options = {NO: texts.FIELD_NO, YES: texts.FIELD_DEATH_YES}
    if choose(case, sure, texts.FIELD_DEATH_NOTE, options) == YES:
        finish(case, Done(RecordKind.DEATH, died_on=day))


def finish(case: Case, done: Done) -> None:
    """The visit ends with it."""
    keep(case, done)
    raise Left(case.next())


def phone(case: Case) -> None:
    """Typed, shown large and read aloud, confirmed."""
    registered = case.person.phone
    said = texts.FIELD_PHONE_NOTE.format(phone=registered) if registered else texts.FIELD_PHONE_NONE
    note = said
    while True:
        typed = case.shift.ask(EnterDigits(texts.FIELD_PHONE_TITLE, note, PHONE_DIGITS, PHONE_DIGITS))
        if typed is BACK:
            return
        if not typed.startswith("1"):
            note = texts.FIELD_PHONE_WRONG
            continue
        large = f"{typed[:3]} {typed[3:7]} {typed[7:]}"
        options = {YES: texts.FIELD_PHONE_YES, NO: texts.FIELD_PHONE_NO}
        if choose(case, large, texts.FIELD_PHONE_SURE_NOTE, options) == YES:
            return keep_errand(case, Done(RecordKind.PHONE, phone=typed))
        note = said


def question(case: Case) -> None:
    """What about, and whether it was answered there and then; else the centre calls back."""
    topic = choose(case, texts.FIELD_TOPIC_TITLE, "", texts.FIELD_TOPICS)
    answered = topic and choose(case, texts.FIELD_ANSWERED_TITLE, "", texts.FIELD_ANSWERED)
    if answered:
        keep_errand(case, Done(RecordKind.QUESTION, topic=Topic(topic), answered=answered == YES))
