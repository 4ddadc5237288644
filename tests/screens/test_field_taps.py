"""Every answer of the tablet's views is reached by real touches; lists follow a finger; keys count as often as they are tapped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from field_views import BEFORE_FACE, FIELD, FIELD_EVERY, board, mirror, visit
from tablet_stage import finger_at, stroke, turn

from kiosk import texts
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.field import views as f
from kiosk.views import BACK
from tests.screens.conftest import Stage
from tests.screens.test_taps import by_answer

B, D = f.VisitButton, f.DayButton
ANSWERS: dict[str, list[Any]] = {
    "field-sign-in": [f.SignInButton.CODE],
    "field-pin": [BACK],
    "field-choose": ["not_met", "death", "phone", "question", BACK],
    "field-day": [D.SIGN_OUT, D.SYNC, D.NEXT],
    "field-day-none": [D.SIGN_OUT, D.FETCH],
    "field-visit": [B.MORE, B.BY_HAND, B.START_FACE],
    "field-visit-card": [B.LEAVE, B.TYPE_NUMBER, B.MORE],
    "field-visit-consent": [B.BY_HAND, B.AGREE_GUARDIAN, B.AGREE_PERSON],
    "field-visit-looking": [B.LEAVE, B.BY_HAND],
    "field-visit-photo": [B.NO_PHOTO, B.SHOOT],
    "field-visit-taken": [B.SHOOT_AGAIN, B.KEEP_PHOTO],
    "field-visit-sign": [B.LEAVE],
    "field-visit-compare": [B.BY_HAND, B.COMPARE, B.AGAIN],
    "field-visit-done": [B.MORE, B.SAVE],
}
CASES = [(name, answer) for name, answers in ANSWERS.items() for answer in answers]


def is_across(tablet: Stage) -> bool:
    return bool(tablet.app.page.look.landscape)


def a_row(tablet: Stage, index: int) -> Any:
    return tablet.app.page.rows.rows[index].boxes[0]


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_every_answer_is_reached_by_a_touch(name: str, answer: Any, tablet: Stage) -> None:
    tablet.mount(FIELD_EVERY[name])
    tablet.tap(by_answer(answer))
    assert tablet.answers == [answer]


def test_every_button_there_is_has_words() -> None:
    from screens import field_day, field_visit
    from screens.board import STATES

    assert set(field_visit.WORDS) == set(f.VisitButton)
    assert set(field_day.WORDS) == set(f.DayButton)
    assert set(STATES) == set(f.RowState)
    assert set(field_visit.ICONS) == set(f.Task)


@pytest.mark.parametrize("name", FIELD)
def test_every_sign_is_in_the_font(name: str, tablet: Stage) -> None:
    from screens.drawing import Icon

    page = tablet.mount(FIELD[name])
    icons = [box.name for box in page.walk(restrict=True) if isinstance(box, Icon)]
    assert icons
    assert [icon for icon in icons if icon not in tablet.app.setter._icons] == []


# --- the board


def to_the_beginning(page: Any) -> None:
    """By a finger, and it does not glide."""
    finger = finger_at(page.rows)
    finger.down()
    finger.move(finger.x, finger.y - 3000)
    finger.up()
    page.rows.stop()


def test_a_row_is_picked(tablet: Stage) -> None:
    tablet.mount(FIELD["field-day"])
    tablet.tap(by_answer(f.Pick(6)))
    assert tablet.answers == [f.Pick(6)]


def test_amid_a_visit_the_list_is_at_most_one_tap_away(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-visit"])
    if not is_across(tablet):
        assert page.rows is None
        tablet.tap(by_answer("list"))
        tablet.wait(1)
        assert page.pane_box is None
    tablet.tap(by_answer(f.Pick(2)))
    assert tablet.answers == [f.Pick(2)]


def test_the_list_closes_again(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-visit-sign"])
    if is_across(tablet):
        return
    for _ in range(2):
        tablet.tap(by_answer("list"))
        tablet.wait(1)
    assert page.rows is None
    assert page.pane_box is not None


def test_a_row_looks_pressed_at_once_and_a_finger_that_moves_on_scrolls(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-day"])
    row = a_row(tablet, 6)
    x, y = row.to_window(*row.center)
    finger = finger_at(row)
    at = page.rows.at
    finger.down()
    assert row.pressed
    finger.move(x, y + 5)  # a hand is never quite still
    assert row.pressed
    assert page.rows.at == at
    finger.move(x, y + 60)
    assert not row.pressed
    assert page.rows.at == at + 60
    assert row.to_window(*row.center)[1] == pytest.approx(y + 60, abs=1)
    finger.move(x, y + 3)
    assert page.rows.at == at + 3
    finger.up()
    assert tablet.answers == []


def test_the_list_ends_at_its_ends(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-day"])
    rows = page.rows
    for way in (+3000, -6000):
        finger = finger_at(rows)
        finger.down()
        finger.move(finger.x, finger.y + 50 if way > 0 else finger.y - 50)
        finger.move(finger.x, finger.y + way)
        finger.up()
        rows.stop()
        assert rows.at == (rows.most() if way > 0 else 0)


def test_a_list_glides_on_and_comes_to_rest(tablet: Stage) -> None:
    page = tablet.mount(FIELD_EVERY["field-day-long"])
    rows = page.rows
    rows.move_to(0)
    rows._speed = 600.0
    before = rows.at
    steps = 0
    while rows._glide(1 / 30) is None:
        steps += 1
        assert rows.at > before or rows.at == rows.most()
        before = rows.at
        assert steps < 100
    assert before > 60


def test_only_rows_that_are_seen_are_drawn(tablet: Stage) -> None:
    page = tablet.mount(FIELD_EVERY["field-day-long"])
    assert len(page.rows.rows) == 50
    assert len(page.rows.children) <= 12


def test_the_place_in_the_list_outlives_news_and_large_type(tablet: Stage) -> None:
    view = FIELD["field-day"]
    page = tablet.mount(view)
    to_the_beginning(page)
    assert page.rows.at == 0
    assert page.rows.rows[0].top == page.rows.top
    assert page.rows.rows[1].top == page.rows.rows[0].y
    tablet.app.draw(replace(view, board=replace(view.board, unsent=6)))
    assert tablet.app.page is page
    assert page.rows.at == 0
    tablet.app.set_look(large=True)
    assert tablet.app.page.rows.at == 0
    tablet.app.set_look(large=False)


def test_somebody_else_who_is_met_is_shown(tablet: Stage) -> None:
    view = FIELD["field-day"]
    page = tablet.mount(view)
    to_the_beginning(page)
    tablet.app.draw(replace(view, board=board(10)))
    row = page.rows.rows[10]
    assert row in page.rows.children
    assert page.rows.y <= row.to_window(*row.center)[1] <= page.rows.top


def test_news_of_the_upload_touches_no_mirror(tablet: Stage) -> None:
    view = FIELD["field-visit-blink"]
    page = tablet.mount(view)
    stage_box = page.stage
    tablet.app.draw(replace(view, board=replace(view.board, unsent=4, link=f.Link.SENDING)))
    assert page.stage is stage_box
    assert not stage_box.mirror.stopped
    assert "4 份待上传" in " ".join(
        box.text for box in page.foot.walk(restrict=True) if hasattr(box, "text_size")
    )


# --- the mirror


def test_other_words_do_not_build_the_mirror_anew(tablet: Stage) -> None:
    view = FIELD["field-visit-looking"]
    page = tablet.mount(view)
    stage_box = page.stage
    other = replace(view.panel, guidance=Guidance(Phase.ACTING, Action.NOD, 1, 2))
    tablet.app.draw(replace(view, panel=other))
    assert page.stage is stage_box
    stage_box.mirror._frame(1 / 60)  # they come with the next turn of the window
    assert stage_box.heading.text == texts.FACE_NOD
    assert stage_box.mirror.guidance == other.guidance


def test_the_mirror_is_wiped_when_the_visit_goes_on(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-visit-looking"])
    glass = page.stage.mirror
    assert glass.texture is not None
    tablet.app.draw(FIELD["field-visit-done"])
    assert glass.stopped
    assert glass.texture is None


def test_the_photo_is_wiped_when_the_visit_goes_on(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-visit-taken"])
    photo = page.stage
    assert photo.texture is not None
    tablet.app.draw(FIELD["field-visit-sign"])
    assert photo.texture is None


def test_a_photo_is_seen_whole_and_large_enough_to_read_the_code(tablet: Stage) -> None:
    photo = tablet.mount(FIELD["field-visit-photo"]).stage
    x, y, wide, high = photo.seen()
    assert wide >= 85 * photo.look.pixels_per_mm
    assert wide / high == pytest.approx(600 / 450, abs=0.01)
    assert photo.x <= x
    assert x + wide <= photo.right
    assert photo.boxes[0].top <= y
    assert y + high <= photo.top


def test_a_check_that_runs_has_no_next_step(tablet: Stage) -> None:
    """While a person looks into the mirror nothing is to be tapped."""
    from screens.buttons import Button

    page = tablet.mount(FIELD["field-visit-looking"])
    assert [box for box in page.walk(restrict=True) if isinstance(box, Button) and box.primary] == []


# --- a tap on what has just changed under the finger


def test_a_card_that_is_read_under_a_finger_is_no_consent(tablet: Stage) -> None:
    tablet.mount(FIELD["field-visit-card"])
    tablet.app.draw(FIELD["field-visit-consent"])
    tablet.tap(by_answer(B.AGREE_PERSON))
    assert tablet.answers == []
    tablet.wait(1)
    tablet.tap(by_answer(B.AGREE_PERSON))
    assert tablet.answers == [B.AGREE_PERSON]


# --- the tablet itself


def test_the_first_screen_of_a_tablet_asks_for_the_card_of_staff(tablet: Stage) -> None:
    from screens.catalogue import first_view

    assert first_view(tablet.app.config.site) == f.SignInByCard("TB01")


def test_a_tablet_that_is_turned_shows_the_same_visit_the_other_way_up(tablet: Stage, window: Any) -> None:
    size = tuple(window.size)
    page = tablet.mount(FIELD["field-visit-sign"])
    stroke(page.stage.field, (0.2, 0.5), (0.5, 0.25), (0.7, 0.75))
    target = tablet.app.page.look.least_target
    turn(window, size[::-1])
    try:
        tablet.wait(1)
        page = tablet.app.page
        assert page.look.landscape == (size[0] < size[1])
        assert page.look.least_target == target
        assert (page.width, page.height) == size[::-1]
        assert page.stage.field.signed
        tablet.tap(by_answer(B.LEAVE))
        assert tablet.answers == [B.LEAVE]
    finally:
        turn(window, size)


def test_a_visit_opens_its_mirror_on_the_page_that_is_there(tablet: Stage) -> None:
    page = tablet.mount(visit(BEFORE_FACE, 2, B.BY_HAND, B.START_FACE))
    tablet.app.draw(visit(mirror(Guidance()), 2, B.LEAVE, B.BY_HAND))
    assert tablet.app.page is page
    assert page.stage.mirror.texture is not None


def test_the_person_before_the_mirror_hears_what_to_do(tablet: Stage) -> None:
    """The very clips of the kiosk; the words of the staff are read by the staff."""
    from kiosk import views

    voice = tablet.app.voice()
    guidance = Guidance(Phase.ACTING, Action.BLINK, 1, 2)
    said = voice.speech(visit(mirror(guidance), 2, B.BY_HAND))
    assert said.lines
    assert said == voice.speech(views.FaceLook(views.Steps((), 0), guidance, mirror(guidance).preview))
    assert voice.speech(FIELD["field-visit-consent"]).lines == ()
