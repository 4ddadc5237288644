"""What central wrote down before it asked a gateway: the answers are held against it, and the rules' times count from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from central import tables
from central.database import Database


@dataclass(frozen=True)
class AskedTrade:
    """``opened_ms``: when the gateway said that the trade is open, at the latest when the order was made.

    ``scanned_ms``: when a payer's code was sent last; None: never.
    """

    amount_fen: int
    created_ms: int
    opened_ms: int
    scanned_ms: int | None


class Asked:
    """Reads central's own tables; called from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def trade(self, order_id: str) -> AskedTrade | None:
        """None for an order that central never made."""
        orders = tables.orders
        with self._database.read() as connection:
            row = connection.execute(select(orders).where(orders.c.order_id == order_id)).first()
        if row is None or row.request_digest is None:
            return None
        return AskedTrade(row.total_fen, row.created_ms, row.opened_ms or row.created_ms, row.scanned_ms)

    def payment_of(self, refund_id: str) -> str | None:
        """The gateway's number of the payment that a refund sends back."""
        refunds, ledger = tables.refunds, tables.ledger
        query = (
            select(ledger.c.gateway_txn)
            .join(refunds, refunds.c.entry_id == ledger.c.entry_id)
            .where(refunds.c.refund_id == refund_id)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()
