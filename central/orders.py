"""Orders: an order is what a kiosk asked for once, under a number of its own.

    requested --create--> created --paid--> paid      every step asks the gateway first and writes afterwards;
        |                    |                        nothing is held open while the gateway is asked
        +------- close ------+--> closed --paid--> refunding --> refunded

* the same number with the same body is the same order, with another body a conflict
* closing a number nobody knows leaves a tombstone, so that a create still under way cannot open it
* an open order holds a claim on each due; the claims' primary key is what stops a second order
* only the gateway's CLOSED closes; its silence closes nothing
* money that comes after the close, or in another amount, is booked and sent back
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from central import alarms, basket, bills, ledger, tables
from central.clock import legal_day
from central.database import Database
from central.gateway import CodeInvalid, Gateway, GatewaySilent, Trade, TradeState, wallet_of
from central.ledger import Kind
from central.problems import Refused
from central.receipts import ReceiptBook
from central.rules import Rulebook
from central.settings import Settings
from kiosk.wire import OrderReply, OrderRequest, OrderState, ProblemCode, Receipt

ORDER_LIFE_MS = 300_000
WATCH_MS = 3 * 24 * 3600 * 1000  # how long after a close late money is looked for
SOONEST_LOOK_MS, LATEST_LOOK_MS = 2_000, 3_600_000
SWEEP_MOST = 200
PAYEE = "威海市文登区社会保险征缴（演示）"
OPEN = ("requested", "created")
REASONS = frozenset({"given_up", "payer_refused", "expired", "wrong_amount", "no_paper", "clock", "restart"})
TABLE, LINES, CLAIMS = tables.orders, tables.order_lines, tables.claims


class Orders:
    """Called from many threads; what keeps them apart is the database."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        gateway: Gateway,
        rulebook: Rulebook,
        receipt_book: ReceiptBook,
    ) -> None:
        self._database, self._clock, self._gateway = database, settings.clock, gateway
        self._rulebook, self._receipts = rulebook, receipt_book

    # --- what a kiosk asks ---

    def put(self, kiosk_id: str, request: OrderRequest) -> OrderReply:
        """Creates an order, or answers for the one that is there.  Raises Refused."""
        digest = _digest(kiosk_id, request)
        with self._database.write() as connection:
            row = _row(connection, request.order_id, lock=True)
            if row is None:
                self._open(connection, kiosk_id, request, digest)
                state = "requested"
            else:
                tombstone = row.request_digest is None and row.state == "closed"
                if row.request_digest != digest and not tombstone:
                    raise Refused(ProblemCode.ORDER_CONFLICT, "the same order id with another body")
                state = row.state
        if state == "requested":
            self._create(request.order_id, request.total_fen)
        reply = self._reply(request.order_id)
        if reply.state is OrderState.CLOSED:
            raise Refused(ProblemCode.ORDER_CLOSED, reply.reason)
        return reply

    def get(self, order_id: str) -> OrderReply:
        """The order as the gateway has it now.  Raises Refused."""
        row = self._known(order_id)
        try:
            self._look(row)
        except Refused:
            if row.state in OPEN:
                raise
        return self._reply(order_id)

    def charge(self, order_id: str, code: str) -> OrderReply:
        """Pays with a scanned code; the same code may be sent again after a lost answer.  Raises Refused."""
        row = self._known(order_id)
        if row.state == "closed":
            raise Refused(ProblemCode.ORDER_CLOSED, row.reason)
        if row.state not in OPEN:
            return self._reply(order_id)
        if wallet_of(code) is None:
            raise Refused(ProblemCode.CODE_INVALID)
        if row.state == "requested":
            self._create(order_id, row.total_fen)
        try:
            self._take_up(order_id, self._gateway.charge(order_id, code))
        except CodeInvalid:
            raise Refused(ProblemCode.CODE_INVALID) from None
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        return self._reply(order_id)

    def close(self, kiosk_id: str, order_id: str, reason: str) -> OrderReply:
        """Closed, or paid when the money was faster.  An unknown order gets a tombstone.  Raises Refused."""
        reason = reason if reason in REASONS else "given_up"
        with self._database.write() as connection:
            row = _row(connection, order_id, lock=True)
            if row is None:
                connection.execute(insert(TABLE).values(self._tombstone(kiosk_id, order_id, reason)))
        if row is not None and row.state in OPEN:
            self._ask_to_close(order_id, reason)
        return self._reply(order_id)

    # --- what happens by itself ---

    def settle(self, order_ids: Iterable[str]) -> None:
        """Asks the gateway about these orders; what it keeps quiet about stays as it is."""
        for order_id in order_ids:
            with self._database.read() as connection:
                row = _row(connection, order_id)
            if row is not None:
                try:
                    self._look(row)
                except Refused:
                    continue  # silent, or a tombstone: the next look will tell

    def sweep(self) -> int:
        """Looks at every order whose time has come, and gives how many those were."""
        now_ms = self._clock.now_ms()
        with self._database.read() as connection:
            ripe = select(TABLE).where(TABLE.c.look_ms <= now_ms).order_by(TABLE.c.look_ms).limit(SWEEP_MOST)
            rows = connection.execute(ripe).all()
        for row in rows:
            self.settle([row.order_id])
            self._plan_look(row)
        return len(rows)

    # --- creating ---

    def _open(self, connection: Connection, kiosk_id: str, request: OrderRequest, digest: str) -> None:
        now_ms = self._clock.now_ms()
        alarms.check_not_stopped(connection, kiosk_id)
        wanted = basket.check(connection, self._rulebook, request, legal_day(now_ms))
        connection.execute(
            insert(TABLE).values(
                order_id=request.order_id,
                kiosk_id=kiosk_id,
                payer_id=request.payer_id,
                request_digest=digest,
                state="requested",
                total_fen=request.total_fen,
                reason="",
                created_ms=now_ms,
                expires_ms=now_ms + ORDER_LIFE_MS,
                looks=0,
                look_ms=now_ms + ORDER_LIFE_MS,
            )
        )
        for line_no, (line, tier) in enumerate((each.line, each.tier) for each in wanted):
            due = {"person_id": line.person_id, "product": line.product, "year": line.year}
            connection.execute(insert(CLAIMS).values(**due, order_id=request.order_id))
            connection.execute(
                insert(LINES).values(
                    **due,
                    order_id=request.order_id,
                    line_no=line_no,
                    tier=line.tier,
                    tier_label=tier.label,
                    amount_fen=line.amount_fen,
                    subsidy_fen=tier.subsidy_fen or 0,
                )
            )
            paid = bills.paid_by(connection, line.person_id)
            if (line.product, line.year) in {(row.product, row.year) for row in paid}:
                # looked at again with the claim in hand: with many writers another order may just have been paid
                raise Refused(ProblemCode.ALREADY_PAID)

    def _create(self, order_id: str, total_fen: int) -> None:
        try:
            pay_url = self._gateway.create(order_id, total_fen, PAYEE)
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        with self._database.write() as connection:
            # a close may have come in between; then the code is never shown
            still = (TABLE.c.order_id == order_id) & (TABLE.c.state == "requested")
            connection.execute(update(TABLE).where(still).values(state="created", pay_url=pay_url))

    def _tombstone(self, kiosk_id: str, order_id: str, reason: str) -> dict[str, object]:
        now_ms = self._clock.now_ms()
        return {
            "order_id": order_id,
            "kiosk_id": kiosk_id,
            "state": "closed",
            "total_fen": 0,
            "reason": reason,
            "created_ms": now_ms,
            "expires_ms": now_ms,
            "looks": 0,
        }

    # --- asking the gateway ---

    def _look(self, row: Row[Any]) -> None:
        """Asks about one order and writes down the answer.  Raises Refused when the gateway keeps quiet."""
        try:
            if row.state in OPEN:
                trade = self._gateway.query(row.order_id)
                expired = self._clock.now_ms() >= row.expires_ms
                if trade.state is TradeState.UNKNOWN and not expired:
                    self._create(row.order_id, row.total_fen)
                elif expired and trade.state is not TradeState.PAID:
                    self._ask_to_close(row.order_id, "expired")
                else:
                    self._take_up(row.order_id, trade)
            elif row.state == "closed" and row.look_ms is not None:
                self._take_up(row.order_id, self._gateway.query(row.order_id))
            elif row.state == "refunding":
                self._send_back(row.order_id)
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None

    def _ask_to_close(self, order_id: str, reason: str) -> None:
        try:
            trade = self._gateway.query(order_id)  # the rule of every gateway: query before close
            if trade.state is not TradeState.PAID:
                trade = self._gateway.close(order_id)
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        if trade.state is TradeState.PAID:
            self._book(order_id, trade)
        else:
            self._shut(order_id, reason)

    def _take_up(self, order_id: str, trade: Trade) -> None:
        if trade.state is TradeState.PAID:
            self._book(order_id, trade)
        elif trade.state is TradeState.REFUSED:
            self._ask_to_close(order_id, "payer_refused")
        elif trade.state is TradeState.CLOSED:
            self._shut(order_id, "expired")

    def _send_back(self, order_id: str) -> None:
        with self._database.read() as connection:
            held_fen = ledger.balance_fen(connection, order_id)
        refund = self._gateway.refund(order_id, f"R-{order_id}", held_fen)
        if not refund.done:
            return
        with self._database.write() as connection:
            row = _row(connection, order_id, lock=True)
            if row is not None and row.state == "refunding":
                now_ms = self._clock.now_ms()
                txn = refund.transaction
                ledger.enter(connection, order_id, Kind.REFUND, -held_fen, gateway_txn=txn, at_ms=now_ms)
                _set(connection, order_id, state="refunded", look_ms=None)

    # --- writing it down ---

    def _book(self, order_id: str, trade: Trade) -> None:
        """Money has moved: one transaction for ledger, receipts, contributions and state."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            row = _row(connection, order_id, lock=True)
            if row is None or row.state not in (*OPEN, "closed"):
                return  # booked before
            if row.state in OPEN and trade.amount_fen == row.total_fen:
                kind, state, reason = Kind.PAYMENT, "paid", ""
            elif row.state in OPEN:
                kind, state, reason = Kind.WRONG_AMOUNT, "refunding", "wrong_amount"
            else:
                kind, state, reason = Kind.LATE_PAYMENT, "refunding", "paid_late"
            entry_id = ledger.enter(
                connection, order_id, kind, trade.amount_fen, gateway_txn=trade.transaction, at_ms=now_ms
            )
            if kind is Kind.PAYMENT:
                self._receipts.issue(connection, row, entry_id, trade.channel, now_ms)
            connection.execute(delete(CLAIMS).where(CLAIMS.c.order_id == order_id))
            look_ms = now_ms if state == "refunding" else None
            _set(connection, order_id, state=state, reason=reason, looks=0, look_ms=look_ms)

    def _shut(self, order_id: str, reason: str) -> None:
        with self._database.write() as connection:
            row = _row(connection, order_id, lock=True)
            if row is None or row.state not in OPEN:
                return
            connection.execute(delete(CLAIMS).where(CLAIMS.c.order_id == order_id))
            look_ms = self._clock.now_ms() + SOONEST_LOOK_MS
            _set(connection, order_id, state="closed", reason=reason, looks=0, look_ms=look_ms)

    def _plan_look(self, before: Row[Any]) -> None:
        """Doubles the wait of an order that did not move, until nobody expects money any more."""
        now_ms = self._clock.now_ms()
        watched = before.state != "closed" or now_ms < before.expires_ms + WATCH_MS
        wait_ms = min(SOONEST_LOOK_MS << min(before.looks, 16), LATEST_LOOK_MS)
        still = (TABLE.c.order_id == before.order_id) & (TABLE.c.state == before.state)
        with self._database.write() as connection:
            connection.execute(
                update(TABLE)
                .where(still)
                .values(looks=before.looks + 1, look_ms=now_ms + wait_ms if watched else None)
            )

    # --- answering ---

    def _known(self, order_id: str) -> Row[Any]:
        with self._database.read() as connection:
            row = _row(connection, order_id)
        if row is None:
            raise Refused(ProblemCode.ORDER_UNKNOWN)
        return row

    def _reply(self, order_id: str) -> OrderReply:
        row = self._known(order_id)
        state = OrderState.CREATED if row.state == "requested" else OrderState(row.state)
        paid: tuple[Receipt, ...] = ()
        if state is OrderState.PAID:
            with self._database.read() as connection:
                found = self._receipts.load(connection, tables.receipts.c.order_id == order_id)
            paid = tuple(sorted(found, key=lambda receipt: (len(receipt.receipt_no), receipt.receipt_no)))
        left_ms = row.expires_ms - self._clock.now_ms() if state is OrderState.CREATED else 0
        return OrderReply(
            order_id=order_id,
            state=state,
            total_fen=row.total_fen,
            pay_url=row.pay_url if state is OrderState.CREATED else None,
            expires_in_s=max(0, -(-left_ms // 1000)),
            receipts=paid,
            reason=row.reason,
        )


def _row(connection: Connection, order_id: str, lock: bool = False) -> Row[Any] | None:
    query = select(TABLE).where(TABLE.c.order_id == order_id)
    return connection.execute(query.with_for_update() if lock else query).first()


def _set(connection: Connection, order_id: str, **values: object) -> None:
    connection.execute(update(TABLE).where(TABLE.c.order_id == order_id).values(**values))


def _digest(kiosk_id: str, request: OrderRequest) -> str:
    text = json.dumps([kiosk_id, request.model_dump(mode="json")], sort_keys=True, ensure_ascii=True)
    return sha256(text.encode()).hexdigest()
