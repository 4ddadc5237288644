"""The day's people: for this tablet, this member of staff, this day; and nothing of them in the clear."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kiosk.api import Refused, Unreachable
from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges, SignedIn, code_token
from kiosk.field.disk import Disk
from kiosk.field.keys import Cost, TabletKeys
from kiosk.field.packs import PackExpired, Packs, PackUnreadable
from tests.field.far_central import STAFF, TABLET, FarCentral, WallClock

CODE, PIN = "371081000017", "135790"
WANG = wire.Assignment(
    assignment_id="A-00000001",
    person_id="person00001",
    name="王德山",
    number="371081194003050127",
    birth=date(1940, 3, 5),
    village="岛集村",
    address="南街十二号",
)


@pytest.fixture
def signed_in(folder: Path, api: FieldApi, clock: WallClock, far: FarCentral) -> SignedIn:
    far.assignments, far.pack_for = (WANG,), (TABLET, "staff7")
    return sign_in(folder, api, clock, CODE)


def sign_in(folder: Path, api: FieldApi, clock: WallClock, code: str) -> SignedIn:
    badges = Badges(folder, TabletKeys.open(folder), api, clock, cost=Cost(n=16))
    return badges.online(code_token(code), None, code, PIN)


def test_a_pack_is_there_after_a_restart_without_a_network(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral, signed_in: SignedIn
) -> None:
    assert Packs(folder, api, clock).open(signed_in) is None
    assert Packs(folder, api, clock).fetch(signed_in).assignments == (WANG,)
    heard = len(far.heard)
    clock.pass_(23 * 3600)
    pack = Packs(folder, api, clock).open(signed_in)
    assert pack is not None
    assert (pack.assignments, pack.day_code, len(far.heard)) == ((WANG,), "4711", heard)


def test_after_a_day_it_is_deleted(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    clock.pass_(24 * 3600)
    with pytest.raises(PackExpired):
        packs.open(signed_in)
    assert not list((folder / "packs").iterdir())
    assert packs.open(signed_in) is None


@pytest.mark.parametrize("ahead_days", [-3, 3])
def test_a_clock_that_was_wrong_all_the_time_makes_no_difference(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral, signed_in: SignedIn, ahead_days: int
) -> None:
    """What counts is how long it has been here."""
    far.clock = WallClock(clock.wall)  # central's goes right
    clock.wall += ahead_days * 86_400_000
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    clock.pass_(23 * 3600)
    assert packs.open(signed_in)
    clock.pass_(3601)
    with pytest.raises(PackExpired):
        packs.open(signed_in)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_set_back_keeps_it_shut(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn, restarted: bool
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    clock.pass_(20 * 3600)
    assert packs.open(signed_in)
    clock.wall -= 19 * 3_600_000
    if restarted:
        clock.mono_s = 2.0
        packs = Packs(folder, api, clock)
    with pytest.raises(PackExpired):
        packs.open(signed_in)
    clock.wall += 19 * 3_600_000
    assert packs.open(signed_in)
    clock.wall += 4 * 3_600_000
    with pytest.raises(PackExpired):
        packs.open(signed_in)


def test_who_comes_next_deletes_what_a_colleague_left(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    Packs(folder, api, clock).fetch(signed_in)
    clock.pass_(25 * 3600)
    other = sign_in(folder, api, clock, "371081000023")
    assert Packs(folder, api, clock).open(other) is None
    assert not list((folder / "packs").iterdir())


def test_a_pack_for_another_tablet_or_member_of_staff_is_none(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral, signed_in: SignedIn
) -> None:
    packs = Packs(folder, api, clock)
    for pack_for in (("T002", "staff7"), (TABLET, STAFF + "8"), ("T002", "staff8")):
        far.pack_for = pack_for
        with pytest.raises(PackUnreadable):
            packs.fetch(signed_in)
    assert packs.open(signed_in) is None


def test_a_colleague_does_not_see_it_and_cannot_open_it(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    other = sign_in(folder, api, clock, "371081000023")
    assert packs.open(other) is None
    (path,) = (folder / "packs").iterdir()
    content = path.read_bytes()
    assert packs.open(signed_in)
    packs._path(other.staff_id).write_bytes(content)  # put where the colleague's would be
    with pytest.raises(PackUnreadable):
        packs.open(other)
    assert packs.open(signed_in)  # and that cost nobody theirs


def test_a_copy_on_another_tablet_opens_for_nobody(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral, signed_in: SignedIn, tmp_path: Path
) -> None:
    Packs(folder, api, clock).fetch(signed_in)
    far.sign_key = b""  # the other tablet is a good one too
    stolen = tmp_path / "stolen"
    same_person = sign_in(stolen, api, clock, CODE)
    assert same_person.staff_id == signed_in.staff_id
    (stolen / "packs").mkdir()
    for path in (folder / "packs").iterdir():
        (stolen / "packs" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(PackUnreadable):
        Packs(stolen, api, clock).open(same_person)


@pytest.mark.parametrize("place", [0, 60, 300, -1])
def test_a_pack_that_was_altered_is_none_and_is_deleted(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn, place: int
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    (path,) = (folder / "packs").iterdir()
    content = bytearray(path.read_bytes())
    assert content.index(b"\n") < 50
    content[place] ^= 1
    path.write_bytes(content)
    if place == 0:  # what stands outside the seal decides nothing
        assert packs.open(signed_in)
        return
    with pytest.raises(PackUnreadable):
        packs.open(signed_in)
    assert packs.open(signed_in) is None


def test_a_later_time_written_outside_the_seal_makes_it_no_younger(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    (path,) = (folder / "packs").iterdir()
    _, sealed = path.read_bytes().split(b"\n", 1)
    path.write_bytes(b'{"version": 1, "until_ms": 9999999999999}\n' + sealed)
    clock.pass_(24 * 3600)
    with pytest.raises(PackExpired):
        packs.open(signed_in)
    assert not path.exists()


def test_nobodys_name_is_in_the_file(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    pack = Packs(folder, api, clock).fetch(signed_in)
    (path,) = (folder / "packs").iterdir()
    content = path.read_bytes()
    plain = pack.model_dump_json().encode()
    for text in (WANG.name.encode(), WANG.number.encode(), WANG.address.encode(), b"4711"):
        assert text in plain
        assert text not in content
    assert path.stat().st_mode & 0o077 == 0


def test_dropped_is_gone(folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    other = sign_in(folder, api, clock, "371081000023")
    packs.drop(other)
    assert packs.open(signed_in)
    packs.drop(signed_in)
    assert packs.open(signed_in) is None
    packs.fetch(signed_in)
    packs.drop()
    assert not list((folder / "packs").iterdir())


def test_a_full_disk_leaves_the_day_in_memory_only(
    folder: Path, api: FieldApi, clock: WallClock, signed_in: SignedIn
) -> None:
    class Full(Disk):
        def write(self, path: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    packs = Packs(folder, api, clock, Full())
    assert packs.fetch(signed_in).assignments == (WANG,)
    assert packs.open(signed_in) is None


def test_central_does_not_answer_or_says_no(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral, signed_in: SignedIn
) -> None:
    packs = Packs(folder, api, clock)
    packs.fetch(signed_in)
    far.faults.append("lose_reply")
    with pytest.raises(Unreachable):
        packs.fetch(signed_in)
    far.revoked = True
    with pytest.raises(Refused):
        packs.fetch(signed_in)
    assert packs.open(signed_in)  # until the flow drops it
