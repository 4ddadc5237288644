"""What people do about visits at home: parked packets, tickets, the list, the counts, by page and by command."""

import base64
import re

import pytest
import requests
from sqlalchemy import select
from typer.testing import CliRunner

from central import audit, operators, packets, parked, tables, tables_field, tablets, visit_words
from central.__main__ import app
from central.operators import Role
from central.packets import Flaw
from central.tickets import Kind
from central.visit_count import Place, by_home, by_township, figures
from kiosk.field import wire
from tests.central.far_tablet import FarTablet
from tests.central.sitter import card_number, rows, states

DAY_S = 86_400
HERE, LIST = "/operations/visits", "/operations/visits/assignments"
PERSONS, TICKETS = tables.persons, tables_field.tickets
NAMES = {
    Role.SUPERVISOR: "王主管",
    Role.REVIEWER: "丛海燕",
    Role.AUDITOR: "于会计",
}  # the reviewer is staff, too


@pytest.fixture
def browser(field):
    """Asks as somebody with a role; forms carry the page's token."""
    with field.service.database.write() as connection:
        keys = {
            role: operators.add(connection, name, role, card_number(n), at_ms=0)
            for n, (role, name) in enumerate(NAMES.items())
        }
    with requests.Session() as session:
        session.trust_env = False

        def ask(method, path, role=Role.SUPERVISOR, **fields):
            coded = base64.b64encode(f"{NAMES[role]}:{keys[role]}".encode()).decode()
            headers = {"Authorization": f"Basic {coded}"}
            if method == "POST" and "token" not in fields:
                page = session.get(field.url + LIST, headers=headers, timeout=20).text
                fields["token"] = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]
            return session.request(
                method,
                field.url + path,
                data=fields or None,
                headers=headers,
                allow_redirects=False,
                timeout=20,
            )

        yield ask


@pytest.fixture
def late(tablet, clock):
    """A record of a pack that was over, parked."""
    clock.move_s(DAY_S)
    record = tablet.record(0)
    assert tablet.send(tablet.packet(record))[1]["result"] == "pack_expired"
    return record


def decide(browser, seq=1, decision="take", role=Role.SUPERVISOR, note="问过了", **fields):
    path = f"{HERE}/packets/WDT01/{seq}/decide"
    return browser("POST", path, role, decision=decision, note=note, refusal="", **fields).status_code


# --- parked packets ----------------------------------------------------------------------------------------------


def test_a_parked_visit_that_is_taken_still_needs_a_second_person(field, browser, late, clock):
    page = browser("GET", HERE).text
    assert "任务包已过期" in page and "第 1 号演示平板 第 1 份" in page and "丛海燕" in page
    assert decide(browser, role=Role.REVIEWER) == 403  # she was there herself
    assert decide(browser, note="x") == 403 and decide(browser, token="0" * 64) == 403
    assert rows(field, "packet_decisions") == []
    assert decide(browser) == 303
    assert states(field, late["record_id"])[-1][:2] == ("under_review", "parked")
    assert rows(field, "packet_contents") == []
    (alarm,) = rows(field, "alarm_clearings")
    assert (alarm.operator, alarm.note) == ("王主管", "问过了")
    assert decide(browser) == 409  # once
    assert "任务包已过期" not in browser("GET", HERE).text
    review = browser("GET", f"/operations/reviews/{late['record_id']}").text
    assert "请核实上门情况" in browser("GET", "/operations/reviews").text and "读了身份证" in review
    with field.service.database.write() as connection:
        reviews = field.service.reviews
        reviews.decide(connection, late["record_id"], "王主管", True, "电话核实", at_ms=clock.ms)
    certified = tables.certifications
    (row,) = rows(field, "certifications", certified.c.check_id == late["record_id"])
    assert str(row.certified_on) == "2026-11-24"


def test_what_is_put_aside_leaves_nothing_but_the_note(field, browser, late):
    assert decide(browser, decision="aside") == 303
    assert rows(field, "packet_contents") == []
    (kept,) = rows(field, "packet_decisions")
    assert (kept.taken, kept.operator, kept.note) == (0, "王主管", "问过了")
    assert rows(field, "checks", tables.checks.c.check_id == late["record_id"]) == []


def test_what_belongs_nowhere_cannot_be_taken(field, browser, tablet):
    assert tablet.brought(0, staff_id="2") == ("parked", "not_this_pack")
    assert decide(browser) == 409
    packet = tablet.packet(tablet.record(1))
    assert tablet.send({**packet, "signature": "0" * 128})[0] == 422
    (refusal,) = rows(field, "refused_packets")
    path, refusal_id = f"{HERE}/packets/WDT01/2/decide", str(refusal.refusal_id)
    for decision, status in (("take", 409), ("aside", 303)):
        answer = browser("POST", path, decision=decision, note="查过了", refusal=refusal_id)
        assert answer.status_code == status
    assert len(rows(field, "packet_contents")) == 1  # of the first, which nobody has decided about
    assert tablet.send(packet)[1]["result"] == "certified"


