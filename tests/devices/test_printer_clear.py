"""A sheet that nobody waits for any more comes out of no printer: not before the next person, not the next day."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest

from devices.clock import SystemClock
from devices.errors import NotReady, TransportLost
from devices.glyphs import FontChain
from devices.printer import Document, Line, Verdict
from devices.printer_emulator import PrinterEmulator
from devices.printer_escpos import EscposPrinter, PrinterSettings, open_printer
from devices.printer_profiles import PROFILES, PrinterProfile
from devices.status import DeviceState, PaperSupply
from tests.devices.test_printer_escpos import NOTO, OTHER, SHEET, Stand, on_a_line, once, with_event
from tests.devices.wire import DirectWire

EPSON, FAST, CLONE = PROFILES["epson-80"], PROFILES["fast-raster"], PROFILES["sprt-gb2312"]
CLEAR = bytes.fromhex("10140801031401060208")  # TM-T90 specification, DLE DC4 (fn = 8)
LONG: Document = tuple(Line(f"第{n}行") for n in range(30))


def clears(stand: Stand) -> int:
    return stand.sent().count(CLEAR)


def nobody_waits(stand: Stand, next_day: bool = True) -> None:
    """The visit is over; at night somebody loads paper and clears what is stuck."""
    for mend in (stand.printer.load_paper, stand.printer.close_cover, stand.printer.clear_jam):
        mend()
    for _ in range(100 * next_day):
        stand.clock.sleep(0.01)
        stand.printer.tick()


def stuck(profile: PrinterProfile = EPSON, driver: PrinterProfile | None = None) -> Stand:
    """A sheet stopped by the end of the paper; 150 dots of it hang out."""
    stand = Stand(profile, driver)
    stand.printer.paper_out_after(150)
    assert stand.driver.print(LONG) is Verdict.UNKNOWN
    assert 0 < stand.printer.hanging_dots <= 150
    return stand


# --- the end of a visit ---


def test_a_stopped_sheet_is_forgotten_when_the_visit_is_over():
    stand = stuck()
    hanging = stand.printer.hanging_dots
    assert stand.driver.clear() is True
    nobody_waits(stand)
    assert stand.printer.hanging_dots == hanging  # not one line more
    assert stand.printer.sheets == ()


def test_the_half_sheet_falls_when_paper_is_loaded_and_not_before_the_next_person():
    stand = stuck()
    stand.driver.clear()
    assert stand.printer.sheets == ()  # without paper nothing is cut: it would wait for paper too
    nobody_waits(stand)
    stand.driver.clear()
    (torn,) = stand.printer.sheets
    assert torn.text == tuple(line.text for line in LONG[: len(torn.text)])
    assert len(torn.text) == 150 // 34
    assert stand.printer.hanging_dots == 0
    assert stand.driver.print(SHEET) is Verdict.PRINTED
    clean = Stand()
    clean.driver.print(SHEET)
    assert stand.printer.sheets[1].image.tobytes() == clean.printer.sheets[0].image.tobytes()
    assert len(stand.printer.sheets) == 2
    assert not stand.printer.unknown


def test_while_the_person_is_there_the_sheet_is_waited_for():
    """Rule: after a paper end the buffer is not cleared; the printer's own resumption makes one sheet."""
    stand = stuck()
    nobody_waits(stand)
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert clears(stand) == 0
    assert stand.sheets() == ["第0行", "第二张"]


def test_the_verdict_is_not_taken_back_and_the_next_sheet_is_its_own():
    stand = stuck()
    stand.driver.clear()
    nobody_waits(stand)
    assert stand.driver.print(OTHER) is Verdict.PRINTED  # not asked to cut in between: it does so first
    assert [sheet.text for sheet in stand.printer.sheets][-1] == ("第二张",)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_after_a_printed_sheet_nothing_is_cleared(profile):
    stand = Stand(profile)
    stand.driver.print(SHEET)
    before = len(stand.wire.log)
    assert stand.driver.clear() is True
    assert stand.wire.log[before:] == []


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_clear_is_sent_only_to_printers_that_know_it(profile):
    stand = Stand(profile, replace(profile, completion_timeout_s=1.0))
    with_event(stand, lambda: setattr(stand.wire, "lost", True))
    assert stand.driver.print(SHEET) is Verdict.UNKNOWN
    stand.wire.lost = False
    assert stand.driver.clear() is profile.clears
    assert clears(stand) == profile.clears


