"""A tablet that somebody finds: nobody's name, number, address or telephone is on its disk, in any spelling."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from devices.idcard import CardKind, IdCard
from kiosk import events
from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges, WrongPin, card_token, code_token
from kiosk.field.courier import Courier
from kiosk.field.keys import Cost
from kiosk.field.packs import Packs
from kiosk.wire import Lookup
from tests.field.far_central import LOSE_REPLY, FarCentral, WallClock
from tests.field.visits import AT, Life, record

PIN, CODE = "135790", "371081000017"
STAFF = IdCard(
    *(CardKind.RESIDENT, "林小禾", "371081199001010013", "2", "19900101", "20200101", "20400101"),
    photo=bytes(range(256)) * 4,
)
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 8
PEOPLE = [
    wire.Assignment(
        assignment_id=f"A-{no:08d}",
        person_id=f"person{no:05d}",
        name=name,
        number=number,
        birth=date(1940, 3, 5),
        village="岛集村",
        address=f"{street}街十二号",
        home="夏庄敬老院",
        phone="138****0042",
        references=(wire.PackReference(source="photo", content=base64.b64encode(PHOTO).decode()),),
    )
    for no, (name, number, street) in enumerate(
        [("王德山", "371081194003050127", "南海"), ("欧阳桂兰", "371081193509170248", "西门")], 1
    )
]
PHONE = "13800138042"
PLANTED = [
    *(text for person in PEOPLE for text in (person.name, person.name[1:], person.number, person.address)),
    *("岛集村", "夏庄敬老院", PHONE, "138****0042", "19400305", "person00001"),
    *(STAFF.name, STAFF.number, PIN, CODE),
]


SHORTEST = 6  # four bytes are somewhere in what is sealed, by chance
HASHES = re.compile(rb"[0-9a-f]{64,}")


def spellings(text: str) -> Iterator[bytes]:
    """Every way in which a program writes a text without meaning to hide it."""
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-32-le"):
        plain = text.encode(encoding)
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        for skipped in range(3):  # wherever it falls within the threes of base64
            coded = base64.b64encode(bytes(skipped) + plain)
            yield coded[4 if skipped else 0 : len(coded) - 4]
    yield json.dumps(text)[1:-1].encode()
    yield text[::-1].encode()


def found(texts: list[str], folder: Path, *others: bytes) -> set[str]:
    """Which of the texts are in a file of the folder, or a file's name, or beside it."""
    contents = [*others]
    for path in folder.rglob("*"):
        contents.append(path.name.encode())
        if path.is_file():
            contents.append(path.read_bytes())
    whole = b"\n".join(contents)
    without_hashes = HASHES.sub(b"", whole)  # six digits in a row are in some hash by chance
    return {
        text
        for text in texts
        for spelling in spellings(text)
        if len(spelling) >= SHORTEST and spelling in (whole if len(spelling) > 7 else without_hashes)
    }


@pytest.fixture
def used(folder: Path, far: FarCentral, api: FieldApi, clock: WallClock) -> bytes:
    """A tablet after a day: two have signed in, a pack was fetched, visits sealed, some sent.  Gives its log."""
    far.assignments = tuple(PEOPLE)
    log = io.StringIO()
    with Life(folder, clock) as life:
        badges = Badges(folder, life.keys, api, clock, cost=Cost(n=16))
        packs = Packs(folder, api, clock)
        badges.online(code_token(CODE), None, CODE, PIN)
        lookup = Lookup(number=STAFF.number, name=STAFF.name)
        signed_in = badges.online(card_token(STAFF), lookup, "", PIN)
        pack = packs.fetch(signed_in)
        assert pack.assignments == tuple(PEOPLE)
        with pytest.raises(WrongPin):
            badges.offline(card_token(STAFF), "135791")
        assert packs.open(badges.offline(card_token(STAFF), PIN)) == pack
        courier = Courier(life.packets, api, clock, events.Log(log, clock), 60.0)
        for no, person in enumerate(PEOPLE * 3, 1):
            visit = record(
                no,
                person_id=person.person_id,
                phone=PHONE,
                died_on=date(1940, 3, 5),
                identified=wire.Identified(by="typed", number=person.number, reason="lost"),
                picture=base64.b64encode(PHOTO).decode(),
                manual=wire.Manual(reason="machine", day_code="4711", witness=(((1, 2), (3, 4)),)),
                place=wire.Place(latitude=37.1966, longitude=122.0581),
                ended_at=AT,
            )
            life.packets.keep(visit, far.key(list(wire.Suite)[no % 2]), f"{person.name[0]}**")
            if no == 3:
                far.faults = ["", LOSE_REPLY]
                courier.sweep()
        (folder / "packets" / "00000005.sealed").write_bytes(b"broken")
    with Life(folder, clock) as life:
        assert [visit.state.value for visit in life.packets.kept()] == ["accepted", *["sealed"] * 5]
        life.packets.packet(5)
    return log.getvalue().encode()


