"""The trial gateway's own tables, in a database of their own: an outside world whose books are laid beside ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

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
    select,
)

from central.gateway import BillLine, TradeState

MOVED = (TradeState.PAID.value, TradeState.RETURNED.value)

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
# A payer's money that came once more for a trade that was paid already.
further = Table(
    "further",
    metadata,
    Column("transaction", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False, index=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
# Refunds that the payer's bank will not take; nothing of them has moved.
stuck_refunds = Table("stuck_refunds", metadata, Column("refund_id", String(64), primary_key=True))
codes = Table(
    "codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
)


@dataclass(frozen=True)
class Slip:
    """One trade as the cashier page shows it.  ``kept_fen`` is what the payer's side moved and did not get back."""

    order_id: str
    token: str
    amount_fen: int
    payee: str
    state: TradeState
    channel: str
    silent: bool
    pays_late: bool
    refunded_fen: int = 0  # sent back; on its way or there
    kept_fen: int = 0


def all_slips(connection: Connection) -> list[Slip]:
    """Newest first."""
    rows = connection.execute(select(trades).order_by(trades.c.at_ms.desc(), trades.c.order_id)).all()
    back, again = returned_fen(connection), _sums(connection, further)
    slips = []
    for row in rows:
        slip, came = slip_of(row._mapping), row.amount_fen if row.state in MOVED else 0
        gone = back.get(row.order_id, 0)
        slips.append(replace(slip, refunded_fen=gone, kept_fen=came + again.get(row.order_id, 0) - gone))
    return slips


def returned_fen(connection: Connection) -> dict[str, int]:
    """Order id -> what was sent back, without what is stuck."""
    stuck = select(stuck_refunds.c.refund_id)
    moved = refunds.c.refund_id.not_in(stuck)
    query = (
        select(refunds.c.order_id, func.sum(refunds.c.amount_fen)).where(moved).group_by(refunds.c.order_id)
    )
    return {order_id: int(fen) for order_id, fen in connection.execute(query)}


def bill_lines(connection: Connection, number_of: Callable[[str], str]) -> list[BillLine]:
    """Every movement there ever was; ``number_of`` gives the gateway's own number of a refund."""
    paid = connection.execute(select(trades).where(trades.c.state.in_(MOVED))).all()
    stuck = set(connection.execute(select(stuck_refunds.c.refund_id)).scalars())
    backs = [row for row in connection.execute(select(refunds)) if row.refund_id not in stuck]
    return [
        *(BillLine(row.order_id, row.transaction, row.amount_fen, row.paid_ms) for row in paid),
        *(
            BillLine(row.order_id, row.transaction, row.amount_fen, row.at_ms)
            for row in connection.execute(select(further))
        ),
        *(BillLine(row.order_id, number_of(row.refund_id), -row.amount_fen, row.at_ms) for row in backs),
    ]


def slip_of(row: RowMapping) -> Slip:
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


def _sums(connection: Connection, table: Table) -> dict[str, int]:
    query = select(table.c.order_id, func.sum(table.c.amount_fen)).group_by(table.c.order_id)
    return {order_id: int(fen) for order_id, fen in connection.execute(query)}
