"""Paper: whatever the printer cannot vouch for is owed, and comes later, anywhere, as a marked copy with the same number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from central import tables
from central.server import Running
from kiosk import receipts, texts, views
from kiosk.flows.attract import Devices
from kiosk.payment import State
from kiosk.views import BACK, AttentionButton, MyPageButton, PaidButton, Trouble
from tests.desk import HOME, WORLD, Do
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE
# No test waits for a printer's real patience; only a printer that keeps silent uses it up.
HASTY = {'profile = "epson-80"': 'profile = "epson-80"\nstatus_timeout_s = 0.25\ncompletion_timeout_s = 0.6'}
AMOUNT = "300"
STRANGE = "\U000f0000"  # a private point of plane 15: in no font of anybody


@pytest.fixture
def hasty(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    kiosk = Visitor(central, tmp_path, people, change=HASTY)
    yield kiosk
    kiosk.stop()


@pytest.fixture
def second(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    """Another machine in another village."""
    folder = tmp_path / "second"
    folder.mkdir()
    kiosk = Visitor(central, folder, people, kiosk_id="WD002")
    yield kiosk
    kiosk.stop()


def pays(visitor: Visitor, person: dict[str, Any], *meanwhile: Do) -> tuple[Any, ...]:
    """Home to paid; ``meanwhile`` happens while the code is on the screen."""
    return (*visitor.come(person), PENSION, AMOUNT, True, *meanwhile, visitor.cashier(), WORLD)


def owed_view(visitor: Visitor) -> views.Attention:
    """The one view that says what became of money and paper."""
    (told,) = {view for view in visitor.desk.told if texts.PAID_SAFE.split("{")[0] in "".join(view.body)}
    words = "".join(told.body)
    assert f"{AMOUNT} 元已经缴费成功，钱不会丢" in words.replace(".00", "")
    assert "存到手机" in words
    assert told.first == texts.TO_PHONE
    return told


def receipt_no(visitor: Visitor) -> str:
    (slip,) = visitor.order().slips
    return slip.receipt_no


# --- paper that does not come ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "title", "mend"),
    [
        ("paper_out", texts.PAPER_OUT_TITLE, "load_paper"),
        ("jam", texts.PAPER_JAM_TITLE, "clear_jam"),
        ("open_cover", texts.PAPER_JAM_TITLE, "close_cover"),
        ("mute", texts.PAPER_JAM_TITLE, None),
        ("power_off", texts.PAPER_JAM_TITLE, "power_on"),
    ],
)
def test_a_printer_that_fails_before_the_sheet(
    hasty: Visitor, trouble: str, title: str, mend: str | None
) -> None:
    printer = hasty.stand.printer
    person = hasty.somebody()
    hasty.visit(*pays(hasty, person, Do(getattr(printer, trouble))), AttentionButton.SECOND, LEAVE)
    told = owed_view(hasty)
    assert told.title == title
    assert told.badge == texts.RECORDED.format(number=receipts.grouped(receipt_no(hasty)))
    assert "任何一台机器" in told.body[1]
    assert hasty.sheets() == []
    hasty.sweep()
    assert hasty.order().state is State.OWED
    assert hasty.order().slips[0].verdict == "not_printed"
    hasty.agree_but_owe(receipt_no(hasty))
    getattr(printer, mend)() if mend else printer.mute(False)
    desk = hasty.visit(*hasty.come(person), "owed", PaidButton.DONE, LEAVE)
    assert desk.last(views.Paid).copy
    assert [(s.receipt_no, s.copy) for s in hasty.sheets()] == [(receipt_no(hasty), True)]
    hasty.sweep()
    hasty.agree()


def fail_in_the_sheet(visitor: Visitor, trouble: Callable[[], object]) -> Do:
    """The trouble comes when the printer has begun the sheet."""
    printer = visitor.stand.printer
    obey = printer.receive

    def receive(data: bytes) -> bytes:
        said = obey(data)
        if printer.hanging_dots or printer._paper.bytes_since_cut > 300:
            printer.receive = obey  # type: ignore[method-assign]
            trouble()
        return said

    return Do(lambda: setattr(printer, "receive", receive))


@pytest.mark.parametrize("trouble", ["paper_out", "jam", "open_cover", "mute", "power_off"])
def test_a_printer_that_fails_in_the_middle(hasty: Visitor, trouble: str) -> None:
    """Nobody knows what is on the paper: it is said, and a second sheet is always marked."""
    printer = hasty.stand.printer
    person = hasty.somebody()
    fail = fail_in_the_sheet(hasty, getattr(printer, trouble))
    hasty.visit(*pays(hasty, person, fail), AttentionButton.SECOND, LEAVE)
    told = owed_view(hasty)
    assert told.title == texts.PAPER_UNKNOWN_TITLE
    assert "出纸口" in told.body[1]
    assert hasty.order().slips[0].verdict == "unknown"
    assert hasty.order().state is State.OWED
    for mend in (printer.load_paper, printer.clear_jam, printer.close_cover, printer.power_on):
        mend()
    printer.mute(False)
    hasty.sweep()
    assert [item.key for item in page_of(hasty, person)] == ["owed"]
    hasty.visit(*hasty.come(person), "owed", PaidButton.DONE, LEAVE)
    hasty.sweep()
    originals = [sheet for sheet in hasty.sheets() if not sheet.copy]
    assert len(originals) <= 1
    assert [s.receipt_no for s in hasty.sheets() if s.copy] == [receipt_no(hasty)]
    assert all(one_title(sheet.text) for sheet in printer.sheets)
    hasty.agree()


def one_title(lines: tuple[str, ...]) -> bool:
    """Two people's sheets were never joined."""
    return sum(texts.SLIP_TITLE in line for line in lines) <= 1


