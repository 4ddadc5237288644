"""The database: the only place that knows SQLite from PostgreSQL.

SQLite comes from sqlcipher3, because Python's own library is older than 3.51.3 and can corrupt a WAL that
two connections reset at the same instant (sqlite.org, wal page).  WAL, synchronous=FULL, one writer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine
from sqlcipher3 import dbapi2

OLDEST_SQLITE = (3, 51, 3)
WITHDRAWN_SQLITE = (3, 52, 0)
BUSY_TIMEOUT_MS = 5000


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


class Database:
    """``read`` and ``write`` give a connection inside one transaction, committed when the block ends well."""

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite:")
        self.engine = _sqlite_engine(url) if sqlite else create_engine(url, hide_parameters=True)
        self._writer: AbstractContextManager[Any] = threading.Lock() if sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._writer, self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Brings the tables up to the newest revision."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self.engine.dispose()


def check_sqlite(version: tuple[int, ...]) -> None:
    """Raises RuntimeError for a SQLite that may lose money."""
    if version < OLDEST_SQLITE or version == WITHDRAWN_SQLITE:
        raise RuntimeError(
            f"SQLite {'.'.join(map(str, version))} can corrupt a WAL; 3.51.3 or newer is needed"
        )


def _sqlite_engine(url: str) -> Engine:
    check_sqlite(dbapi2.sqlite_version_info)
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
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a write takes its lock at once, so that it never fails half-way on a stale snapshot
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
