"""Every table.  Written so that SQLite and PostgreSQL both take it; types differ only in ``SEQUENCE``.

Money is integer fen, times are integer milliseconds UTC (``_ms``), legal days are dates.  The tables named in
``FROZEN`` are only ever inserted into: triggers made by the first migration refuse UPDATE and DELETE.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

FROZEN = ("ledger", "receipts", "contributions", "certifications", "revocations")

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

persons = Table(
    "persons",
    metadata,
    Column("person_id", String(40), primary_key=True),
    Column("number", String(18), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("sex", String(1), nullable=False),
    Column("birth", Date, nullable=False),
    Column("card_kind", String(20), nullable=False),
    Column("household_id", String(40), nullable=False, index=True),
    Column("role", String(10), nullable=False),  # head, spouse, child, parent
    Column("standing", String(12), nullable=False),  # resident, flexible, employee, student
    Column("benefit", String(20), nullable=False),  # "" | resident_pension | employee_pension | survivor
    Column("opening_months", Integer, nullable=False),  # paid before the first contribution row
    Column("opening_balance_fen", BigInteger, nullable=False),
    Column("opening_year", Integer, nullable=False),  # the opening balance is that of 1 January of this year
)

products = Table(
    "products",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("title", String(40), nullable=False),
    Column("insurance", String(60), nullable=False),
    Column("position", Integer, nullable=False),
)

rules = Table(
    "rules",
    metadata,
    Column("city", String(40), primary_key=True),
    Column("product", String(40), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("value", BigInteger, nullable=False),
    Column("unit", String(20), nullable=False),
    Column("source", String(200), nullable=False),
    Column("quality", String(10), nullable=False),
)

kiosks = Table(
    "kiosks",
    metadata,
    Column("kiosk_id", String(12), primary_key=True),
    Column("serial", Integer, nullable=False, unique=True),  # three bytes in a signed receipt
    Column("token_digest", String(64), nullable=False),
    Column("place", String(80), nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("kiosk_id", String(12), nullable=False),
    Column("payer_id", String(40), index=True),  # null in a tombstone
    Column("request_digest", String(64)),  # null in a tombstone: closed before it was created
    Column("state", String(12), nullable=False),  # requested, then wire.OrderState
    Column("total_fen", BigInteger, nullable=False),
    Column("pay_url", String(300)),
    Column("reason", String(40), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column(
        "looks", Integer, nullable=False
    ),  # how often the sweep has asked the gateway since the last change
    Column("look_ms", BigInteger, index=True),  # when the sweep asks next; null: never again
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", String(40), ForeignKey("orders.order_id"), primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("product", String(40), nullable=False),
    Column("year", Integer, nullable=False),
    Column("tier", String(40), nullable=False),
    Column("tier_label", String(40), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("subsidy_fen", BigInteger, nullable=False),
)

# Held by one open order at a time; the primary key is what stops a second order for the same due.
claims = Table(
    "claims",
    metadata,
    Column("person_id", String(40), primary_key=True),
    Column("product", String(40), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("order_id", String(40), ForeignKey("orders.order_id"), nullable=False, index=True),
)

# One row for each movement of money: + in, - back.  One gateway transaction can be entered once.
ledger = Table(
    "ledger",
    metadata,
    Column("entry_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("order_id", String(40), ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # ledger.Kind
    Column("amount_fen", BigInteger, nullable=False),
    Column("gateway_txn", String(64), nullable=False, unique=True),
    Column("day", Date, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("(kind = 'refund') = (amount_fen < 0)", name="sign"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("receipt_no", String(22), primary_key=True),
    Column("entry_id", SEQUENCE, ForeignKey("ledger.entry_id"), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("person_id", String(40), nullable=False, index=True),
    Column("payer_id", String(40), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("masked_number", String(18), nullable=False),
    Column("title", String(40), nullable=False),
    Column("insurance", String(60), nullable=False),
    Column("year", Integer, nullable=False),
    Column("tier_label", String(40), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("paid_ms", BigInteger, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("place", String(80), nullable=False),
    Column("verify_code", String(200), nullable=False),
    UniqueConstraint("order_id", "line_no"),
)

# What a person has paid, whoever took the money; the primary key lets a due be paid once.
contributions = Table(
    "contributions",
    metadata,
    Column("person_id", String(40), ForeignKey("persons.person_id"), primary_key=True),
    Column("product", String(40), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("tier", String(40), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("subsidy_fen", BigInteger, nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("receipt_no", String(22), unique=True),
)

receipt_days = Table(
    "receipt_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

# One row for each sheet: leave given, then what the printer said.
prints = Table(
    "prints",
    metadata,
    Column("print_id", String(40), primary_key=True),
    Column("receipt_no", String(22), ForeignKey("receipts.receipt_no"), nullable=False),
    Column("copy_number", Integer, nullable=False),
    Column("kiosk_id", String(12), nullable=False),
    Column("verdict", String(12)),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_prints_receipt", "receipt_no", "copy_number"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("receipt_no", String(22), ForeignKey("receipts.receipt_no"), primary_key=True),
    Column("reason", String(80), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

certifications = Table(
    "certifications",
    metadata,
    Column("certification_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("channel", String(20), nullable=False),  # kiosk_self, kiosk_assisted, home_visit, data_match ...
    Column("verdict", String(12), nullable=False),  # accepted, review
    Column("certified_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
)
