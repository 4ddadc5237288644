"""How a yearly check ended: on the screen, on paper, and for whoever comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kiosk import dates, receipts, texts, views, wire
from kiosk.flows import paper, pay, trouble
from kiosk.kiosk import Kiosk
from kiosk.registrar import CHECK
from kiosk.views import AttentionButton, CertifiedButton, CertifiedState, PaidRow, Steps

STEPS = {wire.Way.FACE: views.CERTIFY_STEPS, wire.Way.STAFF: views.STAFF_STEPS}


@dataclass(frozen=True)
class Ended:
    """``check_id`` is ours, ``receipt_no`` central's, once there is something to say it of.

    ``next_from``: from this day the next one can be done, by ``valid_until`` it should be.
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
    next_from: date | None = None


def tell(kiosk: Kiosk, page: wire.MyPage, ended: Ended) -> CertifiedButton:
    """Until the person is done, takes the consent back, or their spouse shall come next.  The reminder is printed once."""
    printed = False
    while True:
        can_print = not printed and pay.has_paper(kiosk)
        answer = kiosk.desk.ask(draw(ended, can_print=can_print, printed=printed))
        if answer is CertifiedButton.PRINT:
            kiosk.desk.show(draw(ended, can_print=False, printing=True))
            printed = print_reminder(kiosk, page, ended)
        elif answer is not CertifiedButton.WITHDRAW or withdraw(kiosk, ended.check_id):
            return answer


def draw(ended: Ended, can_print: bool, printing: bool = False, printed: bool = False) -> views.Certified:
    return views.Certified(
        steps=Steps(STEPS.get(ended.way, views.WAY_STEPS), 3),
        state=ended.state,
        next_date=dates.long_date(ended.valid_until) if ended.valid_until else "",
        rows=rows(ended),
        can_print=can_print,
        printing=printing,
        printed=printed,
        can_withdraw=ended.can_withdraw,
        next_from=dates.long_date(ended.next_from) if ended.next_from else "",
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
    at = ended.decided_at or kiosk.api.legal_now()
    reminder = receipts.Reminder(
        state=ended.state.value,
        name=name_for_paper(kiosk, page.name),
        masked_number=page.masked_number,
        how=ended.how,
        number=ended.receipt_no or ended.check_id,
        at=at,
        next_date=ended.valid_until,
        next_from=ended.next_from,
        consent_version=wire.CONSENT_VERSION if ended.way is wire.Way.FACE else "",
    )
    _, snag = paper.send(kiosk, receipts.reminder(reminder, kiosk.config.site), 0)
    if snag is not paper.Snag.NONE:
        decided = ended.state is CertifiedState.ACCEPTED
        body = texts.REMINDER_NOT_PRINTED_BODY if decided else texts.REMINDER_NOT_PRINTED_OPEN_BODY
        trouble.explain(kiosk, "printer", texts.REMINDER_NOT_PRINTED_TITLE, body)
    return snag is paper.Snag.NONE


def name_for_paper(kiosk: Kiosk, name: str) -> str:
    """The name when the printer has all its characters; a reminder without a name is better than none."""
    return name if kiosk.printer is not None and kiosk.printer.covers(name) else ""


def withdraw(kiosk: Kiosk, check_id: str, visit: str = "") -> bool:
    """The consent to the picture is taken back, after asking: on disk now, and told to the centre until it answers.  False: not.

    ``visit``: the page's, for a check that may have been begun elsewhere.
    """
    sure = trouble.explain(
        kiosk,
        "undo-2",
        texts.WITHDRAW_ASK_TITLE,
        texts.WITHDRAW_ASK_BODY,
        texts.WITHDRAW_YES,
        texts.WITHDRAW_NO,
    )
    if sure is not AttentionButton.FIRST:
        return False
    kiosk.desk.show(views.Working(texts.FACE_TELLING))
    kiosk.registrar.leave(check_id, visit)
    try:
        told = kiosk.registrar.settle(CHECK + check_id)
    finally:
        kiosk.outbox.take_check(check_id)
    body = texts.WITHDRAWN_BODY if told else texts.WITHDRAWN_KEPT_BODY
    trouble.explain(kiosk, "circle-check", texts.WITHDRAWN_TITLE, body, texts.OTHER_WAYS, tone="ok")
    return True
