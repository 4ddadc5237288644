"""Packets of tablets: each fits its tablet's chain and is signed by its key, or it is refused; nothing that came is dropped.

    fits     kept for good (``packets``), with central's word about what was in it; the content is opened, used and not kept
    parked   fits, and a person decides: the sealed content waits (``packet_contents``)
    refused  does not fit: kept beside the chain with what is wrong, content and all

Where a person has put a refused one aside its place is given up, and the chain goes on behind it: one spoilt packet does not hold up
a tablet's later visits for ever.  The packet that belongs there can still come as long as none behind it has.

The content of one that waits is kept for thirty days, as every picture is; then it can only be put aside.

Parked and refused ones raise an alarm.  What is sent again is answered as it was and adds nothing.  One transaction each: after a
kill a packet was taken whole, or it comes again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from central import alarms, tables_field, tablets
from central.clock import Clock
from central.database import Database
from central.differences import Kind
from central.evidence import canonical
from central.problems import Refused
from central.verification import Keys
from central.visits import Brought, Outcome, Visits, parked
from kiosk.field.wire import (
    GENESIS,
    SIGNED,
    Packet,
    PacketReply,
    PacketResult,
    PacketsReply,
    PacketState,
    Record,
    Suite,
    packet_hash,
    packet_info,
)
from kiosk.seal import NotSealedForUs
from kiosk.wire import ProblemCode

CONTENTS = tables_field.packet_contents
DECISIONS = tables_field.packet_decisions
TABLE = tables_field.packets
REFUSED = tables_field.refused_packets
TABLETS = tables_field.tablets

REFUSED_MOST = 1000  # of one tablet; a machine that floods us is one alarm, and its packets differ in nothing


class Flaw(StrEnum):
    """Why a packet does not belong to the chain."""

    NO_KEY = "no_key"  # the tablet never told one
    HASH = "hash"  # not that of what stands in it
    SIGNATURE = "signature"
    CONTENT = "content"  # not what was signed for
    FORKED = "forked"  # another packet has this number
    CHAIN = "chain"  # the one before is another
    GAP = "gap"  # the one before is missing


class Packets:
    def __init__(self, database: Database, visits: Visits, keys: Keys, clock: Clock) -> None:
        self._database, self._visits, self._keys, self._clock = database, visits, keys, clock

    def reached(self, tablet_id: str) -> PacketsReply:
        with self._database.read() as connection:
            tablet = tablets.find(connection, tablet_id)
        assert tablet is not None  # it was let in
        return PacketsReply(last_seq=tablet.last_seq, last_hash=tablet.last_hash)

    def put(self, tablet_id: str, packet: Packet) -> PacketReply:
        """Central's word.  Raises Refused, and then the packet is kept all the same."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            answer = self._take(connection, tablet_id, packet, now_ms)
        if isinstance(answer, Refused):
            raise answer  # outside the transaction: what was refused is on disk
        return answer

    def _take(
        self, connection: Connection, tablet_id: str, packet: Packet, now_ms: int
    ) -> PacketReply | Refused:
        tablet = tablets.locked(connection, tablet_id)
        known = find(connection, tablet_id, packet.seq)
        if known is not None and known.hash == packet.hash:
            return _reply(known)
        last = _end(connection, tablet_id, (tablet.last_seq, tablet.last_hash), packet)
        flaw = Flaw.FORKED if known is not None else _flaw(tablet_id, tablet.sign_key, last, packet)
        if flaw is not None:
            self._keep_refused(connection, tablet_id, packet, flaw, now_ms)
            code = ProblemCode.PACKET_GAP if flaw is Flaw.GAP else ProblemCode.PACKET_REFUSED
            return Refused(code, flaw.value)
        record, outcome = self._settled(connection, tablet, packet, now_ms)
        row = self._keep(connection, tablet_id, packet, record, outcome, now_ms)
        _forgive(connection, tablet_id, packet, now_ms)
        return _reply(row)

    def _settled(
        self, connection: Connection, tablet: Row[Any], packet: Packet, now_ms: int
    ) -> tuple[Record | None, Outcome]:
        """What is in it, and what follows."""
        if packet.sealed is None:
            return None, parked(PacketResult.NOT_READABLE, "the tablet lost the content")
        record = self.opened(tablet.tablet_id, packet.seq, packet.suite, base64.b64decode(packet.sealed))
        if record is None:
            return None, parked(PacketResult.NOT_READABLE, "no record that opens")
        if tablet.revoked_ms is not None:
            return record, parked(PacketResult.TABLET_REVOKED)
        before = _same_record(connection, record)
        if before is not None:
            if (before.tablet_id, before.record_digest) == (tablet.tablet_id, self._digest(record)):
                return record, Outcome(
                    PacketResult(before.result), PacketState(before.state), before.receipt_no, "sent twice"
                )
            return record, parked(PacketResult.NOT_THIS_PACK, "the record's id is in use")
        brought = Brought(tablet.tablet_id, packet.seq, packet.hash, record, now_ms)
        return record, self._visits.settle(connection, brought)

    def opened(self, tablet_id: str, seq: int, suite: Suite, sealed: bytes) -> Record | None:
        """The record in a packet; None when it does not open, or is none."""
        key = self._keys.record.get(suite)
        if key is None:
            return None
        try:
            return Record.model_validate_json(key.unseal(sealed, packet_info(tablet_id, seq)))
        except (NotSealedForUs, ValidationError):
            return None

    def _digest(self, record: Record) -> str:
        """Keyed, because a number is in it."""
        return self._keys.keyed_hash("visit record", canonical(record.model_dump(mode="json"))).hex()

    # --- what is written ---

    def _keep(
        self,
        connection: Connection,
        tablet_id: str,
        packet: Packet,
        record: Record | None,
        outcome: Outcome,
        now_ms: int,
    ) -> Row[Any]:
        first = record is not None and _same_record(connection, record) is None
        connection.execute(
            insert(TABLE).values(
                tablet_id=tablet_id,
                **_signed_part(packet),
                state=outcome.state.value,
                result=outcome.result.value,
                receipt_no=outcome.receipt_no,
                detail=outcome.detail,
                at_ms=now_ms,
                record_id=record.record_id if record is not None and first else None,
                **(_of_record(record, self._digest(record)) if record is not None else {}),
            )
        )
        here = TABLETS.c.tablet_id == tablet_id
        connection.execute(update(TABLETS).where(here).values(last_seq=packet.seq, last_hash=packet.hash))
        if outcome.state is PacketState.PARKED:
            _keep_content(connection, tablet_id, packet, None)
            told = f"{outcome.result.value} {outcome.detail}".strip()
            alarms.sound(
                connection, Kind.PACKET_PARKED, tablet_id, subject(tablet_id, packet.seq), told, at_ms=now_ms
            )
        row = find(connection, tablet_id, packet.seq)
        assert row is not None  # it was inserted above
        return row

    def _keep_refused(
        self, connection: Connection, tablet_id: str, packet: Packet, flaw: Flaw, now_ms: int
    ) -> None:
        body = sha256(canonical(packet.model_dump(mode="json")).encode()).hexdigest()
        mine = REFUSED.c.tablet_id == tablet_id
        same = select(REFUSED.c.refusal_id).where(
            mine, REFUSED.c.seq == packet.seq, REFUSED.c.body_digest == body
        )
        if connection.execute(same).first() is not None:
            return
        if (
            len(connection.execute(select(REFUSED.c.refusal_id).where(mine).limit(REFUSED_MOST)).all())
            >= REFUSED_MOST
        ):
            alarms.sound(
                connection, Kind.PACKET_REFUSED, tablet_id, f"{tablet_id} flood", flaw.value, at_ms=now_ms
            )
            return
        row = {"tablet_id": tablet_id, **_signed_part(packet), "body_digest": body, "flaw": flaw.value}
        inserted = connection.execute(insert(REFUSED).values(**row, at_ms=now_ms)).inserted_primary_key
        assert inserted is not None
        _keep_content(connection, tablet_id, packet, inserted[0])
        alarms.sound(
            connection,
            Kind.PACKET_REFUSED,
            tablet_id,
            subject(tablet_id, packet.seq, inserted[0]),
            flaw.value,
            at_ms=now_ms,
        )


