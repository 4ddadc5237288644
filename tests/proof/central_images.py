"""Central's embedded database after power cuts: no answer is taken back, no transaction is there by half.

From each boot of a life (central_life) images are drawn and opened as central opens its database.  On every image SQLite's own check
must pass, every table must agree with every other (``LAWS``), and every promise made by then must be kept.  On some of them central
is started as a whole, asks the gateway about everything, and then its ledger and the gateway's bill must be the same to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection
from sqlcipher3 import dbapi2

from central import township
from central.clock import legal_day
from central.database import Database, sqlite_url
from tests.proof.central_life import (
    CENTRAL,
    MORNING_MS,
    SEED,
    Boot,
    Counter,
    Life,
    TickingClock,
    live,
    opened,
    sweep,
)
from tests.proof.disk import Law, cuts, seen
from tests.proof.promises import Answered, Books
from tests.proof.tally import Tally, lay, scratch_folder

STARTED_EVERY = 80
# bytes, one block of SQLite's index of its log; never synced, so what is found of it is anything
SHARED_MEMORY = 32_768
GARBAGE_SHARE = 0.3
NOTHING = Books({}, {}, {}, 0)


@dataclass(frozen=True)
class Mode:
    """``pragmas``, set apart by ``;``, follow central's own on every connection."""

    name: str
    pragmas: str = ""
    threads: int = 1
    people: int = 40


_SMALL = "PRAGMA wal_autocheckpoint = 50"
SHIPPED = Mode("WAL/FULL")
LARGE = Mode("WAL/FULL, a larger town", people=110)  # its work outgrows the log of 1,000 pages
SMALL_LOG = Mode("WAL/FULL, checkpoint at 50 pages", _SMALL)
THREADS = Mode("WAL/FULL, checkpoint at 50 pages, three threads", _SMALL, threads=3)
CONTROLS = (
    Mode("WAL/NORMAL", f"{_SMALL}; PRAGMA synchronous = NORMAL"),
    Mode("WAL/OFF", f"{_SMALL}; PRAGMA synchronous = OFF"),
)

# Each gives the rows that break it.  SEED orders are those of earlier years: a payment of kind opening, and no lines.
LAWS: Mapping[str, str] = {
    "a paid order has one payment, of its amount": """
        SELECT order_id FROM orders WHERE state = 'paid' AND
        (SELECT count(*) FROM ledger WHERE ledger.order_id = orders.order_id AND kind IN ('payment', 'opening')
         AND amount_fen = total_fen) <> 1""",
    "a payment belongs to a paid order": """
        SELECT entry_id FROM ledger JOIN orders USING (order_id) WHERE kind IN ('payment', 'opening') AND state <> 'paid'""",
    "a paid order has a receipt for each line": """
        SELECT order_id, line_no FROM order_lines JOIN orders USING (order_id) LEFT JOIN receipts USING (order_id, line_no)
        WHERE state = 'paid' AND receipts.amount_fen IS NOT order_lines.amount_fen""",
    "a receipt belongs to a paid order": """
        SELECT receipt_no FROM receipts JOIN orders USING (order_id) WHERE state <> 'paid'""",
    "a receipt has its payment": """
        SELECT receipt_no FROM receipts LEFT JOIN ledger USING (entry_id)
        WHERE ledger.order_id IS NOT receipts.order_id OR kind NOT IN ('payment', 'opening')""",
    "a receipt has its contribution": """
        SELECT receipt_no FROM receipts LEFT JOIN contributions USING (receipt_no)
        WHERE contributions.amount_fen IS NOT receipts.amount_fen""",
    "a contribution's receipt is there": """
        SELECT receipt_no FROM contributions LEFT JOIN receipts USING (receipt_no)
        WHERE contributions.receipt_no IS NOT NULL AND receipts.order_id IS NULL""",
    "an order is the sum of its lines": """
        SELECT order_id FROM orders LEFT JOIN order_lines USING (order_id) WHERE order_id NOT LIKE 'SEED-%'
        GROUP BY order_id, total_fen HAVING total(amount_fen) <> total_fen""",
    "an open order claims its lines": """
        SELECT order_lines.order_id FROM order_lines JOIN orders USING (order_id)
        LEFT JOIN claims USING (person_id, product, year)
        WHERE state IN ('requested', 'created') AND claims.order_id IS NOT orders.order_id""",
    "no other order claims anything": """
        SELECT order_id FROM claims LEFT JOIN orders USING (order_id) WHERE state IS NULL OR state NOT IN ('requested', 'created')""",
    "money on its way back is there": """
        SELECT order_id FROM orders LEFT JOIN ledger USING (order_id) WHERE state = 'refunding'
        GROUP BY order_id HAVING total(amount_fen) <= 0""",
    "money that went back is gone": """
        SELECT order_id FROM orders LEFT JOIN ledger USING (order_id) WHERE state = 'refunded'
        GROUP BY order_id HAVING total(amount_fen) <> 0 OR count(entry_id) < 2""",
    "an unpaid order has no money": """
        SELECT order_id FROM ledger JOIN orders USING (order_id) WHERE state IN ('requested', 'created', 'closed')""",
    "a day's receipts are counted": """
        SELECT day, last FROM receipt_days LEFT JOIN receipts
        ON substr(receipt_no, 7, 6) = substr(replace(day, '-', ''), 3) GROUP BY day, last HAVING count(receipt_no) <> last""",
    "every reference leads somewhere": "SELECT * FROM pragma_foreign_key_check",
}


