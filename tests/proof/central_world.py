"""What stands round the real central while its schedules are explored: the schedule, the database, one small bench.

A schedule is a row of turns.  At each turn something can go wrong or somebody can come in between; option 0 is that
all goes well.  A schedule is written down as its deviations, (turn, option), and the same deviations on the same
scenario give the same history again.

    before a transaction or a gateway call   go on | crash | a move of somebody else, inside the request under way
    at the end of a write                    commit | crash, so that SQLite rolls back
    at the gateway                           answers | silent, or when the call moved something:
                                             reply lost | request lost | late: it lands after the trade's next close
    when an answer leaves central            heard | lost, so that the kiosk asks the same again

Nothing of central is replaced: orders, ledger, receipts, baskets and people are the product's, over the product's
``Database`` on a SQLite file in memory.  Only the gateway is a model, behind the product's port.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Protocol

from sqlalchemy import Connection, select
from sqlcipher3 import dbapi2

from central import rules, tables
from central.certification import Certifications
from central.database import Database, sqlite_url
from central.rules import Rulebook
from central.service import open_service
from central.settings import Settings
from central.verification import Keys
from kiosk.wire import OrderLine, OrderRequest

TEN_O_CLOCK_MS = int(datetime.fromisoformat("2026-11-23T10:00:00+08:00").timestamp() * 1000)
GO_ON, CRASH, COMMIT = "go on", "crash", "commit"
MEMORY = Path("/dev/shm")  # where it is missing, the folder for temporary files does, only slower
PERSONS = {"zhang": "张秀英", "daughter": "于晓琳", "husband": "于德海"}


class Crash(BaseException):
    """The process is gone, and with it every request that was in it."""


class Schedule:
    """Takes option 0 at every turn but the given ones; ``turns`` are the numbers of options it met."""

    def __init__(self, deviations: Sequence[tuple[int, int]] = ()) -> None:
        self._planned = dict(deviations)
        self.turns: list[int] = []
        self.taken: list[tuple[int, int]] = []
        self.story: list[str] = []

    def take(self, place: str, options: Sequence[str]) -> str:
        turn = len(self.turns)
        self.turns.append(len(options))
        option = self._option(turn, len(options))
        if option:
            self.taken.append((turn, option))
            self.story.append(f"turn {turn}, {place}: {options[option]}")
        return options[option]

    def _option(self, turn: int, count: int) -> int:
        return self._planned.get(turn, 0)


class Drawn(Schedule):
    """From each of the drawn turns on, deviates at the first that has anything to offer."""

    def __init__(self, chance: Random, turns: Sequence[int]) -> None:
        super().__init__()
        self._chance, self._left = chance, sorted(turns, reverse=True)

    def _option(self, turn: int, count: int) -> int:
        if count == 1 or not self._left or turn < self._left[-1]:
            return 0
        self._left.pop()
        return self._chance.randrange(1, count)


class MovedClock:
    """Ten o'clock on a working day in autumn, until moved."""

    def __init__(self) -> None:
        self.ms = TEN_O_CLOCK_MS

    def now_ms(self) -> int:
        return self.ms


class Watcher(Protocol):
    """Who is told of every step of central.  ``moved``: something lasting has changed since a crash was offered."""

    clock: MovedClock
    schedule: Schedule
    moved: bool

    def gap(self, place: str) -> None:
        """Somebody may come in between here, or the process die."""

    def wrote(self) -> None:
        """A transaction is on disk."""

    def broke(self, law: str) -> None:
        """Writes down that a law was broken."""


class WatchedDatabase(Database):
    """The product's database, with a turn before every transaction and at the end of every write."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.watcher: Watcher | None = None
        self.open = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._told("read")
        with super().read() as connection, self._counted():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        watcher = self._told("write")
        with super().write() as connection, self._counted():
            yield connection
            if watcher is not None and watcher.schedule.take("write", (COMMIT, CRASH)) == CRASH:
                raise Crash
        if watcher is not None:
            watcher.wrote()

    def _told(self, what: str) -> Watcher | None:
        if self.watcher is not None:
            if self.open:
                self.watcher.broke("a transaction inside another one")
            self.watcher.gap(what)
        return self.watcher

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


@dataclass(frozen=True)
class Bench:
    """One household in a central of its own, put back as it was before each schedule.

    ``persons``: zhang, daughter, husband -> person id.  ``live`` is the driver's connection the database works on.
    """

    settings: Settings
    database: WatchedDatabase
    keys: Keys
    rulebook: Rulebook
    persons: Mapping[str, str]
    clean: Any
    live: Any
    certifications: Certifications

    def reset(self) -> None:
        self.database.watcher, self.database.open = None, 0
        self.clean.backup(self.live)

    def order(self, name: str, whose: str) -> OrderRequest:
        """An order for this year's pension of each person named; zhang pays."""
        fen = {"zhang": 100_000, "daughter": 50_000}
        lines = tuple(
            OrderLine(
                person_id=self.persons[person],
                product="resident_pension",
                year=2026,
                tier=str(fen[person] // 100),
                amount_fen=fen[person],
            )
            for person in whose.split()
        )
        return OrderRequest(
            order_id=f"ORDER-000{name}",
            payer_id=self.persons["zhang"],
            lines=lines,
            total_fen=sum(line.amount_fen for line in lines),
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the tables say, past every turn."""
        return list(self.live.execute(query))


@contextmanager
def bench() -> Iterator[Bench]:
    """Builds the household as the product does, once, and keeps a clean copy of its database."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None))
        )
        settings = Settings(folder, sandbox=True, township=3, sweep_interval_s=0, clock=MovedClock())
        open_service(settings).close()
        database = WatchedDatabase(sqlite_url(folder / "central.sqlite3"))
        stack.callback(database.close)
        with database.read() as connection:
            rulebook = rules.load(connection, settings.city)
            found = {
                row.name: row.person_id
                for row in connection.execute(select(tables.persons.c.name, tables.persons.c.person_id))
            }
        clean = dbapi2.connect(":memory:")
        stack.callback(clean.close)
        pooled = database.engine.raw_connection()
        live = pooled.driver_connection
        pooled.close()  # back to the pool: nothing nests, so every transaction gets this very connection
        assert live is not None
        live.backup(clean)
        persons = {name: found[full] for name, full in PERSONS.items()}
        certifications = Certifications.read(rulebook, settings.city)
        yield Bench(settings, database, Keys(folder / "keys"), rulebook, persons, clean, live, certifications)
