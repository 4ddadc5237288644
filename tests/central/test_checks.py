"""Checks over HTTP: references once, evidence judged, one certification, and what is repeated adds nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from hashlib import sha256

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from central import alarms, audit, check_states, home_visits, references, staff, tables, tablets, tickets
from central.clock import legal_day
from central.differences import Kind
from central.judgement import Reason
from central.review_words import REASONS
from central.reviews import NothingToCompare, NotWaiting, SamePerson
from kiosk.face import reference_format
from kiosk.face.zones import START
from kiosk.seal import NotSealedForUs, ReceiverKey
from kiosk.wire import CheckState
from tests.central.boxes import tamper
from tests.central.draws import NEVER_DRAWN, words
from tests.central.review_hall import Hall
from tests.central.sitter import (
    DUE_S,
    JPEG,
    OTHER_STAFF,
    STAFF,
    ZHANG,
    Sitter,
    answers,
    evidence,
    give_face,
    look,
    rows,
    signed_picture,
    states,
    waits_unseen,
)

HOUR_S, DAY_S = 3600, 86_400
CHECK = "WD001-CHECK-1"


@pytest.fixture
def zhang(central, kiosk, clock):
    """张秀英 on the day after her certification ended, with a photograph at the centre."""
    clock.move_s(DUE_S)
    give_face(central)
    return Sitter(kiosk, clock)


def told(central):
    """Evidence of the check that is in the chain."""
    table = tables.check_evidence
    return rows(central, "check_evidence", table.c.check_id == CHECK, table.c.kind == "evidence")


def certified(central, person_id):
    """Certifications that checks gave."""
    table = tables.certifications
    return rows(central, "certifications", table.c.person_id == person_id, table.c.check_id.is_not(None))


# --- references ----------------------------------------------------------------------------------------------------


def test_references_come_sealed_to_this_check_and_no_other(central, zhang):
    give_face(central, source="certified", coded=JPEG + b"2")
    grant = zhang.begun()
    assert [given["source"] for given in grant["references"]] == ["certified", "photo"]
    assert (grant["gentle"], grant["tries_left"]) == (False, 4)
    assert grant["review_key"] == central.service.keys.review.public.hex()
    opened = [reference_format.read(zhang.open_reference(given)) for given in grant["references"]]
    assert opened == [reference_format.StoredPicture(JPEG + b"2"), reference_format.StoredPicture(JPEG)]
    for given in grant["references"]:
        with pytest.raises(NotSealedForUs):
            zhang.open_reference(given, "WD001-CHECK-2")


def test_references_are_given_once(zhang, another_kiosk):
    zhang.begun()
    status, problem = zhang.begin()
    assert (status, problem["code"]) == (409, "reference_given")
    status, problem = zhang.begin(kiosk_key=ReceiverKey().public.hex())
    assert (status, problem["code"]) == (409, "check_conflict")
    status, problem = another_kiosk.call("PUT", f"/v1/checks/{CHECK}", zhang.start())
    assert (status, problem["code"]) == (409, "check_conflict")


def test_of_many_equal_starts_at_once_one_gets_the_references(zhang, central, kiosk_at):
    zhang.key_of(CHECK)
    sitters = [Sitter(kiosk_at(central), zhang.clock, zhang.person_id) for _ in range(6)]
    for sitter in sitters:
        sitter.keys = zhang.keys
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda sitter: sitter.begin(), sitters))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]


def test_a_check_without_references_is_answered_again_as_it_was(central, kiosk, clock):
    clock.move_s(DUE_S)
    sitter = Sitter(kiosk, clock)
    first = sitter.begun()
    assert first["references"] == []
    assert sitter.begin() == (200, first)
    assert len(rows(central, "checks", tables.checks.c.check_id == CHECK)) == 1


def test_a_face_is_sealed_where_it_is_kept_and_opens_in_its_own_row_only(central, zhang):
    assert not any(JPEG[:40] in row.sealed for row in rows(central, "face_references"))
    others = tables.persons.c.person_id != zhang.person_id
    other = rows(central, "persons", others)[0]
    with central.service.database.write() as connection:
        connection.execute(update(tables.face_references).values(person_id=other.person_id))
        keys = central.service.keys
        assert references.of_person(connection, keys, other.person_id) == []


# --- evidence ------------------------------------------------------------------------------------------------------


def test_evidence_that_holds_certifies_there_and_then(central, zhang):
    zhang.begun()
    status, reply = zhang.told()
    assert status == 200
    assert reply == {
        "check_id": CHECK,
        "state": "accepted",
        "receipt_no": "RZ270401000001",
        "valid_until": "2028-04-30",  # twelve months, to the end of that month
        "next_from": "2028-03-01",  # sixty days before
        "decided_at": "2027-04-01T10:00:00+08:00",
    }
    page = zhang.state()
    assert (page["state"], page["certified_on"], page["valid_until"]) == (
        "valid",
        "2027-04-01",
        "2028-04-30",
    )
    assert page["title"] == "资格认证：今年不用来"
    (row,) = certified(central, zhang.person_id)
    assert (row.channel, row.verdict, row.certificate_no) == ("kiosk_self", "accepted", "RZ270401000001")


def test_told_again_it_is_the_same_and_told_otherwise_a_conflict(central, zhang):
    zhang.begun()
    first = zhang.told()
    assert zhang.told() == first
    status, problem = zhang.told(frames=141)
    assert (status, problem["code"]) == (409, "check_conflict")
    assert len(certified(central, zhang.person_id)) == 1
    assert len(told(central)) == 1


def test_told_by_many_at_once_it_certifies_once(central, zhang, kiosk_at):
    zhang.begun()
    sitters = [Sitter(kiosk_at(central), zhang.clock, zhang.person_id) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda sitter: sitter.told(), sitters))
    assert {status for status, _ in answers} == {200}
    assert {reply["receipt_no"] for _, reply in answers} == {"RZ270401000001"}
    assert len(certified(central, zhang.person_id)) == 1


PHOTO = {"source": "photo", "zone": "accept", "score": 0.3}
CHIP = {**PHOTO, "source": "chip"}
TURN = {"action": "turn_left", "asked_ms": 12_000, "done_ms": 13_500}
THREE = answers(CHECK, "blink", "nod", "turn_right")
NOT_DONE = {**TURN, "done_ms": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"doubts": ["flat"]}, "doubted"),
        ({"asked": []}, "not_asked"),
        *[({"asked": answers(CHECK, *words(drawn))}, "not_asked") for drawn in NEVER_DRAWN],
        ({"asked": [*THREE, NOT_DONE]}, "not_done"),
        ({"asked": [TURN, *THREE]}, "impossible"),  # the last was asked first
        ({"asked": [*THREE, {**TURN, "done_ms": 12_000}]}, "impossible"),
        ({"asked": [*THREE, {**TURN, "done_ms": 12_249}]}, "impossible"),
        ({"asked": [*THREE, {**TURN, "done_ms": 14_801}]}, "impossible"),
        ({"duration_ms": 0}, "impossible"),
        ({"frames": 0}, "impossible"),
        ({"frames": 14}, "impossible"),
        ({"comparisons": []}, "not_all"),
        ({"comparisons": [{**PHOTO, "zone": "review", "score": 0.45}]}, "not_compared"),
        ({"comparisons": [{**PHOTO, "zone": "review", "score": None, "flaws": ["small"]}]}, "not_compared"),
        ({"comparisons": [PHOTO, {**CHIP, "zone": "no_match", "score": 0.71}]}, "contradicted"),
        ({"comparisons": [PHOTO, {**PHOTO, "source": "certified"}]}, "not_given"),
        ({"comparisons": [PHOTO, PHOTO]}, "not_given"),
        ({"comparisons": [PHOTO, CHIP, CHIP]}, "not_given"),
        ({"comparisons": [CHIP]}, "not_all"),
        ({"comparisons": [{**PHOTO, "score": 0.41}]}, "other_zone"),
        ({"comparisons": [{**PHOTO, "score": 0.99}]}, "other_zone"),
        ({"comparisons": [{**PHOTO, "score": None}]}, "other_zone"),
        ({"comparisons": [{**PHOTO, "score": None, "flaws": ["small"]}]}, "other_zone"),
        ({"comparisons": [{**PHOTO, "flaws": ["small"]}]}, "other_zone"),
        ({"comparisons": [{**PHOTO, "zone": "review"}]}, "other_zone"),
        ({"comparisons": [PHOTO, {**CHIP, "zone": "whatever"}]}, "other_zone"),
        ({"engine": "anything"}, "unknown_engine"),
        ({"model": "0" * 64}, "unknown_engine"),
        ({"detector": "0" * 64}, "unknown_engine"),
        ({"thresholds": ""}, "unknown_limits"),
        ({"thresholds": "start values"}, "unknown_limits"),
        ({"thresholds": "0" * 64}, "unknown_limits"),
        ({"thresholds": START[2].digest}, "unknown_limits"),  # another engine's
        ({"engine": None}, "unnamed"),
        ({"model": None}, "unnamed"),
        ({"detector": None}, "unnamed"),
        ({"ended_at": "2027-04-01T09:50:00+08:00"}, "outside"),  # before it began
        ({"ended_at": "2027-04-01T10:21:00+08:00"}, "outside"),
        ({"ended_at": "2028-04-01T10:00:00+08:00"}, "outside"),
        ({"ended_at": "0001-01-01T00:00:00+08:00"}, "outside"),
        ({"ended_at": "9999-12-31T23:59:59-23:00"}, "outside"),
    ],
)
def test_what_does_not_bear_itself_out_certifies_nobody_until_a_person_has_seen_a_picture(
    central, zhang, changes, reason
):
    """There is no picture that a person could compare: the way to another check, or another way, is open."""
    review_key = zhang.begun()["review_key"]
    status, reply = zhang.told(**changes)
    assert (status, reply["state"], reply["receipt_no"]) == (200, "not_recognised", "")
    assert states(central)[-1] == ("not_recognised", reason, "")
    assert certified(central, zhang.person_id) == []
    page = zhang.state()  # nobody is told to wait for what nobody can decide
    assert (page["state"], page["check_id"], len(page["ways"])) == ("due", "", 5)
    assert reason not in json.dumps(page) + json.dumps(reply)  # for staff, never for the person
    assert zhang.send_picture(signed_picture(review_key))[1]["state"] == "under_review"
    page = zhang.state()
    assert (page["state"], page["check_id"], page["ways"]) == ("under_review", CHECK, [])


def test_what_another_check_was_told_certifies_nobody_else(central, zhang):
    zhang.begun()
    told = zhang.evidence()
    assert zhang.told()[1]["state"] == "accepted"
    other = next(row for row in central_drawers(central) if row.person_id != zhang.person_id)
    give_face(central, other.number)
    zhang.clock.move_s(400 * DAY_S)
    second = Sitter(zhang.kiosk, zhang.clock, other.person_id)
    second.begun("WD001-CHECK-2")
    again = {"asked": told["asked"], "frames": 155, "duration_ms": 15_345, "quality": {}}
    assert second.told("WD001-CHECK-2", **again)[1]["state"] == "not_recognised"
    assert states(central, "WD001-CHECK-2")[-1] == ("not_recognised", "repeated", "")
    second.begun("WD001-CHECK-3")
    assert second.told("WD001-CHECK-3")[1]["state"] == "accepted"


def central_drawers(central):
    return [row for row in rows(central, "persons") if row.benefit]


@pytest.mark.parametrize(
    ("end", "reason"),
    [("review", "to_compare"), ("no_match", "no_match"), ("not_done", "not_done"), ("nobody", "nobody")],
)
def test_a_check_that_did_not_work_changes_nothing_for_the_person(central, zhang, end, reason):
    zhang.begun()
    _, reply = zhang.told(end=end)
    assert (reply["state"], reply["decided_at"]) == ("not_recognised", None)
    assert states(central)[-1] == ("not_recognised", reason, "")
    assert zhang.state()["state"] == "due"
    assert zhang.begin("WD001-CHECK-2")[0] == 200


def test_the_chips_own_picture_need_not_have_come_from_here(central, kiosk, clock):
    clock.move_s(DUE_S)
    nobodys = Sitter(kiosk, clock)  # central has no photograph
    nobodys.begun()
    _, reply = nobodys.told(comparisons=[CHIP])
    assert reply["state"] == "accepted"


def test_beside_a_photograph_a_poor_chip_is_nothing_against_anybody(zhang):
    zhang.begun()
    _, reply = zhang.told(
        comparisons=[PHOTO, {**CHIP, "zone": "review", "score": None, "flaws": ["few_bytes"]}]
    )
    assert reply["state"] == "accepted"


@pytest.mark.parametrize(("hours", "state"), [(0, "accepted"), (23, "accepted"), (25, "under_review")])
def test_an_offline_kiosks_evidence_counts_from_the_day_of_the_check(central, zhang, hours, state):
    zhang.begun()
    told = zhang.evidence()
    zhang.clock.move_s(hours * HOUR_S)
    _, reply = zhang.kiosk.call("POST", f"/v1/checks/{CHECK}/evidence", told)
    assert reply["state"] == state
    if state == "under_review":
        assert states(central)[-1] == ("under_review", "told_late", "")
        # the evidence stands by itself: it is a person's to say that it came too late, without a picture
        reviews, database = central.service.reviews, central.service.database
        with database.write() as connection:
            decided = reviews.decide(
                connection, CHECK, "孙复核", True, "停电，次日补传", at_ms=zhang.clock.ms
            )
        assert decided.state.value == "accepted"
    (row,) = certified(central, zhang.person_id)
    assert row.certified_on == date(2027, 4, 1)


def test_nobody_tells_how_another_kiosks_check_went(zhang, another_kiosk):
    zhang.begun()
    status, problem = another_kiosk.call("POST", f"/v1/checks/{CHECK}/evidence", zhang.evidence())
    assert (status, problem["code"]) == (404, "check_unknown")


# --- when a check may begin ----------------------------------------------------------------------------------------


def test_nobody_is_checked_who_need_not_be(central, kiosk, clock):
    sitter = Sitter(kiosk, clock)  # certified to 31 March; the next one opens on 30 January
    assert sitter.begin()[1]["code"] == "not_due"
    clock.move_s(67 * DAY_S)  # 29 January
    assert sitter.begin()[1]["code"] == "not_due"
    clock.move_s(DAY_S)
    assert sitter.begin()[0] == 200
    daughter = kiosk.good("GET", "/sandbox/people?q=于晓琳")[0]
    nobody = Sitter(kiosk, clock, kiosk.visit(daughter["number"], daughter["name"])["person_id"])
    assert nobody.begin("WD001-CHECK-9")[1]["code"] == "not_due"
    assert Sitter(kiosk, clock, "z000nobody").begin("WD001-CHECK-8")[1]["code"] == "person_unknown"


def test_five_checks_a_day_and_then_another_way(zhang):
    left = []
    for n in range(5):
        left.append(zhang.begun(f"WD001-CHECK-{n}")["tries_left"])
        zhang.told(f"WD001-CHECK-{n}", end="not_done")
    assert left == [4, 3, 2, 1, 0]
    status, problem = zhang.begin("WD001-CHECK-5")
    assert (status, problem["code"]) == (409, "too_many_checks")
    assert zhang.assist()[0] == 200  # the other way is open
    zhang.withdraw("WD001-CHECK-A")
    zhang.clock.move_s(14 * HOUR_S)  # midnight
    assert zhang.begun("WD001-CHECK-6")["tries_left"] == 4


def test_what_was_never_told_is_no_try_and_still_cannot_be_begun_without_end(zhang):
    """The camera failed, she went back, she took the consent back; but the questions are not drawn anew for ever."""
    left = []
    for n in range(8):
        left.append(zhang.begun(f"WD001-CHECK-{n}")["tries_left"])
        zhang.withdraw(f"WD001-CHECK-{n}")
    assert left == [4, 4, 4, 4, 3, 2, 1, 0]
    assert zhang.begin("WD001-CHECK-8")[1]["code"] == "too_many_checks"
    zhang.clock.move_s(14 * HOUR_S)  # midnight
    assert zhang.begun("WD001-CHECK-9")["tries_left"] == 4


def test_a_check_that_is_being_compared_is_not_made_again(pictured):
    zhang = pictured
    assert zhang.begin("WD001-CHECK-2")[1]["code"] == "not_due"
    assert zhang.assist()[1]["code"] == "not_due"


def test_the_very_old_are_checked_gently(central, kiosk, clock):
    born = tables.persons.c.birth < date(1946, 11, 23)
    old = [row for row in rows(central, "persons", born) if row.benefit]
    clock.move_s(800 * DAY_S)
    for row in old[:3]:
        sitter = Sitter(kiosk, clock, row.person_id)
        assert sitter.begun(f"WD001-{row.person_id.upper()[:12]}")["gentle"] is True


# --- the picture ---------------------------------------------------------------------------------------------------


@pytest.fixture
def pictured(central, zhang):
    """A check whose signed picture waits."""
    review_key = zhang.begun()["review_key"]
    zhang.told(end="review", comparisons=[{**PHOTO, "zone": "review"}])
    status, reply = zhang.send_picture(signed_picture(review_key))
    assert (status, reply["state"]) == (200, "under_review")
    return zhang


def test_a_signed_picture_waits_for_a_person_and_goes_with_the_decision(central, pictured):
    reviews, database = central.service.reviews, central.service.database
    with database.read() as connection:
        (waiting,) = [each for each in reviews.waiting(connection) if each.check_id == CHECK]
        picture = reviews.picture(connection, CHECK)
        compared_with = reviews.references(connection, CHECK)
    assert (waiting.name, waiting.number, waiting.has_picture) == ("张秀英", "3710••••••••0042", True)
    assert (waiting.channel, waiting.reason, waiting.staff) == ("kiosk_self", "picture", "")
    assert (picture.jpeg, picture.strokes) == (JPEG, (((10, 20), (500, 600)),))
    assert [(face.source.value, face.coded) for face in compared_with] == [("photo", JPEG)]
    look(central, CHECK, "孙复核", pictured.clock.ms)
    with database.write() as connection:
        reviews.decide(connection, CHECK, "孙复核", True, "是同一个人", at_ms=pictured.clock.ms)
        assert reviews.picture(connection, CHECK) is None
    assert rows(central, "review_pictures") == []
    assert states(central)[-1] == ("accepted", "decided", "孙复核")
    (row,) = certified(central, pictured.person_id)
    assert (row.channel, row.certified_on) == ("kiosk_self", date(2027, 4, 1))


def test_another_way_is_asked_for_without_a_word_of_blame(central, pictured):
    reviews, database = central.service.reviews, central.service.database
    with database.write() as connection:
        reviews.decide(connection, CHECK, "孙复核", False, "照片太暗", at_ms=pictured.clock.ms)
    page = pictured.state()
    assert (page["state"], page["title"]) == ("due", "资格认证：请换一种方式")
    assert rows(central, "review_pictures") == []
    assert pictured.assist()[0] == 200


def test_a_picture_is_taken_once_and_only_while_it_is_of_use(central, zhang):
    review_key = zhang.begun()["review_key"]
    picture = signed_picture(review_key)
    assert zhang.send_picture(picture)[1]["code"] == "check_conflict"  # nothing is told yet
    zhang.told(end="review")
    assert zhang.send_picture(picture)[0] == 200
    assert zhang.send_picture(picture)[1]["state"] == "under_review"
    assert zhang.send_picture(signed_picture(review_key))[1]["state"] == "under_review"  # sealed anew
    other = signed_picture(review_key, jpeg=JPEG + b"x")
    assert zhang.send_picture(other)[1]["code"] == "check_conflict"
    assert len(states(central)) == 3
    zhang.withdraw()
    assert zhang.send_picture(picture)[1]["code"] == "consent_withdrawn"
    assert rows(central, "review_pictures") == []


def test_after_thirty_days_nobodys_picture_is_kept(central, pictured):
    pictured.clock.move_s(30 * DAY_S - 1)
    central.service.forget_old_pictures()
    assert len(rows(central, "review_pictures")) == 1
    pictured.clock.move_s(1)
    central.service.forget_old_pictures()
    assert rows(central, "review_pictures") == []
    assert states(central)[-1] == ("not_recognised", "picture_old", "")
    assert pictured.state()["state"] == "due"


def test_faces_are_counted_by_person(central, pictured):
    """Her reference and her picture are one face; a second reference of hers is still one."""
    husband = rows(central, "persons", tables.persons.c.name == "于德海")[0]
    with central.service.database.read() as connection:
        assert references.stored_faces(connection) == 1
    give_face(central, source="certified")
    give_face(central, number=husband.number)
    with central.service.database.read() as connection:
        assert references.stored_faces(connection) == 2
    pictured.withdraw()
    with central.service.database.write() as connection:
        connection.execute(delete(tables.face_references))
        assert references.stored_faces(connection) == 0


# --- taking the consent back ---------------------------------------------------------------------------------------


def test_the_consent_is_taken_back_at_any_kiosk_where_the_person_was(central, pictured, another_kiosk, clock):
    page = another_kiosk.visit()
    check_id = page["certification"]["check_id"]
    (husband,) = rows(central, "persons", tables.persons.c.name == "于德海")

    def ask(body):
        return another_kiosk.call("POST", f"/v1/checks/{check_id}/withdraw", body)

    his = another_kiosk.visit(husband.number, husband.name)["visit"]
    here = pictured.kiosk.visit()["visit"]  # of another kiosk
    for body in (None, {}, {"visit": his}, {"visit": here}):
        assert ask(body)[1]["code"] == "visit_over"
    assert len(rows(central, "review_pictures")) == 1
    clock.move_s(29 * DAY_S)  # a kiosk that was offline
    status, reply = ask({"visit": page["visit"]})
    assert (status, reply["state"]) == (200, "withdrawn")
    assert rows(central, "review_pictures") == []
    assert pictured.withdraw() == (200, reply)
    assert pictured.state()["state"] == "due"


def test_nothing_more_is_taken_after_that(central, zhang):
    zhang.begun()
    assert zhang.withdraw()[1]["state"] == "withdrawn"
    status, problem = zhang.told()
    assert (status, problem["code"]) == (409, "consent_withdrawn")
    assert zhang.begin()[1]["code"] == "consent_withdrawn"
    assert certified(central, zhang.person_id) == []
    assert told(central) == []


def test_what_was_certified_stays(central, zhang):
    zhang.begun()
    _, accepted = zhang.told()
    assert zhang.withdraw() == (200, accepted)
    assert zhang.state()["state"] == "valid"
    assert zhang.withdraw("WD001-NOBODY-1")[1]["code"] == "check_unknown"


# --- staff at the machine ------------------------------------------------------------------------------------------


def test_staff_confirm_and_a_second_person_has_still_to(central, zhang):
    status, reply = zhang.assist(reason="cannot_do_it")
    assert (status, reply["state"], reply["receipt_no"]) == (200, "under_review", "")
    assert zhang.assist(reason="cannot_do_it") == (200, reply)
    assert zhang.assist(reason="machine")[1]["code"] == "check_conflict"
    reviews, database = central.service.reviews, central.service.database
    with database.read() as connection:
        (waiting,) = [each for each in reviews.waiting(connection) if each.check_id == "WD001-CHECK-A"]
        assert (waiting.staff, waiting.staff_reason, waiting.reason) == (
            "丛海燕",
            "cannot_do_it",
            "second_person",
        )
        assert reviews.may_decide(connection, "WD001-CHECK-A", "孙复核")
        assert not reviews.may_decide(connection, "WD001-CHECK-A", "丛海燕")
    zhang.clock.move_s(2 * DAY_S)
    with database.write() as connection:
        decided = reviews.decide(connection, "WD001-CHECK-A", "孙复核", True, "已核对", at_ms=zhang.clock.ms)
    assert decided.receipt_no == "RZ270403000001"
    (row,) = certified(central, zhang.person_id)
    assert (row.channel, row.certified_on) == ("kiosk_assisted", date(2027, 4, 1))
    assert zhang.state()["source"] == "工作人员协助"


def test_who_confirmed_is_never_the_second_person(central, zhang):
    zhang.assist()
    before = states(central, "WD001-CHECK-A")
    reviews, database = central.service.reviews, central.service.database
    for accepted in (True, False):
        with pytest.raises(SamePerson), database.write() as connection:
            reviews.decide(connection, "WD001-CHECK-A", "丛海燕", accepted, "自己批", at_ms=0)
    zhang.withdraw("WD001-CHECK-A")
    # without an operator's name on file the name on the card is enough
    zhang.assist("WD001-CHECK-B", staff=OTHER_STAFF)
    with pytest.raises(SamePerson), database.write() as connection:
        reviews.decide(connection, "WD001-CHECK-B", "毕文斌", True, "自己批", at_ms=0)
    assert states(central, "WD001-CHECK-A")[:-1] == before
    assert certified(central, zhang.person_id) == []


def test_nobody_decides_about_themselves(central, pictured):
    from central import staff

    zhang = pictured
    database = central.service.database
    with database.write() as connection:
        staff.add(connection, ZHANG, "张秀英", "张主任")
    with pytest.raises(SamePerson), database.write() as connection:
        central.service.reviews.decide(connection, CHECK, "张主任", False, "自己的", at_ms=0)
    status, problem = zhang.assist(staff={"number": ZHANG, "name": "张秀英"})
    assert (status, problem["code"]) == (409, "staff_is_person")


@pytest.mark.parametrize(
    "card",
    [
        {**STAFF, "name": "丛海"},
        {**STAFF, "number": "371081198512050029"},
        {**STAFF, "number": "３71081198512050028"},
        {"number": "371081195906120018", "name": "于德海"},
    ],
)
def test_a_card_of_nobody_who_may_confirm(zhang, card):
    status, problem = zhang.assist(staff=card)
    assert (status, problem["code"]) == (404, "staff_unknown")


def test_staff_who_were_removed_confirm_nobody(central, zhang):
    with central.service.database.write() as connection:
        assert staff.remove(connection, STAFF["number"])
    assert zhang.assist()[1]["code"] == "staff_unknown"


def test_nobody_accepts_what_nobody_can_see(central, zhang):
    zhang.begun()
    zhang.told(doubts=["flat"])
    waits_unseen(central, CHECK, zhang.clock.ms)
    reviews, database = central.service.reviews, central.service.database
    with pytest.raises(NothingToCompare), database.write() as connection:
        reviews.decide(connection, CHECK, "孙复核", True, "看着像", at_ms=0)
    with pytest.raises(ValueError, match="note"), database.write() as connection:
        reviews.decide(connection, CHECK, "孙复核", False, " ", at_ms=0)
    with database.write() as connection:
        assert reviews.decide(connection, CHECK, "孙复核", False, "请换一种方式", at_ms=0).state == "refused"
    for check_id in (CHECK, "WD001-NOBODY-1"):
        with pytest.raises(NotWaiting), database.write() as connection:
            reviews.decide(connection, check_id, "孙复核", False, "再来一次", at_ms=0)


# --- who is there --------------------------------------------------------------------------------------------------


def test_a_check_begins_for_whom_the_kiosk_has_just_read_a_card_of(central, zhang, another_kiosk):
    visit = zhang.kiosk.visit()["visit"]
    assert zhang.begin(visit="")[1]["code"] == "visit_over"
    assert zhang.begin(visit=visit[:-1])[1]["code"] == "visit_over"
    assert zhang.begin(visit="9" + visit)[1]["code"] == "visit_over"
    elsewhere = Sitter(another_kiosk, zhang.clock, zhang.person_id)
    assert elsewhere.begin("WD002-CHECK-1", visit=visit)[1]["code"] == "visit_over"
    husband = rows(central, "persons", tables.persons.c.name == "于德海")[0]
    his = Sitter(zhang.kiosk, zhang.clock, husband.person_id)
    assert his.begin("WD001-CHECK-2", visit=visit)[1]["code"] == "visit_over"
    zhang.clock.move_s(1800.001)
    assert zhang.begin(visit=visit)[1]["code"] == "visit_over"
    assert rows(central, "checks", tables.checks.c.kiosk_key != "") == []
    zhang.clock.move_s(-0.001)
    assert zhang.begin(visit=visit)[0] == 200


def test_staff_confirm_whose_card_lay_there(central, zhang):
    body = {"check_id": "WD001-CHECK-A", "person_id": zhang.person_id, "staff": STAFF, "reason": "chosen"}
    (husband,) = rows(central, "persons", tables.persons.c.name == "于德海")
    his = zhang.kiosk.visit(husband.number, husband.name)["visit"]
    for visit in ({}, {"visit": ""}, {"visit": his}):
        answer = zhang.kiosk.call("PUT", "/v1/assisted-checks/WD001-CHECK-A", {**body, **visit})
        assert answer[1]["code"] == "visit_over"
    assert rows(central, "checks", tables.checks.c.person_id == zhang.person_id) == []


def test_a_number_without_its_name_proves_no_visit(kiosk, clock):
    clock.move_s(DUE_S)
    page = kiosk.visit(name="张秀")
    assert page["visit"] == ""
    assert [way["way"] for way in page["certification"]["ways"]] == ["home_visit", "phone", "window"]
    assert "visit" not in str(page["household"])
    # what an old card could not write is written with a private character
    assert kiosk.visit(name="张\ue815英")["visit"]
    assert [way["way"] for way in kiosk.visit(name="张\ue815英")["certification"]["ways"]][:2] == [
        "face",
        "staff",
    ]


def test_a_key_is_one_sittings(central, zhang):
    key = zhang.begun()["check_id"] and zhang.key_of(CHECK)
    husband = rows(central, "persons", tables.persons.c.name == "于德海")[0]
    his = Sitter(zhang.kiosk, zhang.clock, husband.person_id)
    status, problem = his.begin("WD001-CHECK-2", kiosk_key=key.public.hex())
    assert (status, problem["code"]) == (422, "invalid_request")
    # the answer that brought the references was lost: she begins anew in the same sitting
    assert zhang.begin("WD001-CHECK-3", kiosk_key=key.public.hex())[0] == 200
    zhang.told("WD001-CHECK-3", end="not_done")
    assert zhang.begin("WD001-CHECK-4", kiosk_key=key.public.hex())[0] == 422


def test_a_kiosk_begins_so_many_checks_an_hour_and_operators_hear_of_it(central, kiosk, another_kiosk, clock):
    clock.move_s(DUE_S)
    due = Hall(central, kiosk, clock).people()
    asked = [(person, n) for person in due for n in range(8)]
    codes = []
    for person, n in asked[:61]:
        check_id = f"WD001-{person.person_id.upper()[:12]}-{n}"
        codes.append(Sitter(kiosk, clock, person.person_id).begin(check_id)[0])
    assert codes == [200] * 60 + [409]
    with central.service.database.read() as connection:
        (alarm,) = [each for each in alarms.known(connection) if each.kind is Kind.MANY_CHECKS]
    assert (alarm.kiosk_id, alarm.subject) == ("WD001", "2027-04-01 10")
    person = due[-1].person_id
    assert Sitter(another_kiosk, clock, person).begin("WD002-CHECK-1")[0] == 200
    clock.move_s(HOUR_S)
    assert Sitter(kiosk, clock, person).begin("WD001-CHECK-1")[0] == 200


# --- nobody is certified twice for one term ------------------------------------------------------------------------


def test_of_two_checks_that_hold_one_certifies_and_both_say_the_same(central, zhang, another_kiosk):
    other = Sitter(another_kiosk, zhang.clock, zhang.person_id)
    zhang.begun()
    other.begun("WD002-CHECK-1")
    _, first = zhang.told()
    status, second = other.told("WD002-CHECK-1")
    assert (status, {**second, "check_id": CHECK}) == (200, first)
    assert len(certified(central, zhang.person_id)) == 1
    assert other.told("WD002-CHECK-1") == (200, second)
    assert other.withdraw("WD002-CHECK-1") == (200, second)
    with central.service.database.read() as connection:
        assert [each.words for each in audit.findings(connection) if not each.good] == []


def test_five_kiosks_at_once_give_one_certificate(central, zhang, kiosk_at):
    sitters = [Sitter(kiosk_at(central, f"WD00{n % 3 + 1}"), zhang.clock, zhang.person_id) for n in range(5)]
    for n, sitter in enumerate(sitters):
        sitter.begun(f"WD00X-CHECK-{n}")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda n: sitters[n].told(f"WD00X-CHECK-{n}"), range(5)))
    assert {reply["receipt_no"] for _, reply in answers} == {"RZ270401000001"}
    assert len(certified(central, zhang.person_id)) == 1


def test_what_else_waited_for_her_ends_when_she_is_certified(central, zhang, another_kiosk):
    review_key = zhang.begun()["review_key"]
    zhang.told(end="review")
    zhang.begun("WD001-CHECK-2")
    body = {"request_id": "WD001-VISIT-1", "person_id": zhang.person_id}
    zhang.kiosk.good("PUT", "/v1/home-visits/WD001-VISIT-1", body)
    Sitter(another_kiosk, zhang.clock, zhang.person_id).assist("WD002-CHECK-A")
    assert zhang.told("WD001-CHECK-2")[1]["state"] == "accepted"
    assert states(central, "WD002-CHECK-A")[-1] == ("not_recognised", "superseded", "")
    assert (zhang.state()["state"], len(certified(central, zhang.person_id))) == ("valid", 1)
    with central.service.database.read() as connection:
        assert home_visits.waiting(connection) == []
    status, problem = zhang.send_picture(signed_picture(review_key))
    assert (status, problem["code"]) == (409, "check_conflict")
    assert rows(central, "review_pictures") == []


def certify_elsewhere(central, zhang, on, until):
    """Another authority's word."""
    row = {"person_id": zhang.person_id, "channel": "app_web", "verdict": "accepted"}
    with central.service.database.write() as connection:
        connection.execute(insert(tables.certifications).values(**row, certified_on=on, valid_until=until))


