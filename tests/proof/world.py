"""Everything outside the kiosk, as a model: central's orders and receipts; the gateway and the payer are in ``world_gateway``.

It does what ``central.orders``, ``settlement``, ``receipts`` and ``sandbox`` do, without a database: the crash explorer
asks it thousands of times a second.  ``test_world_is_central`` drives both with the same calls and requires equal answers.
Times are milliseconds of one clock that the explorer moves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass

from kiosk import wire
from kiosk.api import Refused
from kiosk.wire import OrderState, ProblemCode
from tests.proof.world_gateway import Gateway, Silent, Trade
from tests.proof.world_paper import Paper, PrintDesk

ORDER_LIFE_MS = 300_000
WATCH_MS = 3 * 24 * 3600 * 1000
SOONEST_LOOK_MS, LATEST_LOOK_MS, LATEST_OPEN_LOOK_MS = 2_000, 3_600_000, 30_000
LAST_LOOK_MS = 60_000
REFUND_SHOWN_MS = 7 * 24 * 3600 * 1000
SILENCES_MOST = 5
NUMBERS = "371081261123"  # area code and legal day of every receipt
OPEN = ("requested", "created")

Due = tuple[str, str, int]  # person, product, year


@dataclass(slots=True)
class Row:
    """One order as central has it.  A tombstone has no request."""

    order_id: str
    kiosk_id: str
    request: wire.OrderRequest | None
    state: str  # requested, then wire.OrderState
    total_fen: int
    reason: str
    created_ms: int
    expires_ms: int
    pay_url: str | None = None
    looks: int = 0
    look_ms: int | None = None


@dataclass(slots=True)
class Back:
    """One payment that goes back, and when it had."""

    order_id: str
    number: str  # the payment's, at the gateway
    amount_fen: int
    at_ms: int
    done_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a person's page says of money and paper."""

    dues: dict[Due, str]
    owed: tuple[str, ...]
    open_orders: tuple[tuple[str, str], ...]


