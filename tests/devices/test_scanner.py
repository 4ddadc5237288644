"""Scans of every ending and in any portions, and what must never pass for a code."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.clock import SystemClock
from devices.errors import ProtocolError, TransportLost
from devices.farend import FarEnd
from devices.scanner_emulator import ScannerEmulator
from devices.scanner_serial import SerialScanner
from devices.status import DeviceState
from devices.transport import SerialTransport
from tests.devices.wire import FakeClock

PAYER = "130000000000000001"  # 18 digits that begin like a payer's code; 11 to 15 may be an ID number as well


class Line:
    """A Transport whose reads the test writes."""

    def __init__(self, *portions: bytes) -> None:
        self.portions = list(portions)
        self.lost = False

    def discard(self) -> None:
        raise AssertionError("what is thrown away must be looked at")

    def write(self, data: bytes) -> None:
        raise AssertionError("a scanner is never written to")

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        assert timeout_s == 0, "a poll does not wait"
        if self.lost:
            raise TransportLost("pulled by the test")
        return self.portions.pop(0) if self.portions else b""

    def close(self) -> None:
        pass


def scanner(*portions: bytes) -> tuple[SerialScanner, Line, FakeClock]:
    line, clock = Line(*portions), FakeClock()
    return SerialScanner(line, clock), line, clock


def polls(device: SerialScanner, count: int) -> list[str | None]:
    return [device.poll() for _ in range(count)]


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
def test_every_ending(ending: bytes) -> None:
    device, _, _ = scanner(b"111" + ending, b"222" + ending)
    assert polls(device, 3) == ["111", "222", None]


def test_two_scans_at_once_come_one_after_the_other() -> None:
    device, _, _ = scanner(b"111\r\n222\r\n33")
    assert polls(device, 4) == ["111", "222", None, None]


def test_an_ending_split_between_portions_is_no_empty_scan() -> None:
    device, _, _ = scanner(b"111\r", b"\n222\r", b"\n")
    assert polls(device, 4) == ["111", "222", None, None]


@given(st.lists(st.integers(0, 44), max_size=12))
def test_any_portions(cuts: list[int]) -> None:
    stream = (PAYER + "\r\n").encode() * 2 + b"6901\r"
    edges = sorted({0, *cuts, len(stream)})
    device, _, _ = scanner(*(stream[a:b] for a, b in pairwise(edges)))
    got = [one for one in polls(device, len(edges) + 3) if one is not None]
    assert got == [PAYER, PAYER, "6901"]


def test_the_longest_scan_and_one_more() -> None:
    device, _, _ = scanner(b"7" * 512 + b"\r", b"7" * 513 + b"\r", b"1\r")
    assert device.poll() == "7" * 512
    with pytest.raises(ProtocolError):
        device.poll()
    assert device.poll() == "1"


def test_a_scan_without_an_end_is_cut_and_its_tail_is_no_code() -> None:
    device, _, _ = scanner(b"7" * 3000, b"123456789012345678\r", b"1\r")
    for _ in range(2):
        with pytest.raises(ProtocolError):
            device.poll()
    assert device.poll() == "1"


@pytest.mark.parametrize(
    "bad", [b"12\x0034", b"\x02" + b"123", b"12\t3", b"12\x7f", b"\xc2\x85", b"\xff\xfe"]
)
def test_control_characters_are_refused_and_the_next_scan_is_good(bad: bytes) -> None:
    device, _, _ = scanner(bad + b"\r", b"1\r")
    with pytest.raises(ProtocolError) as caught:
        device.poll()
    assert "12" not in str(caught.value)
    assert device.poll() == "1"


def test_printable_text_of_any_language() -> None:
    device, _, _ = scanner("社保卡 A+1\r".encode())
    assert device.poll() == "社保卡 A+1"


def test_discard_forgets_everything_scanned_so_far() -> None:
    device, line, _ = scanner(b"111\r222\r", b"333\r")
    assert device.poll() == "111"
    device.discard()
    line.portions.append(b"444\r")
    assert polls(device, 2) == ["444", None]


def test_the_second_half_of_a_discarded_scan_is_no_code() -> None:
    device, line, _ = scanner(b"1300000000")
    device.discard()
    line.portions += [b"00000001\r", b"444\r"]
    with pytest.raises(ProtocolError):
        device.poll()
    assert device.poll() == "444"


def test_a_scan_interrupted_for_long_is_no_code() -> None:
    device, line, clock = scanner(b"1300000000")
    assert device.poll() is None
    clock.sleep(5)
    line.portions += [PAYER.encode() + b"\r", b"444\r"]
    with pytest.raises(ProtocolError):
        device.poll()
    assert device.poll() == "444"


def test_a_lost_line_takes_its_half_scan_along() -> None:
    device, line, _ = scanner(b"1300")
    assert device.poll() is None
    line.lost = True
    with pytest.raises(TransportLost):
        device.poll()
    assert device.status() is DeviceState.NO_DEVICE
    device.discard()
    line.lost = False
    line.portions.append(b"444\r")
    assert device.status() is DeviceState.ONLINE  # and keeps what it heard
    assert device.poll() == "444"


def test_over_a_paced_terminal_with_an_unplug() -> None:
    hands = ScannerEmulator()
    with FarEnd(hands, 9600) as end:
        line = SerialTransport(end.port, 9600)
        device = SerialScanner(line, SystemClock())
        assert device.status() is DeviceState.ONLINE
        for code in (PAYER, "6901"):
            hands.scan(code)
            assert waited(device) == code
            end.unplug()
            assert device.status() is DeviceState.NO_DEVICE
            end.replug()
            assert device.status() is DeviceState.ONLINE
        line.close()


def waited(device: SerialScanner) -> str | None:
    for _ in range(400):
        if code := device.poll():
            return code
        time.sleep(0.005)
    return None