def test_a_picture_of_somebody_certified_elsewhere_is_accepted_by_nobody(central, pictured):
    certify_elsewhere(central, pictured, date(2027, 4, 1), date(2028, 4, 30))
    reviews, database = central.service.reviews, central.service.database
    with pytest.raises(NotWaiting), database.write() as connection:
        reviews.decide(connection, CHECK, "孙复核", True, "是同一个人", at_ms=pictured.clock.ms)
    pictured.clock.move_s(DAY_S)
    central.service.forget_old_pictures()
    assert states(central)[-1] == ("not_recognised", "superseded", "")
    assert rows(central, "review_pictures") == []
    assert certified(central, pictured.person_id) == []


def test_another_way_is_asked_for_of_this_term_only(central, pictured):
    with central.service.database.write() as connection:
        reviews = central.service.reviews
        reviews.decide(connection, CHECK, "孙复核", False, "照片太暗", at_ms=pictured.clock.ms)
    assert pictured.state()["title"] == "资格认证：请换一种方式"
    certify_elsewhere(central, pictured, date(2027, 4, 1), date(2028, 4, 30))
    assert pictured.state()["state"] == "valid"
    pictured.clock.move_s(400 * DAY_S)
    page = pictured.state()
    assert (page["state"], page["title"]) == ("due", "资格认证：该做这一次了")


