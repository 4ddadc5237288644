"""The driver's word on a sheet, against what lies in the tray.

Time-outs run on a clock that moves by itself; the scenarios that matter also over a real pseudo-terminal.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from devices import escpos
from devices.clock import SystemClock
from devices.errors import NotReady, Timeout, TransportLost, UncoveredCharacter
from devices.farend import FarEnd
from devices.faults import Faults
from devices.glyphs import FontChain
from devices.printer import Document, Line, Pair, PrinterStatus, Qr, ReceiptPrinter, Rule, Verdict
from devices.printer_emulator import PrinterEmulator
from devices.printer_escpos import EscposPrinter, PrinterSettings, open_printer
from devices.printer_profiles import PROFILES, PrinterProfile
from devices.status import Cover, DeviceState, PaperSupply
from tests.devices.wire import DirectWire, FakeClock

NOTO = Path("assets/fonts/NotoSansSC-Regular.otf")
EPSON = PROFILES["epson-80"]
CLONE = replace(EPSON, name="clone", gs_h=False)  # a printer that skips GS ( H

SHEET: Document = (
    Line("社会保险缴费凭条", 2, "center"),
    Rule(),
    Pair("姓名", "王喆"),
    Pair("金额", "\u00a5340.00", 2),
    Line("请妥善保管"),
    Qr("SB1:ABC123"),
)
OTHER: Document = (Line("第二张"),)


class Stand:
    """Driver and emulated printer over a wire without a kernel; ``wire.log`` is what the driver wrote."""

    def __init__(
        self, printer: PrinterProfile = EPSON, driver: PrinterProfile | None = None, mm_per_s: float = 0.0
    ) -> None:
        self.clock = FakeClock()
        self.printer = PrinterEmulator(printer, (NOTO,), self.clock, mm_per_s=mm_per_s)
        self.wire = DirectWire(self.printer, self.clock)
        self.driver = EscposPrinter(self.wire, driver or printer, FontChain((NOTO,)), self.clock)

    def sheets(self) -> list[str]:
        return [sheet.text[0] for sheet in self.printer.sheets]

    def sent(self) -> bytes:
        return b"".join(self.wire.log)


class EventWire(DirectWire):
    """Does something once, in the middle of a sheet."""

    def __init__(self, wire: DirectWire, event: Callable[[], None]) -> None:
        super().__init__(wire.device, wire.clock)
        self._event: Callable[[], None] | None = event

    def write(self, data: bytes) -> None:
        if self._event and len(data) > 100 and data[0]:  # part of a sheet, not the flush
            half = len(data) // 2
            super().write(data[:half])
            event, self._event = self._event, None
            event()
            data = data[half:]
        super().write(data)


def with_event(stand: Stand, event: Callable[[], None]) -> Stand:
    """``event`` happens while the sheet is on its way."""
    stand.wire = EventWire(stand.wire, event)
    stand.driver = EscposPrinter(stand.wire, stand.driver._profile, FontChain((NOTO,)), stand.clock)
    return stand


# --- before the first byte ---


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_prints_and_says_so(profile):
    stand = Stand(profile)
    assert stand.driver.print(SHEET) is Verdict.PRINTED
    assert len(stand.printer.sheets) == 1
    assert (stand.printer.tofu, stand.printer.overflows, stand.printer.obeyed_in_data) == (0, 0, 0)
    assert not stand.printer.unknown


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (PrinterEmulator.paper_out, "out"),
        (PrinterEmulator.open_cover, "open"),
        (PrinterEmulator.jam, "hardware_error"),
        (PrinterEmulator.mute, "no_device"),
        (PrinterEmulator.power_off, "no_device"),
    ],
)
def test_trouble_is_refused_before_anything_is_sent(trouble, reason):
    stand = Stand()
    trouble(stand.printer)
    with pytest.raises(NotReady) as refused:
        stand.driver.print(SHEET)
    assert refused.value.reason == reason
    assert set(stand.sent()) <= {0x10, 1, 2, 3, 4}  # questions only
    assert stand.printer.sheets == ()


def test_a_thin_roll_still_prints():
    stand = Stand()
    stand.printer.near_end()
    assert stand.driver.status() == PrinterStatus(DeviceState.ONLINE, PaperSupply.LOW, Cover.CLOSED)
    assert stand.driver.print(SHEET) is Verdict.PRINTED


def test_an_uncovered_character_fails_before_even_a_question():
    stand = Stand()
    with pytest.raises(UncoveredCharacter):
        stand.driver.print((Line("好"), Pair("姓名", "王\U00030000")))
    assert stand.wire.log == []
    assert not stand.driver.covers("王\U00030000")
    assert stand.driver.covers("王喆㐂")


def test_a_lost_link_is_an_exception_only_before_the_sheet():
    stand = Stand()
    stand.wire.lost = True
    with pytest.raises(TransportLost):
        stand.driver.print(SHEET)


def test_a_line_that_takes_nothing_is_not_ready():
    stand = Stand()

    def held(data: bytes) -> None:
        if len(data) > 3:
            raise Timeout("held")
        DirectWire.write(stand.wire, data)

    stand.wire.write = held  # type: ignore[method-assign]
    with pytest.raises(NotReady) as refused:
        stand.driver.print(SHEET)
    assert refused.value.reason == "offline"


# --- status ---


def test_status_never_raises_and_never_guesses():
    stand = Stand()
    good = PrinterStatus(DeviceState.ONLINE, PaperSupply.FULL, Cover.CLOSED)
    nobody = PrinterStatus(DeviceState.NO_DEVICE, PaperSupply.UNKNOWN, Cover.UNKNOWN)
    assert stand.driver.status() == good
    stand.printer.mute()
    before_s = stand.clock.now_s
    assert stand.driver.status() == nobody
    assert stand.clock.now_s - before_s == pytest.approx(0.3)
    stand.printer.mute(False)
    stand.wire.lost = True
    assert stand.driver.status() == nobody
    stand.wire.lost = False
    assert stand.driver.status() == good


def test_reports_between_answers_do_not_confuse_the_status():
    stand = Stand()
    stand.printer.receive(escpos.REPORT_CHANGES)
    stand.printer.open_cover()  # its report travels with the first answer
    status = stand.driver.status()
    assert status == PrinterStatus(DeviceState.OFFLINE, PaperSupply.FULL, Cover.OPEN)


def test_a_late_answer_does_not_pass_for_the_next():
    stand = Stand()
    stand.printer.paper_out()
    late = b"".join(bytes((stand.printer.condition.dle_eot(n),)) for n in (1, 2, 3, 4))
    stand.printer.load_paper()
    stand.wire._coming.append((stand.clock.now_s, late))
    assert stand.driver.status().can_print is True


def test_a_masung_that_idles_at_16_is_ready():
    clock = FakeClock()
    printer = PrinterEmulator(PROFILES["masung"], (NOTO,), clock, mm_per_s=0, drawer_high=True)
    driver = EscposPrinter(DirectWire(printer, clock), PROFILES["masung"], FontChain((NOTO,)), clock)
    assert driver.status().can_print is True


# --- after the first byte: a verdict ---


def test_a_clone_is_believed_by_its_answer_in_turn():
    stand = Stand(CLONE, EPSON)
    before_s = stand.clock.now_s
    assert stand.driver.print(SHEET) is Verdict.PRINTED
    assert stand.clock.now_s - before_s > 2.0  # the number had its chance
    assert len(stand.printer.sheets) == 1


def test_one_byte_of_noise_is_not_a_clones_word():
    stand = Stand(PROFILES["sprt-gb2312"])
    stand.printer.paper_out_after(150)

    class Noisy(DirectWire):
        noisy = True

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            data = super().read(max_bytes, timeout_s)
            if self.noisy and self.log[-1:] == [b"\x1dr\x01"]:
                self.noisy = False
                return data + b"\x20"
            return data

    wire = Noisy(stand.printer, stand.clock)
    driver = EscposPrinter(wire, PROFILES["sprt-gb2312"], FontChain((NOTO,)), stand.clock)
    assert driver.print(SHEET) is Verdict.UNKNOWN
    assert stand.printer.sheets == ()
    assert wire.noisy is False


def test_noise_before_the_question_is_no_word():
    stand = Stand(PROFILES["sprt-gb2312"])
    stand.printer.paper_out_after(150)
    stand = with_event(stand, lambda: stand.wire._coming.append((stand.clock.now_s, b"\x20\x20")))
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    assert stand.printer.sheets == ()


def test_one_lost_answer_is_asked_for_again():
    stand = Stand()

    class Lossy(DirectWire):
        losses = 1

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            data = super().read(max_bytes, timeout_s)
            if data and self.losses:
                self.losses -= 1
                return b""
            return data

    driver = EscposPrinter(Lossy(stand.printer, stand.clock), EPSON, FontChain((NOTO,)), stand.clock)
    assert driver.print(SHEET) is Verdict.PRINTED


def test_the_next_program_does_not_count_from_the_same_number():
    class Later(FakeClock):
        def wall_ms(self) -> int:
            return 1_234_500

    numbers = []
    for clock in (FakeClock(), Later()):
        wire = DirectWire(PrinterEmulator(EPSON, (NOTO,), clock, mm_per_s=0), clock)
        assert EscposPrinter(wire, EPSON, FontChain((NOTO,)), clock).print(OTHER) is Verdict.PRINTED
        numbers += [data[7:11] for data in wire.log if data.startswith(b"\x1d(H")]
    assert len(set(numbers)) == 2


def test_nothing_more_is_sent_while_the_printer_is_offline():
    """A picture is longer than a printer's buffer: what is sent into a full one is lost or stops the line."""
    fast = PROFILES["fast-raster"]
    taken: list[int] = []

    class Refilled(PrinterEmulator):
        def tick(self) -> bytes:
            if self.hanging_dots > 100 and self._clock.monotonic() > 1005:
                taken.append(self._paper.bytes_since_cut)
                self.load_paper()
            return super().tick()

    class Paced(DirectWire):
        def write(self, data: bytes) -> None:
            super().write(data)
            self.clock.now_s += len(data) / 100_000

    clock = FakeClock()
    printer = Refilled(fast, (NOTO,), clock, mm_per_s=0)
    printer.paper_out_after(150)
    driver = EscposPrinter(Paced(printer, clock), fast, FontChain((NOTO,)), clock)
    assert driver.print(SHEET * 5) is Verdict.PRINTED
    (sheet,) = printer.sheets
    assert taken[0] < sheet.byte_count / 2


