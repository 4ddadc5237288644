"""The first tables, and the triggers that keep money rows as they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = ("ledger", "receipts", "contributions", "certifications", "revocations")


def upgrade() -> None:
    op.create_table(
        "kiosks",
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", name=op.f("pk_kiosks")),
        sa.UniqueConstraint("serial", name=op.f("uq_kiosks_serial")),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("payer_id", sa.String(length=40), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("pay_url", sa.String(length=300), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("look_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_look_ms"), "orders", ["look_ms"], unique=False)
    op.create_index(op.f("ix_orders_payer_id"), "orders", ["payer_id"], unique=False)
    op.create_table(
        "persons",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("birth", sa.Date(), nullable=False),
        sa.Column("card_kind", sa.String(length=20), nullable=False),
        sa.Column("household_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("benefit", sa.String(length=20), nullable=False),
        sa.Column("opening_months", sa.Integer(), nullable=False),
        sa.Column("opening_balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("opening_year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_persons")),
        sa.UniqueConstraint("number", name=op.f("uq_persons_number")),
    )
    op.create_index(op.f("ix_persons_household_id"), "persons", ["household_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("insurance", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_products")),
    )
    op.create_table(
        "receipt_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_receipt_days")),
    )
    op.create_table(
        "rules",
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("quality", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("city", "product", "code", "valid_from", name=op.f("pk_rules")),
    )
    op.create_table(
        "certifications",
        sa.Column(
            "certification_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.person_id"], name=op.f("fk_certifications_person_id")
        ),
        sa.PrimaryKeyConstraint("certification_id", name=op.f("pk_certifications")),
    )
    op.create_index(op.f("ix_certifications_person_id"), "certifications", ["person_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_claims_order_id")),
        sa.PrimaryKeyConstraint("person_id", "product", "year", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_order_id"), "claims", ["order_id"], unique=False)
    op.create_table(
        "contributions",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("receipt_no", sa.String(length=22), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.person_id"], name=op.f("fk_contributions_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "product", "year", name=op.f("pk_contributions")),
        sa.UniqueConstraint("receipt_no", name=op.f("uq_contributions_receipt_no")),
    )
    op.create_table(
        "ledger",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("gateway_txn", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'refund') = (amount_fen < 0)", name=op.f("ck_ledger_sign")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_ledger_order_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("gateway_txn", name=op.f("uq_ledger_gateway_txn")),
    )
    op.create_index(op.f("ix_ledger_day"), "ledger", ["day"], unique=False)
    op.create_index(op.f("ix_ledger_order_id"), "ledger", ["order_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("tier_label", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_order_lines_person_id")),
        sa.PrimaryKeyConstraint("order_id", "line_no", name=op.f("pk_order_lines")),
    )
    op.create_index(op.f("ix_order_lines_person_id"), "order_lines", ["person_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("receipt_no", sa.String(length=22), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("payer_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("masked_number", sa.String(length=18), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("insurance", sa.String(length=60), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("tier_label", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_ms", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("verify_code", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.entry_id"], name=op.f("fk_receipts_entry_id")),
        sa.PrimaryKeyConstraint("receipt_no", name=op.f("pk_receipts")),
        sa.UniqueConstraint("order_id", "line_no", name=op.f("uq_receipts_order_id")),
    )
    op.create_index(op.f("ix_receipts_payer_id"), "receipts", ["payer_id"], unique=False)
    op.create_index(op.f("ix_receipts_person_id"), "receipts", ["person_id"], unique=False)
    op.create_table(
        "prints",
        sa.Column("print_id", sa.String(length=40), nullable=False),
        sa.Column("receipt_no", sa.String(length=22), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_no"], ["receipts.receipt_no"], name=op.f("fk_prints_receipt_no")),
        sa.PrimaryKeyConstraint("print_id", name=op.f("pk_prints")),
    )
    op.create_index("ix_prints_receipt", "prints", ["receipt_no", "copy_number"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("receipt_no", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_no"], ["receipts.receipt_no"], name=op.f("fk_revocations_receipt_no")
        ),
        sa.PrimaryKeyConstraint("receipt_no", name=op.f("pk_revocations")),
    )

    for table in FROZEN:
        for action in ("UPDATE", "DELETE"):
            _refuse(table, action)


def _refuse(table: str, action: str) -> None:
    """The one place where the two databases are spoken to differently: their triggers have no common form."""
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
