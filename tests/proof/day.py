"""One day at many kiosks: citizens as random as ever, and nothing that anybody can rely on.

Everything is drawn from one seed: who comes where and taps what, what breaks, when central and the gateway are killed.  What happens
between processes at the same instant is the machine's own choice, and every outcome of that must be right too.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from random import Random
from typing import Any

import requests

from kiosk import texts, views
from kiosk.flows.attract import Devices
from kiosk.journal import Journal
from kiosk.views import AttentionButton, MyPageButton, PaidButton, View
from stand.proxy import Fault
from tests.kiosk.citizens import Afternoon, Citizen, FusedJournal
from tests.proof.hall import Hall
from tests.proof.services import Service
from tests.visitor import JSON, Visitor

AT_THE_KIOSK = {
    Fault.DELAY: 0.04,
    Fault.TRICKLE: 0.02,
    Fault.DUPLICATE: 0.06,
    Fault.LOSE_REQUEST: 0.03,
    Fault.LOSE_REPLY: 0.05,
    Fault.LATE: 0.03,
    Fault.HALF_CLOSE: 0.02,
    Fault.CUT_SHORT: 0.02,
    Fault.RESET: 0.02,
    Fault.RESET_REPLY: 0.02,
    Fault.CUT: 0.005,
}
AT_THE_GATEWAY = {fault: share / 2 for fault, share in AT_THE_KIOSK.items()}
QUIRKS = {
    "slow": 0.03,
    "system_error": 0.02,
    "error_after": 0.02,
    "bad_signature": 0.01,
    "stale_signature": 0.01,
    "wrong_echo": 0.01,
    "user_paying": 0.2,
    "reverse_undecided": 0.1,
    "close_refused": 0.05,
    "late_money": 0.04,
    "paid_twice": 0.03,
    "no_notice": 0.2,
    "early_notice": 0.1,
    "duplicate_notice": 0.2,
    "shuffled_notices": 0.2,
    "wrong_amount_notice": 0.05,
    "bad_notice": 0.05,
    "replayed_notice": 0.1,
    "slow_s": 0.1,
    "paying_s": 0.5,
}  # all but refund_refused, which only a person at the bank can end
VISITS_A_KILL = 30  # of central, and of the gateway
STORM = 0.15  # of the intents
LONGEST_DEAD = 40  # exchanges: a kiosk gives up making an order after 20
LONGEST_DOWN = 25  # questions until somebody starts it again
CODES_KEPT = 30


class Weather:
    """Faults of one line, drawn one by one; after something was lost or late, nothing may get through for a while.

    So a request may be on its way while everything that is asked after it is lost, and arrive when the line is back.
    """

    def __init__(self, rng: Random, shares: Mapping[Fault, float]) -> None:
        self._rng, self._shares = rng, shares
        self._late, self._dead = False, 0  # exchanges

    def storm(self) -> None:
        """What is asked next is on its way for long, and after it the line is dead."""
        self._late, self._dead = True, self._rng.randint(LONGEST_DEAD // 2, LONGEST_DEAD)

    def __call__(self) -> Fault:
        if self._late:
            self._late = False
            return Fault.LATE
        if self._dead:
            self._dead -= 1
            return Fault.LOSE_REQUEST
        faults = [*self._shares, Fault.NONE]
        (fault,) = self._rng.choices(faults, [*self._shares.values(), 1 - sum(self._shares.values())])
        if fault in (Fault.LATE, Fault.LOSE_REPLY, Fault.LOSE_REQUEST) and self._rng.random() < 0.3:
            self._dead = self._rng.randint(1, LONGEST_DEAD)
        return fault


class StormyJournal(FusedJournal):
    """A journal at some of whose intents the weather turns: the order's first question is the one that comes late."""

    def __init__(self, journal: Journal, at: int | None, after: bool, storm: Callable[[], None]) -> None:
        super().__init__(journal, at, after)
        self._storm = storm

    def append(self, *arguments: Any) -> Any:
        if arguments[1] == "intent":
            self._storm()
        return super().append(*arguments)


