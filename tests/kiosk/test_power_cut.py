"""The plug is pulled at every single point of a visit: before and after each journal entry, after each request, after each
portion of a sheet.  Then a new process starts on the same disk, and everything must still be true.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.server import Running, running
from central.settings import Settings
from kiosk import texts, views, wire
from kiosk.payment import State
from kiosk.views import AttentionButton, MyPageButton, PaidButton
from tests.desk import WORLD, Do
from tests.kiosk.conftest import FixedClock
from tests.visitor import PENSION, Visitor, owing

LEAVE = MyPageButton.LEAVE
ENTRIES = {  # of the clerk's manual: what is on the disk when all went well
    "pay": ["intent", "created", "show", "paid", "print", "printed", "reported"],
    "give up": ["intent", "created", "show", "give_up", "closed"],
    "pay and give up": ["intent", "created", "show", "give_up", "paid", "print", "printed", "reported"],
    "copy": ["asked", "printing", "ended", "reported"],
}


class Starter:
    """Starts children for as long as the tests need them."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        command = [sys.executable, "-W", "error", "-m", "tests.kiosk.power_cut_child"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        )

    def run(self, config: Path, scenario: str, fuse: str, at: int) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"config": str(config), "scenario": scenario, "fuse": fuse, "at": at}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "broken" not in said, said
        return said

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    starter.stop()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A central of its own: a power cut at every point needs many people."""
    data = tmp_path_factory.mktemp("town")
    clock = FixedClock()
    with running(
        Settings(data, sandbox=True, township=1000, seed=12, sweep_interval_s=0, clock=clock)
    ) as central:
        yield central


@pytest.fixture(scope="module")
def townspeople(town: Running) -> Iterator[dict[str, Any]]:
    return owing(town)


@pytest.fixture
def kiosk(town: Running, townspeople: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    visitor = Visitor(town, tmp_path, townspeople)
    yield visitor
    visitor.stop()


def prepare(kiosk: Visitor, scenario: str) -> dict[str, Any]:
    """Somebody stands before the kiosk, card on the reader; for a copy they are owed a receipt."""
    person = kiosk.somebody()
    if scenario == "copy":
        out = Do(kiosk.stand.printer.paper_out)
        pay = (PENSION, "300", True, out, kiosk.cashier(), WORLD, AttentionButton.SECOND, LEAVE)
        kiosk.visit(*kiosk.come(person), *pay)
        kiosk.sweep(3)
        kiosk.stand.printer.load_paper()
    kiosk.power_cut()
    kiosk.place(person).action()
    return person


def entries(kiosk: Visitor, since: int) -> list[str]:
    return [entry.event for entry in kiosk.start_if_off().journal.entries() if entry.seq > since]


@pytest.mark.parametrize("scenario", ENTRIES)
def test_an_undisturbed_visit_writes_what_the_manual_says(
    kiosk: Visitor, starter: Starter, scenario: str
) -> None:
    person = prepare(kiosk, scenario)
    since = kiosk.start().journal.last_seq()
    kiosk.power_cut()
    said = starter.run(kiosk.toml, scenario, "never", 0)
    assert entries(kiosk, since) == ENTRIES[scenario]
    assert said["burnt"]["before"] == said["burnt"]["after"] == len(ENTRIES[scenario])
    everything_holds(kiosk, person)


@pytest.mark.parametrize("fuse", ["before", "after", "sent", "wrote"])
@pytest.mark.parametrize("scenario", ENTRIES)
def test_the_plug_is_pulled(kiosk: Visitor, starter: Starter, scenario: str, fuse: str) -> None:
    """At the first such point, then at the second, until a visit comes through unharmed."""
    for at in itertools.count(1):
        person = prepare(kiosk, scenario)
        said = starter.run(kiosk.toml, scenario, fuse, at)
        kiosk.stand.reader.take()
        try:
            everything_holds(kiosk, person)
        except AssertionError as error:
            raise AssertionError(f"plug pulled {scenario!r}, {fuse} {at}") from error
        if not said["killed"]:
            break
    expected = {"before": len(ENTRIES[scenario]), "after": len(ENTRIES[scenario])}
    assert at - 1 == expected.get(fuse, at - 1)
    if fuse == "sent" or (fuse == "wrote" and scenario != "give up"):
        assert at > 3


def everything_holds(kiosk: Visitor, person: dict[str, Any]) -> None:
    """After the next start: nothing open, nothing lost, nothing twice, and the person can go on."""
    kiosk.power_cut()
    kiosk.let_it_print()
    kiosk.start()
    assert all(
        order.money not in (State.INTENT, State.CREATED, State.SHOWN) for order in kiosk.orders().values()
    )
    kiosk.sweep(4)
    assert all(order.settled for order in kiosk.orders().values())
    books = kiosk.books()
    papers = papers_of(kiosk)
    kiosk.agree_but_owe(*(books.slips.keys() - papers.keys()))
    assert all(unmarked <= 1 for unmarked in papers.values())
    for slip in (slip for order in kiosk.orders().values() for slip in order.slips):
        assert not (slip.verdict == "not_printed" and papers[slip.receipt_no]), (
            "printed before it was written down"
        )
        assert (slip.state is State.DONE) == (slip.verdict == "printed")
    page = kiosk.page(person)
    (due,) = [d for d in page.dues if d.product == "resident_pension"]
    assert page.open_orders == ()
    if due.state is wire.DueState.DUE:
        assert page.owed == ()
        kiosk.visit(
            *(*kiosk.come(person), PENSION, "300", True, kiosk.cashier(), WORLD, PaidButton.DONE),
        )
        desk = kiosk.desk
    else:
        assert due.state is wire.DueState.PAID
        owed = ("owed", PaidButton.DONE) if page.owed else ()
        desk = kiosk.visit(*kiosk.come(person), *owed, LEAVE)
        assert not owed or desk.last(views.Paid).copy
    kiosk.sweep(2)
    assert kiosk.page(person).owed == ()
    assert [d.state for d in kiosk.page(person).dues if d.product == "resident_pension"] == [
        wire.DueState.PAID
    ]
    assert all(unmarked <= 1 for unmarked in papers_of(kiosk).values())
    kiosk.agree()
    for sheet in kiosk.stand.printer.sheets:
        assert sum(texts.SLIP_TITLE in line for line in sheet.text) <= 1, "two sheets hang together"


def papers_of(kiosk: Visitor) -> Counter[str]:
    """Receipt number -> unmarked sheets; 0 when only copies came out."""
    papers: Counter[str] = Counter()
    for sheet in kiosk.sheets():
        papers[sheet.receipt_no] += not sheet.copy
    return papers
