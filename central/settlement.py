"""What the gateway says of an order, and what central writes down of it.  The gateway is asked first, outside every transaction.

    the order      the gateway shows                it becomes
    open           its payment                      paid, with receipts
    open           another amount                   refunding: wrong_amount
    closed         a payment                        refunding: paid_late
    has money      one payment more                 as it was; that payment goes back alone: paid_twice
    has money      another payment instead of it    disputed: another_payment
    paid           its payment taken back           disputed: taken_back
    not paid       a payment that was reversed      refunded: reversed
    refunding      the refund is done               refunded
    any            a refund it will not carry out   disputed: refund_refused; asked for again all the same

* a payment is entered once, by the gateway's number; it goes back whole, once, under a number made of that number
* only the gateway's CLOSED closes; its silence closes nothing, and one that may not be closed yet stays open
* a closed order is looked at for three days, a paid one once more when its code has run out
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from central import ledger, tables
from central.database import Database
from central.gateway import Gateway, GatewaySilent, Trade, TradeState, reversal_of
from central.ledger import Kind
from central.problems import Refused
from central.receipts import ReceiptBook
from central.settings import Settings
from kiosk.wire import ProblemCode

WATCH_MS = 3 * 24 * 3600 * 1000  # how long after a close late money is looked for
SOONEST_LOOK_MS, LATEST_LOOK_MS = 2_000, 3_600_000
LATEST_OPEN_LOOK_MS = 30_000  # an open order holds somebody's dues
LAST_LOOK_MS = 60_000  # after the code of a paid order has run out
SWEEP_MOST = 200
SILENCES_MOST = 5  # in a row: the gateway is down, the next sweep will tell
OPEN = ("requested", "created")
MOVED = (TradeState.PAID, TradeState.RETURNED)
ORDERS, CLAIMS, REFUNDS, DISPUTES = tables.orders, tables.claims, tables.refunds, tables.disputes


class Settlement:
    """Called from many threads; what keeps them apart is the database."""

    def __init__(
        self, database: Database, settings: Settings, gateway: Gateway, receipt_book: ReceiptBook
    ) -> None:
        self._database, self._clock, self._gateway = database, settings.clock, gateway
        self._payee, self._receipts = settings.payee, receipt_book

    # --- asking ---

    def look(self, row: Row[Any], thorough: bool = False) -> None:
        """Asks about one order and writes down the answer.  Raises Refused when the gateway keeps quiet.

        ``thorough`` asks about an order that seems settled too.
        """
        try:
            if row.state in OPEN:
                self._look_at_open(row)
                return
            if thorough or (row.state == "closed" and row.look_ms is not None):
                self._hear(row.order_id, self._gateway.query(row.order_id))
            if thorough or row.state == "refunding":
                self._send_back(row.order_id)
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None

    def look_for(self, order_id: str, transaction: str) -> None:
        """Asks about one payment that a notice or a bill names.  Raises Refused."""
        try:
            with self._database.read() as connection:
                known = {row.gateway_txn for row in ledger.payments(connection, order_id)}
            if transaction not in known:
                self._hear(order_id, self._gateway.query_payment(order_id, transaction))
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None

    def sweep(self) -> int:
        """Looks at every order whose time has come, and gives how many those were."""
        now_ms = self._clock.now_ms()
        with self._database.read() as connection:
            ripe = select(ORDERS).where(ORDERS.c.look_ms <= now_ms).order_by(ORDERS.c.look_ms)
            rows = connection.execute(ripe.limit(SWEEP_MOST)).all()
        silences = 0
        for looked, row in enumerate(rows, start=1):
            try:
                self.look(row, thorough=row.state not in ("closed", "refunding"))
                silences = 0
            except Refused:
                silences += 1
            self._plan_look(row, heard=silences == 0)
            if silences == SILENCES_MOST:
                return looked
        return len(rows)

    def open_trade(self, order_id: str, total_fen: int) -> None:
        """Raises Refused."""
        try:
            pay_url = self._gateway.create(order_id, total_fen, self._payee)
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        with self._database.write() as connection:
            # a close may have come in between; then the code is never shown
            still = (ORDERS.c.order_id == order_id) & (ORDERS.c.state == "requested")
            opened = {"state": "created", "pay_url": pay_url, "opened_ms": self._clock.now_ms()}
            connection.execute(update(ORDERS).where(still).values(**opened))

    def ask_to_close(self, order_id: str, reason: str) -> None:
        """Closed, paid, or still open when the gateway's rules say not yet; then it is asked again.  Raises Refused."""
        try:
            trade = self._gateway.query(order_id)  # the rule of every gateway: query before close
            if trade.state not in MOVED:
                trade = self._gateway.close(order_id)
        except GatewaySilent:
            self._wish_to_close(order_id, reason)
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        if trade.state in MOVED:
            self._book(order_id, trade)
        elif trade.state is TradeState.CLOSED:
            self._shut(order_id, reason)
        else:
            self._wish_to_close(order_id, reason)

    def take_up(self, order_id: str, trade: Trade) -> None:
        """Writes down what the gateway says of an open order's trade.  Raises Refused."""
        if trade.state in MOVED:
            self._book(order_id, trade)
        elif trade.state is TradeState.REFUSED:
            self.ask_to_close(order_id, "payer_refused")
        elif trade.state is TradeState.CLOSED:
            self._shut(order_id, "expired")
        elif trade.confirm_within_s is not None:
            self._hurry(order_id, trade.confirm_within_s, trade.ask_every_s)

    def _look_at_open(self, row: Row[Any]) -> None:
        trade = self._gateway.query(row.order_id)
        over = row.reason or ("expired" if self._clock.now_ms() >= row.expires_ms else "")
        if over and trade.state not in (*MOVED, TradeState.CLOSED):
            self.ask_to_close(row.order_id, over)
        elif trade.state is TradeState.UNKNOWN:
            self.open_trade(row.order_id, row.total_fen)
        else:
            self.take_up(row.order_id, trade)

    def _hear(self, order_id: str, trade: Trade) -> None:
        """News of an order that is not open.  Raises GatewaySilent."""
        if trade.state not in MOVED:
            return
        with self._database.read() as connection:
            before = ledger.payments(connection, order_id)
        if trade.transaction not in {row.gateway_txn for row in before}:
            for kept in (row for row in before if row.refund_id is None):
                if self._gateway.query_payment(order_id, kept.gateway_txn).state is not TradeState.PAID:
                    # not one payment more but another one instead: sending it back could leave nobody paid
                    self.dispute(order_id, "another_payment")
                    return
        self._book(order_id, trade)

    def _send_back(self, order_id: str) -> None:
        with self._database.read() as connection:
            waiting = _waiting(connection, order_id)
        for row in waiting:
            refund = self._gateway.refund(order_id, row.refund_id, row.amount_fen)
            if refund.done:
                self._book_back(row, refund.transaction)
            elif refund.refused:
                self.dispute(order_id, "refund_refused")

    # --- writing it down ---

    def _book(self, order_id: str, trade: Trade) -> None:
        """Money has moved: one transaction for ledger, receipts, contributions, refund and state."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            row = row_of(connection, order_id, lock=True)
            if row is None:
                return
            before = ledger.payments(connection, order_id)
            same = next((each for each in before if each.gateway_txn == trade.transaction), None)
            if same is not None:  # booked before
                if trade.state is TradeState.RETURNED and same.refund_id is None:
                    _mark(connection, row, "taken_back", now_ms)
                return
            if ledger.is_entered(connection, trade.transaction):
                # the number of another order's money: no answer to ours
                raise Refused(ProblemCode.GATEWAY_SILENT)
            kind, reason = _meaning(row, trade, bool(before))
            amount_fen, number = trade.amount_fen, trade.transaction
            entry = ledger.enter(connection, order_id, kind, amount_fen, gateway_txn=number, at_ms=now_ms)
            if row.state in OPEN:
                connection.execute(delete(CLAIMS).where(CLAIMS.c.order_id == order_id))
            if kind is Kind.PAYMENT:
                self._receipts.issue(connection, row, entry, trade.channel, now_ms)
                look_ms = max(row.expires_ms, now_ms) + LAST_LOOK_MS
                _set(connection, order_id, state="paid", reason="", looks=0, look_ms=look_ms)
                return
            back = {"entry_id": entry, "order_id": order_id, "amount_fen": amount_fen, "reason": reason}
            connection.execute(insert(REFUNDS).values(refund_id=f"R-{number}", **back, at_ms=now_ms))
            if row.state not in ("paid", "disputed"):
                _set(connection, order_id, state="refunding", reason=reason)
            _set(connection, order_id, looks=0, look_ms=now_ms)
            if trade.state is TradeState.RETURNED:
                self._enter_back(connection, order_id, entry, amount_fen, reversal_of(number))

    def _book_back(self, refund: Row[Any], number: str) -> None:
        with self._database.write() as connection:
            row_of(connection, refund.order_id, lock=True)
            paid = ledger.payments(connection, refund.order_id)
            if any(each.entry_id == refund.entry_id and each.answered is None for each in paid):
                self._enter_back(connection, refund.order_id, refund.entry_id, refund.amount_fen, number)

    def _enter_back(
        self, connection: Connection, order_id: str, answers: int, amount_fen: int, number: str
    ) -> None:
        """The refund's row, and the state that is left when nothing more has to go back."""
        back: dict[str, Any] = {"gateway_txn": number, "at_ms": self._clock.now_ms(), "answers": answers}
        ledger.enter(connection, order_id, Kind.REFUND, -amount_fen, **back)
        row = row_of(connection, order_id)
        assert row is not None
        if _waiting(connection, order_id) or row.state not in ("refunding", "disputed"):
            return
        if row.state == "disputed" and _reasons(connection, order_id) != {"refund_refused"}:
            return
        kept = any(each.refund_id is None for each in ledger.payments(connection, order_id))
        _set(connection, order_id, state="paid" if kept else "refunded", look_ms=None)

    def dispute(self, order_id: str, reason: str) -> bool:
        """Notes that a person has to look; ``reason`` is a word of at most 40 letters, noted once an order.

        True when the order is disputed now.  An open order is not: it is asked about until the gateway says what it is.
        Raises Refused for an order nobody knows.
        """
        with self._database.write() as connection:
            row = row_of(connection, order_id, lock=True)
            if row is None:
                raise Refused(ProblemCode.ORDER_UNKNOWN)
            return _mark(connection, row, reason, self._clock.now_ms())

    def _wish_to_close(self, order_id: str, reason: str) -> None:
        """Nobody is shown the code any more, and the sweep goes on asking even if the kiosk never comes back."""
        wished = (ORDERS.c.order_id == order_id) & ORDERS.c.state.in_(OPEN) & (ORDERS.c.reason == "")
        soon_ms = self._clock.now_ms() + SOONEST_LOOK_MS
        with self._database.write() as connection:
            connection.execute(update(ORDERS).where(wished).values(reason=reason, looks=0, look_ms=soon_ms))

    def _shut(self, order_id: str, reason: str) -> None:
        with self._database.write() as connection:
            row = row_of(connection, order_id, lock=True)
            if row is None or row.state not in OPEN:
                return
            connection.execute(delete(CLAIMS).where(CLAIMS.c.order_id == order_id))
            look_ms = self._clock.now_ms() + SOONEST_LOOK_MS
            _set(connection, order_id, state="closed", reason=row.reason or reason, looks=0, look_ms=look_ms)

    def _hurry(self, order_id: str, within_s: float, every_s: float) -> None:
        """A scanned code's payer has less time than an order lives, and is looked after if the kiosk does not."""
        with self._database.write() as connection:
            row = row_of(connection, order_id, lock=True)
            if row is None or row.state not in OPEN or row.scanned_ms is None:
                return
            until_ms = row.scanned_ms + round(within_s * 1000)
            if until_ms < row.expires_ms:
                look_ms = min(until_ms, self._clock.now_ms() + round(every_s * 1000))
                _set(connection, order_id, expires_ms=until_ms, looks=0, look_ms=look_ms)

    def _plan_look(self, before: Row[Any], *, heard: bool) -> None:
        """Doubles the wait of an order that did not move, until nobody expects money any more."""
        now_ms = self._clock.now_ms()
        still = (ORDERS.c.order_id == before.order_id) & (ORDERS.c.state == before.state)
        latest_ms = LATEST_OPEN_LOOK_MS if before.state in OPEN else LATEST_LOOK_MS
        wait_ms = min(SOONEST_LOOK_MS << min(before.looks, 16), latest_ms)
        with self._database.write() as connection:
            watched = (
                not heard
                or before.state in (*OPEN, "refunding")
                or (before.state in ("closed", "disputed") and now_ms < before.expires_ms + WATCH_MS)
                or bool(_waiting(connection, before.order_id))
            )
            next_look = {"looks": before.looks + 1, "look_ms": now_ms + wait_ms if watched else None}
            connection.execute(update(ORDERS).where(still).values(**next_look))