def page_of(visitor: Visitor, person: dict[str, Any]) -> list[views.Item]:
    """The rows of my page that are about paper."""
    desk = visitor.visit(*visitor.come(person), LEAVE)
    return [item for item in desk.last(views.MyPage).items if item.kind is views.ItemKind.PAPER]


def test_paper_that_ends_after_the_sheet_harms_nobody(visitor: Visitor) -> None:
    out = Do(visitor.stand.printer.paper_out)
    visitor.visit(*pays(visitor, visitor.somebody()), out, PaidButton.DONE)
    assert visitor.order().state is State.DONE
    desk = visitor.visit(Do(lambda: visitor.clock.sleep(6)), WORLD, HOME)
    assert desk.last(views.Home).trouble is Trouble.NO_PAPER
    visitor.agree()


def test_without_paper_it_is_said_before_the_money_moves(visitor: Visitor) -> None:
    visitor.stand.printer.paper_out()
    desk = visitor.visit(*visitor.come(visitor.somebody()), PENSION, AMOUNT, BACK, BACK, LEAVE)
    assert desk.last(views.ConfirmPayment).no_paper
    assert "可存手机" in texts.CONFIRM_NO_PAPER
    assert visitor.orders() == {}


def test_with_paper_nothing_is_said(visitor: Visitor) -> None:
    desk = visitor.visit(*visitor.come(visitor.somebody()), PENSION, AMOUNT, BACK, BACK, LEAVE)
    assert not desk.last(views.ConfirmPayment).no_paper


def test_a_machine_without_a_printer(
    central: Running, people: Iterator[dict[str, Any]], tmp_path: Path
) -> None:
    bare = Visitor(central, tmp_path, people)
    object.__setattr__(bare.config, "printer", type(bare.config.printer)())
    person = bare.somebody()
    desk = bare.visit(*pays(bare, person), AttentionButton.SECOND, LEAVE)
    assert owed_view(bare).title == texts.PAPER_JAM_TITLE
    assert desk.last(views.ConfirmPayment).no_paper
    bare.sweep()
    bare.agree_but_owe(receipt_no(bare))
    bare.stop()


def test_the_receipt_goes_to_the_phone(visitor: Visitor) -> None:
    out = Do(visitor.stand.printer.paper_out)
    first, phone, second = AttentionButton.FIRST, None, AttentionButton.SECOND
    desk = visitor.visit(*pays(visitor, visitor.somebody(), out), first, phone, second, LEAVE)
    saved = desk.last(views.SaveToPhone)
    assert saved.receipt_no == receipt_no(visitor)
    assert saved.qr.startswith(visitor.central.url.upper() + "/V/")


