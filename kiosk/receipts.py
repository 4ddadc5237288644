"""What a slip says, as a printer-neutral document.  The words are in ``texts``; the numbers are central's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from devices.printer import Big, Document, Feed, Line, Pair, Qr, Rule
from kiosk import dates, money, texts, wire
from kiosk.config import Site


def grouped(number: str) -> str:
    """3710 8126 1123 0042: fours from the left, so that it can be read aloud."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def receipt(slip: wire.Receipt, copy_number: int, site: Site) -> Document:
    """The contribution slip.  ``copy_number`` 0 is the original; a copy says 补打 n under its title and has the same number."""
    mark = (Line(texts.SLIP_COPY.format(n=copy_number), size=2, align="center"),) if copy_number else ()
    return (
        Line(texts.SLIP_TITLE, size=2, align="center"),
        *mark,
        Rule(),
        Pair(texts.RECEIPT_NO, grouped(slip.receipt_no)),
        Pair(texts.PAYER, slip.name),
        Pair(texts.SLIP_CITIZEN, slip.masked_number),
        Pair(texts.SLIP_PRODUCT, slip.insurance),
        Pair(texts.SLIP_YEAR, f"{slip.year}年度"),
        Pair(texts.SLIP_TIER, slip.tier_label),
        Rule(),
        Pair(texts.AMOUNT, money.with_sign(slip.amount_fen), size=2),
        Pair(texts.SLIP_CAPITALS, money.capitals(slip.amount_fen)),
        Rule(),
        Pair(texts.SLIP_PAID_AT, dates.to_minute(slip.paid_at)),
        Pair(texts.SLIP_CHANNEL, slip.channel),
        Pair(texts.SLIP_ORDER, slip.order_id),
        Pair(texts.SLIP_PLACE, slip.place),
        Feed(),
        Qr(slip.verify_url),
        Line(texts.SLIP_SCAN, align="center"),
        Rule(),
        Line(texts.SLIP_NOT_FISCAL, align="center"),
        Line(texts.SLIP_HOTLINE.format(hotline=site.hotline), align="center"),
    )


def pending(order_id: str, amount_fen: int, latest: str, printed_at: str, site: Site) -> Document:
    """The slip that somebody takes home while the result is still being checked.  It says that it is no receipt."""
    return (
        Line(texts.PENDING_TITLE, size=2, align="center"),
        Rule(),
        Line(texts.PENDING_STATE, size=2, align="center"),
        Pair(texts.SLIP_ORDER, order_id),
        Pair(texts.AMOUNT, money.with_sign(amount_fen), size=2),
        Line(latest),
        Rule(),
        Line(texts.PENDING_ADVICE),
        Line(texts.PENDING_WHERE),
        Rule(),
        Line(printed_at),
        Line(site.place),
        Line(texts.SLIP_HOTLINE.format(hotline=site.hotline)),
    )


def records(record: wire.Records, name: str, masked_number: str, site: Site) -> Document:
    """What 查我的社保 shows, on paper.  Not a proof of anything."""
    years, months = divmod(record.months_paid, 12)
    rows = tuple(
        Pair(
            f"{p.paid_on:%Y-%m-%d} {texts.TITLE_YEAR.format(title=p.title, year=p.year)}",
            money.with_sign(p.amount_fen),
        )
        for p in record.payments
    )
    return (
        Line(texts.RECORDS_SLIP_TITLE, size=2, align="center"),
        Rule(),
        Pair(texts.PAYER, name),
        Pair(texts.SLIP_CITIZEN, masked_number),
        Pair(texts.RECORDS_MONTHS, texts.YEARS_MONTHS.format(years=years, months=months)),
        Pair(texts.RECORDS_BALANCE, money.with_sign(record.balance_fen)),
        Rule(),
        *rows,
        Rule(),
        Pair(texts.RECORDS_AS_OF, dates.to_minute(record.as_of)),
        Line(texts.RECORDS_NOT_PROOF, align="center"),
        Line(site.place, align="center"),
    )


def certificate(receipt_no: str) -> str:
    """RZ 2611 2301 0042: read aloud like every number here."""
    return f"{receipt_no[:2]} {grouped(receipt_no[2:])}"


@dataclass(frozen=True)
class Reminder:
    """What somebody takes home of their yearly check.  ``state`` is CertifiedState's; ``number`` the centre's, else our own.

    ``next_date``: the last day of the next one, ``next_from`` the first.  ``consent_version`` of a face check, else "".
    """

    state: str
    name: str
    masked_number: str
    how: str
    number: str
    at: datetime
    next_date: date | None
    consent_version: str
    next_from: date | None = None

    def __repr__(self) -> str:
        return f"Reminder({self.number})"


REMINDER_WORDS = {
    "accepted": (texts.REMINDER_ACCEPTED, texts.REMINDER_RECEIVED),
    "pending": (texts.REMINDER_PENDING, texts.REMINDER_PENDING_NOTE),
    "under_review": (texts.REMINDER_UNDER_REVIEW, texts.REMINDER_REVIEW_NOTE),
}