def subject(tablet_id: str, seq: int, refusal_id: int | None = None) -> str:
    """What the alarm of a packet is about."""
    return f"{tablet_id} {seq}" if refusal_id is None else f"{tablet_id} {seq} R{refusal_id}"


def find(connection: Connection, tablet_id: str, seq: int) -> Row[Any] | None:
    this = (TABLE.c.tablet_id == tablet_id) & (TABLE.c.seq == seq)
    return connection.execute(select(TABLE).where(this)).first()


class Walked(NamedTuple):
    """``given_up``: places without a packet, which people have put aside; ``flaw``: the first thing that is wrong, or ""."""

    tablet_id: str
    packets: int
    given_up: tuple[int, ...]
    flaw: str


def walk(connection: Connection) -> Iterator[Walked]:
    """Each tablet's chain, hashes and signatures made anew."""
    for tablet in connection.execute(select(TABLETS).order_by(TABLETS.c.tablet_id)).all():
        count, last, flaw = 0, (0, GENESIS), ""
        given_up: list[int] = []
        mine = select(TABLE).where(TABLE.c.tablet_id == tablet.tablet_id).order_by(TABLE.c.seq)
        for row in connection.execute(mine).all():
            count += 1
            names = ("seq", "suite", "prev_hash", "digest", "hash", "signature")
            packet = Packet(**{name: getattr(row, name) for name in names})
            end = _end(connection, tablet.tablet_id, last, packet)
            if (found := _flaw(tablet.tablet_id, tablet.sign_key, end, packet)) is not None:
                flaw = f"number {row.seq}: {found.value}"
                break
            given_up.extend(range(last[0] + 1, row.seq))
            last = row.seq, row.hash
        if not flaw and last != (tablet.last_seq, tablet.last_hash):
            flaw = "the last ones are missing"
        yield Walked(tablet.tablet_id, count, tuple(given_up), flaw)


