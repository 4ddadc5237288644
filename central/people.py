"""A visit: who this is, what is due, certified, owed on paper and still open; and the person's records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from central import bills, tables, visit_proof
from central.bills import PENSIONS, Paid
from central.certification import Certifications
from central.clock import Clock, legal_day, legal_time
from central.database import Database
from central.identity import could_be_name, mask_name, mask_number, plain_name
from central.kinship import relation
from central.problems import Refused
from central.receipts import ReceiptBook
from central.rules import Rulebook
from central.verification import Keys
from kiosk.wire import (
    Due,
    Lookup,
    Member,
    MyPage,
    OpenOrder,
    OrderState,
    Payment,
    ProblemCode,
    ReceiptList,
    Records,
    YearBar,
)

BARS = 6
PAYMENTS_MOST = 10
UNSETTLED = ("requested", "created")
LATE_LOOKS_MOST = 3  # closed orders a visit asks about: money may have come since the last look
REFUND_SHOWN_MS = 7 * 24 * 3600 * 1000  # after it was carried out
PERSONS = tables.persons


def find(connection: Connection, person_id: str) -> Row[Any]:
    """One person.  Raises Refused."""
    row = connection.execute(select(PERSONS).where(PERSONS.c.person_id == person_id)).first()
    if row is None:
        raise Refused(ProblemCode.PERSON_UNKNOWN)
    return row


def locked(connection: Connection, person_id: str) -> Row[Any]:
    """The same, held until the caller's write transaction ends: whoever certifies this person waits.  Raises Refused."""
    row = connection.execute(
        select(PERSONS).where(PERSONS.c.person_id == person_id).with_for_update()
    ).first()
    if row is None:
        raise Refused(ProblemCode.PERSON_UNKNOWN)
    return row


