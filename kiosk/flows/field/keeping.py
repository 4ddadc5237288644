"""What is done is sealed at once: on the disk whole, or not at all, and then nobody can read it here any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk import dates, identity, receipts, texts, views
from kiosk.field.packets import KeptVisit, NotKept
from kiosk.field.tablet import Tablet
from kiosk.field.views import VisitButton, WordsPanel
from kiosk.field.wire import Manual, NotMetReason, Place, Record, RecordKind, Topic
from kiosk.flows import paper
from kiosk.flows.field.case import Case, new_id
from kiosk.wire import CheckEvidence

SEEN = (RecordKind.FACE, RecordKind.MANUAL)  # somebody was there and gets a slip


@dataclass(frozen=True)
class Done:
    """What a visit or an errand came to; the rest of the record is the visit's."""

    kind: RecordKind
    evidence: CheckEvidence | None = None
    picture: str | None = None
    manual: Manual | None = None
    not_met: NotMetReason | None = None
    died_on: date | None = None
    phone: str = ""
    topic: Topic | None = None
    answered: bool = False

    def __repr__(self) -> str:
        return f"Done({self.kind.value})"


def keep(case: Case, done: Done) -> None:
    """The visit is over: sealed, a slip where there is a printer.  A disk that takes nothing is said; they may try again or leave."""
    while True:
        try:
            kept = seal_now(case, done, case.record_id)
            break
        except NotKept:
            panel = WordsPanel("triangle-alert", texts.FIELD_NOT_KEPT, "go")
            case.ask(panel, VisitButton.LEAVE, VisitButton.SAVE)
    case.sealed = True
    if done.kind in SEEN:
        print_slip(case, done, kept)


def keep_errand(case: Case, done: Done) -> None:
    """A record of its own beside the visit, which goes on."""
    try:
        seal_now(case, done, new_id())
    except NotKept:
        case.note = texts.FIELD_ERRAND_NOT_KEPT
    else:
        case.note = texts.FIELD_ERRAND_KEPT


def seal_now(case: Case, done: Done, record_id: str) -> KeptVisit:
    """Raises NotKept: nothing of it is on the disk."""
    shift, tablet = case.shift, case.shift.tablet
    tablet.desk.show(views.Working(texts.FIELD_SEALING))
    record = record_of(case, done, record_id)
    kept = tablet.packets.keep(record, shift.signed_in.record_key, f"{case.person.name[:1]}**")
    tablet.courier.wake()
    return kept


def record_of(case: Case, done: Done, record_id: str) -> Record:
    shift, tablet, person = case.shift, case.shift.tablet, case.person
    assert shift.pack is not None, "nobody is visited without a pack"
    return Record(
        record_id=record_id,
        pack_id=shift.pack.pack_id,
        assignment_id=person.assignment_id,
        person_id=person.person_id,
        staff_id=shift.signed_in.staff_id,
        kind=done.kind,
        begun_at=case.begun_at,
        ended_at=max(shift.now(), case.begun_at),
        boot_id=tablet.boot_id,
        up_ms=round(tablet.clock.monotonic() * 1000),
        clock_known=tablet.api.skew_s is not None,
        identified=case.identified,
        consent=case.consent if done.kind in SEEN else None,
        evidence=done.evidence,
        picture=done.picture,
        manual=done.manual,
        not_met=done.not_met,
        died_on=done.died_on,
        phone=done.phone,
        topic=done.topic,
        answered=done.answered,
        place=place(tablet),
    )


def place(tablet: Tablet) -> Place | None:
    """Where it is, when the device knows; nothing waits for it."""
    fix = tablet.position.where()
    if fix is None:
        return None
    try:
        return Place(latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m)
    except ValueError:  # no place on earth
        return None


def print_slip(case: Case, done: Done, kept: KeptVisit) -> None:
    """A small one, on a belt printer; without paper the record is as good."""
    shift, tablet = case.shift, case.shift.tablet
    if tablet.printer is None:
        return
    tablet.desk.show(views.Working(texts.PRINTING))
    accepted = done.kind is RecordKind.FACE and done.picture is None
    slip = receipts.field_visit(
        *(case.person.name, identity.masked(case.person.number), kept.local_no),
        *(done.kind is RecordKind.FACE, not accepted, shift.signed_in.name),
        *(dates.to_minute(shift.now()), tablet.config.site),
    )
    _, snag = paper.send(tablet, slip, 0)
    if snag is not paper.Snag.NONE:
        shift.note = texts.FIELD_NOT_PRINTED
