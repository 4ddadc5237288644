"""kill -9 at random instants, hundreds of times: of kiosks in the middle of visits, of central under load.

A killed kiosk starts on the same disk, a killed central on the same folder and port.  From time to time, and at the end, everything
is given the time to settle, and then the four books must agree: nothing lost, nothing doubled.  What central had acknowledged
before it was killed must be there when it answers again.

kill -9 proves nothing about a missing fsync: that is what the power-cut images are for.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from kiosk import wire
from stand.proxy import Fault
from tests.proof.far_hands import Hands
from tests.proof.hall import Hall
from tests.proof.services import ROOT
from tests.proof.tellers import Teller, client, forgotten
from tests.reckoning import Kind, Wrong
from tests.visitor import Visitor

Say = Callable[[str], object]
CHECK_EVERY = 40
KIOSKS, TELLER = 2, "WD003"
FOLKS, CUSTOMERS = "people.json", "customers.json"
SHORTEST_S = 0.02  # of a life
FAULTS = {
    Fault.LOSE_REQUEST: 0.01,
    Fault.LOSE_REPLY: 0.02,
    Fault.DELAY: 0.02,
    Fault.TRICKLE: 0.01,
    Fault.DUPLICATE: 0.02,
    Fault.LATE: 0.01,
    Fault.RESET: 0.01,
    Fault.CUT_SHORT: 0.01,
}


@dataclass(frozen=True)
class Plan:
    """How many kills of each, how long the longest life is, how many tellers press central, how large the township is."""

    kiosk: int
    central: int
    longest_s: float
    tellers: int
    people: int

    def life_s(self, rng: Random) -> float:
        return rng.uniform(SHORTEST_S, self.longest_s)


FULL = Plan(kiosk=220, central=220, longest_s=1.2, tellers=3, people=3000)
REDUCED = Plan(kiosk=12, central=8, longest_s=0.4, tellers=2, people=200)


@dataclass
class Tally:
    """What one loop did and found."""

    kills: int = 0
    checks: int = 0
    acknowledged: int = 0
    forgotten: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    restarts_s: float = 0.0
    met: Counter[str] = field(default_factory=Counter)

    def count(self, *kinds: Kind) -> int:
        return sum(each.kind in kinds for each in self.wrong)


class Kiosk:
    """One kiosk as a process, its surroundings here."""

    def __init__(self, visitor: Visitor, people: Path, seed: int) -> None:
        self.visitor, self._people, self._seed = visitor, people, seed
        self._hands = Hands(visitor.stand, visitor.folder)
        self.lives = 0
        self.pid = 0
        self._maker = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.proof.kiosk_life"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def start(self) -> None:
        self.lives += 1
        order = {
            "config": str(self.visitor.toml),
            "hands": self._hands.address,
            "people": str(self._people),
            "seed": f"{self._seed} {self.visitor.config.site.kiosk_id} {self.lives}",
        }
        assert self._maker.stdin is not None
        self._maker.stdin.write(json.dumps(order) + "\n")
        self._maker.stdin.flush()
        self.pid = self._told()["pid"]

    def kill(self) -> None:
        """SIGKILL.  Raises AssertionError when it was gone already: a surprise ended it."""
        os.kill(self.pid, signal.SIGKILL)
        ended = self._told()
        assert ended == {"signal": signal.SIGKILL}, (
            f"kiosk {self.visitor.config.site.kiosk_id} ended: {ended}"
        )

    def stop(self) -> None:
        """Only after a kill."""
        assert self._maker.stdin is not None and self._maker.stdout is not None
        self._maker.stdin.close()
        self._maker.wait(20)
        self._maker.stdout.close()
        self._hands.stop()

    def _told(self) -> dict[str, Any]:
        assert self._maker.stdout is not None
        line = self._maker.stdout.readline()
        assert line, "the maker of kiosks is gone"
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def scene(folder: Path, seed: int, people: int) -> Iterator[tuple[Hall, list[Kiosk]]]:
    """Two kiosks of one central, each behind a bad network."""
    hall, kiosks = Hall(folder, KIOSKS, people, seed), []
    try:
        residents = list(islice(hall.residents(), people))
        half = len(residents) // 2  # the tellers' customers keep something to pay whatever the kiosks take in
        for name, part in ((FOLKS, residents[:half]), (CUSTOMERS, residents[half:])):
            (folder / name).write_text(json.dumps(part), encoding="utf-8")
        for visitor in hall.visitors:
            visitor.stand.network.faulty(Random(f"{seed} {visitor.config.site.kiosk_id}"), FAULTS)
            kiosks.append(Kiosk(visitor, folder / FOLKS, seed))
        yield hall, kiosks
    finally:
        for kiosk in kiosks:
            kiosk.stop()
        hall.stop()


def kill_kiosks(hall: Hall, kiosks: Sequence[Kiosk], plan: Plan, seed: int, progress: Say) -> Tally:
    """Two kiosks at once, each killed when its random time has come, and started again at once."""
    rng, tally = Random(f"{seed} kiosk kills"), Tally()
    due_s = {kiosk: begin(kiosk, plan, rng) for kiosk in kiosks}
    while tally.kills < plan.kiosk:
        kiosk = min(kiosks, key=due_s.__getitem__)
        time.sleep(max(0.0, due_s[kiosk] - time.monotonic()))
        kiosk.kill()
        tally.kills += 1
        after_death(hall, kiosk, rng, tally)
        if tally.kills % CHECK_EVERY == 0 and tally.kills < plan.kiosk:
            stop_all(kiosks, except_for=kiosk)
            check(hall, kiosks, tally, progress)
            due_s = {each: begin(each, plan, rng) for each in kiosks}
        else:
            due_s[kiosk] = begin(kiosk, plan, rng)
    stop_all(kiosks)
    check(hall, kiosks, tally, progress)
    return tally


def kill_central(hall: Hall, kiosks: Sequence[Kiosk], plan: Plan, seed: int, progress: Say) -> Tally:
    """Two kiosks and some tellers go on asking while central dies and comes back."""
    rng, tally = Random(f"{seed} central kills"), Tally()
    people = json.loads((hall.folder / CUSTOMERS).read_text(encoding="utf-8"))
    tellers = [
        Teller(hall.town.url, TELLER, people, Random(f"{seed} teller {n}")) for n in range(plan.tellers)
    ]
    for teller in tellers:
        teller.start()
    for kiosk in kiosks:
        kiosk.start()
    try:
        live_through(hall, tellers, plan, rng, tally, progress)
    finally:
        for teller in tellers:
            teller.end()
        stop_all(kiosks)
    paid = {key: fen for teller in tellers for key, fen in teller.paid_fen().items()}
    check(hall, kiosks, tally, progress, paid)
    counts = sum((teller.counts for teller in tellers), Counter())
    tally.acknowledged = sum(counts[call] for call in ("create", "order", "close"))
    tally.restarts_s = hall.central.restart_s_median()
    return tally


def live_through(
    hall: Hall, tellers: Sequence[Teller], plan: Plan, rng: Random, tally: Tally, progress: Say
) -> None:
    """One kill after the other.  After each, what was acknowledged before it is asked for."""
    api, asked = client(hall.town.url, TELLER), dict[str, wire.OrderReply]()
    while tally.kills < plan.central:
        time.sleep(plan.life_s(rng))
        before = {key: reply for teller in tellers for key, reply in list(teller.acknowledged.items())}
        hall.central.kill()
        tally.kills += 1
        hall.central.start()
        fresh = {key: reply for key, reply in before.items() if asked.get(key) is not reply}
        tally.forgotten += forgotten(api, fresh)
        asked = before
        if tally.kills % CHECK_EVERY == 0:
            restarted = f"restart {hall.central.restart_s_median():.2f} s"
            progress(f"central killed {tally.kills} times, {len(before)} orders acknowledged, {restarted}")
    tally.forgotten += forgotten(api, asked)  # once more all of them
    api.close_connections()


def begin(kiosk: Kiosk, plan: Plan, rng: Random) -> float:
    """Starts a life and says when it ends."""
    kiosk.start()
    return time.monotonic() + plan.life_s(rng)


def after_death(hall: Hall, kiosk: Kiosk, rng: Random, tally: Tally) -> None:
    """Somebody takes the card that lies there, or leaves it; a payer with the code on the phone pays a dead machine's order."""
    if rng.random() < 0.7:
        kiosk.visitor.stand.reader.take()
    if rng.random() < 0.3 and (waiting := hall.waiting()):
        tally.met["paid while the machine was dead"] += hall.press(waiting[0], "pay")


