"""Who looked at the faces of a check, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture_looks",
        sa.Column("look_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_picture_looks_check_id")),
        sa.PrimaryKeyConstraint("look_id", name=op.f("pk_picture_looks")),
    )
    op.create_index(op.f("ix_picture_looks_check_id"), "picture_looks", ["check_id"], unique=False)
    for action in ("UPDATE", "DELETE"):
        _refuse("picture_looks", action)


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
