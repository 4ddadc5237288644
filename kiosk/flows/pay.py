"""Paying: choose, confirm, show the code, wait, give the paper.

The order is handed to the outbox whatever happens: by an answer, by 首页, by an exception, or by the next start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.errors import DeviceError, TransportLost
from kiosk import dates, money, payment, receipts, texts, views, wire
from kiosk.desk import Cancelled
from kiosk.flows import paper, trouble
from kiosk.kiosk import Kiosk
from kiosk.payment import Line, Order, State
from kiosk.till import Answer
from kiosk.views import BACK, Back, ConfirmLine, PaidButton, PayButton, PayNews, Steps, TierOption

MAKE_ORDER_S = 20.0  # the code was never shown: giving up here costs nobody anything
CHECK_RESULT_S = 8.0  # then the pending slip, and the outbox goes on asking
MOST_OPTIONS = 6


@dataclass(frozen=True)
class Want:
    """One line to pay, with the words for it.  Names stay in the flow."""

    person_id: str
    name: str
    due: wire.Due
    tier: wire.Tier

    @property
    def line(self) -> Line:
        return Line(self.person_id, self.due.product, self.due.year, self.tier.code, self.tier.amount_fen)


def pay_due(kiosk: Kiosk, page: wire.MyPage, due: wire.Due) -> PaidButton | None:
    """One item of the person who stands here."""
    if trouble.clock_wrong(kiosk):
        return None
    tiers = due.tiers[:MOST_OPTIONS]
    suggested = due.suggested if any(tier.code == due.suggested for tier in tiers) else None
    while tiers:
        tier = tiers[0]
        if len(tiers) > 1:
            answer = kiosk.desk.ask(choose_tier_view(page.name, due, tiers, suggested or tiers[0].code))
            if answer is BACK:
                return None
            tier = next(t for t in tiers if t.code == answer)
            suggested = tier.code
        done = confirm_and_settle(kiosk, page, (Want(page.person_id, page.name, due, tier),))
        if done is not BACK or len(tiers) == 1:
            return None if done is BACK else done
    return None


def pay_family(kiosk: Kiosk, page: wire.MyPage) -> PaidButton | None:
    """Several people of one household in one payment, one slip each."""
    if trouble.clock_wrong(kiosk):
        return None
    wants: dict[str, Want] = {}
    for member in page.household:
        for due in member.dues:
            if due.state is wire.DueState.DUE and due.tiers and len(wants) < MOST_OPTIONS:
                tier = next((t for t in due.tiers if t.code == due.suggested), due.tiers[0])
                wants[f"{member.person_id}:{due.product}:{due.year}"] = Want(
                    member.person_id, member.name, due, tier
                )
    if not wants:
        trouble.explain(kiosk, "users", texts.NO_FAMILY_TITLE, texts.NO_FAMILY_BODY)
        return None
    relations = {member.person_id: member.relation for member in page.household}
    options = tuple(
        views.MemberOption(
            key, want.name, relations[want.person_id], title_of(want.due), want.tier.amount_fen
        )
        for key, want in wants.items()
    )
    chosen: tuple[str, ...] = ()
    while True:
        answer = kiosk.desk.ask(views.ChooseMembers(Steps(views.PAYING_STEPS, 1), options, chosen))
        if answer is BACK or not answer:
            return None
        chosen = answer
        done = confirm_and_settle(kiosk, page, tuple(wants[key] for key in chosen))
        if done is not BACK:
            return done


def confirm_and_settle(kiosk: Kiosk, page: wire.MyPage, wants: tuple[Want, ...]) -> PaidButton | Back | None:
    """Says once more who pays what; then money.  BACK to choose again."""
    lines = tuple(ConfirmLine(w.name, title_of(w.due), w.tier.label, w.tier.amount_fen) for w in wants)
    total_fen = sum(want.tier.amount_fen for want in wants)
    view = views.ConfirmPayment(Steps(views.PAYING_STEPS, 1), lines, total_fen, no_paper=not has_paper(kiosk))
    if kiosk.desk.ask(view) is not True:
        return BACK
    if trouble.clock_wrong(kiosk):
        return None
    return settle(kiosk, page, wants, total_fen)


def settle(kiosk: Kiosk, page: wire.MyPage, wants: tuple[Want, ...], total_fen: int) -> PaidButton | None:
    """From INTENT to paper, or to a view that says where the money is."""
    kiosk.outbox.check()  # nobody would settle what goes wrong
    order = kiosk.till.open(page.person_id, [want.line for want in wants])
    try:
        order, shown = take_money(kiosk, order)
        if order.money is State.PAID:
            return paper.print_originals(kiosk, order, kiosk.till.receipts, bool(page.household))
    finally:
        kiosk.outbox.take_order(order.order_id)
    if order.money is State.CLOSED and not shown:
        trouble.refused_order(kiosk, kiosk.till.reason)
    elif order.money is State.CLOSED and kiosk.till.going_back:
        trouble.explain(kiosk, "circle-alert", texts.GOING_BACK_TITLE, texts.GOING_BACK_BODY)
    elif order.money is State.CLOSED:
        trouble.explain(kiosk, "circle-alert", texts.CLOSED_TITLE, texts.CLOSED_BODY)
    elif not shown:
        trouble.explain(kiosk, "wifi-off", texts.NOT_REACHED_TITLE, texts.NOT_REACHED_BODY)
    else:
        tell_pending(kiosk, order, total_fen)
    return None


def take_money(kiosk: Kiosk, order: Order) -> tuple[Order, bool]:
    """Create, show, wait, and when it did not come: close.  Returns the order and whether the code was ever on the screen."""
    clock, till = kiosk.clock, kiosk.till
    kiosk.desk.show(views.Working(texts.MAKING_ORDER, Steps(views.PAYING_STEPS, 2)))
    deadline = clock.monotonic() + MAKE_ORDER_S
    while order.money is State.INTENT and clock.monotonic() < deadline:
        order = till.advance(order)
        if order.money is State.INTENT:
            clock.sleep(1.0)
    if order.money is State.CREATED:
        order = till.advance(order)  # SHOWN is on disk; only now the code may be drawn
    shown = order.money is State.SHOWN
    if shown:
        order = show_code(kiosk, order)
    if order.money in payment.OPEN:
        order = till.give_up(order)
        kiosk.desk.show(views.Working(texts.CHECKING_PAYMENT, Steps(views.PAYING_STEPS, 2)))
        deadline = clock.monotonic() + CHECK_RESULT_S
        while order.money is State.CLOSING and clock.monotonic() < deadline:
            order = till.advance(order)
            if order.money is State.CLOSING:
                clock.sleep(1.0)
    return order, shown


def show_code(kiosk: Kiosk, order: Order) -> Order:
    """The code on the screen, or the payer's code under the scanner, until there is news, time is up or the person leaves."""
    wait = Waiting(kiosk, order)
    try:
        while wait.order.money is State.SHOWN and wait.seconds_left() > 0:
            answer = kiosk.desk.ask(wait.view(), watch=wait.look)
            if answer is PayButton.SCAN_MY_CODE and kiosk.scanner is not None:
                kiosk.scanner.discard()
                wait.scanning, wait.refused = True, False
            elif answer is PayButton.SHOW_QR or (answer is BACK and wait.scanning):
                wait.scanning = False
            elif answer is BACK:
                break
    # 首页 while money may move is an answer like 上一步: the person still learns how it ended
    except Cancelled:
        pass
    return wait.order


