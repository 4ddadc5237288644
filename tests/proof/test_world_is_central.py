"""The model of central that the explorer uses, held to the real one: the same calls, the same answers.

Real: the orders, settlement, receipts, people and sandbox of ``central`` over SQLite, driven as its HTTP face drives them.  Calls are
drawn from a seed; after each of them both answer alike, and at the end their books are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from central import sandbox_books, tables, township
from central.clock import legal_day
from central.gateway import GatewaySilent
from central.problems import Refused as CentralRefused
from central.sandbox import Act, Sandbox
from central.service import Service, open_service
from central.settings import Settings
from kiosk import wire
from kiosk.api import Refused
from tests.proof.world import NUMBERS, Central, Due
from tests.proof.world_gateway import PENDING, Silent

MONDAY_MS = 1_795_399_200_000  # 2026-11-23 10:00 in Wendeng
SEEDS, CALLS = 20, 60
KIOSKS = ("WD001", "WD002")
PRODUCT, YEAR = "resident_pension", 2026
CODE = "1340000000000000"
ACTS = "pay pay refuse late late silence release release race hold again again pay_wrong"
NEEDED = """
closed already_paid being_checked not_payable order_closed order_conflict order_unknown code_invalid receipt_unknown silent
created paid refunding refunded granted told payment late_payment wrong_amount second_payment refund
"""


class MovedClock:
    def __init__(self) -> None:
        self.ms = MONDAY_MS

    def now_ms(self) -> int:
        return self.ms


class Moods:
    """What the sandbox itself cannot be told: to lose one call, to be paid while it closes, to refuse a close for now."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
        self.fault = ""
        self.races: set[str] = set()
        self.held: set[str] = set()
        self._sandbox = sandbox
        self._close = sandbox.close
        for name in ("create", "charge"):
            patch.setattr(sandbox, name, self._faulty(getattr(sandbox, name)))
        patch.setattr(sandbox, "close", self._faulty(self._closing))

    def _faulty(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*arguments: Any) -> Any:
            fault, self.fault = self.fault, ""
            if fault == "lost":
                raise GatewaySilent
            answer = call(*arguments)
            if fault == "mute":
                raise GatewaySilent
            return answer

        return faulty

    def _closing(self, order_id: str) -> Any:
        slip = self._sandbox.slip_of_order(order_id)
        if slip is not None and not slip.silent:
            if order_id in self.races:
                self._sandbox.act(slip.token, Act.PAY)
            elif order_id in self.held and slip.state.value not in ("paid", "closed"):
                return self._sandbox.query(order_id)
        return self._close(order_id)


@dataclass(frozen=True)
class Pair:
    """The real central and its model, over the same people."""

    real: Service
    model: Central
    moods: Moods
    clock: MovedClock
    people: tuple[dict[str, Any], ...]
    dues: tuple[Due, ...]
    first_number: str  # of the receipts that are not the township's past

    @property
    def sandbox(self) -> Sandbox:
        assert self.real.sandbox is not None
        return self.real.sandbox


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a township in it."""
    data = tmp_path_factory.mktemp("seeded")
    open_service(
        Settings(data, sandbox=True, township=60, seed=11, sweep_interval_s=0, clock=MovedClock())
    ).close()
    return data


@pytest.fixture
def pair(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    for file in seeded.iterdir():
        target = tmp_path / file.name
        if file.is_dir():
            target.mkdir()
            for inner in file.iterdir():
                (target / inner.name).write_bytes(inner.read_bytes())
        else:
            target.write_bytes(file.read_bytes())
    clock = MovedClock()
    real = open_service(
        Settings(tmp_path, sandbox=True, township=60, seed=11, sweep_interval_s=0, clock=clock)
    )
    assert real.sandbox is not None
    people = household(real)
    offered: dict[Due, frozenset[tuple[str, int]]] = {}
    homes = {}
    for number, person in enumerate(people):
        homes[person["person_id"]] = "ours" if number < 2 else "theirs"
        tiers = frozenset((tier.code, tier.amount_fen) for tier in person["due"].tiers)
        offered[(person["person_id"], PRODUCT, YEAR)] = tiers
    with real.database.read() as connection:
        day = tables.receipt_days
        last = connection.execute(select(day.c.last).where(day.c.day == legal_day(MONDAY_MS))).scalar() or 0
    model = Central(offered, homes, clock.now_ms, last + 1)
    moods = Moods(real.sandbox, monkeypatch)
    yield Pair(real, model, moods, clock, people, tuple(offered), f"{NUMBERS}{last + 1:04d}")
    real.close()


def household(real: Service) -> tuple[dict[str, Any], ...]:
    """Two of one household and one of another, all of whom owe this year's pension."""
    owing: dict[str, list[dict[str, Any]]] = {}
    for resident in township.residents(60, 11):
        lookup = wire.Lookup(
            number=resident.card.number, name=resident.card.name, card_kind=resident.card.kind
        )
        page = real.people.visit(lookup)
        for due in page.dues:
            if (due.product, due.year, due.state) == (PRODUCT, YEAR, wire.DueState.DUE):
                person = {"person_id": page.person_id, "lookup": lookup, "due": due}
                owing.setdefault(resident.household_id, []).append(person)
    homes = sorted(owing.values(), key=len, reverse=True)
    assert len(homes[0]) >= 2
    return (*homes[0][:2], homes[1][0])