def put_aside(field, browser, refused_row):
    answer = browser(
        "POST",
        f"{HERE}/packets/WDT01/{refused_row.seq}/decide",
        decision="aside",
        note="内存卡坏了",
        refusal=str(refused_row.refusal_id),
    )
    assert answer.status_code == 303


def verified(field):
    with field.service.database.read() as connection:
        return {each.tablet_id: each for each in packets.walk(connection)}["WDT01"]


def test_a_chain_goes_on_behind_what_was_put_aside(field, browser, tablet):
    assert tablet.brought(0) == ("accepted", "certified")
    spoilt = [{**tablet.packet(tablet.record(n)), "signature": "0" * 128} for n in (1, 2)]
    later = [tablet.packet(tablet.record(n)) for n in (3, 4)]
    for each in (*spoilt, *later):
        assert tablet.send(each)[0] in (409, 422)
    refused = {row.seq: row for row in rows(field, "refused_packets")}
    assert "后面的收不进来时，搁置这一份就能接着收" in browser("GET", HERE).text
    put_aside(field, browser, refused[2])
    assert tablet.send(later[0])[1]["code"] == "packet_gap"  # the other one is still in the way
    put_aside(field, browser, refused[3])
    assert tablet.send({**later[0], "signature": "1" * 128})[1]["detail"] == "signature"
    assert [tablet.send(each)[1]["result"] for each in later] == ["certified"] * 2
    assert tablet.send(later[0])[1]["result"] == "certified"  # a lost answer
    assert tablet.brought(5) == ("accepted", "certified")
    assert verified(field) == ("WDT01", 4, (2, 3), "")
    with field.service.database.read() as connection:
        (said,) = (each for each in audit.findings(connection) if "WDT01" in each.words)
    assert (said.good, said.words) == (True, "tablet WDT01: 4 packets, put aside: 2, 3")


def test_what_belongs_where_something_was_put_aside_may_still_come_and_then_nothing_is_given_up(
    field, browser, tablet
):
    true = tablet.packet(tablet.record(0))
    tablet.send({**true, "signature": "0" * 128})  # not the tablet's own
    put_aside(field, browser, rows(field, "refused_packets")[0])
    assert tablet.send(true)[1]["result"] == "certified"
    assert tablet.brought(1) == ("accepted", "certified")
    assert verified(field) == ("WDT01", 2, (), "")


def test_what_comes_when_its_place_is_given_up_is_kept_and_told(field, browser, tablet):
    true = tablet.packet(tablet.record(0))
    tablet.send({**true, "signature": "0" * 128})
    put_aside(field, browser, rows(field, "refused_packets")[0])
    assert tablet.brought(1) == ("accepted", "certified")
    assert tablet.send(true) == (422, {"code": "packet_refused", "detail": "forked"})
    (content,) = rows(field, "packet_contents")
    assert content.sealed == base64.b64decode(true["sealed"])
    assert "同一序号有两份" in browser("GET", HERE).text


def test_a_hole_that_nobody_gave_up_is_a_gap(field, browser, tablet):
    assert tablet.brought(0, staff_id="2") == ("parked", "not_this_pack")
    assert decide(browser, decision="aside") == 303  # a parked one is in the chain: nothing is given up
    tablet.packet(tablet.record(1))  # lost
    late = tablet.packet(tablet.record(2))
    assert tablet.send(late)[1]["code"] == "packet_gap"
    (gap,) = rows(field, "refused_packets")
    put_aside(field, browser, gap)
    assert tablet.send(late)[1]["code"] == "packet_gap"


def test_a_lost_tablets_packets_can_be_taken_by_a_person(field, browser, tablet):
    with field.service.database.write() as connection:
        tablets.revoke(connection, "WDT01", "丢失", at_ms=tablet.clock.ms)
    record = tablet.record(0)
    assert tablet.send(tablet.packet(record))[1]["result"] == "tablet_revoked"
    assert decide(browser) == 303
    assert states(field, record["record_id"])[-1][:2] == ("under_review", "parked")


def test_who_keeps_the_books_sees_counts_and_nobody(browser, late, tablet):
    tablet.send(tablet.packet(tablet.record(1, "phone", phone="10012345678")))
    page = browser("GET", HERE, Role.AUDITOR).text
    assert "泽头镇" in page and "任务包已过期" not in page and "10012345678" not in page
    assert browser("GET", LIST, Role.AUDITOR).status_code == 403
    assert browser("POST", f"{HERE}/tickets/GD261124000001/close", Role.AUDITOR, token="x").status_code == 403
    assert requests.get(f"{tablet.url}{HERE}", timeout=20).status_code == 401


