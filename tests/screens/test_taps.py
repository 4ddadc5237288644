"""Every answer of every view is reached by real touches, once."""

from __future__ import annotations

from typing import Any

import pytest
from sample_views import EVERY, PLAIN

from kiosk import texts, views
from kiosk.views import (
    BACK,
    AttentionButton,
    CertifiedButton,
    FaceButton,
    FaceWay,
    MyPageButton,
    PaidButton,
    PayButton,
    PendingButton,
    RecordsButton,
    Service,
    WayKey,
)

OLD_BUTTONS = [button for button in MyPageButton if button is not MyPageButton.CERTIFICATION]
ANSWERS = {
    "home": list(Service),
    "present-card": [BACK],
    "my-page": ["resident_pension:2026", "owed", *OLD_BUTTONS, BACK],
    "my-page-due": ["resident_pension:2026", "owed", *MyPageButton, BACK],
    "choose-way": [WayKey.FACE, WayKey.STAFF, WayKey.HOME_VISIT, WayKey.RULES, BACK],
    "choose-way-five": [*WayKey, BACK],
    "consent-rules": [BACK],
    "face-left": [FaceButton.OTHER_WAY, BACK],
    "face-other-ways": [FaceWay.AGAIN, WayKey.STAFF, WayKey.HOME_VISIT, WayKey.PHONE, BACK],
    "choose-reason": ["chosen", "not_recognised", "cannot_do_it", "machine", BACK],
    "certified": [CertifiedButton.PRINT, CertifiedButton.SPOUSE, CertifiedButton.DONE],
    "certified-printed": [CertifiedButton.SPOUSE, CertifiedButton.DONE],
    "certified-review": list(CertifiedButton),
    "childrens-phone": [BACK],
    "staff-card": [BACK],
    "confirm-payment": [True, BACK],
    "pay-by-qr": [PayButton.SCAN_MY_CODE, BACK],
    "scan-payer-code": [PayButton.SHOW_QR, BACK],
    "paid-printed": list(PaidButton),
    "pending": list(PendingButton),
    "records": [*RecordsButton, BACK],
    "choose-receipt": ["37108126112300420001", "37108126100800420001", "37108125110200420001", "more", BACK],
    "choose-tier": [BACK],
    "choose-members": [BACK],
    "attention": list(AttentionButton),
    "still-there": [True],
}
CASES = [(name, answer) for name, answers in ANSWERS.items() for answer in answers]
ALWAYS = {"home", "large", "contrast", "help", "again", BACK, None}


def by_answer(answer: Any) -> Any:
    return lambda press: press.answer is not None and press.answer == answer


def by_words(words: str) -> Any:
    return lambda press: words in press.words


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_a_tap_gives_the_answer(name: str, answer: Any, stage: Any) -> None:
    stage.mount(PLAIN[name])
    stage.tap(by_answer(answer))
    assert stage.answers == [answer]


@pytest.mark.parametrize("name", ANSWERS)
def test_no_button_is_forgotten(name: str, stage: Any) -> None:
    page = stage.mount(PLAIN[name])
    choices = {
        "choose-tier": {f"t{n}" for n in (300, 500, 1000, 2000, 3000, 5000)} | {"next"},
        "choose-members": {"a", "b", "c", "next"},
    }
    assert {press.answer for press in page.presses()} - ALWAYS == (
        set(ANSWERS[name]) | choices.get(name, set())
    ) - {BACK}


def test_a_double_tap_answers_once(stage: Any) -> None:
    stage.mount(PLAIN["attention"])
    for _ in range(2):
        stage.tap(by_answer(AttentionButton.FIRST))
        stage.wait(0.15)
    assert stage.answers == [AttentionButton.FIRST]


