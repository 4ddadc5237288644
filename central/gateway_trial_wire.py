"""The trial gateway's answers on the wire of WeChat Pay's APIv3, with the rules of a profile enforced.

    POST /v3/pay/transactions/native                             opens a trade, gives code_url
    POST /v3/pay/transactions/codepay                            pays with a scanned code
    GET  /v3/pay/transactions/out-trade-no/{no}?mchid=           what became of an order
    GET  /v3/pay/transactions/id/{transaction}?mchid=            what became of one payment
    POST /v3/pay/transactions/out-trade-no/{no}/close            a trade of a QR code
    POST /v3/pay/transactions/out-trade-no/{no}/reverse          a trade of a scanned code
    POST /v3/refund/domestic/refunds                             GET .../{out_refund_no}
    GET  /v3/bill/tradebill?bill_date=&bill_type=ALL             GET /v3/billdownload/file?token=

The money itself is in ``sandbox``.  A call is read, done and answered here; signatures and faults are put on by
``gateway_trial``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Row

from central.clock import Clock, legal_time
from central.gateway import CodeInvalid, GatewaySilent, Trade, TradeState, wallet_of
from central.gateway_bill import write_bill
from central.gateway_profile import Profile
from central.gateway_quirks import Quirks
from central.gateway_trial_books import NATIVE, SCANNED, AskedBooks
from central.gateway_trial_keys import APPID, MCHID
from central.gateway_trial_notices import Notices
from central.sandbox import Act, Sandbox

MONEY = (TradeState.PAID, TradeState.RETURNED)
LATE_MS = 1_000


class Denied(Exception):
    """A refusal as the documents list it: an HTTP status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Call:
    """One request.  ``body`` is {} for a GET."""

    path: str
    query: dict[str, str]
    body: dict[str, Any]


