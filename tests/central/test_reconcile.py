"""The day's end: an honest day has no difference, and each damage done to a book is found under exactly one name.

Kiosks are real journals, tills and outboxes over HTTP; the damage is done to the files as somebody with them in hand could.
"""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from central import alarms, tables
from central.differences import MEANINGS, Kind
from central.gateway import GatewaySilent
from kiosk.payment import State
from kiosk.till import Answer
from tests.central.boxes import NEXT_DAY_S, Box, people_of, tamper

DAY = date(2026, 11, 23)


class World:
    """Central, its clock, and kiosks WD001 to WD003."""

    def __init__(self, central, clock, folder):
        self.central, self.clock, self.folder = central, clock, folder
        self.service, self.database = central.service, central.service.database
        self.people = people_of(central)
        self.boxes = []

    def box(self, kiosk_id="WD001"):
        box = Box(self.central, self.folder / kiosk_id, self.clock, self.people, kiosk_id).start()
        self.boxes.append(box)
        return box

    def next_day(self):
        """Midnight has passed, and every kiosk that is on has been heard of."""
        self.clock.move_s(NEXT_DAY_S)
        for box in self.boxes:
            if box.on:
                box.sweep()

    def run(self, day=DAY):
        return self.service.reconciler.run(day)

    def found(self, day=DAY):
        """(kind, kiosk) of what is open."""
        return [(finding.kind, finding.kiosk_id) for finding in self.run(day).open]

    def orders(self, report):
        return [finding.subject for finding in report.open]

    def alarms(self):
        with self.database.read() as connection:
            return sorted(alarm.kind for alarm in alarms.known(connection, open_only=True))

    def clear_all(self, note="核实过"):
        with self.database.write() as connection:
            for alarm in alarms.known(connection, open_only=True):
                alarms.clear(connection, alarm.alarm_id, "王会计", note, at_ms=self.clock.now_ms())

    def sql(self, table, statement, **values):
        return tamper(self.database, table, statement, **values)

    def gateway_sql(self, statement, **values):
        """The gateway's own books, changed behind everybody's back."""
        return tamper(self.service.trial_books, tables.kiosks, statement, **values)

    def count(self, table):
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar()


@pytest.fixture
def world(central, clock, tmp_path):
    world = World(central, clock, tmp_path)
    yield world
    for box in world.boxes:
        box.stop()


@pytest.fixture
def box(world):
    return world.box()


# --- honest days ---


def test_an_honest_day_has_no_difference(world, box):
    other = world.box("WD002")
    for _ in range(2):
        box.pay()
    other.pay("500", 50_000)
    box.hand_over(box.shown())  # gone away without paying
    world.next_day()
    report = world.run()
    assert report.open == report.settled == ()
    figures = report.figures
    assert (figures.gateway_in_count, figures.gateway_in_fen) == (3, 110_000)
    assert (figures.ledger_kept_count, figures.ledger_kept_fen) == (3, 110_000)
    assert (figures.kiosk_count, figures.kiosk_fen) == (3, 110_000)
    assert figures.matched == 3
    assert world.alarms() == []


def test_running_again_changes_nothing(world, box):
    box.pay()
    lost = box.shown()
    box.act(lost, "pay")
    world.next_day()
    world.sql(tables.receipts, "UPDATE receipts SET amount_fen = amount_fen + 1 WHERE line_no = 0")
    names = [*tables.FROZEN, *tables.FROZEN_BOOKS, "orders", "totals_requests", "kiosks"]
    first = world.run()
    before = {name: world.count(tables.metadata.tables[name]) for name in names}
    again = world.run()
    assert first.new and not again.new
    assert (again.open, again.figures) == (first.open, first.figures)
    assert {name: world.count(tables.metadata.tables[name]) for name in names} == before


def test_money_of_midnight_is_no_difference(world, box):
    """Paid a second before midnight, booked a second after."""
    world.clock.move_s(14 * 3600 - 1)
    order = box.shown()
    box.act(order, "pay")
    world.clock.move_s(2)
    box.finish(order)
    assert order.order_id and world.count(tables.ledger) > 0
    world.next_day()
    first, second = world.run(), world.run(date(2026, 11, 24))
    assert first.open == second.open == ()
    assert (first.figures.gateway_in_fen, first.figures.ledger_kept_fen, first.figures.carried_fen) == (
        30_000,
        0,
        30_000,
    )
    assert (second.figures.gateway_in_fen, second.figures.ledger_kept_fen, second.figures.brought_fen) == (
        0,
        30_000,
        30_000,
    )
    assert (first.figures.kiosk_fen, second.figures.kiosk_fen) == (0, 30_000)