def test_two_fingers_on_two_buttons_answer_once(stage: Any) -> None:
    from screens import taps

    page = stage.mount(PLAIN["attention"])
    fingers = [
        taps.Finger(*press.center) for press in page.presses() if isinstance(press.answer, AttentionButton)
    ]
    for finger in fingers:
        finger.down()
    for finger in fingers:
        finger.up()
    assert stage.answers == [AttentionButton.FIRST]


def test_the_second_tap_of_a_pair_does_not_hit_the_next_screen(stage: Any) -> None:
    stage.mount(PLAIN["attention"])
    stage.tap(by_answer(AttentionButton.FIRST))
    stage.app.mount(PLAIN["paid-printed"], stage.answers.append)
    stage.wait(0.59)
    stage.tap(by_answer(PaidButton.DONE))
    assert stage.answers == [AttentionButton.FIRST]
    stage.wait(0.02)
    stage.tap(by_answer(PaidButton.DONE))
    assert stage.answers == [AttentionButton.FIRST, PaidButton.DONE]


def test_a_second_question_of_the_same_kind_does_not_take_the_first_ones_double_tap(stage: Any) -> None:
    stage.mount(PLAIN["attention"])
    stage.tap(by_answer(AttentionButton.FIRST))
    stage.app.mount(EVERY["attention-bad"], stage.answers.append)
    stage.wait(0.2)
    stage.tap(by_answer(AttentionButton.FIRST))
    assert stage.answers == [AttentionButton.FIRST]


def test_a_long_press_is_a_tap_and_looks_pressed_at_once(stage: Any) -> None:
    from screens import camera_roll, taps

    page = stage.mount(PLAIN["pending"])
    before = camera_roll.pixels()
    press = taps.find(page, by_answer(PendingButton.PRINT_SLIP))
    finger = taps.Finger(*press.center)
    finger.down()
    during = camera_roll.pixels()
    assert press.pressed
    assert during != before
    stage.wait(4)
    finger.up()
    assert stage.answers == [PendingButton.PRINT_SLIP]
    assert not press.pressed


def test_a_finger_that_slides_away_answers_nothing(stage: Any) -> None:
    from screens import taps

    page = stage.mount(PLAIN["pending"])
    press = taps.find(page, by_answer(PendingButton.PRINT_SLIP))
    finger = taps.Finger(*press.center)
    finger.down()
    finger.move(press.center_x, press.top + 40)
    assert not press.pressed
    finger.up()
    assert stage.answers == []


@pytest.mark.parametrize("corner", ["left bottom", "right top"])
def test_the_whole_button_is_hit(corner: str, stage: Any) -> None:
    from screens import taps

    page = stage.mount(PLAIN["my-page"])
    press = taps.find(page, by_answer("owed"))
    at = (press.x + 2, press.y + 2) if corner == "left bottom" else (press.right - 2, press.top - 2)
    finger = taps.Finger(*at)
    finger.down()
    finger.up()
    assert stage.answers == ["owed"]


@pytest.mark.parametrize("code", ["t300", "t500", "t1000", "t2000", "t3000", "t5000"])
def test_choosing_a_tier_marks_and_the_primary_button_answers(code: str, stage: Any) -> None:
    page = stage.mount(PLAIN["choose-tier"])
    stage.tap(by_answer(code))
    assert stage.answers == []
    assert [choice for choice, box in page.choices.items() if box.chosen] == [code]
    stage.tap(by_words(f"下一步：缴 {code[1:]} 元"))
    assert stage.answers == [code]


def test_members_are_marked_summed_and_answered_in_order(stage: Any) -> None:
    stage.mount(PLAIN["choose-members"])
    stage.tap(by_answer("c"))
    stage.tap(by_answer("a"))
    stage.tap(by_words("2 项，共 840 元"))
    assert stage.answers == [("b", "c")]


def test_a_shaking_hand_does_not_unmark(stage: Any) -> None:
    stage.mount(PLAIN["choose-members"])
    for _ in range(2):
        stage.tap(by_answer("c"))
        stage.wait(0.2)
    stage.tap(by_words("3 项"))
    assert stage.answers == [("a", "b", "c")]


