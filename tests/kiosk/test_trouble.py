"""Central and the gateway when they do not answer: what the person sees, and where the money is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from central.server import Running
from devices.scanner_serial import SerialScanner
from kiosk import texts, views
from kiosk.flows import trouble
from kiosk.flows.attract import Devices, attract
from kiosk.outbox import OutboxDied
from kiosk.payment import Line, State
from kiosk.till import Answer
from kiosk.views import (
    BACK,
    AttentionButton,
    MyPageButton,
    PaidButton,
    PayButton,
    PendingButton,
    Service,
    Trouble,
)
from screens.bridge import KivyDesk
from stand.proxy import Fault
from tests.desk import HOME, WORLD, Do
from tests.visitor import JSON, PENSION, Visitor

LEAVE = MyPageButton.LEAVE
FIRST, SECOND = AttentionButton.FIRST, AttentionButton.SECOND
NO_MONEY = ("没有扣钱", "钱不受影响", "钱和待遇不受影响", "没有再扣钱", "不会丢", "钱若已付", "原路退回")
WHAT_TO_DO = ("请", "可以", "不用")


@pytest.fixture
def second(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    folder = tmp_path / "second"
    folder.mkdir()
    kiosk = Visitor(central, folder, people, kiosk_id="WD002")
    yield kiosk
    kiosk.stop()


def cut(visitor: Visitor) -> Do:
    return Do(lambda: setattr(visitor.stand.network, "cut", True))


def heal(visitor: Visitor) -> Do:
    return Do(visitor.stand.network.healthy)


def to_confirm(visitor: Visitor, person: dict[str, Any] | None = None) -> tuple[Any, ...]:
    return (*visitor.come(person or visitor.somebody()), PENSION, "300")


def to_code(visitor: Visitor, person: dict[str, Any] | None = None) -> tuple[Any, ...]:
    return (*to_confirm(visitor, person), True)


def lose(visitor: Visitor, *faults: Fault) -> Do:
    """The next exchanges meet these faults; after that the network is sound."""
    waiting = list(faults)
    return Do(
        lambda: setattr(visitor.stand.network, "choose", lambda: waiting.pop(0) if waiting else Fault.NONE)
    )


def says_all_three(view: views.Attention) -> None:
    """What happened (the title), what it means for the money, what to do now."""
    words = "".join(view.body)
    assert view.title
    assert any(phrase in words for phrase in NO_MONEY), view
    assert any(phrase in words for phrase in WHAT_TO_DO), view


# --- the words of every view -----------------------------------------------------------------------------------------

BODIES = {
    name: getattr(texts, name)
    for name in dir(texts)
    if name.endswith("_BODY") and isinstance(getattr(texts, name), tuple) and name != "PENDING_BODY"
}
ONLY_PAPER = {"RECORDS_PRINT_BODY"}  # free of charge, and it worked
IDENTITY = {"NAME_DIFFERS_BODY", "CARD_EXPIRED_BODY"}  # say that paying goes on
CERTIFICATION = {  # of the yearly check, where the fear is for the benefit
    *("NOT_NEEDED_BODY", "NOT_NOW_BODY", "REVIEWING_BODY", "WITHDRAWN_BODY", "NO_REFERENCE_BODY"),
    *("PICTURE_GONE_BODY", "PICTURE_NOT_SENT_BODY", "STAFF_UNKNOWN_BODY", "STAFF_IS_PERSON_BODY"),
    *("STAFF_NOT_SENT_BODY", "VISIT_KEPT_BODY", "WINDOW_BODY", "REMINDER_NOT_PRINTED_BODY"),
    *("REMINDER_NOT_PRINTED_OPEN_BODY", "WITHDRAW_ASK_BODY", "WITHDRAWN_KEPT_BODY", "VISIT_ASK_BODY"),
    *("PICTURE_UNKNOWN_BODY", "PICTURE_REFUSED_BODY", "WAITING_BODY", "VISIT_REFUSED_BODY"),
}
BENEFIT_IS_SAFE = ("待遇不受影响", "一样有效", "照样有效", "什么也不用办", "还没有记录，可以再来一次")


@pytest.mark.parametrize("name", sorted(CERTIFICATION))
def test_every_word_of_the_yearly_check_says_what_it_means_for_the_benefit(name: str) -> None:
    assert any(phrase in "".join(BODIES[name]) for phrase in BENEFIT_IS_SAFE)


@pytest.mark.parametrize("name", sorted(BODIES.keys() - ONLY_PAPER - IDENTITY - CERTIFICATION))
def test_every_trouble_says_what_it_means_for_the_money_and_what_to_do(name: str) -> None:
    says_all_three(views.Attention("", "title", BODIES[name], ""))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_no_trouble_blames_or_alarms(name: str) -> None:
    words = "".join(BODIES[name])
    assert not any(bad in words for bad in ("失败", "错误", "异常", "非法", "无效", "停发"))
    assert len(BODIES[name]) <= 2


def test_every_refusal_of_an_order_has_its_words() -> None:
    for code, body in trouble.REFUSALS.items():
        assert body in BODIES.values(), code


# --- before the order ------------------------------------------------------------------------------------------------


def test_central_is_down_when_the_card_comes(visitor: Visitor) -> None:
    desk = visitor.visit(cut(visitor), *visitor.come(visitor.somebody())[:2], SECOND, visitor.take)
    (told,) = desk.told
    assert told.title == texts.NO_CENTRE_TITLE
    says_all_three(told)
    assert (told.first, told.second) == (texts.TRY_AGAIN, texts.OK_LEAVE)
    assert "MyPage" not in desk.trace
    assert visitor.orders() == {}


def test_central_comes_back_while_the_person_waits(visitor: Visitor) -> None:
    place, card = visitor.come(visitor.somebody())[:2]
    desk = visitor.visit(cut(visitor), place, card, FIRST, heal(visitor), FIRST, visitor.take, LEAVE)
    assert [view.title for view in desk.told] == [texts.NO_CENTRE_TITLE] * 2
    assert desk.trace[-2:] == ["MyPage", "Goodbye"]


def test_the_home_screen_says_that_the_network_is_down(visitor: Visitor) -> None:
    visitor.start()
    visitor.stand.network.cut = True
    visitor.sweep(1)
    desk = visitor.visit(WORLD, Do(visitor.stand.network.healthy), Do(lambda: visitor.sweep(30)), WORLD, HOME)
    assert [v.trouble for v in desk.seen if isinstance(v, views.Home)] == [
        Trouble.NONE,
        Trouble.NO_NETWORK,
        Trouble.NONE,
    ]


def test_a_kiosk_that_central_does_not_know(central: Running, people: Any, tmp_path: Path) -> None:
    stranger = Visitor(central, tmp_path, people, change={"demo-token-WD001": "nobody's"})
    desk = stranger.visit(*stranger.come(stranger.somebody())[:2], FIRST, stranger.take)
    (told,) = desk.told
    assert told.title == texts.NO_SERVICE_TITLE
    says_all_three(told)
    stranger.stop()


# --- in the order ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Fault.LOSE_REPLY])
def test_one_lost_message_while_the_order_is_made(visitor: Visitor, fault: Fault) -> None:
    """The same question under the same key: the person notices nothing, and there is one order."""
    desk = visitor.visit(
        *(*to_confirm(visitor), lose(visitor, fault), True, visitor.cashier(), WORLD, PaidButton.DONE)
    )
    assert desk.told == []
    assert len(visitor.orders()) == 1
    visitor.sweep()
    visitor.agree()


def test_central_is_gone_before_the_order_and_nothing_began(visitor: Visitor) -> None:
    desk = visitor.visit(*to_confirm(visitor), cut(visitor), True, heal(visitor), FIRST, LEAVE)
    (told,) = desk.told
    assert told.title == texts.NOT_REACHED_TITLE
    says_all_three(told)
    visitor.sweep()
    assert visitor.order().state is State.CLOSED
    visitor.agree()


def test_a_code_that_was_never_shown_is_closed_again(visitor: Visitor) -> None:
    """Central made the order and its answer never came: nobody could have paid it, and it holds up nobody."""
    person = visitor.somebody()
    network = visitor.stand.network

    def never_back() -> None:
        network.choose = lambda: Fault.LOSE_REPLY

    desk = visitor.visit(*to_confirm(visitor, person), Do(never_back), True, heal(visitor), FIRST, LEAVE)
    assert desk.told[0].title == texts.NOT_REACHED_TITLE
    assert "PayByQr" not in desk.trace
    visitor.sweep()
    assert visitor.order().state is State.CLOSED
    visitor.visit(*to_code(visitor, person), visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.sweep()
    visitor.agree()


def test_a_slow_network_is_said_calmly_and_money_is_found(visitor: Visitor) -> None:
    """Cut while the code is on the screen: it says slow; paid meanwhile, healed: it says paid."""
    pay_and_cut = Do(lambda: (visitor.cashier().action(), cut(visitor).action()))
    desk = visitor.visit(*to_code(visitor), pay_and_cut, WORLD, heal(visitor), WORLD, PaidButton.DONE)
    codes = [view for view in desk.seen if isinstance(view, views.PayByQr)]
    assert [view.slow for view in codes] == [False, True]
    assert "付过就不用再付" in texts.PAY_SLOW
    visitor.sweep()
    visitor.agree()


def test_the_same_payment_shows_up_at_another_machine(visitor: Visitor, second: Visitor) -> None:
    """结果待核对 here; as soon as this machine is heard of, the other one knows, and prints."""
    person = visitor.somebody()
    visitor.visit(
        *to_code(visitor, person),
        *(visitor.cashier(), cut(visitor), BACK, PendingButton.DONE, SECOND),
    )
    pending = visitor.desk.last(views.Pending)
    assert pending.amount_fen == 30000 and pending.order_no == visitor.order().order_id
    assert "不要再付一次" in "".join(texts.PENDING_BODY) and "失败" not in "".join(texts.PENDING_BODY)
    heal(visitor).action()
    visitor.sweep()
    second.visit(*second.come(person), "owed", PaidButton.DONE, LEAVE)
    second.sweep()
    visitor.agree(second)
    assert visitor.books().gateway == {pending.order_no: 30000}


def test_the_gateway_is_silent_and_the_money_moved(visitor: Visitor) -> None:
    url: list[str] = []

    def silent_and_paid() -> None:
        url.append(visitor.machine.kiosk.till.pay_url if visitor.machine else "")
        visitor.cashier("silence").action()
        visitor.cashier("pay").action()

    person = visitor.somebody()
    desk = visitor.visit(*to_code(visitor, person), Do(silent_and_paid), BACK, PendingButton.DONE, LEAVE)
    row = next(item for item in desk.last(views.MyPage).items if item.badge == texts.BADGE_CHECKING)
    assert "不要再付一次" in row.note
    assert row.key == ""
    visitor.sweep()
    assert visitor.order().state is State.CLOSING
    requests.post(f"{url[0]}/release", headers=JSON, timeout=5).raise_for_status()
    visitor.sweep(10)
    assert visitor.order().state is State.OWED
    visitor.visit(*visitor.come(person), "owed", PaidButton.DONE, LEAVE)
    visitor.sweep()
    visitor.agree()


def test_money_that_comes_after_the_close_goes_back(visitor: Visitor) -> None:
    """The kiosk said that nothing was taken, so nothing is kept: the ledger ends at zero, and my page says so."""
    person = visitor.somebody()
    desk = visitor.visit(*to_code(visitor, person), visitor.cashier("late"), BACK, FIRST, LEAVE)
    assert desk.told[0].title == texts.CLOSED_TITLE
    order = visitor.order()
    assert order.state is State.CLOSED
    orders, clock = visitor.central.service.orders, visitor.central.service.settings.clock
    orders.settle([order.order_id])  # the money is found
    page = visitor.visit(*visitor.come(person), LEAVE).last(views.MyPage)
    assert [item.title for item in page.items if item.kind is views.ItemKind.REFUND] == [texts.REFUND_TITLE]
    clock.ms += 10_000  # type: ignore[attr-defined]
    orders.settle([order.order_id])
    rows = requests.get(f"{visitor.central.url}/sandbox/ledger", timeout=5).json()
    ours = [(row["kind"], row["amount_fen"]) for row in rows if row["order_id"] == order.order_id]
    assert ours == [("late_payment", 30000), ("refund", -30000)]
    visitor.agree()
    visitor.visit(*to_code(visitor, person), visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.sweep()
    visitor.agree()


# --- two orders for one due ------------------------------------------------------------------------------------------


def test_double_taps_cannot_open_two_orders(visitor: Visitor) -> None:
    """Through the real bridge: every button is pressed twice, and the second press answers nobody."""
    machine = visitor.start()
    taps: dict[type[Any], Any] = {
        views.MyPage: PENSION,
        views.ChooseTier: "300",
        views.ConfirmPayment: True,
        views.PayByQr: BACK,  # paid before: the close finds the money
        views.Paid: PaidButton.DONE,
    }
    pressed: list[str] = []

    def mount(view: views.View[Any], answer: Callable[[Any], None]) -> None:
        if type(view) not in taps or (isinstance(view, views.Paid) and view.progress < 1):
            return
        if isinstance(view, views.PayByQr):
            visitor.cashier().action()
        pressed.append(type(view).__name__)
        answer(taps[type(view)])
        answer(taps[type(view)])

    desk = KivyDesk(mount, lambda act: act(), visitor.config.session)
    object.__setattr__(machine.kiosk, "desk", desk)
    visitor.place(visitor.somebody()).action()
    attract(machine.kiosk, Devices(machine.kiosk))
    assert pressed == ["MyPage", "ChooseTier", "ConfirmPayment", "PayByQr", "Paid"]
    assert len(visitor.orders()) == 1
    visitor.sweep()
    visitor.agree()


def test_two_machines_at_once_for_one_due(visitor: Visitor, second: Visitor) -> None:
    """The same person's page is open at two machines: one order is made, the other is refused without a charge."""
    person = visitor.somebody()
    elsewhere = Do(lambda: second.visit(*to_code(second, person), second.cashier(), WORLD, PaidButton.DONE))
    desk = visitor.visit(*to_confirm(visitor, person), elsewhere, True, FIRST, LEAVE)
    (told,) = desk.told
    assert told.title == texts.ORDER_REFUSED_TITLE and told.body == texts.ALREADY_PAID_BODY
    assert visitor.order().state is State.CLOSED
    visitor.sweep()
    second.sweep()
    assert visitor.books().gateway == {}
    second.agree()


