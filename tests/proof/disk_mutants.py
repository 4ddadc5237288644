"""Faults planted into what keeps things on the disk.  Each must show itself on the images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import apsw
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from central import ledger, orders
from kiosk import journal
from kiosk.journal import Entry, Journal, JournalError
from tests.proof import central_images, journal_images
from tests.proof.apsw_recorder import RecordedFile
from tests.proof.sqlcipher_recorder import Recorder
from tests.proof.tally import Tally

Plant = Callable[[], AbstractContextManager[None]]
IMAGES = 100
LOG = "-wal"


def _unsynced(chosen: Callable[[str], bool]) -> Plant:
    """The journal's disk says that it synced these files, and did not."""

    @contextmanager
    def plant() -> Iterator[None]:
        sync = RecordedFile.xSync

        def sync_some(file: RecordedFile, flags: int) -> None:
            if not chosen(file.name):
                sync(file, flags)

        with patch.object(RecordedFile, "xSync", sync_some):
            yield

    return plant


@contextmanager
def _central_unsynced() -> Iterator[None]:
    with patch.object(Recorder, "sync", lambda _self, _name, _make: 0):
        yield


@contextmanager
def _folder_unsynced() -> Iterator[None]:
    """On ext4 this changes nothing, because a file's first sync brings its name along; under POSIX's law it is caught."""
    with patch.object(journal, "_sync_folder", lambda _folder: None):
        yield


@contextmanager
def _acknowledged_before_commit() -> Iterator[None]:
    """A transaction is kept open over three entries, because commits are slow."""
    append = Journal.append

    def append_early(kept: Journal, subject: str, event: str, data: Mapping[str, object]) -> Entry:
        if not kept._connection.in_transaction:
            kept._connection.execute("BEGIN IMMEDIATE")
        entry = append(kept, subject, event, data)
        if entry.seq % 3 == 0:
            kept._connection.execute("COMMIT")
        return entry

    with patch.object(Journal, "append", append_early):
        yield


@contextmanager
def _log_swept_away() -> Iterator[None]:
    """A start begins with a clean folder: what looks like a temporary file is removed."""
    connect = journal._connect

    def connect_cleanly(path: Path) -> apsw.Connection:
        path.with_name(path.name + LOG).unlink(missing_ok=True)
        return connect(path)

    with patch.object(journal, "_connect", connect_cleanly):
        yield


@contextmanager
def _booked_in_two_steps() -> Iterator[None]:
    """The ledger's row is committed by itself, before receipts and state."""
    enter = ledger.enter

    def enter_and_commit(connection: Connection, *arguments: Any, **named: Any) -> int:
        entry_id = enter(connection, *arguments, **named)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return entry_id

    with patch.object(ledger, "enter", enter_and_commit):
        yield


@contextmanager
def _gateway_asked_first() -> Iterator[None]:
    """The trade is created while the order's own transaction is still open."""
    open_order = orders.Orders._open

    def open_and_create(
        self: orders.Orders, connection: Connection, kiosk_id: str, request: Any, digest: str
    ) -> None:
        open_order(self, connection, kiosk_id, request, digest)
        self._gateway.create(request.order_id, request.total_fen, "")

    with patch.object(orders.Orders, "_open", open_and_create):
        yield


DISK_MUTANTS: tuple[tuple[str, Plant], ...] = (
    ("journal: no sync reaches the disk", _unsynced(lambda _name: True)),
    ("journal: the database file is not synced", _unsynced(lambda name: name == journal.FILE)),
    ("journal: the log is not synced", _unsynced(lambda name: name.endswith(LOG))),
    ("journal: the folder is not synced", _folder_unsynced),
    ("journal: acknowledged before the commit", _acknowledged_before_commit),
    ("journal: the log is swept away at start", _log_swept_away),
    ("central: no sync reaches the disk", _central_unsynced),
    ("central: booked in two steps", _booked_in_two_steps),
    ("central: the gateway is asked first", _gateway_asked_first),
)


def killed(name: str, seed: int = 7) -> bool:
    """Whether the images tell that this mutant is there.  Raises KeyError."""
    plant = dict(DISK_MUTANTS)[name]
    try:
        with plant():
            return not _look(name, seed).clean
    except (JournalError, DBAPIError, AssertionError):
        return True  # it could not even live on


def _look(name: str, seed: int) -> Tally:
    if name.startswith("central"):
        return central_images.proof(central_images.SMALL_LOG, seed, IMAGES, boots=1)
    mode = journal_images.SHIPPED_POSIX if "folder" in name else journal_images.SMALL_LOG
    return journal_images.proof(mode, seed, IMAGES)