def test_paper_that_ends_in_the_middle_is_unknown_and_comes_out_later():
    stand = Stand()
    stand.printer.paper_out_after(150)
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    assert stand.printer.sheets == ()
    with pytest.raises(NotReady):
        stand.driver.print(OTHER)
    stand.printer.load_paper()
    stand.printer.tick()
    assert stand.sheets() == ["社会保险缴费凭条"]
    assert stand.driver.print(OTHER) is Verdict.PRINTED  # the old sheet's late number is not this one's
    assert stand.sheets() == ["社会保险缴费凭条", "第二张"]


def test_the_wait_for_paper_has_an_end():
    stand = Stand(EPSON, replace(EPSON, completion_timeout_s=7.0))
    stand.printer.paper_out_after(150)
    before_s = stand.clock.now_s
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    assert 7.0 <= stand.clock.now_s - before_s < 8.5


def test_a_printer_switched_off_in_the_middle_is_unknown_soon():
    stand = Stand(mm_per_s=50)
    stand = with_event(stand, stand.printer.power_off)
    before_s = stand.clock.now_s
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    assert stand.clock.now_s - before_s < 10
    assert stand.printer.sheets == ()


def test_silence_in_the_middle_is_unknown_though_the_sheet_came_out():
    stand = Stand()
    stand = with_event(stand, stand.printer.mute)
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    assert len(stand.printer.sheets) == 1


