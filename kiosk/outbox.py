"""Moves what no flow holds: open orders, verdicts of sheets, yearly checks, the device log.  One thread, an Api of its own.

At start it finds everything unfinished in the journal; later a flow hands an order over when it leaves it.  A case that central
does not settle is asked about for ever, 2 to 60 s apart; nothing is dropped.  The device log goes when nothing else is due.
"""

from __future__ import annotations

import queue
import sys
import threading
from dataclasses import dataclass
from random import Random

from devices.clock import Clock
from kiosk import events
from kiosk.api import Api, Refused, Unreachable
from kiosk.device_log import DeviceLog
from kiosk.journal import Journal
from kiosk.registrar import CHECK, HOME_VISIT, Registrar
from kiosk.till import COPY, ORDER, Till

FIRST_LOOK_S = 0.5  # the first screen comes first: asking central begins with a tenth of a second of imports
PING_EVERY_S = 20.0
LOG_EVERY_S = 30.0
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 60.0


class OutboxDied(Exception):
    """Its thread ended by a surprise, already logged: the process must end too, so that the next start settles."""


@dataclass
class Case:
    """One thing to settle: when to ask next, and how long to wait after that."""

    subject: str
    due: float
    wait_s: float = FIRST_WAIT_S


class Outbox:
    """``take_*`` are called from the session thread; everything else runs on the outbox's own.

    ``central_heard``: whether the last call or ping was answered, None before the first; any thread may read it.
    """

    def __init__(
        self,
        till: Till,
        registrar: Registrar,
        device_log: DeviceLog,
        api: Api,
        journal: Journal,
        clock: Clock,
        log: events.Log,
        rng: Random,
    ) -> None:
        self._till, self._registrar, self._device_log = till, registrar, device_log
        self._api, self._journal = api, journal
        self._clock, self._log, self._rng = clock, log, rng
        self.central_heard: bool | None = None
        self._next_ping = clock.monotonic()
        self._next_log, self._log_wait_s = clock.monotonic(), FIRST_WAIT_S
        self._inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._cases: dict[str, Case] = {}
        self._untold: set[str] = set()  # yearly checks and wishes for a visit that are ours; any thread
        self._died = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def recover(self) -> int:
        """After a start: no flow resumes, so every unfinished order is given up to the outbox.  Returns how many cases there are."""
        for subject, last in self._journal.subjects_last("").items():
            if subject.startswith(ORDER):
                order = self._till.give_up(self._till.load(subject.removeprefix(ORDER)))
                if not order.settled:
                    self._add(subject)
            elif subject.startswith((CHECK, HOME_VISIT)):
                if not self._registrar.recover(subject):
                    self._add(subject)
            elif subject.startswith(COPY) and last.event not in ("asked", "reported"):
                self._add(subject)
        return len(self._cases)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._inbox.put(None)
        self._thread.join(timeout=10)

    def check(self) -> None:
        """Raises OutboxDied when nobody would settle what a flow hands over."""
        if self._died:
            raise OutboxDied

    def take_order(self, order_id: str) -> None:
        """The flow is done with this order; whatever is left of it is the outbox's."""
        self._inbox.put(ORDER + order_id)

    def take_copy(self, print_id: str) -> None:
        self._inbox.put(COPY + print_id)

    def take_check(self, check_id: str) -> None:
        """The flow is done with this check: what central has not heard of it is the outbox's; unfinished, it is left."""
        self._take(CHECK + check_id)

    def take_home_visit(self, request_id: str) -> None:
        self._take(HOME_VISIT + request_id)

    def untold(self) -> tuple[str, ...]:
        """Yearly checks and wishes for a visit that central may not have heard of yet; any thread may ask."""
        return tuple(sorted(self._untold.copy()))

    def skew_s(self) -> float | None:
        """This machine's clock minus central's, as last seen by the outbox."""
        return self._api.skew_s

    def sweep(self) -> float:
        """Asks once about everything that is due.  Returns seconds until there is something to do again."""
        now = self._clock.monotonic()
        if now >= self._next_ping:
            self._ping()
            self._next_ping = now + PING_EVERY_S
        for case in [case for case in self._cases.values() if case.due <= now]:
            if self._settle(case.subject):
                del self._cases[case.subject]
                self._untold.discard(case.subject)
                self._log.write(events.OutboxDelivered(subject=case.subject))
            else:
                case.due = self._clock.monotonic() + case.wait_s * self._rng.uniform(0.8, 1.2)
                case.wait_s = min(case.wait_s * 2, LONGEST_WAIT_S)
        now = self._clock.monotonic()
        if now >= self._next_log and not any(case.due <= now for case in self._cases.values()):
            self._send_log()
        dues = [self._next_ping, self._next_log, *(case.due for case in self._cases.values())]
        return min(dues) - self._clock.monotonic()

    def receive(self, wait_s: float) -> bool:
        """Takes over what flows have handed in.  False when it is time to stop."""
        try:
            subject = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
        except queue.Empty:
            return True
        if subject is None:
            return False
        self._add(subject)
        return True

    def _ping(self) -> None:
        try:
            self._api.health()
            self.central_heard = True
        except (Unreachable, Refused):
            self.central_heard = False

    def _send_log(self) -> None:
        if self._device_log.send():
            wait_s, self._log_wait_s = LOG_EVERY_S, FIRST_WAIT_S
        else:
            wait_s, self._log_wait_s = self._log_wait_s, min(self._log_wait_s * 2, LONGEST_WAIT_S)
        self._next_log = self._clock.monotonic() + wait_s * self._rng.uniform(0.8, 1.2)

    def _take(self, subject: str) -> None:
        self._untold.add(subject)
        self._inbox.put(subject)

    def _add(self, subject: str) -> None:
        if subject.startswith((CHECK, HOME_VISIT)):
            self._untold.add(subject)
        self._cases[subject] = Case(subject, self._clock.monotonic())

    def _settle(self, subject: str) -> bool:
        if subject.startswith(COPY):
            return self._till.report_copy(subject.removeprefix(COPY))
        if subject.startswith((CHECK, HOME_VISIT)):
            return self._registrar.settle(subject)
        order = self._till.give_up(self._till.load(subject.removeprefix(ORDER)))
        order = self._till.report(self._till.give_up(self._till.advance(order)))
        return order.settled

    def _run(self) -> None:
        wait_s = FIRST_LOOK_S
        try:
            while self.receive(max(wait_s, 0.01)):
                wait_s = self.sweep()
        finally:
            if (error := sys.exception()) is not None:
                self._died = True  # the session ends the process
                self._log.write(events.Surprise.of(error))
