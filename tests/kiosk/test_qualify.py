"""The yearly check as a trace: what is said before anything is asked, every way, every end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk import dates, texts, views, wire
from kiosk.config import FaceChip
from kiosk.face.booth import BoothState
from kiosk.face.guidance import Action, Asked, Comparison, Doubt, End, Guidance, Outcome, Phase
from kiosk.face.reference_format import StoredChip, write
from kiosk.face.verdicts import Flaw
from kiosk.face.zones import Source, Zone
from kiosk.flows import face_check
from kiosk.registrar import CHECK
from kiosk.seal import ReceiverKey
from kiosk.views import (
    BACK,
    AttentionButton,
    CertifiedButton,
    CertifiedState,
    FaceButton,
    FaceWay,
    WayKey,
)
from tests.booth import FakeBooth, looking
from tests.central import sitter
from tests.desk import HOME, WORLD
from tests.kiosk.qualifying import (
    CERTIFY,
    LEAVE,
    PHOTO,
    SIGNED,
    TILE,
    Tap,
    Township,
    WatchedDesk,
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


@pytest.fixture
def visitor(kiosk_for_checks: Visitor) -> Visitor:
    return kiosk_for_checks


def due(folks: Township, **more: Any) -> dict[str, Any]:
    return folks.somebody("due", "overdue", **more).card


def keys(view: views.FaceOtherWays) -> list[object]:
    return [each.key if isinstance(each, views.WayOption) else each for each in view.options]


# --- before anything is asked ----------------------------------------------------------------------------------------


def test_somebody_was_quicker(folks: Township, visitor: Visitor) -> None:
    """Certified elsewhere while the choice stood on the screen: said, and no camera opens."""
    visitor.booth = ready = booth(outcome())
    somebody = folks.somebody("due", "overdue")

    def elsewhere() -> None:
        kiosk = visitor.start_if_off().kiosk
        check_id = kiosk.registrar.begin(somebody.page.person_id, wire.CONSENT_VERSION)
        kiosk.registrar.ask_grant(check_id, ReceiverKey().public, somebody.page.visit)
        kiosk.registrar.keep(check_id, face_check.evidence_of(kiosk, outcome()))
        reply = kiosk.registrar.deliver(check_id)
        assert reply is not None and reply.state is wire.CheckState.ACCEPTED

    desk = visit(visitor, somebody.card, visitor.do(elsewhere), FACE, FIRST, LEAVE)
    assert desk.told[-1].title == texts.NOT_NOW_TITLE
    assert [sitting.brief for sitting in ready.sittings] == [None]


def test_who_draws_nothing_hears_it_kindly(folks: Township, visitor: Visitor) -> None:
    desk = visit(visitor, folks.somebody("not_needed").card, FIRST, LEAVE)
    assert [(view.title, view.tone) for view in desk.told] == [(texts.NOT_NEEDED_TITLE, "ok")]


def test_a_worker_gets_ready_for_who_has_it_to_do_and_for_nobody_else(
    folks: Township, visitor: Visitor
) -> None:
    visitor.booth = ready = booth()
    visit(visitor, folks.somebody("valid").card, FIRST, LEAVE)
    assert ready.prepared == 0
    visit(visitor, due(folks), BACK, LEAVE)
    assert ready.prepared > 0
    assert ready.sittings == []


def test_from_the_banner_of_my_page(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth()
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, BACK, CERTIFY, BACK, LEAVE)
    banner = desk.last(views.MyPage).certification
    assert banner is not None and banner.action == "现在就做"
    assert (banner.title, banner.note) == (
        somebody.page.certification.title,
        somebody.page.certification.note,
    )
    assert desk.trace.count("ChooseWay") == 2


def test_nothing_that_is_ever_said_is_a_threat_or_a_blame() -> None:
    ours = [value for name, value in vars(texts).items() if name.isupper()]
    words = " ".join(each if isinstance(each, str) else " ".join(map(str, each)) for each in ours)
    for bad in ("停发", "暂停待遇", "取消待遇", "失败", "不合格", "作弊", "假冒", "欺诈", "您没有做对"):
        assert bad not in words


# --- the choice ------------------------------------------------------------------------------------------------------


def test_every_way_is_offered_and_none_twice(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth()
    desk = visit(visitor, due(folks), BACK, LEAVE)
    view = desk.last(views.ChooseWay)
    assert [way.key for way in view.ways] == [
        *(WayKey.FACE, WayKey.STAFF, WayKey.HOME_VISIT, WayKey.PHONE, WayKey.WINDOW)
    ]
    assert all(way.note for way in view.ways)
    assert view.consent_version == wire.CONSENT_VERSION


@pytest.mark.parametrize("state", [BoothState.NO_CAMERA, BoothState.UNUSABLE])
def test_a_machine_that_cannot_look_offers_everything_else(
    folks: Township, visitor: Visitor, state: BoothState
) -> None:
    visitor.booth = booth(state=state)
    desk = visit(visitor, due(folks), BACK, LEAVE)
    assert desk.last(views.ChooseWay).ways[0].key is WayKey.STAFF
    assert visitor.booth.prepared == 0


def test_the_whole_consent_can_be_read_before(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth()
    desk = visit(visitor, due(folks), WayKey.RULES, BACK, BACK, LEAVE)
    rules = desk.last(views.ConsentRules)
    assert rules.version == wire.CONSENT_VERSION
    words = "".join(rules.lines)
    for promise in ("不上传", "不保存", "撤回", "待遇不受影响"):
        assert promise in words
    assert visitor.booth.sittings == []


# --- by face ---------------------------------------------------------------------------------------------------------


def test_recognised_and_accepted(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, FACE, DONE)
    assert desk.trace == [
        *("Home", "PresentCard", "Working", "ChooseWay", "Working", "FaceLook"),
        *("Working", "Certified", "Goodbye"),
    ]
    view = desk.last(views.Certified)
    assert view.state is CertifiedState.ACCEPTED
    assert not view.can_withdraw
    now = visitor.page(somebody.card).certification
    assert now.state is wire.CertificationState.VALID
    assert now.due_by and view.next_date == dates.long_date(now.due_by)
    rows = {row.label: row.value for row in view.rows}
    assert rows["认证方式"] == "本机刷脸" and rows["人脸照片"] == "已从本机清除"
    assert rows["回执号"].startswith("RZ ") and len(rows["回执号"].replace(" ", "")) == 14
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]
    assert states_of(folks, newest(visitor)) == ["open", "accepted"]


def test_the_references_are_opened_in_the_booth_and_it_is_closed_before_the_result(
    folks: Township, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.booth = ready = booth(outcome())
    closed_on: list[str] = []

    def watch_the_door() -> None:
        sitting = ready.sittings[0]
        close = sitting.close

        def note() -> None:
            closed_on.append(visitor.desk.trace[-1])
            close()

        monkeypatch.setattr(sitting, "close", note)

    visit(visitor, due(folks), FACE, visitor.do(watch_the_door), DONE)
    (sitting,) = ready.sittings
    assert sitting.references == [(Source.PHOTO, b"\x01" + PHOTO)]
    assert closed_on == ["Working"]  # 已从本机清除 comes after


def test_the_cards_own_picture_is_a_second_reference_where_it_can_be_decoded(
    folks: Township, visitor: Visitor
) -> None:
    chip = bytes(range(256)) * 4
    somebody = folks.somebody("due", "overdue")
    for decoder, sources in ((None, [Source.PHOTO]), (Path("/opt/decoder"), [Source.CHIP, Source.PHOTO])):
        face = replace(visitor.config.face, chip=FaceChip(decoder=decoder))
        visitor.power_cut()
        visitor.config = replace(visitor.config, face=face)
        visitor.booth = ready = booth(outcome(End.NOT_DONE))
        place = visitor.place(somebody.card, photo=chip)
        desk = WatchedDesk(visitor.clock, (TILE, place, WORLD, visitor.take, FACE, BACK, BACK, LEAVE))
        visitor.desk = desk
        visitor.visit_of(desk)
        (sitting,) = ready.sittings
        assert [source for source, _ in sitting.references] == sources
        assert decoder is None or sitting.references[0][1] == write(StoredChip(chip))
    assert chip[:64] not in kept_on_disk(visitor)


def test_the_camera_opens_only_after_the_consent_is_on_disk(folks: Township, visitor: Visitor) -> None:
    visitor.booth = ready = booth(outcome())
    seen: list[tuple[bool, list[str]]] = []

    def before() -> None:
        seen.append((bool(ready.sittings), [event for each in entries(visitor) for event in each]))

    def while_it_looks() -> None:
        seen.append((ready.sittings[0].preview.open, entries(visitor)[0]))

    visit(visitor, due(folks), visitor.do(before), FACE, visitor.do(while_it_looks), DONE)
    assert seen == [(False, []), (True, ["begun", "granted"])]


def test_every_new_word_is_drawn_and_the_progress_in_steps(folks: Township, visitor: Visitor) -> None:
    from kiosk.face.guidance import Action
    from kiosk.face.verdicts import Hint

    creeping = [Guidance(Phase.ACTING, Action.NOD, 1, 2, None, n / 100) for n in range(100)]
    visitor.booth = FakeBooth([looking(Hint.COME_CLOSER), looking(), *creeping, outcome()])
    desk = visit(visitor, due(folks), FACE, DONE)
    shown = [view.guidance for view in desk.seen if isinstance(view, views.FaceLook)]
    assert [each.hint for each in shown[:2]] == [Hint.COME_CLOSER, None]
    assert [each.progress for each in shown[2:]] == [n / 8 for n in range(8)]


@pytest.mark.parametrize("end", [End.NOT_DONE, End.NOBODY])
def test_not_recognised_once_offers_one_more_try_first(folks: Township, visitor: Visitor, end: End) -> None:
    visitor.booth = booth(outcome(end), outcome())
    desk = visit(visitor, due(folks), FACE, FaceWay.AGAIN, DONE)
    view = desk.last(views.FaceOtherWays)
    assert keys(view) == [
        *(FaceWay.AGAIN, WayKey.STAFF, WayKey.HOME_VISIT, WayKey.PHONE, WayKey.WINDOW),
    ]
    assert (view.title, view.note) == (texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE)
    assert "待遇不受影响" in view.note and view.again_note == ""
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    assert [each[-1] for each in entries(visitor)] == ["answered", "answered"]


def test_after_two_tries_the_other_ways_come_first(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NOT_DONE), outcome(End.NOBODY))
    desk = visit(visitor, due(folks), FACE, FaceWay.AGAIN, BACK, BACK, LEAVE)
    view = desk.last(views.FaceOtherWays)
    assert keys(view)[:4] == [WayKey.STAFF, WayKey.HOME_VISIT, WayKey.PHONE, WayKey.WINDOW]
    assert keys(view)[4:] in ([], [FaceWay.AGAIN])
    assert tries_logged(visitor) == [2]


def test_the_centre_says_when_it_is_enough_for_today(folks: Township, visitor: Visitor) -> None:
    """However often somebody comes: at last the screen has no 再试一次, and a check that is not begun is no try."""
    person = due(folks)
    visitor.booth = booth(*[outcome(End.NOT_DONE)] * 30)
    for _ in range(30):
        desk = visit(visitor, person, FACE, BACK, BACK, LEAVE)
        view = desk.last(views.FaceOtherWays)
        if FaceWay.AGAIN not in keys(view):
            break
    assert view.title == texts.NOT_RECOGNISED_TITLE
    desk = visit(visitor, person, FACE, BACK, BACK, LEAVE)
    view = desk.last(views.FaceOtherWays)
    assert view.title == texts.ENOUGH_TRIES_TITLE
    assert FaceWay.AGAIN not in keys(view) and WayKey.STAFF in keys(view)
    assert "FaceLook" not in desk.trace


@pytest.mark.parametrize("end", [End.BROKEN, End.CAMERA_LOST])
def test_the_machines_trouble_is_not_the_persons_try(folks: Township, visitor: Visitor, end: End) -> None:
    visitor.booth = booth(outcome(end), outcome())
    desk = visit(visitor, due(folks), FACE, FaceWay.AGAIN, DONE)
    view = desk.last(views.FaceOtherWays)
    assert (view.title, keys(view)[0]) == (texts.FACE_BROKEN_TITLE, FaceWay.AGAIN)
    assert view.again_note == texts.WAY_AGAIN_CAMERA  # how somebody sat has nothing to do with it
    assert '"tries": 0' in visitor.log_text.getvalue()
    visitor.sweep()
    assert entries(visitor)[0] == ["begun", "granted", "left", "let_go"]


def test_a_check_that_did_not_end_says_nothing_of_the_tries_that_are_left(
    folks: Township, visitor: Visitor
) -> None:
    """Central counts what was looked at; a machine whose camera died after the last grant is still to be tried."""
    visitor.booth = booth(outcome(End.CAMERA_LOST), outcome(End.NOT_DONE), outcome(End.NOT_DONE))
    api = visitor.start_if_off().kiosk.api
    start = api.start_check

    def last_one(asked: wire.CheckStart) -> wire.CheckGrant:
        return start(asked).model_copy(update={"tries_left": 0})

    api.start_check = last_one  # type: ignore[method-assign]
    desk = visit(visitor, due(folks), FACE, FaceWay.AGAIN, BACK, BACK, LEAVE)
    broken, done = [view for view in desk.seen if isinstance(view, views.FaceOtherWays)]
    assert FaceWay.AGAIN in keys(broken) and FaceWay.AGAIN not in keys(done)
    assert FACE not in [way.key for way in desk.last(views.ChooseWay).ways]


def compared_with_nothing(end: End = End.REVIEW) -> Outcome:
    """The reference was too poor, or there was none."""
    return outcome(end, comparisons=(Comparison(Source.PHOTO, Zone.REVIEW, None, (Flaw.SMALL,)),))


def test_what_could_not_be_compared_is_nobodys_failed_try(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(compared_with_nothing(), outcome(End.REVIEW, comparisons=()), outcome(End.REVIEW))
    visit(visitor, due(folks), FACE, FaceWay.AGAIN, FaceWay.AGAIN, BACK, BACK, LEAVE)
    assert tries_logged(visitor) == [1]  # the third


def tries_logged(visitor: Visitor) -> list[int]:
    """Of each time that somebody was at the choice of ways."""
    lines = [line for line in visitor.log_text.getvalue().splitlines() if '"qualification_ended"' in line]
    return [json.loads(line)["tries"] for line in lines]


def test_failed_tries_are_not_forgotten_on_the_way_over_my_page(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(*[outcome(End.NOT_DONE)] * 4)
    person = due(folks)
    twice = (FACE, FaceWay.AGAIN, BACK, BACK)
    desk = visit(visitor, person, *twice, CERTIFY, FACE, FaceWay.AGAIN, BACK, BACK, CERTIFY, BACK, LEAVE)
    offered = [[way.key for way in view.ways] for view in desk.asked if isinstance(view, views.ChooseWay)]
    assert offered[0][0] is FACE
    assert [ways[-1] for ways in offered[1:3]] == [FACE] * 2  # back from two tries, and from my page
    assert [FACE in ways for ways in offered[3:]] == [False] * 2  # four are enough
    panels = [keys(view) for view in desk.seen if isinstance(view, views.FaceOtherWays)]
    assert panels[2][0] is WayKey.STAFF
    assert tries_logged(visitor) == [2, 2, 0]


def test_somebody_else_begins_anew(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(*[outcome(End.NOT_DONE)] * 2)
    visit(visitor, due(folks), FACE, FaceWay.AGAIN, BACK, BACK, LEAVE)
    desk = visit(visitor, due(folks), BACK, LEAVE)
    assert desk.last(views.ChooseWay).ways[0].key is FACE


def test_nobody_can_sit_down(folks: Township, visitor: Visitor) -> None:
    visitor.booth = FakeBooth()
    desk = visit(visitor, due(folks), FACE, BACK, BACK, LEAVE)
    assert desk.last(views.FaceOtherWays).title == texts.FACE_BROKEN_TITLE
    assert entries(visitor) == []


def test_a_worker_that_never_ends_is_left(folks: Township, visitor: Visitor) -> None:
    visitor.booth = FakeBooth([looking()])
    desk = visit(visitor, due(folks), FACE, BACK, BACK, LEAVE)
    assert desk.last(views.FaceOtherWays).title == texts.FACE_BROKEN_TITLE
    assert visitor.booth.sittings[0].closed


@pytest.mark.parametrize("tap", [FaceButton.OTHER_WAY, BACK, HOME])
def test_stopping_while_it_looks_takes_the_consent_back(
    folks: Township, visitor: Visitor, tap: object
) -> None:
    visitor.booth = ready = booth(outcome())
    after = {FaceButton.OTHER_WAY: (BACK, BACK, LEAVE), BACK: (BACK, LEAVE), HOME: ()}[tap]
    desk = visit(visitor, due(folks), FACE, Tap(tap), *after)
    assert ready.sittings[0].closed
    if tap is FaceButton.OTHER_WAY:
        view = desk.last(views.FaceOtherWays)
        assert view.title == texts.STOPPED_FACE_TITLE
        # agreed to anew, or not at all
        assert keys(view)[0] is WayKey.STAFF and FaceWay.AGAIN not in keys(view)
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "left", "let_go"]]
    assert states_of(folks, newest(visitor)) == ["open", "withdrawn"]


def central_says(visitor: Visitor, state: wire.CheckState) -> None:
    """Whatever it makes of the evidence."""
    api = visitor.start_if_off().kiosk.api
    send = api.send_evidence

    def told(check_id: str, evidence: wire.CheckEvidence) -> wire.CheckReply:
        send(check_id, evidence)
        return wire.CheckReply(check_id=check_id, state=state)

    api.send_evidence = told  # type: ignore[method-assign]


def central_waits(folks: Township, visitor: Visitor) -> None:
    """It really does, for a picture."""
    from central import check_states
    from central.judgement import Reason

    central_says(visitor, wire.CheckState.UNDER_REVIEW)
    api, database = visitor.start_if_off().kiosk.api, folks.central.service.database
    tell = api.send_evidence

    def told(check_id: str, evidence: wire.CheckEvidence) -> wire.CheckReply:
        reply = tell(check_id, evidence)
        with database.write() as connection:
            check_states.enter(connection, check_id, reply.state, Reason.DOUBTED, at_ms=0)
        return reply

    api.send_evidence = told  # type: ignore[method-assign]


def test_what_is_decided_by_asking_is_done_as_far_as_the_person_goes(
    folks: Township, visitor: Visitor
) -> None:
    """Told a day late, say: no word of doubt, no date but the centre's, and nobody looks at a picture that is not there."""
    visitor.booth = booth(outcome(has_picture=False))
    central_says(visitor, wire.CheckState.UNDER_REVIEW)
    desk = visit(visitor, due(folks), FACE, DONE)
    view = desk.last(views.Certified)
    assert (view.state, view.next_date, view.can_withdraw) == (CertifiedState.UNDER_REVIEW, "", False)
    said = [row.value for row in view.rows]
    assert texts.ASKED_STATE in said and texts.REVIEW_STATE not in said
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]


