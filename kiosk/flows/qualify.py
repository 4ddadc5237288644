"""资格认证, once a year: say what is due, let the person choose a way, go it, say how it ended.

Nobody is asked anything before they were told whether they need to come at all.  No way is better than another, no try is a
failure of the person's, and nothing here ever says that a benefit is stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from kiosk import dates, events, texts, wire
from kiosk.flows import certified, face_check, owed, standing, trouble, without_camera
from kiosk.flows.certified import Ended
from kiosk.flows.ways import Tally, Wish, choose, face_is_offered, offer
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, AttentionButton, CertifiedButton, FaceWay, WayKey
from kiosk.wire import CertificationState

WAYS: dict[WayKey | FaceWay, Callable[[Kiosk, wire.MyPage, Tally], Wish]] = {
    WayKey.FACE: face_check.by_face,
    FaceWay.AGAIN: face_check.by_face,
    WayKey.STAFF: without_camera.by_staff,
    WayKey.HOME_VISIT: without_camera.by_home_visit,
    WayKey.PHONE: without_camera.by_phone,
    WayKey.WINDOW: without_camera.by_window,
}
SENTENCE = re.compile("[^。]+。?")


def prepare(kiosk: Kiosk, page: wire.MyPage) -> None:
    """While the person reads: a worker gets ready for somebody who has it to do.  The camera stays shut."""
    if page.certification.state in standing.TO_BE_DONE and face_is_offered(kiosk, page):
        kiosk.booth.prepare()


def tell_first(kiosk: Kiosk, page: wire.MyPage) -> bool:
    """What the centre knows, before anything is asked.  True to go on: it is to be done, is looked at, or is wanted early.

    What is to be done is said beside the choice of ways, what is looked at by ``tell_under_review``.
    """
    state = page.certification.state
    if state is CertificationState.VALID:
        return tell_valid(kiosk, page)
    if state is CertificationState.NOT_NEEDED:
        trouble.explain(kiosk, "circle-check", texts.NOT_NEEDED_TITLE, texts.NOT_NEEDED_BODY, tone="ok")
        return False
    return True


def tell_valid(kiosk: Kiosk, page: wire.MyPage) -> bool:
    """Whether to come this year, until when it holds and by which source.  True to do the next one now."""
    known = page.certification
    title = known.title or own_title(page)
    body = tuple(SENTENCE.findall(known.note)) or own_body(page)
    if standing.is_to_be_renewed(page):
        answer = trouble.explain(kiosk, "clock", title, body, texts.CERT_DO, texts.LATER)
        return answer is AttentionButton.FIRST
    early = texts.CERT_EARLY if standing.is_open(page) else ""
    answer = trouble.explain(kiosk, "badge-check", title, body, texts.OK_LEAVE, early, tone="ok")
    return answer is AttentionButton.SECOND


def own_title(page: wire.MyPage) -> str:
    """Nobody who should come this year hears that they need not."""
    if standing.is_to_be_renewed(page):
        return texts.RENEW_TITLE.format(by=standing.by_when(page))
    if standing.is_for_another_year(page):
        return texts.NOT_DUE_TITLE
    opens_on = page.certification.opens_on
    if opens_on is not None and not standing.is_open(page):
        return texts.NOT_YET_TITLE.format(day=dates.long_date(opens_on))
    return texts.NOT_NOW_DUE_TITLE


def own_body(page: wire.MyPage) -> tuple[str, ...]:
    known = page.certification
    until = known.valid_until
    body = [texts.NOT_DUE_UNTIL.format(until=dates.long_date(until)) if until else texts.NOT_DUE_ANY]
    if known.certified_on:
        source = known.source or texts.NOT_DUE_DONE
        body.append(texts.NOT_DUE_SOURCE.format(date=dates.long_date(known.certified_on), source=source))
    if standing.is_open(page) and not standing.is_to_be_renewed(page):
        body.append(texts.NOT_DUE_EARLY)
    return tuple(body)


def tell_under_review(kiosk: Kiosk, page: wire.MyPage) -> CertifiedButton | Literal[WayKey.STAFF] | None:
    """Nothing to do; the consent to the picture can be taken back here.  WITHDRAW when it was.

    STAFF: the centre offers that somebody looks besides, and the person wants it.
    """
    check_id = page.certification.check_id
    waits = page.certification == owed.WAITING  # done here, and not with the centre yet
    staff = offer(page, WayKey.STAFF) is not None
    while True:
        answer = trouble.explain(
            kiosk,
            "clock",
            texts.WAITING_TITLE if waits else texts.REVIEWING_TITLE,
            texts.WAITING_BODY if waits else texts.REVIEWING_BODY,
            texts.OK_LEAVE,
            texts.WITHDRAW if check_id else texts.WAY_STAFF[0] if staff else "",
            tone="ok",
        )
        if answer is not AttentionButton.SECOND:
            return None
        if not check_id:
            return WayKey.STAFF
        if certified.withdraw(kiosk, check_id, page.visit):
            return CertifiedButton.WITHDRAW


def qualify(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> CertifiedButton | None:
    """Choose and go, way after way, until one of them ended or the person goes back to my page (None).

    WITHDRAW: it ended, and then the consent was taken back; there is another way to choose.  ``tally`` is of the whole visit:
    who comes back from my page has not begun anew.
    """
    tally.begin()
    before = tally.failed
    try:
        return go(kiosk, page, tally)
    finally:
        tries = tally.failed - before
        kiosk.log.write(events.QualificationEnded(end=tally.end, way=tally.way, tries=tries))


def go(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> CertifiedButton | None:
    kiosk.outbox.check()  # nobody would deliver what is done here
    prepare(kiosk, page)
    wish: Wish = None
    while True:
        if wish is None:
            wish = choose(kiosk, page, tally)
        if wish is BACK:
            return None
        if isinstance(wish, Ended):
            tally.end = events.Qualified(wish.state.value)
            said = certified.tell(kiosk, page, wish)
            if said is CertifiedButton.WITHDRAW:
                tally.end = events.Qualified.LEFT
            return said
        tally.take(wish)
        wish = WAYS[wish](kiosk, page, tally)
