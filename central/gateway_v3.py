"""The gateway port in the shape of WeChat Pay's APIv3, by the rules of a profile.

Every answer must be about our merchant, our order and what was asked; anything else is GatewaySilent, as is every 5xx,
every time-out and every answer that is not signed (``gateway_calls``).  A signed refusal is no news of money either:
whether money moved is learned by a query alone.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import quote, urlsplit

from central.clock import CHINA, Clock, legal_time
from central.gateway import BillLine, CodeInvalid, GatewaySilent, Refund, Trade, TradeState
from central.gateway_asked import Asked, AskedTrade
from central.gateway_bill import BillBroken, read_bill
from central.gateway_calls import Answer, SignedCalls
from central.gateway_profile import Profile
from central.settings import GatewaySettings

BILL_MOST_BYTES = 256 * 1024 * 1024
PAY_URL = re.compile(r"[!-~]{1,300}")
NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")
PAY, ORDER, PAYMENT = (f"/v3/pay/transactions/{last}" for last in ("", "out-trade-no/", "id/"))
REFUNDS = "/v3/refund/domestic/refunds"
SCANNED = "MICROPAY"
MOVED = (TradeState.PAID, TradeState.RETURNED)

# The documents of several years write one code in several ways.
UNKNOWN = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
CONFIRMING = ("USERPAYING", "USER_PAYING")
CLOSED = ("ORDER_CLOSED", "ORDERCLOSED")
BAD_CODE = ("AUTH_CODE_INVALID", "AUTH_CODE_ERROR", "AUTH_CODE_EXPIRED", "AUTHCODEEXPIRE")
NOT_NOW = ("NOT_ENOUGH", "NOTENOUGH", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED")


class V3Gateway:
    """Called from many threads.  Keeps no state of its own: what was asked is read from ``asked``."""

    def __init__(
        self,
        settings: GatewaySettings,
        profile: Profile,
        asked: Asked,
        clock: Clock,
        *,
        payee: str,
        notify_url: str,
    ) -> None:
        self._merchant = {"appid": settings.appid, "mchid": settings.mchid}
        self._profile, self._asked, self._clock = profile, asked, clock
        self._payee, self._notify_url = payee, notify_url
        self.calls = SignedCalls(settings, profile.clock_window_s, clock)

    # --- the port ---

    def create(self, order_id: str, amount_fen: int, payee: str) -> str:
        until_ms = self._known(order_id).created_ms + self._profile.order_life_s * 1000
        body = {
            **self._order(order_id, amount_fen, payee),
            "time_expire": legal_time(until_ms).isoformat(timespec="seconds"),
            "notify_url": self._notify_url,
        }
        pay_url = self.calls.ask("POST", PAY + "native", body).told.get("code_url")
        if not isinstance(pay_url, str) or not PAY_URL.fullmatch(pay_url):
            raise GatewaySilent
        return pay_url

    def charge(self, order_id: str, code: str) -> Trade:
        asked = self._known(order_id)
        body = {
            **self._order(order_id, asked.amount_fen, self._payee),
            "payer": {"auth_code": code},
            "scene_info": {"store_info": {"id": "kiosk"}},
        }
        answer = self.calls.ask("POST", PAY + "codepay", body)
        if answer.status == 200:
            trade = self._trade(answer.told, order_id)
            if trade.state in MOVED and trade.amount_fen != asked.amount_fen:
                raise GatewaySilent
            return trade
        if answer.code in CONFIRMING:
            return self._confirming()
        trade = self.query(order_id)  # the refusal may be of a repetition: the trade itself knows
        if answer.code in BAD_CODE and trade.state in (TradeState.UNKNOWN, TradeState.WAITING):
            raise CodeInvalid
        return trade

    def query(self, order_id: str) -> Trade:
        return self._query(order_id)[0]

    def query_payment(self, order_id: str, transaction: str) -> Trade:
        answer = self.calls.ask("GET", f"{PAYMENT}{quote(transaction, safe='')}{self._whose()}")
        if answer.code in UNKNOWN:
            return Trade(TradeState.UNKNOWN)
        if answer.status != 200 or answer.told.get("transaction_id") != transaction:
            raise GatewaySilent
        if answer.told.get("out_trade_no") != order_id:
            return Trade(TradeState.UNKNOWN)  # somebody's payment, not this order's
        return self._trade(answer.told, order_id)

    def close(self, order_id: str) -> Trade:
        asked = self._asked.trade(order_id)
        trade, trade_type = self._query(order_id)  # the rule of both: query before close
        if asked is None or trade.state in (*MOVED, TradeState.CLOSED):
            return trade
        if trade.state is TradeState.UNKNOWN:
            return trade if self._code_under_way(asked) else Trade(TradeState.CLOSED)
        if self._profile.scanned_is_reversed and (
            trade_type == SCANNED or trade.state is TradeState.CONFIRMING
        ):
            return self._reverse(order_id, asked, trade)
        if self._age_s(asked.opened_ms) < self._profile.close_after_s:
            return trade
        answer = self.calls.ask("POST", f"{ORDER}{order_id}/close", {"mchid": self._merchant["mchid"]})
        if answer.status == 204 or answer.code in CLOSED:
            return Trade(TradeState.CLOSED)
        return self.query(order_id)  # too early, paid in this instant, or what the documents do not list

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> Refund:
        transaction = self._asked.payment_of(refund_id)
        if transaction is None:
            raise GatewaySilent
        answer = self.calls.ask("GET", f"{REFUNDS}/{quote(refund_id, safe='')}")
        if answer.code in UNKNOWN:
            amount = {"refund": amount_fen, "total": amount_fen, "currency": "CNY"}
            body = {"transaction_id": transaction, "out_refund_no": refund_id, "amount": amount}
            answer = self.calls.ask("POST", REFUNDS, {**body, "notify_url": self._notify_url})
        if answer.status != 200:
            return Refund(done=False, refused=answer.code not in NOT_NOW)
        told, sums = answer.told, answer.told.get("amount")
        same = (told.get("out_refund_no"), told.get("transaction_id"), told.get("out_trade_no"))
        if same != (refund_id, transaction, order_id) or not isinstance(sums, dict):
            raise GatewaySilent
        if [sums.get(name) for name in ("refund", "total", "currency")] != [amount_fen, amount_fen, "CNY"]:
            raise GatewaySilent
        number, status = told.get("refund_id"), told.get("status")
        if status == "SUCCESS" and isinstance(number, str) and NUMBER.fullmatch(number):
            return Refund(done=True, transaction=number)
        if status not in ("PROCESSING", "CLOSED", "ABNORMAL"):
            raise GatewaySilent
        return Refund(done=False, refused=status != "PROCESSING")

    def bill(self, day: date) -> tuple[BillLine, ...]:
        answer = self.calls.ask("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL")
        if answer.code == "NO_STATEMENT_EXIST" and self._bill_is_out(day):
            return ()
        target, digest = self._download(answer)
        content = self.calls.fetch(target, BILL_MOST_BYTES)
        if sha1(content, usedforsecurity=False).hexdigest() != digest:
            raise GatewaySilent
        try:
            return read_bill(content.decode("utf-8"), self._merchant["mchid"])
        except (BillBroken, UnicodeDecodeError):
            raise GatewaySilent from None

    # --- asking ---

    def _query(self, order_id: str) -> tuple[Trade, str]:
        """The trade, and by which way it is paid."""
        answer = self.calls.ask("GET", f"{ORDER}{order_id}{self._whose()}")
        if answer.code in UNKNOWN:
            return Trade(TradeState.UNKNOWN), ""
        if answer.status != 200:
            raise GatewaySilent
        return self._trade(answer.told, order_id), str(answer.told.get("trade_type", ""))

    def _reverse(self, order_id: str, asked: AskedTrade, trade: Trade) -> Trade:
        """Not too early, not too late; while the payer is confirming nothing is reversed and nothing is known."""
        age_s = self._age_s(asked.scanned_ms or asked.opened_ms)
        if not self._profile.reverse_after_s <= age_s <= self._profile.reverse_within_s:
            return trade
        answer = self.calls.ask("POST", f"{ORDER}{order_id}/reverse", self._merchant)
        if answer.code in CONFIRMING:
            return self._confirming()
        return self.query(order_id)  # the payer may have been faster: then the money came and went back

    def _trade(self, told: dict[str, Any], order_id: str) -> Trade:
        """A trade of ours, or GatewaySilent."""
        same = {**self._merchant, "out_trade_no": order_id}
        state = self._profile.words.get(str(told.get("trade_state")))
        if state is None or any(told.get(name) != value for name, value in same.items()):
            raise GatewaySilent
        number = told.get("transaction_id", "")
        if state is TradeState.CONFIRMING:
            return self._confirming()
        if state not in MOVED and not number:
            return Trade(state)
        if state is TradeState.CLOSED:
            state = TradeState.RETURNED  # reversed, or closed after it was paid: the payment had a number
        amount = told.get("amount")
        if not isinstance(amount, dict) or not isinstance(number, str) or not NUMBER.fullmatch(number):
            raise GatewaySilent
        fen = amount.get("total")
        if amount.get("currency") != "CNY" or not isinstance(fen, int) or isinstance(fen, bool) or fen < 1:
            raise GatewaySilent
        return Trade(state, fen, number, self._profile.channel)

    def _confirming(self) -> Trade:
        within_s, every_s = self._profile.scan_poll_s, self._profile.poll_every_s
        return Trade(TradeState.CONFIRMING, confirm_within_s=within_s, ask_every_s=every_s)

    def _known(self, order_id: str) -> AskedTrade:
        asked = self._asked.trade(order_id)
        if asked is None:
            raise GatewaySilent
        return asked

    def _order(self, order_id: str, amount_fen: int, payee: str) -> dict[str, Any]:
        amount = {"total": amount_fen, "currency": "CNY"}
        return {**self._merchant, "description": payee, "out_trade_no": order_id, "amount": amount}

    def _whose(self) -> str:
        return f"?mchid={self._merchant['mchid']}"

    def _age_s(self, since_ms: int) -> float:
        return (self._clock.now_ms() - since_ms) / 1000

    def _code_under_way(self, asked: AskedTrade) -> bool:
        """A charge may still arrive and open the trade that nobody knows yet."""
        return asked.scanned_ms is not None and self._age_s(asked.scanned_ms) < self._profile.scan_poll_s

    def _bill_is_out(self, day: date) -> bool:
        after = day + timedelta(days=1)
        now = legal_time(self._clock.now_ms())
        return now.astimezone(CHINA).date() > after or (
            now.date() == after and now.hour >= self._profile.bill_hour
        )

    def _download(self, answer: Answer) -> tuple[str, str]:
        """Path and query of the bill, at our own gateway's address whatever host it names; and its SHA-1."""
        url, digest = answer.told.get("download_url"), answer.told.get("hash_value")
        if answer.status != 200 or answer.told.get("hash_type") != "SHA1":
            raise GatewaySilent
        if not isinstance(url, str) or not isinstance(digest, str):
            raise GatewaySilent
        parts = urlsplit(url)
        return (f"{parts.path}?{parts.query}" if parts.query else parts.path), digest.lower()