def test_late_money_that_went_back_is_no_difference(world, box):
    order = box.shown()
    box.act(order, "late")
    box.hand_over(order)
    box.sweep()
    for _ in range(4):
        world.clock.move_s(10)
        world.service.orders.sweep()
    world.next_day()
    report = world.run()
    assert report.open == ()
    figures = report.figures
    assert (figures.gateway_in_fen, figures.gateway_back_fen) == (30_000, 30_000)
    assert (figures.ledger_kept_fen, figures.ledger_return_fen, figures.ledger_back_fen) == (
        0,
        30_000,
        30_000,
    )


def test_without_the_bill_nothing_is_said(world, box, monkeypatch):
    box.pay()
    world.next_day()

    def silent(_day):
        raise GatewaySilent

    monkeypatch.setattr(world.service.sandbox, "bill", silent)
    with pytest.raises(GatewaySilent):
        world.run()
    assert world.count(tables.reconciliations) == 0


def test_a_day_to_come_is_refused(world):
    with pytest.raises(ValueError, match="not begun"):
        world.run(date(2026, 11, 24))


def test_today_asks_the_kiosks_for_their_totals(world, box):
    box.pay()
    box.sweep()
    assert world.run().open == ()
    assert world.count(tables.day_totals) == 0
    for _ in range(2):
        box.sweep()
    report = world.run()
    assert (report.figures.kiosk_count, report.figures.kiosk_fen) == (1, 30_000)


def test_money_that_moves_while_we_look_is_no_difference(world, box, monkeypatch):
    """Today's bill was asked for, and before the ledger was read somebody paid."""
    box.pay()
    box.sweep()
    plain, late = world.service.sandbox.bill, []

    def bill(day):
        lines = plain(day)
        if not late:
            world.clock.move_s(1)
            late.append(box.pay())
        return lines

    monkeypatch.setattr(world.service.sandbox, "bill", bill)
    report = world.run()
    assert late and report.open == report.settled == ()
    assert report.figures.matched == 1
    assert world.alarms() == []
    box.sweep()
    assert world.run().figures.matched == 2


# --- gateway and ledger ---


def test_what_only_the_gateway_knows_is_booked(world, box):
    order = box.shown()
    box.act(order, "pay")  # and the kiosk is gone
    box.stop()
    world.clock.move_s(NEXT_DAY_S)
    report = world.run()
    assert [(f.kind, f.subject) for f in report.settled] == [(Kind.GATEWAY_ONLY, order.order_id)]
    assert report.open == ()
    assert report.figures.carried_fen == 30_000  # booked today
    with world.database.read() as connection:
        state = connection.execute(
            select(tables.orders.c.state).where(tables.orders.c.order_id == order.order_id)
        ).scalar()
    assert state in ("paid", "refunding")
    assert world.found(date(2026, 11, 24)) == [(Kind.KIOSK_UNAWARE, "WD001")]
    box.start()
    box.sweep(6)
    assert world.run(date(2026, 11, 24)).open == ()


def test_a_payment_of_no_order_of_ours_is_gateway_only(world, box):
    box.pay()
    world.next_day()
    world.gateway_sql(
        "INSERT INTO trades SELECT 'WD009-00000001-CCCCCCCCCC', 'nobody', 5, payee, state, channel, 'T-0001', silent,"
        " pays_late, at_ms, paid_ms FROM trades"
    )
    report = world.run()
    assert [(f.kind, f.subject, f.gateway_fen) for f in report.open] == [
        (Kind.GATEWAY_ONLY, "WD009-00000001-CCCCCCCCCC", 5)
    ]
    assert world.alarms() == [Kind.GATEWAY_ONLY]


def test_what_only_the_ledger_knows_is_asked_about(world, box):
    box.pay()
    order = box.pay()
    world.next_day()
    world.gateway_sql("DELETE FROM trades WHERE order_id = :order", order=order.order_id)
    report = world.run()
    assert [(f.kind, f.subject, f.ledger_fen, f.gateway_fen) for f in report.open] == [
        (Kind.LEDGER_ONLY, order.order_id, 30_000, None)
    ]
    assert "没有这笔交易" in report.open[0].detail
    with world.database.read() as connection:
        assert connection.execute(select(tables.disputes.c.order_id, tables.disputes.c.reason)).all() == [
            (order.order_id, "ledger_only")
        ]
    assert world.alarms() == [Kind.LEDGER_ONLY]


