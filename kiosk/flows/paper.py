"""Originals and copies.  Printing is written down before and after; whatever the printer cannot vouch for is owed."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from devices.errors import DeviceError, UncoveredCharacter
from devices.printer import Document, Verdict
from devices.status import PaperSupply
from kiosk import events, money, receipts, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.flows import trouble
from kiosk.kiosk import Kiosk
from kiosk.payment import Order, State
from kiosk.views import AttentionButton, PaidButton, PaidRow, PaperState, Steps

if TYPE_CHECKING:
    from kiosk.field.tablet import Tablet


class Snag(Enum):
    """Why a sheet is not known to have come out."""

    NONE = "none"
    NO_PAPER = "no_paper"
    JAM = "jam"
    UNKNOWN = "unknown"
    RARE_NAME = "rare_name"


def send(kiosk: Kiosk | Tablet, document: Document, copy_number: int) -> tuple[Verdict, Snag]:
    """Prints one sheet and says how it ended; never raises."""
    started = kiosk.clock.monotonic()
    verdict, snag = Verdict.NOT_PRINTED, Snag.JAM  # without a printer as with a broken one
    try:
        if kiosk.printer is not None:
            verdict = kiosk.printer.print(document)
            snag = {Verdict.PRINTED: Snag.NONE, Verdict.UNKNOWN: Snag.UNKNOWN, Verdict.NOT_PRINTED: Snag.JAM}[
                verdict
            ]
    except UncoveredCharacter:
        snag = Snag.RARE_NAME
    except DeviceError as error:
        snag = Snag.NO_PAPER if getattr(error, "reason", "") == PaperSupply.OUT.value else Snag.JAM
    ms = round((kiosk.clock.monotonic() - started) * 1000)
    kiosk.log.write(events.PrintEnded(verdict=verdict.value, copy_number=copy_number, ms=ms))
    return verdict, snag


def print_originals(
    kiosk: Kiosk, order: Order, slips: tuple[wire.Receipt, ...], has_family: bool
) -> PaidButton | None:
    """One slip after the other, each journaled; then the person is told.  None when they went to the phone or left."""
    steps, snag = Steps(views.PAYING_STEPS, 3), Snag.NONE
    rows = paid_rows(slips)
    for index, slip in enumerate(slips):
        kiosk.desk.show(views.Paid(steps, rows, PaperState.PRINTING, index / len(slips)))
        order = kiosk.till.start_slip(order, slip.receipt_no)
        verdict, trouble_now = send(kiosk, receipts.receipt(slip, 0, kiosk.config.site), 0)
        order = kiosk.till.end_slip(order, slip.receipt_no, verdict)
        snag = snag if trouble_now is Snag.NONE else trouble_now
    if snag is Snag.NONE:
        return tell_paid(kiosk, rows, slips, has_family)
    owed = {slip.receipt_no for slip in order.slips if slip.state is State.OWED}
    tell_owed(kiosk, snag, slips, tuple(slip for slip in slips if slip.receipt_no in owed))
    return None


def tell_paid(
    kiosk: Kiosk,
    rows: tuple[PaidRow, ...],
    slips: tuple[wire.Receipt, ...],
    has_family: bool,
    copy: bool = False,
) -> PaidButton:
    """缴费成功, until the person is done; the phone code can be seen and left again."""
    while True:
        steps = Steps(views.PAYING_STEPS, 3)
        answer = kiosk.desk.ask(views.Paid(steps, rows, PaperState.PRINTED, 1.0, has_family, copy))
        if answer is not PaidButton.PHONE:
            return answer
        trouble.to_phone(kiosk, slips)


def tell_owed(
    kiosk: Kiosk, snag: Snag, slips: tuple[wire.Receipt, ...], owed: tuple[wire.Receipt, ...]
) -> None:
    """The money is safe, the paper is not here: the phone now, any machine later."""
    title, where = {
        Snag.NO_PAPER: (texts.PAPER_OUT_TITLE, texts.PAPER_LATER),
        Snag.JAM: (texts.PAPER_JAM_TITLE, texts.PAPER_LATER),
        Snag.UNKNOWN: (texts.PAPER_UNKNOWN_TITLE, texts.PAPER_UNKNOWN_BODY),
        Snag.RARE_NAME: (texts.RARE_NAME_TITLE, texts.RARE_NAME_BODY),
    }[snag]
    safe = texts.PAID_SAFE.format(amount=money.yuan(sum(slip.amount_fen for slip in slips)))
    badge = texts.RECORDED.format(number=receipts.grouped(owed[0].receipt_no)) if len(owed) == 1 else ""
    while (
        trouble.explain(kiosk, "printer", title, (safe, where), texts.TO_PHONE, texts.LEAVE, badge)
        is AttentionButton.FIRST
    ):
        trouble.to_phone(kiosk, owed)


def print_copy(kiosk: Kiosk, receipt_no: str) -> bool:
    """A marked copy with the same number.  Central gives the copy's number before a sheet is sent.  True when it came out."""
    kiosk.desk.show(views.Working(texts.PRINTING))
    try:
        grant = kiosk.till.ask_copy(receipt_no)
    except (Refused, Unreachable):
        trouble.explain(kiosk, "circle-alert", texts.COPY_REFUSED_TITLE, texts.COPY_REFUSED_BODY)
        return False
    slip = grant.receipt
    rows = paid_rows((slip,))
    kiosk.desk.show(views.Paid(Steps((), 0), rows, PaperState.PRINTING, 0.0, copy=True))
    try:
        verdict, snag = send(
            kiosk, receipts.receipt(slip, grant.copy_number, kiosk.config.site), grant.copy_number
        )
        kiosk.till.end_copy(grant, verdict)
    finally:
        kiosk.outbox.take_copy(grant.print_id)
    if snag is not Snag.NONE:
        tell_owed(kiosk, snag, (slip,), (slip,))
        return False
    done = views.Paid(Steps((), 0), rows, PaperState.PRINTED, 1.0, copy=True)
    while kiosk.desk.ask(done) is PaidButton.PHONE:
        trouble.to_phone(kiosk, (slip,))
    return True


def paid_rows(slips: tuple[wire.Receipt, ...]) -> tuple[PaidRow, ...]:
    """The facts of a paid order for the screen: one person in full, several as a sum."""
    amount = PaidRow(texts.AMOUNT, money.with_sign(sum(slip.amount_fen for slip in slips)), amount=True)
    if len(slips) > 1:
        people = PaidRow(texts.PAYER, texts.LINES_PAID.format(count=len(slips)))
        return (people, amount, PaidRow(texts.RECEIPT_NO, receipts.grouped(slips[0].receipt_no)))
    slip = slips[0]
    return (
        PaidRow(texts.PAYER, slip.name),
        PaidRow(texts.INSURANCE, texts.TITLE_YEAR.format(title=slip.title, year=slip.year)),
        amount,
        PaidRow(texts.RECEIPT_NO, receipts.grouped(slip.receipt_no)),
    )
