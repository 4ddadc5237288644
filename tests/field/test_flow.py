"""A day with the tablet as a trace: signing in, the route, an ordinary visit, a care home, the limits, a tablet that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import texts
from kiosk.field.views import (
    DayButton,
    FieldDay,
    FieldVisit,
    Link,
    MirrorPanel,
    Pick,
    RowState,
    SignInButton,
    SignInByCard,
    TaskState,
    VisitButton,
)
from kiosk.field.wire import CONSENT_VERSION, ConsentBy, IdentifiedBy, PacketResult, RecordKind
from kiosk.views import BACK
from tests.desk import WORLD
from tests.field.tablets import CODE, CONG, EVERYBODY, JIANG, LIU, PIN, REFERENCE, STAFF, WANG, YU, Fieldwork
from tests.kiosk.qualifying import booth, outcome

CODE_IN = (SignInButton.CODE, CODE, PIN)
FETCH, NEXT, SYNC, OUT = DayButton.FETCH, DayButton.NEXT, DayButton.SYNC, DayButton.SIGN_OUT
AGREE, FACE, SAVE = VisitButton.AGREE_PERSON, VisitButton.START_FACE, VisitButton.SAVE
ORDINARY = (AGREE, FACE, SAVE)


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Fieldwork]:
    made = Fieldwork(tmp_path)
    yield made
    made.stop()


def titles(view: FieldDay | FieldVisit) -> list[str]:
    return [row.title for row in view.board.rows]


def states(view: FieldDay | FieldVisit) -> list[RowState]:
    return [row.state for row in view.board.rows]


# --- an ordinary visit -----------------------------------------------------------------------------------------------


def test_an_ordinary_visit_takes_a_practised_hand_four_taps(field: Fieldwork) -> None:
    field.booth = made = booth(outcome())
    before: list[int] = []
    desk = field.shift(
        *(*CODE_IN, FETCH),
        field.do(lambda: before.append(field.desk.taps)),
        *(NEXT, *field.put(WANG), *ORDINARY),
        field.do(lambda: before.append(field.desk.taps)),
        OUT,
    )
    assert before[1] - before[0] == 4 <= 8
    (sitting,) = made.sittings
    assert sitting.closed
    assert sitting.brief is not None
    assert sitting.brief.gentle
    assert [content for _, content in sitting.references] == [REFERENCE]
    field.sync()
    (record,) = field.centre.records
    assert (record.kind, record.assignment_id) == (RecordKind.FACE, WANG.assignment_id)
    assert record.identified is not None
    assert (record.identified.by, record.identified.number) == (IdentifiedBy.CARD, WANG.number)
    assert record.consent is not None
    assert (record.consent.by, record.consent.version) == (ConsentBy.PERSON, CONSENT_VERSION)
    assert record.evidence is not None
    assert (record.evidence.end.value, record.picture, record.manual) == ("accepted", None, None)
    assert record.place is None
    assert record.clock_known
    assert record.begun_at <= record.ended_at
    assert desk.taps == before[1] + 1


def test_the_lines_at_the_right_follow_what_is_done(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    desk = field.shift(*CODE_IN, FETCH, NEXT, *field.put(WANG), *ORDINARY, OUT)
    seen: list[tuple[TaskState, ...]] = []
    for view in desk.visits():
        line = tuple(task.state for task in view.tasks)
        if not seen or seen[-1] != line:
            seen.append(line)
    done, now, later = TaskState.DONE, TaskState.NOW, TaskState.TO_COME
    assert seen == [(now, later, later), (done, now, later), (done, done, now), (done, done, done)]
    assert any(isinstance(view.panel, MirrorPanel) for view in desk.visits())
    asked = desk.visits()[1]
    assert asked.panel.lines == texts.FIELD_CONSENT  # type: ignore[union-attr]


def test_once_sealed_a_local_number_and_one_character_are_all_that_is_left(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    field.centre.results[RecordKind.FACE] = PacketResult.CERTIFIED
    desk = field.shift(
        *(*CODE_IN, FETCH, NEXT, *field.put(WANG), *ORDINARY),
        *(field.do(field.sync), WORLD, OUT),
    )
    days = [view for view in desk.asked if isinstance(view, FieldDay)]
    assert titles(days[1])[:2] == ["王德山 · 86岁", "刘桂兰 · 91岁"]
    assert titles(days[2])[:2] == ["王** · 1号", "刘桂兰 · 91岁"]
    assert (days[2].board.rows[0].state, days[2].board.rows[0].note) == (RowState.DONE, texts.FIELD_KEPT)
    assert days[2].board.unsent == 1
    assert days[-1].board.rows[0].state is RowState.ACCEPTED
    assert days[-1].board.rows[0].note == texts.FIELD_RESULTS["certified"]
    assert (days[-1].board.unsent, days[-1].board.link) == (0, Link.ONLINE)
    kept = field.on_disk()
    for person in EVERYBODY:
        for secret in (person.name, person.number, person.address + " ", f"{person.birth:%Y%m%d}"):
            assert secret.encode() not in kept


def test_the_next_on_the_route_is_named_with_the_way(field: Fieldwork) -> None:
    desk = field.shift(*CODE_IN, FETCH, OUT)
    day = desk.last(FieldDay)
    assert (day.next_title, day.next_note) == ("王德山 · 86岁", "岛集村 12号")
    assert day.buttons == (OUT, FETCH, NEXT)
    assert states(day) == [RowState.WAITING] * 5


# --- a care home -----------------------------------------------------------------------------------------------------


def test_in_a_care_home_the_next_room_comes_at_once_and_after_it_the_list(field: Fieldwork) -> None:
    field.booth = booth(outcome(), outcome())
    desk = field.shift(
        *(*CODE_IN, FETCH, Pick(2)),
        *(*field.put(YU), *ORDINARY),
        *(*field.put(JIANG), *ORDINARY),
        OUT,
    )
    assert desk.trace == [
        *("SignInByCard", "EnterDigits", "Working", "FieldDay", "Working", "FieldDay"),
        *("FieldVisit", "Working", "FieldVisit", "Working"),
        *("FieldVisit", "Working", "FieldVisit", "Working", "FieldDay"),
    ]
    assert [view.name for view in desk.visits()][-1] == JIANG.name
    assert titles(desk.last(FieldDay))[2:4] == ["于** · 1号", "姜** · 2号"]
    assert desk.last(FieldDay).next_title == "王德山 · 86岁"


def test_who_is_left_for_later_comes_last(field: Fieldwork) -> None:
    desk = field.shift(*CODE_IN, FETCH, NEXT, VisitButton.LEAVE, OUT)
    assert desk.last(FieldDay).next_title.startswith("刘桂兰")
    assert states(desk.last(FieldDay)) == [RowState.WAITING] * 5


def test_another_row_is_one_tap_away(field: Fieldwork) -> None:
    desk = field.shift(*CODE_IN, FETCH, NEXT, Pick(4), VisitButton.LEAVE, OUT)
    assert [view.name for view in desk.visits()] == [WANG.name, CONG.name]
    assert [view.board.selected for view in desk.visits()] == [0, 4]


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_card_signs_in_too(field: Fieldwork) -> None:
    desk = field.shift(field.place(STAFF), WORLD, PIN, OUT)
    assert desk.trace == ["SignInByCard", "EnterDigits", "Working", "FieldDay"]
    assert desk.last(FieldDay).board.staff == "于佳"
    assert texts.FIELD_NO_PACK in desk.last(FieldDay).notes


def test_a_wrong_pin_is_said_without_saying_what_was_wrong(field: Fieldwork) -> None:
    desk = field.shift(SignInButton.CODE, CODE, "000000", *CODE_IN, OUT)
    notes = [view.note for view in desk.asked if isinstance(view, SignInByCard)]
    assert notes == ["", texts.FIELD_STAFF_UNKNOWN]


def test_going_back_from_the_code_or_the_pin_asks_for_the_card_again(field: Fieldwork) -> None:
    desk = field.shift(SignInButton.CODE, BACK, SignInButton.CODE, CODE, BACK, *CODE_IN, OUT)
    assert desk.trace.count("SignInByCard") == 3


def test_without_a_network_the_badge_signs_in_and_the_pack_is_there(field: Fieldwork) -> None:
    field.shift(*CODE_IN, FETCH, OUT)
    field.power_cut()
    field.centre.silent = True
    field.booth = booth(outcome())
    desk = field.shift(*CODE_IN, NEXT, *field.put(WANG), *ORDINARY, OUT)
    assert desk.last(FieldDay).board.link is Link.OFFLINE
    field.centre.silent = False
    field.sync()
    (record,) = field.centre.records
    assert not record.clock_known


def test_without_a_network_a_wrong_pin_opens_nothing_and_nobody_else_signs_in(field: Fieldwork) -> None:
    field.shift(*CODE_IN, FETCH, OUT)
    field.centre.silent = True
    desk = field.shift(SignInButton.CODE, CODE, "000000", *CODE_IN, OUT)
    assert texts.FIELD_STAFF_UNKNOWN in [view.note for view in desk.asked if isinstance(view, SignInByCard)]


def test_the_first_sign_in_needs_a_network(field: Fieldwork) -> None:
    field.centre.silent = True
    desk = field.shift(*CODE_IN, field.do(lambda: setattr(field.centre, "silent", False)), *CODE_IN, OUT)
    assert [v.note for v in desk.asked if isinstance(v, SignInByCard)] == ["", texts.FIELD_NO_BADGE]


# --- the day's people come and go ------------------------------------------------------------------------------------


def test_fetching_without_a_network_is_said_and_nothing_is_lost(field: Fieldwork) -> None:
    silent = field.do(lambda: setattr(field.centre, "silent", True))
    desk = field.shift(*CODE_IN, FETCH, silent, FETCH, OUT)
    assert texts.FIELD_PACK_UNREACHABLE in desk.last(FieldDay).notes
    assert len(desk.last(FieldDay).board.rows) == 5


def test_a_pack_ends_when_everybody_was_visited_and_central_has_it_all(field: Fieldwork) -> None:
    field.centre.people = (WANG,)
    field.booth = booth(outcome())
    desk = field.shift(
        *(*CODE_IN, FETCH, NEXT, *field.put(WANG), *ORDINARY),
        *(field.do(field.sync), WORLD, OUT),
    )
    last = desk.last(FieldDay)
    assert texts.FIELD_ENDED in last.notes
    assert titles(last) == ["王** · 1号"]
    assert not list((field.folder / "packs").glob("*.pack"))


def test_an_expired_pack_is_said_and_gone_while_the_list_is_looked_at(field: Fieldwork) -> None:
    field.centre.pack_hours = 0.2
    desk = field.shift(*CODE_IN, FETCH, field.do(lambda: field.turns.pass_(15 * 60)), WORLD, OUT)
    assert texts.FIELD_PACK_EXPIRED in desk.last(FieldDay).notes
    assert desk.last(FieldDay).board.rows == ()
    assert not list((field.folder / "packs").glob("*.pack"))


def test_whose_time_is_over_signs_in_again(field: Fieldwork) -> None:
    field.centre.badge_hours = 0.2
    field.shift(*CODE_IN, field.do(lambda: field.turns.pass_(15 * 60)), FETCH)
    assert field.said == texts.FIELD_SIGNED_OUT_EXPIRED


# --- the limits, and a lost tablet -----------------------------------------------------------------------------------


def test_at_the_limit_only_the_upload_is_left_to_do(field: Fieldwork) -> None:
    field.centre.most_packets = 1
    field.booth = booth(outcome(), outcome())
    desk = field.shift(
        *(*CODE_IN, FETCH, Pick(2), *field.put(YU), *ORDINARY),
        *(NEXT, Pick(0), SYNC, field.do(field.sync), WORLD, OUT),
    )
    full = [view for view in desk.asked if isinstance(view, FieldDay) and view.board.link is Link.FULL]
    assert full
    for view in full:
        assert view.buttons == (OUT, SYNC)
        assert texts.FIELD_FULL in view.notes
        assert view.next_title == ""
    assert [view.name for view in desk.visits()][-1] == YU.name, "no second visit began"
    assert desk.last(FieldDay).buttons[-1] is NEXT


def test_a_revoked_tablet_says_so_signs_out_and_forgets(field: Fieldwork) -> None:
    def lost() -> None:
        field.centre.revoked = True
        field.sync()

    field.shift(*CODE_IN, FETCH, NEXT, field.do(lost), WORLD)
    assert field.said == texts.FIELD_REVOKED
    assert not list((field.folder / "packs").glob("*.pack"))
    assert not list((field.folder / "badges").glob("*.badge"))
    field.centre.revoked, field.centre.silent = False, True


def test_a_revoked_tablet_is_told_so_at_the_next_sign_in(field: Fieldwork) -> None:
    field.shift(*CODE_IN, FETCH, OUT)
    field.centre.revoked = True
    back = field.do(lambda: setattr(field.centre, "revoked", False))
    desk = field.shift(*CODE_IN, back, *CODE_IN, OUT)
    assert [v.note for v in desk.asked if isinstance(v, SignInByCard)][1] == texts.FIELD_REVOKED
    assert not list((field.folder / "packs").glob("*.pack"))


def test_a_clock_that_is_set_amid_a_shift_moves_nothing_that_is_written_down(field: Fieldwork) -> None:
    field.booth = booth(outcome(), outcome())
    field.shift(
        *(*CODE_IN, FETCH, NEXT, *field.put(WANG), *ORDINARY),
        *(field.do(lambda: field.turns.ahead(3600)), NEXT, *field.put(LIU), *ORDINARY, OUT),
    )
    field.sync()
    before, after = field.centre.records
    apart_ms = (after.ended_at - before.ended_at).total_seconds() * 1000
    assert abs(apart_ms - (after.up_ms - before.up_ms)) <= 1
    assert after.evidence is not None
    assert after.begun_at <= after.evidence.ended_at <= after.ended_at


def test_a_tablet_that_nobody_touches_signs_out(field: Fieldwork) -> None:
    def sleep() -> None:
        field.clock.now += 31 * 60

    field.shift(*CODE_IN, FETCH, NEXT, field.do(sleep), WORLD)
    assert field.said == texts.FIELD_SIGNED_OUT_QUIET


def test_central_settles_conflicts_and_the_rows_say_so(field: Fieldwork) -> None:
    field.booth = booth(outcome())
    field.centre.results[RecordKind.FACE] = PacketResult.PERSON_MOVED
    desk = field.shift(
        *(*CODE_IN, FETCH, NEXT, *field.put(WANG), *ORDINARY),
        *(field.do(field.sync), WORLD, OUT),
    )
    row = desk.last(FieldDay).board.rows[0]
    assert (row.state, row.note) == (RowState.PARKED, texts.FIELD_RESULTS["person_moved"])
    assert texts.FIELD_PARKED.format(count=1) in desk.last(FieldDay).notes


def test_every_result_has_words() -> None:
    assert set(texts.FIELD_RESULTS) == {result.value for result in PacketResult}
