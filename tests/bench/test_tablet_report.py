"""The tablet's figures: what they say of books, deaths and taps, and how they are written down."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from bench import tablet_day, tablet_kills, tablet_report
from bench.figures import Figure
from bench.parts import About
from tests.proof.field_central import Books
from tests.proof.field_day import Day
from tests.proof.field_kills import Tally
from tests.proof.field_scan import Hit
from tests.proof.field_staff import Counted, Way

ABOUT = About("day", "python -m bench.tablet --only day", 7, 3, "0.1; 0.2", {"time": "t", "cpu": "c"})
KILLS = About("kills", "python -m bench.tablet --only kills", 7, 3, "0.1; 0.2", {"time": "u", "cpu": "c"})


def packet(seq: int, **changes: Any) -> Any:
    told = {"seq": seq, "kind": "face", "state": "accepted", "result": "certified", "pack_id": "P-1"}
    ids = {"assignment_id": f"A-{seq}", "record_id": f"R-{seq}", "record_digest": f"{seq:064x}"}
    return SimpleNamespace(**{**told, **ids, **changes})


def books_of(*rows: Any, certified: dict[str, int] | None = None) -> Books:
    return Books(rows, 0, Counter(certified or {}), 0, len(rows), "")


KEPT = [("R-1", "face"), ("R-2", "face")]


@pytest.mark.parametrize(
    ("there", "lost", "doubled"),
    [
        (books_of(packet(1), packet(2)), 0, 0),
        (books_of(packet(1)), 1, 0),
        (books_of(packet(1), packet(2, state="parked", result="clock_wrong")), 1, 0),
        (books_of(packet(1), packet(2, state="parked", result="not_readable", kind=None)), 1, 0),
        (books_of(packet(1), packet(2), packet(3, assignment_id="A-2")), 0, 1),
        (books_of(packet(1), packet(2), packet(3, record_id=None, record_digest=f"{2:064x}")), 0, 1),
        (books_of(packet(1), packet(2), certified={"P7": 2}), 0, 1),
        (books_of(packet(1), packet(2, result="already_certified")), 1, 0),
    ],
)
def test_lost_and_doubled_are_what_central_s_tables_say(there: Books, lost: int, doubled: int) -> None:
    assert (len(there.lost(KEPT)), len(there.doubled)) == (lost, doubled)
    named = {one.name: one for one in tablet_day.of_books(Day(kept=KEPT), there, 2, (4, 9), 60.0)}
    assert named["visits_lost"].met is (lost == 0)
    assert named["visits_doubled"].met is (doubled == 0)


def test_taps_are_those_of_the_worst_ordinary_visit() -> None:
    day = Day(
        counted=[Counted(Way.FACE, n, 0, False) for n in (3, 4, 9)] + [Counted(Way.TYPED, 25, 0, False)]
    )
    figure = tablet_day.taps(day)
    assert (figure.value, figure.met, figure.more["median"]) == (9, False, 4)
    assert figure.more["worst_of_all_visits"] == 25


def test_a_death_that_lost_something_is_told() -> None:
    tally = Tally(
        kills=300, lost=["packet 3: not_readable"], hits=[Hit("journal.sqlite", 9, "name as bytes")]
    )
    named = {one.name: one for one in tablet_kills.figures([tally, Tally(kills=250)], 3, 1)}
    assert (named["kills"].value, named["kills"].met) == (550, True)
    assert [named[name].met for name in ("kills_lost", "kills_doubled", "kills_disk_hits")] == [
        False,
        True,
        False,
    ]


def test_a_part_leaves_the_figures_of_others() -> None:
    whole = tablet_report.merged({}, [Figure("visits", 50, "visits"), Figure("disk_hits", 0, "hits")], ABOUT)
    whole = tablet_report.merged(
        whole, [Figure("kills", 617, "SIGKILLs", goal=500, goal_on="value", at_least=True)], KILLS
    )
    again = tablet_report.merged(whole, [Figure("visits", 49, "visits")], ABOUT)
    assert (again["visits"]["value"], again["disk_hits"], again["kills"]) == (
        49,
        whole["disk_hits"],
        whole["kills"],
    )
    lost = tablet_report.missing(again)
    assert "sync_50_s" in lost and "kills" not in lost
    text = tablet_report.render(again)
    assert "Not measured yet: " in text and "bundle_mb" in text
    assert "## day" in text and "## kills" in text and "| kills | 617 SIGKILLs |" in text
