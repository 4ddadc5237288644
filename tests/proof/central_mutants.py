"""Planted bugs: what the explorer must see, or why nobody could.

A mutant is the product's own source with one thought changed, compiled again and put in its place.  The text it
changes must be there, once; a mutant that no longer fits the product is an error and no silent success.

    python -m tests.proof.central_mutants          every mutant against every scenario, shallow schedules first
"""

from __future__ import annotations
import __future__

import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from central import receipts, settlement
from central.orders import Orders
from central.receipts import PrintDesk, ReceiptBook
from central.settlement import Settlement
from tests.proof.central_explorer import Report, explore
from tests.proof.central_scenarios import SCENARIOS, Scenario
from tests.proof.central_world import Bench, bench

DEPTH_MOST = 2
Edit = tuple[Any, str, str, str]  # owner, its method or function, the text, what it becomes


@dataclass(frozen=True)
class Mutant:
    """``seen_in`` is a scenario whose schedules show it; ``equivalent`` the reason why none can."""

    name: str
    seen_in: str
    edits: tuple[Edit, ...]
    equivalent: str = ""


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The product with this bug, inside the block.  Raises ValueError when the bug no longer fits."""
    sources: dict[tuple[Any, str], str] = {}
    for owner, name, old, new in mutant.edits:
        source = sources.get((owner, name)) or textwrap.dedent(inspect.getsource(getattr(owner, name)))
        if source.count(old) != 1:
            raise ValueError(f"{mutant.name}: {old!r} is {source.count(old)} times in {name}")
        sources[owner, name] = source.replace(old, new)
    with ExitStack() as stack:
        for (owner, name), source in sources.items():
            genuine = getattr(owner, name)
            code = compile(source, f"<{mutant.name}>", "exec", flags=__future__.annotations.compiler_flag)
            made: dict[str, Any] = {}
            exec(code, vars(sys.modules[genuine.__module__]), made)
            stack.callback(setattr, owner, name, genuine)
            setattr(owner, name, made[name])
        yield


def kill(
    mutant: Mutant, built: Bench, scenarios: Sequence[Scenario] | None = None, depth: int = DEPTH_MOST
) -> Report:
    """Explores with the bug in place until a law is broken; without ``scenarios``, only where it shows."""
    if scenarios is None:
        scenarios = [each for each in SCENARIOS if each.name == mutant.seen_in]
    report = Report()
    with planted(mutant):
        for deep in range(depth + 1):
            report.add(explore(built, deep, scenarios, until_broken=True))
            if report.broken:
                break
    return report


FREE_THE_CLAIMS = "connection.execute(delete(CLAIMS).where(CLAIMS.c.order_id == order_id))"
IF_OPEN_CLOSE = (
    "if row is not None and row.state in OPEN:\n        self._settlement.ask_to_close(order_id, reason)"
)
SAME = "same = next((each for each in before if each.gateway_txn == trade.transaction), None)"
COPIES = "select(func.max(PRINTS.c.copy_number)).where(PRINTS.c.receipt_no == receipt_no)"

CENTRAL_MUTANTS = (
    # --- the order's number ---
    Mutant(
        "no tombstone",
        "a close before the create",
        (
            (
                Orders,
                "close",
                "connection.execute(insert(TABLE).values(self._tombstone(kiosk_id, order_id, reason)))",
                'return OrderReply(order_id=order_id, state="closed", total_fen=0)',
            ),
        ),
    ),
    Mutant(
        "a create after a close opens the order again",
        "a create that comes twice",
        (
            (
                Orders,
                "put",
                'state = "" if row.reason else row.state',
                'state = "requested" if row.state == "closed" and not tombstone else row.state\n'
                "            connection.execute(update(TABLE).where(TABLE.c.order_id == row.order_id)"
                ".values(state=state))",
            ),
        ),
    ),
    Mutant(
        "a create that was overtaken by a close opens the order",
        "a close before the create",
        (
            (
                Settlement,
                "open_trade",
                'still = (ORDERS.c.order_id == order_id) & (ORDERS.c.state == "requested")',
                "still = ORDERS.c.order_id == order_id",
            ),
        ),
    ),
    Mutant(
        "the same number is taken with another body",
        "the same number, another body",
        ((Orders, "put", "if row.request_digest != digest and not tombstone:", "if False:"),),
    ),
    Mutant(
        "a due that another order is open for may be ordered",
        "two kiosks at once",
        (
            (
                Orders,
                "_open",
                "wanted = basket.check(",
                "connection.execute(CLAIMS.delete())\n    wanted = basket.check(",
            ),
        ),
    ),
    # --- closing ---
    Mutant(
        "a close does not ask first whether it was paid",
        "pays while closing",
        (
            (
                Settlement,
                "ask_to_close",
                "trade = self._gateway.query(order_id)",
                "trade = Trade(TradeState.WAITING)",
            ),
        ),
    ),
    Mutant(
        "a paid trade is closed like any other",
        "pays while closing",
        (
            (Settlement, "ask_to_close", "if trade.state in MOVED:", "if False:"),
            (Settlement, "ask_to_close", "elif trade.state is TradeState.CLOSED:", "elif True:"),
        ),
    ),
    Mutant(
        "silence is taken for a close",
        "pays while closing",
        (
            (
                Settlement,
                "ask_to_close",
                "raise Refused(ProblemCode.GATEWAY_SILENT) from None",
                "trade = Trade(TradeState.CLOSED)",
            ),
        ),
    ),
    Mutant(
        "what the gateway says of a close is not read",
        "never pays",
        (
            (
                Settlement,
                "ask_to_close",
                "trade = self._gateway.close(order_id)",
                "self._gateway.close(order_id)\n            trade = Trade(TradeState.CLOSED)",
            ),
        ),
    ),
    Mutant(
        "not yet is taken for closed",
        "not to be closed yet",
        ((Settlement, "ask_to_close", "elif trade.state is TradeState.CLOSED:", "elif True:"),),
    ),
    Mutant(
        "an order expires without the gateway",
        "pays as it expires",
        (
            (
                Settlement,
                "_look_at_open",
                "self.ask_to_close(row.order_id, over)",
                "self._shut(row.order_id, over)",
            ),
        ),
    ),
    Mutant(
        "a due is free as soon as somebody gives up",
        "two kiosks, one due",
        (
            (
                Orders,
                "close",
                "if row is None:",
                "connection.execute(CLAIMS.delete().where(CLAIMS.c.order_id == order_id))\n        if row is None:",
            ),
        ),
    ),
    Mutant(
        "the gateway is asked inside a transaction",
        "never pays",
        ((Orders, "close", "if row is None:", "self._gateway.query(order_id)\n        if row is None:"),),
    ),
    # --- money that comes ---
    Mutant(
        "late money is not looked for",
        "pays after the close",
        ((Settlement, "_shut", "look_ms=look_ms", "look_ms=None"),),
    ),
    Mutant(
        "late money is dropped",
        "pays after the close",
        (
            (
                Settlement,
                "_book",
                "if row is None:",
                'if row is None or row.state == "closed":',
            ),
        ),
    ),
    Mutant(
        "late money is kept as a payment",
        "pays after the close",
        ((settlement, "_meaning", "if row.state not in OPEN:", "if False:"),),
    ),
    Mutant(
        "another amount is booked as a payment",
        "another amount",
        ((settlement, "_meaning", "if trade.amount_fen != row.total_fen:", "if False:"),),
    ),
    Mutant(
        "the order's amount is booked, whatever came",
        "another amount",
        (
            (
                Settlement,
                "_book",
                "amount_fen, number = trade.amount_fen,",
                "amount_fen, number = row.total_fen,",
            ),
        ),
    ),
    Mutant(
        "booked without looking whether it was booked before",
        "pays at once",
        (
            (Settlement, "_book", SAME, "same = None"),
            (Settlement, "_book", "if ledger.is_entered(connection, trade.transaction):", "if False:"),
        ),
    ),
    Mutant(
        "booked again under a number of its own",
        "pays at once",
        (
            (Settlement, "_book", SAME, "same = None"),
            (Settlement, "_book", "if ledger.is_entered(connection, trade.transaction):", "if False:"),
            (
                Settlement,
                "_book",
                "trade.amount_fen, trade.transaction",
                'trade.amount_fen, f"{trade.transaction}-{len(before)}"',
            ),
        ),
    ),
    Mutant(
        "receipts in another transaction than the money",
        "pays at once",
        (
            (
                Settlement,
                "_book",
                "self._receipts.issue(connection, row, entry, trade.channel, now_ms)",
                "pass",
            ),
            (
                Settlement,
                "take_up",
                "self._book(order_id, trade)",
                "self._book(order_id, trade)\n"
                "        with self._database.write() as connection:\n"
                "            row, paid = row_of(connection, order_id), ledger.payments(connection, order_id)\n"
                "            self._receipts.issue(connection, row, paid[0].entry_id, trade.channel, row.expires_ms)",
            ),
        ),
    ),
    Mutant(
        "claims outlive the payment",
        "pays at once",
        ((Settlement, "_book", FREE_THE_CLAIMS, "pass"),),
    ),
    Mutant(
        "a second payment is not seen",
        "pays twice",
        ((Settlement, "_book", "if same is not None:", "if before:"),),
    ),
    Mutant(
        "a second payment sends the whole order back",
        "pays twice",
        ((Settlement, "_book", 'if row.state not in ("paid", "disputed"):', "if True:"),),
    ),
    Mutant(
        "a paid order is never looked at again",
        "pays twice",
        ((Settlement, "_book", "look_ms = max(row.expires_ms, now_ms) + LAST_LOOK_MS", "look_ms = None"),),
    ),
    Mutant(
        "nobody notices that the gateway took a payment back",
        "taken back",
        ((Settlement, "_book", '_mark(connection, row, "taken_back", now_ms)', "pass"),),
    ),
    Mutant(
        "another payment instead of the first is sent back",
        "another payment instead",
        (
            (
                Settlement,
                "_hear",
                "if self._gateway.query_payment(order_id, kept.gateway_txn).state is not TradeState.PAID:",
                "if False:",
            ),
        ),
    ),
    # --- money that goes back ---
    Mutant(
        "every ask for a refund has a number of its own",
        "pays after the close",
        (
            (
                Settlement,
                "_send_back",
                "row.refund_id, row.amount_fen",
                'f"{row.refund_id}-{self._clock.now_ms()}", row.amount_fen',
            ),
        ),
    ),
    Mutant(
        "the number of a refund is made of the order, not of the payment",
        "pays twice after the close",
        ((Settlement, "_book", 'refund_id=f"R-{number}"', 'refund_id=f"R-{order_id}"'),),
    ),
    Mutant(
        "a refund is done when it was asked for",
        "pays after the close",
        ((Settlement, "_send_back", "if refund.done:", "if True:"),),
    ),
    Mutant(
        "a refund that was refused is not asked for again",
        "a refund that is refused",
        ((Settlement, "_plan_look", "or bool(_waiting(connection, before.order_id))", "or False"),),
    ),
    Mutant(
        "a refund is booked without looking whether it was booked before",
        "a slow refund",
        (
            (
                Settlement,
                "_book_back",
                "if any(each.entry_id == refund.entry_id and each.answered is None for each in paid):",
                "if True:",
            ),
        ),
    ),
    Mutant(
        "the order's total goes back, whatever came",
        "another amount",
        ((Settlement, "_book", '"amount_fen": amount_fen,', '"amount_fen": row.total_fen,'),),
    ),
    # --- receipts and paper ---
    Mutant(
        "a receipt number is given out again",
        "two payments at once",
        ((receipts, "next_number", "{(last or 0) + 1:04d}", "{1:04d}"),),
    ),
    Mutant(
        "a contribution without its receipt",
        "pays at once",
        ((ReceiptBook, "issue", "**vars(paid)", '**(vars(paid) | {"receipt_no": None})'),),
    ),
    Mutant(
        "a copy is numbered by the sheets that came out",
        "copies",
        (
            (
                PrintDesk,
                "grant",
                COPIES,
                "select(func.count()).where(PRINTS.c.receipt_no == receipt_no, PRINTS.c.verdict.in_(MAYBE_PAPER))",
            ),
        ),
    ),
    Mutant(
        "a copy is numbered by all sheets",
        "copies",
        ((PrintDesk, "grant", "func.max(PRINTS.c.copy_number)", "func.count(PRINTS.c.print_id)"),),
    ),
    Mutant(
        "leave to print is given again under a new number",
        "copies",
        (
            (
                PrintDesk,
                "grant",
                "copy_number = row.copy_number",
                "copy_number = row.copy_number + 1\n"
                "            connection.execute(update(PRINTS).where(PRINTS.c.print_id == print_id)"
                ".values(copy_number=copy_number))",
            ),
        ),
    ),
    # --- what no schedule can show ---
    Mutant(
        "a copy is numbered by a count of the copies",
        "copies",
        (
            (
                PrintDesk,
                "grant",
                COPIES,
                "select(func.count()).where(PRINTS.c.receipt_no == receipt_no, PRINTS.c.copy_number > 0)",
            ),
        ),
        equivalent="copies are numbered 1, 2, 3 ..., rows are never removed, and the count is taken in the transaction "
        "that writes: the count is the largest number",
    ),
)


def main() -> int:
    survived = 0
    with bench() as built:
        for mutant in CENTRAL_MUTANTS:
            report = kill(mutant, built, SCENARIOS)
            first = report.violations[0] if report.violations else None
            found = f"{first.scenario} {first.choices}: {first.laws[0]}" if first else mutant.equivalent
            survived += bool(first) == bool(mutant.equivalent)
            print(f"{mutant.name} | {sum(report.schedules.values())} schedules | {found or 'SURVIVED'}")
    return survived


if __name__ == "__main__":
    sys.exit(main())
