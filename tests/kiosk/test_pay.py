"""Paying, as a trace: the citizen's answers in, the views out, and the books at the end."""

from __future__ import annotations

from kiosk import texts, views
from kiosk.payment import State
from kiosk.views import BACK, AttentionButton, MyPageButton, PaidButton, PayButton, PendingButton
from tests.desk import HOME, WORLD
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE


def paying(visitor: Visitor, tier: str = "300") -> tuple[object, ...]:
    """From the home screen to the code on the screen."""
    return (*visitor.come(visitor.somebody()), PENSION, tier, True)


def test_pays_and_takes_the_receipt(visitor: Visitor) -> None:
    desk = visitor.visit(*paying(visitor), visitor.cashier(), WORLD, PaidButton.DONE)
    assert desk.trace == [
        *(
            "Home",
            "Working",
            "MyPage",
            "ChooseTier",
            "ConfirmPayment",
            "Working",
            "PayByQr",
            "Paid",
            "Goodbye",
        ),
    ]
    visitor.sweep()
    assert visitor.order().state is State.DONE
    assert [(s.amount_fen, s.copy) for s in visitor.sheets()] == [(30000, False)]
    visitor.agree()


def test_the_code_is_drawn_only_once_shown_is_on_disk(visitor: Visitor) -> None:
    states: list[State] = []
    look = visitor.do(lambda: states.append(visitor.order().state))
    visitor.visit(*paying(visitor), look, visitor.cashier(), WORLD, PaidButton.DONE)
    assert states == [State.SHOWN]


def test_the_payer_refuses(visitor: Visitor) -> None:
    desk = visitor.visit(*paying(visitor), visitor.cashier("refuse"), WORLD, AttentionButton.FIRST, LEAVE)
    assert attention(desk, -1) == texts.CLOSED_TITLE
    assert visitor.order().state is State.CLOSED
    visitor.agree()


def test_back_on_the_code_closes_the_order(visitor: Visitor) -> None:
    desk = visitor.visit(*paying(visitor), BACK, AttentionButton.FIRST, LEAVE)
    assert attention(desk, -1) == texts.CLOSED_TITLE
    assert visitor.order().state is State.CLOSED


def test_home_on_the_code_still_says_how_it_ended(visitor: Visitor) -> None:
    desk = visitor.visit(*paying(visitor), HOME, AttentionButton.FIRST, LEAVE)
    assert attention(desk, -1) == texts.CLOSED_TITLE


def test_paid_in_the_moment_of_going_back(visitor: Visitor) -> None:
    """The close finds the money: it is never lost by a tap."""
    desk = visitor.visit(*paying(visitor), visitor.cashier(), BACK, PaidButton.DONE)
    assert "Paid" in desk.trace
    visitor.sweep()
    visitor.agree()


def test_money_that_goes_back_is_not_called_no_money(visitor: Visitor) -> None:
    """Closed at central, paid late, and booked for its way back, all while the code is still on the screen."""

    def closed_and_paid_late() -> None:
        visitor.cashier("late").action()
        orders = visitor.central.service.orders
        orders.close("WD001", visitor.order().order_id, "expired")
        visitor.central.service.settings.clock.ms += 3_000  # type: ignore[attr-defined]
        orders.sweep()

    desk = visitor.visit(
        *paying(visitor), visitor.do(closed_and_paid_late), WORLD, AttentionButton.FIRST, LEAVE
    )
    assert attention(desk, -1) == texts.GOING_BACK_TITLE
    assert visitor.order().state is State.CLOSED
    assert len(visitor.books().ledger) == 1  # it is still with us
    told = [item.title for item in desk.last(views.MyPage).items]
    assert texts.REFUND_TITLE in told


def test_time_runs_out(visitor: Visitor) -> None:
    desk = visitor.visit(*paying(visitor), WORLD, AttentionButton.FIRST, LEAVE)
    assert attention(desk, -1) == texts.CLOSED_TITLE


def test_a_lost_answer_is_never_called_a_failure(visitor: Visitor) -> None:
    def money_moves_and_the_news_does_not() -> None:
        visitor.cashier().action()
        visitor.stand.network.cut = True

    again = visitor.do(visitor.stand.network.healthy)
    desk = visitor.visit(
        *paying(visitor),
        visitor.do(money_moves_and_the_news_does_not),
        BACK,
        PendingButton.DONE,
        again,
        AttentionButton.FIRST,  # the centre could not be reached; now it can
        LEAVE,
    )
    assert "Pending" in desk.trace
    visitor.sweep()
    assert visitor.order().state is State.OWED
    assert visitor.books().ledger == visitor.books().gateway


def test_the_pending_slip_is_no_receipt(visitor: Visitor) -> None:
    cut = visitor.do(lambda: setattr(visitor.stand.network, "cut", True))
    heal = visitor.do(visitor.stand.network.healthy)
    desk = visitor.visit(
        *paying(visitor),
        *(
            visitor.cashier(),
            cut,
            BACK,
            PendingButton.PRINT_SLIP,
            AttentionButton.FIRST,
            heal,
            AttentionButton.FIRST,
            LEAVE,
        ),
    )
    assert visitor.sheets() == []
    words = "".join(visitor.stand.printer.sheets[-1].text)
    assert texts.PENDING_STATE in words
    assert "不是缴费凭证" in words
    pending = next(v for v in desk.asked if isinstance(v, views.Pending))
    assert pending.order_no in words.replace(" ", "")


