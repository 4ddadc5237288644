"""Any kiosk finishes the visit: what broke off at one machine is known at the next card tap at any other, and finished there.

Three real kiosks before one real central; A is the machine that fails.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from kiosk import texts, views, wire
from kiosk.payment import State
from kiosk.views import BACK, AttentionButton, ItemKind, MyPageButton, PaidButton, PendingButton, Service
from tests.desk import WORLD, Do, ScriptedDesk
from tests.kiosk.citizens import FusedJournal, PowerCut
from tests.visitor import JSON, PENSION, Visitor

LEAVE, FIRST, SECOND = MyPageButton.LEAVE, AttentionButton.FIRST, AttentionButton.SECOND
CODE_LIVES_MS = 301_000  # a code nobody pays is closed by central after five minutes
PAY = ("300", True)


def cut(kiosk: Visitor) -> Do:
    return Do(lambda: setattr(kiosk.stand.network, "cut", True))


def to_code(kiosk: Visitor, person: dict[str, Any]) -> tuple[Any, ...]:
    return (*kiosk.come(person), PENSION, *PAY)


def pays(kiosk: Visitor, person: dict[str, Any]) -> ScriptedDesk:
    """The whole main job, with paper."""
    desk = kiosk.visit(*to_code(kiosk, person), kiosk.cashier(), WORLD, PaidButton.DONE)
    kiosk.sweep()
    return desk


def tap(kiosk: Visitor, person: dict[str, Any]) -> tuple[views.Item, ...]:
    """What the card shows: the rows of my page, from the top."""
    return kiosk.visit(*kiosk.come(person), LEAVE).last(views.MyPage).items


def pension(items: tuple[views.Item, ...]) -> views.Item:
    (row,) = [item for item in items if item.title == "居民养老 2026年度"]
    return row


def prints_owed(kiosk: Visitor, person: dict[str, Any]) -> ScriptedDesk:
    """One tap after the card: the owed receipt."""
    desk = kiosk.visit(*kiosk.come(person), "owed", PaidButton.DONE, LEAVE)
    kiosk.sweep()
    return desk


def marks(kiosk: Visitor) -> list[str]:
    """补打 n of every copy that came out, in order."""
    sheets = kiosk.stand.printer.sheets
    return [line.strip() for sheet in sheets for line in sheet.text[:3] if "补打" in line]


def receipt_of(kiosk: Visitor, person: dict[str, Any]) -> wire.Receipt:
    """As central has it."""
    page = kiosk.page(person)
    slips = kiosk.start_if_off().kiosk.api.receipts(page.person_id)
    (slip,) = [slip for slip in slips if slip.year == 2026 and slip.title == "居民养老"]
    return slip


def time_passes(kiosk: Visitor, ms: int) -> None:
    """At central."""
    kiosk.central.service.settings.clock.ms += ms  # type: ignore[attr-defined]


# --- paid, and the machine did not know ------------------------------------------------------------------------------


def test_paid_where_the_network_died(kiosks: list[Visitor]) -> None:
    """The money moved; A never heard.  B shows it as paid, offers the paper at once and prints it; A's news changes nothing."""
    a, b, _ = kiosks
    person = a.somebody()
    desk = a.visit(*to_code(a, person), a.cashier(), cut(a), BACK, PendingButton.DONE, SECOND)
    assert "Paid" not in desk.trace
    assert a.order().state is State.CLOSING

    items = tap(b, person)
    assert (items[0].key, items[0].badge) == ("owed", "补打")
    assert items[0].title == "有 1 张凭证还没打印"
    assert items[0].note == "居民养老 2026年度 已缴 300 元，点这里补打"
    row = pension(items)
    assert (row.badge, row.key) == ("已缴", "")
    assert row.note == "2026-11-23 已缴 300 元"

    desk = prints_owed(b, person)
    assert desk.trace == ["Home", "Working", "MyPage", "Working", "Paid", "Working", "MyPage", "Goodbye"]
    slip = receipt_of(b, person)
    assert marks(b) == ["补打 1"]
    assert [(sheet.receipt_no, sheet.amount_fen) for sheet in b.sheets()] == [(slip.receipt_no, 30000)]
    assert [item.key for item in desk.last(views.MyPage).items if item.key == "owed"] == []

    before = receipt_of(b, person)
    a.stand.network.healthy()
    a.sweep()
    assert (a.order().state, a.order().slips[0].receipt_no) == (State.OWED, slip.receipt_no)
    assert a.order().settled
    assert receipt_of(b, person) == before
    assert tap(a, person)[0].key != "owed"
    assert a.sheets() == []
    a.agree(b)


