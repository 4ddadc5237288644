"""What the person reads of the yearly check, and what is asked once more before it is done: titles, dates, numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from central import operators
from kiosk import dates, spoken, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.face.guidance import End
from kiosk.flows import my_page, qualify, standing
from kiosk.views import (
    BACK,
    AttentionButton,
    CertifiedButton,
    CertifiedState,
    FaceWay,
    Step,
    Tone,
    WayKey,
)
from kiosk.wire import CertificationState
from tests.central.sitter import card_number
from tests.desk import WORLD
from tests.kiosk.qualifying import (
    CERTIFY,
    LEAVE,
    SIGNED,
    Township,
    booth,
    entries,
    newest,
    outcome,
    states_of,
    visit,
)
from tests.visitor import Visitor

FIRST, SECOND, DONE = AttentionButton.FIRST, AttentionButton.SECOND, CertifiedButton.DONE
FACE, WITHDRAW = WayKey.FACE, CertifiedButton.WITHDRAW
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=dates.CHINA)


@pytest.fixture
def visitor(kiosk_for_checks: Visitor) -> Visitor:
    return kiosk_for_checks


def page(server_time: datetime = NOON, **known: Any) -> wire.MyPage:
    return wire.MyPage(
        person_id="p00000001",
        name="示例",
        name_matches=True,
        masked_number="3710••••••••0017",
        dues=(),
        certification=wire.Certification(**{"state": CertificationState.VALID, **known}),
        server_time=server_time,
    )


def told_title(desk: Any) -> list[str]:
    return [view.title for view in desk.told]


# --- nobody who should come this year hears that they need not -------------------------------------------------------

NEXT_YEAR = {"valid_until": date(2027, 1, 20), "due_by": date(2027, 1, 20)}
THIS_YEAR = {"valid_until": date(2026, 12, 31), "due_by": date(2026, 12, 9)}
TOMORROW, TODAY = date(2026, 11, 24), date(2026, 11, 23)


@pytest.mark.parametrize(
    ("known", "title", "banner", "tone", "action"),
    [
        ({**NEXT_YEAR}, "您今年不用来，\n已经认证过了", "今年不用来", Tone.OK, ""),
        (
            {**NEXT_YEAR, "opens_on": TODAY},
            "您今年不用来，\n已经认证过了",
            "今年不用来",
            Tone.OK,
            "提前做一次",
        ),
        (
            {**THIS_YEAR, "opens_on": TOMORROW},
            "您现在不用来，\n2026年11月24日起再来",
            "现在不用来",
            Tone.OK,
            "",
        ),
        ({**THIS_YEAR}, "您现在不用来，\n已经认证过了", "现在不用来", Tone.OK, ""),
        (
            {**THIS_YEAR, "opens_on": TODAY},
            "可以办下一次了，\n请在 2026年12月9日前做好",
            "可以办下一次了",
            Tone.GO,
            "现在就做",
        ),
        (
            {**THIS_YEAR, "due_by": TODAY, "opens_on": TODAY},
            "可以办下一次了，\n请在今天做好",
            "可以办下一次了",
            Tone.GO,
            "现在就做",
        ),
    ],
)
def test_our_own_words_for_who_is_certified(
    known: dict[str, Any], title: str, banner: str, tone: Tone, action: str
) -> None:
    known_page = page(**known)
    assert qualify.own_title(known_page) == title
    drawn = my_page.banner(known_page)
    assert drawn is not None
    assert (drawn.title, drawn.tone, drawn.action) == (f"资格认证：{banner}", tone, action)


def test_no_title_of_ours_says_this_year_to_who_comes_this_year() -> None:
    """Day by day to the end of the year: 今年不用来 only when the day it should be done by is in another one."""
    for due_by in (date(2026, 11, 23), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29)):
        for opens_on in (None, date(2026, 11, 1), date(2026, 12, 1), date(2027, 6, 1)):
            known_page = page(due_by=due_by, valid_until=due_by, opens_on=opens_on)
            drawn = my_page.banner(known_page)
            assert drawn is not None
            said = qualify.own_title(known_page) + drawn.title
            assert ("今年不用来" in said) == (due_by.year > 2026)


def test_the_centres_words_are_shown_as_they_are_before_anything_is_asked(
    folks: Township, visitor: Visitor
) -> None:
    somebody = folks.somebody("valid")
    known = somebody.page.certification
    assert known.title and known.note
    desk = visit(visitor, somebody.card, FIRST, LEAVE)
    assert desk.trace == ["Home", "PresentCard", "Working", "Attention", "MyPage", "Goodbye"]
    (told,) = desk.told
    assert (told.title, "".join(told.body), told.tone) == (known.title, known.note, "ok")
    assert known.valid_until and dates.long_date(known.valid_until) in told.body[0]
    assert known.certified_on and dates.long_date(known.certified_on) in told.body[0]
    assert known.source and known.source in told.body[0]


def test_who_wants_to_may_do_the_next_one_early(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(), outcome())
    somebody = folks.somebody("valid", early=True)
    to_be_renewed = standing.is_to_be_renewed(somebody.page)
    do, leave = (FIRST, SECOND) if to_be_renewed else (SECOND, FIRST)
    desk = visit(visitor, somebody.card, leave, CERTIFY, BACK, LEAVE)
    words = texts.CERT_DO if to_be_renewed else texts.CERT_EARLY
    assert (desk.told[0].first if to_be_renewed else desk.told[0].second) == words
    banner = desk.last(views.MyPage).certification
    assert banner is not None and banner.action == words
    desk = visit(visitor, somebody.card, do, FACE, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED


@pytest.mark.parametrize(("answer", "goes_on"), [(FIRST, True), (SECOND, False)])
def test_who_should_renew_this_year_is_asked_to(visitor: Visitor, answer: Any, goes_on: bool) -> None:
    kiosk, asked = visitor.start_if_off().kiosk, []

    class Desk:
        def ask(self, view: Any) -> Any:
            asked.append(view)
            return answer

    object.__setattr__(kiosk, "desk", Desk())
    known_page = page(**THIS_YEAR, opens_on=TODAY, title="资格认证：可以办下一次了", note="请尽早。今天也行")
    assert qualify.tell_first(kiosk, known_page) is goes_on
    (told,) = asked
    assert (told.title, told.body) == ("资格认证：可以办下一次了", ("请尽早。", "今天也行"))
    assert (told.tone, told.first, told.second) == ("go", "现在就做", "以后再做")


# --- what is due, first ----------------------------------------------------------------------------------------------


def test_what_is_due_stands_over_the_ways_in_the_centres_words(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth()
    for state in ("due", "overdue"):
        somebody = folks.somebody(state)
        known = somebody.page.certification
        view = visit(visitor, somebody.card, BACK, LEAVE).last(views.ChooseWay)
        assert known.title and (view.title, view.note) == (known.title, known.note)
        assert not view.due or view.due not in view.note  # said once


def test_a_refused_comparison_is_told_before_the_ways(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.REVIEW), outcome())
    somebody = folks.somebody("due")
    visit(visitor, somebody.card, FACE, FaceWay.COMPARE, SIGNED, DONE)
    service = folks.central.service
    with service.database.write() as connection:
        now_ms = service.settings.clock.now_ms()
        operators.add(connection, "孙复核", operators.Role.REVIEWER, card_number(900), at_ms=now_ms)
        service.reviews.decide(connection, newest(visitor), "孙复核", False, "看不清", at_ms=now_ms)
    view = visit(visitor, somebody.card, BACK, LEAVE).last(views.ChooseWay)
    assert "换一种方式" in view.title and "照片没能核对出来，不要紧" in view.note
    assert view.due and view.due not in view.note


def test_the_choice_speaks_what_it_shows_first() -> None:
    ways_ = (views.WayOption(FACE, texts.WAY_FACE_NOTE),)
    book = spoken.Book({"due": "资格认证：该做这一次了。", "choose_way": texts.WAY_TITLE + texts.WAY_NOTE})
    view = views.ChooseWay(
        views.Steps(views.CERTIFY_STEPS, 1), ways_, "2026-02", title="资格认证：该做这一次了", note="两分钟"
    )
    assert spoken.speech(view, book).lines == ("due", "choose_way")


def test_without_the_centres_words_no_day_is_named_that_has_passed() -> None:
    past = page(state=CertificationState.DUE, valid_until=date(2026, 10, 1))
    drawn = my_page.banner(past)
    assert drawn is not None and drawn.note == texts.CERT_DUE_NOTE_OPEN
    coming = page(state=CertificationState.DUE, due_by=date(2027, 1, 3))
    drawn = my_page.banner(coming)
    assert drawn is not None and drawn.note == "请在 2027年1月3日前做好"


def test_the_day_is_the_districts_wherever_the_answers_clock_stands() -> None:
    """17:00 on the 30th in Greenwich is the 31st here, and the 31st is the last day."""
    at = datetime.fromisoformat("2026-12-30T17:00:00+00:00")
    last = page(at, state=CertificationState.DUE, due_by=date(2026, 12, 31))
    assert standing.by_when(last) == "请在今天做好"


def test_nothing_of_ours_says_once_a_year() -> None:
    """Some benefits ask twice; central knows which, and says it."""
    ours = (*texts.CONSENT_RULES, *texts.TILE_CERTIFICATION, *texts.NOT_NEEDED_BODY)
    ours += tuple(word for name, word in vars(texts).items() if name.startswith("CERT_"))
    assert "每年" not in "".join(ours)


def test_without_a_face_the_steps_promise_none(folks: Township, visitor: Visitor) -> None:
    from kiosk.face.booth import BoothState

    visitor.booth = booth(state=BoothState.NO_CAMERA)
    view = visit(visitor, folks.somebody("due", "overdue").card, BACK, LEAVE).last(views.ChooseWay)
    assert Step.FACE not in view.steps.steps and view.steps.steps[view.steps.now] is Step.CHOOSE_WAY


def test_after_staff_the_steps_claim_no_face(folks: Township, visitor: Visitor) -> None:
    answers = (WayKey.STAFF, visitor.place(folks.staff), WORLD, "chosen", visitor.take, DONE)
    view = visit(visitor, folks.somebody("due", "overdue").card, *answers).last(views.Certified)
    assert Step.STAFF in view.steps.steps and Step.FACE not in view.steps.steps


# --- from when to when -----------------------------------------------------------------------------------------------


def test_the_result_says_from_when_the_next_one_can_be_done(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, FACE, CertifiedButton.PRINT, DONE)
    now = visitor.page(somebody.card).certification
    assert now.opens_on and now.due_by
    view = desk.last(views.Certified)
    assert (view.next_from, view.next_date) == (dates.long_date(now.opens_on), dates.long_date(now.due_by))
    slip = "".join(visitor.stand.printer.sheets[-1].text).replace(" ", "")
    assert f"{dates.long_date(now.opens_on)}起就可以办" in slip


# --- a consent that is taken back ------------------------------------------------------------------------------------


def test_it_is_asked_once_more_and_a_slip_of_a_finger_takes_nothing_back(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    desk = visit(
        visitor,
        folks.somebody("due", "overdue").card,
        *(FACE, FaceWay.COMPARE, SIGNED, WITHDRAW, SECOND, DONE),
    )
    assert told_title(desk) == [texts.WITHDRAW_ASK_TITLE]
    assert entries(visitor)[0][-1] == "sent"
    assert states_of(folks, newest(visitor))[-1] == "under_review"


def test_at_the_result_the_centre_hears_it_at_once_and_the_ways_come_next(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = booth(outcome(End.REVIEW), outcome())
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, FACE, FaceWay.COMPARE, SIGNED, WITHDRAW, FIRST, FIRST, FACE, DONE)
    assert told_title(desk) == [texts.WITHDRAW_ASK_TITLE, texts.WITHDRAWN_TITLE]
    assert desk.told[-1].body == texts.WITHDRAWN_BODY
    told_at = max(at for at, name in enumerate(desk.trace) if name == "Attention")
    after = [name for name in desk.trace[told_at + 1 :] if name != "Working"]
    assert after == ["ChooseWay", "FaceLook", "Certified", "Goodbye"]
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    withdrawn, _ = entries(visitor)
    assert withdrawn[-2:] == ["left", "let_go"]  # no sweep of the outbox in between


def test_or_at_another_kiosk_on_another_day(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NO_MATCH))
    person = folks.somebody("due", "overdue").card
    visit(visitor, person, FACE, FaceWay.COMPARE, SIGNED, DONE)
    check_id = newest(visitor)
    desk = visit(visitor, person, SECOND, SECOND, SECOND, FIRST, FIRST, BACK, LEAVE)
    assert told_title(desk) == [
        *(texts.REVIEWING_TITLE, texts.WITHDRAW_ASK_TITLE),  # not meant
        *(texts.REVIEWING_TITLE, texts.WITHDRAW_ASK_TITLE, texts.WITHDRAWN_TITLE),
    ]
    assert states_of(folks, check_id)[-1] == "withdrawn"
    view = desk.last(views.ChooseWay)
    assert WayKey.FACE in [way.key for way in view.ways]
    banner = desk.last(views.MyPage).certification
    assert banner is not None and banner.tone is Tone.GO and "核对" not in banner.title


def test_what_the_centre_has_not_heard_is_still_no_waiting_and_no_door(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    person = folks.somebody("due", "overdue").card
    visit(visitor, person, FACE, FaceWay.COMPARE, SIGNED, DONE)
    api = visitor.start_if_off().kiosk.api

    def silent(*_: str) -> wire.CheckReply:
        raise Unreachable("withdraw_check")

    monkeypatch.setattr(api, "withdraw_check", silent)
    desk = visit(visitor, person, SECOND, FIRST, FIRST, BACK, LEAVE)
    assert desk.told[-1].body == texts.WITHDRAWN_KEPT_BODY
    assert [name for name in desk.trace if name != "Working"][-3:] == ["ChooseWay", "MyPage", "Goodbye"]
    banner = desk.last(views.MyPage).certification
    assert banner is not None and "核对" not in banner.title + banner.note
    monkeypatch.undo()
    visitor.sweep()
    assert states_of(folks, newest(visitor))[-1] == "withdrawn"


def test_a_page_that_does_not_come_again_shows_nobody_the_door(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    person = folks.somebody("due", "overdue").card

    def cut() -> None:
        def refused(_: wire.Lookup) -> wire.MyPage:
            raise Refused("visit", wire.ProblemCode.INVALID_REQUEST)

        monkeypatch.setattr(visitor.start_if_off().kiosk.api, "visit", refused)

    answers = (FACE, FaceWay.COMPARE, SIGNED, visitor.do(cut), WITHDRAW, FIRST, FIRST, FIRST)
    desk = visit(visitor, person, *answers, visitor.do(monkeypatch.undo), BACK, LEAVE)
    assert "ChooseWay" in desk.trace[desk.trace.index("Certified") :]


# --- somebody comes to the house -------------------------------------------------------------------------------------


def test_no_visit_is_booked_by_a_slip_of_a_finger(folks: Township, visitor: Visitor) -> None:
    from tests.kiosk.qualifying import visits_at_home

    desk = visit(visitor, folks.somebody("due", "overdue").card, WayKey.HOME_VISIT, SECOND, BACK, LEAVE)
    assert told_title(desk) == [texts.VISIT_ASK_TITLE]
    assert desk.trace.count("ChooseWay") == 2
    assert visits_at_home(visitor) == []


def test_the_second_wish_shows_and_prints_the_number_of_the_first(folks: Township, visitor: Visitor) -> None:
    from kiosk.registrar import HOME_VISIT

    person = folks.somebody("due", "overdue").card
    visit(visitor, person, WayKey.HOME_VISIT, FIRST, FIRST, LEAVE)
    first = newest(visitor, HOME_VISIT)
    desk = visit(visitor, person, WayKey.HOME_VISIT, FIRST, SECOND, FIRST, LEAVE)
    second = newest(visitor, HOME_VISIT)
    assert first != second
    booked = desk.told[1]
    assert f"预约号 {first}" in booked.body
    slip = "".join(visitor.stand.printer.sheets[-1].text).replace(" ", "")
    assert first in slip and second not in slip


def test_who_has_no_telephone_is_promised_no_call(folks: Township, visitor: Visitor) -> None:
    from sqlalchemy import update

    from central import tables

    somebody = folks.somebody("due", "overdue")
    mine = tables.persons.c.person_id == somebody.page.person_id
    with folks.central.service.database.write() as connection:
        connection.execute(update(tables.persons).where(mine).values(phone=None))
    told = visit(visitor, somebody.card, WayKey.HOME_VISIT, FIRST, FIRST, LEAVE).told[-1]
    assert "打电话" not in told.title and "没有登记电话" in "".join(told.body)


def test_the_telephone_is_the_persons_own(folks: Township, visitor: Visitor) -> None:
    told = visit(visitor, folks.somebody("due", "overdue").card, WayKey.HOME_VISIT, FIRST, FIRST, LEAVE).told[
        -1
    ]
    assert any(line.startswith("来以前先打您的电话 1") and "•" in line for line in told.body)