# --- somebody told of a death --------------------------------------------------------------------------------------


def tell_of_death(central, person_id, clock, *, confirmed=None):
    """A ticket as a visit writes it; ``confirmed``: what an operator closed it as."""
    with central.service.database.write() as connection:
        tablets.add(connection, "WDT01", "测试", at_ms=clock.ms)
        told = tickets.Told(
            tickets.Kind.DEATH,
            person_id,
            connection.execute(select(tables.staff.c.staff_id)).scalars().first(),
            "WDT01",
            told_on=legal_day(clock.ms),
        )
        number = tickets.write(connection, told, at_ms=clock.ms)
        if confirmed is not None:
            tickets.close(connection, number, "王主管", "问过", confirmed=confirmed, at_ms=clock.ms)


@pytest.mark.parametrize("confirmed", [None, True])
def test_whose_death_was_told_is_certified_by_a_person_and_reads_nothing_of_it(central, zhang, confirmed):
    tell_of_death(central, zhang.person_id, zhang.clock, confirmed=confirmed)
    zhang.begun()
    assert zhang.told()[1]["state"] == "under_review"
    assert states(central)[-1] == ("under_review", "reported_dead", "")
    page = zhang.state()
    assert (page["state"], page["title"]) == ("under_review", "资格认证：正在核对")
    assert ([way["way"] for way in page["ways"]], page["check_id"]) == (["staff"], "")
    assert zhang.begin("WD001-CHECK-2")[1]["code"] == "not_due"
    assert zhang.assist()[1]["state"] == "under_review"
    assert states(central, "WD001-CHECK-A")[-1] == ("under_review", "reported_dead", "")
    assert zhang.state()["ways"] == []
    assert zhang.assist("WD001-CHECK-B")[1]["code"] == "not_due"
    with central.service.database.write() as connection:
        reviews = central.service.reviews
        reply = reviews.decide(connection, "WD001-CHECK-A", "孙复核", True, "本人来过", at_ms=zhang.clock.ms)
    assert reply.state.value == "accepted"
    assert zhang.state()["state"] == "valid"