def draw(boot: Boot, life: Life, law: Law, rng: Random, images: int, tally: Tally) -> None:
    """Draws images of one boot and adds what was found to the tally."""
    with scratch_folder() as folder:
        (folder / "keys").mkdir()
        for name, content in life.keys.items():
            (folder / "keys" / name).write_bytes(content)
        database = at(folder)
        lay(folder, seen(boot.files, boot.log))
        assert look(database)[0] == []  # what nobody cut is in order: the laws themselves can be asked
        for position, image in cuts(law, boot.files, boot.log, rng, images):
            if rng.random() < GARBAGE_SHARE:
                image[f"{CENTRAL}-shm"] = rng.randbytes(SHARED_MEMORY)
            lay(folder, image)
            tally.images += 1
            try:
                wrong, books = look(database)
            except dbapi2.DatabaseError as error:
                tally.found_corrupt(f"position {position}: {error}")
                continue
            promised = [promise for promise in boot.promises if promise.position <= position]
            broken = [promise for promise in promised if not promise.kept_in(books)]
            if wrong:
                tally.found_corrupt(f"position {position}: {wrong}")
            if broken:
                tally.found_loss(len(broken), f"position {position}: {type(broken[0]).__name__}")
            if not wrong and not broken and tally.images % STARTED_EVERY == 0:
                lay(folder, {**image, **boot.gateway_at(position)})
                given = {r.receipt_no for p in promised if isinstance(p, Answered) for r in p.reply.receipts}
                go_on(folder, life.people, given)
                tally.started += 1


def at(folder: Path) -> Database:
    """Central's database on the image in this folder."""
    return Database(sqlite_url(folder / CENTRAL))


def look(database: Database) -> tuple[list[str], Books]:
    """The laws that are broken, and what the tables hold; nothing stays open.  Raises dbapi2.DatabaseError."""
    try:  # central's own connection, but plain statements: SQLAlchemy's would cost as much again as SQLite's work
        with closing(database.engine.raw_connection()) as connection:
            cursor = connection.cursor()

            def rows(query: str) -> list[tuple[Any, ...]]:
                return list(cursor.execute(query).fetchall())

            if rows("PRAGMA integrity_check(1)") != [("ok",)]:
                return ["integrity_check"], NOTHING
            if not rows("SELECT 1 FROM sqlite_schema WHERE name = 'orders'"):
                return [], NOTHING
            orders = rows("SELECT order_id, state, total_fen FROM orders")
            receipts = rows("SELECT receipt_no, order_id, amount_fen FROM receipts")
            prints = rows("SELECT print_id, copy_number, verdict FROM prints")
            ((persons,),) = rows("SELECT count(*) FROM persons")
            wrong = [law for law, query in LAWS.items() if rows(query)]
    finally:
        database.close()  # its next look is at another image
    held = ({row[0]: (row[1], row[2]) for row in table} for table in (orders, receipts, prints))
    return wrong, Books(next(held), next(held), next(held), persons)


def go_on(folder: Path, people: int, given: set[str]) -> None:
    """Starts central on a good image.  ``given``: receipt numbers that are on somebody's paper and may never be given again."""
    clock, boot = TickingClock(MORNING_MS + 7_200_000), Boot({}, {})
    with closing(opened(folder, clock, people, boot)) as service:
        counter = Counter(service, boot, Random(1), "NEW")
        for card in township.cards(people, SEED)[-4:]:
            counter.serve(card, ("paid",))
        with service.database.read() as connection:
            order_ids = [row[0] for row in _rows(connection, "SELECT order_id FROM orders")]
        service.orders.settle(order_ids)
        sweep(service, clock)
        new = {r.receipt_no for p in boot.promises if isinstance(p, Answered) for r in p.reply.receipts}
        assert not new & given
        assert service.sandbox is not None
        bill = {(line.transaction, line.amount_fen) for line in service.sandbox.bill(legal_day(clock.ms))}
        with service.database.read() as connection:
            ledger = _rows(connection, "SELECT gateway_txn, amount_fen FROM ledger WHERE kind <> 'opening'")
        assert set(ledger) == bill and len(ledger) == len(bill)
    assert look(at(folder))[0] == []


def proof(mode: Mode, seed: int, images: int, boots: int = 2, law: Law = Law.EXT4) -> Tally:
    """Lives one life and draws ``images`` of it, as many of each boot."""
    rng, tally = Random(f"{mode.name} {law.value} {seed}"), Tally()
    life = live(mode.pragmas, law, rng, boots, mode.threads, mode.people)
    for boot in life.boots:
        draw(boot, life, law, rng, images // boots, tally)
        tally.acknowledged += sum(isinstance(p, Answered) and p.position > 0 for p in boot.promises)
    return tally


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(query)]
