"""What no flow holds is asked about for ever, ever more patiently, and nothing is dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.clock import SystemClock
from devices.printer import Verdict
from kiosk import payment, wire
from kiosk.outbox import FIRST_WAIT_S, LONGEST_WAIT_S, PING_EVERY_S
from kiosk.payment import Event, Line, Order, State
from kiosk.till import ORDER, Till
from kiosk.views import AttentionButton, MyPageButton, PaidButton
from tests.desk import WORLD
from tests.kiosk.test_my_page import receipt
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE


def opened(visitor: Visitor) -> Order:
    """INTENT is on the disk and nothing has left."""
    page = visitor.page(visitor.somebody())
    till = visitor.start_if_off().kiosk.till
    return till.open(page.person_id, [Line(page.person_id, "resident_pension", 2026, "300", 30000)])


def events_of(visitor: Visitor, order: Order) -> list[str]:
    return [entry.event for entry in visitor.start_if_off().journal.entries(ORDER + order.order_id)]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_restart_gives_up_what_was_unpaid(visitor: Visitor, steps: int) -> None:
    order = opened(visitor)
    till = visitor.start_if_off().kiosk.till
    for _ in range(steps):
        order = till.advance(order)
    visitor.power_cut()
    visitor.start()
    before = ["intent", "created", "show"][: steps + 1]
    assert events_of(visitor, order) == [*before, "give_up"]  # written before anybody is asked
    visitor.sweep(2)
    assert events_of(visitor, order) == [*before, "give_up", "closed"]
    visitor.agree()


def test_a_refusal_after_an_unheard_create_leaves_a_tombstone(visitor: Visitor) -> None:
    """The first request may still be under way: it must find the door shut when it arrives."""
    machine = visitor.start_if_off()
    page = visitor.page(visitor.somebody())
    line = Line(page.person_id, "resident_pension", 2026, "300", 30000)
    till, other = machine.kiosk.till, Till(machine.journal, machine.kiosk.api, machine.kiosk.log, "WD001")
    first = till.open(page.person_id, [line])
    visitor.stand.network.cut = True
    assert till.advance(first) == first
    visitor.stand.network.healthy()
    second = other.advance(other.open(page.person_id, [line]))
    assert second.money is State.CREATED
    refused = till.advance(first)
    assert (refused.money, till.reason) == (State.CLOSING, wire.ProblemCode.BEING_CHECKED)
    assert till.advance(refused).money is State.CLOSED
    other.advance(other.give_up(second))
    late = till.advance(first)  # the same request once more, now that nothing else is in its way
    assert (late.money, till.reason) == (State.CLOSED, wire.ProblemCode.ORDER_CLOSED)


def test_a_refusal_of_the_first_request_closes_at_once(visitor: Visitor) -> None:
    machine = visitor.start_if_off()
    page = visitor.page(visitor.somebody())
    till = machine.kiosk.till
    order = till.open(page.person_id, [Line(page.person_id, "resident_pension", 2026, "no such tier", 30000)])
    assert till.advance(order).money is State.CLOSED


def test_a_second_restart_writes_nothing_more(visitor: Visitor) -> None:
    order = opened(visitor)
    visitor.stand.network.cut = True
    for _ in range(3):
        visitor.power_cut()
        visitor.start()
    assert events_of(visitor, order) == ["intent", "give_up"]


def test_a_settled_order_is_left_alone(visitor: Visitor) -> None:
    person = visitor.somebody()
    visitor.visit(*visitor.come(person), PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.sweep()
    visitor.power_cut()
    outbox = visitor.start().kiosk.outbox
    assert outbox._cases == {}
    assert events_of(visitor, visitor.order())[-1] == "reported"


def test_the_waits_grow_and_never_end(visitor: Visitor) -> None:
    """2, 4, 8 ... 60 seconds, a fifth more or less; and the case stays."""
    order = opened(visitor)
    outbox = visitor.start_if_off().kiosk.outbox
    visitor.stand.network.cut = True
    outbox.take_order(order.order_id)
    outbox.receive(0)
    waits = []
    for _ in range(9):
        outbox.sweep()
        (case,) = outbox._cases.values()
        waits.append(case.due - visitor.clock.monotonic())
        visitor.clock.sleep(waits[-1])
    expected = [min(FIRST_WAIT_S * 2**n, LONGEST_WAIT_S) for n in range(9)]
    assert (FIRST_WAIT_S, LONGEST_WAIT_S) == (2.0, 60.0)
    assert all(0.8 <= wait / about <= 1.2 for wait, about in zip(waits, expected, strict=True))
    visitor.stand.network.healthy()
    visitor.sweep(2)
    assert visitor.order().state is State.CLOSED


def test_one_case_that_hangs_delays_no_other(visitor: Visitor) -> None:
    first, second = opened(visitor), opened(visitor)
    kiosk = visitor.start_if_off().kiosk
    silent = kiosk.till.advance(kiosk.till.advance(first))
    visitor.cashier("silence").action()
    for order in (silent, second):
        kiosk.outbox.take_order(order.order_id)
        kiosk.outbox.receive(0)
    kiosk.outbox.sweep()
    orders = visitor.orders()
    assert orders[first.order_id].money is State.CLOSING
    assert orders[second.order_id].money is State.CLOSED


def test_the_ping_tells_the_home_screen(visitor: Visitor) -> None:
    outbox = visitor.start().kiosk.outbox
    assert outbox.central_heard is None
    outbox.sweep()
    assert outbox.central_heard is True
    visitor.stand.network.cut = True
    outbox.sweep()
    assert outbox.central_heard is True  # not asked again at once
    visitor.clock.sleep(PING_EVERY_S)
    outbox.sweep()
    assert outbox.central_heard is False


def test_a_refusal_is_parked_for_a_person_and_asked_again(visitor: Visitor) -> None:
    """Central never gave this receipt's number: nobody here can decide that, so it is logged and kept."""
    order = opened(visitor)
    machine = visitor.start_if_off()
    for event, data in (
        ("created", {}),
        ("show", {}),
        ("paid", {"receipts": ["9999999999999999"]}),
        ("give_up", {}),
    ):
        machine.journal.append(ORDER + order.order_id, event, data)
    machine.kiosk.outbox.take_order(order.order_id)
    visitor.sweep(3)
    assert list(machine.kiosk.outbox._cases) == [ORDER + order.order_id]
    assert '"payment_parked"' in visitor.log_text.getvalue()
    assert '"receipt_unknown"' in visitor.log_text.getvalue()


