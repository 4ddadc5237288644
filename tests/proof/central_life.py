"""A central at work on a recorded disk: what it was asked, what it answered, and where the log stood then.

A life is a row of boots, each of the real ``open_service`` with orders of all fates, a clean restart in the middle, and a cut; the
next boot begins on an image of the one before.  The gateway is another machine: its books are on its own disk and are never cut.
What somebody outside relies on from then on is written down as a promise (promises).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from central import database as database_module
from central import service as service_module
from central import township
from central.gateway import Refund, Trade
from central.problems import Refused
from central.sandbox import Act, Sandbox
from central.service import Service, open_service
from central.settings import Settings
from kiosk.wire import (
    DueState,
    Lookup,
    OrderLine,
    OrderReply,
    OrderRequest,
    PrintOutcome,
    SheetVerdict,
)
from tests.proof.disk import Law, Operation, cuts, seen
from tests.proof.promises import Answered, Asked, Granted, Opened, Promise
from tests.proof.sqlcipher_recorder import recorded
from tests.proof.tally import lay, scratch_folder

SEED = 7
CENTRAL, GATEWAY = "central.sqlite3", "gateway.sqlite3"
KIOSK = "WD001"
MORNING_MS = 1_795_397_160_000  # 2026-11-23 09:26 in Wendeng
FATES = ("paid", "paid", "paid", "paid", "scanned", "given up", "refused", "late", "tombstone", "left open")
PRESSED = {"paid": Act.PAY, "refused": Act.REFUSE, "late": Act.LATE}


@dataclass
class Boot:
    """From one power-on to the cut.  ``moments``: (position in central's log, position in the gateway's log)."""

    files: Mapping[str, bytes]
    gateway_files: Mapping[str, bytes]
    log: list[Operation] = field(default_factory=list)
    gateway_log: list[Operation] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    moments: list[tuple[int, int]] = field(default_factory=list)

    def log_of(self, name: str) -> list[Operation]:
        return self.gateway_log if name.startswith(GATEWAY) else self.log

    def note_moment(self) -> None:
        self.moments.append((len(self.log), len(self.gateway_log)))

    def gateway_at(self, position: int) -> dict[str, bytes]:
        """The gateway's files when central's log stood at ``position``."""
        made = max((gateway for central, gateway in self.moments if central <= position), default=0)
        return seen(self.gateway_files, self.gateway_log[:made])


@dataclass(frozen=True)
class Life:
    """``keys``: central's key files, which were on the disk before it opened."""

    boots: Sequence[Boot]
    people: int
    keys: Mapping[str, bytes]


class TickingClock:
    """A millisecond passes at every look."""

    def __init__(self, ms: int = MORNING_MS) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


class WatchedSandbox(Sandbox):
    """The trial gateway, with a note of what it was asked when."""

    boot: Boot | None = None

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        with self._noted(order_id):
            return super().create(order_id, amount_fen, payee)

    def close(self, order_id: str) -> Trade:
        with self._noted(order_id):
            return super().close(order_id)

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        with self._noted(order_id, back=True):
            return super().refund(order_id, refund_id, amount_fen)

    def query(self, order_id: str) -> Trade:
        with self._noted(order_id):
            return super().query(order_id)

    def press(self, pay_url: str, act: Act) -> None:
        """What the payer does with the code on the screen."""
        assert self.act(pay_url.rsplit("/", 1)[1], act) is not None
        if self.boot is not None:
            self.boot.note_moment()

    @contextmanager
    def _noted(self, order_id: str, back: bool = False) -> Iterator[None]:
        if self.boot is not None:
            self.boot.promises.append(Asked(len(self.boot.log), order_id, back))
        yield
        if self.boot is not None:
            self.boot.note_moment()


