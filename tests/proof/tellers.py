"""Clients without paper that press central hard: orders created, paid, closed, each asked again until it is answered.

What central acknowledged is remembered; after central was killed, all of it must still be so.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from io import StringIO
from random import Random
from typing import Any

import requests

from devices.clock import SystemClock
from kiosk import config, events, wire
from kiosk.api import Api, Refused, Unreachable
from tests.visitor import JSON

LATER = {  # what may follow a state that was acknowledged, while the payer and the gateway go on
    wire.OrderState.CREATED: set(wire.OrderState),
    wire.OrderState.PAID: {wire.OrderState.PAID},
    wire.OrderState.CLOSED: {wire.OrderState.CLOSED, wire.OrderState.REFUNDING, wire.OrderState.REFUNDED},
    wire.OrderState.REFUNDING: {wire.OrderState.REFUNDING, wire.OrderState.REFUNDED},
    wire.OrderState.REFUNDED: {wire.OrderState.REFUNDED},
}
PAYS = 0.1  # of those who were shown a code: a due can be paid once, and there must be some left
PAUSE_S = 0.02  # between two questions that nobody answers


class Teller(threading.Thread):
    """``acknowledged``: order -> the last reply that was read; ``counts``: replies by call."""

    def __init__(self, url: str, kiosk_id: str, people: list[dict[str, Any]], rng: Random) -> None:
        super().__init__(name=f"teller {kiosk_id}", daemon=True)
        self._api = client(url, kiosk_id)
        self._kiosk_id, self._people, self._rng = kiosk_id, people, rng
        self._prefix = f"{rng.randrange(16**4):04X}"
        self._ending = threading.Event()
        self.acknowledged: dict[str, wire.OrderReply] = {}
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        number = 0
        while not self._ending.is_set():
            number += 1
            self._serve(f"{self._kiosk_id}-{self._prefix}-{number:06d}")
        self._api.close_connections()

    def end(self) -> None:
        """Finishes what it has begun, and ends."""
        self._ending.set()
        self.join(60)
        assert not self.is_alive(), "a teller's question was never answered"

    def paid_fen(self) -> dict[str, int]:
        """Order -> fen of everything that central called paid."""
        paid = (reply for reply in self.acknowledged.values() if reply.state is wire.OrderState.PAID)
        return {reply.order_id: reply.total_fen for reply in paid}

    def _serve(self, order_id: str) -> None:
        """One order from its creation to its end, whatever happens to central meanwhile."""
        person = self._rng.choice(self._people)
        lookup = wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"])
        page = self._ask("visit", lambda: self._api.visit(lookup))
        line = self._line(page) if page else None
        if line is None:
            return
        request = wire.OrderRequest(
            order_id=order_id, payer_id=line.person_id, lines=(line,), total_fen=line.amount_fen
        )
        made = self._note("create", self._ask("create", lambda: self._api.create(request)))
        if made is not None and made.pay_url and self._rng.random() < PAYS:
            with suppress(requests.RequestException):
                requests.post(f"{made.pay_url}/pay", headers=JSON, timeout=5)
        if self._rng.random() < 0.5:
            self._note("order", self._ask("order", lambda: self._api.order(order_id)))
        self._note("close", self._ask("close", lambda: self._api.close(order_id)))

    def _line(self, page: wire.MyPage) -> wire.OrderLine | None:
        dues = [due for due in page.dues if due.state is wire.DueState.DUE and due.tiers]
        if not dues:
            return None
        due = self._rng.choice(dues)
        tier = self._rng.choice(due.tiers)
        return wire.OrderLine(
            person_id=page.person_id,
            product=due.product,
            year=due.year,
            tier=tier.code,
            amount_fen=tier.amount_fen,
        )

    def _ask(self, call: str, question: Any) -> Any:
        """The same question until it is answered; None when central refuses."""
        while True:
            try:
                reply = question()
            except Unreachable:
                self.counts["unanswered"] += 1
                time.sleep(PAUSE_S)
            except Refused:
                return None
            else:
                self.counts[call] += 1
                return reply

    def _note(self, call: str, reply: wire.OrderReply | None) -> wire.OrderReply | None:
        if reply is not None:
            self.acknowledged[reply.order_id] = reply
        return reply


def client(url: str, kiosk_id: str) -> Api:
    settings = config.Central(url=url, token=f"demo-token-{kiosk_id}")
    return Api(settings, kiosk_id, SystemClock(), events.Log(StringIO(), SystemClock()))


def forgotten(api: Api, acknowledged: dict[str, wire.OrderReply]) -> list[str]:
    """One line for each order that central does not have as it was acknowledged."""
    found = []
    for order_id, before in acknowledged.items():
        try:
            now = api.order(order_id)
        except (Refused, Unreachable) as error:
            found.append(f"order {order_id} was {before.state.value}: {error}")
            continue
        if now.state not in LATER[before.state] or now.total_fen != before.total_fen:
            found.append(f"order {order_id} was {before.state.value}, is {now.state.value}")
        if before.state is wire.OrderState.PAID and fixed(now) != fixed(before):
            found.append(f"order {order_id} has other receipts")
    return found


def fixed(reply: wire.OrderReply) -> list[tuple[object, ...]]:
    """What of an order's receipts never changes; sheets are printed by and by."""
    return [(slip.receipt_no, slip.amount_fen, slip.paid_at, slip.verify_url) for slip in reply.receipts]
