"""Every table.  Written so that SQLite and PostgreSQL both take it; types differ only in ``SEQUENCE``.

Money is integer fen, times are integer milliseconds UTC (``_ms``), legal days are dates.  The tables named in
``FROZEN``, ``FROZEN_MONEY``, ``FROZEN_BOOKS``, ``FROZEN_CHECKS``, ``FROZEN_LOOKS``, ``FROZEN_VISITS`` and ``FROZEN_MARKS`` are
only ever inserted into: triggers made by the migrations refuse UPDATE and DELETE.  The tables of visits at home are in
``tables_field``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
)

FROZEN = ("ledger", "receipts", "contributions", "certifications", "revocations")
FROZEN_MONEY = ("refunds", "disputes")
FROZEN_BOOKS = (
    *("device_log", "day_totals", "alarms", "alarm_clearings", "stop_changes"),
    *("reconciliations", "differences", "resolutions"),
)
FROZEN_CHECKS = ("checks", "check_evidence", "check_states")
FROZEN_LOOKS = ("picture_looks",)
FROZEN_MARKS = ("evidence_marks",)
FROZEN_VISITS = ("packets", "refused_packets", "packet_decisions", "packs", "pack_items")

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
    # "" | resident_pension | employee_pension | survivor | injury_allowance
    Column("benefit", String(20), nullable=False),
    Column("opening_months", Integer, nullable=False),  # paid before the first contribution row
    Column("opening_balance_fen", BigInteger, nullable=False),
    Column("opening_year", Integer, nullable=False),  # the opening balance is that of 1 January of this year
    Column("phone", String(20)),
    Column("address", String(200)),  # registered; null: nobody has told it
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
    Column("stopped_reason", String(80)),  # takes no money while this is set; alarms.stop and alarms.lift
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
    Column("opened_ms", BigInteger),  # when the gateway said that the trade is open
    Column("scanned_ms", BigInteger),  # when a payer's code was sent last; the code itself is nowhere
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
    # the payment that a refund sends back; unique, so that no payment is ever sent back twice
    Column("answers", BigInteger, ForeignKey("ledger.entry_id")),
    CheckConstraint("(kind = 'refund') = (amount_fen < 0)", name="sign"),
    Index("uq_ledger_answers", "answers", unique=True),
)

# A payment that goes back, why, and under which number the gateway is asked; done once a ledger row answers it.
refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", String(64), primary_key=True),
    Column("entry_id", SEQUENCE, ForeignKey("ledger.entry_id"), nullable=False, unique=True),
    Column("order_id", String(40), ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("amount_fen > 0", name="amount"),
)

# Money that central and the gateway do not agree on; a person decides.  One row for each order and reason.
disputes = Table(
    "disputes",
    metadata,
    Column("order_id", String(40), ForeignKey("orders.order_id"), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

# Notices of the gateway.  They say only where to look: what is booked is what the gateway answers when it is asked.
gateway_inbox = Table(
    "gateway_inbox",
    metadata,
    Column("notice_id", String(64), primary_key=True),
    Column("event", String(40), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("transaction_id", String(64), nullable=False),  # "" for news of a refund
    Column("received_ms", BigInteger, nullable=False),
    Column("settled_ms", BigInteger, index=True),  # null: the gateway has not been asked about it yet
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
    Column("check_id", String(40), ForeignKey("checks.check_id")),  # null: it came another way
    Column("certificate_no", String(14)),  # RZ and twelve digits
    Index("uq_certifications_check", "check_id", unique=True),
    Index("uq_certifications_certificate", "certificate_no", unique=True),
)

# --- the yearly check ---

# Who may confirm others at a machine, and under which operator's name they decide on pages, if they do.
staff = Table(
    "staff",
    metadata,
    Column("staff_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("number", String(18), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("operator", String(40)),
    Column("active", Boolean, nullable=False),
)

# A check that was begun; all of it is known then.  ``references_given``: sources, with commas.
checks = Table(
    "checks",
    metadata,
    Column("check_id", String(40), primary_key=True),
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False),
    Column("kiosk_id", String(12), nullable=False),
    Column("channel", String(20), nullable=False),  # kiosk_self, kiosk_assisted
    Column("consent_version", String(7), nullable=False),  # "" when no face is involved
    Column("kiosk_key", String(64), nullable=False),  # the same
    Column("request_digest", String(64), nullable=False),
    Column("references_given", String(40), nullable=False),
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id")),
    Column("staff_reason", String(20), nullable=False),  # wire.AssistedReason, or ""
    Column("opened_ms", BigInteger, nullable=False),
    # of who confirmed, as they were entered then: entering them anew changes nothing here
    Column("staff_number", String(18)),
    Column("staff_name", String(120)),
    Column("staff_operator", String(40)),
    Index("ix_checks_person", "person_id", "opened_ms"),
    Index("ix_checks_kiosk", "kiosk_id", "opened_ms"),
    Index("ix_checks_kiosk_key", "kiosk_key"),
)

# What checks found and what was decided, without any picture; the hashes are one chain, in the order of ``number``.
check_evidence = Table(
    "check_evidence",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),  # evidence.Kind
    Column("check_id", String(40), ForeignKey("checks.check_id")),  # null: of no check
    Column("content", Text, nullable=False),  # canonical JSON
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_check_evidence_check", "check_id", "kind"),
    Index(
        "uq_check_evidence_told",
        "check_id",
        unique=True,
        sqlite_where=TextClause("kind IN ('', 'evidence')"),
        postgresql_where=TextClause("kind IN ('', 'evidence')"),
    ),
)

# Where that chain ends: one row, held while the next one is added.
check_chain_head = Table(
    "check_chain_head",
    metadata,
    Column("head_id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# What was asked and answered in a check, and when, as a SHA-256: evidence that comes again is known (``repeats``).
evidence_marks = Table(
    "evidence_marks",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("check_id", String(40), ForeignKey("checks.check_id"), nullable=False),
)

# Every state a check was ever in; the last one holds.
check_states = Table(
    "check_states",
    metadata,
    Column("state_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("check_id", String(40), ForeignKey("checks.check_id"), nullable=False),
    Column("state", String(16), nullable=False, index=True),  # wire.CheckState
    Column("reason", String(40), nullable=False),  # judgement.Reason; "" for none
    Column("operator", String(40), nullable=False),  # who decided; "" is central itself
    Column("note", String(300), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_check_states_check", "check_id", "state_id"),
)

# The only rows that are ever deleted: once somebody has decided, when consent is taken back, or after thirty days.
review_pictures = Table(
    "review_pictures",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.check_id"), primary_key=True),
    Column("consent_version", String(7), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # to central's review key
    Column("at_ms", BigInteger, nullable=False, index=True),
)

# Each time the count of stored faces had fallen a whole step below an alarm: from then on that alarm may come again.
face_count_falls = Table(
    "face_count_falls",
    metadata,
    Column("fall_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("below", Integer, nullable=False),  # what the alarm had said
    Column("at_ms", BigInteger, nullable=False),
)

# Whenever faces of a check were shown to somebody: written before they are.
picture_looks = Table(
    "picture_looks",
    metadata,
    Column("look_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("check_id", String(40), ForeignKey("checks.check_id"), nullable=False, index=True),
    Column("operator", String(40), nullable=False),
    Column("shown", String(40), nullable=False),  # what was: taken, photo, certified, with commas
    Column("at_ms", BigInteger, nullable=False),
)

# Faces that checks compare with, put here by people and sealed to central's own key.
face_references = Table(
    "face_references",
    metadata,
    Column("person_id", String(40), ForeignKey("persons.person_id"), primary_key=True),
    Column("source", String(12), primary_key=True),  # photo, certified
    Column("kind", String(8), nullable=False),  # picture, vector
    Column("sealed", LargeBinary, nullable=False),
    Column("model", String(64), nullable=False),  # SHA-256 of the network a vector is of; "" for a picture
    Column("taken_on", Date),
    Column("at_ms", BigInteger, nullable=False),
)

# Somebody is asked to come to the house; one open request a person.
home_visits = Table(
    "home_visits",
    metadata,
    Column("request_id", String(40), primary_key=True),
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False),
    Column("kiosk_id", String(12), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger),  # null: nobody has been there yet
    Column("done_by", String(40), nullable=False),
    Index(
        "uq_home_visits_open",
        "person_id",
        unique=True,
        sqlite_where=TextClause("done_ms IS NULL"),
        postgresql_where=TextClause("done_ms IS NULL"),
    ),
)

certificate_days = Table(
    "certificate_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

# --- the device log and the day's end ---

# Every entry of every kiosk's journal that has arrived, as its hash covers it; hashes are 64 hex digits.
device_log = Table(
    "device_log",
    metadata,
    Column("kiosk_id", String(12), primary_key=True),
    Column("journal_id", String(64), primary_key=True),  # hash of the first entry, or of a fork's first
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("subject", String(120), nullable=False, index=True),
    Column("event", String(60), nullable=False),
    Column("data", Text, nullable=False),
    Column("wall_ms", BigInteger, nullable=False),
    Column("mono_ms", BigInteger, nullable=False),
    Column("boot_id", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("day", Date, nullable=False),  # the legal day it arrived
    Column("receipt_day", Date),  # of a paid order: the day in its receipt numbers
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_device_log_place", "kiosk_id", "seq"),
    Index("ix_device_log_day", "kiosk_id", "day"),
    Index("ix_device_log_receipt_day", "kiosk_id", "receipt_day", "at_ms"),
)

# How far each journal reaches without a gap; the one row of all this that moves.
device_journals = Table(
    "device_journals",
    metadata,
    Column("kiosk_id", String(12), primary_key=True),
    Column("journal_id", String(64), primary_key=True),
    Column("root_id", String(64), nullable=False),  # itself, or the journal it forked from
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# A kiosk's own count of a day, as of one entry of its journal.
day_totals = Table(
    "day_totals",
    metadata,
    Column("kiosk_id", String(12), primary_key=True),
    Column("journal_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last_seq", Integer, primary_key=True, autoincrement=False),
    Column("paid_count", Integer, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
    Column("chain_hash", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

totals_requests = Table(
    "totals_requests",
    metadata,
    Column("kiosk_id", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
)

# Something a person must look at.  The same thing is one alarm, however often it is seen.
alarms = Table(
    "alarms",
    metadata,
    Column("alarm_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("kiosk_id", String(12), nullable=False),  # "" when it is no kiosk's
    Column("subject", String(120), nullable=False),
    Column("detail", String(300), nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    UniqueConstraint("kind", "kiosk_id", "subject"),
)

alarm_clearings = Table(
    "alarm_clearings",
    metadata,
    Column("alarm_id", SEQUENCE, ForeignKey("alarms.alarm_id"), primary_key=True, autoincrement=False),
    Column("operator", String(40), nullable=False),
    Column("note", String(300), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# Why a kiosk was told to take no money, and who let it again.
stop_changes = Table(
    "stop_changes",
    metadata,
    Column("change_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("kiosk_id", String(12), nullable=False, index=True),
    Column("stopped", Boolean, nullable=False),
    Column("note", String(300), nullable=False),
    Column("operator", String(40), nullable=False),  # "" when central did it
    Column("at_ms", BigInteger, nullable=False),
)

# One row for each run that found something else than the run of that day before.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("run_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("day", Date, nullable=False, index=True),
    Column("figures", Text, nullable=False),  # reconcile.Figures as JSON
    Column("at_ms", BigInteger, nullable=False),
)

differences = Table(
    "differences",
    metadata,
    Column("difference_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("run_id", SEQUENCE, ForeignKey("reconciliations.run_id"), nullable=False),  # that found it
    Column("day", Date, nullable=False, index=True),
    Column("kind", String(24), nullable=False),  # differences.Kind
    Column("subject", String(120), nullable=False),  # an order, or a journal
    Column("kiosk_id", String(12), nullable=False),
    Column("gateway_fen", BigInteger),
    Column("ledger_fen", BigInteger),
    Column("kiosk_fen", BigInteger),
    Column("detail", String(300), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)

resolutions = Table(
    "resolutions",
    metadata,
    Column(
        "difference_id",
        SEQUENCE,
        ForeignKey("differences.difference_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("run_id", SEQUENCE, ForeignKey("reconciliations.run_id"), nullable=False),
    Column("how", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# Who may look at the operations pages.  Of a passphrase only its scrypt digest is kept.
operators = Table(
    "operators",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("role", String(12), nullable=False),  # operators.Role
    Column("salt", String(32), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("number", String(18)),  # on the holder's card; null: may not decide about checks
)