class Day(Afternoon):
    """``met`` counts what happened."""

    def __init__(
        self, hall: Hall, rng: Random, people: Iterator[dict[str, Any]], met: Counter[str], visits: int
    ) -> None:
        """``visits`` is how many there will be: each service is killed in some of them, and at least once; so is a kiosk's power."""
        super().__init__(rng, hall.visitors, people, met)
        self._half = visits // 2
        kills = max(1, visits // VISITS_A_KILL)
        self._kills = {
            service: rng.sample(range(1, visits + 1), kills) for service in (hall.central, hall.gateway)
        }
        self._here: list[dict[str, Any]] = []
        self._hall = hall
        self._dice = {visitor: Random(f"{rng.random()}") for visitor in hall.visitors}
        self._down: dict[Service, int] = {}
        self._timers: list[threading.Timer] = []
        self._codes: list[str] = []
        for proxy in (hall.to_gateway, hall.notices):
            proxy.choose = Weather(Random(f"{rng.random()}"), AT_THE_GATEWAY)

    def visit(self) -> None:
        self._tend()
        if self._codes and self.rng.random() < 0.05:  # somebody still has the code on the phone
            self._press(self.rng.choice(self._codes), self.rng.choice(["pay", "again"]))
        super().visit()
        self.met["visits"] += 1

    def _serve(self, visitor: Visitor, person: dict[str, Any]) -> None:
        self._here.append(person)
        try:
            super()._serve(visitor, person)
        finally:
            self._here.pop()

    def end(self) -> None:
        """The last kills are over."""
        for timer in self._timers:
            timer.join()

    # --- what breaks ---

    def meddle(self, visitor: Visitor) -> None:
        self._tend()
        super().meddle(visitor)
        if self.rng.random() < 0.01:
            self.elsewhere(visitor, self._here[-1])
        for service, visits in self._kills.items():
            if service not in self._down and self.rng.random() < 0.3:
                due = [number for number in visits if number <= self.met["visits"] + 1]
                if due:
                    visits.remove(due[0])
                    self._kill(service)

    def _kill(self, service: Service) -> None:
        """In the middle of whatever is asked by then."""
        self.met["central killed" if service is self._hall.central else "gateway killed"] += 1
        self._down[service] = self.rng.randint(1, LONGEST_DOWN)
        self._timers.append(threading.Timer(self.rng.uniform(0, 0.05), service.kill))
        self._timers[-1].start()

    def fused(self, visitor: Visitor, journal: Journal) -> FusedJournal:
        def storm() -> None:
            if self.rng.random() < STORM:
                self.met["storm at an intent"] += 1
                weather = visitor.stand.network.choose = Weather(self._dice[visitor], AT_THE_KIOSK)
                weather.storm()

        rng = self.rng
        at = rng.randint(1, 8) if rng.random() < 0.2 else None
        if not self.met["power cut"] and self.met["visits"] >= self._half:
            at = 1  # whoever pays next
        return StormyJournal(journal, at, rng.random() < 0.5, storm)

    def meddle_with_network(self, visitor: Visitor) -> None:
        rng, network = self.rng, visitor.stand.network
        if rng.random() < 0.015:
            network.cut = True
            self.met["line cut"] += 1
        if rng.random() < 0.1:
            network.choose = Weather(self._dice[visitor], AT_THE_KIOSK)
        if rng.random() < 0.2:
            network.healthy()

    def _tend(self) -> None:
        """Somebody notices that a service is down, sooner or later, and starts it."""
        for service, questions in list(self._down.items()):
            self._down[service] = questions - 1
            if questions <= 0 and not service.runs:
                del self._down[service]
                service.begin()
                if self.rng.random() < 0.5:
                    service.wait()

    # --- payers ---

    def cashier(self, visitor: Visitor, act: str) -> None:
        url = visitor.start_if_off().kiosk.till.pay_url
        self._codes = [*self._codes, url][-CODES_KEPT:]
        self._press(url, act)
        if act == "pay" and self.rng.random() < 0.1:
            self._press(url, "again")

    def _press(self, url: str, act: str) -> None:
        with suppress(requests.RequestException):
            if requests.post(f"{url}/{act}", headers=JSON, timeout=10).status_code == 200:
                self.met[f"payer: {act}"] += 1
                return
        self.met["payer met no gateway"] += 1

    def time_passes(self, seconds: int) -> None:
        """Central's time is the world's own."""


class Collector(Citizen):
    """Comes for the receipts that are owed, takes each once, and does nothing else."""

    def __init__(self, afternoon: Afternoon, visitor: Visitor, person: dict[str, Any], owed: int) -> None:
        super().__init__(afternoon, visitor, person)
        self._owed, self._taken = owed, 0

    def _tap(self, view: View[Any]) -> Any:
        match view:
            case views.Home() | views.PresentCard():
                self._visitor.place(self._person).action()
                return ...
            case views.MyPage():
                owed = any(item.key == "owed" for item in view.items)
                return "owed" if owed and self._taken < self._owed else MyPageButton.LEAVE
            case views.ChooseReceipt():
                return [option.key for option in view.options][self._taken % len(view.options)]
            case views.Paid():
                self._taken += 1
                return PaidButton.DONE
            case views.Attention():
                return AttentionButton.SECOND if view.second == texts.LEAVE else AttentionButton.FIRST
            case _:
                raise AssertionError(f"a collector does not expect {type(view).__name__}")


class Evening(Afternoon):
    """Everything is mended: whoever is owed a receipt gets it, at any kiosk."""

    def meddle(self, visitor: Visitor) -> None:
        """Not any more."""

    def rest(self) -> None:
        """Nobody comes for a while, and each machine looks at itself, as it does all day between two visits."""
        for visitor in self._visitors:
            machine = visitor.start_if_off()
            visitor.sweep(1)
            Devices(machine.kiosk).look()

    def report(self) -> None:
        """The machines send on what central asks for; when nothing is new, it is asked at every fourth turn only."""
        for visitor in self._visitors:
            visitor.sweep(12)

    def collect(self, person: dict[str, Any], owed: int) -> None:
        visitor = self.rng.choice(self._visitors)
        visitor.stand.reader.take()
        visitor.start_if_off()
        visitor.visit_of(Collector(self, visitor, person, owed))
        visitor.stand.reader.take()
        visitor.sweep(2)