@pytest.mark.parametrize("trouble", ["paper_out", "open_cover", "jam", "mute"])
@pytest.mark.parametrize("profile", [EPSON, FAST], ids=lambda p: p.name)
def test_whatever_stopped_it_the_rest_never_comes(profile, trouble):
    stand = Stand(profile, replace(profile, completion_timeout_s=4.0), mm_per_s=40)
    with_event(stand, getattr(stand.printer, trouble))
    assert stand.driver.print(LONG) is Verdict.UNKNOWN
    stand.driver.clear()
    stand.printer.mute(False)
    stand.driver.clear()
    printed = stand.printer.hanging_dots + sum(sheet.image.height for sheet in stand.printer.sheets)
    nobody_waits(stand)
    assert stand.printer.hanging_dots + sum(s.image.height for s in stand.printer.sheets) == printed
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert stand.printer.sheets[-1].byte_count < 10_000


# --- a printer that cannot ---


def test_a_printer_that_ignores_it_is_not_said_to_be_clear():
    """The profile says that it clears, its firmware does not; asked three times, then left in peace."""
    stand = stuck(replace(EPSON, clears=False), EPSON)
    assert [stand.driver.clear() for _ in range(6)] == [False] * 6
    assert clears(stand) == 3
    nobody_waits(stand)
    assert stand.printer.sheets[0].text == tuple(line.text for line in LONG)  # it came: this is the warning
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert stand.printer.sheets[-1].text == ("第二张",)
    assert stand.driver.clear() is True


def test_a_printer_whose_profile_cannot_clear_is_not_said_to_be_clear():
    stand = stuck(CLONE)
    assert stand.driver.clear() is False
    assert b"\x10\x14" not in stand.sent()
    nobody_waits(stand)
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert stand.printer.sheets[-1].text == ("第二张",)
    assert stand.driver.clear() is True


def test_a_lost_answer_is_asked_for_again():
    stand = stuck()
    stand.printer.mute()
    assert stand.driver.clear() is False
    stand.printer.mute(False)
    assert stand.driver.clear() is True


def test_a_printer_that_was_away_is_asked_again_however_often_it_was_away():
    stand = stuck()
    stand.wire.lost = True
    for _ in range(5):
        assert stand.driver.clear() is False
        stand.driver.status()
    stand.wire.lost = False
    stand.driver.status()  # as every idle look does
    assert stand.driver.clear() is True
    nobody_waits(stand)
    assert stand.printer.sheets == ()


# --- what never left the machine ---


