"""What is written on a tablet: a signature that is one, and digits that are typed as fast as one likes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from field_views import FIELD
from tablet_stage import finger_at, stroke

from kiosk import texts
from kiosk.field import views as f
from kiosk.views import Signature
from tests.screens.conftest import Stage
from tests.screens.test_taps import by_answer

B = f.VisitButton

# --- signing


def test_the_main_button_answers_the_signature_once_there_is_one(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-visit-sign"])
    assert page.main.words == texts.SIGN_NOT_SIGNED
    assert B.SAVE not in {press.answer for press in page.presses()}
    stroke(page.stage.field, (0.2, 0.5), (0.5, 0.25), (0.7, 0.75))
    assert page.main.words == texts.SIGN_DONE
    tablet.tap(by_answer(B.SAVE))
    (answer,) = tablet.answers
    assert isinstance(answer, Signature)
    ((first, *_),) = answer.strokes
    assert first == (pytest.approx(200, abs=2), pytest.approx(500, abs=3))


def test_a_signature_outlives_news_and_is_nobody_elses(tablet: Stage) -> None:
    view = FIELD["field-visit-sign"]
    page = tablet.mount(view)
    stroke(page.stage.field, (0.2, 0.5), (0.5, 0.25), (0.7, 0.75))
    tablet.app.draw(replace(view, board=replace(view.board, unsent=6)))
    assert page.stage.field.signed
    tablet.app.draw(replace(view, panel=f.SignPanel("监护人")))
    assert not page.stage.field.signed
    stroke(page.stage.field, (0.2, 0.5), (0.5, 0.25), (0.7, 0.75))
    tablet.app.draw(replace(view, name="于占海", panel=f.SignPanel("监护人")))
    assert not page.stage.field.signed
    assert not page.main.enabled


# --- keys


def type_in(tablet: Stage, keys: str) -> None:
    for key in keys:
        tablet.tap(by_answer(f"key {key}"))


def test_digits_are_typed_as_fast_as_one_likes_and_are_gone_with_the_answer(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-pin"])
    type_in(tablet, "11001")
    assert page.done.words == texts.DIGITS_MISSING.format(count=1)
    assert "done" not in {press.answer for press in page.presses()}
    type_in(tablet, "17")  # the seventh is one too many
    assert page.typed.words.text == " "  # never shown
    assert page.typed.count == 6
    tablet.tap(by_answer("done"))
    assert tablet.answers == ["110011"]
    assert page.digits == ""


def test_a_slip_is_taken_back(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-code"])
    type_in(tablet, "12345")
    assert page.typed.words.text == "1234 5"
    tablet.tap(by_answer("delete"))
    tablet.tap(by_answer("delete"))
    assert page.digits == "123"
    tablet.tap(by_answer("clear"))
    assert page.digits == ""


def test_an_x_ends_a_number_and_nothing_else(tablet: Stage) -> None:
    page = tablet.mount(FIELD["field-number"])
    type_in(tablet, "X1234X5678901234567X9")
    assert page.digits == "12345678901234567X"
    assert page.typed.words.text == "123456 789012 34567X"


def test_a_wrong_pin_is_typed_anew_and_large_type_keeps_it(tablet: Stage) -> None:
    view = FIELD["field-pin"]
    tablet.mount(view)
    type_in(tablet, "1234")
    tablet.app.set_look(large=True)
    tablet.wait(1)
    assert tablet.app.page.digits == "1234"
    tablet.app.draw(replace(view, note="密码不对，再试一次"))
    assert tablet.app.page.digits == ""
    tablet.app.set_look(large=False)


def test_a_key_looks_pressed_at_once(tablet: Stage) -> None:
    from screens import taps

    page = tablet.mount(FIELD["field-pin"])
    key = taps.find(page, by_answer("key 5"))
    finger = finger_at(key)
    finger.down()
    assert key.pressed
    finger.up()
    assert not key.pressed
    assert page.digits == "5"
