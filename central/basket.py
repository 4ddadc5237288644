"""What may be ordered: every line is owed today, in that amount, by somebody this payer may pay for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from central import bills
from central.people import find
from central.problems import Refused
from central.rules import Rulebook
from kiosk.wire import DueState, OrderLine, OrderRequest, ProblemCode, Tier


@dataclass(frozen=True)
class Wanted:
    """A line that may be paid today."""

    line: OrderLine
    tier: Tier


def check(connection: Connection, rulebook: Rulebook, request: OrderRequest, today: date) -> list[Wanted]:
    """The lines with their tiers.  Raises Refused for the first that may not be paid."""
    payer = find(connection, request.payer_id)
    if len({(line.person_id, line.product) for line in request.lines}) < len(request.lines):
        raise Refused(ProblemCode.NOT_PAYABLE, "the same due twice")
    wanted = []
    for line in request.lines:
        person = find(connection, line.person_id)
        if person.household_id != payer.household_id:
            raise Refused(ProblemCode.NOT_PAYABLE, "not of the payer's household")
        dues = bills.dues(connection, rulebook, person, today)
        due = next((due for due in dues if (due.product, due.year) == (line.product, line.year)), None)
        if due is None or due.state is DueState.NOT_OPEN:
            raise Refused(ProblemCode.NOT_PAYABLE, "not open")
        if due.state is DueState.PAID:
            raise Refused(ProblemCode.ALREADY_PAID)
        if due.state is DueState.BEING_CHECKED:
            raise Refused(ProblemCode.BEING_CHECKED)
        offered = (line.tier, line.amount_fen)
        tier = next((tier for tier in due.tiers if (tier.code, tier.amount_fen) == offered), None)
        if tier is None:
            raise Refused(ProblemCode.NOT_PAYABLE, "not offered")
        wanted.append(Wanted(line, tier))
    return wanted
