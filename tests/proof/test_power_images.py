"""Power cuts: the fault model says what it means, the shipped settings lose nothing, and everything that must fail fails.

The reduced form of tests/proof/images.py.  The model's own cases are small enough to write every legal image down by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest
from sqlcipher3 import dbapi2

from kiosk import journal
from kiosk.journal import FILE, SealedEntry
from kiosk.wire import OrderReply, OrderState
from tests.proof import (
    apsw_recorder,
    central_images,
    central_life,
    disk_mutants,
    images,
    journal_images,
    sqlcipher_recorder,
)
from tests.proof.central_life import Answered, Asked, Books, Granted, Opened
from tests.proof.disk import (
    BLOCK,
    SECTOR,
    Create,
    Disk,
    Law,
    Operation,
    Sync,
    SyncFolder,
    Truncate,
    Unlink,
    Write,
    cuts,
    seen,
)
from tests.proof.disk_mutants import DISK_MUTANTS, killed
from tests.proof.journal_images import Append, Boot
from tests.proof.tally import Tally

EXT4, POSIX = Law.EXT4, Law.POSIX
A, B, C, ZERO = (letter * SECTOR for letter in (b"a", b"b", b"c", b"\0"))
DRAWS = 400


def found(law: Law, files: Mapping[str, bytes], *log: Operation) -> set[frozenset[tuple[str, bytes]]]:
    """Every image that a cut after this log may leave, as far as many draws show."""
    disk, rng = Disk(law, files), Random(1)
    for position, operation in enumerate(log):
        disk.advance(position, operation)
    return {frozenset(disk.cut(rng).items()) for _ in range(DRAWS)}


def contents(law: Law, before: bytes, *log: Operation) -> set[bytes]:
    """The same for a folder of one file, f."""
    return {dict(image)["f"] for image in found(law, {"f": before}, *log)}


def names(law: Law, files: Sequence[str], *log: Operation) -> set[str]:
    return {
        "".join(sorted(name for name, _ in image)) for image in found(law, dict.fromkeys(files, b""), *log)
    }


# --- the fault model: data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", Law)
def test_each_sector_of_a_write_is_there_or_not(law: Law) -> None:
    assert contents(law, A + A, Write("f", 0, B + B)) == {A + A, A + B, B + A, B + B}


@pytest.mark.parametrize("law", Law)
def test_a_sector_is_never_half_written(law: Law) -> None:
    across = Write("f", SECTOR - 8, b"b" * 16)
    old, new = A[:-8] + b"b" * 8, b"b" * 8 + A[8:]
    assert contents(law, A + A, across) == {A + A, old + A, A + new, old + new}


@pytest.mark.parametrize("law", Law)
def test_a_sector_is_as_it_was_after_one_of_its_writes(law: Law) -> None:
    first, second = Write("f", 0, b"b" * 8), Write("f", 8, b"c" * 8)
    one = b"b" * 8 + A[8:]
    assert contents(law, A, first, second) == {A, one, b"b" * 8 + b"c" * 8 + A[16:]}  # never the second alone


@pytest.mark.parametrize("law", Law)
def test_a_sync_makes_sure_what_was_written_before_it_began(law: Law) -> None:
    assert contents(law, A, Write("f", 0, B), Sync("f", 1)) == {B}
    assert contents(law, A, Write("f", 0, B), Write("f", 0, C), Sync("f", 1)) == {B, C}
    assert contents(law, A, Write("f", 0, B), Sync("f", 0)) == {A, B}
    assert contents(law, A, Write("f", 0, B), SyncFolder()) == {A, B}


# --- the fault model: lengths ---------------------------------------------------------------------------------------------


def test_on_ext4_a_new_block_comes_with_its_data_or_not_at_all() -> None:
    block = b"a" * BLOCK
    assert contents(EXT4, block, Write("f", BLOCK, B + B)) == {block, block + B + B}


def test_on_ext4_a_longer_last_block_may_come_without_its_data() -> None:
    assert contents(EXT4, A, Write("f", SECTOR, B)) == {A, A + ZERO, A + B}


def test_posix_promises_no_data_with_a_length() -> None:
    block = b"a" * BLOCK
    assert contents(POSIX, block, Write("f", BLOCK, B + B)) == {
        block,
        *(block + x + y for x in (ZERO, B) for y in (ZERO, B)),
    }


def test_lengths_of_a_file_come_in_order() -> None:
    block = b"a" * BLOCK
    longer = (Write("f", BLOCK, b"b" * BLOCK), Write("f", 2 * BLOCK, b"c" * BLOCK))
    assert contents(EXT4, block, *longer) == {
        block,
        block + b"b" * BLOCK,
        block + b"b" * BLOCK + b"c" * BLOCK,
    }


@pytest.mark.parametrize("law", Law)
def test_what_is_written_behind_a_cut_end_is_not_seen_before_the_cut_is(law: Law) -> None:
    log = (Truncate("f", 0), Write("f", 0, B))
    longest = {A + A, b"", B, ZERO} if law is POSIX else {A + A, b"", B}
    assert contents(law, A + A, *log) == longest


# --- the fault model: names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", Law)
def test_names_come_and_go_in_order(law: Law) -> None:
    assert names(law, "o", Create("x"), Unlink("o"), Create("y")) == {"o", "ox", "x", "xy"}


@pytest.mark.parametrize("law", Law)
def test_a_sync_of_the_folder_makes_its_names_sure(law: Law) -> None:
    assert names(law, "o", Create("x"), Unlink("o"), SyncFolder()) == {"x"}


def test_a_sync_of_a_file_makes_its_own_name_sure_on_ext4_alone() -> None:
    log = (Unlink("o"), Create("x"), Create("y"), Write("x", 0, A), Sync("x", 4), Unlink("x"))
    assert names(EXT4, "o", *log[:2], Sync("x", 2)) == {"x"}
    assert names(EXT4, "o", *log) == {"xy", "y"}  # y came before x became longer; the unlink is behind
    assert names(POSIX, "o", *log) == {"o", "", "x", "xy", "y"}


def test_an_overwrite_makes_no_name_sure() -> None:
    """What loses a commit under DELETE/FULL: the old journal's unlink is behind the last change of the database's length."""
    assert names(EXT4, ["f", "j"], Unlink("j"), Write("f", 0, b""), Sync("f", 2)) == {"fj", "f"}


def test_a_length_that_is_sure_takes_earlier_ones_of_other_files_along_on_ext4() -> None:
    block = b"a" * BLOCK
    log = (Write("f", 0, block), Write("g", 0, block), Sync("g", 2))
    files = {"f": b"", "g": b""}
    assert found(EXT4, files, *log) == {frozenset({("f", block), ("g", block)})}
    assert frozenset({("f", b""), ("g", block)}) in found(POSIX, files, *log)


def test_positions_where_nothing_is_under_way_are_drawn_once() -> None:
    log = [operation for n in range(50) for operation in (Write("f", 0, B), Sync("f", 2 * n + 1))]
    drawn = [position for position, _ in cuts(EXT4, {"f": A}, log, Random(1), 400)]
    assert len(drawn) == 400 and drawn == sorted(drawn)
    quiet = [position for position in drawn if position % 2 == 0]
    assert len(quiet) == len(set(quiet)) > 10


# --- the recorders --------------------------------------------------------------------------------------------------------

WORK = """
CREATE TABLE t (x); PRAGMA journal_mode = {mode}; INSERT INTO t SELECT randomblob(3000) FROM (SELECT 1 UNION SELECT 2);
INSERT INTO t SELECT randomblob(9000) FROM t; DELETE FROM t; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);
INSERT INTO t SELECT randomblob(9000); BEGIN; INSERT INTO t SELECT 1; ROLLBACK; INSERT INTO t SELECT 2
"""


def on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("library", ["apsw", "sqlcipher3"])
def test_a_log_played_back_is_the_folder(tmp_path: Path, library: str, mode: str) -> None:
    """And another folder is none of the recorder's business."""
    log: list[Operation] = []
    ours, other = tmp_path / "ours", tmp_path / "other"
    ours.mkdir()
    other.mkdir()
    if library == "apsw":
        recorded: Any = apsw_recorder.recorded(ours, log)
    else:
        recorded = sqlcipher_recorder.recorded(ours, lambda _name: log)
    with recorded:
        for folder in (ours, other):
            path = str(folder / "db")
            connection: Any = (
                apsw.Connection(path) if library == "apsw" else dbapi2.connect(path, isolation_level=None)
            )
            for statement in WORK.format(mode=mode).split(";"):
                list(connection.execute(statement))
            assert seen({}, log) == on_disk(ours)
            connection.close()
    assert {type(operation) for operation in log} >= {Create, Write, Truncate, Sync, Unlink}
    assert seen({}, log) == on_disk(ours)