@pytest.mark.parametrize("state", [wire.CheckState.NOT_RECOGNISED, wire.CheckState.REFUSED])
def test_passed_here_and_not_taken_by_the_centre_is_the_machines_trouble(
    folks: Township, visitor: Visitor, state: wire.CheckState
) -> None:
    visitor.booth = booth(outcome(doubts=(Doubt.FLAT,), has_picture=False))
    central_says(visitor, state)
    desk = visit(visitor, due(folks), FACE, BACK, BACK, LEAVE)
    view = desk.last(views.FaceOtherWays)
    assert (view.title, view.note) == (texts.FACE_IN_VAIN_TITLE, texts.FACE_IN_VAIN_NOTE)
    assert keys(view)[0] is WayKey.STAFF
    assert '"tries": 0' in visitor.log_text.getvalue()


def test_withdrawn_elsewhere_while_it_was_looked_at(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome())

    def withdraw() -> None:
        visitor.start_if_off().kiosk.api.withdraw_check(newest(visitor))

    desk = visit(visitor, due(folks), FACE, visitor.do(withdraw), BACK, BACK, LEAVE)
    assert desk.last(views.FaceOtherWays).title == texts.STOPPED_FACE_TITLE


@pytest.mark.parametrize("leaving", ["all ways", "staff", "home", "gone"])
def test_a_picture_that_is_not_sent_leaves_nobody_waiting(
    folks: Township, visitor: Visitor, leaving: str
) -> None:
    """Waiting for a picture that never comes would keep the person from every other way."""
    visitor.booth = ready = booth(outcome(doubts=(Doubt.FLAT,)))
    central_waits(folks, visitor)
    staff = (visitor.place(folks.staff), WORLD, "chosen", visitor.take, DONE)

    def forget() -> None:
        ready.sittings[0].close()

    script = {
        "all ways": (BACK, WayKey.STAFF, *staff),
        "staff": (WayKey.STAFF, *staff),
        "home": (HOME,),
        "gone": (FaceWay.COMPARE, visitor.do(forget), SIGNED, FIRST, WayKey.STAFF, *staff),
    }[leaving]
    desk = visit(visitor, due(folks), FACE, *script)
    panel = next(view for view in desk.seen if isinstance(view, views.FaceOtherWays))
    assert keys(panel)[:2] == [FaceWay.COMPARE, WayKey.STAFF] and FaceWay.AGAIN not in keys(panel)
    if leaving != "home":
        assert desk.last(views.Certified).state is CertifiedState.UNDER_REVIEW  # staff confirmed at once
    visitor.sweep()
    assert entries(visitor)[0] == ["begun", "granted", "evidence", "answered", "left", "let_go"]


