"""Visits at home, in a small form: a short day with a bad evening, a few kills, a search of the disk.  The rest: make bench-tablet.

Each of the three is seen to find what is planted for it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from random import Random

import pytest

from stand.proxy import Fault, Proxy
from tests.proof import field_day, field_kills, field_scan
from tests.proof.field_central import Books, Town, books, found, is_synthetic, serving
from tests.proof.field_day import Day
from tests.proof.field_kills import Plan
from tests.proof.field_staff import Way
from tests.proof.field_tablet import Place

SEED = 7
TROUBLES = (Fault.LOSE_REPLY, Fault.RESET_REPLY, Fault.DUPLICATE, Fault.LATE, Fault.LOSE_REQUEST)
PEOPLE, IN_HOME = 9, 3
TAPS_MOST = 8


@dataclass(frozen=True)
class Lived:
    """A day, its evening, and what central has of it."""

    town: Town
    place: Place
    day: Day
    there: Books
    hits: list[field_scan.Hit]
    faults: int
    sealed: int  # files that lay on the disk in the evening


def cycle_once(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Each once, two sound exchanges before each, and then a sound line: after a failure a courier waits, and tests are not to."""
    return chain(*((Fault.NONE, Fault.NONE, fault) for fault in faults), repeat(Fault.NONE))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder, rng, day = tmp_path_factory.mktemp("field"), Random(SEED), Day()
    town = found(folder, PEOPLE, IN_HOME, SEED)
    with serving(town, folder / "central.log") as central:
        host, port = central.url.removeprefix("http://").split(":")
        network = Proxy((host, int(port))).start()
        url = f"http://127.0.0.1:{network.port}"
        place = Place(folder / "tablet", url, url)
        field_day.morning(place, town, rng, day)
        network.cut = True
        field_day.visits(place, town, field_day.plans(town, rng), rng, day)
        scan = field_scan.of_town(town, day.taken)
        hits, _ = scan.folder(place.data)
        sealed = len(list((place.data / "packets").iterdir()))
        network.cut = False
        network.late_s = network.trickle_s = 0.1
        network.choose = partial(next, cycle_once(TROUBLES))
        field_day.evening(place, town, rng, day)
        network.settle()
        faults = sum(network.counts[fault] for fault in TROUBLES)
        network.stop()
    hits += scan.folder(place.data)[0]
    return Lived(town, place, day, books(town.data), hits, faults, sealed)


def test_everybody_of_a_day_without_a_network_is_at_central_once(lived: Lived) -> None:
    there = lived.there
    assert lived.faults == len(TROUBLES), "the evening was not bad"
    assert there.lost(lived.day.kept) == there.doubled == []
    assert len(there.visits) == PEOPLE == len({row.assignment_id for row in there.packets})
    assert len(there.packets) == len(lived.day.kept) == lived.sealed
    assert there.chain == ""
    assert {one.way for one in lived.day.counted} == set(Way)
    faces = sum(one.way in (Way.FACE, Way.TYPED) for one in lived.day.counted)
    assert field_day.results(there)["face: certified"] == faces == there.certified.total()


def test_nothing_sealed_is_left_once_central_has_it(lived: Lived) -> None:
    assert list((lived.place.data / "packets").iterdir()) == []
    assert list((lived.place.data / "packs").glob("*")) == []


def test_nobody_is_on_the_disk(lived: Lived) -> None:
    assert all(is_synthetic(person.card.number) for person in lived.town.people)
    assert lived.hits == []
    assert lived.day.taken, "no picture was taken"


def test_a_visit_takes_few_taps(lived: Lived) -> None:
    ordinary = field_day.ordinary(lived.day.counted)
    assert 0 < min(ordinary) <= max(ordinary) <= TAPS_MOST


def planted(town: Town) -> list[tuple[str, bytes]]:
    person = town.people[0]
    card = person.card
    return [
        ("name", card.name.encode()),
        ("name", card.name.encode("utf-16-le") * 2),
        ("number", b'{"n": "' + card.number.encode() + b'"}'),
        ("number", base64.b64encode(b"x" + card.number.encode() + b"y")),
        ("number", card.number.encode().hex().encode()),
        ("address", card.address.encode("gb18030")),
        ("telephone", person.phone.encode("utf-16-be")),
        ("reference", person.picture[1000:1500]),
        ("reference", base64.b64encode(b"zz" + person.picture)),
        ("chip", card.photo[200:700].hex().encode()),
        ("staff name", town.staff.name.encode()),
    ]


def test_the_search_finds_what_is_planted(lived: Lived, tmp_path: Path) -> None:
    scan = field_scan.of_town(lived.town)
    for n, (what, content) in enumerate(planted(lived.town)):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "journal.sqlite").write_bytes(
            Random(n).randbytes(10_001) + content + Random(~n).randbytes(99)
        )
        hits, read = scan.folder(folder)
        assert read == 10_100 + len(content)
        assert hits and {hit.what.split(" as ")[0] for hit in hits} == {what}, n
    (tmp_path / "0" / f"{lived.town.people[1].card.name}.sealed").touch()
    assert [hit.what for hit in scan.folder(tmp_path / "0")[0] if hit.at < 0] == ["name as bytes"]


# --- kills -----------------------------------------------------------------------------------------------------------


def test_a_tablet_that_is_killed_loses_and_doubles_nothing() -> None:
    tally = field_kills.run(field_kills.REDUCED, SEED)
    assert tally.lost == tally.doubled == []
    assert tally.hits == [] and tally.scans > 0
    assert tally.kills >= 20
    assert {label.split()[0] for label in tally.died_at} >= {"write", "sql"}


@pytest.mark.parametrize(
    ("bug", "steps"), [("journal_first", range(14, 20)), ("shown_when_sent", range(28, 32))]
)
def test_kills_find_a_planted_bug(bug: str, steps: range) -> None:
    plan = Plan((Way.FACE,), people=12, again_share=0.0, mornings=False, first=steps.start, most=len(steps))
    tally = field_kills.run(plan, SEED, bug)
    assert tally.lost if bug == "journal_first" else tally.doubled