def test_a_death_that_was_told_by_mistake_changes_nothing(central, zhang):
    tell_of_death(central, zhang.person_id, zhang.clock, confirmed=False)
    zhang.begun()
    assert zhang.told()[1]["state"] == "accepted"


def test_the_reviewer_reads_why(central):
    assert "去世" in REASONS[Reason.REPORTED_DEAD][0]


# --- nobody waits for ever -----------------------------------------------------------------------------------------


def test_a_wait_is_told_to_operators_after_a_week_and_ends_after_thirty_days(central, zhang):
    def waits():
        with central.service.database.read() as connection:
            return [each.subject for each in alarms.known(connection) if each.kind is Kind.CHECK_WAITS]

    zhang.assist()
    zhang.clock.move_s(7 * DAY_S - 1)
    central.service.forget_old_pictures()
    assert waits() == []
    zhang.clock.move_s(1)
    central.service.forget_old_pictures()
    assert waits() == ["WD001-CHECK-A"]
    zhang.clock.move_s(23 * DAY_S - 1)
    central.service.forget_old_pictures()
    assert zhang.state()["state"] == "under_review"
    zhang.clock.move_s(1)
    central.service.forget_old_pictures()
    assert states(central, "WD001-CHECK-A")[-1] == ("not_recognised", "undecided", "")
    assert (zhang.state()["state"], waits()) == ("due", ["WD001-CHECK-A"])


