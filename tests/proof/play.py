"""One run: people come to machines by a script, things go wrong by a schedule, then all is mended and nothing may be left over.

the script, with faults; after each visit the outboxes work, with faults
all is mended: machines are switched on, the outboxes ask until they have nothing left, what was delayed arrives
invariants: the kiosks alone have left nothing open
central looks by itself, hours go by: late money is found and sent back
invariants: the books agree
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

import apsw

from kiosk import texts, views, wire
from kiosk.desk import Cancelled
from kiosk.flows import paper, pay
from kiosk.flows.pay import Want
from kiosk.views import BACK, AttentionButton, PaidButton, PayButton, PendingButton, View
from tests.proof import invariants
from tests.proof.faults import Schedule
from tests.proof.machine import HEALTH, POLL_S, Clock, Machine, PowerCut, Surroundings
from tests.proof.world import Central, Due

A = TypeVar("A")

ROUNDS = 6  # how long an outbox works between two visits
MOST_ROUNDS = 60  # how long at the end: more is stuck
HOURS_S = 4_000.0
WALKS_AWAY = ("back", "home", "idle")

FATHER, MOTHER = "pa00000001", "pb00000002"  # one household
AMOUNTS = {FATHER: 30_000, MOTHER: 100_000}
HOMES = {FATHER: "home", MOTHER: "home"}
PRODUCT, YEAR = "resident_pension", 2026
OFFERED: dict[Due, frozenset[tuple[str, int]]] = {
    (person, PRODUCT, YEAR): frozenset({("300", 30_000), ("1000", 100_000)}) for person in HOMES
}


def _want(person: str) -> Want:
    fen = AMOUNTS[person]
    tier = wire.Tier(code=str(fen // 100), amount_fen=fen, label=f"{fen // 100} 元/年")
    due = wire.Due(
        product=PRODUCT,
        title="居民养老",
        insurance="城乡居民基本养老保险",
        year=YEAR,
        state=wire.DueState.DUE,
        tiers=(tier,),
    )
    return Want(person, "测试", due, tier)


WANTS = {person: _want(person) for person in HOMES}
PAGES = {
    person: wire.MyPage(
        person_id=person,
        name="测试",
        name_matches=True,
        masked_number="3710**********0012",
        dues=(),
        certification=wire.Certification(state=wire.CertificationState.NOT_NEEDED),
        server_time=HEALTH.server_time,
    )
    for person in HOMES
}


@dataclass(frozen=True)
class Come:
    """One person before one machine: pays what is due, and if nothing is, fetches the paper that is owed.

    ``lines``: whose dues; ``stale``: the page is of before, so what is due is believed, not asked; ``twice``: and tapped again;
    ``leaves``: "back", "home" or "idle" once the code was looked at ``looks`` times; "home after": 首页 when it is all done;
    ``scans``: holds this code under the scanner; ``copies``: wants a copy of every receipt, owed or not;
    ``meanwhile``: what others do once the code was looked at that many times, "outbox": this machine's own.
    """

    kiosk: int = 0
    who: str = FATHER
    lines: tuple[str, ...] = (FATHER,)
    stale: bool = False
    twice: bool = False
    leaves: str = ""
    looks: int = 0
    scans: str = ""
    copies: bool = False
    meanwhile: tuple[tuple[int, Come | str], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """``payers``: for each code that is seen, in order, what the payer does and how many seconds after seeing it.

    ``watchful``: central's own sweep runs all the time; without it the kiosks must manage alone.  ``off_s``: how long a machine
    is without power.  ``prompt``: the outboxes work between two visits; else only while somebody pays, and at the end.
    """

    name: str
    script: tuple[Come, ...]
    payers: tuple[tuple[tuple[float, str], ...], ...] = ()
    tells: bool = True
    jams: int = 0
    off_s: float = 30.0
    watchful: bool = False
    prompt: bool = True


class Told(NamedTuple):
    """What a person was told about an order, and what was true at that moment."""

    order_id: str
    what: str
    state: str  # central's
    held_fen: int  # the payer's, at the gateway


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
        self.around = Surroundings(self.central, self.clock, self.schedule, scenario.tells, scenario.jams)
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
        machine.down = False
        machine.take_in()
        self.schedule.fresh = True

    def power(self, machine: Machine) -> None:
        """Switches a machine on, however often it goes off again."""
        while machine.kiosk is None:
            if machine.boots:
                self.clock.sleep(self.scenario.off_s)
            with suppress(PowerCut):
                machine.boot(cast(Any, None))

    def outboxes(self, rounds: int) -> bool:
        """All outboxes work for a while.  True when none has anything left."""
        quiet = True
        for machine in self.machines:
            while True:
                self.power(machine)
                with suppress(PowerCut):
                    quiet = machine.work(rounds) and quiet
                    break
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


class Person:
    """Answers what the screens ask.  A ``kiosk.desk.Desk``."""

    def __init__(self, play: Play, machine: Machine, come: Come) -> None:
        self._play, self._machine, self._come = play, machine, come
        self._looks = 0
        self._scanned = False
        self._meanwhile = list(come.meanwhile)

    def come(self) -> None:
        come, kiosk, central = self._come, self._machine.kiosk, self._play.central
        assert kiosk is not None
        page = central.page(come.who)
        wants = tuple(WANTS[person] for person in come.lines)
        wanted = all(
            (page if person == come.who else central.page(person)).dues[(person, PRODUCT, YEAR)] == "due"
            for person in come.lines
        )
        if come.stale or wanted:
            pay.confirm_and_settle(kiosk, PAGES[come.who], wants)
            if come.twice:
                pay.confirm_and_settle(kiosk, PAGES[come.who], wants)
            return
        papers = page.owed
        if come.copies:
            papers = tuple(no for no, paper_ in central.receipts.items() if paper_.person_id == come.who)
        for receipt_no in papers:
            paper.print_copy(kiosk, receipt_no)

    # --- the desk ---

    def show(self, view: View[Any]) -> None:
        return

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        self._play.schedule.fresh = True
        return cast(A, ANSWERS[type(view)](self, view, watch))

    def confirm(self, view: Any, watch: Any) -> object:
        return True

    def pay_by_qr(self, view: views.PayByQr, watch: Callable[[], object]) -> object:
        self._play.sees_code(self._machine, view.qr.removeprefix("pay:"))
        invariants.code_on_screen(self._play, self._machine, view)
        if self._come.scans and not self._scanned:
            self._scanned = True
            self._machine.code = self._come.scans
            return PayButton.SCAN_MY_CODE
        return self._wait(watch)

    def scan(self, view: views.ScanPayerCode, watch: Callable[[], object]) -> object:
        return BACK if view.refused else self._wait(watch)

    def _wait(self, watch: Callable[[], object]) -> object:
        """Until the world answers, or the person has had enough."""
        while True:
            if (news := watch()) is not None:
                return news
            self._others()
            if self._come.leaves in WALKS_AWAY and self._looks >= self._come.looks:
                if self._come.leaves == "back":
                    return BACK
                raise Cancelled(self._come.leaves)
            self._looks += 1
            self._play.clock.sleep(POLL_S)

    def _others(self) -> None:
        """What happens elsewhere while this person waits."""
        while self._meanwhile and self._meanwhile[0][0] <= self._looks:
            _, what = self._meanwhile.pop(0)
            if isinstance(what, Come):
                self._play.visit(what)
            else:
                self._machine.work(1)
        self._play.schedule.fresh = True

    def paid(self, view: views.Paid, watch: Any) -> object:
        self._tell("copy" if view.copy else "paid")
        if self._come.leaves == "home after":
            raise Cancelled("home")
        return PaidButton.DONE

    def pending(self, view: views.Pending, watch: Any) -> object:
        self._tell("pending")
        return PendingButton.PRINT_SLIP

    def attention(self, view: views.Attention, watch: Any) -> object:
        if (what := MEANING.get(view.title)) is not None:
            self._tell(what)
        return AttentionButton.SECOND if view.second else AttentionButton.FIRST

    def _tell(self, what: str) -> None:
        order_id, central = self._machine.order_id, self._play.central
        row = central.orders.get(order_id)
        held_fen = central.gateway.kept_fen(order_id)
        self._play.told.append(Told(order_id, what, row.state if row else "", held_fen))


MEANING = {
    texts.CLOSED_TITLE: "closed",
    texts.GOING_BACK_TITLE: "going back",
    texts.NOT_REACHED_TITLE: "not reached",
    texts.ORDER_REFUSED_TITLE: "refused",
}
ANSWERS: dict[type, Callable[[Person, Any, Any], object]] = {
    views.ConfirmPayment: Person.confirm,
    views.PayByQr: Person.pay_by_qr,
    views.ScanPayerCode: Person.scan,
    views.Paid: Person.paid,
    views.Pending: Person.pending,
    views.Attention: Person.attention,
}


def _kiosks(come: Come) -> int:
    inner = [_kiosks(what) for _, what in come.meanwhile if isinstance(what, Come)]
    return max([come.kiosk, *inner])
