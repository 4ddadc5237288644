"""A visit and the records, against figures worked out here from the rules."""

from fractions import Fraction
from math import floor

import pytest
from sqlalchemy import insert, select

from central import tables


def half_up(value):
    return floor(value + Fraction(1, 2))


def test_the_first_page_of_zhang_xiuying(kiosk):
    page = kiosk.visit()
    assert (page["name"], page["name_matches"], page["masked_number"]) == (
        "张秀英",
        True,
        "3710••••••••0042",
    )
    pension, medical = page["dues"]
    assert (pension["title"], pension["insurance"], pension["year"]) == (
        "居民养老",
        "城乡居民基本养老保险",
        2026,
    )
    assert (pension["state"], pension["deadline"], pension["quality"]) == ("due", "2026-12-31", "assumed")
    assert pension["suggested"] == "1000"  # what she paid last year
    assert (medical["title"], medical["insurance"], medical["year"]) == (
        "居民医疗",
        "城乡居民基本医疗保险",
        2027,
    )
    assert (medical["state"], medical["paid_on"], medical["paid_fen"]) == ("paid", "2026-10-08", 42_000)
    assert page["certification"] == {
        "state": "valid",
        "valid_until": "2027-03-31",
        "certified_on": "2026-03-18",
        "source": "本人刷脸",
        "opens_on": "2027-01-30",  # sixty days before
        "due_by": "2027-03-31",
        "title": "资格认证：今年不用来",
        "note": "已认证到 2027年3月31日 · 2026年3月18日 本人刷脸",
        "ways": [],
        "check_id": "",
    }
    assert (page["owed"], page["open_orders"]) == ([], [])
    assert [(member["name"], member["relation"]) for member in page["household"]] == [
        ("于*海", "配偶"),
        ("于*琳", "女儿"),
    ]
    assert page["server_time"] == "2026-11-23T10:00:00+08:00"


def test_what_fifteen_years_of_a_tier_add_each_month(kiosk):
    tiers = kiosk.visit()["dues"][0]["tiers"]
    assert [tier["code"] for tier in tiers] == ["300", "500", "1000", "2000", "3000", "5000"]
    # printed in a page of the place
    assert (tiers[0]["amount_fen"], tiers[0]["subsidy_fen"]) == (
        30_000,
        5_000,
    )
    for tier in tiers:
        assert tier["amount_fen"] == 100 * int(tier["code"])
        gain = Fraction(tier["amount_fen"] + tier["subsidy_fen"]) * 15 / 139  # 15 years, over 139 months
        assert tier["monthly_gain_fen"] == half_up(gain)


def test_records_before_and_after_paying(kiosk):
    person_id = kiosk.visit()["person_id"]
    before = kiosk.good("POST", f"/v1/people/{person_id}/records")
    assert (before["months_paid"], before["months_needed"], before["minimum_years"]) == (148, 32, 15)
    assert [(bar["year"], bar["amount_fen"]) for bar in before["bars"]] == [
        (2021, 30_000),
        (2022, 30_000),
        (2023, 50_000),
        (2024, 50_000),
        (2025, 100_000),
        (2026, 0),
    ]
    assert before["this_year_paid"] is False
    kiosk.paid()
    after = kiosk.good("POST", f"/v1/people/{person_id}/records")
    assert (after["months_paid"], after["months_needed"], after["this_year_paid"]) == (160, 20, True)
    assert after["bars"][-1] == {"year": 2026, "amount_fen": 100_000}
    assert after["balance_fen"] == before["balance_fen"] + 100_000 + 8_000  # the subsidy goes in too
    assert after["payments"][0]["paid_on"] == "2026-11-23"
    assert after["payments"][0]["receipt_no"].startswith("371081261123")


def test_the_account_earns_each_years_rate(kiosk):
    records = kiosk.good("POST", f"/v1/people/{kiosk.visit()['person_id']}/records")
    balance = interest = 0
    balance += 650_000
    paid_in = {2021: 35_000, 2022: 35_000, 2023: 56_000, 2024: 56_000, 2025: 108_000}  # with subsidies
    for year, rate in {2021: "0.025", 2022: "0.025", 2023: "0.025", 2024: "0.0262", 2025: "0.015"}.items():
        earned = half_up(balance * Fraction(rate))
        interest += earned
        balance += earned + paid_in[year]
    assert (records["balance_fen"], records["interest_fen"]) == (balance, interest)


@pytest.mark.parametrize(
    ("name", "matches"),
    [("张秀英", True), ("张秀英 ", True), ("张秀", False), ("張秀英", False)],
)
def test_the_name_on_the_card_is_compared(kiosk, name, matches):
    assert kiosk.visit(name=name)["name_matches"] is matches


def test_every_kind_of_card_finds_its_person(kiosk):
    cards = kiosk.good("GET", "/sandbox/people?q=visitor")
    assert sorted(card["kind"] for card in cards) == ["foreigner_2017", "foreigner_2023", "hmt", "hmt", "hmt"]
    for card in cards:
        body = {"number": card["number"].lower(), "name": card["name"], "card_kind": card["kind"]}
        page = kiosk.good("POST", "/v1/visits", body)
        assert page["name_matches"]
        assert card["number"] not in str(page)


@pytest.mark.parametrize("number", ["371081196203150043", "0" * 18, "' OR 1=1 --------", "１" * 18])
def test_a_number_nobody_has(kiosk, number):
    status, problem = kiosk.call("POST", "/v1/visits", {"number": number, "name": "某"})
    assert (status, problem["code"]) == (404, "person_unknown")
    assert number not in str(problem)


def test_who_draws_nothing_needs_no_certification(kiosk):
    card = kiosk.good("GET", "/sandbox/people?q=于晓琳")[0]
    assert kiosk.visit(card["number"], card["name"])["certification"]["state"] == "not_needed"


@pytest.mark.parametrize(
    ("days", "state"),
    # certified to 31 March 2027; sixty days on it is overdue, and never called stopped
    [(0, "valid"), (128, "valid"), (129, "due"), (188, "due"), (189, "overdue"), (700, "overdue")],
)
def test_certification_by_the_day(kiosk, clock, days, state):
    clock.move_s(days * 86_400)
    page = kiosk.visit()
    assert page["certification"]["state"] == state
    assert "停" not in str(page["certification"])


def test_a_check_in_review_is_shown_as_such(kiosk, central):
    with central.service.database.write() as connection:
        last = connection.execute(select(tables.certifications).limit(1)).one()._asdict()
        del last["certification_id"]
        day = last["certified_on"].replace(year=2026, month=11, day=20)
        row = {**last, "person_id": kiosk.visit()["person_id"], "verdict": "review", "certified_on": day}
        connection.execute(insert(tables.certifications).values(row))
    assert kiosk.visit()["certification"]["state"] == "under_review"


def test_the_township_has_every_state_of_a_certification_and_of_a_due(kiosk, central):
    pages = []
    with central.service.database.read() as connection:
        people = connection.execute(select(tables.persons.c.number, tables.persons.c.name)).all()
    for number, name in people:
        pages.append(kiosk.visit(number, name))
    assert {page["certification"]["state"] for page in pages} >= {"valid", "due", "overdue", "not_needed"}
    dues = {(due["product"], due["state"]) for page in pages for due in page["dues"]}
    assert dues == {
        (product, state)
        for product in ("resident_pension", "resident_medical", "flexible_pension")
        for state in ("due", "paid")
    }
