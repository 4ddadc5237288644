"""Receipts: one for each line of a paid order, numbered once, and every sheet of paper they came out on.

A number is the area code, the legal day as YYMMDD and the day's sequence of at least four digits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from central import tables
from central.bills import Paid
from central.clock import Clock, legal_day, legal_time
from central.database import Database
from central.identity import mask_name, mask_number
from central.problems import Refused
from central.settings import Settings
from central.verification import Keys, Seal
from kiosk.wire import PrintGrant, PrintOutcome, ProblemCode, Receipt, SheetVerdict

TABLE, PRINTS = tables.receipts, tables.prints
LIST_MOST = 50
MAYBE_PAPER = (SheetVerdict.PRINTED.value, SheetVerdict.UNKNOWN.value)


@dataclass(frozen=True)
class Verification:
    """What the public page says of a genuine code."""

    receipt_no: str
    amount_fen: int
    paid_on: date
    item: str
    name: str  # masked
    copies: int
    standing: str  # valid, revoked, refunded


def next_number(connection: Connection, area_code: str, day: date) -> str:
    """The next receipt number of a day, inside the caller's write transaction."""
    days = tables.receipt_days
    last = connection.execute(select(days.c.last).where(days.c.day == day).with_for_update()).scalar()
    if last is None:
        connection.execute(insert(days).values(day=day, last=1))
    else:
        connection.execute(update(days).where(days.c.day == day).values(last=last + 1))
    return f"{area_code}{day:%y%m%d}{(last or 0) + 1:04d}"


class ReceiptBook:
    """Writes receipts and reads them back."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings, self._keys = settings, keys

    def issue(
        self, connection: Connection, order: Row[Any], entry_id: int, channel: str, paid_ms: int
    ) -> None:
        """A receipt and a contribution for each line, inside the transaction that books the money."""
        day = legal_day(paid_ms)
        kiosk = connection.execute(
            select(tables.kiosks).where(tables.kiosks.c.kiosk_id == order.kiosk_id)
        ).one()
        for line in self._lines(connection, order.order_id):
            receipt_no = next_number(connection, self._settings.area_code, day)
            code = self._keys.sign(receipt_no, line.amount_fen, paid_ms, line.number, kiosk.serial)
            connection.execute(
                insert(TABLE).values(
                    receipt_no=receipt_no,
                    entry_id=entry_id,
                    order_id=order.order_id,
                    line_no=line.line_no,
                    person_id=line.person_id,
                    payer_id=order.payer_id,
                    name=line.name,
                    masked_number=mask_number(line.number),
                    title=line.title,
                    insurance=line.insurance,
                    year=line.year,
                    tier_label=line.tier_label,
                    amount_fen=line.amount_fen,
                    paid_ms=paid_ms,
                    channel=channel,
                    place=kiosk.place,
                    verify_code=code,
                )
            )
            paid = Paid(
                line.product, line.year, line.tier, line.amount_fen, line.subsidy_fen, day, receipt_no
            )
            connection.execute(insert(tables.contributions).values(person_id=line.person_id, **vars(paid)))

    def load(
        self, connection: Connection, where: ColumnElement[bool], most: int | None = None
    ) -> tuple[Receipt, ...]:
        """Receipts newest first, with what is known of their paper."""
        newest = select(TABLE).where(where).order_by(TABLE.c.paid_ms.desc(), TABLE.c.receipt_no.desc())
        rows = connection.execute(newest.limit(most) if most else newest).all()
        verdicts: dict[str, list[str | None]] = defaultdict(list)
        numbers = [row.receipt_no for row in rows]
        for receipt_no, verdict in connection.execute(
            select(PRINTS.c.receipt_no, PRINTS.c.verdict).where(PRINTS.c.receipt_no.in_(numbers))
        ):
            verdicts[receipt_no].append(verdict)
        return tuple(self._receipt(row, verdicts[row.receipt_no]) for row in rows)

    def of_person(self, connection: Connection, person_id: str) -> tuple[Receipt, ...]:
        """Those about a person and those the person paid for, newest first."""
        return self.load(
            connection, (TABLE.c.person_id == person_id) | (TABLE.c.payer_id == person_id), LIST_MOST
        )

    def _lines(self, connection: Connection, order_id: str) -> list[Row[Any]]:
        """An order's lines with the names that go on paper."""
        lines, persons, products = tables.order_lines, tables.persons, tables.products
        return list(
            connection.execute(
                select(lines, persons.c.name, persons.c.number, products.c.title, products.c.insurance)
                .join(persons, persons.c.person_id == lines.c.person_id)
                .join(products, products.c.code == lines.c.product)
                .where(lines.c.order_id == order_id)
                .order_by(lines.c.line_no)
            )
        )

    def _receipt(self, row: Row[Any], verdicts: list[str | None]) -> Receipt:
        return Receipt(
            receipt_no=row.receipt_no,
            order_id=row.order_id,
            person_id=row.person_id,
            name=row.name,
            masked_number=row.masked_number,
            title=row.title,
            insurance=row.insurance,
            year=row.year,
            tier_label=row.tier_label,
            amount_fen=row.amount_fen,
            paid_at=legal_time(row.paid_ms),
            channel=row.channel,
            place=row.place,
            verify_url=f"{self._settings.public_url.upper()}/V/{row.verify_code}",
            sheets=sum(verdict in MAYBE_PAPER for verdict in verdicts),
            owed=SheetVerdict.PRINTED.value not in verdicts,
        )