def _end(connection: Connection, tablet_id: str, last: tuple[int, str], packet: Packet) -> tuple[int, str]:
    """Number and hash of what this packet has to follow: ``last``, or a place that was given up, whose hash only the packet knows."""
    missing = packet.seq - last[0] - 1
    if missing < 1:
        return last
    put_aside = (
        select(func.count(DECISIONS.c.seq.distinct()))
        .where(DECISIONS.c.tablet_id == tablet_id, DECISIONS.c.refusal_id.is_not(None))
        .where(DECISIONS.c.taken == 0, DECISIONS.c.seq > last[0], DECISIONS.c.seq < packet.seq)
    )
    given_up = connection.execute(put_aside).scalar_one()
    return (packet.seq - 1, packet.prev_hash) if given_up == missing else last


def _flaw(tablet_id: str, sign_key: str | None, last: tuple[int, str], packet: Packet) -> Flaw | None:
    """``last``: number and hash of the chain so far."""
    last_seq, last_hash = last
    if sign_key is None:
        return Flaw.NO_KEY
    hashed = packet_hash(tablet_id, packet.seq, packet.suite, packet.prev_hash, packet.digest)
    if hashed != packet.hash:
        return Flaw.HASH
    if not _is_signed(sign_key, packet):
        return Flaw.SIGNATURE
    if packet.sealed is not None and not _is_content(packet.sealed, packet.digest):
        return Flaw.CONTENT
    if packet.seq != last_seq + 1:
        return Flaw.GAP if packet.seq > last_seq else Flaw.FORKED
    return Flaw.CHAIN if packet.prev_hash != last_hash else None