def test_a_link_lost_in_the_middle_is_unknown():
    stand = Stand()
    stand = with_event(stand, lambda: setattr(stand.wire, "lost", True))
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN


def test_half_a_sheet_is_cut_off_before_the_next_person_prints():
    stand = Stand(mm_per_s=0)
    stand = with_event(stand, lambda: setattr(stand.wire, "lost", True))
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    stand.wire.lost = False
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert stand.sheets() == ["社会保险缴费凭条", "第二张"]
    assert stand.printer.sheets[1].text == ("第二张",)
    assert not stand.printer.unknown


def test_half_a_picture_does_not_swallow_the_next_sheet():
    fast = PROFILES["fast-raster"]
    stand = Stand(fast)
    stand = with_event(stand, lambda: setattr(stand.wire, "lost", True))
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    stand.wire.lost = False
    assert stand.driver.print(SHEET) is Verdict.PRINTED
    clean = Stand(fast)
    clean.driver.print(SHEET)
    assert stand.printer.sheets[-1].image.tobytes() == clean.printer.sheets[0].image.tobytes()


def test_a_program_that_died_inside_a_command_does_not_spoil_the_next_ones_sheet():
    stand = Stand()
    stand.printer.receive(b"\x1c2\xfe\xa1\x00\x00")  # FS 2, 70 bytes missing
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert stand.sheets() == ["第二张"]
    assert not stand.printer.unknown