# --- both are asked --------------------------------------------------------------------------------------------------


def ask_both(pair: Pair, real: Callable[[], object], model: Callable[[], object]) -> object:
    """What both said; fails when it was not the same."""
    fault = pair.moods.fault
    pair.model.gateway.fault = fault
    said, modelled = said_by(real), said_by(model)
    pair.moods.fault = pair.model.gateway.fault = ""
    assert modelled == said
    return said


def said_by(call: Callable[[], object]) -> object:
    try:
        return plain(call())
    except Refused as refused:
        return refused.code.value
    except Silent:
        return "silent"
    except CentralRefused as refused:
        return "silent" if refused.code is wire.ProblemCode.GATEWAY_SILENT else refused.code.value


def plain(answer: object) -> object:
    """An answer without what the model does not know: names, addresses, places."""
    if isinstance(answer, wire.OrderReply):
        papers = tuple(plain(receipt) for receipt in answer.receipts)
        code = answer.pay_url is not None
        return (
            *(answer.order_id, answer.state.value, answer.total_fen, code),
            *(answer.expires_in_s, papers, answer.reason),
        )
    if isinstance(answer, wire.PrintGrant):
        return ("granted", answer.print_id, answer.copy_number, plain(answer.receipt))
    if isinstance(answer, wire.Receipt):
        return (
            *(answer.receipt_no, answer.order_id, answer.person_id, answer.year, answer.amount_fen),
            *(answer.sheets, answer.owed, round(answer.paid_at.timestamp() * 1000)),
        )
    return answer


