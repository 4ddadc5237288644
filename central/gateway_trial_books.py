"""What a merchant asked the trial gateway for, beside the money itself, which is in ``sandbox_books``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Row, String, Table, insert, select, update

from central.clock import Clock
from central.database import Database

NATIVE, SCANNED = "NATIVE", "MICROPAY"

metadata = MetaData()
asked_trades = Table(
    "asked_trades",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("notify_url", String(300), nullable=False),
    Column("trade_type", String(12), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("scanned_ms", BigInteger),
    Column("pays_ms", BigInteger),  # when the payer of a scanned code will have confirmed
)
asked_refunds = Table(
    "asked_refunds",
    metadata,
    Column("refund_id", String(64), primary_key=True),
    Column("order_id", String(40), nullable=False),
    Column("transaction", String(64), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
)


class AskedBooks:
    """Called from many threads."""

    def __init__(self, books: Database, clock: Clock) -> None:
        self._books, self._clock = books, clock
        with books.write() as connection:
            metadata.create_all(connection)

    def trade(self, order_id: str) -> Row[Any] | None:
        with self._books.read() as connection:
            query = select(asked_trades).where(asked_trades.c.order_id == order_id)
            return connection.execute(query).first()

    def note_trade(self, order_id: str, trade_type: str, notify_url: str) -> None:
        """Once an order; a later call changes nothing."""
        row = {"order_id": order_id, "notify_url": notify_url, "trade_type": trade_type}
        with self._books.write() as connection:
            mine = select(asked_trades).where(asked_trades.c.order_id == order_id)
            if connection.execute(mine).first() is None:
                connection.execute(insert(asked_trades).values(**row, opened_ms=self._clock.now_ms()))

    def change_trade(self, order_id: str, **values: object) -> None:
        with self._books.write() as connection:
            mine = asked_trades.c.order_id == order_id
            connection.execute(update(asked_trades).where(mine).values(**values))

    def refund(self, refund_id: str) -> Row[Any] | None:
        with self._books.read() as connection:
            query = select(asked_refunds).where(asked_refunds.c.refund_id == refund_id)
            return connection.execute(query).first()

    def is_refunded(self, transaction: str) -> bool:
        with self._books.read() as connection:
            mine = select(asked_refunds).where(asked_refunds.c.transaction == transaction)
            return connection.execute(mine).first() is not None

    def note_refund(self, refund_id: str, order_id: str, transaction: str, amount_fen: int) -> bool:
        """False when another call has just noted it."""
        entry = {"refund_id": refund_id, "order_id": order_id, "transaction": transaction}
        with self._books.write() as connection:
            mine = select(asked_refunds).where(asked_refunds.c.refund_id == refund_id)
            if connection.execute(mine).first() is not None:
                return False
            connection.execute(insert(asked_refunds).values(**entry, amount_fen=amount_fen))
        return True
