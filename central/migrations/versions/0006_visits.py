"""Visits at home: tablets, who signs in at them, where they go, the packets they bring back, and what is to be done after."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = ("packets", "refused_packets", "packet_decisions", "packs", "pack_items")


def upgrade() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("shut_until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_tries")),
    )
    op.create_table(
        "tablets",
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("sign_key", sa.String(length=64), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_note", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("tablet_id", name=op.f("pk_tablets")),
    )
    op.create_table(
        "ticket_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ticket_days")),
    )
    op.create_table(
        "packets",
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("suite", sa.String(length=20), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=24), nullable=False),
        sa.Column("receipt_no", sa.String(length=14), nullable=False),
        sa.Column("detail", sa.String(length=120), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=True),
        sa.Column("record_digest", sa.String(length=64), nullable=True),
        sa.Column("pack_id", sa.String(length=40), nullable=True),
        sa.Column("assignment_id", sa.String(length=40), nullable=True),
        sa.Column("staff_id", SEQUENCE, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("not_met", sa.String(length=12), nullable=True),
        sa.Column("begun_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("boot_id", sa.String(length=64), nullable=True),
        sa.Column("up_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_known", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_packets_tablet_id")),
        sa.PrimaryKeyConstraint("tablet_id", "seq", name=op.f("pk_packets")),
        sa.UniqueConstraint("record_id", name=op.f("uq_packets_record_id")),
    )
    op.create_index(op.f("ix_packets_assignment_id"), "packets", ["assignment_id"], unique=False)
    op.create_index("ix_packets_received", "packets", ["tablet_id", "at_ms"], unique=False)
    op.create_index(op.f("ix_packets_state"), "packets", ["state"], unique=False)
    op.create_table(
        "packs",
        sa.Column("pack_id", sa.String(length=40), nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("staff_id", SEQUENCE, nullable=False),
        sa.Column("day_code", sa.String(length=4), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_packs_staff_id")),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_packs_tablet_id")),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_packs")),
    )
    op.create_index(op.f("ix_packs_expires_ms"), "packs", ["expires_ms"], unique=False)
    op.create_index(op.f("ix_packs_tablet_id"), "packs", ["tablet_id"], unique=False)
    op.create_table(
        "refused_packets",
        sa.Column("refusal_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("flaw", sa.String(length=20), nullable=False),
        sa.Column("suite", sa.String(length=20), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_refused_packets_tablet_id")
        ),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_refused_packets")),
    )
    op.create_index(
        "uq_refused_packets_body", "refused_packets", ["tablet_id", "seq", "body_digest"], unique=True
    )
    op.create_table(
        "sign_ins",
        sa.Column("sign_in_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("staff_id", SEQUENCE, nullable=False),
        sa.Column("pack_key", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_sign_ins_staff_id")),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_sign_ins_tablet_id")),
        sa.PrimaryKeyConstraint("sign_in_id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_tablet", "sign_ins", ["tablet_id", "staff_id", "pack_key"], unique=False)
    op.create_table(
        "staff_secrets",
        sa.Column("staff_id", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("pin_digest", sa.String(length=128), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_staff_secrets_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_secrets")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_staff_secrets_code_hash")),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_no", sa.String(length=14), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("staff_id", SEQUENCE, nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.CheckConstraint("phone = '' OR kind = 'phone'", name=op.f("ck_tickets_phone")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_tickets_person_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_tickets_staff_id")),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_tickets_tablet_id")),
        sa.PrimaryKeyConstraint("ticket_no", name=op.f("pk_tickets")),
    )
    op.create_index(op.f("ix_tickets_person_id"), "tickets", ["person_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=12), nullable=False),
        sa.Column("township", sa.String(length=40), nullable=False),
        sa.Column("village", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("home", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=20), nullable=False),
        sa.Column("staff_id", SEQUENCE, nullable=True),
        sa.Column("by_operator", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_why", sa.String(length=12), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_assignments_person_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["home_visits.request_id"], name=op.f("fk_assignments_request_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_assignments_staff_id")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("request_id", name=op.f("uq_assignments_request_id")),
    )
    op.create_index(op.f("ix_assignments_person_id"), "assignments", ["person_id"], unique=False)
    op.create_table(
        "packet_contents",
        sa.Column("content_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("refusal_id", SEQUENCE, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["refusal_id"], ["refused_packets.refusal_id"], name=op.f("fk_packet_contents_refusal_id")
        ),
        sa.ForeignKeyConstraint(
            ["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_packet_contents_tablet_id")
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_packet_contents")),
        sa.UniqueConstraint("refusal_id", name=op.f("uq_packet_contents_refusal_id")),
    )
    op.create_index("ix_packet_contents_packet", "packet_contents", ["tablet_id", "seq"], unique=False)
    op.create_table(
        "packet_decisions",
        sa.Column("decision_id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tablet_id", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("refusal_id", SEQUENCE, nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=24), nullable=False),
        sa.Column("receipt_no", sa.String(length=14), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["refusal_id"], ["refused_packets.refusal_id"], name=op.f("fk_packet_decisions_refusal_id")
        ),
        sa.ForeignKeyConstraint(
            ["tablet_id"], ["tablets.tablet_id"], name=op.f("fk_packet_decisions_tablet_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_packet_decisions")),
        sa.UniqueConstraint("refusal_id", name=op.f("uq_packet_decisions_refusal_id")),
    )
    op.create_index("ix_packet_decisions_packet", "packet_decisions", ["tablet_id", "seq"], unique=False)
    op.create_table(
        "pack_items",
        sa.Column("pack_id", sa.String(length=40), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("references_given", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.assignment_id"], name=op.f("fk_pack_items_assignment_id")
        ),
        sa.ForeignKeyConstraint(["pack_id"], ["packs.pack_id"], name=op.f("fk_pack_items_pack_id")),
        sa.PrimaryKeyConstraint("pack_id", "assignment_id", name=op.f("pk_pack_items")),
    )
    op.create_index("ix_pack_items_assignment", "pack_items", ["assignment_id"], unique=False)
    op.add_column("persons", sa.Column("address", sa.String(length=200), nullable=True))

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
