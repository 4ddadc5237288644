"""Random honest days: whatever breaks between honest machines, at the day's end no book differs from another."""

from datetime import date
from random import Random

import pytest

from central import audit
from kiosk.payment import State
from tests.central.boxes import NEXT_DAY_S, Box, people_of

DAY = date(2026, 11, 23)
TIERS = (("300", 30_000), ("500", 50_000), ("1000", 100_000))


class Day:
    """A few kiosks, some dozens of visits, and everything that may happen to an honest one."""

    def __init__(self, central, clock, folder, seed):
        self.central, self.clock, self.rng = central, clock, Random(seed)
        people = people_of(central)
        self.boxes = [Box(central, folder / f"WD00{n}", clock, people, f"WD00{n}").start() for n in (1, 2, 3)]
        self.silent = []

    def visit(self):
        box = self.rng.choice(self.boxes)
        if not box.on:
            box.start()
        order = box.shown(*self.rng.choice(TIERS))
        end = self.rng.choice(
            ["pay"] * 5 + ["leave", "late", "again", "cut", "cut_after_pay", "silent", "power_only"]
        )
        if end == "pay":
            box.act(order, "pay")
            box.finish(order)
        elif end == "again":
            box.act(order, "pay")
            box.finish(order)
            box.act(order, "again")
            self.central.service.orders.settle([order.order_id])
        elif end == "late":
            box.act(order, "late")
            box.hand_over(order)
        elif end == "leave":
            box.hand_over(order)
        elif end == "cut_after_pay":
            box.act(order, "pay")
            box.stop()
        elif end == "silent":
            box.act(order, "pay")
            box.act(order, "silence")
            self.silent.append((box, order))
            box.hand_over(order)
        elif end == "power_only":
            box.restart()
        else:
            box.stop()
        self.clock.move_s(self.rng.uniform(1, 90))

    def quiet_down(self):
        for box, order in self.silent:
            box.act(order, "release")
        for box in self.boxes:
            if not box.on:
                box.start()
        for _ in range(5):
            for box in self.boxes:
                box.sweep()
            self.clock.move_s(400)
            self.central.service.orders.sweep()


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_day_agrees_whatever_breaks(central, clock, tmp_path, seed):
    day = Day(central, clock, tmp_path, seed)
    for visit in range(18):
        day.visit()
        if visit % 6 == 5:
            for box in day.boxes:
                if box.on:
                    box.sweep(1)
    day.quiet_down()
    clock.move_s(NEXT_DAY_S)
    for _ in range(2):
        for box in day.boxes:
            box.sweep()
    report = central.service.reconciler.run(DAY)
    assert (report.open, report.settled) == ((), ())
    figures = report.figures
    assert figures.gateway_net_fen == figures.ledger_net_fen
    assert figures.ledger_kept_fen == figures.kiosk_fen > 0
    assert figures.ledger_return_fen == figures.gateway_back_fen == figures.ledger_back_fen
    ours = {key for box in day.boxes for key in paid_in(box)}
    assert figures.kiosk_count == len(ours)
    assert not central.service.reconciler.run(DAY).new
    with central.service.database.read() as connection:
        assert [finding.words for finding in audit.findings(connection) if not finding.good] == []
    for box in day.boxes:
        box.stop()


def paid_in(box):
    from kiosk.till import ORDER

    keys = [subject.removeprefix(ORDER) for subject in box.journal.subjects_last(ORDER)]
    return {key for key in keys if box.till.load(key).money is State.PAID}
