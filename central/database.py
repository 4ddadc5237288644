"""The database: the only place that knows SQLite from PostgreSQL.

SQLite comes from sqlcipher3, because Python's own library is older than 3.51.3 and can corrupt a WAL that
two connections reset at the same instant (sqlite.org, wal page).  WAL, synchronous=FULL, one writer.

What is deleted from the tables named in ``FORGETS`` leaves nothing behind in the files: freed pages are overwritten (secure_delete),
and the write-ahead log, where the older pages still stand, is emptied right after the transaction.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlcipher3 import dbapi2

OLDEST_SQLITE = (3, 51, 3)
WITHDRAWN_SQLITE = (3, 52, 0)
BUSY_TIMEOUT_MS = 5000
FORGETS = re.compile(r"DELETE FROM (review_pictures|face_references|packet_contents)\b")
SCRUB_TIMEOUT_MS = 500  # readers hold a log for milliseconds; one that holds it longer is waited for by the next write or sweep


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


class Database:
    """``read`` and ``write`` give a connection inside one transaction, committed when the block ends well."""

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite:")
        self.engine = _sqlite_engine(url) if sqlite else create_engine(url, hide_parameters=True)
        self._writer: AbstractContextManager[Any] = threading.Lock() if sqlite else nullcontext()
        self._scrubbed = not sqlite  # a kill may have come between a deletion and what follows it

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._writer, self.engine.connect() as connection:
            connection.execution_options(writes=True)
            connection.info.pop("forgets", None)
            with connection.begin():
                yield connection
            if connection.info.pop("forgets", False) or not self._scrubbed:
                self._scrubbed = _empty_log(connection)

    def scrub(self) -> None:
        """Empties the log of what was deleted, if a reader kept that from being done at once."""
        if not self._scrubbed:
            with self.write():
                pass

    def migrate(self) -> None:
        """Brings the tables up to the newest revision."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            rewritten = connection.info.pop("rewrite", False)
        if rewritten:
            self._rewrite()

    def _rewrite(self) -> None:
        """Writes the file anew, without pages that were freed before freed pages were overwritten."""
        with self._writer, self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("VACUUM")
            cursor.close()
            self._scrubbed = _empty_log(connection)

    def close(self) -> None:
        self.engine.dispose()


def _empty_log(connection: Connection) -> bool:
    """False while somebody still reads what stands in it."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={SCRUB_TIMEOUT_MS}")
        busy, _in_log, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()


def _make_private(url: str) -> None:
    """The file and its log are read by the service alone; SQLite gives a new log the mode of its file."""
    name = make_url(url).database
    if not name or name == ":memory:":
        return
    for path in (Path(name), Path(f"{name}-wal"), Path(f"{name}-shm")):
        if path.exists() and path.stat().st_mode & 0o077:
            path.chmod(0o600)


def check_sqlite(version: tuple[int, ...]) -> None:
    """Raises RuntimeError for a SQLite that may lose money."""
    if version < OLDEST_SQLITE or version == WITHDRAWN_SQLITE:
        raise RuntimeError(
            f"SQLite {'.'.join(map(str, version))} can corrupt a WAL; 3.51.3 or newer is needed"
        )


def _sqlite_engine(url: str) -> Engine:
    check_sqlite(dbapi2.sqlite_version_info)
    _make_private(url)
    engine = create_engine(
        url,
        module=dbapi2,
        hide_parameters=True,  # an error message must not carry a person's data
        pool_size=8,
        max_overflow=40,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()
        _make_private(url)  # a new file is empty until now

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a write takes its lock at once, so that it never fails half-way on a stale snapshot
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "after_cursor_execute")
    def _note(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if FORGETS.match(statement):
            connection.info["forgets"] = True

    return engine