def test_a_sync_of_the_journals_folder_is_in_the_log(tmp_path: Path) -> None:
    log: list[Operation] = []
    with apsw_recorder.recorded(tmp_path, log):
        journal.Journal.open(tmp_path, journal_images.TickingClock(), "boot").close()
    assert log.count(SyncFolder()) == 1
    assert max(log.index(Create(name)) for name in (FILE, f"{FILE}-wal")) < log.index(SyncFolder())


# --- what is found on an image --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def boot() -> Boot:
    """A short life of the journal, with nothing wrong."""
    (lived,) = journal_images.live(journal_images.SHIPPED, Random(1), boots=1, visits=4)
    return lived


def drawn(boot: Boot, tmp_path: Path) -> Tally:
    tally = Tally()
    journal_images.draw(boot, journal_images.SHIPPED, Random(1), 40, tmp_path, tally)
    return tally


def test_a_sound_life_is_clean_and_started_now_and_then(boot: Boot, tmp_path: Path) -> None:
    tally = drawn(boot, tmp_path)
    assert tally.clean and tally.images == 40 and tally.started == 3


def test_an_entry_that_was_acknowledged_and_is_not_there_is_a_loss(boot: Boot, tmp_path: Path) -> None:
    last = boot.appends[-1]
    early = [
        *boot.appends[:-1],
        Append(last.entry, 0, 0),
    ]  # as if it had been acknowledged before anything was written
    tally = drawn(Boot(boot.files, boot.known, boot.log, early), tmp_path)
    assert tally.losing > 0 and tally.worst == 1


