"""The bugs themselves: each function plants one until the stack is closed.  ``mutants`` says what each of them breaks."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

from devices.printer import Verdict
from kiosk import payment, receipts, texts, wire
from kiosk.api import Unreachable
from kiosk.flows import paper, pay, trouble
from kiosk.outbox import Outbox
from kiosk.payment import Event, State
from kiosk.till import COPY, ORDER, Answer, Till
from tests.proof.world import Central
from tests.proof.world_gateway import Silent

# --- the till --------------------------------------------------------------------------------------------------------


def send_before_journal(stack: ExitStack) -> None:
    data: dict[str, Any] = {}
    create = Till._create

    def open_(self: Any, payer_id: str, lines: Any) -> payment.Order:
        with patch.object(self._journal, "append", lambda _subject, _event, told: data.update(told)):
            order: payment.Order = real_open(self, payer_id, lines)
            return order

    def create_(self: Any, order: payment.Order) -> payment.Order:
        if not self._journal.entries(ORDER + order.order_id):
            with patch.object(self, "_write", lambda order, _event, _data=None: order):
                create(self, order)
            self._journal.append(ORDER + order.order_id, "intent", dict(data))
        return create(self, order)

    real_open = Till.open
    stack.enter_context(patch.object(Till, "open", open_))
    stack.enter_context(patch.object(Till, "_create", create_))


def time_out_is_failure(stack: ExitStack) -> None:
    close = Till._close

    def close_(self: Any, order: payment.Order) -> payment.Order:
        after = close(self, order)
        if self.last is Answer.SILENT:
            after = payment.apply(after, Event.CLOSED)
            self._journal.append(ORDER + order.order_id, Event.CLOSED.value, {})
        return after

    stack.enter_context(patch.object(Till, "_close", close_))


def close_answer_ignored(stack: ExitStack) -> None:
    learn = Till._learn

    def learn_(self: Any, order: payment.Order, reply: wire.OrderReply) -> payment.Order:
        said = {"state": wire.OrderState.CLOSED} if order.money is State.CLOSING else {}
        return learn(self, order, reply.model_copy(update=said))

    stack.enter_context(patch.object(Till, "_learn", learn_))


def refund_decided_here(stack: ExitStack) -> None:
    learn = Till._learn

    def learn_(self: Any, order: payment.Order, reply: wire.OrderReply) -> payment.Order:
        late = order.money is State.CLOSING and reply.state is wire.OrderState.PAID
        said = {"state": wire.OrderState.REFUNDING, "reason": "paid_late"} if late else {}
        return learn(self, order, reply.model_copy(update=said))

    stack.enter_context(patch.object(Till, "_learn", learn_))


def anothers_answer_taken(stack: ExitStack) -> None:
    learn = Till._learn

    def learn_(self: Any, order: payment.Order, reply: wire.OrderReply) -> payment.Order:
        mine = {"order_id": order.order_id, "total_fen": order.total_fen}
        return learn(self, order, reply.model_copy(update=mine))

    stack.enter_context(patch.object(Till, "_learn", learn_))


def refusal_ends_unheard_order(stack: ExitStack) -> None:
    create = Till._create

    def create_(self: Any, order: payment.Order) -> payment.Order:
        self._unheard = False
        return create(self, order)

    stack.enter_context(patch.object(Till, "_create", create_))


def money_back_called_no_money(stack: ExitStack) -> None:
    learn = Till._learn

    def learn_(self: Any, order: payment.Order, reply: wire.OrderReply) -> payment.Order:
        after = learn(self, order, reply)
        self.going_back = False
        return after

    stack.enter_context(patch.object(Till, "_learn", learn_))


def key_reused_after_restart(stack: ExitStack) -> None:
    init = Till.__init__

    def init_(self: Any, *arguments: Any) -> None:
        init(self, *arguments)
        self.numbers = count(1)

    def new_key(self: Any, _content: object) -> str:
        return f"{self._kiosk_id}-{next(self.numbers):08d}-0000000000"

    stack.enter_context(patch.object(Till, "__init__", init_))
    stack.enter_context(patch.object(Till, "_new_key", new_key))


def new_order_on_every_retry(stack: ExitStack) -> None:
    create = Till._create

    def create_(self: Any, order: payment.Order) -> payment.Order:
        after = create(self, order)
        if after.money is State.INTENT and self.last is Answer.SILENT:
            after = self.open(order.payer_id, order.lines)
        return after

    stack.enter_context(patch.object(Till, "_create", create_))


def random_order_number(stack: ExitStack) -> None:
    numbers = count(1)

    def new_key(self: Any, _content: object) -> str:
        return f"{self._kiosk_id}-{next(numbers) * 7919 % 10**8:08d}-0123456789"

    stack.enter_context(patch.object(Till, "_new_key", new_key))


def shown_before_it_is_written(stack: ExitStack) -> None:
    advance = Till.advance

    def advance_(self: Any, order: payment.Order) -> payment.Order:
        if order.money is State.CREATED:
            return payment.apply(order, Event.SHOW)
        return advance(self, order)

    stack.enter_context(patch.object(Till, "advance", advance_))


def reported_before_heard(stack: ExitStack) -> None:
    def report(self: Any, order: payment.Order) -> payment.Order:
        for index, slip in enumerate(order.slips):
            if not slip.reported and slip.state in (State.DONE, State.OWED):
                self._journal.append(ORDER + order.order_id, "reported", {"receipt_no": slip.receipt_no})
                order = payment.reported(order, slip.receipt_no)
                self._report(f"{order.order_id}-{index}", slip, 0)
        return order

    stack.enter_context(patch.object(Till, "report", report))


# --- paper -----------------------------------------------------------------------------------------------------------


def no_printing_record(stack: ExitStack) -> None:
    def start(self: Any, order: payment.Order, receipt_no: str) -> payment.Order:
        return order

    def end(self: Any, order: payment.Order, receipt_no: str, verdict: Verdict) -> payment.Order:
        return real_end(self, real_start(self, order, receipt_no), receipt_no, verdict)

    real_start, real_end = Till.start_slip, Till.end_slip
    stack.enter_context(patch.object(Till, "start_slip", start))
    stack.enter_context(patch.object(Till, "end_slip", end))


def unknown_counts_as_printed(stack: ExitStack) -> None:
    end = Till.end_slip

    def end_(self: Any, order: payment.Order, receipt_no: str, verdict: Verdict) -> payment.Order:
        return end(self, order, receipt_no, Verdict.PRINTED if verdict is Verdict.UNKNOWN else verdict)

    stack.enter_context(patch.object(Till, "end_slip", end_))


def unknown_is_printed_again(stack: ExitStack) -> None:
    send = paper.send

    def send_(kiosk: Any, document: Any, copy_number: int) -> Any:
        told = send(kiosk, document, copy_number)
        return send(kiosk, document, copy_number) if told[0] is Verdict.UNKNOWN else told

    stack.enter_context(patch.object(paper, "send", send_))


def cut_while_printing_is_not_printed(stack: ExitStack) -> None:
    apply = payment.apply

    def apply_(order: payment.Order, event: Event, data: Any = None) -> payment.Order:
        after = apply(order, event, data)
        if event is Event.GIVE_UP and order.money is State.PAID and "receipt_no" not in (data or {}):
            slips = tuple(
                replace(slip, verdict="not_printed") if slip.state is State.OWED else slip
                for slip in after.slips
            )
            return replace(after, slips=slips)
        return after

    stack.enter_context(patch.object(payment, "apply", apply_))


def copies_unmarked(stack: ExitStack) -> None:
    receipt = receipts.receipt
    stack.enter_context(patch.object(receipts, "receipt", lambda slip, _number, site: receipt(slip, 0, site)))


def amount_from_the_screen(stack: ExitStack) -> None:
    """The slip of each line says what the screen said last: the total."""
    originals, receipt = paper.print_originals, receipts.receipt

    def print_originals(kiosk: Any, order: payment.Order, slips: Any, has_family: bool) -> Any:
        def with_total(slip: wire.Receipt, number: int, site: Any) -> Any:
            return receipt(slip.model_copy(update={"amount_fen": order.total_fen}), number, site)

        with patch.object(receipts, "receipt", with_total):
            return originals(kiosk, order, slips, has_family)

    stack.enter_context(patch.object(paper, "print_originals", print_originals))


def blind_marked_reprint(stack: ExitStack) -> None:
    """After an original of which nobody knows, the kiosk numbers a copy itself."""
    originals = paper.print_originals

    def print_originals(kiosk: Any, order: payment.Order, slips: Any, has_family: bool) -> Any:
        answer = originals(kiosk, order, slips, has_family)
        for slip, said in zip(slips, kiosk.till.load(order.order_id).slips, strict=True):
            if said.verdict == "unknown":
                paper.send(kiosk, receipts.receipt(slip, 1, kiosk.config.site), 1)
        return answer

    stack.enter_context(patch.object(paper, "print_originals", print_originals))


def marked_reprint_with_leave(stack: ExitStack) -> None:
    """The same, but central gives the number: nobody asked for the sheet, and it is marked like every other."""
    originals = paper.print_originals

    def print_originals(kiosk: Any, order: payment.Order, slips: Any, has_family: bool) -> Any:
        answer = originals(kiosk, order, slips, has_family)
        for slip, said in zip(slips, kiosk.till.load(order.order_id).slips, strict=True):
            if said.verdict == "unknown":
                paper.print_copy(kiosk, slip.receipt_no)
        return answer

    stack.enter_context(patch.object(paper, "print_originals", print_originals))


def anothers_leave_taken(stack: ExitStack) -> None:
    ask = Till.ask_copy

    def ask_(self: Any, receipt_no: str) -> wire.PrintGrant:
        grant_copy = self._api.grant_copy
        given: list[wire.PrintGrant] = []

        def grant(asked: str, print_id: str) -> wire.PrintGrant:
            given.append(grant_copy(asked, print_id))
            mine = given[0].receipt.model_copy(update={"receipt_no": asked})
            return given[0].model_copy(update={"print_id": print_id, "receipt": mine})

        with patch.object(self._api, "grant_copy", grant):
            ask(self, receipt_no)
        return given[0]

    stack.enter_context(patch.object(Till, "ask_copy", ask_))


def any_answer_is_heard(stack: ExitStack) -> None:
    report = Till._report

    def report_(self: Any, print_id: str, slip: payment.Slip, copy_number: int) -> bool:
        return report(self, print_id, slip, copy_number) or self.last is Answer.HEARD

    stack.enter_context(patch.object(Till, "_report", report_))


def any_code_is_shown(stack: ExitStack) -> None:
    create = Till._create

    def create_(self: Any, order: payment.Order) -> payment.Order:
        ask = self._api.create

        def asked(request: wire.OrderRequest) -> wire.OrderReply:
            mine = {"order_id": order.order_id, "total_fen": order.total_fen}
            return ask(request).model_copy(update=mine)  # type: ignore[no-any-return]

        with patch.object(self._api, "create", asked):
            return create(self, order)

    stack.enter_context(patch.object(Till, "_create", create_))


def copy_printed_without_leave(stack: ExitStack) -> None:
    ask = Till.ask_copy

    def ask_(self: Any, receipt_no: str) -> wire.PrintGrant:
        try:
            return ask(self, receipt_no)
        except Unreachable:
            (entry,) = list(self._journal.subjects_last(COPY).values())[-1:]
            print_id = entry.subject.removeprefix(COPY)
            receipt = next(r for r in self._api._central.receipts.values() if r.receipt_no == receipt_no)
            data = {"receipt_no": receipt_no, "copy_number": 1}
            self._journal.append(entry.subject, "printing", data)
            slip = self._api._central._receipt(receipt)
            return wire.PrintGrant(print_id=print_id, copy_number=1, receipt=slip)

    stack.enter_context(patch.object(Till, "ask_copy", ask_))


# --- flow, outbox, recovery ------------------------------------------------------------------------------------------


def code_shown_again_after_restart(stack: ExitStack) -> None:
    open_, recover = Till.open, Outbox.recover

    def unfinished(self: Any, payer_id: str) -> payment.Order | None:
        for subject, last in self._journal.subjects_last(ORDER).items():
            if last.event == "show":
                order: payment.Order = self.load(subject.removeprefix(ORDER))
                if order.payer_id == payer_id:
                    return order
        return None

    def resume(self: Any, payer_id: str, lines: Any) -> payment.Order:
        order = unfinished(self, payer_id)
        if order is None:
            return open_(self, payer_id, lines)
        self.pay_url = self._api.order(order.order_id).pay_url or ""
        return order

    def recover_(self: Any) -> int:
        entries = self._journal.subjects_last(ORDER)
        with patch.object(
            self._journal,
            "subjects_last",
            lambda prefix: {
                subject: last
                for subject, last in {
                    **entries,
                    **self._journal.__class__.subjects_last(self._journal, COPY),
                }.items()
                if last.event != "show"
            },
        ):
            return recover(self)

    stack.enter_context(patch.object(Till, "open", resume))
    stack.enter_context(patch.object(Outbox, "recover", recover_))


def pending_called_not_paid(stack: ExitStack) -> None:
    def tell(kiosk: Any, order: payment.Order, total_fen: int) -> None:
        trouble.explain(kiosk, "circle-alert", texts.CLOSED_TITLE, texts.CLOSED_BODY)

    stack.enter_context(patch.object(pay, "tell_pending", tell))


def nothing_handed_over(stack: ExitStack) -> None:
    stack.enter_context(patch.object(Outbox, "take_order", lambda _self, _order_id: None))


def case_dropped_after_three_tries(stack: ExitStack) -> None:
    settle = Outbox._settle

    def settle_(self: Any, subject: str) -> bool:
        tries = self.__dict__.setdefault("tries", {})
        tries[subject] = tries.get(subject, 0) + 1
        return settle(self, subject) or tries[subject] == 3

    stack.enter_context(patch.object(Outbox, "_settle", settle_))


def recovery_skips_closing(stack: ExitStack) -> None:
    recover = Outbox.recover

    def recover_(self: Any) -> int:
        closing = {
            subject
            for subject in self._journal.subjects_last(ORDER)
            if self._till.load(subject.removeprefix(ORDER)).money is State.CLOSING
        }
        recover(self)
        for subject in closing:
            self._cases.pop(subject, None)
        return len(self._cases)

    stack.enter_context(patch.object(Outbox, "recover", recover_))


def recovery_forgets_copies(stack: ExitStack) -> None:
    recover = Outbox.recover

    def recover_(self: Any) -> int:
        recover(self)
        for subject in [subject for subject in self._cases if subject.startswith(COPY)]:
            del self._cases[subject]
        return len(self._cases)

    stack.enter_context(patch.object(Outbox, "recover", recover_))


# --- central ---------------------------------------------------------------------------------------------------------


def no_tombstone(stack: ExitStack) -> None:
    close = Central.close

    def close_(self: Any, kiosk_id: str, order_id: str, reason: str = "given_up") -> wire.OrderReply:
        unknown = order_id not in self.orders
        reply = close(self, kiosk_id, order_id, reason)
        if unknown:
            del self.orders[order_id]
        return reply

    stack.enter_context(patch.object(Central, "close", close_))


def late_payment_dropped(stack: ExitStack) -> None:
    book = Central._book

    def book_(self: Any, row: Any, trade: Any) -> None:
        if row.state != "closed":
            book(self, row, trade)

    stack.enter_context(patch.object(Central, "_book", book_))


def no_claim_check(stack: ExitStack) -> None:
    check = Central._check

    def check_(self: Any, request: wire.OrderRequest) -> None:
        with patch.object(self, "claims", {}), patch.object(self, "paid", {}):
            check(self, request)

    stack.enter_context(patch.object(Central, "_check", check_))


def silence_closes(stack: ExitStack) -> None:
    ask = Central._ask_to_close

    def ask_(self: Any, row: Any, reason: str) -> None:
        try:
            ask(self, row, reason)
        except Silent:
            self._shut(row, reason)

    stack.enter_context(patch.object(Central, "_ask_to_close", ask_))


def same_copy_number_again(stack: ExitStack) -> None:
    grant = Central.grant

    def grant_(self: Any, kiosk_id: str, receipt_no: str, print_id: str) -> wire.PrintGrant:
        answer = grant(self, kiosk_id, receipt_no, print_id)
        self.prints[print_id].copy_number = 1
        return answer.model_copy(update={"copy_number": 1})

    stack.enter_context(patch.object(Central, "grant", grant_))