def test_numbers_rise_and_another_sheets_number_is_no_word():
    stand = Stand()
    stand.driver.print(OTHER)
    stand.driver.print(OTHER)
    asked = [data[7:11] for data in stand.wire.log if data.startswith(b"\x1d(H")]
    assert int(asked[1]) == int(asked[0]) + 1

    class Liar(PrinterEmulator):
        """Gives the number of another sheet, and no answer to GS r."""

        def receive(self, data: bytes) -> bytes:
            said = super().receive(data)
            return b"\x37\x229999\x00" if said.startswith(b"\x37") else said

    clock = FakeClock()
    wire = DirectWire(Liar(EPSON, (NOTO,), clock, mm_per_s=0), clock)
    assert EscposPrinter(wire, EPSON, FontChain((NOTO,)), clock).print(OTHER) is Verdict.UNKNOWN


@pytest.mark.parametrize("seed", range(60))
def test_printed_is_never_said_of_a_sheet_that_is_not_there(seed):
    """Any fault at any moment.  PRINTED means one more sheet; NotReady means none."""
    random = Random(seed)
    profile = random.choice([EPSON, PROFILES["sprt-gb2312"], PROFILES["fast-raster"]])
    stand = Stand(profile, replace(profile, completion_timeout_s=6.0), mm_per_s=random.choice((0, 80, 200)))
    hands = (
        stand.printer.paper_out,
        lambda: stand.printer.paper_out_after(random.randrange(1, 900)),
        stand.printer.open_cover,
        stand.printer.jam,
        stand.printer.power_off,
        stand.printer.mute,
        lambda: setattr(stand.wire, "lost", True),
    )
    for _ in range(3):
        with_event(stand, random.choice(hands))
        before = len(stand.printer.sheets)
        try:
            verdict = stand.driver.print(SHEET)
        except (NotReady, TransportLost):
            assert len(stand.printer.sheets) == before
        else:
            assert verdict is Verdict.UNKNOWN or len(stand.printer.sheets) > before
        stand.wire.lost = False
        stand.printer.load_paper()
        stand.printer.close_cover()
        stand.printer.clear_jam()
        stand.printer.power_on()
        stand.printer.mute(False)
        for _ in range(400):
            stand.clock.sleep(0.01)
            stand.printer.tick()


# --- over a real pseudo-terminal ---


@contextmanager
def on_a_line(
    profile: str = "epson-80",
    *,
    gs_h: bool = True,
    mm_per_s: float = 0.0,
    completion_s: float = 10.0,
    faults: Faults | None = None,
) -> Iterator[tuple[ReceiptPrinter, PrinterEmulator, FarEnd]]:
    clock = SystemClock()
    firmware = PROFILES[profile] if gs_h else replace(PROFILES[profile], gs_h=False)
    printer = PrinterEmulator(firmware, (NOTO,), clock, mm_per_s=mm_per_s)
    with FarEnd(printer, 115200, faults) as line:
        settings = PrinterSettings(line.port, profile, 115200, completion_timeout_s=completion_s)
        yield open_printer(settings, (NOTO,), clock), printer, line


