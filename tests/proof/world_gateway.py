"""The gateway and the payer's hands, as a model of ``central.sandbox``.

Left out are payments that the gateway takes back by itself and refunds that it will not carry out: a person at central settles
those, and a kiosk is told nothing new by them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from kiosk.api import Refused
from kiosk.wire import ProblemCode

REFUND_TAKES_MS = 1_000
PENDING = ("waiting", "confirming")


class Silent(Exception):
    """Central could not ask the gateway, and answers 503: no answer at all to a kiosk."""


@dataclass(slots=True)
class Trade:
    """One trade.  ``late``: the money comes after the close, ``came_late`` once it has; ``races``: it comes while central closes;
    ``held``: it may not be closed yet.  ``payments`` are (number, fen), the newest last.
    """

    amount_fen: int
    state: str = "waiting"  # waiting, confirming, paid, refused, closed
    silent: bool = False
    late: bool = False
    races: bool = False
    held: bool = False
    came_late: bool = False
    payments: list[tuple[str, int]] = field(default_factory=list)


class Gateway:
    """The port of ``central.gateway``, and beside it what the payer does.

    ``fault`` is for the next call that moves something: "lost" on the way there, or "mute" about what was done.
    """

    def __init__(self) -> None:
        self.trades: dict[str, Trade] = {}
        self.codes: dict[str, str] = {}
        self.refunds: dict[str, tuple[str, int, int]] = {}  # refund id -> order id, fen, when asked
        self.fault = ""

    # --- the port ---

    def create(self, order_id: str, amount_fen: int) -> str:
        mute = self._mute()
        trade = self.trades.get(order_id)
        if trade is None:
            self.trades[order_id] = Trade(amount_fen)
        elif trade.silent:
            raise Silent
        if mute:
            raise Silent
        return f"pay:{order_id}"

    def charge(self, order_id: str, code: str) -> Trade:
        mute = self._mute()
        trade = self.trades[order_id]
        if trade.silent:
            raise Silent
        used = self.codes.get(code)
        if used is not None and used != order_id:
            raise Refused("pay_code", ProblemCode.CODE_INVALID)
        if used is None and trade.state == "waiting":
            self.codes[code] = order_id
            if code[-1] in "78":
                trade.state = {"7": "confirming", "8": "refused"}[code[-1]]
            else:
                self._pay(order_id, trade)
                trade.silent = code[-1] == "9"
        if mute:
            raise Silent
        found = self.query(order_id)
        assert found is not None
        return found

    def query(self, order_id: str) -> Trade | None:
        """None for a trade that it does not have."""
        trade = self.trades.get(order_id)
        if trade is None:
            return None
        if trade.silent:
            raise Silent
        if trade.late and trade.state == "closed":
            self._pay(order_id, trade)
            trade.came_late = True
        return trade

    def close(self, order_id: str) -> Trade:
        """The trade as it is afterwards: closed, paid, or as before when it may not be closed yet."""
        mute = self._mute()
        trade = self.trades.get(order_id)
        if trade is None:
            trade = self.trades[order_id] = Trade(0, "closed")
        elif trade.silent:
            raise Silent
        elif trade.races and trade.state in PENDING:
            self._pay(order_id, trade)
        elif trade.state != "paid" and not trade.held:
            trade.state = "closed"
        if mute:
            raise Silent
        return trade

    def refund(self, order_id: str, refund_id: str, amount_fen: int, now_ms: int) -> bool:
        """Whether the money is back."""
        if self.trades[order_id].silent:
            raise Silent
        if refund_id not in self.refunds:
            self.refunds[refund_id] = (order_id, amount_fen, now_ms)
            return False
        return now_ms - self.refunds[refund_id][2] >= REFUND_TAKES_MS

    # --- the payer, and the gateway's own moods ---

    def act(self, order_id: str, act: str) -> None:
        """What happens to a trade from outside, if the trade still allows it."""
        trade = self.trades[order_id]
        pending = trade.state in PENDING
        if act in ("silence", "release"):
            trade.silent = act == "silence"
        elif act in ("hold", "let go"):
            trade.held = act == "hold"
        elif act == "again" and trade.state == "paid":
            self._pay(order_id, trade)
        elif act == "pay_wrong" and pending:
            trade.amount_fen -= 1
            self._pay(order_id, trade)
        elif act == "pay" and pending:
            self._pay(order_id, trade)
        elif act == "refuse" and pending:
            trade.state = "refused"
        elif act == "late" and pending:
            trade.late = True
        elif act == "race" and pending:
            trade.races = True
        elif act not in ("again", "pay_wrong", "pay", "refuse", "late", "race"):
            raise ValueError(act)

    def kept_fen(self, order_id: str) -> int:
        """What the payer's side gave and did not get back."""
        trade = self.trades.get(order_id)
        came = sum(fen for _, fen in trade.payments) if trade else 0
        return came - sum(fen for about, fen, _ in self.refunds.values() if about == order_id)

    def standing(self) -> Hashable:
        """Everything that this gateway will ever decide by."""
        trades = tuple(
            (key, t.amount_fen, t.state, t.silent, t.late, t.races, t.held, t.came_late, *t.payments)
            for key, t in self.trades.items()
        )
        return trades, tuple(self.codes.items()), tuple(self.refunds.items())

    def _pay(self, order_id: str, trade: Trade) -> None:
        trade.state = "paid"
        trade.payments.append((f"{order_id} {len(trade.payments)}", trade.amount_fen))

    def _mute(self) -> bool:
        fault, self.fault = self.fault, ""
        if fault == "lost":
            raise Silent
        return fault == "mute"
