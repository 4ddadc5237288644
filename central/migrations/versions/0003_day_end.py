"""The kiosks' logs, their totals, what a day's end found, and who may look at it; triggers keep what was written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = (
    *("device_log", "day_totals", "alarms", "alarm_clearings", "stop_changes"),
    *("reconciliations", "differences", "resolutions"),
)


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarms")),
        sa.UniqueConstraint("kind", "kiosk_id", "subject", name=op.f("uq_alarms_kind")),
    )
    op.create_index(op.f("ix_alarms_at_ms"), "alarms", ["at_ms"], unique=False)
    op.create_table(
        "day_totals",
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("journal_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paid_count", sa.Integer(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", "journal_id", "day", "last_seq", name=op.f("pk_day_totals")),
    )
    op.create_table(
        "device_journals",
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("journal_id", sa.String(length=64), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", "journal_id", name=op.f("pk_device_journals")),
    )
    op.create_table(
        "device_log",
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("journal_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("mono_ms", sa.BigInteger(), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("receipt_day", sa.Date(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", "journal_id", "seq", name=op.f("pk_device_log")),
    )
    op.create_index("ix_device_log_day", "device_log", ["kiosk_id", "day"], unique=False)
    op.create_index("ix_device_log_place", "device_log", ["kiosk_id", "seq"], unique=False)
    op.create_index(
        "ix_device_log_receipt_day", "device_log", ["kiosk_id", "receipt_day", "at_ms"], unique=False
    )
    op.create_index(op.f("ix_device_log_subject"), "device_log", ["subject"], unique=False)
    op.create_table(
        "operators",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operators")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("run_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reconciliations")),
    )
    op.create_index(op.f("ix_reconciliations_day"), "reconciliations", ["day"], unique=False)
    op.create_table(
        "stop_changes",
        sa.Column("change_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_stop_changes")),
    )
    op.create_index(op.f("ix_stop_changes_kiosk_id"), "stop_changes", ["kiosk_id"], unique=False)
    op.create_table(
        "totals_requests",
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", "day", "at_ms", name=op.f("pk_totals_requests")),
    )
    op.create_table(
        "alarm_clearings",
        sa.Column("alarm_id", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.alarm_id"], name=op.f("fk_alarm_clearings_alarm_id")),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarm_clearings")),
    )
    op.create_table(
        "differences",
        sa.Column("difference_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("run_id", SEQUENCE, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("gateway_fen", sa.BigInteger(), nullable=True),
        sa.Column("ledger_fen", sa.BigInteger(), nullable=True),
        sa.Column("kiosk_fen", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["reconciliations.run_id"], name=op.f("fk_differences_run_id")),
        sa.PrimaryKeyConstraint("difference_id", name=op.f("pk_differences")),
    )
    op.create_index(op.f("ix_differences_day"), "differences", ["day"], unique=False)
    op.create_table(
        "resolutions",
        sa.Column("difference_id", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("run_id", SEQUENCE, nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["difference_id"], ["differences.difference_id"], name=op.f("fk_resolutions_difference_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["reconciliations.run_id"], name=op.f("fk_resolutions_run_id")),
        sa.PrimaryKeyConstraint("difference_id", name=op.f("pk_resolutions")),
    )
    op.add_column("kiosks", sa.Column("stopped_reason", sa.String(length=80), nullable=True))

    for table in FROZEN:
        for action in ("UPDATE", "DELETE"):
            _refuse(table, action)


def _refuse(table: str, action: str) -> None:
    """As in the first migration; written out again, because a migration never changes."""
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
