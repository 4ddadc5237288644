"""The chain covers what decides; operators and who confirmed are known by number; alarms that may come again; freed pages."""

import json
import time
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

GENESIS = "0" * 64


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("operators", sa.Column("number", sa.String(length=18), nullable=True))
    op.add_column("checks", sa.Column("staff_number", sa.String(length=18), nullable=True))
    op.add_column("checks", sa.Column("staff_name", sa.String(length=120), nullable=True))
    op.add_column("checks", sa.Column("staff_operator", sa.String(length=40), nullable=True))
    op.create_table(
        "face_count_falls",
        sa.Column("fall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fall_id", name=op.f("pk_face_count_falls")),
    )
    op.create_table(
        "check_chain_head",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("head_id", name=op.f("pk_check_chain_head")),
    )
    _copy_chain() if sqlite else _alter_chain()
    op.create_index("ix_check_evidence_check", "check_evidence", ["check_id", "kind"], unique=False)
    told = sa.text("kind IN ('', 'evidence')")
    op.create_index(
        "uq_check_evidence_told",
        "check_evidence",
        ["check_id"],
        unique=True,
        sqlite_where=told,
        postgresql_where=told,
    )
    number, last_hash = _mark()
    head = sa.table("check_chain_head", sa.column("head_id"), sa.column("number"), sa.column("hash"))
    op.bulk_insert(head, [{"head_id": 1, "number": number, "hash": last_hash}])
    op.get_bind().info["rewrite"] = (
        sqlite  # Database.migrate: pages that were freed before are overwritten once
    )


def _copy_chain() -> None:
    """SQLite drops no constraint: the table is written anew, and its triggers with it."""
    op.execute("ALTER TABLE check_evidence RENAME TO check_evidence_before")
    op.create_table(
        "check_evidence",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_check_evidence_check_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_check_evidence")),
    )
    op.execute(
        "INSERT INTO check_evidence (number, kind, check_id, content, prev_hash, hash, at_ms) "
        "SELECT number, '', check_id, content, prev_hash, hash, at_ms FROM check_evidence_before"
    )
    op.execute("DROP TABLE check_evidence_before")
    message = "check_evidence is only ever inserted into"
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER check_evidence_refuses_{action.lower()} BEFORE {action} ON check_evidence "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _alter_chain() -> None:
    kind = sa.Column("kind", sa.String(length=16), nullable=False, server_default="")
    op.add_column("check_evidence", kind)
    op.alter_column("check_evidence", "kind", server_default=None)
    op.alter_column("check_evidence", "check_id", nullable=True)
    op.drop_constraint(op.f("uq_check_evidence_check_id"), "check_evidence")


def _mark() -> tuple[int, str]:
    """Writes from which row on more is covered, unless there is nothing yet; gives the end of the chain."""
    bind = op.get_bind()
    last = bind.execute(
        sa.text("SELECT number, hash FROM check_evidence ORDER BY number DESC LIMIT 1")
    ).first()
    number, before = (int(last.number), str(last.hash)) if last is not None else (0, GENESIS)
    reach = {
        name: bind.execute(sa.select(sa.func.max(sa.column(name))).select_from(sa.table(table))).scalar() or 0
        for name, table in (("state_id", "check_states"), ("certification_id", "certifications"))
    }
    if not any((number, *reach.values())):
        return 0, GENESIS
    number, at_ms = number + 1, int(time.time() * 1000)
    told = {**reach, "at_ms": at_ms}
    content = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    covered = [number, "begins", "", content, at_ms, before]
    digest = sha256(json.dumps(covered, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
    columns = ("number", "kind", "check_id", "content", "at_ms", "prev_hash", "hash")
    table = sa.table("check_evidence", *map(sa.column, columns))
    row = dict(zip(columns, (number, "begins", None, content, at_ms, before, digest), strict=True))
    op.bulk_insert(table, [row])
    return number, digest
