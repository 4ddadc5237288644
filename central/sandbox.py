"""A trial gateway: an outside world with its own database, so that its books can be laid beside ours.

What the payer does comes from the cashier page.  ``silent`` makes the gateway keep quiet about one trade:
every call about it raises GatewaySilent until released, while the payer can go on paying.  ``pays_late``
makes the money arrive after the close.  A scanned code's last digit says what the payer's bank does: 0-6
pays, 7 wants a confirmation on the cashier page, 8 refuses, 9 pays and then the gateway keeps quiet.
Codes are remembered only as keyed digests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central.clock import Clock, legal_day
from central.database import Database
from central.gateway import (
    REVERSED,
    WECHAT,
    BillLine,
    CodeInvalid,
    GatewaySilent,
    Refund,
    Trade,
    TradeState,
    reversal_of,
    wallet_of,
)
from central.sandbox_books import (
    MOVED,
    Slip,
    all_slips,
    bill_lines,
    codes,
    further,
    metadata,
    refunds,
    returned_fen,
    slip_of,
    stuck_refunds,
    trades,
)

REFUND_TAKES_MS = 1000
PENDING = (TradeState.WAITING.value, TradeState.CONFIRMING.value)


class Act(StrEnum):
    """What can be done on the cashier page; the last two are the gateway's doing, not the payer's."""

    PAY = "pay"
    REFUSE = "refuse"
    LATE = "late"
    SILENCE = "silence"
    RELEASE = "release"
    AGAIN = "again"  # the same money once more, as another transaction
    TAKE_BACK = "take_back"  # the gateway gives the payer a paid trade's money back, unasked


class Sandbox:
    """The Gateway port, and beside it what the payer does.  ``digest`` is a keyed hash as hex.

    ``on_payment(order_id, transaction)`` is called after every payment; the trial gateway's notices hang on it.
    """

    def __init__(
        self, database: Database, clock: Clock, public_url: str, digest: Callable[[str, str], str]
    ) -> None:
        self._database, self._clock, self._public_url, self._digest = database, clock, public_url, digest
        self.on_payment: Callable[[str, str], None] = lambda _order_id, _transaction: None
        with database.write() as connection:
            metadata.create_all(connection)

    # --- the port ---

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        token = self._digest("cashier", order_id)[:24]
        with self._database.write() as connection:
            row = self._row(connection, order_id)
            if row is None:
                connection.execute(
                    insert(trades).values(self._new(order_id, token, amount_fen, payee, "waiting"))
                )
            elif row.silent:
                raise GatewaySilent
        return f"{self._public_url}/sandbox/cashier/{token}"

    def charge(self, order_id: str, code: str) -> Trade:
        wallet, digest = wallet_of(code), self._digest("payer code", code)
        if wallet is None:
            raise CodeInvalid
        paid = ""
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.order_id == order_id)).one()
            if row.silent:
                raise GatewaySilent
            used = connection.execute(select(codes.c.order_id).where(codes.c.digest == digest)).scalar()
            if used is not None and used != order_id:
                raise CodeInvalid
            if used is None and row.state == TradeState.WAITING.value:
                connection.execute(insert(codes).values(digest=digest, order_id=order_id))
                changes: dict[str, object] = {"channel": wallet, "state": _meaning(code).value}
                if changes["state"] == TradeState.PAID.value:
                    paid = self._transaction(order_id)
                    moved = {"transaction": paid, "paid_ms": self._clock.now_ms()}
                    changes |= {**moved, "silent": code.endswith("9")}
                connection.execute(update(trades).where(trades.c.order_id == order_id).values(changes))
        if paid:
            self.on_payment(order_id, paid)
        return self.query(order_id)

    def query(self, order_id: str) -> Trade:
        late = ""
        with self._database.write() as connection:
            row = self._row(connection, order_id)
            if row is None:
                return Trade(TradeState.UNKNOWN)
            if row.silent:
                raise GatewaySilent
            if row.pays_late and row.state == TradeState.CLOSED.value:
                late = self._pay(connection, order_id, row.channel)
                row = connection.execute(select(trades).where(trades.c.order_id == order_id)).one()
            trade = self._trade(connection, row)
        if late:
            self.on_payment(order_id, late)
        return trade

    def query_payment(self, order_id: str, transaction: str) -> Trade:
        with self._database.read() as connection:
            row = self._row(connection, order_id)
            if row is not None and row.silent:
                raise GatewaySilent
            if row is not None and row.transaction == transaction and row.state in MOVED:
                return Trade(TradeState(row.state), row.amount_fen, transaction, row.channel)
            again = connection.execute(
                select(further).where(further.c.transaction == transaction, further.c.order_id == order_id)
            ).first()
            if row is None or again is None:
                return Trade(TradeState.UNKNOWN)
            return Trade(TradeState.PAID, again.amount_fen, transaction, row.channel)

    def close(self, order_id: str) -> Trade:
        with self._database.write() as connection:
            row = self._row(connection, order_id)
            if row is None:
                token = self._digest("cashier", order_id)[:24]
                connection.execute(insert(trades).values(self._new(order_id, token, 0, "", "closed")))
                return Trade(TradeState.CLOSED)
            if row.silent:
                raise GatewaySilent
            if row.state in MOVED:
                return self._trade(connection, row)
            connection.execute(update(trades).where(trades.c.order_id == order_id).values(state="closed"))
            return Trade(TradeState.CLOSED)

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.order_id == order_id)).one()
            if row.silent:
                raise GatewaySilent
            asked = connection.execute(select(refunds).where(refunds.c.refund_id == refund_id)).first()
            if asked is None:
                if amount_fen > self._held_fen(connection, row):
                    return Refund(done=False, refused=True)
                entry = {
                    "refund_id": refund_id,
                    "order_id": order_id,
                    "amount_fen": amount_fen,
                    "at_ms": now_ms,
                }
                connection.execute(insert(refunds).values(entry))
                return Refund(done=False)
            stuck = stuck_refunds.c.refund_id == refund_id
            if connection.execute(select(stuck_refunds).where(stuck)).first() is not None:
                return Refund(done=False, refused=True)
            return Refund(now_ms - asked.at_ms >= REFUND_TAKES_MS, self.refund_number(refund_id))

    def bill(self, day: date) -> tuple[BillLine, ...]:
        with self._database.read() as connection:
            lines = bill_lines(connection, self.refund_number)
        return tuple(
            sorted((x for x in lines if legal_day(x.at_ms) == day), key=lambda x: (x.at_ms, x.transaction))
        )

    # --- the payer, and the gateway's own moods ---

    def slip(self, token: str) -> Slip | None:
        with self._database.read() as connection:
            row = connection.execute(select(trades).where(trades.c.token == token)).first()
        return slip_of(row._mapping) if row else None

    def slip_of_order(self, order_id: str) -> Slip | None:
        with self._database.read() as connection:
            row = self._row(connection, order_id)
        return slip_of(row._mapping) if row else None

    def order_of(self, transaction: str) -> str | None:
        """Whose payment a number is."""
        with self._database.read() as connection:
            for table in (trades, further):
                mine = select(table.c.order_id).where(table.c.transaction == transaction)
                if (order_id := connection.execute(mine).scalar()) is not None:
                    return str(order_id)
        return None

    def is_first(self, order_id: str, transaction: str) -> bool:
        return transaction == self._transaction(order_id)

    def slips(self) -> list[Slip]:
        """All trades, newest first."""
        with self._database.read() as connection:
            return all_slips(connection)

    def act(self, token: str, act: Act) -> Slip | None:
        """Does what the payer pressed, if the trade still allows it.  None for an unknown token."""
        pending = (trades.c.token == token) & trades.c.state.in_(PENDING)
        paid = ""
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.token == token)).first()
            if row is None:
                return None
            if act is Act.PAY and row.state in PENDING:
                paid = self._pay(connection, row.order_id, row.channel)
            elif act is Act.AGAIN and row.state == TradeState.PAID.value:
                paid = self._pay_again(connection, row)
            elif act is Act.TAKE_BACK and row.state == TradeState.PAID.value:
                self._take_back(connection, row)
            elif act is Act.REFUSE:
                connection.execute(update(trades).where(pending).values(state=TradeState.REFUSED.value))
            elif act is Act.LATE:
                connection.execute(update(trades).where(pending).values(pays_late=True))
            elif act in (Act.SILENCE, Act.RELEASE):
                silent = act is Act.SILENCE
                connection.execute(update(trades).where(trades.c.token == token).values(silent=silent))
        if paid:
            self.on_payment(row.order_id, paid)
        return self.slip(token)

    def refund_number(self, refund_id: str) -> str:
        """The gateway's own number of a refund; a reversal has none but ours."""
        reversal = refund_id.endswith(REVERSED)
        return refund_id if reversal else self._digest("refund", refund_id)[:28]

    def get_stuck(self, refund_id: str) -> None:
        """The payer's bank does not take this refund; whoever asks about it hears that it is refused."""
        with self._database.write() as connection:
            known = stuck_refunds.c.refund_id == refund_id
            if connection.execute(select(stuck_refunds).where(known)).first() is None:
                connection.execute(insert(stuck_refunds).values(refund_id=refund_id))

    def _row(self, connection: Connection, order_id: str) -> Row[Any] | None:
        return connection.execute(select(trades).where(trades.c.order_id == order_id)).first()

    def _trade(self, connection: Connection, row: Row[Any]) -> Trade:
        """A trade as it stands; of several payments the last."""
        again = connection.execute(
            select(further)
            .where(further.c.order_id == row.order_id)
            .order_by(further.c.at_ms.desc(), further.c.transaction)
        ).first()
        if again is not None and row.state == TradeState.PAID.value:
            return Trade(TradeState.PAID, again.amount_fen, again.transaction, row.channel)
        return Trade(TradeState(row.state), row.amount_fen, row.transaction or "", row.channel)

    def _held_fen(self, connection: Connection, row: Row[Any]) -> int:
        came = row.amount_fen if row.state in MOVED else 0
        mine = select(further.c.amount_fen).where(further.c.order_id == row.order_id)
        came += sum(connection.execute(mine).scalars())
        return int(came) - returned_fen(connection).get(row.order_id, 0)

    def _new(self, order_id: str, token: str, amount_fen: int, payee: str, state: str) -> dict[str, object]:
        return {
            "order_id": order_id,
            "token": token,
            "amount_fen": amount_fen,
            "payee": payee,
            "state": state,
            "channel": "",
            "silent": False,
            "pays_late": False,
            "at_ms": self._clock.now_ms(),
        }

    def _transaction(self, order_id: str) -> str:
        return self._digest("transaction", order_id)[:28]

    def _pay(self, connection: Connection, order_id: str, channel: str) -> str:
        transaction = self._transaction(order_id)
        paid = {"state": TradeState.PAID.value, "transaction": transaction}
        paid_ms = self._clock.now_ms()
        connection.execute(
            update(trades)
            .where(trades.c.order_id == order_id)
            .values(**paid, paid_ms=paid_ms, channel=channel or WECHAT)
        )
        return transaction

    def _pay_again(self, connection: Connection, row: Row[Any]) -> str:
        same = select(further.c.transaction).where(further.c.order_id == row.order_id)
        count = len(connection.execute(same).all())
        transaction = self._digest("transaction", f"{row.order_id}|{count + 1}")[:28]
        entry = {"transaction": transaction, "order_id": row.order_id, "amount_fen": row.amount_fen}
        connection.execute(insert(further).values(**entry, at_ms=self._clock.now_ms()))
        return transaction

    def _take_back(self, connection: Connection, row: Row[Any]) -> None:
        back = {"refund_id": reversal_of(row.transaction), "order_id": row.order_id}
        now_ms = self._clock.now_ms()
        connection.execute(insert(refunds).values(**back, amount_fen=row.amount_fen, at_ms=now_ms))
        mine = trades.c.order_id == row.order_id
        connection.execute(update(trades).where(mine).values(state=TradeState.RETURNED.value))


def _meaning(code: str) -> TradeState:
    return {"7": TradeState.CONFIRMING, "8": TradeState.REFUSED}.get(code[-1], TradeState.PAID)