def _is_signed(sign_key: str, packet: Packet) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(sign_key))
        key.verify(bytes.fromhex(packet.signature), SIGNED + bytes.fromhex(packet.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_content(sealed: str, digest: str) -> bool:
    try:
        return sha256(base64.b64decode(sealed, validate=True)).hexdigest() == digest
    except binascii.Error:
        return False


def _same_record(connection: Connection, record: Record) -> Row[Any] | None:
    return connection.execute(select(TABLE).where(TABLE.c.record_id == record.record_id)).first()


def _signed_part(packet: Packet) -> dict[str, Any]:
    return packet.model_dump(mode="json", exclude={"sealed"})


def _of_record(record: Record, digest: str) -> dict[str, Any]:
    """What is counted and compared later; nobody's name or number."""
    return {
        "record_digest": digest,
        "pack_id": record.pack_id,
        "assignment_id": record.assignment_id,
        "staff_id": int(record.staff_id)
        if record.staff_id.isdecimal() and len(record.staff_id) < 10
        else None,
        "kind": record.kind.value,
        "not_met": record.not_met.value if record.not_met else None,
        "begun_ms": round(record.begun_at.timestamp() * 1000),
        "ended_ms": round(record.ended_at.timestamp() * 1000),
        "boot_id": record.boot_id,
        "up_ms": record.up_ms,
        "clock_known": int(record.clock_known),
    }


def _keep_content(connection: Connection, tablet_id: str, packet: Packet, refusal_id: int | None) -> None:
    if packet.sealed is None:
        return
    try:
        sealed = base64.b64decode(packet.sealed, validate=True)
    except binascii.Error:
        sealed = packet.sealed.encode()  # what came, as it came
    row = {"tablet_id": tablet_id, "seq": packet.seq, "refusal_id": refusal_id}
    connection.execute(insert(CONTENTS).values(**row, sealed=sealed))


def old_contents(connection: Connection, before_ms: int) -> list[int]:
    """Contents that have waited since ``before_ms`` or longer: there may be a face in each."""
    here = (TABLE.c.tablet_id == CONTENTS.c.tablet_id) & (TABLE.c.seq == CONTENTS.c.seq)
    came_ms = func.coalesce(REFUSED.c.at_ms, TABLE.c.at_ms)
    query = (
        select(CONTENTS.c.content_id)
        .outerjoin(REFUSED, REFUSED.c.refusal_id == CONTENTS.c.refusal_id)
        .outerjoin(TABLE, here & CONTENTS.c.refusal_id.is_(None))
        .where(came_ms <= before_ms)
    )
    return list(connection.execute(query).scalars())


def forget_contents(connection: Connection, content_ids: Sequence[int]) -> None:
    """The packets still wait, and can only be put aside."""
    for content_id in content_ids:
        connection.execute(delete(CONTENTS).where(CONTENTS.c.content_id == content_id))


def _forgive(connection: Connection, tablet_id: str, packet: Packet, now_ms: int) -> None:
    """The same packet had come too early, or damaged on its way: it is here now, and nobody has to look."""
    same = select(REFUSED.c.refusal_id).where(
        REFUSED.c.tablet_id == tablet_id,
        REFUSED.c.hash == packet.hash,
        REFUSED.c.signature == packet.signature,
        REFUSED.c.refusal_id.not_in(
            select(DECISIONS.c.refusal_id).where(DECISIONS.c.refusal_id.is_not(None))
        ),
    )
    for refusal_id in connection.execute(same).scalars().all():
        connection.execute(delete(CONTENTS).where(CONTENTS.c.refusal_id == refusal_id))
        row = {"tablet_id": tablet_id, "seq": packet.seq, "refusal_id": refusal_id, "taken": 1}
        told = {"result": "", "receipt_no": "", "operator": "", "note": "came again in its place"}
        connection.execute(insert(DECISIONS).values(**row, **told, at_ms=now_ms))
        alarms.clear_about(
            connection,
            Kind.PACKET_REFUSED,
            subject(tablet_id, packet.seq, refusal_id),
            "central",
            told["note"],
            at_ms=now_ms,
        )


def _reply(row: Row[Any]) -> PacketReply:
    return PacketReply(
        seq=row.seq,
        hash=row.hash,
        state=PacketState(row.state),
        result=PacketResult(row.result),
        receipt_no=row.receipt_no,
    )