def test_an_order_that_is_open_elsewhere(visitor: Visitor, second: Visitor) -> None:
    person = visitor.somebody()
    elsewhere = Do(
        lambda: second.visit(
            *to_code(second, person), second.cashier("silence"), BACK, PendingButton.DONE, LEAVE
        )
    )
    desk = visitor.visit(*to_confirm(visitor, person), elsewhere, True, FIRST, LEAVE)
    (told,) = desk.told
    assert told.body == texts.BEING_CHECKED_BODY
    visitor.sweep()
    visitor.agree()


def test_an_order_sent_twice_is_one_order(visitor: Visitor) -> None:
    machine = visitor.start()
    page = visitor.page(visitor.somebody())
    order = machine.kiosk.till.open(
        page.person_id, [Line(page.person_id, "resident_pension", 2026, "300", 30000)]
    )
    assert machine.kiosk.till._create(order).money is State.CREATED
    again = machine.kiosk.till._create(order)
    assert again.money is State.CREATED and machine.kiosk.till.last is Answer.HEARD
    trades = requests.get(f"{visitor.central.url}/sandbox/trades", timeout=5).json()
    assert sum(trade["order_id"] == order.order_id for trade in trades) == 1


# --- the scanner -----------------------------------------------------------------------------------------------------


def test_a_scanner_unplugged_while_it_is_waited_on(visitor: Visitor) -> None:
    """The code on the screen comes back by itself, and nobody is told that their code was wrong."""
    desk = visitor.visit(
        *(*to_code(visitor), PayButton.SCAN_MY_CODE, Do(visitor.stand.scanner_wire.unplug), WORLD),
        *(visitor.cashier(), WORLD, PaidButton.DONE),
    )
    assert [name for name in desk.trace if name in ("PayByQr", "ScanPayerCode")] == [
        "PayByQr",
        "ScanPayerCode",
        "PayByQr",
    ]
    assert not any(view.refused for view in desk.seen if isinstance(view, views.ScanPayerCode))
    assert not desk.last(views.PayByQr).can_scan
    visitor.agree()