@pytest.mark.parametrize("change", [{"text": "{}"}, {"wall_ms": 1}, {"hash": bytes(32)}, {"event": "paid"}])
def test_an_entry_that_differs_in_anything_was_never_appended(
    boot: Boot, tmp_path: Path, change: dict[str, Any]
) -> None:
    first = boot.appends[0]
    fields = {name: getattr(first.entry, name) for name in SealedEntry.__slots__}
    altered = Append(SealedEntry(**{**fields, **change}), first.asked, first.answered)
    tally = drawn(Boot(boot.files, boot.known, boot.log, [altered, *boot.appends[1:]]), tmp_path)
    assert tally.corrupt > 0


def test_an_entry_that_was_not_asked_for_yet_is_no_truth(boot: Boot, tmp_path: Path) -> None:
    late = [Append(each.entry, len(boot.log), len(boot.log)) for each in boot.appends]
    assert drawn(Boot(boot.files, boot.known, boot.log, late), tmp_path).corrupt > 0


@pytest.fixture(scope="module")
def central_files() -> Mapping[str, bytes]:
    (lived,) = central_life.live("", EXT4, Random(3), boots=1, people=30).boots
    return seen(lived.files, lived.log)


PAID = "(SELECT max(order_id) FROM ledger WHERE kind = 'payment')"
RECEIPT = f"(SELECT max(receipt_no) FROM receipts WHERE order_id = {PAID})"
SHUT = "(SELECT max(order_id) FROM orders JOIN order_lines USING (order_id) WHERE state = 'closed')"
BREAKS = {
    "a paid order has one payment, of its amount": f"UPDATE ledger SET amount_fen = 1 WHERE order_id = {PAID}",
    "a payment belongs to a paid order": f"UPDATE orders SET state = 'created' WHERE order_id = {PAID}",
    "a paid order has a receipt for each line": f"UPDATE receipts SET line_no = 7 WHERE receipt_no = {RECEIPT}",
    "a receipt belongs to a paid order": f"UPDATE orders SET state = 'refunding' WHERE order_id = {PAID}",
    "a receipt has its payment": f"UPDATE receipts SET entry_id = 1 WHERE receipt_no = {RECEIPT}",
    "a receipt has its contribution": f"DELETE FROM contributions WHERE receipt_no = {RECEIPT}",
    "a contribution's receipt is there": f"DELETE FROM receipts WHERE receipt_no = {RECEIPT}",
    "an order is the sum of its lines": f"DELETE FROM order_lines WHERE order_id = {PAID}",
    "an open order claims its lines": f"UPDATE orders SET state = 'requested' WHERE order_id = {SHUT}",
    "no other order claims anything": "INSERT INTO claims SELECT person_id, product, year, order_id FROM order_lines"
    f" WHERE order_id = {SHUT} LIMIT 1",
    "money on its way back is there": f"UPDATE orders SET state = 'refunding' WHERE order_id = {SHUT}",
    "money that went back is gone": f"UPDATE orders SET state = 'refunded' WHERE order_id = {PAID}",
    "an unpaid order has no money": f"UPDATE orders SET state = 'closed' WHERE order_id = {PAID}",
    "a day's receipts are counted": "UPDATE receipt_days SET last = last + 1",
    "every reference leads somewhere": "UPDATE orders SET order_id = 'NOBODY' WHERE order_id = " + PAID,
}


