"""Laying three books side by side, order by order.  Pure: what goes in are values, what comes out are findings.

A movement of the gateway and a row of the ledger are the same when they carry the same transaction, on whichever days: money paid
just before midnight and booked just after is no difference.  A finding belongs to the day of the bill line, or, when the gateway
has none, of the ledger's row; so each shows on one day only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from central import differences as words
from central.clock import legal_day
from central.differences import Kind, yuan
from central.gateway import BillLine
from central.ledger import Kind as Movement
from central.log_reading import Said


@dataclass(frozen=True)
class Booked:
    """One row of the ledger."""

    order_id: str
    kind: str
    amount_fen: int
    transaction: str
    day: date
    at_ms: int

    @property
    def kept(self) -> bool:
        """Money that paid for something, and does not have to go back."""
        return self.kind == Movement.PAYMENT.value


@dataclass(frozen=True)
class OrderBooks:
    """Everything three books say of one order.

    ``lines`` are of the day's bill, ``near`` of the days before and after; ``state`` is None for an order central has not.
    ``returning``: central is sending its money back.  ``rival``: another order that keeps a payment for the same due, and paid first.
    """

    order_id: str
    kiosk_id: str
    state: str | None
    total_fen: int
    created_ms: int
    lines: tuple[BillLine, ...] = ()
    near: tuple[BillLine, ...] = ()
    rows: tuple[Booked, ...] = ()
    receipts: tuple[tuple[str, int], ...] = ()  # (number, fen)
    said: Said | None = None
    returning: bool = False
    rival: str = ""

    @property
    def unbooked(self) -> list[BillLine]:
        """Movements of the day's bill that the ledger has not."""
        booked = {row.transaction for row in self.rows}
        return [line for line in self.lines if line.transaction not in booked]


@dataclass(frozen=True)
class Finding:
    """One difference.  ``subject`` is an order, or a place in a journal; amounts are None where a book says nothing of it."""

    kind: Kind
    kiosk_id: str
    subject: str
    detail: str
    since_ms: int
    gateway_fen: int | None = None
    ledger_fen: int | None = None
    kiosk_fen: int | None = None

    @property
    def key(self) -> tuple[Kind, str, str]:
        return self.kind, self.kiosk_id, self.subject


def compare(books: OrderBooks, day: date, over: bool, log_whole: bool) -> Finding | None:
    """The one difference of this order on this day, the gravest first, or None.

    ``over``: the day has ended.  ``log_whole``: the kiosk's log of the day has no hole that could hide what is missing.
    """
    found = next(_differences(books, day, over, log_whole), None)
    if found is None:
        return None
    kind, detail, since_ms = found
    lines = (*books.lines, *books.near)
    return Finding(
        kind,
        books.kiosk_id,
        books.order_id,
        detail,
        since_ms,
        sum(line.amount_fen for line in lines) if lines else None,
        sum(row.amount_fen for row in books.rows) if books.rows else None,
        books.said.intent_fen if books.said and books.said.paid else None,
    )


def _differences(
    books: OrderBooks, day: date, over: bool, log_whole: bool
) -> Iterator[tuple[Kind, str, int]]:
    booked = {row.transaction: row for row in books.rows}
    billed = {line.transaction for line in (*books.lines, *books.near)}
    unbooked = books.unbooked
    unbilled = [row for row in books.rows if row.day == day and row.transaction not in billed]
    kept = [row for row in books.rows if row.kept]
    kept_today = [row for row in kept if row.day == day]

    yield from _amounts(books, booked, kept_today)
    for line in unbooked:
        if line.amount_fen > 0 and any(row.transaction in billed for row in kept):
            yield Kind.PAID_TWICE, words.SECOND_PAYMENT, line.at_ms
    if books.rival and kept_today:
        yield Kind.PAID_TWICE, words.RIVAL.format(other=books.rival), kept_today[0].at_ms
    for row in unbilled:
        if row.amount_fen > 0:
            why = words.NOT_BILLED.format(transaction=row.transaction)
            yield Kind.LEDGER_ONLY, why + (words.BILLED_OTHERWISE if unbooked else ""), row.at_ms
    for line in unbooked:
        if line.amount_fen > 0:
            yield Kind.GATEWAY_ONLY, words.NOT_BOOKED.format(transaction=line.transaction), line.at_ms
        elif books.returning:
            yield Kind.REFUND_PENDING, words.BACK_ON_ITS_WAY, line.at_ms
        else:
            yield Kind.GATEWAY_ONLY, words.BACK_NOT_BOOKED.format(transaction=line.transaction), line.at_ms
    for row in unbilled:
        if row.amount_fen < 0:
            yield Kind.REFUND_MISSING, words.BACK_NOT_BILLED.format(transaction=row.transaction), row.at_ms
    yield from _returns(books, day)
    yield from _paper(books, kept, kept_today, day)
    if books.said and books.said.paid and books.said.day == day and not kept:
        yield Kind.KIOSK_ONLY, words.NO_PAYMENT, books.said.since_ms
    if over and books.state in ("requested", "created") and legal_day(books.created_ms) == day:
        yield Kind.STILL_OPEN, words.OPEN_STILL.format(state=books.state), books.created_ms
    if kept_today and log_whole and not (books.said and books.said.paid):
        yield Kind.KIOSK_UNAWARE, words.UNAWARE if books.said else words.UNHEARD, kept_today[0].at_ms