def test_central_gone_before_the_order(visitor: Visitor) -> None:
    cut = visitor.do(lambda: setattr(visitor.stand.network, "cut", True))
    heal = visitor.do(visitor.stand.network.healthy)
    desk = visitor.visit(
        *(*visitor.come(visitor.somebody()), PENSION, "300", cut, True, heal, AttentionButton.FIRST, LEAVE),
    )
    assert attention(desk, -1) == texts.NOT_REACHED_TITLE
    assert "PayByQr" not in desk.trace
    visitor.sweep()
    assert visitor.order().state is State.CLOSED
    visitor.agree()


def test_a_delayed_create_finds_the_tombstone(visitor: Visitor) -> None:
    """The kiosk closed an order that central had never heard of: it can never be opened any more."""
    test_central_gone_before_the_order(visitor)
    order = visitor.order()
    machine = visitor.machine
    assert machine is not None
    till = machine.kiosk.till
    again = till._create(visitor_reopened(order))
    assert again.money is State.CLOSED


def visitor_reopened(order):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(order, money=State.INTENT, order_id=order.order_id)


def test_the_gateway_keeps_silent(visitor: Visitor) -> None:
    """Central cannot close what the gateway will not answer for: pending, and settled once it speaks."""
    url: list[str] = []

    def silence() -> None:
        url.append(visitor.machine.kiosk.till.pay_url if visitor.machine else "")
        visitor.cashier("silence").action()

    desk = visitor.visit(*paying(visitor), visitor.do(silence), BACK, PendingButton.DONE, LEAVE)
    assert "Pending" in desk.trace
    visitor.sweep()
    assert visitor.order().state is State.CLOSING
    import requests

    requests.post(f"{url[0]}/release", headers={"Accept": "application/json"}, timeout=5)
    visitor.sweep()
    assert visitor.order().state is State.CLOSED
    visitor.agree()


def test_the_payers_code_is_scanned(visitor: Visitor) -> None:
    scan = visitor.do(lambda: visitor.stand.scanner.scan("135112298638468293"[:17] + "3"))
    desk = visitor.visit(*paying(visitor), PayButton.SCAN_MY_CODE, scan, WORLD, PaidButton.DONE)
    assert "ScanPayerCode" in desk.trace
    visitor.sweep()
    visitor.agree()
    assert "13511229863846829" not in visitor.log_text.getvalue()


def test_something_that_is_no_payers_code(visitor: Visitor) -> None:
    scan = visitor.do(lambda: visitor.stand.scanner.scan("HELLO"))
    desk = visitor.visit(
        *paying(visitor),
        PayButton.SCAN_MY_CODE,
        scan,
        WORLD,
        PayButton.SHOW_QR,
        visitor.cashier(),
        WORLD,
        PaidButton.DONE,
    )
    assert any(isinstance(v, views.ScanPayerCode) and v.refused for v in desk.seen)
    visitor.agree()


def test_a_family_pays_in_one_payment_with_one_slip_each(visitor: Visitor) -> None:
    while True:
        person = visitor.somebody()
        dues = [d for m in visitor.page(person).household for d in m.dues if d.state.value == "due"]
        if len(dues) >= 2:
            break
    members: list[str] = []

    def choose() -> None:
        view = visitor.desk.asked[-1]
        assert isinstance(view, views.ChooseMembers)
        members.extend(option.key for option in view.members[:2])
        visitor.desk._answers.insert(0, tuple(members))

    desk = visitor.visit(
        *visitor.come(person),
        MyPageButton.FAMILY,
        visitor.do(choose),
        True,
        visitor.cashier(),
        WORLD,
        PaidButton.DONE,
    )
    assert "ChooseMembers" in desk.trace
    assert len(visitor.sheets()) == 2
    assert len(visitor.order().lines) == 2
    visitor.sweep()
    visitor.agree()


def test_another_kiosk_paid_it_meanwhile(visitor: Visitor) -> None:
    """Central refuses the second order for the same item: nothing is charged, and the person is told so."""
    person = visitor.somebody()
    visitor.visit(
        *visitor.come(person),
        PENSION,
        "300",
        True,
        visitor.cashier("silence"),
        BACK,
        PendingButton.DONE,
        LEAVE,
    )
    page = visitor.page(person)
    assert [d.state.value for d in page.dues if d.product == "resident_pension"] == ["being_checked"]
    desk = visitor.visit(*visitor.come(person), LEAVE)
    my_page = next(v for v in desk.asked if isinstance(v, views.MyPage))
    assert any(item.badge == texts.BADGE_CHECKING for item in my_page.items)


def test_no_money_while_the_clock_is_wrong(visitor: Visitor) -> None:
    machine = visitor.start()
    object.__setattr__(visitor.clock, "wall_ms", lambda: 1_000_000_000_000)
    desk = visitor.visit(
        *visitor.come(visitor.somebody()), PENSION, "300", True, AttentionButton.FIRST, LEAVE
    )
    assert attention(desk, -1) == texts.CLOCK_TITLE
    assert visitor.orders() == {}
    assert machine.kiosk.api.skew_s is not None


def attention(desk, index: int) -> str:  # type: ignore[no-untyped-def]
    return [v for v in desk.asked if isinstance(v, views.Attention)][index].title
