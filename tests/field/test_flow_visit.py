"""One visit at home, whatever goes wrong: another card, no card, a face that is not recognised, by hand, no camera, a full disk."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.position import Fix
from kiosk import texts
from kiosk.face.booth import BoothState
from kiosk.face.guidance import Action, End
from kiosk.field.views import (
    DayButton,
    EnterDigits,
    FieldChoose,
    FieldDay,
    FieldVisit,
    Panel,
    PhotoPanel,
    Pick,
    RowState,
    SignInButton,
    SignPanel,
    VisitButton,
    WordsPanel,
)
from kiosk.field.wire import (
    CONSENT_VERSION,
    ConsentBy,
    IdentifiedBy,
    ManualReason,
    NoCardReason,
    NotMetReason,
    Record,
    RecordKind,
    Topic,
)
from kiosk.views import BACK
from kiosk.wire import picture_info
from tests.booth import PHOTO, PICTURE, FakeBooth, asking, looking
from tests.desk import WORLD
from tests.field.centre import DAY_CODE
from tests.field.tablets import (
    CODE,
    EVERYBODY,
    LIU,
    PIN,
    SIGNED,
    WANG,
    FieldDesk,
    Fieldwork,
    Tap,
)
from tests.kiosk.qualifying import WATCHING, booth, outcome

FETCH, NEXT, OUT = DayButton.FETCH, DayButton.NEXT, DayButton.SIGN_OUT
START = (SignInButton.CODE, CODE, PIN, FETCH, NEXT)
AGREE, GUARDIAN, FACE, SAVE = (
    VisitButton.AGREE_PERSON,
    VisitButton.AGREE_GUARDIAN,
    VisitButton.START_FACE,
    VisitButton.SAVE,
)
BY_HAND, AGAIN, COMPARE, LEAVE = (
    VisitButton.BY_HAND,
    VisitButton.AGAIN,
    VisitButton.COMPARE,
    VisitButton.LEAVE,
)
MORE, NO_PHOTO, SHOOT, SHOOT_AGAIN, KEEP, TYPE = (
    VisitButton.MORE,
    VisitButton.NO_PHOTO,
    VisitButton.SHOOT,
    VisitButton.SHOOT_AGAIN,
    VisitButton.KEEP_PHOTO,
    VisitButton.TYPE_NUMBER,
)


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Fieldwork]:
    made = Fieldwork(tmp_path)
    yield made
    made.stop()


def panels(desk: FieldDesk) -> list[Panel]:
    """What the middle showed, repeats in place left out."""
    seen: list[Panel] = []
    for view in desk.visits():
        if not seen or seen[-1] != view.panel:
            seen.append(view.panel)
    return seen


def words(desk: FieldDesk) -> list[tuple[str, ...]]:
    return [panel.lines for panel in panels(desk) if isinstance(panel, WordsPanel)]


def buttons(desk: FieldDesk, lines: tuple[str, ...]) -> list[tuple[VisitButton, ...]]:
    """What was offered under these words."""
    return [
        view.buttons
        for view in desk.visits()
        if isinstance(view.panel, WordsPanel) and view.panel.lines == lines
    ]


def sent(field: Fieldwork) -> list[Record]:
    field.sync()
    return field.centre.records


def opened(field: Fieldwork, sealed: str | None, record: Record) -> dict[str, object]:
    assert sealed is not None
    content = field.centre.review.unseal(base64.b64decode(sealed), picture_info(record.record_id))
    found: dict[str, object] = json.loads(content)
    return found


# --- who it is -------------------------------------------------------------------------------------------------------


def test_another_persons_card_is_said_plainly_with_the_name_masked(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    desk = field.shift(*START, *field.put(LIU), *field.put(WANG), AGREE, FACE, SAVE, OUT)
    said = words(desk)[1]
    assert said == ("这张卡是 刘*兰 的，", "不是 王德山 的。请换一张卡")
    (record,) = sent(field)
    assert record.identified is not None
    assert record.identified.number == WANG.number


def test_without_a_card_the_number_is_typed_and_somebody_says_why(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    wrong = WANG.number[:-1] + ("0" if WANG.number[-1] != "0" else "1")
    desk = field.shift(
        *(*START, TYPE, "lost", wrong, LIU.number, WANG.number, AGREE, FACE, SAVE, OUT),
    )
    asked = [view for view in desk.asked if isinstance(view, EnterDigits) and view.x_key]
    assert [view.note for view in asked] == [
        texts.FIELD_NUMBER_NOTE,
        texts.FIELD_NUMBER_WRONG,
        texts.FIELD_NUMBER_OTHER.format(name=WANG.name),
    ]
    (record,) = sent(field)
    assert record.identified is not None
    assert (record.identified.by, record.identified.reason) == (IdentifiedBy.TYPED, NoCardReason.LOST)
    assert texts.FIELD_TASK_CARD[2] in [task.words for task in desk.last(FieldVisit).tasks]


def test_back_from_typing_looks_for_the_card_again(field: Fieldwork) -> None:
    desk = field.shift(*START, TYPE, BACK, TYPE, "lost", BACK, LEAVE, OUT)
    assert words(desk) == [texts.FIELD_CARD]


def test_a_reader_that_is_gone_is_said_and_found_again(field: Fieldwork) -> None:
    def pull() -> None:
        field.stand.reader_wire.stop()
        field.tablet.reader._transport.close()  # type: ignore[attr-defined]

    desk = field.shift(*START, field.do(pull), WORLD, TYPE, "reader", BACK, LEAVE, OUT)
    assert words(desk) == [texts.FIELD_CARD, texts.FIELD_READER_GONE]


# --- the face --------------------------------------------------------------------------------------------------------


def test_the_guardian_agrees(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    field.shift(*START, *field.put(WANG), GUARDIAN, FACE, SAVE, OUT)
    (record,) = sent(field)
    assert record.consent is not None
    assert record.consent.by is ConsentBy.GUARDIAN


@pytest.mark.parametrize("end", [End.REVIEW, End.NO_MATCH])
def test_a_picture_leaves_only_after_a_signature_of_its_own(field: Fieldwork, end: End) -> None:
    field.booth = made = booth(outcome(end))
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, COMPARE, AGREE, SIGNED, SAVE, OUT)
    assert made.sittings[0].closed
    assert words(desk)[-2:] == [texts.FIELD_COMPARE, texts.FIELD_COMPARED]
    (record,) = sent(field)
    assert record.kind is RecordKind.FACE
    assert record.evidence is not None
    assert record.evidence.end.value == end.value
    found = opened(field, record.picture, record)
    assert base64.b64decode(str(found["picture"])) == PICTURE
    assert found["strokes"] == [[list(point) for point in stroke] for stroke in SIGNED.strokes]


def test_what_the_machine_did_not_settle_is_no_blame_and_another_try_counts(field: Fieldwork) -> None:
    field.booth = booth(outcome(End.NO_MATCH), outcome())
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, AGAIN, SAVE, OUT)
    assert buttons(desk, texts.FIELD_UNSURE) == [(AGAIN, BY_HAND, COMPARE)]
    (record,) = sent(field)
    assert record.evidence is not None
    assert (record.evidence.end.value, record.picture) == ("accepted", None)


def test_after_two_tries_by_hand_is_the_main_way_and_after_three_the_only_one(field: Fieldwork) -> None:
    field.booth = booth(outcome(End.NOT_DONE), outcome(End.NOBODY), outcome(End.NOT_DONE))
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, AGAIN, AGAIN, LEAVE, OUT)
    assert buttons(desk, texts.FIELD_NOT_SEEN) == [(LEAVE, BY_HAND, AGAIN), (LEAVE, AGAIN, BY_HAND)]
    assert buttons(desk, texts.FIELD_ENOUGH) == [(LEAVE, BY_HAND)]
    assert sent(field) == []


def test_leaving_and_coming_back_gives_no_new_tries(field: Fieldwork) -> None:
    field.booth = booth(*[outcome(End.REVIEW)] * 3)
    desk = field.shift(
        *(*START, *field.put(WANG), AGREE, FACE, AGAIN, AGAIN, LEAVE),
        *(Pick(0), *field.put(WANG), AGREE, LEAVE, OUT),
    )
    assert buttons(desk, texts.FIELD_UNSURE) == [
        *[(AGAIN, BY_HAND, COMPARE)] * 2,
        (LEAVE, BY_HAND, COMPARE),
    ]
    assert buttons(desk, texts.FIELD_ENOUGH) == [(LEAVE, BY_HAND)]


def test_a_picture_for_a_person_needs_a_key_for_it(field: Fieldwork) -> None:
    field.centre.with_review_key = False
    field.booth = booth(outcome(End.REVIEW))
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, LEAVE, OUT)
    assert buttons(desk, texts.FIELD_UNSURE) == [(LEAVE, BY_HAND, AGAIN)]


def test_a_picture_that_is_gone_is_said(field: Fieldwork) -> None:
    field.booth = made = booth(outcome(End.REVIEW))

    def close() -> None:
        made.sittings[0].close()

    desk = field.shift(
        *START, *field.put(WANG), AGREE, FACE, COMPARE, AGREE, field.do(close), SIGNED, LEAVE, OUT
    )
    assert words(desk)[-1] == texts.FIELD_PICTURE_GONE
    assert sent(field) == []


def test_a_worker_that_breaks_costs_no_try_and_the_visit_can_be_done_again(field: Fieldwork) -> None:
    field.booth = booth(outcome(End.BROKEN), outcome())  # and after the two nobody can sit down
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, AGAIN, SAVE, OUT)
    assert buttons(desk, texts.FIELD_MACHINE) == [(LEAVE, AGAIN, BY_HAND)]
    assert len(sent(field)) == 1


def test_a_booth_that_cannot_be_sat_in_is_the_machines_trouble(field: Fieldwork) -> None:
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, LEAVE, OUT)
    assert words(desk)[-1] == texts.FIELD_MACHINE
    assert sent(field) == []


def test_by_hand_is_one_tap_away_while_the_camera_looks(field: Fieldwork) -> None:
    field.booth = made = FakeBooth([looking(), asking(Action.NOD)], [])
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, Tap(BY_HAND), BACK, LEAVE, OUT)
    assert made.sittings[0].closed
    assert desk.trace[-3:] == ["FieldChoose", "FieldVisit", "FieldDay"]


def test_leaving_amid_the_check_shuts_the_camera(field: Fieldwork) -> None:
    field.booth = made = FakeBooth(WATCHING)
    field.shift(*START, *field.put(WANG), AGREE, FACE, Tap(Pick(1)), LEAVE, OUT)
    assert made.sittings[0].closed
    assert sent(field) == []


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_by_hand_with_a_photo_a_witness_and_the_days_code(field: Fieldwork) -> None:
    field.booth = made = FakeBooth([])
    desk = field.shift(
        *(*START, *field.put(WANG), AGREE, BY_HAND, "cannot_do_it"),
        *(AGREE, SHOOT, SHOOT_AGAIN, SHOOT, KEEP, SIGNED, SAVE, OUT),
    )
    assert (made.sittings[0].shots, made.sittings[0].closed) == (2, True)
    assert made.sittings[0].brief is None, "nothing is compared"
    photos = [panel for panel in panels(desk) if isinstance(panel, PhotoPanel)]
    assert [(panel.day_code, panel.taken) for panel in photos] == [
        (DAY_CODE, False),
        (DAY_CODE, True),
        (DAY_CODE, False),
        (DAY_CODE, True),
    ]
    assert SignPanel(texts.FIELD_WITNESS) in panels(desk)
    assert words(desk)[-1] == texts.FIELD_BY_HAND_DONE
    (record,) = sent(field)
    assert (record.kind, record.evidence) == (RecordKind.MANUAL, None)
    assert record.manual is not None
    assert (record.manual.reason, record.manual.day_code) == (ManualReason.CANNOT_DO_IT, DAY_CODE)
    assert record.manual.witness == SIGNED.strokes
    assert record.consent is not None
    assert record.consent.version == CONSENT_VERSION
    found = opened(field, record.manual.photo, record)
    assert base64.b64decode(str(found["picture"])) == PHOTO


def test_who_does_not_want_a_face_check_loses_nothing_and_may_refuse_the_photo(field: Fieldwork) -> None:
    field.booth = FakeBooth([])
    desk = field.shift(*START, *field.put(WANG), BY_HAND, "no_consent", NO_PHOTO, SIGNED, SAVE, OUT)
    reasons = desk.last(FieldChoose)
    assert reasons.options[0].key == "no_consent", "the likeliest stands first"
    assert words(desk)[-1] == texts.FIELD_BY_HAND_NO_PHOTO
    (record,) = sent(field)
    assert record.manual is not None
    assert (record.consent, record.manual.photo) == (None, None)
    assert record.manual.reason is ManualReason.NO_CONSENT


def test_a_tablet_without_a_camera_goes_by_hand_plainly(field: Fieldwork) -> None:
    field.booth = FakeBooth(state=BoothState.NO_CAMERA)
    desk = field.shift(*START, *field.put(WANG), AGREE, BY_HAND, "machine", SIGNED, SAVE, OUT)
    assert words(desk)[-2:] == [texts.FIELD_NO_CAMERA, texts.FIELD_BY_HAND_NO_PHOTO]
    (record,) = sent(field)
    assert record.manual is not None
    assert record.manual.photo is None


def test_a_camera_that_is_lost_amid_the_photo_is_said_and_tried_again(field: Fieldwork) -> None:
    field.booth = made = FakeBooth([], [])

    def lose() -> None:
        made.sittings[0].lose_camera()

    desk = field.shift(
        *(*START, *field.put(WANG), BY_HAND, "machine", AGREE, field.do(lose), WORLD, AGAIN),
        *(SHOOT, KEEP, SIGNED, SAVE, OUT),
    )
    assert texts.FIELD_PHOTO_BROKEN in words(desk)
    assert len(made.sittings) == 2
    (record,) = sent(field)
    assert record.manual is not None
    assert record.manual.photo is not None


def test_what_a_failed_check_saw_goes_with_what_staff_saw(field: Fieldwork) -> None:
    field.booth = FakeBooth([*WATCHING, outcome(End.NO_MATCH)], [])
    desk = field.shift(
        *(*START, *field.put(WANG), AGREE, FACE, BY_HAND, "not_recognised"),
        *(NO_PHOTO, SIGNED, SAVE, OUT),
    )
    assert desk.last(FieldChoose).options[0].key == "not_recognised"
    (record,) = sent(field)
    assert record.evidence is not None
    assert (record.kind, record.evidence.end.value) == (RecordKind.MANUAL, "no_match")


# --- errands ---------------------------------------------------------------------------------------------------------


def test_nobody_met_leaves_the_request_open(field: Fieldwork) -> None:
    desk = field.shift(*START, MORE, "not_met", "hospital", OUT)
    row = desk.last(FieldDay).board.rows[0]
    assert (row.state, row.title) == (RowState.NOT_MET, "王** · 1号")
    (record,) = sent(field)
    assert (record.kind, record.not_met) == (RecordKind.NOT_MET, NotMetReason.HOSPITAL)
    assert (record.identified, record.consent) == (None, None)


def test_who_was_not_met_can_be_visited_again_the_same_day(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    desk = field.shift(
        *(*START, MORE, "not_met", "away", Pick(0), *field.put(WANG), AGREE, FACE, SAVE, OUT),
    )
    assert desk.last(FieldDay).board.rows[0].state is RowState.DONE
    assert [record.kind for record in sent(field)] == [RecordKind.NOT_MET, RecordKind.FACE]


def test_a_death_is_a_ticket_and_is_asked_twice(field: Fieldwork) -> None:
    desk = field.shift(*START, MORE, "death", "known", "20260230", "20261101", "yes", OUT)
    assert texts.FIELD_DAY_WRONG in [view.note for view in desk.asked if isinstance(view, EnterDigits)]
    (record,) = sent(field)
    assert record.kind is RecordKind.DEATH
    assert record.died_on is not None
    assert record.died_on.isoformat() == "2026-11-01"


def test_a_death_that_was_no_is_none(field: Fieldwork) -> None:
    field.shift(*START, MORE, "death", "unknown", "no", MORE, BACK, LEAVE, OUT)
    assert sent(field) == []


def test_a_telephone_is_shown_large_and_confirmed_and_only_of_who_is_known(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    desk = field.shift(
        *(*START, MORE, BACK, *field.put(WANG), AGREE),
        *(MORE, "phone", "21300000042", "13000000042", "no", "13000000043", "yes"),
        *(FACE, SAVE, OUT),
    )
    offered = [
        [option.key for option in view.options]
        for view in desk.asked
        if isinstance(view, FieldChoose) and view.title == texts.FIELD_MORE_TITLE
    ]
    assert offered == [["not_met", "death", "question"], ["not_met", "death", "phone", "question"]]
    assert "130 0000 0042" in [view.title for view in desk.asked if isinstance(view, FieldChoose)]
    assert texts.FIELD_ERRAND_KEPT in [view.note for view in desk.visits()]
    phone, face = sent(field)
    assert (phone.kind, phone.phone) == (RecordKind.PHONE, "13000000043")
    assert face.kind is RecordKind.FACE
    assert phone.record_id != face.record_id


@pytest.mark.parametrize(("tapped", "answered"), [("yes", True), ("no", False)])
def test_a_question_is_answered_or_called_back(field: Fieldwork, tapped: str, answered: bool) -> None:
    field.shift(*START, MORE, "question", "amount", tapped, LEAVE, OUT)
    (record,) = sent(field)
    assert (record.kind, record.topic, record.answered) == (RecordKind.QUESTION, Topic.AMOUNT, answered)


def test_an_errand_on_the_way_is_no_visit(field: Fieldwork) -> None:
    desk = field.shift(*START, MORE, "question", "other", "yes", LEAVE, OUT)
    assert desk.last(FieldDay).board.rows[0].state is RowState.WAITING


# --- keeping ---------------------------------------------------------------------------------------------------------


class FullDisk:
    """The machine's disk, without room."""

    def __init__(self, field: Fieldwork) -> None:
        self._disk = field.tablet.packets._disk
        self.full = True

    def free_bytes(self, folder: Path) -> int:
        return 0 if self.full else self._disk.free_bytes(folder)

    def __getattr__(self, name: str) -> object:
        return getattr(self._disk, name)