def test_evidence_that_does_not_hold_leads_to_another_way(folks: Township, visitor: Visitor) -> None:
    """The kiosk accepted and the centre does not: no word of doubt, no result, and nobody waits for what nobody can compare."""
    visitor.booth = booth(outcome(doubts=(Doubt.FLAT,), has_picture=False))
    desk = visit(visitor, due(folks), FACE, BACK, BACK, LEAVE)
    assert "Certified" not in desk.trace
    assert desk.last(views.FaceOtherWays).title == texts.FACE_IN_VAIN_TITLE
    assert states_of(folks, newest(visitor)) == ["open", "not_recognised"]


def lain_too_long(folks: Township, visitor: Visitor) -> None:
    """The first page that is asked for now is half an hour old when it is used."""
    from central import visit_proof

    service, api = folks.central.service, visitor.start_if_off().kiosk.api
    ask = api.visit

    def first(lookup: wire.Lookup) -> wire.MyPage:
        api.visit = ask  # type: ignore[method-assign]
        page = ask(lookup)
        at_ms = service.settings.clock.now_ms() - visit_proof.CHECK_WITHIN_MS - 1
        old = visit_proof.issue(service.keys, "WD001", page.person_id, at_ms)
        return page.model_copy(update={"visit": old})

    api.visit = first  # type: ignore[method-assign]


