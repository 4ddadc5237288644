"""查我的社保 and 打印凭证: look, print, print again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kiosk import receipts, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.flows import paper, trouble
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, Bar, ReceiptOption, RecordRow, RecordsButton

ON_A_PAGE = 5
ROWS_SHOWN = 3
RECORDS_SNAGS = {
    paper.Snag.RARE_NAME: texts.RECORDS_RARE_NAME_BODY,
    paper.Snag.UNKNOWN: texts.RECORDS_UNKNOWN_BODY,
}
T = TypeVar("T")


def show_records(kiosk: Kiosk, page: wire.MyPage) -> set[str]:
    """Paid years, the account, six bars, the last payments; free of charge.  Gives the receipts that were printed again."""
    printed: set[str] = set()
    record = patiently(kiosk, lambda: kiosk.api.records(page.person_id))
    if record is None:
        return printed
    view = draw(record)
    while (answer := kiosk.desk.ask(view)) is not BACK:
        if answer is RecordsButton.REPRINT:
            printed |= reprint(kiosk, page)
            continue
        kiosk.desk.show(views.Working(texts.PRINTING))
        document = receipts.records(record, page.name, page.masked_number, kiosk.config.site)
        _, snag = paper.send(kiosk, document, 0)
        if snag is paper.Snag.NONE:
            trouble.explain(kiosk, "printer", texts.RECORDS_PRINTED_TITLE, texts.RECORDS_PRINT_BODY)
        else:
            body = RECORDS_SNAGS.get(snag, texts.RECORDS_NOT_PRINTED_BODY)
            trouble.explain(kiosk, "printer", texts.RECORDS_NOT_PRINTED_TITLE, body)
    return printed


def reprint(kiosk: Kiosk, page: wire.MyPage) -> set[str]:
    """Every receipt of this person, the newest first.  Gives the number of the one that came out, if one did."""
    slips = patiently(kiosk, lambda: kiosk.api.receipts(page.person_id))
    if slips is None:
        return set()
    if not slips:
        trouble.explain(kiosk, "receipt-text", texts.NO_RECEIPTS_TITLE, texts.NO_RECEIPTS_BODY)
        return set()
    return choose_and_print(kiosk, slips)


def choose_and_print(kiosk: Kiosk, slips: tuple[wire.Receipt, ...]) -> set[str]:
    """Gives the number of the one that came out, if one did."""
    start = 0
    while True:
        page = slips[start : start + ON_A_PAGE]
        options = tuple(
            ReceiptOption(
                key=slip.receipt_no,
                title=texts.TITLE_YEAR.format(title=slip.title, year=slip.year),
                note=f"{slip.paid_at:%Y-%m-%d} · {receipts.grouped(slip.receipt_no)}",
                amount_fen=slip.amount_fen,
                owed=slip.owed,
            )
            for slip in page
        )
        answer = kiosk.desk.ask(views.ChooseReceipt(options, more=len(slips) > ON_A_PAGE))
        if answer is BACK:
            return set()
        if answer == "more":
            start = start + ON_A_PAGE if start + ON_A_PAGE < len(slips) else 0
            continue
        return {answer} if paper.print_copy(kiosk, answer) else set()


def patiently(kiosk: Kiosk, question: Callable[[], T]) -> T | None:
    """Asks central; without an answer the person decides whether to ask again.  None when they do not."""
    while True:
        kiosk.desk.show(views.Working(texts.ASKING_CENTRE))
        try:
            return question()
        except (Unreachable, Refused):
            if not trouble.no_centre(kiosk):
                return None


def draw(record: wire.Records) -> views.Records:
    newest = max((bar.year for bar in record.bars), default=0)
    return views.Records(
        months_paid=record.months_paid,
        months_needed=record.months_needed,
        minimum_years=record.minimum_years,
        balance_fen=record.balance_fen,
        interest_fen=record.interest_fen,
        bars=tuple(Bar(str(bar.year), bar.amount_fen, bar.year == newest) for bar in record.bars[-6:]),
        this_year_paid=record.this_year_paid,
        rows=tuple(
            RecordRow(
                p.paid_on.isoformat(), texts.TITLE_YEAR.format(title=p.title, year=p.year), p.amount_fen
            )
            for p in record.payments[:ROWS_SHOWN]
        ),
    )
