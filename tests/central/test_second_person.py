"""Who may decide about a check: by number, whatever names people go by; only who has seen a picture accepts it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from central import operators, staff, tables
from central.office import Office
from central.operators import Role
from central.reviews import Bar, NotSeen, NumberMissing
from tests.central.review_hall import Hall
from tests.central.sitter import card_number, look
from tests.central.test_reviews import NAMES, desk, page_of, token_of  # noqa: F401 - a fixture

WANG = (card_number(1), "王芳")
SOMEBODY = card_number(2)
PERSONS = tables.persons


@pytest.fixture
def hall(central, kiosk, clock):
    return Hall(central, kiosk, clock)


@pytest.fixture
def bar(hall):
    """Why an operator of a number may not decide about a check."""

    def bar(check_id, name, number=SOMEBODY):
        with hall.database.write() as connection:
            operators.remove(connection, name)
            operators.add(connection, name, Role.REVIEWER, number, at_ms=0)
            found = hall.central.service.reviews.bar(connection, check_id, name)
            assert hall.central.service.reviews.may_decide(connection, check_id, name) == (found is None)
            return found

    return bar


def in_one_household(hall):
    """Somebody who is due, and another of the same household."""
    with hall.database.read() as connection:
        for person in hall.people():
            others = (PERSONS.c.household_id == person.household_id) & (
                PERSONS.c.person_id != person.person_id
            )
            if (other := connection.execute(select(PERSONS).where(others)).first()) is not None:
                return person, other
    raise AssertionError("everybody lives alone")


def test_nobody_decides_about_themselves_who_is_no_staff(hall, bar):
    person = hall.people()[0]
    check_id = hall.compared(person)
    assert bar(check_id, "孙大夫", person.number) is Bar.OWN
    assert bar(check_id, person.name) is Bar.OWN  # of that name, and nobody else to be found
    assert bar(check_id, f" {person.name[0]} {person.name[1:]}") is Bar.OWN
    assert bar(check_id, "孙大夫") is None


def test_who_confirmed_is_known_by_number_and_by_any_spelling(hall, bar):
    hall.employ(*WANG, operator="前台一号")
    check_id = hall.assist(hall.people()[0], *WANG)
    assert bar(check_id, "孙大夫", WANG[0]) is Bar.CONFIRMED
    for name in ("王芳", "王芳 ", "王 芳", "前台一号", "前台 一号"):
        assert bar(check_id, name) is Bar.CONFIRMED, name
    assert bar(check_id, "孙大夫") is None


def test_entering_staff_anew_changes_nothing_for_what_they_confirmed(hall, bar):
    hall.employ(*WANG, operator="前台一号")
    check_id = hall.assist(hall.people()[0], *WANG)
    with hall.database.write() as connection:
        staff.remove(connection, WANG[0])
        staff.add(connection, WANG[0], "汪方")
    assert bar(check_id, "前台一号") is Bar.CONFIRMED
    assert bar(check_id, "王芳") is Bar.CONFIRMED
    assert bar(check_id, "孙大夫", WANG[0]) is Bar.CONFIRMED
    assert "王芳" in {each.staff for each in waiting(hall)} and "汪方" not in {
        each.staff for each in waiting(hall)
    }


def waiting(hall):
    with hall.database.read() as connection:
        return hall.central.service.reviews.waiting(connection)


def test_a_check_from_before_goes_by_who_is_entered_now(hall, bar):
    """It has no names of its own."""
    hall.employ(*WANG, operator="前台一号")
    check_id, checks = hall.assist(hall.people()[0], *WANG), tables.checks
    with hall.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER checks_refuses_update")
        nothing = {"staff_number": None, "staff_name": None, "staff_operator": None}
        connection.execute(update(checks).where(checks.c.check_id == check_id).values(nothing))
    assert bar(check_id, "孙大夫", WANG[0]) is Bar.CONFIRMED
    assert bar(check_id, "前台一号") is Bar.CONFIRMED


def test_nobody_decides_about_their_household_or_confirms_one_of_it(hall, bar, kiosk):
    person, other = in_one_household(hall)
    check_id = hall.compared(person)
    assert bar(check_id, "孙大夫", other.number) is Bar.HOUSEHOLD
    person = next(each for each in hall.people() if each.household_id == person.household_id)
    hall.employ(other.number, other.name)
    body = {
        "check_id": "WD001-STAFF-0099",
        "person_id": person.person_id,
        "staff": {"number": other.number, "name": other.name},
        "reason": "chosen",
        "visit": kiosk.proof(person.person_id),
    }
    status, problem = kiosk.call("PUT", "/v1/assisted-checks/WD001-STAFF-0099", body)
    assert (status, problem["code"]) == (409, "staff_is_person")


def test_an_operator_without_a_number_decides_nothing_until_it_is_entered(hall, desk):  # noqa: F811
    with hall.database.write() as connection:
        table = tables.operators
        of = table.c.name == NAMES[Role.REVIEWER]
        connection.execute(update(table).where(of).values(number=None))
    check_id = hall.compared(hall.people()[0])
    assert "没有登记您的身份证号码" in desk("GET", "/operations/reviews").text
    page = desk("GET", page_of(check_id)).text
    assert "没有登记您的身份证号码" in page and "<form" not in page and "data:image" not in page
    token = token_of(hall, Role.REVIEWER, check_id)
    fields = {"token": token, "note": "看过", "decision": "another_way"}
    answer = desk("POST", f"{page_of(check_id)}/decide", **fields)
    assert answer.status_code == 403 and "没有登记您的身份证号码" in answer.text
    with pytest.raises(NumberMissing), hall.database.write() as connection:
        hall.central.service.reviews.decide(connection, check_id, "不认识", False, "看过", at_ms=0)
    with hall.database.write() as connection:
        assert operators.set_number(connection, NAMES[Role.REVIEWER], card_number(5))
        assert not operators.set_number(connection, NAMES[Role.REVIEWER], card_number(6))  # once
    assert "没有登记" not in desk("GET", page_of(check_id)).text
    assert desk("POST", f"{page_of(check_id)}/decide", **fields).status_code == 303


# --- only who has seen it --------------------------------------------------------------------------------------------


def test_a_picture_is_accepted_only_by_who_has_seen_this_one(hall, clock):
    reviews, database, central = hall.central.service.reviews, hall.database, hall.central
    person = hall.people()[0]
    check_id, key = hall.begin(person)
    hall.tell(check_id)
    look(central, check_id, "孙复核", clock.ms)  # before there was any
    clock.move_s(1)
    hall.sign(check_id, key)
    look(central, check_id, "李复核", clock.ms)

    def accepts():
        with database.write() as connection:
            return reviews.decide(connection, check_id, "孙复核", True, "是本人", at_ms=clock.ms).state

    with pytest.raises(NotSeen):
        accepts()
    assert hall.rows(tables.review_pictures)
    look(central, check_id, "孙复核", clock.ms)
    with database.write() as connection:
        operators.remove(connection, "孙复核")
        operators.add(connection, "孙复核", Role.REVIEWER, card_number(8), at_ms=clock.ms + 1)
    with pytest.raises(NotSeen):  # another of the same name had
        accepts()
    clock.move_s(1)
    look(central, check_id, "孙复核", clock.ms)
    assert accepts() == "accepted"


def test_another_way_needs_no_look(hall, clock):
    check_id = hall.compared(hall.people()[0])
    with hall.database.write() as connection:
        decide = hall.central.service.reviews.decide
        assert decide(connection, check_id, "孙复核", False, "照片坏了", at_ms=clock.ms).state == "refused"


def test_the_token_of_one_check_decides_no_other(hall, desk, clock):  # noqa: F811
    first, second = hall.people()[:2]
    seen, unseen = hall.compared(first), hall.compared(second)
    token = re.search(r'name="token" value="([0-9a-f]+)"', desk("GET", page_of(seen)).text)[1]
    fields = {"token": token, "note": "没有看过", "decision": "accept"}
    assert desk("POST", f"{page_of(unseen)}/decide", **fields).status_code == 403
    own = {**fields, "token": token_of(hall, Role.REVIEWER, unseen)}
    answer = desk("POST", f"{page_of(unseen)}/decide", **own)
    assert answer.status_code == 403 and "还没有看过" in answer.text
    assert hall.state(unseen)[0] == "under_review"
    assert desk("POST", f"{page_of(seen)}/decide", **fields).status_code == 303


def test_a_token_ends_with_the_passphrase_and_with_the_day_after(hall, clock):
    office = Office(hall.central.service)

    def who():
        with hall.database.read() as connection:
            (found,) = [each for each in operators.known(connection) if each.name == "孙复核"]
        return found

    body = f"token={office.token(who(), 'WD001-CHECK-1')}".encode()
    assert office.form(who(), body, "WD001-CHECK-1") is not None
    assert office.form(who(), body, "WD001-CHECK-2") is None
    assert office.form(who(), body) is None
    clock.move_s(timedelta(days=1).total_seconds())
    assert office.form(who(), body, "WD001-CHECK-1") is not None  # a page opened before midnight
    clock.move_s(timedelta(days=1).total_seconds())
    assert office.form(who(), body, "WD001-CHECK-1") is None
    body = f"token={office.token(who())}".encode()
    assert office.form(who(), body) is not None
    with hall.database.write() as connection:
        operators.remove(connection, "孙复核")
        operators.add(connection, "孙复核", Role.REVIEWER, card_number(900), at_ms=1)
    assert office.form(who(), body) is None