class Waiting:
    """What is watched while the code is on the screen: central's answers, the scanner, the deadline."""

    def __init__(self, kiosk: Kiosk, order: Order) -> None:
        self._kiosk, self.order = kiosk, order
        limit_s = min(
            kiosk.config.payment.qr_seconds, kiosk.till.expires_in_s or kiosk.config.payment.qr_seconds
        )
        self._deadline = kiosk.clock.monotonic() + limit_s
        self._next_query = kiosk.clock.monotonic() + kiosk.config.payment.poll_interval_s
        self.scanning = self.refused = self.waiting = self._slow = False
        self._can_scan = kiosk.scanner is not None

    def seconds_left(self) -> int:
        return max(0, int(self._deadline - self._kiosk.clock.monotonic()))

    def view(self) -> views.PayByQr | views.ScanPayerCode:
        steps, left = Steps(views.PAYING_STEPS, 2), self.seconds_left()
        if self.scanning:
            return views.ScanPayerCode(steps, self.order.total_fen, left, self.refused, self.waiting)
        return views.PayByQr(
            steps, self.order.total_fen, self._kiosk.till.pay_url, left, self._slow, self._can_scan
        )

    def look(self) -> PayNews | None:
        """One look at the world."""
        if self.seconds_left() == 0:
            return PayNews.TIME_UP
        if self.scanning and not self.waiting and (news := self._scan()):
            return news
        if self._kiosk.clock.monotonic() < self._next_query:
            return None
        self.order = self._kiosk.till.advance(self.order)
        self._next_query = self._kiosk.clock.monotonic() + self._kiosk.config.payment.poll_interval_s
        return self._news()

    def _scan(self) -> PayNews | None:
        assert self._kiosk.scanner is not None
        try:
            code = self._kiosk.scanner.poll()
        except TransportLost:
            self.scanning = self._can_scan = False  # unplugged: the code on the screen is left
            return PayNews.CHANGED
        except DeviceError:
            code = ""  # too long, or no text: not a payer's code
        if code is None:
            return None
        self.refused = not (code.isascii() and code.isdigit() and 16 <= len(code) <= 24)
        if not self.refused:
            self.order = self._kiosk.till.send_code(self.order, code)
            self.refused = self._kiosk.till.last is Answer.REFUSED
            self.waiting = not self.refused
        return self._news() or PayNews.CHANGED

    def _news(self) -> PayNews | None:
        if self.order.money is not State.SHOWN:
            return PayNews.SETTLED
        slow, self._slow = self._slow, self._kiosk.till.last is Answer.SILENT
        return PayNews.CHANGED if slow != self._slow else None