def test_another_transaction_of_the_same_order_is_one_difference(world, box):
    order = box.pay()
    world.next_day()
    world.gateway_sql('UPDATE trades SET "transaction" = :other', other="OTHER")
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.LEDGER_ONLY, order.order_id)]
    assert "另一个交易号" in report.open[0].detail


def test_another_amount_stops_the_kiosk(world, box):
    other = world.box("WD002")
    order = box.pay()
    other.pay()
    world.next_day()
    world.gateway_sql("UPDATE trades SET amount_fen = 29999 WHERE order_id = :order", order=order.order_id)
    report = world.run()
    assert [(f.kind, f.subject, f.gateway_fen, f.ledger_fen, f.kiosk_fen) for f in report.open] == [
        (Kind.AMOUNT_DIFFERS, order.order_id, 29_999, 30_000, 30_000)
    ]
    assert world.alarms() == [Kind.AMOUNT_DIFFERS]

    person = next(world.people)
    page = box.api.visit(lookup_of(person))
    refused = box.till.open(page.person_id, [line_of(page)])
    after = box.till.advance(refused)
    assert (after.money, box.till.last, box.till.reason) == (State.CLOSED, Answer.REFUSED, "kiosk_stopped")
    assert box.api.records(page.person_id) and box.api.receipts(page.person_id) == ()  # questions go on
    assert box.api.order(order.order_id).receipts
    other.pay()  # and so do other kiosks

    with world.database.write() as connection:
        assert alarms.lift(connection, "WD001", "李主管", "通道更正了账单", at_ms=world.clock.now_ms())
    box.pay()
    world.run()
    box.pay()  # the same difference does not stop it again
    assert [finding.kind for finding in world.run().open] == [Kind.AMOUNT_DIFFERS]
    world.clear_all()
    assert world.run().open == ()


def lookup_of(person):
    from kiosk import wire

    return wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"])


def line_of(page):
    from kiosk.payment import Line

    return Line(page.person_id, "resident_pension", 2026, "300", 30_000)


def test_an_amount_the_kiosk_did_not_mean_is_the_same_class(world, box):
    """The ledger's row, the order and the receipt were all raised, and the bill too; the kiosk's log remembers."""
    order = box.pay()
    box.pay()
    world.next_day()
    for table in (tables.ledger, tables.receipts):
        statement = f"UPDATE {table.name} SET amount_fen = 40000 WHERE order_id = :order"
        world.sql(table, statement, order=order.order_id)
    world.sql(
        tables.orders, "UPDATE orders SET total_fen = 40000 WHERE order_id = :order", order=order.order_id
    )
    world.gateway_sql("UPDATE trades SET amount_fen = 40000 WHERE order_id = :order", order=order.order_id)
    report = world.run()
    assert [(f.kind, f.subject, f.kiosk_fen) for f in report.open] == [
        (Kind.AMOUNT_DIFFERS, order.order_id, 30_000)
    ]


# --- refunds ---


def refunded(world, box):
    order = box.shown()
    box.act(order, "late")
    box.hand_over(order)
    box.sweep()
    for _ in range(4):
        world.clock.move_s(10)
        world.service.orders.sweep()
    return order


def test_money_on_its_way_back_is_pending(world, box):
    order = box.shown()
    box.act(order, "late")
    box.hand_over(order)
    box.sweep()
    world.clock.move_s(3)
    world.service.orders.settle([order.order_id])
    box.act(order, "silence")
    world.next_day()
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.REFUND_PENDING, order.order_id)]
    assert world.alarms() == []  # it may still settle by itself
    world.next_day()
    world.run()
    assert world.alarms() == [Kind.REFUND_PENDING]  # a day later it may not
    box.act(order, "release")
    for _ in range(3):
        world.run()
        world.clock.move_s(5)
    assert world.run().open == ()


def test_a_refund_the_gateway_has_not_is_missing(world, box):
    order = refunded(world, box)
    world.next_day()
    world.gateway_sql("DELETE FROM refunds")
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.REFUND_MISSING, order.order_id)]
    assert world.alarms() == [Kind.REFUND_MISSING]


