"""People before a machine: what they want, what they tap, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from kiosk import texts, views, wire
from kiosk.desk import Cancelled, Stopped
from kiosk.flows import paper, pay
from kiosk.flows.pay import Want
from kiosk.views import BACK, AttentionButton, PaidButton, PayButton, PendingButton, View
from tests.proof import invariants
from tests.proof.farends import HEALTH
from tests.proof.machine import POLL_S, Machine
from tests.proof.world import Due

if TYPE_CHECKING:
    from tests.proof.play import Play

A = TypeVar("A")

WALKS_AWAY = ("back", "home", "idle", "stopped")
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
    ``leaves``: "back", "home" or "idle" once the code was looked at ``looks`` times, "stopped": the program is told to end then;
    "home after": 首页 when it is all done;
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


class Told(NamedTuple):
    """What a person was told about an order, and what was true at that moment."""

    order_id: str
    what: str
    state: str  # central's
    held_fen: int  # the payer's, at the gateway


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
                raise Stopped if self._come.leaves == "stopped" else Cancelled(self._come.leaves)
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
