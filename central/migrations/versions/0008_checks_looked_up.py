"""Checks are looked up by kiosk and by key; a ticket keeps what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_checks_kiosk", "checks", ["kiosk_id", "opened_ms"], unique=False)
    op.create_index("ix_checks_kiosk_key", "checks", ["kiosk_key"], unique=False)
    op.add_column("tickets", sa.Column("confirmed", sa.Boolean(), nullable=True))
    # a confirmed death withdrew the assignment in the same moment; what came of the others nobody wrote down
    op.execute(
        "UPDATE tickets SET confirmed = TRUE WHERE kind = 'death' AND EXISTS (SELECT 1 FROM assignments WHERE "
        "assignments.person_id = tickets.person_id AND assignments.withdrawn_why = 'died' "
        "AND assignments.withdrawn_ms = tickets.closed_ms)"
    )
