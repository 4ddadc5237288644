"""The public rules of the gateways, as data.  ``gateway_v3`` obeys them, the trial gateway enforces them.

Sources, as published by the two companies and read in 2025 and 2026:

    WeChat Pay  merchant documents, APIv3: native payment, code payment, close, reverse, refund, trade bill
                close: "not at once; at least 5 minutes after the order was made"
                code payment: on USERPAYING or SYSTEM_ERROR query every 5 s, for 30 s, then reverse; the platform closes at 45 s
                reverse: not before 15 s after the payment, within 7 days; while the payer is confirming nothing is reversed
                refund: one number is refunded once, however often it is asked for
                bill: of yesterday, from 10 o'clock
    Alipay      face-to-face payment: alipay.trade.precreate, .pay, .query, .cancel
                poll 3-6 s apart for about 60 s, then cancel at once; cancel within 24 h
                paid is TRADE_SUCCESS or TRADE_FINISHED and nothing else
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from central.gateway import ALIPAY, WECHAT, TradeState
from central.settings import GatewaySettings

DAY_S = 24 * 3600


@dataclass(frozen=True)
class Profile:
    """``words``: a trade's state as the gateway writes it.  Times count from the create, or from the scanned code.

    ``gone_back`` is the word for a payment that was refunded whole; ``bill_hour``: yesterday's bill is out from then on.
    Asking before a close is no figure: it is always done.
    """

    name: str
    channel: str
    words: Mapping[str, TradeState]
    gone_back: str
    close_after_s: float
    scanned_is_reversed: bool
    reverse_after_s: float
    reverse_within_s: float
    poll_every_s: float
    scan_poll_s: float
    bill_hour: int = 10
    clock_window_s: int = 300
    order_life_s: int = 300

    def word(self, state: TradeState) -> str:
        """How the gateway writes a state; a state it has no word for is written as one that still waits."""
        found = [word for word, meaning in self.words.items() if meaning is state]
        return found[0] if found else self.word(TradeState.WAITING)


WECHAT_PAY = Profile(
    name="wechat",
    channel=WECHAT,
    words={
        "NOTPAY": TradeState.WAITING,
        "USERPAYING": TradeState.CONFIRMING,
        "SUCCESS": TradeState.PAID,
        "REFUND": TradeState.RETURNED,
        "PAYERROR": TradeState.REFUSED,
        "CLOSED": TradeState.CLOSED,
        "REVOKED": TradeState.CLOSED,
    },
    gone_back="REFUND",
    close_after_s=300,
    scanned_is_reversed=True,
    reverse_after_s=15,
    reverse_within_s=7 * DAY_S,
    poll_every_s=5,
    scan_poll_s=30,
)

ALIPAY_F2F = Profile(
    name="alipay",
    channel=ALIPAY,
    words={
        "WAIT_BUYER_PAY": TradeState.WAITING,
        "TRADE_SUCCESS": TradeState.PAID,
        "TRADE_FINISHED": TradeState.PAID,
        "TRADE_CLOSED": TradeState.CLOSED,
    },
    gone_back="TRADE_CLOSED",
    close_after_s=0,
    scanned_is_reversed=True,
    reverse_after_s=0,
    reverse_within_s=DAY_S,
    poll_every_s=5,
    scan_poll_s=60,
)

PROFILES: Mapping[str, Profile] = {each.name: each for each in (WECHAT_PAY, ALIPAY_F2F)}


def profile_of(settings: GatewaySettings) -> Profile:
    """The named rules with the merchant's own figures.  Raises ValueError for a name nobody knows."""
    if settings.profile not in PROFILES:
        raise ValueError(f"no gateway profile {settings.profile}")
    own = {
        name: figure
        for name in ("close_after_s", "reverse_after_s", "scan_poll_s")
        if (figure := getattr(settings, name)) is not None
    }
    return replace(PROFILES[settings.profile], **own)