class PrintDesk:
    """Leave to print marked copies, what became of each sheet, and the public check of a code."""

    def __init__(self, database: Database, book: ReceiptBook, keys: Keys, clock: Clock) -> None:
        self._database, self._book, self._keys, self._clock = database, book, keys, clock

    def grant(self, kiosk_id: str, receipt_no: str, print_id: str) -> PrintGrant:
        """The next copy number, or the one this print already has.  Raises Refused."""
        with self._database.write() as connection:
            self._lock(connection, receipt_no)
            row = connection.execute(select(PRINTS).where(PRINTS.c.print_id == print_id)).first()
            if row is None:
                last = select(func.max(PRINTS.c.copy_number)).where(PRINTS.c.receipt_no == receipt_no)
                copy_number = (connection.execute(last).scalar() or 0) + 1
                sheet = {"copy_number": copy_number, "verdict": None}
                self._insert(connection, kiosk_id, receipt_no, print_id, **sheet)
            elif row.receipt_no != receipt_no or row.copy_number == 0:
                raise Refused(ProblemCode.ORDER_CONFLICT, "this print id is in use")
            else:
                copy_number = row.copy_number
            return self._answer(connection, receipt_no, print_id, copy_number)

    def outcome(self, kiosk_id: str, receipt_no: str, told: PrintOutcome) -> PrintGrant:
        """Records a sheet.  ``unknown`` may be settled later; a settled verdict stays.  Raises Refused."""
        with self._database.write() as connection:
            self._lock(connection, receipt_no)
            row = connection.execute(select(PRINTS).where(PRINTS.c.print_id == told.print_id)).first()
            verdict = told.verdict.value
            if row is None:
                if told.copy_number != 0:
                    raise Refused(ProblemCode.ORDER_CONFLICT, "a copy was never granted")
                self._insert(connection, kiosk_id, receipt_no, told.print_id, copy_number=0, verdict=verdict)
            elif (row.receipt_no, row.copy_number) != (receipt_no, told.copy_number):
                raise Refused(ProblemCode.ORDER_CONFLICT, "this print id is in use")
            elif row.verdict in (None, SheetVerdict.UNKNOWN.value):
                connection.execute(
                    update(PRINTS).where(PRINTS.c.print_id == told.print_id).values(verdict=verdict)
                )
            elif row.verdict != verdict:
                raise Refused(ProblemCode.ORDER_CONFLICT, "this sheet was told otherwise")
            return self._answer(connection, receipt_no, told.print_id, told.copy_number)

    def verify(self, code: str) -> Verification | None:
        """None when the code is not ours, was altered, or names a receipt we never gave."""
        seal = self._keys.read(code)
        if seal is None:
            return None
        with self._database.read() as connection:
            row = connection.execute(select(TABLE).where(TABLE.c.receipt_no == seal.receipt_no)).first()
            if row is None or not _agrees(seal, row):
                return None
            copies = connection.execute(
                select(func.count())
                .select_from(PRINTS)
                .where(PRINTS.c.receipt_no == row.receipt_no, PRINTS.c.verdict.in_(MAYBE_PAPER))
            ).scalar_one()
            revoked = connection.execute(
                select(tables.revocations).where(tables.revocations.c.receipt_no == row.receipt_no)
            ).first()
            state = connection.execute(
                select(tables.orders.c.state).where(tables.orders.c.order_id == row.order_id)
            ).scalar_one()
        standing = "refunded" if state in ("refunding", "refunded") else "revoked" if revoked else "valid"
        item = f"{row.title} {row.year}年度"
        return Verification(
            row.receipt_no,
            row.amount_fen,
            legal_day(row.paid_ms),
            item,
            mask_name(row.name),
            copies,
            standing,
        )

    def revoke(self, receipt_no: str, reason: str) -> None:
        """Marks a receipt as no longer valid; its page says so at once.  Raises Refused."""
        with self._database.write() as connection:
            self._lock(connection, receipt_no)
            revoked = tables.revocations
            if connection.execute(select(revoked).where(revoked.c.receipt_no == receipt_no)).first() is None:
                row = {"receipt_no": receipt_no, "reason": reason, "at_ms": self._clock.now_ms()}
                connection.execute(insert(revoked).values(row))

    def _lock(self, connection: Connection, receipt_no: str) -> None:
        found = select(TABLE.c.receipt_no).where(TABLE.c.receipt_no == receipt_no).with_for_update()
        if connection.execute(found).first() is None:
            raise Refused(ProblemCode.RECEIPT_UNKNOWN)

    def _insert(
        self, connection: Connection, kiosk_id: str, receipt_no: str, print_id: str, **sheet: object
    ) -> None:
        """``sheet``: copy_number and verdict."""
        row = {"print_id": print_id, "receipt_no": receipt_no, "kiosk_id": kiosk_id, **sheet}
        connection.execute(insert(PRINTS).values(**row, at_ms=self._clock.now_ms()))

    def _answer(self, connection: Connection, receipt_no: str, print_id: str, copy_number: int) -> PrintGrant:
        (receipt,) = self._book.load(connection, TABLE.c.receipt_no == receipt_no)
        return PrintGrant(print_id=print_id, copy_number=copy_number, receipt=receipt)


def _agrees(seal: Seal, row: Row[Any]) -> bool:
    return (seal.amount_fen, seal.paid_s) == (row.amount_fen, row.paid_ms // 1000)