@pytest.mark.parametrize("way", [WayKey.FACE, WayKey.STAFF])
def test_a_page_that_has_lain_for_half_an_hour_is_asked_for_anew(
    folks: Township, visitor: Visitor, way: WayKey
) -> None:
    """Nothing was begun, my page is fresh, and the next wish is granted."""
    visitor.booth = booth(outcome(), outcome())
    staff = (visitor.place(folks.staff), WORLD, "chosen", visitor.take) if way is WayKey.STAFF else ()
    person = due(folks)
    lain_too_long(folks, visitor)
    desk = visit(visitor, person, way, *staff, CERTIFY, FACE, DONE)
    assert desk.last(views.Certified).state is CertifiedState.ACCEPTED
    assert entries(visitor)[0][1] == "refused"


def test_a_consent_that_was_given_elsewhere_is_taken_back_here(folks: Township, visitor: Visitor) -> None:
    """The kiosk proves to central that she was here, also when it tells it later."""
    from central import visit_proof

    somebody = folks.somebody("due", "overdue")
    service, check_id = folks.central.service, "WD002-00000001-AAAAAAAAAA"
    person_id, key = somebody.page.person_id, ReceiverKey()
    proof = visit_proof.issue(service.keys, "WD002", person_id, service.settings.clock.now_ms())
    start = wire.CheckStart(
        check_id=check_id,
        person_id=person_id,
        visit=proof,
        consent_version=wire.CONSENT_VERSION,
        kiosk_key=key.public.hex(),
    )
    grant = service.checks.begin("WD002", start)
    seen = outcome(End.REVIEW)
    service.checks.take_evidence(
        "WD002", check_id, face_check.evidence_of(visitor.start_if_off().kiosk, seen)
    )
    picture = sitter.signed_picture(grant.review_key, check_id)
    told = wire.ReviewPicture(consent_version=wire.CONSENT_VERSION, sealed=picture)
    assert service.checks.take_picture("WD002", check_id, told).state is wire.CheckState.UNDER_REVIEW
    registrar = visitor.start_if_off().kiosk.registrar
    page = service.people.visit(
        wire.Lookup(number=somebody.card["number"], name=somebody.card["name"]), "WD001"
    )
    registrar.leave(check_id)
    assert not registrar.settle(CHECK + check_id)
    registrar.leave(check_id, page.visit)
    assert registrar.settle(CHECK + check_id)
    assert states_of(folks, check_id)[-1] == "withdrawn"