def test_what_waited_for_nothing_in_an_older_central_is_ended(central, zhang):
    zhang.begun()
    zhang.told(doubts=["flat"])
    with central.service.database.write() as connection:
        under_review = CheckState.UNDER_REVIEW
        check_states.enter(connection, CHECK, under_review, Reason.DOUBTED, at_ms=zhang.clock.ms)
    assert zhang.state()["state"] == "under_review"
    zhang.clock.move_s(DAY_S)
    central.service.forget_old_pictures()
    assert states(central)[-1] == ("not_recognised", "undecided", "")
    assert zhang.state()["state"] == "due"


def test_a_picture_is_taken_within_a_day_of_the_beginning_and_once(central, zhang):
    review_key = zhang.begun()["review_key"]
    zhang.told(end="review")
    picture = signed_picture(review_key)
    zhang.clock.move_s(DAY_S + 1)
    assert zhang.send_picture(picture)[1]["code"] == "check_conflict"
    review_key = zhang.begun("WD001-CHECK-2")["review_key"]
    zhang.told("WD001-CHECK-2", end="review")
    picture = signed_picture(review_key, "WD001-CHECK-2")
    zhang.clock.move_s(DAY_S - 1)
    assert zhang.send_picture(picture, "WD001-CHECK-2")[0] == 200
    zhang.clock.move_s(2 * DAY_S)
    assert zhang.send_picture(picture, "WD001-CHECK-2")[0] == 200  # an answer was lost: it is here already
    zhang.clock.move_s(28 * DAY_S)
    central.service.forget_old_pictures()
    assert states(central, "WD001-CHECK-2")[-1][:2] == ("not_recognised", "picture_old")
    assert zhang.send_picture(picture, "WD001-CHECK-2")[1]["code"] == "check_conflict"
    assert rows(central, "review_pictures") == []


