"""The only durable state.  ``append`` returns once the entry is on the disk; what is there never changes.

    entry: seq, subject, event, data, wall_ms, mono_ms, boot_id, prev_hash, hash

Append-only: triggers refuse UPDATE and DELETE, and each hash covers its entry and the hash before it, so an
entry that was altered, dropped or slipped in is found at the next start.  One connection, one lock, one
transaction a call; WAL with synchronous=FULL, the one mode that lost and broke nothing in simulated power
cuts.  SQLite is apsw's: before 3.51.3 the WAL-reset bug could corrupt a file (sqlite.org, wal.html), and
3.52.0 was withdrawn.

After a failed write nobody knows what the disk holds, so the journal takes no more entries: the process ends,
and the next start reads the truth.  Nothing is ever deleted or repaired here.

    JournalError
    ├── JournalBroken      what is on the disk is not what was written
    └── JournalUnwritable  the disk is full or read-only, another process holds the file, SQLite is unfit
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from devices.clock import Clock

FILE = "journal.sqlite"
LAYOUT = 1  # PRAGMA user_version
SLOWEST_COMMIT_MS = 100.0  # a disk whose p99 is above this is refused by `kiosk doctor`

_GENESIS = bytes(32)
_INSERT = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_AFTER = "SELECT * FROM entry WHERE seq > ? ORDER BY seq LIMIT ?"
_SUBJECTS_LAST = """
SELECT entry.* FROM entry
JOIN (SELECT min(seq) AS first_seq, max(seq) AS last_seq FROM entry
      WHERE substr(subject, 1, ?) = ? GROUP BY subject) ON seq = last_seq
ORDER BY first_seq
"""
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    event TEXT NOT NULL,
    data TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    mono_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX entry_subject ON entry (subject, seq);
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
PRAGMA user_version = 1;
COMMIT;
"""


class JournalError(Exception):
    """The journal cannot be used."""


class JournalBroken(JournalError):
    """Damaged or altered.  ``seq`` is the first entry that is wrong, None when the file itself is.

    Nothing is deleted: the file is kept for a technician (`kiosk doctor` says what to do).
    """

    def __init__(self, seq: int | None, why: str) -> None:
        super().__init__(f"journal broken{'' if seq is None else f' at entry {seq}'}: {why}")
        self.seq = seq


class JournalUnwritable(JournalError):
    """Nothing can be written; an entry that was under way may or may not be on the disk."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.  ``data`` is what was given, as JSON gave it back.

    ``wall_ms`` is for printing, ``mono_ms`` compares within one ``boot_id``; ``seq`` alone orders entries.
    """

    seq: int
    subject: str
    event: str
    data: Mapping[str, Any]
    wall_ms: int
    mono_ms: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """One line as its hash covers it: ``text`` is the data as JSON, the hashes are 32 bytes each."""

    seq: int
    subject: str
    event: str
    text: str
    wall_ms: int
    mono_ms: int
    boot_id: str
    prev_hash: bytes
    hash: bytes


