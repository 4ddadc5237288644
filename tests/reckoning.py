"""What must hold once all is quiet: gateway = ledger = kiosks = paper, to the fen.

    gateway   what the payers' side moved and did not get back, order by order
    ledger    what central has booked
    kiosks    what the journals call PAID
    paper     what central gave receipts for: on a sheet, or owed

Each difference is one Wrong.  LOST: money or a receipt is missing somewhere.  DOUBLED: charged twice, or a second unmarked
original.  OPEN: something is still under way for which nothing more is done.  FALSE: a book says what is not so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import func, select

from central import tables
from central.database import Database
from kiosk import texts
from kiosk.payment import Slip, State
from stand.books import gateway_of, ledger_of
from tests.visitor import Visitor


class Kind(Enum):
    LOST = "lost"
    DOUBLED = "doubled"
    OPEN = "open"
    FALSE = "false"


@dataclass(frozen=True)
class Wrong:
    """One difference, and how many fen it is about; 0 where it is not about money."""

    kind: Kind
    what: str
    fen: int = 0


class Reckoning:
    """The four books of some kiosks, read once.  ``whole``: central and the gateway had to do with these kiosks alone.

    ``others``: order -> fen of paid orders that clients without a journal vouch for.
    """

    def __init__(
        self,
        visitors: Sequence[Visitor],
        database: Database,
        whole: bool = True,
        others: Mapping[str, int] | None = None,
    ) -> None:
        self._visitors, self._database = tuple(visitors), database
        self.orders = {visitor: visitor.orders() for visitor in visitors}
        journal = {key: order for orders in self.orders.values() for key, order in orders.items()}
        self.kiosks = {key: order.total_fen for key, order in journal.items() if order.money is State.PAID}
        self.kiosks |= others or {}
        mine = {"gateway": visitors[0].trades(), "ledger": visitors[0].movements()}
        if not whole:
            mine = {name: [row for row in rows if row["order_id"] in journal] for name, rows in mine.items()}
        self.gateway = gateway_of(mine["gateway"])
        self.ledger, self.slips = ledger_of(mine["ledger"])
        self.sheets = {visitor: visitor.sheets() for visitor in visitors}
        self._signed = {slip.receipt_no for order in journal.values() for slip in order.slips}
        receipts, prints = tables.receipts, tables.prints
        with database.read() as connection:
            rows = connection.execute(
                select(receipts.c.receipt_no, receipts.c.order_id, receipts.c.amount_fen)
            ).all()
            out = select(prints.c.receipt_no).where(prints.c.verdict == "printed")
            printed = set(connection.execute(out).scalars())
        self._given = {row.receipt_no: row.amount_fen for row in rows}  # with those of earlier years
        self._owed = self._given.keys() - printed
        self._signed |= {row.receipt_no for row in rows if row.order_id in (others or {})}

    # --- sums ---

    @property
    def paper(self) -> dict[str, int]:
        """Receipt -> fen, of everything that is on a sheet somewhere."""
        return {sheet.receipt_no: sheet.amount_fen for sheets in self.sheets.values() for sheet in sheets}

    def sums_fen(self) -> dict[str, int]:
        """The four sums; what is owed is no paper yet."""
        books = {
            "gateway": self.gateway,
            "ledger": self.ledger,
            "kiosks": self.kiosks,
            "receipts": self.slips,
        }
        paper = {number: fen for number, fen in self.paper.items() if number in self.slips}
        return {name: sum(book.values()) for name, book in books.items()} | {"paper": sum(paper.values())}

    def difference_fen(self) -> int:
        """Between gateway, ledger and kiosks, order by order, and between receipts and paper, sheet by sheet: nothing evens out."""
        fen = 0
        for key in self.gateway.keys() | self.ledger.keys() | self.kiosks.keys():
            sides = [book.get(key, 0) for book in (self.gateway, self.ledger, self.kiosks)]
            fen += max(sides) - min(sides)
        paper, given = self.paper, {**self._given, **self.slips}
        mine = self.slips.keys() | paper.keys()  # with copies of earlier years' receipts
        return fen + sum(abs(given.get(no, 0) - paper.get(no, 0)) for no in mine)

    # --- laws ---

    def wrong(self) -> list[Wrong]:
        """Every difference; empty when all is well."""
        found = [*self._money(), *self._receipts(), *self._central()]
        for visitor in self._visitors:
            found += self._paper(visitor)
        return found

    def _money(self) -> Iterator[Wrong]:
        for key in sorted(self.gateway.keys() | self.ledger.keys() | self.kiosks.keys()):
            sides = [book.get(key, 0) for book in (self.gateway, self.ledger, self.kiosks)]
            if min(sides) != max(sides):
                words = "gateway {}, ledger {}, kiosk {} fen".format(*sides)
                kind = Kind.DOUBLED if 0 < sides[2] < max(sides) else Kind.LOST
                yield Wrong(kind, f"order {key}: {words}", max(sides) - min(sides))
        for orders in self.orders.values():
            for key, order in orders.items():
                if order.money not in (State.PAID, State.CLOSED) or not order.settled:
                    yield Wrong(Kind.OPEN, f"order {key} is still {order.state.value}")

    def _receipts(self) -> Iterator[Wrong]:
        on_paper = self.paper.keys()
        for number, fen in self.slips.items():
            if number not in on_paper and number not in self._owed:
                yield Wrong(Kind.LOST, f"receipt {number} is on no paper and not owed", fen)
        unmarked = Counter(
            sheet.receipt_no for sheets in self.sheets.values() for sheet in sheets if not sheet.copy
        )
        for number, count in unmarked.items():
            if count > 1:
                yield Wrong(Kind.DOUBLED, f"receipt {number}: {count} unmarked originals")
        for number in sorted(self.slips.keys() - self._signed):
            yield Wrong(Kind.LOST, f"no journal knows receipt {number}")

    def _paper(self, visitor: Visitor) -> Iterator[Wrong]:
        """One machine's slips and sheets."""
        sheets, given = self.sheets[visitor], self._given
        ours = Counter(sheet.receipt_no for sheet in sheets if not sheet.copy)
        slips = {
            slip.receipt_no: slip
            for order in self.orders[visitor].values()
            if order.money is State.PAID
            for slip in order.slips
        }
        for number in slips.keys() - self.slips.keys():
            yield Wrong(Kind.FALSE, f"the journal has receipt {number}, central has not")
        for number, slip in slips.items():
            yield from (
                Wrong(Kind.FALSE, f"receipt {number} {words}") for words in _false(slip, ours[number])
            )
        for sheet in sheets:
            if given.get(sheet.receipt_no) != sheet.amount_fen:
                words = f"{sheet.amount_fen} fen on paper, {given.get(sheet.receipt_no)} at central"
                yield Wrong(Kind.FALSE, f"receipt {sheet.receipt_no}: {words}")
            if not sheet.copy and sheet.receipt_no not in slips:
                yield Wrong(
                    Kind.FALSE, f"receipt {sheet.receipt_no}: an original from a machine that was not paid"
                )
        for paper in visitor.stand.printer.sheets:
            if sum(texts.SLIP_TITLE in line for line in paper.text) > 1:
                yield Wrong(Kind.FALSE, "two people's sheets hang together")

    def _central(self) -> Iterator[Wrong]:
        """What central itself must never hold once all is quiet."""
        orders, ledger, receipts = tables.orders, tables.ledger, tables.receipts
        with self._database.read() as connection:
            unsettled = orders.c.state.in_(("requested", "created", "refunding"))
            for row in connection.execute(select(orders.c.order_id, orders.c.state).where(unsettled)):
                yield Wrong(Kind.OPEN, f"central has {row.order_id} {row.state}")
            if claims := connection.execute(select(func.count()).select_from(tables.claims)).scalar():
                yield Wrong(Kind.OPEN, f"{claims} dues are still claimed")
            balances = (
                select(orders.c.order_id, orders.c.state, func.sum(ledger.c.amount_fen).label("fen"))
                .join(ledger, ledger.c.order_id == orders.c.order_id)
                .group_by(orders.c.order_id, orders.c.state)
            )
            for sum_of in connection.execute(balances):
                if sum_of.fen != 0 and sum_of.state != "paid":
                    yield Wrong(
                        Kind.LOST,
                        f"central keeps {sum_of.fen} fen of {sum_of.order_id}, {sum_of.state}",
                        sum_of.fen,
                    )
            same = (receipts.c.person_id, receipts.c.title, receipts.c.year)
            for due in connection.execute(select(*same).group_by(*same).having(func.count() > 1)):
                yield Wrong(Kind.DOUBLED, f"charged twice: {due.title} {due.year}")


def _false(slip: Slip, unmarked: int) -> Iterator[str]:
    """What a slip's state says that its paper does not."""
    if slip.state not in (State.DONE, State.OWED):
        yield f"is {slip.state.value}"
    if (slip.state is State.DONE) > unmarked:
        yield "is DONE, and no original came out"
    if (slip.state is State.DONE) != (slip.verdict == "printed"):
        yield f"is {slip.state.value} although {slip.verdict}"
    if slip.verdict == "not_printed" and unmarked:
        yield "was said not to be printed, and was"
