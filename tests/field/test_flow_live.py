"""A day of visits against the real centre over HTTP: what it answers is on the rows, and in its own books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import pytest
from sqlalchemy import select

from central import references, tables, tables_field
from central.sandbox_field import CODES, PINS
from central.server import Running, running
from central.settings import Settings
from devices.clock import SystemClock
from devices.idcard import CardKind, IdCard
from kiosk import doctor, texts, wire
from kiosk.__main__ import build_machine, first_screen
from kiosk.desk import Stopped
from kiosk.events import Log
from kiosk.face.guidance import End
from kiosk.field.build import build
from kiosk.field.views import (
    BoardNews,
    DayButton,
    FieldDay,
    Pick,
    RowState,
    SignInButton,
    SignInByCard,
    VisitButton,
)
from kiosk.field.wire import Assignment, Pack
from kiosk.session import Machine, Session
from kiosk.views import Home, HomeNews
from tests.booth import FakeBooth
from tests.desk import WORLD, Do
from tests.field.tablets import SIGNED, STOP, FieldDesk, Fieldwork
from tests.kiosk.qualifying import PHOTO, WATCHING, outcome
from tests.live import LiveClock

START = (SignInButton.CODE, CODES[0], PINS[0], DayButton.FETCH)
NEXT, OUT = DayButton.NEXT, DayButton.SIGN_OUT
AGREE, FACE, SAVE = VisitButton.AGREE_PERSON, VisitButton.START_FACE, VisitButton.SAVE


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(
        tmp_path_factory.mktemp("centre"),
        sandbox=True,
        township=400,
        seed=11,
        tablets=12,
        sweep_interval_s=0,
    )
    with running(settings) as service:
        give_photos(service)
        yield service


def give_photos(central: Running) -> None:
    """Everybody who is to be visited has a picture at central."""
    service = central.service
    asked = select(tables_field.assignments.c.person_id)
    now_ms = service.settings.clock.now_ms()
    with service.database.write() as connection:
        for person_id in set(connection.execute(asked).scalars()):
            references.add_picture(
                connection,
                service.keys,
                person_id,
                wire.ReferenceSource.PHOTO,
                PHOTO,
                taken_on=None,
                at_ms=now_ms,
            )


def at(central: Running, folder: Path, tablet_id: str) -> Fieldwork:
    host, port = central.url.removeprefix("http://").split(":")
    return Fieldwork(folder, centre_at=(host, int(port)), tablet_id=tablet_id, clock=LiveClock())


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """Of tablets that nobody has used: the first key of each counts."""
    return iter([f"WDT{number:02d}" for number in range(1, 13)])


@pytest.fixture
def field(central: Running, names: Iterator[str], tmp_path: Path) -> Iterator[Fieldwork]:
    made = at(central, tmp_path, next(names))
    yield made
    made.stop()


def put_next(field: Fieldwork) -> tuple[Do, object]:
    """The card of whoever is visited just now goes onto the reader, and is read."""

    def act() -> None:
        view = field.desk.visits()[-1]
        person = next(p for p in pack_of(field).assignments if p.name == view.name)
        field.place(card_of(person)).action()

    return Do(act), WORLD


def pack_of(field: Fieldwork) -> Pack:
    packs: list[Pack] = field.packs
    return packs[-1]


def card_of(person: Assignment) -> IdCard:
    sex = "1" if int(person.number[16]) % 2 else "2"
    birth = f"{person.birth:%Y%m%d}"
    return IdCard(CardKind.RESIDENT, person.name, person.number, sex, birth, "20200101", "长期", "01")


def days(desk: FieldDesk) -> list[FieldDay]:
    return [view for view in desk.asked if isinstance(view, FieldDay)]


def test_a_face_a_review_and_by_hand_reach_the_centre_and_its_word_comes_back(
    field: Fieldwork, central: Running
) -> None:
    field.booth = FakeBooth(
        [*WATCHING, outcome()],
        [*WATCHING, outcome(End.REVIEW)],
        [],
    )
    first = field.shift(*START, OUT)
    rows = days(first)[-1].board.rows
    assert len(rows) > 3
    homes = [person.home for person in pack_of(field).assignments]
    alone = next(i for i, home in enumerate(homes) if not home)
    shared = next(i for i, home in enumerate(homes) if home)
    desk = field.shift(
        *START[:3],
        *(Pick(alone), *put_next(field), AGREE, FACE, SAVE),
        *(Pick(shared), *put_next(field), AGREE, FACE, VisitButton.COMPARE, AGREE, SIGNED, SAVE),
        *(*put_next(field), VisitButton.BY_HAND, "no_consent", AGREE),
        *(VisitButton.SHOOT, VisitButton.KEEP_PHOTO, SIGNED, SAVE, VisitButton.LEAVE),
        *(field.do(field.sync), WORLD, OUT),
    )
    last = desk.last(FieldDay)
    assert last.board.unsent == 0
    done = [row for row in last.board.rows if row.state is not RowState.WAITING]
    words = texts.FIELD_RESULTS
    assert sorted(row.note for row in done) == sorted(
        [words["certified"], words["under_review"], words["under_review"]]
    )
    assert {row.state for row in done} == {RowState.ACCEPTED}
    person = pack_of(field).assignments[alone]
    certified = select(tables.certifications.c.person_id).where(
        tables.certifications.c.person_id == person.person_id, tables.certifications.c.verdict == "accepted"
    )
    with central.service.database.read() as connection:
        assert connection.execute(certified).first() is not None
        packets = connection.execute(select(tables_field.packets.c.seq)).scalars().all()
    assert sorted(packets) == [1, 2, 3]


def test_a_wrong_pin_is_refused_by_the_centre_itself(field: Fieldwork) -> None:
    desk = field.shift(SignInButton.CODE, CODES[0], "000001", *START[:3], OUT)
    assert notes(desk) == ["", texts.FIELD_STAFF_UNKNOWN]


def test_a_tablet_with_another_key_than_before_is_nobodys(
    central: Running, names: Iterator[str], tmp_path: Path
) -> None:
    """Its disk was changed."""
    seen, tablet_id = [], next(names)
    for name, answers in (("old", (*START[:3], OUT)), ("new", (*START[:3], STOP))):
        (tmp_path / name).mkdir()
        field = at(central, tmp_path / name, tablet_id)
        try:
            with suppress(Stopped):
                field.shift(*answers)
        finally:
            field.stop()
        seen.append(notes(field.desk))
    assert seen == [[""], ["", texts.FIELD_NOT_ALLOWED]]


def notes(desk: FieldDesk) -> list[str]:
    return [view.note for view in desk.asked if isinstance(view, SignInByCard)]


# --- the program -----------------------------------------------------------------------------------------------------


def test_the_doctor_knows_a_tablet(field: Fieldwork) -> None:
    parts = {finding.part: finding for finding in doctor.findings_of(field.config)}
    good = {name for name, part in parts.items() if part.good}
    assert good >= {"disk", "journal", "reader", "printer", "central"}


def test_the_doctor_sees_that_central_does_not_know_the_tablet(field: Fieldwork) -> None:
    central = replace(field.config.central, token="another tablet's")
    found = doctor.central(replace(field.config, central=central))
    assert found.good is False
    assert "refuses" in found.words


def test_what_was_tapped_before_the_tablet_was_ready_is_not_lost(field: Fieldwork) -> None:
    """The program's own parts, as ``kiosk run`` puts them together; the first screen is asked before anything is built."""
    desk = FieldDesk(field.clock, (*START[:3], STOP))
    ended: list[Exception | None] = []
    done = Event()

    def on_end(error: Exception | None) -> None:
        ended.append(error)
        done.set()

    def machine() -> Machine:
        return build_machine(field.config, desk, SystemClock(), Log(field.log_text, SystemClock()))

    Session(desk, machine, lambda _: None, on_end, *first_screen(field.config)).start()
    assert done.wait(30)
    assert ended == [None]
    assert desk.trace == ["SignInByCard", "EnterDigits", "Working", "FieldDay"]
    first = desk.seen[0]
    assert isinstance(first, SignInByCard)
    assert first.tablet_id == field.config.site.kiosk_id


def test_a_hall_begins_with_its_home_screen(field: Fieldwork) -> None:
    hall = replace(field.config, site=replace(field.config.site, profile="hall"))
    assert first_screen(hall) == (Home(), HomeNews.CHANGED)
    assert first_screen(field.config)[1] is BoardNews.CHANGED


def test_the_camera_of_a_tablet_is_held_by_somebody(field: Fieldwork) -> None:
    assert field.config.face.check.camera_stands
    assert not field.tablet.config.face.check.camera_stands


def test_a_receiver_is_opened_and_let_go_with_the_tablet(field: Fieldwork, tmp_path: Path) -> None:
    """One that is not plugged in: no place, and nobody waits."""
    tablet = replace(field.config.tablet, position_port=str(tmp_path / "nowhere"))
    machine = build(
        replace(field.config, tablet=tablet),
        field.desk,
        SystemClock(),
        SystemClock(),
        Log(field.log_text, SystemClock()),
    )
    assert machine.tablet.position.where() is None
    machine.close()
    assert not [thread for thread in enumerate_threads() if thread.name == "position" and thread.is_alive()]
