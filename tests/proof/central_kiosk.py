"""A kiosk of the explored world: one order, asked about until it is answered, as ``kiosk.till`` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk import wire
from kiosk.wire import OrderReply, OrderState, ProblemCode

if TYPE_CHECKING:
    from tests.proof.central_visit import Visit

ASK_AGAIN = (ProblemCode.GATEWAY_SILENT, ProblemCode.BUSY)
CODE = "13512229863846829"  # seventeen digits of a wallet's code; the scenario gives the last


class Kiosk:
    """A kiosk's side of one order.  ``state``: new, shown, closing, paid or closed."""

    def __init__(self, visit: Visit, kiosk_id: str, request: wire.OrderRequest) -> None:
        self._visit, self.kiosk_id, self.request = visit, kiosk_id, request
        self.state = "new"

    def put(self) -> bool:
        if self.state != "new":
            return True
        orders = self._visit.orders
        answer = self._visit.ask(self.request, lambda: orders.put(self.kiosk_id, self.request))
        if isinstance(answer, ProblemCode):
            self.state = "closing" if answer is ProblemCode.ORDER_CONFLICT else "closed"
        elif answer is not None:
            self.state = "shown" if answer.pay_url is not None else "closing"
        return answer is not None

    def poll(self) -> bool:
        return self._look(lambda: self._visit.orders.get(self.request.order_id))

    def code(self) -> bool:
        code = CODE + self._visit.scenario.bank
        return self._look(lambda: self._visit.orders.charge(self.request.order_id, code))

    def close(self) -> bool:
        if self.state in ("paid", "closed"):
            return True
        orders = self._visit.orders
        answer = self._visit.ask(
            self.request, lambda: orders.close(self.kiosk_id, self.request.order_id, "given_up")
        )
        if isinstance(answer, OrderReply) and answer.state is not OrderState.CREATED:
            self.state = "paid" if answer.state is OrderState.PAID else "closed"
        return self.state in ("paid", "closed")

    def again(self) -> bool:
        """A copy of the create that was long on its way.  Nobody hears the answer."""
        self._visit.unheard(lambda: self._visit.orders.put(self.kiosk_id, self.request))
        return True

    def other(self) -> bool:
        """The same number with another body."""
        (first, *rest) = self.request.lines
        line = first.model_copy(update={"tier": "300", "amount_fen": 30_000})
        total_fen = self.request.total_fen - first.amount_fen + 30_000
        request = self.request.model_copy(update={"lines": (line, *rest), "total_fen": total_fen})
        refusal = self._visit.unheard(lambda: self._visit.orders.put(self.kiosk_id, request))
        if refusal not in (ProblemCode.ORDER_CONFLICT, ProblemCode.ORDER_CLOSED, *ASK_AGAIN):
            self._visit.broke("one number was taken with two bodies")
        return True

    def print(self) -> bool:
        """The original of every receipt came out."""
        numbers = self._visit.laws.numbers_of(self.request.order_id) if self.state == "paid" else []
        return all(
            self._visit.tell(receipt_no, f"{self.request.order_id}-{n}", 0)
            for n, receipt_no in enumerate(numbers)
        )

    def _look(self, question: Callable[[], OrderReply]) -> bool:
        if self.state != "shown":
            return True
        answer = self._visit.ask(self.request, question)
        if isinstance(answer, OrderReply):
            states = {OrderState.CREATED: "shown", OrderState.PAID: "paid"}
            self.state = states.get(answer.state, "closing")
        elif answer is not None and answer is not ProblemCode.CODE_INVALID:
            self.state = "closing"
        return answer is not None