class Player:
    """Draws calls; ``met`` is what was said."""

    def __init__(self, pair: Pair, seed: int, met: Counter[str]) -> None:
        self.pair, self.rng, self.met = pair, Random(seed), met
        self.requests: list[wire.OrderRequest] = []
        self.ids = ["WD001-00000000-NOBODY"]
        self.prints: list[str] = []

    def play(self, calls: int) -> None:
        for _ in range(calls):
            self.turn()
        self.books()
        for order_id in self.pair.model.gateway.trades:
            self.do(order_id, "release")
        for _ in range(4):
            self.pair.clock.ms += 4_000_000
            self.sweep()
        for order_id in self.ids:
            self.hear(self.get(order_id))
        self.books()
        self.met.update(kind for _, kind, _, _ in self.pair.model.ledger)

    def turn(self) -> None:
        calls = [
            self.put,
            self.put,
            self.get,
            self.get,
            self.charge,
            self.close,
            self.close,
            self.act,
            self.act,
        ]
        calls += [self.act, self.grant, self.outcome, self.wait, self.wait, self.sweep, self.visit]
        if self.rng.random() < 0.15:
            self.pair.moods.fault = self.rng.choice(("lost", "mute"))
        self.hear(self.rng.choice(calls)())

    def hear(self, said: object) -> None:
        for word in said if isinstance(said, tuple) else (said,):
            if isinstance(word, str):
                self.met[word] += 1

    def put(self) -> object:
        kiosk_id, request = self.rng.choice(KIOSKS), self.request()
        self.ids.append(request.order_id)
        return ask_both(
            self.pair,
            lambda: self.pair.real.orders.put(kiosk_id, request),
            lambda: self.pair.model.put(kiosk_id, request),
        )

    def request(self) -> wire.OrderRequest:
        """Mostly a good new one; sometimes an old one again, or one that nobody may pay."""
        rng = self.rng
        if self.requests and rng.random() < 0.3:
            old = rng.choice(self.requests)
            return old if rng.random() < 0.7 else self.made(old.order_id)
        number = f"WD001-{len(self.ids):08d}-0123456789"
        if rng.random() < 0.1:
            number = rng.choice(self.ids)  # perhaps one that was closed before it was created
        request = self.made(number)
        self.requests.append(request)
        return request

    def made(self, order_id: str) -> wire.OrderRequest:
        rng, dues = self.rng, self.pair.dues
        payer = rng.choice(dues[:2])[0] if rng.random() < 0.9 else dues[2][0]
        wanted = rng.sample(dues[:2], rng.choice((1, 1, 2))) if rng.random() < 0.95 else [dues[0], dues[0]]
        lines = []
        for person_id, product, year in wanted:
            tier, fen = rng.choice(sorted(self.pair.model.offered[(person_id, product, year)]))
            fen += rng.random() < 0.03
            asked = year + (rng.random() < 0.03)
            lines.append(
                wire.OrderLine(person_id=person_id, product=product, year=asked, tier=tier, amount_fen=fen)
            )
        total_fen = sum(line.amount_fen for line in lines)
        return wire.OrderRequest(order_id=order_id, payer_id=payer, lines=tuple(lines), total_fen=total_fen)

    def get(self, order_id: str = "") -> object:
        order_id = order_id or self.some(self.ids)
        return ask_both(
            self.pair,
            lambda: self.pair.real.orders.get(order_id),
            lambda: self.pair.model.get("WD001", order_id),
        )

    def charge(self) -> object:
        order_id = self.some(self.ids)
        code = f"{CODE}{self.rng.randrange(3)}{self.rng.choice('0012345789')}"
        code = code if self.rng.random() < 0.6 else "9" + code[1:]
        return ask_both(
            self.pair,
            lambda: self.pair.real.orders.charge(order_id, code),
            lambda: self.pair.model.charge("WD001", order_id, code),
        )

    def close(self) -> object:
        order_id, kiosk_id = self.some(self.ids), self.rng.choice(KIOSKS)
        if self.rng.random() < 0.2:
            order_id = f"WD001-{len(self.ids):08d}-9876543210"
            self.ids.append(order_id)
        reason = self.rng.choice(("given_up", "restart"))
        return ask_both(
            self.pair,
            lambda: self.pair.real.orders.close(kiosk_id, order_id, reason),
            lambda: self.pair.model.close(kiosk_id, order_id, reason),
        )

    def act(self) -> object:
        """Somebody's hands at the gateway."""
        trades = self.pair.model.gateway.trades
        if not trades:
            return None
        acts = ACTS.split()
        self.do(self.some(list(trades)), self.rng.choice(acts))
        return None

    def do(self, order_id: str, act: str) -> None:
        slip, trade = self.pair.sandbox.slip_of_order(order_id), self.pair.model.gateway.trades[order_id]
        assert slip is not None
        pending = trade.state in PENDING
        if act == "release":
            self.pair.moods.held.discard(order_id)
            self.pair.model.gateway.act(order_id, "let go")
        self.pair.model.gateway.act(order_id, act)
        if act == "race" and pending:
            self.pair.moods.races.add(order_id)
        elif act == "hold":
            self.pair.moods.held.add(order_id)
        elif act == "pay_wrong" and pending:
            self.pay_less(order_id)
            self.pair.sandbox.act(slip.token, Act.PAY)
        elif act not in ("race", "pay_wrong"):
            self.pair.sandbox.act(slip.token, Act(act))

    def some(self, ids: list[str]) -> str:
        """Mostly one of the newest: there is more to say about it."""
        return self.rng.choice(ids[-2:] if self.rng.random() < 0.7 else ids)

    def pay_less(self, order_id: str) -> None:
        assert self.pair.real.trial_books is not None
        trades = sandbox_books.trades
        with self.pair.real.trial_books.write() as connection:
            less = update(trades).where(trades.c.order_id == order_id)
            connection.execute(less.values(amount_fen=trades.c.amount_fen - 1))

    def grant(self) -> object:
        receipt_no = self.receipt()
        if self.prints and self.rng.random() < 0.3:
            print_id = self.rng.choice(self.prints)
        else:
            print_id = f"WD002-{len(self.prints):08d}-COPY"
            self.prints.append(print_id)
        return ask_both(
            self.pair,
            lambda: self.pair.real.print_desk.grant("WD002", receipt_no, print_id),
            lambda: self.pair.model.grant("WD002", receipt_no, print_id),
        )

    def outcome(self) -> object:
        receipt_no, rng = self.receipt(), self.rng
        known = self.pair.model.prints.get(rng.choice(self.prints)) if self.prints else None
        copy_number = known.copy_number if known else rng.randrange(2)
        originals = [f"{paper.order_id}-0" for paper in self.pair.model.receipts.values()]
        print_id = rng.choice([*self.prints, *originals, "WD001-00000000-LOST"])
        if rng.random() < 0.7 and print_id in self.pair.model.prints:
            sheet = self.pair.model.prints[print_id]
            receipt_no, copy_number = sheet.receipt_no, sheet.copy_number
        elif print_id in originals:
            copy_number = 0
        verdict = rng.choice(list(wire.SheetVerdict))
        told = wire.PrintOutcome(print_id=print_id, copy_number=copy_number, verdict=verdict)
        said = ask_both(
            self.pair,
            lambda: self.pair.real.print_desk.outcome("WD002", receipt_no, told),
            lambda: self.pair.model.outcome("WD002", receipt_no, told),
        )
        return "told" if isinstance(said, tuple) else said

    def receipt(self) -> str:
        numbers = list(self.pair.model.receipts)
        return self.rng.choice(numbers) if numbers and self.rng.random() < 0.95 else "3710810000000000"

    def wait(self) -> object:
        self.pair.clock.ms += self.rng.choice((400, 1_000, 3_000, 20_000, 290_000, 4_000_000))
        return None

    def sweep(self) -> object:
        def model() -> None:
            self.pair.model.sweep()

        def real() -> None:
            self.pair.real.orders.sweep()

        return ask_both(self.pair, real, model)

    def visit(self) -> object:
        number, first = self.rng.randrange(2), self.pair.first_number
        person = self.pair.people[number]
        due = self.pair.dues[number]

        def real() -> object:
            page = self.pair.real.people.visit(person["lookup"])
            states = {d.state.value for d in page.dues if (d.product, d.year) == (PRODUCT, YEAR)}
            owed = sorted(receipt.receipt_no for receipt in page.owed if receipt.receipt_no >= first)
            return states, owed, [(order.order_id, order.state.value) for order in page.open_orders]

        def model() -> object:
            page = self.pair.model.page(due[0])
            return {page.dues[due]}, sorted(page.owed), list(page.open_orders)

        return ask_both(self.pair, real, model)

    def books(self) -> None:
        """Every row that the model has, and no other of these orders."""
        with self.pair.real.database.read() as connection:
            orders = tables.orders
            rows = connection.execute(select(orders).where(orders.c.order_id.in_(self.ids))).all()
            real = {
                row.order_id: (row.state, row.total_fen, row.reason, row.looks, row.look_ms) for row in rows
            }
            book = tables.ledger
            entries = connection.execute(
                select(book).where(book.c.order_id.in_(self.ids)).order_by(book.c.entry_id)
            ).all()
            claims = connection.execute(select(tables.claims)).all()
        model = self.pair.model
        assert {
            row.order_id: (row.state, row.total_fen, row.reason, row.looks, row.look_ms)
            for row in model.orders.values()
        } == real
        assert [(order_id, kind, fen) for order_id, kind, fen, _ in model.ledger] == [
            (row.order_id, row.kind, row.amount_fen) for row in entries
        ]
        assert set(model.claims.items()) == {
            ((row.person_id, row.product, row.year), row.order_id) for row in claims
        }
        slips = {slip.order_id: slip for slip in self.pair.sandbox.slips()}
        kept = {key: model.gateway.kept_fen(key) for key in model.gateway.trades}
        assert slips.keys() == kept.keys()
        assert {key: trade.state for key, trade in model.gateway.trades.items()} == {
            key: slip.state.value for key, slip in slips.items()
        }


@pytest.fixture(scope="module")
def met() -> Counter[str]:
    """What all seeds together have heard."""
    return Counter()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_same_calls_get_the_same_answers(pair: Pair, met: Counter[str], seed: int) -> None:
    player = Player(pair, seed, met)
    player.play(CALLS)
    met["seeds"] += 1


def test_everything_was_said(met: Counter[str]) -> None:
    """Two centrals that only ever refuse would agree too."""
    if met["seeds"] < SEEDS:
        pytest.skip("only some of the seeds were played")
    rare = {word: met[word] for word in NEEDED.split() if met[word] < 3}
    assert not rare


@pytest.mark.parametrize(
    ("where", "instead"),
    [
        ("close", lambda self, kiosk_id, order_id, reason="": self.get(kiosk_id, order_id)),
        ("_free", lambda self, row: None),
        ("_book", lambda self, row, trade: None),
        ("_is_owed", lambda self, receipt_no: False),
    ],
)
def test_a_model_that_is_wrong_is_found(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, where: str, instead: Callable[..., Any]
) -> None:
    monkeypatch.setattr(Central, where, instead)
    player = Player(pair, 0, Counter())
    with pytest.raises(AssertionError):
        player.play(CALLS * 10)
