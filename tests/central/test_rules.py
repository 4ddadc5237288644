"""Rules as data: the row of the day, its proof, and no two rows for one day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from central import bills, rules
from central.rules import Rulebook, RuleError
from kiosk.wire import Quality

PRODUCTS, ROWS = rules.read_folder()
BOOK = Rulebook(PRODUCTS, ROWS)


def test_the_figures_the_pages_of_the_place_print_are_marked_as_such():
    seeds = {(rule.product, rule.code): rule.value for rule in ROWS if rule.quality is Quality.SEED}
    assert seeds == {("resident_pension", "tier.300"): 30_000, ("resident_pension", "subsidy.300"): 5_000}


def test_every_row_says_where_it_comes_from():
    assert len(ROWS) > 40
    assert all(rule.source and rule.unit and rule.city == "wendeng" for rule in ROWS)
    assert all(rule.valid_to is None or rule.valid_from <= rule.valid_to for rule in ROWS)


def test_a_price_changes_on_its_day():
    def price(on):
        (tier,) = bills.tiers(BOOK, "resident_medical", on)
        return tier.amount_fen

    assert (price(date(2026, 9, 30)), price(date(2026, 10, 1))) == (40_000, 42_000)


def test_before_the_first_row_nothing_holds():
    assert bills.tiers(BOOK, "resident_pension", date(2018, 12, 31)) == ()
    with pytest.raises(RuleError):
        BOOK.get("resident_pension", "tier.300", date(2018, 12, 31))


@pytest.mark.parametrize(
    ("year", "months"), [(2029, 180), (2030, 186), (2035, 216), (2039, 240), (2050, 240)]
)
def test_from_2030_the_minimum_rises_by_half_a_year_each_year_to_twenty(year, months):
    assert BOOK.get("flexible_pension", "minimum_months", date(year, 7, 1)).value == months


def test_a_flexible_year_is_base_times_share_times_twenty_percent_for_twelve_months():
    tiers = bills.tiers(BOOK, "flexible_pension", date(2026, 11, 23))
    assert [(tier.label, tier.amount_fen) for tier in tiers] == [
        (f"{share}% 档", 700_000 * share // 100 * 20 // 100 * 12) for share in (60, 80, 100, 150, 200, 300)
    ]


def test_two_rows_for_one_day_are_refused():
    rule = next(rule for rule in ROWS if rule.code == "tier.300")
    later = replace(rule, valid_from=rule.valid_from + timedelta(days=30))
    with pytest.raises(RuleError):
        Rulebook(PRODUCTS, [rule, later])
    ended = replace(rule, valid_to=later.valid_from - timedelta(days=1))
    assert Rulebook(PRODUCTS, [later, ended]).get(rule.product, rule.code, later.valid_from) == later


def test_a_figure_is_as_weak_as_its_weakest_part():
    assert rules.weakest([Quality.LAW, Quality.ASSUMED, Quality.SEED]) is Quality.ASSUMED
    assert rules.weakest([Quality.LAW, Quality.SEED]) is Quality.SEED
