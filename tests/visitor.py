"""A kiosk without glass among real parts: real drivers on emulated wires, real till and journal, real central over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import requests

from central import township
from central.server import Running
from devices.clock import SystemClock
from devices.idcard import CardKind, IdCard
from kiosk import build, config, events, payment, wire
from kiosk.desk import Desk
from kiosk.face.booth import Booth
from kiosk.flows import visits
from kiosk.flows.attract import Devices
from kiosk.payment import Order
from kiosk.till import ORDER
from kiosk.views import Service
from stand.books import Books, Sheet, compare, gateway_of, ledger_of, sheet_of
from stand.stand import Stand
from tests.desk import WORLD, Clock, Do, ScriptedDesk

PENSION = "due:resident_pension:2026"
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Town:
    """A central and a gateway in processes of their own; the same address when the gateway is central's own trial one.

    ``people`` and ``seed`` are the township's.
    """

    url: str
    gateway_url: str
    people: int
    seed: int


class Visitor:
    """One kiosk and its surroundings.  Every call of ``visit`` is one person's visit, home screen to home screen."""

    def __init__(
        self,
        central: Running | Town,
        folder: Path,
        people: Iterator[dict[str, Any]],
        kiosk_id: str = "WD001",
        change: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``change``: texts of the configuration to replace, such as a time-out that no test should wait for."""
        self.central, self.folder, self.people = central, folder, people
        host, port = central.url.removeprefix("http://").split(":")
        self.stand = Stand(
            (host, int(port)), (build.FONTS / "NotoSansSC-Regular.otf", config.Fonts().rare), None, 0.0
        ).start()
        (folder / "data").mkdir(exist_ok=True)
        text = self.stand.toml(folder / "data", kiosk_id, f"demo-token-{kiosk_id}")
        for old, new in (change or {}).items():
            assert old in text
            text = text.replace(old, new)
        self.toml = folder / "kiosk.toml"
        self.toml.write_text(text, encoding="utf-8")
        self.config = config.load(self.toml)
        self.clock = clock or Clock()
        self.log_text = io.StringIO()
        self.visits = 0
        self.machine: build.Machine | None = None
        self.booth: Booth | None = None  # instead of the machine's own
        self.desk = ScriptedDesk(self.clock, ())

    # --- life ---

    def start(self, desk: Any = None) -> build.Machine:
        """Power on: what was unfinished is found in the journal."""
        log = events.Log(self.log_text, self.clock)
        self.machine = build.build(self.config, desk or self.desk, self.clock, SystemClock(), log)
        if self.booth is not None:
            object.__setattr__(self.machine.kiosk, "booth", self.booth)
        return self.machine

    def start_if_off(self) -> build.Machine:
        return self.machine or self.start()

    def power_cut(self) -> None:
        """The machine is gone; only the disk stays."""
        if self.machine is not None:
            kiosk = self.machine.kiosk
            for device in (kiosk.reader, kiosk.printer, kiosk.scanner):
                if device is not None:
                    device._transport.close()  # type: ignore[union-attr]
            self.machine.kiosk.booth.close()
            self.machine.journal.close()
            self.machine.kiosk.api.close_connections()
            self.machine = None

    def stop(self) -> None:
        self.power_cut()
        self.stand.stop()

    def visit(self, *answers: Any) -> ScriptedDesk:
        """One visit with these answers.  The kiosk is started when it is off."""
        self.desk = ScriptedDesk(self.clock, answers)
        self.visit_of(self.desk)
        return self.desk

    def visit_of(self, desk: Desk, wish: Service | None = None) -> Service | None:
        """One visit before any desk; with a ``wish`` the home screen was answered before.  Gives the wish of whoever comes next."""
        machine = self.start_if_off()
        object.__setattr__(machine.kiosk, "desk", desk)
        self.visits += 1
        return visits.visit(machine.kiosk, Devices(machine.kiosk), self.visits, wish)

    def sweep(self, rounds: int = 8) -> None:
        """The outbox's work, without its thread: until nothing is left to hand in."""
        machine = self.start_if_off()
        for _ in range(rounds):
            for _ in range(20):
                machine.kiosk.outbox.receive(0)
            self.clock.sleep(max(machine.kiosk.outbox.sweep(), 0) + 1)

    def let_it_print(self) -> None:
        """Until nothing has happened in the printer for a while: what a dead process had sent comes out by itself."""
        printer, quiet, before = self.stand.printer, 0, (-1, -1)
        while quiet < 5:
            SystemClock().sleep(0.01)
            now = (len(printer.sheets), len(printer._commands.buffer))
            quiet, before = (quiet + 1 if now == before else 0), now

    # --- hands ---

    def somebody(self) -> dict[str, Any]:
        """The next resident who owes this year's pension contribution."""
        return next(self.people)

    def place(self, person: dict[str, Any], **changes: Any) -> Do:
        """Puts the person's card down; ``changes`` are fields that say something else than central knows."""
        return Do(lambda: self.stand.reader.place(replace(card_of(person), **changes)))

    def swap(self, person: dict[str, Any], **changes: Any) -> Do:
        """What lies there is taken away, the reader sees that, and the person's card goes down."""

        def act() -> None:
            self.stand.reader.take()
            reader = self.machine.kiosk.reader if self.machine else None
            while reader is not None and not reader.media_taken():
                continue
            self.place(person, **changes).action()

        return Do(act)

    @property
    def take(self) -> Do:
        return Do(self.stand.reader.take)

    def come(self, person: dict[str, Any]) -> tuple[Any, ...]:
        """Card down on the home screen, my page, card taken."""
        return (self.place(person), WORLD, self.take, WORLD)

    def cashier(self, act: str = "pay") -> Do:
        """What the payer does with the code that is on the screen."""

        def press() -> None:
            url = self.machine.kiosk.till.pay_url if self.machine else ""
            requests.post(f"{url}/{act}", headers=JSON, timeout=5).raise_for_status()

        return Do(press)

    def do(self, action: Callable[[], object]) -> Do:
        return Do(action)

    # --- books ---

    def orders(self) -> dict[str, Order]:
        machine = self.start_if_off()
        keys = [subject.removeprefix(ORDER) for subject in machine.journal.subjects_last(ORDER)]
        return {
            key: payment.replay(key, [(e.event, e.data) for e in machine.journal.entries(ORDER + key)])
            for key in keys
        }

    def order(self) -> Order:
        """The newest order."""
        return list(self.orders().values())[-1]

    def sheets(self) -> list[Sheet]:
        return [sheet for sheet in (sheet_of(list(s.text)) for s in self.stand.printer.sheets) if sheet]

    def books(self) -> Books:
        """Gateway, ledger, journal and paper of this kiosk's orders."""
        orders = self.orders()
        gateway = gateway_of([trade for trade in self.trades() if trade["order_id"] in orders])
        ledger, slips = ledger_of([row for row in self.movements() if row["order_id"] in orders])
        return Books(gateway, ledger, slips, orders, tuple(self.sheets()))

    def trades(self) -> list[dict[str, Any]]:
        """The gateway's own books."""
        url = self.central.gateway_url if isinstance(self.central, Town) else self.central.url
        return rows_of(f"{url}/sandbox/trades")

    def movements(self) -> list[dict[str, Any]]:
        """Central's movements of money."""
        return rows_of(f"{self.central.url}/sandbox/ledger")

    def page(self, person: dict[str, Any]) -> wire.MyPage:
        machine = self.start_if_off()
        lookup = wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"])
        return machine.kiosk.api.visit(lookup)

    def agree(self, *others: Visitor) -> None:
        """Every book says the same, to the fen.  ``others``: kiosks whose paper counts too, because they printed copies."""
        books = self.books()
        ours = books.slips.keys()
        more = [sheet for other in others for sheet in other.sheets() if sheet.receipt_no in ours]
        assert compare(replace(books, sheets=(*books.sheets, *more))) == []

    def agree_but_owe(self, *receipt_nos: str) -> None:
        """The money agrees to the fen, and exactly these receipts have no paper yet."""
        books = self.books()
        on_paper = {sheet.receipt_no for sheet in books.sheets}
        assert books.slips.keys() - on_paper == set(receipt_nos)
        kept = {number: fen for number, fen in books.slips.items() if number in on_paper}
        assert compare(replace(books, slips=kept)) == []


def card_of(person: dict[str, Any]) -> IdCard:
    fields = {name: person.get(name, "") for name in IdCard.__slots__ if name not in ("kind", "photo")}
    return IdCard(kind=CardKind(person["kind"]), **fields)


def rows_of(url: str) -> list[dict[str, Any]]:
    answer = requests.get(url, timeout=20)
    answer.raise_for_status()
    rows: list[dict[str, Any]] = answer.json()
    return rows


def owing(central: Running, part: slice = slice(None)) -> Iterator[dict[str, Any]]:
    """Residents who owe this year's resident pension, each once, with a card that is still valid; ``part`` of the township."""
    settings = central.service.settings
    headers = {"Authorization": "Bearer demo-token-WD003", "X-Kiosk": "WD003"}
    with requests.Session() as session:
        for card in township.cards(settings.township, settings.seed)[part]:
            person = asdict(card)
            if "expired" in card.tags:
                continue
            body = {"number": person["number"], "name": person["name"], "card_kind": person["kind"]}
            page = session.post(f"{central.url}/v1/visits", json=body, headers=headers, timeout=5).json()
            if any(d["product"] == "resident_pension" and d["state"] == "due" for d in page["dues"]):
                yield person
