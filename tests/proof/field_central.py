"""A central for one tablet, in a process of its own: people to be visited, somebody who visits them, and the books afterwards.

Everybody is the township's and invented, can be certified today, and has a picture at central.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Row, select

from central import assignments, references, staff_door, tables, tables_field, tablets, township
from central.assignments import Wish
from central.certification import Certifications
from central.database import Database, sqlite_url
from central.service import open_service
from central.settings import Settings
from devices.idcard import CardKind, IdCard
from kiosk.field.wire import GENESIS, SIGNED, AskedBy, Suite, packet_hash
from kiosk.wire import ReferenceSource
from stand.__main__ import free_port
from tests.proof.services import Service

TABLET, TOKEN = "WDT01", "token-of-the-proof"
PIN, CODE = "246810", "100200300401"
PHOTO_BYTES = 1024  # what a chip holds of its photo
REFERENCE_BYTES = (9_000, 24_000)
HOME, HOME_ADDRESS = "夏庄敬老院", "山东省威海市文登区泽头镇夏庄村1号"
ROOM_CAPACITY = 2
FINISHING = ("face", "manual", "death", "not_met")


@dataclass(frozen=True)
class Person:
    """Somebody to be visited: their card, and all that a tablet's disk may not show."""

    person_id: str
    card: IdCard = field(repr=False)
    phone: str = field(repr=False)
    picture: bytes = field(repr=False)
    home: str = ""


@dataclass(frozen=True)
class Town:
    """``staff``: their own card.  ``people`` in no order."""

    data: Path
    staff: IdCard = field(repr=False)
    people: tuple[Person, ...] = field(repr=False)


def found(folder: Path, people: int, in_home: int, seed: int) -> Town:
    """Makes central's database: ``people`` requests, the first ``in_home`` of them in one care home."""
    rng = Random(f"town {seed}")
    data = folder / "central"
    service = open_service(Settings(data, township=size_for(people), seed=seed))
    made = []
    now_ms = service.settings.clock.now_ms()
    certifications = Certifications.read(service.rulebook, service.settings.city)
    persons = tables.persons
    with service.database.write() as connection:
        drawing = select(persons).where(persons.c.benefit != "", persons.c.card_kind == "resident")
        rows = [
            row
            for row in connection.execute(drawing.order_by(persons.c.birth))
            if row.address and certifications.can_be_done(connection, row, now_ms)
        ][:people]
        assert len(rows) == people, f"{len(rows)} people can be certified here"
        for n, row in enumerate(rows):
            wish = Wish(AskedBy.PERSON)
            if n < in_home:
                wish = Wish(AskedBy.CARE_HOME, HOME_ADDRESS, HOME, f"{101 + n // ROOM_CAPACITY}")
            assignments.add(connection, row, wish, "", at_ms=now_ms)
            picture = b"\xff\xd8\xff" + rng.randbytes(rng.randint(*REFERENCE_BYTES))
            references.add_picture(
                connection,
                service.keys,
                row.person_id,
                ReferenceSource.PHOTO,
                picture,
                taken_on=None,
                at_ms=now_ms,
            )
            made.append(Person(row.person_id, card_of(row, rng), row.phone or "", picture, wish.home))
        tablets.add(connection, TABLET, "样机", at_ms=now_ms, token=TOKEN)
        card, _ = township.staff()[0]
        mine = select(tables.staff.c.staff_id).where(tables.staff.c.number == card.number)
        staff_id = connection.execute(mine).scalar_one()
        staff_door.give_pin(connection, service.keys, staff_id, PIN, CODE, at_ms=now_ms)
    service.close()
    texts = {
        name: getattr(card, name) for name in ("name", "number", "sex", "birth", "valid_from", "valid_to")
    }
    return Town(data, IdCard(CardKind.RESIDENT, **texts, photo=rng.randbytes(PHOTO_BYTES)), tuple(made))


def size_for(people: int) -> int:
    """A township in which so many draw a benefit."""
    return 100 + 7 * people


def card_of(row: Row[Any], rng: Random) -> IdCard:
    texts = {"name": row.name, "number": row.number, "sex": row.sex, "address": row.address}
    born = f"{row.birth:%Y%m%d}"
    lasting = {"valid_from": "20200101", "valid_to": "长期"}
    return IdCard(CardKind.RESIDENT, birth=born, **texts, **lasting, photo=rng.randbytes(PHOTO_BYTES))


