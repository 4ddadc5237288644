"""What must hold whatever happened.  Each sentence that is not true is one violation.

While people stand there: a code is drawn only for an order that is SHOWN on the disk, in the amount of the order, and never again
after a restart; nobody is told that nothing was charged while central keeps money, nor that it is paid when it is not.

When the kiosks have had their say, without central's own clockwork: no order is open, no due is claimed, nothing is stuck.

In the end: gateway, ledger and journals have the same sums for every order; one payment a due; every order that central knows was
on a disk first; paid is DONE or OWED, and central agrees; one unmarked original, and only where one was paid; copies are marked
with numbers that only grow; nothing is on paper that was not paid for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from kiosk import views
from kiosk.payment import Order, State
from kiosk.till import ORDER
from tests.proof.farends import Sheet
from tests.proof.machine import Machine

if TYPE_CHECKING:
    from tests.proof.play import Play

NOTHING_CHARGED = ("closed", "not reached", "refused")


def code_on_screen(play: Play, machine: Machine, view: views.PayByQr) -> None:
    """At the moment a code is drawn."""
    order_id = view.qr.removeprefix("pay:")
    if order_id != machine.order_id:
        play.violations.append("another order's code is on the screen")
        return
    if machine.last_event(ORDER + order_id) not in ("show", "code_sent"):
        play.violations.append("a code is on the screen that is not SHOWN on the disk")
    if view.amount_fen != play.central.orders[order_id].total_fen:
        play.violations.append("a code is on the screen with another amount")
    if len(play.codes_seen[order_id]) > 1:
        play.violations.append("a code is shown again after a restart")


def kiosks_alone(play: Play) -> Iterator[str]:
    """When the outboxes are quiet."""
    central = play.central
    for row in central.orders.values():
        if row.state in ("requested", "created"):
            yield f"central still has an order {row.state}"
    if central.claims:
        yield "a due is still claimed"
    if play.around.under_way:
        yield "a request is still under way"


def books(play: Play) -> Iterator[str]:
    """When hours have gone by."""
    orders: dict[str, Order] = {}
    copies: dict[str, tuple[str, int, str]] = {}
    for disk in (machine.disk() for machine in play.machines):
        if disk.twice:
            yield "two intents have one number"
        orders |= disk.orders
        copies |= disk.copies
    yield from _money(play, orders)
    yield from _told(play)
    yield from _paper(play, orders)
    yield from _copies(play, copies)


def _money(play: Play, orders: dict[str, Order]) -> Iterator[str]:
    central, gateway = play.central, play.central.gateway
    booked: dict[str, int] = defaultdict(int)
    for order_id, _, fen, _ in central.ledger:
        booked[order_id] += fen
    for order_id in central.orders.keys() | gateway.trades.keys() | booked.keys():
        if order_id not in orders:
            yield "central knows an order that is on no disk"
    dues: dict[tuple[str, str, int], int] = defaultdict(int)
    for order_id, order in orders.items():
        row, kept_fen = central.orders.get(order_id), gateway.kept_fen(order_id)
        ours_fen = (
            sum(play.amounts[line.person_id] for line in order.lines) if order.money is State.PAID else 0
        )
        if not kept_fen == booked[order_id] == ours_fen:
            yield f"gateway {kept_fen}, ledger {booked[order_id]}, journal {ours_fen} fen of one order"
        if order.money not in (State.PAID, State.CLOSED) or not order.settled:
            yield f"an order is still {order.state.value}"
        state = row.state if row else "never made"
        if state not in (("paid",) if order.money is State.PAID else ("closed", "refunded", "never made")):
            yield f"an order is {order.money.value} here and {state} at central"
        if state == "paid":
            for line in order.lines:
                dues[(line.person_id, line.product, line.year)] += 1
    if any(count > 1 for count in dues.values()):
        yield "a due was paid twice"
    if dues.keys() != central.paid.keys():
        yield "what central calls paid is not what was paid"


def _told(play: Play) -> Iterator[str]:
    for told in play.told:
        row = play.central.orders.get(told.order_id)
        state = row.state if row else ""
        trade = play.central.gateway.trades.get(told.order_id)
        late = trade is not None and trade.came_late  # after central's word, which is told a moment later
        if told.what in NOTHING_CHARGED and ((told.held_fen and not late) or state == "paid"):
            yield f"somebody was told {told.what} and there was money"
        if told.what == "going back" and state != "refunded":
            yield f"somebody was told that money goes back, and the order is {state}"
        if told.what == "paid" and (told.state, state) != ("paid", "paid"):
            yield f"somebody was told paid, and the order is {state}"


def _paper(play: Play, orders: dict[str, Order]) -> Iterator[str]:
    central, out = play.central, play.around.out
    originals: dict[str, list[Sheet]] = defaultdict(list)
    numbers: dict[str, list[int]] = defaultdict(list)
    for sheet in out:
        receipt = central.receipts.get(sheet.receipt_no)
        if receipt is None or not receipt.amount_fen == sheet.amount_fen == play.amounts[receipt.person_id]:
            yield "a sheet says what was not paid"
        elif sheet.copy_number == 0:
            originals[sheet.receipt_no].append(sheet)
            if central.orders[receipt.order_id].kiosk_id != sheet.kiosk_id:
                yield "an original from another machine"
    for sheet in play.around.sent:
        numbers[sheet.receipt_no].append(sheet.copy_number)
    for sent in numbers.values():
        if any(later <= earlier for earlier, later in pairwise(sent)):
            yield f"sheets of one receipt were numbered {sent}"
    for order in orders.values():
        if order.money is not State.PAID:
            continue
        for index, slip in enumerate(order.slips):
            unmarked = len(originals[slip.receipt_no])
            known = central.prints.get(f"{order.order_id}-{index}")
            if slip.state not in (State.DONE, State.OWED):
                yield f"a slip is {slip.state.value}"
            if unmarked > 1:
                yield "two unmarked originals"
            if slip.state is State.DONE and unmarked != 1:
                yield "a slip is DONE and not on paper"
            if (slip.state is State.DONE) != (slip.verdict == "printed"):
                yield f"a slip is {slip.state.value} although {slip.verdict}"
            if slip.verdict == "not_printed" and unmarked:
                yield "a sheet is out that was said not to be printed"
            if known is None or known.verdict != slip.verdict or known.copy_number:
                yield "central was told otherwise of a sheet"
            if slip.receipt_no not in central.receipts:
                yield "a slip has a number that central never gave"


def _copies(play: Play, copies: dict[str, tuple[str, int, str]]) -> Iterator[str]:
    for print_id, said in copies.items():
        told = play.central.prints.get(print_id)
        if told is None or (told.receipt_no, told.copy_number, told.verdict) != said:
            yield "central was told otherwise of a copy"
