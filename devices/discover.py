"""From settings to devices, and from a port to who is on it.

Settings are the configuration's own sections.  Opening never fails for a missing device: a port is opened
at first use, and every later use finds out anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from serial.tools import list_ports

from devices.clock import Clock
from devices.idcard_profiles import ReaderProfile, reader_profile
from devices.idcard_sdt import SdtReader
from devices.printer import ReceiptPrinter
from devices.scanner_serial import SerialScanner
from devices.status import DeviceState
from devices.transport import SerialTransport

if TYPE_CHECKING:
    from devices.printer_escpos import PrinterSettings

PRINTER_BAUDS = (115200, 9600, 19200, 38400)
PRINTER_QUESTION = bytes.fromhex("100401")  # DLE EOT 1: answered even while it prints, prints nothing itself
READER_BAUDS = (115200, 9600)
PROBE_TIMEOUT_S = 0.3


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """``baud`` and ``answer_timeout_s`` None mean the profile's own."""

    port: str
    profile: str = "sam-v"
    baud: int | None = None
    answer_timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    port: str
    baud: int = 9600


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port of this machine, as the system describes it."""

    path: str
    description: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who answered a harmless question, and at which speed."""

    kind: str  # reader, printer
    baud: int


def ports() -> list[Port]:
    """The serial ports of this machine, by path."""
    return sorted((Port(one.device, one.description) for one in list_ports.comports()), key=lambda p: p.path)


def open_reader(settings: ReaderSettings, clock: Clock) -> SdtReader:
    """Raises ValueError for an unknown profile."""
    profile = effective_profile(settings)
    return SdtReader(SerialTransport(settings.port, profile.baud), profile, clock)


def effective_profile(settings: ReaderSettings) -> ReaderProfile:
    """The profile with the settings' own figures in it.

    A READ never gets less time than the profile says.
    """
    profile = reader_profile(settings.profile)
    if settings.baud is not None:
        profile = replace(profile, baud=settings.baud)
    if settings.answer_timeout_s is not None:
        profile = replace(
            profile,
            answer_timeout_s=settings.answer_timeout_s,
            read_timeout_s=max(settings.answer_timeout_s, profile.read_timeout_s),
        )
    return profile


def open_scanner(settings: ScannerSettings, clock: Clock) -> SerialScanner:
    return SerialScanner(SerialTransport(settings.port, settings.baud), clock)


def open_printer(settings: PrinterSettings, fonts: tuple[Path, ...], clock: Clock) -> ReceiptPrinter:
    """Raises ValueError for an unknown profile."""
    from devices import printer_escpos  # late: it brings the drawing of glyphs, which a reader does not need

    return printer_escpos.open_printer(settings, fonts, clock)


def probe(port: str, clock: Clock) -> Found | None:
    """Asks who is there, printers first.

    A reader ignores their question, while a printer may print the other.

    None when nobody answers; a scanner never does.  Raises TransportLost when the port cannot be opened.
    """
    return _probe_printer(port, PRINTER_BAUDS) or _probe_reader(port, READER_BAUDS, clock)


def _probe_printer(port: str, bauds: Iterable[int]) -> Found | None:
    for baud in bauds:
        line = SerialTransport(port, baud)
        try:
            line.discard()
            line.write(PRINTER_QUESTION)
            answer = line.read(64, PROBE_TIMEOUT_S)
        finally:
            line.close()
        if len(answer) == 1 and answer[0] & 0x93 == 0x12:  # the fixed bits of every DLE EOT answer
            return Found("printer", baud)
    return None


def _probe_reader(port: str, bauds: Iterable[int], clock: Clock) -> Found | None:
    for baud in bauds:
        line = SerialTransport(port, baud)
        profile = replace(reader_profile("sam-v"), baud=baud, answer_timeout_s=PROBE_TIMEOUT_S, tries=1)
        try:
            state = SdtReader(line, profile, clock).status().device
        finally:
            line.close()
        if state in (DeviceState.ONLINE, DeviceState.HARDWARE_ERROR):
            return Found("reader", baud)
    return None


def listen_for_scan(port: str, baud: int, wait_s: float, clock: Clock) -> bool:
    """Whether a scan arrives within ``wait_s``.  Its content is dropped.  Raises TransportLost."""
    line = SerialTransport(port, baud)
    scanner = SerialScanner(line, clock)
    deadline_s = clock.monotonic() + wait_s
    try:
        while clock.monotonic() < deadline_s:
            if scanner.poll() is not None:
                return True
            clock.sleep(0.05)
        return False
    finally:
        line.close()
