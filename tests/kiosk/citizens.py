"""Random citizens before random machines: a desk that taps anything a screen offers, and a world that breaks while they do.

Everything is drawn from one Random, so that a seed replays a whole afternoon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeVar

import requests

from central.server import Running
from kiosk import views
from kiosk.desk import Cancelled
from kiosk.journal import Journal
from kiosk.views import (
    BACK,
    AttentionButton,
    MyPageButton,
    PaidButton,
    PayButton,
    PendingButton,
    RecordsButton,
    Service,
    View,
)
from stand.proxy import Fault
from tests.visitor import JSON, Visitor, card_of

A = TypeVar("A")
MOST_QUESTIONS = 40
LOOKS = 60  # how often one question looks at the world before the citizen does something else
FAULTS = {Fault.LOSE_REQUEST: 0.1, Fault.LOSE_REPLY: 0.15, Fault.DELAY: 0.1}
STRIDE = 8  # looks are this much further apart than on a real machine, so that three minutes are soon over


class PowerCut(BaseException):
    """The machine is gone in the middle of whatever it did."""


class FusedJournal:
    """A journal at one of whose entries the power goes, before it or after it.  ``at`` None: it never does."""

    def __init__(self, journal: Journal, at: int | None, after: bool) -> None:
        self._journal, self._left, self._after = journal, at, after

    def append(self, *arguments: Any) -> Any:
        if self._left is not None:
            self._left -= 1
        if self._left == 0 and not self._after:
            raise PowerCut
        entry = self._journal.append(*arguments)
        if self._left == 0:
            raise PowerCut
        return entry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


class Citizen:
    """One visit of one person, who taps at random.  Also a Desk."""

    def __init__(self, afternoon: Afternoon, visitor: Visitor, person: dict[str, Any]) -> None:
        self._afternoon, self._visitor, self._person = afternoon, visitor, person
        self._rng, self._clock = afternoon.rng, visitor.clock
        self._questions = 0

    def show(self, view: View[Any]) -> None:
        self._afternoon.met[type(view).__name__] += 1
        if isinstance(view, views.TakeCard) and self._rng.random() < 0.9:
            self._visitor.stand.reader.take()

    def ask(self, view: View[A], watch: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        self.show(view)
        while self._questions < MOST_QUESTIONS:
            self._questions += 1
            self._afternoon.meddle(self._visitor)
            if view.home and self._rng.random() < 0.02:
                raise Cancelled("home")
            answer = self._tap(view)
            if answer is not Ellipsis:
                return answer  # type: ignore[no-any-return]
            if watch is None:
                continue
            for _ in range(LOOKS):
                if (news := watch()) is not None:
                    return news
                self._clock.sleep(every_s * STRIDE)
        raise Cancelled("idle")

    def _tap(self, view: View[Any]) -> Any:
        """An answer, or ... to wait for the world."""
        rng = self._rng
        match view:
            case views.Home():
                if rng.random() < 0.1:
                    return ...  # the machine has time to look at itself
                return self._card_or(rng.choice(list(Service)), 0.3)
            case views.PresentCard():
                return self._card_or(BACK, 0.05)
            case views.MyPage():
                if rng.random() < 0.5:
                    self._visitor.stand.reader.take()
                rows = [item.key for item in view.items if item.key]
                family = [MyPageButton.FAMILY] if view.has_family else []
                ask = [MyPageButton.RECORDS, MyPageButton.REPRINT, MyPageButton.LEAVE, BACK]
                return rng.choice([*rows * 4, *family * 2, *ask])
            case views.ChooseTier():
                return rng.choice([*(option.code for option in view.options), BACK])
            case views.ChooseMembers():
                keys = [member.key for member in view.members]
                return rng.choice([tuple(rng.sample(keys, rng.randint(1, len(keys)))), BACK])
            case views.ConfirmPayment():
                return True if rng.random() < 0.9 else BACK
            case views.PayByQr() | views.ScanPayerCode():
                return self._pay()
            case views.Paid():
                choice = [*[PaidButton.DONE] * 4, PaidButton.PHONE]
                return rng.choice([*choice, PaidButton.FAMILY] if view.has_family else choice)
            case views.Pending():
                return rng.choice(list(PendingButton))
            case views.Attention():
                return rng.choice([AttentionButton.FIRST, AttentionButton.SECOND][: 2 if view.second else 1])
            case views.Records():
                return rng.choice([*RecordsButton, BACK])
            case views.ChooseReceipt():
                return rng.choice([option.key for option in view.options] + ["more"] * view.more + [BACK])
            case views.ChooseWay():
                return BACK  # these people came for money; tests of the yearly check are elsewhere
            case _:
                assert isinstance(view, views.SaveToPhone), view
                return None

    def _card_or(self, tap: Any, share: float) -> Any:
        """Puts a card down and waits for it to be read, or taps."""
        rng, reader = self._rng, self._visitor.stand.reader
        if rng.random() < share:
            return tap
        fault = rng.random()
        reader.take()
        reader.unsupported = fault < 0.01
        if fault < 0.03:
            reader.pull_mid_read(rng.randint(1, 1200))
        self._visitor.place(self._person).action()
        if 0.03 < fault < 0.05:
            reader.place_two(card_of(self._person), card_of(self._person))
        if 0.05 < fault < 0.07 and self._person["kind"] == "resident":
            self._visitor.place(self._person, number="371081190001010010").action()
        return ...

    def _pay(self) -> Any:
        """What the payer's phone and bank do, and the person before the screen."""
        rng, afternoon = self._rng, self._afternoon
        if rng.random() < 0.15:
            self._visitor.stand.printer.paper_out_after(rng.randint(1, 600))
        draw = rng.random()
        if draw < 0.45:
            afternoon.cashier(self._visitor, "pay")
        elif draw < 0.5:
            afternoon.cashier(self._visitor, "refuse")
        elif draw < 0.6:
            afternoon.cashier(self._visitor, "late")
            return BACK
        elif draw < 0.65:
            afternoon.cashier(self._visitor, "silence")
            if rng.random() < 0.5:
                afternoon.cashier(self._visitor, "pay")
        elif draw < 0.75:
            code = f"13{rng.randrange(10**15):015d}{rng.randrange(10)}"
            self._visitor.stand.scanner.scan(rng.choice([code, code, "not a code"]))
            return PayButton.SCAN_MY_CODE
        elif draw < 0.8:
            return PayButton.SHOW_QR
        elif draw < 0.85:
            afternoon.time_passes(400)  # central's own limit for an order is five minutes
        elif draw < 0.88:
            afternoon.elsewhere(self._visitor, self._person)
        return BACK if rng.random() < 0.25 else ...


