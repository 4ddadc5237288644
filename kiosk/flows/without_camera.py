"""The ways that need no camera: staff at the machine, a visit at home, the children's phone, the window."""

from __future__ import annotations

from enum import Enum

from kiosk import dates, events, receipts, texts, views, wire
from kiosk.api import Refused
from kiosk.flows import card, paper, pay, trouble
from kiosk.flows.certified import Ended, name_for_paper
from kiosk.flows.ways import Tally, Wish, note_of, offer
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, AttentionButton, Back, CertifiedState, ReasonOption, WayKey

REASONS = {
    wire.AssistedReason.CHOSEN: texts.REASON_CHOSEN,
    wire.AssistedReason.NOT_RECOGNISED: texts.REASON_NOT_RECOGNISED,
    wire.AssistedReason.CANNOT_DO_IT: texts.REASON_CANNOT_DO_IT,
    wire.AssistedReason.MACHINE: texts.REASON_MACHINE,
}


class After(Enum):
    """What follows where staff have confirmed nobody."""

    OTHER_CARD = "other_card"
    OTHER_WAY = "other_way"
    MY_PAGE = "my_page"  # the centre wants the page asked for anew: it may have lain here for half an hour


STATES = {wire.CheckState.ACCEPTED: CertifiedState.ACCEPTED}  # everything else waits for a second person


# --- staff at the machine --------------------------------------------------------------------------------------------


