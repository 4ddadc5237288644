"""What was done here and the centre has not heard of, before a person's page is believed."""

from __future__ import annotations

from kiosk import texts, wire
from kiosk.kiosk import Kiosk

# done here, not delivered: on my page it stands where the centre would say that it is looked at
WAITING = wire.Certification(
    state=wire.CertificationState.UNDER_REVIEW, title=texts.CERT_WAITING_TITLE, note=texts.CERT_WAITING_NOTE
)


def tell(kiosk: Kiosk, person_id: str) -> bool:
    """Tells the centre what this kiosk still owes it about a person.  True when it has heard something new."""
    heard = False
    for subject in of_person(kiosk, person_id):
        if kiosk.registrar.is_parked(subject):
            continue  # refused before: the outbox asks on
        if not kiosk.registrar.settle(subject):
            break  # it has just answered, and does not now: nobody stands here through more of that
        heard = True
    return heard


def marked(kiosk: Kiosk, page: wire.MyPage) -> wire.MyPage:
    """The page, and on it what waits to be sent: nobody does that again as if nothing had been."""
    if any(kiosk.registrar.waits(subject) for subject in of_person(kiosk, page.person_id)):
        return page.model_copy(update={"certification": WAITING})
    return page


def of_person(kiosk: Kiosk, person_id: str) -> list[str]:
    return [each for each in kiosk.outbox.untold() if kiosk.registrar.person_of(each) == person_id]
