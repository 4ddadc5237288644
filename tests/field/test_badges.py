"""Signing in: central looks, or the badge on the disk opens; and no third way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devices.idcard import CardKind, IdCard
from kiosk.api import Refused, Unreachable
from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.badges import BadgeExpired, Badges, NoBadge, NoPhoto, WrongPin, card_token, code_token
from kiosk.field.disk import Disk
from kiosk.field.keys import Cost, TabletKeys
from kiosk.wire import Lookup, ProblemCode
from tests.field.far_central import STAFF, FarCentral, WallClock

PIN, OTHER_PIN = "135790", "135791"
CARD = IdCard(
    *(CardKind.RESIDENT, "林小禾", "371081199001010013", "2", "19900101", "20200101", "20400101"),
    photo=bytes(range(256)) * 4,
)
LOOKUP = Lookup(number=CARD.number, name=CARD.name)
TOKEN = card_token(CARD)


def signing(
    folder: Path, api: FieldApi, clock: WallClock, suite: str = "x25519", disk: Disk | None = None
) -> Badges:
    """As after a start of the program."""
    return Badges(folder, TabletKeys.open(folder), api, clock, suite, Cost(n=16), disk)


def test_who_signed_in_with_a_network_signs_in_without_one(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    first = signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    assert far.heard == ["PUT /v1/tablet/key", "POST /v1/tablet/sign-in"]
    clock.pass_(11 * 3600)
    again = signing(folder, api, clock).offline(TOKEN, PIN)
    assert (again.staff_id, again.name, again.valid_until) == (STAFF, "林小禾", first.valid_until)
    assert (again.record_key, again.most_packets, again.most_days) == (far.key(wire.Suite.X25519), 100, 3)
    assert again.key.public == first.key.public
    assert len(far.heard) == 2


def test_the_tablet_tells_its_key_once_a_start(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    one.online(TOKEN, LOOKUP, "", PIN)
    assert far.heard.count("PUT /v1/tablet/key") == 1
    assert far.sign_key == TabletKeys.open(folder).sign_public


@pytest.mark.parametrize(
    ("token", "pin"),
    [
        (TOKEN, OTHER_PIN),
        (code_token("123456789012"), PIN),
        (card_token(IdCard(**{n: getattr(CARD, n) for n in CARD.__slots__} | {"photo": b"x" * 1024})), PIN),
        (card_token(IdCard(**{n: getattr(CARD, n) for n in CARD.__slots__} | {"name": "林小"})), PIN),
    ],
    ids=["another PIN", "a code", "a card with another photo", "another name"],
)
def test_nothing_else_opens_the_badge(
    folder: Path, api: FieldApi, clock: WallClock, token: bytes, pin: str
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    with pytest.raises(WrongPin):
        one.offline(token, pin)
    assert one.offline(TOKEN, PIN).staff_id == STAFF


def test_parts_of_a_card_cannot_be_moved_into_each_other() -> None:
    """Number and name have lengths of their own in the token."""
    cards = [
        IdCard(CardKind.RESIDENT, name, number, "2", "", "", "", photo=b"p")
        for name, number in (("AB", "1"), ("B", "1A"), ("", "1AB"))
    ]
    assert len({card_token(card) for card in cards}) == 3


def test_a_card_that_was_read_without_its_photo_is_no_key() -> None:
    with pytest.raises(NoPhoto):
        card_token(IdCard(CardKind.RESIDENT, "林小禾", "371081199001010013", "2", "", "", ""))


def test_without_a_badge_there_is_no_way(folder: Path, api: FieldApi, clock: WallClock) -> None:
    with pytest.raises(NoBadge):
        signing(folder, api, clock).offline(TOKEN, PIN)


def test_a_badge_of_another_tablet_opens_nothing_here(
    folder: Path, api: FieldApi, clock: WallClock, tmp_path: Path
) -> None:
    signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    stolen = tmp_path / "other"
    other = signing(stolen, api, clock)
    (stolen / "badges").mkdir()
    for path in (folder / "badges").glob("*.badge"):
        (stolen / "badges" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(WrongPin):
        other.offline(TOKEN, PIN)


# --- for a time ------------------------------------------------------------------------------------------------------


def test_after_twelve_hours_a_network_is_needed(folder: Path, api: FieldApi, clock: WallClock) -> None:
    signed_in = signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    one = signing(folder, api, clock)
    clock.pass_(12 * 3600 - 1)
    assert one.valid(signed_in)
    assert one.offline(TOKEN, PIN)
    clock.pass_(1)
    assert not one.valid(signed_in)
    with pytest.raises(BadgeExpired):
        one.offline(TOKEN, PIN)


def test_a_badge_that_claims_years_is_good_for_a_day(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    far.valid_h = 9999.0
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    clock.pass_(24 * 3600)
    with pytest.raises(BadgeExpired):
        one.offline(TOKEN, PIN)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_set_back_makes_no_badge_younger(
    folder: Path, api: FieldApi, clock: WallClock, restarted: bool
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    clock.pass_(11 * 3600)
    one.offline(TOKEN, PIN)
    clock.wall -= 10 * 3600 * 1000
    if restarted:
        clock.mono_s = 3.0
        one = signing(folder, api, clock)
    with pytest.raises(BadgeExpired):
        one.offline(TOKEN, PIN)
    clock.wall += 10 * 3600 * 1000
    assert one.offline(TOKEN, PIN)  # right again, and nothing was thrown away


def test_a_wall_that_stands_still_stops_no_time(folder: Path, api: FieldApi, clock: WallClock) -> None:
    """Somebody who sets the clock back a little, again and again."""
    one = signing(folder, api, clock)
    signed_in = one.online(TOKEN, LOOKUP, "", PIN)
    tries = 0
    while one.valid(signed_in):
        clock.mono_s += 300.0
        tries += 1
        assert tries <= 12 * 12


def test_what_central_says_sets_the_clock_right(folder: Path, api: FieldApi, clock: WallClock) -> None:
    """A clock that was ahead and was corrected is believed again once central has been heard."""
    clock.wall += 5 * 3600 * 1000
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    clock.wall -= 5 * 3600 * 1000
    with pytest.raises(BadgeExpired):
        one.offline(TOKEN, PIN)
    one.online(TOKEN, LOOKUP, "", PIN)
    assert one.offline(TOKEN, PIN)


# --- wrong tries -----------------------------------------------------------------------------------------------------


def test_wrong_pins_wait_longer_and_longer(folder: Path, api: FieldApi, clock: WallClock) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    waits = []
    for _ in range(12):
        with pytest.raises(WrongPin) as wrong:
            one.offline(TOKEN, OTHER_PIN)
        waits.append(wrong.value.wait_s)
        clock.pass_(wrong.value.wait_s)
    assert waits == [0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_nobody_tries_while_they_have_to_wait(folder: Path, api: FieldApi, clock: WallClock) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    for _ in range(3):
        with pytest.raises(WrongPin):
            one.offline(TOKEN, OTHER_PIN)
    clock.pass_(10)
    with pytest.raises(WrongPin) as wrong:
        one.offline(TOKEN, PIN)  # the right one
    assert wrong.value.wait_s == pytest.approx(20)
    clock.pass_(20)
    assert one.offline(TOKEN, PIN)
    with pytest.raises(WrongPin) as wrong:
        one.offline(TOKEN, OTHER_PIN)
    assert wrong.value.wait_s == 0  # counted anew


@pytest.mark.parametrize("set_back_s", [0, 3600])
def test_a_restart_forgets_no_wrong_try(
    folder: Path, api: FieldApi, clock: WallClock, set_back_s: int
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    for _ in range(3):
        with pytest.raises(WrongPin):
            one.offline(TOKEN, OTHER_PIN)
    clock.mono_s, clock.wall = 1.0, clock.wall - set_back_s * 1000
    with pytest.raises(WrongPin) as wrong:
        signing(folder, api, clock).offline(TOKEN, PIN)
    assert wrong.value.wait_s == pytest.approx(30)


def test_pulling_the_plug_while_a_pin_is_tried_gives_no_free_guess(
    folder: Path, api: FieldApi, clock: WallClock
) -> None:
    class Cut(BaseException):
        """The power goes."""

    class Plug(Disk):
        def put(self, path: Path, content: bytes) -> None:
            super().put(path, content)
            if path.name == "tries":
                raise Cut

    signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    for _ in range(3):
        with pytest.raises(Cut):
            signing(folder, api, clock, disk=Plug()).offline(TOKEN, OTHER_PIN)
    with pytest.raises(WrongPin) as wrong:
        signing(folder, api, clock).offline(TOKEN, OTHER_PIN)
    assert wrong.value.wait_s > 0


# --- central's no ----------------------------------------------------------------------------------------------------


def test_central_says_no_and_nothing_is_kept(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    one = signing(folder, api, clock)
    with pytest.raises(Refused) as refused:
        one.online(TOKEN, LOOKUP, "", OTHER_PIN)
    assert refused.value.code is ProblemCode.STAFF_UNKNOWN
    with pytest.raises(NoBadge):
        one.offline(TOKEN, PIN)


def test_who_central_no_longer_knows_cannot_sign_in_without_it_either(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    far.pin = "000000"  # theirs was withdrawn
    with pytest.raises(Refused):
        one.online(TOKEN, LOOKUP, "", PIN)
    with pytest.raises(NoBadge):
        one.offline(TOKEN, PIN)


def test_somebody_elses_mistake_costs_nobody_their_badge(
    folder: Path, api: FieldApi, clock: WallClock
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    with pytest.raises(Refused):
        one.online(TOKEN, LOOKUP, "", OTHER_PIN)
    assert one.offline(TOKEN, PIN)


def test_a_new_sign_in_takes_the_place_of_the_old(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    """A PIN that was changed does not go on opening the old badge."""
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    far.pin = "246801"
    one.online(TOKEN, LOOKUP, "", "246801")
    with pytest.raises(WrongPin):
        one.offline(TOKEN, PIN)
    assert one.offline(TOKEN, "246801")


def test_several_people_share_a_tablet(folder: Path, api: FieldApi, clock: WallClock) -> None:
    one = signing(folder, api, clock)
    for digit in range(20):
        clock.pass_(1)
        code = f"12345678901{digit % 10}"
        one.online(code_token(code), None, code, PIN)
    assert len(list((folder / "badges").glob("*.badge"))) == 10
    assert {one.offline(code_token(f"12345678901{d}"), PIN).staff_id for d in range(10)} == {
        f"staff{d}" for d in range(10)
    }


def test_no_network_is_no_answer(folder: Path, api: FieldApi, clock: WallClock, far: FarCentral) -> None:
    far.faults += ["", "lose_reply"]
    with pytest.raises(Unreachable):
        signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)


def test_a_revoked_tablet_opens_nothing_any_more(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    badge = next((folder / "badges").glob("*.badge"))
    kept = badge.read_bytes()
    far.revoked = True
    with pytest.raises(Refused) as refused:
        one.online(TOKEN, LOOKUP, "", PIN)
    assert refused.value.code is ProblemCode.TABLET_REVOKED
    one.forget_all()
    assert not list((folder / "badges").iterdir())
    badge.write_bytes(kept)  # from a copy somebody made: the secret is gone all the same
    with pytest.raises(WrongPin):
        signing(folder, api, clock).offline(TOKEN, PIN)


# --- what is sealed with, and what is written ------------------------------------------------------------------------


def test_packets_are_sealed_as_configured(
    folder: Path, api: FieldApi, clock: WallClock, far: FarCentral
) -> None:
    hybrid = signing(folder, api, clock, suite="mlkem768-x25519").online(TOKEN, LOOKUP, "", PIN)
    assert hybrid.record_key == far.key(wire.Suite.HYBRID)
    again = signing(folder, api, clock, suite="mlkem768-x25519").offline(TOKEN, PIN)
    assert again.record_key == far.key(wire.Suite.HYBRID)


def test_a_full_disk_costs_only_the_next_sign_in_without_a_network(
    folder: Path, api: FieldApi, clock: WallClock
) -> None:
    class Full(Disk):
        def write(self, path: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    signing(folder, api, clock).online(code_token("123456789012"), None, "123456789012", PIN)
    one = signing(folder, api, clock, disk=Full())
    assert one.online(TOKEN, LOOKUP, "", PIN).staff_id == STAFF
    assert one.offline(code_token("123456789012"), PIN).staff_id == "staff2"
    with pytest.raises(WrongPin):
        one.offline(TOKEN, PIN)


@pytest.mark.parametrize("place", ["head", "middle", "end", "empty"])
def test_a_badge_that_was_altered_is_none(folder: Path, api: FieldApi, clock: WallClock, place: str) -> None:
    one = signing(folder, api, clock)
    one.online(TOKEN, LOOKUP, "", PIN)
    (path,) = (folder / "badges").glob("*.badge")
    content = bytearray(path.read_bytes())
    content[{"head": 3, "middle": len(content) // 2, "end": -1, "empty": 0}[place]] ^= 1
    path.write_bytes(b"" if place == "empty" else content)
    with pytest.raises(WrongPin):
        one.offline(TOKEN, PIN)


def test_what_scrypt_costs_is_written_beside_the_seal(folder: Path, api: FieldApi, clock: WallClock) -> None:
    """A later version may ask for more, and still open today's badge."""
    signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    (path,) = (folder / "badges").glob("*.badge")
    assert json.loads(path.read_bytes().split(b"\n")[0]) == {"version": 1, "n": 16, "r": 8, "p": 1}
    dearer = Badges(folder, TabletKeys.open(folder), api, clock, cost=Cost(n=32))
    assert dearer.offline(TOKEN, PIN).staff_id == STAFF


def test_nothing_of_it_is_printed(folder: Path, api: FieldApi, clock: WallClock) -> None:
    signed_in = signing(folder, api, clock).online(TOKEN, LOOKUP, "", PIN)
    assert repr(signed_in) == str(signed_in) == "SignedIn()"