def tell_pending(kiosk: Kiosk, order: Order, total_fen: int) -> None:
    """结果待核对: never a failure.  The slip to take home is no receipt."""
    now = dates.legal_now(kiosk.clock, kiosk.api.skew_s)
    latest = latest_words(now, kiosk.config.payment.settle_hours)
    view = views.Pending(order.order_id, total_fen, latest, can_print=has_paper(kiosk))
    if kiosk.desk.ask(view) is not views.PendingButton.PRINT_SLIP:
        return
    kiosk.desk.show(views.Working(texts.PRINTING))
    document = receipts.pending(order.order_id, total_fen, latest, dates.to_minute(now), kiosk.config.site)
    _, snag = paper.send(kiosk, document, 0)
    title = texts.SLIP_PRINTED_TITLE if snag is paper.Snag.NONE else texts.SLIP_NOT_PRINTED_TITLE
    trouble.explain(kiosk, "printer", title, texts.SLIP_BODY)


def latest_words(now: datetime, settle_hours: int) -> str:
    """By when a result is promised: a full hour, in words."""
    due = (now + timedelta(hours=settle_hours)).replace(minute=0)
    days = (due.date() - now.date()).days
    words = {0: texts.LATEST_TODAY, 1: texts.LATEST_TOMORROW}.get(days, texts.LATEST_ON)
    return words.format(time=f"{due:%H:%M}", day=dates.short_date(due.date()))


def has_paper(kiosk: Kiosk) -> bool:
    """Asked before money moves.  Not knowing counts as paper: the order of things is safe either way."""
    if kiosk.printer is None:
        return False
    return kiosk.printer.status().can_print is not False


def choose_tier_view(
    name: str, due: wire.Due, tiers: tuple[wire.Tier, ...], suggested: str
) -> views.ChooseTier:
    options = tuple(tier_option(tier) for tier in tiers)
    assumed = due.quality is wire.Quality.ASSUMED
    return views.ChooseTier(
        Steps(views.PAYING_STEPS, 1), name, due.insurance, due.year, options, suggested, assumed
    )


def tier_option(tier: wire.Tier) -> TierOption:
    amount = money.plain_yuan(tier.amount_fen)
    return TierOption(
        code=tier.code,
        amount_fen=tier.amount_fen,
        title=amount.removesuffix(" 元"),
        unit=texts.YEAR_UNIT,
        note=texts.SUBSIDY.format(yuan=money.plain_yuan(tier.subsidy_fen))
        if tier.subsidy_fen
        else tier.label,
        gain_title=texts.GAIN_TITLE.format(yuan=amount) if tier.monthly_gain_fen else "",
        gain_note=texts.GAIN_NOTE if tier.monthly_gain_fen else "",
        gain_fen=tier.monthly_gain_fen,
    )


def title_of(due: wire.Due) -> str:
    """居民养老 2026年度."""
    return texts.TITLE_YEAR.format(title=due.title, year=due.year)
