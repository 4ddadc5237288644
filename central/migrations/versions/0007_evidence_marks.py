"""What was asked and answered, and when: evidence that comes again is known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_marks",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_evidence_marks_check_id")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_evidence_marks")),
    )
    for action in ("UPDATE", "DELETE"):
        _refuse("evidence_marks", action)


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
