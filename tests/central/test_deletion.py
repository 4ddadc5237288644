"""What is deleted is gone from the disk; the thirty days hold for every place a face can wait in; the background goes on."""

import asyncio
import base64
import stat
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from central import parked, references, sweep, tables
from central.face_count import FaceWatch
from kiosk.wire import ReferenceSource
from tests.central.review_hall import Hall, jpeg
from tests.central.sitter import look, rows

DAY_S = 86_400
PIECE = 32


@pytest.fixture
def hall(central, kiosk, clock):
    return Hall(central, kiosk, clock)


def pieces_left(folder, content):
    """How many pieces of some bytes stand in any file of a folder."""
    raw = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return sum(content[at : at + PIECE] in raw for at in range(0, len(content) - PIECE, 2 * PIECE))


@pytest.mark.parametrize("how", ["accepted", "refused", "withdrawn", "thirty days"])
def test_a_picture_that_is_gone_is_gone_from_the_disk(hall, central, kiosk, clock, how):
    """Neither sealed nor open, in the database, its log or anywhere else; others' pictures stay."""
    first, second = hall.people()[:2]
    check_id, key = hall.begin(first)
    hall.tell(check_id)
    picture = jpeg(quality=83)
    hall.sign(check_id, key, picture)
    folder, database = central.service.settings.data, central.service.database
    (sealed,) = (row.sealed for row in hall.rows(tables.review_pictures))
    assert pieces_left(folder, sealed) > 300
    look(central, check_id, "孙复核", clock.ms)
    if how == "withdrawn":
        kiosk.good("POST", f"/v1/checks/{check_id}/withdraw")
    elif how == "thirty days":
        clock.move_s(30 * DAY_S)
        central.service.forget_old_pictures()
    else:
        with database.write() as connection:
            central.service.reviews.decide(
                connection, check_id, "孙复核", how == "accepted", "看过", at_ms=clock.ms
            )
    for gone in (sealed, picture, base64.b64encode(picture)):
        assert pieces_left(folder, gone) == 0
    waits = hall.compared(second)
    (kept,) = hall.rows(tables.review_pictures)
    assert kept.check_id == waits and pieces_left(folder, kept.sealed) > 300


def test_a_reference_that_was_removed_or_replaced_is_gone_from_the_disk(hall, central):
    person = hall.people()[0]
    hall.keep_reference(person, coded=jpeg(quality=50))
    (first,) = (row.sealed for row in hall.rows(tables.face_references))
    hall.keep_reference(person, coded=jpeg(quality=51))
    (second,) = (row.sealed for row in hall.rows(tables.face_references))
    folder = central.service.settings.data
    assert pieces_left(folder, first) == 0 < pieces_left(folder, second)
    with hall.database.write() as connection:
        assert references.remove(connection, person.person_id, ReferenceSource.PHOTO)
    assert pieces_left(folder, second) == 0


def test_a_reader_in_the_way_only_puts_it_off(hall, central):
    person = hall.people()[0]
    hall.keep_reference(person)
    (sealed,) = (row.sealed for row in hall.rows(tables.face_references))
    folder = central.service.settings.data
    with hall.database.read() as reader:
        reader.execute(text("SELECT count(*) FROM persons")).scalar()
        with hall.database.write() as connection:
            references.remove(connection, person.person_id, ReferenceSource.PHOTO)
        assert pieces_left(folder, sealed) > 0
    central.service.forget_old_pictures()  # as the sweep does
    assert pieces_left(folder, sealed) == 0


def test_the_database_is_read_by_the_service_alone(hall, central, start):
    folder = central.service.settings.data
    names = {path.name for path in folder.glob("*.sqlite3*")}
    assert {"central.sqlite3", "central.sqlite3-wal", "gateway.sqlite3"} <= names
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o600}
    for name in names:
        (folder / name).chmod(0o644)  # as an older version left it
    start()
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o600}


# --- packets that wait -----------------------------------------------------------------------------------------------


@pytest.fixture
def parked_face(field, tablet, clock):
    """A packet with a face in it, of a pack that was over."""
    clock.move_s(DAY_S)
    record = tablet.record(0)
    assert tablet.send(tablet.packet(record))[1]["result"] == "pack_expired"
    return record


def test_a_packet_that_waits_counts_as_a_stored_face(field, tablet, parked_face):
    def count():
        with field.service.database.read() as connection:
            return references.stored_faces(connection)

    assert count() == 1
    refused = {**tablet.packet(tablet.record(1)), "signature": "0" * 128}
    assert tablet.send(refused)[0] == 422
    assert count() == 2  # nobody knows whose: one more


def test_after_thirty_days_no_packet_holds_a_face(field, tablet, parked_face, clock):
    refused = {**tablet.packet(tablet.record(1)), "signature": "0" * 128}
    assert tablet.send(refused)[0] == 422
    contents = [row.sealed for row in rows(field, "packet_contents")]
    clock.move_s(30 * DAY_S - 1)
    field.service.forget_old_pictures()
    assert len(rows(field, "packet_contents")) == len(contents) == 2
    clock.move_s(1)
    field.service.forget_old_pictures()
    assert rows(field, "packet_contents") == []
    for sealed in contents:
        assert pieces_left(field.service.settings.data, sealed) == 0
    with field.service.database.read() as connection:
        assert [each.may_be_taken for each in parked.waiting(connection)] == [False, False]
        assert [each.is_kept for each in parked.waiting(connection)] == [False, False]
    assert len(rows(field, "packets")) == 1  # what came, and that it came, stays


# --- the background --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("unforeseen"), OperationalError("x", {}, Exception())])
def test_whatever_happens_to_one_duty_the_others_are_done(hall, central, clock, monkeypatch, caplog, error):
    hall.compared(hall.people()[0])
    clock.move_s(30 * DAY_S)
    service = central.service
    rounds = []

    def fails():
        rounds.append(1)
        raise error

    monkeypatch.setattr(service.orders, "sweep", fails)
    hurried = replace(service, settings=replace(service.settings, sweep_interval_s=0.01))

    async def hurry():
        sweeping = asyncio.create_task(sweep.for_ever(hurried, FaceWatch(service.database, clock)))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if len(rounds) > 2:
                break
        assert not sweeping.done()
        sweeping.cancel()

    asyncio.run(hurry())
    assert len(rounds) > 2
    assert not hall.rows(tables.review_pictures)
    # a message could name a person
    assert "orders put off" in caplog.text and "unforeseen" not in caplog.text
