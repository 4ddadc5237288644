"""Fifty visits without a network, and what becomes of them: a real tablet, a real central in another process, a bad line between.

The same evening is lived twice, from copies of both disks: over a line that drops, loses and doubles, and over a slow sound one.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench import tablet_seal
from bench.figures import Figure, median
from kiosk.field import wire
from kiosk.field.packets import KeptVisit, Packets
from stand.proxy import Fault, Proxy
from tests.proof import field_day, field_scan
from tests.proof.field_central import Books, Town, books, found, serving
from tests.proof.field_day import Day
from tests.proof.field_scan import Hit, Scan
from tests.proof.field_staff import Way
from tests.proof.field_tablet import Place, Seams
from tests.proof.services import Service

VISITS, IN_HOME = 50, 12
TAPS_GOAL = 8
SLOW_BYTES_S = 256_000 / 8
BAD_BYTES_S = 64_000 / 8  # so slow that the link drops several times before all is sent
UP_S, DOWN_S = 30.0, 5.0
ROUND_TRIP_S = 0.1


@dataclass
class Watched:
    """Every record as it was kept, and how long that took with the disk."""

    records: list[wire.Record] = field(default_factory=list, repr=False)
    keep_ms: list[float] = field(default_factory=list)

    def packets(self) -> type[Packets]:
        watched = self

        class WatchedPackets(Packets):
            def keep(self, record: wire.Record, key: wire.RecordKey, initial: str) -> KeptVisit:
                began_s = time.perf_counter()
                kept = super().keep(record, key, initial)
                watched.keep_ms.append((time.perf_counter() - began_s) * 1000)
                watched.records.append(record)
                return kept

        return WatchedPackets


@dataclass
class Searched:
    """Every search of the tablet's disk so far."""

    hits: list[Hit] = field(default_factory=list)
    searches: int = 0
    read_bytes: int = 0

    def look(self, scan: Scan, place: Place) -> None:
        hits, read = scan.folder(place.data)
        self.hits += hits
        self.searches += 1
        self.read_bytes += read


def measure(seed: int, quick: bool) -> Iterable[list[Figure]]:
    count, in_home = (10, 3) if quick else (VISITS, IN_HOME)
    with tempfile.TemporaryDirectory(prefix="tablet-day-") as scratch:
        folder, rng = Path(scratch), Random(f"tablet {seed}")
        town = found(folder, count, in_home, seed)
        day, watched, searched = Day(), Watched(), Searched()
        place = Place(folder / "tablet", "", "")
        scan = live_day(folder, place, town, rng, day, watched, searched)
        yield tablet_seal.measure(watched.records, watched.keep_ms, 4 if quick else tablet_seal.ROUNDS)
        yield [taps(day)]
        twin = replace(town, data=folder / "central_twin")
        twin_place = replace(place, folder=folder / "tablet_twin")
        shutil.copytree(town.data, twin.data)
        shutil.copytree(place.folder, twin_place.folder)
        bad, drops, took_s = bad_evening(folder, place, town, rng, day)
        searched.look(scan, place)
        yield [*of_books(day, bad, count, drops, took_s), search(searched, scan, town, place)]
        yield [slow_evening(folder, twin_place, twin, rng, day)]


def live_day(
    folder: Path, place: Place, town: Town, rng: Random, day: Day, watched: Watched, searched: Searched
) -> Scan:
    """Morning and day.  The disk is searched while the tablet is on, in the middle of the day, and when it is off."""
    plan = field_day.plans(town, rng)
    early = field_scan.of_town(town)
    half = len(town.people) // 2
    told = day.told

    def tell(kept: KeptVisit) -> None:
        told(kept)
        if len(day.kept) == half:
            searched.look(early, place)

    day.told = tell  # type: ignore[method-assign]
    with serving(town, folder / "central.log") as central:
        network = line(central)
        there = at(place, network)
        field_day.morning(there, town, rng, day)
        searched.look(early, place)
        network.cut = True
        field_day.visits(there, town, plan, rng, day, Seams(packets=watched.packets()))
        network.stop()
    scan = field_scan.of_town(town, day.taken)
    searched.look(scan, place)
    return scan


def bad_evening(
    folder: Path, place: Place, town: Town, rng: Random, day: Day
) -> tuple[Books, tuple[int, int], float]:
    """Somebody signs in and waits.  Gives the books, (drops, other faults), and the seconds it took."""
    with serving(town, folder / "central.log") as central:
        network = line(central, BAD_BYTES_S)
        network.late_s = 2.0
        network.faulty(Random(f"{rng.random()} faults"), field_day.FAULTS)
        with field_day.dropping(network, UP_S, DOWN_S) as drops:
            took_s = field_day.evening(at(place, network), town, rng, day)
        network.settle()
        faults = sum(count for fault, count in network.counts.items() if fault is not Fault.NONE)
        network.stop()
    return books(town.data), (len(drops), faults), took_s


