"""A trial gateway: an outside world with its own database, so that its books can be laid beside ours.

What the payer does comes from the cashier page.  ``silent`` makes the gateway keep quiet about one trade:
every call about it raises GatewaySilent until released, while the payer can go on paying.  ``pays_late``
makes the money arrive after the close.  A scanned code's last digit says what the payer's bank does: 0-6
pays, 7 wants a confirmation on the cashier page, 8 refuses, 9 pays and then the gateway keeps quiet.
Codes are remembered only as keyed digests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    MetaData,
    RowMapping,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from central.clock import Clock, legal_day
from central.database import Database
from central.gateway import WECHAT, BillLine, CodeInvalid, GatewaySilent, Refund, Trade, TradeState, wallet_of

REFUND_TAKES_MS = 1000
PENDING = (TradeState.WAITING.value, TradeState.CONFIRMING.value)

metadata = MetaData()
trades = Table(
    "trades",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("token", String(40), nullable=False, unique=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("payee", String(120), nullable=False),
    Column("state", String(12), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("transaction", String(64), unique=True),
    Column("silent", Boolean, nullable=False),
    Column("pays_late", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("paid_ms", BigInteger),
)
refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
codes = Table(
    "codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
)


class Act(StrEnum):
    """What can be done on the cashier page."""

    PAY = "pay"
    REFUSE = "refuse"
    LATE = "late"
    SILENCE = "silence"
    RELEASE = "release"


@dataclass(frozen=True)
class Slip:
    """One trade as the cashier page shows it."""

    order_id: str
    token: str
    amount_fen: int
    payee: str
    state: TradeState
    channel: str
    silent: bool
    pays_late: bool
    refunded_fen: int = 0  # asked back by central; on its way or there


class Sandbox:
    """The Gateway port, and beside it what the payer does.  ``digest`` is a keyed hash as hex."""

    def __init__(
        self, database: Database, clock: Clock, public_url: str, digest: Callable[[str, str], str]
    ) -> None:
        self._database, self._clock, self._public_url, self._digest = database, clock, public_url, digest
        with database.write() as connection:
            metadata.create_all(connection)

    # --- the port ---

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        token = self._digest("cashier", order_id)[:24]
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.order_id == order_id)).first()
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
                    moved = {"transaction": self._transaction(order_id), "paid_ms": self._clock.now_ms()}
                    changes |= {**moved, "silent": code.endswith("9")}
                connection.execute(update(trades).where(trades.c.order_id == order_id).values(changes))
        return self.query(order_id)

    def query(self, order_id: str) -> Trade:
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.order_id == order_id)).first()
            if row is None:
                return Trade(TradeState.UNKNOWN)
            if row.silent:
                raise GatewaySilent
            if row.pays_late and row.state == TradeState.CLOSED.value:
                self._pay(connection, order_id, row.channel)
                row = connection.execute(select(trades).where(trades.c.order_id == order_id)).one()
            return Trade(TradeState(row.state), row.amount_fen, row.transaction or "", row.channel)

    def close(self, order_id: str) -> Trade:
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.order_id == order_id)).first()
            if row is None:
                token = self._digest("cashier", order_id)[:24]
                connection.execute(insert(trades).values(self._new(order_id, token, 0, "", "closed")))
                return Trade(TradeState.CLOSED)
            if row.silent:
                raise GatewaySilent
            if row.state == TradeState.PAID.value:
                return Trade(TradeState.PAID, row.amount_fen, row.transaction, row.channel)
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
                entry = {
                    "refund_id": refund_id,
                    "order_id": order_id,
                    "amount_fen": amount_fen,
                    "at_ms": now_ms,
                }
                connection.execute(insert(refunds).values(entry))
                return Refund(done=False)
            return Refund(now_ms - asked.at_ms >= REFUND_TAKES_MS, self._refund_transaction(refund_id))

    def bill(self, day: date) -> tuple[BillLine, ...]:
        with self._database.read() as connection:
            paid = connection.execute(select(trades).where(trades.c.state == TradeState.PAID.value)).all()
            backs = connection.execute(select(refunds)).all()
        lines = [BillLine(row.order_id, row.transaction, row.amount_fen, row.paid_ms) for row in paid]
        lines += [
            BillLine(row.order_id, self._refund_transaction(row.refund_id), -row.amount_fen, row.at_ms)
            for row in backs
        ]
        return tuple(
            sorted((x for x in lines if legal_day(x.at_ms) == day), key=lambda x: (x.at_ms, x.transaction))
        )

    # --- the payer ---

    def slip(self, token: str) -> Slip | None:
        with self._database.read() as connection:
            row = connection.execute(select(trades).where(trades.c.token == token)).first()
        return _slip(row._mapping) if row else None

    def slips(self) -> list[Slip]:
        """All trades, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(trades).order_by(trades.c.at_ms.desc(), trades.c.order_id)).all()
            backs = connection.execute(
                select(refunds.c.order_id, func.sum(refunds.c.amount_fen)).group_by(refunds.c.order_id)
            )
            back = {order_id: int(fen) for order_id, fen in backs}
        return [replace(_slip(row._mapping), refunded_fen=back.get(row.order_id, 0)) for row in rows]

    def act(self, token: str, act: Act) -> Slip | None:
        """Does what the payer pressed, if the trade still allows it.  None for an unknown token."""
        pending = (trades.c.token == token) & trades.c.state.in_(PENDING)
        with self._database.write() as connection:
            row = connection.execute(select(trades).where(trades.c.token == token)).first()
            if row is None:
                return None
            if act is Act.PAY and row.state in PENDING:
                self._pay(connection, row.order_id, row.channel)
            elif act is Act.REFUSE:
                connection.execute(update(trades).where(pending).values(state=TradeState.REFUSED.value))
            elif act is Act.LATE:
                connection.execute(update(trades).where(pending).values(pays_late=True))
            elif act in (Act.SILENCE, Act.RELEASE):
                silent = act is Act.SILENCE
                connection.execute(update(trades).where(trades.c.token == token).values(silent=silent))
        return self.slip(token)

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

    def _refund_transaction(self, refund_id: str) -> str:
        return self._digest("refund", refund_id)[:28]

    def _pay(self, connection: Connection, order_id: str, channel: str) -> None:
        paid = {"state": TradeState.PAID.value, "transaction": self._transaction(order_id)}
        paid_ms = self._clock.now_ms()
        connection.execute(
            update(trades)
            .where(trades.c.order_id == order_id)
            .values(**paid, paid_ms=paid_ms, channel=channel or WECHAT)
        )


def _meaning(code: str) -> TradeState:
    return {"7": TradeState.CONFIRMING, "8": TradeState.REFUSED}.get(code[-1], TradeState.PAID)


def _slip(row: RowMapping) -> Slip:
    return Slip(
        row["order_id"],
        row["token"],
        row["amount_fen"],
        row["payee"],
        TradeState(row["state"]),
        row["channel"],
        row["silent"],
        row["pays_late"],
    )