def test_of_many_questions_the_newest_are_told(visitor: Visitor) -> None:
    """After every mistake all is asked anew; what a person who compares wants to see is how it ended."""
    asked = tuple(Asked(Action.NOD, 1000 * n, None if n == 28 else 1000 * n + 500) for n in range(29))
    told = face_check.evidence_of(visitor.start_if_off().kiosk, outcome(End.NOT_DONE, asked=asked)).asked
    assert [each.asked_ms for each in told] == [1000 * n for n in range(9, 29)]
    assert [each.asked_ms for each in told if each.done_ms is None] == [28_000]


def test_staff_can_look_besides_where_the_centre_offers_that(folks: Township, visitor: Visitor) -> None:
    """A face check that a person must look into for another reason: nothing of the reason is said."""
    from central import tables, tablets, tickets

    visitor.booth = booth(outcome(has_picture=False))
    somebody = folks.somebody("due", "overdue")
    service = folks.central.service
    now_ms = service.settings.clock.now_ms()
    with service.database.write() as connection:
        tablets.add(connection, "WDT91", "测试", at_ms=now_ms)
        staff_id = connection.execute(tables.staff.select()).first().staff_id  # type: ignore[union-attr]
        today = somebody.page.server_time.date()
        told = tickets.Told(tickets.Kind.DEATH, somebody.page.person_id, staff_id, "WDT91", told_on=today)
        tickets.write(connection, told, at_ms=now_ms)
    desk = visit(visitor, somebody.card, FACE, DONE)
    assert desk.last(views.Certified).state is CertifiedState.UNDER_REVIEW
    staff = (visitor.place(folks.staff), WORLD, "chosen", visitor.take)
    desk = visit(visitor, somebody.card, SECOND, WayKey.STAFF, *staff, DONE)
    assert desk.told[0].title == texts.REVIEWING_TITLE
    assert desk.told[0].second == texts.WAY_STAFF[0]
    assert states_of(folks, newest(visitor)) == ["open", "under_review"]
    desk = visit(visitor, somebody.card, FIRST, LEAVE)
    assert desk.told[0].second == ""


