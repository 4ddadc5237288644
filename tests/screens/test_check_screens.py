"""Ways of one weight, a signature that is one, and a result that says no more than is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_views import EVERY, FACE, HOME_VISIT, PHONE, PLAIN, STAFF, WINDOW, check

from kiosk import texts, views
from kiosk.views import BACK, CertifiedState, Signature, WayKey
from tests.screens.test_layout import MODES, page_of
from tests.screens.test_taps import by_answer, by_words

# --- the ways


@pytest.mark.parametrize(("theme", "large", "panel"), MODES)
@pytest.mark.parametrize("name", ["choose-way", "choose-way-five", "choose-way-two", "choose-way-no-face"])
def test_the_first_two_ways_have_one_size(
    name: str, theme: str, large: bool, panel: Any, shell_for: Any
) -> None:
    from screens.buttons import Button
    from screens.drawing import Text

    page = page_of(EVERY[name], shell_for, theme, large, panel)
    one, other = page.panels
    assert one.size == other.size
    buttons = [
        next(box for box in panel.walk(restrict=True) if isinstance(box, Button)) for panel in page.panels
    ]
    assert buttons[0].size == buttons[1].size
    sizes = [
        [box.pixels(box.spans[0]) for box in panel.walk(restrict=True) if isinstance(box, Text)]
        for panel in page.panels
    ]
    assert sizes[0] == sizes[1]
    ways = {way.key for way in page.view.ways}
    every = [press for press in page.presses() if press.answer in ways]
    assert len(every) == len(ways)
    assert len({press.height for press in every}) == 1  # the other ways have buttons as high


def test_long_words_of_one_way_do_not_make_the_other_smaller(shell_for: Any) -> None:
    long = views.WayOption(WayKey.STAFF, STAFF.note * 3)
    view = views.ChooseWay(check(1), (FACE, long, HOME_VISIT), "2026-01")
    page = page_of(view, shell_for, "DEFAULT", False, ((1080, 1920), 102.5))
    assert page.panels[0].size == page.panels[1].size


@pytest.mark.parametrize(("theme", "large", "panel"), MODES)
def test_a_visit_that_is_booked_is_said_on_its_button_which_stays_of_one_size(
    theme: str, large: bool, panel: Any, shell_for: Any
) -> None:
    from screens.drawing import Text

    ways = (FACE, STAFF, replace(HOME_VISIT, booked=True), PHONE, WINDOW)
    page = page_of(views.ChooseWay(check(1), ways, "2026-01"), shell_for, theme, large, panel)
    said = {press.answer: press for press in page.presses() if press.answer in {way.key for way in ways}}
    assert said[WayKey.HOME_VISIT].words == "上门已经约好了"
    assert len({press.height for press in said.values()}) == 1
    labels = [box for press in said.values() for box in press.walk(restrict=True) if isinstance(box, Text)]
    assert {box.pixels(span) for box in labels for span in box.spans} == {page.look.type(48)}


@pytest.mark.parametrize(
    ("ways", "marked"),
    [((FACE, STAFF, WINDOW), True), ((STAFF, WINDOW, FACE), False), ((WINDOW, FACE), False)],
)
def test_a_face_that_stands_last_is_not_marked_as_the_next_step(
    ways: tuple[views.WayOption, ...], marked: bool, stage: Any
) -> None:
    page = stage.mount(views.ChooseWay(check(1), ways, "2026-01"))
    said = {press.answer: getattr(press, "primary", False) for press in page.presses()}
    assert [key for key in WayKey if said.get(key)] == ([WayKey.FACE] if marked else [])
    assert {way.key for way in ways} <= said.keys()


def test_what_is_agreed_to_is_written_above_the_button_wherever_the_face_stands(stage: Any) -> None:
    from screens.drawing import Text

    for name in ("choose-way-five", "choose-way-face-last"):
        page = stage.mount(EVERY[name])
        (agree,) = filter(by_answer(WayKey.FACE), page.presses())
        (panel,) = (one for one in page.panels if agree in one.walk(restrict=True))
        assert FACE.note in {box.text for box in panel.walk(restrict=True) if isinstance(box, Text)}
        others = [
            press for press in page.presses() if press.answer in set(WayKey) - {WayKey.FACE, WayKey.RULES}
        ]
        below = [press.top < agree.top for press in others]
        assert not any(below) if name == "choose-way-face-last" else all(below)


def test_the_other_ways_say_it_too(stage: Any) -> None:
    view = replace(EVERY["face-other-ways"], options=(replace(HOME_VISIT, booked=True), WINDOW))  # type: ignore[type-var]
    page = stage.mount(view)
    (row,) = (press for press in page.presses() if press.answer is WayKey.HOME_VISIT)
    assert row.words == "上门已经约好了" + HOME_VISIT.note


@pytest.mark.parametrize("note", ["", texts.WAY_AGAIN_CAMERA, texts.WAY_AGAIN_NETWORK])
def test_how_to_sit_is_said_only_where_sitting_well_can_help(note: str, stage: Any) -> None:
    page = stage.mount(replace(EVERY["face-other-ways"], again_note=note))
    (again,) = (press for press in page.presses() if press.answer is views.FaceWay.AGAIN)
    assert again.words == "".join((texts.WAY_AGAIN[0], note or texts.WAY_AGAIN[1]))


def test_without_a_face_there_is_no_consent_to_read(stage: Any) -> None:
    page = stage.mount(EVERY["choose-way-no-face"])
    assert WayKey.RULES not in {press.answer for press in page.presses()}


# --- the signature


def stroke(stage: Any, *points: tuple[float, float]) -> None:
    """A finger through points given in shares of the field, from its left top corner."""
    from screens import taps

    field = stage.app.page.field

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return field.x + point[0] * field.width, field.top - point[1] * field.height

    finger = taps.Finger(*at(points[0]))
    finger.down()
    for point in points[1:]:
        finger.move(*at(point))
    finger.up()


def sign(stage: Any) -> None:
    stroke(stage, (0.2, 0.5), (0.3, 0.3), (0.4, 0.7))
    stroke(stage, (0.6, 0.25), (0.6, 0.75))


def test_the_button_answers_only_when_ticked_and_signed(stage: Any) -> None:
    page = stage.mount(PLAIN["sign-for-review"])
    assert page.done.words == texts.SIGN_NOT_TICKED
    stage.tap(by_answer("tick"))
    assert page.done.words == texts.SIGN_NOT_SIGNED
    assert "done" not in {press.answer for press in page.presses()}
    sign(stage)
    assert page.done.words == texts.SIGN_DONE
    stage.wait(1)
    stage.tap(by_answer("tick"))
    assert page.done.words == texts.SIGN_NOT_TICKED
    assert not page.done.enabled
    stage.wait(1)
    stage.tap(by_answer("tick"))
    stage.tap(by_words(texts.SIGN_DONE))
    (answer,) = stage.answers
    assert isinstance(answer, Signature)


def test_the_strokes_are_thousandths_of_the_field_from_its_top(stage: Any) -> None:
    stage.mount(PLAIN["sign-for-review"])
    stage.tap(by_answer("tick"))
    stroke(stage, (0.1, 0.25), (0.9, 0.25))
    stroke(stage, (0.5, 0.1), (0.5, 0.9))
    stage.tap(by_words(texts.SIGN_DONE))
    (answer,) = stage.answers
    across, down = answer.strokes
    near = pytest.approx
    assert across[0] == (near(100, abs=1), near(250, abs=2))
    assert across[-1] == (near(900, abs=1), near(250, abs=2))
    assert down[-1] == (near(500, abs=1), near(900, abs=2))


def test_a_finger_that_leaves_the_field_is_kept_inside(stage: Any) -> None:
    stage.mount(PLAIN["sign-for-review"])
    stroke(stage, (0.5, 0.5), (1.4, 0.5), (0.5, 1.6), (-0.3, -0.2))
    points = stage.app.page.state["strokes"][0]
    assert {0, 1000} <= {value for point in points for value in point}
    assert all(0 <= value <= 1000 for point in points for value in point)


def test_a_touch_is_no_signature(stage: Any) -> None:
    page = stage.mount(PLAIN["sign-for-review"])
    stage.tap(by_answer("tick"))
    stroke(stage, (0.5, 0.5))
    stroke(stage, (0.5, 0.5), (0.55, 0.55))
    assert not page.done.enabled
    assert page.done.words == texts.SIGN_NOT_SIGNED


def test_clearing_takes_everything_away(stage: Any) -> None:
    page = stage.mount(PLAIN["sign-for-review"])
    assert "clear" not in {press.answer for press in page.presses()}
    stage.tap(by_answer("tick"))
    sign(stage)
    assert page.field.here.opacity == 0
    stage.wait(1)
    stage.tap(by_answer("clear"))
    assert page.state["strokes"] == []
    assert not page.done.enabled
    assert page.field.here.opacity == 1
    sign(stage)
    assert page.done.enabled


def test_tick_and_signature_outlive_large_type_and_contrast(stage: Any) -> None:
    stage.mount(PLAIN["sign-for-review"])
    stage.tap(by_answer("tick"))
    sign(stage)
    before = [list(points) for points in stage.app.page.state["strokes"]]
    stage.app.set_look(large=True, contrast=True)
    stage.wait(1)
    assert stage.app.page.state["strokes"] == before
    stage.tap(by_words(texts.SIGN_DONE))
    assert stage.answers == [Signature(tuple(tuple(points) for points in before))]


def test_a_long_scribble_stays_small_enough_to_send(stage: Any) -> None:
    stage.mount(PLAIN["sign-for-review"])
    for row in range(30):
        stroke(stage, *(((n + 1) / 202, (row + 0.5) / 30) for n in range(200)))
    strokes = stage.app.page.state["strokes"]
    assert 1000 < sum(len(points) for points in strokes) <= 1500


def test_the_second_finger_does_not_write(stage: Any) -> None:
    from screens import taps

    page = stage.mount(PLAIN["sign-for-review"])
    first, second = taps.Finger(*page.field.center), taps.Finger(page.field.x + 100, page.field.y + 100)
    first.down()
    second.down()
    second.move(page.field.x + 300, page.field.y + 300)
    second.up()
    first.up()
    assert len(page.state["strokes"]) == 1


def test_ink_is_drawn_while_the_finger_moves(stage: Any) -> None:
    from screens import camera_roll, taps

    page = stage.mount(PLAIN["sign-for-review"])
    finger = taps.Finger(page.field.x + 100, page.field.center_y + 60)
    finger.down()
    finger.move(page.field.x + 500, page.field.center_y + 60)
    width, height, data = camera_roll.pixels()
    at = (int(height - page.field.center_y - 60) * width + int(page.field.x + 300)) * 3
    assert tuple(data[at : at + 3]) == (0x16, 0x24, 0x2B)
    finger.up()


def test_the_signature_does_not_show_in_a_log() -> None:
    assert "500" not in repr(Signature((((500, 500), (600, 600)),)))


def test_going_back_costs_nothing(stage: Any) -> None:
    stage.mount(PLAIN["sign-for-review"])
    sign(stage)
    stage.wait(1)
    stage.tap(by_answer(BACK))
    assert stage.answers == [BACK]


# --- the result


def said(page: Any) -> str:
    from screens.drawing import Text

    return " ".join(box.text for box in page.content.walk(restrict=True) if isinstance(box, Text))


@pytest.mark.parametrize("state", CertifiedState)
def test_only_what_the_centre_has_accepted_is_called_passed(state: CertifiedState, stage: Any) -> None:
    page = stage.mount(views.Certified(check(3), state, "", (), can_print=False))
    accepted = state is CertifiedState.ACCEPTED
    assert (texts.CERTIFIED_TITLE in said(page)) == accepted
    assert ("社保中心已经收到" in said(page)) == accepted
    assert (texts.CERTIFIED_SEE in said(page)) != accepted


def test_the_next_date_is_the_largest_thing_on_the_screen(stage: Any) -> None:
    from screens.drawing import Text

    page = stage.mount(PLAIN["certified"])
    texts_by_size = {
        box.pixels(box.spans[0]): box.text
        for box in page.walk(restrict=True)
        if isinstance(box, Text) and box.spans
    }
    assert texts_by_size[max(texts_by_size)] == "2027年11月22日"
    assert max(texts_by_size) >= 98  # as in the design


def test_nobody_knows_a_date_and_none_is_shown(stage: Any) -> None:
    assert texts.CERTIFIED_NEXT not in said(stage.mount(PLAIN["certified-pending"]))


@pytest.mark.parametrize(("name", "is_there"), [("my-page", False), ("my-page-due", True)])
def test_the_banner_has_a_button_when_there_is_something_to_do(name: str, is_there: bool, stage: Any) -> None:
    page = stage.mount(PLAIN[name])
    answers = [press.answer for press in page.presses()]
    assert answers.count(views.MyPageButton.CERTIFICATION) == int(is_there)


def test_staff_are_asked_for_their_own_card(stage: Any) -> None:
    page = stage.mount(PLAIN["staff-card"])
    assert texts.STAFF_CARD_TITLE in said(page)
    assert texts.CARD_TITLE not in said(page)
