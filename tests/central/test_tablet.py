"""A tablet over HTTP: enrolled, signed in, given the day's people, and what it brings back certifies once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from central import assignments, audit, review_case, staff, tables, tables_field, tablets
from central.assignments import Why
from kiosk.field.wire import Badge, Pack
from kiosk.seal import NotSealedForUs, ReceiverKey
from tests.central.far_tablet import CODE, OTHER_CODE, OTHER_PIN, FarTablet
from tests.central.sitter import JPEG, STAFF, give_face, look, rows, states

CHECKS, CERTIFICATIONS = tables.checks, tables.certifications
ASSIGNMENTS, PACKETS = tables_field.assignments, tables_field.packets
HOUR_S, DAY_S = 3600, 86_400


def certified(central, person_id):
    """Certifications that checks gave."""
    of = CERTIFICATIONS.c.person_id == person_id, CERTIFICATIONS.c.check_id.is_not(None)
    return rows(central, "certifications", *of)


def write(central):
    return central.service.database.write()


def has_request(central, person_id):
    """Whether somebody has still to come."""
    table = tables.home_visits
    return bool(rows(central, "home_visits", table.c.person_id == person_id, table.c.done_ms.is_(None)))


@pytest.fixture
def fresh(field, clock):
    """A tablet that has only just been switched on."""
    return FarTablet(field, clock)


# --- who ---------------------------------------------------------------------------------------------------------


def test_the_first_key_of_a_tablet_counts(fresh, field, clock):
    assert fresh.tell_key() == (200, {"kept": True})
    assert fresh.tell_key() == (200, {"kept": True})
    status, problem = FarTablet(field, clock).tell_key()
    assert (status, problem["code"]) == (409, "tablet_key_known")


def test_only_a_tablet_with_its_token_is_heard(fresh, field, kiosk_at):
    kiosk = kiosk_at(field)
    fresh._session.headers["Authorization"] = "Bearer demo-token-WDT02"
    for caller in (fresh, kiosk):
        for method, path in (
            ("PUT", "key"),
            ("POST", "sign-in"),
            ("POST", "packs"),
            ("GET", "packets"),
            ("PUT", "packets/1"),
        ):
            status, problem = caller.call(method, f"/v1/tablet/{path}", {})
            assert (status, problem["code"]) == (401, "unauthorised"), path
    fresh._session.headers["Authorization"] = "Bearer demo-token-WDT01"
    status, problem = fresh.call("POST", "/v1/visits", STAFF)
    assert (status, problem["code"]) == (401, "unauthorised")  # and a tablet is no kiosk


def test_staff_sign_in_with_card_or_code_for_twelve_hours(fresh, clock):
    for who in ({"staff": STAFF}, {"code": CODE}):
        status, answer = fresh.sign_in(**who)
        badge = Badge.model_validate(answer)
        assert (status, badge.name, badge.most_packets, badge.most_days) == (200, "丛海燕", 100, 3)
        assert badge.valid_until.timestamp() * 1000 == clock.ms + 12 * HOUR_S * 1000
    assert [key.suite.value for key in badge.record_keys] == ["x25519", "mlkem768-x25519"]
    assert [len(key.key) for key in badge.record_keys] == [64, 2432]
    status, answer = fresh.sign_in(OTHER_PIN, code=OTHER_CODE)
    assert (status, answer["name"]) == (200, "毕文斌")


@pytest.mark.parametrize(
    "who",
    [
        {"staff": STAFF, "pin": "246811"},
        {"staff": {**STAFF, "name": "丛海雁"}, "pin": "246810"},
        {"code": "100200300403", "pin": "246810"},
        {"code": CODE, "pin": OTHER_PIN},
        {"staff": STAFF, "code": OTHER_CODE, "pin": OTHER_PIN},  # the card counts
    ],
)
def test_a_wrong_card_code_or_pin_is_not_told_apart(fresh, who):
    status, problem = fresh.sign_in(**who)
    assert (status, problem) == (404, {"code": "staff_unknown", "detail": ""})


def test_wrong_pins_wait_longer_and_a_restart_forgets_nothing(fresh, start_field, clock):
    for _ in range(5):
        assert fresh.sign_in("000000")[0] == 404
    status, problem = fresh.sign_in()
    assert (status, problem["code"], problem["detail"]) == (429, "too_many_tries", "30 s")
    assert fresh.sign_in(OTHER_PIN, code=OTHER_CODE)[0] == 200  # another one's count
    fresh.url = start_field().url
    assert fresh.sign_in()[0] == 429
    clock.move_s(30)
    assert fresh.sign_in("000000")[0] == 404
    clock.move_s(59)
    assert fresh.sign_in()[0] == 429
    clock.move_s(1)
    assert fresh.sign_in()[0] == 200
    assert [fresh.sign_in("000000")[0] for _ in range(4)] == [404] * 4  # counted anew


def test_guesses_at_unknown_codes_are_counted_for_the_tablet(fresh, field, clock):
    answers = [fresh.sign_in("000000", code=f"{n:012d}")[0] for n in range(7)]
    assert answers == [404] * 5 + [429] * 2
    assert fresh.sign_in()[0] == 200
    assert FarTablet(field, clock, "WDT02").sign_in("000000", code="000000000000")[0] == 404


def test_of_many_guesses_at_once_five_are_looked_at(fresh):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: fresh.sign_in(f"{n:06d}")[0], range(8)))
    assert sorted(answers) == [404] * 5 + [429] * 3


def test_a_pin_and_a_code_cannot_be_read_on_the_disk(fresh, field):
    assert fresh.sign_in()[0] == 200
    folder = field.service.settings.data
    field.stop()
    for file in folder.glob("central.sqlite3*"):
        content = file.read_bytes()
        assert CODE.encode() not in content and b"246810" not in content, file.name


# --- the day's people --------------------------------------------------------------------------------------------


def test_a_pack_opens_to_this_key_this_tablet_and_this_member_of_staff_alone(tablet, clock):
    status, answer = tablet.ask_pack()
    pack = Pack.model_validate(tablet.open_pack(answer))
    assert (status, pack.tablet_id, pack.staff_id) == (200, "WDT01", tablet.badge["staff_id"])
    assert (pack.expires_at - pack.made_at).total_seconds() == DAY_S
    assert len(pack.day_code) == 4 and pack.review_key
    assert tablet.pack["assignments"][0]["name"] not in json.dumps(answer, ensure_ascii=False)
    tablet.key = ReceiverKey()
    with pytest.raises(NotSealedForUs):
        tablet.open_pack(answer)


def test_a_pack_is_for_who_is_signed_in(tablet, field, clock):
    other = FarTablet(field, clock, "WDT02")
    other.key, other.badge = tablet.key, tablet.badge
    wrong = (
        {"staff_id": "2"},
        {"staff_id": "0"},
        {"staff_id": "x"},
        {"pack_key": ReceiverKey().public.hex()},
    )
    answers = [tablet.ask_pack(**each) for each in wrong] + [other.ask_pack()]
    assert [(status, problem["code"]) for status, problem in answers] == [(404, "staff_unknown")] * 5
    assert tablet.ask_pack()[0] == 200
    clock.move_s(12 * HOUR_S)
    assert tablet.ask_pack()[0] == 404


def test_who_has_no_pin_any_more_or_left_gets_no_pack(tablet, field):
    with write(field) as connection:
        staff.remove(connection, STAFF["number"])
    assert tablet.ask_pack()[0] == 404
    assert tablet.sign_in()[0] == 404


def test_the_way_goes_village_by_village_and_a_home_room_by_room(tablet):
    going = tablet.pack["assignments"]
    villages = [each["village"] for each in going]
    assert [v for n, v in enumerate(villages) if v not in villages[:n]] == sorted(set(villages))
    assert villages == sorted(villages)
    rooms = [each["room"] for each in going if each["home"]]
    assert len(rooms) >= 8 and {each["home"] for each in going if each["home"]} == {"夏庄敬老院"}
    assert rooms == sorted(rooms, key=int)
    first = next(n for n, each in enumerate(going) if each["home"])
    assert all(each["home"] for each in going[first : first + len(rooms)])


def test_what_is_nobodys_is_in_one_pack_a_day(tablet, field, clock):
    other = FarTablet(field, clock, "WDT02").ready(pin=OTHER_PIN, code=OTHER_CODE)
    assert other.pack["assignments"] == []
    assert len(tablet.take_pack().pack["assignments"]) > 20  # who has it keeps it
    clock.move_s(DAY_S)
    assert other.sign_in(OTHER_PIN, code=OTHER_CODE)[0] == 200
    assert len(other.take_pack().pack["assignments"]) > 20


def test_what_is_somebodys_is_in_nobody_elses(tablet, field, clock):
    mine = tablet.pack["assignments"][3]["assignment_id"]
    with write(field) as connection:
        assignments.hand_to(connection, [mine], 2)  # 毕文斌
    other = FarTablet(field, clock, "WDT02").ready(pin=OTHER_PIN, code=OTHER_CODE)
    assert [each["assignment_id"] for each in other.pack["assignments"]] == [mine]
    assert mine not in [each["assignment_id"] for each in tablet.take_pack().pack["assignments"]]


def test_references_go_into_the_pack_and_what_was_given_is_remembered(tablet, field, clock):
    person = tablet.pack["assignments"][0]
    give_face(field, person["number"])
    (given,) = tablet.take_pack().pack["assignments"][0]["references"]
    assert given["source"] == "photo"
    clock.move_s(600)
    assert tablet.brought(0) == ("accepted", "certified")
    record = tablet.record(1)
    record["evidence"]["comparisons"][0]["source"] = "photo"  # of whom central has none
    assert tablet.send(tablet.packet(record))[1]["result"] == "not_recognised"
    assert states(field, record["record_id"])[-1][1] == "not_given"


def test_a_wish_at_a_kiosk_is_a_visit_in_the_next_pack(tablet, field, kiosk_at, clock):
    clock.move_s(129 * DAY_S)
    assert tablet.sign_in()[0] == 200
    kiosk = kiosk_at(field)
    person_id = kiosk.visit()["person_id"]
    kiosk.good("PUT", "/v1/home-visits/WD001-WISH-1", {"request_id": "WD001-WISH-1", "person_id": person_id})
    (hers,) = [each for each in tablet.take_pack().pack["assignments"] if each["person_id"] == person_id]
    assert (hers["name"], hers["asked_by"], hers["phone"][:7]) == ("张秀英", "person", "100••••")
    assert hers["address"].startswith("山东省威海市文登区泽头镇") and hers["village"] in hers["address"]


def test_who_was_certified_at_a_kiosk_is_not_gone_to(tablet, field):
    person = tablet.pack["assignments"][0]
    assert tablet.brought(0) == ("accepted", "certified")
    assert not has_request(field, person["person_id"])
    assert person["person_id"] not in [each["person_id"] for each in tablet.take_pack().pack["assignments"]]


# --- what a visit brings -----------------------------------------------------------------------------------------


def test_a_visit_certifies_and_is_answered_alike_when_it_comes_again(field, tablet):
    record = tablet.record()
    packet = tablet.packet(record)
    first = tablet.send(packet)
    said = {"seq": 1, "hash": packet["hash"], "state": "accepted", "result": "certified"}
    assert first == (200, {**said, "receipt_no": "RZ261123000001"})
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: tablet.send(packet), range(8))) == [first] * 8
    (check,) = rows(field, "checks", CHECKS.c.check_id == record["record_id"])
    assert (check.channel, check.kiosk_id) == ("home_visit", "WDT01")
    assert states(field, record["record_id"]) == [("open", "", ""), ("accepted", "", "")]
    (row,) = certified(field, record["person_id"])
    assert (row.channel, row.certificate_no, str(row.certified_on)) == (
        "home_visit",
        "RZ261123000001",
        "2026-11-23",
    )
    assert tablet.good("GET", "/v1/tablet/packets") == {"last_seq": 1, "last_hash": packet["hash"]}


def test_in_a_care_home_it_is_a_batch_of_the_institution(field, tablet):
    n = next(n for n, each in enumerate(tablet.pack["assignments"]) if each["home"])
    record = tablet.record(n)
    assert tablet.send(tablet.packet(record))[1]["result"] == "certified"
    (row,) = certified(field, record["person_id"])
    assert row.channel == "institution_batch"


def test_the_day_that_counts_is_that_of_the_visit(field, tablet, clock):
    record = tablet.record()
    clock.move_s(2 * DAY_S)
    assert tablet.send(tablet.packet(record))[1]["result"] == "certified"
    (row,) = certified(field, record["person_id"])
    assert str(row.certified_on) == "2026-11-23"


def test_the_chain_of_evidence_has_no_number_no_picture_no_stroke(field, tablet):
    place = {"latitude": 37.19, "longitude": 122.05, "accuracy_m": 12.0}
    face, manual = tablet.record(0, place=place), tablet.record(1, "manual")
    for record in (face, manual):
        assert tablet.send(tablet.packet(record))[0] == 200
    kept = [json.loads(row.content) for row in evidence_of(field, face, manual)]
    assert kept[0]["place"] == place and kept[1]["place"] is None
    assert kept[0]["identified"] == {"by": "card", "reason": None}
    for record, content in zip((face, manual), kept, strict=True):
        text = json.dumps(content)
        assert record["identified"]["number"] not in text and "strokes" not in text
        assert not {"photo", "picture", "witness"} & {*content, *(content["manual"] or {})}


def evidence_of(central, *records):
    table = tables.check_evidence
    told = table.c.kind == "evidence"
    return [
        rows(central, "check_evidence", table.c.check_id == each["record_id"], told)[0] for each in records
    ]


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"end": "no_match"}, "not_recognised"),
        ({"end": "review"}, "not_recognised"),
        ({"doubts": ["screen"]}, "not_recognised"),
        ({"asked": []}, "not_recognised"),
        ({"model": None}, "not_recognised"),
        ({"thresholds": "0" * 64}, "not_recognised"),
        ({"comparisons": [{"source": "chip", "zone": "accept", "score": 0.9}]}, "not_recognised"),
        ({"comparisons": [{"source": "chip", "zone": "no_match", "score": 0.9}]}, "not_recognised"),
    ],
)
def test_the_evidence_is_judged_as_a_kiosks_is(field, tablet, changes, result):
    record = tablet.record()
    record["evidence"] |= changes
    assert tablet.send(tablet.packet(record))[1]["result"] == result
    assert certified(field, record["person_id"]) == []
    assert has_request(field, record["person_id"])


def test_a_chip_that_nobody_read_is_no_proof(field, tablet):
    record = tablet.record()
    record["identified"] |= {"by": "typed", "reason": "lost"}
    assert tablet.send(tablet.packet(record))[1]["result"] == "not_recognised"
    assert states(field, record["record_id"])[-1][1] == "not_given"


def test_a_signed_picture_goes_to_a_person(field, tablet):
    record = tablet.record()
    record["evidence"]["end"] = "review"
    record["picture"] = tablet.photo(record["record_id"])
    assert tablet.send(tablet.packet(record))[1]["result"] == "under_review"
    reviews = field.service.reviews
    with field.service.database.read() as connection:
        assert reviews.picture(connection, record["record_id"]).jpeg == JPEG
        assert reviews.evidence(connection, record["record_id"]).end.value == "review"


def test_what_does_not_bear_itself_out_is_told_to_who_compares_the_picture(field, tablet):
    record = tablet.record()
    record["evidence"]["comparisons"][0]["score"] = 0.9
    record["picture"] = tablet.photo(record["record_id"])
    assert tablet.send(tablet.packet(record))[1]["result"] == "under_review"
    became = states(field, record["record_id"])
    assert became[1:] == [("not_recognised", "other_zone", ""), ("under_review", "picture", "")]
    with field.service.database.read() as connection:
        told = [event.words for event in review_case.history(connection, record["record_id"])]
    assert told[1] == "没有认出，本人可以换一种方式：结果与分数不符"


def test_a_visit_by_hand_is_for_a_second_person_and_never_for_who_was_there(field, tablet):
    from central.reviews import SamePerson

    record = tablet.record(0, "manual")
    assert tablet.send(tablet.packet(record))[1]["result"] == "under_review"
    reviews, check_id, at_ms = field.service.reviews, record["record_id"], tablet.clock.ms
    with field.service.database.read() as connection:
        row = reviews.find(connection, check_id)
        assert (row.staff, row.staff_reason, row.channel, row.place) == (
            "丛海燕",
            "cannot_do_it",
            "home_visit",
            "第 1 号演示平板",
        )
        picture = reviews.picture(connection, check_id)
        assert (picture.jpeg, picture.strokes) == (JPEG, (((100, 100), (300, 400)),))
    with pytest.raises(SamePerson), write(field) as connection:
        reviews.decide(connection, check_id, "丛海燕", True, "见过本人", at_ms=at_ms)
    look(field, check_id, "陈复核", at_ms)
    with write(field) as connection:
        reply = reviews.decide(connection, check_id, "陈复核", True, "打过电话", at_ms=at_ms + DAY_S * 1000)
    assert reply.state.value == "accepted"
    (row,) = certified(field, record["person_id"])
    assert str(row.certified_on) == "2026-11-23"  # of the visit, not of the decision
    assert rows(field, "review_pictures") == [] and not has_request(field, record["person_id"])


def test_a_witness_alone_is_kept_and_another_days_code_is_not(field, tablet):
    record = tablet.record(0, "manual")
    record["manual"]["photo"] = None
    assert tablet.send(tablet.packet(record))[1]["result"] == "under_review"
    with field.service.database.read() as connection:
        picture = field.service.reviews.picture(connection, record["record_id"])
    assert (picture.jpeg, len(picture.strokes)) == (b"", 1)
    record = tablet.record(1, "manual")
    record["manual"]["day_code"] = f"{(int(tablet.pack['day_code']) + 1) % 10_000:04d}"
    reply = tablet.send(tablet.packet(record))[1]
    assert (reply["state"], reply["result"]) == ("parked", "not_this_pack")


def test_what_else_waited_is_over_once_a_visit_certified(field, tablet):
    by_hand = tablet.record(0, "manual")
    assert tablet.send(tablet.packet(by_hand))[1]["result"] == "under_review"
    assert tablet.brought(0) == ("accepted", "certified")
    assert states(field, by_hand["record_id"])[-1][:2] == ("not_recognised", "superseded")
    assert rows(field, "review_pictures") == []
    assert len(certified(field, by_hand["person_id"])) == 1


def test_errands_change_nothing_about_the_person(field, tablet):
    person = tablet.pack["assignments"][0]
    persons = tables.persons
    before = rows(field, "persons", persons.c.person_id == person["person_id"])
    told = [
        tablet.record(0, "phone", phone="10012345678"),
        tablet.record(0, "question", topic="amount"),
        tablet.record(0, "question", topic="other", answered=True),
        tablet.record(0, "not_met", not_met="away"),
        tablet.record(0, "death", died_on="2026-11-20"),
    ]
    replies = [tablet.send(tablet.packet(record))[1] for record in told]
    assert {(reply["state"], reply["result"]) for reply in replies} == {("accepted", "noted")}
    assert [reply["receipt_no"] for reply in replies] == [
        *("GD261123000001", "GD261123000002", "GD261123000003"),
        "",
        "GD261123000004",
    ]
    assert rows(field, "persons", persons.c.person_id == person["person_id"]) == before
    assert certified(field, person["person_id"]) == []
    assert has_request(field, person["person_id"])
    # but nobody is sent to a house of mourning
    assert person["person_id"] not in [each["person_id"] for each in tablet.take_pack().pack["assignments"]]


# --- conflicts ---------------------------------------------------------------------------------------------------


def test_who_was_certified_meanwhile_is_not_certified_twice(field, tablet):
    first, again = tablet.record(0), tablet.record(0)
    assert tablet.send(tablet.packet(first))[1]["result"] == "certified"
    reply = tablet.send(tablet.packet(again))[1]
    assert (reply["state"], reply["result"], reply["receipt_no"]) == (
        "accepted",
        "already_certified",
        "RZ261123000001",
    )
    assert len(certified(field, first["person_id"])) == 1
    assert rows(field, "checks", CHECKS.c.check_id == again["record_id"]) == []


@pytest.mark.parametrize(
    ("why", "result"),
    [
        (Why.WITHDRAWN, "assignment_withdrawn"),
        (Why.MOVED, "person_moved"),
        (Why.DIED, "assignment_withdrawn"),
    ],
)
def test_a_visit_after_the_assignment_was_withdrawn_waits_for_a_person(field, tablet, clock, why, result):
    early = tablet.record(0)
    clock.move_s(60)
    for n in (0, 1):
        with write(field) as connection:
            its_id = tablet.pack["assignments"][n]["assignment_id"]
            assert assignments.withdraw(connection, its_id, why, "王主管", at_ms=clock.ms)
    clock.move_s(600)
    assert tablet.send(tablet.packet(early))[1]["result"] == "certified"  # she was there before
    late = tablet.record(1)
    reply = tablet.send(tablet.packet(late))[1]
    assert (reply["state"], reply["result"]) == ("parked", result)
    assert certified(field, late["person_id"]) == []


def test_who_draws_nothing_any_more_waits_for_a_person(field, tablet):
    record = tablet.record()
    with write(field) as connection:
        persons = tables.persons
        connection.execute(
            update(persons).where(persons.c.person_id == record["person_id"]).values(benefit="")
        )
    assert tablet.send(tablet.packet(record))[1]["result"] == "person_moved"


def test_a_pack_that_was_over_waits_for_a_person(field, tablet, clock):
    clock.move_s(DAY_S + 60)
    assert tablet.brought() == ("parked", "pack_expired")
    assert tablet.sign_in()[0] == 200
    tablet.take_pack()
    clock.move_s(600)
    assert tablet.brought() == ("accepted", "certified")


def test_more_than_a_tablet_may_hold_waits_for_a_person(field, tablet, clock):
    held = [tablet.packet(tablet.record(0, "not_met", not_met="away")) for _ in range(99)]
    held += [tablet.packet(tablet.record(1)), tablet.packet(tablet.record(2))]
    clock.move_s(60)
    results = [tablet.send(packet)[1]["result"] for packet in held]
    assert results[98:] == ["noted", "certified", "limits_exceeded"]
    assert tablet.brought(2) == ("accepted", "certified")  # once the others are there


# --- lost --------------------------------------------------------------------------------------------------------


def test_a_revoked_tablet_is_refused_everything_and_its_packets_are_kept(field, tablet):
    packet = tablet.packet(tablet.record())
    with write(field) as connection:
        assert tablets.revoke(connection, "WDT01", "丢失", at_ms=tablet.clock.ms)
    answers = [
        tablet.tell_key(),
        tablet.sign_in(),
        tablet.ask_pack(),
        tablet.call("GET", "/v1/tablet/packets"),
    ]
    assert [(status, problem["code"]) for status, problem in answers] == [(403, "tablet_revoked")] * 4
    first = tablet.send(packet)
    assert (first[0], first[1]["state"], first[1]["result"]) == (200, "parked", "tablet_revoked")
    assert tablet.send(packet) == first
    assert len(rows(field, "packet_contents")) == 1
    assert rows(field, "checks", CHECKS.c.kiosk_id == "WDT01") == []
    (alarm,) = rows(field, "alarms")
    assert (alarm.kind, alarm.kiosk_id, alarm.subject) == ("packet_parked", "WDT01", "WDT01 1")


def test_verify_finds_the_books_whole_after_a_day_of_everything(field, tablet):
    for n, kind in enumerate(("face", "manual", "face")):
        assert tablet.brought(n, kind)[0] == "accepted"
    assert tablet.brought(3, "not_met", not_met="moved") == ("accepted", "noted")
    with field.service.database.read() as connection:
        found = list(audit.findings(connection))
    assert [each.words for each in found if not each.good] == []
    assert "tablet WDT01: 4 packets" in [each.words for each in found]