def test_a_full_disk_is_said_and_the_visit_is_saved_once_there_is_room(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    disk = FullDisk(field)
    field.tablet.packets._disk = disk  # type: ignore[assignment]
    room = field.do(lambda: setattr(disk, "full", False))
    desk = field.shift(*START, *field.put(WANG), AGREE, FACE, SAVE, SAVE, room, SAVE, OUT)
    assert buttons(desk, texts.FIELD_NOT_KEPT) == [(LEAVE, SAVE)] * 2
    assert len(sent(field)) == 1


def test_a_full_disk_leaves_nothing_half_done_and_the_visit_can_be_done_again(field: Fieldwork) -> None:
    field.booth = booth(outcome(), outcome())
    disk = FullDisk(field)
    field.tablet.packets._disk = disk  # type: ignore[assignment]
    room = field.do(lambda: setattr(disk, "full", False))
    desk = field.shift(
        *(*START, MORE, "question", "other", "yes", *field.put(WANG), AGREE, FACE, SAVE, LEAVE),
        *(room, Pick(0), *field.put(WANG), AGREE, FACE, SAVE, OUT),
    )
    assert texts.FIELD_ERRAND_NOT_KEPT in [view.note for view in desk.visits()]
    (record,) = sent(field)
    assert record.kind is RecordKind.FACE


def test_the_place_goes_along_when_the_tablet_knows_it(field: Fieldwork) -> None:
    class Here:
        def where(self) -> Fix:
            return Fix(37.2, 122.05, 8.0)

    object.__setattr__(field.tablet, "position", Here())
    field.shift(*START, MORE, "not_met", "away", OUT)
    (record,) = sent(field)
    assert record.place is not None
    assert (record.place.latitude, record.place.longitude, record.place.accuracy_m) == (37.2, 122.05, 8.0)


def test_a_place_that_is_none_on_earth_stops_nothing(field: Fieldwork) -> None:
    class Nowhere:
        def where(self) -> Fix:
            return Fix(float("nan"), 400.0)

    object.__setattr__(field.tablet, "position", Nowhere())
    field.shift(*START, MORE, "not_met", "away", OUT)
    (record,) = sent(field)
    assert record.place is None


def test_a_belt_printer_gives_a_slip_without_the_whole_number(tmp_path: Path) -> None:
    field = Fieldwork(tmp_path, printer=True)
    try:
        field.booth = booth(outcome())
        field.shift(*START, *field.put(WANG), AGREE, FACE, SAVE, OUT)
        (sheet,) = field.stand.printer.sheets
        text = "".join(sheet.text)
        assert texts.FIELD_SLIP_TITLE in text
        assert WANG.name in text
        assert WANG.number not in text
    finally:
        field.stop()


def test_nothing_of_anybody_is_on_the_disk_after_a_day_of_everything(field: Fieldwork) -> None:
    field.booth = FakeBooth([*WATCHING, outcome(End.NO_MATCH)], [])
    field.shift(
        *(*START, *field.put(WANG), MORE, "phone", "13000000043", "yes", AGREE, FACE, BY_HAND, "machine"),
        *(AGREE, SHOOT, KEEP, SIGNED, SAVE, Pick(1), TYPE, "lost", LIU.number, LEAVE, OUT),
    )
    kept = field.on_disk()
    secrets = [person.name for person in EVERYBODY] + [person.number for person in EVERYBODY]
    for secret in (*secrets, "13000000043", "19400305", DAY_CODE + '"', "于佳", CODE, PIN):
        assert secret.encode() not in kept, secret
    assert PHOTO not in kept
    assert PICTURE not in kept