# --- the day that counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("begun", "apart_s"), [("00:01", -90), ("23:59", 90)])
def test_a_check_counts_for_the_day_it_was_made_on_whatever_the_kiosks_clock(
    central, kiosk, clock, begun, apart_s
):
    """On the first day of a window, or the last of the day: a clock that is a little wrong does not move it."""
    pension = tables.persons.c.benefit == "employee_pension"
    person = rows(central, "persons", pension, tables.persons.c.birth > date(1940, 1, 1))[0]
    first = date(2028, person.birth.month, 1)
    clock.ms = int(datetime.fromisoformat(f"{first}T{begun}:00+08:00").timestamp() * 1000)
    give_face(central, person.number)
    sitter = Sitter(kiosk, clock, person.person_id)
    sitter.begun()
    told = evidence(clock.ms + apart_s * 1000)
    reply = kiosk.good("POST", f"/v1/checks/{CHECK}/evidence", told)
    assert reply["state"] == "accepted"
    (row,) = certified(central, person.person_id)
    assert row.certified_on == first
    assert kiosk.visit(person.number, person.name)["certification"]["state"] == "valid"


# --- a visit at home -----------------------------------------------------------------------------------------------


def test_somebody_comes_to_the_house_once_however_often_it_is_asked(central, zhang, another_kiosk):
    def ask(kiosk, request_id):
        body = {"request_id": request_id, "person_id": zhang.person_id}
        return kiosk.call("PUT", f"/v1/home-visits/{request_id}", body)

    status, reply = ask(zhang.kiosk, "WD001-VISIT-1")
    assert (status, reply["request_id"], reply["within_days"]) == (200, "WD001-VISIT-1", 3)
    (person,) = rows(central, "persons", tables.persons.c.person_id == zhang.person_id)
    assert reply["phone"] == f"{person.phone[:3]}••••{person.phone[-4:]}"
    assert reply["booked_id"] == "WD001-VISIT-1"
    assert ask(zhang.kiosk, "WD001-VISIT-1") == (status, reply)
    assert ask(another_kiosk, "WD002-VISIT-1") == (200, {**reply, "request_id": "WD002-VISIT-1"})
    assert len(rows(central, "home_visits")) == 1
    assert ask(another_kiosk, "WD001-VISIT-1")[1]["code"] == "check_conflict"
    ways = {way["way"]: way for way in zhang.state()["ways"]}
    assert ways["home_visit"]["note"] == "已经约好了，上门以前会先打电话"
    assert [name for name, way in ways.items() if way["booked"]] == ["home_visit"]


