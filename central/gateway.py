"""The port to whoever moves the money.  Rules as WeChat Pay publishes them:

* the trade's number is our order id; a retry and a second attempt carry the same one
* no answer means nothing: query before anything else, and again before a close
* only the gateway's own CLOSED frees the payer; an unknown trade is closed too, against a delayed create
* a refund is asked for under one number until it is done
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

ORDER_ID_MOST = 32  # letters of a merchant's order number at WeChat Pay


class GatewaySilent(Exception):
    """No answer, or none that can be trusted.  Nothing is known; ask again."""


class CodeInvalid(Exception):
    """Not a payer's code of any wallet, or one that was used before."""


class TradeState(Enum):
    UNKNOWN = "unknown"  # the gateway has no such trade
    WAITING = "waiting"
    CONFIRMING = "confirming"  # the payer has to confirm on the phone
    PAID = "paid"
    REFUSED = "refused"  # the payer or the bank said no; it can still be closed
    CLOSED = "closed"
    RETURNED = "returned"  # it was paid, and the money has gone back


@dataclass(frozen=True)
class Trade:
    """``transaction`` and ``channel`` are set once PAID; ``amount_fen`` is what moved.

    ``confirm_within_s``: how long the payer of a scanned code has, and ``ask_every_s`` how often to look, where the
    gateway's rules say so.
    """

    state: TradeState
    amount_fen: int = 0
    transaction: str = ""
    channel: str = ""
    confirm_within_s: float | None = None
    ask_every_s: float = 0.0


@dataclass(frozen=True)
class Refund:
    """``refused``: the gateway will not carry it out by itself; a person has to look."""

    done: bool
    transaction: str = ""
    refused: bool = False


@dataclass(frozen=True)
class BillLine:
    """One movement as the gateway's own books have it.  ``amount_fen`` is + in and - back, ``transaction`` the gateway's number."""

    order_id: str
    transaction: str
    amount_fen: int
    at_ms: int


class Gateway(Protocol):
    """Every call may raise GatewaySilent, and every call may be repeated."""

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        """Opens a trade and gives what its QR code says."""

    def charge(self, order_id: str, code: str) -> Trade:
        """Pays an open trade with a scanned payer's code.  Raises CodeInvalid.  The code is not kept."""

    def query(self, order_id: str) -> Trade:
        """What the gateway knows."""

    def query_payment(self, order_id: str, transaction: str) -> Trade:
        """What the gateway knows of one payment: PAID, RETURNED, or UNKNOWN when the order has none of that number."""

    def close(self, order_id: str) -> Trade:
        """CLOSED, or PAID when the money was faster; the trade as it is when it may not be closed yet."""

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        """Sends one whole payment back, once for each ``refund_id``."""

    def bill(self, day: date) -> tuple[BillLine, ...]:
        """Every movement of one legal day by the gateway's clock.  Silent while that day's bill is not out."""


class NoGateway:
    """A central that answers questions and takes no money."""

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        raise GatewaySilent

    def charge(self, order_id: str, code: str) -> Trade:
        raise GatewaySilent

    def query(self, order_id: str) -> Trade:
        raise GatewaySilent

    def query_payment(self, order_id: str, transaction: str) -> Trade:
        raise GatewaySilent

    def close(self, order_id: str) -> Trade:
        raise GatewaySilent

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        raise GatewaySilent

    def bill(self, day: date) -> tuple[BillLine, ...]:
        raise GatewaySilent


REVERSED = "-reversed"


def reversal_of(transaction: str) -> str:
    """The number we give the way back of a payment that the gateway reversed: it names none of its own."""
    return transaction + REVERSED


WECHAT = "微信支付"
ALIPAY = "支付宝"
UNIONPAY = "云闪付"
PAYER_CODES = (
    (re.compile(r"1[0-5]\d{16}"), WECHAT),
    (re.compile(r"(2[5-9]|30)\d{14,22}"), ALIPAY),
    (re.compile(r"62\d{17}"), UNIONPAY),
)


def wallet_of(code: str) -> str | None:
    """Whose payer's code this is by length and prefix, or None.

    WeChat micropay 5_1: 18 digits, 10-15.  alipay.trade.pay: 16-24 digits, 25-30.  UnionPay: 19 digits, 62.
    """
    return next((wallet for shape, wallet in PAYER_CODES if shape.fullmatch(code)), None)
