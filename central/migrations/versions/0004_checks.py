"""The yearly check: what was asked and found, who decided, whose pictures are kept, who comes to the house."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = ("checks", "check_evidence", "check_states")


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("staff_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff")),
        sa.UniqueConstraint("number", name=op.f("uq_staff_number")),
    )
    op.create_table(
        "checks",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("consent_version", sa.String(length=7), nullable=False),
        sa.Column("kiosk_key", sa.String(length=64), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("references_given", sa.String(length=40), nullable=False),
        sa.Column("staff_id", SEQUENCE, nullable=True),
        sa.Column("staff_reason", sa.String(length=20), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_checks_person_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_checks_staff_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_checks")),
    )
    op.create_index("ix_checks_person", "checks", ["person_id", "opened_ms"], unique=False)
    op.create_table(
        "check_evidence",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_check_evidence_check_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_check_evidence")),
        sa.UniqueConstraint("check_id", name=op.f("uq_check_evidence_check_id")),
    )
    op.create_table(
        "check_states",
        sa.Column("state_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_check_states_check_id")),
        sa.PrimaryKeyConstraint("state_id", name=op.f("pk_check_states")),
    )
    op.create_index("ix_check_states_check", "check_states", ["check_id", "state_id"], unique=False)
    op.create_index(op.f("ix_check_states_state"), "check_states", ["state"], unique=False)
    op.create_table(
        "review_pictures",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("consent_version", sa.String(length=7), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_review_pictures_check_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_review_pictures")),
    )
    op.create_index(op.f("ix_review_pictures_at_ms"), "review_pictures", ["at_ms"], unique=False)
    op.create_table(
        "face_references",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.person_id"], name=op.f("fk_face_references_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "source", name=op.f("pk_face_references")),
    )
    op.create_table(
        "home_visits",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("kiosk_id", sa.String(length=12), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_home_visits_person_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_home_visits")),
    )
    op.create_index(
        "uq_home_visits_open",
        "home_visits",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("done_ms IS NULL"),
        postgresql_where=sa.text("done_ms IS NULL"),
    )
    op.create_table(
        "certificate_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_certificate_days")),
    )
    op.add_column("persons", sa.Column("phone", sa.String(length=20), nullable=True))
    # as in 0002: new columns that both databases take without copying rows nobody may touch
    op.execute(
        "ALTER TABLE certifications ADD COLUMN check_id VARCHAR(40) "
        "CONSTRAINT fk_certifications_check_id REFERENCES checks (check_id)"
    )
    op.add_column("certifications", sa.Column("certificate_no", sa.String(length=14), nullable=True))
    op.create_index("uq_certifications_check", "certifications", ["check_id"], unique=True)
    op.create_index("uq_certifications_certificate", "certifications", ["certificate_no"], unique=True)

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
