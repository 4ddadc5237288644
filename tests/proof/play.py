"""One run: people come to machines by a script, things go wrong by a schedule, then all is mended and nothing may be left over.

the script, with faults; after each visit the outboxes work, with faults
all is mended: machines are switched on, the outboxes ask until they have nothing left, what was delayed arrives
invariants: the kiosks alone have left nothing open
whoever has not paid comes once more, and can; after every schedule of up to two faults, and a tenth of the longer ones
central looks by itself, hours go by: late money is found and sent back
invariants: the books agree
"""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import apsw

from kiosk.desk import Cancelled, Stopped
from kiosk.journal import JournalError
from tests.proof import invariants
from tests.proof.farends import Clock, Surroundings
from tests.proof.faults import Schedule
from tests.proof.machine import POLL_S, Machine, PowerCut
from tests.proof.person import AMOUNTS, HOMES, OFFERED, PRODUCT, YEAR, Come, Person, Told
from tests.proof.world import Central

ROUNDS = 6  # how long an outbox works between two visits
MOST_ROUNDS = 60  # how long at the end: more is stuck
HOURS_S = 4_000.0


@dataclass(frozen=True)
class Scenario:
    """``payers``: for each code that is seen, in order, what the payer does and how many seconds after seeing it.

    ``watchful``: central's own sweep runs all the time; without it the kiosks must manage alone.  ``off_s``: how long a machine
    is without power.  ``prompt``: the outboxes work between two visits; else only while somebody pays, and at the end.
    ``disk_fails``: the disk may be full at any entry.
    """

    name: str
    script: tuple[Come, ...]
    payers: tuple[tuple[tuple[float, str], ...], ...] = ()
    tells: bool = True
    jams: int = 0
    off_s: float = 30.0
    watchful: bool = False
    prompt: bool = True
    disk_fails: bool = False


class Known(Exception):
    """Nothing more will go wrong, and how everything goes on from here was seen before, to its good end."""