def test_the_machine_hears_of_it_while_its_code_is_still_shown(kiosks: list[Visitor]) -> None:
    """The payer has walked over to B and has a copy; A's own original is the only unmarked one."""
    a, b, _ = kiosks
    person = a.somebody()
    walk_over = Do(lambda: prints_owed(b, person))
    heal = Do(a.stand.network.healthy)
    a.visit(*to_code(a, person), a.cashier(), cut(a), walk_over, heal, WORLD, PaidButton.DONE)
    a.sweep()
    assert marks(b) == ["补打 1"]
    assert [sheet.copy for sheet in (*a.sheets(), *b.sheets())] == [False, True]
    a.agree(b)


def test_the_pay_tile_at_another_machine_says_that_it_is_paid_and_prints(kiosks: list[Visitor]) -> None:
    """Somebody who is not sure taps 缴费 again: nothing is charged, and the paper is one tap away."""
    a, b, _ = kiosks
    person = only_the_pension(a)
    a.visit(*to_code(a, person), a.cashier(), cut(a), BACK, PendingButton.DONE, SECOND)
    desk = b.visit(Service.PAY, b.place(person), WORLD, b.take, FIRST, PaidButton.DONE, LEAVE)
    (told,) = desk.told
    assert told.title == "已经缴费成功"
    assert told.body[0] == "居民养老 2026年度 已缴 300 元，钱不会丢，不用再缴。"
    assert told.first == "补打一张"
    assert b.orders() == {}
    assert marks(b) == ["补打 1"]
    b.sweep()
    a.stand.network.healthy()
    a.sweep()
    a.agree(b)


def test_the_pay_tile_can_be_left_without_paper(kiosks: list[Visitor]) -> None:
    a, b, _ = kiosks
    person = only_the_pension(a)
    a.visit(*to_code(a, person), a.cashier(), cut(a), BACK, PendingButton.DONE, SECOND)
    desk = b.visit(Service.PAY, b.place(person), WORLD, b.take, SECOND, LEAVE)
    assert desk.last(views.MyPage).items[0].key == "owed"
    assert b.stand.printer.sheets == ()


def only_the_pension(kiosk: Visitor) -> dict[str, Any]:
    """Somebody who owes this one thing and nothing else."""
    while True:
        person = kiosk.somebody()
        if [d.product for d in kiosk.page(person).dues if d.state is wire.DueState.DUE] == [
            "resident_pension"
        ]:
            return person


# --- nobody knows yet ------------------------------------------------------------------------------------------------


def test_a_payment_that_is_being_checked_is_not_taken_twice(kiosks: list[Visitor]) -> None:
    a, b, c = kiosks
    person = only_the_pension(a)
    urls: list[str] = []

    def silent_and_paid() -> None:
        urls.append(a.machine.kiosk.till.pay_url if a.machine else "")
        a.cashier("silence").action()
        a.cashier("pay").action()

    a.visit(*to_code(a, person), Do(silent_and_paid), BACK, PendingButton.DONE, LEAVE)

    row = pension(tap(b, person))
    assert (row.badge, row.key, row.kind) == ("核对中", "", ItemKind.CHECKING)
    assert row.note == "付款结果还在核对，请不要再付一次。一般几分钟有结果"
    desk = b.visit(Service.PAY, b.place(person), WORLD, b.take, FIRST, LEAVE)
    (told,) = desk.told
    assert told.title == "付款结果待核对"
    assert "请不要再付一次" in told.body[0] and "没有扣钱" not in "".join(told.body)
    assert b.orders() == {}

    requests.post(f"{urls[0]}/release", headers=JSON, timeout=5).raise_for_status()
    items = tap(c, person)
    assert (items[0].key, pension(items).badge) == ("owed", "已缴")
    prints_owed(c, person)
    a.sweep(12)
    assert a.order().settled
    a.agree(c)


def test_a_code_nobody_paid_frees_the_person_when_its_life_is_over(kiosks: list[Visitor]) -> None:
    """A lost the network with its code on the screen: until the code is dead, nobody takes a second payment."""
    a, b, _ = kiosks
    person = a.somebody()
    a.visit(*to_code(a, person), cut(a), BACK, PendingButton.DONE, SECOND)
    assert pension(tap(b, person)).badge == "核对中"
    time_passes(a, CODE_LIVES_MS)
    assert pension(tap(b, person)).badge == "待缴"
    pays(b, person)
    a.stand.network.healthy()
    a.sweep()
    assert a.order().state is State.CLOSED
    assert a.books().gateway == {}
    b.agree()


@pytest.mark.parametrize("how", ["gives up", "is refused"])
def test_a_closed_order_can_be_paid_anywhere_at_once(kiosks: list[Visitor], how: str) -> None:
    a, b, _ = kiosks
    person = a.somebody()
    ends = (BACK,) if how == "gives up" else (a.cashier("refuse"), WORLD)
    desk = a.visit(*to_code(a, person), *ends, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.CLOSED_TITLE]
    a.sweep()
    assert pension(tap(b, person)).badge == "待缴"
    pays(b, person)
    assert [sheet.copy for sheet in b.sheets()] == [False]
    b.agree()
    a.agree()