def test_nobody_chosen_cannot_go_on(stage: Any) -> None:
    page = stage.mount(EVERY["choose-members-none"])
    assert "next" not in {press.answer for press in page.presses()}


@pytest.mark.parametrize(
    ("name", "words"), [("save-to-phone", texts.PHONE_DONE), ("childrens-phone", texts.CHILDREN_DONE)]
)
def test_a_code_that_was_seen_ends_with_none(name: str, words: str, stage: Any) -> None:
    stage.mount(PLAIN[name])
    stage.tap(by_words(words))
    assert stage.answers == [None]


@pytest.mark.parametrize(
    "name", ["paid-printing", "certified-printing", "working", "take-card", "goodbye", "out-of-service"]
)
def test_what_is_only_shown_has_no_answers(name: str, stage: Any) -> None:
    page = stage.mount(PLAIN["home"])
    stage.app.draw(PLAIN[name])
    page = stage.app.top
    assert {press.answer for press in page.presses()} <= {"home", "large", "contrast", "help", "again"}


@pytest.mark.parametrize("name", EVERY)
def test_the_bar_has_what_the_view_allows(name: str, stage: Any) -> None:
    view = EVERY[name]
    stage.app.mount(PLAIN["home"], stage.answers.append)
    stage.app.draw(view) if not isinstance(view, views.StillThere) else stage.app.mount(
        view, stage.answers.append
    )
    answers = {press.answer for press in stage.app.top.presses()}
    assert ("home" in answers) == type(view).home
    assert (BACK in answers) == type(view).back


def test_home_leaves_and_back_answers(stage: Any) -> None:
    stage.mount(PLAIN["records"])
    stage.tap(by_answer("home"))
    assert stage.app.desk.home_pressed.is_set()
    assert stage.answers == []
    stage.app.desk.home_pressed.clear()


def test_large_type_and_contrast_keep_what_was_chosen_and_end_with_the_visit(stage: Any) -> None:
    stage.mount(PLAIN["choose-tier"])
    stage.tap(by_answer("t3000"))
    stage.wait(1)
    stage.tap(by_answer("large"))
    stage.wait(1)
    stage.tap(by_answer("contrast"))
    stage.wait(1)
    look = stage.app.page.look
    assert (look.large, look.theme.name) == (True, "high-contrast")
    stage.tap(by_words("下一步：缴 3000 元"))
    assert stage.answers == ["t3000"]
    stage.mount(PLAIN["home"])
    look = stage.app.page.look
    assert (look.large, look.theme.name) == (False, "default")


def test_settings_made_at_home_stay_while_home_is_shown(stage: Any) -> None:
    stage.mount(PLAIN["home"])
    stage.tap(by_answer("large"))
    stage.mount(views.Home(views.Trouble.NO_PAPER))
    assert stage.app.page.look.large


def test_help_opens_says_whom_to_call_and_closes(stage: Any) -> None:
    from screens.drawing import Text

    stage.mount(PLAIN["records"])
    stage.tap(by_answer("help"))
    stage.wait(1)
    words = " ".join(box.text for box in stage.app.top.walk(restrict=True) if isinstance(box, Text))
    assert "12333" in words
    assert "于佳" in words
    assert "工作日" in words
    stage.tap(by_words(texts.HELP_CLOSE))
    assert stage.app.top is stage.app.page
    assert stage.answers == []


def test_what_lies_below_another_page_is_not_drawn_and_comes_back(stage: Any) -> None:
    page = stage.mount(PLAIN["records"])
    stage.tap(by_answer("help"))
    assert stage.app.root.children == [stage.app.top]
    stage.app.mount(PLAIN["still-there"], stage.answers.append)
    assert stage.app.root.children == [stage.app.top]
    stage.app.draw(PLAIN["records"])
    assert stage.app.root.children == [page]


