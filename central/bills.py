"""What a person owes, derived from the rules, the day and what was paid.  Nothing here is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from central import tables
from central.rules import Product, Rule, Rulebook, weakest
from kiosk.wire import Due, DueState, Tier

PENSIONS = ("resident_pension", "flexible_pension")
YEARS_OF_GAIN = 15


@dataclass(frozen=True)
class Paid:
    product: str
    year: int
    tier: str
    amount_fen: int
    subsidy_fen: int
    paid_on: date
    receipt_no: str | None


def half_up(numerator: int, denominator: int) -> int:
    """A quotient of positive integers rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def month_day(year: int, value: int) -> date:
    """1231 of 2026 is 2026-12-31."""
    return date(year, value // 100, value % 100)


def age_on(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def tiers(rulebook: Rulebook, product: str, on: date) -> tuple[Tier, ...]:
    """What can be chosen on a day, cheapest first."""
    if product == "flexible_pension":
        return _shares_of_wage(rulebook, product, on)
    offered = []
    for rule in rulebook.matching(product, "tier.", on):
        code = rule.code.removeprefix("tier.")
        subsidy = rulebook.find(product, f"subsidy.{code}", on)
        payout = rulebook.find(product, "payout_months.60", on)
        yearly_fen = rule.value + (subsidy.value if subsidy else 0)
        offered.append(
            Tier(
                code=code,
                amount_fen=rule.value,
                label=f"{rule.value // 100} 元/年",
                subsidy_fen=subsidy.value if subsidy else None,
                monthly_gain_fen=half_up(yearly_fen * YEARS_OF_GAIN, payout.value) if payout else None,
            )
        )
    return tuple(offered)


def _shares_of_wage(rulebook: Rulebook, product: str, on: date) -> tuple[Tier, ...]:
    """Wage base x share x rate for twelve months, rounded half up to the fen."""
    wage_fen, rate = rulebook.get(product, "wage_base", on).value, rulebook.get(product, "rate", on).value
    return tuple(
        Tier(
            code=str(rule.value),
            amount_fen=half_up(wage_fen * rule.value * rate * 12, 100 * 100),
            label=f"{rule.value}% 档",
        )
        for rule in rulebook.matching(product, "base.", on)
    )


def products_of(person: Row[Any], months_paid: int, rulebook: Rulebook, on: date) -> list[Product]:
    """What this person pays at all.  Past sixty one may pay the resident pension until the years suffice."""
    age, owed = age_on(person.birth, on), []
    if person.standing == "flexible":
        owed.append("flexible_pension")
    if person.standing == "resident":
        minimum = rulebook.get("resident_pension", "minimum_months", on).value
        if 16 <= age < 60 or (age >= 60 and months_paid < minimum):
            owed.append("resident_pension")
    if person.standing in ("resident", "student"):
        owed.append("resident_medical")
    return [product for product in rulebook.products if product.code in owed]


def due(
    rulebook: Rulebook, product: Product, paid: Iterable[Paid], claimed: set[tuple[str, int]], on: date
) -> Due:
    """One item of the year that is payable now.  ``claimed`` holds (product, year) of open orders."""
    code = product.code
    year = on.year + rulebook.get(code, "year_offset", on).value
    opens, closes = rulebook.get(code, "opens", on), rulebook.get(code, "closes", on)
    history = sorted((row for row in paid if row.product == code), key=lambda row: row.year)
    settled = next((row for row in history if row.year == year), None)
    offered = tiers(rulebook, code, on)
    if settled:
        state = DueState.PAID
    elif (code, year) in claimed:
        state = DueState.BEING_CHECKED
    elif not offered or not month_day(on.year, opens.value) <= on <= month_day(on.year, closes.value):
        state = DueState.NOT_OPEN
    else:
        state = DueState.DUE
    return Due(
        product=code,
        title=product.title,
        insurance=product.insurance,
        year=year,
        state=state,
        deadline=month_day(on.year, closes.value),
        paid_on=settled.paid_on if settled else None,
        paid_fen=settled.amount_fen if settled else None,
        tiers=offered,
        suggested=_suggested(rulebook, code, offered, history, on),
        quality=weakest(rule.quality for rule in (opens, closes, *_figures(rulebook, code, on))),
    )


def _figures(rulebook: Rulebook, product: str, on: date) -> list[Rule]:
    prefixes = ("tier.", "subsidy.", "base.", "wage_base", "rate")
    return [rule for prefix in prefixes for rule in rulebook.matching(product, prefix, on)]


def _suggested(
    rulebook: Rulebook, product: str, offered: tuple[Tier, ...], history: list[Paid], on: date
) -> str | None:
    """The tier paid last, else the commonest, if it is offered today."""
    commonest = rulebook.find(product, "commonest_tier", on)
    wanted = [row.tier for row in history[-1:]] + ([str(commonest.value)] if commonest else [])
    codes = [tier.code for tier in offered]
    return next((code for code in wanted if code in codes), codes[0] if len(codes) == 1 else None)


def paid_by(connection: Connection, person_id: str) -> list[Paid]:
    table = tables.contributions
    rows = connection.execute(select(table).where(table.c.person_id == person_id).order_by(table.c.year))
    return [
        Paid(row.product, row.year, row.tier, row.amount_fen, row.subsidy_fen, row.paid_on, row.receipt_no)
        for row in rows
    ]


def claimed_by(connection: Connection, person_id: str) -> set[tuple[str, int]]:
    table = tables.claims
    rows = connection.execute(select(table.c.product, table.c.year).where(table.c.person_id == person_id))
    return {(row.product, row.year) for row in rows}


def months_paid(person: Row[Any], paid: Iterable[Paid]) -> int:
    """A paid year of a pension is twelve months."""
    return int(person.opening_months) + 12 * sum(row.product in PENSIONS for row in paid)


def dues(connection: Connection, rulebook: Rulebook, person: Row[Any], on: date) -> tuple[Due, ...]:
    """Every item of a person, in the order of the products."""
    paid, claimed = paid_by(connection, person.person_id), claimed_by(connection, person.person_id)
    before = [row for row in paid if not (row.product in PENSIONS and row.year == on.year)]
    payable = products_of(person, months_paid(person, before), rulebook, on)
    return tuple(due(rulebook, product, paid, claimed, on) for product in payable)