def _amounts(
    books: OrderBooks, booked: dict[str, Booked], kept_today: list[Booked]
) -> Iterator[tuple[Kind, str, int]]:
    for line in books.lines:
        row = booked.get(line.transaction)
        if row is not None and row.amount_fen != line.amount_fen:
            why = words.MOVED_OTHERWISE.format(gateway=yuan(line.amount_fen), ledger=yuan(row.amount_fen))
            yield Kind.AMOUNT_DIFFERS, why, line.at_ms
    for row in kept_today:
        if row.amount_fen != books.total_fen:
            yield Kind.AMOUNT_DIFFERS, words.ORDERED_OTHERWISE.format(order=yuan(books.total_fen)), row.at_ms
        intent_fen = books.said.intent_fen if books.said else None
        if intent_fen is not None and intent_fen != row.amount_fen:
            yield Kind.AMOUNT_DIFFERS, words.MEANT_OTHERWISE.format(kiosk=yuan(intent_fen)), row.at_ms


def _returns(books: OrderBooks, day: date) -> Iterator[tuple[Kind, str, int]]:
    """Money of this day that has to go back, and has not."""
    owing = [row for row in books.rows if row.amount_fen > 0 and not row.kept]
    back_fen = -sum(row.amount_fen for row in books.rows if row.amount_fen < 0)
    if sum(row.amount_fen for row in owing) <= back_fen:
        return
    for row in owing:
        came = words.MOVEMENTS.get(row.kind, row.kind)
        if row.day == day and books.returning:
            yield Kind.REFUND_PENDING, words.GOING_BACK.format(kind=came), row.at_ms
        elif row.day == day:
            yield Kind.REFUND_MISSING, words.NOT_GOING_BACK.format(kind=came), row.at_ms


def _paper(
    books: OrderBooks, kept: list[Booked], kept_today: list[Booked], day: date
) -> Iterator[tuple[Kind, str, int]]:
    receipts_fen = sum(fen for _, fen in books.receipts)
    for row in kept_today:
        if receipts_fen != row.amount_fen:
            yield (
                Kind.RECEIPT_DIFFERS,
                words.RECEIPTS_OTHERWISE.format(receipts=yuan(receipts_fen)),
                row.at_ms,
            )
        said = books.said.receipts if books.said else ()
        if said and set(said) != {number for number, _ in books.receipts}:
            yield Kind.RECEIPT_DIFFERS, words.NUMBERS_OTHERWISE, row.at_ms
    if books.receipts and not kept and any(row.day == day for row in books.rows):
        yield Kind.RECEIPT_DIFFERS, words.RECEIPTS_ALONE, books.created_ms


@dataclass(frozen=True)
class Figures:
    """A day in numbers.  Counts are of movements, ``matched`` of orders on which all books agree.

    net gateway - carried + brought = net ledger, and ledger kept = kiosks, when nothing differs.
    """

    gateway_in_count: int = 0
    gateway_in_fen: int = 0
    gateway_back_count: int = 0
    gateway_back_fen: int = 0
    ledger_kept_count: int = 0
    ledger_kept_fen: int = 0
    ledger_return_count: int = 0  # came too late or in another amount: has to go back
    ledger_return_fen: int = 0
    ledger_back_count: int = 0
    ledger_back_fen: int = 0
    kiosk_count: int = 0
    kiosk_fen: int = 0
    carried_fen: int = 0  # on this day's bill, booked on another day
    brought_fen: int = 0  # booked on this day, on the bill of the day before or after
    matched: int = 0

    @property
    def gateway_net_fen(self) -> int:
        return self.gateway_in_fen - self.gateway_back_fen

    @property
    def ledger_net_fen(self) -> int:
        return self.ledger_kept_fen + self.ledger_return_fen - self.ledger_back_fen


def figures_of(
    day: date,
    books: Iterable[OrderBooks],
    findings: Iterable[Finding],
    kiosks_told: Iterable[tuple[int, int]],
) -> Figures:
    """``kiosks_told`` are (count, fen) of the totals the kiosks gave."""
    differing = {finding.subject for finding in findings}
    came: list[int] = []
    went: list[int] = []
    kept: list[int] = []
    returns: list[int] = []
    back: list[int] = []
    carried_fen = brought_fen = matched = 0
    for order in books:
        rows = [row for row in order.rows if row.day == day]
        days_booked = {row.transaction: row.day for row in order.rows}
        near = {line.transaction for line in order.near}
        came += [line.amount_fen for line in order.lines if line.amount_fen > 0]
        went += [-line.amount_fen for line in order.lines if line.amount_fen < 0]
        kept += [row.amount_fen for row in rows if row.kept]
        returns += [row.amount_fen for row in rows if row.amount_fen > 0 and not row.kept]
        back += [-row.amount_fen for row in rows if row.amount_fen < 0]
        carried_fen += sum(x.amount_fen for x in order.lines if days_booked.get(x.transaction, day) != day)
        brought_fen += sum(row.amount_fen for row in rows if row.transaction in near)
        matched += bool((order.lines or rows) and order.order_id not in differing)
    told = list(kiosks_told)
    return Figures(
        len(came),
        sum(came),
        len(went),
        sum(went),
        len(kept),
        sum(kept),
        len(returns),
        sum(returns),
        len(back),
        sum(back),
        sum(count for count, _ in told),
        sum(fen for _, fen in told),
        carried_fen,
        brought_fen,
        matched,
    )