# --- the chain, and what stays as it was written -------------------------------------------------------------------


def bad(central):
    """What ``central verify`` finds wrong."""
    with central.service.database.read() as connection:
        return [finding.words for finding in audit.findings(connection) if not finding.good]


def chain_finding(central):
    with central.service.database.read() as connection:
        (finding,) = [f for f in audit.findings(connection) if f.words.startswith("check evidence")]
        return finding


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE check_evidence SET content = replace(content, 'kiosk', 'booth') WHERE number = 2",
        "UPDATE check_evidence SET kind = 'import' WHERE number = 2",
        "UPDATE check_evidence SET at_ms = at_ms + 1 WHERE number = 2",
        "UPDATE check_evidence SET prev_hash = hash WHERE number = 2",
        "DELETE FROM check_evidence WHERE number = 2",
    ],
)
def test_central_verify_finds_evidence_that_was_changed_or_left_out(central, zhang, statement):
    for n in range(3):
        zhang.begun(f"WD001-CHECK-{n}")
        zhang.told(f"WD001-CHECK-{n}", end="review" if n < 2 else "accepted")
    assert chain_finding(central).good
    tamper(central.service.database, tables.check_evidence, statement)
    finding = chain_finding(central)
    assert not finding.good and "number 2" in finding.words


def test_central_verify_finds_a_row_that_was_hashed_anew(central, zhang):
    """Who can reckon a hash cannot make the next row name it."""
    for n in range(2):
        zhang.begun(f"WD001-CHECK-{n}")
        zhang.told(f"WD001-CHECK-{n}", end="review")
    first, second = rows(central, "check_evidence")[-2:]
    content = first.content.replace('"', "'")
    covered = [first.number, first.kind, first.check_id, content, first.at_ms, first.prev_hash]
    text = json.dumps(covered, ensure_ascii=False, separators=(",", ":"))
    values = {"content": content, "hash": sha256(text.encode()).hexdigest(), "number": first.number}
    sql = "UPDATE check_evidence SET content = :content, hash = :hash WHERE number = :number"
    tamper(central.service.database, tables.check_evidence, sql, **values)
    finding = chain_finding(central)
    assert not finding.good and f"number {second.number}" in finding.words