class Journal:
    """Built by ``Journal.open``.  Any thread may call; one process holds the file, and no other can."""

    def __init__(self, connection: apsw.Connection, clock: Clock, boot_id: str) -> None:
        self._connection, self._clock, self.boot_id = connection, clock, boot_id
        self._lock = threading.Lock()
        self._failed = False
        self._seq, self._hash = self._walk()

    @classmethod
    def open(cls, folder: Path, clock: Clock, boot_id: str) -> Journal:
        """Opens or makes the journal in ``folder`` and checks all of it.  Raises either JournalError."""
        check_sqlite(apsw.sqlite_lib_version())
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = _connect(folder / FILE)
        except OSError as error:
            raise JournalUnwritable(f"{folder}: {error.strerror}") from error
        except apsw.Error as error:
            raise _sorted(error) from error
        try:
            _prepare(connection)
            _sync_folder(folder)
            return cls(connection, clock, boot_id)
        except apsw.Error as error:
            connection.close()
            raise _sorted(error) from error
        except JournalError:
            connection.close()
            raise

    def append(self, subject: str, event: str, data: Mapping[str, object]) -> Entry:
        """Writes one entry and returns it once it is on the disk.  ``data`` holds JSON values.

        Raises JournalUnwritable, and from then on always; TypeError or ValueError when ``data`` is no JSON.
        """
        text = _canonical(data)
        with self._lock:
            if self._failed:
                raise JournalUnwritable("an earlier write failed; only a restart tells what is on the disk")
            seq, wall_ms, mono_ms = (
                self._seq + 1,
                self._clock.wall_ms(),
                round(self._clock.monotonic() * 1000),
            )
            row = (seq, subject, event, text, wall_ms, mono_ms, self.boot_id)
            digest = _digest(row, self._hash)
            try:
                self._connection.execute(_INSERT, (*row, self._hash, digest))
            except apsw.Error as error:
                self._failed = True
                raise _sorted(error) from error
            self._seq, self._hash = seq, digest
        return Entry(seq, subject, event, json.loads(text), wall_ms, mono_ms, self.boot_id)

    def entries(self, subject: str | None = None) -> Sequence[Entry]:
        """Every entry, or those of one subject, oldest first."""
        if subject is None:
            return self._read("SELECT * FROM entry ORDER BY seq", ())
        return self._read("SELECT * FROM entry WHERE subject = ? ORDER BY seq", (subject,))

    def subjects_last(self, prefix: str) -> dict[str, Entry]:
        """The last entry of each subject beginning with ``prefix``, in the order they first appeared."""
        rows = self._read(_SUBJECTS_LAST, (len(prefix), prefix))
        return {entry.subject: entry for entry in rows}

    def entries_after(self, seq: int, limit: int) -> Sequence[SealedEntry]:
        """Up to ``limit`` entries after number ``seq``, oldest first, with their hashes; quick however long the journal is."""
        with self._lock:
            rows: list[Any] = self._connection.execute(_AFTER, (seq, limit)).fetchall()
        return [SealedEntry(*row) for row in rows]

    def last_seq(self) -> int:
        """The number of the last entry; 0 when there is none."""
        with self._lock:
            return self._seq

    def verify(self) -> int:
        """Checks the file and every hash again; returns how many entries there are.  Raises JournalBroken."""
        with self._lock:
            return self._walk()[0]

    def close(self) -> None:
        """Lets the file go.  Everything appended is on the disk already."""
        with self._lock:
            self._connection.close()

    def _read(self, query: str, bindings: tuple[int | str, ...]) -> list[Entry]:
        with self._lock:
            rows: list[Any] = self._connection.execute(query, bindings).fetchall()
        return [Entry(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6]) for row in rows]

    def _walk(self) -> tuple[int, bytes]:
        """The last seq and hash, after checking everything.  Raises JournalBroken."""
        seq, digest = 0, _GENESIS
        try:
            said = [row[0] for row in self._connection.execute("PRAGMA integrity_check(1)")]
            if said != ["ok"]:
                raise JournalBroken(None, "SQLite's integrity check failed")
            for *row, prev_hash, stored in self._connection.execute("SELECT * FROM entry ORDER BY seq"):
                if prev_hash != digest or stored != _digest(tuple(row), digest):
                    raise JournalBroken(seq + 1, "the chain of hashes does not fit")
                seq, digest = seq + 1, stored
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise JournalBroken(seq + 1, "SQLite cannot read it") from error
        return seq, digest


def check_sqlite(version: str) -> None:
    """Raises JournalUnwritable for a SQLite that can lose what it acknowledged."""
    numbers = tuple(int(part) for part in version.split("."))
    if numbers < (3, 51, 3) or numbers[:3] == (3, 52, 0):
        raise JournalUnwritable(
            f"SQLite {version} is unfit for money: 3.51.3 or later is needed, and not 3.52.0"
        )


def commit_p99_ms(folder: Path, clock: Clock, samples: int = 200) -> float:
    """The 99th percentile of a commit in this folder, in ms, on a scratch file with the journal's settings.

    Raises JournalUnwritable.  The running kiosk's journal is not touched.
    """
    scratch = folder / f"commit-test-{os.getpid()}.sqlite"
    took: list[float] = []
    try:
        connection = _connect(scratch)
        _prepare(connection)
        for seq in range(1, samples + 1):
            started = clock.monotonic()
            row = (seq, "test", "test", "x" * 256, 0, 0, "test")
            connection.execute(_INSERT, (*row, _GENESIS, _digest(row, _GENESIS)))
            took.append((clock.monotonic() - started) * 1000)
        connection.close()
    except apsw.Error as error:
        raise _sorted(error) from error
    finally:
        for name in (scratch.name, f"{scratch.name}-wal", f"{scratch.name}-shm"):
            (folder / name).unlink(missing_ok=True)
    return sorted(took)[math.ceil(samples * 0.99) - 1]


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    # Before the first read: no shared-memory file, and the lock is held until the process ends, in any way.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection


def _prepare(connection: apsw.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchall()
    if mode != [("wal",)]:
        raise JournalUnwritable("SQLite does not keep a write-ahead log in this folder")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 100")
    layout = connection.execute("PRAGMA user_version").fetchall()[0][0]
    if layout == 0:
        connection.execute(_SCHEMA)
    elif layout != LAYOUT:
        raise JournalBroken(None, f"its layout is {layout}, this program knows {LAYOUT}")
    else:  # takes the write lock, so that a read-only disk is found at start and not at the first payment
        connection.execute("BEGIN IMMEDIATE; COMMIT")


def _sync_folder(folder: Path) -> None:
    """The file's name is on the disk too, not only its content."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _canonical(data: object) -> str:
    """One spelling of a JSON value, so that a hash of it means something."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _digest(row: tuple[Any, ...], prev_hash: bytes) -> bytes:
    return hashlib.sha256(_canonical([*row, prev_hash.hex()]).encode()).digest()


def _sorted(error: apsw.Error) -> JournalError:
    """Which of our two errors it is.  SQLite's words carry no personal data: they name no value."""
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return JournalBroken(None, "SQLite cannot read it")
    return JournalUnwritable(str(error))
