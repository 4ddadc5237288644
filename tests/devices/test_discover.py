"""From settings to opened devices, and who answers on a port."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devices import discover
from devices.clock import SystemClock
from devices.discover import Found, ReaderSettings, ScannerSettings
from devices.errors import TransportLost
from devices.farend import EmulatedDevice, FarEnd
from devices.idcard_emulator import IdCardEmulator
from devices.scanner_emulator import ScannerEmulator
from devices.status import DeviceState
from tests.devices.people import RESIDENT
from tests.devices.test_transport import Echo

CLOCK = SystemClock()


class StatusPrinter:
    """Answers DLE EOT 1 as an idle printer does, and remembers whatever else it was sent."""

    def __init__(self) -> None:
        self.other = b""

    def receive(self, data: bytes) -> bytes:
        if data == bytes.fromhex("100401"):
            return b"\x12"
        self.other += data
        return b""

    def tick(self) -> bytes:
        return b""


def test_a_reader_and_a_scanner_from_settings() -> None:
    hands, window = IdCardEmulator(), ScannerEmulator()
    with FarEnd(hands, None) as reader_end, FarEnd(window, None) as scanner_end:
        reader = discover.open_reader(ReaderSettings(reader_end.port), CLOCK)
        scanner = discover.open_scanner(ScannerSettings(scanner_end.port), CLOCK)
        assert reader.status().device is scanner.status() is DeviceState.ONLINE
        assert len(reader.sam_number()) == 16
        hands.place(RESIDENT)
        found = reader.poll()
        assert found is not None and found.number == RESIDENT.number


def test_a_missing_device_fails_at_use_not_at_opening() -> None:
    reader = discover.open_reader(ReaderSettings("/dev/does-not-exist"), CLOCK)
    scanner = discover.open_scanner(ScannerSettings("/dev/does-not-exist"), CLOCK)
    assert reader.status().device is scanner.status() is DeviceState.NO_DEVICE
    with pytest.raises(TransportLost, match="No such file"):
        reader.poll()


def test_settings_override_the_profile() -> None:
    plain = discover.effective_profile(ReaderSettings("x"))
    assert (plain.baud, plain.answer_timeout_s, plain.read_timeout_s) == (115200, 1.0, 2.0)
    slow = discover.effective_profile(ReaderSettings("x", baud=9600, answer_timeout_s=5.0))
    assert (slow.baud, slow.answer_timeout_s, slow.read_timeout_s) == (9600, 5.0, 5.0)
    hasty = discover.effective_profile(ReaderSettings("x", answer_timeout_s=0.2))
    assert (hasty.answer_timeout_s, hasty.read_timeout_s) == (0.2, 2.0)
    with pytest.raises(ValueError, match="sam-v-9600"):
        discover.open_reader(ReaderSettings("x", profile="nonsense"), CLOCK)


@pytest.mark.parametrize(
    ("device", "found"),
    [
        (IdCardEmulator(), Found("reader", 115200)),
        (StatusPrinter(), Found("printer", 115200)),
        (ScannerEmulator(), None),
        (Echo(), None),
    ],
    ids=["reader", "printer", "scanner", "loop-back plug"],
)
def test_who_answers(device: EmulatedDevice, found: Found | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "PROBE_TIMEOUT_S", 0.05)  # nobody on a pseudo-terminal thinks
    with FarEnd(device, None) as end:
        assert discover.probe(end.port, CLOCK) == found


def test_a_printer_is_never_asked_the_readers_question() -> None:
    printer = StatusPrinter()
    with FarEnd(printer, None) as end:
        discover.probe(end.port, CLOCK)
        assert printer.other == b""


def test_a_broken_reader_is_still_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "PROBE_TIMEOUT_S", 0.05)
    hands = IdCardEmulator()
    hands.sam_fault = True
    with FarEnd(hands, None) as end:
        assert discover.probe(end.port, CLOCK) == Found("reader", 115200)


def test_a_scanner_shows_itself_by_a_scan() -> None:
    window = ScannerEmulator()
    with FarEnd(window, None) as end:
        assert not discover.listen_for_scan(end.port, 9600, 0.1, CLOCK)
        hand = threading.Timer(0.1, window.scan, ("6901",))
        hand.start()
        assert discover.listen_for_scan(end.port, 9600, 10, CLOCK)
        hand.join()


def test_the_ports_of_this_machine_are_paths() -> None:
    for port in discover.ports():
        assert Path(port.path).is_absolute()


def test_probing_gives_the_port_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "PROBE_TIMEOUT_S", 0.02)
    with FarEnd(IdCardEmulator(), None) as end:
        discover.probe(end.port, CLOCK)
        assert discover.open_reader(ReaderSettings(end.port), CLOCK).status().device is DeviceState.ONLINE
