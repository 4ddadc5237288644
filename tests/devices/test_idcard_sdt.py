"""The reader from card to IdCard: the real driver and codec over an emulated wire."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from devices import idcard_text, sdt
from devices.clock import SystemClock
from devices.errors import (
    CardFault,
    CardNotRead,
    DeviceError,
    HardwareError,
    ProtocolError,
    Timeout,
    TransportLost,
)
from devices.farend import FarEnd
from devices.faults import Faults
from devices.idcard import IdCard, ReaderStatus
from devices.idcard_emulator import IdCardEmulator
from devices.idcard_profiles import PROFILES, ReaderProfile, reader_profile
from devices.idcard_sdt import SdtReader, fits, judge
from devices.sdt import Response
from devices.status import DeviceState, Media
from devices.transport import SerialTransport
from tests.devices.people import (
    CONTRADICTORY,
    EVERYBODY,
    FOREIGNER_2017,
    OTHER,
    RESIDENT,
    same_person,
)
from tests.devices.wire import DirectWire, FakeClock

FIND, SELECT, READ = (sdt.encode(command) for command in (sdt.FIND, sdt.SELECT, sdt.READ))
ADDRESS = sdt.encode(sdt.READ_NEW_ADDRESS)
WORDS = {FIND: "find", SELECT: "select", READ: "read", ADDRESS: "address", sdt.encode(sdt.STATUS): "status"}


class Stand:
    """One reader on one wire, and hands."""

    def __init__(self, profile: str = "sam-v", find_repeats: bool = False, portion: int = 4096) -> None:
        self.clock = FakeClock()
        self.hands = IdCardEmulator(find_repeats=find_repeats)
        self.wire = DirectWire(self.hands, self.clock, portion=portion)
        self.reader = SdtReader(self.wire, reader_profile(profile), self.clock)

    def asked(self) -> list[str]:
        """The commands since the last call."""
        words = [WORDS[frame] for frame in self.wire.log]
        self.wire.log.clear()
        return words

    def fault(self) -> CardFault:
        with pytest.raises(CardNotRead) as caught:
            self.reader.poll()
        return caught.value.fault


def believed(found: IdCard | None, card: IdCard) -> None:
    assert found is not None and same_person(found, card)


# --- the good way ---


def test_an_empty_field_costs_one_question() -> None:
    stand = Stand()
    assert stand.reader.poll() is None
    assert stand.asked() == ["find"]


@pytest.mark.parametrize("card", [one for one in EVERYBODY if one is not FOREIGNER_2017])
def test_a_number_with_a_check_digit_is_read_once(card: IdCard) -> None:
    stand = Stand()
    stand.hands.place(card)
    found = stand.reader.poll()
    believed(found, card)
    assert found is not None and len(found.photo) == 1024
    assert stand.asked() == ["find", "select", "read"]


def test_a_number_without_a_check_digit_is_read_twice() -> None:
    stand = Stand()
    stand.hands.place(FOREIGNER_2017)
    believed(stand.reader.poll(), FOREIGNER_2017)
    assert stand.asked() == ["find", "select", "read", "read"]


@pytest.mark.parametrize("portion", [1, 2, 7, 16, 64, 1000])
def test_any_portion_size(portion: int) -> None:
    stand = Stand(portion=portion)
    stand.hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)


FAMILIES = pytest.mark.parametrize(
    ("profile", "find_repeats"),
    [("sam-v", False), ("sam-v", True), ("sam-v-find", True)],
    ids=["probe, leaves", "probe, found again", "find, found again"],
)


@FAMILIES
def test_a_card_does_not_answer_again_until_it_left(profile: str, find_repeats: bool) -> None:
    stand = Stand(profile, find_repeats)
    stand.hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)
    for _ in range(5):
        assert stand.reader.poll() is None
        assert not stand.reader.media_taken()
        assert stand.reader.status().media is Media.PRESENT
    stand.hands.take()
    assert [stand.reader.media_taken() for _ in range(3)] == [False, True, True]
    assert stand.reader.status().media is Media.NOT_PRESENT
    stand.hands.place(OTHER)
    believed(stand.reader.poll(), OTHER)


@FAMILIES
def test_the_same_card_may_come_back(profile: str, find_repeats: bool) -> None:
    stand = Stand(profile, find_repeats)
    for _ in range(3):
        stand.hands.place(RESIDENT)
        believed(stand.reader.poll(), RESIDENT)
        stand.hands.take()
        while not stand.reader.media_taken():
            pass


@FAMILIES
def test_poll_alone_notices_that_the_card_left(profile: str, find_repeats: bool) -> None:
    stand = Stand(profile, find_repeats)
    stand.hands.place(RESIDENT)
    assert stand.reader.poll()
    stand.hands.take()
    assert [stand.reader.poll() for _ in range(3)] == [None, None, None]
    stand.hands.place(OTHER)
    believed(stand.reader.poll(), OTHER)


def test_one_flicker_is_not_a_removal() -> None:
    stand = Stand("sam-v-find", find_repeats=True)
    stand.hands.place(RESIDENT)
    assert stand.reader.poll()
    stand.hands.take()
    assert not stand.reader.media_taken()
    stand.hands.place(RESIDENT)
    assert not stand.reader.media_taken()
    assert stand.reader.poll() is None


def test_nothing_lies_there_before_anybody_came() -> None:
    stand = Stand()
    assert stand.reader.media_taken()
    assert stand.reader.status() == ReaderStatus(DeviceState.ONLINE, Media.UNKNOWN)
    stand.reader.poll()
    assert stand.reader.status() == ReaderStatus(DeviceState.ONLINE, Media.NOT_PRESENT)


# --- trouble with the card ---


def test_two_cards_at_once_are_unreadable_until_both_left() -> None:
    stand = Stand()
    stand.hands.place_two(RESIDENT, OTHER)
    began_s = stand.clock.now_s
    assert stand.fault() is CardFault.UNREADABLE
    assert stand.clock.now_s - began_s < 2.0
    assert stand.reader.poll() is None
    assert not stand.reader.media_taken()
    stand.hands.place(RESIDENT)  # one was taken away: the one that stayed must be lifted too
    assert not stand.reader.media_taken()
    stand.hands.take()
    while not stand.reader.media_taken():
        pass
    stand.hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)


@pytest.mark.parametrize("after_bytes", [0, 3, 7, 14, 700, 1294])
def test_a_card_pulled_while_it_is_read(after_bytes: int) -> None:
    stand = Stand()
    stand.hands.place(RESIDENT)
    stand.hands.pull_mid_read(after_bytes)
    assert stand.fault() is CardFault.PULLED
    assert stand.reader.status().media is Media.NOT_PRESENT
    assert stand.reader.poll() is None
    stand.hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)


@pytest.mark.parametrize("after", [FIND, SELECT])
def test_a_card_pulled_between_two_commands(after: bytes) -> None:
    class Slippery(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            answer = super().receive(data)
            if data == after:
                self.take()
            return answer

    stand = Stand()
    stand.wire.device = hands = Slippery()
    hands.place(RESIDENT)
    assert stand.fault() is CardFault.PULLED
    assert hands.cards == ()


def test_a_card_that_follows_at_the_second_try() -> None:
    class Slow(IdCardEmulator):
        refusals = 1

        def receive(self, data: bytes) -> bytes:
            if data == READ and self.refusals:
                self.refusals -= 1
                return sdt.encode(bytes.fromhex("000031"))
            return super().receive(data)

    stand = Stand()
    stand.wire.device = hands = Slow()
    hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)
    assert stand.asked() == ["find", "select", "read", "find", "select", "read"]


def test_a_card_that_takes_its_time_to_fail_is_not_tried_for_ever() -> None:
    stand = Stand()

    class Sluggish(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            if data != SELECT:
                return super().receive(data)
            stand.clock.sleep(0.8)
            return sdt.encode(bytes.fromhex("000081"))

    stand.wire.device = hands = Sluggish()
    hands.place(RESIDENT)
    assert stand.fault() is CardFault.UNREADABLE
    assert stand.asked() == ["find", "select", "find", "select", "find"]


def test_a_reader_that_refuses_the_kind_of_card_when_it_is_selected() -> None:
    class Choosy(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            return sdt.encode(bytes.fromhex("000040")) if data == SELECT else super().receive(data)

    stand = Stand()
    stand.wire.device = hands = Choosy()
    hands.place(RESIDENT)
    assert stand.fault() is CardFault.UNSUPPORTED


def test_a_card_the_reader_does_not_know() -> None:
    stand = Stand()
    stand.hands.unsupported = True
    stand.hands.place(RESIDENT)
    assert stand.fault() is CardFault.UNSUPPORTED
    assert stand.reader.poll() is None
    stand.hands.take()
    stand.hands.unsupported = False
    while not stand.reader.media_taken():
        pass
    stand.hands.place(OTHER)
    believed(stand.reader.poll(), OTHER)


def test_a_card_that_contradicts_itself_is_read_again_before_it_is_called_invalid() -> None:
    stand = Stand()
    stand.hands.place(CONTRADICTORY)
    assert stand.fault() is CardFault.INVALID
    assert stand.asked() == ["find", "select", "read", "read"]
    assert not stand.reader.media_taken()
    stand.hands.take()
    assert [stand.reader.media_taken(), stand.reader.media_taken()] == [False, True]


def test_a_double_flip_in_the_number_is_found_and_read_again() -> None:
    class Flipper(IdCardEmulator):
        flips = 1

        def receive(self, data: bytes) -> bytes:
            answer = bytearray(super().receive(data))
            if data == READ and self.flips:
                self.flips -= 1
                answer[14 + 122] ^= 2  # the same bit twice: the check byte stays right
                answer[14 + 124] ^= 2
            return bytes(answer)

    stand = Stand()
    stand.wire.device = hands = Flipper()
    hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)
    # the second reading agrees with itself, and nothing was heard that spoils the line: it is believed
    assert stand.asked() == ["find", "select", "read", "read"]


def test_an_unknown_flag_is_unsupported_once_it_was_read_twice() -> None:
    class Flagged(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            if data != READ:
                return super().receive(data)
            text = bytearray(idcard_text.render(RESIDENT))
            text[248:250] = b"Q\0"
            return sdt.encode(bytes.fromhex("000090 0100 0400") + text + bytes(1024))

    stand = Stand()
    stand.wire.device = hands = Flagged()
    hands.place(RESIDENT)
    assert stand.fault() is CardFault.UNSUPPORTED
    assert stand.asked() == ["find", "select", "read", "read"]


def test_readings_that_never_agree_are_unreadable() -> None:
    class Changing(IdCardEmulator):
        count = 0

        def receive(self, data: bytes) -> bytes:
            if data == READ:
                self.count += 1
                self._field = (replace(FOREIGNER_2017, number=f"CAN11008501010{self.count}"),)
            return super().receive(data)

    stand = Stand()
    stand.wire.device = hands = Changing()
    hands.place(FOREIGNER_2017)
    assert stand.fault() is CardFault.UNREADABLE


# --- trouble with the line and the reader ---


def test_after_a_spoiled_reply_every_card_is_read_twice_for_a_while() -> None:
    stand = Stand()
    stand.hands.garble = True
    with pytest.raises(ProtocolError):
        stand.reader.poll()
    stand.hands.garble = False
    stand.asked()
    stand.hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)
    assert stand.asked() == ["find", "select", "read", "read"]
    stand.hands.take()
    while not stand.reader.media_taken():
        pass
    stand.clock.sleep(61)
    stand.hands.place(RESIDENT)
    stand.asked()
    believed(stand.reader.poll(), RESIDENT)
    assert stand.asked() == ["find", "select", "read"]


def test_a_line_that_garbles_only_readings_makes_the_card_unreadable() -> None:
    class Garbling(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            answer = super().receive(data)
            return answer[:-1] + b"\x00" if data == READ else answer

    stand = Stand()
    stand.wire.device = hands = Garbling()
    hands.place(RESIDENT)
    assert stand.fault() is CardFault.UNREADABLE
    assert stand.reader.poll() is None


def test_a_spoiled_reply_runs_out_before_the_next_question() -> None:
    class Short(IdCardEmulator):
        spoiled = 0

        def receive(self, data: bytes) -> bytes:
            answer = super().receive(data)
            if len(answer) == 1295 and not self.spoiled:
                self.spoiled = 1
                answer = answer[:5] + b"\x00\x20" + answer[7:]  # garbled already after 39 of 1295 bytes
            return answer

    stand = Stand(portion=16)
    stand.wire.device = hands = Short()
    stand.wire.deaf_while_sending = True
    hands.place(RESIDENT)
    began_s = stand.clock.now_s
    believed(stand.reader.poll(), RESIDENT)
    assert stand.asked() == ["find", "select", "read", "read", "read"]
    assert stand.clock.now_s - began_s < 1, "a question was put to deaf ears"


def test_a_mute_reader_is_a_timeout_and_no_device() -> None:
    stand = Stand()
    stand.hands.mute = True
    with pytest.raises(Timeout):
        stand.reader.poll()
    assert stand.reader.status() == ReaderStatus(DeviceState.NO_DEVICE, Media.UNKNOWN)
    stand.hands.mute = False
    assert stand.reader.poll() is None


def test_a_reader_that_falls_silent_with_a_card_on_it_is_a_timeout() -> None:
    class Dying(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            self.mute = self.mute or data == SELECT
            return super().receive(data)

    stand = Stand()
    stand.wire.device = hands = Dying()
    hands.place(RESIDENT)
    with pytest.raises(Timeout):
        stand.reader.poll()


def test_a_module_fault_is_a_hardware_error_in_its_own_words() -> None:
    stand = Stand()
    stand.hands.sam_fault = True
    with pytest.raises(HardwareError) as caught:
        stand.reader.poll()
    assert caught.value.code == "000066"
    assert stand.reader.status().device is DeviceState.HARDWARE_ERROR


def test_noise_instead_of_answers_is_an_unknown_state() -> None:
    stand = Stand()
    stand.hands.garble = True
    assert stand.reader.status().device is DeviceState.UNKNOWN


def test_a_lost_line_is_lost_and_the_forgotten_card_is_not_read_again() -> None:
    stand = Stand()
    stand.hands.place(RESIDENT)
    assert stand.reader.poll()
    stand.wire.lost = True
    assert stand.reader.media_taken()  # nobody waits before a dead reader
    assert stand.reader.status() == ReaderStatus(DeviceState.NO_DEVICE, Media.UNKNOWN)
    with pytest.raises(TransportLost):
        stand.reader.poll()
    stand.wire.lost = False
    stand.hands.place(RESIDENT)  # the reader was without power: it has forgotten that it read this card
    assert stand.reader.poll() is None
    assert not stand.reader.media_taken()
    stand.hands.take()
    while not stand.reader.media_taken():
        pass
    stand.hands.place(OTHER)
    believed(stand.reader.poll(), OTHER)


def test_a_reader_that_does_not_know_the_probe_is_asked_to_find() -> None:
    class NoAddress(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            return sdt.encode(bytes.fromhex("000021")) if data == ADDRESS else super().receive(data)

    stand = Stand()
    stand.wire.device = hands = NoAddress(find_repeats=True)
    for _ in range(2):
        hands.place(RESIDENT)
        stand.asked()
        believed(stand.reader.poll(), RESIDENT)
        assert stand.asked() == ["find", "select", "read"]  # a plain no is no noise
        assert not stand.reader.media_taken()
        stand.asked()
        assert not stand.reader.media_taken()
        assert stand.asked() == ["find"]
        hands.take()
        while not stand.reader.media_taken():
            pass


def test_a_reader_that_understands_no_command_is_a_protocol_error() -> None:
    class Stranger(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            return sdt.encode(bytes.fromhex("000021"))

    stand = Stand()
    stand.wire.device = Stranger()
    with pytest.raises(ProtocolError, match="000021"):
        stand.reader.poll()
    assert stand.reader.status().device is DeviceState.UNKNOWN


def test_a_late_answer_does_not_pass_for_the_next_one() -> None:
    ok, found = Response(0, 0, 0x90), Response(0, 0, 0x9F, bytes(4))
    absent, selected = Response(0, 0, 0x80), Response(0, 0, 0x90, bytes(8))
    reading = Response(0, 0, 0x90, bytes(1284))
    table = {
        sdt.STATUS: [ok],
        sdt.FIND: [found, absent],
        sdt.SELECT: [ok, selected],
        sdt.READ: [reading],
        sdt.READ_NEW_ADDRESS: [ok, selected],
    }
    for command, allowed in table.items():
        for answer in (ok, found, absent, selected, reading):
            assert fits(command, answer) == (answer in allowed), command.hex()


def test_a_late_answer_in_front_of_the_right_one_is_stepped_over() -> None:
    late = {
        SELECT: sdt.encode(bytes.fromhex("00009F00000000")),
        READ: sdt.encode(bytes.fromhex("000090") + bytes(8)),
    }

    class Late(IdCardEmulator):
        def receive(self, data: bytes) -> bytes:
            return late.get(data, b"") + super().receive(data)

    stand = Stand()
    stand.wire.device = hands = Late()
    hands.place(RESIDENT)
    believed(stand.reader.poll(), RESIDENT)
    assert stand.asked() == ["find", "select", "read", "read"]  # such a line is not trusted with one reading


def test_a_reply_of_the_wrong_size_is_no_card() -> None:
    assert judge(bytes(300)) is CardFault.INVALID


def test_every_profile_is_found_by_its_name_and_gives_the_wire_time_to_answer() -> None:
    for name, profile in PROFILES.items():
        assert reader_profile(name) is profile and profile.name == name
        reader = SdtReader(DirectWire(IdCardEmulator(), FakeClock()), profile, FakeClock())
        assert reader._timeout_s(sdt.READ) >= 2 + 2 * 1295 * 10 / profile.baud
    with pytest.raises(ValueError, match="sam-v"):
        reader_profile("nonsense")
    page = (Path(__file__).parents[2] / "docs" / "devices" / "idcard.md").read_text(encoding="utf-8")
    for profile in PROFILES.values():
        assert f"| `{profile.name}` | {profile.baud} |" in page


# --- a bad cable, hundreds of seeds ---

QUIET_FAULTS = {"drop": 0.03, "truncate": 0.03, "duplicate": 0.03, "noise": 0.03, "delay": 0.05}


def live_through(seed: int, **rates: float) -> list[tuple[IdCard, IdCard]]:
    """Visits over a bad cable, each ended by a clean one.  Gives what lay there beside what was read."""
    random = Random(seed)
    stand = Stand(
        profile=random.choice(["sam-v", "sam-v-9600"]),
        find_repeats=random.random() < 0.5,
        portion=random.choice([1, 4, 16, 16, 16, 64, 4096]),
    )
    scale = min(1.0, stand.wire.portion / 16)  # the rates are for portions of 16 bytes
    rates = {fault: rate * scale for fault, rate in rates.items()}
    read: list[tuple[IdCard, IdCard]] = []
    for _ in range(3):
        card = random.choice(EVERYBODY)
        stand.hands.place(card)
        stand.wire.faults = Faults(Random(random.random()), delay_s=0.4, **rates)
        for _ in range(4):
            began_s = stand.clock.now_s
            try:
                found = stand.reader.poll()
            except DeviceError:
                continue
            finally:
                assert stand.clock.now_s - began_s < 60, "a poll hung"
            if found is not None:
                read.append((card, found))
        stand.wire.faults = None
        stand.clock.sleep(5)  # what the cable held back has come
        stand.hands.take()
        for _ in range(20):
            if stand.reader.media_taken():
                break
        else:
            pytest.fail("the card never left")
        stand.hands.place(card)
        believed(stand.reader.poll(), card)  # recovers on the next clean command
        stand.hands.take()
        while not stand.reader.media_taken():
            pass
    return read


@pytest.mark.parametrize("block", range(10))
def test_a_bad_cable_never_makes_another_card(block: int) -> None:
    read = [
        pair for seed in range(block * 30, block * 30 + 30) for pair in live_through(seed, **QUIET_FAULTS)
    ]
    assert read, "the cable was too bad to prove anything"
    for lay_there, found in read:
        assert same_person(lay_there, found)


@pytest.mark.parametrize("block", range(5))
def test_flipped_bits_never_make_another_person(block: int) -> None:
    """Two flips of one bit can pass the check byte and change a name; they cannot change who it is."""
    read = [
        pair
        for seed in range(block * 60, block * 60 + 60)
        for pair in live_through(seed, flip=0.02, **{k: v / 3 for k, v in QUIET_FAULTS.items()})
    ]
    assert read
    for lay_there, found in read:
        assert (lay_there.kind, lay_there.number, lay_there.birth) == (found.kind, found.number, found.birth)


# --- the same over a real pseudo-terminal ---


def over_a_terminal(end: FarEnd, profile: ReaderProfile) -> tuple[SdtReader, SerialTransport]:
    line = SerialTransport(end.port, profile.baud)
    return SdtReader(line, profile, SystemClock()), line


def test_a_visit_over_a_paced_terminal() -> None:
    hands = IdCardEmulator()
    with FarEnd(hands, 115200) as end:
        reader, line = over_a_terminal(end, reader_profile("sam-v"))
        assert reader.poll() is None
        hands.place(RESIDENT)
        believed(reader.poll(), RESIDENT)
        assert not reader.media_taken()
        hands.take()
        assert [reader.media_taken(), reader.media_taken()] == [False, True]
        line.close()


def test_a_reading_at_9600_baud() -> None:
    hands = IdCardEmulator()
    with FarEnd(hands, 9600) as end:
        reader, line = over_a_terminal(end, reader_profile("sam-v-9600"))
        hands.place(RESIDENT)
        believed(reader.poll(), RESIDENT)
        line.close()


def test_unplugged_in_the_middle_of_a_reading_and_plugged_in_again() -> None:
    hands = IdCardEmulator()
    hands.place(RESIDENT)
    with FarEnd(hands, 9600) as end:
        reader, line = over_a_terminal(end, reader_profile("sam-v-9600"))
        puller = threading.Timer(0.3, end.unplug)  # a reading takes 1.3 s
        puller.start()
        with pytest.raises(TransportLost):
            reader.poll()
        puller.join()
        assert reader.status().device is DeviceState.NO_DEVICE
    hands = IdCardEmulator()
    with FarEnd(hands, None) as end:
        reader, line = over_a_terminal(end, reader_profile("sam-v"))
        hands.place(OTHER)
        assert reader.poll()
        end.unplug()
        assert reader.media_taken()
        end.replug()
        assert not reader.media_taken()  # it still lies there
        assert reader.status().device is DeviceState.ONLINE
        line.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_cable_over_a_terminal(seed: int) -> None:
    hands = IdCardEmulator()
    faults = Faults(Random(seed), drop=0.01, flip=0.005, duplicate=0.01, noise=0.01)
    quick = replace(reader_profile("sam-v"), answer_timeout_s=0.1, read_timeout_s=0.2, stall_s=0.05)
    with FarEnd(hands, None, faults) as end:
        reader, line = over_a_terminal(end, quick)
        hands.place(RESIDENT)
        for _ in range(3):
            try:
                if found := reader.poll():
                    assert found.number == RESIDENT.number
            except DeviceError:
                continue
        end.faults = None
        hands.take()
        while not reader.media_taken():
            pass
        hands.place(OTHER)
        believed(reader.poll(), OTHER)
        line.close()