def by_staff(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """The citizen's card away, the staff member's own card, a reason; a second person confirms later."""
    while True:
        card.give_back(kiosk)  # one card after the other: nobody mixes them up, nobody forgets one
        staff = card.present_card(kiosk, staff=True)
        if staff is BACK:
            return None
        reason = ask_reason(kiosk, tally)
        if reason is BACK:
            return None
        lookup = wire.Lookup(
            number=staff.number.number, name=staff.card.name, card_kind=staff.card.kind.value
        )
        done = confirm(kiosk, page, lookup, reason)
        if done is not After.OTHER_CARD:
            card.give_back(kiosk)
        if isinstance(done, Ended):
            return done
        if done is not After.OTHER_CARD:
            return BACK if done is After.MY_PAGE else None


def ask_reason(kiosk: Kiosk, tally: Tally) -> wire.AssistedReason | Back:
    """What is likeliest stands first."""
    likeliest = wire.AssistedReason.NOT_RECOGNISED if tally.failed else wire.AssistedReason.CHOSEN
    ordered = sorted(REASONS, key=lambda reason: reason is not likeliest)
    options = tuple(ReasonOption(reason.value, REASONS[reason]) for reason in ordered)
    answer = kiosk.desk.ask(views.ChooseReason(options))
    return BACK if answer is BACK else wire.AssistedReason(answer)


def confirm(
    kiosk: Kiosk, page: wire.MyPage, staff: wire.Lookup, reason: wire.AssistedReason
) -> Ended | After:
    """Tells the centre while the staff member stands here."""
    check_id = ""
    while True:
        kiosk.desk.show(views.Working(texts.FACE_TELLING))
        try:
            check_id, reply = kiosk.registrar.assist(page.person_id, staff, reason, page.visit, check_id)
        except Refused as refused:
            return refused_staff(kiosk, refused.code)
        if reply is not None:
            break
        answer = trouble.explain(
            kiosk,
            "wifi-off",
            texts.STAFF_NOT_SENT_TITLE,
            texts.STAFF_NOT_SENT_BODY,
            texts.TRY_AGAIN,
            texts.OTHER_WAYS,
        )
        if answer is not AttentionButton.FIRST:
            return After.OTHER_WAY
    state = STATES.get(reply.state, CertifiedState.UNDER_REVIEW)
    note = texts.STAFF_DONE if state is CertifiedState.UNDER_REVIEW else ""
    return Ended(
        check_id,
        state,
        wire.Way.STAFF,
        texts.HOW_STAFF,
        reply.receipt_no,
        reply.valid_until,
        reply.decided_at,
        note=note,
        next_from=reply.next_from,
    )


def refused_staff(kiosk: Kiosk, code: wire.ProblemCode) -> After:
    if code is wire.ProblemCode.STAFF_UNKNOWN:
        title, body = texts.STAFF_UNKNOWN_TITLE, texts.STAFF_UNKNOWN_BODY
    elif code is wire.ProblemCode.STAFF_IS_PERSON:
        title, body = texts.STAFF_IS_PERSON_TITLE, texts.STAFF_IS_PERSON_BODY
    elif code is wire.ProblemCode.NOT_DUE:
        trouble.explain(kiosk, "circle-check", texts.NOT_NOW_TITLE, texts.NOT_NOW_BODY, tone="ok")
        return After.OTHER_WAY
    elif code is wire.ProblemCode.VISIT_OVER:
        return After.MY_PAGE
    else:
        trouble.no_service(kiosk)
        return After.OTHER_WAY
    answer = trouble.explain(kiosk, "id-card", title, body, texts.TRY_AGAIN, texts.OTHER_WAYS)
    return After.OTHER_CARD if answer is AttentionButton.FIRST else After.OTHER_WAY


# --- at home ---------------------------------------------------------------------------------------------------------


def by_home_visit(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """Asked once more, then booked at once; without an answer it is kept and booked later.  A slip, if there is paper."""
    sure = trouble.explain(
        kiosk,
        "map-pin-house",
        texts.VISIT_ASK_TITLE,
        (note_of(kiosk, page, WayKey.HOME_VISIT), *texts.VISIT_ASK_BODY),
        texts.VISIT_ASK_YES,
        texts.VISIT_ASK_NO,
    )
    if sure is not AttentionButton.FIRST:
        return None
    kiosk.desk.show(views.Working(texts.FACE_TELLING))
    request_id = kiosk.registrar.ask_home_visit(page.person_id)
    try:
        reply = kiosk.registrar.book(request_id)
    except Refused:
        trouble.explain(
            kiosk, "circle-alert", texts.VISIT_REFUSED_TITLE, texts.VISIT_REFUSED_BODY, texts.OTHER_WAYS
        )
        return None
    finally:
        kiosk.outbox.take_home_visit(request_id)
    tally.end = events.Qualified.BOOKED
    title, body = visit_title(reply), visit_body(request_id, reply)
    offer_slip = texts.VISIT_PRINT if pay.has_paper(kiosk) else ""
    answer = trouble.explain(kiosk, "circle-check", title, body, texts.OK_LEAVE, offer_slip, tone="ok")
    if answer is AttentionButton.SECOND:
        print_visit(kiosk, page, request_id, reply)
    return BACK


def visit_title(reply: wire.HomeVisitReply | None) -> str:
    """Nobody is promised a call who has no telephone."""
    if reply is None:
        return texts.VISIT_KEPT_TITLE
    return texts.VISIT_BOOKED_TITLE if reply.phone else texts.VISIT_BOOKED_NO_PHONE_TITLE


def visit_body(request_id: str, reply: wire.HomeVisitReply | None) -> tuple[str, ...]:
    if reply is None:
        return texts.VISIT_KEPT_BODY
    return (
        texts.VISIT_BOOKED_BODY.format(days=reply.within_days),
        texts.VISIT_PHONE.format(phone=reply.phone) if reply.phone else texts.VISIT_NO_PHONE,
        texts.VISIT_NUMBER.format(number=receipts.visit_number(request_id, reply)),
    )


def print_visit(kiosk: Kiosk, page: wire.MyPage, request_id: str, reply: wire.HomeVisitReply | None) -> None:
    kiosk.desk.show(views.Working(texts.PRINTING))
    slip = receipts.home_visit(
        name_for_paper(kiosk, page.name),
        page.masked_number,
        request_id,
        reply,
        dates.to_minute(kiosk.api.legal_now()),
        kiosk.config.site,
    )
    _, snag = paper.send(kiosk, slip, 0)
    words = texts.VISIT_PRINTED if snag is paper.Snag.NONE else texts.VISIT_NOT_PRINTED
    trouble.explain(kiosk, "printer", visit_title(reply), (words,), tone="ok")


# --- somewhere else --------------------------------------------------------------------------------------------------


def by_phone(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    made = offer(page, WayKey.PHONE)
    assert made is not None, "a way that was offered"
    view = views.ChildrensPhone(made.url, made.note or texts.PHONE_WAY_NOTE)
    return None if kiosk.desk.ask(view) is BACK else BACK


def by_window(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> Wish:
    """Where and when."""
    site = kiosk.config.site
    words = tuple(
        line.format(place=site.place, hours=site.hours, hotline=site.hotline) for line in texts.WINDOW_BODY
    )
    made = offer(page, WayKey.WINDOW)
    said = (note_of(kiosk, page, WayKey.WINDOW), words[1]) if made is not None and made.note else words
    answer = trouble.explain(kiosk, "map-pin", texts.WINDOW_TITLE, said, texts.OK_LEAVE, texts.OTHER_WAYS)
    return BACK if answer is AttentionButton.FIRST else None