@contextmanager
def serving(town: Town, log: Path) -> Iterator[Service]:
    """``central run`` over that database, as a process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["-m", "central", "run", "--data", str(town.data), "--port", str(port)]
    service = Service(url, command, log)
    service.start()
    try:
        yield service
    finally:
        assert service.stop() == 0, "central ended badly"


# --- the books -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Books:
    """What central's own tables say.  ``chain`` holds what is wrong with the tablet's chain, in words; "" is nothing."""

    packets: tuple[Row[Any], ...]
    refused: int  # kept beside the chain, and nobody has looked at them
    certified: Counter[str]  # person -> certifications
    tickets: int
    last_seq: int
    chain: str

    @property
    def visits(self) -> Counter[tuple[str, str]]:
        """Finished visits: (pack, assignment) -> packets."""
        return Counter((row.pack_id, row.assignment_id) for row in self.packets if row.kind in FINISHING)

    @property
    def doubled(self) -> list[str]:
        """Visits that central has twice, people certified twice, records that came twice."""
        records = Counter(row.record_digest for row in self.packets if row.record_digest)
        return [
            *(f"visit {key}" for key, count in self.visits.items() if count > 1),
            *(f"certification of {key}" for key, count in self.certified.items() if count > 1),
            *(f"record {key}" for key, count in records.items() if count > 1),
        ]

    def lost(self, kept: Sequence[tuple[str, str]]) -> list[str]:
        """``kept``: (record, kind) that staff were told of.  What central has not, or cannot read, or makes nothing of."""
        here = {row.record_id: row for row in self.packets}
        lost = [f"{record_id} never came" for record_id, _ in kept if record_id not in here]
        lost += [f"packet {row.seq}: {row.result}" for row in self.packets if not as_expected(row)]
        return lost


def as_expected(row: Row[Any]) -> bool:
    """Whether central has made of it what a visit of this kind comes to."""
    expected = {"face": ("certified", "under_review"), "manual": ("under_review",)}.get(row.kind, ("noted",))
    return row.state == "accepted" and row.result in expected and row.kind is not None


def books(data: Path) -> Books:
    """Reads central's database beside the process, or after it."""
    database = Database(sqlite_url(data / "central.sqlite3"))
    refused, decisions = tables_field.refused_packets, tables_field.packet_decisions
    with database.read() as connection:
        tablet = tablets.find(connection, TABLET)
        assert tablet is not None
        packets = tables_field.packets
        rows = connection.execute(select(packets).order_by(packets.c.seq)).all()
        decided = select(decisions.c.refusal_id).where(decisions.c.refusal_id.is_not(None))
        left = connection.execute(select(refused).where(refused.c.refusal_id.not_in(decided))).all()
        done = tables.certifications.c
        certified = connection.execute(select(done.person_id).where(done.check_id.is_not(None))).scalars()
        made = Books(
            tuple(rows),
            len(left),
            Counter(certified),
            len(connection.execute(select(tables_field.tickets)).all()),
            tablet.last_seq,
            broken_chain(rows, tablet),
        )
    database.close()
    return made


def broken_chain(rows: Sequence[Row[Any]], tablet: Row[Any]) -> str:
    """By the published rules, and not with central's own code: numbers without a gap, hashes that fit, the tablet's signature."""
    before = GENESIS
    for number, row in enumerate(rows, start=1):
        hashed = packet_hash(TABLET, row.seq, Suite(row.suite), row.prev_hash, row.digest)
        if (row.seq, row.prev_hash, row.hash) != (number, before, hashed):
            return f"packet {row.seq} does not fit"
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(tablet.sign_key))
            key.verify(bytes.fromhex(row.signature), SIGNED + bytes.fromhex(row.hash))
        except InvalidSignature:
            return f"packet {row.seq} is not signed"
        before = row.hash
    return "" if (tablet.last_seq, tablet.last_hash) == (len(rows), before) else "central counts otherwise"


def is_synthetic(number: str) -> bool:
    """Numbers of the township have a low sequence, so that nobody real is meant."""
    return re.fullmatch(r"[0-9]{14}0[0-9]{2}[0-9X]", number) is not None
