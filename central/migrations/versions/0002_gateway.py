"""A refund names the payment it sends back, disputes have a table, notices an inbox, and an order its gateway's times.

Refunds under way keep the number under which the gateway was asked already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN = ("refunds", "disputes")


def upgrade() -> None:
    op.add_column("orders", sa.Column("opened_ms", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("scanned_ms", sa.BigInteger(), nullable=True))
    # one statement that both databases take: a new column with its constraint, without copying rows nobody may touch
    op.execute(
        "ALTER TABLE ledger ADD COLUMN answers BIGINT CONSTRAINT fk_ledger_answers REFERENCES ledger (entry_id)"
    )
    op.create_index("uq_ledger_answers", "ledger", ["answers"], unique=True)
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.entry_id"], name=op.f("fk_refunds_entry_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_refunds_order_id")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_refunds_entry_id")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_disputes_order_id")),
        sa.PrimaryKeyConstraint("order_id", "reason", name=op.f("pk_disputes")),
    )
    op.create_table(
        "gateway_inbox",
        sa.Column("notice_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_gateway_inbox")),
    )
    op.create_index(op.f("ix_gateway_inbox_settled_ms"), "gateway_inbox", ["settled_ms"], unique=False)
    op.execute(
        "INSERT INTO refunds (refund_id, entry_id, order_id, amount_fen, reason, at_ms) "
        "SELECT 'R-' || orders.order_id, ledger.entry_id, orders.order_id, ledger.amount_fen, orders.reason, ledger.at_ms "
        "FROM orders JOIN ledger ON ledger.order_id = orders.order_id "
        "WHERE orders.state = 'refunding' AND ledger.kind IN ('late_payment', 'wrong_amount')"
    )
    for table in FROZEN:
        for action in ("UPDATE", "DELETE"):
            _refuse(table, action)


def _refuse(table: str, action: str) -> None:
    """As in the first migration: triggers have no form that both databases share."""
    name = f"{table}_refuses_{action.lower()}"
    message = f"{table} is only ever inserted into"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
