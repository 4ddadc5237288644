"""The tables of visits at home: tablets, who signs in, where they go, what they bring back.  Same metadata, same laws as ``tables``.

Nothing here holds a face in the open: what waits for a person stays sealed as it came.
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
    String,
    Table,
)

from central.tables import SEQUENCE, metadata

# ``last_seq`` and ``last_hash``: how far the chain of its packets is here.  ``sign_key``: the first one told counts.
tablets = Table(
    "tablets",
    metadata,
    Column("tablet_id", String(12), primary_key=True),
    Column("token_digest", String(64), nullable=False),
    Column("label", String(80), nullable=False),
    Column("sign_key", String(64)),
    Column("last_seq", Integer, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("revoked_note", String(300), nullable=False),
)

# What a member of staff signs in with at a tablet.  The PIN as a scrypt digest, the code as a hash keyed with central's secret.
staff_secrets = Table(
    "staff_secrets",
    metadata,
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
    Column("pin_digest", String(128), nullable=False),
    Column("code_hash", String(64), unique=True),  # null: with the card only
    Column("at_ms", BigInteger, nullable=False),
)

# Wrong tries since the last right one, of a member of staff ("staff 3") or of a tablet ("tablet WDT01").
sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("subject", String(40), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("shut_until_ms", BigInteger, nullable=False),
)

# Badges given.  ``pack_key`` is a public key.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("sign_in_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False),
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id"), nullable=False),
    Column("pack_key", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("valid_until_ms", BigInteger, nullable=False),
    Index("ix_sign_ins_tablet", "tablet_id", "staff_id", "pack_key"),
)

# One person to go to, for one request.  ``staff_id`` null: whoever takes it first.
assignments = Table(
    "assignments",
    metadata,
    Column("assignment_id", String(40), primary_key=True),
    Column("request_id", String(40), ForeignKey("home_visits.request_id"), nullable=False, unique=True),
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("asked_by", String(12), nullable=False),  # field.wire.AskedBy
    Column("township", String(40), nullable=False),
    Column("village", String(40), nullable=False),
    Column("address", String(200), nullable=False),
    Column("home", String(80), nullable=False),
    Column("room", String(20), nullable=False),
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id")),
    Column("by_operator", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("withdrawn_why", String(12), nullable=False),  # assignments.Why, or ""
    Column("withdrawn_by", String(40), nullable=False),
)

packs = Table(
    "packs",
    metadata,
    Column("pack_id", String(40), primary_key=True),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False, index=True),
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id"), nullable=False),
    Column("day_code", String(4), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

pack_items = Table(
    "pack_items",
    metadata,
    Column("pack_id", String(40), ForeignKey("packs.pack_id"), primary_key=True),
    Column("assignment_id", String(40), ForeignKey("assignments.assignment_id"), primary_key=True),
    Column("references_given", String(40), nullable=False),  # sources, with commas
    Index("ix_pack_items_assignment", "assignment_id"),
)

# Every packet that belongs to its tablet's chain, and central's word about it.  The content is opened and gone, or waits below.
packets = Table(
    "packets",
    metadata,
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("suite", String(20), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
    Column("state", String(10), nullable=False, index=True),  # field.wire.PacketState
    Column("result", String(24), nullable=False),  # field.wire.PacketResult
    Column("receipt_no", String(14), nullable=False),
    Column("detail", String(120), nullable=False),  # for staff; never personal
    Column("at_ms", BigInteger, nullable=False),
    # of the record inside, when it could be read
    Column("record_id", String(40), unique=True),  # the first packet that brought it
    Column("record_digest", String(64)),
    Column("pack_id", String(40)),
    Column("assignment_id", String(40), index=True),
    Column("staff_id", SEQUENCE),
    Column("kind", String(12)),
    Column("not_met", String(12)),
    Column("begun_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("boot_id", String(64)),
    Column("up_ms", BigInteger),
    Column("clock_known", Integer),
    Index("ix_packets_received", "tablet_id", "at_ms"),
)

# What did not even belong to the chain.  The same is kept once, however often it comes.
refused_packets = Table(
    "refused_packets",
    metadata,
    Column("refusal_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body_digest", String(64), nullable=False),  # SHA-256 of the packet as canonical JSON
    Column("flaw", String(20), nullable=False),  # packets.Flaw
    Column("suite", String(20), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("uq_refused_packets_body", "tablet_id", "seq", "body_digest", unique=True),
)

# Sealed content of parked and refused packets; deleted once somebody has decided.
packet_contents = Table(
    "packet_contents",
    metadata,
    Column("content_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("refusal_id", SEQUENCE, ForeignKey("refused_packets.refusal_id"), unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_packet_contents_packet", "tablet_id", "seq"),
)

# What a person made of a parked or refused packet.
packet_decisions = Table(
    "packet_decisions",
    metadata,
    Column("decision_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("refusal_id", SEQUENCE, ForeignKey("refused_packets.refusal_id"), unique=True),
    Column("taken", Integer, nullable=False),  # 1: what it says goes its way; 0: put aside
    Column("result", String(24), nullable=False),
    Column("receipt_no", String(14), nullable=False),
    Column("operator", String(40), nullable=False),  # "" is central itself: it came again in its place
    Column("note", String(300), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_packet_decisions_packet", "tablet_id", "seq"),
)

# Something to be done after a visit, by a person: it changes nothing by itself.
tickets = Table(
    "tickets",
    metadata,
    Column("ticket_no", String(14), primary_key=True),  # GD and twelve digits
    Column("kind", String(12), nullable=False),  # tickets.Kind
    Column("person_id", String(40), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("staff_id", SEQUENCE, ForeignKey("staff.staff_id"), nullable=False),
    Column("tablet_id", String(12), ForeignKey("tablets.tablet_id"), nullable=False),
    Column("told_on", Date, nullable=False),  # when staff were told
    Column("died_on", Date),
    Column("phone", String(20), nullable=False),  # "" again once somebody has decided
    Column("topic", String(20), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("closed_by", String(40), nullable=False),
    Column("note", String(300), nullable=False),
    Column("confirmed", Boolean),  # null: open, or closed before this was kept
    CheckConstraint("phone = '' OR kind = 'phone'", name="phone"),
)

ticket_days = Table(
    "ticket_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)