@pytest.mark.parametrize("law", central_images.LAWS)
def test_every_law_of_the_tables_can_be_broken(
    central_files: Mapping[str, bytes], tmp_path: Path, law: str
) -> None:
    for name, content in central_files.items():
        (tmp_path / name).write_bytes(content)
    assert central_images.look(central_images.at(tmp_path))[0] == []
    connection = dbapi2.connect(str(tmp_path / central_life.CENTRAL), isolation_level=None)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    assert connection.execute(BREAKS[law]).rowcount > 0
    connection.close()
    assert law in central_images.look(central_images.at(tmp_path))[0]


def reply(state: OrderState) -> OrderReply:
    return OrderReply(order_id="WD001-00001", state=state, total_fen=300)


@pytest.mark.parametrize(
    "promise",
    [
        Opened(0, 31),
        Answered(0, reply(OrderState.PAID)),
        Answered(0, reply(OrderState.REFUNDED)),
        Answered(0, OrderReply(order_id="WD001-00001", state=OrderState.CLOSED, total_fen=1)),
        Answered(0, OrderReply(order_id="WD001-00002", state=OrderState.CREATED, total_fen=300)),
        Asked(0, "WD001-00002"),
        Asked(0, "WD001-00001", back=True),
        Granted(0, "P-1", 3),
        Granted(0, "P-1", 2, "printed"),
        Granted(0, "P-2", 1),
    ],
)
def test_every_promise_can_be_broken(promise: central_life.Promise) -> None:
    books = Books({"WD001-00001": ("closed", 300)}, {}, {"P-1": (2, "unknown")}, 30)
    assert not promise.kept_in(books)
    kept = (
        Opened(0, 30),
        Answered(0, reply(OrderState.CREATED)),
        Answered(0, reply(OrderState.CLOSED)),
        Asked(0, "WD001-00001"),
        Granted(0, "P-1", 2, "unknown"),
    )
    assert all(each.kept_in(books) for each in kept)


# --- the proof ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    return images.run(full=False)


def test_nothing_acknowledged_is_lost(figures: dict[str, dict[str, Any]]) -> None:
    drawn, lost = figures["power_cut_images"], figures["power_cut_lost"]
    assert (lost["value"], lost["corrupt"], lost["examples"]) == (0, 0, [])
    assert drawn["value"] == drawn["journal"] + drawn["central"] >= 800
    assert drawn["started"] > 20


def test_what_must_fail_fails(figures: dict[str, dict[str, Any]]) -> None:
    controls = figures["power_cut_lost"]["controls"]
    modes = ("journal WAL/NORMAL", "journal WAL/OFF", "journal DELETE/FULL", "journal DELETE/OFF")
    assert controls.keys() == {*modes, "central WAL/NORMAL", "central WAL/OFF"}
    for name, control in controls.items():
        assert control["losing"] > 0, name
        assert control["corrupt"] > 0 or not name.endswith("OFF"), name
    assert controls["journal DELETE/FULL"]["worst_commits"] == 1  # an unlink that came back, never more


def test_what_is_known_to_be_good_is_not_blamed(figures: dict[str, dict[str, Any]]) -> None:
    good = figures["power_cut_lost"]["known_good"]
    assert good.keys() == {"journal DELETE/EXTRA", "journal TRUNCATE/FULL"}
    assert all(each["losing"] == each["corrupt"] == 0 for each in good.values())


def test_the_full_form_draws_enough() -> None:
    parts = [part for part in images.plan(full=True, seed=7) if part.expect == "nothing lost"]
    drawn = {
        store: sum(part.images for part in parts if part.store == store) for store in ("journal", "central")
    }
    assert drawn["journal"] >= 15_000 and drawn["central"] >= 5_000


@pytest.mark.parametrize(
    ("mode", "expect"),
    [(journal_images.SHIPPED, "caught"), (journal_images.CONTROLS[1], "good")],
)
def test_a_proof_that_cannot_be_trusted_is_none(
    monkeypatch: pytest.MonkeyPatch, mode: journal_images.Mode, expect: str
) -> None:
    part = images.Part("journal", mode, 7, 60, expect, boots=1)
    monkeypatch.setattr(images, "plan", lambda _full, _seed: [part])
    with pytest.raises(images.ProofFailed):
        images.run(full=False, processes=1)


@pytest.mark.parametrize("name", [name for name, _ in DISK_MUTANTS])
def test_a_planted_fault_is_caught(name: str) -> None:
    assert killed(name)


def test_a_folder_that_is_not_synced_is_no_fault_on_ext4() -> None:
    with dict(DISK_MUTANTS)["journal: the folder is not synced"]():
        assert journal_images.proof(journal_images.SHIPPED, 7, 100).clean


def test_a_fault_is_gone_when_it_is_dug_up() -> None:
    for _, plant in DISK_MUTANTS:
        with plant():
            pass
    assert disk_mutants._look("journal: the folder is not synced", 7).clean