def test_a_printed_receipt_can_go_to_the_phone_too(visitor: Visitor) -> None:
    desk = visitor.visit(*pays(visitor, visitor.somebody()), PaidButton.PHONE, None, PaidButton.DONE)
    assert desk.trace[-4:] == ["Paid", "SaveToPhone", "Paid", "Goodbye"]


# --- a name that no font draws ---------------------------------------------------------------------------------------


@pytest.fixture
def strange(visitor: Visitor, central: Running) -> dict[str, Any]:
    """Somebody whose registered name has a character that no font anywhere has."""
    person = {**visitor.somebody()}
    name = person["name"][0] + STRANGE
    people = tables.persons
    with central.service.database.write() as connection:
        connection.execute(update(people).where(people.c.number == person["number"]).values(name=name))
    return {**person, "name": name}


def test_a_name_outside_every_font_is_not_printed_at_all(visitor: Visitor, strange: dict[str, Any]) -> None:
    kiosk = visitor.start().kiosk
    Devices(kiosk).look()  # throws away what a program before this one may have left
    assert kiosk.printer is not None and kiosk.printer.status().can_print  # the answer comes behind all that
    heard: list[bytes] = []
    obey = visitor.stand.printer.receive

    def receive(data: bytes) -> bytes:
        heard.append(data)
        return obey(data)

    listen = Do(lambda: setattr(visitor.stand.printer, "receive", receive))
    desk = visitor.visit(*pays(visitor, strange, listen), AttentionButton.SECOND, LEAVE)
    told = owed_view(visitor)
    assert told.title == texts.RARE_NAME_TITLE
    assert "窗口" in told.body[1]
    assert all(data.startswith((b"\x10\x04", b"\x04")) or len(data) < 4 for data in heard), (
        "only status queries"
    )
    assert visitor.stand.printer.sheets == ()
    assert visitor.stand.printer.tofu == 0
    assert STRANGE not in visitor.log_text.getvalue()
    assert desk.last(views.MyPage).name == strange["name"]
    visitor.sweep()
    assert visitor.order().slips[0].verdict == "not_printed"
    visitor.agree_but_owe(receipt_no(visitor))


def test_records_with_such_a_name(visitor: Visitor, strange: dict[str, Any]) -> None:
    desk = visitor.visit(
        *(*visitor.come(strange), MyPageButton.RECORDS, views.RecordsButton.PRINT, AttentionButton.FIRST),
        *(BACK, LEAVE),
    )
    (told,) = desk.told
    assert told.title == texts.RECORDS_NOT_PRINTED_TITLE
    assert "生僻字" in told.body[0] and "没有扣钱" in told.body[1] and "窗口" in told.body[1]
    assert visitor.stand.printer.sheets == ()


def test_a_rare_name_that_a_font_has_is_printed(visitor: Visitor, strange: dict[str, Any]) -> None:
    name = strange["name"][0] + "\U00020bb7"  # 𠮷, in plane 2
    people = tables.persons
    with visitor.central.service.database.write() as connection:
        connection.execute(update(people).where(people.c.number == strange["number"]).values(name=name))
    visitor.visit(*pays(visitor, {**strange, "name": name}), PaidButton.DONE)
    visitor.sweep()
    visitor.agree()


# --- another machine -------------------------------------------------------------------------------------------------


def test_an_owed_receipt_comes_out_of_another_machine(visitor: Visitor, second: Visitor) -> None:
    person = visitor.somebody()
    out = Do(visitor.stand.printer.paper_out)
    visitor.visit(*pays(visitor, person, out), AttentionButton.SECOND, LEAVE)
    visitor.sweep()
    desk = second.visit(*second.come(person), "owed", PaidButton.DONE, LEAVE)
    assert desk.trace == ["Home", "Working", "MyPage", "Working", "Paid", "Working", "MyPage", "Goodbye"]
    assert [(s.receipt_no, s.copy) for s in second.sheets()] == [(receipt_no(visitor), True)]
    assert copy_marks(second) == ["补打 1"]
    second.sweep()
    visitor.agree(second)
    assert page_of(second, person) == []