def stop_all(kiosks: Sequence[Kiosk], except_for: Kiosk | None = None) -> None:
    for kiosk in kiosks:
        if kiosk is not except_for:
            kiosk.kill()


def check(
    hall: Hall, kiosks: Sequence[Kiosk], tally: Tally, progress: Say, others: dict[str, int] | None = None
) -> None:
    """Lets everything settle and lays the books side by side; afterwards the kiosks' disks are free again."""
    hall.heal()
    reckoning = hall.reckon(others)
    found = reckoning.wrong()
    tally.wrong += found
    tally.checks += 1
    for visitor in hall.visitors:
        visitor.power_cut()
        visitor.stand.network.faulty(Random(f"{tally.checks} {visitor.config.site.kiosk_id}"), FAULTS)
    lives, fen = sum(kiosk.lives for kiosk in kiosks), reckoning.sums_fen()["gateway"]
    progress(
        f"after {tally.kills} kills, {lives} lives: {len(reckoning.kiosks)} orders paid, {fen} fen, {len(found)} wrong"
    )
    for each in found:
        progress(f"  {each.kind.value}: {each.what}")


def run(*, full: bool, seed: int = 7, progress: Say = print) -> dict[str, dict[str, object]]:
    """Both loops.  Gives kills, kills_lost, kills_doubled as bench/out/proof.json has them."""
    plan = FULL if full else REDUCED
    with (
        tempfile.TemporaryDirectory(prefix="kills-") as scratch,
        scene(Path(scratch) / "hall", seed, plan.people) as (hall, kiosks),
    ):
        kiosk = kill_kiosks(hall, kiosks, plan, seed, progress)
        central = kill_central(hall, kiosks, plan, seed, progress)
    lost = [
        tally.count(Kind.LOST, Kind.OPEN, Kind.FALSE) + len(tally.forgotten) for tally in (kiosk, central)
    ]
    doubled = [tally.count(Kind.DOUBLED) for tally in (kiosk, central)]
    wrong = [each.what for tally in (kiosk, central) for each in tally.wrong]
    return {
        "kills": {
            "value": kiosk.kills + central.kills,
            "unit": "SIGKILLs",
            "kiosk": kiosk.kills,
            "central": central.kills,
            "acknowledged": central.acknowledged,
            "restart_s_median": round(central.restarts_s, 3),
            "seed": seed,
        },
        "kills_lost": {
            "value": sum(lost),
            "unit": "orders, receipts or acknowledged states",
            "kiosk": lost[0],
            "central": lost[1],
            "what": [*wrong, *kiosk.forgotten, *central.forgotten][:20],
        },
        "kills_doubled": {
            "value": sum(doubled),
            "unit": "charges or originals",
            "kiosk": doubled[0],
            "central": doubled[1],
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    print(json.dumps(run(full=given.full, seed=given.seed), indent=2))


if __name__ == "__main__":
    main()