def reminder(said: Reminder, site: Site) -> Document:
    """For the wall: the next date as large as the paper takes it, then what was done.  Without a date the next thing to know."""
    state, note = REMINDER_WORDS[said.state]
    central = said.number.startswith("RZ")
    number = certificate(said.number) if central else said.number
    when = _when(said) if said.next_date else (Line(note, size=2), Rule())
    return (
        Line(texts.REMINDER_TITLE, size=2, align="center"),
        Line(state, size=2, align="center"),
        Rule(),
        *when,
        *((Pair(texts.REMINDER_PERSON, said.name),) if said.name else ()),
        Pair(texts.SLIP_CITIZEN, said.masked_number),
        Pair(texts.HOW_ROW, said.how),
        Pair(texts.CERTIFICATE_NO if central else texts.CHECK_NO, number),
        Pair(texts.REMINDER_TIME, dates.to_minute(said.at)),
        Pair(texts.SLIP_PLACE, site.place),
        *(
            (Pair(texts.REMINDER_CONSENT, texts.REMINDER_VERSION.format(version=said.consent_version)),)
            if said.consent_version
            else ()
        ),
        Rule(),
        *((Line(note),) if said.next_date else ()),
        Line(texts.REMINDER_BENEFIT),
        Line(texts.SLIP_HOTLINE.format(hotline=site.hotline), align="center"),
    )


def _when(said: Reminder) -> Document:
    """From when to when: the last day in 60 points, and the first, so that nobody comes for nothing."""
    assert said.next_date is not None
    first = texts.CERTIFIED_FROM.format(day=dates.long_date(said.next_from)) if said.next_from else ""
    return (
        Line(texts.CERTIFIED_NEXT, size=2, align="center"),
        Feed(),
        Big(dates.long_date(said.next_date)),
        *((Line(first, size=2, align="center"),) if first else ()),
        Rule(),
    )


def visit_number(request_id: str, reply: wire.HomeVisitReply | None) -> str:
    """The number the centre has: another than ours when somebody was to come already."""
    return (reply.booked_id if reply else "") or request_id


def home_visit(
    name: str,
    masked_number: str,
    request_id: str,
    reply: wire.HomeVisitReply | None,
    printed_at: str,
    site: Site,
) -> Document:
    """The slip of a visit at home.  Without ``reply`` the centre has not answered yet: kept, and told to it later."""
    when = (
        (Line(texts.VISIT_SLIP_DAYS.format(days=reply.within_days), size=2, align="center"), Rule())
        if reply
        else (Line(texts.VISIT_SLIP_KEPT_NOTE, size=2), Rule())
    )
    phone = (Pair(texts.VISIT_SLIP_PHONE, reply.phone),) if reply and reply.phone else ()
    return (
        Line(texts.VISIT_SLIP_TITLE, size=2, align="center"),
        Line(texts.VISIT_SLIP_STATE if reply else texts.VISIT_SLIP_KEPT, size=2, align="center"),
        Rule(),
        *when,
        *((Pair(texts.REMINDER_PERSON, name),) if name else ()),
        Pair(texts.SLIP_CITIZEN, masked_number),
        *phone,
        Pair(texts.VISIT_SLIP_NO if reply else texts.CHECK_NO, visit_number(request_id, reply)),
        Pair(texts.REMINDER_TIME, printed_at),
        Pair(texts.SLIP_PLACE, site.place),
        Rule(),
        Line(texts.VISIT_SLIP_ADVICE),
        Line(texts.REMINDER_BENEFIT),
        Line(texts.SLIP_HOTLINE.format(hotline=site.hotline), align="center"),
    )


def field_visit(
    name: str,
    masked_number: str,
    local_no: int,
    by_face: bool,
    decided_later: bool,
    staff: str,
    printed_at: str,
    site: Site,
) -> Document:
    """What is left with somebody who was visited.  ``decided_later``: a second person has still to look."""
    return (
        Line(texts.FIELD_SLIP_TITLE, size=2, align="center"),
        Line(texts.FIELD_SLIP_FACE if by_face else texts.FIELD_SLIP_MANUAL, size=2, align="center"),
        Rule(),
        Pair(texts.REMINDER_PERSON, name),
        Pair(texts.SLIP_CITIZEN, masked_number),
        Pair(texts.FIELD_SLIP_NO, str(local_no)),
        Pair(texts.FIELD_SLIP_STAFF, staff),
        Pair(texts.REMINDER_TIME, printed_at),
        Rule(),
        Line(texts.FIELD_SLIP_REVIEW if decided_later else texts.FIELD_SLIP_NOTE),
        Line(texts.REMINDER_BENEFIT),
        Line(texts.SLIP_HOTLINE.format(hotline=site.hotline), align="center"),
    )