def copy_marks(visitor: Visitor) -> list[str]:
    return [
        line.strip() for sheet in visitor.stand.printer.sheets for line in sheet.text[:3] if "补打" in line
    ]


def test_copies_are_numbered_by_the_centre_across_machines(visitor: Visitor, second: Visitor) -> None:
    person = visitor.somebody()
    visitor.visit(*pays(visitor, person), PaidButton.DONE)
    visitor.sweep()
    for kiosk in (visitor, second, visitor):
        kiosk.visit(*(*kiosk.come(person), MyPageButton.REPRINT, receipt_no(visitor), PaidButton.DONE, LEAVE))
        kiosk.sweep()
    assert copy_marks(visitor) == ["补打 1", "补打 3"]
    assert copy_marks(second) == ["补打 2"]
    assert {s.receipt_no for s in (*visitor.sheets(), *second.sheets())} == {receipt_no(visitor)}
    assert sum(not s.copy for s in (*visitor.sheets(), *second.sheets())) == 1
    visitor.agree(second)


def test_a_copy_that_does_not_come_out_stays_owed(hasty: Visitor) -> None:
    person = hasty.somebody()
    hasty.stand.printer.paper_out()
    hasty.visit(*pays(hasty, person), AttentionButton.SECOND, LEAVE)
    hasty.sweep()
    desk = hasty.visit(*hasty.come(person), "owed", AttentionButton.SECOND, LEAVE)
    assert [view.title for view in desk.told] == [texts.PAPER_OUT_TITLE]
    hasty.sweep()
    assert [item.key for item in page_of(hasty, person)] == ["owed"]
    hasty.stand.printer.load_paper()
    hasty.visit(*hasty.come(person), "owed", PaidButton.DONE, LEAVE)
    assert copy_marks(hasty) == ["补打 2"]
    hasty.sweep()
    hasty.agree()


def test_no_copy_without_the_centres_leave(visitor: Visitor) -> None:
    """Central numbers the copies: when it cannot, none is printed."""
    person = visitor.somebody()
    visitor.stand.printer.paper_out()
    visitor.visit(*pays(visitor, person), AttentionButton.SECOND, LEAVE)
    visitor.sweep()
    visitor.stand.printer.load_paper()
    cut = Do(lambda: setattr(visitor.stand.network, "cut", True))
    heal = Do(visitor.stand.network.healthy)
    desk = visitor.visit(*visitor.come(person), cut, "owed", heal, AttentionButton.FIRST, LEAVE)
    (told,) = desk.told
    assert told.title == texts.COPY_REFUSED_TITLE
    assert "钱不受影响" in "".join(told.body) and "过一会儿再试" in "".join(told.body)
    assert visitor.stand.printer.sheets == ()
    visitor.sweep()
    visitor.agree_but_owe(receipt_no(visitor))


def test_a_power_cut_in_a_copy_is_unknown_to_everybody(visitor: Visitor) -> None:
    """Leave was given and no word came of the sheet: the next one has the next number."""
    person = visitor.somebody()
    visitor.stand.printer.paper_out()
    visitor.visit(*pays(visitor, person), AttentionButton.SECOND, LEAVE)
    visitor.sweep()
    machine = visitor.machine
    assert machine is not None
    machine.kiosk.till.ask_copy(receipt_no(visitor))
    visitor.power_cut()
    visitor.stand.printer.load_paper()
    visitor.sweep()
    last = visitor.start_if_off().journal.subjects_last("copy:")
    assert [entry.event for entry in last.values()] == ["reported"]
    visitor.visit(*visitor.come(person), "owed", PaidButton.DONE, LEAVE)
    assert copy_marks(visitor) == ["补打 2"]
    visitor.sweep()
    visitor.agree()


def test_no_sheet_says_more_than_it_should(visitor: Visitor) -> None:
    """The number is masked on paper, and the amount stands there in figures and in capitals."""
    person = visitor.somebody()
    visitor.visit(*pays(visitor, person), PaidButton.DONE)
    words = "\n".join(visitor.stand.printer.sheets[0].text)
    assert person["number"] not in words
    assert "￥300.00" in words and "叁佰元整" in words
    assert person["name"] in words.replace(" ", "")