@dataclass
class Play:
    """``violations`` is empty when money and paper agree whatever happened.

    ``known``: the standings, as hashes, from which a run without further faults has come to a good end.  Given those, a run whose
    faults are spent stops where it reaches one of them: the same state has the same future.
    """

    scenario: Scenario
    schedule: Schedule
    disks: tuple[apsw.Connection, ...]
    known: frozenset[int] | set[int] = frozenset()
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock, self.amounts = Clock(), AMOUNTS
        self.central = Central(OFFERED, HOMES, self.clock.wall_ms)
        scenario = self.scenario
        self.around = Surroundings(
            self.central,
            self.clock,
            self.schedule,
            tells=scenario.tells,
            jams=scenario.jams,
            disk_fails=scenario.disk_fails,
        )
        kiosks = 1 + max(_kiosks(come) for come in scenario.script)
        self.machines = [Machine(f"WD00{n + 1}", self.disks[n], self.around) for n in range(kiosks)]
        self.payers = tuple(dict.fromkeys(person for come in scenario.script for person in come.lines))
        self.codes_seen: dict[str, set[tuple[str, int]]] = {}  # order id -> machine and boot
        self.told: list[Told] = []
        self._plans = list(scenario.payers)
        self._acts: list[tuple[float, str, str]] = []  # when, order id, act
        self.clock.watch = self._time_passes
        self.passed: list[int] = []  # the standings this run has come through since its last fault
        self._place = 0

    def run(self) -> None:
        """Plays it to its end, or to a standing that is known."""
        with suppress(Known):
            for come in self.scenario.script:
                self.visit(come)
                self._place += 1
                self.rest("visited")
                if self.scenario.prompt:
                    self.outboxes(ROUNDS)
                    self.rest("worked")
            self.outboxes(ROUNDS)
            self.rest("to be mended")
            self.mend()
            self.violations += invariants.kiosks_alone(self)
            self.pay_at_last()
            self.hours_go_by()
            self.violations += invariants.books(self)

    def rest(self, *place: Hashable) -> None:
        """No flow runs anywhere: all that counts from here on is in the standings.  Raises Known."""
        if not self.schedule.spent or self.violations:
            return
        seen = tuple((order_id, *sorted(where)) for order_id, where in self.codes_seen.items())
        machines = tuple(machine.standing() for machine in self.machines)
        people = tuple(self.told), seen, len(self._plans), tuple(self._acts)
        standing = hash((self._place, place, machines, people, self.around.standing()))
        if standing in self.known:
            raise Known
        self.passed.append(standing)

    # --- people and machines ---

    def visit(self, come: Come) -> None:
        machine = self.machines[come.kiosk]
        machine.code = ""
        try:
            self.power(machine)
            assert machine.kiosk is not None
            person = Person(self, machine, come)
            object.__setattr__(machine.kiosk, "desk", person)
            person.come()
        except PowerCut as cut:
            if cut.machine is not machine:
                raise
        except Cancelled:
            pass
        except (Stopped, JournalError):
            with suppress(PowerCut):
                machine.ends()
        machine.down = False
        machine.take_in()
        self.schedule.fresh = True

    def power(self, machine: Machine) -> None:
        """Switches a machine on, however often it goes off again."""
        while machine.kiosk is None:
            if machine.boots:
                self.clock.sleep(self.scenario.off_s)
            with suppress(PowerCut, JournalError):
                machine.boot(cast(Any, None))

    def outboxes(self, rounds: int) -> bool:
        """All outboxes work for a while.  True when none has anything left."""
        quiet = True
        for machine in self.machines:
            if not machine.boots:
                continue  # nobody has been there yet
            while True:
                self.power(machine)
                with suppress(PowerCut, JournalError):
                    quiet = machine.work(rounds) and quiet
                    break
                machine.kiosk = None
                self.rest("cut", machine.kiosk_id, rounds, quiet)
        return quiet

    def mend(self) -> None:
        """Everything works again, and everybody has the time to say what is left to say."""
        self.schedule.on = False
        if not self.outboxes(MOST_ROUNDS):
            self.violations.append("stuck: an outbox has work left that it cannot get rid of")
        self.around.arrive()
        self.around.come_out()
        self.outboxes(MOST_ROUNDS)

    def pay_at_last(self) -> None:
        """With everything well, whoever still owes can pay."""
        choices = self.schedule.choices
        if len(choices) > 2 and sum(number for number, _ in choices) % 10:
            return
        self._plans = [((POLL_S / 2, "pay"),)] * len(AMOUNTS)
        for person in self.payers:
            if self.central.page(person).dues[(person, PRODUCT, YEAR)] == "due":
                self.visit(Come(who=person, lines=(person,)))
                if self.central.page(person).dues[(person, PRODUCT, YEAR)] != "paid":
                    self.violations.append("somebody cannot pay although all is well")
        self.outboxes(MOST_ROUNDS)

    def hours_go_by(self) -> None:
        for _ in range(4):
            self.clock.sleep(HOURS_S)
            self.central.sweep()

    # --- the payer ---

    def sees_code(self, machine: Machine, order_id: str) -> None:
        """A code is on a screen, or one was scanned: from now on the payer can pay."""
        first = order_id not in self.codes_seen
        self.codes_seen.setdefault(order_id, set()).add((machine.kiosk_id, machine.boots))
        if first and self._plans:
            for after_s, act in self._plans.pop(0):
                self._acts.append((self.clock.now + after_s, order_id, act))
            self._acts.sort()

    def _time_passes(self) -> None:
        now = self.clock.now
        while self._acts and self._acts[0][0] <= now:
            _, order_id, act = self._acts.pop(0)
            if act == "notify":
                self.central.notify(order_id)
            elif order_id in self.central.gateway.trades:
                self.central.gateway.act(order_id, act)
        self.schedule.fresh = True
        if self.scenario.watchful:
            self.central.sweep()


def _kiosks(come: Come) -> int:
    inner = [_kiosks(what) for _, what in come.meanwhile if isinstance(what, Come)]
    return max([come.kiosk, *inner])
