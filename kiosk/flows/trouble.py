"""The views that say what happened, what it means for the money, and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kiosk import texts, views
from kiosk.kiosk import Kiosk
from kiosk.views import Attention, AttentionButton

if TYPE_CHECKING:
    from kiosk import wire

REFUSALS: dict[str, tuple[str, ...]] = {  # by wire.ProblemCode, which is a str
    "already_paid": texts.ALREADY_PAID_BODY,
    "being_checked": texts.BEING_CHECKED_BODY,
    "not_payable": texts.NOT_PAYABLE_BODY,
    "kiosk_stopped": texts.STOPPED_BODY,
}


def explain(
    kiosk: Kiosk,
    icon: str,
    title: str,
    body: tuple[str, ...],
    first: str = texts.OK_LEAVE,
    second: str = "",
    badge: str = "",
    tone: Literal["go", "bad", "ok"] = "go",
) -> AttentionButton:
    """Shows it and waits until it is acknowledged.  ``body`` may name {hotline}."""
    words = tuple(line.format(hotline=kiosk.config.site.hotline) for line in body)
    return kiosk.desk.ask(Attention(icon, title, words, first, second, badge, tone))


def no_centre(kiosk: Kiosk) -> bool:
    """Central does not answer a question.  True to try again."""
    answer = explain(
        kiosk, "wifi-off", texts.NO_CENTRE_TITLE, texts.NO_CENTRE_BODY, texts.TRY_AGAIN, texts.OK_LEAVE
    )
    return answer is AttentionButton.FIRST


def no_service(kiosk: Kiosk) -> None:
    """Central answers, and will not serve this question: no order was made, nothing was charged."""
    explain(kiosk, "circle-alert", texts.NO_SERVICE_TITLE, texts.NO_SERVICE_BODY)


def no_reader(kiosk: Kiosk) -> None:
    explain(kiosk, "id-card", texts.NO_READER_TITLE, texts.NO_READER_BODY)


def person_unknown(kiosk: Kiosk) -> None:
    explain(kiosk, "file-search", texts.PERSON_UNKNOWN_TITLE, texts.PERSON_UNKNOWN_BODY)


def refused_order(kiosk: Kiosk, code: wire.ProblemCode | None) -> None:
    """Central refused to make the order: nothing was charged."""
    body = texts.OTHER_REFUSAL_BODY if code is None else REFUSALS.get(code, texts.OTHER_REFUSAL_BODY)
    icon = "circle-check" if body is texts.ALREADY_PAID_BODY else "circle-alert"
    title = texts.STOPPED_TITLE if body is texts.STOPPED_BODY else texts.ORDER_REFUSED_TITLE
    explain(kiosk, icon, title, body)


def clock_wrong(kiosk: Kiosk) -> bool:
    """No money is taken while the clock is more than the limit off, or nobody knows by how much; says so and returns True."""
    skew_s = kiosk.api.skew_s if kiosk.api.skew_s is not None else kiosk.outbox.skew_s()
    if skew_s is not None and abs(skew_s) <= kiosk.config.payment.max_clock_skew_s:
        return False
    explain(kiosk, "clock", texts.CLOCK_TITLE, texts.CLOCK_BODY)
    return True


def to_phone(kiosk: Kiosk, receipts: tuple[wire.Receipt, ...]) -> None:
    """One code after the other, each until it is acknowledged."""
    for receipt in receipts:
        kiosk.desk.ask(views.SaveToPhone(receipt.receipt_no, receipt.verify_url))