def test_money_nobody_is_sending_back_is_missing(world, box):
    order = refunded(world, box)
    world.next_day()
    world.gateway_sql("DELETE FROM refunds")
    world.sql(tables.ledger, "DELETE FROM ledger WHERE kind = 'refund'")
    world.sql(tables.refunds, "DELETE FROM refunds")
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.REFUND_MISSING, order.order_id)]
    assert "没有退款记录" in report.open[0].detail


def test_a_refund_that_central_never_ordered(world, box):
    order = box.pay()
    world.next_day()
    world.gateway_sql(
        "INSERT INTO refunds SELECT 'R-1', order_id, amount_fen, paid_ms + 5 FROM trades WHERE order_id = :order",
        order=order.order_id,
    )
    report = world.run()
    assert [(f.kind, f.subject, f.gateway_fen, f.ledger_fen) for f in report.open] == [
        (Kind.GATEWAY_ONLY, order.order_id, 0, 30_000)
    ]


# --- paid twice, receipts, orders left open ---


def test_a_second_payment_of_one_order_goes_back(world, box):
    order = box.pay()
    box.act(order, "again")
    world.next_day()
    report = world.run()
    assert [(f.kind, f.subject, f.gateway_fen) for f in report.settled] == [
        (Kind.PAID_TWICE, order.order_id, 60_000)
    ]
    assert report.open == ()  # the first stays, the second is on its way back, booked today
    assert world.found(date(2026, 11, 24)) == [(Kind.REFUND_PENDING, "WD001")]
    world.clock.move_s(5)
    assert world.found(date(2026, 11, 24)) == []
    assert world.run().open == ()


def test_a_second_payment_the_gateway_will_not_speak_of(world, box):
    order = box.pay()
    box.act(order, "again")
    box.act(order, "silence")
    world.next_day()
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.PAID_TWICE, order.order_id)]
    assert world.alarms() == [Kind.PAID_TWICE]


def test_a_due_that_two_orders_keep_money_for(world, box):
    first, second = box.pay(), box.pay()
    world.next_day()
    line = "SELECT person_id FROM order_lines WHERE order_id = :first"
    world.sql(
        tables.order_lines,
        f"UPDATE order_lines SET person_id = ({line}) WHERE order_id = :second",
        first=first.order_id,
        second=second.order_id,
    )
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [
        (Kind.PAID_TWICE, max((first, second), key=lambda order: order.order_id).order_id)
    ]
    assert world.alarms() == [Kind.PAID_TWICE]


def test_receipts_that_do_not_add_up(world, box):
    order = box.pay()
    box.pay()
    world.next_day()
    world.sql(
        tables.receipts,
        "UPDATE receipts SET amount_fen = 20000 WHERE order_id = :order",
        order=order.order_id,
    )
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.RECEIPT_DIFFERS, order.order_id)]


def test_receipt_numbers_the_kiosk_was_not_given(world, box):
    order = box.pay()
    world.next_day()
    world.sql(tables.prints, "DELETE FROM prints")
    world.sql(
        tables.receipts,
        "UPDATE receipts SET receipt_no = '3710812611239999' WHERE order_id = :order",
        order=order.order_id,
    )
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.RECEIPT_DIFFERS, order.order_id)]


def test_an_order_left_open_is_settled(world, box):
    order = box.shown()
    box.stop()
    world.clock.move_s(NEXT_DAY_S)
    report = world.run()
    assert [(f.kind, f.subject) for f in report.settled] == [(Kind.STILL_OPEN, order.order_id)]
    assert [finding.kind for finding in report.open] == []
    assert world.run().open == ()


def test_an_order_the_gateway_keeps_silent_about_stays_open(world, box):
    order = box.shown()
    box.act(order, "silence")
    box.sweep()
    world.next_day()
    report = world.run()
    assert [(f.kind, f.subject) for f in report.open] == [(Kind.STILL_OPEN, order.order_id)]
    assert world.alarms() == []
    world.next_day()
    world.run()
    assert world.alarms() == [Kind.STILL_OPEN]


# --- what the kiosk knows ---


def test_a_kiosk_that_has_not_heard_yet(world, box):
    box.pay()
    order = box.shown()
    box.act(order, "pay")
    world.service.orders.settle([order.order_id])
    world.next_day()
    report = world.run()
    assert [(f.kind, f.subject, f.kiosk_fen) for f in report.open] == [
        (Kind.KIOSK_UNAWARE, order.order_id, None)
    ]
    assert world.alarms() == []
    box.hand_over(order)
    world.clock.move_s(60)
    box.sweep(8)
    assert world.run().open == ()


