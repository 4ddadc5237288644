"""A visit is sealed at once, chained, signed; nothing of it is read here again."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.field import wire
from kiosk.field.api import FieldApi
from kiosk.field.badges import SignedIn
from kiosk.field.packets import KeptState, NotKept, Packets
from kiosk.seal import HybridKey, NotSealedForUs, ReceiverKey
from kiosk.wire import ProblemCode
from tests.field.far_central import TABLET, FarCentral, WallClock
from tests.field.visits import NUMBER, PHONE, Life, files, record

LIMITS = SignedIn("staff7", "", None, None, 3, 2, ReceiverKey(), 0)  # type: ignore[arg-type]


def accepted(packets: Packets, seq: int, **changes: str) -> None:
    packet = packets.packet(seq)
    assert packet is not None
    said = {"seq": seq, "hash": packet.hash, "state": "accepted", "result": "noted"} | changes
    packets.answered(wire.PacketReply.model_validate_json(json.dumps(said)))


@pytest.fixture
def x25519(far: FarCentral) -> wire.RecordKey:
    return far.key(wire.Suite.X25519)


@pytest.mark.parametrize("suite", wire.Suite)
def test_what_is_kept_is_what_central_reads(
    folder: Path, clock: WallClock, far: FarCentral, suite: wire.Suite
) -> None:
    with Life(folder, clock) as life:
        visit = life.packets.keep(record(1), far.key(suite), "王**")
        packet = life.packets.next_unsent()
    assert (visit.seq, visit.local_no, visit.initial, visit.state) == (1, 1, "王**", KeptState.SEALED)
    assert (visit.kind, visit.assignment_id, visit.pack_id) == (
        *(wire.RecordKind.PHONE, "A-00000001", "PACK-0001"),
    )
    assert packet is not None
    assert packet.sealed is not None
    key: ReceiverKey | HybridKey = far.receiver if suite is wire.Suite.X25519 else far.hybrid
    sealed = base64.b64decode(packet.sealed)
    assert wire.Record.model_validate_json(key.unseal(sealed, b"visit|1|T001|1")) == record(1)
    for info in (b"visit|1|T001|2", b"visit|1|T002|1", b""):
        with pytest.raises(NotSealedForUs):
            key.unseal(sealed, info)


def test_each_is_chained_to_the_one_before_and_signed(
    folder: Path, clock: WallClock, far: FarCentral, api: FieldApi
) -> None:
    """Central checks it by the published words."""
    for start in range(3):  # a restart in between breaks no chain
        with Life(folder, clock) as life:
            far.sign_key = life.keys.sign_public
            for no in (2 * start + 1, 2 * start + 2):
                life.packets.keep(record(no), far.key(list(wire.Suite)[no % 2]), "")
            while (packet := life.packets.next_unsent()) is not None:
                reply = api.send_packet(packet)
                life.packets.answered(reply)
    assert [said["up_ms"] for said in far.records()] == [1001, 1002, 1003, 1004, 1005, 1006]
    assert far.kept[1].prev_hash == "0" * 64


def test_the_same_record_again_adds_nothing(
    folder: Path, clock: WallClock, far: FarCentral, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        first = life.packets.keep(record(1), x25519, "王**")
        assert life.packets.keep(record(1), x25519, "王**") == first
    with Life(folder, clock) as life:
        assert life.packets.keep(record(1), x25519, "王**") == first
        accepted(life.packets, 1)
        assert life.packets.keep(record(1), x25519, "王**").state is KeptState.ACCEPTED
        assert life.packets.unsent == 0
        assert life.packets.keep(record(2), x25519, "李**").seq == 2


def test_numbers_count_within_a_pack(folder: Path, clock: WallClock, x25519: wire.RecordKey) -> None:
    packs = ("PACK-0001", "PACK-0001", "PACK-0002", "PACK-0001", "PACK-0002")
    with Life(folder, clock) as life:
        kept = [life.packets.keep(record(no, pack_id=pack), x25519, "") for no, pack in enumerate(packs, 1)]
        assert [visit.local_no for visit in kept] == [1, 2, 1, 3, 2]
        assert [visit.seq for visit in kept] == [1, 2, 3, 4, 5]
        assert life.packets.kept() == tuple(kept)


@pytest.mark.parametrize("initial", ["王德山", "王德**", "**", "王*", "1**1", "\n**"])
def test_no_more_of_a_name_than_its_first_character(
    folder: Path, clock: WallClock, x25519: wire.RecordKey, initial: str
) -> None:
    with Life(folder, clock) as life:
        with pytest.raises(ValueError, match="first character"):
            life.packets.keep(record(1), x25519, initial)
        assert files(folder) == []


def test_journal_and_file_say_nothing_of_anybody(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "王**")
        said = json.dumps([dict(entry.data) for entry in life.journal.entries()], ensure_ascii=False)
    written = (folder / "packets" / "00000001.sealed").read_bytes()
    assert "王**" in said
    assert "A-00000001" in said
    for text in (NUMBER, PHONE, "person00001", "staff7"):
        assert text not in said
        assert text.encode() not in written
    assert (folder / "packets" / "00000001.sealed").stat().st_mode & 0o077 == 0


def test_a_record_that_is_too_large_is_not_kept(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    large = base64.b64encode(bytes(44_000)).decode()
    both = wire.Manual(reason=wire.ManualReason.MACHINE, day_code="4711", photo=large)
    with Life(folder, clock) as life:
        # the largest that is allowed
        visit = life.packets.keep(record(1, picture=large, manual=both), x25519, "")
        packet = life.packets.next_unsent()
        assert packet is not None
        assert packet.sealed is not None
        assert visit.seq == 1
        witness = tuple(((0, 0),) * 2000 for _ in range(10))
        too_large = both.model_copy(update={"witness": witness})
        with pytest.raises(NotKept):
            life.packets.keep(record(2, picture=large, manual=too_large), x25519, "")
        assert files(folder) == ["00000001.sealed"]
        assert life.packets.unsent == 1


def test_a_key_that_is_none_keeps_nothing(folder: Path, clock: WallClock) -> None:
    with Life(folder, clock) as life:
        for suite in wire.Suite:
            with pytest.raises(ValueError):  # noqa: PT011 - the library's words
                life.packets.keep(record(1), wire.RecordKey(suite=suite, key="ab" * 33), "")
        assert files(folder) == []


# --- limits ----------------------------------------------------------------------------------------------------------


def test_so_many_or_so_old_and_central_must_be_heard_first(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        packets = life.packets
        assert not packets.full(LIMITS)
        assert not packets.full(replace(LIMITS, most_packets=0))  # nothing to send
        for no in (1, 2):
            packets.keep(record(no), x25519, "")
            assert not packets.full(LIMITS)
        packets.keep(record(3), x25519, "")
        assert packets.full(LIMITS)
        accepted(packets, 1)
        assert not packets.full(LIMITS)
        clock.pass_(2 * 86_400 - 1)
        assert not packets.full(LIMITS)
        clock.pass_(1)
        assert packets.oldest_age_s == 2 * 86_400
        assert packets.full(LIMITS)
        clock.pass_(600)
        packets.keep(record(4), x25519, "")
        clock.wall -= 2 * 86_400_000  # set back: not younger than what was sealed later
        assert packets.full(LIMITS)
        for seq in (2, 3, 4):
            accepted(packets, seq)
        assert not packets.full(LIMITS)
        assert (packets.unsent, packets.unsent_bytes, packets.oldest_age_s) == (0, 0, 0.0)


def test_the_bytes_are_about_what_goes_over_the_line(folder: Path, clock: WallClock, far: FarCentral) -> None:
    with Life(folder, clock) as life:
        for no, suite in enumerate(wire.Suite, 1):
            before = life.packets.unsent_bytes
            life.packets.keep(record(no), far.key(suite), "")
            packet = life.packets.packet(no)
            assert packet is not None
            sent = len(packet.model_dump_json())
            assert abs(life.packets.unsent_bytes - before - sent) < 200


# --- central's word --------------------------------------------------------------------------------------------------


def test_central_has_it_and_the_content_is_gone(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "王**")
        life.packets.keep(record(2), x25519, "李**")
        accepted(life.packets, 1, result="certified", receipt_no="RZ202611230001")
        assert files(folder) == ["00000002.sealed"]
    with Life(folder, clock) as life:
        one, two = life.packets.kept()
        assert (one.state, one.result, one.receipt_no) == (
            *(KeptState.ACCEPTED, wire.PacketResult.CERTIFIED, "RZ202611230001"),
        )
        assert (two.state, two.result) == (KeptState.SEALED, None)
        packet = life.packets.next_unsent()
        assert packet is not None
        assert packet.seq == 2


def test_an_answer_that_is_heard_twice_is_written_once(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        accepted(life.packets, 1)
        entries = life.journal.last_seq()
        accepted(life.packets, 1)
        assert life.journal.last_seq() == entries


def test_an_answer_to_another_packet_is_none(folder: Path, clock: WallClock, x25519: wire.RecordKey) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        for changes in ({"hash": "ab" * 32}, {"seq": 2}):
            said = {"seq": 1, "hash": "cd" * 32, "state": "accepted", "result": "noted"} | changes
            with pytest.raises(ValueError, match="another packet"):
                life.packets.answered(wire.PacketReply.model_validate(said))
        assert life.packets.unsent == 1


@pytest.mark.parametrize("result", wire.PacketResult)
def test_parked_with_central_is_shown_and_not_sent_again(
    folder: Path, clock: WallClock, x25519: wire.RecordKey, result: wire.PacketResult
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        accepted(life.packets, 1, state="parked", result=result.value)
        (visit,) = life.packets.kept()
        assert (visit.state, visit.result) == (KeptState.PARKED, result)
        assert life.packets.next_unsent() is None


def test_refused_stays_here_and_is_offered_again_after_a_restart(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        life.packets.refused(1, ProblemCode.PACKET_REFUSED)
        life.packets.refused(1, ProblemCode.PACKET_REFUSED)
        (visit,) = life.packets.kept()
        assert (visit.state, visit.result) == (KeptState.PARKED, None)
        assert (life.packets.unsent, life.packets.next_unsent()) == (0, None)
        assert files(folder) == ["00000001.sealed"]
        assert [entry.event for entry in life.journal.entries()] == ["sealed", "refused"]
    with Life(folder, clock) as life:
        packet = life.packets.next_unsent()
        assert packet is not None
        assert packet.sealed is not None


# --- broken files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["flipped", "short", "empty", "gone"])
def test_a_broken_file_is_told_and_not_dropped(
    folder: Path, clock: WallClock, far: FarCentral, api: FieldApi, how: str
) -> None:
    with Life(folder, clock) as life:
        far.sign_key = life.keys.sign_public
        for no in (1, 2, 3):
            life.packets.keep(record(no), far.key(wire.Suite.X25519), "")
        path = folder / "packets" / "00000002.sealed"
        content = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            flipped = content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]
            path.write_bytes({"flipped": flipped, "short": content[:-1], "empty": b""}[how])
    with Life(folder, clock) as life:
        while (packet := life.packets.next_unsent()) is not None:
            life.packets.answered(api.send_packet(packet))
        states = [(visit.state, visit.lost) for visit in life.packets.kept()]
        assert [entry.event for entry in life.journal.entries("packet:00000002")] == [
            *("sealed", "lost", "answered"),
        ]
    assert states == [(KeptState.ACCEPTED, False), (KeptState.PARKED, True), (KeptState.ACCEPTED, False)]
    assert far.kept[2].sealed is None
    assert files(folder) == ([] if how == "gone" else ["00000002.sealed.aside"])


def test_a_file_whose_first_line_alone_is_broken_is_sent_whole(
    folder: Path, clock: WallClock, far: FarCentral, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        path = folder / "packets" / "00000001.sealed"
        content = bytearray(path.read_bytes())
        content[10] ^= 1
        path.write_bytes(content)
        packet = life.packets.next_unsent()
    assert packet is not None
    assert packet.sealed is not None
    assert hashlib.sha256(base64.b64decode(packet.sealed)).hexdigest() == packet.digest


def test_a_fault_that_passes_gives_no_visit_up(
    folder: Path, clock: WallClock, x25519: wire.RecordKey
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "")
        path = folder / "packets" / "00000001.sealed"
        path.rename(path.with_suffix(".elsewhere"))
        path.symlink_to(path)  # ELOOP: neither gone nor an error of the medium
        with pytest.raises(OSError, match="symbolic"):
            life.packets.next_unsent()
        path.unlink()
        path.with_suffix(".elsewhere").rename(path)
        packet = life.packets.next_unsent()
        assert packet is not None
        assert packet.sealed is not None


# --- what a start finds ----------------------------------------------------------------------------------------------


def test_a_file_of_another_tablet_is_set_aside(
    folder: Path, clock: WallClock, x25519: wire.RecordKey, tmp_path: Path
) -> None:
    with Life(tmp_path / "other", clock) as life:
        life.packets.keep(record(1), x25519, "")
    with Life(folder, clock):
        pass
    name = "00000001.sealed"
    (folder / "packets" / name).write_bytes((tmp_path / "other" / "packets" / name).read_bytes())
    with Life(folder, clock) as life:
        assert (life.recovered.adopted, life.recovered.aside) == (0, 1)
        assert life.packets.kept() == ()
        assert files(folder) == ["00000001.sealed.aside"]
        assert life.packets.keep(record(2), x25519, "").seq == 1


@pytest.mark.parametrize("replayed", [1, 2])
def test_an_old_file_under_the_next_number_is_set_aside(
    folder: Path, clock: WallClock, x25519: wire.RecordKey, replayed: int
) -> None:
    with Life(folder, clock) as life:
        for no in (1, 2):
            life.packets.keep(record(no), x25519, "")
    packets = folder / "packets"
    (packets / "00000003.sealed").write_bytes((packets / f"{replayed:08d}.sealed").read_bytes())
    with Life(folder, clock) as life:
        assert (life.recovered.adopted, life.recovered.aside) == (0, 1)
        assert len(life.packets.kept()) == 2
        assert life.packets.keep(record(3), x25519, "").seq == 3
    (packets / "00000004.sealed").write_bytes((packets / f"{replayed:08d}.sealed").read_bytes())
    (packets / "00000003.sealed.aside").rename(packets / "00000004.sealed.aside")
    with Life(folder, clock) as life:
        assert life.recovered.aside == 1
    assert files(folder)[-2:] == [
        "00000004.sealed.aside",
        "00000004.sealed.aside1",
    ]  # nothing is written over


@pytest.mark.parametrize("how", ["under another number", "with another initial"])
def test_a_file_that_fits_the_chain_and_not_its_name_or_its_own_digest_is_set_aside(
    folder: Path, clock: WallClock, x25519: wire.RecordKey, tmp_path: Path, how: str
) -> None:
    with Life(folder, clock) as life:
        life.packets.keep(record(1), x25519, "王**")
        content = (folder / "packets" / "00000001.sealed").read_bytes()
    before = tmp_path / "before"  # the same tablet, whose journal knows nothing of it yet
    (before / "packets").mkdir(parents=True)
    for name in ("sign.key", "secret.key"):
        if (folder / name).exists():
            (before / name).write_bytes((folder / name).read_bytes())
    name = "00000002.sealed" if how == "under another number" else "00000001.sealed"
    changed = content if how == "under another number" else content.replace("王".encode(), "李".encode(), 1)
    assert changed != content or name == "00000002.sealed"
    (before / "packets" / name).write_bytes(changed)
    with Life(before, clock) as life:
        assert (life.recovered.adopted, life.recovered.aside) == (0, 1)
    (before / "packets" / "00000001.sealed").write_bytes(content)
    with Life(before, clock) as life:
        assert (life.recovered.adopted, life.recovered.aside) == (1, 0)


def test_tablet_and_number_are_in_the_hash() -> None:
    """As kiosk.field.wire says it, by hand."""
    text = f'["{TABLET}",7,"x25519","{"0" * 64}","{"ab" * 32}"]'
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert wire.packet_hash(TABLET, 7, wire.Suite.X25519, "0" * 64, "ab" * 32) == expected
