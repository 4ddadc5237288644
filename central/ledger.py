"""Money: rows only ever inserted, sums always derived.

payment        + the order was open: receipts are given in the same transaction
late_payment   + the order was closed: the money goes back
wrong_amount   + not the amount of the order: the money goes back
second_payment + the order had money already: this one goes back, the first stays
refund         - what went back; it names the payment it answers, and no payment is answered twice
opening        + taken over from before this central, with the synthetic township
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from central import tables
from central.clock import legal_day

TABLE = tables.ledger


class Kind(StrEnum):
    PAYMENT = "payment"
    LATE_PAYMENT = "late_payment"
    WRONG_AMOUNT = "wrong_amount"
    SECOND_PAYMENT = "second_payment"
    REFUND = "refund"
    OPENING = "opening"


def enter(
    connection: Connection,
    order_id: str,
    kind: Kind,
    amount_fen: int,
    *,
    gateway_txn: str,
    at_ms: int,
    answers: int | None = None,
) -> int:
    """Writes one movement and gives its entry number.  The database refuses a gateway transaction it has.

    ``answers``: the entry of the payment that a refund sends back.
    """
    row = {
        "order_id": order_id,
        "kind": kind.value,
        "amount_fen": amount_fen,
        "gateway_txn": gateway_txn,
        "day": legal_day(at_ms),
        "at_ms": at_ms,
        "answers": answers,
    }
    return int(connection.execute(insert(TABLE).values(row).returning(TABLE.c.entry_id)).scalar_one())


def balance_fen(connection: Connection, order_id: str) -> int:
    """What central holds of one order."""
    total = select(func.coalesce(func.sum(TABLE.c.amount_fen), 0)).where(TABLE.c.order_id == order_id)
    return int(connection.execute(total).scalar_one())


def payments(connection: Connection, order_id: str) -> list[Row[Any]]:
    """The money that came for an order, oldest first.

    ``refund_id`` is set once it is to go back, ``answered`` is the entry that says it has.
    """
    back, asked = TABLE.alias("back"), tables.refunds
    return list(
        connection.execute(
            select(TABLE, asked.c.refund_id, back.c.entry_id.label("answered"))
            .outerjoin(asked, asked.c.entry_id == TABLE.c.entry_id)
            .outerjoin(back, back.c.answers == TABLE.c.entry_id)
            .where(TABLE.c.order_id == order_id, TABLE.c.amount_fen > 0)
            .order_by(TABLE.c.entry_id)
        )
    )


def is_entered(connection: Connection, gateway_txn: str) -> bool:
    """Whether the gateway's number is in the ledger, for whichever order."""
    query = select(TABLE.c.entry_id).where(TABLE.c.gateway_txn == gateway_txn)
    return connection.execute(query).first() is not None


def totals(connection: Connection, day: date) -> dict[str, tuple[int, int]]:
    """Kind -> (rows, fen) of one legal day."""
    query = (
        select(TABLE.c.kind, func.count(), func.sum(TABLE.c.amount_fen))
        .where(TABLE.c.day == day)
        .group_by(TABLE.c.kind)
        .order_by(TABLE.c.kind)
    )
    return {kind: (int(rows), int(fen)) for kind, rows, fen in connection.execute(query)}


def movements(connection: Connection) -> list[dict[str, object]]:
    """Every movement since this central began, oldest first; a payment gives one row a receipt."""
    query = (
        select(
            TABLE,
            tables.orders.c.state,
            tables.receipts.c.receipt_no,
            tables.receipts.c.amount_fen.label("part"),
        )
        .join(tables.orders, tables.orders.c.order_id == TABLE.c.order_id)
        .outerjoin(tables.receipts, tables.receipts.c.entry_id == TABLE.c.entry_id)
        .where(TABLE.c.kind != Kind.OPENING.value)
        .order_by(TABLE.c.entry_id, tables.receipts.c.line_no)
    )
    return [
        {
            "order_id": row.order_id,
            "receipt_no": row.receipt_no,
            "amount_fen": row.amount_fen if row.part is None else row.part,
            "kind": row.kind,
            "state": row.state,
        }
        for row in connection.execute(query)
    ]
