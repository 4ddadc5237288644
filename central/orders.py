"""Orders: an order is what a kiosk asked for once, under a number of its own.

    requested --create--> created --paid--> paid      every step asks the gateway first and writes afterwards;
        |                    |                        nothing is held open while the gateway is asked
        +------- close ------+--> closed --paid--> refunding --> refunded
                                                            disputed: a person has to look (``settlement``)

* the same number with the same body is the same order, with another body a conflict
* closing a number nobody knows leaves a tombstone, so that a create still under way cannot open it
* an open order holds a claim on each due; the claims' primary key is what stops a second order
* only the gateway's CLOSED closes; its silence closes nothing
* money that comes after the close, twice, or in another amount, is booked and sent back
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from central import alarms, basket, bills, ledger, tables
from central.clock import legal_day
from central.database import Database
from central.gateway import ORDER_ID_MOST, CodeInvalid, Gateway, GatewaySilent, wallet_of
from central.problems import Refused
from central.receipts import ReceiptBook
from central.rules import Rulebook
from central.settings import Settings
from central.settlement import OPEN, Settlement, row_of, settle_all
from kiosk.wire import OrderReply, OrderRequest, OrderState, ProblemCode, Receipt

ORDER_LIFE_MS = 300_000
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
        self._settlement = Settlement(database, settings, gateway, receipt_book)

    # --- what a kiosk asks ---

    def put(self, kiosk_id: str, request: OrderRequest) -> OrderReply:
        """Creates an order, or answers for the one that is there.  Raises Refused."""
        if len(request.order_id) > ORDER_ID_MOST:
            raise Refused(ProblemCode.INVALID_REQUEST, "order_id is longer than a gateway takes")
        digest = _digest(kiosk_id, request)
        with self._database.write() as connection:
            row = row_of(connection, request.order_id, lock=True)
            if row is None:
                self._open(connection, kiosk_id, request, digest)
                state = "requested"
            else:
                tombstone = row.request_digest is None and row.state == "closed"
                if row.request_digest != digest and not tombstone:
                    raise Refused(ProblemCode.ORDER_CONFLICT, "the same order id with another body")
                state = "" if row.reason else row.state  # one that is to be closed is not opened
        if state == "requested":
            self._settlement.open_trade(request.order_id, request.total_fen)
        reply = self._reply(request.order_id)
        if reply.state is OrderState.CLOSED:
            raise Refused(ProblemCode.ORDER_CLOSED, reply.reason)
        return reply

    def get(self, order_id: str) -> OrderReply:
        """The order as the gateway has it now.  Raises Refused."""
        row = self._known(order_id)
        try:
            self._settlement.look(row)
        except Refused:
            if row.state in OPEN:
                raise
        return self._reply(order_id)

    def charge(self, order_id: str, code: str) -> OrderReply:
        """Pays with a scanned code; the same code may be sent again after a lost answer.  Raises Refused."""
        row = self._known(order_id)
        if row.state == "closed":
            raise Refused(ProblemCode.ORDER_CLOSED, row.reason)
        if row.state not in OPEN or row.reason:
            return self._reply(order_id)
        if wallet_of(code) is None:
            raise Refused(ProblemCode.CODE_INVALID)
        if row.state == "requested":
            self._settlement.open_trade(order_id, row.total_fen)
        self._note_scan(order_id)
        try:
            self._settlement.take_up(order_id, self._gateway.charge(order_id, code))
        except CodeInvalid:
            raise Refused(ProblemCode.CODE_INVALID) from None
        except GatewaySilent:
            raise Refused(ProblemCode.GATEWAY_SILENT) from None
        return self._reply(order_id)

    def close(self, kiosk_id: str, order_id: str, reason: str) -> OrderReply:
        """Closed, or paid when the money was faster; ``created`` while the gateway's rules say not yet.

        An unknown order gets a tombstone.  Raises Refused.
        """
        reason = reason if reason in REASONS else "given_up"
        with self._database.write() as connection:
            row = row_of(connection, order_id, lock=True)
            if row is None:
                connection.execute(insert(TABLE).values(self._tombstone(kiosk_id, order_id, reason)))
        if row is not None and row.state in OPEN:
            self._settlement.ask_to_close(order_id, reason)
        return self._reply(order_id)

    # --- what happens by itself, and what notices, bills and people ask for ---

    def settle(self, order_ids: Iterable[str]) -> None:
        """Asks the gateway about these orders, also settled ones; what it keeps quiet about stays as it is."""
        settle_all(self._settlement, self._database, order_ids)

    def look_for(self, order_id: str, transaction: str) -> None:
        """Asks about one payment that a notice or a bill names.  Raises Refused."""
        self._known(order_id)
        self._settlement.look_for(order_id, transaction)

    def dispute(self, order_id: str, reason: str) -> bool:
        """A person has to look at this order's money; see ``Settlement.dispute``.  Raises Refused."""
        return self._settlement.dispute(order_id, reason)

    def sweep(self) -> int:
        """Looks at every order whose time has come, and gives how many those were."""
        return self._settlement.sweep()

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

    def _note_scan(self, order_id: str) -> None:
        """On disk before the code leaves; the code itself is never written."""
        with self._database.write() as connection:
            this = TABLE.c.order_id == order_id
            connection.execute(update(TABLE).where(this).values(scanned_ms=self._clock.now_ms()))

    # --- answering ---

    def _known(self, order_id: str) -> Row[Any]:
        with self._database.read() as connection:
            row = row_of(connection, order_id)
        if row is None:
            raise Refused(ProblemCode.ORDER_UNKNOWN)
        return row

    def _reply(self, order_id: str) -> OrderReply:
        paid: tuple[Receipt, ...] = ()
        with self._database.read() as connection:
            row = row_of(connection, order_id)
            if row is None:
                raise Refused(ProblemCode.ORDER_UNKNOWN)
            state = shown_state(connection, row)
            if state is OrderState.PAID:
                found = self._receipts.load(connection, tables.receipts.c.order_id == order_id)
                paid = tuple(sorted(found, key=lambda receipt: (len(receipt.receipt_no), receipt.receipt_no)))
        payable = state is OrderState.CREATED and not row.reason  # one that is to be closed is not shown
        left_ms = row.expires_ms - self._clock.now_ms() if payable else 0
        return OrderReply(
            order_id=order_id,
            state=state,
            total_fen=row.total_fen,
            pay_url=row.pay_url if payable else None,
            expires_in_s=max(0, -(-left_ms // 1000)),
            receipts=paid,
            reason=row.reason,
        )


def shown_state(connection: Connection, row: Row[Any]) -> OrderState:
    """What a kiosk is told.  A dispute is between central and the gateway; the citizen sees what the ledger says.

    Paid with receipts stays paid: nobody pays twice because books differ.  Money without receipts is on its way back.
    """
    if row.state == "requested":
        return OrderState.CREATED
    if row.state != "disputed":
        return OrderState(row.state)
    paid = ledger.payments(connection, row.order_id)
    if any(each.kind == ledger.Kind.PAYMENT for each in paid):
        return OrderState.PAID
    if any(each.answered is None for each in paid):
        return OrderState.REFUNDING
    return OrderState.REFUNDED if paid else OrderState.CLOSED


def _digest(kiosk_id: str, request: OrderRequest) -> str:
    text = json.dumps([kiosk_id, request.model_dump(mode="json")], sort_keys=True, ensure_ascii=True)
    return sha256(text.encode()).hexdigest()