# --- tickets -----------------------------------------------------------------------------------------------------


def phone_of(central, person_id):
    return rows(central, "persons", PERSONS.c.person_id == person_id)[0].phone


@pytest.mark.parametrize(("decision", "changed"), [("confirm", True), ("close", False)])
def test_a_number_is_changed_by_an_operator_who_confirms_it(field, browser, tablet, decision, changed):
    person_id = tablet.pack["assignments"][0]["person_id"]
    before = phone_of(field, person_id)
    number = tablet.send(tablet.packet(tablet.record(0, "phone", phone="10012345678")))[1]["receipt_no"]
    assert "10012345678" in browser("GET", HERE).text
    answer = browser("POST", f"{HERE}/tickets/{number}/close", decision=decision, note="打过了")
    assert answer.status_code == 303
    assert phone_of(field, person_id) == ("10012345678" if changed else before)
    (ticket,) = rows(field, "tickets")
    assert (ticket.phone, ticket.closed_by) == ("", "王主管")
    again = browser("POST", f"{HERE}/tickets/{number}/close", decision=decision, note="打过了")
    assert again.status_code == 409


def test_a_death_that_is_confirmed_ends_the_request_and_nothing_else(field, browser, tablet):
    person_id = tablet.pack["assignments"][0]["person_id"]
    before = rows(field, "persons", PERSONS.c.person_id == person_id)
    number = tablet.send(tablet.packet(tablet.record(0, "death")))[1]["receipt_no"]
    browser("POST", f"{HERE}/tickets/{number}/close", decision="confirm", note="村里证实")
    assert rows(field, "persons", PERSONS.c.person_id == person_id) == before
    assignment = tables_field.assignments
    (row,) = rows(field, "assignments", assignment.c.person_id == person_id)
    assert (row.withdrawn_why, row.withdrawn_by) == ("died", "王主管")


# --- the list ----------------------------------------------------------------------------------------------------


def certifiable(central, taken):
    """Numbers of people who draw a benefit and are not on the list."""
    query = select(PERSONS).where(PERSONS.c.benefit != "", PERSONS.c.person_id.not_in(taken))
    with central.service.database.read() as connection:
        return connection.execute(query.order_by(PERSONS.c.number)).all()


def test_a_care_home_is_entered_whole_or_not_at_all(field, browser, tablet):
    taken = [each["person_id"] for each in tablet.pack["assignments"]]
    one, other = certifiable(field, taken)[:2]
    form = {"home": "东山敬老院", "address": "山东省威海市文登区泽头镇东山头村9号"}
    count = len(rows(field, "assignments"))
    wrong = browser("POST", f"{HERE}/homes", **form, residents=f"301 {one.number}\n302 371081199901010019")
    assert (wrong.status_code, wrong.text) == (422, "没有登记：第 2 行：没有这个人")
    assert len(rows(field, "assignments")) == count
    good = browser("POST", f"{HERE}/homes", **form, residents=f"302 {other.number}\n\n301 {one.number}\n")
    assert good.status_code == 303
    assignment = tables_field.assignments
    entered = rows(field, "assignments", assignment.c.home == "东山敬老院")
    assert {(row.person_id, row.room, row.asked_by, row.village) for row in entered} == {
        (one.person_id, "301", "care_home", "东山头村"),
        (other.person_id, "302", "care_home", "东山头村"),
    }
    page = browser("GET", LIST).text
    assert page.index("东山敬老院 301") < page.index("东山敬老院 302")
    assert one.number not in page and one.name not in page


def test_one_person_is_entered_and_withdrawn(field, browser, tablet):
    taken = [each["person_id"] for each in tablet.pack["assignments"]]
    person = certifiable(field, taken)[0]
    form = {"number": person.number, "asked_by": "relative", "address": ""}
    for _ in range(2):  # a second time completes the same request
        assert browser("POST", LIST, **form).status_code == 303
    assignment = tables_field.assignments
    (row,) = rows(field, "assignments", assignment.c.person_id == person.person_id)
    assert (row.address, row.by_operator) == (person.address, "王主管")
    path = f"{LIST}/{row.assignment_id}/withdraw"
    assert browser("POST", path, why="certified").status_code == 403
    assert browser("POST", path, why="moved").status_code == 303
    assert browser("POST", path, why="moved").status_code == 409
    assert browser("POST", LIST, **{**form, "number": "371081199901010019"}).status_code == 422
    assert browser("POST", LIST, **form, token="0" * 64).status_code == 403


