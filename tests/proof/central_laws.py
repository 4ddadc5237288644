"""The laws of the explored world: what central may answer while it lives, and what must be true once nothing moves.

At every commit:
    an open order holds the claim on each of its dues, any other order holds none
    a paid order has its money and its receipts, and no other order has a payment; a closed one was closed by the gateway
    what was said to be paid or closed is not open

Of answers, in the order they were heard:
    PAID excludes CLOSED, REFUNDING and REFUNDED, before and after; nothing settled is said to be open again
    PAID comes with one receipt a line, their sum the order's; a number stands for one line for ever
    a sheet gets one copy number; a page agrees with what was said before it was asked for

After healing:
    gateway and ledger list the same movements, each once, to the fen
    an order is paid and the ledger holds its total, or it is closed or refunded and the ledger holds nothing
    receipts and contributions are there for paid orders and no others, and what was said is in the tables
    no order is open, nothing is claimed, nothing is on its way back, a due has one kept payment at most
    a tombstone has no lines and no money; an order has the lines it was made with
    the copies of a receipt are numbered 1, 2, 3 ... as they were granted
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.wire import DueState, MyPage, OrderReply, OrderRequest, OrderState, ProblemCode
from tests.proof.central_books import Books
from tests.proof.central_world import Bench

if TYPE_CHECKING:
    from tests.proof.central_visit import Visit

OPEN, PAID, GIVEN_UP = "open", "paid", "given up"
SAYS = {
    OrderState.CREATED: OPEN,
    OrderState.PAID: PAID,
    OrderState.CLOSED: GIVEN_UP,
    OrderState.REFUNDING: GIVEN_UP,
    OrderState.REFUNDED: GIVEN_UP,
}
OURS = "order_id NOT LIKE 'SEED-%'"  # not the township's past
STANDS = f"SELECT order_id, state, total_fen, request_digest IS NULL FROM orders WHERE {OURS}"
MOVED = f"SELECT order_id, gateway_txn, amount_fen FROM ledger WHERE {OURS} ORDER BY 1, 2, 3"
LINES = "SELECT order_id, person_id, product, year, amount_fen FROM order_lines ORDER BY order_id, line_no"
PAPER = (
    f"SELECT order_id, receipt_no, person_id, year, amount_fen FROM receipts WHERE {OURS} ORDER BY line_no"
)
COPIES = "SELECT receipt_no, copy_number FROM prints WHERE copy_number > 0 ORDER BY rowid"
HOLDS = f"""SELECT order_id, state, total_fen, request_digest IS NULL,
    (SELECT count(*) FROM order_lines WHERE order_lines.order_id = orders.order_id),
    (SELECT count(*) FROM claims WHERE claims.order_id = orders.order_id),
    (SELECT count(*) FROM receipts WHERE receipts.order_id = orders.order_id),
    (SELECT coalesce(sum(amount_fen), 0) FROM ledger
        WHERE ledger.order_id = orders.order_id AND kind = 'payment')
    FROM orders WHERE {OURS}"""
CREDITS = f"""SELECT person_id, product, year, amount_fen FROM contributions
    WHERE receipt_no IN (SELECT receipt_no FROM receipts WHERE {OURS})"""


class Laws:
    """Everything central has said, and whether it might have."""

    def __init__(self, broke: Callable[[str], None]) -> None:
        self._broke = broke
        self._moment = 0
        self._said: dict[str, dict[str, int]] = defaultdict(dict)  # order -> what was said, and when first
        self._given_out: dict[str, tuple[str, str, int, int]] = {}  # receipt -> order, person, year, fen
        self._numbers: dict[str, list[str]] = {}
        self._copies: dict[tuple[str, str], int] = {}

    # --- at every commit ---

    def at_commit(self, bench: Bench, books: Books) -> None:
        for order_id, state, total_fen, is_tombstone, lines, claims, receipts, paid_fen in bench.rows(HOLDS):
            is_open = state in ("requested", "created")
            if claims != (lines if is_open else 0):
                self._broke("claims and open orders differ")
            if is_open and self._said[order_id].keys() - {OPEN}:
                self._broke("what was settled is open again")
            if state == PAID and (receipts, paid_fen) != (lines, total_fen):
                self._broke("paid, without the money or the receipts")
            if paid_fen and state not in (PAID, "disputed"):
                self._broke("money was taken as a payment, and the order is not paid")
            if state == "closed" and not is_tombstone and not books.has_closed(order_id):
                self._broke("closed, and the gateway has not closed it")

    # --- answers ---

    def moment(self) -> int:
        """The time of a question; what was heard before is in its past."""
        self._moment += 1
        return self._moment

    def numbers_of(self, order_id: str) -> list[str]:
        """The receipts that were given out for an order."""
        return self._numbers.get(order_id, [])

    def hear(self, request: OrderRequest, answer: OrderReply | ProblemCode, asked: int) -> None:
        order_id = request.order_id
        if isinstance(answer, ProblemCode):
            if answer is ProblemCode.ORDER_CLOSED:
                self._say(order_id, GIVEN_UP, asked)
            elif answer is ProblemCode.ORDER_CONFLICT:
                self._broke("an order's own body was taken for another")
            elif self._said[order_id] and answer is not ProblemCode.CODE_INVALID:
                self._broke(f"an order that was there is refused: {answer.value}")
            return
        self._say(order_id, SAYS[answer.state], asked)
        if answer.pay_url is not None and answer.state is not OrderState.CREATED:
            self._broke("a code to pay for an order that is not open")
        if answer.total_fen not in (request.total_fen, 0):
            self._broke("an order costs something else than it did")
        if answer.state is OrderState.PAID:
            self._take(request, answer)
        elif answer.receipts:
            self._broke("receipts for an order that is not paid")

    def _say(self, order_id: str, what: str, asked: int) -> None:
        said = self._said[order_id]
        before = {other for other, moment in said.items() if moment < asked}
        if what == OPEN and before - {OPEN}:
            self._broke("what was settled is open again")
        if what != OPEN and said.keys() - {OPEN, what}:
            self._broke("one order was said to be paid, and to be closed")
        said.setdefault(what, self.moment())

    def _take(self, request: OrderRequest, answer: OrderReply) -> None:
        if [(each.person_id, each.year, each.amount_fen) for each in answer.receipts] != [
            (line.person_id, line.year, line.amount_fen) for line in request.lines
        ]:
            self._broke("receipts of a paid order that are not its lines")
        for each in answer.receipts:
            line = (request.order_id, each.person_id, each.year, each.amount_fen)
            if self._given_out.setdefault(each.receipt_no, line) != line:
                self._broke("a receipt number was given out twice")
        numbers = [each.receipt_no for each in answer.receipts]
        if self._numbers.setdefault(request.order_id, numbers) != numbers:
            self._broke("an order got other receipts than before")

    def granted(self, receipt_no: str, print_id: str, copy_number: int) -> None:
        if self._copies.setdefault((receipt_no, print_id), copy_number) != copy_number:
            self._broke("a sheet got two copy numbers")

    def see(self, page: MyPage, asked: int, visit: Visit) -> None:
        """A page of zhang's that was made just now: nothing has happened since."""
        zhang = visit.bench.persons["zhang"]
        for due in page.dues:
            key = (zhang, due.product, due.year)
            orders = [
                order_id
                for order_id, *line, _fen in visit.bench.rows(LINES)
                if tuple(line) == key and self._said[order_id].get(PAID, asked) < asked
            ]
            claims = visit.bench.rows("SELECT person_id, product, year FROM claims")
            if orders and due.state is not DueState.PAID:
                self._broke("a page does not know what was paid")
            if key in claims and due.state is not DueState.BEING_CHECKED:
                self._broke("a page offers what another order is open for")

    # --- after healing ---

    def settled(self, visit: Visit) -> bool:
        """Nothing is open or on its way, and every movement of the gateway is known, or a person has been told."""
        held: Counter[str] = Counter()
        for order_id, _, fen in visit.bench.rows(MOVED):
            held[order_id] += fen
        disputable = visit.scenario.disputable
        states = {}
        for order_id, state, total_fen, _ in visit.bench.rows(STANDS):
            states[order_id] = state
            fits = {"paid": held[order_id] == total_fen, "disputed": disputable}
            if not fits.get(state, state in ("closed", "refunded") and not held[order_id]):
                return False
        return not self._differences(visit, states)

    def _differences(self, visit: Visit, states: dict[str, str]) -> bool:
        """Ledger and gateway differ.  Of an order a person has to decide, the ledger may know less."""
        ours, theirs = visit.bench.rows(MOVED), visit.books.movements()
        known = [row for row in theirs if states.get(row[0]) != "disputed" or row in ours]
        return ours != known

    def check(self, visit: Visit) -> None:
        bench = visit.bench
        moved = bench.rows(MOVED)
        if self._differences(visit, {order_id: state for order_id, state, *_ in bench.rows(STANDS)}):
            self._broke("ledger and gateway differ")
        if bench.rows("SELECT * FROM claims"):
            self._broke("a claim nobody holds any more")
        lines, paper = defaultdict(list), defaultdict(list)
        for order_id, *line in bench.rows(LINES):
            lines[order_id].append(tuple(line))
        for order_id, receipt_no, *line in bench.rows(PAPER):
            paper[order_id].append((receipt_no, *line))
        kept: Counter[tuple[str, str, int]] = Counter()
        for order_id, written, total_fen, is_tombstone in bench.rows(STANDS):
            state = written
            if written == "disputed" and visit.scenario.disputable:
                state = PAID if paper[order_id] else "closed"  # as the citizen is told
            held_fen = sum(fen for of, _, fen in moved if of == order_id)
            if state == PAID:
                kept.update((person, product, year) for person, product, year, _fen in lines[order_id])
            if held_fen != (total_fen if state == PAID else 0) or state not in (PAID, "closed", "refunded"):
                self._broke(f"an order stays {state} while the ledger does not say so")
            self._check_paper(lines[order_id] if state == PAID else [], paper[order_id], order_id)
            said = self._said[order_id]
            if (PAID in said and state != PAID) or (GIVEN_UP in said and state == PAID):
                self._broke("an order is not what it was said to be")
            if is_tombstone and (lines[order_id] or state != "closed" or total_fen):
                self._broke("a tombstone was opened")
            made = next(each.request for each in visit.kiosks.values() if each.request.order_id == order_id)
            wanted = [(line.person_id, line.product, line.year, line.amount_fen) for line in made.lines]
            if not is_tombstone and lines[order_id] != wanted:
                self._broke("an order has other lines than it was made with")
        if any(count > 1 for count in kept.values()):
            self._broke("a due was paid twice")
        if Counter(row[:3] for row in bench.rows(CREDITS)) != kept:
            self._broke("contributions are not what was paid")
        self._check_copies(bench)

    def _check_paper(
        self,
        lines: list[tuple[str, str, int, int]],
        paper: list[tuple[str, str, int, int]],
        order_id: str,
    ) -> None:
        if [row[1:] for row in paper] != [(person, year, fen) for person, _product, year, fen in lines]:
            self._broke("receipts and payment differ")
        stored = [receipt_no for receipt_no, *_ in paper]
        if self.numbers_of(order_id) not in ([], stored):
            self._broke("a receipt that was given out is not in the book")

    def _check_copies(self, bench: Bench) -> None:
        numbers = defaultdict(list)
        for receipt_no, copy_number in bench.rows(COPIES):
            numbers[receipt_no].append(copy_number)
        if any(given != list(range(1, len(given) + 1)) for given in numbers.values()):
            self._broke("copies are not numbered one after the other")
