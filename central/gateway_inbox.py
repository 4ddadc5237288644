"""Notices of the gateway: checked, written down once each, and then only a reason to ask.

A notice is believed to come from the gateway when its signature and its seal are right and its time is now; what it
says of money is never booked.  It names an order and a payment, and central asks the gateway about them itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from sqlalchemy import insert, select, update

from central import tables
from central.clock import Clock
from central.database import Database
from central.gateway_signature import Platform, notice_key, unseal
from central.orders import Orders
from central.problems import Refused
from central.settings import GatewaySettings

INBOX = tables.gateway_inbox
NOTICES_MOST = 100  # at a time
SILENCES_MOST = 5  # then the gateway is down for all of them
WORTH_MS = 24 * 3600 * 1000  # older news has long been found by looking
PAYMENT = "TRANSACTION."
WORD = re.compile(r"[0-9A-Za-z_.|*@-]{1,64}")


class Verdict(Enum):
    """What the gateway is answered: HTTP status, and the words of the documents."""

    TAKEN = (200, "SUCCESS")
    UNREADABLE = (400, "FAIL")
    NOT_YOURS = (401, "FAIL")  # the signature, or its time
    UNKNOWN_ORDER = (404, "FAIL")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def body(self) -> dict[str, str]:
        return {"code": self.value[1], "message": self.name.lower()}


class Inbox:
    """Called from many threads."""

    def __init__(
        self, settings: GatewaySettings, platform: Platform, database: Database, orders: Orders, clock: Clock
    ) -> None:
        self._settings, self._platform, self._key = settings, platform, notice_key(settings.notice_key)
        self._database, self._orders, self._clock = database, orders, clock

    def receive(self, headers: Mapping[str, str], body: bytes) -> Verdict:
        """Takes one notice, or says why not.  Taken means: on disk.  ``work`` asks the gateway."""
        if not self._platform.vouches(headers, body, self._clock.now_ms() / 1000):
            return Verdict.NOT_YOURS
        row = self._read(body)
        if row is None:
            return Verdict.UNREADABLE
        orders = tables.orders
        with self._database.write() as connection:
            mine = select(orders.c.order_id).where(orders.c.order_id == row["order_id"])
            if connection.execute(mine.with_for_update()).first() is None:
                return Verdict.UNKNOWN_ORDER
            known = select(INBOX.c.notice_id).where(INBOX.c.notice_id == row["notice_id"])
            if connection.execute(known).first() is None:
                connection.execute(insert(INBOX).values(**row, received_ms=self._clock.now_ms()))
        return Verdict.TAKEN

    def work(self) -> int:
        """Asks the gateway about everything it gave notice of and gives how much is settled; silence is asked again."""
        with self._database.read() as connection:
            since_ms = self._clock.now_ms() - WORTH_MS
            waiting = select(INBOX).where(INBOX.c.settled_ms.is_(None), INBOX.c.received_ms > since_ms)
            rows = connection.execute(waiting.order_by(INBOX.c.received_ms).limit(NOTICES_MOST)).all()
        settled, silences = 0, 0
        for row in rows:
            if silences == SILENCES_MOST:
                break
            try:
                self._orders.settle([row.order_id])
                if row.transaction_id:
                    self._orders.look_for(row.order_id, row.transaction_id)
            except Refused:
                silences += 1
                continue
            with self._database.write() as connection:
                done = update(INBOX).where(INBOX.c.notice_id == row.notice_id)
                connection.execute(done.values(settled_ms=self._clock.now_ms()))
            settled += 1
        return settled

    def _read(self, body: bytes) -> dict[str, str] | None:
        """The row of a notice about our merchant, or None."""
        notice = _object(body)
        resource = notice.get("resource")
        if not isinstance(resource, dict):
            return None
        plain = unseal(self._key, resource)
        told = _object(plain) if plain is not None else {}
        whose = (told.get("mchid"), told.get("appid", self._settings.appid))
        if whose != (self._settings.mchid, self._settings.appid):
            return None
        event = notice.get("event_type")
        words = [notice.get("id"), event, told.get("out_trade_no")]
        if isinstance(event, str) and event.startswith(PAYMENT):
            words.append(told.get("transaction_id"))
        if not all(isinstance(word, str) and WORD.fullmatch(word) for word in words):
            return None
        notice_id, event, order_id, transaction = (str(word) for word in (*words, "")[:4])
        if len(order_id) > 40 or len(event) > 40:
            return None
        return {
            "notice_id": notice_id,
            "event": event,
            "order_id": order_id,
            "transaction_id": transaction,
        }


def _object(body: bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