def test_the_counts_are_those_of_the_day(field, tablet, clock):
    going = tablet.pack["assignments"]
    home = next(n for n, each in enumerate(going) if each["home"])
    assert tablet.brought(home) == ("accepted", "certified")
    assert tablet.brought(home + 1, "manual") == ("accepted", "under_review")
    assert tablet.brought(home + 2, "not_met", not_met="away") == ("accepted", "noted")
    with field.service.database.read() as connection:
        counts = figures(connection, 0, clock.ms)
    asked = sum(each["home"] != "" for each in going)
    found = by_home(counts)["夏庄敬老院"]
    told = (found.asked, found.visited, found.certified, found.under_review, found.not_met)
    assert told == (asked, 3, 1, 1, 1)
    assert by_township(counts)["泽头镇"].asked == len(going)
    assert counts[Place("泽头镇", "夏庄村", "夏庄敬老院")] == found


# --- commands ----------------------------------------------------------------------------------------------------


def run(*arguments, good=True, **options):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], **options)
    assert (done.exit_code == 0) == good, done.output
    return done.output


def test_tablets_and_pins_are_entered_by_command(field, start_field, clock):
    data = field.service.settings.data
    field.stop()
    token = run("tablet", "add", "--data", data, "--id", "WDT77", "--label", "泽头镇 3 号").strip()
    run("tablet", "add", "--data", data, "--id", "WDT77", "--label", "x", good=False)
    run("tablet", "add", "--data", data, "--id", "WD001", "--label", "a kiosk's name", good=False)
    run("tablet", "add", "--data", data, "--id", "wdt78", "--label", "x", good=False)
    member = "371081198512050028"
    said = run("staff", "pin", "--data", data, "--number", member, "--pin", "112233", "--code").split()
    assert said[:2] == ["PIN", "112233"] and re.fullmatch(r"[0-9]{12}", said[3])
    run("staff", "pin", "--data", data, "--number", member, "--pin", "12345", good=False)
    run("staff", "pin", "--data", data, "--number", "371081199901010019", good=False)
    tablet = FarTablet(start_field(), clock, "WDT77")
    tablet._session.headers["Authorization"] = f"Bearer {token}"
    assert tablet.sign_in()[0] == 404  # the old PIN
    tablet.ready(pin="112233", code=said[3])
    assert tablet.pack["assignments"]
    assert "WDT77        in use          0 packets  泽头镇 3 号" in run("tablet", "list", "--data", data)
    run("tablet", "revoke", "--data", data, "--id", "WDT77", "--note", "丢失")
    run("tablet", "revoke", "--data", data, "--id", "WDT77", "--note", "丢失", good=False)
    assert tablet.ask_pack()[1]["code"] == "tablet_revoked"
    run("staff", "no-pin", "--data", data, "--number", member)
    run("staff", "no-pin", "--data", data, "--number", member, good=False)


def test_assignments_are_entered_listed_withdrawn_and_counted_by_command(field, tmp_path, tablet):
    taken = [each["person_id"] for each in tablet.pack["assignments"]]
    one, other = certifiable(field, taken)[:2]
    data = ("--data", field.service.settings.data)
    field.stop()
    its_id = run("assignments", "add", *data, "--person", one.number, "--by", "王主管").strip()
    listed = run("assignments", "list", *data)
    assert its_id in listed and one.number not in listed and one.name not in listed
    file = tmp_path / "rooms.txt"
    file.write_text(f"12 {other.number}\n", encoding="utf-8")
    home = ("--home", "西河口敬老院", "--address", "山东省威海市文登区泽头镇西河口村1号", "--by", "王主管")
    assert run("assignments", "home", *data, *home, "--residents", file) == "1 entered\n"
    assert run("assignments", "withdraw", *data, "--id", its_id, "--by", "王主管") == "withdrawn\n"
    run("assignments", "withdraw", *data, "--id", its_id, "--by", "王主管", good=False)
    run("assignments", "add", *data, "--person", "371081199901010019", "--by", "王主管", good=False)
    run("assignments", "add", *data, "--person", one.number, "--by", "王主管", "--room", "1", good=False)
    counted = run("assignments", "count", *data, "--since", "2026-01-01", "--until", "2099-01-01")
    assert re.search(r"^ +1 +0 +0 +0 +0  泽头镇 西河口村 西河口敬老院$", counted, re.MULTILINE)


# --- words -------------------------------------------------------------------------------------------------------


def test_every_word_is_said_in_chinese():
    waits = {result.value for result in wire.PacketResult} - set(visit_words.RESULTS) | {
        flaw.value for flaw in Flaw
    }
    assert set(visit_words.WAITS) == waits
    assert {result.value for result in parked.MAY_BE_TAKEN} <= set(visit_words.WAITS)
    for words, known in (
        (visit_words.KINDS, wire.RecordKind),
        (visit_words.TICKETS, Kind),
        (visit_words.TOPICS, wire.Topic),
        (visit_words.ASKED_BY, wire.AskedBy),
    ):
        assert set(words) == {each.value for each in known}
