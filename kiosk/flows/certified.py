"""How a yearly check ended: on the screen, on paper, and for whoever comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kiosk import dates, receipts, texts, views, wire
from kiosk.flows import paper, pay, trouble
from kiosk.kiosk import Kiosk
from kiosk.views import CertifiedButton, CertifiedState, PaidRow, Steps

RESULT = Steps(views.CERTIFY_STEPS, 3)


@dataclass(frozen=True)
class Ended:
    """``check_id`` is ours, ``receipt_no`` central's, once there is something to say it of.

    ``picture_row``: what became of the face; "" when none was looked at.  ``can_withdraw``: a picture lies with the centre.
    """

    check_id: str
    state: CertifiedState
    way: wire.Way
    how: str
    receipt_no: str = ""
    valid_until: date | None = None
    decided_at: datetime | None = None
    note: str = ""
    picture_row: str = ""
    can_withdraw: bool = False


def tell(kiosk: Kiosk, page: wire.MyPage, ended: Ended) -> CertifiedButton:
    """Until the person is done, or their spouse shall come next.  The reminder is printed once, when it is asked for."""
    printed = False
    while True:
        can_print = not printed and pay.has_paper(kiosk)
        answer = kiosk.desk.ask(draw(ended, can_print=can_print, printed=printed))
        if answer is CertifiedButton.PRINT:
            kiosk.desk.show(draw(ended, can_print=False, printing=True))
            printed = print_reminder(kiosk, page, ended)
        elif answer is CertifiedButton.WITHDRAW:
            withdraw(kiosk, ended.check_id)
            return CertifiedButton.DONE
        else:
            return answer


def draw(ended: Ended, can_print: bool, printing: bool = False, printed: bool = False) -> views.Certified:
    return views.Certified(
        steps=RESULT,
        state=ended.state,
        next_date=dates.long_date(ended.valid_until) if ended.valid_until else "",
        rows=rows(ended),
        can_print=can_print,
        printing=printing,
        printed=printed,
        can_withdraw=ended.can_withdraw,
    )


def rows(ended: Ended) -> tuple[PaidRow, ...]:
    """Facts only.  A score is never among them."""
    number = (
        PaidRow(texts.CERTIFICATE_NO, receipts.certificate(ended.receipt_no))
        if ended.receipt_no
        else PaidRow(texts.CHECK_NO, ended.check_id)
    )
    facts = [PaidRow(texts.HOW_ROW, ended.how), number]
    if ended.note:
        facts.append(PaidRow(texts.STATE_ROW, ended.note))
    if ended.picture_row:
        facts.append(PaidRow(texts.PICTURE_ROW, ended.picture_row))
    return tuple(facts)


def print_reminder(kiosk: Kiosk, page: wire.MyPage, ended: Ended) -> bool:
    """The slip for the wall at home.  A printer that has no paper spoils nothing: the centre knows.  True when it came out."""
    at = ended.decided_at or dates.legal_now(kiosk.clock, kiosk.api.skew_s)
    reminder = receipts.Reminder(
        state=ended.state.value,
        name=name_for_paper(kiosk, page.name),
        masked_number=page.masked_number,
        how=ended.how,
        number=ended.receipt_no or ended.check_id,
        at=at,
        next_date=ended.valid_until,
        consent_version=wire.CONSENT_VERSION if ended.way is wire.Way.FACE else "",
    )
    _, snag = paper.send(kiosk, receipts.reminder(reminder, kiosk.config.site), 0)
    if snag is not paper.Snag.NONE:
        title, body = texts.REMINDER_NOT_PRINTED_TITLE, texts.REMINDER_NOT_PRINTED_BODY
        trouble.explain(kiosk, "printer", title, body)
    return snag is paper.Snag.NONE


def name_for_paper(kiosk: Kiosk, name: str) -> str:
    """The name when the printer has all its characters; a reminder without a name is better than none."""
    return name if kiosk.printer is not None and kiosk.printer.covers(name) else ""


def withdraw(kiosk: Kiosk, check_id: str) -> None:
    """The consent to the picture is taken back: on disk now, and told to the centre until it answers."""
    kiosk.registrar.leave(check_id)
    kiosk.outbox.take_check(check_id)
    trouble.explain(kiosk, "circle-check", texts.WITHDRAWN_TITLE, texts.WITHDRAWN_BODY, tone="ok")