class Afternoon:
    """Several kiosks, one central, one Random."""

    def __init__(
        self, rng: Random, visitors: tuple[Visitor, ...], people: Iterator[dict[str, Any]], met: Counter[str]
    ) -> None:
        self.rng, self.met = rng, met
        self._visitors, self._people = visitors, people
        self._known: list[dict[str, Any]] = []
        self._busy: set[int] = set()

    def visit(self) -> None:
        """Somebody comes to some machine."""
        visitor = self.rng.choice(self._visitors)
        again = self._known and self.rng.random() < 0.45
        person = None if again else next(self._people, None)
        if person is None:
            person = self.rng.choice(self._known)
        else:
            self._known.append(person)
        self._serve(visitor, person)

    def elsewhere(self, visitor: Visitor, person: dict[str, Any]) -> None:
        """The same person's family stands before another machine at the same time."""
        free = [other for other in self._visitors if other is not visitor and id(other) not in self._busy]
        if free:
            self.met["elsewhere"] += 1
            self._serve(self.rng.choice(free), person)

    def _serve(self, visitor: Visitor, person: dict[str, Any]) -> None:
        rng = self.rng
        self._busy.add(id(visitor))
        visitor.stand.reader.take()
        if rng.random() < 0.1:
            visitor.power_cut()
        machine = visitor.start_if_off()
        journal = self.fused(visitor, machine.journal)
        for till in (machine.kiosk.till, machine.kiosk.outbox._till):
            till._journal = journal  # type: ignore[assignment]
        try:
            visitor.visit_of(Citizen(self, visitor, person))
            if rng.random() < 0.7:
                visitor.sweep(rng.randint(1, 3))
        except PowerCut:
            self.met["power cut"] += 1
            visitor.power_cut()
        finally:
            self._busy.discard(id(visitor))

    def fused(self, _visitor: Visitor, journal: Journal) -> FusedJournal:
        rng = self.rng
        return FusedJournal(journal, rng.randint(1, 8) if rng.random() < 0.35 else None, rng.random() < 0.5)

    def meddle(self, visitor: Visitor) -> None:
        """Now and then something breaks, and more often something is mended."""
        self.meddle_with_devices(visitor)
        self.meddle_with_network(visitor)

    def meddle_with_network(self, visitor: Visitor) -> None:
        rng, network = self.rng, visitor.stand.network
        if rng.random() < 0.06:
            network.cut = True
        if rng.random() < 0.1:
            network.faulty(rng, FAULTS)
        if rng.random() < 0.25:
            network.healthy()

    def meddle_with_devices(self, visitor: Visitor) -> None:
        rng, stand = self.rng, visitor.stand
        if rng.random() < 0.05:
            printer = stand.printer
            fault = rng.choice(
                [printer.paper_out, printer.jam, printer.open_cover, printer.mute, printer.power_off]
            )
            rng.choice([fault, lambda: printer.paper_out_after(rng.randint(1, 600))])()
        if rng.random() < 0.15:
            mend_printer(visitor)
        if rng.random() < 0.01:
            stand.scanner_wire.unplug()
        if rng.random() < 0.1:
            stand.scanner_wire.replug()

    def cashier(self, visitor: Visitor, act: str) -> None:
        url = visitor.start_if_off().kiosk.till.pay_url
        requests.post(f"{url}/{act}", headers=JSON, timeout=5).raise_for_status()
        self.met[f"cashier {act}"] += 1

    def time_passes(self, seconds: int) -> None:
        """At central; the kiosk's own time passes by waiting."""
        central = self._visitors[0].central
        assert isinstance(central, Running), "only a central in this process has a clock in our hands"
        central.service.settings.clock.ms += seconds * 1000  # type: ignore[attr-defined]


def mend_printer(visitor: Visitor) -> None:
    printer = visitor.stand.printer
    for mend in (printer.load_paper, printer.clear_jam, printer.close_cover, printer.power_on):
        mend()
    printer.mute(False)