class Central(PrintDesk):
    """``offered``: tier and amount that may be paid, for each due.  ``homes``: person -> household."""

    def __init__(
        self,
        offered: dict[Due, frozenset[tuple[str, int]]],
        homes: dict[str, str],
        now_ms: Callable[[], int],
        first_number: int = 1,
    ) -> None:
        super().__init__()
        self.gateway = Gateway()
        self.offered, self.homes, self.now_ms = offered, homes, now_ms
        self.orders: dict[str, Row] = {}
        self.claims: dict[Due, str] = {}
        self.paid: dict[Due, str] = {}  # -> receipt number
        self.ledger: list[tuple[str, str, int, str]] = []  # order id, kind, fen, the gateway's number
        self.backs: dict[str, Back] = {}  # by refund id
        self._next_number = first_number

    # --- what a kiosk asks ---

    def put(self, kiosk_id: str, request: wire.OrderRequest) -> wire.OrderReply:
        row = self.orders.get(request.order_id)
        if row is None:
            row = self._open(kiosk_id, request)
        elif row.request is None:
            assert row.state == "closed"
        elif row.kiosk_id != kiosk_id or row.request != request:
            raise Refused("create", ProblemCode.ORDER_CONFLICT)
        if row.state == "requested" and not row.reason:  # one that is to be closed is not opened
            self._create(row)
        if row.state == "closed":
            raise Refused("create", ProblemCode.ORDER_CLOSED)
        return self._reply(row)

    def get(self, kiosk_id: str, order_id: str) -> wire.OrderReply:
        row = self._known("order", order_id)
        was_open = row.state in OPEN
        try:
            self._look(row)
        except Silent:
            if was_open:
                raise
        return self._reply(row)

    def charge(self, kiosk_id: str, order_id: str, code: str) -> wire.OrderReply:
        row = self._known("pay_code", order_id)
        if row.state == "closed":
            raise Refused("pay_code", ProblemCode.ORDER_CLOSED)
        if row.state not in OPEN or row.reason:
            return self._reply(row)
        if not is_payers(code):
            raise Refused("pay_code", ProblemCode.CODE_INVALID)
        if row.state == "requested":
            self._create(row)
        self._take_up(row, self.gateway.charge(order_id, code))
        return self._reply(row)

    def close(self, kiosk_id: str, order_id: str, reason: str = "given_up") -> wire.OrderReply:
        row = self.orders.get(order_id)
        if row is None:
            now_ms = self.now_ms()
            row = self.orders[order_id] = Row(order_id, kiosk_id, None, "closed", 0, reason, now_ms, now_ms)
        elif row.state in OPEN:
            self._ask_to_close(row, reason)
        return self._reply(row)

    def page(self, person_id: str) -> Page:
        """A visit.  What is unsettled is looked at first."""
        mine = [row for row in self.orders.values() if self._is_about(row, person_id)]
        going = {back.order_id for back in self.backs.values() if back.done_ms is None}
        for row in mine:
            if row.state in OPEN or row.order_id in going:
                self._look_quietly(row)
        dues = {
            due: "paid" if due in self.paid else "being_checked" if due in self.claims else "due"
            for due in self.offered
            if due[0] == person_id
        }
        papers = [p for p in self.receipts.values() if person_id in (p.person_id, self._payer(p.order_id))]
        owed = tuple(paper.receipt_no for paper in papers if self._is_owed(paper.receipt_no))
        shown = [(row.order_id, "created") for row in mine if row.state in OPEN]
        for back in self.backs.values():
            since = back.done_ms is None or back.done_ms > self.now_ms() - REFUND_SHOWN_MS
            if since and self._is_about(self.orders[back.order_id], person_id):
                shown.append((back.order_id, "refunding" if back.done_ms is None else "refunded"))
        return Page(dues, owed, tuple(shown))

    # --- what happens by itself ---

    def sweep(self) -> None:
        now_ms, silences = self.now_ms(), 0
        ripe = [row for row in self.orders.values() if row.look_ms is not None and row.look_ms <= now_ms]
        for row in sorted(ripe, key=lambda row: row.look_ms or 0):
            before, looks = row.state, row.looks
            try:
                self._look(row, before not in ("closed", "refunding"))
                silences = 0
            except Silent:
                silences += 1
            if row.state == before:
                self._plan_look(row, looks, silences == 0)
            if silences == SILENCES_MOST:
                return

    def notify(self, order_id: str) -> None:
        """The gateway's word that something has moved: a reason to look, no more."""
        if order_id in self.orders:
            self._look_quietly(self.orders[order_id])

    def standing(self) -> Hashable:
        """Everything that this central and its gateway will ever decide by."""
        rows = tuple(
            (
                r.order_id,
                r.kiosk_id,
                r.state,
                r.total_fen,
                r.reason,
                r.expires_ms,
                r.pay_url,
                r.looks,
                r.look_ms,
            )
            for r in self.orders.values()
        )
        requests = tuple(row.request for row in self.orders.values())
        prints = tuple((key, s.receipt_no, s.copy_number, s.verdict) for key, s in self.prints.items())
        papers = tuple((p.receipt_no, p.order_id, p.paid_ms) for p in self.receipts.values())
        claims, paid = tuple(self.claims.items()), tuple(self.paid.items())
        backs = tuple((b.order_id, b.number, b.amount_fen, b.at_ms, b.done_ms) for b in self.backs.values())
        money = tuple(self.ledger), backs, self.gateway.standing()
        return rows, requests, prints, papers, claims, paid, money

    # --- how ---

    def _open(self, kiosk_id: str, request: wire.OrderRequest) -> Row:
        self._check(request)
        now_ms = self.now_ms()
        expires_ms = now_ms + ORDER_LIFE_MS
        row = Row(request.order_id, kiosk_id, request, "requested", request.total_fen, "", now_ms, expires_ms)
        row.look_ms = expires_ms
        self.orders[request.order_id] = row
        for line in request.lines:
            self.claims[(line.person_id, line.product, line.year)] = request.order_id
        return row

    def _check(self, request: wire.OrderRequest) -> None:
        if len({(line.person_id, line.product) for line in request.lines}) < len(request.lines):
            raise Refused("create", ProblemCode.NOT_PAYABLE)
        for line in request.lines:
            due = (line.person_id, line.product, line.year)
            if self.homes[line.person_id] != self.homes[request.payer_id] or due not in self.offered:
                raise Refused("create", ProblemCode.NOT_PAYABLE)
            if due in self.paid:
                raise Refused("create", ProblemCode.ALREADY_PAID)
            if due in self.claims:
                raise Refused("create", ProblemCode.BEING_CHECKED)
            if (line.tier, line.amount_fen) not in self.offered[due]:
                raise Refused("create", ProblemCode.NOT_PAYABLE)

    def _create(self, row: Row) -> None:
        row.pay_url = self.gateway.create(row.order_id, row.total_fen)
        row.state = "created"

    def _look(self, row: Row, thorough: bool = False) -> None:
        """Raises Silent."""
        state = row.state
        if state in OPEN:
            trade = self.gateway.query(row.order_id)
            over = row.reason or ("expired" if self.now_ms() >= row.expires_ms else "")
            if over and (trade is None or trade.state not in ("paid", "closed")):
                self._ask_to_close(row, over)
            elif trade is None:
                self._create(row)
            else:
                self._take_up(row, trade)
            return
        if thorough or (state == "closed" and row.look_ms is not None):
            trade = self.gateway.query(row.order_id)
            if trade is not None and trade.state == "paid":
                self._book(row, trade)
        if thorough or state == "refunding":
            self._send_back(row)

    def _look_quietly(self, row: Row) -> None:
        with suppress(Silent):
            self._look(row, thorough=True)

    def _plan_look(self, row: Row, looks: int, heard: bool) -> None:
        """Doubles the wait of an order that did not move, until nobody expects money any more."""
        watched = (
            not heard
            or row.state in (*OPEN, "refunding")
            or (row.state == "closed" and self.now_ms() < row.expires_ms + WATCH_MS)
            or any(back.order_id == row.order_id and back.done_ms is None for back in self.backs.values())
        )
        latest_ms = LATEST_OPEN_LOOK_MS if row.state in OPEN else LATEST_LOOK_MS
        wait_ms = min(SOONEST_LOOK_MS << min(looks, 16), latest_ms)
        row.looks, row.look_ms = looks + 1, self.now_ms() + wait_ms if watched else None

    def _ask_to_close(self, row: Row, reason: str) -> None:
        """Raises Silent."""
        try:
            trade = self.gateway.query(row.order_id)
            if trade is None or trade.state != "paid":
                trade = self.gateway.close(row.order_id)
        except Silent:
            self._wish_to_close(row, reason)
            raise
        if trade.state == "paid":
            self._book(row, trade)
        elif trade.state == "closed":
            self._shut(row, reason)
        else:
            self._wish_to_close(row, reason)

    def _take_up(self, row: Row, trade: Trade) -> None:
        if trade.state == "paid":
            self._book(row, trade)
        elif trade.state == "refused":
            self._ask_to_close(row, "payer_refused")
        elif trade.state == "closed":
            self._shut(row, "expired")

    def _wish_to_close(self, row: Row, reason: str) -> None:
        if row.state in OPEN and not row.reason:
            row.reason, row.looks, row.look_ms = reason, 0, self.now_ms() + SOONEST_LOOK_MS

    def _send_back(self, row: Row) -> None:
        """Raises Silent."""
        waiting = [
            (refund_id, back)
            for refund_id, back in self.backs.items()
            if back.order_id == row.order_id and back.done_ms is None
        ]
        for refund_id, back in waiting:
            if not self.gateway.refund(row.order_id, refund_id, back.amount_fen, self.now_ms()):
                continue
            back.done_ms = self.now_ms()
            self.ledger.append((row.order_id, "refund", -back.amount_fen, refund_id))
            left = any(b.order_id == row.order_id and b.done_ms is None for b in self.backs.values())
            if row.state == "refunding" and not left:
                row.state, row.look_ms = "refunded", None

    def _book(self, row: Row, trade: Trade) -> None:
        number, fen = trade.payments[-1]
        if any(known == number for *_, known in self.ledger):
            return
        has_money = any(order_id == row.order_id for order_id, *_ in self.ledger)
        now_ms, was_open = self.now_ms(), row.state in OPEN
        if has_money:
            kind, reason = "second_payment", "paid_twice"
        elif not was_open:
            kind, reason = "late_payment", "paid_late"
        elif fen != row.total_fen:
            kind, reason = "wrong_amount", "wrong_amount"
        else:
            kind, reason = "payment", ""
        self.ledger.append((row.order_id, kind, fen, number))
        if was_open:
            self._free(row)
        row.looks = 0
        if kind == "payment":
            self._issue(row, now_ms)
            row.state, row.reason = "paid", ""
            row.look_ms = max(row.expires_ms, now_ms) + LAST_LOOK_MS
            return
        self.backs[f"R-{number}"] = Back(row.order_id, number, fen, now_ms)
        if row.state != "paid":
            row.state, row.reason = "refunding", reason
        row.look_ms = now_ms

    def _issue(self, row: Row, now_ms: int) -> None:
        assert row.request is not None
        for line in row.request.lines:
            receipt_no = f"{NUMBERS}{self._next_number:04d}"
            self._next_number += 1
            self.receipts[receipt_no] = Paper(
                receipt_no, row.order_id, line.person_id, line.tier, line.amount_fen, now_ms
            )
            self.paid[(line.person_id, line.product, line.year)] = receipt_no

    def _shut(self, row: Row, reason: str) -> None:
        if row.state not in OPEN:
            return
        self._free(row)
        row.state, row.reason, row.looks = "closed", row.reason or reason, 0
        row.look_ms = self.now_ms() + SOONEST_LOOK_MS

    def _free(self, row: Row) -> None:
        self.claims = {due: order_id for due, order_id in self.claims.items() if order_id != row.order_id}

    def _is_about(self, row: Row, person_id: str) -> bool:
        request = row.request
        return request is not None and person_id in (
            request.payer_id,
            *(line.person_id for line in request.lines),
        )

    def _payer(self, order_id: str) -> str:
        request = self.orders[order_id].request
        assert request is not None
        return request.payer_id

    def _known(self, call: str, order_id: str) -> Row:
        row = self.orders.get(order_id)
        if row is None:
            raise Refused(call, ProblemCode.ORDER_UNKNOWN)
        return row

    # --- answering ---

    def _reply(self, row: Row) -> wire.OrderReply:
        if row.state in OPEN:
            payable = not row.reason  # one that is to be closed is not shown
            left_s = max(0, -(-(row.expires_ms - self.now_ms()) // 1000)) if payable else 0
            return wire.OrderReply(
                order_id=row.order_id,
                state=OrderState.CREATED,
                total_fen=row.total_fen,
                pay_url=row.pay_url if payable else None,
                expires_in_s=left_s,
                reason=row.reason,
            )
        papers = [p for p in self.receipts.values() if p.order_id == row.order_id]
        return wire.OrderReply(
            order_id=row.order_id,
            state=OrderState(row.state),
            total_fen=row.total_fen,
            receipts=tuple(map(self._receipt, papers)) if row.state == "paid" else (),
            reason=row.reason,
        )


def is_payers(code: str) -> bool:
    """WeChat's eighteen digits with 10-15 in front, the only wallet the model's people have."""
    return len(code) == 18 and "10" <= code[:2] <= "15"