# --- money that came too late ----------------------------------------------------------------------------------------


def test_late_money_is_said_to_go_back_wherever_the_card_is_put_down(kiosks: list[Visitor]) -> None:
    a, b, c = kiosks
    person = a.somebody()
    a.visit(*to_code(a, person), a.cashier("late"), BACK, FIRST, LEAVE)
    assert a.order().state is State.CLOSED

    items = tap(b, person)
    (row,) = [item for item in items if item.kind is ItemKind.REFUND]
    assert (row.badge, row.key, row.title) == ("退款中", "", "有一笔钱要退给您")
    assert row.note == "300.00 元没有用来缴费，原路退回付款的手机，一般三个工作日内到账"
    assert pension(items).badge == "待缴"  # and it can be paid again
    assert not [item for item in items if item.key == "owed"]

    time_passes(a, 10_000)
    (row,) = [item for item in tap(c, person) if item.kind is ItemKind.REFUND]
    assert (row.badge, row.title) == ("已退款", "有一笔钱已经退给您")
    assert row.note == "300.00 元没有用来缴费，已经退回付款的手机"
    pays(c, person)
    c.agree()
    a.agree()


# --- the power goes --------------------------------------------------------------------------------------------------

ENTRIES = ("intent", "created", "show", "paid", "print", "printed", "reported")
POINTS = [(at, after) for at in range(1, len(ENTRIES) + 1) for after in (False, True)]


@pytest.mark.parametrize(
    ("at", "after"),
    POINTS,
    ids=[f"{'after' if after else 'before'}-{ENTRIES[at - 1]}" for at, after in POINTS],
)
def test_the_power_goes_at_one_machine_and_another_finishes(
    kiosks: list[Visitor], at: int, after: bool
) -> None:
    """A is dark from some point of its journal on; the person finishes at B; then A comes back, and nothing changes."""
    a, b, c = kiosks
    person = a.somebody()
    dark(a, person, at, after)

    items = tap(b, person)
    if pension(items).badge == "核对中":  # a code that was never seen, or one that nobody paid
        assert b.orders() == {}
        time_passes(a, CODE_LIVES_MS)
        items = tap(b, person)
    if pension(items).badge == "待缴":
        assert at <= ENTRIES.index("show") + 1
        pays(b, person)
    elif items[0].key == "owed":
        prints_owed(b, person)
        assert marks(b) == ["补打 1"]
    else:
        assert at == 7  # central had heard that the paper came
    assert pension(tap(c, person)).badge == "已缴"
    told = receipt_of(c, person)
    assert not told.owed

    a.let_it_print()
    a.start()
    a.sweep(4)
    assert all(order.settled for order in a.orders().values())
    assert receipt_of(c, person).receipt_no == told.receipt_no
    sheets = [*a.sheets(), *b.sheets()]
    assert {sheet.receipt_no for sheet in sheets} == {told.receipt_no}
    assert sum(not sheet.copy for sheet in sheets) <= 1
    (a if a.books().slips else b).agree(a if not a.books().slips else b)
    assert not [item for item in tap(a, person) if item.key == "owed"]


def dark(kiosk: Visitor, person: dict[str, Any], at: int, after: bool) -> None:
    """A visit in which the power goes, before or after one entry of the journal."""
    machine = kiosk.start()
    journal = FusedJournal(machine.journal, at, after)
    for till in (machine.kiosk.till, machine.kiosk.outbox._till):
        till._journal = journal  # type: ignore[assignment]

    def whole_visit() -> None:
        kiosk.visit(*to_code(kiosk, person), kiosk.cashier(), WORLD, PaidButton.DONE)
        kiosk.sweep(1)

    with pytest.raises(PowerCut):
        whole_visit()
    kiosk.power_cut()
    kiosk.stand.reader.take()


def test_paid_on_the_phone_after_the_machine_went_dark(kiosks: list[Visitor]) -> None:
    """The code was photographed; the machine is gone.  The money is the person's contribution all the same."""
    a, b, _ = kiosks
    person = a.somebody()
    url: list[str] = []
    photograph = Do(lambda: url.append(a.machine.kiosk.till.pay_url if a.machine else ""))

    def gone() -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        a.visit(*to_code(a, person), photograph, Do(gone))
    a.power_cut()
    requests.post(f"{url[0]}/pay", headers=JSON, timeout=5).raise_for_status()
    prints_owed(b, person)
    assert marks(b) == ["补打 1"]
    a.start()
    a.sweep(4)
    a.agree(b)