def test_what_only_the_kiosk_calls_paid(world, box):
    """Somebody between kiosk and central said "paid"."""
    box.pay()
    order = box.shown()
    box.journal.append(f"order:{order.order_id}", "paid", {"receipts": ["3710812611239999"]})
    box.sweep()
    world.next_day()
    world.service.orders.settle([order.order_id])  # central closed it long ago
    report = world.run()
    assert [(f.kind, f.subject, f.kiosk_fen) for f in report.open] == [
        (Kind.KIOSK_ONLY, order.order_id, 30_000)
    ]
    assert world.alarms() == [Kind.KIOSK_ONLY]


def test_totals_that_do_not_come(world, box):
    box.pay()
    box.sweep()
    box.stop()
    world.next_day()
    report = world.run()
    assert [(f.kind, f.kiosk_id) for f in report.open] == [(Kind.TOTALS_MISSING, "WD001")]
    assert world.alarms() == []
    world.next_day()
    world.run()
    assert world.alarms() == [Kind.TOTALS_MISSING]
    box.start()
    for _ in range(2):
        box.sweep()
    assert world.run().open == ()


@pytest.mark.parametrize(
    "change", [{"count": 2}, {"sum_fen": 30_001}, {"last_seq": 6}, {"chain_hash": "4" * 64}]
)
def test_totals_that_are_not_those_of_the_log(world, box, change):
    box.pay()
    box.sweep()
    plain = box.api.day_totals
    box.api.day_totals = lambda totals: plain(totals.model_copy(update=change))
    world.next_day()
    report = world.run()
    assert [(f.kind, f.kiosk_id) for f in report.open] == [(Kind.TOTALS_DIFFER, "WD001")]
    assert world.alarms() == [Kind.TOTALS_DIFFER]


# --- the log itself ---


@pytest.mark.parametrize("seq", [1, 4, 7, 9, 14])
def test_a_row_that_was_taken_out_of_the_log(world, box, seq):
    """The first, a payment, the last of a sending, one in the middle, the very last: always one gap and nothing else."""
    box.pay()
    box.sweep()
    box.pay()
    world.next_day()
    world.sql(tables.device_log, "DELETE FROM device_log WHERE seq = :seq", seq=seq)
    assert world.found() == [(Kind.SEQUENCE_GAP, "WD001")]
    assert world.alarms() == [Kind.SEQUENCE_GAP]
    world.clear_all("机器送修，已核对存储盘")
    assert world.run().open == ()


@pytest.mark.parametrize(
    "change", ["data = replace(data, '30000', '10000')", "wall_ms = wall_ms + 1", "event = 'closed'"]
)
def test_a_row_of_the_log_that_was_rewritten(world, box, change):
    box.pay()
    box.pay()
    world.next_day()
    world.sql(tables.device_log, f"UPDATE device_log SET {change} WHERE seq IN (1, 4)")
    assert world.found() == [(Kind.CHAIN_BROKEN, "WD001")]


def test_an_entry_that_arrived_altered(world, box):
    """As by somebody on the line: the entry is not kept, and the hole it leaves has no second name."""
    box.pay()
    plain = box.api.device_log

    def forged(batch):
        entries = [
            entry.model_copy(update={"wall_ms": 0}) if entry.seq == 4 else entry for entry in batch.entries
        ]
        return plain(batch.model_copy(update={"entries": tuple(entries)}))

    box.api.device_log = forged
    box.sweep()
    world.next_day()
    assert [kind for kind, _ in world.found()] == [Kind.CHAIN_BROKEN]
    box.api.device_log = plain
    box.sweep(6)
    world.clear_all()
    assert world.run().open == ()


def test_an_old_copy_of_the_disk(world, box):
    box.pay()
    box.sweep()
    copy = box.saved("copy")
    box.pay()
    box.sweep()
    box.put_back(copy)
    box.pay()
    box.sweep()
    world.next_day()
    assert world.found() == [(Kind.JOURNAL_FORKED, "WD001")]
    world.clear_all()
    report = world.run()
    assert report.open == ()
    assert report.figures.matched == 3


def test_a_new_disk(world, box):
    box.pay()
    box.sweep()
    box.stop()
    shutil.rmtree(box.folder)
    box.start()
    box.pay()
    box.sweep()
    world.next_day()
    assert world.found() == [(Kind.NEW_JOURNAL, "WD001")]
    world.clear_all()
    assert world.run().open == ()