class HeldLine(DirectWire):
    """A printer that has no paper from the middle of its first sheet on, and lets its ready signal fall.

    The rest waits in the system's buffer: busy when offline is what many printers come with (Epson, Msw 1-3).
    """

    device: PrinterEmulator

    def __init__(self, wire: DirectWire) -> None:
        super().__init__(wire.device, wire.clock)
        self.waiting: bytes | None = None  # None: not held
        self._falls = True

    def write(self, data: bytes) -> None:
        if self._falls and len(data) > 100 and data[0]:  # of the sheet, not the flush
            self._falls = False
            super().write(data[: len(data) // 2])
            data, self.waiting = data[len(data) // 2 :], b""
            self.device.paper_out()
        if self.waiting is None:
            super().write(data)
        else:
            self.waiting += data

    def held(self) -> bool:
        return self.waiting is not None

    def interrupt(self, data: bytes) -> None:
        """As SerialTransport does: test_transport.py."""
        self.waiting = None if self.waiting is None else b""
        super().write(data)

    def load_paper(self) -> None:
        self.device.load_paper()
        waiting, self.waiting = self.waiting, None
        super().write(waiting or b"")


@pytest.mark.parametrize("profile", [EPSON, CLONE], ids=lambda p: p.name)
def test_what_the_system_still_holds_is_never_sent(profile):
    """The tail of a sheet would come with the morning's paper, or with its first current: nothing tells them apart here."""
    stand = Stand(profile)
    line = HeldLine(stand.wire)
    stand.wire = line
    stand.driver = EscposPrinter(line, profile, FontChain((NOTO,)), stand.clock)
    assert stand.driver.print(LONG) is Verdict.UNKNOWN
    assert line.waiting
    hanging = stand.printer.hanging_dots
    assert stand.driver.clear() is profile.clears
    line.load_paper()
    nobody_waits(stand)
    assert (stand.printer.hanging_dots, stand.printer.sheets) == (hanging, ())
    stand.driver.clear()
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert [sheet.text[0] for sheet in stand.printer.sheets] == ["第0行", "第二张"]


def test_a_held_line_does_not_hold_the_questions():
    """Without paper is not the same as not there; and a program that starts now can clear what a dead one left."""
    stand = Stand()
    line = HeldLine(stand.wire)
    driver = EscposPrinter(line, EPSON, FontChain((NOTO,)), stand.clock)
    assert driver.print(LONG) is Verdict.UNKNOWN
    waiting = line.waiting
    driver.status()
    assert line.waiting == waiting  # somebody still waits for the rest of it
    driver.clear()
    assert driver.status().paper is PaperSupply.OUT
    assert line.waiting == b""
    again = EscposPrinter(line, EPSON, FontChain((NOTO,)), stand.clock, unfinished=True)
    assert again.status().paper is PaperSupply.OUT
    with pytest.raises(NotReady, match="out"):
        again.print(OTHER)


def test_a_printer_that_is_ready_and_takes_no_bytes_is_not_ready():
    """A cable without its ready line: a sheet would wait in the system's buffer for ever."""
    stand = Stand()
    line = HeldLine(stand.wire)
    line.waiting = b""
    driver = EscposPrinter(line, EPSON, FontChain((NOTO,)), stand.clock)
    assert (driver.status().device, driver.status().paper) == (DeviceState.OFFLINE, PaperSupply.FULL)
    assert driver.status().can_print is False
    with pytest.raises(NotReady, match="offline"):
        driver.print(OTHER)
    assert line.waiting == b""


def test_a_held_sheet_still_comes_while_the_person_is_there():
    stand = Stand()
    line = HeldLine(stand.wire)
    driver = EscposPrinter(line, EPSON, FontChain((NOTO,)), stand.clock)
    assert driver.print(LONG) is Verdict.UNKNOWN
    assert driver.status().can_print is False
    line.load_paper()
    assert driver.print(OTHER) is Verdict.PRINTED
    assert [sheet.text for sheet in stand.printer.sheets] == [tuple(line.text for line in LONG), ("第二张",)]


# --- before the first sheet ---


def after_a_death(stand: Stand) -> EscposPrinter:
    """Another program finds the printer as the dead one left it."""
    return EscposPrinter(stand.wire, stand.driver._profile, FontChain((NOTO,)), stand.clock, unfinished=True)


def test_a_dead_programs_sheet_is_forgotten_by_the_next_one():
    stand = stuck()
    hanging = stand.printer.hanging_dots
    assert after_a_death(stand).clear() is True
    nobody_waits(stand)
    assert (stand.printer.sheets, stand.printer.hanging_dots) == ((), hanging)


def test_a_dead_programs_sheet_is_forgotten_though_nobody_asked():
    """Somebody is faster than the first idle look: clear goes before the sheet."""
    stand = stuck()
    program = after_a_death(stand)
    stand.printer.load_paper()  # and nobody has looked yet: the printer's next tick would go on with it
    assert program.print(OTHER) is Verdict.PRINTED
    assert clears(stand) == 1
    assert stand.printer.sheets[-1].text == ("第二张",)


def test_what_a_program_that_died_may_have_left_is_no_sheet_that_is_known():
    stand = Stand(CLONE)
    assert after_a_death(stand).clear() is True


def test_before_the_first_sheet_after_a_silence_the_printer_is_cleared():
    """Meanwhile somebody else may have had it."""
    stand = Stand()
    stand.driver.print(OTHER)
    stand.printer.power_off()
    stand.driver.status()
    stand.printer.power_on()
    stand.printer.paper_out()
    stand.printer.receive(b"somebody else's\n")
    stand.printer.load_paper()
    assert stand.driver.print(OTHER) is Verdict.PRINTED
    assert clears(stand) == 1


@pytest.mark.parametrize("seed", range(60))
def test_nothing_of_a_visit_is_printed_after_it(seed):
    """Any trouble at any moment; a printer that said it is clear has printed its last line of this visit."""
    random = Random(seed)
    profile = random.choice([EPSON, FAST])
    stand = Stand(profile, replace(profile, completion_timeout_s=3.0), mm_per_s=random.choice((0, 60, 200)))
    for person in range(3):
        hands = (
            stand.printer.paper_out,
            lambda: stand.printer.paper_out_after(random.randrange(1, 900)),
            stand.printer.open_cover,
            stand.printer.jam,
            stand.printer.power_off,
            stand.printer.mute,
            lambda: setattr(stand.wire, "lost", True),
        )
        with_event(stand, random.choice(hands))
        words = (Line(f"第{person}人"), *LONG)
        with suppress(NotReady, TransportLost):
            stand.driver.print(words)
        stand.driver.clear()
        stand.wire.lost = False
        stand.printer.mute(False)
        stand.printer.power_on()
        stand.driver.status()
        assert stand.driver.clear() is True
        before = stand.printer.hanging_dots + sum(s.image.height for s in stand.printer.sheets)
        nobody_waits(stand)
        fed = stand.printer.hanging_dots + sum(s.image.height for s in stand.printer.sheets) - before
        assert fed <= 96 + 24  # a cut that was under way, and no line
        stand.driver.clear()
        assert stand.driver.print(OTHER) is Verdict.PRINTED
        assert stand.printer.sheets[-1].text[:1] in (("第二张",), ("￼",))


# --- over a real pseudo-terminal ---


def settle(printer: PrinterEmulator) -> None:
    """Until the printer has had nothing to do for a while."""
    quiet, before = 0, (-1, -1)
    while quiet < 10:
        SystemClock().sleep(0.02)
        now = (printer._paper.bytes_since_cut, printer.hanging_dots)
        quiet, before = (quiet + 1 if now == before else 0), now


def test_line_paper_loaded_the_next_day_brings_nothing_out():
    with on_a_line(completion_s=0.4) as (driver, printer, _):
        assert driver.clear() is True  # its start
        settle(printer)
        printer.paper_out_after(150)
        assert driver.print(LONG) is Verdict.UNKNOWN
        assert driver.clear() is True
        hanging = printer.hanging_dots
        printer.load_paper()
        settle(printer)
        assert (printer.hanging_dots, printer.sheets) == (hanging, ())
        assert driver.clear() is True
        assert driver.print(SHEET) is Verdict.PRINTED
        torn, whole = printer.sheets
        assert torn.text == tuple(line.text for line in LONG[: 150 // 34])
        assert (whole.text[0], len(whole.codes)) == ("社会保险缴费凭条", 1)
        assert not printer.unknown


def test_line_a_program_that_died_with_the_paper_out():
    """The program is gone, its port too; the next one finds the printer still holding the sheet."""
    with on_a_line(completion_s=0.4) as (driver, printer, line):
        assert driver.clear() is True  # its start
        settle(printer)
        printer.paper_out_after(150)
        assert driver.print(LONG) is Verdict.UNKNOWN
        driver._transport.close()  # type: ignore[attr-defined]
        after = open_printer(PrinterSettings(line.port), (NOTO,), SystemClock())
        assert after.clear() is True
        hanging = printer.hanging_dots
        printer.load_paper()
        settle(printer)
        assert (printer.hanging_dots, printer.sheets) == (hanging, ())


def test_line_a_program_that_died_before_its_cut():
    """What hung out of the printer is cut off in the first idle look, while nobody is there."""
    with on_a_line() as (_, printer, line):
        printer.receive(b"\x1b@a\nb\n")
        assert open_printer(PrinterSettings(line.port), (NOTO,), SystemClock()).clear() is True
        settle(printer)
        assert [sheet.text for sheet in printer.sheets] == [("a", "b")]
        assert printer.hanging_dots == 0


def test_line_the_port_goes_on_as_before_after_an_interrupt():
    with on_a_line() as (driver, _, _):
        transport = driver._transport  # type: ignore[attr-defined]
        transport.interrupt(CLEAR)
        assert transport.read(64, 2.0) == bytes.fromhex("372500")
        assert transport._opened().rtscts is True
        assert driver.print(OTHER) is Verdict.PRINTED


def test_line_an_unplugged_printer_is_cleared_when_it_is_back():
    with on_a_line(mm_per_s=100) as (driver, printer, line):
        with once(lambda: printer.hanging_dots > 100, line.unplug):
            assert driver.print(LONG) is Verdict.UNKNOWN
        assert driver.clear() is False
        printer.paper_out()
        line.replug()
        hanging = printer.hanging_dots
        assert driver.clear() is True
        printer.load_paper()
        settle(printer)
        assert printer.hanging_dots == hanging


def test_no_sheet_holds_the_command():
    """Whatever is printed, no sheet clears the printer: 10 14 is in no data."""
    for profile, text in itertools.product(PROFILES.values(), ("\u0414" * 40, "王喆㐂" * 20)):
        stand = Stand(profile)
        if stand.driver.covers(text):
            stand.driver.print((Line(text, 2), Line(text)))
            assert b"\x10\x14" not in stand.sent()
