"""Kiosks, a central and a gateway, each as it really is, and bad networks between them.

kiosks     real flows, drivers and journals; the far ends of their wires live here
central    ``central run``, a process of its own
gateway    central's own trial one, or ``central gateway``, a process of its own

kiosk --proxy--> central --proxy--> gateway
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from central import bills, rules, tables, township
from central.clock import SystemClock, legal_day
from central.database import Database, sqlite_url
from kiosk import wire
from stand.__main__ import free_port
from stand.proxy import Proxy
from tests.desk import Clock
from tests.kiosk.citizens import mend_printer
from tests.proof.services import ROOT, Service
from tests.reckoning import Reckoning
from tests.visitor import JSON, Town, Visitor, rows_of

CITY = "wendeng"
HEADERS = {"Authorization": "Bearer demo-token-WD001", "X-Kiosk": "WD001"}
QUICK = {'profile = "epson-80"': 'profile = "epson-80"\nstatus_timeout_s = 0.2\ncompletion_timeout_s = 0.3'}
QUIET_WITHIN_S = 60.0
DELAY_S = 0.05
UNSETTLED = ("requested", "created", "refunding")


class SkewedClock(Clock):
    """A machine whose wall clock is ``skew_s`` ahead."""

    def __init__(self, skew_s: float) -> None:
        super().__init__()
        self._skew_ms = round(skew_s * 1000)

    def wall_ms(self) -> int:
        return super().wall_ms() + self._skew_ms


@dataclass(frozen=True)
class DayEnd:
    """One line each: differences that nobody has explained, and those that asking again has just settled."""

    left: list[str]
    settled: list[str]


class Hall:
    """Started by the constructor.  ``skews_s``: kiosk -> how far its clock is ahead."""

    def __init__(
        self,
        folder: Path,
        kiosks: int,
        people: int,
        seed: int,
        *,
        skews_s: Mapping[str, float] | None = None,
        quirks: str = "",
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        central, gateway = free_port(), free_port()
        self.town = Town(f"http://127.0.0.1:{central}", f"http://127.0.0.1:{gateway}", people, seed)
        self.to_gateway = Proxy(("127.0.0.1", gateway), DELAY_S).start()
        self.notices = Proxy(("127.0.0.1", central), DELAY_S).start()
        self.gateway = Service(
            self.town.gateway_url,
            [*_command("gateway", folder / "gateway", gateway), "--quirks", quirks, "--seed", str(seed)],
            folder / "gateway.log",
            answers="/sandbox/quirks",
        )
        self.central = Service(
            self.town.url,
            [
                *_command("run", folder / "central", central),
                *(
                    "--sandbox",
                    "--kiosks",
                    str(max(3, kiosks)),
                    "--township",
                    str(people),
                    "--seed",
                    str(seed),
                ),
                *("--gateway", str(folder / "gateway" / "merchant.toml")),
                *("--gateway-url", f"http://127.0.0.1:{self.to_gateway.port}"),
                *("--notify-url", f"http://127.0.0.1:{self.notices.port}/gateway/notify"),
            ],
            folder / "central.log",
        )
        self.visitors: tuple[Visitor, ...] = ()
        self.gateway.start()  # it writes what central is told
        self.central.start()
        self.database = Database(sqlite_url(folder / "central" / "central.sqlite3"))
        names = [f"WD{number:03d}" for number in range(1, kiosks + 1)]
        self.visitors = tuple(self._kiosk(name, (skews_s or {}).get(name, 0.0)) for name in names)

    def stop(self) -> None:
        for visitor in self.visitors:
            visitor.stop()
        self.database.close()
        for proxy in (self.to_gateway, self.notices):
            proxy.stop()
        ends = [service.stop() for service in (self.central, self.gateway)]
        assert set(ends) <= {0}, f"central and the gateway ended with {ends}"

    def residents(self) -> Iterator[dict[str, Any]]:
        """What the cards of those say who owe something today, read past central's door: it has other things to do."""
        persons, today = tables.persons, legal_day(SystemClock().now_ms())
        with self.database.read() as connection:
            rulebook = rules.load(connection, CITY)
            rows = {row.number: row for row in connection.execute(select(persons))}
            for card in township.cards(self.town.people, self.town.seed):
                dues = bills.dues(connection, rulebook, rows[card.number], today)
                if "expired" not in card.tags and any(due.state is wire.DueState.DUE for due in dues):
                    yield asdict(card)

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        return (self.to_gateway, self.notices, *(visitor.stand.network for visitor in self.visitors))

    def faults(self) -> Counter[str]:
        """What all proxies did."""
        return sum(
            (Counter({f.value: n for f, n in proxy.counts.items()}) for proxy in self.proxies), Counter()
        )

    def _kiosk(self, kiosk_id: str, skew_s: float) -> Visitor:
        (self.folder / kiosk_id).mkdir()
        clock = SkewedClock(skew_s) if skew_s else None
        visitor = Visitor(self.town, self.folder / kiosk_id, iter(()), kiosk_id, QUICK, clock)
        network = visitor.stand.network
        network.delay_s, network.trickle_s, network.late_s, network.cut_s = DELAY_S, 0.05, 2.0, 0.1
        return visitor

    # --- the end of the day ---

    def heal(self) -> None:
        """Everything works again, and everybody gets the time to say what is left to say; what is open then, stays open."""
        self._mend()
        deadline = time.monotonic() + QUIET_WITHIN_S
        while not self._is_quiet() and time.monotonic() < deadline:
            time.sleep(0.1)
        for visitor in self.visitors:
            visitor.let_it_print()

    def reconcile(self, day: date) -> DayEnd:
        """``central reconcile`` for one legal day."""
        merchant = ["--gateway", str(self.folder / "gateway" / "merchant.toml")]
        done = self._run("reconcile", "--day", f"{day}", "--json", *merchant)
        report = json.loads(done)
        lines = {
            name: [
                f"{each['kind']} {each['kiosk_id']} {each['subject']}: {each['detail']}"
                for each in report[name]
            ]
            for name in ("open", "settled")
        }
        return DayEnd(lines["open"], lines["settled"])

    def verify(self) -> list[str]:
        """``central verify``: what is wrong with device logs or ledger."""
        return [line for line in self._run("verify").splitlines() if not line.startswith("ok ")]

    def _run(self, name: str, *options: str) -> str:
        command = [sys.executable, "-m", "central", name, "--data", str(self.folder / "central"), *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def reckon(self, others: Mapping[str, int] | None = None) -> Reckoning:
        """The books, once all is quiet.  ``others`` as Reckoning has it."""
        return Reckoning(self.visitors, self.database, others=others)

    def _mend(self) -> None:
        for proxy in self.proxies:
            proxy.healthy()
            proxy.settle()
        for service in (self.gateway, self.central):
            if not service.runs:
                service.begin()
            service.wait()
        requests.post(f"{self.town.gateway_url}/sandbox/quirks", data=b"", timeout=10).raise_for_status()
        for trade in rows_of(f"{self.town.gateway_url}/sandbox/trades"):
            if trade["silent"]:
                self.press(trade["token"], "release")
        for visitor in self.visitors:
            ends = [wire._plugged for wire in visitor.stand.wires]
            assert all(end is None or end.thread.is_alive() for end in ends), (
                "a far end died: this proves nothing"
            )
            mend_printer(visitor)
            visitor.stand.reader.take()
            visitor.stand.scanner_wire.replug()
            visitor.power_cut()
        self._look_after_every_close()

    def _is_quiet(self) -> bool:
        return all([*(self._swept(visitor) for visitor in self.visitors), self._central_is_quiet()])

    def _swept(self, visitor: Visitor) -> bool:
        """A round of this kiosk's outbox.  True when it has nothing left to do, and central has its whole journal."""
        visitor.sweep(1)
        assert visitor.machine is not None
        outbox, journal = visitor.machine.kiosk.outbox, visitor.machine.journal
        sent = journal.last_seq() in (0, outbox._device_log._sent)
        return not outbox._cases and sent

    def _look_after_every_close(self) -> None:
        """Late money is found by asking about what was closed."""
        orders = tables.orders
        with self.database.read() as connection:
            closed = select(orders.c.order_id).where(
                orders.c.state == "closed", orders.c.look_ms.is_not(None)
            )
            found = list(connection.execute(closed).scalars())
        for order_id in found:
            self._ask(order_id)

    def _central_is_quiet(self) -> bool:
        orders = tables.orders
        with self.database.read() as connection:
            query = select(orders.c.order_id).where(orders.c.state.in_(UNSETTLED))
            found = list(connection.execute(query).scalars())
        for order_id in found:
            self._ask(order_id)
        return not found

    def _ask(self, order_id: str) -> None:
        requests.get(f"{self.town.url}/v1/orders/{order_id}", headers=HEADERS, timeout=10)

    # --- the payers ---

    def press(self, token: str, act: str) -> bool:
        """What somebody does on the cashier page.  False when the gateway is not there."""
        url = f"{self.town.gateway_url}/sandbox/cashier/{token}/{act}"
        with suppress(requests.RequestException):
            return requests.post(url, headers=JSON, timeout=10).status_code == 200
        return False

    def waiting(self) -> list[str]:
        """Tokens of trades that wait for a payer, newest first."""
        rows = rows_of(f"{self.town.gateway_url}/sandbox/trades")
        return [row["token"] for row in rows if row["state"] in ("waiting", "confirming")]


def _command(name: str, data: Path, port: int) -> list[str]:
    return ["-m", "central", name, "--data", str(data), "--port", str(port)]