# --- a picture for a person who compares -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", [End.REVIEW, End.NO_MATCH])
def test_a_picture_leaves_with_its_own_signature_and_no_other_eye_opens_it(
    folks: Township, visitor: Visitor, end: End
) -> None:
    from central import pictures
    from tests.booth import PICTURE

    visitor.booth = ready = booth(outcome(end))
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, FACE, FaceWay.COMPARE, SIGNED, DONE)
    offered = desk.last(views.FaceOtherWays)
    assert keys(offered)[0] is FaceWay.COMPARE and len(offered.options) <= 6
    view = desk.last(views.Certified)
    assert (view.state, view.next_date, view.can_withdraw) == (CertifiedState.UNDER_REVIEW, "", True)
    service = folks.central.service
    with service.database.read() as connection:
        kept = pictures.stored(connection, service.keys, newest(visitor))
    assert kept is not None
    assert (kept.jpeg, kept.strokes) == (PICTURE, SIGNED.strokes)
    assert entries(visitor) == [["begun", "granted", "evidence", "answered", "picture", "sent"]]
    assert ready.sittings[0].closed
    assert visitor.page(somebody.card).certification.state is wire.CertificationState.UNDER_REVIEW


def test_no_picture_leaves_without_a_signature(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.REVIEW))
    visit(visitor, due(folks), FACE, FaceWay.COMPARE, BACK, BACK, BACK, LEAVE)
    assert entries(visitor) == [["begun", "granted", "evidence", "answered"]]