def test_a_dead_disk_loses_only_what_was_not_sent(world, box):
    """The receipt is owed and the money is known; what the kiosk knew is gone for good, and somebody has to say so."""
    box.pay()
    box.sweep()
    lost = box.pay()
    box.stop()
    shutil.rmtree(box.folder)
    box.start()
    box.pay()
    world.next_day()
    report = world.run()
    assert {(f.kind, f.subject) for f in report.open if f.kind is not Kind.NEW_JOURNAL} == {
        (Kind.KIOSK_UNAWARE, lost.order_id)
    }


# --- what is written down ---


def stored(world, table):
    with world.database.read() as connection:
        return connection.execute(select(table)).all()


def test_a_difference_is_written_once_and_then_its_end(world, box):
    box.pay()
    box.sweep()
    box.stop()
    world.next_day()
    for _ in range(3):
        world.run()
    (difference,) = stored(world, tables.differences)
    assert (difference.kind, difference.day, difference.kiosk_id) == ("totals_missing", DAY, "WD001")
    assert stored(world, tables.resolutions) == []
    box.start()
    for _ in range(2):
        box.sweep()
    world.run()
    (resolution,) = stored(world, tables.resolutions)
    assert (resolution.difference_id, resolution.how) == (difference.difference_id, "settled")
    assert len(stored(world, tables.reconciliations)) == 2


def test_an_explained_difference_says_so(world, box):
    box.pay()
    world.next_day()
    world.gateway_sql("DELETE FROM trades")
    world.run()
    world.clear_all("支付通道确认账单漏记")
    assert world.run().open == ()
    (resolution,) = stored(world, tables.resolutions)
    assert resolution.how == "explained"
    (alarm,) = stored(world, tables.alarm_clearings)
    assert (alarm.operator, alarm.note) == ("王会计", "支付通道确认账单漏记")


def test_what_was_explained_of_one_day_explains_no_other(world, box):
    """The same order, a second stray payment two days later: somebody has to look again."""
    order = box.pay()
    for day in (DAY, date(2026, 11, 24)):
        box.act(order, "again")
        box.act(order, "silence")
        world.next_day()
        assert [(f.kind, f.subject) for f in world.run(day).open] == [(Kind.PAID_TWICE, order.order_id)]
        world.clear_all()
        assert world.run(day).open == ()
        box.act(order, "silence")
    assert world.run().open == ()


def test_the_figures_are_stored_as_they_were(world, box):
    box.pay()
    world.next_day()
    report = world.run()
    (run,) = stored(world, tables.reconciliations)
    assert json.loads(run.figures)["gateway_in_fen"] == report.figures.gateway_in_fen == 30_000


def test_every_kind_has_a_meaning():
    assert set(MEANINGS) == set(Kind)
    assert len({meaning.title for meaning in MEANINGS.values()}) == len(Kind)


def test_rows_of_the_day_books_stay(world, box):
    box.pay()
    world.next_day()
    world.gateway_sql("DELETE FROM trades")
    world.run()
    world.clear_all()
    world.run()
    with world.database.write() as connection:
        alarms.stop(connection, "WD001", "amount_differs", "test", at_ms=0)
    from sqlalchemy import delete, update
    from sqlalchemy.exc import IntegrityError

    for name in tables.FROZEN_BOOKS:
        table = tables.metadata.tables[name]
        before = stored(world, table)
        assert before, name
        column = list(table.columns)[-1]
        for statement in (update(table).values({column: column}), delete(table)):
            with (
                pytest.raises(IntegrityError, match="only ever inserted"),
                world.database.write() as connection,
            ):
                connection.execute(statement)
        assert stored(world, table) == before


def test_an_alarm_is_raised_once(world):
    with world.database.write() as connection:
        first = alarms.sound(connection, Kind.KIOSK_ONLY, "WD001", "X", "why", at_ms=1)
        again = alarms.sound(connection, Kind.KIOSK_ONLY, "WD001", "X", "other words", at_ms=2)
        other = alarms.sound(connection, Kind.KIOSK_ONLY, "WD002", "X", "why", at_ms=3)
    assert (first, again, other) == (True, False, True)


def test_every_kind_is_documented_under_its_title():
    document = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    for kind, meaning in MEANINGS.items():
        assert f"| `{kind.value}` | {meaning.title} |" in document
