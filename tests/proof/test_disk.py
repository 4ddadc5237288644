"""The fault model says what it means, case by case: each is small enough to write every legal image down by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest
from sqlcipher3 import dbapi2

from kiosk.journal import FILE, Journal
from tests.proof import apsw_recorder, journal_images, sqlcipher_recorder
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


# --- data ----------------------------------------------------------------------------------------------


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


# --- lengths ---------------------------------------------------------------------------------------------


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


# --- names -----------------------------------------------------------------------------------------------


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
        Journal.open(tmp_path, journal_images.TickingClock(), "boot").close()
    assert log.count(SyncFolder()) == 1
    assert max(log.index(Create(name)) for name in (FILE, f"{FILE}-wal")) < log.index(SyncFolder())