def test_a_picture_that_is_gone_is_not_promised_again(folks: Township, visitor: Visitor) -> None:
    visitor.booth = ready = booth(outcome(End.REVIEW))

    def forget() -> None:
        ready.sittings[0].close()

    lose = visitor.do(forget)
    answers = (FACE, FaceWay.COMPARE, lose, SIGNED, FIRST, BACK, BACK, LEAVE)
    desk = visit(visitor, due(folks), *answers)
    assert [view.title for view in desk.told] == [texts.PICTURE_NOT_SENT_TITLE]
    assert FaceWay.COMPARE not in keys(desk.last(views.FaceOtherWays))


# --- nobody has a picture of this person -----------------------------------------------------------------------------


def test_without_a_reference_it_is_said_before_the_camera_opens(folks: Township, visitor: Visitor) -> None:
    visitor.booth = ready = booth(outcome(End.REVIEW), outcome(End.REVIEW))
    person = due(folks, photo=False)
    desk = visit(visitor, person, FACE, FIRST, BACK, LEAVE)
    assert [view.title for view in desk.told] == [texts.NO_REFERENCE_TITLE]
    assert "FaceLook" not in desk.trace and ready.sittings[0].brief is None
    visitor.sweep()
    assert entries(visitor) == [["begun", "granted", "left", "let_go"]]
    desk = visit(visitor, person, FACE, SECOND, FaceWay.COMPARE, SIGNED, DONE)
    assert desk.last(views.Certified).state is CertifiedState.UNDER_REVIEW


# --- staff -----------------------------------------------------------------------------------------------------------


def test_staff_confirm_and_a_second_person_has_still_to(folks: Township, visitor: Visitor) -> None:
    person = due(folks)
    card = visitor.place(folks.staff)
    desk = visit(visitor, person, WayKey.STAFF, card, WORLD, "cannot_do_it", visitor.take, DONE)
    asked = [view for view in desk.asked if isinstance(view, views.PresentCard)]
    assert [view.staff for view in asked] == [False, True]
    view = desk.last(views.Certified)
    assert view.state is CertifiedState.UNDER_REVIEW
    assert texts.STAFF_DONE in [row.value for row in view.rows]
    assert not view.can_withdraw and view.next_date == ""
    assert states_of(folks, newest(visitor)) == ["open", "under_review"]
    assert "ChooseReason" in desk.trace
    under_review = visit(visitor, person, FIRST, LEAVE).told[0]
    assert (under_review.title, under_review.second) == (texts.REVIEWING_TITLE, "")


def test_what_the_machine_did_not_manage_is_the_first_reason(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NOBODY))
    card = visitor.place(folks.staff)
    answers = (FACE, WayKey.STAFF, card, WORLD, "not_recognised", visitor.take, DONE)
    desk = visit(visitor, due(folks), *answers)
    assert desk.last(views.ChooseReason).options[0].key == "not_recognised"


def test_a_card_of_nobody_on_the_staff(folks: Township, visitor: Visitor) -> None:
    person, stranger = due(folks), due(folks)
    answers = (WayKey.STAFF, visitor.place(stranger), WORLD, "chosen", FIRST)
    desk = visit(visitor, person, *answers, visitor.take, BACK, BACK, LEAVE)
    assert [view.title for view in desk.told] == [texts.STAFF_UNKNOWN_TITLE]


