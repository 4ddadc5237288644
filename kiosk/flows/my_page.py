"""My page: what is due, what is certified, what paper is owed; and the way from there to everything else."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from kiosk import dates, identity, money, texts, views, wire
from kiosk.api import Refused, Unreachable
from kiosk.flows import owed, paper, pay, qualify, records, standing, trouble
from kiosk.flows.card import Citizen
from kiosk.flows.ways import Tally
from kiosk.kiosk import Kiosk
from kiosk.views import (
    AttentionButton,
    CardNews,
    CertificationBanner,
    CertifiedButton,
    Item,
    ItemKind,
    MyPageButton,
    PaidButton,
    Service,
    Tone,
)

MOST_ROWS = 6
MOST_EXTRA = 3  # orders in suspense; what is due keeps its place
# somebody finishes a visit that was cut short; older paper may be wanted by nobody
JUST_PAID = timedelta(days=3)
LEAVING = (PaidButton.DONE, CertifiedButton.DONE, CertifiedButton.SPOUSE)
Choice = str | MyPageButton | CardNews | views.Back

KINDS = {
    "resident_pension": ItemKind.PENSION,
    "resident_medical": ItemKind.MEDICAL,
    "flexible_pension": ItemKind.FLEXIBLE,
}


def my_page(kiosk: Kiosk, citizen: Citizen, first: Service | None = None) -> Service | None:
    """One person's visit after the card was read.  ``first`` is the tile they had tapped before.

    Returns what the next person is here for, when somebody brought their spouse.
    """
    page = ask_centre(kiosk, citizen)
    if page is None or not check_name_and_card(kiosk, citizen, page):
        return None
    qualify.prepare(kiosk, page)
    answer = straight(kiosk, page, first)
    printed: set[str] = set()  # here, in this visit: central may not have heard of it when it is asked again
    withdrawn: set[str] = set()  # as well
    tally = Tally(chip_photo=citizen.card.photo)
    while True:
        if answer is None:
            here = not kiosk.reader.media_taken()
            watch = partial(card_news, kiosk) if here else None
            answer = kiosk.desk.ask(draw(page, citizen, here), watch=watch)
        if answer is views.BACK or answer is MyPageButton.LEAVE:
            return None
        if answer is not CardNews.TAKEN:
            done = act(kiosk, page, citizen, answer, printed, tally)
            again = None if done in LEAVING else ask_centre(kiosk, citizen)
            if done is CertifiedButton.WITHDRAW:
                again = again or page  # nobody who took a consent back is shown the door
                withdrawn.add(again.certification.check_id)
            if again is None:
                return Service.CERTIFICATION if done is CertifiedButton.SPOUSE else None
            page = news_of(again, printed, withdrawn)
            answer = MyPageButton.CERTIFICATION if done is CertifiedButton.WITHDRAW else None
        else:
            answer = None


def straight(kiosk: Kiosk, page: wire.MyPage, first: Service | None) -> Choice | None:
    """What was tapped on the first screen, as if it had been tapped on my page; None to show my page."""
    if first is Service.CERTIFICATION:
        return MyPageButton.CERTIFICATION if qualify.tell_first(kiosk, page) else None
    due = [d for d in page.dues if d.state is wire.DueState.DUE]
    if first is Service.PAY and not due:
        return explain_nothing_due(kiosk, page)
    if first is Service.PAY and len(due) == 1:
        return key_of(due[0])
    return (
        {Service.RECORDS: MyPageButton.RECORDS, Service.REPRINT: MyPageButton.REPRINT}.get(first)
        if first
        else None
    )


def explain_nothing_due(kiosk: Kiosk, page: wire.MyPage) -> Choice | None:
    """Why there is nothing to pay: it is being checked, it was paid just now and its paper is owed, or nothing is asked for."""
    if any(d.state is wire.DueState.BEING_CHECKED for d in page.dues):
        trouble.explain(kiosk, "clock", texts.CHECKING_TITLE, texts.BEING_CHECKED_BODY)
    elif fresh := [slip for slip in page.owed if just_paid(slip, page)]:
        body = tuple(line.format(what=what_was_paid(fresh[0])) for line in texts.PAID_OWED_BODY)
        answer = trouble.explain(
            kiosk, "circle-check", texts.PAID_OWED_TITLE, body, texts.PRINT_COPY, texts.OK_LEAVE
        )
        return "owed" if answer is AttentionButton.FIRST else None
    else:
        trouble.explain(kiosk, "circle-check", texts.NOTHING_DUE_TITLE, texts.NOTHING_DUE_BODY)
    return None


def news_of(page: wire.MyPage, printed: set[str], withdrawn: set[str]) -> wire.MyPage:
    """The page with what was done in this visit, whether or not central has heard of it."""
    owed = tuple(slip for slip in page.owed if slip.receipt_no not in printed)
    known = page.certification
    if known.check_id and known.check_id in withdrawn:
        undone = {"state": wire.CertificationState.DUE, "title": "", "note": "", "check_id": ""}
        known = known.model_copy(update=undone)
    return page.model_copy(update={"owed": owed, "certification": known})


def act(
    kiosk: Kiosk, page: wire.MyPage, citizen: Citizen, answer: Choice, printed: set[str], tally: Tally
) -> PaidButton | CertifiedButton | None:
    """Does what was chosen, and notes what came out.  Gives what the person said at the end, if they said something."""
    done: PaidButton | CertifiedButton | None = None
    if answer is MyPageButton.CERTIFICATION:
        done = certify(kiosk, page, tally)
    elif answer is MyPageButton.RECORDS:
        printed |= records.show_records(kiosk, page)
    elif answer is MyPageButton.REPRINT:
        printed |= records.reprint(kiosk, page)
    elif answer is MyPageButton.FAMILY:
        done = pay.pay_family(kiosk, page)
    elif answer == "owed":
        printed |= reprint_owed(kiosk, page)
    elif due := next((d for d in page.dues if key_of(d) == answer), None):
        done = pay.pay_due(kiosk, page, due)
        if done is PaidButton.FAMILY:
            fresh = ask_centre(kiosk, citizen)
            done = pay.pay_family(kiosk, fresh) if fresh else None
    return done


def certify(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> CertifiedButton | None:
    """From the banner, which has said already what holds and what is due.  WITHDRAW: once more, for another way."""
    if page.certification.state is wire.CertificationState.UNDER_REVIEW:
        answer = qualify.tell_under_review(kiosk, page)
        if answer is not views.WayKey.STAFF:
            return answer
    return qualify.qualify(kiosk, page, tally)


def ask_centre(kiosk: Kiosk, citizen: Citizen) -> wire.MyPage | None:
    """What central knows of this person, once it has heard what was done here; None when they cannot be served, after saying so."""
    lookup = wire.Lookup(
        number=citizen.number.number, name=citizen.card.name, card_kind=citizen.card.kind.value
    )
    while True:
        kiosk.desk.show(views.Working(texts.ASKING_CENTRE))
        try:
            page = kiosk.api.visit(lookup)
            if owed.tell(kiosk, page.person_id):
                page = kiosk.api.visit(lookup)
            return owed.marked(kiosk, page)
        except Unreachable:
            if not trouble.no_centre(kiosk):
                return None
        except Refused as refused:
            if refused.code is wire.ProblemCode.PERSON_UNKNOWN:
                trouble.person_unknown(kiosk)
            else:
                trouble.no_service(kiosk)
            return None


def check_name_and_card(kiosk: Kiosk, citizen: Citizen, page: wire.MyPage) -> bool:
    """Says what differs; nothing of it keeps anybody from paying.  False when it is somebody else."""
    if not page.name_matches and not identity.names_equal(citizen.card.name, page.name):
        answer = trouble.explain(
            kiosk, "id-card", texts.NAME_DIFFERS_TITLE, texts.NAME_DIFFERS_BODY, texts.GO_ON, texts.NOT_ME
        )
        if answer is AttentionButton.SECOND:
            return False
    if identity.expired(citizen.card.valid_to, page.server_time.astimezone(dates.CHINA).date()):
        trouble.explain(kiosk, "id-card", texts.CARD_EXPIRED_TITLE, texts.CARD_EXPIRED_BODY, texts.GO_ON)
    return True


def card_news(kiosk: Kiosk) -> CardNews | None:
    return CardNews.TAKEN if kiosk.reader.media_taken() else None


def reprint_owed(kiosk: Kiosk, page: wire.MyPage) -> set[str]:
    """One is printed at once, of several one is chosen.  Gives the number of the one that came out, if one did."""
    if len(page.owed) == 1:
        number = page.owed[0].receipt_no
        return {number} if paper.print_copy(kiosk, number) else set()
    return records.choose_and_print(kiosk, page.owed)


# --- the picture -----------------------------------------------------------------------------------------------------


def draw(page: wire.MyPage, citizen: Citizen, card_present: bool) -> views.MyPage:
    """The view of a page, the most pressing rows first."""
    paper = [owed_row(page.owed)] if page.owed else []
    orders = [order_row(o) for o in page.open_orders if shows(o, page)][:MOST_EXTRA]
    room = MOST_ROWS - len(paper) - len(orders)
    dues = sorted(page.dues, key=lambda d: ORDER_OF_STATES[d.state])[:room]
    first = [due_row(d) for d in dues if d.state in PRESSING]
    last = [due_row(d) for d in dues if d.state not in PRESSING]
    before, after = (paper, first) if any(just_paid(slip, page) for slip in page.owed) else (first, paper)
    return views.MyPage(
        name=citizen.card.name,
        masked_number=identity.masked(citizen.number.number),
        card_present=card_present,
        certification=banner(page),
        items=(*before, *after, *orders, *last),
        has_family=any(d.state is wire.DueState.DUE for member in page.household for d in member.dues),
    )


ORDER_OF_STATES = {
    wire.DueState.DUE: 0,
    wire.DueState.BEING_CHECKED: 1,
    wire.DueState.PAID: 2,
    wire.DueState.NOT_OPEN: 3,
}
PRESSING = (wire.DueState.DUE, wire.DueState.BEING_CHECKED)


def key_of(due: wire.Due) -> str:
    return f"due:{due.product}:{due.year}"


def due_row(due: wire.Due) -> Item:
    kind, title = KINDS.get(due.product, ItemKind.PENSION), pay.title_of(due)
    if due.state is wire.DueState.DUE:
        note = (
            texts.DUE_NOTE.format(deadline=dates.short_date(due.deadline))
            if due.deadline
            else texts.DUE_NOTE_OPEN
        )
        return Item(key_of(due), kind, title, note, texts.BADGE_DUE, Tone.GO)
    if due.state is wire.DueState.BEING_CHECKED:
        return Item("", ItemKind.CHECKING, title, texts.CHECKING_NOTE, texts.BADGE_CHECKING, Tone.GO)
    if due.state is wire.DueState.PAID:
        note = texts.PAID_NOTE_SHORT
        if due.paid_on and due.paid_fen is not None:
            note = texts.PAID_NOTE.format(date=due.paid_on.isoformat(), yuan=money.plain_yuan(due.paid_fen))
        return Item("", kind, title, note, texts.BADGE_PAID, Tone.OK)
    return Item("", kind, title, texts.NOT_OPEN_NOTE, texts.BADGE_NOT_OPEN, Tone.SOFT)


def just_paid(slip: wire.Receipt, page: wire.MyPage) -> bool:
    return page.server_time - slip.paid_at < JUST_PAID


def owed_row(owed: tuple[wire.Receipt, ...]) -> Item:
    """One tap prints it."""
    note = texts.OWED_NOTE_MORE
    if len(owed) == 1:
        note = texts.OWED_NOTE.format(what=what_was_paid(owed[0]))
    title = texts.OWED_TITLE.format(count=len(owed))
    return Item("owed", ItemKind.PAPER, title, note, texts.BADGE_PRINT, Tone.GO)


def what_was_paid(slip: wire.Receipt) -> str:
    """居民养老 2026年度 已缴 300 元."""
    title = texts.TITLE_YEAR.format(title=slip.title, year=slip.year)
    return texts.OWED_WHAT.format(title=title, yuan=money.plain_yuan(slip.amount_fen))


def shows(order: wire.OpenOrder, page: wire.MyPage) -> bool:
    """An open order needs a row of its own only when no due already says that it is being checked."""
    if order.state in (wire.OrderState.REFUNDING, wire.OrderState.REFUNDED):
        return True
    return not any(d.state is wire.DueState.BEING_CHECKED for d in page.dues)


def order_row(order: wire.OpenOrder) -> Item:
    yuan = money.yuan(order.total_fen)
    if order.state is wire.OrderState.REFUNDING:
        note = texts.REFUND_NOTE.format(yuan=yuan)
        return Item("", ItemKind.REFUND, texts.REFUND_TITLE, note, texts.BADGE_REFUND, Tone.SOFT)
    if order.state is wire.OrderState.REFUNDED:
        note = texts.REFUNDED_NOTE.format(yuan=yuan)
        return Item("", ItemKind.REFUND, texts.REFUNDED_TITLE, note, texts.BADGE_REFUNDED, Tone.OK)
    note = texts.CHECKING_AMOUNT_NOTE.format(yuan=yuan)
    return Item("", ItemKind.CHECKING, texts.CHECKING_TITLE, note, texts.BADGE_CHECKING, Tone.GO)


def banner(page: wire.MyPage) -> CertificationBanner | None:
    """The certification in one line, in the centre's words when it has some.  Never that a benefit is stopped."""
    known, state = page.certification, page.certification.state
    if state is wire.CertificationState.NOT_NEEDED:
        return None
    if state is wire.CertificationState.VALID and not known.valid_until:
        return None
    tone, action = BANNERS[state]
    if standing.is_to_be_renewed(page):
        tone, action = Tone.GO, texts.CERT_DO
    elif state is wire.CertificationState.VALID and standing.is_open(page):
        action = texts.CERT_EARLY
    title, note = standing.words(page)
    return CertificationBanner(title, note, tone, action)


BANNERS = {
    wire.CertificationState.VALID: (Tone.OK, ""),
    wire.CertificationState.DUE: (Tone.GO, texts.CERT_DO),
    wire.CertificationState.OVERDUE: (Tone.GO, texts.CERT_DO),
    wire.CertificationState.UNDER_REVIEW: (Tone.SOFT, texts.CERT_SEE),
}
