"""Puts one central together from its settings.  Everything is built here, once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from central import face_limits, packets, rules, sandbox_field, seeding, tables
from central.certification import Certifications
from central.checks import Checks
from central.clock import legal_day
from central.database import Database, sqlite_url
from central.devicelog import DeviceLogs
from central.field_service import Field, open_field
from central.gateway import Gateway, NoGateway
from central.gateway_asked import Asked
from central.gateway_inbox import Inbox
from central.gateway_profile import profile_of
from central.gateway_v3 import V3Gateway
from central.home_visits import HomeVisits
from central.orders import Orders
from central.people import People
from central.receipts import PrintDesk, ReceiptBook
from central.reconcile import Reconciler
from central.reviews import KEPT_MS, Reviews
from central.rules import Rulebook
from central.sandbox import Sandbox
from central.settings import Settings
from central.verification import Keys


@dataclass(frozen=True)
class Service:
    """``sandbox`` is None when another gateway, or none, is at the other end; ``inbox`` takes that one's notices."""

    settings: Settings
    database: Database
    keys: Keys
    rulebook: Rulebook
    orders: Orders
    people: People
    print_desk: PrintDesk
    device_logs: DeviceLogs
    reconciler: Reconciler
    checks: Checks
    home_visits: HomeVisits
    reviews: Reviews
    field: Field
    gateway: Gateway
    inbox: Inbox | None
    sandbox: Sandbox | None
    trial_books: Database | None

    def forget_old_pictures(self) -> None:
        """Nobody's picture waits longer than thirty days, in the queue or inside a packet, and nobody for ever."""
        now_ms = self.settings.clock.now_ms()
        with self.database.read() as connection:
            check_ids = self.reviews.old(connection, now_ms)
            contents = packets.old_contents(connection, now_ms - KEPT_MS)
        for check_id in check_ids:
            with self.database.write() as connection:
                self.reviews.forget_old(connection, check_id, now_ms)
        if contents:
            with self.database.write() as connection:
                packets.forget_contents(connection, contents)
        self.database.scrub()
        self.checks.look_at_waits()

    def close(self) -> None:
        self.database.close()
        if isinstance(self.gateway, V3Gateway):
            self.gateway.calls.disconnect()
        if self.trial_books is not None:
            self.trial_books.close()


def open_database(settings: Settings) -> Database:
    """The migrated database with today's rule book in it."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url or sqlite_url(settings.data / "central.sqlite3"))
    database.migrate()
    products, book = rules.read_folder()
    with database.write() as connection:
        rules.store(connection, products, book)
    return database


def open_service(settings: Settings) -> Service:
    """Migrates, reads the rules, seeds an empty database, and wires the parts.  Raises ThresholdsRefused for limits of faces."""
    limits = face_limits.trusted(
        settings.face_limits, settings.face_limits_key, start_values=settings.start_limits
    )
    database, keys, clock = open_database(settings), Keys(settings.data / "keys"), settings.clock
    with database.read() as connection:
        rulebook = rules.load(connection, settings.city)
        empty = connection.execute(select(func.count()).select_from(tables.persons)).scalar_one() == 0
    if empty and settings.township:
        with database.write() as connection:
            seeding.seed_township(connection, settings, keys, rulebook, legal_day(clock.now_ms()))
    gateway: Gateway = NoGateway()
    sandbox, trial_books, wire = None, None, None
    if settings.sandbox:
        with database.write() as connection:
            seeding.seed_kiosks(connection, settings.kiosks)
    if settings.gateway is not None:
        gateway = wire = V3Gateway(
            settings.gateway,
            profile_of(settings.gateway),
            Asked(database),
            clock,
            payee=settings.payee,
            notify_url=settings.notify_url or f"{settings.public_url}/gateway/notify",
        )
    elif settings.sandbox:
        trial_books = Database(sqlite_url(settings.data / "gateway.sqlite3"))
        gateway = sandbox = Sandbox(
            trial_books,
            clock,
            settings.public_url,
            lambda purpose, text: keys.keyed_hash(purpose, text).hex(),
        )
    book = ReceiptBook(settings, keys)
    orders = Orders(database, settings, gateway, rulebook, book)
    inbox = None
    if wire is not None and settings.gateway is not None:
        inbox = Inbox(settings.gateway, wire.calls.platform, database, orders, clock)
    certifications = Certifications.read(rulebook, settings.city)
    if settings.sandbox and settings.tablets:
        with database.write() as connection:
            sandbox_field.seed(connection, keys, certifications, settings.tablets, at_ms=clock.now_ms())
    people = People(database, rulebook, book, clock, orders.settle, certifications, keys)
    print_desk = PrintDesk(database, book, keys, clock)
    device_logs = DeviceLogs(database, clock)
    reconciler = Reconciler(database, gateway, orders, device_logs, clock)
    return Service(
        settings,
        database,
        keys,
        rulebook,
        orders,
        people,
        print_desk,
        device_logs,
        reconciler,
        Checks(database, certifications, keys, clock, limits),
        HomeVisits(database, certifications.periods, clock),
        Reviews(certifications, keys),
        open_field(database, certifications, keys, clock, limits),
        gateway,
        inbox,
        sandbox,
        trial_books,
    )
