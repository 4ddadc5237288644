"""One person: who it is, do they agree, their face or by hand, save.  Returns who comes next."""

from __future__ import annotations

from kiosk import events, texts
from kiosk.field import wire
from kiosk.field.views import VisitButton, WordsPanel
from kiosk.field.wire import Consent, ConsentBy
from kiosk.flows.field.by_hand import by_hand
from kiosk.flows.field.case import Case, Left
from kiosk.flows.field.face import by_face
from kiosk.flows.field.identify import identify
from kiosk.flows.field.shift import Shift

AGREED = {
    VisitButton.AGREE_PERSON: ConsentBy.PERSON,
    VisitButton.AGREE_GUARDIAN: ConsentBy.GUARDIAN,
}


def visit(shift: Shift, index: int) -> int | None:
    """The row of who comes next: the next room's person in a care home, whoever was tapped; None: the list is looked at."""
    log, clock, began_s = shift.tablet.log, shift.tablet.clock, shift.tablet.clock.monotonic()
    shift.visits += 1
    log.write(events.VisitStarted(visit_no=shift.visits))
    shift.tablet.booth.prepare()  # the camera stays shut; its networks are loaded while the card is looked for
    case = Case(shift, index)
    try:
        identify(case)
        while not case.sealed:
            by_hand(case) if agree(case) is VisitButton.BY_HAND else by_face(case)
        return case.next()
    except Left as left:
        return left.to
    finally:
        end = events.VisitEnd.DONE if case.sealed else events.VisitEnd.HOME
        seconds = clock.monotonic() - began_s
        log.write(events.VisitEnded(visit_no=shift.visits, reason=end.value, seconds=seconds))


def agree(case: Case) -> VisitButton:
    """The words are read aloud; choosing is the consent.  By hand costs nothing."""
    panel = WordsPanel("heart-handshake", texts.FIELD_CONSENT, "go")
    answer = case.ask(panel, VisitButton.BY_HAND, VisitButton.AGREE_GUARDIAN, VisitButton.AGREE_PERSON)
    if answer in AGREED:
        case.consent = Consent(by=AGREED[answer], version=wire.CONSENT_VERSION)
        return VisitButton.START_FACE
    return VisitButton.BY_HAND