def row_of(connection: Connection, order_id: str, lock: bool = False) -> Row[Any] | None:
    query = select(ORDERS).where(ORDERS.c.order_id == order_id)
    return connection.execute(query.with_for_update() if lock else query).first()


def settle_all(settlement: Settlement, database: Database, order_ids: Iterable[str]) -> None:
    """Asks the gateway about these orders; what it keeps quiet about stays as it is."""
    for order_id in order_ids:
        with database.read() as connection:
            row = row_of(connection, order_id)
        if row is not None:
            try:
                settlement.look(row, thorough=True)
            except Refused:
                continue  # silent: the next look will tell


def _meaning(row: Row[Any], trade: Trade, has_money: bool) -> tuple[Kind, str]:
    """As what a payment is entered, and why it goes back if it does."""
    if has_money:
        return Kind.SECOND_PAYMENT, "paid_twice"
    if trade.state is TradeState.RETURNED:
        return Kind.LATE_PAYMENT, "reversed"
    if row.state not in OPEN:
        return Kind.LATE_PAYMENT, "paid_late"
    if trade.amount_fen != row.total_fen:
        return Kind.WRONG_AMOUNT, "wrong_amount"
    return Kind.PAYMENT, ""


def _waiting(connection: Connection, order_id: str) -> list[Row[Any]]:
    """Refunds that no ledger row answers yet."""
    back = tables.ledger
    query = (
        select(REFUNDS)
        .outerjoin(back, back.c.answers == REFUNDS.c.entry_id)
        .where(REFUNDS.c.order_id == order_id, back.c.entry_id.is_(None))
        .order_by(REFUNDS.c.entry_id)
    )
    return list(connection.execute(query))


def _reasons(connection: Connection, order_id: str) -> set[str]:
    return set(connection.execute(select(DISPUTES.c.reason).where(DISPUTES.c.order_id == order_id)).scalars())


def _mark(connection: Connection, row: Row[Any], reason: str, now_ms: int) -> bool:
    if reason not in _reasons(connection, row.order_id):
        connection.execute(insert(DISPUTES).values(order_id=row.order_id, reason=reason, at_ms=now_ms))
    if row.state in OPEN:
        return False
    _set(connection, row.order_id, state="disputed")
    return True


def _set(connection: Connection, order_id: str, **values: object) -> None:
    connection.execute(update(ORDERS).where(ORDERS.c.order_id == order_id).values(**values))
