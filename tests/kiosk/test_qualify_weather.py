"""The yearly check when the line is dead, when answers are lost and when the machine goes dark: done once, told once, lost never."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from kiosk import dates, events, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.face.guidance import End
from kiosk.face.zones import Source
from kiosk.registrar import CHECK
from kiosk.seal import ReceiverKey
from kiosk.views import (
    BACK,
    AttentionButton,
    CertifiedButton,
    CertifiedState,
    FaceWay,
    WayKey,
)
from stand.proxy import Fault
from tests.booth import PICTURE
from tests.desk import HOME, WORLD
from tests.kiosk.qualifying import (
    CERTIFY,
    LEAVE,
    PHOTO,
    SIGNED,
    Township,
    answered,
    booth,
    entries,
    kept_on_disk,
    newest,
    outcome,
    states_of,
    visit,
    visits_at_home,
)
from tests.visitor import Visitor

FIRST, SECOND, DONE = AttentionButton.FIRST, AttentionButton.SECOND, CertifiedButton.DONE
FACE = WayKey.FACE
NOBODY = wire.CheckEvidence(
    end=wire.CheckEnd.NOBODY, ended_at=datetime(2026, 11, 23, 9, 26, tzinfo=dates.CHINA)
)


@pytest.fixture
def visitor(kiosk_for_checks: Visitor) -> Visitor:
    return kiosk_for_checks


@pytest.fixture
def cut(visitor: Visitor) -> Any:
    return visitor.do(lambda: setattr(visitor.stand.network, "cut", True))


@pytest.fixture
def heal(visitor: Visitor) -> Any:
    return visitor.do(visitor.stand.network.healthy)


def next_exchanges(visitor: Visitor, *faults: Fault) -> Any:
    """What goes wrong with the next exchanges, one each; then the line is sound."""
    coming = iter(faults)

    def meddle() -> None:
        visitor.stand.network.choose = lambda: next(coming, Fault.NONE)

    return visitor.do(meddle)


def certifications(folks: Township, check_id: str) -> int:
    """How many certifications central holds for a check."""
    from sqlalchemy import func, select

    from central import tables

    table = tables.certifications
    with folks.central.service.database.read() as connection:
        query = select(func.count()).where(table.c.check_id == check_id)
        return int(connection.execute(query).scalar_one())


# --- at the start ----------------------------------------------------------------------------------------------------


def test_without_the_centre_no_camera_opens_and_nothing_is_lost(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    visitor.booth = ready = booth(outcome())
    person = folks.somebody("due", "overdue").card
    desk = visit(visitor, person, cut, FACE, BACK, heal, BACK, LEAVE)
    view = desk.last(views.FaceOtherWays)
    assert view.title == texts.FACE_OFFLINE_TITLE and "待遇不受影响" in view.note
    offered = [each.key if isinstance(each, views.WayOption) else each for each in view.options]
    assert offered == [FaceWay.AGAIN, WayKey.HOME_VISIT, WayKey.PHONE, WayKey.WINDOW]  # staff need it too
    assert view.again_note == texts.WAY_AGAIN_NETWORK
    assert ready.sittings[0].brief is None and ready.sittings[0].closed
    visitor.sweep()
    assert entries(visitor) == [["begun", "left", "let_go"]]


def test_and_again_when_it_answers(folks: Township, visitor: Visitor, cut: Any, heal: Any) -> None:
    visitor.booth = booth(outcome(), outcome())
    desk = visit(visitor, folks.somebody("due", "overdue").card, cut, FACE, heal, FaceWay.AGAIN, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    visitor.sweep()
    assert [each[-1] for each in entries(visitor)] == ["let_go", "answered"]


def test_references_whose_answer_was_lost_are_asked_for_under_a_new_check(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = ready = booth(outcome())
    lost = next_exchanges(visitor, Fault.LOSE_REPLY)
    desk = visit(visitor, folks.somebody("due", "overdue").card, lost, FACE, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    (sitting,) = ready.sittings
    assert sitting.references == [(Source.PHOTO, b"\x01" + PHOTO)]
    visitor.sweep()
    assert entries(visitor) == [
        [
            "begun",
            "refused",
            "left",
            "let_go",
        ],  # the pictures of this one were given once; it is over at central too
        ["begun", "granted", "evidence", "answered"],
    ]
    assert states_of(folks, first_check(visitor)) == ["open", "not_recognised", "withdrawn"]


# --- at the end ------------------------------------------------------------------------------------------------------


def test_done_here_and_delivered_when_the_line_is_back(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    visitor.booth = booth(outcome())
    person = folks.somebody("due", "overdue")
    desk = visit(visitor, person.card, FACE, cut, DONE)
    view = desk.last(views.Certified)
    assert (view.state, view.next_date) == (CertifiedState.PENDING, "")
    assert entries(visitor) == [["begun", "granted", "evidence"]]
    visitor.sweep(2)
    assert entries(visitor) == [["begun", "granted", "evidence"]]
    visitor.stand.network.healthy()
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    assert visitor.page(person.card).certification.state is wire.CertificationState.VALID
    assert '"outbox_delivered"' in visitor.log_text.getvalue()


def test_what_an_earlier_version_asked_waits_in_the_journal_and_certifies_nobody(
    folks: Township, visitor: Visitor, cut: Any
) -> None:
    """Three different actions were once enough.  The person comes again; what is told later is told all the same."""
    older = answered(0)[:3]
    visitor.booth = booth(outcome(asked=older), outcome())
    person, other = folks.somebody("due", "overdue"), folks.somebody("due", "overdue")
    visit(visitor, person.card, FACE, cut, DONE)
    old = newest(visitor)
    visitor.stand.network.healthy()
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    assert states_of(folks, old) == ["open", "not_recognised"] and certifications(folks, old) == 0
    desk = visit(visitor, other.card, FACE, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED


def test_a_lost_answer_certifies_once(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    lost = next_exchanges(visitor, Fault.LOSE_REPLY)
    desk = visit(visitor, folks.somebody("due", "overdue").card, FACE, lost, DONE)
    assert desk.last(views.Certified).state is CertifiedState.PENDING
    visitor.sweep()
    assert certifications(folks, newest(visitor)) == 1
    assert entries(visitor)[0][-1] == "answered"


def test_not_recognised_without_a_line_is_told_later_too(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    visitor.booth = booth(outcome(End.NOT_DONE))
    desk = visit(visitor, folks.somebody("due", "overdue").card, FACE, cut, BACK, heal, BACK, LEAVE)
    assert desk.last(views.FaceOtherWays).title == texts.NOT_RECOGNISED_TITLE
    visitor.sweep()
    assert states_of(folks, newest(visitor)) == ["open", "not_recognised"]


def test_a_picture_that_cannot_be_sent_goes_later_as_it_was_signed_and_central_is_told_first(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    answers = (FACE, cut, FaceWay.COMPARE, SIGNED, heal, FIRST, DONE)
    desk = visit(visitor, folks.somebody("due", "overdue").card, *answers)
    (told,) = desk.told
    assert (told.title, told.first) == (texts.PICTURE_NOT_SENT_TITLE, texts.PICTURE_AGAIN)
    assert desk.trace.count("SignForReview") == 1
    assert desk.last(views.Certified).state is CertifiedState.UNDER_REVIEW
    assert states_of(folks, newest(visitor)) == ["open", "not_recognised", "under_review"]


@pytest.mark.parametrize("dark", [False, True], ids=["line back", "power cut"])
def test_evidence_is_told_however_often_a_picture_was_sent_in_vain(
    folks: Township, visitor: Visitor, cut: Any, heal: Any, dark: bool
) -> None:
    """How the check ended was on disk first and is owed until central answers, whatever was signed for after it."""
    visitor.booth = booth(outcome(End.REVIEW))
    answers = (FACE, cut, FaceWay.COMPARE, SIGNED, FIRST, FIRST, SECOND, BACK, BACK, SECOND)
    desk = visit(visitor, folks.somebody("due", "overdue").card, *answers)
    assert [view.title for view in desk.told[:3]] == [texts.PICTURE_NOT_SENT_TITLE] * 3
    # nothing left: nothing to take back
    assert desk.last(views.FaceOtherWays).title == texts.NOT_RECOGNISED_TITLE
    assert entries(visitor) == [["begun", "granted", "evidence"]]  # no picture goes before what it belongs to
    if dark:
        visitor.power_cut()
    visitor.stand.network.healthy()
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    assert states_of(folks, newest(visitor)) == ["open", "not_recognised"]


def picture_kept(folks: Township, check_id: str) -> bool:
    from central import pictures

    service = folks.central.service
    with service.database.read() as connection:
        return pictures.stored(connection, service.keys, check_id) is not None


def test_a_picture_whose_answer_was_lost_is_sent_again_as_it_was(folks: Township, visitor: Visitor) -> None:
    """Central has it: nobody is told that it was not sent, nobody signs twice, and central answers the same bytes alike."""
    visitor.booth = ready = booth(outcome(End.REVIEW))
    lost = next_exchanges(visitor, Fault.LOSE_REPLY)

    def die() -> None:
        ready.sittings[0].close()  # what was sealed once needs no worker to be sealed again

    answers = (FACE, FaceWay.COMPARE, lost, SIGNED, visitor.do(die), FIRST, DONE)
    desk = visit(visitor, folks.somebody("due", "overdue").card, *answers)
    (told,) = desk.told
    assert (told.title, told.first) == (texts.PICTURE_UNKNOWN_TITLE, texts.PICTURE_AGAIN)
    assert "没有送出" not in told.title + "".join(told.body)
    assert desk.trace.count("SignForReview") == 1
    view = desk.last(views.Certified)
    assert (view.state, view.can_withdraw) == (CertifiedState.UNDER_REVIEW, True)
    assert entries(visitor) == [["begun", "granted", "evidence", "answered", "picture", "sent"]]
    assert states_of(folks, newest(visitor)) == ["open", "not_recognised", "under_review"]


@pytest.mark.parametrize("leaving", ["another way", "home"])
def test_a_picture_that_nobody_waits_for_goes_from_central_too(
    folks: Township, visitor: Visitor, leaving: str
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    somebody = folks.somebody("due", "overdue")
    lost = next_exchanges(visitor, Fault.LOSE_REPLY)
    there: list[bool] = []
    look = visitor.do(lambda: there.append(picture_kept(folks, newest(visitor))))

    script = {
        "another way": (
            SECOND,
            WayKey.STAFF,
            visitor.place(folks.staff),
            WORLD,
            "chosen",
            visitor.take,
            DONE,
        ),
        "home": (HOME,),
    }[leaving]
    desk = visit(visitor, somebody.card, FACE, FaceWay.COMPARE, lost, SIGNED, look, *script)
    assert there == [True]
    if leaving == "another way":  # at once: whoever is looked at by a person cannot be confirmed by staff
        title = [view.title for view in desk.seen if isinstance(view, views.FaceOtherWays)][-1]
        assert title == texts.PICTURE_LEFT_TITLE
        assert desk.last(views.Certified).state is CertifiedState.UNDER_REVIEW
    visitor.sweep()
    face = entries(visitor)[0]
    assert face == ["begun", "granted", "evidence", "answered", "picture", "left", "let_go"]
    check_id = first_check(visitor)
    assert states_of(folks, check_id)[-2:] == ["under_review", "withdrawn"]
    assert not picture_kept(folks, check_id)


@pytest.mark.parametrize("heard", [True, False], ids=["central has it", "never left"])
def test_a_picture_that_was_on_its_way_when_the_machine_went_dark_is_taken_back_at_the_next_start(
    folks: Township, visitor: Visitor, heard: bool
) -> None:
    """A dead machine writes nothing any more: the journal ends with the picture."""
    visitor.booth = booth(outcome(End.REVIEW))
    somebody = folks.somebody("due", "overdue")
    api = visitor.start_if_off().kiosk.api
    send, written = api.send_picture, visitor.start_if_off().journal

    def dark(check_id: str, picture: wire.ReviewPicture) -> Any:
        if heard:
            send(check_id, picture)
        written.append = died  # type: ignore[method-assign]
        raise Cut

    def died(*_: Any) -> Any:
        raise Cut

    api.send_picture = dark  # type: ignore[method-assign]
    with pytest.raises(Cut):
        visit(visitor, somebody.card, FACE, FaceWay.COMPARE, SIGNED)
    visitor.power_cut()
    visitor.start()
    assert entries(visitor)[0][-2:] == ["picture", "left"]
    for _ in range(2):
        visitor.power_cut()
        visitor.start()
    visitor.sweep()
    assert entries(visitor)[0][-3:] == ["picture", "left", "let_go"]
    assert states_of(folks, newest(visitor))[-1] == "withdrawn"
    assert not picture_kept(folks, newest(visitor))


def first_check(visitor: Visitor) -> str:
    return next(iter(visitor.start_if_off().journal.subjects_last(CHECK))).removeprefix(CHECK)


def test_a_picture_that_central_refuses_is_taken_back(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NO_MATCH))

    visitor.start_if_off().kiosk.api.send_picture = refusing("send_picture")  # type: ignore[method-assign]
    person = folks.somebody("due", "overdue").card
    desk = visit(visitor, person, FACE, FaceWay.COMPARE, SIGNED, FIRST, BACK, BACK, LEAVE)
    assert [view.title for view in desk.told] == [texts.PICTURE_REFUSED_TITLE]
    assert desk.last(views.FaceOtherWays).title == texts.PICTURE_LEFT_TITLE
    assert entries(visitor)[0][-3:] == ["picture", "left", "let_go"]


def test_what_is_owed_is_owed_whatever_was_written_after_it(folks: Township, visitor: Visitor) -> None:
    machine = visitor.start_if_off()
    registrar = machine.kiosk.registrar
    page = folks.somebody("due", "overdue").page
    check_id = registrar.begin(page.person_id, wire.CONSENT_VERSION)
    registrar.ask_grant(check_id, ReceiverKey().public, page.visit)
    registrar.keep(check_id, NOBODY)
    machine.journal.append(CHECK + check_id, "picture", {"consent_version": wire.CONSENT_VERSION})
    registrar.leave(check_id)
    assert not registrar.recover(CHECK + check_id)
    assert registrar.settle(CHECK + check_id)
    assert entries(visitor)[0][-2:] == ["answered", "let_go"]
    assert registrar.recover(CHECK + check_id)


# --- the wall is set -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_ms", [600_000, -600_000], ids=["was fast", "was slow"])
def test_a_clock_that_is_set_right_while_the_camera_looks_changes_nothing(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, off_ms: int
) -> None:
    visitor.booth = booth(outcome())
    right = visitor.clock.wall_ms
    monkeypatch.setattr(visitor.clock, "wall_ms", lambda: right() + off_ms)
    set_right = visitor.do(lambda: monkeypatch.setattr(visitor.clock, "wall_ms", right))
    desk = visit(visitor, folks.somebody("due", "overdue").card, FACE, set_right, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    assert states_of(folks, newest(visitor)) == ["open", "accepted"]


# --- power cuts ------------------------------------------------------------------------------------------------------


class Cut(Exception):
    """The machine goes dark."""


@pytest.mark.parametrize("reached", [False, True])
def test_between_disk_and_line_nothing_is_lost_and_nothing_is_done_twice(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, reached: bool
) -> None:
    """``reached``: central had heard it when the power went."""
    visitor.booth = booth(outcome())
    person = folks.somebody("due", "overdue")
    api = visitor.start_if_off().kiosk.api
    send = api.send_evidence

    def dark(*evidence: Any) -> Any:
        if reached:
            send(*evidence)
        raise Cut

    monkeypatch.setattr(api, "send_evidence", dark)
    with pytest.raises(Cut):
        visit(visitor, person.card, FACE)
    check_id = newest(visitor)
    visitor.power_cut()
    visitor.start()
    assert entries(visitor) == [["begun", "granted", "evidence"]]
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    assert certifications(folks, check_id) == 1
    visitor.power_cut()
    assert visitor.start().kiosk.outbox._cases == {}


@pytest.mark.parametrize("step", ["start_check", "granted"])
def test_a_check_that_was_under_way_is_left_at_the_next_start(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    visitor.booth = ready = booth(outcome())
    machine = visitor.start_if_off()

    def dark(*_: Any) -> Any:
        raise Cut

    script: tuple[Any, ...] = ()
    if step == "start_check":
        monkeypatch.setattr(machine.kiosk.api, "start_check", dark)
    else:
        script = (visitor.do(dark),)  # while it looks
    with pytest.raises(Cut):
        visit(visitor, folks.somebody("due", "overdue").card, FACE, *script)
    assert ready.sittings[0].closed
    visitor.power_cut()
    visitor.start()  # before anybody is asked it is on disk that nothing is to be taken
    assert entries(visitor)[0][-1] == "left"
    visitor.sweep()
    assert entries(visitor)[0][-2:] == ["left", "let_go"]


def test_a_second_start_writes_nothing_more(folks: Township, visitor: Visitor) -> None:
    registrar = visitor.start_if_off().kiosk.registrar
    registrar.begin(folks.somebody("due", "overdue").page.person_id, wire.CONSENT_VERSION)
    visitor.stand.network.cut = True
    for _ in range(3):
        visitor.power_cut()
        visitor.start()
        visitor.sweep(1)
    assert entries(visitor) == [["begun", "left"]]


# --- staff and visits ------------------------------------------------------------------------------------------------


def test_staff_are_asked_to_stay_until_the_centre_has_heard(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    card = visitor.place(folks.staff)
    answers = (WayKey.STAFF, card, WORLD, cut, "chosen", heal, FIRST, visitor.take, DONE)
    desk = visit(visitor, folks.somebody("due", "overdue").card, *answers)
    assert [view.title for view in desk.told] == [texts.STAFF_NOT_SENT_TITLE]
    assert entries(visitor) == [["assisted", "assisted", "answered"]]
    assert states_of(folks, newest(visitor)) == ["open", "under_review"]


def test_staff_who_cannot_wait_are_told_to_nobody(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    """Their card is on no disk: nothing can ask for them later, and nothing says that it will."""
    card = visitor.place(folks.staff)
    answers = (WayKey.STAFF, card, WORLD, cut, "chosen", SECOND, heal, visitor.take, BACK, LEAVE)
    visit(visitor, folks.somebody("due", "overdue").card, *answers)
    visitor.power_cut()
    assert visitor.start().kiosk.outbox._cases == {}


def test_a_visit_at_home_is_kept_and_booked_when_the_line_is_back(
    folks: Township, visitor: Visitor, cut: Any
) -> None:
    desk = visit(visitor, folks.somebody("due", "overdue").card, WayKey.HOME_VISIT, cut, FIRST, FIRST, SECOND)
    assert desk.told[1].title == texts.VISIT_KEPT_TITLE
    assert visits_at_home(visitor) == [["asked"]]
    visitor.power_cut()
    visitor.stand.network.healthy()
    visitor.start()
    visitor.sweep()
    assert visits_at_home(visitor) == [["asked", "booked"]]


def test_a_visit_that_was_kept_is_booked_before_the_page_is_shown_again(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    person = folks.somebody("due", "overdue").card
    visit(visitor, person, WayKey.HOME_VISIT, cut, FIRST, FIRST, heal, FIRST, LEAVE)
    assert visits_at_home(visitor) == [["asked", "booked"]]


# --- what was done here and not delivered ----------------------------------------------------------------------------


def only_visits(visitor: Visitor) -> Any:
    """The line carries the question for a page, and nothing of a check."""

    return visitor.do(lambda: setattr(visitor.start_if_off().kiosk.api, "send_evidence", silent))


def test_what_was_done_here_is_told_before_the_person_hears_that_it_is_due(
    folks: Township, visitor: Visitor, cut: Any
) -> None:
    visitor.booth = booth(outcome())
    somebody = folks.somebody("due")
    visit(visitor, somebody.card, FACE, cut, DONE)
    assert entries(visitor) == [["begun", "granted", "evidence"]]
    visitor.stand.network.healthy()
    desk = visit(visitor, somebody.card, FIRST, LEAVE)
    assert "ChooseWay" not in desk.trace and len(desk.told) == 1  # what holds now is said first
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    banner = desk.last(views.MyPage).certification
    assert banner is not None and banner.title == visitor.page(somebody.card).certification.title
    assert visitor.page(somebody.card).certification.state is wire.CertificationState.VALID
    visitor.sweep()
    assert certifications(folks, newest(visitor)) == 1


def test_what_waits_to_be_sent_is_not_offered_again(folks: Township, visitor: Visitor) -> None:
    visitor.booth = ready = booth(outcome(), outcome())
    somebody, other = folks.somebody("due"), folks.somebody("due")
    visit(visitor, somebody.card, FACE, only_visits(visitor), DONE)
    desk = visit(visitor, somebody.card, FIRST, CERTIFY, FIRST, LEAVE)
    assert [(view.title, view.second) for view in desk.told] == [(texts.WAITING_TITLE, "")] * 2
    banner = desk.last(views.MyPage).certification
    assert banner is not None
    assert (banner.title, banner.note) == (texts.CERT_WAITING_TITLE, texts.CERT_WAITING_NOTE)
    assert "ChooseWay" not in desk.trace and len(ready.sittings) == 1
    desk = visit(visitor, other.card, BACK, LEAVE)  # it waits for them alone
    assert "ChooseWay" in desk.trace


def test_a_check_that_was_not_passed_waits_for_nobody(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NOT_DONE))
    somebody = folks.somebody("due")
    visit(visitor, somebody.card, FACE, only_visits(visitor), BACK, BACK, LEAVE)
    assert "ChooseWay" in visit(visitor, somebody.card, BACK, LEAVE).trace


# --- what central refuses --------------------------------------------------------------------------------------------


def test_refused_evidence_is_parked_for_a_person_and_never_dropped(folks: Township, visitor: Visitor) -> None:
    """Central has never heard of this check: nobody here can decide that."""
    machine = visitor.start_if_off()
    check_id = machine.kiosk.registrar.begin(
        folks.somebody("due", "overdue").page.person_id, wire.CONSENT_VERSION
    )
    machine.journal.append(CHECK + check_id, "granted", {})
    machine.kiosk.registrar.keep(check_id, NOBODY)
    machine.kiosk.outbox.take_check(check_id)
    visitor.sweep(3)
    assert list(machine.kiosk.outbox._cases) == [CHECK + check_id]
    assert entries(visitor) == [["begun", "granted", "evidence", "parked"]]  # once on disk
    assert visitor.log_text.getvalue().count('"check_parked"') >= 2  # and at every refusal in the log
    visitor.power_cut()
    assert list(visitor.start().kiosk.outbox._cases) == [CHECK + check_id]


def refuse_evidence(visitor: Visitor) -> None:
    visitor.start_if_off().kiosk.api.send_evidence = refusing("send_evidence")  # type: ignore[method-assign]


def test_refused_evidence_is_told_as_not_done(folks: Township, visitor: Visitor) -> None:
    """Nobody goes home who was certified by no one: not kept, not later, another way."""
    visitor.booth = booth(outcome())
    somebody = folks.somebody("due", "overdue")
    refuse_evidence(visitor)
    desk = visit(visitor, somebody.card, FACE, BACK, BACK, LEAVE)
    view = desk.last(views.FaceOtherWays)
    assert (view.title, view.note) == (texts.FACE_IN_VAIN_TITLE, texts.FACE_IN_VAIN_NOTE)
    offered = [each.key if isinstance(each, views.WayOption) else each for each in view.options]
    assert offered[0] is WayKey.STAFF and FaceWay.AGAIN not in offered
    assert "Certified" not in desk.trace
    assert entries(visitor) == [["begun", "granted", "evidence", "parked"]]
    assert '"tries": 0' in visitor.log_text.getvalue()
    assert "ChooseWay" in visit(visitor, somebody.card, BACK, LEAVE).trace  # and it does not wait to be sent


def test_what_was_refused_keeps_nothing_else_from_being_told(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.booth = booth(outcome(), outcome())
    somebody = folks.somebody("due")
    with monkeypatch.context() as patched:
        patched.setattr(visitor.start_if_off().kiosk.api, "send_evidence", refusing("send_evidence"))
        visit(visitor, somebody.card, FACE, BACK, BACK, LEAVE)
    with monkeypatch.context() as patched:
        patched.setattr(visitor.start_if_off().kiosk.api, "send_evidence", silent)
        visit(visitor, somebody.card, FACE, DONE)
    visit(visitor, somebody.card, FIRST, LEAVE)
    assert [each[-1] for each in entries(visitor)] == ["parked", "answered"]


def refusing(call: str) -> Any:
    def refuse(*_: Any) -> Any:
        raise Refused(call, wire.ProblemCode.INVALID_REQUEST)

    return refuse


def silent(*_: Any) -> Any:
    raise Unreachable("send_evidence")


def test_evidence_refused_when_a_picture_was_signed_is_told_as_not_done(
    folks: Township, visitor: Visitor, cut: Any, heal: Any
) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    person = folks.somebody("due", "overdue").card
    refuse = visitor.do(lambda: refuse_evidence(visitor))
    answers = (FACE, cut, FaceWay.COMPARE, SIGNED, heal, refuse, FIRST, BACK, BACK, LEAVE)
    desk = visit(visitor, person, *answers)
    assert desk.last(views.FaceOtherWays).title == texts.FACE_IN_VAIN_TITLE
    assert entries(visitor) == [["begun", "granted", "evidence", "parked"]]


def test_a_visit_that_is_refused_is_told_as_not_booked(folks: Township, visitor: Visitor) -> None:
    visitor.start_if_off().kiosk.api.home_visit = refusing("home_visit")  # type: ignore[method-assign]
    person = folks.somebody("due", "overdue").card
    desk = visit(visitor, person, WayKey.HOME_VISIT, FIRST, FIRST, BACK, LEAVE)
    assert [view.title for view in desk.told[1:]] == [texts.VISIT_REFUSED_TITLE]
    assert "不用再来" not in "".join(desk.told[1].body) and desk.trace.count("ChooseWay") == 2
    assert visits_at_home(visitor) == [["asked", "parked"]]
    assert '"end": "booked"' not in visitor.log_text.getvalue()


def test_evidence_after_the_consent_was_taken_back_is_settled(folks: Township, visitor: Visitor) -> None:
    machine = visitor.start_if_off()
    registrar, api = machine.kiosk.registrar, machine.kiosk.api
    page = folks.somebody("due", "overdue").page
    check_id = registrar.begin(page.person_id, wire.CONSENT_VERSION)
    registrar.ask_grant(check_id, ReceiverKey().public, page.visit)
    api.withdraw_check(check_id)
    registrar.keep(check_id, NOBODY)
    reply = registrar.deliver(check_id)
    assert reply is not None and reply.state is wire.CheckState.WITHDRAWN
    assert registrar.settle(CHECK + check_id)


def test_an_answer_to_another_question_is_no_answer(visitor: Visitor) -> None:
    machine = visitor.start_if_off()
    registrar, api = machine.kiosk.registrar, machine.kiosk.api
    other = "WD001-99999999-BBBBBBBBBB"
    checked = wire.CheckReply(check_id=other, state=wire.CheckState.ACCEPTED)
    for name, reply in {
        "start_check": wire.CheckGrant(check_id=other, review_key="00" * 32),
        "send_evidence": checked,
        "withdraw_check": checked,
        "home_visit": wire.HomeVisitReply(request_id=other, within_days=3),
    }.items():
        setattr(api, name, lambda *_, reply=reply: reply)
    check_id = registrar.begin("p00000001", wire.CONSENT_VERSION)
    with pytest.raises(Unreachable):
        registrar.ask_grant(check_id, bytes(32), "")
    registrar.keep(check_id, NOBODY)
    assert registrar.deliver(check_id) is None
    registrar.leave(check_id)
    assert not registrar.settle(CHECK + check_id)
    assert entries(visitor) == [["begun", "evidence", "left"]]
    assert registrar.book(registrar.ask_home_visit("p00000001")) is None
    assert visits_at_home(visitor) == [["asked"]]


# --- nothing of the person stays -------------------------------------------------------------------------------------


def test_nothing_personal_is_on_any_disk(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(), outcome(End.NO_MATCH), outcome(End.NOT_DONE))
    people = [folks.somebody("due", "overdue") for _ in range(4)]
    visit(visitor, people[0].card, FACE, CertifiedButton.PRINT, DONE)
    visit(visitor, people[1].card, FACE, FaceWay.COMPARE, SIGNED, CertifiedButton.WITHDRAW, FIRST, HOME)
    visit(visitor, people[2].card, FACE, WayKey.HOME_VISIT, FIRST, SECOND, FIRST, LEAVE)
    staff = visitor.place(folks.staff)
    visit(visitor, people[3].card, WayKey.STAFF, staff, WORLD, "machine", visitor.take, DONE)
    visitor.sweep()
    visitor.power_cut()
    kept = kept_on_disk(visitor)
    assert len(kept) > 10_000 and people[0].page.person_id.encode() in kept  # there is something to search
    secrets = [text for each in people for text in each.secrets]
    secrets += [folks.staff["number"], folks.staff["name"]]
    for text in secrets:
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            assert text.encode(encoding) not in kept
    for picture in (PICTURE, PHOTO, PICTURE.hex().encode(), b"strokes", b"[100,500]"):
        assert picture not in kept


def test_the_events_of_a_check_name_nobody(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    visit(visitor, folks.somebody("due", "overdue").card, FACE, DONE)
    log = visitor.log_text.getvalue()
    assert f'"check_id": "{newest(visitor)}"' in log
    assert '"qualification_ended", "end": "accepted", "way": "face", "tries": 0' in log
    assert "?" not in log.replace('"where"', "")
    assert events.CheckBegun in events.EVENTS
