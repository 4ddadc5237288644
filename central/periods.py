"""How long a certification holds and when the next one is done: the rules of rules/certification.toml, by benefit.  No I/O.

rolling_months    certified ... valid_until = due_by; the next can be done some days before.  It ends the day before the same
                  day of a later month; where that month has no such day, on its last one
birthday_window   a cycle from the month of birth to the month before the next one;
per_year          a cycle of 12 / n calendar months: certified in one cycle, valid to its end;
                  the next cycle is when the next one is done, its last day is due_by
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from central.rules import Rule, Rulebook, RuleError

EVERY = "certification"
ROLLING, BIRTHDAY, PER_YEAR = "rolling_months", "birthday_window", "per_year"
YEAR = 12
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Term:
    """Certified to ``valid_until``; the next one can be done from ``opens_on`` and should be by ``due_by``."""

    valid_until: date
    opens_on: date
    due_by: date


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * YEAR + day.month - 1 + months, YEAR)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class Periods:
    """The periods of one city's benefits.  Everything raises RuleError for a day without rules."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def figure(self, code: str, on: date, benefit: str = "") -> int:
        """A figure of that day, the benefit's own before the general one."""
        return self._rule(code, on, benefit).value

    def term(self, benefit: str, birth: date, certified_on: date) -> Term:
        """What a certification of that day gives."""
        rule = self._rule("period", certified_on, benefit)
        if rule.unit != ROLLING:
            return self.term_to(benefit, birth, certified_on, cycle(rule, birth, certified_on)[1])
        end = add_months(certified_on, rule.value)
        month_end = self._rulebook.find(f"{EVERY}.{benefit}", "to_month_end", certified_on)
        if month_end is not None and month_end.value:
            end = end.replace(day=calendar.monthrange(end.year, end.month)[1])
        elif end.day == certified_on.day:
            end -= DAY
        return self.term_to(benefit, birth, certified_on, end)

    def term_to(self, benefit: str, birth: date, certified_on: date, valid_until: date) -> Term:
        """The same of a certification whose end is known, whoever reckoned it."""
        rule = self._rule("period", certified_on, benefit)
        if rule.unit == ROLLING:
            before = timedelta(days=self.figure("opens_before", certified_on, benefit))
            return Term(valid_until, max(valid_until - before, certified_on + DAY), valid_until)
        return Term(valid_until, valid_until + DAY, cycle(rule, birth, valid_until + DAY)[1])

    def first_due(self, benefit: str, birth: date, today: date) -> date | None:
        """By when somebody who was never certified should be; None: nothing says."""
        rule = self._rule("period", today, benefit)
        return None if rule.unit == ROLLING else cycle(rule, birth, today)[1]

    def _rule(self, code: str, on: date, benefit: str) -> Rule:
        own = self._rulebook.find(f"{EVERY}.{benefit}", code, on) if benefit else None
        return own or self._rulebook.get(EVERY, code, on)


def cycle(rule: Rule, birth: date, day: date) -> tuple[date, date]:
    """First and last day of the cycle a day is in.  Raises RuleError for a period that cannot be cut so."""
    if rule.unit == BIRTHDAY and rule.value == 1:
        first_month, months = birth.month, YEAR
    elif rule.unit == PER_YEAR and rule.value > 0 and YEAR % rule.value == 0:
        first_month, months = 1, YEAR // rule.value
    else:
        raise RuleError(f"{rule.product} {rule.code}: {rule.value} {rule.unit} is no period")
    since = (day.year * YEAR + day.month - first_month) // months * months + first_month - 1
    first = date(since // YEAR, since % YEAR + 1, 1)
    return first, add_months(first, months) - DAY