def slow_evening(folder: Path, place: Place, town: Town, rng: Random, day: Day) -> Figure:
    """The courier alone, over 256 kbit/s with a tenth of a second there and back."""
    with serving(town, folder / "central_twin.log") as central:
        network = line(central, SLOW_BYTES_S)
        network.delay_s = ROUND_TRIP_S
        network.choose = lambda: Fault.DELAY
        took_s, size = field_day.send_all(at(place, network), town, rng)
        network.stop()
    there = books(town.data)
    return Figure(
        "sync_50_s",
        took_s,
        "s",
        more={
            "packets": len(there.packets),
            "bytes": size,
            "line_alone_s": size / SLOW_BYTES_S + len(there.packets) * ROUND_TRIP_S,
            "lost": len(there.lost(day.kept)),
            "doubled": len(there.doubled),
            "counts": "256 kbit/s and 0.1 s there and back for each packet, measured; line_alone_s: what line and way take",
        },
    )


def of_books(day: Day, there: Books, count: int, drops: tuple[int, int], took_s: float) -> list[Figure]:
    lost, doubled = there.lost(day.kept), there.doubled
    made = field_day.results(there)
    more: dict[str, float | int | str | bool] = {
        "packets": len(there.packets),
        "errands": len(there.packets) - sum(there.visits.values()),
        "sync_s": took_s,
        "drops": drops[0],
        "other_faults": drops[1],
        "chain": there.chain or "whole",
        "refused_beside_the_chain": there.refused,
        **{what.replace(": ", "_"): number for what, number in sorted(made.items())},
    }
    at_central = Figure(
        "visits", len(there.visits), "visits", goal=count, goal_on="value", at_least=True, more=more
    )
    return [
        at_central,
        Figure(
            "visits_lost",
            len(lost),
            "visits",
            goal=0,
            goal_on="value",
            runs=count,
            more={"what": "; ".join(lost[:5])},
        ),
        Figure(
            "visits_doubled",
            len(doubled),
            "visits",
            goal=0,
            goal_on="value",
            runs=count,
            more={"what": "; ".join(doubled[:5])},
        ),
    ]


def taps(day: Day) -> Figure:
    ordinary = field_day.ordinary(day.counted)
    by_way = {way: [one.taps for one in day.counted if one.way is way] for way in Way}
    everything = [one.taps for one in day.counted]
    return Figure(
        "taps_per_visit",
        max(ordinary),
        "taps",
        goal=TAPS_GOAL,
        goal_on="value",
        low=min(ordinary),
        high=max(ordinary),
        runs=len(ordinary),
        more={
            "median": median(ordinary),
            "median_of_all_visits": median(everything),
            "worst_of_all_visits": max(everything),
            **{f"worst_{way.value}": max(of_way) for way, of_way in by_way.items() if of_way},
            "counts": "from the list to sealed, the worst visit by card and face; keys of a keypad and strokes count; errands apart",
        },
    )


def search(searched: Searched, scan: Scan, town: Town, place: Place) -> Figure:
    planted, seen = plant(scan, town, place)
    return Figure(
        "disk_hits",
        len(searched.hits),
        "hits",
        goal=0,
        goal_on="value",
        runs=searched.searches,
        more={
            "bytes_read": searched.read_bytes,
            "needles": scan.needles,
            "planted": planted,
            "planted_found": seen,
            "what": "; ".join(sorted({f"{hit.what} in {hit.file}" for hit in searched.hits})[:5]),
            "when": "morning, amid the day with the tablet on, evening, after the upload",
        },
    )


def plant(scan: Scan, town: Town, place: Place) -> tuple[int, int]:
    """One thing of each kind, in each spelling, hidden in the middle of the journal's file: (planted, found)."""
    content = (place.data / "journal.sqlite").read_bytes()
    person, half = town.people[0], len(content) // 2
    words = (person.card.name, person.card.number, person.card.address, person.phone)
    spelt = [needle for word in words for _, needle in field_scan.spellings(word)]
    spelt += [coding for raw in (person.picture, person.card.photo) for _, coding in field_scan.codings(raw)]
    told = [bool(scan.content("planted", content[:half] + each + content[half:])) for each in spelt]
    return len(told), sum(told)


def line(central: Service, bytes_a_second: float | None = None) -> Proxy:
    host, port = central.url.removeprefix("http://").split(":")
    return Proxy((host, int(port)), bytes_a_second=bytes_a_second).start()


def at(place: Place, network: Proxy) -> Place:
    url = f"http://127.0.0.1:{network.port}"
    return replace(place, url=url, courier_url=url)