def test_central_verify_finds_a_check_that_was_given_to_somebody_else(central, zhang):
    zhang.begun()
    zhang.told()
    digest = "UPDATE checks SET request_digest = :other WHERE check_id = :check_id"
    tamper(central.service.database, tables.checks, digest, other="0" * 64, check_id=CHECK)
    assert bad(central) == [f"each check is as the chain has it: not {CHECK} (request_digest)"]


def test_the_laws_of_the_checks_hold_and_are_looked_at(central, zhang):
    zhang.begun()
    zhang.told()
    zhang.assist()

    assert bad(central) == []
    database, of = central.service.database, {"check_id": CHECK}
    sql = "UPDATE certifications SET check_id = NULL WHERE check_id = :check_id"
    tamper(database, tables.certifications, sql, **of)
    assert f"each accepted check certified its person: not {CHECK}" in bad(central)


@pytest.mark.parametrize("name", tables.FROZEN_CHECKS)
def test_what_a_check_was_cannot_be_changed_or_removed(central, zhang, name):
    zhang.begun()
    zhang.told()
    table, database = tables.metadata.tables[name], central.service.database
    with database.read() as connection:
        before = connection.execute(select(table)).all()
    assert before
    column = list(table.columns)[-1]
    for statement in (update(table).values({column: column}), delete(table)):
        with pytest.raises(IntegrityError, match="only ever inserted"), database.write() as connection:
            connection.execute(statement)
    with database.read() as connection:
        assert connection.execute(select(table)).all() == before
