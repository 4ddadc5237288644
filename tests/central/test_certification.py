"""Periods, words and ways: against days worked out by hand."""

import re
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from central import periods, rules, tables, wording
from central.certification import SOURCES
from central.clock import CHINA
from central.periods import Periods, Term, add_months
from central.rules import Rulebook, RuleError
from central.wording import Wording
from kiosk.wire import Quality, Way
from tests.central.sitter import DUE_S, ZHANG, Sitter

PRODUCTS, ROWS = rules.read_folder()
BOOK = Periods(Rulebook(PRODUCTS, ROWS))
WORDS = wording.read("wendeng")
FILE = rules.FOLDER / wording.FILE
MARCH = date(1950, 3, 14)
DAYS = st.dates(date(2019, 1, 1), date(2090, 12, 31))
BENEFITS = ("resident_pension", "employee_pension", "survivor", "injury_allowance", "what comes next")


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("benefit", "birth", "certified_on", "term"),
    [
        # twelve months to the day before; the next one opens sixty days before that
        ("resident_pension", "1950-03-14", "2026-11-23", ("2027-11-22", "2027-09-23", "2027-11-22")),
        (
            "resident_pension",
            "1950-03-14",
            "2024-02-29",
            ("2025-02-28", "2024-12-30", "2025-02-28"),
        ),  # no 29th
        ("resident_pension", "1950-03-14", "2026-01-01", ("2026-12-31", "2026-11-01", "2026-12-31")),
        # to the end of that month
        ("survivor", "1962-03-15", "2026-03-18", ("2027-03-31", "2027-01-30", "2027-03-31")),
        ("survivor", "1962-03-15", "2023-02-10", ("2024-02-29", "2023-12-31", "2024-02-29")),
        # born in March: any day from March to February is this year's; the next one is done from March on
        ("employee_pension", "1950-03-14", "2026-11-23", ("2027-02-28", "2027-03-01", "2028-02-29")),
        ("employee_pension", "1950-03-31", "2026-03-01", ("2027-02-28", "2027-03-01", "2028-02-29")),
        ("employee_pension", "1950-03-14", "2026-02-28", ("2026-02-28", "2026-03-01", "2027-02-28")),
        ("employee_pension", "1950-01-09", "2026-11-23", ("2026-12-31", "2027-01-01", "2027-12-31")),
        ("employee_pension", "1950-12-09", "2026-11-30", ("2026-11-30", "2026-12-01", "2027-11-30")),
        ("employee_pension", "1952-02-29", "2026-02-01", ("2027-01-31", "2027-02-01", "2028-01-31")),
        # twice a year, in halves
        ("injury_allowance", "1950-03-14", "2026-11-23", ("2026-12-31", "2027-01-01", "2027-06-30")),
        ("injury_allowance", "1950-03-14", "2026-06-30", ("2026-06-30", "2026-07-01", "2026-12-31")),
        # a benefit without rows of its own follows the general ones
        ("what comes next", "1950-03-14", "2026-11-23", ("2027-11-22", "2027-09-23", "2027-11-22")),
    ],
)
def test_what_a_certification_gives(benefit, birth, certified_on, term):
    assert BOOK.term(benefit, d(birth), d(certified_on)) == Term(*map(d, term))


@given(st.sampled_from(BENEFITS), st.dates(date(1920, 1, 1), date(2000, 1, 1)), DAYS)
def test_however_it_falls_there_is_time_and_no_gap(benefit, birth, on):
    term = BOOK.term(benefit, birth, on)
    assert on <= term.valid_until <= term.due_by
    assert on < term.opens_on <= term.due_by
    # whoever comes the day after is not sent away
    assert term.opens_on <= term.valid_until + timedelta(days=1)
    assert (term.due_by - term.opens_on).days >= 27  # a month at least
    assert (term.due_by - on).days <= 731
    assert BOOK.term_to(benefit, birth, on, term.valid_until) == term


@given(st.sampled_from(BENEFITS[1:4:2]), st.dates(date(1920, 1, 1), date(2000, 1, 1)), DAYS)
def test_done_on_any_day_of_one_window_the_next_is_the_same(benefit, birth, on):
    rule = BOOK._rule("period", on, benefit)
    first, last = periods.cycle(rule, birth, on)
    assert first <= on <= last and first.day == 1 and (last + timedelta(days=1)).day == 1
    assert BOOK.term(benefit, birth, first) == BOOK.term(benefit, birth, last)
    assert BOOK.first_due(benefit, birth, on) == last


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [("2024-02-29", 12, "2025-02-28"), ("2026-12-31", 2, "2027-02-28"), ("2026-11-30", 1, "2026-12-30")],
)
def test_months_are_added_as_calendars_do(day, months, then):
    assert add_months(d(day), months) == d(then)


