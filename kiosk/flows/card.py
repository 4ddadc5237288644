"""The card: put it down, read it, take it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from devices.errors import CardFault, CardNotRead, DeviceError, ProtocolError
from devices.idcard import IdCard
from kiosk import dates, events, identity, views
from kiosk.flows import trouble
from kiosk.identity import CitizenNumber, InvalidNumber
from kiosk.kiosk import Kiosk
from kiosk.views import Back, CardHint

if TYPE_CHECKING:
    from kiosk.field.tablet import Tablet

LEFT_BEHIND_S = 120.0

HINTS = {
    CardFault.PULLED: CardHint.PULLED,
    CardFault.UNREADABLE: CardHint.UNREADABLE,
    CardFault.UNSUPPORTED: CardHint.UNSUPPORTED,
    CardFault.INVALID: CardHint.INVALID,
}


@dataclass(frozen=True)
class Citizen:
    """Who stands here.  A local of the flow: it returns and this is gone."""

    card: IdCard
    number: CitizenNumber

    def __repr__(self) -> str:
        return "Citizen()"


def look(kiosk: Kiosk | Tablet) -> IdCard | None:
    """One look at the reader.  Raises CardNotRead for a card; any other DeviceError when the reader itself is in trouble.

    A line that garbles counts as nothing seen: the driver has asked three times, and the next look asks again.
    """
    started = kiosk.clock.monotonic()
    try:
        card = kiosk.reader.poll()
    except CardNotRead as error:
        kiosk.log.write(events.CardNotRead(fault=error.fault.value))
        raise
    except ProtocolError:
        return None
    if card is not None:
        ms = round((kiosk.clock.monotonic() - started) * 1000)
        kiosk.log.write(events.CardRead(kind=card.kind.value, tries=1, ms=ms))
    return card


def accept(kiosk: Kiosk, card: IdCard) -> Citizen:
    """A citizen from a card.  Raises CardNotRead(INVALID) when the number fails its own check; never for its county code.

    A machine that does not know the day calls nobody unborn.
    """
    skew_s = kiosk.outbox.skew_s()
    today = date.max if skew_s is None else dates.legal_now(kiosk.clock, skew_s).date()
    try:
        return Citizen(card, identity.parse(card.number, today))
    except InvalidNumber:
        kiosk.log.write(events.CardNotRead(fault=CardFault.INVALID.value))
        raise CardNotRead(CardFault.INVALID) from None


def present_card(kiosk: Kiosk, fault: CardFault | None = None, staff: bool = False) -> Citizen | Back:
    """Asks for a card until one was read well, or the person goes back.  A dead reader is said, and counts as going back.

    ``staff``: a member of staff is asked for their own.
    """
    hint = HINTS[fault] if fault else CardHint.PLACE
    if not kiosk.reader.media_taken():
        hint = CardHint.LEFT_FROM_BEFORE if fault is None else hint
    while True:
        steps = views.Steps((), 0) if staff else views.Steps(views.IDENTIFY_STEPS, 0)
        try:
            answer = kiosk.desk.ask(
                views.PresentCard(steps, hint, staff),
                watch=lambda: look(kiosk),
                every_s=kiosk.config.reader.poll_interval_s,
            )
            if answer is views.BACK:
                return views.BACK
            return accept(kiosk, answer)
        except CardNotRead as error:
            hint = HINTS[error.fault]
        except DeviceError:
            trouble.no_reader(kiosk)
            return views.BACK


def give_back(kiosk: Kiosk) -> None:
    """Nobody leaves without the card: the screen says so until it is gone."""
    if kiosk.reader.media_taken():
        return
    deadline = kiosk.clock.monotonic() + LEFT_BEHIND_S
    while not kiosk.reader.media_taken():
        kiosk.desk.show(views.TakeCard())  # again and again: it is also the session's sign of life
        if kiosk.clock.monotonic() >= deadline:
            kiosk.log.write(events.CardLeftBehind())
            return
        kiosk.clock.sleep(0.2)