class Counter:
    """A kiosk's requests, and a note of every answer.  One thread."""

    def __init__(self, service: Service, boot: Boot, rng: Random, prefix: str) -> None:
        self._service, self._boot, self._rng, self._prefix = service, boot, rng, prefix
        self._made = 0
        self.open: list[str] = []

    def serve(self, card: township.Card, fates: Sequence[str] = FATES) -> None:
        """Somebody with this card; every due is ordered, some of them again after an order that was not paid."""
        lookup = Lookup(number=card.number, name=card.name, card_kind=card.kind)
        for _ in range(2):
            page = self._service.people.visit(lookup)
            wanted = [
                OrderLine(
                    person_id=page.person_id,
                    product=due.product,
                    year=due.year,
                    tier=tier.code,
                    amount_fen=tier.amount_fen,
                )
                for due in page.dues
                if due.state is DueState.DUE
                for tier in (self._rng.choice(due.tiers),)
            ]
            parts = [wanted] if self._rng.random() < 0.3 else [[line] for line in wanted]
            for lines in filter(None, parts):
                self._order(page.person_id, tuple(lines), self._rng.choice(fates))

    def close(self, order_id: str) -> None:
        self._told(self._service.orders.close(KIOSK, order_id, "given_up"))

    def _order(self, payer_id: str, lines: tuple[OrderLine, ...], fate: str) -> None:
        self._made += 1
        order_id = f"{KIOSK}-{self._prefix}{self._made:05d}"
        total_fen = sum(line.amount_fen for line in lines)
        request = OrderRequest(order_id=order_id, payer_id=payer_id, lines=lines, total_fen=total_fen)
        orders, sandbox = self._service.orders, self._service.sandbox
        assert isinstance(sandbox, WatchedSandbox)
        if fate == "tombstone":  # the close overtakes the create
            self.close(order_id)
            try:
                orders.put(KIOSK, request)
            except Refused:
                return
            raise AssertionError(order_id)
        self.open.append(order_id)
        for _ in range(self._rng.randint(1, 2)):
            reply = self._told(orders.put(KIOSK, request))
        if fate == "scanned":
            self._told(orders.charge(order_id, f"13{self._rng.randrange(10**15):015d}1"))
        elif fate in PRESSED:
            assert reply.pay_url is not None
            sandbox.press(reply.pay_url, PRESSED[fate])
        if fate in ("given up", "late"):
            self.close(order_id)
        if fate != "left open":
            reply = self._told(orders.get(order_id))
            self.open.remove(order_id)
            for receipt in reply.receipts:
                self._print(receipt.receipt_no, order_id)

    def _told(self, reply: OrderReply) -> OrderReply:
        self._boot.promises.append(Answered(len(self._boot.log), reply))
        return reply

    def _print(self, receipt_no: str, order_id: str) -> None:
        desk, verdict = self._service.print_desk, self._rng.choice(tuple(SheetVerdict))
        print_id = f"{order_id}-{receipt_no[-4:]}"
        desk.outcome(KIOSK, receipt_no, PrintOutcome(print_id=print_id, copy_number=0, verdict=verdict))
        self._boot.promises.append(Granted(len(self._boot.log), print_id, 0, verdict.value))
        if verdict is not SheetVerdict.PRINTED:
            copy_id = f"{print_id}-C"
            grant = desk.grant(KIOSK, receipt_no, copy_id)
            self._boot.promises.append(Granted(len(self._boot.log), copy_id, grant.copy_number))


def opened(folder: Path, clock: TickingClock, people: int, boot: Boot) -> Service:
    """Central on this folder, everything it asks the gateway noted in ``boot``."""
    settings = Settings(folder, sandbox=True, township=people, seed=SEED, sweep_interval_s=0, clock=clock)
    with patch.object(service_module, "Sandbox", WatchedSandbox):
        service = open_service(settings)
    assert isinstance(service.sandbox, WatchedSandbox)
    service.sandbox.boot = boot
    return service


def sweep(service: Service, clock: TickingClock) -> None:
    """Time goes by until every order is closed and every refund has arrived."""
    for wait_ms in (400_000, 3_000, 3_000):
        clock.ms += wait_ms
        service.orders.sweep()


def live(pragmas: str, law: Law, rng: Random, boots: int = 2, threads: int = 1, people: int = 40) -> Life:
    """A life with these pragmas after central's own.  With more than one thread it is another one every time."""
    lived: list[Boot] = []
    clock, boot = TickingClock(), Boot({}, {})
    visitors = township.cards(people, SEED)
    share = len(visitors) // (2 * boots)
    with scratch_folder() as folder, prepared(pragmas):
        for number in range(boots):
            lay(folder, {**boot.files, **boot.gateway_files})
            left: list[str] = []
            with recorded(folder, boot.log_of):
                for session in range(2):
                    start = (2 * number + session) * share
                    with closing(opened(folder, clock, people, boot)) as service:
                        boot.promises.append(Opened(len(boot.log), people))
                        prefixes = [f"{number}{session}{thread}" for thread in range(threads)]
                        left = _work(service, boot, rng, visitors[start : start + share], left, prefixes)
                        sweep(service, clock)
                        boot.note_moment()
            lived.append(boot)
            boot = _after_a_cut(boot, law, rng)
        keys = {path.name: path.read_bytes() for path in (folder / "keys").iterdir()}
    return Life(lived, people, keys)


def _work(
    service: Service,
    boot: Boot,
    rng: Random,
    visitors: Sequence[township.Card],
    left: Sequence[str],
    prefixes: Sequence[str],
) -> list[str]:
    """Closes the orders that were ``left``, then serves the visitors, a thread for each prefix of order ids.

    Gives the orders left open.
    """
    boot.note_moment()
    threads = len(prefixes)
    counters = [Counter(service, boot, Random(rng.random()), prefix) for prefix in prefixes]
    for order_id in left:
        counters[0].close(order_id)

    def serve(number: int) -> None:
        for card in visitors[number::threads]:
            counters[number].serve(card)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(serve, range(threads)))
    return [order_id for counter in counters for order_id in counter.open]


def _after_a_cut(boot: Boot, law: Law, rng: Random) -> Boot:
    """The next boot, on an image of this one.  What was promised by then still holds."""
    late = len(boot.log) * 3 // 4
    ((position, files),) = cuts(law, boot.files, boot.log, rng, 1, since=late)
    kept: list[Promise] = [
        replace(promise, position=0) for promise in boot.promises if promise.position <= position
    ]
    return Boot(files, boot.gateway_at(position), promises=kept)


@contextmanager
def prepared(pragmas: str) -> Iterator[None]:
    """Central's databases with these pragmas after its own."""
    make = database_module._sqlite_engine

    def make_otherwise(url: str) -> Any:
        engine = make(url)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            for pragma in filter(None, pragmas.split(";")):
                connection.execute(pragma)

        return engine

    with patch.object(database_module, "_sqlite_engine", make_otherwise):
        yield