def test_a_period_changes_on_its_day_and_what_was_given_stays():
    def is_general(rule):
        return (rule.product, rule.code) == ("certification", "period")

    old = next(rule for rule in ROWS if is_general(rule))
    halved = [rule for rule in ROWS if not is_general(rule)]
    halved += [replace(old, valid_to=d("2026-12-31")), replace(old, value=6, valid_from=d("2027-01-01"))]
    book = Periods(Rulebook(PRODUCTS, halved))
    assert book.term("resident_pension", MARCH, d("2026-12-31")).valid_until == d("2027-12-30")
    assert book.term("resident_pension", MARCH, d("2027-01-01")).valid_until == d("2027-06-30")


@pytest.mark.parametrize(
    ("unit", "value"), [("per_year", 5), ("per_year", 0), ("birthday_window", 2), ("x", 1)]
)
def test_a_period_that_is_none_is_refused(unit, value):
    rule = next(rule for rule in ROWS if rule.code == "period")
    with pytest.raises(RuleError):
        periods.cycle(replace(rule, unit=unit, value=value), MARCH, d("2026-11-23"))


# --- words and ways ------------------------------------------------------------------------------------------------


def book():
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_nothing_ever_says_that_a_benefit_is_stopped_or_threatens():
    for row in (*book()["word"], *book()["way"]):
        text = "".join(str(value) for name, value in row.items() if name not in ("source", "url"))
        assert not re.search("停|暂|取消|不发|逾期|处罚|失败|必须|否则", text), text


def test_every_row_says_where_it_comes_from():
    for row in (*book()["word"], *book()["way"]):
        assert row["source"] and Quality(row["quality"]) and isinstance(row["valid_from"], date)
    assert {row["way"] for row in book()["way"]} == {way.value for way in Way}


def test_every_line_fits_a_banner_and_fills_in():
    filled = {"until": "2027年11月22日", "date": "2026年11月23日", "source": max(SOURCES.values(), key=len)}
    filled |= {"opens": "2027年11月22日", "by": " 2027年11月22日前"}
    for row in book()["word"]:
        benefit = row.get("benefit", "resident_pension")
        title, note = WORDS.of(row["state"], benefit, d("2026-11-23"), **filled)
        assert title.startswith("资格认证：") and len(title) <= 15
        assert 0 < len(note) <= 60 and "{" not in note


def test_once_a_year_is_said_to_those_and_only_to_those_who_do_it_once_a_year():
    today = d("2026-11-23")
    for benefit in BENEFITS:
        for state in ("due", "due_undated"):
            _, note = WORDS.of(state, benefit, today, by="今天")
            assert ("每年一次" in note) == (benefit != "injury_allowance"), benefit


def test_every_day_that_is_named_is_written_alike(kiosk):
    """No ISO date beside a long one, and no line that ends at a colon."""
    note = kiosk.visit()["certification"]["note"]
    assert not re.search(r"\d{4}-\d{2}", note) and "来源" not in note, note
    assert len(re.findall(r"\d{4}年\d{1,2}月\d{1,2}日", note)) == 2


def test_a_benefits_own_words_come_before_the_general_ones_from_their_day_on():
    word = wording.Word("wendeng", "due", "甲", "乙", d("2020-01-01"), "test", Quality.ASSUMED)
    own = replace(word, title="丙", benefit="survivor", valid_from=d("2027-01-01"))
    words = Wording([word, own], [])
    assert words.of("due", "survivor", d("2026-12-31")) == ("甲", "乙")
    assert words.of("due", "survivor", d("2027-01-01")) == ("丙", "乙")
    assert words.of("due", "resident_pension", d("2027-01-01")) == ("甲", "乙")
    assert words.of("overdue", "survivor", d("2027-01-01")) == ("", "")
    with pytest.raises(RuleError):
        Wording([word, replace(word, valid_from=d("2021-01-01"))], [])


@pytest.mark.parametrize(
    ("now", "note"),
    [
        ("2026-11-23T08:00", "今天 08:00–11:30、13:30–17:00 有人值班，看身份证即可"),
        ("2026-11-23T16:59", "今天 08:00–11:30、13:30–17:00 有人值班，看身份证即可"),
        ("2026-11-23T17:00", "周一至周五 08:00–11:30、13:30–17:00 有人值班，看身份证即可"),
        ("2026-11-22T10:00", "周一至周五 08:00–11:30、13:30–17:00 有人值班，看身份证即可"),  # a Sunday
    ],
)
def test_staff_are_promised_only_while_they_are_there(now, note):
    at = datetime.fromisoformat(now).replace(tzinfo=CHINA)
    offers = {offer.way: offer for offer in WORDS.ways("survivor", at, days=3, booked=False)}
    assert list(offers) == list(Way)
    assert offers[Way.STAFF].note == note
    assert offers[Way.HOME_VISIT].note == "一般 3 个工作日内到家"
    assert offers[Way.PHONE].url.startswith("https://")