def test_an_answer_to_another_question_is_no_answer(visitor: Visitor) -> None:
    order = opened(visitor)
    till = visitor.start_if_off().kiosk.till
    shown = till.advance(till.advance(order))
    reply = wire.OrderReply(
        order_id=order.order_id, state=wire.OrderState.PAID, total_fen=30000, receipts=(receipt(1),)
    )
    for changes in ({"order_id": "WD001-99999999-BBBBBBBBBB"}, {"total_fen": 29999}, {"receipts": ()}):
        assert till._learn(shown, reply.model_copy(update=changes)) == shown
    assert till._learn(shown, reply).money is State.PAID


def test_the_same_id_with_another_body_is_parked(visitor: Visitor) -> None:
    order = opened(visitor)
    till = visitor.start_if_off().kiosk.till
    till.advance(order)
    line = replace(order.lines[0], tier="100", amount_fen=10000)
    other = replace(order, lines=(line,), total_fen=10000)
    after = till._create(other)
    assert after.money is State.CLOSING
    assert '"order_conflict"' in visitor.log_text.getvalue()


def test_a_copy_without_a_word_is_reported_unknown(visitor: Visitor) -> None:
    person = visitor.somebody()
    visitor.stand.printer.paper_out()
    pay = (PENSION, "300", True, visitor.cashier(), WORLD, AttentionButton.SECOND, LEAVE)
    visitor.visit(*visitor.come(person), *pay)
    visitor.sweep()
    (slip,) = visitor.order().slips
    kiosk = visitor.start_if_off().kiosk
    grant = kiosk.till.ask_copy(slip.receipt_no)
    assert kiosk.till.report_copy(grant.print_id)
    kiosk.till.end_copy(grant, Verdict.PRINTED)
    assert visitor.page(person).owed != ()
    assert kiosk.till.report_copy(grant.print_id)  # a late word settles an unknown one
    assert visitor.page(person).owed == ()


def test_the_thread_starts_settles_and_stops(visitor: Visitor) -> None:
    """With the machine's own clock, as in service."""
    order = opened(visitor)
    visitor.power_cut()
    visitor.clock = SystemClock()  # type: ignore[assignment]
    machine = visitor.start()
    machine.kiosk.outbox.start()
    while (
        payment.replay(
            order.order_id, [(e.event, e.data) for e in machine.journal.entries(ORDER + order.order_id)]
        ).money
        is not State.CLOSED
    ):
        SystemClock().sleep(0.01)
    machine.close()
    visitor.machine = None
    assert not machine.kiosk.outbox._thread.is_alive()


def test_give_up_never_loses_money_or_paper(visitor: Visitor) -> None:
    """What is paid stays paid when it is given up."""
    order = opened(visitor)
    till = visitor.start_if_off().kiosk.till
    paid = replace(order, money=State.PAID, slips=(payment.Slip("3710812611230001"),))
    assert till.give_up(paid).state is State.OWED
    done = replace(paid, slips=(payment.Slip("3710812611230001", State.DONE, "printed"),))
    assert till.give_up(done) == done
    assert payment.apply(order, Event.GIVE_UP).money is State.CLOSING