def test_an_equal_view_is_not_mounted_again_and_a_like_one_changes_in_place(stage: Any) -> None:
    page = stage.mount(PLAIN["paid-printing"])
    content = page.content
    stage.app.draw(
        views.Paid(
            *[
                getattr(PLAIN["paid-printing"], f)
                for f in ("steps", "rows", "paper", "progress", "has_family", "copy")
            ]
        )
    )
    assert stage.app.page is page
    assert page.content is content
    stage.app.draw(PLAIN["paid-printed"])
    assert stage.app.page is page
    assert page.content is not content


def test_progress_moves_without_building_anew(stage: Any) -> None:
    page = stage.mount(PLAIN["paid-printing"])
    content = page.content
    view = PLAIN["paid-printing"]
    assert isinstance(view, views.Paid)
    stage.app.draw(views.Paid(view.steps, view.rows, view.paper, 0.9, True))
    assert page.content is content
    assert page.progress.share == 0.9


def test_the_countdown_goes_on_when_the_view_changes(stage: Any) -> None:
    from screens.drawing import Text

    view = PLAIN["pay-by-qr"]
    assert isinstance(view, views.PayByQr)
    stage.mount(view)
    stage.wait(29)
    stage.app.draw(views.PayByQr(view.steps, view.amount_fen, view.qr, view.seconds_left, slow=True))
    words = " ".join(box.text for box in stage.app.top.walk(restrict=True) if isinstance(box, Text))
    assert "2 分 11 秒" in words  # 161 - 1 - 29
    assert texts.PAY_SLOW in words


def test_a_short_wait_does_not_flicker(stage: Any) -> None:
    page = stage.mount(PLAIN["records"])
    stage.frames()  # Kivy counts a delay from its last frame
    stage.app.mount(PLAIN["working"], stage.answers.append)
    stage.frames()
    assert stage.app.page is page
    stage.app.mount(PLAIN["my-page"], stage.answers.append)
    assert type(stage.app.page.view) is views.MyPage


def test_the_clock_ticks(stage: Any) -> None:
    from datetime import datetime

    page = stage.mount(PLAIN["home"])
    page.tick(datetime(2026, 12, 1, 13, 5))  # noqa: DTZ001 - what the header shows
    assert page.header.clock.text == "13:05"
    assert page.header.date.text == "12月1日 星期二"


def test_a_choice_made_for_one_person_is_not_the_next_ones(stage: Any) -> None:
    page = stage.mount(PLAIN["choose-tier"])
    stage.tap(by_answer("t5000"))
    stage.wait(1)
    view = PLAIN["choose-tier"]
    assert isinstance(view, views.ChooseTier)
    stage.app.draw(
        views.ChooseTier(view.steps, "王*山", view.insurance, view.year, view.options, "t300", False)
    )
    assert stage.app.page is page
    assert [choice for choice, box in page.choices.items() if box.chosen] == ["t300"]


def test_a_new_code_gets_its_whole_time(stage: Any) -> None:
    view = PLAIN["pay-by-qr"]
    assert isinstance(view, views.PayByQr)
    page = stage.mount(view)
    stage.wait(100)
    stage.app.draw(
        views.PayByQr(view.steps, view.amount_fen, "https://pay.example/another", view.seconds_left)
    )
    assert stage.app.page is page
    assert page.state["until"] == stage.watch.at_s + view.seconds_left


def test_an_icon_stands_in_the_middle_of_its_square(stage: Any) -> None:
    """Lucide's own metrics push a narrow sign to the left; the shipped font is mended."""
    for name in ("plus", "check", "house", "file-search"):
        texture = stage.app.setter.icon(name, 96)
        alpha = texture.pixels[3::4]
        inked = [x for x in range(texture.width) if any(alpha[x :: texture.width])]
        assert abs((inked[0] + inked[-1] + 1) / 2 - texture.width / 2) <= 1.5