class People:
    """``settle`` is given a visitor's orders that may have news, so that the page shows what the gateway knows by now."""

    def __init__(
        self,
        database: Database,
        rulebook: Rulebook,
        receipt_book: ReceiptBook,
        clock: Clock,
        settle: Callable[[Iterable[str]], None],
        certifications: Certifications,
        keys: Keys,
    ) -> None:
        self._database, self._rulebook, self._clock = database, rulebook, clock
        self._certifications, self._keys = certifications, keys
        self._receipts, self._settle = receipt_book, settle

    def visit(self, lookup: Lookup, kiosk_id: str = "") -> MyPage:
        """``kiosk_id``: where the card lies; "" proves no visit.  Raises Refused for a number nobody here has."""
        number = lookup.number.upper()
        with self._database.read() as connection:
            person = connection.execute(select(PERSONS).where(PERSONS.c.number == number)).first()
            if person is None:
                raise Refused(ProblemCode.PERSON_UNKNOWN)
            unsettled = [row.order_id for row in self._unsettled(connection, person.person_id)]
            unsettled += [
                row.order_id for row in self._refunds(connection, person.person_id) if row.done_ms is None
            ]
            unsettled += self._watched(connection, person.person_id)
        self._settle(unsettled)
        with self._database.read() as connection:
            return self._page(connection, person, lookup.name, kiosk_id)

    def records(self, person_id: str) -> Records:
        now_ms = self._clock.now_ms()
        today = legal_day(now_ms)
        with self._database.read() as connection:
            person = find(connection, person_id)
            paid = bills.paid_by(connection, person_id)
        months = bills.months_paid(person, paid)
        main = "flexible_pension" if person.standing in ("flexible", "employee") else "resident_pension"
        minimum = self._rulebook.get(main, "minimum_months", today).value
        balance_fen, interest_fen = self._account(person, paid, today)
        by_year = {row.year: row.amount_fen for row in paid if row.product in PENSIONS}
        titles = {product.code: product.title for product in self._rulebook.products}
        newest = sorted(paid, key=lambda row: (row.paid_on, row.product), reverse=True)
        return Records(
            months_paid=months,
            months_needed=max(0, minimum - months),
            minimum_years=-(-minimum // 12),
            balance_fen=balance_fen,
            interest_fen=interest_fen,
            bars=tuple(
                YearBar(year=year, amount_fen=by_year.get(year, 0))
                for year in range(today.year - BARS + 1, today.year + 1)
            ),
            this_year_paid=today.year in by_year,
            payments=tuple(_payment(row, titles) for row in newest[:PAYMENTS_MOST]),
            as_of=legal_time(now_ms),
        )

    def receipts(self, person_id: str) -> ReceiptList:
        with self._database.read() as connection:
            find(connection, person_id)
            return ReceiptList(receipts=self._receipts.of_person(connection, person_id))

    def _page(self, connection: Connection, person: Row[Any], card_name: str, kiosk_id: str) -> MyPage:
        now_ms = self._clock.now_ms()
        is_holder = could_be_name(card_name, person.name)
        proved = bool(kiosk_id) and is_holder
        today = legal_day(now_ms)
        paper = self._receipts.of_person(connection, person.person_id)
        return MyPage(
            person_id=person.person_id,
            name=person.name,
            name_matches=plain_name(card_name) == plain_name(person.name),
            masked_number=mask_number(person.number),
            dues=self._dues(connection, person, today),
            certification=self._certifications.standing(connection, person, now_ms, is_holder=is_holder),
            owed=tuple(receipt for receipt in paper if receipt.owed),
            open_orders=(
                *(
                    OpenOrder(
                        order_id=row.order_id,
                        state=OrderState.CREATED,
                        total_fen=row.total_fen,
                        created_at=legal_time(row.created_ms),
                    )
                    for row in self._unsettled(connection, person.person_id)
                ),
                *(
                    OpenOrder(
                        order_id=row.order_id,
                        state=OrderState.REFUNDING if row.done_ms is None else OrderState.REFUNDED,
                        total_fen=row.amount_fen,
                        created_at=legal_time(row.created_ms),
                    )
                    for row in self._refunds(connection, person.person_id)
                ),
            ),
            household=self._household(connection, person, today),
            server_time=legal_time(now_ms),
            visit=visit_proof.issue(self._keys, kiosk_id, person.person_id, now_ms) if proved else "",
        )

    def _dues(self, connection: Connection, person: Row[Any], today: date) -> tuple[Due, ...]:
        return bills.dues(connection, self._rulebook, person, today)

    def _household(self, connection: Connection, person: Row[Any], today: date) -> tuple[Member, ...]:
        same = (PERSONS.c.household_id == person.household_id) & (PERSONS.c.person_id != person.person_id)
        rows = connection.execute(
            select(PERSONS).where(same).order_by(PERSONS.c.birth, PERSONS.c.person_id)
        ).all()
        head = next((row for row in [person, *rows] if row.role == "head"), person)
        return tuple(
            Member(
                person_id=row.person_id,
                name=mask_name(row.name),
                relation=relation(person.role, person.sex, row.role, row.sex, head.sex),
                dues=self._dues(connection, row, today),
            )
            for row in rows
        )

    def _unsettled(self, connection: Connection, person_id: str) -> list[Row[Any]]:
        """Open orders this person pays or is paid for in, oldest first."""
        orders = tables.orders
        query = select(orders).where(orders.c.state.in_(UNSETTLED), _is_about(person_id))
        return list(connection.execute(query.order_by(orders.c.created_ms)))

    def _watched(self, connection: Connection, person_id: str) -> list[str]:
        """Closed orders that late money may still come for, the newest ones: whoever paid late learns it before paying again."""
        orders = tables.orders
        watched = (orders.c.state == "closed") & orders.c.look_ms.is_not(None)
        query = select(orders.c.order_id).where(watched, _is_about(person_id))
        newest = query.order_by(orders.c.created_ms.desc()).limit(LATE_LOOKS_MOST)
        return list(connection.execute(newest).scalars())

    def _refunds(self, connection: Connection, person_id: str) -> list[Row[Any]]:
        """Money of this person's orders that goes back, or went back these days, oldest first.  ``done_ms`` may be None."""
        orders, refunds, back = tables.orders, tables.refunds, tables.ledger
        since_ms = self._clock.now_ms() - REFUND_SHOWN_MS
        query = (
            select(
                refunds.c.order_id, refunds.c.amount_fen, orders.c.created_ms, back.c.at_ms.label("done_ms")
            )
            .join(orders, orders.c.order_id == refunds.c.order_id)
            .outerjoin(back, back.c.answers == refunds.c.entry_id)
            .where(_is_about(person_id), back.c.at_ms.is_(None) | (back.c.at_ms > since_ms))
            .order_by(refunds.c.at_ms, refunds.c.refund_id)
        )
        return list(connection.execute(query))

    def _account(self, person: Row[Any], paid: Iterable[Paid], today: date) -> tuple[int, int]:
        """(balance, interest in it), in fen: each 1 January the year's rate on last year's sum."""
        credits: dict[int, int] = {}
        product = "flexible_pension" if person.standing == "flexible" else "resident_pension"
        for row in paid:
            if row.product in PENSIONS:
                share = self._rulebook.get(row.product, "account_share", row.paid_on).value
                fen = bills.half_up(row.amount_fen * share, 1000) + row.subsidy_fen
                credits[row.paid_on.year] = credits.get(row.paid_on.year, 0) + fen
        balance_fen, interest_fen = person.opening_balance_fen, 0
        for year in range(person.opening_year, today.year):
            rate = self._rulebook.get(product, "account_interest", date(year, 12, 31)).value
            earned_fen = bills.half_up(balance_fen * rate, 10_000)
            interest_fen += earned_fen
            balance_fen += earned_fen + credits.get(year, 0)
        return balance_fen + credits.get(today.year, 0), interest_fen


def _is_about(person_id: str) -> ColumnElement[bool]:
    """Orders this person pays, or is paid for in."""
    orders, lines = tables.orders, tables.order_lines
    mine = select(lines.c.order_id).where(lines.c.person_id == person_id)
    return (orders.c.payer_id == person_id) | orders.c.order_id.in_(mine)


def _payment(row: Paid, titles: Mapping[str, str]) -> Payment:
    return Payment(
        paid_on=row.paid_on,
        title=titles[row.product],
        year=row.year,
        amount_fen=row.amount_fen,
        receipt_no=row.receipt_no,
    )
