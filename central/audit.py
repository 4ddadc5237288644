"""``central verify``: every device log's chain, that of the checks, and the ledger against orders and receipts.  Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, func, select

from central import evidence, log_reading, packets, tables
from central.ledger import Kind

LEDGER, ORDERS, RECEIPTS = tables.ledger, tables.orders, tables.receipts
CONTRIBUTIONS = tables.contributions
KEPT = (Kind.PAYMENT.value, Kind.OPENING.value)
NAMED_MOST = 5


@dataclass(frozen=True)
class Finding:
    """``words`` name no person: journals, orders and receipts only."""

    good: bool
    words: str


def findings(connection: Connection) -> Iterator[Finding]:
    """One for each journal and each law of the books."""
    journals = log_reading.first_flaws(connection)
    for head, stored, flaw in journals:
        name = f"device log {head.kiosk_id} {head.journal_id[:16]}"
        chain = f"{stored} entries, last {head.last_seq}, chain hash {head.last_hash}"
        yield Finding(flaw is None, f"{name}: {chain}" + (f"; {flaw.detail}" if flaw else ""))
    if not journals:
        yield Finding(True, "device log: none has arrived")
    count, last_hash, chain_flaw = evidence.walk(connection)
    chain = f"check evidence: {count} rows, chain hash {last_hash}"
    yield Finding(chain_flaw is None, chain + (f"; {chain_flaw.words}" if chain_flaw else ""))
    if chain_flaw is None:
        yield from _vouched(connection)
    else:
        yield Finding(False, "checks, states and certifications were not laid beside a chain that is broken")
    yield from _tablets(connection)
    for law, query in (*_laws(), *_check_laws()):
        yield _law(law, [str(row[0]) for row in connection.execute(query.limit(NAMED_MOST + 1))])
    yield from _sums(connection)


def _vouched(connection: Connection) -> Iterator[Finding]:
    """What the tables say now beside what the chain says was written."""
    compared = (
        ("each check is as the chain has it", evidence.differences(connection, evidence.Kind.CHECK)),
        (
            "each state of a check is as the chain has it",
            evidence.differences(connection, evidence.Kind.STATE),
        ),
        (
            "each certification of a check is as the chain has it",
            evidence.differences(connection, evidence.Kind.CERTIFICATION),
        ),
        ("each other certification is as it was taken in", evidence.import_differences(connection)),
        ("nobody's word stands over evidence that says otherwise", _not_accepted(connection)),
    )
    for law, found in compared:
        yield _law(law, list(islice(found, NAMED_MOST + 1)))


def _law(law: str, broken: list[str]) -> Finding:
    more = " ..." if len(broken) > NAMED_MOST else ""
    return Finding(not broken, law + (f": not {', '.join(broken[:NAMED_MOST])}{more}" if broken else ""))


def _not_accepted(connection: Connection) -> Iterator[str]:
    """Checks that central accepted by itself although the machine had not."""
    states, chain = tables.check_states, tables.check_evidence
    by_itself = (states.c.state == "accepted") & (states.c.operator == "")
    query = (
        select(states.c.check_id, chain.c.content)
        .join(chain, evidence.was_told(states.c.check_id))
        .where(by_itself)
        .order_by(states.c.state_id)
    )
    for check_id, content in connection.execute(query.execution_options(yield_per=500)):
        told = json.loads(content)
        if (told.get("evidence") or told).get("end") != "accepted":
            yield check_id


def _tablets(connection: Connection) -> Iterator[Finding]:
    """The chain of each tablet's packets, by what was signed."""
    for tablet_id, count, given_up, flaw in packets.walk(connection):
        words = f"tablet {tablet_id}: {count} packets"
        if given_up:
            words += f", put aside: {', '.join(map(str, given_up))}"
        yield Finding(not flaw, words + (f"; {flaw}" if flaw else ""))


