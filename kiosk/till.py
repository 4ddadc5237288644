"""Moves an order: write, act, write.  A state is on disk before its effect leaves the machine.

The flow owns an order while it runs; then the outbox does.  Each has a till of its own over the one journal.
A lost answer changes nothing: the same question, under the same key, is asked again.  A time-out is no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Any

from devices.printer import Verdict
from kiosk import events, payment
from kiosk.api import Api, Refused, Unreachable
from kiosk.journal import Journal
from kiosk.keys import new_key
from kiosk.payment import Event, Line, Order, Slip, State

if TYPE_CHECKING:
    from kiosk import wire

ORDER = "order:"
COPY = "copy:"


class Answer(Enum):
    """How the last call of an ``advance`` ended, for the screen: SILENT is said calmly, never as a failure."""

    HEARD = "heard"
    SILENT = "silent"
    REFUSED = "refused"


class Till:
    """``last``, ``reason``, ``pay_url``, ``expires_in_s``, ``receipts`` and ``going_back`` are what central last said.

    None of it is on disk.  ``going_back``: money came for an order that could not take it any more, and central returns it.
    """

    def __init__(self, journal: Journal, api: Api, log: events.Log, kiosk_id: str) -> None:
        self._journal, self._api, self._log, self._kiosk_id = journal, api, log, kiosk_id
        self.last = Answer.HEARD
        self.reason: wire.ProblemCode | None = None
        self.pay_url = ""
        self.expires_in_s = 0
        self.receipts: tuple[wire.Receipt, ...] = ()
        self.going_back = False
        self._unheard = False  # a create was sent that nobody answered

    # --- one order ---------------------------------------------------------------------------------------------------

    def open(self, payer_id: str, lines: Sequence[Line]) -> Order:
        """INTENT is on disk, nothing has left."""
        self.last, self.reason, self.pay_url, self.receipts = Answer.HEARD, None, "", ()
        self.going_back = self._unheard = False
        data: dict[str, Any] = {"payer_id": payer_id, "lines": [asdict(line) for line in lines]}
        order_id = self._new_key(data)
        order = payment.replay(order_id, [("intent", data)])
        self._journal.append(ORDER + order_id, "intent", data)
        return order

    def advance(self, order: Order) -> Order:
        """The next step its state asks for: create, query or close.  Returns an equal order when there is no news."""
        if order.money is State.INTENT:
            return self._create(order)
        if order.money is State.CREATED:
            return self._write(order, Event.SHOW)
        if order.money is State.SHOWN:
            return self._query(order)
        if order.money is State.CLOSING:
            return self._close(order)
        return order

    def give_up(self, order: Order) -> Order:
        """Time-out, Home, crash and power cut alike.  Unpaid money is asked back; unprinted paper is owed."""
        if order.money in payment.UNPAID:
            return self._write(order, Event.GIVE_UP)
        if order.money is State.PAID and any(
            slip.state in (State.PAID, State.PRINTING) for slip in order.slips
        ):
            return self._write(order, Event.GIVE_UP)
        return order

    def send_code(self, order: Order, code: str) -> Order:
        """Sends a payer's scanned code.  On disk is only that one was sent; the answer comes by query like any other.

        ``last`` is REFUSED when central says that it is no payer's code.
        """
        order = self._write(order, Event.CODE_SENT)
        try:
            reply = self._api.pay_code(order.order_id, code)
        except Unreachable:
            self.last = Answer.SILENT
            return order
        except Refused as refused:
            self.last, self.reason = Answer.REFUSED, refused.code
            return order
        self.last = Answer.HEARD
        return self._learn(order, reply)

    def load(self, order_id: str) -> Order:
        """The order as the journal has it."""
        return payment.replay(order_id, [(e.event, e.data) for e in self._journal.entries(ORDER + order_id)])

    # --- its paper ---------------------------------------------------------------------------------------------------

    def start_slip(self, order: Order, receipt_no: str) -> Order:
        """PRINTING is on disk; the sheet may be sent to the printer now."""
        return self._write(order, Event.PRINT, {"receipt_no": receipt_no})

    def end_slip(self, order: Order, receipt_no: str, verdict: Verdict) -> Order:
        """What the printer said.  Only PRINTED is DONE; anything else is owed and comes later as a marked copy."""
        event = Event.PRINTED if verdict is Verdict.PRINTED else Event.GIVE_UP
        return self._write(order, event, {"receipt_no": receipt_no, "verdict": verdict.value})

    def report(self, order: Order) -> Order:
        """Tells central how each slip ended, as far as it listens."""
        for index, slip in enumerate(order.slips):
            if slip.reported or slip.state not in (State.DONE, State.OWED):
                continue
            if not self._report(f"{order.order_id}-{index}", slip, 0):
                break
            self._journal.append(ORDER + order.order_id, "reported", {"receipt_no": slip.receipt_no})
            order = payment.reported(order, slip.receipt_no)
        return order

    # --- copies ------------------------------------------------------------------------------------------------------

    def ask_copy(self, receipt_no: str) -> wire.PrintGrant:
        """Asks central for leave to print one marked copy.  Raises Refused, Unreachable: then nothing is printed."""
        print_id = self._new_key({"receipt_no": receipt_no})
        self._journal.append(COPY + print_id, "asked", {"receipt_no": receipt_no})
        grant = self._api.grant_copy(receipt_no, print_id)
        if (grant.print_id, grant.receipt.receipt_no) != (print_id, receipt_no):
            raise Unreachable("grant_copy")  # somebody else's leave, and their paper
        data = {"receipt_no": receipt_no, "copy_number": grant.copy_number}
        self._journal.append(COPY + print_id, "printing", data)
        return grant

    def end_copy(self, grant: wire.PrintGrant, verdict: Verdict) -> None:
        """What the printer said of a copy."""
        data = {
            "receipt_no": grant.receipt.receipt_no,
            "copy_number": grant.copy_number,
            "verdict": verdict.value,
        }
        self._journal.append(COPY + grant.print_id, "ended", data)

    def report_copy(self, print_id: str) -> bool:
        """Tells central how a copy ended; after a crash in the middle, that nobody knows.  True when there is nothing left to say."""
        entries = self._journal.entries(COPY + print_id)
        last = entries[-1]
        if last.event in ("asked", "reported"):  # no leave was heard of, so no sheet was sent
            return True
        verdict = str(last.data.get("verdict", Verdict.UNKNOWN.value))
        slip = Slip(str(last.data["receipt_no"]), State.OWED, verdict)
        if not self._report(print_id, slip, int(last.data["copy_number"])):
            return False
        self._journal.append(COPY + print_id, "reported", {})
        return True

    # --- one step ----------------------------------------------------------------------------------------------------

    def _create(self, order: Order) -> Order:
        from kiosk import wire  # late, as in kiosk.api

        request = wire.OrderRequest(
            order_id=order.order_id,
            payer_id=order.payer_id,
            lines=tuple(wire.OrderLine(**asdict(line)) for line in order.lines),
            total_fen=order.total_fen,
        )
        try:
            reply = self._api.create(request)
        except Unreachable:
            self.last, self._unheard = Answer.SILENT, True
            return order
        except Refused as refused:
            self.last, self.reason = Answer.REFUSED, refused.code
            conflict = refused.code is wire.ProblemCode.ORDER_CONFLICT
            if conflict:  # the key is taken by another body: a person must look
                self._park(order, refused)
            shut = refused.code is wire.ProblemCode.ORDER_CLOSED
            if conflict or (self._unheard and not shut):
                # what was sent before may arrive yet: only a close stops it
                return self._write(order, Event.GIVE_UP)
            return self._write(order, Event.REFUSED)
        if (reply.order_id, reply.total_fen) != (order.order_id, order.total_fen):
            self.last, self._unheard = Answer.SILENT, True  # an answer to another question is no answer
            return order
        self.last = Answer.HEARD
        if reply.state is not wire.OrderState.CREATED or not reply.pay_url:
            # not ours to show any more: let the close say what it is
            return self._write(order, Event.GIVE_UP)
        self.pay_url, self.expires_in_s = reply.pay_url, reply.expires_in_s
        return self._write(order, Event.CREATED)

    def _query(self, order: Order) -> Order:
        return self._ask(order, self._api.order, when_refused=Event.GIVE_UP)

    def _close(self, order: Order) -> Order:
        return self._ask(order, self._api.close, when_refused=None)

    def _ask(self, order: Order, call: Callable[[str], wire.OrderReply], when_refused: Event | None) -> Order:
        """One question about an order that was shown.  A refusal is parked for a person; without an event the order stays."""
        try:
            reply = call(order.order_id)
        except Unreachable:
            self.last = Answer.SILENT
            return order
        except Refused as refused:
            self.last, self.reason = Answer.REFUSED, refused.code
            self._park(order, refused)
            return order if when_refused is None else self._write(order, when_refused)
        self.last = Answer.HEARD
        return self._learn(order, reply)

    def _learn(self, order: Order, reply: wire.OrderReply) -> Order:
        """What central says of an order that was SHOWN or is CLOSING."""
        from kiosk import wire  # late, as in kiosk.api

        if reply.order_id != order.order_id or reply.total_fen not in (order.total_fen, 0):
            self.last = Answer.SILENT  # an answer to another question is no answer
            return order
        if reply.state is wire.OrderState.PAID:
            if len(reply.receipts) != len(order.lines):
                self.last = Answer.SILENT
                return order
            self.receipts = reply.receipts
            return self._write(
                order, Event.PAID, {"receipts": [receipt.receipt_no for receipt in reply.receipts]}
            )
        if reply.state is wire.OrderState.CREATED:
            return order
        self.going_back = reply.state is not wire.OrderState.CLOSED
        if order.money is State.CLOSING:
            return self._write(order, Event.CLOSED, {"reason": reply.reason})
        return self._write(order, Event.GIVE_UP)  # closed at the gateway: our own close confirms it

    def _write(self, order: Order, event: Event, data: Mapping[str, Any] | None = None) -> Order:
        after = payment.apply(order, event, data)  # an illegal step never reaches the disk
        self._journal.append(ORDER + order.order_id, event.value, data or {})
        self._log.write(
            events.OrderMoved(
                order_id=order.order_id,
                from_state=order.state.value,
                to_state=after.state.value,
                event=event.value,
            )
        )
        return after

    def _report(self, print_id: str, slip: Slip, copy_number: int) -> bool:
        from kiosk import wire  # late, as in kiosk.api

        outcome = wire.PrintOutcome(
            print_id=print_id, copy_number=copy_number, verdict=wire.SheetVerdict(slip.verdict or "unknown")
        )
        try:
            heard = self._api.report_sheet(slip.receipt_no, outcome)
        except Unreachable:
            self.last = Answer.SILENT
            return False
        except Refused as refused:
            self.last = Answer.REFUSED
            self._log.write(events.PaymentParked(order_id=print_id, code=refused.code.value))
            return False
        return heard.print_id == print_id

    def _park(self, order: Order, refused: Refused) -> None:
        self._log.write(events.PaymentParked(order_id=order.order_id, code=refused.code.value))

    def _new_key(self, content: Mapping[str, Any]) -> str:
        return new_key(self._journal, self._kiosk_id, content)
