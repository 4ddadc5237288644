"""Who it is: the card lies on the reader, or the number is typed and somebody says why.

It is the number of the list, or nothing goes on.
"""

from __future__ import annotations

from datetime import date

from devices.errors import CardFault, CardNotRead, DeviceError
from kiosk import identity, texts
from kiosk.field.views import EnterDigits, FieldChoose, VisitButton, WordsPanel
from kiosk.field.wire import Identified, IdentifiedBy, NoCardReason
from kiosk.flows import card
from kiosk.flows.field.case import Case
from kiosk.views import BACK, ReasonOption

NUMBER_DIGITS = 18
READER_LOOK_S = 1.0  # how often a reader is asked that did not answer

FAULTS = {
    CardFault.PULLED: texts.FIELD_CARD_PULLED,
    CardFault.UNREADABLE: texts.FIELD_CARD_UNREADABLE,
    CardFault.UNSUPPORTED: texts.FIELD_CARD_NOT_USABLE,
    CardFault.INVALID: texts.FIELD_CARD_UNREADABLE,
}


def identify(case: Case) -> None:
    """Until it is known.  Raises Left, SignedOut."""
    words: tuple[str, ...] = texts.FIELD_CARD
    while case.identified is None:
        look = CardLook(case, words)
        answer = case.ask(
            WordsPanel("id-card", words, "plain" if words == texts.FIELD_CARD else "go"),
            *(VisitButton.LEAVE, VisitButton.MORE, VisitButton.TYPE_NUMBER),
            news=look,
            every_s=look.every_s,
        )
        if answer is VisitButton.TYPE_NUMBER:
            case.identified = typed(case)
        else:
            words = look.words


class CardLook:
    """Looks at the reader; True when a card was read, or what is to be said of it has changed."""

    def __init__(self, case: Case, words: tuple[str, ...]) -> None:
        self._case, self._shown, self.words = case, words, words
        poll_s = case.shift.tablet.config.reader.poll_interval_s
        self.every_s = READER_LOOK_S if words == texts.FIELD_READER_GONE else poll_s

    def __call__(self) -> bool:
        tablet, person = self._case.shift.tablet, self._case.person
        try:
            read = card.look(tablet)
        except CardNotRead as error:
            self.words = FAULTS[error.fault]
        except DeviceError:
            self.words = texts.FIELD_READER_GONE
        else:
            if read is None:
                if self._shown == texts.FIELD_READER_GONE:  # it answers again
                    self.words = texts.FIELD_CARD
            elif read.number == person.number:
                self._case.card = read
                self._case.identified = Identified(by=IdentifiedBy.CARD, number=read.number)
            else:
                self.words = tuple(
                    line.format(other=identity.mask_name(read.name), name=person.name)
                    for line in texts.FIELD_OTHER_PERSON
                )
        return self._case.identified is not None or self.words != self._shown


def typed(case: Case) -> Identified | None:
    """Why there is no card, then the number; None: back to the card."""
    options = tuple(ReasonOption(key, words) for key, words in texts.FIELD_NO_CARD_REASONS.items())
    reason = case.shift.ask(FieldChoose(texts.FIELD_WHY_TYPED, "", options))
    if reason is BACK:
        return None
    title, note = texts.FIELD_NUMBER_TITLE.format(name=case.person.name), texts.FIELD_NUMBER_NOTE
    while True:
        number = case.shift.ask(EnterDigits(title, note, NUMBER_DIGITS, NUMBER_DIGITS, x_key=True, group=6))
        if number is BACK:
            return None
        try:
            identity.parse(number, today(case))
        except identity.InvalidNumber:
            note = texts.FIELD_NUMBER_WRONG
            continue
        if number == case.person.number:
            return Identified(by=IdentifiedBy.TYPED, number=number, reason=NoCardReason(reason))
        note = texts.FIELD_NUMBER_OTHER.format(name=case.person.name)


def today(case: Case) -> date:
    """A tablet that does not know the day calls nobody unborn."""
    return date.max if case.shift.tablet.api.skew_s is None else case.shift.now().date()
