"""The database: a safe SQLite, tables as declared, money rows that stay as they were written."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable
from sqlcipher3 import dbapi2

from central import ledger, migrations, tables, tickets
from central.database import Database, check_sqlite, sqlite_url


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 52, 0)])
def test_a_sqlite_with_the_wal_reset_bug_is_refused(version):
    with pytest.raises(RuntimeError):
        check_sqlite(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 52, 1), (3, 53, 4)])
def test_a_repaired_sqlite_is_taken(version):
    check_sqlite(version)


def test_every_connection_is_durable(central):
    with central.service.database.read() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous")
        }
        version = connection.execute(text("SELECT sqlite_version()")).scalar()
    assert settings == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
    check_sqlite(tuple(map(int, version.split("."))))


def test_the_migrations_give_exactly_the_declared_tables(tmp_path):
    database = Database(sqlite_url(tmp_path / "empty.sqlite3"))
    database.migrate()
    database.migrate()  # a second time changes nothing
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    database.close()


def test_the_tables_are_postgresql_too():
    for table in tables.metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize("name", tables.FROZEN)
def test_rows_of_money_and_proof_cannot_be_changed_or_removed(central, kiosk, name):
    kiosk.paid()
    table = tables.metadata.tables[name]
    central.service.print_desk.revoke(kiosk.ledger()[0]["receipt_no"], "test")
    database = central.service.database
    with database.read() as connection:
        before = connection.execute(select(table)).all()
    assert before
    column = list(table.columns)[-1]
    for statement in (update(table).values({column: column}), delete(table)):
        with pytest.raises(IntegrityError, match="only ever inserted"), database.write() as connection:
            connection.execute(statement)
    with database.read() as connection:
        assert connection.execute(select(table)).all() == before


def test_a_gateway_transaction_is_entered_once(central, kiosk):
    kiosk.paid()
    database = central.service.database
    with database.read() as connection:
        row = (
            connection.execute(select(tables.ledger).where(tables.ledger.c.kind == "payment")).one()._asdict()
        )
    del row["entry_id"]
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(tables.ledger).values(row))


def test_a_refund_is_negative_and_nothing_else_is(central, kiosk):
    order_id = kiosk.paid()["order_id"]
    for kind, fen in ((ledger.Kind.REFUND, 1), (ledger.Kind.PAYMENT, -1)):
        with pytest.raises(IntegrityError), central.service.database.write() as connection:
            ledger.enter(connection, order_id, kind, fen, gateway_txn="T", at_ms=0)


def test_a_failed_write_leaves_nothing(central):
    database = central.service.database

    def half():
        with database.write() as connection:
            connection.execute(insert(tables.receipt_days).values(day=date(2030, 1, 1), last=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        days = connection.execute(select(tables.receipt_days.c.day)).scalars()
        assert max(days).year == 2026


def test_two_processes_may_write_to_one_file(tmp_path):
    """As ``central revoke`` does beside a running service: a write waits, and never fails on a stale snapshot."""
    one, other = (Database(sqlite_url(tmp_path / "shared.sqlite3")) for _ in range(2))
    one.migrate()
    days = tables.receipt_days

    def count_up(database):
        for _ in range(30):
            with database.write() as connection:
                last = connection.execute(select(days.c.last)).scalar()
                connection.execute(update(days).values(last=last + 1))

    with one.write() as connection:
        connection.execute(insert(days).values(day=date(2026, 11, 23), last=0))
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(count_up, database) for database in (one, other)]:
            each.result()
    with other.read() as connection:
        assert connection.execute(select(days.c.last)).scalar() == 60
    one.close()
    other.close()


def test_deaths_that_were_told_to_an_older_central_still_stand(tmp_path):
    """Closed with the assignment: confirmed.  Closed without: nobody knows any more, so a person decides."""
    path = tmp_path / "older.sqlite3"
    database = Database(sqlite_url(path))
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__path__[0])))
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
    raw = dbapi2.connect(str(path))  # foreign keys are not looked at here
    ticket = (
        "INSERT INTO tickets VALUES (?, 'death', ?, 1, 'WDT01', '2026-11-23', NULL, '', '', 1, ?, '', '')"
    )
    raw.executemany(ticket, [("GD1", "open", None), ("GD2", "confirmed", 5), ("GD3", "unknown", 5)])
    raw.execute(
        "INSERT INTO assignments VALUES "
        "('A', 'R', 'confirmed', 'kiosk', '', '', '', '', '', NULL, '', 1, 5, 'died', '王主管')"
    )
    raw.commit()
    raw.close()
    database.migrate()
    with database.read() as connection:
        found = dict(connection.execute(text("SELECT person_id, confirmed FROM tickets")).all())
        assert found == {"open": None, "confirmed": 1, "unknown": None}
        assert all(tickets.death_stands(connection, person) for person in found)
        assert not tickets.death_stands(connection, "nobody")
    database.close()
