"""The gateway of the explored world: its books, its line, and the payer.

It keeps the rules of ``central.gateway``: idempotent by order id and by refund id, closes what it never heard of, and
never opens again what it closed.  What it holds at the end is what the ledger must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from central.gateway import WECHAT, BillLine, GatewaySilent, Refund, Trade, TradeState, reversal_of
from tests.proof.central_world import WatchedDatabase, Watcher

Answer = TypeVar("Answer")
ASK_EVERY_S = 5.0
ANSWERS, SILENT, REPLY_LOST, REQUEST_LOST, LATE = (
    "answers",
    "silent",
    "reply lost",
    "request lost",
    "late",
)


@dataclass(frozen=True)
class Payment:
    """Money a payer gave for one order."""

    transaction: str
    amount_fen: int
    at_ms: int


@dataclass(frozen=True)
class Back:
    """A refund, asked for so often, done when ``done_ms`` says."""

    amount_fen: int
    asks: int
    done_ms: int | None = None


@dataclass(frozen=True)
class BookedTrade:
    """``was_closed``: by the gateway itself, whatever came afterwards.  ``taken_back``: payments it reversed unasked."""

    amount_fen: int
    state: TradeState
    opened_ms: int
    payments: tuple[Payment, ...] = ()
    backs: Mapping[str, Back] = field(default_factory=dict)
    was_closed: bool = False
    taken_back: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Manners:
    """How this gateway does things.  A refund is done from ask number ``refund_asks`` on, and refused before
    ``refund_refusals``; nothing is closed before ``close_after_s``; a scanned code is confirmed within ``confirm_within_s``.
    """

    refund_asks: int = 2
    refund_refusals: int = 0
    close_after_s: int = 0
    confirm_within_s: float | None = None


class Books:
    """The Gateway port over a line with faults.

    A scanned code's last digit says what the payer's bank does: 7 wants a confirmation on the phone, 8 refuses,
    anything else pays.
    """

    def __init__(self, world: Watcher, database: WatchedDatabase, manners: Manners) -> None:
        self._world, self._database, self._manners = world, database, manners
        self.trades: dict[str, BookedTrade] = {}
        self._on_its_way: list[tuple[str, Callable[[], object]]] = []
        self._queried: set[str] = set()
        self._payments = 0

    # --- the port ---

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        def create() -> str:
            fresh = BookedTrade(amount_fen, TradeState.WAITING, self._world.clock.now_ms())
            trade = self.trades.setdefault(order_id, fresh)
            if trade.amount_fen != amount_fen and trade.state is not TradeState.CLOSED:
                self._world.broke("a trade was created again with another amount")
            return f"weixin://{order_id}"

        return self._ask("create", order_id, create)

    def charge(self, order_id: str, code: str) -> Trade:
        def charge() -> Trade:
            trade = self.trades.get(order_id)
            if trade is None:
                self._world.broke("a code was sent for a trade that was never created")
            elif trade.state is TradeState.WAITING:
                states = {"7": TradeState.CONFIRMING, "8": TradeState.REFUSED}
                if code[-1] in states:
                    self.trades[order_id] = replace(trade, state=states[code[-1]])
                else:
                    self.pay(order_id)
            return self._trade(order_id)

        return self._ask("charge", order_id, charge)

    def query(self, order_id: str) -> Trade:
        self._queried.add(order_id)
        return self._ask("query", order_id, lambda: self._trade(order_id))

    def query_payment(self, order_id: str, transaction: str) -> Trade:
        return self._ask("query a payment", order_id, lambda: self._one(order_id, transaction))

    def close(self, order_id: str) -> Trade:
        def close() -> Trade:
            if order_id not in self._queried:
                self._world.broke("closed without asking first whether it was paid")
            now_ms = self._world.clock.now_ms()
            trade = self.trades.get(order_id, BookedTrade(0, TradeState.CLOSED, 0))
            ripe = now_ms >= trade.opened_ms + 1000 * self._manners.close_after_s
            if not trade.payments and ripe:
                trade = replace(trade, state=TradeState.CLOSED, was_closed=True)
            self.trades[order_id] = trade
            return self._trade(order_id)

        return self._ask("close", order_id, close)

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        def refund() -> Refund:
            trade = self.trades[order_id]
            back = trade.backs.get(refund_id, Back(amount_fen, 0))
            if back.amount_fen != amount_fen:
                self._world.broke("a refund was asked for again with another amount")
            if back.done_ms is None:
                asks = back.asks + 1
                done_ms = self._world.clock.now_ms() if asks >= self._manners.refund_asks else None
                back = Back(back.amount_fen, asks, done_ms)
                trade = replace(trade, backs={**trade.backs, refund_id: back})
                self.trades[order_id] = trade
            if sum(each.amount_fen for each in trade.backs.values()) > given_fen(trade):
                self._world.broke("more was asked back than was paid")
            done = back.done_ms is not None
            refused = not done and back.asks <= self._manners.refund_refusals
            return Refund(done, f"B-{refund_id}" if done else "", refused)

        return self._ask("refund", order_id, refund)

    def bill(self, day: date) -> tuple[BillLine, ...]:
        raise GatewaySilent  # the day's bill is no part of an order's life

    # --- the payer ---

    def pay(self, order_id: str, amount_fen: int | None = None) -> None:
        """Money moves, whatever central knows of it: also after a close, when it was on its way already."""
        trade = self.trades[order_id]
        self._payments += 1
        fen = trade.amount_fen if amount_fen is None else amount_fen
        payment = Payment(f"T{self._payments}-{order_id}", fen, self._world.clock.now_ms())
        self.trades[order_id] = replace(trade, state=TradeState.PAID, payments=(*trade.payments, payment))

    def take_back(self, order_id: str) -> None:
        """The gateway gives the payer the money again, unasked."""
        trade = self.trades[order_id]
        returned = trade.taken_back | {trade.payments[-1].transaction}
        self.trades[order_id] = replace(trade, state=TradeState.RETURNED, taken_back=returned)

    def refuse(self, order_id: str) -> None:
        self.trades[order_id] = replace(self.trades[order_id], state=TradeState.REFUSED)

    # --- the books ---

    def has_closed(self, order_id: str) -> bool:
        """The gateway itself has closed this trade, whatever came afterwards."""
        return order_id in self.trades and self.trades[order_id].was_closed

    def movements(self) -> list[tuple[str, str, int]]:
        """(order, transaction, fen), + in and - back, of everything that is done."""
        rows = []
        for order_id, trade in self.trades.items():
            rows += [(order_id, each.transaction, each.amount_fen) for each in trade.payments]
            rows += [
                (order_id, reversal_of(each.transaction), -each.amount_fen)
                for each in trade.payments
                if each.transaction in trade.taken_back
            ]
            rows += [
                (order_id, f"B-{refund_id}", -back.amount_fen)
                for refund_id, back in trade.backs.items()
                if back.done_ms is not None
            ]
        return sorted(rows)

    # --- the line ---

    def land(self, order_id: str | None = None) -> None:
        """What was on its way arrives: that of one order, or all of it."""
        landing = [do for of, do in self._on_its_way if order_id in (None, of)]
        self._on_its_way = [each for each in self._on_its_way if order_id not in (None, each[0])]
        for do in landing:
            do()

    def _trade(self, order_id: str) -> Trade:
        trade = self.trades.get(order_id)
        if trade is None:
            return Trade(TradeState.UNKNOWN)
        if trade.payments:  # of several the last
            return self._one(order_id, trade.payments[-1].transaction)
        confirming = trade.state is TradeState.CONFIRMING
        within_s = self._manners.confirm_within_s if confirming else None
        return Trade(trade.state, trade.amount_fen, confirm_within_s=within_s, ask_every_s=ASK_EVERY_S)

    def _one(self, order_id: str, transaction: str) -> Trade:
        trade = self.trades.get(order_id)
        for payment in trade.payments if trade else ():
            if trade and payment.transaction == transaction:
                back = transaction in trade.taken_back
                state = TradeState.RETURNED if back else TradeState.PAID
                return Trade(state, payment.amount_fen, transaction, WECHAT)
        return Trade(TradeState.UNKNOWN)

    def _ask(self, call: str, order_id: str, do: Callable[[], Answer]) -> Answer:
        """One call over the line: what can go wrong with it depends on whether it would move anything."""
        if self._database.open:
            self._world.broke("a transaction was held open while the gateway was asked")
        self._world.gap(call)
        before = dict(self.trades)
        answer = do()
        moves = self.trades != before
        options = (ANSWERS, REPLY_LOST, REQUEST_LOST, LATE) if moves else (ANSWERS, SILENT)
        taken = self._world.schedule.take(call, options)
        if taken in (REQUEST_LOST, LATE):
            self.trades = before
            if taken == LATE:
                self._on_its_way.append((order_id, do))
        elif moves:
            self._world.moved = True
        if call == "close" and taken == ANSWERS:
            self.land(order_id)
        if taken != ANSWERS:
            raise GatewaySilent
        return answer


def given_fen(trade: BookedTrade) -> int:
    """What the payer gave, before anything went back."""
    return sum(payment.amount_fen for payment in trade.payments)