def test_nothing_is_readable(used: bytes, folder: Path) -> None:
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in written) > 20_000  # there is something to search
    assert {path.parent.name for path in written} == {"data", "badges", "packs", "packets"}
    assert found(PLANTED, folder, used) == set()
    assert not any(
        PHOTO[3:40] in path.read_bytes() or base64.b64encode(PHOTO)[4:40] in path.read_bytes()
        for path in written
    )


def test_what_is_sealed_cannot_be_pressed_together(used: bytes, folder: Path) -> None:
    """A text that was only written differently has a pattern; these have none."""
    for path in [*(folder / "packs").iterdir(), *sorted((folder / "packets").glob("*.sealed"))]:
        _, _, sealed = path.read_bytes().partition(b"\n")
        if sealed:
            assert len(zlib.compress(sealed, 9)) >= len(sealed)


def test_the_first_character_of_a_name_is_all_that_stays(used: bytes, folder: Path) -> None:
    assert b"\xe7\x8e\x8b**" in (folder / "packets" / "00000003.sealed").read_bytes()
    assert found(["欧阳", "桂兰", "德山"], folder) == set()


@pytest.mark.parametrize("text", PLANTED)
def test_the_search_finds_each_of_them_in_each_spelling(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    for spelling in spellings(text):
        (folder / "file").write_bytes(b"\x00before" + spelling + b"after")
        assert len(spelling) < SHORTEST or text in found([text], folder)
    (folder / "file").write_bytes(b"{}")
    assert found([text], folder) == set()
    assert found([text], folder, b"a line of the log: " + text.encode()) == {text}


def test_the_search_finds_a_record_that_was_not_sealed(folder: Path, used: bytes, clock: WallClock) -> None:
    """As it would be on the disk had somebody forgotten to seal it."""
    visit = record(9, phone=PHONE)
    (folder / "packets" / "00000009.new").write_bytes(visit.model_dump_json().encode())
    assert found(PLANTED, folder) == {PHONE, PEOPLE[0].number, "19400305"}
    (folder / "packets" / "00000009.new").write_bytes(base64.b64encode(visit.model_dump_json().encode()))
    assert found(PLANTED, folder) >= {PHONE, PEOPLE[0].number, "19400305"}
    with Life(folder, clock) as life:
        assert found(PLANTED, folder) == set()  # and a start throws away what was under way
        life.journal.append("packet:00000009", "note", {"name": PEOPLE[1].name})
    assert PEOPLE[1].name in found(PLANTED, folder)


def test_who_finds_it_has_no_key_for_anything_on_it(
    used: bytes, folder: Path, tmp_path: Path, far: FarCentral, api: FieldApi, clock: WallClock
) -> None:
    """With the whole disk, and the right card without its PIN."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.rglob("*"):
        if path.is_file():
            place = copy / path.relative_to(folder)
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(path.read_bytes())
    with Life(copy, clock) as life:
        badges = Badges(copy, life.keys, api, clock, cost=Cost(n=16))
        for pin in ("000000", "123456", "135709"):
            with pytest.raises(WrongPin):
                badges.offline(card_token(STAFF), pin)
        assert life.packets.unsent == 5