def test_a_code_scanned_before_it_was_asked_for_pays_nothing(visitor: Visitor) -> None:
    """A payer's code that somebody held there before is thrown away, not used for this person."""
    scanner = visitor.start().kiosk.scanner
    assert scanner is not None
    scanner.status()  # the port is open: a port that is opened later has forgotten what came before
    scan = Do(lambda: visitor.stand.scanner.scan("134567890123456780"))
    heard = Do(lambda: visitor.clock.sleep(1))
    desk = visitor.visit(
        *(Service.PAY, scan, visitor.place(visitor.somebody()), WORLD, visitor.take, *straight(visitor)),
        *(heard, PayButton.SCAN_MY_CODE, WORLD, FIRST, LEAVE),  # until time is up
    )
    assert desk.told[-1].title == texts.CLOSED_TITLE
    visitor.sweep()
    visitor.agree()


def straight(visitor: Visitor) -> tuple[Any, ...]:
    """From the tile to the code, whether one thing is due or several."""

    def choose() -> None:
        if isinstance(visitor.desk.asked[-1], views.MyPage):
            visitor.desk._answers.insert(0, PENSION)

    return (Do(choose), "300", True)


def test_the_answer_to_a_scanned_code_is_lost(
    central: Running, people: Iterator[dict[str, Any]], tmp_path: Path
) -> None:
    """The money moved; it is found by the next question.  Only one code is ever taken."""
    slow = {"[storage]": "[payment]\npoll_interval_s = 60\n\n[storage]"}
    visitor = Visitor(central, tmp_path, people, change=slow)
    code = "134567890123456783"

    def scan() -> None:
        """The code has come over the wire before anybody looks again."""
        visitor.stand.scanner.scan(code)
        scanner = visitor.start_if_off().kiosk.scanner
        assert isinstance(scanner, SerialScanner)
        while scanner._transport._opened().in_waiting < len(code) + 2:  # type: ignore[attr-defined]
            time.sleep(0.005)

    desk = visitor.visit(
        *(*to_code(visitor), PayButton.SCAN_MY_CODE, Do(scan), lose(visitor, Fault.LOSE_REPLY), WORLD),
        *(WORLD, PaidButton.DONE),
    )
    scans = [view for view in desk.seen if isinstance(view, views.ScanPayerCode)]
    assert [(view.refused, view.waiting) for view in scans] == [(False, False), (False, True)]
    visitor.sweep()
    visitor.agree()
    visitor.stop()