def test_nobody_confirms_themselves(folks: Township, visitor: Visitor) -> None:
    from central import staff

    person = due(folks)
    with folks.central.service.database.write() as connection:
        staff.add(connection, person["number"], person["name"])
    answers = (WayKey.STAFF, visitor.place(person), WORLD, "chosen", SECOND, visitor.take, BACK, LEAVE)
    desk = visit(visitor, person, *answers)
    assert [view.title for view in desk.told] == [texts.STAFF_IS_PERSON_TITLE]


# --- at home, by phone, at the window --------------------------------------------------------------------------------


def test_a_visit_at_home_is_booked_at_once(folks: Township, visitor: Visitor) -> None:
    desk = visit(visitor, due(folks), WayKey.HOME_VISIT, FIRST, FIRST, LEAVE)
    told = desk.told[-1]
    assert (told.title, told.tone, told.second) == (texts.VISIT_BOOKED_TITLE, "ok", texts.VISIT_PRINT)
    assert "个工作日内" in told.body[0] and any(figure in told.body[0] for figure in "123456789")
    assert visits_at_home(visitor) == [["asked", "booked"]]


def test_who_booked_already_reads_it_on_the_button(folks: Township, visitor: Visitor) -> None:
    somebody = folks.somebody("due", "overdue")
    visit(visitor, somebody.card, BACK, LEAVE)
    assert [way.key for way in visitor.desk.last(views.ChooseWay).ways if way.booked] == []
    wish = wire.HomeVisit(request_id="WD001-VISIT-9", person_id=somebody.page.person_id)
    visitor.machine.kiosk.api.home_visit(wish)
    desk = visit(visitor, somebody.card, BACK, LEAVE)
    assert [way.key for way in desk.last(views.ChooseWay).ways if way.booked] == [WayKey.HOME_VISIT]


def test_the_childrens_phone(folks: Township, visitor: Visitor) -> None:
    somebody = folks.somebody("due", "overdue")
    desk = visit(visitor, somebody.card, WayKey.PHONE, BACK, WayKey.PHONE, None, LEAVE)
    offer = next(each for each in somebody.page.certification.ways if each.way is wire.Way.PHONE)
    assert desk.last(views.ChildrensPhone).qr == offer.url


def test_the_window_says_where_and_when(folks: Township, visitor: Visitor) -> None:
    desk = visit(visitor, due(folks), WayKey.WINDOW, SECOND, WayKey.WINDOW, FIRST, LEAVE)
    assert [view.title for view in desk.told] == [texts.WINDOW_TITLE] * 2
    assert visitor.config.site.hotline in "".join(desk.told[0].body)


# --- who comes next --------------------------------------------------------------------------------------------------


def test_the_spouse_comes_next_in_a_visit_of_their_own(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(), outcome())
    desk = visit(visitor, due(folks), FACE, CertifiedButton.SPOUSE)
    assert desk.trace[-1] == "Certified"  # no farewell: somebody stands there
    following = visit(visitor, due(folks), FACE, DONE, wish=views.Service.CERTIFICATION)
    assert following.trace[0] == "PresentCard" and following.trace[-1] == "Goodbye"
    assert visitor.log_text.getvalue().count('"visit_ended"') == 2
    assert [each[-1] for each in entries(visitor)] == ["answered", "answered"]


def test_serving_goes_on_with_the_wish_of_who_comes_next(folks: Township, visitor: Visitor) -> None:
    from kiosk.desk import Stopped
    from kiosk.flows import visits
    from tests.kiosk.qualifying import TILE, WatchedDesk

    visitor.booth = booth(outcome(), outcome())
    first, second = due(folks), due(folks)
    script = (
        *(TILE, visitor.place(first), WORLD, visitor.take, FACE, CertifiedButton.SPOUSE),
        *(visitor.place(second), WORLD, visitor.take, FACE, DONE),
    )
    desk = WatchedDesk(visitor.clock, script)
    machine = visitor.start_if_off()
    object.__setattr__(machine.kiosk, "desk", desk)

    def night() -> object:
        raise Stopped

    desk._answers.append(visitor.do(night))
    with pytest.raises(Stopped):
        visits.serve(machine.kiosk)
    assert [name for name in desk.trace if name in ("Home", "PresentCard", "Certified", "Goodbye")] == [
        *("Home", "PresentCard", "Certified", "PresentCard", "Certified", "Goodbye", "Home"),
    ]


def test_no_score_is_on_any_screen_or_in_the_log(folks: Township, visitor: Visitor) -> None:
    visitor.booth = booth(outcome(End.NO_MATCH), replace(outcome(), quality={"sharpness": 987.25}))
    desk = visit(visitor, due(folks), FACE, FaceWay.AGAIN, DONE)
    drawn = " ".join(repr(view) for view in desk.seen if not isinstance(view, views.FaceLook))
    for figure in ("0.71", "0.31", "987.25"):
        assert figure not in drawn
        assert figure not in visitor.log_text.getvalue()