@contextmanager
def once(condition: Callable[[], bool], action: Callable[[], None]) -> Iterator[None]:
    """Does something from another thread as soon as something else is so."""

    def watch() -> None:
        while not condition():
            time.sleep(0.001)
        action()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def test_line_prints_and_cuts():
    with on_a_line() as (driver, printer, _):
        assert driver.status().can_print is True
        assert driver.print(SHEET) is Verdict.PRINTED
        assert driver.print(OTHER) is Verdict.PRINTED
        assert [sheet.text[0] for sheet in printer.sheets] == ["社会保险缴费凭条", "第二张"]
        assert (printer.tofu, printer.overflows, len(printer.unknown)) == (0, 0, 0)


def test_line_completion_comes_after_the_bytes():
    with on_a_line(mm_per_s=150) as (driver, printer, _):
        assert driver.print(SHEET) is Verdict.PRINTED
        assert len(printer.sheets) == 1
        assert printer.hanging_dots == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (PrinterEmulator.paper_out, "out"),
        (PrinterEmulator.open_cover, "open"),
        (PrinterEmulator.jam, "hardware_error"),
        (PrinterEmulator.mute, "no_device"),
    ],
)
def test_line_trouble_at_the_start(trouble, reason):
    with on_a_line() as (driver, printer, _):
        trouble(printer)
        with pytest.raises(NotReady, match=reason):
            driver.print(SHEET)
        assert (printer.sheets, printer.hanging_dots) == ((), 0)


def test_line_clone_without_numbers():
    with on_a_line("sprt-gb2312", gs_h=False) as (driver, printer, _):
        assert driver.print(SHEET) is Verdict.PRINTED
        assert len(printer.sheets) == 1


def test_line_paper_out_in_the_middle_and_reloaded():
    with on_a_line() as (driver, printer, _):
        printer.paper_out_after(300)
        with once(lambda: driver is not None and printer.hanging_dots > 50, printer.load_paper):
            assert driver.print(SHEET) is Verdict.PRINTED
        assert len(printer.sheets) == 1


def test_line_paper_out_in_the_middle_and_left_so():
    with on_a_line(completion_s=0.5) as (driver, printer, _):
        printer.paper_out_after(150)
        assert driver.print(SHEET) is Verdict.UNKNOWN
        assert printer.sheets == ()
        status = driver.status()
        assert (status.device, status.paper) == (DeviceState.OFFLINE, PaperSupply.OUT)


def test_line_unplugged_before_and_in_the_middle():
    with on_a_line(mm_per_s=100) as (driver, printer, line):
        line.unplug()
        assert driver.status().device is DeviceState.NO_DEVICE
        with pytest.raises(TransportLost):
            driver.print(SHEET)
        line.replug()
        with once(lambda: printer.hanging_dots > 50, line.unplug):
            assert driver.print(SHEET) is Verdict.UNKNOWN
        line.replug()
        assert driver.status().device is DeviceState.ONLINE


def test_a_profile_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="sprt-gb2312"):
        open_printer(PrinterSettings("/dev/none", "sprt"), (NOTO,), SystemClock())


@pytest.mark.parametrize("seed", range(40))
def test_a_bad_cable_raises_nothing_the_contract_does_not_name(seed):
    random = Random(seed)
    profile = random.choice(list(PROFILES.values()))
    stand = Stand(profile, replace(profile, completion_timeout_s=4.0))
    stand.wire.faults = Faults(
        random, drop=0.05, truncate=0.05, flip=0.05, duplicate=0.05, noise=0.05, delay=0.2
    )
    stand.wire.portion = 16
    for _ in range(3):
        stand.driver.status()
        with suppress(NotReady, TransportLost):
            assert stand.driver.print(SHEET) in (Verdict.PRINTED, Verdict.UNKNOWN)
