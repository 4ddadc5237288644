"""The surroundings of a measured kiosk: central in a process of its own, emulated devices on paced wires in this one.

The kiosk under test is always another process than the far ends of its wires.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from devices.clock import SystemClock
from devices.idcard import IdCard
from kiosk import build, config, events, wire
from kiosk.api import Api, Refused
from kiosk.config import Config, Fonts
from stand import people
from stand.__main__ import KIOSK_ID, TOKEN, free_port, start_central, wait_for
from stand.stand import Stand

SEED, TOWNSHIP, BAUD = 7, 1000, 115200
FAREWELL_S = 0.1
QUERIES = ("张", "王", "李", "于", "刘", "丛", "孙", "姜", "宋", "毕", "")


@dataclass(frozen=True)
class Scene:
    """``toml`` is the kiosk's configuration file; ``central`` the address past the network that can be slowed."""

    folder: Path
    stand: Stand
    central: str
    toml: Path

    @property
    def config(self) -> Config:
        return config.load(self.toml)

    def api(self) -> Api:
        """A client like the kiosk's own, by the same way."""
        log = events.Log(self.folder / "bench.log", SystemClock())
        return Api(self.config.central, KIOSK_ID, SystemClock(), log)

    def cards(self, count: int) -> list[IdCard]:
        """Cards of ``count`` different people of the township, always the same ones."""
        found: dict[str, IdCard] = {}
        for query in QUERIES:
            found.update({one.key: one.card for one in people.find(self.central, query)})
        assert len(found) >= count, f"only {len(found)} people found"
        return list(found.values())[:count]

    def receipt(self, card: IdCard, number: int) -> wire.Receipt | None:
        """Pays what this person owes, past the kiosk, and gives the receipt; None when nothing is due."""
        api = self.api()
        try:
            page = api.visit(lookup(card))
            line = first_due(page)
            if line is None:
                return None
            order_id = f"BENCH-{number:08d}"
            order = wire.OrderRequest(
                order_id=order_id, payer_id=page.person_id, lines=(line,), total_fen=line.amount_fen
            )
            self.pay(api.create(order).pay_url or "")
            return api.order(order_id).receipts[0]
        except Refused:
            return None
        finally:
            api.close_connections()

    def pay(self, url: str) -> None:
        """What the payer does on the cashier page."""
        answer = requests.post(f"{url}/pay", headers={"Accept": "application/json"}, timeout=10)
        answer.raise_for_status()


def first_due(page: wire.MyPage) -> wire.OrderLine | None:
    """The first item that can be paid, at its suggested tier."""
    for due in page.dues:
        tiers = {tier.code: tier for tier in due.tiers}
        if due.state is wire.DueState.DUE and tiers:
            tier = tiers.get(due.suggested or "") or next(iter(tiers.values()))
            return wire.OrderLine(
                person_id=page.person_id,
                product=due.product,
                year=due.year,
                tier=tier.code,
                amount_fen=tier.amount_fen,
            )
    return None


def lookup(card: IdCard) -> wire.Lookup:
    return wire.Lookup(number=card.number, name=card.name, card_kind=card.kind.value)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Starts everything and waits until it answers; ends all of it."""
    port = free_port()
    central = start_central(folder / "central", port, TOWNSHIP, SEED)
    fonts = (build.FONTS / "NotoSansSC-Regular.otf", Fonts().rare)
    stand = Stand(("127.0.0.1", port), fonts, BAUD).start()
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/health", central)
        toml = folder / "kiosk.toml"
        text = stand.toml(folder / "kiosk", KIOSK_ID, TOKEN)
        # a shorter farewell and no shorter anything else: the bench has many visitors
        toml.write_text(f"{text}\n[session]\ngoodbye_s = {FAREWELL_S}\n", encoding="utf-8")
        yield Scene(folder, stand, f"http://127.0.0.1:{port}", toml)
    finally:
        stand.stop()
        central.terminate()
        central.wait(15)