class TrialWire:
    """Answers a call with (status, body), or raises Denied or GatewaySilent."""

    def __init__(
        self,
        sandbox: Sandbox,
        asked: AskedBooks,
        profile: Profile,
        quirks: Quirks,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._sandbox, self._asked, self._profile = sandbox, asked, profile
        self._quirks, self._notices, self._clock = quirks, notices, clock
        self.address = ""
        self.bills_wait = False  # a day's bill is out on the next day, from the profile's hour on
        self._calls = 0
        sandbox.on_payment = self._tell_payment

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """What the gateway does and says."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for verb, shape, work in self._routes():
            found = re.fullmatch(shape, parts.path)
            if found is not None and verb == method:
                return work(Call(parts.path, query, _json(body)), *found.groups())
        raise Denied(404, "RESOURCE_NOT_EXISTS")

    def bill_file(self, token: str) -> str | None:
        """The text behind a download address."""
        day, _, _ = token.partition(".")
        try:
            return write_bill(self._sandbox.bill(date.fromisoformat(day)), MCHID, APPID)
        except ValueError:
            return None

    def _routes(self) -> tuple[tuple[str, str, Callable[..., tuple[int, dict[str, Any]]]], ...]:
        order = "/v3/pay/transactions/out-trade-no/([^/]+)"
        return (
            ("POST", "/v3/pay/transactions/native", self._native),
            ("POST", "/v3/pay/transactions/codepay", self._codepay),
            ("GET", order, self._query),
            ("GET", "/v3/pay/transactions/id/([^/]+)", self._query_payment),
            ("POST", order + "/close", self._close),
            ("POST", order + "/reverse", self._reverse),
            ("POST", "/v3/refund/domestic/refunds", self._refund),
            ("GET", "/v3/refund/domestic/refunds/([^/]+)", self._query_refund),
            ("GET", "/v3/bill/tradebill", self._bill),
        )

    # --- trades ---

    def _native(self, call: Call) -> tuple[int, dict[str, Any]]:
        order_id, amount_fen = self._checked(call)
        self._refuse_what_is_over(order_id, amount_fen)
        row = self._asked.trade(order_id)
        if row is not None and row.trade_type != NATIVE:
            raise Denied(403, "OUT_TRADE_NO_USED")
        if row is None:
            self._asked.note_trade(order_id, NATIVE, str(call.body.get("notify_url", "")))
        return 200, {"code_url": self._sandbox.create(order_id, amount_fen, str(call.body["description"]))}

    def _codepay(self, call: Call) -> tuple[int, dict[str, Any]]:
        order_id, amount_fen = self._checked(call)
        code = call.body.get("payer", {}).get("auth_code")
        if not isinstance(code, str):
            raise Denied(400, "PARAM_ERROR")
        if wallet_of(code) != self._profile.channel:
            raise Denied(400, "AUTH_CODE_INVALID")
        self._refuse_what_is_over(order_id, amount_fen)
        row = self._asked.trade(order_id)
        if row is None:
            self._asked.note_trade(order_id, SCANNED, "")
        self._sandbox.create(order_id, amount_fen, str(call.body["description"]))
        now_ms = self._clock.now_ms()
        new = row is None or row.pays_ms is None
        if new and code[-1] < "7" and self._quirks.happens("user_paying"):
            code = code[:-1] + "7"
            self._asked.change_trade(order_id, pays_ms=now_ms + round(self._quirks.length("paying_s") * 1000))
        try:
            trade = self._sandbox.charge(order_id, code)
        except CodeInvalid:
            raise Denied(400, "AUTH_CODE_INVALID") from None
        self._asked.change_trade(order_id, trade_type=SCANNED, scanned_ms=now_ms)
        if trade.state is TradeState.CONFIRMING:
            raise Denied(202, "USERPAYING")
        if trade.state is TradeState.REFUSED:
            raise Denied(403, "TRADE_ERROR")
        return 200, self._trade(order_id, trade)

    def _query(self, call: Call, order_id: str) -> tuple[int, dict[str, Any]]:
        self._check_merchant(call.query)
        row = self._asked.trade(order_id)
        if row is not None and row.pays_ms is not None and self._clock.now_ms() >= row.pays_ms:
            self._press(order_id, Act.PAY)
        trade = self._sandbox.query(order_id)
        if trade.state is TradeState.UNKNOWN:
            raise Denied(404, "ORDER_NOT_EXIST")
        return 200, self._trade(order_id, trade)

    def _query_payment(self, call: Call, transaction: str) -> tuple[int, dict[str, Any]]:
        self._check_merchant(call.query)
        order_id, trade = self._payment(transaction, "ORDER_NOT_EXIST")
        return 200, self._trade(order_id, trade)

    def _close(self, call: Call, order_id: str) -> tuple[int, dict[str, Any]]:
        self._check_merchant(call.body)
        trade, row = self._known(order_id)
        if trade.state in MONEY:
            raise Denied(400, "ORDERPAID")
        if trade.state is TradeState.CLOSED:
            raise Denied(400, "ORDER_CLOSED")
        if row.trade_type == SCANNED:
            raise Denied(202 if trade.state is TradeState.CONFIRMING else 403, "USERPAYING")
        age_ms = self._clock.now_ms() - row.opened_ms
        if age_ms < self._profile.close_after_s * 1000 or self._quirks.happens("close_refused"):
            raise Denied(403, "RULE_LIMIT")
        self._end(order_id)
        return 204, {}

    def _reverse(self, call: Call, order_id: str) -> tuple[int, dict[str, Any]]:
        self._check_merchant(call.body)
        trade, row = self._known(order_id)
        if row.trade_type != SCANNED or row.scanned_ms is None:
            raise Denied(400, "INVALID_REQUEST")
        age_ms = self._clock.now_ms() - row.scanned_ms
        if age_ms < self._profile.reverse_after_s * 1000 or age_ms > self._profile.reverse_within_s * 1000:
            raise Denied(403, "RULE_LIMIT")
        if self._quirks.happens("reverse_undecided"):
            raise Denied(202, "USERPAYING")
        if trade.state is TradeState.PAID:
            self._press(order_id, Act.TAKE_BACK)
        else:
            self._end(order_id)
        return 200, {"appid": APPID, "mchid": MCHID, "out_trade_no": order_id}

    def _end(self, order_id: str) -> None:
        if self._quirks.happens("late_money"):
            self._press(order_id, Act.LATE)
            self._notices.later(LATE_MS, lambda: self._come_late(order_id))
        self._sandbox.close(order_id)

    def _come_late(self, order_id: str) -> None:
        try:
            self._sandbox.query(order_id)  # the money of a closed trade comes when it is next looked at
        except GatewaySilent:
            return

    # --- the way back ---

    def _refund(self, call: Call) -> tuple[int, dict[str, Any]]:
        body, amount = call.body, call.body.get("amount", {})
        refund_id, transaction = body.get("out_refund_no"), str(body.get("transaction_id", ""))
        fen, total = amount.get("refund"), amount.get("total")
        if not isinstance(refund_id, str) or not 0 < len(refund_id) <= 64 or amount.get("currency") != "CNY":
            raise Denied(400, "PARAM_ERROR")
        if not isinstance(fen, int) or not isinstance(total, int) or not 0 < fen <= total:
            raise Denied(400, "PARAM_ERROR")
        order_id, trade = self._payment(transaction, "RESOURCE_NOT_EXISTS")
        if trade.amount_fen != total:
            raise Denied(400, "PARAM_ERROR")
        asked = self._asked.refund(refund_id)
        if asked is not None and (asked.transaction, asked.amount_fen) != (transaction, fen):
            raise Denied(400, "INVALID_REQUEST")
        if asked is None:
            if self._sandbox.refund(order_id, refund_id, fen).refused:
                raise Denied(403, "INVALID_REQUEST")  # more than there is
            if self._asked.note_refund(refund_id, order_id, transaction, fen) and self._quirks.happens(
                "refund_refused"
            ):
                self._sandbox.get_stuck(refund_id)
        return 200, self._refund_told(refund_id)

    def _query_refund(self, _call: Call, refund_id: str) -> tuple[int, dict[str, Any]]:
        if self._asked.refund(refund_id) is None:
            raise Denied(404, "RESOURCE_NOT_EXISTS")
        return 200, self._refund_told(refund_id)

    def _refund_told(self, refund_id: str) -> dict[str, Any]:
        row = self._asked.refund(refund_id)
        assert row is not None
        state = self._sandbox.refund(row.order_id, refund_id, row.amount_fen)
        return {
            "refund_id": self._sandbox.refund_number(refund_id),
            "out_refund_no": refund_id,
            "transaction_id": row.transaction,
            "out_trade_no": row.order_id,
            "channel": "ORIGINAL",
            "status": "ABNORMAL" if state.refused else "SUCCESS" if state.done else "PROCESSING",
            "amount": {"total": row.amount_fen, "refund": row.amount_fen, "currency": "CNY"},
        }

    # --- the bill ---

    def _bill(self, call: Call) -> tuple[int, dict[str, Any]]:
        try:
            day = date.fromisoformat(call.query.get("bill_date", ""))
        except ValueError:
            raise Denied(400, "PARAM_ERROR") from None
        now = legal_time(self._clock.now_ms())
        out = now.date() > day + timedelta(days=1) or (
            now.date() > day and now.hour >= self._profile.bill_hour
        )
        if self.bills_wait and not out:
            raise Denied(400, "STATEMENT_CREATING")
        if not self._sandbox.bill(day):
            raise Denied(400, "NO_STATEMENT_EXIST")
        text = write_bill(self._sandbox.bill(day), MCHID, APPID)
        self._calls += 1
        return 200, {
            "hash_type": "SHA1",
            "hash_value": sha1(text.encode(), usedforsecurity=False).hexdigest(),
            "download_url": f"{self.address}/v3/billdownload/file?token={day}.{self._calls}",
        }

    # --- what is known of an order ---

    def _checked(self, call: Call) -> tuple[str, int]:
        """Number and amount of an order to be paid."""
        self._check_merchant(call.body)
        order_id, amount = call.body.get("out_trade_no"), call.body.get("amount")
        if call.body.get("appid") != APPID or not isinstance(call.body.get("description"), str):
            raise Denied(400, "PARAM_ERROR")
        if not isinstance(order_id, str) or not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", order_id):
            raise Denied(400, "PARAM_ERROR")
        if not isinstance(amount, dict) or amount.get("currency") != "CNY":
            raise Denied(400, "PARAM_ERROR")
        total = amount.get("total")
        if not isinstance(total, int) or total < 1:
            raise Denied(400, "PARAM_ERROR")
        return order_id, total

    def _refuse_what_is_over(self, order_id: str, amount_fen: int) -> None:
        slip = self._sandbox.slip_of_order(order_id)
        if slip is None:
            return
        if slip.state in MONEY:
            raise Denied(400, "ORDERPAID")
        if slip.state is TradeState.CLOSED:
            raise Denied(400, "ORDER_CLOSED")
        if slip.amount_fen != amount_fen:
            raise Denied(403, "OUT_TRADE_NO_USED")

    def _check_merchant(self, told: dict[str, Any]) -> None:
        if told.get("mchid") != MCHID:
            raise Denied(400, "PARAM_ERROR")

    def _known(self, order_id: str) -> tuple[Trade, Row[Any]]:
        trade, row = self._sandbox.query(order_id), self._asked.trade(order_id)
        if trade.state is TradeState.UNKNOWN or row is None:
            raise Denied(404, "ORDER_NOT_EXIST")
        return trade, row

    def _payment(self, transaction: str, unknown: str) -> tuple[str, Trade]:
        order_id = self._sandbox.order_of(transaction)
        if order_id is None:
            raise Denied(404, unknown)
        return order_id, self._sandbox.query_payment(order_id, transaction)

    def _press(self, order_id: str, act: Act) -> None:
        slip = self._sandbox.slip_of_order(order_id)
        if slip is not None:
            self._sandbox.act(slip.token, act)

    def _trade(self, order_id: str, trade: Trade) -> dict[str, Any]:
        """A trade as the documents write one."""
        row = self._asked.trade(order_id)
        word = self._profile.word(trade.state)
        told: dict[str, Any] = {
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": order_id,
            "trade_type": row.trade_type if row is not None else NATIVE,
            "trade_state": word,
            "trade_state_desc": word,
        }
        if trade.state not in MONEY:
            return told
        if trade.state is TradeState.RETURNED and "REVOKED" in self._profile.words:
            told["trade_state"] = "REVOKED"
        elif trade.state is TradeState.RETURNED or self._asked.is_refunded(trade.transaction):
            told["trade_state"] = self._profile.gone_back
        return told | {
            "transaction_id": trade.transaction,
            "success_time": legal_time(self._clock.now_ms()).isoformat(timespec="seconds"),
            "amount": {"total": trade.amount_fen, "payer_total": trade.amount_fen, "currency": "CNY"},
        }

    # --- notices ---

    def _tell_payment(self, order_id: str, transaction: str) -> None:
        row = self._asked.trade(order_id)
        if row is None:
            return
        try:
            trade = self._sandbox.query_payment(order_id, transaction)
        except GatewaySilent:
            return  # it tells as little as it answers
        told = self._trade(order_id, trade)
        early = self._quirks.happens("early_notice")
        self._notices.post(row.notify_url, "TRANSACTION.SUCCESS", "transaction", told, at_once=early)
        first = self._sandbox.is_first(order_id, transaction)
        if first and trade.state is TradeState.PAID and self._quirks.happens("paid_twice"):
            self._press(order_id, Act.AGAIN)


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body) if body else {}
    except ValueError:
        raise Denied(400, "PARAM_ERROR") from None
    if not isinstance(told, dict):
        raise Denied(400, "PARAM_ERROR")
    return told
