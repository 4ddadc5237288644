"""A sheet with somebody's name on it never comes out for somebody else: not later that day, not the next morning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.server import Running
from devices.clock import SystemClock
from devices.printer import Verdict
from kiosk import receipts, texts, views
from kiosk.desk import Stopped
from kiosk.flows import visits
from kiosk.flows.attract import Devices
from kiosk.payment import State
from kiosk.views import AttentionButton, MyPageButton, PaidButton, RecordsButton
from tests.desk import HOME, WORLD, Do, ScriptedDesk
from tests.kiosk.test_paper import HASTY, copy_marks, page_of, pays, receipt_no
from tests.visitor import Visitor

LEAVE = MyPageButton.LEAVE
FIRST, SECOND = AttentionButton.FIRST, AttentionButton.SECOND
STOPS_AT_ROWS = 250  # below the name, above the amount


@pytest.fixture
def hasty(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    kiosk = Visitor(central, tmp_path, people, change=HASTY)
    begin(kiosk)
    yield kiosk
    kiosk.stop()


def begin(visitor: Visitor) -> None:
    """The first idle look: what a program before this one may have left is thrown away."""
    kiosk = visitor.start().kiosk
    Devices(kiosk).look()
    assert kiosk.printer is not None and kiosk.printer.status().can_print


def paper_ends(visitor: Visitor) -> Do:
    return Do(lambda: visitor.stand.printer.paper_out_after(STOPS_AT_ROWS))


def stopped_sheet(visitor: Visitor) -> dict[str, Any]:
    """Somebody pays, and the paper ends in the middle of their receipt.  The visit is over."""
    person = visitor.somebody()
    visitor.visit(*pays(visitor, person, paper_ends(visitor)), SECOND, LEAVE)
    assert visitor.order().slips[0].verdict == Verdict.UNKNOWN.value
    return person


def the_morning(visitor: Visitor) -> None:
    """Somebody loads paper; a minute later nobody has come yet."""
    visitor.stand.printer.load_paper()
    visitor.let_it_print()
    assert visitor.machine is not None
    devices = Devices(visitor.machine.kiosk)
    for _ in range(3):
        devices.look()
        visitor.clock.sleep(20)
    visitor.let_it_print()


def lines(visitor: Visitor) -> list[str]:
    return [line for sheet in visitor.stand.printer.sheets for line in sheet.text]


def test_paper_loaded_the_next_day_brings_nobodys_receipt_out(hasty: Visitor) -> None:
    stopped_sheet(hasty)
    printer = hasty.stand.printer
    before = printer.hanging_dots
    assert before > 0
    the_morning(hasty)
    assert hasty.sheets() == []
    (torn,) = printer.sheets  # the part that hung out was cut off while whoever loads paper is there
    assert torn.image.height <= before + 2 * 120
    assert not any(texts.AMOUNT in line for line in torn.text)


def test_the_next_persons_receipt_is_clean_and_whole(hasty: Visitor) -> None:
    first = stopped_sheet(hasty)
    owed = receipt_no(hasty)
    the_morning(hasty)
    second = hasty.somebody()
    hasty.visit(*pays(hasty, second), PaidButton.DONE)
    sheet = hasty.stand.printer.sheets[-1]
    assert [s.receipt_no for s in hasty.sheets()] == [receipt_no(hasty)]
    assert first["name"] not in "".join(sheet.text).replace(" ", "")
    assert sum(texts.SLIP_TITLE in line for line in sheet.text) == 1
    assert sheet.text[-1].strip().startswith("服务热线")
    assert len(sheet.codes) == 1
    hasty.sweep()
    hasty.agree_but_owe(owed)


def test_the_person_gets_a_marked_copy_instead(hasty: Visitor) -> None:
    """The verdict was UNKNOWN and stays so: an original that never came is no original."""
    person = stopped_sheet(hasty)
    hasty.sweep()
    the_morning(hasty)
    assert hasty.order().state is State.OWED
    desk = hasty.visit(*hasty.come(person), "owed", PaidButton.DONE, LEAVE)
    assert desk.last(views.Paid).copy
    assert [(s.receipt_no, s.copy) for s in hasty.sheets()] == [(receipt_no(hasty), True)]
    assert copy_marks(hasty) == ["补打 1"]
    hasty.sweep()
    assert page_of(hasty, person) == []
    hasty.agree()


def test_while_the_person_is_there_the_receipt_still_comes(hasty: Visitor) -> None:
    """Loaded before they leave: the printer goes on with its own sheet, and nothing is cleared."""
    load = Do(lambda: (hasty.stand.printer.load_paper(), hasty.let_it_print()))
    hasty.visit(*pays(hasty, hasty.somebody(), paper_ends(hasty)), load, SECOND, LEAVE)
    assert [(s.receipt_no, s.copy) for s in hasty.sheets()] == [(receipt_no(hasty), False)]
    hasty.sweep()
    assert hasty.order().slips[0].verdict == "unknown"
    hasty.agree()


def test_a_visit_that_ends_by_going_home_is_over(hasty: Visitor) -> None:
    hasty.visit(*pays(hasty, hasty.somebody(), paper_ends(hasty)), HOME)
    assert hasty.desk.trace[-1] == "Attention"
    the_morning(hasty)
    assert hasty.sheets() == []


def test_a_program_that_is_told_to_stop_leaves_nothing_in_the_printer(hasty: Visitor) -> None:
    """In the evening the machine is switched off and the printer is not."""

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        hasty.visit(*pays(hasty, hasty.somebody(), paper_ends(hasty)), Do(stop))
    hasty.power_cut()
    hanging = hasty.stand.printer.hanging_dots
    hasty.stand.printer.load_paper()
    hasty.let_it_print()
    assert (hasty.stand.printer.hanging_dots, hasty.stand.printer.sheets) == (hanging, ())


def test_a_dead_programs_receipt_is_thrown_away_by_the_next_one(hasty: Visitor) -> None:
    """The power goes in the middle of a sheet that waits for paper; the machine comes back before the paper does."""

    class Dies(BaseException):
        pass

    def die() -> None:
        raise Dies

    with pytest.raises(Dies):
        hasty.visit(*pays(hasty, hasty.somebody(), paper_ends(hasty)), Do(die))
    hasty.power_cut()
    hasty.start()
    desk = hasty.visit(WORLD, HOME)  # nobody: the home screen hears that there is no paper
    assert desk.last(views.Home).trouble is views.Trouble.NO_PAPER
    the_morning(hasty)
    assert hasty.sheets() == []
    hasty.sweep()
    hasty.agree_but_owe(receipt_no(hasty))


def test_no_other_slip_with_a_name_stays_either(hasty: Visitor) -> None:
    """A record is no receipt and nobody owes it; it says more about a person than a receipt does."""
    person = hasty.somebody()
    hasty.visit(
        *(*hasty.come(person), MyPageButton.RECORDS, paper_ends(hasty), RecordsButton.PRINT),
        *(FIRST, views.BACK, LEAVE),
    )
    assert [told.title for told in hasty.desk.told] == [texts.RECORDS_NOT_PRINTED_TITLE]
    the_morning(hasty)
    assert not any(texts.RECORDS_NOT_PROOF in line for line in lines(hasty))


def test_a_receipt_left_by_a_lost_link_is_forgotten_when_the_printer_is_back(hasty: Visitor) -> None:
    """Unplugged in the middle and out of paper when it is plugged in again: the first look there is comes first."""
    person = hasty.somebody()
    printer, wire = hasty.stand.printer, hasty.stand.printer_wire
    obey = printer.receive

    def receive(data: bytes) -> bytes:
        said = obey(data)
        if printer.hanging_dots > 100:
            printer.paper_out()
        return said

    listen = Do(lambda: setattr(printer, "receive", receive))
    hasty.visit(*pays(hasty, person, listen), Do(wire.unplug), SECOND, LEAVE)
    printer.receive = obey  # type: ignore[method-assign]
    wire.replug()
    assert printer._commands.buffer  # it kept what it had
    assert hasty.machine is not None
    Devices(hasty.machine.kiosk).look()
    the_morning(hasty)
    assert hasty.sheets() == []


# --- a printer that cannot forget ------------------------------------------------------------------------------------


def test_a_printer_that_cannot_forget_is_written_down_once(hasty: Visitor) -> None:
    printer, kiosk = hasty.stand.printer, hasty.start_if_off().kiosk
    printer._clears = False  # a clone: it does not know the command
    devices = Devices(kiosk)
    answers = (*pays(hasty, hasty.somebody(), paper_ends(hasty)), SECOND, LEAVE)
    object.__setattr__(kiosk, "desk", ScriptedDesk(hasty.clock, answers))
    visits.visit(kiosk, devices, 1)
    for _ in range(4):
        devices.look()
        hasty.clock.sleep(20)
    assert hasty.log_text.getvalue().count('"sheet_held"') == 1
    printer.load_paper()
    hasty.let_it_print()
    assert len(hasty.sheets()) == 1  # what the line in the log warns of
    hasty.visit(*pays(hasty, hasty.somebody()), PaidButton.DONE)
    assert [s.receipt_no for s in hasty.sheets()][-1] == receipt_no(hasty)
    assert all(sum(texts.SLIP_TITLE in line for line in sheet.text) <= 1 for sheet in printer.sheets)
    assert len(hasty.sheets()) == 2


def test_switching_such_a_printer_off_before_the_paper_is_loaded_helps(hasty: Visitor) -> None:
    """What docs/devices/printer.md tells the technician."""
    printer = hasty.stand.printer
    printer._clears = False
    stopped_sheet(hasty)
    printer.power_off()
    printer.power_on()
    the_morning(hasty)
    assert hasty.sheets() == []


def test_a_visit_without_trouble_sends_the_printer_nothing(hasty: Visitor) -> None:
    hasty.visit(*pays(hasty, hasty.somebody()), PaidButton.DONE)
    heard: list[bytes] = []
    printer = hasty.stand.printer
    obey = printer.receive
    printer.receive = lambda data: (heard.append(data), obey(data))[1]  # type: ignore[method-assign]
    hasty.visit(*hasty.come(hasty.somebody()), LEAVE)
    SystemClock().sleep(0.05)
    assert b"\x10\x14" not in b"".join(heard)
    assert '"sheet_held"' not in hasty.log_text.getvalue()
    assert receipts.grouped(receipt_no(hasty)) in "".join(lines(hasty))