def _laws() -> Iterator[tuple[str, Select[Any]]]:
    """What must hold, and a query for what breaks it."""
    paid = select(LEDGER.c.order_id, LEDGER.c.entry_id, LEDGER.c.amount_fen).where(LEDGER.c.kind.in_(KEPT))
    kept = paid.subquery()
    receipts = (
        select(RECEIPTS.c.entry_id, func.sum(RECEIPTS.c.amount_fen).label("fen"))
        .group_by(RECEIPTS.c.entry_id)
        .subquery()
    )
    balances = (
        select(LEDGER.c.order_id, func.sum(LEDGER.c.amount_fen).label("fen"))
        .group_by(LEDGER.c.order_id)
        .subquery()
    )
    back = LEDGER.alias("back")
    yield (
        "each payment is the amount of its order",
        select(kept.c.order_id)
        .join(ORDERS, ORDERS.c.order_id == kept.c.order_id)
        .where(ORDERS.c.total_fen != kept.c.amount_fen),
    )
    yield (
        "each payment has receipts, and they add up to it",
        select(kept.c.order_id)
        .outerjoin(receipts, receipts.c.entry_id == kept.c.entry_id)
        .where(func.coalesce(receipts.c.fen, 0) != kept.c.amount_fen),
    )
    yield (
        "each receipt has its payment",
        select(RECEIPTS.c.receipt_no)
        .outerjoin(kept, kept.c.entry_id == RECEIPTS.c.entry_id)
        .where(kept.c.entry_id.is_(None)),
    )
    yield (
        "each contribution is the amount of its receipt",
        select(CONTRIBUTIONS.c.receipt_no)
        .outerjoin(RECEIPTS, RECEIPTS.c.receipt_no == CONTRIBUTIONS.c.receipt_no)
        .where(
            CONTRIBUTIONS.c.receipt_no.is_not(None),
            func.coalesce(RECEIPTS.c.amount_fen, -1) != CONTRIBUTIONS.c.amount_fen,
        ),
    )
    yield (
        "no order has given back more than it took",
        select(balances.c.order_id).where(balances.c.fen < 0),
    )
    yield (
        "each refund is the amount of the payment it answers",
        select(back.c.order_id)
        .join(LEDGER, LEDGER.c.entry_id == back.c.answers)
        .where(LEDGER.c.amount_fen != -back.c.amount_fen),
    )
    yield (
        "no open, closed or refunded order holds money",
        select(ORDERS.c.order_id)
        .join(balances, balances.c.order_id == ORDERS.c.order_id)
        .where(ORDERS.c.state.in_(("requested", "created", "closed", "refunded")), balances.c.fen != 0),
    )
    yield (
        "each paid order holds its money",
        select(ORDERS.c.order_id)
        .outerjoin(balances, balances.c.order_id == ORDERS.c.order_id)
        .where(ORDERS.c.state == "paid", func.coalesce(balances.c.fen, 0) < ORDERS.c.total_fen),
    )


def _check_laws() -> Iterator[tuple[str, Select[Any]]]:
    checks, states, certified = tables.checks, tables.check_states, tables.certifications
    chain, ended = tables.check_evidence, ("accepted", "under_review", "not_recognised", "refused")
    accepted = states.c.state == "accepted"
    yield (
        "each accepted check certified its person",
        select(states.c.check_id)
        .join(checks, checks.c.check_id == states.c.check_id)
        .outerjoin(certified, certified.c.check_id == states.c.check_id)
        .where(accepted, func.coalesce(certified.c.person_id, "") != checks.c.person_id),
    )
    yield (
        "each certification of a check has a check that was accepted",
        select(certified.c.certificate_no)
        .outerjoin(states, (states.c.check_id == certified.c.check_id) & accepted)
        .where(certified.c.check_id.is_not(None), states.c.state_id.is_(None)),
    )
    yield (
        "each check that ended has its evidence",
        select(states.c.check_id)
        .distinct()
        .outerjoin(chain, evidence.was_told(states.c.check_id))
        .where(states.c.state.in_(ended), states.c.reason != "superseded", chain.c.number.is_(None)),
    )
    staff = tables.staff
    yield (
        "each check has the number of who confirmed it",
        select(checks.c.check_id)
        .outerjoin(staff, staff.c.staff_id == checks.c.staff_id)
        .where(
            checks.c.staff_number.is_not(None), func.coalesce(staff.c.number, "") != checks.c.staff_number
        ),
    )
    first, later = states, states.alias("later")
    yield (
        "nothing follows an accepted check",
        select(first.c.check_id)
        .join(later, (later.c.check_id == first.c.check_id) & (later.c.state_id > first.c.state_id))
        .where(first.c.state == "accepted"),
    )


def _sums(connection: Connection) -> Iterator[Finding]:
    def total(query: Select[Any]) -> int:
        return int(connection.execute(query).scalar_one())

    kept_fen = total(select(func.coalesce(func.sum(LEDGER.c.amount_fen), 0)).where(LEDGER.c.kind.in_(KEPT)))
    receipts_fen = total(select(func.coalesce(func.sum(RECEIPTS.c.amount_fen), 0)))
    held_fen = total(select(func.coalesce(func.sum(LEDGER.c.amount_fen), 0)))
    words = f"payments {kept_fen} fen, receipts {receipts_fen} fen, all movements {held_fen} fen"
    yield Finding(kept_fen == receipts_fen, words)
