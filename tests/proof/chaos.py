"""A day of chaos: hundreds of visits at many kiosks while everything breaks; then gateway = ledger = kiosks = paper.

    python -m tests.proof.chaos --visits 1000 --kiosks 8 --seed 7

Kiosks with real flows, drivers and journals; central and the gateway in processes of their own, killed now and then; a bad network
on every line.  One kiosk's clock is minutes wrong and warns, another's is so wrong that it takes no money.  In the evening all is
mended, everybody has the time to finish, and the receipts that are owed are collected.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from central import tables, township
from central.clock import SystemClock, legal_day
from kiosk import money
from tests.proof.day import QUIRKS, Day, Evening
from tests.proof.hall import Hall
from tests.reckoning import Reckoning

Say = Callable[[str], object]
WARNS_S, STOPS_S = 400.0, 900.0  # over 120 s is said, over 600 s takes no money
FULL, SHORT = (1000, 8), (60, 5)  # visits, kiosks
ROUNDS = 3  # of collecting what is owed


@dataclass(frozen=True)
class Result:
    """``difference_fen`` is 0 and ``wrong`` empty when the day ended well."""

    visits: int
    difference_fen: int
    sums_fen: Mapping[str, int]
    wrong: tuple[str, ...]
    met: Mapping[str, int]
    faults: Mapping[str, int]

    def table(self) -> str:
        """What happened how often, and the sums, for people."""
        rows = [f"  {name:<34} {count:>9,}" for name, count in self.met.items()]
        faults = [f"  {name:<34} {count:>9,}" for name, count in self.faults.items()]
        sums = [f"  {name:<26} {money.with_sign(fen):>17}" for name, fen in self.sums_fen.items()]
        wrong = [f"  {line}" for line in self.wrong] or ["  nothing"]
        last = f"difference: {self.difference_fen} fen"
        parts = [
            "the day",
            *rows,
            "exchanges on the bad networks",
            *faults,
            "the books",
            *sums,
            "wrong",
            *wrong,
            last,
        ]
        return "\n".join(parts)

    def figures(self, kiosks: int, seed: int) -> dict[str, dict[str, object]]:
        """chaos_visits and chaos_difference_fen as bench/out/proof.json has them."""
        how = {"kiosks": kiosks, "seed": seed, "met": dict(self.met), "faults": dict(self.faults)}
        books = {"sums_fen": dict(self.sums_fen), "wrong": list(self.wrong)[:20]}
        return {
            "chaos_visits": {"value": self.visits, "unit": "visits", **how},
            "chaos_difference_fen": {"value": self.difference_fen, "unit": "fen", **books},
        }


def run_day(*, visits: int, kiosks: int, seed: int, progress: Say = print) -> Result:
    """One day.  ``kiosks`` at least 2; the last two have wrong clocks when there are four or more."""
    names = [f"WD{number:03d}" for number in range(1, kiosks + 1)]
    skews_s = {names[-2]: WARNS_S, names[-1]: -STOPS_S} if kiosks >= 4 else {}
    quirks = ",".join(f"{name}={value}" for name, value in QUIRKS.items())
    met: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        hall = Hall(
            Path(scratch) / "hall", kiosks, max(300, visits * 3), seed, skews_s=skews_s, quirks=quirks
        )
        try:
            people = list(islice(hall.residents(), round(visits * 0.6) + 10))
            day = Day(hall, Random(f"{seed} day"), iter(people), met, visits)
            began, began_s = legal_day(SystemClock().now_ms()), time.monotonic()
            for number in range(1, visits + 1):
                day.visit()
                if number % 100 == 0:
                    progress(f"{number} visits, {time.monotonic() - began_s:.0f} s")
            day.end()
            progress("evening: everything is mended")
            days = sorted({began, legal_day(SystemClock().now_ms())})
            reckoning, left = evening(hall, Random(f"{seed} evening"), met, days)
            return Result(
                visits=met["visits"],
                difference_fen=reckoning.difference_fen(),
                sums_fen=reckoning.sums_fen(),
                wrong=(
                    *(f"{w.kind.value}: {w.what}" for w in reckoning.wrong()),
                    *left,
                    *skewed(hall, skews_s),
                ),
                met=counted(hall, reckoning, met),
                faults=dict(sorted(hall.faults().items())),
            )
        finally:
            hall.stop()


def run(*, full: bool, seed: int = 7, progress: Say = print) -> dict[str, dict[str, object]]:
    """The whole day, or a short one; chaos_visits and chaos_difference_fen."""
    visits, kiosks = FULL if full else SHORT
    return run_day(visits=visits, kiosks=kiosks, seed=seed, progress=progress).figures(kiosks, seed)


def evening(hall: Hall, rng: Random, met: Counter[str], days: Sequence[date]) -> tuple[Reckoning, list[str]]:
    """Mends everything, lets it settle, closes the day and prints what is owed; gives the books, and what they leave open."""
    hall.heal()
    for day in days:  # payments that no notice told of are in the gateway's bill
        met["differences found by the day's end"] += len(hall.reconcile(day).settled)
    hall.heal()
    cards = {card.number: asdict(card) for card in township.cards(hall.town.people, hall.town.seed)}
    last = Evening(rng, hall.visitors, iter(()), met)
    last.rest()
    for _ in range(ROUNDS):
        owed = people_owed(hall)
        for number, count in owed.items():
            last.collect(cards[number], count)
            met["came for owed receipts"] += 1
        hall.heal()
        if not owed:
            break
    for day in days:
        hall.reconcile(day)  # asks the kiosks for their totals
    last.report()
    left = [f"reconcile {day}: {line}" for day in days for line in hall.reconcile(day).left]
    return hall.reckon(), [*left, *(f"verify: {line}" for line in hall.verify())]


def people_owed(hall: Hall) -> dict[str, int]:
    """Number of each person who paid today and has no receipt yet -> how many are owed."""
    receipts, prints, persons = tables.receipts, tables.prints, tables.persons
    printed = select(prints.c.receipt_no).where(prints.c.verdict == "printed")
    today = select(tables.ledger.c.order_id).where(tables.ledger.c.kind == "payment")
    query = (
        select(persons.c.number, func.count())
        .join(receipts, receipts.c.person_id == persons.c.person_id)
        .where(receipts.c.receipt_no.not_in(printed), receipts.c.order_id.in_(today))
        .group_by(persons.c.number)
        .order_by(persons.c.number)
    )
    with hall.database.read() as connection:
        return {number: int(count) for number, count in connection.execute(query)}


def skewed(hall: Hall, skews_s: Mapping[str, float]) -> list[str]:
    """What the kiosks with wrong clocks did wrong: both say so once, the worse one takes no money."""
    found = []
    for visitor in hall.visitors:
        name = visitor.config.site.kiosk_id
        said = '"id": "clock_skew"' in visitor.log_text.getvalue()
        if said != (name in skews_s):
            found.append(f"{name} {'warns of' if said else 'is silent about'} its clock")
        if abs(skews_s.get(name, 0.0)) > visitor.config.payment.max_clock_skew_s and visitor.orders():
            found.append(f"{name} took an order with such a clock")
    return found


def counted(hall: Hall, reckoning: Reckoning, met: Counter[str]) -> dict[str, int]:
    """What the day was made of."""
    views = {name for name in met if name[:1].isupper()}
    counts = Counter({name: count for name, count in met.items() if name not in views})
    counts["questions on screens"] = sum(met[name] for name in views)
    for orders in reckoning.orders.values():
        counts.update(f"orders {order.state.value}" for order in orders.values())
        counts.update(f"sheet {s.verdict}" for order in orders.values() for s in order.slips if s.verdict)
    sheets = [sheet for some in reckoning.sheets.values() for sheet in some]
    counts["marked copies"] = sum(sheet.copy for sheet in sheets)
    counts["unmarked originals"] = len(sheets) - counts["marked copies"]
    ledger, orders_table = tables.ledger, tables.orders
    with hall.database.read() as connection:
        for kind, rows in connection.execute(select(ledger.c.kind, func.count()).group_by(ledger.c.kind)):
            if kind != "opening":
                counts[f"ledger rows: {kind}"] = rows
        tombstones = select(func.count()).where(
            orders_table.c.request_digest.is_(None), orders_table.c.state == "closed"
        )
        counts["tombstones"] = connection.execute(tombstones).scalar_one()
    return dict(sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=FULL[0])
    parser.add_argument("--kiosks", type=int, default=FULL[1])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, help="writes the figures to this file too")
    given = parser.parse_args()
    result = run_day(
        visits=given.visits,
        kiosks=given.kiosks,
        seed=given.seed,
        progress=lambda line: print(line, flush=True),
    )
    print(result.table())
    if given.json:
        figures = result.figures(given.kiosks, given.seed)
        given.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if result.wrong or result.difference_fen else 0


if __name__ == "__main__":
    sys.exit(main())