def test_a_day_that_is_closed_is_no_weekday():
    (row,) = (row for rows in WORDS._ways.values() for row in rows if row.way is Way.WINDOW)
    closed = Wording([], [replace(row, closed=(d("2026-11-23"),))])
    at = datetime.fromisoformat("2026-11-23T10:00").replace(tzinfo=CHINA)
    (offer,) = closed.ways("", at, days=3, booked=False)
    assert offer.note.startswith("周一至周五")


# --- on the person's page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "title", "due_by", "ways"),
    # certified to 31 March 2027; the next one opens on 30 January, and sixty days after the end it is overdue
    [
        (0, "资格认证：今年不用来", "2027-03-31", 0),
        (50, "资格认证：现在不用来", "2027-03-31", 0),  # 12 January 2027
        (68, "资格认证：可以办下一次了", "2027-03-31", 5),  # 30 January
        (128, "资格认证：可以办下一次了", "2027-03-31", 5),
        (129, "资格认证：该做这一次了", "2027-05-30", 5),
        (188, "资格认证：该做这一次了", "2027-05-30", 5),
        (189, "资格认证：今天可以补上", None, 5),
    ],
)
def test_her_page_day_by_day(kiosk, clock, days, title, due_by, ways):
    clock.move_s(days * 86_400)
    page = kiosk.visit()["certification"]
    assert (page["title"], page["due_by"], len(page["ways"])) == (title, due_by, ways)
    assert page["valid_until"] == "2027-03-31"
    assert "停" not in str(page)
    if due_by and ways:
        year, month, day = (int(part) for part in due_by.split("-"))
        # the last day itself is not too late
        by = "今天" if days in (128, 188) else f" {year}年{month}月{day}日前"
        assert f"请在{by}做好" in page["note"]


def test_a_day_that_is_named_has_not_passed(kiosk, central, clock):
    with central.service.database.read() as connection:
        people = connection.execute(select(tables.persons).where(tables.persons.c.benefit != "")).all()
    assert {person.benefit for person in people} == set(BENEFITS[:4])
    for months in range(4):
        today = datetime.fromtimestamp(clock.ms / 1000, CHINA).date().isoformat()
        for person in people:
            page = kiosk.visit(person.number, person.name)["certification"]
            assert page["due_by"] is None or page["due_by"] >= today, (months, page)
            open_now = page["state"] in ("due", "overdue") or page["opens_on"] <= today
            assert bool(page["ways"]) == (open_now and page["state"] != "under_review")
            assert page["title"] and page["note"], page
        clock.move_s(100 * 86_400)


def test_who_was_never_certified_is_due_and_may_begin_today(kiosk, central, clock):
    with central.service.database.write() as connection:
        row = connection.execute(select(tables.persons).where(tables.persons.c.number == ZHANG)).one()
        number = "371081195512310018"
        new = {"person_id": "pnew0000000", "number": number, "name": "无记", "benefit": "employee_pension"}
        values = {**row._mapping, **new, "birth": date(1955, 12, 31)}
        connection.execute(insert(tables.persons).values(values))
    page = kiosk.visit(number, "无记")["certification"]
    assert (page["state"], page["due_by"]) == ("due", "2026-11-30")  # the window ends before December
    assert (page["valid_until"], page["opens_on"], page["source"]) == (None, None, "")
    assert Sitter(kiosk, clock, "pnew0000000").begin()[0] == 200


def test_the_offered_day_is_the_day_it_can_be_done(kiosk, clock):
    """What the page promises and what a check is refused for are the same rule."""
    opens = d(kiosk.visit()["certification"]["opens_on"])
    clock.move_s((opens - d("2026-11-23")).days * 86_400 - 10 * 3600 - 1)  # one second before midnight
    sitter = Sitter(kiosk, clock)
    assert (sitter.begin()[0], kiosk.visit()["certification"]["ways"]) == (409, [])
    clock.move_s(1)
    assert kiosk.visit()["certification"]["ways"] != []
    assert sitter.begin()[0] == 200


def test_staff_who_wait_for_a_second_person_are_seeded(kiosk, central):
    reviews = central.service.reviews
    with central.service.database.read() as connection:
        waiting = reviews.waiting(connection)
        assert waiting and {each.channel for each in waiting} == {"kiosk_assisted"}
        person = connection.execute(
            select(tables.persons).where(tables.persons.c.person_id == waiting[0].person_id)
        ).one()
    page = kiosk.visit(person.number, person.name)["certification"]
    assert (page["state"], page["check_id"]) == ("under_review", "")  # no picture of theirs to take back


def test_she_is_due_when_the_other_tests_say_so(kiosk, clock):
    clock.move_s(DUE_S)
    assert kiosk.visit()["server_time"] == "2027-04-01T10:00:00+08:00"
    assert kiosk.visit()["certification"]["state"] == "due"