def test_a_payer_who_must_confirm_is_waited_for(visitor: Visitor) -> None:
    scan = Do(lambda: visitor.stand.scanner.scan("134567890123456787"))
    desk = visitor.visit(
        *(*to_code(visitor), PayButton.SCAN_MY_CODE, scan, WORLD),
        *(visitor.cashier(), WORLD, PaidButton.DONE),
    )
    assert desk.last(views.ScanPayerCode).waiting
    visitor.sweep()
    visitor.agree()


def test_a_bank_that_refuses_the_scanned_code(visitor: Visitor) -> None:
    scan = Do(lambda: visitor.stand.scanner.scan("134567890123456788"))
    desk = visitor.visit(*to_code(visitor), PayButton.SCAN_MY_CODE, scan, WORLD, FIRST, LEAVE)
    assert desk.told[0].title == texts.CLOSED_TITLE
    says_all_three(desk.told[0])
    visitor.sweep()
    visitor.agree()


# --- the kiosk's own trouble -----------------------------------------------------------------------------------------


def test_no_money_is_asked_for_when_nobody_would_settle_it(visitor: Visitor) -> None:
    """The outbox's thread died of a surprise: the next visit ends the process before an order is opened."""
    machine = visitor.start()

    def broken() -> float:
        raise RuntimeError("a bug")

    object.__setattr__(machine.kiosk.outbox, "sweep", broken)
    machine.kiosk.outbox.check()
    with pytest.raises(RuntimeError):
        machine.kiosk.outbox._run()
    with pytest.raises(OutboxDied):
        machine.kiosk.outbox.check()
    with pytest.raises(OutboxDied):
        visitor.visit(*to_code(visitor))
    assert '"surprise"' in visitor.log_text.getvalue()
    assert "a bug" not in visitor.log_text.getvalue()
    assert visitor.orders() == {}


def test_the_clock_that_goes_wrong_is_written_down_once(visitor: Visitor) -> None:
    """Five minutes off: money is still taken, but staff can read of it before it is too late."""
    machine = visitor.start()
    right = visitor.clock.wall_ms
    object.__setattr__(visitor.clock, "wall_ms", lambda: right() + 300_000)
    visitor.sweep(1)
    devices = Devices(machine.kiosk)
    for _ in range(3):
        devices.look()
        visitor.clock.sleep(10)
    assert visitor.log_text.getvalue().count('"clock_skew"') == 1
    assert devices.trouble is Trouble.NONE


def test_a_clock_far_off_takes_no_money_and_still_answers(visitor: Visitor) -> None:
    visitor.start()
    right = visitor.clock.wall_ms
    object.__setattr__(visitor.clock, "wall_ms", lambda: right() + 3_600_000)
    desk = visitor.visit(*visitor.come(visitor.somebody()), PENSION, FIRST, MyPageButton.RECORDS, BACK, LEAVE)
    assert desk.told[0].title == texts.CLOCK_TITLE
    assert "ChooseTier" not in desk.trace  # said before anything is asked
    says_all_three(desk.told[0])
    assert "Records" in desk.trace
    assert visitor.orders() == {}
