"""One schedule lived through: kiosks, payer, sweep and notices around the real central, until nothing moves any more.

A scenario's script is a row of moves, done in that order; the moves of ``may`` come only when the schedule says so,
each once.  Any lane's next move may come early, into the middle of what is under way.  The lanes: each kiosk does one
thing at a time and asks the same again until it is answered; the payer of each order; the one sweep; notices.

    A.put A.poll A.close A.code A.print       what kiosk A does about its order
    A.again A.other                           the same create once more from the network; the same number, another body
    pay:A wrong:A refuse:A                    the payer of A's order: pays, pays one fen, refuses on the phone
    twice:A more:A                            pays again; pays again after central has booked the first payment
    takeback:A                                the gateway gives A's payer the money again, unasked
    notice:A                                  the gateway's notice about A's order
    days:A                                    four days pass between what A's payer did before and does after
    copy1:A copy2:A                           a marked copy of A's receipts, at any kiosk: leave to print, then outcome
    sweep expire visit                        two seconds later a sweep; 301 seconds pass; the citizen elsewhere
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from central.gateway import TradeState
from central.orders import Orders
from central.people import People
from central.problems import Refused
from central.receipts import PrintDesk, ReceiptBook
from kiosk import wire
from kiosk.wire import OrderReply, ProblemCode, SheetVerdict
from tests.proof.central_books import Books
from tests.proof.central_kiosk import ASK_AGAIN, Kiosk
from tests.proof.central_laws import Laws
from tests.proof.central_scenarios import Scenario
from tests.proof.central_world import CRASH, GO_ON, Bench, Crash, MovedClock, Schedule

HEARD, LOST = "heard", "lost"
WAITS_MS = (*(1000 << n for n in range(6)), *[60_000] * 6)  # as an outbox: longer and longer
ROUNDS_MOST = 40
SWEEP_AFTER_MS = 2500
FOUR_DAYS_MS = 4 * 86_400_000  # longer than a closed order is looked at
BILLS_MOST = 6  # the differences of a day are looked at again until there are none

Reply = TypeVar("Reply")


class Visit:
    """One schedule.  ``broken`` holds every law it broke."""

    def __init__(self, bench: Bench, scenario: Scenario, schedule: Schedule) -> None:
        self.bench, self.scenario, self.schedule = bench, scenario, schedule
        self.clock, self.moved = MovedClock(), False
        self.broken: list[str] = []
        self.books = Books(self, bench.database, scenario.manners)
        self.laws = Laws(self.broke)
        requests = {name: bench.order(name, spec) for name, spec in scenario.orders.items()}
        self.kiosks = {
            name: Kiosk(self, f"WD00{1 + n % 2}", request)
            for n, (name, request) in enumerate(requests.items())
        }
        self._script = scenario.script.split()
        self._may = scenario.may.split()
        self._left = [True] * (len(self._script) + len(self._may))
        self._busy: list[str] = []
        self._granted: dict[tuple[str, str], int] = {}
        self._restart()

    # --- the whole life ---

    def live(self) -> list[str]:
        """The script, then healing.  Gives the laws that were broken, in order."""
        self.bench.reset()
        self.bench.database.watcher = self
        try:
            for number in range(len(self._script)):
                self._do_until_done(number)
            self.books.land()
            for name, kiosk in self.kiosks.items():
                if name not in self.scenario.silent_kiosks:
                    self._close_for_good(kiosk)
            self._let_time_pass()
        finally:
            self.bench.database.watcher = None
        self.laws.check(self)
        return self.broken

    def broke(self, law: str) -> None:
        if law not in self.broken:
            self.broken.append(law)

    def wrote(self) -> None:
        self.moved = True
        self.laws.at_commit(self.bench, self.books)

    def gap(self, place: str, default: int | None = None) -> None:
        """Before anything of central's, and between two moves.  ``default`` is the move that comes by itself."""
        if self.bench.database.open:
            return
        while True:
            able = [n for n in self._able() if n != default]
            die = [CRASH] if self.moved and self._busy and place != "write" else []
            if not able and not die:
                return
            taken = self.schedule.take(place, (GO_ON, *die, *(self._name(n) for n in able)))
            self.moved = self.moved and place == "write"
            if taken == GO_ON:
                return
            if taken == CRASH:
                raise Crash
            self._do(next(n for n in able if self._name(n) == taken))

    # --- what the kiosks ask ---

    def ask(
        self, request: wire.OrderRequest, question: Callable[[], OrderReply]
    ) -> OrderReply | ProblemCode | None:
        """The answer or the refusal; None when there is nothing to go by, so that the same is asked again."""
        asked = self.laws.moment()
        answer: OrderReply | ProblemCode
        try:
            answer = question()
        except Refused as refused:
            answer = refused.code
        except DBAPIError as error:
            self.broke(f"the database had to refuse: {type(error).__name__}")
            return None
        if answer in ASK_AGAIN or self.schedule.take("answer", (HEARD, LOST)) == LOST:
            return None
        self.laws.hear(request, answer, asked)
        return answer

    def unheard(self, question: Callable[[], object]) -> ProblemCode | None:
        """Asks, and gives the refusal if there was one."""
        try:
            question()
        except Refused as refused:
            return refused.code
        except DBAPIError as error:
            self.broke(f"the database had to refuse: {type(error).__name__}")
            return ProblemCode.BUSY
        return None

    def tell(self, receipt_no: str, print_id: str, copy_number: int) -> bool:
        """Tells that a sheet came out; True once that was heard."""
        told = wire.PrintOutcome(print_id=print_id, copy_number=copy_number, verdict=SheetVerdict.PRINTED)
        if self.unheard(lambda: self.print_desk.outcome("WD002", receipt_no, told)) is not None:
            self.broke("a sheet that came out was refused")
            return True
        return self.schedule.take("answer", (HEARD, LOST)) == HEARD

    # --- moves ---

    def _do_until_done(self, number: int) -> None:
        for wait_ms in WAITS_MS:
            self.clock.ms += wait_ms
            if self._left[number]:
                self._outside(lambda: self.gap("between", number))
            if self._left[number]:
                self._outside(lambda: self._do(number))
            if not self._left[number]:
                return
        self.broke(f"{self._name(number)}: never answered")

    def _close_for_good(self, kiosk: Kiosk) -> None:
        for wait_ms in WAITS_MS:
            self.clock.ms += wait_ms
            if self._outside(lambda: self._inside("healing", kiosk.close)):
                return
        self.broke("a close was never answered")

    def _let_time_pass(self) -> None:
        """Sweep after sweep, until nothing is open and two sweeps in a row have found nothing new."""
        quiet, bills = 0, BILLS_MOST if self.scenario.bill else 0
        for _ in range(ROUNDS_MOST):
            ((look_ms,),) = self.bench.rows("SELECT min(look_ms) FROM orders")
            if look_ms is None or quiet == 2:
                settled = self._settled()
                if settled and bills < BILLS_MOST:  # after one bill, where there is one
                    return
                if not settled and not bills:
                    break
                quiet, bills = 0, bills - 1
                self._outside(lambda: self._inside("bill", self._compare))
            self.clock.ms = max(self.clock.ms + 1000, look_ms or 0)
            self._outside(lambda: self._inside("sweep", self._sweep))
            quiet = quiet + 1 if self._settled() else 0
        self.broke("not settled, however long one waits")

    def _compare(self) -> None:
        """The day's end: whatever the bill names is asked about."""
        for order_id, trade in self.books.trades.items():
            self.orders.settle([order_id])
            for payment in trade.payments:
                self.unheard(partial(self.orders.look_for, order_id, payment.transaction))

    def _settled(self) -> bool:
        return self.laws.settled(self)

    def _outside(self, act: Callable[[], Reply]) -> Reply | None:
        """Where a crash ends: central is started again, over what is on disk."""
        try:
            return act()
        except Crash:
            self._restart()
            return None

    def _restart(self) -> None:
        bench = self.bench
        book = ReceiptBook(bench.settings, bench.keys)
        settings = replace(bench.settings, clock=self.clock)
        self.orders = Orders(bench.database, settings, self.books, bench.rulebook, book)
        self.people = People(
            bench.database,
            bench.rulebook,
            book,
            self.clock,
            self.orders.settle,
            bench.certifications,
            bench.keys,
        )
        self.print_desk = PrintDesk(bench.database, book, bench.keys, self.clock)

    def _inside(self, lane: str, act: Callable[[], Reply]) -> Reply:
        self.moved = False  # a crash before a request's first step is a request that was never heard
        self._busy.append(lane)
        try:
            return act()
        finally:
            self._busy.remove(lane)

    def _do(self, number: int) -> None:
        name = self._name(number)
        done = self._inside(_lane(name), lambda: self._move(name))
        self._left[number] = not done

    def _name(self, number: int) -> str:
        return (self._script + self._may)[number]

    def _able(self) -> list[int]:
        """What could come in between now: of each idle lane the next move of the script, or one that may come."""
        able, lanes = [], set(self._busy)
        for number, left in enumerate(self._left):
            lane = _lane(self._name(number))
            if not left:
                continue
            if lane not in lanes and self._can(self._name(number)):
                able.append(number)
            if number < len(self._script):
                lanes.add(lane)
        return able

    def _can(self, name: str) -> bool:
        what, _, of = name.partition(":")
        if of:
            order_id = self.kiosks[of].request.order_id
            trade = self.books.trades.get(order_id)
            if what.startswith("copy"):
                return bool(self.laws.numbers_of(order_id))
            if what == "twice":
                return trade is not None and bool(trade.payments)
            if what == "more":
                booked = self.bench.rows(f"SELECT 1 FROM ledger WHERE order_id = '{order_id}'")
                return bool(booked)
            if what == "takeback":
                return trade is not None and len(trade.payments) == 1 and not trade.backs
            if what == "refuse":
                return trade is not None and trade.state in (TradeState.WAITING, TradeState.CONFIRMING)
            if what == "notice":
                return trade is not None
            if what == "days":
                return True
            # what the gateway closed before it was created has no sum anybody could pay
            return trade is not None and bool(trade.amount_fen) and not trade.payments
        who, _, act = name.partition(".")
        if name == "sweep":  # one that finds nothing ripe does nothing
            soon_ms = self.clock.ms + SWEEP_AFTER_MS
            return bool(self.bench.rows(f"SELECT 1 FROM orders WHERE look_ms <= {soon_ms}"))
        if not act:
            return True
        states: dict[str, tuple[str, ...]]
        states = {"put": ("new",), "poll": ("shown",), "code": ("shown",), "print": ("paid",)}
        states |= {"close": ("new", "shown", "closing"), "other": ("shown", "closing", "paid", "closed")}
        return act == "again" or self.kiosks[who].state in states[act]

    def _move(self, name: str) -> bool:
        """True when it need not be done again."""
        if not self._can(name):
            return True  # a payer without a code to pay, a kiosk that has nothing to ask any more
        what, _, of = name.partition(":")
        if not of:
            who, _, act = name.partition(".")
            if act:
                return bool(getattr(self.kiosks[who], act)())
            return {"sweep": self._sweep, "expire": self._expire, "visit": self._look_in}[what]()
        order_id = self.kiosks[of].request.order_id
        if what in ("pay", "twice", "more"):
            self.books.pay(order_id)
        elif what == "wrong":
            self.books.pay(order_id, 1)
        elif what == "takeback":
            self.books.take_back(order_id)
        elif what == "refuse":
            self.books.refuse(order_id)
        elif what == "days":
            self.clock.ms += FOUR_DAYS_MS
        elif what == "notice":
            self._by_itself(lambda: self._heed(order_id))
        else:
            return all(self._copy(what, receipt_no) for receipt_no in self.laws.numbers_of(order_id))
        return True

    def _sweep(self) -> bool:
        self.clock.ms += SWEEP_AFTER_MS
        self._by_itself(self.orders.sweep)
        return True

    def _expire(self) -> bool:
        self.clock.ms += 301_000
        return True

    def _heed(self, order_id: str) -> None:
        """What a notice is: a reason to ask."""
        self.orders.settle([order_id])
        trade = self.books.trades.get(order_id)
        if trade is not None and trade.payments:
            self.unheard(lambda: self.orders.look_for(order_id, trade.payments[-1].transaction))

    def _by_itself(self, act: Callable[[], object]) -> None:
        try:
            act()
        except DBAPIError as error:
            self.broke(f"the database had to refuse: {type(error).__name__}")

    def _look_in(self) -> bool:
        zhang = wire.Lookup(number="371081196203150042", name="张秀英")
        asked = self.laws.moment()
        page = self.people.visit(zhang)
        if self.schedule.take("answer", (HEARD, LOST)) == LOST:
            return False
        self.laws.see(page, asked, self)
        return True

    def _copy(self, what: str, receipt_no: str) -> bool:
        """Leave to print one copy, then what became of it; each until it is heard."""
        print_id = f"{what.upper()}-{receipt_no}"
        if (what, receipt_no) not in self._granted:
            grant = self.print_desk.grant("WD002", receipt_no, print_id)
            if self.schedule.take("answer", (HEARD, LOST)) == LOST:
                return False
            self.laws.granted(receipt_no, print_id, grant.copy_number)
            self._granted[what, receipt_no] = grant.copy_number
        return self.tell(receipt_no, print_id, self._granted[what, receipt_no])


def _lane(name: str) -> str:
    """Who does it: one move of a lane at a time."""
    what, _, of = name.partition(":")
    if of and what in ("pay", "wrong", "twice", "more", "refuse", "takeback", "days"):
        return f"payer:{of}"
    who, _, act = name.partition(".")
    return who if act in ("put", "poll", "close", "code", "print") else name
